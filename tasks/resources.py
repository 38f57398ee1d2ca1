"""台账的各列，只在这里声明一次：导出、后台清单、导入时认列名，用的都是它。

举措与进展只导出：举措的文字只随方案修订而变（见 imports/），进展只由 workflow 写。
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from yingshang import clock
from yingshang.tables.cells import Percent
from yingshang.tables.lists import ExportResource

from . import summaries
from .imports.rows import ALL_DEPARTMENTS, FIELD_LABELS
from .models import Measure, Plan, Progress


@dataclass(frozen=True)
class Column:
    """台账的一列。`value(entry)` 给出一格：文字、整数、百分数或日期。"""

    name: str
    label: str
    value: Callable
    width: int
    is_status: bool = False


@dataclass
class Entry:
    """台账的一行，连同这份台账的基准日，和看台账的人读得到的报送。"""

    line: summaries.Line
    as_of: object
    readable: frozenset

    @property
    def measure(self):
        return self.line.measure

    def by_part(self, value):
        """共同牵头的逐个部室写，只有一个部室的不写部室名；`value(part)` 为空的略去。"""
        found = [(part.department.name, value(part)) for part in self.line.parts]
        if len(found) == 1:
            return found[0][1] or ""
        return "\n".join(f"{name}：{text}" for name, text in found if text)

    def status_of(self, part):
        return part.report.shown_status(self.as_of) if part.report else ""

    def text_of(self, part):
        """本期进展；看不到的（别人的草稿、未定稿的）不写。"""
        return part.report.text if part.report and part.report.pk in self.readable else ""

    def due_dates(self):
        """现定时限：各部室相同的是一个日期，不同的逐个写。"""
        dates = {part.assignment.pk: self.line.ledger.due_on(part.assignment) for part in self.line.parts}
        if len(set(dates.values())) == 1:
            return next(iter(dates.values()))
        return self.by_part(lambda part: (day := dates[part.assignment.pk]) and f"{day:%Y-%m-%d}")


def _plan(name, value, width) -> Column:
    return Column(name, FIELD_LABELS[name], value, width)


def _status(name, label, value, width) -> Column:
    return Column(name, label, value, width, is_status=True)


def _departments(e) -> str:
    if e.measure.all_departments:
        return ALL_DEPARTMENTS
    return "、".join(d.name for d in e.line.departments)


def _percent(number):
    return None if number is None else Percent(number)


# 方案的列（导入时照此认），其后是状态列（只供看，导入时列明不采用）。
COLUMNS = (
    _plan("number", lambda e: e.measure.number, 6),
    _plan("title", lambda e: e.measure.title, 20),
    _plan("text", lambda e: e.measure.text, 62),
    _plan("leaders", lambda e: "、".join(leader.name for leader in e.line.leaders), 10),
    _plan("departments", _departments, 13),
    _plan("deadline", lambda e: e.measure.deadline, 13),
    _plan("kind", lambda e: e.measure.get_kind_display(), 8),
    _status("parts", "项次", lambda e: len(e.line.parts), 6),
    _status("light", "灯", lambda e: e.line.light.label, 8),
    _status("reason", "判灯理由", lambda e: e.line.light.reason, 26),
    _status("percent", "进度", lambda e: _percent(e.line.light.percent), 7),
    _status("pace", "序时进度", lambda e: _percent(e.line.light.pace), 7),
    _status("reports", "本期报送", lambda e: e.by_part(e.status_of), 16),
    _status("texts", "本期进展", lambda e: e.by_part(e.text_of), 44),
    _status("due_on", "原定时限", lambda e: e.measure.due_on, 16),
    _status("due_now", "现定时限", lambda e: e.due_dates(), 16),
)
STATUS_COLUMNS = tuple(column.label for column in COLUMNS if column.is_status)


class MeasureResource(ExportResource):
    """后台举措清单的导出：与台账同样的列，另加方案与退出情况。各方案按其最近一期判灯。"""

    class Meta:
        model = Measure
        name = "举措"
        fields = ()

    def __init__(self, **kwargs):
        found = {}
        self.entries = found
        self.columns = {
            "方案": lambda measure: measure.plan.title,
            **{c.label: lambda measure, c=c: c.value(found[measure.pk]) for c in COLUMNS},
            "退出于": lambda measure: measure.retired_in,
        }
        super().__init__(**kwargs)

    def before_export(self, queryset, **kwargs):
        """各方案一次取齐判灯的事实。"""
        today = clock.today()
        for plan in Plan.objects.filter(pk__in=queryset.order_by().values("plan")):
            measures = Measure.objects.filter(pk__in=queryset.order_by().filter(plan=plan).values("pk"))
            ledger = summaries.Ledger(plan, summaries.current_period(plan, today), today, measures=measures)
            self.entries.update((entry.measure.pk, entry) for entry in entries(ledger, ledger.lines, self.user))

    def filter_export(self, queryset, **kwargs):
        return queryset.select_related("plan", "retired_in")


class ProgressResource(ExportResource):
    """进展报送的导出：只有导出的人看得到的那些。"""

    columns = {
        "报送期": lambda p: p.period.name,
        "序号": lambda p: p.assignment.measure.number,
        "举措名称": lambda p: p.assignment.measure.title,
        "部室": lambda p: p.assignment.department.name,
        "报送状态": lambda p: p.get_status_display(),
        "目前状态": lambda p: p.get_stage_display() if p.status != Progress.Status.MISSING else "",
        "完成进度": lambda p: _percent(p.percent),
        "完成值": lambda p: "；".join(map(str, p.values.all())),
        "本期进展": lambda p: p.text,
        "存在问题": lambda p: p.problems,
        "需协调事项": lambda p: p.coordination,
        "下步打算": lambda p: p.next_steps,
        "报送人": lambda p: p.submitted_by,
        "首次报送时间": lambda p: _moment(p.first_submitted_at),
        "审核人": lambda p: p.reviewed_by,
        "审核时间": lambda p: _moment(p.reviewed_at),
        "退回意见": lambda p: p.return_reason,
        "退回次数": lambda p: p.times_returned,
        "自审": lambda p: "是" if p.is_self_review else "",
    }

    class Meta:
        model = Progress
        name = "进展报送"
        fields = ()

    def filter_export(self, queryset, **kwargs):
        related = ("period", "assignment__measure", "assignment__department", "submitted_by", "reviewed_by")
        return queryset.visible_to(self.user).select_related(*related).prefetch_related("values__target")


def _moment(moment) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


def entries(ledger, lines, user) -> list[Entry]:
    """把判好灯的各行配上这个人读得到的报送；多一次查询。"""
    if ledger.period is None:
        return [Entry(line, ledger.today, frozenset()) for line in lines]
    visible = Progress.objects.visible_to(user).filter(period=ledger.period, assignment__measure__in=ledger.base)
    readable = frozenset(visible.values_list("pk", flat=True))
    for line in lines:
        for report in line.reports:
            report.period = ledger.period
    return [Entry(line, ledger.period.as_of(ledger.today), readable) for line in lines]
