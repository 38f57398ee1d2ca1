"""每个页面都要的东西：导航与待办数、称呼、演示说明、大字。"""

import datetime as dt
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.urls import reverse

from departments import organisation
from departments.models import Acting, Department, User
from yingshang import clock, dates, prepared, stamp

from ..figures.presence import Size
from ..models import CoordinationRequest, Following, Instruction, Plan
from ..models.plan import archived_at_hand, at_hand
from ..rules import permissions
from . import acting as acting_pages
from . import assignment as assignment_pages
from . import completion as completion_pages
from . import cooperation as cooperation_pages
from . import coordination as coordination_pages
from . import following as following_pages
from . import instruction as instruction_pages
from . import joint as joint_pages
from . import milestone as milestone_pages
from . import plan as plan_pages
from . import problem as problem_pages
from . import start as start_pages
from .progress import owed_parts
from .review import waiting_for_review

Key = TypeVar("Key", bound=Hashable)
Waiting = Callable[[], Sequence[QuerySet]]  # 一样待办的各组行


def page(request: HttpRequest) -> dict[str, Any]:
    """模板上下文处理器。未登录或出错页不查库。"""
    user = getattr(request, "user", None)
    base = {
        "big": request.COOKIES.get("big") == "1",
        "version": settings.VERSION,
        "business_date_note": _note() if settings.BUSINESS_DATE else "",
        "organisation": organisation.current,  # 用到才问：出错的页面多半用不到
        "office_contact": "填报有疑问请联系办公室",
    }
    if user is None or not user.is_authenticated or request.resolver_match is None:
        return base
    nav = navigation(user, request.path, clock.today(), partial(_state, request))
    return base | {
        "nav": nav,
        "plans": _plans(request, user),
        "rooms": _rooms(request, user),
        "who": who(user),
        "changes": _changes(request, user),
        "is_archived": archived_at_hand(),  # 归档的方案只看不改：办事的按钮、链接都不摆
        "can_suggest": permissions.can_enter(user),
        "can_review": permissions.can_review(user),
    }


def _state(request: HttpRequest) -> str:
    """库的记号。看页面时在视图以前读过（见 views/unchanged），不再读；交了表单的，写完才读。"""
    if not getattr(request, "stamp", ""):
        return organisation.stamped(request)
    return request.stamp  # type: ignore[attr-defined]


def _plans(request: HttpRequest, user: User) -> list[plan_pages.PlanLink]:
    """页头写明在看哪一份方案；只有一份的没有。同一个记号下问一次，没有读过记号的页面（没有徽标的填写页）只在写明了方案时问。"""
    today, state = clock.today(), getattr(request, "stamp", "")
    ask = partial(plan_pages.side_by_side, user, today)
    if not state:
        return ask() if at_hand() else []
    if not at_hand() and _counted(user, today, state)[PLANS] < 2:
        return []
    return stamp.once(f"plans:{user.pk}:{user.serving_id}:{at_hand()}:{today}", state, ask)


def _changes(request: HttpRequest, user: User) -> list[following_pages.Followed]:
    """首页上关注的各项的变化；没有关注的（徽标里数过）不问。"""
    today, state, match = clock.today(), getattr(request, "stamp", ""), request.resolver_match
    if not state or match is None or match.url_name not in HOMES or not _counted(user, today, state)[FOLLOWED]:
        return []
    ask = partial(following_pages.on_home, user, today)
    return stamp.once(f"followed:{user.pk}:{user.serving_id}:{at_hand()}:{today}", state, ask)


def _rooms(request: HttpRequest, user: User) -> list[acting_pages.Room]:
    """可以替哪些部室办，各有几件待办；没有兼任、代理的（徽标里数过）不再问。"""
    if not permissions.can_fill_in(user):
        return []
    today, state = clock.today(), _state(request)
    if user.acting is None and not _counted(user, today, state)[ROOMS]:
        return []
    waiting = lambda person: (*_on_desk(person, today), *_problems(person, today))  # noqa: E731
    return acting_pages.rooms_of(user, today, state, waiting, sizes_of)


def _note() -> str:
    return f"今天按 {dates.full(clock.today())} 计。"


# 徽标里另数的三样：有几份方案，可以替几个部室办，关注着几项；不是菜单上的叫法。
PLANS, ROOMS, FOLLOWED = "", "rooms", "followed"
HOMES = {"home", "lead", "board"}  # 说关注的变化的几页


@dataclass(frozen=True)
class NavItem:
    url: str
    label: str
    count: int = 0
    current: bool = False


def who(user: User) -> str:
    """页头右侧：填报人写部室与角色，领导写姓名，其余写角色。"""
    if permissions.can_fill_in(user):
        return f"{user.serving} · {user.get_role_display()}{'（代）' if user.acting else ''}"
    if permissions.can_lead(user):
        return str(user.leader)
    if permissions.can_review(user):
        return organisation.current().office
    return "系统管理员" if permissions.can_import(user) else user.get_role_display()


def home_of(user: User) -> str:
    """首页转到哪一页（填报人就在首页）。角色没有规则提到的没有首页。"""
    if permissions.can_settle(user) and start_pages.is_open():
        return "start"
    homes = (
        (permissions.can_review, "board"),
        (permissions.can_lead, "lead"),
        (permissions.can_import, "plan"),
        (permissions.can_only_audit, "audit_list"),
    )
    for rule, name in homes:
        if rule(user):
            return name
    raise PermissionDenied


def navigation(user: User, path: str, today: dt.date, state: Callable[[], str] | None = None) -> list[NavItem]:
    """各角色的导航，6–7 项，带待办数；报送期、操作记录等在总览的页签里。

    `state` 答库的记号：没有变，数过的就不再数（每个进程各记各的）；不给的每次都数，没有徽标的不问。
    """
    items, badges = [(reverse(name), label) for name, label, _ in _menu(user)], {}
    here = _place(user, path)
    best = max((url for url, _ in items if here.startswith(url)), key=len, default="")
    if any(waiting for _, _, waiting in _menu(user)):
        badges = _counted(user, today, state()) if state else _badges(user, today)
    return [NavItem(url, label, badges.get(label, 0), url == best) for url, label in items]


def _place(user: User, path: str) -> str:
    """算在菜单的哪一项下：本部室的那几页都算“本部室”。"""
    own = user.serving and reverse("department_detail", args=[user.serving.slug])
    return reverse("my_department") if own and path.startswith(own) else path


def _counted(user: User, today: dt.date, state: str) -> dict[str, int]:
    """同一个记号下只数一次的徽标。"""
    key = f"badges:{user.pk}:{user.serving_id}:{at_hand()}:{today}"
    return stamp.once(key, state, partial(_badges, user, today))


def _badges(user: User, today: dt.date) -> dict[str, int]:
    """叫法 → 待办数，全部徽标一次查询；连同有几份方案（`PLANS`），一份的页头不必再问。"""
    menu = [] if archived_at_hand() else _menu(user)  # 归档的没有要办的
    asked = {label: rows for _, label, rows in menu if rows} | {PLANS: _plans_in_force, FOLLOWED: _followed}
    if permissions.can_fill_in(user):
        asked[ROOMS] = _actings
    asking = ("badges", user.pk, user.serving_id, today)
    return sizes_of(asking, {label: partial(rows, user, today) for label, rows in asked.items()})


def _menu(user: User) -> list:
    """这个人的那一份菜单；角色没有规则提到的一项也没有。"""
    return next((menu for may, menu in MENUS if may(user)), [])


def sizes_of(asking: Hashable, waiting: Mapping[Key, Waiting]) -> dict[Key, int]:
    """每一样待办有几件，一次查询问完。都是手边的方案的：挂在那一行上问，没有方案的都是零。

    `asking` 说明是替谁、在哪个部室、哪天问的（见 prepared.row 的 key）。
    """

    def size(found: Waiting) -> Combinable:
        return reduce(add, [Subquery(rows.order_by().values(size=Size("pk"))) for rows in found()])

    def build() -> QuerySet:
        return Plan.objects.at_hand().order_by().values_list(*map(size, waiting.values()))

    sizes = prepared.row((asking, at_hand(), *waiting), build) if waiting else None
    return dict(zip(waiting, sizes or [0] * len(waiting), strict=True))


def _followed(user: User, today: dt.date) -> tuple[QuerySet, ...]:
    return (Following.objects.of_current_plan().filter(user=user),)


def _plans_in_force(user: User, today: dt.date) -> tuple[QuerySet, ...]:
    return (Plan.objects.filter(pk__in=Plan.objects.in_force().exclude(slug="").order_by().values("pk")),)


def _actings(user: User, today: dt.date) -> tuple[QuerySet, ...]:
    return (Acting.objects.of(user, today),)


def _on_desk(user: User, today: dt.date) -> tuple[QuerySet, ...]:
    """我的任务：要报的、要回复的批示、要答复的协调事项、要报的配合情况、要写的汇总、到期要回看的办结。"""
    asked = CoordinationRequest.objects.of_current_plan().unanswered().filter(to_department=user.serving_id)
    department = cast(Department, user.serving)  # 填报人必属于一个部室，库里有约束
    said = Instruction.objects.of_current_plan().awaiting(department)
    seen_again = completion_pages.follow_ups(today, department)
    helping = cooperation_pages.waiting_for(department)
    return *owed_parts(department), said, asked, helping, joint_pages.awaited(department), seen_again


def _on_board(user: User, today: dt.date) -> tuple[QuerySet, ...]:
    """总览上“今天要办”里别处没有徽标的：急办批示、请办公室协调的、待认可的节点、待批的延期、待核实的办结。"""
    return (
        instruction_pages.unanswered_urgent(),
        milestone_pages.waiting(),
        coordination_pages.for_office(),
        *assignment_pages.waiting(),
    )


def _in_review(user: User, today: dt.date) -> tuple[QuerySet, ...]:
    return (waiting_for_review(),)


def _problems(user: User, today: dt.date) -> tuple[QuerySet, ...]:
    return (problem_pages.waiting(user, today),)


# 一项：网址名，叫法，待办各样（没有的为 None）。
_MEASURES = ("measure_list", "全部举措", None)
_PROBLEMS = ("problem_list", "问题台账", _problems)
_ALL_PROBLEMS = ("problem_list", "问题台账", None)
_CIRCULARS = ("circular_list", "通报", None)
_PLAN = ("plan", "方案", None)
_BOARD = ("board", "总览", None)
# 谁用哪一份：由上到下第一条可以的。
MENUS = (
    (
        permissions.can_fill_in,
        [
            ("home", "我的任务", _on_desk),
            _MEASURES,
            _PROBLEMS,
            _CIRCULARS,
            _PLAN,
            ("my_department", "本部室", None),
        ],
    ),
    (
        permissions.can_review,
        [
            ("board", "总览", _on_board),
            ("review_list", "审核", _in_review),
            ("reminder_list", "催办", None),
            _MEASURES,
            _PROBLEMS,
            _CIRCULARS,
            _PLAN,
        ],
    ),
    (
        permissions.can_lead,
        [
            ("lead", "我牵头的", None),
            ("instruction_list", "批示", None),
            _BOARD,
            _MEASURES,
            _ALL_PROBLEMS,
            _CIRCULARS,
            _PLAN,
        ],
    ),
    (
        permissions.can_import,
        [
            _BOARD,
            _MEASURES,
            _PLAN,
            ("revision_upload", "导入修订", None),
            ("event_list", "操作记录", None),
            ("audit_list", "安全日志", None),
            ("admin:index", "后台", None),
        ],
    ),
    (
        permissions.can_only_audit,
        [("audit_list", "安全日志", None), ("event_list", "操作记录", None), ("audit_mine", "我的登录记录", None)],
    ),
)
