"""公文的测试多半不用库：单位的名称照夹具里的那一份，不去问。"""

import copy
from types import SimpleNamespace

import pytest

from departments import organisation
from departments.models import Organisation
from tests.factories import document_rows


@pytest.fixture(autouse=True)
def _named():
    [ours] = document_rows()[Organisation]
    with organisation.asked_by(SimpleNamespace(organisation=copy.copy(ours))):
        yield
