"""核定目标：一页排好各项的类型、核定了的与待核定的目标，都有原话；改了再交。"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.urls import reverse

from departments.models import User
from yingshang.paging import ChunkPaginator, chunked
from yingshang.refusals import Refused

from .. import workflow
from ..forms import MeasureTargetsForm
from ..models import Measure
from ..models.measure import MeasureQuerySet
from .chores import Chore, Due, Row

PAGE_ROWS = 120  # 一页至多多少行（一项举措算两行，一个目标算一行）：栏数才在上限之内
MOVED = "您打开这一页之后，这一项刚有人核定过或改过原文。下面是您填的，请与现在的核对后再交。"


@dataclass
class Sent:
    """交上来的一页：各项的表单；办成了的有几项。"""

    forms: list[MeasureTargetsForm] = field(default_factory=list)
    done: int = 0

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        return [one for form in self.forms for one in form.mistakes]


def measures(chosen: dict[str, Any]) -> MeasureQuerySet:
    """要核定的各项：默认只有待核定的。"""
    rows = Measure.objects.of_current_plan().in_force()
    if chosen.get("measure"):
        return rows.filter(number=chosen["measure"])
    return rows if chosen.get("show") else waiting(rows)


def waiting(rows: MeasureQuerySet) -> MeasureQuerySet:
    """还要核定的：类型没有核定过，或提出的目标还没有核定。"""
    return rows.exclude(kind_is_confirmed=True, aims=[])


def due() -> list[Due]:
    """办公室今天要办：核定过目标的举措改了原文，又提出了目标。"""
    changed = Measure.objects.of_current_plan().in_force().filter(kind_is_confirmed=True).exclude(aims=[])
    return [Due(changed, ("position", "pk"), ["number"], _changed)]


def _changed(rows: list[Row]) -> Chore:
    numbers = "、".join(number for _, number, _ in rows)
    return Chore(f"{len(rows)} 项举措改了原文，目标待核定", f"第 {numbers} 项", reverse("target_list"), "去核定")


def target_page(chosen: dict[str, Any], sent: Sent | None = None) -> dict[str, Any]:
    """一页要的全部。没有交成的（`sent`）照所填的放回。"""
    rows = list(measures(chosen).prefetch_related("targets").order_by("position", "pk"))
    chunks = chunked(rows, PAGE_ROWS, lambda row: 3 + len(row.aims) + len(row.targets.all()))
    page_obj = ChunkPaginator(chunks, len(rows)).get_page(chosen.get("page") or 1)
    forms = sent.forms if sent else [MeasureTargetsForm(measure) for measure in page_obj.object_list]
    return {
        "forms": forms,
        "page_obj": page_obj,
        "mistakes": sent.mistakes if sent else [],
        "proposed": sum(len(form.measure.aims) for form in forms),
        "shows_all": bool(chosen.get("show")),
        "one": chosen.get("measure", ""),
        "waiting": waiting(Measure.objects.of_current_plan().in_force()).count(),
    }


def settle(data: QueryDict, *, by: User, at: dt.datetime) -> Sent:
    """核定交上来的各项：有一处不对就一项也不办，改了再交。"""
    numbers = {name[1:].partition("-")[0] for name in data if name.startswith("m") and name.endswith("-seen")}
    asked = Measure.objects.of_current_plan().in_force().filter(pk__in=[n for n in numbers if n.isdecimal()])
    with transaction.atomic():
        rows = asked.select_for_update(no_key=True, of=("self",)).prefetch_related("targets")
        sent = Sent([MeasureTargetsForm(measure, data) for measure in rows.order_by("position", "pk")])
        if all([form.is_valid() for form in sent.forms]):  # noqa: C419 - 一项错了，其余各项的错也要说
            sent.done = _settle(sent.forms, by, at)
            transaction.set_rollback(not sent.done)
    return sent


def _settle(forms: Iterable[MeasureTargetsForm], by: User, at: dt.datetime) -> int:
    """逐项核定；有一项不行的，说在那一项上，返回 0。"""
    done, is_good = 0, True
    for form in forms:
        settled = form.settled
        if settled.pop("seen") != form.now:
            form.add_error(None, MOVED)
            form.show_now()
            is_good = False
            continue
        try:
            workflow.settle_targets(form.measure, by=by, at=at, **settled)
            done += 1
        except Refused as refused:
            form.add_error(None, str(refused))
            is_good = False
    return done if is_good else 0
