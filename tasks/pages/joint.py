"""共同牵头的一项：各部室的部分并排看，汇总在上面。"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.urls import reverse

from departments.models import Department, User
from yingshang import dates, prepared

from .. import workflow
from ..figures.ledger import Ledger
from ..figures.rows import Line, Part
from ..forms import JointSummaryForm
from ..models import Assignment, JointSummary, Measure, Plan, Progress, ReportingPeriod
from ..models.fields import TEXT_MAX
from ..models.plan import standpoint
from ..models.progress import ProgressQuerySet
from ..models.visibility import eyes, viewer
from ..rules import permissions
from .refusals import or_say, status_of


@dataclass(frozen=True)
class JointPart:
    """一个部室的一份：灯、报送状态，看得到的内容。这一期里已退出方案的（`is_gone`）不再判灯、不再催它报。"""

    part: Part
    content: Progress | None
    is_gone: bool = False

    @property
    def level(self) -> str | None:
        """卡片的颜色：退出了的没有灯。"""
        return None if self.is_gone else self.part.light.level

    @property
    def report(self) -> Progress | None:
        """说得出状态的报送：退出了的，交上来过的才说。"""
        return None if self.is_gone and not self.is_sent else self.part.report

    @property
    def is_sent(self) -> bool:
        """交上去了（看不到内容的也说明这一点）。"""
        return bool(self.part.report and self.part.report.is_sent)

    @property
    def why_hidden(self) -> str:
        """内容看不到的，说明报到了哪一步。"""
        if self.is_gone and not self.is_sent:
            return "退出以前没有报送。"
        if self.part.report is None:
            return "已办结，免报。" if self.part.is_done else "这一期不用报。"
        if self.part.report.is_returned:
            return "已退回修改，重新报送通过后可见。"
        return "已报送，审核通过后可见。" if self.is_sent else "还没有报送。"

    @property
    def extra(self) -> list:
        """下降原因、存在问题、需协调事项、下步打算，写了的才有。"""
        return self.content.other_words if self.content else []


@dataclass(frozen=True)
class Joint:
    """一期的各部室部分与汇总。`previous`、`following` 是前后两期；还没有开放过报送时 `period` 为 None；`is_writing` 为真时表单展开。"""

    parts: list[JointPart]
    period: ReportingPeriod | None = None
    summary: JointSummary | None = None
    form: JointSummaryForm | None = None
    conflict: JointSummary | None = None
    previous: ReportingPeriod | None = None
    following: ReportingPeriod | None = None
    is_writing: bool = False
    gone_words: str = ""

    @property
    def author(self) -> Department | str:
        """汇总是谁写的：办公室，或汇总部室。"""
        if self.summary is None:
            return ""
        return "办公室" if permissions.can_review(self.summary.by) else self.summary.department


def joint(
    measure: Measure,
    user: User,
    ledger: Ledger,
    slug: str = "",
    *,
    reports: Mapping[int | None, Progress] | None = None,
    form: JointSummaryForm | None = None,
    conflict: JointSummary | None = None,
) -> Joint | None:
    """共同牵头的举措：各部室的部分，默认与台账 `ledger` 同一期；`reports` 是已经取过的、看得到的报送。一个部室牵头的没有。"""
    if len(ledger.lines[0].parts) < 2:
        return None
    if ledger.period is None:
        gone = gone_in(measure, None)
        return Joint(parts=[JointPart(part, None, bool(gone)) for part in ledger.lines[0].parts], gone_words=gone)
    periods = ledger.opened
    period = next((p for p in periods if p.slug == slug), ledger.period)
    if period != ledger.period:
        ledger = Ledger(measure.plan, period, ledger.today, these=[measure.pk], opened=periods)
    line, place = ledger.lines[0], periods.index(period)
    if reports is None:
        visible = Progress.objects.visible_to(user).filter(assignment__measure=measure, period=period)
        reports = {row.pk: row for row in visible}
    gone = gone_in(measure, period)
    shown = ((part, reports.get(part.report.pk) if part.report else None) for part in line.parts)
    parts = [JointPart(part, content, bool(gone)) for part, content in shown]
    summary = summary_of(measure, period, user)
    form = form or (form_for(summary, parts) if may_write(user, measure, period) else None)
    return Joint(
        parts=parts,
        period=period,
        summary=summary,
        form=form,
        conflict=conflict,
        previous=periods[place - 1] if place else None,
        following=periods[place + 1] if place + 1 < len(periods) else None,
        is_writing=form is not None and bool(form.errors or not (summary or permissions.can_review(user))),
        gone_words=gone,
    )


def gone_in(measure: Measure, period: ReportingPeriod | None) -> str:
    """这一期里已退出方案的怎么说；退出以前就关闭了的期照当时的灯，为空。"""
    since = measure.retired_in
    if (
        since is None
        or since.applied_at is None
        or (period and period.closed_at and period.closed_at < since.applied_at)
    ):
        return ""
    return f"{since}（{dates.full(since.applied_at)}生效）起已退出方案，不再判灯、不再报送。"


def summary_of(measure: Measure, period: ReportingPeriod, user: User) -> JointSummary | None:
    """这一期的汇总；看不到的为 None。"""

    def build(pk: int, period: int, room: int) -> QuerySet[JointSummary]:
        rows = JointSummary.objects.visible_to(viewer(user, room)).filter(measure=pk, period=period)
        return rows.select_related("department", "by").order_by("pk")[:1]

    return prepared.row(("summary", eyes(user)), build, measure.pk, period.pk, user.serving_id or 0)


def may_write(user: User, measure: Measure, period: ReportingPeriod) -> bool:
    """这个人现在可以写这一期的汇总（表单照此显示，规则在 workflow 再核一遍）。"""
    is_over = measure.retired_in_id or measure.plan.archived_at
    return period.is_open and not is_over and permissions.can_write_summary(user, measure)


def form_for(summary: JointSummary | None, parts: Sequence[JointPart] = ()) -> JointSummaryForm:
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

    @property
    def url(self) -> str:
        """举措页上写汇总的地方。"""
        return f"{reverse('measure_detail', args=[self.measure.number])}?joint_period={self.period.slug}#h-parts"

    @property
    def words(self) -> str:
        """9月汇总还没有写，3 份已交 2 份。"""
        handed = f"，{len(self.line.reports)} 份已交 {self.line.reported} 份" if self.line else ""
        return f"{self.period.short_name}汇总还没有写{handed}"


def awaited(department: Department) -> ProgressQuerySet:
    """由这个部室汇总、报送中的各期里还没有写的：它自己那一份报送，一份汇总一行。"""
    others = Assignment.objects.filter(measure=OuterRef("assignment__measure"), ended_in=None)
    written = JointSummary.objects.filter(measure=OuterRef("assignment__measure"), period=OuterRef("period"))
    return (
        Progress.objects.of_current_plan()
        .in_open_periods()
        .filter(
            Exists(others.exclude(department=department)),
            ~Exists(written),
            corrects=None,
            assignment__department=department,
            assignment__ended_in=None,
            assignment__measure__summary_department=department,
            assignment__measure__retired_in=None,
        )
    )


def due_from(department: Department, plan: Plan | None, period: ReportingPeriod | None, today: dt.date) -> list[Due]:
    """部室桌面：要由它写、还没有写的汇总，早的期在前；本期的说各份交了几份。"""

    def build(room: int) -> ProgressQuerySet:
        rows = awaited(Department(pk=room)).select_related("assignment__measure", "period")
        return rows.order_by("period__starts_on", "assignment__measure")

    rows = prepared.rows(("summaries due", standpoint()), build, department.pk)
    found = [(row.assignment.measure, row.period) for row in rows]
    ledger = Ledger(plan, period, today, these={measure.pk for measure, _ in found})
    lines = {(line.measure.pk, period.pk): line for line in ledger.lines} if found and period else {}
    return [Due(measure, period, lines.get((measure.pk, period.pk))) for measure, period in found]


@dataclass(frozen=True)
class FilledSummary:
    """写汇总的结果。没写成时 `form` 带着所写内容和错误；冲突时 `conflict` 是别人刚存的那份。"""

    form: JointSummaryForm | None = None
    conflict: JointSummary | None = None
    status: int = 200


def fill(measure: Measure, period: ReportingPeriod, data: QueryDict, *, by: User, at: dt.datetime) -> FilledSummary:
    """处理一次提交。别人先改了的，把新的版本号换上，再交一次即可。"""
    form = JointSummaryForm(data)

    def act() -> JointSummary:
        said = {"version": form.cleaned_data["version"], "text": form.cleaned_data["text"]}
        return workflow.write_joint_summary(measure, period, by=by, at=at, **said)

    if or_say(form, act):
        return FilledSummary()
    return FilledSummary(form, getattr(form, "conflict", None), status_of(form))
