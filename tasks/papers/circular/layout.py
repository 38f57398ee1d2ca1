"""公文的排法：各节编号、分段，和三张表的列。网页、Word、Excel 都照这里排，所以一字不差。"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from departments import organisation

from ...figures.contract import Figures
from ...figures.numbers import plain, told_counts
from ...figures.reporting import HOW_COUNTED
from ...models import Circular
from .phrases import numeral, span_name, tight

# 各部室、各期的数，按键取（键名见 REPORTING、LIGHTS）。
Numbers: TypeAlias = list[dict[str, int]]
NOTE = "contact"  # 附注那一节的键
TEXT_WIDTH = 156  # 版心宽（毫米），GB/T 9704-2012
SUBHEAD = re.compile(r"（[一二三四五六七八九十]+）")
# 标题折行时不拆开的词（开发区的名称之外）。
WHOLE = (
    "优化营商环境",
    "行动方案",
    "领导小组",
    "办公室",
    "推进情况",
    "的通报",
    "的报告",
    "的请示",
    "（更正）",
    "工作简报",
    "重点举措",
)


@dataclass(frozen=True)
class Block:
    """正文的一块：h1 一、；h2 （一）独立成行；lead （一）起头、后面接着正文；p 段落；table 表。"""

    kind: str
    text: str = ""
    rest: str = ""
    table: Table | None = None


@dataclass(frozen=True)
class Column:
    """表的一列。`width` 为毫米。"""

    label: str
    width: float
    value: Callable
    is_text: bool = False


@dataclass(frozen=True)
class Table:
    """一张表。"""

    caption: str
    columns: tuple
    rows: Sequence
    note: str = ""

    def cells(self) -> Iterator[list]:
        """各行各格的值（字符串或整数）。"""
        return ([column.value(row) for column in self.columns] for row in self.rows)

    @property
    def shares(self) -> list[str]:
        """各列占表宽的百分比，网页上定列宽用。"""
        total = sum(column.width for column in self.columns)
        return [f"{column.width / total:.1%}" for column in self.columns]

    def marked(self) -> list[list]:
        """各行各格的（值，是不是文字列），网页上排版用。"""
        return [
            [(value, column.is_text) for value, column in zip(row, self.columns, strict=True)] for row in self.cells()
        ]


def blocks(sections: list[dict[str, Any]], figures: Figures) -> list[Block]:
    """各节排成块；有标题的依次编一、二、三。附注排在成文日期下面（见 note_of），不在内。"""
    found, n = [], 0
    for section in (s for s in sections if s["key"] != NOTE):
        if heading := plain(section["heading"]).strip():
            n += 1
            found.append(Block("h1", f"{numeral(n)}、{heading}"))
        found.extend(_paragraph(line.strip()) for line in plain(section["text"]).split("\n") if line.strip())
        if table := table_of(section["key"], figures):
            found.append(Block("table", table.caption, table=table))
    return found


def _paragraph(line: str) -> Block:
    if not SUBHEAD.match(line):
        return Block("p", line)
    head, stop, rest = line.partition("。")
    if rest.strip():
        return Block("lead", head + stop, rest)
    return Block("h2", line)


def table_of(key: str, figures: Figures) -> Table | None:
    """这一节后面要排的表。"""
    if key == "departments" and figures.get("departments"):
        return departments(figures)
    if key == "overall" and figures.get("is_span"):
        return periods(figures)
    return None


def _number(key: str) -> Callable[[Any], Any]:
    return lambda row: row[key]


REPORTING = (
    ("owed", "应报"),
    ("reported", "已报"),
    ("unreported", "未报"),
    ("returned", "退回"),
    ("on_time", "按时"),
    ("late", "补报"),
)
LIGHTS = (("red", "红灯"), ("yellow", "黄灯"), ("green", "绿灯"), ("done", "已办结"), ("not_started", "未启动"))


def departments(figures: Figures) -> Table:
    """各部室（项次），末行合计。"""
    keys = ("assignments", *(k for k, _ in (*REPORTING, *LIGHTS)))
    rows = figures["departments"]
    total = {"name": "合计"} | {key: sum(counted[key] for counted in cast(Numbers, rows)) for key in keys}
    numbers = (("assignments", "项次"), *REPORTING, *LIGHTS)
    return Table(
        f"各{unit_of(figures)}{figures['period']['short']}情况（单位：项次）",
        (
            Column(unit_of(figures), 24, _number("name"), is_text=True),
            *(Column(label, 13 if len(label) > 2 else 10.8, _number(key)) for key, label in numbers),
        ),
        [*rows, total],
        note=_note(figures),
    )


def unit_of(figures: Figures) -> str:
    """部室怎样统称：印发的照印发时冻结的（早先印发的没有记，是“部室”），草稿照现在的。"""
    frozen = figures.get("letterhead")
    return frozen.get("unit", organisation.UNIT) if frozen else organisation.unit()


def _note(figures: Figures) -> str:
    """表下的注。早先印发的没有这一行，或短一些，照旧。"""
    if "revised" in figures:
        return f"注：{HOW_COUNTED}"
    return "注：未报包括已起草、尚未提交的；按时、补报包括退回待改的。" if "since" in figures else ""


def periods(figures: Figures) -> Table:
    """各期：报送以项次计，灯以项计。末行合计报送，灯不合计。"""
    rows = figures["periods"]
    total = {"name": "合计"} | {key: sum(counted[key] for counted in cast(Numbers, rows)) for key, _ in REPORTING}
    total |= dict.fromkeys((key for key, _ in LIGHTS), "—")
    return Table(
        f"{span_name(figures)}各期情况（报送单位：项次，灯单位：项）",
        (
            Column("报送期", 27, _number("name"), is_text=True),
            *(Column(label, 13 if len(label) > 2 else 11.6, _number(key)) for key, label in (*REPORTING, *LIGHTS)),
        ),
        [*rows, total],
        note=_note(figures),
    )


# 附件各列的宽（毫米），合计就是版心宽，竖排放得下；有配合单位的，从别的列里匀出一列。
ANNEX = {"number": 9, "title": 28, "leaders": 17, "departments": 21, "light": 13, "percent": 13, "status": 16}
ANNEX_HELPED = {"number": 9, "title": 23, "leaders": 17, "departments": 18, "light": 13, "percent": 12, "status": 15}
HELPED = 20


def annex(figures: Figures) -> Table:
    """附件：各项举措推进情况表。宽度合计就是版心宽。一项也没有配合单位的，没有那一列。"""
    helped = figures["helped"] if "helped" in figures else any(line.get("cooperating") for line in figures["lines"])
    widths = ANNEX_HELPED if helped else ANNEX
    columns = [
        Column("序号", widths["number"], _number("number")),
        Column("举措", widths["title"], _number("title"), is_text=True),
        Column("牵头领导", widths["leaders"], lambda row: "、".join(row["leaders"])),
        Column(
            f"牵头{unit_of(figures)}",
            widths["departments"],
            lambda row: "、".join(row["departments"]).replace("各部室", f"各{unit_of(figures)}"),
        ),
        Column("灯色", widths["light"], lambda row: row["label"]),
        Column("进度", widths["percent"], lambda row: "常态" if row["percent"] is None else f"{row['percent']}%"),
        Column(f"{figures['period']['short']}报送", widths["status"], _number("status")),
    ]
    if helped:
        columns.insert(4, Column("配合单位", HELPED, lambda row: row.get("cooperating", ""), is_text=True))
    rest = TEXT_WIDTH - sum(column.width for column in columns)
    columns.append(Column("灯色理由", rest, _reason, is_text=True))
    return Table(annex_title(figures), tuple(columns), figures["lines"])


def _reason(row: dict[str, Any]) -> str:
    return ("办公室定灯：" if row["is_manual"] else "") + tight(row["reason"])


def shown_counts(figures: Figures, *, can_trace: bool) -> dict:
    """全部数字。看不到总览的人只看数：哪些问题、谁有草稿、谁在等谁回复，本来就不给他看。"""
    counts = told_counts(figures)
    if can_trace:
        return counts
    return {key: one | {"rows": [], "url": ""} for key, one in counts.items() if key not in ("missing", "draft")}


def has_annex(circular: Circular) -> bool:
    """简报一两页，请示一文一事，都不带附件。"""
    return circular.kind not in ("bulletin", "petition")


def is_signed_below(circular: Circular) -> bool:
    """署名、成文日期在正文之下；简报的编发单位与日期在报头。"""
    return circular.kind != "bulletin"


def note_of(circular: Circular) -> str:
    """附注：加圆括号，在成文日期的下一行（GB/T 9704-2012 7.3.6）。没有的为空。"""
    texts = (plain(s["text"]).strip() for s in circular.sections if s["key"] == NOTE)
    said = " ".join(next(texts, "").split())
    return f"（{said.removeprefix('（').removesuffix('）')}）" if said else ""


def copies(circular: Circular) -> list[str]:
    """版记里抄送（简报是报、送）的各行；没有的为空。"""
    found = circular.letterhead["copies"][circular.kind]
    if "：" in found:
        return found.split("\n")
    return [f"抄送：{found}。"] if found else []


def annex_title(figures: Figures) -> str:
    """附件的名称。"""
    return f"{figures['plan']['title']}{len(figures['lines'])}项举措推进情况表（{figures['period']['name']}）"


def balanced(title: str, width: int = 20) -> list[str]:
    """标题折行：每行不超过 `width` 字，词意完整，各行长短相近。"""
    title = plain(title).replace("\n", " ").strip()
    lines = -(-len(title) // width)
    if lines <= 1:
        return [title] if title else []
    stops = [i for i in range(1, len(title)) if not _splits_a_word(title, i)] or list(range(1, len(title)))
    cuts, start = [], 0
    for n in range(1, lines):
        ideal = start + -(-(len(title) - start) // (lines - n + 1))
        near = [i for i in stops if start < i <= start + width]
        whole = [i for i in near if _ends_a_phrase(title, i) and len(title) - i <= width * (lines - n)]
        start = min(whole or near, key=lambda i: abs(i - ideal), default=start + width)
        cuts.append(start)
    found = [title[a:b] for a, b in zip([0, *cuts], [*cuts, len(title)], strict=True)]
    return [line for line in found if line]


def _ends_a_phrase(title: str, i: int) -> bool:
    """引号、书名号的外沿，逗号、顿号之后：在这里折行，引着的一句不会拦腰断开。"""
    return title[i] in "“《" or title[i - 1] in "”》，、；："


def _splits_a_word(title: str, i: int) -> bool:
    before, after = title[i - 1], title[i]
    if after in "，。、；：）》”’〕" or before in "（《“‘〔":
        return True
    if before.isascii() and after.isascii() and not before.isspace():
        return True
    if before.isdecimal() and after in "年月日号项期" or before in "年" and after.isdecimal():
        return True
    return any(
        title.startswith(word, i - k)
        for word in (organisation.current().zone, *WHOLE)
        for k in range(1, len(word))
        if i - k >= 0
    )
