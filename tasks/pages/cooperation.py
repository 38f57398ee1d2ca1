"""配合报送给人看的样子：举措页（请、报了什么、撤销）、首页、清单、今天要办。"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, When
from django.forms import BaseForm
from django.http import QueryDict
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from departments import organisation
from departments.models import Department, User
from yingshang import dates
from yingshang.tables.normalising import name_key

from .. import workflow
from ..forms import CooperationAskForm, CooperationFilterForm, CooperationReportForm, CooperationStopForm
from ..models import Cooperation, Measure, ReportingPeriod
from ..models.cooperation import CooperationQuerySet
from ..rules import permissions
from .chores import Chore, Due, Row, told

PAGE_SIZE = 50
C = Cooperation.Status
TAGS = {C.WAITING: "tag-y", C.FILED: "tag-g", C.MISSED: "tag-r", C.OFF: ""}
Bound = Mapping[tuple[int, str], BaseForm]


@dataclass
class CooperationRow:
    """请一个配合单位在一期里报的：报了没有、还有几天，这个人此刻能做的。"""

    asked: Cooperation
    today: dt.date
    actions: list[str] = field(default_factory=list)
    form: Any = None  # 撤销的表单
    is_listed: bool = True

    @property
    def state(self) -> str:
        """待报、已报；过了截止没有报的写明。"""
        return "逾期没有报" if self.is_late else self.asked.get_status_display()

    @property
    def css(self) -> str:
        return "tag-r" if self.is_late else TAGS[Cooperation.Status(self.asked.status)]

    @property
    def is_late(self) -> bool:
        return self.asked.status == C.WAITING and self.asked.due_on < self.today

    @property
    def timing(self) -> str:
        """等着报的：还有 3 天、今天截止、已逾期 2 天。"""
        left = (self.asked.due_on - self.today).days
        if self.asked.status != C.WAITING:
            return ""
        return "今天截止" if left == 0 else f"还有 {left} 天" if left > 0 else f"已逾期 {-left} 天"

    @property
    def where(self) -> str:
        """第 7 项 推行线上线下联动服务。"""
        return f"第 {self.asked.measure.number} 项 {self.asked.measure.title}"

    @property
    def terms(self) -> list[str]:
        """哪一期、哪天以前、要几期。"""
        found = [self.asked.period.short_name, f"{dates.short(self.asked.due_on)}以前报"]
        if self.timing:
            found.append(self.timing)
        if self.asked.is_standing:
            found.append("每一期都要" if not self.asked.off_at else "以后不再要")
        return found

    @property
    def can_report(self) -> bool:
        return bool({"report_cooperation", "correct_cooperation"} & set(self.actions))

    @property
    def action(self) -> str:
        """按钮上的字。"""
        return "更正" if self.asked.answered_at else "去报"

    @property
    def note(self) -> str:
        """方案里后来不再列它的，说明怎么办；没有要说的为空。"""
        if self.is_listed or self.asked.off_at or self.asked.status not in (C.WAITING, C.FILED):
            return ""
        return f"方案里现在没有把{self.asked.department}列为配合单位，请的照旧有效；不用了的请撤销。"

    @property
    def files(self) -> list:
        return [file for file in self.asked.attachments.all() if not file.removed_at]


@dataclass(frozen=True)
class Outsider:
    """请不了的一个配合单位，和怎么办。"""

    name: str
    why: str


@dataclass
class CooperationDesk:
    """举措页上的一块：开放中各期的、过去各期的，办公室请的表单，请不了的。"""

    rows: list[CooperationRow]
    older: list[CooperationRow]
    form: CooperationAskForm | None = None
    outsiders: list[Outsider] = field(default_factory=list)
    why_not: str = ""

    @property
    def is_shown(self) -> bool:
        return bool(self.rows or self.older or self.has_offer)

    @property
    def has_offer(self) -> bool:
        """办公室请的表单，或请不了的几句话。"""
        return bool(self.form or self.outsiders or self.why_not)

    @property
    def waiting(self) -> int:
        return sum(row.asked.status == C.WAITING for row in self.rows)

    @property
    def is_asking(self) -> bool:
        """表单没写好，要展开。"""
        return bool(self.form and self.form.errors)


def on_measure(
    measure: Measure,
    user: User,
    today: dt.date,
    opened: Sequence[ReportingPeriod],
    *,
    bound: Bound | None = None,
    is_lacking: bool = False,
) -> CooperationDesk:
    """一项举措上请配合单位报的。`bound` 是没写好的表单，`is_lacking` 是已经知道一份也没有。"""
    found = [] if is_lacking else _rows(measure.cooperation.visible_to(user))
    names = _names(measure)
    may_ask = permissions.can_ask_cooperation(user) and not measure.retired_in_id and not measure.plan.archived_at
    rooms = _rooms() if names and (may_ask or found) else {}
    listed = {rooms[name].pk for name in map(name_key, names) if name in rooms}
    followed = {asked.follows_id for asked in found}  # 接着要了的，撤销在最近一期的那一份上
    rows = [_row(asked, user, today, listed, bound or {}, asked.pk in followed) for asked in found]
    desk = CooperationDesk(
        [row for row in rows if row.asked.period.is_open], [row for row in rows if not row.asked.period.is_open]
    )
    if names and may_ask:
        _offer(desk, measure, names, rooms, [p for p in opened if p.is_open], bound or {})
    return desk


def _names(measure: Measure) -> list[str]:
    return [name for name in measure.cooperating.split("、") if name]


def _rooms() -> dict[str, Department]:
    """写法 → 部室：简称、全称、别名都认；停用了的也认，好说明为什么请不了。"""
    found: dict[str, Department] = {}
    for room in Department.objects.order_by("-is_active", "order", "pk").prefetch_related("aliases"):
        for name in (room.name, room.full_name, *(alias.name for alias in room.aliases.all())):
            if name:
                found.setdefault(name_key(name), room)
    return found


def _offer(
    desk: CooperationDesk,
    measure: Measure,
    names: Sequence[str],
    rooms: Mapping[str, Department],
    opened: Sequence[ReportingPeriod],
    bound: Bound,
) -> None:
    """请得了的进表单，请不了的写明为什么、怎么办。"""
    leading = {part.department_id for part in measure.assignments.all() if part.ended_in_id is None}
    standing = {row.asked.department_id for row in [*desk.rows, *desk.older] if _is_standing(row.asked)}
    free: dict[int, Department] = {}
    for name in names:
        room = rooms.get(name_key(name))
        if room is None or not room.is_active:
            desk.outsiders.append(Outsider(name, _why_not(name, room)))
        elif room.pk not in leading | standing:
            free[room.pk] = room
    if bound_form := bound.get((measure.pk, "ask")):
        desk.form = bound_form  # type: ignore[assignment]
    elif free and opened:
        desk.form = CooperationAskForm(rooms=list(free.values()), periods=opened)
    elif free:
        desk.why_not = "没有在报送中的一期。请先到“报送期”开放一期，再请配合单位报。"


def _is_standing(asked: Cooperation) -> bool:
    """还在要的：等着报的，每一期都要的；这一期报过了的，这一期也不用再请。"""
    if asked.off_at:
        return asked.period.is_open
    return asked.is_standing or asked.period.is_open


def _why_not(name: str, room: Department | None) -> str:
    if room is None:
        said = (
            f"“{name}”不在部室名单里，请不了它在系统里报：请管理员在后台“部室”里新增它，或给名单里的那个加上这个别名。"
        )
        return organisation.worded(said) + "一时不新增的，请线下联系。"
    return f"“{name}”已不再使用，没有人报：请管理员导入修订，把配合单位改成接替它的，再来请。"


def ask_form(measure: Measure, data: QueryDict) -> CooperationAskForm:
    """交上来的请的表单：能选的是这一项的配合单位里在用的。"""
    rooms = _rooms()
    chosen = [rooms[key] for key in map(name_key, _names(measure)) if key in rooms and rooms[key].is_active]
    periods = list(measure.plan.periods.still_open().order_by("starts_on"))
    return CooperationAskForm(data, rooms=chosen, periods=periods)


def report_form(
    asked: Cooperation, data: QueryDict | None = None, files: MultiValueDict | None = None
) -> CooperationReportForm:
    """报的表单；报过的填好。"""
    initial = {"version": asked.version, "text": asked.answer}
    return CooperationReportForm(data, files, prefix=f"k{asked.pk}", initial=initial)


def stop_form(asked: Cooperation, data: QueryDict | None = None) -> CooperationStopForm:
    """撤销的表单；同页有几份，各有前缀。"""
    return CooperationStopForm(data, prefix=f"s{asked.pk}")


def _rows(rows: CooperationQuerySet) -> list[Cooperation]:
    """新的一期在前；一期里按谁先到期。"""
    found = rows.select_related("measure__plan", "department", "period", "by", "answered_by__department", "off_by")
    found = found.order_by("-period__starts_on", "due_on", "department__order", "pk")
    return list(found.prefetch_related("attachments"))


def _row(
    asked: Cooperation, user: User, today: dt.date, listed: set[int], bound: Bound, is_followed: bool = False
) -> CooperationRow:
    actions = workflow.allowed_actions(user, asked)
    actions = [name for name in actions if not workflow.STEPS["cooperation"][name].blocks(asked, _noon(today))]
    can_stop = "stop_cooperation" in actions and not is_followed
    form = bound.get((asked.pk, "stop")) or (stop_form(asked) if can_stop else None)
    return CooperationRow(asked, today, actions, form, asked.department_id in listed)


def _noon(today: dt.date) -> dt.datetime:
    """核对“什么拦着”用的时刻：这几步只看状态，不看几点。"""
    return dt.datetime.combine(today, dt.time(12))


# ── 首页 ──────────────────────────────────────────────────


def asked_of(department: Department) -> CooperationQuerySet:
    """请这个部室报的：等着报的，和报送中各期里报了、还可以改的。归档以前各期都关闭了，所以归档的一份也没有。"""
    return Cooperation.objects.of_current_plan().in_open_periods().filter(department=department, off_at=None)


def waiting_for(department: Department) -> CooperationQuerySet:
    """等这个部室报的。"""
    return asked_of(department).waiting()


def for_department(user: User, department: Department, today: dt.date) -> list[CooperationRow]:
    """首页：没有报的在前，先到期的先；报了还可以改的在后。"""
    rows = asked_of(department).select_related("measure__plan", "department", "period")
    rows = rows.alias(place=Case(When(answered_at=None, then=0), default=1)).order_by("place", "due_on", "pk")
    return [CooperationRow(asked, today, workflow.allowed_actions(user, asked)) for asked in rows]


# ── 清单、今天要办 ────────────────────────────────────────


def late(today: dt.date) -> CooperationQuerySet:
    """过了截止没有报的。"""
    return Cooperation.objects.of_current_plan().waiting().filter(due_on__lt=today)


def due(today: dt.date) -> list[Due]:
    """办公室今天要办：请的配合单位过了截止没有报的。"""
    return [Due(late(today), ["department__order", "pk"], ["department__name"], _late)]


def chores(today: dt.date) -> list[Chore]:
    return told(due(today))


def _late(rows: list[Row]) -> Chore:
    counted = "、".join(f"{name} {n}" for name, n in Counter(name for _, name, _ in rows).items())
    url = f"{reverse('cooperation_list')}?state=late"
    return Chore(f"{len(rows)} 件配合情况过了截止没有报", counted, url, "查看")


def listing(user: User, today: dt.date, filters: CooperationFilterForm) -> dict:
    """请了谁、谁还没有报：看得到的全部，没有报的在前，先到期的先。"""
    visible, chosen = Cooperation.objects.of_current_plan().visible_to(user), filters.chosen
    found = {
        "waiting": visible.waiting(),
        "late": visible.filter(pk__in=late(today)),
        "filed": visible.exclude(answered_at=None),
        "standing": visible.standing(),
    }.get(chosen.get("state", ""), visible)
    if dept := chosen.get("dept"):
        found = found.filter(department=dept)
    waiting = visible.waiting()
    place = Case(When(pk__in=waiting.values("pk"), then=0), default=1)
    rows = found.select_related("measure__plan", "department", "period", "by", "answered_by__department", "off_by")
    rows = rows.prefetch_related("attachments").alias(place=place)
    page = Paginator(rows.order_by("place", "-period__starts_on", "due_on", "pk"), PAGE_SIZE)
    page_obj: Page = page.get_page(filters.number)
    page_obj.object_list = [CooperationRow(asked, today, workflow.allowed_actions(user, asked)) for asked in page_obj]
    return {
        "page_obj": page_obj,
        "filters": filters,
        "query": filters.query_without("page"),
        "waiting": waiting.count(),
        "can_urge": permissions.can_review(user),
        "print_words": filters.counted(page.count),
        "today": today,
    }


def detail(asked: Cooperation, user: User, today: dt.date, form: CooperationReportForm | None = None) -> dict:
    """一份的一页：要报什么、报了什么，被请的部室在这里报、更正。"""
    row = _row(asked, user, today, {asked.department_id}, {})
    return {
        "row": row,
        "asked": asked,
        "measure": asked.measure,
        "form": form or (report_form(asked) if row.can_report else None),
        "conflict": getattr(form, "conflict", None),
    }
