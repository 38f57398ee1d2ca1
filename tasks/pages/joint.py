"""共同牵头的一项：各部室的部分并排看，汇总在上面。"""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from .. import workflow
from ..figures.ledger import Ledger
from ..figures.rows import Line, Part
from ..forms import JointSummaryForm
from ..models import Assignment, JointSummary, Measure, Plan, Progress, ReportingPeriod
from ..models.fields import TEXT_MAX
from ..rules import permissions
from .refusals import or_say, status_of


@dataclass(frozen=True)
class JointPart:
    """一个部室的一份：灯、报送状态，看得到的内容。"""

    part: Part
    content: Progress | None

    @property
    def is_sent(self) -> bool:
        """交上去了（看不到内容的也说明这一点）。"""
        return self.part.report.status in ("submitted", "approved", "returned")

    @property
    def extra(self) -> list:
        """存在问题、需协调事项、下步打算，写了的才有。"""
        row = self.content
        labels = (("存在问题", row.problems), ("需协调事项", row.coordination), ("下步打算", row.next_steps))
        return [(label, text) for label, text in labels if text]


@dataclass(frozen=True)
class Joint:
    """一期的各部室部分与汇总。`previous`、`following` 是前后两期；还没有开放过报送时 `period` 为 None。"""

    parts: list
    period: ReportingPeriod | None = None
    summary: JointSummary | None = None
    form: JointSummaryForm | None = None
    conflict: JointSummary | None = None
    previous: ReportingPeriod | None = None
    following: ReportingPeriod | None = None


def joint(measure, user, ledger, slug="", *, form=None, conflict=None) -> Joint | None:
    """共同牵头的举措：各部室的部分，默认与台账 `ledger` 同一期。一个部室牵头的没有。"""
    if len(ledger.lines[0].parts) < 2:
        return None
    if ledger.period is None:
        return Joint(parts=[JointPart(part, None) for part in ledger.lines[0].parts])
    periods = list(measure.plan.periods.exclude(status="planned").order_by("starts_on"))
    period = next((p for p in periods if p.slug == slug), ledger.period)
    if period != ledger.period:
        only = Measure.objects.filter(pk=measure.pk)
        ledger = Ledger(measure.plan, period, ledger.today, measures=only)
    line, place = ledger.lines[0], periods.index(period)
    readable = {
        row.pk: row for row in Progress.objects.visible_to(user).filter(assignment__measure=measure, period=period)
    }
    parts = [JointPart(part, readable.get(part.report.pk) if part.report else None) for part in line.parts]
    summary = summary_of(measure, period, user)
    return Joint(
        parts=parts,
        period=period,
        summary=summary,
        form=form or (form_for(summary, parts) if may_write(user, measure, period) else None),
        conflict=conflict,
        previous=periods[place - 1] if place else None,
        following=periods[place + 1] if place + 1 < len(periods) else None,
    )


def summary_of(measure, period, user) -> JointSummary | None:
    """这一期的汇总；看不到的为 None。"""
    rows = JointSummary.objects.visible_to(user).filter(measure=measure, period=period)
    return rows.select_related("department", "by").first()


def may_write(user, measure, period) -> bool:
    """这个人现在可以写这一期的汇总（表单照此显示，规则在 workflow 再核一遍）。"""
    return period.is_open and not measure.retired_in_id and permissions.can_write_summary(user, measure)


def form_for(summary, parts=()) -> JointSummaryForm:
    """写汇总的表单：已有的填好；还没有写过的，先把各部室看得到的几份排在里面，改成一段即可。"""
    if summary:
        return JointSummaryForm(initial={"version": summary.version, "text": summary.text})
    written = [f"{item.part.department}：{item.content.text}" for item in parts if item.content and item.content.text]
    return JointSummaryForm(initial={"version": 0, "text": "\n".join(written)[:TEXT_MAX]})


@dataclass(frozen=True)
class Due:
    """要由本部室写的一份汇总：哪一项、哪一期；`line` 为本期台账的一行（已交几份），别的期为 None。"""

    measure: Measure
    period: ReportingPeriod
    line: Line | None


def awaited(department):
    """由这个部室汇总、报送中的各期里还没有写的：它自己那一份报送，一份汇总一行。"""
    others = Assignment.objects.filter(measure=OuterRef("assignment__measure"), ended_in=None)
    written = JointSummary.objects.filter(measure=OuterRef("assignment__measure"), period=OuterRef("period"))
    return Progress.objects.of_plan(Plan.objects.current()).filter(
        Exists(others.exclude(department=department)),
        ~Exists(written),
        period__status=ReportingPeriod.Status.OPEN,
        corrects=None,
        assignment__department=department,
        assignment__ended_in=None,
        assignment__measure__summary_department=department,
        assignment__measure__retired_in=None,
    )


def due_from(department, ledger) -> list[Due]:
    """部室桌面：要由它写、还没有写的汇总，早的期在前。"""
    lines = {(line.measure.pk, ledger.period.pk): line for line in ledger.lines} if ledger.period else {}
    rows = awaited(department).select_related("assignment__measure", "period")
    found = [(row.assignment.measure, row.period) for row in rows.order_by("period__starts_on", "assignment__measure")]
    return [Due(measure, period, lines.get((measure.pk, period.pk))) for measure, period in found]


@dataclass(frozen=True)
class Filled:
    """写汇总的结果。没写成时 `form` 带着所写内容和错误；冲突时 `conflict` 是别人刚存的那份。"""

    form: JointSummaryForm | None = None
    conflict: JointSummary | None = None
    status: int = 200


def fill(measure, period, data, *, by, at) -> Filled:
    """处理一次提交。别人先改了的，把新的版本号换上，再交一次即可。"""
    form = JointSummaryForm(data)

    def act():
        said = {"version": form.cleaned_data["version"], "text": form.cleaned_data["text"]}
        return workflow.write_joint_summary(measure, period, by=by, at=at, **said)

    if or_say(form, act):
        return Filled()
    return Filled(form, getattr(form, "conflict", None), status_of(form))
