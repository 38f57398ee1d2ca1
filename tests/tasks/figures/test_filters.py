"""筛选：同一个条件，对库里的举措（SQL）与对台账上的一行（Python）筛出的是同一批。"""

import datetime as dt

from departments.models import Department, Leader
from tasks.figures.filters import CONDITIONS, kept, matching
from tasks.figures.ledger import Ledger, current_period
from tasks.figures.parts import matching as matching_parts
from tasks.figures.parts import of
from tasks.models import Measure, Plan

TODAY = dt.date(2023, 9, 22)


def choices(plan):
    """每个条件的各种值：搜得到的与搜不到的、序号、各部室、各领导、各类型，和几个条件合用的。"""
    measures = list(Measure.objects.filter(plan=plan))
    words = ["企业", "Ａ", "r&d", "没有这样的字", "", *(m.number for m in measures), *(m.title[1:5] for m in measures)]
    kinds = ("indicator", "milestone", "routine")
    for name, values in {
        "q": words, "lead": Leader.objects.all(), "dept": Department.objects.all(), "kind": kinds,
    }.items():  # fmt: skip
        yield from ({name: value} for value in values)
    for department in Department.objects.all()[:5]:
        yield from ({"q": word, "dept": department, "kind": kind} for word in words[:2] for kind in kinds)


def test_sql_and_python_keep_the_same_measures(demo):
    plan = Plan.objects.current()
    ledger, measures = Ledger(plan, current_period(plan, TODAY), TODAY), Measure.objects.in_force().filter(plan=plan)
    seen = set()
    for chosen in choices(plan):
        found = matching(measures, chosen)
        mine = [line.measure.pk for line in kept(ledger.lines, chosen)]
        assert sorted(mine) == sorted(found.values_list("pk", flat=True)), chosen
        seen |= {(name, bool(mine)) for name in chosen}
    assert seen >= {(name, True) for name in CONDITIONS} | {("q", False), ("dept", False)}


def test_the_parts_of_a_department_are_on_the_lines_it_leads(demo):
    """项次清单用同一组条件：一个部室的项次，正是它牵头的各项里它那一份。"""
    plan = Plan.objects.current()
    ledger = Ledger(plan, current_period(plan, TODAY), TODAY)
    for department in Department.objects.all():
        chosen = {"dept": department}
        parts = matching_parts(of(ledger.lines), chosen)
        assert {row.department for row in parts} <= {department}
        assert [row.measure.pk for row in parts] == [line.measure.pk for line in kept(ledger.lines, chosen)]
