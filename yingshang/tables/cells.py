"""电子表格的一格：文字永远是文字，写得出就读得回。

导出（台账、后台清单）与导入（方案修订、名单）都守这里的规矩；不读库、不看请求。
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple

MAX_UNITS = 32_767  # Excel 一格的上限，按 UTF-16 计
MAX_HEIGHT = 409  # Excel 一行的最大磅数
LINE_HEIGHT = 15.5
DATE_FORMAT = 'yyyy"年"m"月"d"日"'

# 一格里的几个名字之间的分隔：顿号、逗号、分号、斜线、换行。导入导出、方案与名单同此一条。
NAME_SEPARATORS = re.compile(r"[、，,；;/／\n]+")
# 表格软件会当成公式的开头（含全角）。已有撇号打头的也要再加一个，读回时只去一个，才能原样复原。
_FORMULA = r"'*[=+\-@\t\r\n＝＋－＠]"
_RISKY = re.compile("^" + _FORMULA)
_GUARD = re.compile(f"^'(?={_FORMULA})")
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e]")
# XML 1.0 里不能有的：控制字符、孤立代理项、非字符。
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class Percent(int):
    """百分之几：表格里是能画图的百分数，文字里写“70%”。"""

    def __str__(self) -> str:
        return f"{int(self)}%"


def writable(text: object) -> str:
    """能写进表格的文字：换行统一，去掉写不进去的字符，不超过一格的上限。"""
    text = _UNWRITABLE.sub("", _LINE_BREAKS.sub("\n", str(text)))
    if len(text) <= MAX_UNITS // 2 or len(text.encode("utf-16-le")) <= 2 * MAX_UNITS:
        return text
    return text.encode("utf-16-le")[: 2 * (MAX_UNITS - 1)].decode("utf-16-le", "ignore") + "…"


def is_risky(text: str) -> bool:
    """会被表格软件当成公式。"""
    return bool(_RISKY.match(text))


def to_csv(value: object) -> str:
    """CSV 的一格：像公式的前面加一个撇号，`from_csv` 读回时去掉。"""
    if value is None:
        return ""
    text = writable(value)
    return f"'{text}" if is_risky(text) else text


def from_csv(text: str) -> str:
    """去掉 `to_csv` 加的那一个撇号。"""
    return _GUARD.sub("", text)


class Written(NamedTuple):
    """写进一格的样子：存什么、是不是文字、用什么格式、像不像公式。"""

    value: Any
    is_text: bool = False
    number_format: str = ""
    is_risky: bool = False


def written(value: object) -> Written:
    """xlsx 的一格怎么存：日期是日期，数是数，其余一律是文字（“=1+1”不成公式，“#N/A”不成错误值）。"""
    if value is None or value == "":
        return Written(None)
    if isinstance(value, Percent):
        return Written(int(value) / 100, number_format="0%")
    if isinstance(value, dt.date):
        return Written(value, number_format=DATE_FORMAT)
    if isinstance(value, int) and not isinstance(value, bool):
        return Written(int(value))
    text = writable(value)
    # “_x0041_”在 xlsx 里是“A”的转义，字面的下划线要先转义。
    kept = _ESCAPED.sub("_x005F_", text) if "_x" in text else text
    return Written(kept, is_text=True, is_risky=is_risky(text))


def put(cell: Any, value: object) -> None:
    """写 xlsx 的一格；空的不写。"""
    found = written(value)
    if found.value is None:
        return
    cell.value = found.value
    if found.is_text:
        cell.data_type = "s"
    if found.number_format:
        cell.number_format = found.number_format
    if found.is_risky:
        cell.quotePrefix = True


class _Widths(dict[str, int]):
    """字 → 显示宽度，见过一次就记住：一份大台账要量上千万个字。"""

    def __missing__(self, character: str) -> int:
        found = 2 if unicodedata.east_asian_width(character) in "WFA" else 1
        self[character] = found
        return found


_WIDTHS = _Widths()


def width(text: str) -> int:
    """显示宽度：汉字、全角算 2，其余算 1。"""
    return sum(map(_WIDTHS.__getitem__, text))


def height(texts_and_widths: Iterable[tuple[object, float]], line: float = LINE_HEIGHT) -> float:
    """一行要多高才放得下各格折行后的文字（表格软件打开时不会自己算）。`line` 为一行字的磅数。"""
    most = 1
    for text, columns in texts_and_widths:
        lines = sum(max(1, math.ceil(width(piece) / max(1, columns - 1))) for piece in str(text).split("\n"))
        most = max(most, lines)
    return min(MAX_HEIGHT, most * line + 5)
