"""读一份方案文件：`read_plan` 收字节与文件名，给出各行、全部错误、须确认的事。

错误一次说全，每条带行号、列名、原值和怎么办；什么也不写入。
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from yingshang.tables.converting import can_convert, converted
from yingshang.tables.guards import decode, file_kind
from yingshang.tables.limits import Limits, Unreadable
from yingshang.tables.normalising import clean, clean_line, quoted, rewritten, squeeze
from yingshang.tables.sheets import Book, Sheet, read_csv, read_xlsx

from . import targets
from .deadlines import deadlines_within
from .documents import PlanMeasure, PlanText, parse_lines, plain_lines
from .headers import SheetTable, choose_sheets, find_header, missing, shown
from .labels import Terms
from .names import NameBook
from .numbers import normalise_number
from .rows import COMPOSED, Fault, MeasureRow, Names, Reading
from .tables import read_rows
from .values import check_deadline, check_lengths
from .word import Line, WordText, read_docx

LINES_PER_ROW = 20  # 正文里一项举措连空行、分页约占几行，留足余地
LISTED = 20


def read_plan(
    data: bytes,
    filename: str,
    *,
    names: Names,
    limits: Limits,
    plan_year: int,
    status_columns: Collection[str] = (),
    terms: Terms | None = None,
) -> Reading:
    """读 .xlsx、.csv、.docx、.txt 之一；整份读不了的抛 `Unreadable`。

    `status_columns` 是导出的台账里附带的状态列（灯、进度、本期报送……），只列明、不导入；`terms` 是本单位另有的叫法。
    """
    was = ""
    if limits.converts and len(data) <= limits.file_bytes and can_convert(filename):
        was = filename
        data, filename = converted(data, filename)
    kind = file_kind(data, filename, limits)
    reader = _PlanReader(kind, NameBook(names), limits, plan_year, status_columns, terms or Terms())
    if kind in ("xlsx", "csv"):
        reader.read_table(data)
    else:
        reader.read_document(data)
    if was:
        message = f"“{was}”是旧格式，已用 LibreOffice 转换后读入，版面、编号未必与原件一样。请与印发文件逐项核对。"
        reader.reading.warnings.append(Fault(0, "文件", "", message))
    return reader.finish()


def word_lines(word: WordText) -> list[Line]:
    """Word 正文的各段，规整过，一段一行。"""
    return [line._replace(text=clean(line.text).replace("\n", " ")) for line in word.lines]


class _PlanReader:
    def __init__(
        self, kind: str, book: NameBook, limits: Limits, year: int, status_columns: Collection[str], terms: Terms
    ) -> None:
        self.reading = Reading(kind=kind)
        self.book, self.limits, self.year = book, limits, year
        # 台账自己的状态列（项次……）不是方案的列，本单位没有另说就不认。
        self.terms = Terms({**{squeeze(name): "" for name in status_columns}, **terms.extra})
        self.status_columns = status_columns
        self.is_new = book.proposing
        self.unit = "行"

    def finish(self) -> Reading:
        reading = self.reading
        _check_duplicates(reading, self.unit)
        if self.is_new:
            self._propose()
        reading.warnings = list(
            {(w.line if w.message != COMPOSED else 0, w.message): w for w in reading.warnings}.values()
        )
        reading.errors.sort(key=lambda problem: problem.line)
        reading.warnings.sort(key=lambda problem: problem.line)
        return reading

    # ── 表格 ──

    def read_table(self, data: bytes) -> None:
        if self.reading.kind == "csv":
            # 分隔符认不准，各读一遍，取列名认得最多的一遍。
            tried = [find_header(sheet, self.terms) for sheet in read_csv(data, self.limits)]
            book = Book([max(tried, key=lambda table: len(table.columns)).sheet])
        else:
            book = read_xlsx(data, self.limits)
        tables = choose_sheets(book.sheets, book.hidden, self.terms, is_new=self.is_new)
        self.reading.sheet = "、".join(table.sheet.name for table in tables)
        read = [table.sheet for table in tables]
        for other in book.sheets:
            if not any(other is sheet for sheet in read) and (other.rows or other.too_large):
                self.reading.ignored.append(f"工作表“{other.name}”")
        self.reading.ignored.extend(f"隐藏的工作表“{other.name}”" for other in book.hidden)
        self.reading.ignored.extend(f"图表页“{name}”" for name in book.skipped)
        self._read_tables(tables)
        self._say_rewritten(
            value
            for sheet in read
            for cells in sheet.rows.values()
            for value in cells.values()
            if isinstance(value, str)
        )

    def _read_tables(self, tables: Sequence[SheetTable]) -> None:
        reading = self.reading
        for table in tables:
            if table.sheet.too_large:
                raise table.sheet.too_large
            before, problems = len(reading.rows), len(reading.errors)
            read_rows(table, reading, self.book, self.limits, self.year, self.status_columns)
            if len(tables) > 1:
                self._place_in(table, before, problems)
        if len(tables) > 1:
            self._check_sheets(tables)
        if len(reading.rows) > self.limits.rows:
            raise Unreadable(f"共有 {len(reading.rows)} 项举措，超过 {self.limits.rows} 项的上限。请拆分后重新上传。")
        if not reading.rows and not reading.errors:
            raise Unreadable("表里只有表头，没有举措。请核对是否选对了文件或工作表后重新上传。")

    def _place_in(self, table: SheetTable, before: int, problems: int) -> None:
        """几张表一起读的，错误前面写明是哪一张。"""
        for index in range(problems, len(self.reading.errors)):
            problem = self.reading.errors[index]
            self.reading.errors[index] = replace(problem, message=f"“{table.sheet.name}”{problem.message}")
        said = f"工作表“{table.sheet.name}”读到 {len(self.reading.rows) - before} 项"
        self.reading.notes.append(f"{said}。")

    def _check_sheets(self, tables: Sequence[SheetTable]) -> None:
        """几张表都像方案：都读进来，要人看一眼；序号重了的，说不清是接着排还是旧稿，拒收。"""
        names = "”“".join(table.sheet.name for table in tables)
        numbers = [row.number for row in self.reading.rows]
        if len(set(numbers)) < len(numbers):
            raise Unreadable(
                f"“{names}”这几张表都像方案，而序号有重复，说不清是接着排还是同一份的两稿。"
                "请删去或隐藏不用的一张，或把序号接着编下去，再重新上传。"
            )
        message = f"“{names}”这几张表都像方案，都读了，共 {len(numbers)} 项。请核对。"
        self.reading.warnings.append(Fault(0, "工作表", "", message))

    # ── 正文 ──

    def _refuse_longer(self, lines: int) -> None:
        if lines > self.limits.rows * LINES_PER_ROW:
            raise Unreadable(f"文件有 {lines} {self.unit}，太长，不像一份方案。请只保留方案正文后重新上传。")

    def read_document(self, data: bytes) -> None:
        if self.reading.kind == "docx":
            self.unit = "段"
            word = read_docx(data, self.limits)
            self.reading.ignored.extend(word.ignored)
            self.reading.warnings += [Fault(place, "具体内容", "", said) for place, said in word.warnings]
            if word.numbered:
                self.reading.notes.append(f"{word.numbered} 段的序号取自 Word 自动编号，照显示的样子读入。")
            raw = [line.text for line in word.lines]
            lines = word_lines(word)
        else:
            word = WordText()
            text = decode(data, "txt")
            self._refuse_longer(text.count("\n") + 1)  # 百万行的不去展开
            raw, lines = text.split("\n"), plain_lines(text)
        self._refuse_longer(len(lines))
        plan = parse_lines(lines, unit=self.unit, most=self.limits.rows, terms=self.terms)
        self.reading.head = plan.head
        self._say_rewritten(raw)
        chosen = self._plan_tables(word.tables) if not plan.measures and not plan.problems else []
        self._list_tables(word.tables, chosen)
        if chosen:
            self.unit = "行"
            self.reading.sheet = "、".join(table.sheet.name for table in chosen)
            self.reading.ignored.extend(plan.ignored)
            self._read_tables(chosen)
            return
        self._read_measures(plan)

    def _plan_tables(self, tables: Sequence[Sheet]) -> list[SheetTable]:
        """正文里没有举措的，看文档里的表格哪些像方案。"""
        found = [find_header(sheet, self.terms) for sheet in tables]
        return [table for table in found if not missing(table, self.is_new) and not table.repeated]

    def _list_tables(self, tables: Sequence[Sheet], chosen: Sequence[SheetTable]) -> None:
        """没有读的表格：有几行，头一行写的是什么。"""
        left = [sheet for sheet in tables if not any(sheet is table.sheet for table in chosen)]
        if left:
            self.reading.ignored.append(f"表格 {len(left)} 处，未读取")
        for sheet in left[:LISTED]:
            if sheet.rows:
                first = sheet.rows[min(sheet.rows)]
                said = "、".join(shown(value, 20) for value in list(first.values())[:10])
                self.reading.ignored.append(f"{sheet.name}（{len(sheet.rows)} 行）：{said} ……")

    def _read_measures(self, plan: PlanText) -> None:
        reading = self.reading
        if not plan.measures and not plan.problems:
            raise Unreadable(self._no_measures(plan))
        reading.errors.extend(plan.problems)
        reading.warnings.extend(plan.warnings)
        reading.ignored.extend(plan.ignored)
        reading.columns_present = {"number", "title", "text", "departments", "lead_label"}
        led = [measure for measure in plan.measures if measure.leaders_label]
        for name, there in (
            ("leaders", bool(led)),
            ("deadline", any(measure.deadline for measure in plan.measures)),
            ("cooperating", any(measure.cooperating_text for measure in plan.measures)),
        ):
            if there:
                reading.columns_present.add(name)
        for measure in plan.measures:
            self._measure(measure, has_leaders=bool(led))
        _check_sequence(plan, reading, self.unit)

    def _no_measures(self, plan: PlanText) -> str:
        """一项也没有读到：该怎么写，看到了哪些像栏目的写法，最像哪一个。"""
        said = "没有读到举措：每项应写成“1、名称。内容（牵头领导：某某 牵头部室：某某）”。"
        seen = [f"“{label}”" + (f"（最像“{n}”）" if (n := self.terms.nearest(label)) else "") for label in plan.seen]
        if seen:
            said += f"文件里像栏目的有{'、'.join(seen[:10])}；叫法不同的，请改成认得的栏目后重新上传。"
        return said + "若举措在表格里，请另存为 .xlsx 后上传；若序号是 Word 自动编号，请先转为文字。"

    def _measure(self, measure: PlanMeasure, has_leaders: bool) -> None:
        """正文里的一项：姓名、部室与名单核对后成为一行。"""
        reading, unit, line = self.reading, self.unit, measure.line
        label = measure.departments_label or f"牵头{measure.lead_label}"
        if not measure.title:
            message = f"第{line}{unit}第{measure.number}项没有名称。请在序号后写明举措名称，以“。”结尾。"
            reading.errors.append(Fault(line, "举措名称", "", message))
        column = measure.leaders_label or "牵头领导"
        leaders, errors, remarks = self.book.leaders(measure.leaders_text, line=line, column=column, unit=unit)
        departments, more, others = self.book.departments(measure.departments_text, line=line, column=label, unit=unit)
        if has_leaders and not measure.leaders_text:
            message = f"第{line}{unit}“{column}”是空的。请填写后重新上传。"
            reading.errors.append(Fault(line, column, "", message))
        if not measure.departments_text:
            reading.errors.append(Fault(line, label, "", f"第{line}{unit}“{label}”是空的。请填写后重新上传。"))
        reading.errors += errors + more
        reading.warnings += remarks + others
        row = MeasureRow(
            number=normalise_number(measure.number) or measure.number,
            title=measure.title,
            text=measure.text,
            leaders=leaders.names,
            departments=departments.names,
            all_departments=departments.everyone,
            collective=departments.collective,
            cooperating=self.book.cooperating(measure.cooperating_text),
            aims=targets.from_column(measure.targets_text, measure.title),
            deadline=clean_line(measure.deadline),
            lead_label=measure.lead_label,
            section=measure.section,
            line=line,
        )
        row = replace(row, due_on=check_deadline(row.deadline, reading, self.year, line, "完成时限", unit))
        check_lengths(row, reading, self.limits, unit)
        for name in row.cooperating:
            if "：" in name or ":" in name or len(name) > 40:
                said = f"第{line}{unit}第{row.number}项的配合单位“{name[:40]}”像是混进了别的栏目。请核对这一处的标点。"
                reading.errors.append(Fault(line, "配合单位", name, said))
        reading.rows.append(row)

    # ── 新方案 ──

    def _propose(self) -> None:
        """新方案另要提出的：正文里说到的时限、量化目标、名单里没有的领导与部室。"""
        reading, passed = self.reading, []
        for index, row in enumerate(reading.rows):
            aims, left = targets.propose(row.text)
            passed += [f"第{row.number}项“{figure}”" for figure in left]
            named = [aim if aim.name else replace(aim, name=row.title[: targets.LONGEST_NAME]) for aim in aims]
            row = replace(row, aims=row.aims + tuple(aim for aim in named if aim not in row.aims))
            reading.rows[index] = row if row.deadline else self._dated(row)
        if passed:
            reading.notes.append(f"像是规模、次数、型号，没有提作量化目标的数：{'、'.join(passed[:30])}。")
        if reading.kind in ("docx", "txt"):
            self._say_missing()
        reading.proposed = self.book.proposed
        for what, label in (("departments", "部室"), ("leaders", "领导")):
            if names := self.book.proposed[what]:
                message = f"名单里没有的{label} {len(names)} 个，生效时新增：{'、'.join(names[:60])}。请核对写法。"
                reading.warnings.append(Fault(0, "名单", "", message))

    def _say_missing(self) -> None:
        """正文里没有读到的文号、印发日期：存下来是空的，要说一声。"""
        named = (("document_number", "文号"), ("issued_on", "印发日期"))
        if left := [label for key, label in named if not self.reading.head.get(key)]:
            self.reading.notes.append(f"没有读到{'、'.join(left)}，存下来是空的；文件里有的，请核对写在哪里。")

    def _dated(self, row: MeasureRow) -> MeasureRow:
        """没有另写时限的，正文里只说了一个时限，就取它；说了几个的不取。"""
        found = deadlines_within(row.text)
        if len(found) != 1:
            return row
        due_on = check_deadline(found[0], self.reading, self.year, row.line, "完成时限", self.unit)
        message = f"第{row.number}项没有另写时限，取正文里的“{found[0]}”。请核对。"
        self.reading.warnings.append(Fault(row.line, "完成时限", found[0], message))
        return replace(row, deadline=found[0], due_on=due_on)

    def _say_rewritten(self, texts: Collection[str] | object) -> None:
        self.reading.notes.extend(rewritten("\n".join(texts)))  # type: ignore[arg-type]


def _check_duplicates(reading: Reading, unit: str) -> None:
    """序号重复是错误；名称重复须确认。"""
    numbers: dict[str, int] = {}
    titles: dict[str, int] = {}
    for row in reading.rows:
        if row.number in numbers:
            other = f"第{numbers[row.number]}{unit}"
            message = f"第{row.line}{unit}“序号”“{row.number}”与{other}重复。请改正其中一个后重新上传。"
            reading.errors.append(Fault(row.line, "序号", row.number, message))
        elif row.title in titles:
            message = (
                f"第{row.line}{unit}的举措名称{quoted(row.title)}与第{titles[row.title]}{unit}相同。请核对是否重复。"
            )
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
