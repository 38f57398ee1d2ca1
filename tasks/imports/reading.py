"""读一份方案文件：`read_plan` 收字节与文件名，给出各行、全部错误、须确认的事。

错误一次说全，每条带行号、列名、原值和怎么办；什么也不写入。
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from yingshang.tables.guards import decode, file_kind
from yingshang.tables.limits import Limits, Unreadable
from yingshang.tables.normalising import clean
from yingshang.tables.sheets import read_csv, read_xlsx

from .documents import PlanMeasure, PlanText, parse_lines
from .names import NameBook
from .numbers import normalise_number
from .rows import Fault, MeasureRow, Names, Reading
from .tables import choose_sheet, read_rows
from .values import check_deadline, check_lengths
from .word import read_docx

LINES_PER_ROW = 20  # 正文里一项举措连空行、分页约占几行，留足余地


def read_plan(
    data: bytes,
    filename: str,
    *,
    names: Names,
    limits: Limits,
    plan_year: int,
    status_columns: Collection[str] = (),
) -> Reading:
    """读 .xlsx、.csv、.docx、.txt 之一；整份读不了的抛 `Unreadable`。

    `status_columns` 是导出的台账里附带的状态列（灯、进度、本期报送……），只列明、不导入。
    """
    kind = file_kind(data, filename, limits)
    reading = Reading(kind=kind)
    book = NameBook(names)
    if kind in ("xlsx", "csv"):
        _read_table(data, reading, book, limits, plan_year, status_columns)
    else:
        _read_document(data, reading, book, limits, plan_year)
    _check_duplicates(reading)
    reading.errors.sort(key=lambda problem: problem.line)
    reading.warnings.sort(key=lambda problem: problem.line)
    return reading


def _read_table(
    data: bytes, reading: Reading, book: NameBook, limits: Limits, plan_year: int, status_columns: Collection[str]
) -> None:
    if reading.kind == "csv":
        table = choose_sheet(read_csv(data, limits))
    else:
        workbook = read_xlsx(data, limits)
        table = choose_sheet(workbook.sheets, workbook.hidden)
        reading.sheet = table.sheet.name
        for other in workbook.sheets:
            if other is not table.sheet and (other.rows or other.too_large):
                reading.ignored.append(f"工作表“{other.name}”")
        reading.ignored.extend(f"隐藏的工作表“{other.name}”" for other in workbook.hidden)
        reading.ignored.extend(f"图表页“{name}”" for name in workbook.skipped)
    if table.sheet.too_large:
        raise table.sheet.too_large
    read_rows(table, reading, book, limits, plan_year, status_columns)
    if len(reading.rows) > limits.rows:
        raise Unreadable(f"共有 {len(reading.rows)} 项举措，超过 {limits.rows} 项的上限。请拆分后重新上传。")
    if not reading.rows and not reading.errors:
        raise Unreadable("表里只有表头，没有举措。请核对是否选对了文件或工作表后重新上传。")


def _read_document(data: bytes, reading: Reading, book: NameBook, limits: Limits, plan_year: int) -> None:
    if reading.kind == "docx":
        unit = "段"
        word = read_docx(data, limits)
        reading.ignored.extend(word.ignored)
        _check_length(len(word.lines), unit, limits)
        lines = [(number, clean(line).replace("\n", " ")) for number, line in word.lines]
    else:
        unit = "行"
        text = clean(decode(data, "txt"))
        _check_length(text.count("\n"), unit, limits)
        lines = list(enumerate(text.split("\n"), start=1))
    plan = parse_lines(lines, unit=unit, most=limits.rows)
    if not plan.measures and not plan.problems:
        raise Unreadable(
            "没有读到举措：每项应写成“1、名称。内容（牵头领导：某某 牵头部室：某某）”。"
            "若举措在表格里，请另存为 .xlsx 后上传；若序号是 Word 自动编号，请先转为文字。"
        )
    reading.head = plan.head
    reading.errors.extend(plan.problems)
    reading.warnings.extend(plan.warnings)
    reading.ignored.extend(plan.ignored)
    reading.columns_present = {"number", "title", "text", "leaders", "departments", "lead_label"}
    if any(measure.deadline for measure in plan.measures):
        reading.columns_present.add("deadline")
    for measure in plan.measures:
        _document_row(measure, reading, book, limits, plan_year, unit)
    _check_sequence(plan, reading, unit)


def _check_length(count: int, unit: str, limits: Limits) -> None:
    if count > limits.rows * LINES_PER_ROW:
        raise Unreadable(f"文件有 {count} {unit}，太长，不像一份方案。请只保留方案正文后重新上传。")


def _document_row(
    measure: PlanMeasure, reading: Reading, book: NameBook, limits: Limits, plan_year: int, unit: str
) -> None:
    """正文里的一项：姓名、部室与名单核对后成为一行。"""
    line = measure.line
    label = f"牵头{measure.lead_label}"
    if not measure.title:
        message = f"第{measure.line}{unit}第{measure.number}项没有名称。请在序号后写明举措名称，以“。”结尾。"
        reading.errors.append(Fault(measure.line, "举措名称", "", message))
    leaders, errors, remarks = book.leaders(measure.leaders_text, line=line, column="牵头领导", unit=unit)
    departments, more_errors, more_remarks = book.departments(
        measure.departments_text, line=line, column=label, unit=unit
    )
    for written, column in ((measure.leaders_text, "牵头领导"), (measure.departments_text, label)):
        if not written:
            message = f"第{measure.line}{unit}“{column}”是空的。请填写后重新上传。"
            reading.errors.append(Fault(measure.line, column, "", message))
    reading.errors += errors + more_errors
    reading.warnings += remarks + more_remarks
    row = MeasureRow(
        number=normalise_number(measure.number) or measure.number,
        title=measure.title,
        text=measure.text,
        leaders=leaders.names,
        departments=departments.names,
        all_departments=departments.everyone,
        deadline=measure.deadline,
        lead_label=measure.lead_label,
        line=measure.line,
    )
    row = replace(row, due_on=check_deadline(row.deadline, reading, plan_year, measure.line, "完成时限", unit))
    check_lengths(row, reading, limits, unit)
    reading.rows.append(row)


def _check_duplicates(reading: Reading) -> None:
    """序号重复是错误；名称重复须确认。"""
    unit = "段" if reading.kind == "docx" else "行"
    numbers: dict[str, int] = {}
    titles: dict[str, int] = {}
    for row in reading.rows:
        if row.number in numbers:
            other = f"第{numbers[row.number]}{unit}"
            message = f"第{row.line}{unit}“序号”“{row.number}”与{other}重复。请改正其中一个后重新上传。"
            reading.errors.append(Fault(row.line, "序号", row.number, message))
        elif row.title in titles:
            message = f"第{row.line}{unit}“举措名称”“{row.title}”与第{titles[row.title]}{unit}相同。请核对是否重复。"
            reading.warnings.append(Fault(row.line, "举措名称", row.title, message))
        numbers.setdefault(row.number, row.line)
        titles.setdefault(row.title, row.line)


def _check_sequence(plan: PlanText, reading: Reading, unit: str) -> None:
    """正文里序号跳号，多半是某一项没有读出来。"""
    previous = "0"
    for measure in plan.measures:
        number = normalise_number(measure.number) or previous
        main, before = int(number.split("-")[0]), int(previous.split("-")[0])
        if main > before + 1:
            message = f"第{measure.line}{unit}序号从 {previous} 跳到 {number}。请核对中间是否有举措没有读出来。"
            reading.warnings.append(Fault(measure.line, "序号", number, message))
        previous = number
