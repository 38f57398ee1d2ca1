"""每个页面都要的东西：导航与待办数、称呼、演示说明、大字。"""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from departments.models import Role
from yingshang import clock, dates, organisation

from ..models import (
    CoordinationRequest,
    Instruction,
    Plan,
)
from . import assignment as assignment_pages
from . import coordination as coordination_pages
from . import instruction as instruction_pages
from . import joint as joint_pages
from . import milestone as milestone_pages
from . import problem as problem_pages
from .progress import owed_by
from .review import waiting_for_review


def page(request):
    """模板上下文处理器。未登录或出错页不查库。"""
    user = getattr(request, "user", None)
    base = {
        "big": request.COOKIES.get("big") == "1",
        "version": settings.VERSION,
        "business_date_note": _note() if settings.BUSINESS_DATE else "",
        "demo": bool(settings.BUSINESS_DATE),
        "organisation": organisation.current(),
        "office_contact": "填报有疑问请联系办公室",
    }
    if user is None or not user.is_authenticated or request.resolver_match is None:
        return base
    return base | {"nav": navigation(user, request.path, clock.today()), "who": who(user)}


def _note() -> str:
    return f"今天按 {dates.full(clock.today())} 计。"


@dataclass(frozen=True)
class NavItem:
    url: str
    label: str
    count: int = 0
    current: bool = False


def who(user) -> str:
    """页头右侧：填报人写部室与角色，领导写姓名，其余写角色。"""
    if user.role == Role.REPORTER:
        return f"{user.department} · {user.get_role_display()}"
    if user.role == Role.LEADER:
        return str(user.leader)
    return organisation.current().office if user.role == Role.OFFICE else "系统管理员"


def navigation(user, path, today) -> list[NavItem]:
    """各角色的导航，6–7 项，带待办数；报送期、操作记录等在总览的页签里。"""
    urls = [(reverse(name), label, count) for name, label, count in MENUS[user.role]]
    best = max((url for url, _, _ in urls if path.startswith(url)), key=len, default="")
    return [NavItem(url, label, count(user, today) if count else 0, url == best) for url, label, count in urls]


def together(*rows) -> int:
    """几样待办合成一个数，一次查询。"""
    first, *others = (r.order_by().values("pk") for r in rows)
    return first.union(*others, all=True).count()


def _desk_count(user, today) -> int:
    """我的任务：要报的、要回复的批示、要答复的协调事项、要写的汇总。"""
    plan = Plan.objects.current()
    asked = CoordinationRequest.objects.of_plan(plan).unanswered().filter(to_department=user.department_id)
    said = Instruction.objects.of_plan(plan).awaiting(user.department)
    return together(owed_by(user.department), said, asked, joint_pages.awaited(user.department))


def _board_count(user, today) -> int:
    """总览上“今天要办”里别处没有徽标的：急办批示、请办公室协调的、待认可的节点、待批的延期、待核实的办结。"""
    return together(
        instruction_pages.unanswered_urgent(),
        milestone_pages.waiting(),
        coordination_pages.for_office(),
        *assignment_pages.waiting(),
    )


def _review_count(user, today) -> int:
    return waiting_for_review().count()


# 一项：网址名，叫法，待办数（没有的为 None）。
_MEASURES = ("measure_list", "全部举措", None)
_PROBLEMS = ("problem_list", "问题台账", problem_pages.waiting_count)
_CIRCULARS = ("circular_list", "通报", None)
_PLAN = ("plan", "方案", None)
_BOARD = ("board", "总览", None)
MENUS = {
    Role.REPORTER: [
        ("home", "我的任务", _desk_count),
        _MEASURES,
        _PROBLEMS,
        _CIRCULARS,
        _PLAN,
        ("my_department", "本部室", None),
    ],
    Role.OFFICE: [
        ("board", "总览", _board_count),
        ("review_list", "审核", _review_count),
        ("reminder_list", "催办", None),
        _MEASURES,
        _PROBLEMS,
        _CIRCULARS,
        _PLAN,
    ],
    Role.LEADER: [
        ("lead", "我牵头的", None),
        ("instruction_list", "批示", None),
        _BOARD,
        _MEASURES,
        _PROBLEMS,
        _CIRCULARS,
        _PLAN,
    ],
    Role.ADMIN: [
        _BOARD,
        _MEASURES,
        _PLAN,
        ("revision_upload", "导入修订", None),
        ("event_list", "操作记录", None),
        ("admin:index", "后台", None),
    ],
}
