"""上一次报的：同一项次更早一期最近一次报过的那条，预填、对照、审核时看；更正稿审核时看它所更正的那条"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import OuterRef, Subquery

from yingshang import prepared
from yingshang.fetched import attach
from yingshang.prepared import padded

from ..models import Progress, TargetValue
from ..models.progress import ProgressQuerySet


def last_reports(progress_rows: Iterable[Progress]) -> dict[int, Progress]:
    """报送（编号）→ 那一条，连同完成值。几期同时开放时各看各的上期。"""
    rows = list(progress_rows)
    by_part = defaultdict(list)
    for row in prepared.rows("earlier", _reported, *padded(row.pk for row in rows)):
        by_part[row.assignment_id].append(row)
    before = {r.pk: [e for e in by_part[r.assignment_id] if e.period.starts_on < r.period.starts_on] for r in rows}
    last = {pk: found[-1] for pk, found in before.items() if found}
    for pk, row in last.items():
        carry_on(row, before[pk])
    values = lambda *pks: TargetValue.objects.filter(progress__in=pks).select_related("target")  # noqa: E731
    found = prepared.rows("values", values, *padded(row.pk for row in last.values()))
    attach(last.values(), "values", found, "progress")
    return last


def compared_with(progress_rows: Iterable[Progress]) -> dict[int, Progress]:
    """审核时与哪一条比：更正稿与它所更正的那条（同一期、现在有效的），其余的与上一次报的。"""
    rows = list(progress_rows)
    found = last_reports(rows)
    if corrected := {row.corrects_id: row.pk for row in rows if row.corrects_id}:
        originals = Progress.objects.filter(pk__in=corrected).select_related("period")
        for original in originals.prefetch_related("values__target"):
            last = found.get(corrected[original.pk])
            original.carried_from = last.words if last and original.is_no_change else None
            found[corrected[original.pk]] = original
    return found


def carry_on(row: Progress, before: Sequence[Progress]) -> Progress:
    """看“本期无变化”看不出做到了哪里：连着放上它沿用的那一条。`before` 是它以前的，由早到晚。"""
    if row.is_no_change:
        row.carried_from = next((e for e in reversed(before) if not e.is_no_change), None)
    return row


def _reported(*pks: int) -> ProgressQuerySet:
    """各条以前最近报过的一条，与最近写了话的一条（“本期无变化”的以外）。"""
    of_each = Progress.objects.order_by().filter(pk__in=pks)
    before = {"assignment": OuterRef("assignment"), "period__starts_on__lt": OuterRef("period__starts_on")}
    rows = Progress.objects.latest().reported().filter(**before).order_by("-period__starts_on").values("pk")
    last, said = (of_each.values_list(Subquery(found[:1])) for found in (rows, rows.filter(is_no_change=False)))
    wanted = Progress.objects.filter(pk__in=last.union(said))
    return wanted.select_related("period").order_by("period__starts_on")
