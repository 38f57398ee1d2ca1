"""筛选：同一个条件，对现在的举措、对一期的台账、一行一行看，筛出的是同一批，次序也一样。"""

import datetime as dt

from departments.models import Department, Leader
from tasks.figures.filters import CONDITIONS, listed, standing
from tasks.figures.ledger import Ledger, current_period
from tasks.figures.parts import standing as standing_parts
from tasks.models import Measure, Plan
from tests.tasks.told import Told

TODAY = dt.date(2023, 9, 22)


def choices(plan):
    """每个条件的各种值：搜得到的与搜不到的、序号、各部室、各领导、各类型，和几个条件合用的。"""
    measures = list(Measure.objects.filter(plan=plan))
    words = [
        "企业",
        "Ａ",
        "r&d",
        "没有这样的字",
        "",
        "企业 开办",
        "第7项",
        "８",
        "80％",
        "第八项",
        "李华斌",
        "审批中心",
        "财务管理运营部",
        "“柔性引进人才计划”",
        "第二十一项 陈向东",
        "企业 没有这样的字",
        *(m.number for m in measures),
        *(m.title[1:5] for m in measures),
    ]
    kinds = ("indicator", "milestone", "routine")
    for name, values in {
        "q": words, "lead": Leader.objects.all(), "dept": Department.objects.all(), "kind": kinds,
    }.items():  # fmt: skip
        yield from ({name: value} for value in values)
    for department in Department.objects.all()[:5]:
        yield from ({"q": word, "dept": department, "kind": kind} for word in words[:2] for kind in kinds)


def test_a_condition_keeps_the_same_measures_now_then_and_row_by_row(demo):
    plan = Plan.objects.current()
    ledger, measures = Ledger(plan, current_period(plan, TODAY), TODAY), Measure.objects.in_force().filter(plan=plan)
    seen, told = set(), Told(ledger)
    for chosen in choices(plan):
        mine = [line.measure.pk for line in told.lines(chosen)]
        assert list(listed(measures, ledger, chosen).values_list("pk", flat=True)) == mine, chosen
        assert list(standing(ledger, chosen).values_list("measure", flat=True)) == mine, chosen
        seen |= {(name, bool(mine)) for name in chosen}
    assert seen >= {(name, True) for name in CONDITIONS} | {("q", False), ("dept", False)}


def test_every_order_is_the_one_seen_row_by_row(demo):
    plan = Plan.objects.current()
    measures = Measure.objects.in_force().filter(plan=plan)
    ledger = Ledger(plan, current_period(plan, TODAY), TODAY)
    told = Told(ledger)
    for sort in ("", "number", "light", "leader", "department"):
        for light in ("", "red", "green"):
            chosen = {"sort": sort, "light": light}
            mine = [line.measure.pk for line in told.lines(chosen)]
            assert list(listed(measures, ledger, chosen).values_list("pk", flat=True)) == mine, chosen
            assert list(standing(ledger, chosen).values_list("measure", flat=True)) == mine, chosen


def test_the_parts_of_a_department_are_on_the_lines_it_leads(demo):
    """项次清单用同一组条件：一个部室的项次，正是它牵头的各项里它那一份。"""
    plan = Plan.objects.current()
    ledger = Ledger(plan, current_period(plan, TODAY), TODAY)
    for department in Department.objects.all():
        chosen = {"dept": department}
        parts = standing_parts(ledger, chosen)
        assert {row.assignment.department for row in parts} <= {department}
        mine = standing(ledger, chosen).values_list("measure", flat=True)
        assert list(parts.values_list("measure", flat=True)) == list(mine)


def test_the_parts_of_one_measure_stand_in_the_order_of_the_plan(period, plan):
    """第 8 项原文先写规划建设部，后写审批中心。"""
    parts = standing_parts(Ledger(plan, period, TODAY), {})
    assert [row.assignment.department.name for row in parts if row.assignment.measure.number == "8"] == [
        "规划建设部", "审批中心",
    ]  # fmt: skip


def test_before_any_period_nothing_has_a_reporting_state(plan):
    """还没有开放过报送：按灯筛照当场判的，按报送状态筛的一项也没有，不是全部。"""
    measures = Measure.objects.in_force().filter(plan=plan)
    ledger = Ledger(plan, None, TODAY)
    assert [*listed(measures, ledger, {"report": "draft"})] == []
    every = [*measures.order_by("position")]
    assert [*listed(measures, ledger, {})] == [*listed(measures, ledger, {"light": "green"})] == every != []
    assert [*listed(measures, ledger, {"light": "red"})] == []
