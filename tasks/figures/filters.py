"""举措、台账各行与项次清单按筛选缩小、按所选次序排：都在库里做，页面只取这一页的几行。

现在的举措（清单页）照举措自己的各栏筛；一期的台账（总览、项次清单、那一期的导出）照当时的样子（edition）筛。
同一个条件的两种写法并排放在 CONDITIONS 里，tests/tasks/figures/test_filters.py 查现行的一期两边相符。
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet, Subquery

from ..models import Assignment, EditionLeader, MeasureLeader
from ..models.judgement import JudgementQuerySet, on_day
from ..models.measure import MeasureQuerySet
from .changes import Changes
from .ledger import Ledger
from .search import Word, every

# 筛选条件：名称 → 值（序号、部室、领导、日期……，由表单校验过）。
Chosen: TypeAlias = Mapping[str, Any]


class Filters(Protocol):
    """筛选表单（`forms.filters.FilterForm`）里这一层要用的两样。"""

    @property
    def chosen(self) -> Chosen: ...
    def query_without(self, *names: str) -> str: ...


@dataclass(frozen=True)
class Condition:
    """`now` 是对现在的举措的查询条件，`then` 是对一期台账各行（MeasureJudgement）的。"""

    now: Callable[[Any], Q]
    then: Callable[[Any, Ledger], Q]


def _now(word: Word) -> Q:
    """搜索现在的举措：题名、原文、配合单位、序号、牵头领导、牵头部室。"""
    said = word.within("title", "text", "cooperating") | word.measure("number")
    parts = Assignment.objects.filter(department__in=word.rooms, ended_in=None)
    return said | Q(pk__in=word.led.values("measure")) | Q(pk__in=parts.values("measure"))


def _then(word: Word, ledger: Ledger) -> Q:
    """搜索一期台账的一行：都照当时的。"""
    said = word.within("edition__title", "edition__text", "edition__cooperating") | word.measure("edition__number")
    parts = ledger.part_stands.filter(assignment__department__in=word.rooms)
    return said | Q(edition__in=word.led_then.values("edition")) | Q(measure__in=parts.values("measure"))


CONDITIONS = {
    "q": Condition(
        lambda q: every(q, _now),
        lambda q, ledger: every(q, lambda word: _then(word, ledger)),
    ),
    "lead": Condition(
        lambda leader: Q(leader_links__leader=leader),
        lambda leader, ledger: Q(edition__leader_links__leader=leader),
    ),
    "dept": Condition(
        lambda department: Q(assignments__department=department, assignments__ended_in=None),
        lambda department, ledger: Q(
            measure__in=ledger.part_stands.filter(assignment__department=department).values("measure")
        ),
    ),
    "kind": Condition(lambda kind: Q(kind=kind), lambda kind, ledger: Q(edition__kind=kind)),
}


def matching(measures: MeasureQuerySet, chosen: Chosen) -> MeasureQuerySet:
    """现在的举措按筛选条件缩小（灯与报送状态另行筛，见 `listed`）。"""
    for name, condition in CONDITIONS.items():
        if value := chosen.get(name):
            measures = measures.filter(condition.now(value))
    return measures


def listed(measures: MeasureQuerySet, ledger: Ledger, chosen: Chosen) -> MeasureQuerySet:
    """现在的举措按筛选缩小、按所选次序排，连同灯与报送状态：都照 `ledger` 那一期。"""
    found = matching(measures, chosen)
    if ledger.period is None:
        return _before_any_period(found, ledger, chosen)
    stand = on_day(ledger.period, ledger.today, "judgements__")
    found = found.alias(stand=FilteredRelation("judgements", condition=stand))
    if light := chosen.get("light"):
        found = found.filter(stand__level=light)
    if report := chosen.get("report"):
        found = found.filter(pk__in=_reporting(ledger, report))
    led = MeasureLeader.objects.filter(measure=OuterRef("pk")).values("leader__order")[:1]
    rooms = _first_room(ledger, OuterRef("pk"))
    return _ordered(found, chosen, light=F("stand__severity"), leader=Subquery(led), department=rooms)


def _before_any_period(found: MeasureQuerySet, ledger: Ledger, chosen: Chosen) -> MeasureQuerySet:
    """还没有开放过报送：没有存着的灯，当场判；报送状态谁都没有。"""
    if "report" in chosen:
        return found.none()
    if light := chosen.get("light"):
        judged = Ledger(ledger.plan, None, ledger.today, measures=found).lines
        found = found.filter(pk__in=[line.measure.pk for line in judged if line.light.level == light])
    return found.order_by("position", "pk")


def standing(ledger: Ledger, chosen: Chosen, changes: Changes | None = None) -> JudgementQuerySet:
    """一期台账的各行按筛选与变化缩小、按所选次序排。报送状态是“有哪一份处于该状态”。"""
    rows = ledger.stands
    for name, condition in CONDITIONS.items():
        if value := chosen.get(name):
            rows = rows.filter(condition.then(value, ledger))
    if light := chosen.get("light"):
        rows = rows.filter(level=light)
    if report := chosen.get("report"):
        rows = rows.filter(measure__in=_reporting(ledger, report))
    if changes and (change := chosen.get("change")):
        rows = rows.filter(pk__in=changes.lines(change).values("pk"))
    led = EditionLeader.objects.filter(edition=OuterRef("edition")).values("leader__order")[:1]
    rooms = _first_room(ledger, OuterRef("measure"))
    return _ordered(rows, chosen, light=F("severity"), leader=Subquery(led), department=rooms)


def _reporting(ledger: Ledger, status: str) -> QuerySet:
    return ledger.progress.order_by().filter(status=status).values("assignment__measure")


def _first_room(ledger: Ledger, measure: OuterRef) -> Subquery:
    parts = ledger.part_stands.filter(measure=measure).order_by("order", "assignment_id")
    return Subquery(parts.values("assignment__department__order")[:1])


def _ordered(rows: Any, chosen: Chosen, **keys: Any) -> Any:
    """没有选次序的按序号；同一档里也按序号。"""
    key = keys.get(chosen.get("sort", ""))
    if key is None:
        return rows.order_by("position", "pk")
    return rows.alias(sort_key=key).order_by(F("sort_key").asc(nulls_first=True), "position", "pk")
