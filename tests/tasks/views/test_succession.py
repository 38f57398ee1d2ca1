"""换人、部室调整的页面：先看要动哪些（什么也不写），再确认。"""

import pytest

from departments.models import Department, Leader, SecurityEvent
from tasks.models import Assignment, Event, Measure, PlanRevision, Succession
from tests.markup import markup

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked():
    old, new = Department.objects.get(name="财务部"), Department.objects.get(name="综合办")
    return {"old": old.pk, "new": new.pk, "on": "2023-09-20", "reason": "机构改革方案", "is_gone": "on"}


def seal(data) -> str:
    """看过的是这一份：谁换成谁、从哪天起、怎样换。"""
    ticked = [str(name in data) for name in ("is_gone", "with_accounts")]
    return "-".join([str(data["old"]), str(data["new"]), data["on"], *ticked])


def test_the_preview_says_what_moves_and_writes_nothing(period, asked, people, sign_in):
    known = Event.objects.count(), PlanRevision.objects.count()
    page = markup(sign_in(people.admin).post("/successions/department/", asked | {"do": "preview"}))
    assert "财务部→综合办" in page
    assert "第16项" in page
    assert "确认，从这天起改" in page
    assert (Event.objects.count(), PlanRevision.objects.count()) == known


def test_confirmed_it_is_in_force_and_told(period, asked, people, sign_in):
    asked |= {"seen": seal(asked), "do": "confirm"}
    page = markup(sign_in(people.admin).post("/successions/department/", asked, follow=True))
    assert "已生效：1 份方案各有新的一版，以前的各期照旧。" in page
    assert "自2023年9月20日起，财务部由综合办接替：机构改革方案" in page
    assert Event.objects.filter(action="admin_succeed").count() == 1


def test_accounts_that_move_are_in_the_security_log_from_and_to(period, asked, people, sign_in):
    user = people.reporter("财务部")
    asked |= {"do": "confirm", "with_accounts": "on"}
    asked["seen"] = seal(asked)
    sign_in(people.admin).post("/successions/department/", asked)
    [event] = SecurityEvent.objects.filter(action="account_changed", target=user)
    assert (event.by, event.data["department"]) == (people.admin, ["财务部", "综合办"])


def test_a_leader_is_replaced_in_the_same_way(period, people, sign_in):
    new = Leader.objects.create(name="接任者")
    data = {"old": Leader.objects.get(name="王卫东").pk, "new": new.pk, "on": "2023-09-20", "reason": "党工委决定"}
    client = sign_in(people.admin)
    assert "王卫东→接任者" in markup(client.post("/successions/leader/", data | {"do": "preview"}))
    data["seen"] = "-".join([seal(data).removesuffix("-False"), "None"])  # 换领导的没有“账户一并转过去”
    assert "以前的各期照旧" in markup(client.post("/successions/leader/", data | {"do": "confirm"}, follow=True))
    assert Leader.objects.get(name="王卫东").is_active, "没有勾“不再在任”"


def test_what_was_typed_wrong_is_put_back(period, asked, people, sign_in):
    answer = sign_in(people.admin).post("/successions/department/", asked | {"new": asked["old"], "do": "preview"})
    assert answer.status_code == 422
    assert "接替的与原来的是同一个，请另选。" in markup(answer)
    assert "机构改革方案" in markup(answer)


def test_what_is_confirmed_is_what_was_seen(period, asked, people, sign_in):
    """看过以后又改了接替的：不照改了的办，先再看一遍。"""
    other = Department.objects.get(name="党务办")
    data = asked | {"seen": seal(asked), "new": other.pk, "do": "confirm"}
    assert "财务部→党务办" in markup(sign_in(people.admin).post("/successions/department/", data))
    assert PlanRevision.objects.count() == 1


# ── 将来的 ────────────────────────────────────────────────


@pytest.fixture
def later(asked):
    return (found := asked | {"on": "2023-10-08"}) | {"seen": seal(found)}


def test_a_registration_whose_day_was_changed_to_today_is_looked_at_again_first(period, later, people, sign_in):
    """看的是“到那天生效”，改成今天就成了马上生效：先再看一遍。"""
    data = later | {"on": "2023-09-20", "do": "confirm"}
    assert "确认，从这天起改" in markup(sign_in(people.admin).post("/successions/department/", data))
    assert PlanRevision.objects.count() == 1


def test_a_day_to_come_is_previewed_registered_shown_and_withdrawn(period, later, people, sign_in):
    client, url = sign_in(people.admin), "/successions/department/"
    page = markup(client.post(url, later | {"do": "preview"}))
    assert "到那天（按现在的情况）" in page and "登记，到那天生效" in page and "第16项" in page
    page = markup(client.post(url, later | {"do": "confirm"}, follow=True))
    assert "已登记：自2023年10月8日起，财务部由综合办接替。到那天生效，以前可以在这一页撤回。" in page
    assert "还有 16 天" in page and "登记时要动的" in page and "财务部→综合办" in page
    assert "登记以后情况变了" not in page
    assert PlanRevision.objects.count() == 1
    row = Succession.objects.get()
    page = markup(client.post(f"/successions/{row.pk}/withdraw/", follow=True))
    assert "已撤回：财务部由综合办接替，不再生效。" in page and "登记过的" in page


def test_the_plan_page_tells_the_administrator_and_the_office_and_nobody_else(period, later, people, sign_in):
    sign_in(people.admin).post("/successions/department/", later | {"do": "confirm"})
    for user, is_told in ((people.admin, True), (people.office, True), (people.leader("李华斌"), False),
                          (people.reporter("财务部"), False)):  # fmt: skip
        page = markup(sign_in(user).get("/plan/"))
        assert ("自2023年10月8日起，财务部由综合办接替" in page) == is_told


def test_what_has_changed_since_is_shown_beside_what_was_seen(period, later, people, sign_in):
    client = sign_in(people.admin)
    client.post("/successions/department/", later | {"do": "confirm"})
    measure = Measure.objects.get(number="7")
    Assignment.objects.create(measure=measure, department=Department.objects.get(name="财务部"), order=9)
    page = markup(client.get("/successions/department/"))
    assert "登记以后情况变了，现在要动的" in page and "第7项" in page


def test_a_second_registration_gives_the_reason_and_keeps_the_words(period, later, people, sign_in):
    client = sign_in(people.admin)
    client.post("/successions/department/", later | {"do": "confirm"})
    answer = client.post("/successions/department/", later | {"do": "confirm", "reason": "另一份文件"})
    assert answer.status_code == 422
    assert "已登记自2023年10月8日起财务部由综合办接替，还没有生效。" in markup(answer) and "另一份文件" in markup(
        answer
    )
