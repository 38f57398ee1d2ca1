"""督查检查的更正与撤回：状态 × 角色，记什么，什么拦着，撤回之后不再计数。"""

import datetime as dt

import pytest

from departments.models import Department
from tasks import workflow
from tasks.figures import supervision
from tasks.figures.span import Span
from tasks.models import Event, Inspection, Measure
from tests.tasks.expectations import nobody, outcome, read

pytestmark = pytest.mark.django_db

TABLE = read("""
对象       动作                状态      本部室 别部室 办公室 领导 管理员 未登录
inspection revise_inspection   held      禁     禁     可     禁   禁     禁
inspection revise_inspection   withdrawn 禁     禁     拒     禁   禁     禁
inspection withdraw_inspection held      禁     禁     可     禁   禁     禁
inspection withdraw_inspection withdrawn 禁     禁     拒     禁   禁     禁
""")
EVENTS = {"revise_inspection": ["inspection_revise"], "withdraw_inspection": ["inspection_withdraw"]}
SEEN = {"held_on": dt.date(2023, 9, 20), "inspectors": "纪工委", "place": "大厅", "findings": "标识不清。"}
CALLS = {
    "revise_inspection": lambda i, **who: workflow.revise_inspection(i, **who, **SEEN | {"findings": "改过的。"}),
    "withdraw_inspection": lambda i, **who: workflow.withdraw_inspection(i, **who, reason="登记重了。"),
}


@pytest.fixture
def held(plan, people, at):
    return workflow.add_inspection(
        plan,
        by=people.office,
        at=at("2023-09-21 09:00"),
        **SEEN,
        measures=Measure.objects.filter(number__in=["6", "7"]),
    )


@pytest.fixture
def who(people, at):
    return {"by": people.office, "at": at("2023-09-21 15:00")}


@pytest.mark.parametrize(("action", "status"), [key[1:] for key in TABLE])
def test_every_verb_does_refuses_or_forbids_as_written(action, status, held, people, at, who):
    if status == "withdrawn":
        held = workflow.withdraw_inspection(held, **who, reason="登记重了。")
    users = {
        "本部室": people.reporter("审批中心"),
        "别部室": people.reporter("财务部"),
        "办公室": people.office,
        "领导": people.leader("李华斌"),
        "管理员": people.admin,
        "未登录": nobody(),
    }
    moment = at("2023-09-22 09:00")
    found = {role: outcome(CALLS[action], held, user, moment) for role, user in users.items()}
    assert found == TABLE["inspection", action, status]
    shown = {role: action in workflow.allowed_actions(user, held) for role, user in users.items()}
    assert shown == {role: cell == "可" for role, cell in found.items()}


def test_a_correction_keeps_what_was_written_before_on_every_measure_it_touches(held, who):
    """原来第 6、7 项，改为第 7、8 项：三项都记一条，写着改前改后。"""
    measures = Measure.objects.filter(number__in=["7", "8"])
    workflow.revise_inspection(held, **who, **SEEN | {"place": "企业服务站"}, measures=measures)
    rows = Event.objects.filter(action="inspection_revise")
    assert sorted(rows.values_list("measure__number", flat=True)) == ["6", "7", "8"]
    for row in rows:
        assert "大厅（纪工委）" in row.data["from"] and "企业服务站（纪工委）" in row.note
        assert row.data["measures"] == ["6", "7"] and row.is_public
    held.refresh_from_db()
    assert held.place == "企业服务站"
    assert sorted(held.measures.values_list("number", flat=True)) == ["7", "8"]


def test_nothing_changed_is_not_a_correction(held, who):
    with pytest.raises(workflow.Refused, match="没有改动"):
        workflow.revise_inspection(held, **who, **SEEN, measures=held.measures.all())


def test_what_was_seen_today_is_recorded_today(held, who):
    """上午检查、下午登记。"""
    today = dt.date(2023, 9, 21)
    assert workflow.revise_inspection(held, **who, **SEEN | {"held_on": today}).held_on == today


def test_a_correction_cannot_move_it_into_the_future_nor_onto_a_retired_measure(held, who, plan):
    with pytest.raises(workflow.Refused, match="不能晚于今天"):
        workflow.revise_inspection(held, **who, **SEEN | {"held_on": dt.date(2023, 9, 22)})
    Measure.objects.filter(number__in=["6", "8"]).update(retired_in=plan.revision)
    with pytest.raises(workflow.Refused, match="第8项已退出现行方案"):
        workflow.revise_inspection(held, **who, **SEEN, measures=Measure.objects.filter(number__in=["6", "8"]))
    six = Measure.objects.filter(number="6")
    assert list(workflow.revise_inspection(held, **who, **SEEN, measures=six).measures.all()) == list(six)


def test_withdrawing_needs_a_reason(held, who):
    with pytest.raises(workflow.Refused, match="必须写明理由"):
        workflow.withdraw_inspection(held, **who, reason=" ")
    assert not Inspection.objects.get().withdrawn_at


def listed(plan, held, who):
    return workflow.open_problem(
        plan, **who, title="题", text="事。", category="other", level="department", due_on=dt.date(2023, 10, 10),
        department=Department.objects.get(name="审批中心"), inspection=held,
    )  # fmt: skip


def test_it_is_not_withdrawn_while_problems_found_in_it_stand(held, who, plan):
    problem = listed(plan, held, who)
    with pytest.raises(workflow.Refused, match="列入台账的问题1号还在，请先撤账"):
        workflow.withdraw_inspection(held, **who, reason="登记重了。")
    workflow.drop_problem(problem, **who, reason="登记重了。")
    assert workflow.withdraw_inspection(held, **who, reason="登记重了。").withdrawn_at


def test_no_problem_is_listed_from_a_withdrawn_one(held, who, plan):
    workflow.withdraw_inspection(held, **who, reason="登记重了。")
    with pytest.raises(workflow.Refused, match="已经撤回"):
        listed(plan, held, who)


def counted(plan, period):
    return supervision.inspections(Span(plan, period, period, dt.date(2023, 9, 22)))["inspections"]["n"]


def test_a_withdrawn_one_is_no_longer_counted_but_a_closed_period_keeps_its_count(plan, period, people, at, held):
    before = counted(plan, period)
    period = workflow.close_period(period, by=people.office, at=at("2023-09-21 12:00"))
    workflow.withdraw_inspection(held, by=people.office, at=at("2023-09-22 09:00"), reason="登记重了。")
    assert counted(plan, period) == before == 1
    period = workflow.reopen_period(period, by=people.office, at=at("2023-09-22 10:00"), reason="补报")
    assert counted(plan, period) == 0
