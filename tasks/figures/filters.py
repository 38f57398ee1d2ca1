"""举措、台账各行与项次清单按筛选缩小、按所选次序排。

同一个条件有两种写法：对库里的举措是 SQL，对台账上的一行是 Python（看以往的期，名称、领导、部室都按那时的方案）。
两种写法并排放在 CONDITIONS 里，tests/tasks/figures/test_filters.py 查两边相符。
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from django.db.models import Q

from ..models import Measure
from ..models.measure import MeasureQuerySet
from .changes import Changes
from .rows import Line

# 筛选条件：名称 → 值（序号、部室、领导、日期……，由表单校验过）。
Chosen: TypeAlias = Mapping[str, Any]
T = TypeVar("T")


class Filters(Protocol):
    """筛选表单（`forms.filters.FilterForm`）里这一层要用的两样。"""

    @property
    def chosen(self) -> Chosen: ...
    def query_without(self, *names: str) -> str: ...


@dataclass(frozen=True)
class Condition:
    """`sql` 由值得出查询条件；`holds` 判台账上的一行（或一个项次）合不合。"""

    sql: Callable[[Any], Q]
    holds: Callable[[Any, Any], bool]


def said(measure: Measure, q: str) -> bool:
    """搜索：题名、原文里有，或就是这个序号。"""
    return q.lower() in f"{measure.title}\n{measure.text}".lower() or q == measure.number


CONDITIONS = {
    "q": Condition(
        lambda q: Q(title__icontains=q) | Q(text__icontains=q) | Q(number=q),
        lambda row, q: said(row.measure, q),
    ),
    "lead": Condition(
        lambda leader: Q(leader_links__leader=leader),
        lambda row, leader: leader in row.leaders,
    ),
    "dept": Condition(
        lambda department: Q(assignments__department=department, assignments__ended_in=None),
        lambda row, department: department in row.departments,
    ),
    "kind": Condition(
        lambda kind: Q(kind=kind),
        lambda row, kind: row.measure.kind == kind,
    ),
}


def matching(measures: MeasureQuerySet, chosen: Chosen) -> MeasureQuerySet:
    """按筛选条件缩小举措（灯与报送状态要算出来，另行筛）。"""
    for name, condition in CONDITIONS.items():
        if value := chosen.get(name):
            measures = measures.filter(condition.sql(value))
    return measures


def narrowed(rows: Iterable[T], chosen: Chosen, **more: Callable[[T, Any], bool]) -> list[T]:
    """台账各行（或各项次）按筛选缩小。`more` 是另外的条件：名称 →（行, 值）合不合。"""
    tests = {name: condition.holds for name, condition in CONDITIONS.items()} | more
    wanted = [(tests[name], value) for name, value in chosen.items() if name in tests]
    return [row for row in rows if all(test(row, value) for test, value in wanted)]


def kept(lines: Iterable[Line], chosen: Chosen, changes: Changes | None = None) -> list[Line]:
    """台账各行按筛选与变化缩小。"""
    changed = lambda line, value: changes is not None and value in changes.of_line(line)  # noqa: E731
    return narrowed(lines, chosen, change=changed)


# 清单的次序：名称 → 一行排在哪里。没有写的按序号。
SORTS: dict[str | None, Callable[[Line], tuple[int, int]]] = {
    "light": lambda line: (line.light.severity, line.measure.position),
    "leader": lambda line: (line.leaders[0].order if line.leaders else 0, line.measure.position),
    "department": lambda line: (line.departments[0].order if line.departments else 0, line.measure.position),
}


def stands(line: Line, chosen: Chosen) -> bool:
    """这一行的灯与报送状态合不合。报送状态是“有哪一份处于该状态”。"""
    light, report = chosen.get("light"), chosen.get("report")
    return (not light or line.light.level == light) and (not report or any(r.status == report for r in line.reports))


def picked(lines: Iterable[Line], chosen: Chosen) -> list[Line]:
    """按灯与报送状态筛，按所选次序排。"""
    found = [line for line in lines if stands(line, chosen)]
    key = SORTS.get(chosen.get("sort"))
    return sorted(found, key=key) if key else found
