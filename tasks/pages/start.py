"""第一天：五步建好台账。每一步做没做都从库里看出来，不另存；做完自动打勾，缺一样不拦着下一步。"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.urls import reverse

from departments import organisation, roster
from departments.models import Department, DepartmentAlias, Leader, User
from yingshang import dates

from ..models import Measure, Plan, PlanRevision, ReportingPeriod
from ..models.plan import archived_at_hand
from ..rules import permissions
from .target import waiting

NAMED = 8  # 缺的至多列几个名字
# 样子 → （图标里写的，标签，标签的颜色）
STATES = {"ok": ("已完成", "tag-g"), "part": ("还缺", "tag-y"), "now": ("正在做", "tag-b"), "wait": ("还没有做", "")}


@dataclass
class FirstStep:
    """一步：什么样子，有了什么，缺什么，下一步去哪里。"""

    title: str
    said: str
    is_done: bool
    is_begun: bool = False
    missing: list[str] = field(default_factory=list)
    action: tuple[str, str] = ("", "")  # 网址，按钮
    by: str = ""  # 这个账户做不了的，由谁做
    number: int = 0
    state: str = "wait"

    @property
    def label(self) -> str:
        return f"还缺 {len(self.missing)} 样" if self.state == "part" else STATES[self.state][0]

    @property
    def css(self) -> str:
        return STATES[self.state][1]


def is_open() -> bool:
    """还在第一天：一期也没有开放过。"""
    return not ReportingPeriod.objects.opened().exists()


def start_page(user: User, today: dt.date) -> dict:
    """五步，与要发的密码条几张。"""
    steps = [_names(user), _people(user), _plan(user), _settling(user), _period(user, today)]
    current = next((step for step in steps if not step.is_done and not step.is_begun), None)
    for number, step in enumerate(steps, start=1):
        step.number = number
        step.state = "ok" if step.is_done else "now" if step is current else "part" if step.is_begun else "wait"
    return {
        "steps": steps,
        "done": sum(step.is_done for step in steps),
        "missing": sum(len(step.missing) for step in steps if step.state == "part"),
        "slips": roster.new_users().count() if permissions.can_settle(user) else 0,
        "may_settle": permissions.can_settle(user),
    }


def _for(user: User, is_admins: bool, url: str, label: str) -> dict:
    """这一步的按钮；不归这个账户的写由谁做。"""
    may = permissions.can_settle(user) if is_admins else permissions.can_review(user)
    return {"action": (url, label)} if may else {"by": "由管理员做" if is_admins else "由办公室账号做"}


def _names(user: User) -> FirstStep:
    found = organisation.stored()
    is_done = bool(found and found.zone)
    said = "开发区、领导小组、办公室设在哪里，公文怎么抬头。"
    if found and is_done:
        code = f"；机关代字“{found.code_circular}”" if found.code_circular else ""
        said = f"{found.zone}；{found.topic}{found.seated_office}；统称“{found.unit}”{code}"
    return FirstStep(
        "名称与机关", said, is_done, **_for(user, True, reverse("organisation_edit"), "修改" if is_done else "去填写")
    )


def _people(user: User) -> FirstStep:
    rooms = Department.objects.active().count()
    leaders = Leader.objects.filter(is_active=True).count()
    users = User.objects.filter(is_active=True).exclude(pk__in=User.objects.administrators()).count()
    missing = list(_gaps()) if rooms else []
    unit = organisation.current().unit
    said = (
        f"{rooms} 个{unit}、{leaders} 位领导、{users} 个账号。" if rooms else "从一张表读入，代号与登录名按拼音提议。"
    )
    label = "修改、补充" if rooms and not missing else f"补这 {len(missing)} 样" if missing else "去上传名单"
    more = _for(user, True, reverse("roster_upload"), label)
    return FirstStep("部门、领导、账号", said, bool(rooms) and not missing, bool(rooms), missing, **more)


def _gaps() -> Iterator[str]:
    """缺的：没有填报人的部室，没有写职务的领导，没有办公室账号。"""
    unit = organisation.current().unit
    idle = Department.objects.active().exclude(users__in=User.objects.reporters()).values_list("name", flat=True)
    if names := list(idle.order_by("order", "pk")):
        yield f"{_some(names)}还没有填报人：到期没有人报。"
    posts = Leader.objects.filter(is_active=True, post="").values_list("name", flat=True)
    if names := list(posts):
        yield f"{_some(names)}没有写职务：批示与通报里要用。"
    if not User.objects.office().exists():
        yield f"还没有办公室账号：审核、开放报送期都由它做（身份写“办公室”，可以不写{unit}）。"


def _some(names: list[str]) -> str:
    return "、".join(names[:NAMED]) + (f"等 {len(names)} 个" if len(names) > NAMED else "")


def _plan(user: User) -> FirstStep:
    plan = Plan.objects.current()
    draft = PlanRevision.objects.drafts().defer("content", "rows", "diff").order_by("-pk").first()
    if plan is not None:
        n = Measure.objects.in_force().filter(plan=plan).count()
        more = _for(user, True, reverse("plan"), "看方案")
        return FirstStep("方案", f"《{plan.title}》{plan.document_number}，{n} 项举措。", True, **more)
    if draft is not None:
        more = _for(user, True, reverse("revision_preview", args=[draft.pk]), "去核对方案")
        said = (
            f"已上传《{draft.plan.title}》，还没有核对：标题与正文、责任{organisation.current().unit}、时限逐项看一遍。"
        )
        return FirstStep("方案", said, False, **more)
    said = "上传印发的 Word 或任务分解表，读出各项举措，核对后生效。"
    return FirstStep("方案", said, False, **_for(user, True, reverse("revision_upload"), "去上传方案"))


def _settling(user: User) -> FirstStep:
    plan = Plan.objects.current()
    rows = Measure.objects.in_force().filter(plan=plan)
    aliases = DepartmentAlias.objects.filter(is_inferred=True, is_confirmed=False).count()
    total, left = rows.count(), waiting(rows).count()
    aims = sum(len(found) for found in rows.exclude(aims=[]).values_list("aims", flat=True))
    if not total:
        said = "方案生效后在一页里核定：类型与量化目标都有建议，改了再点确认。"
        return FirstStep("核定类型、目标", said, False)
    missing = [f"推断的别名 {aliases} 处待确认（后台的{organisation.unit()}名单里勾选）。"] if aliases else []
    said = f"{total - left} 项已核定，{left} 项待核定，提出的目标 {aims} 个。" if left else f"{total} 项都已核定。"
    label = "去核定" if left else "再看一遍"
    more = {} if archived_at_hand() else _for(user, False, reverse("target_list"), label)
    return FirstStep("核定类型、目标", said, not left and not missing, not left, missing, **more)


def _period(user: User, today: dt.date) -> FirstStep:
    opened = ReportingPeriod.objects.opened().order_by("starts_on").first()
    if opened is not None:
        more = _for(user, False, reverse("period_list"), "看报送期")
        return FirstStep("第一个报送期", f"{opened.name}已开放。", True, **more)
    planned = ReportingPeriod.objects.filter(plan=Plan.objects.current()).exists()
    said = f"建议从 {dates.year_month(today.year, today.month)}起，每月 25 日截止；开放以后各填报人的首页就有要报的。"
    if planned:
        said = "各期已建好，还没有开放。开放第一期，各填报人的首页就有要报的。"
    return FirstStep("第一个报送期", said, False, **_for(user, False, reverse("period_list"), "去建报送期"))
