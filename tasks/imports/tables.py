"""从格子到举措：找表头、认列名、跳过备注行、逐格核对。"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from yingshang import dates
from yingshang.tables.limits import Limits, Unreadable
from yingshang.tables.normalising import clean, clean_line, clean_text, squeeze
from yingshang.tables.sheets import Faulty, Sheet, Value, column_letter

from .names import Matched, NameBook
from .numbers import normalise_number
from .rows import COMPOSED, FIELD_LABELS, KIND_LABELS, Fault, MeasureRow, Reading
from .values import check_deadline, check_lengths

HEADER_ROWS = 10
# 认得的列名：我们导出的写法（FIELD_LABELS），和下发的表里见过的别的写法。
COLUMNS = {
    **{label: name for name, label in FIELD_LABELS.items() if name != "lead_label"},
    "牵头部门": "departments",
    **dict.fromkeys(("原文", "举措原文", "主要内容", "举措内容", "工作内容"), "text"),
}
REQUIRED = {name: FIELD_LABELS[name] for name in ("number", "title", "leaders", "departments")}
_KINDS = {written: kind for kind, label in KIND_LABELS.items() for written in (label, label[:-1])}
_NOTE = re.compile(
    r"^[（(【*※]*(备注|注[:：\d]|说明(?:[:：\d]|$)|(?:填表|填报|制表|制单|报送|编制)(?:人|单位|部门|日期|时间|说明)"
    r"|(?:审核|复核|审批)人|(?:审核|复核|负责人|日期|单位)[:：]|联系(?:人|电话|方式)|单位负责人|打印日期"
    r"|合计|总计|小计|共计|共\d+项)"
)
_HEADER_BRACKETS = re.compile(r"[（(【\[][^（）()【】\[\]]*[）)】\]]")
_TURNED_INTO_DATE = re.compile(
    r"^(\d{1,2}月\d{1,2}日|\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?|\d{1,2}-[A-Za-z]{3}|[A-Za-z]{3}-\d{1,2})$"
)


@dataclass
class SheetTable:
    """选中的工作表：表头在哪一行、各列是什么。"""

    sheet: Sheet
    header_row: int = 0
    columns: dict[str, int] = field(default_factory=dict)  # 字段 → 列号
    headers: dict[int, str] = field(default_factory=dict)  # 列号 → 照录的列名
    repeated: list[str] = field(default_factory=list)  # 指同一件事的几列


def choose_sheet(sheets: Sequence[Sheet], hidden: Sequence[Sheet] = ()) -> SheetTable:
    """第一张表头齐全的可见工作表；没有就说缺哪些列、找到了哪些列。"""
    best: SheetTable | None = None
    for sheet in sheets:
        table = _find_header(sheet)
        if not _missing(table):
            best = table
            break
        if best is None or len(table.columns) > len(best.columns):
            best = table
    if best is None:
        raise Unreadable("文件里没有看得见的工作表。请取消隐藏后重新上传。")
    if best.repeated:
        raise Unreadable(f"这几列指的是同一件事：{'、'.join(best.repeated)}。请只保留一列后重新上传。")
    missing = _missing(best)
    if not missing:
        return best
    for sheet in hidden:
        if not _missing(_find_header(sheet)):
            raise Unreadable(f"方案在隐藏的工作表“{sheet.name}”里。请取消隐藏后重新上传。")
    seen = "、".join(list(best.headers.values())[:20]) or "无"
    raise Unreadable(
        f"缺少列：{'、'.join(missing)}；找到的列：{seen}。表头须在前 {HEADER_ROWS} 行内，请补齐列名后重新上传。"
    )


def _missing(table: SheetTable) -> list[str]:
    return [label for name, label in REQUIRED.items() if name not in table.columns]


def _header_key(value: Value | Faulty) -> str:
    """列名的比较写法：去空白、换行、括号里的补充、冒号和必填星号。"""
    if not isinstance(value, str):
        return ""
    return _HEADER_BRACKETS.sub("", squeeze(value)).strip("：:*※")


def _find_header(sheet: Sheet) -> SheetTable:
    """前十行里认得的列名最多的一行。"""
    best = SheetTable(sheet)
    for line in sorted(sheet.rows):
        if line > HEADER_ROWS:
            break
        table = SheetTable(sheet, header_row=line)
        spelled: dict[str, str] = {}
        for column, value in sorted(sheet.rows[line].items()):
            label = _shown(value)
            table.headers[column] = label
            name = COLUMNS.get(_header_key(value))
            if name in table.columns:
                table.repeated.append(f"“{spelled[name]}”与“{label}”")
            elif name:
                table.columns[name] = column
                spelled[name] = label
        if len(table.columns) > len(best.columns) or not best.headers:
            best = table
    return best


def _shown(value: Value | Faulty, length: int = 40) -> str:
    """给人看的值：一行、不太长。"""
    if isinstance(value, Faulty):
        return value.shown
    text = _as_text(value).replace("\n", " ").strip()
    return text if len(text) <= length else text[:length] + "…"


def _as_text(value: Value | None) -> str:
    """格子的文字：整数不带小数点，日期写成“2023年9月30日”。"""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime | date):
        return dates.full(value)
    if isinstance(value, time | timedelta):
        return str(value)
    return repr(value)


# ---- 逐行 -------------------------------------------------------------------


def read_rows(
    table: SheetTable,
    reading: Reading,
    book: NameBook,
    limits: Limits,
    plan_year: int,
    status_columns: Collection[str] = (),
) -> None:
    """表头以下各行 → 举措；备注行、重复的表头、不认识的列都列明。"""
    reading.columns_present = set(table.columns)
    _list_ignored_columns(table, reading, status_columns)
    parser = _RowParser(table, reading, book, limits, plan_year)
    for line in sorted(table.sheet.rows):
        if line > table.header_row:
            parser.parse(line, table.sheet.rows[line])
    _compose_texts(reading)
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


def _list_ignored_columns(table: SheetTable, reading: Reading, status_columns: Collection[str]) -> None:
    known = set(table.columns.values())
    status = {squeeze(name) for name in status_columns}
    unknown: list[str] = []
    informational: list[str] = []
    for column, label in table.headers.items():
        if column not in known:
            listed = informational if squeeze(label) in status else unknown
            listed.append(f"{label}（{column_letter(column)}列）")
    nameless: set[int] = set()
    for line, cells in table.sheet.rows.items():
        if line > table.header_row:
            nameless.update(column for column in cells if column not in table.headers)
    if informational:
        reading.ignored.append(f"状态列，不导入：{'、'.join(informational)}")
    if unknown:
        reading.ignored.append(f"未导入的列：{'、'.join(unknown)}")
    if nameless:
        letters = "、".join(f"{column_letter(column)}列" for column in sorted(nameless)[:20])
        reading.ignored.append(f"没有列名的列：{letters}")


class _RowParser:
    """逐行核对；发现的问题都记进 `reading`，不在第一处就停。"""

    def __init__(self, table: SheetTable, reading: Reading, book: NameBook, limits: Limits, plan_year: int) -> None:
        self.columns, self.headers = table.columns, table.headers
        self.header_keys = {_header_key(value) for value in table.sheet.rows[table.header_row].values()}
        self.reading, self.book, self.limits, self.plan_year = reading, book, limits, plan_year

    def parse(self, line: int, cells: dict[int, Value | Faulty]) -> None:
        if self._is_header(cells):
            self.reading.ignored.append(f"第{line}行重复的表头")
            return
        if self._is_note(cells):
            self.reading.ignored.append(f"第{line}行“{_shown(cells[min(cells)], 30)}”")
            return
        known = {name: cells[column] for name, column in self.columns.items() if column in cells}
        if not known:
            self.reading.ignored.append(f"第{line}行只在未导入的列里有“{_shown(cells[min(cells)], 30)}”")
            return
        faulty = {name: value for name, value in known.items() if isinstance(value, Faulty)}
        for name, value in faulty.items():
            self._faulty(line, name, value)
        sound = {name: value for name, value in known.items() if not isinstance(value, Faulty)}
        row = self._row(line, sound, set(faulty))
        check_lengths(row, self.reading, self.limits, "行")
        self.reading.rows.append(row)

    def _is_header(self, cells: dict[int, Value | Faulty]) -> bool:
        """打印时每页重复的表头。"""
        number = cells.get(self.columns["number"], "")
        if not isinstance(number, str) or number.isdecimal():
            return False
        keys = [_header_key(value) for value in cells.values()]
        return len(keys) >= len(REQUIRED) and all(key in self.header_keys for key in keys)

    def _is_note(self, cells: dict[int, Value | Faulty]) -> bool:
        """备注、填表人之类：没有序号，也没有同时写明领导与部室，且以这类字样开头。"""
        number = cells.get(self.columns["number"])
        if number is not None and normalise_number(_as_text(number) if not isinstance(number, Faulty) else ""):
            return False
        if self.columns["leaders"] in cells and self.columns["departments"] in cells:
            return False
        first = cells[min(cells)]
        return isinstance(first, str) and bool(_NOTE.match(squeeze(first)))

    def _row(self, line: int, known: dict[str, Value], faulty: set[str]) -> MeasureRow:
        number = self._number(line, known.get("number"), faulty)
        title = clean_line(_as_text(known.get("title"))).rstrip("。")
        text = clean_text(_as_text(known.get("text")))
        for name in ("title", "text"):
            if name in self.columns and name not in faulty and not (title if name == "title" else text):
                self._error(line, name, "", "是空的。请填写后重新上传。")
        leaders = self._names(line, "leaders", known, faulty)
        departments = self._names(line, "departments", known, faulty)
        deadline, due_on = self._deadline(line, known.get("deadline"))
        return MeasureRow(
            number=number,
            title=title,
            text=text,
            leaders=leaders.names if leaders else (),
            departments=departments.names if departments else (),
            all_departments=bool(departments and departments.everyone),
            deadline=deadline,
            due_on=due_on,
            kind=self._kind(line, known.get("kind")),
            line=line,
        )

    def _number(self, line: int, value: Value | None, faulty: set[str]) -> str:
        if "number" in faulty:
            return f"?{line}"
        if isinstance(value, datetime | date):
            advice = (
                f"是日期（{_as_text(value)}），多半是“{value.month}-{value.day}”被表格软件改成了日期。"
                "请把这一列设为文本格式后重新填写。"
            )
            self._error(line, "number", _as_text(value), advice)
            return f"?{line}"
        written = squeeze(_as_text(value)) if not isinstance(value, bool) else str(value)
        number = normalise_number(written)
        if not number:
            if not written:
                self._error(line, "number", "", "是空的，这一行却有内容。请填写序号，或删去这一行。")
            elif _TURNED_INTO_DATE.match(written):
                advice = f"“{written}”像是“8-1”一类的序号被表格软件改成了日期。请把这一列设为文本格式后重新填写。"
                self._error(line, "number", written, advice)
            else:
                advice = f"“{_shown(written)}”不是序号。请填 1、2 这样的数字，拆分的写作 8-1。"
                self._error(line, "number", written, advice)
            return f"?{line}"
        return number

    def _names(self, line: int, name: str, known: dict[str, Value], faulty: set[str]) -> Matched | None:
        if name in faulty:
            return None
        label = self.headers[self.columns[name]]
        written = _as_text(known.get(name))
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
        text = clean_line(_as_text(value))
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
        written = squeeze(_as_text(value))
        if not written:
            return None
        kind = _KINDS.get(written)
        if kind is None:
            choices = "、".join(KIND_LABELS.values())
            self._error(line, "kind", written, f"“{_shown(written)}”不是类型。请填{choices}之一。")
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


def _compose_texts(reading: Reading) -> None:
    """原文应连名称在内（“名称。内容”）；整张表都没有连，才替它补上，并请人确认。"""
    if "text" not in reading.columns_present:
        return
    rows = [row for row in reading.rows if row.title and row.text]
    if not rows or any(_repeats_title(row) for row in rows):
        return
    reading.rows = [
        replace(row, text=f"{row.title}。{row.text}") if row.title and row.text else row for row in reading.rows
    ]
    reading.composed = True
    reading.warnings.append(Fault(rows[0].line, FIELD_LABELS["text"], "", COMPOSED))


def _repeats_title(row: MeasureRow) -> bool:
    first = row.text.partition("。")[0]
    if first.startswith(row.title) or row.title.startswith(first):
        return True
    shared = len(set(first) & set(row.title))
    return 2 * shared > 1.2 * max(len(set(first)), len(set(row.title)))
