"""使用说明：谁都看得到，阈值取自现行方案。"""

import pytest

from tasks.models import Plan
from tests.markup import markup

from ...world import OWN

pytestmark = pytest.mark.django_db


def test_everybody_reads_it(client, people, plan):
    for user in (people.office, people.admin, people.leader("李华斌"), people.reporter(OWN)):
        client.force_login(user)
        page = markup(client.get("/help/"))
        for heading in ("填报人", "办公室", "领导", "管理员", "红黄绿灯规则", "项与项次", "自审"):
            assert heading in page


def test_thresholds_are_those_of_the_plan(sign_in, people, plan):
    Plan.objects.update(yellow_gap=12, red_gap=34)
    page = markup(sign_in(people.office).get("/help/"))
    assert "落后不超过 12 个百分点" in page
    assert "落后超过 34 个百分点" in page


def test_it_works_without_a_plan(sign_in, people, plan):
    Plan.objects.update(is_current=False)
    assert sign_in(people.office).get("/help/").status_code == 200


def test_looking_is_only_by_get(sign_in, people, plan):
    assert sign_in(people.office).post("/help/").status_code == 405
