"""改常用语的一页。"""

from typing import cast

from django.http import QueryDict

from departments.models import Leader, User

from ..forms import PhraseForm
from ..models.phrase import phrases_of


def form_for(user: User, data: QueryDict | None = None) -> PhraseForm:
    """现有的几句，一行一句；交上来的照交的。"""
    return PhraseForm(data, initial={"texts": "\n".join(phrases_of(cast(Leader, user.leader)))})
