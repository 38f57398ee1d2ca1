"""判灯并存下来：改了事实的动词在同一个事务里调用，所以存下的灯总与事实相符。

只重判开放中的各期：已关闭的期只有关闭那天的一行，此后没有谁再改它。
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict
from typing import Any, TypeVar, cast

from django.db import transaction
from django.db.models import Q, prefetch_related_objects

from yingshang import prepared

from ..figures import closed
from ..figures.judging import Judge, Ruled, Ruling
from ..figures.ledger import opened_periods
from ..figures.rare import with_rare
from ..models import (
    EditionLeader,
    Judgement,
    Measure,
    MeasureEdition,
    MeasureJudgement,
    Plan,
    ReportingPeriod,
)
from ..models.judgement import EVER, NEVER
from ..rules import lights

# 一次判多少项：查询数与项数无关，占的内存与它成正比。
BATCH = 500
Row = TypeVar("Row", Judgement, MeasureJudgement)
_waiting: ContextVar[set[int] | None] = ContextVar("_waiting", default=None)


@contextmanager
def judged_together() -> Iterator[None]:
    """里面的动词改了哪几项，到末尾在同一个事务里一次判：一连几百件事（造演示）不为每一件各判一遍。里面不要读灯。"""
    with transaction.atomic():
        changed: set[int] = set()
        token = _waiting.set(changed)
        try:
            yield
        finally:
            _waiting.reset(token)
        rejudge(*changed)


def rejudge(*measures: Measure | int) -> None:
    """这几项的事实变了：重判它们在开放中的各期，写下不同的。须在改事实的同一个事务里，举措行已锁住。"""
    pks: set[int] = {m if isinstance(m, int) else m.pk for m in measures}
    if (waiting := _waiting.get()) is not None:
        waiting |= pks
        return
    found = lambda *pks: with_rare(Measure.objects.filter(pk__in=pks).select_related("plan"))  # noqa: E731
    plans: dict[int, list[Measure]] = defaultdict(list)
    for measure in prepared.rows("rejudged", found, *prepared.padded(sorted(pks))):
        plans[measure.plan_id].append(measure)
    for mine in plans.values():
        _rejudge(mine[0].plan, mine)


def _rejudge(plan: Plan, measures: list[Measure]) -> None:
    """事实读一次，开放中的各期都照它判。动词不改举措当时的样子里的牵头领导，所以别的几栏没有变就还是原来那一份。"""
    opened = opened_periods(plan)
    still_open = [period for period in opened if period.is_open]
    if not still_open:
        return
    in_force = [measure for measure in measures if measure.retired_in_id is None]
    latest = Judge(plan, still_open[-1], dt.date.min, loaded=in_force)
    latest.opened = opened
    stored = _stored(still_open, [measure.pk for measure in measures])
    held = {row.measure_id: row.edition for _, rows in stored.values() for row in rows}
    editions = {m.pk: held[m.pk] for m in in_force if m.pk in held and _shown(held[m.pk]) == _shown(m)}
    editions |= _editions([m for m in in_force if m.pk not in editions])
    for period in reversed(still_open):
        judge = latest if period == latest.period else latest.back_to(period)
        mine = {pk: rows for (of, pk), rows in stored.items() if of == period.pk}
        _keep(judge, [m.pk for m in measures], mine, editions)


def rejudge_plan(plan: Plan, periods: Iterable[ReportingPeriod] | None = None) -> int:
    """重判整个方案开放中的各期（或指明的几期）：改了阈值、截止日，开放、重新开放，方案修订。返回改了几项。

    调用者已锁住全部举措（`steps.lock_measures`）：两件事同时判同一项，后判的看不到先判的写下的。
    """
    changed = 0
    for period in plan.periods.still_open() if periods is None else periods:
        for pks in _batches(plan, period):
            judge = _judge(plan, period, pks)
            stored = {pk: rows for (_, pk), rows in _stored([period], pks).items()}
            changed += _keep(judge, pks, stored, _editions(judge.measures))
        if period.closed_at:
            closed.keep(period)
    return changed


def settle_period(period: ReportingPeriod) -> None:
    """关闭那一刻：今天的判定就是这一期的判定，别的日子的都不要了；留下的从此哪天都算它的，不为此改写几万行。`period.closed_at` 须已写下。"""
    day = period.as_of(dt.date.min)
    for model in (Judgement, MeasureJudgement):
        model.objects.filter(period=period).exclude(from_on__lte=day, until_on__gte=day).delete()


def forget_period(period: ReportingPeriod) -> None:
    """撤回开放：这一期没有开放过，判定一并收回。"""
    for model in (Judgement, MeasureJudgement):
        model.objects.filter(period=period).delete()


def differences(plan: Plan) -> Iterator[str]:
    """存下的与从头判一遍的哪里不同，一处一句；都相同的什么也没有。"""
    for period in plan.periods.opened().order_by("starts_on"):
        for pks in _batches(plan, period):
            for measure, is_same in _compared(plan, period, pks):
                if not is_same:
                    yield f"{period.name}第{measure.number}项《{measure.title}》"
        if not closed.is_right(period):
            yield f"{period.name}关闭时的数"


# ── 内部 ──────────────────────────────────────────────────


def _batches(plan: Plan, period: ReportingPeriod) -> Iterator[list[int] | None]:
    """分批的举措编号。已关闭的期要照当时那一版整期判，不分批（None）。判过而已不在方案里的也在内。"""
    if period.closed_at:
        yield None
        return
    stored = MeasureJudgement.objects.filter(period=period).values("measure")
    found = Measure.objects.filter(Q(plan=plan, retired_in=None) | Q(pk__in=stored))
    pks = list(found.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        yield pks[start : start + BATCH]


def _judge(plan: Plan, period: ReportingPeriod, pks: Sequence[int] | None) -> Judge:
    measures = None if pks is None else Measure.objects.in_force().filter(pk__in=pks)
    return Judge(plan, period, dt.date.min, measures=measures)


Rows = tuple[list[Judgement], list[MeasureJudgement]]


def _keep(
    judge: Judge, pks: Sequence[int] | None, stored: Mapping[int, Rows], editions: Mapping[int, MeasureEdition]
) -> int:
    """判一期，把与存下的不同的换掉。返回换了几项。`pks` 是判的哪几项（None 是整期）。"""
    ruled, none = _ruled(judge, editions), cast(Rows, ([], []))
    changed = [pk for pk in stored.keys() | ruled.keys() if _plain(stored.get(pk)) != _plain(ruled.get(pk))]
    pairs = [(stored.get(pk, none), ruled.get(pk, none)) for pk in changed]
    _replace(Judgement, [(old[0], new[0]) for old, new in pairs])
    _replace(MeasureJudgement, [(old[1], new[1]) for old, new in pairs])
    return len(changed)


def _replace(model: type[Row], pairs: Sequence[tuple[list[Row], list[Row]]]) -> None:
    """各项存下的行换成判出来的：相同的行不动；只是一行换一行的改在原处，其余先删后写。"""
    stale: list[Row] = []
    fresh: list[Row] = []
    for old, new in pairs:
        before, after = [_values(row) for row in old], [_values(row) for row in new]
        stale += [row for row, values in zip(old, before, strict=True) if values not in after]
        fresh += [row for row, values in zip(new, after, strict=True) if values not in before]
    if len(stale) == len(fresh) == 1:
        fresh[0].pk = stale[0].pk
        fresh[0].save(force_update=True)
        return
    if stale:
        model.objects.filter(pk__in=[row.pk for row in stale]).delete()
    model.objects.bulk_create(fresh, batch_size=BATCH)


def _compared(
    plan: Plan, period: ReportingPeriod, pks: Sequence[int] | None
) -> Iterator[tuple[Measure | MeasureEdition, bool]]:
    judge = _judge(plan, period, pks)
    shown = _editions(judge.measures)
    ruled, stored = _ruled(judge, shown), {pk: rows for (_, pk), rows in _stored([period], pks).items()}
    measures = Measure.objects.in_bulk(stored.keys() - ruled.keys())
    for pk in sorted(stored.keys() | ruled.keys()):
        yield shown.get(pk) or measures[pk], _plain(stored.get(pk)) == _plain(ruled.get(pk))


def _ruled(judge: Judge, editions: Mapping[int, MeasureEdition]) -> dict[int, Rows]:
    """举措 → 判出来的各行（还没有存）。"""
    found: dict[int, Rows] = {}
    for ruled in judge.spans():
        parts, rows = found.setdefault(ruled.measure.pk, ([], []))
        parts += [_part(judge, ruled, pk, ruling) for pk, ruling in ruled.parts.items()]
        rows.append(_measure(judge, ruled, editions[ruled.measure.pk]))
    return {pk: (_merged(parts), _merged(rows)) for pk, (parts, rows) in found.items()}


def _part(judge: Judge, ruled: Ruled, pk: int, ruling: Ruling) -> Judgement:
    verdict, light = ruling.verdict, ruled.light
    return Judgement(
        assignment_id=pk,
        measure_id=ruled.measure.pk,
        period=judge.period,
        from_on=ruled.from_on,
        until_on=ruled.until_on,
        level=light.level if light.is_manual else verdict.level,
        order=ruling.order,
        judged=verdict.level,
        percent=verdict.percent,
        pace=verdict.pace,
        findings=[_finding(f) for f in verdict.findings],
        good=verdict.good,
        due_on=ruling.due_on,
        missed=list(ruling.missed),
        targets=[_target(target, fact) for target, fact in ruling.targets],
        known_id=ruling.known,
    )


def _finding(finding: lights.Finding) -> list[str | None]:
    return [finding.level, finding.kind, finding.name, finding.on.isoformat() if finding.on else None]


def _target(pk: int, fact: lights.TargetFact) -> dict[str, Any]:
    said = asdict(fact)
    return {"id": pk, **{name: _number(value) if name in NUMBERS else value for name, value in said.items()}}


NUMBERS = ("target", "value")


def _number(value: Any) -> str | None:
    """小数写成字，位数照库里的。"""
    return None if value is None else str(value)


def _measure(judge: Judge, ruled: Ruled, edition: MeasureEdition) -> MeasureJudgement:
    light = ruled.light
    return MeasureJudgement(
        measure_id=ruled.measure.pk,
        period=judge.period,
        edition=edition,
        from_on=ruled.from_on,
        until_on=ruled.until_on,
        level=light.level,
        severity=light.severity,
        position=ruled.measure.position,
        percent=light.percent,
        pace=light.pace,
        manual_reason=light.reason if light.is_manual else "",
    )


def _merged(rows: list[Row]) -> list[Row]:
    """同一个项次（举措）里相邻而相同的并成一行：别的部室的事不使这一份多出一行。"""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        mine = found[row.assignment_id if isinstance(row, Judgement) else row.measure_id]
        if mine and _values(mine[-1])[2:] == _values(row)[2:]:
            mine[-1].until_on = row.until_on
        else:
            mine.append(row)
    return [row for mine in found.values() for row in mine]


def _stored(periods: Sequence[ReportingPeriod], pks: Sequence[int] | None) -> dict[tuple[int, int], Rows]:
    """（期，举措）→ 存下的各行。已关闭的期留下的一行，哪天都算它的：起止当作从头到尾。"""
    found: dict[tuple[int, int], Rows] = defaultdict(lambda: ([], []))
    within = prepared.padded(period.pk for period in periods)
    key, values = (len(within), pks is None), (*within, *prepared.padded(pks or ()))

    def chosen(*values: int) -> Q:
        mine = {} if pks is None else {"measure__in": values[len(within) :]}
        return Q(period__in=values[: len(within)], **mine)

    for part in prepared.rows(("stored parts", key), lambda *of: Judgement.objects.filter(chosen(*of)), *values):
        found[part.period_id, part.measure_id][0].append(part)
    whole = MeasureJudgement.objects.select_related("edition")
    for row in prepared.rows(("stored", key), lambda *of: whole.filter(chosen(*of)), *values):
        found[row.period_id, row.measure_id][1].append(row)
    closed = {period.pk for period in periods if period.closed_at}
    for (period, _), (parts, rows) in found.items():
        for one in [*parts, *rows] if period in closed else ():
            one.from_on, one.until_on = EVER, NEVER
    return found


def _plain(rows: Rows | None) -> tuple[list, list] | None:
    return (_sorted(map(_values, rows[0])), _sorted(map(_values, rows[1]))) if rows else None


def _sorted(rows: Iterable[tuple]) -> list[tuple]:
    return sorted(rows, key=lambda row: (row[2], row[0]))


def _values(row: Judgement | MeasureJudgement) -> tuple:
    """一行的内容：起、止、属于谁、其余。"""
    if isinstance(row, Judgement):
        own = (
            row.assignment_id,
            row.order,
            row.judged,
            row.findings,
            row.good,
            row.due_on,
            row.missed,
            row.targets,
            row.known_id,
        )
        return (row.from_on, row.until_on, *own, row.level, row.percent, row.pace)
    shown = (row.measure_id, row.edition_id, row.severity, row.position, row.manual_reason)
    return (row.from_on, row.until_on, *shown, row.level, row.percent, row.pace)


def _editions(measures: Sequence[Measure]) -> dict[int, MeasureEdition]:
    """举措 → 它这时的样子；与存过的哪一份都不同的存一份。"""
    if not measures:
        return {}
    prefetch_related_objects(measures, "leader_links")
    stored: dict[int, list[MeasureEdition]] = defaultdict(list)
    rows = MeasureEdition.objects.filter(measure__in=[m.pk for m in measures]).prefetch_related("leader_links")
    for row in rows.order_by("-pk"):
        stored[row.measure_id].append(row)
    found: dict[int, MeasureEdition] = {}
    made: list[MeasureEdition] = []
    for measure in measures:
        wanted = (_shown(measure), _led(measure))
        same = next((row for row in stored[measure.pk] if (_shown(row), _led(row)) == wanted), None)
        if same is None:
            same = MeasureEdition(
                measure_id=measure.pk, **{name: getattr(measure, name) for name in MeasureEdition.SHOWN}
            )
            made.append(same)
        found[measure.pk] = same
    MeasureEdition.objects.bulk_create(made, batch_size=BATCH)
    leaders = {measure.pk: _led(measure) for measure in measures}
    EditionLeader.objects.bulk_create(
        [
            EditionLeader(edition=edition, leader_id=leader, order=order)
            for edition in made
            for order, leader in enumerate(leaders[edition.measure_id])
        ],
        batch_size=BATCH,
    )
    return found


def _shown(row: Measure | MeasureEdition) -> tuple:
    return tuple(getattr(row, name) for name in MeasureEdition.SHOWN)


def _led(row: Measure | MeasureEdition) -> list[int]:
    return [link.leader_id for link in row.leader_links.all()]
