"""粘贴的一块、部室自己的台账填到各行的哪一栏：已经写着的不盖，没有地方填的连同写的话留着给人看。"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.http import QueryDict

from yingshang.tables.limits import Unreadable
from yingshang.tables.normalising import squeeze

from ..forms import MonthForm
from ..imports import drafts, filled
from .progress import Task, carried

# 一格没有地方填时，叫它什么。
HEADS = {name: spellings[0] for name, spellings in filled.COLUMNS.items()}
WORDS = ("text", "problems", "coordination", "next_steps")


def read(form: MonthForm, month: int | None) -> filled.FilledTable | None:
    """粘贴的、选的表格；读不了的，原因写在表单上，返回 None。"""
    if not form.is_valid():
        return None
    sheet = form.cleaned_data["sheet"]
    try:
        if sheet:
            return filled.read_file(sheet.read(), sheet.name or "", drafts.limits(), month)
        return filled.read_block(form.cleaned_data["block"], month)
    except Unreadable as error:
        form.add_error("sheet" if sheet else "block", error.message)
        return None


class Pasted:
    """填进去的：`data` 是各行表单的新样子，`left` 是没有填的。"""

    def __init__(self, tasks: Sequence[Task], data: QueryDict) -> None:
        # 同一项有两期要报的，填最近的一期。
        self.by_number = {number_of(row): row for row in tasks}
        self.by_title = {squeeze(row.progress.assignment.measure.title): row for row in tasks}
        self.data, self.filled, self.left = data, [], []  # type: ignore[var-annotated]
        self.known: set[str] = set()

    def take(self, row: filled.FilledRow) -> None:
        task = self.by_number.get(row.number) or self.by_title.get(row.title)
        if task is None:
            what = f"第 {row.number} 项" if row.number else row.title
            self._leave(f"第{row.line}行（{what}，不在本部室要报的里）", "；".join([*row.cells.values()]))
            return
        targets = {squeeze(target.name): f"target_{target.pk}" for target in task.form.targets}
        wanted = [(self._field(task, name, targets), name, text) for name, text in row.cells.items()]
        named = {label: targets[squeeze(label)] for label in row.others if squeeze(label) in targets}
        self.known |= named.keys()
        wanted += [(named[label], label, row.others[label]) for label in named if row.others[label]]
        done = [self._put(task, *each) for each in wanted]
        if any(done):
            self.filled.append(number_of(task))

    @staticmethod
    def _field(task: Task, name: str, targets: Mapping[str, str]) -> str:
        """这一格填到哪一栏；这一项没有这一栏的为空。“完成进度”在指标类填的是它唯一的那个指标。"""
        if name in task.form.fields:
            return name
        return next(iter(targets.values())) if name in ("value", "percent") and len(targets) == 1 else ""

    def _put(self, task: Task, name: str, head: str, text: str) -> bool:
        value = filled.stage_of(text) if name == "stage" else text
        key = f"{task.form.prefix}-{name}"
        if not name or not value:
            self._leave(f"第 {number_of(task)} 项的“{HEADS.get(head, head)}”没有地方填", text)
            return False
        now = self.data.get(key, "").strip()
        if now not in ("", value) and not self._is_as_was(task, name, now):
            self._leave(f"第 {number_of(task)} 项已写的没有动，表格里写的是", text)
            return False
        self.data[key] = value
        return True

    @staticmethod
    def _is_as_was(task: Task, name: str, now: str) -> bool:
        """这一栏没有动过：数与状态还是上次的，退回的还是退回时的。"""
        if task.is_returned:
            return now == str(task.form[name].initial or "").strip()
        was = carried(task.progress, task.last).get(name) if task.last else None
        shown = f"{was.normalize():f}" if isinstance(was, Decimal) else str(was)
        return name not in WORDS and now == shown

    def _leave(self, what: str, text: str) -> None:
        if text:
            self.left.append((what, text))

    def said(self, table: filled.FilledTable) -> list[str]:
        """填到了哪里，什么没有填。"""
        heads = [head for head in table.heads if head not in self.known]
        numbers = "、".join(dict.fromkeys(self.filled))
        found = [f"已填入第 {numbers} 项，还没有报送，请核对。" if numbers else "没有填入任何一项。"]
        found += [f"没有认出的列，没有填：{filled.listed(heads)}。"] if heads else []
        return found + table.faults[:10]


def number_of(task: Task) -> str:
    return task.progress.assignment.measure.number
