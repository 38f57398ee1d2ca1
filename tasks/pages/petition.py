"""请示：可以请示的各件事、起草时先写好的话；公文页、举措页、问题页、领导页上的请示与决定。"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from departments.models import User
from yingshang import dates

from .. import workflow
from ..figures.ledger import Ledger, current_of, opened_periods
from ..forms import DecisionAmendForm, DecisionForm, PetitionAddForm, PetitionGivenForm
from ..models import Circular, CoordinationRequest, Decision, Extension, Measure, Petition, Plan, Problem
from ..models.petition import PetitionQuerySet
from ..papers.circular import petition as petition_papers
from ..papers.circular.petition import Matter
from ..papers.circular.phrases import tight
from ..rules import permissions

MOST = 500  # 下拉框里一组至多列几件；一份方案至多这么多项


def add_form(user: User, plan: Plan | None, asked: QueryDict, data: QueryDict | None = None) -> PetitionAddForm:
    """起草的表单：从哪里来的先选好，联系人先写自己。"""
    about = PetitionGivenForm(asked).chosen.get("about", "")
    initial = {"about": about, "contact": user.name, "phone": user.office_phone}
    return PetitionAddForm(data, choices=_choices(plan), initial=initial)


def _open(plan: Plan | None) -> dict[str, QuerySet]:
    """可以请示的：在册的举措，未销号的问题，没有答复的需协调事项，待批的延期。"""
    to = "progress__assignment__measure", "progress__assignment__department", "progress__period"
    return {
        "measure": Measure.objects.in_force().filter(plan=plan).order_by("position"),
        "problem": Problem.objects.of_plan(plan).unsettled().select_related("measure", "department"),
        "coordination": CoordinationRequest.objects.of_plan(plan).unanswered().select_related(*to),
        "extension": Extension.objects.of_plan(plan)
        .waiting()
        .select_related("assignment__measure", "assignment__department"),
    }


GROUPS = {"problem": "挂账的问题", "coordination": "需协调事项", "extension": "待批的延期", "measure": "举措"}


def _choices(plan: Plan | None) -> list:
    found = _open(plan)
    groups = [
        (label, [(f"{name}-{row.pk}", _called(row)) for row in found[name][:MOST]]) for name, label in GROUPS.items()
    ]
    return [("", "都不是，自己写"), *((label, rows) for label, rows in groups if rows)]


def _called(row: Any) -> str:
    """下拉框里怎样称呼一件事。"""
    if isinstance(row, Problem):
        return f"{row.number} 号　{row.title}"
    if isinstance(row, CoordinationRequest):
        assignment = row.progress.assignment
        return f"第 {assignment.measure.number} 项　{assignment.department}：{row.text[:24]}"
    if isinstance(row, Extension):
        assignment = row.assignment
        return f"第 {assignment.measure.number} 项　{assignment.department}延至{dates.short(row.new_due_on)}"
    return f"第 {row.number} 项　{row.title}"


def start(
    plan: Plan | None,
    *,
    by: User,
    today: dt.date,
    at: dt.datetime,
    about: str,
    subject: str,
    contact: str,
    phone: str,
) -> Circular:
    """照表单起草一份，情况先照台账写好。`about` 是从哪里起的（problem-3），没有的为空。"""
    if plan is None:
        raise workflow.Refused("还没有现行方案。")
    chosen = _about(plan, about)
    matter = _matter(plan, chosen, subject, today)
    return workflow.draft_petition(
        plan,
        by=by,
        at=at,
        title=petition_papers.title(matter),
        sections=petition_papers.sections(matter, contact, phone),
        **chosen,
    )


def _about(plan: Plan, chosen: str) -> dict[str, Any]:
    """选的是哪一件，连同它所在的举措。"""
    name, _, pk = chosen.partition("-")
    if not name:
        return {}
    row = _open(plan)[name].get(pk=pk)
    if isinstance(row, Problem):
        return {"problem": row, "measure": row.measure}
    if isinstance(row, CoordinationRequest):
        return {"coordination": row, "measure": row.progress.assignment.measure}
    if isinstance(row, Extension):
        return {"extension": row, "measure": row.assignment.measure}
    return {"measure": row}


def _matter(plan: Plan, about: dict[str, Any], subject: str, today: dt.date) -> Matter:
    """先写好的话：事由、情况、请示什么。每一件都照台账写，没有的不写。"""
    measure: Any = about.get("measure")
    facts = [_of_measure(plan, measure, today)] if measure else [f"根据《{plan.title}》，现就有关事项请示如下。"]
    named, fact, ask = subject, "", f"请领导小组研究决定{subject}"
    if problem := about.get("problem"):
        named = f"解决“{problem.title}”问题"
        due = dates.full(problem.due_on)
        fact = (
            f"{problem.number}号问题“{problem.title}”，责任部室为{problem.department}，整改期限为{due}。{problem.text}"
        )
        ask = f"请领导小组研究解决“{problem.title}”的办法，明确牵头、配合的部室和完成时限"
    elif wanted := about.get("coordination"):
        assignment = wanted.progress.assignment
        named = f"协调解决第{measure.number}项举措有关事项"
        fact = f"{assignment.department}在{wanted.progress.period}的报送中提出：{wanted.text}"
        ask = f"请领导小组协调解决{assignment.department}提出的事项：{wanted.text}"
    elif extension := about.get("extension"):
        room, to = extension.assignment.department, dates.full(extension.new_due_on)
        named = f"第{measure.number}项举措延期至{to}完成"
        fact = f"{room}申请将完成时限由{dates.full(extension.old_due_on)}延至{to}，理由是：{extension.reason}"
        ask = f"拟同意{room}将第{measure.number}项举措“{measure.title}”的完成时限延至{to}"
    elif measure:
        named = f"第{measure.number}项举措推进中有关事项"
        ask = f"请领导小组研究决定第{measure.number}项举措“{measure.title}”推进中的有关事项"
    return Matter(subject or named, tuple(filter(None, [*facts, fact])), ask)


def _of_measure(plan: Plan, measure: Measure, today: dt.date) -> str:
    """一项举措现在的样子：谁牵头、何时完成、什么灯、为什么。"""
    opened, only = opened_periods(plan), Measure.objects.filter(pk=measure.pk)
    ledger = Ledger(plan, current_of(opened, today), today, measures=only, opened=opened)
    line = ledger.lines[0]
    rooms = "、".join(str(part.department) for part in line.parts)
    due = f"，完成时限为{dates.full(measure.due_on)}" if measure.due_on else ""
    light = (
        f"目前是{line.light.label}（{tight(line.light.reason)}）" if line.light.reason else f"目前是{line.light.label}"
    )
    return f"《{plan.title}》第{measure.number}项“{measure.title}”由{rooms}牵头{due}，{light}。"


# ── 各页上的请示 ──────────────────────────────────────────


@dataclass(frozen=True)
class PetitionRow:
    """一份请示：哪一份、什么样子、请的是哪一件、历次决定。"""

    petition: Petition

    @property
    def decisions(self) -> list[Decision]:
        """历次决定，后记的在前。"""
        return sorted(self.petition.decisions.all(), key=lambda row: -row.pk)

    @property
    def replaced(self) -> set[int]:
        """被更正了的几条。"""
        return {row.replaces_id for row in self.petition.decisions.all() if row.replaces_id}

    @property
    def facts(self) -> list[str]:
        """题下的一行：文号、哪天印发；决定了的写谁、哪天、怎样定的。"""
        issued, said = self.petition.circular.issued_on, self.petition.decision
        found = [self.petition.circular.short_number, f"{dates.full(issued)}印发"] if issued else []
        return [*found, f"{said.who}{dates.full(said.decided_on)}：{said.text}"] if said else found

    @property
    def tag(self) -> str:
        """状态的颜色。"""
        if self.petition.is_waiting:
            return "tag-y"
        return {"同意": "tag-g", "不同意": "tag-r"}.get(self.petition.shown_status, "")


def rows_of(found: PetitionQuerySet) -> list[PetitionRow]:
    return [PetitionRow(petition) for petition in found.with_facts()]


def on_measure(measure: Measure, user: User) -> list[PetitionRow]:
    """一项举措上看得到的请示。作废的、草稿不列。"""
    return rows_of(_issued(user).filter(measure=measure))


def on_problem(problem: Problem, user: User) -> list[PetitionRow]:
    """一件问题上看得到的请示。"""
    return rows_of(_issued(user).filter(problem=problem))


def waiting(plan: Plan | None) -> list[PetitionRow]:
    """领导小组还没有定的，先印发的在前。印发了的，领导都看得到。"""
    return rows_of(Petition.objects.of_plan(plan).waiting().order_by("pk"))


def _issued(user: User) -> PetitionQuerySet:
    return Petition.objects.visible_to(user).filter(circular__status=Circular.Status.ISSUED)


@dataclass(frozen=True)
class PetitionDesk:
    """公文页上的一段：请的是哪一件、决定，与此刻能做的事。"""

    row: PetitionRow
    decide: DecisionForm | None
    amend: DecisionAmendForm | None
    can_instruct: bool


def desk_on(
    circular: Circular,
    user: User,
    today: dt.date,
    decide: DecisionForm | None = None,
    amend: DecisionAmendForm | None = None,
) -> PetitionDesk | None:
    """不是请示的、还没有印发的为 None。"""
    if not circular.is_petition or not circular.is_issued:
        return None
    petition = Petition.objects.with_facts().get(circular=circular)
    actions, last = workflow.allowed_actions(user, petition), petition.decision
    said = {name: getattr(last, name) for name in ("verdict", "leader", "decided_on", "text")} if last else {}
    return PetitionDesk(
        PetitionRow(petition),
        decide or (DecisionForm(initial={"decided_on": today}) if "decide_petition" in actions else None),
        amend or (DecisionAmendForm(initial=said) if last and "amend_decision" in actions else None),
        last is not None and last.verdict == Decision.Verdict.AGREED and permissions.can_sign_for_leaders(user),
    )
