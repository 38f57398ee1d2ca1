"""现行方案在库里的样子：在册的、已退出的各项，名单，以及存进版本的快照。

名称会在后台改，编号不会：快照与草稿里两样并存，读回来先认编号，再认名称与别名。
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from django.db.models import Q

from departments.models import Department, DepartmentAlias, Leader
from yingshang.tables.normalising import squeeze

from .. import workflow
from ..models import Assignment, Measure, MeasureLeader, Plan, Target
from ..models.measure import MeasureQuerySet
from .comparing import row_from_json, row_to_json
from .rows import Aim, Live, MeasureRow, Names

LIVE_FIELDS = ("number", "title", "text", "all_departments", "deadline", "due_on", "kind", "lead_label")
KEPT_IDS = {"leaders": "leader_ids", "departments": "department_ids"}


def known_names(plan: Plan | None = None) -> Names:
    """名单：在任领导、在用部室，以及全称与别名。

    现行方案里还挂着的，离任、停用了也认得：没有改动的行不该报错（新挂上去的另由 `remarks.departed` 拦下）。
    """
    in_force = Measure.objects.in_force().filter(plan=plan)
    departments = Department.objects.filter(
        Q(is_active=True) | Q(assignments__measure__in=in_force, assignments__ended_in__isnull=True)
    ).distinct()
    aliases = {d.full_name: d.name for d in departments if d.full_name and d.full_name != d.name}
    aliases |= {a.name: a.department.name for a in DepartmentAlias.objects.select_related("department")}
    leaders = Leader.objects.filter(Q(is_active=True) | Q(measure_links__measure__in=in_force)).distinct()
    twins = _namesakes(leaders)
    for called, name, post in ((one.called, one.name, squeeze(one.post)) for one in leaders if one.called != one.name):
        aliases |= {f"{post}{name}": called, f"{name}{post}": called}
        aliases |= {} if name in twins else {name: called}  # 另一位已不在任：按别名认，请人核对
    return Names(tuple(leader.called for leader in leaders), tuple(d.name for d in departments), aliases, twins)


def _namesakes(leaders: Iterable[Leader]) -> dict[str, tuple[str, ...]]:
    """名单里同名的：姓名 → 各怎么叫。"""
    found = defaultdict(list)
    for leader in leaders:
        found[leader.name].append(leader.called)
    return {name: tuple(called) for name, called in found.items() if len(called) > 1}


def add_proposed(proposed: Mapping[str, Iterable[str]]) -> None:
    """新方案拟新增的领导、部室：生效时建立；其间已经有人建了（或登记为别名）的不再建。"""
    rosters = Rosters.load()
    order = Department.objects.count()
    for name in proposed.get("departments", ()):
        if rosters.departments.now(name) is None:
            order += 1
            slug = next(s for n in count(order) if not Department.objects.filter(slug=(s := f"bm{n}")).exists())
            Department.objects.create(name=name, slug=slug, order=order, source_note="新方案所列")
    for order, name in enumerate(proposed.get("leaders", ()), start=Leader.objects.count() + 1):
        if rosters.leaders.now(name) is None:
            if Leader.objects.filter(name__iexact=name).exists():
                raise workflow.Refused(f"名单里现在有几位“{name}”，说不清是哪一位。请在文件里写明职务，重新上传。")
            Leader.objects.create(name=name, order=order)


def live_rows(plan: Plan) -> list[Live]:
    """现行方案的各项，四次查询。"""
    return _rows(Measure.objects.in_force().filter(plan=plan))


def retired_rows(plan: Plan) -> list[Live]:
    """退出过的各项，最近退出的在前：回到方案里来的，接着原来的编号。"""
    return _rows(Measure.objects.filter(plan=plan, retired_in__isnull=False), "-retired_in__number")


def _rows(measures: MeasureQuerySet, *order: str) -> list[Live]:
    found = measures.order_by(*order, "position", "pk")
    leaders, departments = defaultdict(list), defaultdict(list)
    links = MeasureLeader.objects.filter(measure__in=measures).order_by("order", "pk")
    for pk, name in links.values_list("measure", "leader__called"):
        leaders[pk].append(name)
    # 终止了的取来再略去：刚写进上万行、还没有统计时，PostgreSQL 会为每一项把“没有终止”的索引整个扫一遍。
    assigned = Assignment.objects.filter(measure__in=measures).order_by("order", "pk")
    for pk, name, ended in assigned.values_list("measure", "department__name", "ended_in"):
        if not ended:
            departments[pk].append(name)
    targets = aims_of(measures)
    return [
        Live(
            item.pop("pk"),
            MeasureRow(
                leaders=tuple(leaders[pk]),
                departments=tuple(departments[pk]),
                cooperating=tuple(filter(None, item.pop("cooperating").split("、"))),
                aims=tuple(targets[pk]),
                pending=tuple(Aim(**aim) for aim in item.pop("aims")),
                **item,
            ),
        )
        for pk, item in ((item["pk"], item) for item in found.values("pk", "cooperating", "aims", *LIVE_FIELDS))
    ]


def aims_of(measures: MeasureQuerySet) -> dict[int, list[Aim]]:
    """各项核定了的量化目标。"""
    found = defaultdict(list)
    for target in Target.objects.filter(measure__in=measures):
        found[target.measure_id].append(aim_of(target))
    return found


def aim_of(target: Target) -> Aim:
    """库里的一个目标，写成导入时的样子。"""
    value = f"{target.value.normalize():f}"
    return Aim(target.name, target.operator, value, target.unit, target.strength, target.quote)


def snapshot(plan: Plan) -> list[dict]:
    """整份方案的快照，带数据库编号；各部室共担的写出当时展开的部室。目标由办公室核定，不随版本，不在内。"""
    rosters, rows = Rosters.load(), live_rows(plan)
    return [{"id": item.id, **row_to_json(replace(item.row, aims=())), **rosters.ids_of(item.row)} for item in rows]


# ── 名称与编号 ────────────────────────────────────────────


@dataclass(frozen=True)
class Roster:
    """领导或部室：编号 → 现在的名称，名称、全称、别名 → 编号。"""

    label: str
    names: dict[int, str]
    ids: dict[str, int]

    def now(self, written: str, pk: int | None = None) -> str | None:
        """现在叫什么：先按编号，再按名称或别名；都认不得为 None。"""
        known = (self.names.get(key) for key in (pk, self.ids.get(written)) if key is not None)
        return next((name for name in known if name), None)


@dataclass(frozen=True)
class Rosters:
    """两份名单，三次查询。离任、停用的也在内：历史上的名字都要认得。"""

    leaders: Roster
    departments: Roster

    @classmethod
    def load(cls) -> "Rosters":
        leaders = dict(Leader.objects.values_list("pk", "called"))
        departments = list(Department.objects.values_list("pk", "name", "full_name"))
        names = {pk: name for pk, name, _ in departments}
        ids = dict(DepartmentAlias.objects.values_list("name", "department"))
        ids |= {full: pk for pk, _, full in departments if full} | {name: pk for pk, name in names.items()}
        return cls(
            Roster("牵头领导", leaders, {name: pk for pk, name in leaders.items()}), Roster("牵头部室", names, ids)
        )

    def ids_of(self, row: MeasureRow) -> dict:
        """快照里与名称并存的编号，次序相同。"""
        return {key: [getattr(self, name).ids[n] for n in getattr(row, name)] for name, key in KEPT_IDS.items()}

    def ids_in(self, rows: Iterable[MeasureRow]) -> dict:
        """草稿里存的“当时的名称 → 编号”；新方案拟新增的还没有编号。"""
        found: dict[str, dict[str, int]] = {name: {} for name in KEPT_IDS}
        for row in rows:
            for kind in KEPT_IDS:
                ids = getattr(self, kind).ids
                found[kind] |= {name: ids[name] for name in getattr(row, kind) if name in ids}
        return found

    def current(
        self, row: MeasureRow, ids: Mapping[str, Mapping[str, int]] | None = None, *, strict: bool = True
    ) -> MeasureRow:
        """把一行里的名称换成现在的。认不得的：要写库就拒绝，只是给人看就照旧。"""
        found = {}
        for name in KEPT_IDS:
            roster, known = getattr(self, name), (ids or {}).get(name, {})
            now = [(n, roster.now(n, known.get(n))) for n in getattr(row, name)]
            if strict and (gone := [n for n, current in now if current is None]):
                said = f"第{row.number}项的{roster.label}“{'、'.join(gone)}”已不在名单中"
                raise workflow.Refused(f"名单已改，请重新比较。（{said}）")
            found[name] = tuple(current or n for n, current in now)
        is_same = all(getattr(row, name) == names for name, names in found.items())
        return row if is_same else replace(row, leaders=found["leaders"], departments=found["departments"])

    def stored(self, row: Mapping[str, Any], *, strict: bool = True) -> MeasureRow:
        """快照里的一行，名称换成现在的。"""
        ids = {name: dict(zip(row[name], row.get(key, ()), strict=False)) for name, key in KEPT_IDS.items()}
        return self.current(row_from_json(row), ids, strict=strict)
