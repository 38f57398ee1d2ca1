"""从格子到举措：跳过备注行与分组行、合并的几行并作一项、逐格核对。"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta

from yingshang.tables.limits import Limits
from yingshang.tables.normalising import clean_line, clean_text, squeeze
from yingshang.tables.sheets import Faulty, Value, column_letter

from .headers import REQUIRED, SheetTable, as_text, header_key, list_ignored_columns, shown
from .names import Matched, NameBook
from .numbers import leading_number, normalise_number
from .rows import COMPOSED, FIELD_LABELS, KIND_LABELS, Fault, MeasureRow, Reading
from .targets import from_column
from .titles import split_title
from .values import check_deadline, check_lengths

_KINDS = {written: kind for kind, label in KIND_LABELS.items() for written in (label, label[:-1])}
_NOTE = re.compile(
    r"^[（(【*※]*(备注|注[:：\d]|说明(?:[:：\d]|$)|(?:填表|填报|制表|制单|报送|编制)(?:人|单位|部门|日期|时间|说明)"
    r"|(?:审核|复核|审批)人|(?:审核|复核|负责人|日期|单位)[:：]|联系(?:人|电话|方式)|单位负责人|打印日期"
    r"|合计|总计|小计|共计|共\d+项)"
)
_TURNED_INTO_DATE = re.compile(
    r"^(\d{1,2}月\d{1,2}日|\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?|\d{1,2}-[A-Za-z]{3}|[A-Za-z]{3}-\d{1,2})$"
)


# ---- 逐行 -------------------------------------------------------------------


def read_rows(
    table: SheetTable,
    reading: Reading,
    book: NameBook,
    limits: Limits,
    plan_year: int,
    status_columns: Collection[str] = (),
) -> None:
    """表头以下各行 → 举措；备注行、重复的表头、分组行、不认识的列都列明。几张表依次读，各行接着排。"""
    reading.columns_present |= set(table.columns)
    _take_titles_as_texts(table, book)
    list_ignored_columns(table, reading, status_columns)
    parser = _RowParser(table, reading, book, limits, plan_year)
    for line in sorted(table.sheet.rows):
        if line > table.last_header_row:
            parser.parse(line, table.sheet.rows[line])
    reading.rows += parser.finish()
    hidden = sorted(table.sheet.hidden_rows & {row.line for row in reading.rows})
    if hidden:
        reading.notes.append(f"第{'、'.join(map(str, hidden[:20]))}行是隐藏行，已照常读取。")
    concealed = [
        table.headers[column]
        for column in table.columns.values()
        if any(first <= column <= last for first, last in table.sheet.hidden_columns)
    ]
    if concealed:
        reading.notes.append(f"“{'”“'.join(concealed)}”是隐藏列，已照常读取。")


def _take_titles_as_texts(table: SheetTable, book: NameBook) -> None:
    """新方案只有一列“任务”，里面是“名称。内容”的：当作内容，名称从中分出。"""
    if not book.proposing or "text" in table.columns or "title" not in table.columns:
        return
    column = table.columns["title"]
    values = [
        shown(cells[column], 10_000)
        for line, cells in table.sheet.rows.items()
        if column in cells and line > table.last_header_row
    ]
    if any(len(value) > 45 or "。" in value.strip()[:-1] for value in values):
        table.columns["text"] = table.columns.pop("title")


class _RowParser:
    """逐行核对；发现的问题都记进 `reading`，不在第一处就停。"""

    def __init__(self, table: SheetTable, reading: Reading, book: NameBook, limits: Limits, plan_year: int) -> None:
        self.table, self.columns, self.headers = table, table.columns, table.headers
        head = table.sheet.rows
        self.header_keys = {header_key(v) for n in {table.header_row, table.last_header_row} for v in head[n].values()}
        self.reading, self.book, self.limits, self.plan_year = reading, book, limits, plan_year
        self.rows: list[MeasureRow] = []
        self.group = ""
        self.titles: dict[int, str] = {}  # 在哪一组：各级标题
        self.groups: dict[int, str] = {}  # 第几行 → 在哪一组
        self.floats: dict[str, int] = {}  # 存成了小数的序号
        self.merged: dict[int, int] = {}  # 由几行合成的：首行 → 几行
        self.unnumbered = 0

    def parse(self, line: int, cells: dict[int, Value | Faulty]) -> None:
        if self._is_header(cells):
            self.reading.ignored.append(f"第{line}行重复的表头")
            return
        if self._is_note(cells):
            self.reading.ignored.append(f"第{line}行“{shown(cells[min(cells)], 30)}”")
            return
        if self._is_group(line, cells):
            text = shown(cells[min(cells)], 30)
            number = leading_number(squeeze(text))
            self.group = number.value if number else text
            rank = number.rank if number else 0
            self.titles = {above: said for above, said in self.titles.items() if above < rank}
            self.titles[rank] = clean_line(as_text(cells[min(cells)]))  # type: ignore[arg-type]
            self.reading.ignored.append(f"第{line}行分组行“{text}”（作标题存下）")
            return
        known = {name: cells[column] for name, column in self.columns.items() if column in cells}
        if not known or all((line, self.columns[name]) in self.table.sheet.filled for name in known):
            self.reading.ignored.append(f"第{line}行只在未导入的列里有“{shown(cells[min(cells)], 30)}”")
            return
        faulty = {name: value for name, value in known.items() if isinstance(value, Faulty)}
        for name, value in faulty.items():
            self._faulty(line, name, value)
        sound = {name: value for name, value in known.items() if not isinstance(value, Faulty)}
        continued = self._is_continued(line)
        row = self._row(line, sound, set(faulty), continued)
        check_lengths(row, self.reading, self.limits, "行")
        if continued:
            self._join(row)
        else:
            self.rows.append(row)
            self.groups[line] = self.group

    def finish(self) -> list[MeasureRow]:
        """各行读完：补序号、连上名称，说明哪些是合成的。"""
        self._say_merged()
        self._number_by_group()
        self._compose()
        if self.unnumbered:
            message = f"表里没有序号，已按先后编为 1 … {self.unnumbered}。请核对。"
            self.reading.warnings.append(Fault(0, "序号", "", message))
        return self.rows

    def _is_header(self, cells: dict[int, Value | Faulty]) -> bool:
        """打印时每页重复的表头。"""
        number = cells.get(self.columns["number"], "") if "number" in self.columns else ""
        if not isinstance(number, str) or number.isdecimal():
            return False
        keys = [header_key(value) for value in cells.values()]
        return len(keys) >= min(len(REQUIRED), len(self.header_keys)) and all(key in self.header_keys for key in keys)

    def _is_note(self, cells: dict[int, Value | Faulty]) -> bool:
        """备注、填表人之类：没有序号，也没有同时写明领导与部室，且以这类字样开头。"""
        number = cells.get(self.columns["number"]) if "number" in self.columns else None
        if number is not None and normalise_number(as_text(number) if not isinstance(number, Faulty) else ""):
            return False
        if all(self.columns.get(name) in cells for name in ("leaders", "departments")):
            return False
        first = cells[min(cells)]
        return isinstance(first, str) and bool(_NOTE.match(squeeze(first)))

    def _is_group(self, line: int, cells: dict[int, Value | Faulty]) -> bool:
        """“一、政务环境”这样的分组行：只有一格有字，横着合并了，或以中文序号开头，或在序号列里而不是序号。"""
        own = {column: value for column, value in cells.items() if (line, column) not in self.table.sheet.filled}
        if len(own) != 1:
            return False
        ((column, value),) = own.items()
        if not isinstance(value, str) or normalise_number(value):
            return False
        is_spanned = self.table.sheet.across.get((line, column), column) - column >= 2
        number = leading_number(value.strip())
        is_headed = bool(number and number.style in ("一", "（一）", "条")) and len(value) <= 40
        in_number = (
            column == self.columns.get("number")
            and len(squeeze(value)) > 2
            and not _TURNED_INTO_DATE.match(squeeze(value))
        )
        return is_spanned or is_headed and column <= min(self.columns.values()) or in_number and is_headed

    def _is_continued(self, line: int) -> bool:
        """序号（没有序号列的看名称）是从上面合并下来的：与上一行同一项。"""
        key = self.columns.get("number", self.columns.get("title"))
        return bool(self.rows) and key is not None and (line, key) in self.table.sheet.filled

    def _join(self, row: MeasureRow) -> None:
        """合并的几行并作一项：内容、时限依次接上；牵头不同的说不清，报错。"""
        last = self.rows[-1]
        for name in ("leaders", "departments"):
            mine = getattr(row, name)
            if mine and set(mine) != set(getattr(last, name)):
                message = f"与第{last.line}行是同一项（序号合并），写的却不同。请把这一项拆成 {last.number}-1、{last.number}-2 两项。"
                self._error(row.line, name, "、".join(mine), message)
        deadline, due_on = last.deadline, last.due_on
        if row.deadline and row.deadline not in last.deadline.split("；"):
            deadline = "；".join(filter(None, (last.deadline, row.deadline)))
            due_on = max(filter(None, (last.due_on, row.due_on)), default=None)
        self.rows[-1] = replace(
            last,
            text="\n".join(dict.fromkeys(filter(None, (*last.text.split("\n"), *row.text.split("\n"))))),
            cooperating=tuple(dict.fromkeys((*last.cooperating, *row.cooperating))),
            aims=last.aims + tuple(aim for aim in row.aims if aim not in last.aims),
            deadline=deadline,
            due_on=due_on,
        )
        self.merged[last.line] = self.merged.get(last.line, 1) + 1

    def _say_merged(self) -> None:
        if self.merged:
            numbers = [row.number for row in self.rows if row.line in self.merged]
            said = f"第{'、'.join(numbers[:20])}项各由合并的几行并成一项（内容分行接上，时限依次写）。请核对。"
            self.reading.warnings.append(Fault(min(self.merged), "序号", "", said))

    def _number_by_group(self) -> None:
        """各组的序号各自从头编起的，带上组号。"""
        numbers = [row.number for row in self.rows]
        groups = [self.groups.get(row.line, "") for row in self.rows]
        if (
            len(set(numbers)) == len(numbers)
            or not all(groups)
            or len(set(zip(groups, numbers, strict=True))) < len(numbers)
        ):
            return
        order = {group: index for index, group in enumerate(dict.fromkeys(groups), start=1)}
        self.rows = [
            replace(row, number=f"{group if group.isdecimal() else order[group]}-{row.number}")
            for row, group in zip(self.rows, groups, strict=True)
        ]
        said = f"各组的序号各自从头编起，已带上组号：{self.rows[0].number} … {self.rows[-1].number}。请核对。"
        self.reading.warnings.append(Fault(self.rows[0].line, "序号", "", said))

    def _compose(self) -> None:
        """原文应连名称在内（“名称。内容”）；整张表都没有连，才替它补上，并请人确认。"""
        if not {"title", "text"} <= self.columns.keys():
            return
        rows = [row for row in self.rows if row.title and row.text]
        if not rows or any(_repeats_title(row) for row in rows):
            return
        self.rows = [replace(row, text=_composed(row)) if row.title and row.text else row for row in self.rows]
        self.reading.composed = True
        self.reading.warnings.append(Fault(rows[0].line, FIELD_LABELS["text"], "", COMPOSED))

    def _row(self, line: int, known: dict[str, Value], faulty: set[str], continued: bool = False) -> MeasureRow:
        number = self.rows[-1].number if continued else self._number(line, known.get("number"), faulty)
        title = clean_line(as_text(known.get("title"))).rstrip("。")
        text = clean_text(as_text(known.get("text")))
        for name in ("title", "text"):
            if continued and name == "title" or name not in self.columns or name in faulty:
                continue
            if not (title if name == "title" else text):
                self._error(line, name, "", "是空的。请填写后重新上传。")
        if "title" not in self.columns:
            title = split_title(text.split("\n")).title
        leaders = self._names(line, "leaders", known, faulty, continued)
        departments = self._names(line, "departments", known, faulty, continued)
        deadline, due_on = self._deadline(line, known.get("deadline"))
        return MeasureRow(
            number=number,
            title=title,
            text=text,
            leaders=leaders.names if leaders else (),
            departments=departments.names if departments else (),
            all_departments=bool(departments and departments.everyone),
            collective=departments.collective if departments else "",
            cooperating=self.book.cooperating(as_text(known.get("cooperating"))),
            aims=from_column(as_text(known.get("targets")), title),
            deadline=deadline,
            due_on=due_on,
            kind=self._kind(line, known.get("kind")),
            section="\n".join(self.titles.values()),
            line=line,
        )

    def _number(self, line: int, value: Value | None, faulty: set[str]) -> str:
        if "number" not in self.columns:
            self.unnumbered += 1
            return str(self.unnumbered)
        if "number" in faulty:
            return f"?{line}"
        if isinstance(value, datetime | date):
            advice = (
                f"是日期（{as_text(value)}），多半是“{value.month}-{value.day}”被表格软件改成了日期。"
                "请把这一列设为文本格式后重新填写。"
            )
            self._error(line, "number", as_text(value), advice)
            return f"?{line}"
        written = squeeze(as_text(value)) if not isinstance(value, bool) else str(value)
        number = normalise_number(written)
        if number:
            return self._told(line, value, written, number)
        if not written:
            self._error(line, "number", "", "是空的，这一行却有内容。请填写序号，或删去这一行。")
        elif _TURNED_INTO_DATE.match(written):
            advice = f"“{written}”像是“8-1”一类的序号被表格软件改成了日期。请把这一列设为文本格式后重新填写。"
            self._error(line, "number", written, advice)
        else:
            advice = f"“{shown(written)}”不是序号。请填 1、2 这样的数字，拆分的写作 8-1。"
            self._error(line, "number", written, advice)
        return f"?{line}"

    def _told(self, line: int, value: Value | None, written: str, number: str) -> str:
        """1.1 改写成 1-1 要说；存成了小数的，1.10 已经变成 1.1，重了就说清为什么。"""
        if "-" in number and "." in written:
            note = f"序号“{written}”写作“{number}”，其余带小数点的序号同样改写。"
            if not any(said.startswith("序号“") for said in self.reading.notes):
                self.reading.notes.append(note)
        if isinstance(value, float) and "-" in number:
            if number in self.floats:
                advice = (
                    f"“{written}”与第{self.floats[number]}行重复：这一列存成了小数，“{written}0”和“{written}”存下来一样，"
                    "分不出是哪一个。请把序号列设为文本格式，重新填写后上传。"
                )
                self._error(line, "number", written, advice)
                return f"?{line}"
            self.floats[number] = line
        return number

    def _names(
        self, line: int, name: str, known: dict[str, Value], faulty: set[str], continued: bool
    ) -> Matched | None:
        if name in faulty or name not in self.columns or continued and name not in known:
            return None
        label = self.headers[self.columns[name]]
        written = as_text(known.get(name))
        find = self.book.leaders if name == "leaders" else self.book.departments
        matched, errors, remarks = find(written, line=line, column=label, unit="行")
        if not errors and not matched.names and not matched.everyone:
            self._error(line, name, written, "是空的。请填写后重新上传。")
        self.reading.errors += errors
        self.reading.warnings += remarks
        return matched

    def _deadline(self, line: int, value: Value | None) -> tuple[str, date | None]:
        """时限原文与推得的日期；日期格子、日期序列值写成“2023年9月30日”。"""
        if type(value) is int and 36526 <= value <= 73050:  # 2000—2099 年的日期序列值
            value = date(1899, 12, 30) + timedelta(days=value)
        text = clean_line(as_text(value))
        if not text:
            return "", None
        label = self.headers[self.columns["deadline"]]
        if isinstance(value, float) and text.endswith(".1"):
            message = f"第{line}行“{label}”“{text}”存成了数字，分不清是 1 月还是 10 月，不作到期提醒。请核对。"
            self.reading.warnings.append(Fault(line, label, text, message))
            return text, None
        return text, check_deadline(text, self.reading, self.plan_year, line, label, "行")

    def _kind(self, line: int, value: Value | None) -> str | None:
        """空着等于没有说，沿用现行的类型。"""
        written = squeeze(as_text(value))
        if not written:
            return None
        kind = _KINDS.get(written)
        if kind is None:
            choices = "、".join(KIND_LABELS.values())
            self._error(line, "kind", written, f"“{shown(written)}”不是类型。请填{choices}之一。")
        return kind

    def _faulty(self, line: int, name: str, value: Faulty) -> None:
        place = f"{column_letter(self.columns[name])}{line}"
        if value.shown == "公式":
            advice = f"是没有存下结果的公式（{place}）。请在表格软件里打开、保存一次，或改成文字后重新上传。"
        else:
            advice = f"是错误值“{value.shown}”（{place}）。请改正公式或改成文字后重新上传。"
        self._error(line, name, value.shown, advice)

    def _error(self, line: int, name: str, value: str, advice: str) -> None:
        label = self.headers[self.columns[name]]
        self.reading.errors.append(Fault(line, label, value, f"第{line}行“{label}”{advice}"))


def _composed(row: MeasureRow) -> str:
    """“名称。内容”；内容自己分了条的，另起一行。"""
    mark = "。\n" if "\n" in row.text and leading_number(row.text) else "。"
    return f"{row.title}{mark}{row.text}"


def _repeats_title(row: MeasureRow) -> bool:
    first = row.text.partition("。")[0]
    if first.startswith(row.title) or row.title.startswith(first):
        return True
    shared = len(set(first) & set(row.title))
    return 2 * shared > 1.2 * max(len(set(first)), len(set(row.title)))
