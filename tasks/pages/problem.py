"""问题台账：清单、一件问题、从哪里列入、各处的小清单与待办。"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.html import format_html

from departments.models import Department, Leader, User
from yingshang import dates
from yingshang.prepared import Asked, padded

from .. import workflow
from ..figures.problem import PAGE_SIZE, P, ProblemRow, current, figures, in_order, matching, rows_of
from ..forms import (
    ProblemAmendForm,
    ProblemFilterForm,
    ProblemForm,
    ProblemNoteForm,
    ProblemSettleForm,
    ProblemWordsForm,
    ReasonForm,
    SourceForm,
)
from ..models import Inspection, Measure, Plan, Problem, Progress
from ..models.plan import standpoint
from ..models.problem import ProblemQuerySet
from ..models.visibility import eyes, viewer
from ..papers.problem import title_of
from ..rules import permissions
from ..templatetags.ledger import linked
from . import event as event_pages
from . import instruction as instruction_pages
from . import petition as petition_pages
from .chores import Chore, Due, Row, names_of, told

TITLE_ENDS = "。；！？\n"


def waiting(user: User, today: dt.date) -> ProblemQuerySet:
    """等这个人办的（导航上的数）：办公室是逾期的和待核验的，填报人是本部室没有销号的，其余的人没有。"""
    rows = current().unsettled()
    if permissions.can_review(user):
        return rows.filter(Q(status=P.APPLIED) | Q(due_on__lt=today))
    return rows.filter(department=user.serving_id) if permissions.can_fill_in(user) else rows.none()


def chores(today: dt.date) -> list[Chore]:
    """办公室今天要办的：待核验的、逾期的。"""
    return told(due(today))


def due(today: dt.date) -> list[Due]:
    """`chores` 的两类。"""
    return [
        Due(current().applied(), ["department__order"], ["department__name"], _applied),
        Due(
            current().overdue(today),
            ("measure__position", "number"),
            ("department__name", "measure__number"),
            _overdue,
        ),
    ]


def _applied(rows: list[Row]) -> Chore:
    return Chore(f"{len(rows)} 件问题申请销号", names_of(rows), _list("status=applied"), "去核验", True)


def _overdue(rows: list[Row]) -> Chore:
    where = dict.fromkeys(f"第 {number} 项" if number else department for _, department, number in rows)
    return Chore(f"{len(rows)} 件问题逾期", "、".join(where), _list("due=overdue"), "查看")


def _list(query: str) -> str:
    return f"{reverse('problem_list')}?{query}"


def listing(user: User, today: dt.date, filters: ProblemFilterForm) -> dict:
    """问题台账的一页：汇总是看得到的全部，清单按筛选。"""
    visible = current().visible_to(user)
    found = in_order(matching(visible, filters.chosen, today), today)
    page = Paginator(found, PAGE_SIZE).get_page(filters.chosen.get("page", 1))
    plan, is_for_group = Plan.objects.current(), filters.chosen.get("level") == Problem.Level.GROUP
    page.object_list = [ProblemRow(problem, today, plan) for problem in page.object_list]
    return {
        "matched": f"符合条件 {page.paginator.count} 件" if filters.is_filtered else "",
        "page_obj": page,
        "total": page.paginator.count,
        "figures": figures(visible, today),
        "filters": filters,
        "query": filters.query_without("page"),
        "is_for_group": is_for_group,
        "title": title_of(filters),
        "print_title": f"优化营商环境{title_of(filters)}",
        "print_words": f"共 {page.paginator.count} 件" if is_for_group else filters.counted(page.paginator.count),
        "today": today,
        "can_open": permissions.can_review(user),
        "can_see_inspections": permissions.can_see_board(user),
    }


def of_department(department: Department, today: dt.date) -> list[ProblemRow]:
    """部室首页、部室页的小清单。"""
    return rows_of(Asked(("held", standpoint()), lambda room: held_by(Department(pk=room)), (department.pk,)), today)


def held_by(department: Department) -> ProblemQuerySet:
    """一个部室负责的、没有销号的。"""
    return current().unsettled().filter(department=department)


def for_leader(
    leader: Leader, measures: Iterable[Measure], today: dt.date, *, is_whole: bool = False
) -> tuple[dict[int, tuple[int, int]], list[ProblemRow]]:
    """领导页上的，一次查询：这几项（编号）→ 挂账几件、逾期几件（没有挂账的不在内）；提请领导小组研究的。

    提请研究的，组长看全部，其余领导看自己牵头的举措上的；看全区（`is_whole`）时，各项举措上的都看。
    """
    is_head = leader.group_role == "head"

    def build(pk: int, *pks: int) -> ProblemQuerySet:
        rows = Measure.objects.in_force().of_current_plan()
        led = rows if is_whole else rows.led_by(Leader(pk=pk))
        mine = Q() if is_head else Q(measure__in=led)
        return current().unsettled().filter(Q(measure__in=pks) | (Q(level=Problem.Level.GROUP) & mine))

    shown = {measure.pk for measure in measures}
    rows = rows_of(
        Asked(("for leader", is_head, is_whole, standpoint()), build, (leader.pk, *padded(sorted(shown)))), today
    )
    held: dict[int, tuple[int, int]] = {}
    for row in rows:
        if (on := row.problem.measure_id) in shown:
            count, late = held.get(on, (0, 0))
            held[on] = (count + 1, late + row.is_overdue)
    return held, [row for row in rows if row.problem.level == Problem.Level.GROUP]


def rows_on(measure: Measure, user: User, today: dt.date) -> list[ProblemRow]:
    """一项举措上看得到的问题，销号的、撤账的也在内。"""

    def build(pk: int, room: int) -> ProblemQuerySet:
        return Problem.objects.visible_to(viewer(user, room)).filter(measure=pk)

    return rows_of(Asked(("on measure", eyes(user)), build, (measure.pk, user.serving_id or 0)), today)


def counted(rows: Sequence[ProblemRow]) -> str:
    """未销号 3 件，已销号 1 件：销了号的不算挂着。没有的一种不写。"""
    open_ = sum(not row.problem.is_over for row in rows)
    kinds = (("未销号", open_), ("已销号", len(rows) - open_))
    return "，".join(f"{label} {n} 件" for label, n in kinds if n)


# ── 一件问题 ──────────────────────────────────────────────


def detail(problem: Problem, user: User, today: dt.date, **bound: Any) -> dict:
    """一件问题的全部：分类分层分责限期、来源、办理过程、此刻能做的事。没交成的表单放回原处。"""
    forms = {
        "note_form": ProblemNoteForm(),
        "settle_form": ProblemSettleForm(prefix="settle"),
        "return_form": ReasonForm(prefix="return"),
        "amend_form": ProblemAmendForm(instance=problem, today=today, prefix="amend"),
        "reword_form": ProblemWordsForm(instance=problem, prefix="reword"),
        "drop_form": ReasonForm(prefix="drop"),
        "escalate_form": ReasonForm(prefix="escalate"),
    }
    actions = workflow.allowed_actions(user, problem)
    row, is_asked = ProblemRow(problem, today), problem.level == Problem.Level.GROUP and not problem.is_over
    return {
        "row": row,
        "problem": problem,
        "today": today,
        "actions": actions,
        "has_desk": bool(actions or bound),
        **_can(problem, {*actions, *bound}),
        "origin": list(_origin(row, user)),
        "timeline": event_pages.of_problem(problem, user),
        "decisions": instruction_pages.decisions_on(problem, user),
        "petitions": petition_pages.on_problem(problem, user),
        "can_decide": is_asked and permissions.can_sign_for_leaders(user),
        "is_self_review": permissions.is_self_review(user, problem),
        **forms,
        **bound,
    }


def _can(problem: Problem, what: set[str]) -> dict:
    """页面上摆哪几块：许可的动作，或没交成要放回原处的表单（别人刚办了的，所写内容不丢）。"""
    adjusting = {"amend_problem", "amend_applied", "amend_form", "escalate_form", "reword_form", "drop_form"}
    may_escalate = "escalate_problem" in what and problem.level != Problem.Level.GROUP
    return {
        "can_note": bool(what & {"note_problem", "note_form"}),
        "can_check": bool(what & {"settle_problem", "settle_form", "return_form"}),
        "can_adjust": bool(what & adjusting),
        "can_escalate": may_escalate or "escalate_form" in what,
    }


def _origin(row: ProblemRow, user: User) -> Iterator[str]:
    """一件问题的来历：哪一项、从哪里来、谁挂账、退回过几次、谁销号。"""
    problem = row.problem
    if problem.measure:
        yield linked(f"第 {problem.measure.number} 项 {problem.measure.title}", problem.measure.url)
    if problem.progress and problem.assignment:
        yield f"来自{problem.assignment.department}{row.source}"
    elif problem.inspection:
        found = problem.inspection
        url = reverse("inspection_detail", args=[found.pk]) if permissions.can_see_board(user) else ""
        yield format_html("来自{}（{}）", linked(row.source, url), found.place)
    yield f"{problem.created_by.who} {dates.full(problem.created_at)}挂账"
    if problem.times_returned:
        yield f"退回过 {problem.times_returned} 次"
    if problem.status == P.SETTLED and problem.settled_by and problem.settled_at:
        yield f"{problem.settled_by.who} {dates.full(problem.settled_at)}销号"


@dataclass
class Source:
    """问题从哪里来：一条报送、一次督查检查、一项举措，或直接新增（三样都空）。"""

    progress: Progress | None = None
    inspection: Inspection | None = None
    measure: Measure | None = None

    @property
    def listed(self) -> Problem | None:
        """这条报送已经列入的问题。"""
        return Problem.objects.filter(progress=self.progress).first() if self.progress else None

    @property
    def key(self) -> str:
        """浏览器里暂存所写内容用的名字：各个来源分开。"""
        parts = {"report": self.progress, "inspection": self.inspection, "measure": self.measure}
        return "-".join(["problem-new", *(f"{name}{found.pk}" for name, found in parts.items() if found)])

    def form(self, plan: Plan | None, today: dt.date, data: QueryDict | None = None) -> ProblemForm:
        """预填好的挂账表单。"""
        fixed = self.progress.assignment.measure if self.progress else None
        return ProblemForm(data, plan=plan, today=today, measure=fixed, initial=self.initial)

    @property
    def initial(self) -> dict:
        """从报送或检查里抄来的内容；题目取第一句，由办公室改定。"""
        initial = {"level": Problem.Level.DEPARTMENT, "measure": self.measure}
        if self.progress:
            report = self.progress
            text = "\n".join(part for part in (report.problems, report.coordination) if part)
            return initial | {"title": first_sentence(text), "text": text, "department": report.assignment.department}
        if self.inspection:
            text = self.inspection.findings
            return initial | {"title": first_sentence(text), "text": text} | _only(self.inspection.measures.all()[:2])
        return initial | _only([self.measure] if self.measure else [])

    @property
    def where(self) -> dict:
        """交给 workflow 的来源。"""
        return {"progress": self.progress, "inspection": self.inspection}


def _only(measures: Iterable[Measure]) -> dict:
    """只涉及一项举措的填上这一项；这一项只有一个部室牵头的，责任部室也填上。"""
    found = list(measures)
    if len(found) != 1:
        return {}
    leading = list(found[0].assignments.filter(ended_in=None).select_related("department")[:2])
    return {"measure": found[0]} | ({"department": leading[0].department} if len(leading) == 1 else {})


def source(user: User, data: QueryDict) -> Source:
    """网址里写明的来源；写了而找不到、看不到的是 404。"""
    chosen, plan = SourceForm(data).chosen, Plan.objects.current()
    found: dict[str, QuerySet[Any]] = {
        "progress": Progress.objects.of_plan(plan)
        .visible_to(user)
        .filter(pk=chosen.get("progress", 0))
        .select_related("assignment__measure__plan", "assignment__department", "period"),
        "inspection": Inspection.objects.counted().of_plan(plan).filter(pk=chosen.get("inspection", 0)),
        "measure": Measure.objects.in_force().filter(plan=plan, number=chosen.get("measure", "")),
    }
    made = Source(**{name: rows.first() if name in chosen else None for name, rows in found.items()})
    if any(name in chosen and getattr(made, name) is None for name in found):
        raise Http404("没有找到要列入的内容。")
    if made.progress and not made.progress.reports_trouble and not made.listed:
        raise workflow.Refused(workflow.problem.NOT_LISTABLE)
    return made


def first_sentence(text: str) -> str:
    """第一句话，作为题目的初稿；太长的截到 100 字以内。"""
    text = text.strip()
    ends = [text.find(mark) for mark in TITLE_ENDS if mark in text]
    return (text[: min(ends)] if ends else text)[:100]
