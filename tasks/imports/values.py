"""一个值合不合用：时限、长度。表格与正文共用。"""

from __future__ import annotations

from datetime import date

from yingshang import dates
from yingshang.tables.limits import Limits

from ..models.fields import FIRST_DAY, LAST_DAY
from .deadlines import Deadline, derive_due
from .rows import Fault, MeasureRow, Reading


def check_deadline(text: str, reading: Reading, plan_year: int, line: int, column: str, unit: str) -> date | None:
    """推出到期日；没有这一天的须确认，看不出日期的只作说明。"""
    deadline = derive_due(text, plan_year)
    if deadline.due_on and not FIRST_DAY <= deadline.due_on <= LAST_DAY:
        day = dates.full(deadline.due_on)
        deadline = Deadline(warning=f"“{text}”推得{day}，不在 2000 年至 2099 年之间，不作到期提醒")
    if deadline.warning:
        message = f"第{line}{unit}“{column}”{deadline.warning}。请核对。"
        reading.warnings.append(Fault(line, column, text, message))
    elif deadline.unclear:
        reading.notes.append(f"第{line}{unit}“{column}”“{text}”看不出日期，照录原文，不作到期提醒。")
    return deadline.due_on


def check_lengths(row: MeasureRow, reading: Reading, limits: Limits, unit: str) -> None:
    """太长的当场报错，不留给数据库去拒绝。"""
    for column, value, most in (
        ("举措名称", row.title, limits.title_length),
        ("具体内容", row.text, limits.text_length),
        ("完成时限", row.deadline, limits.deadline_length),
    ):
        if len(value) > most:
            shown = value[:20] + "…"
            place = f"第{row.line}{unit}“{column}”“{shown}”"
            message = f"{place}有 {len(value)} 个字，超过 {most} 字的上限。请缩短后重新上传。"
            reading.errors.append(Fault(row.line, column, shown, message))
