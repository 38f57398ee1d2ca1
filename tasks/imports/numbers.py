"""序号：各种写法怎么认、统一写法、排序、换算成整数位置。"""

from __future__ import annotations

import re
from dataclasses import dataclass

from yingshang.tables.normalising import squeeze

_NUMBER = re.compile(r"^第?0*([1-9]\d{0,3})(?:[-－–—‑.．]0*([1-9]\d{0,2}))?(?:项|条)?[、.．]?$")
_WHOLE = re.compile(r"^第?0*([1-9]\d{0,3})[.．]0+(?:项|条)?[、.．]?$")
_DASHES = re.compile(r"\s*[-－–—‑]\s*")
_DIGITS = {mark: value for value, mark in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
CHINESE = "[一二三四五六七八九十百〇零]{1,5}"
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
# 段首的序号：哪一种写法 → 怎么认。次序即先后：写得长的先认。
_STYLES = [
    ("条", re.compile(rf"^第\s*({CHINESE}|\d{{1,3}})\s*(?:条|项)\s*[、.．：:]?\s*")),
    ("1.1", re.compile(r"^(\d{1,3}[.．]\d{1,3}(?:[.．]\d{1,3})?)(?:[、.．]|(?=\s*[\u4e00-\u9fff“《])|\s+)\s*")),
    ("1", re.compile(r"^(\d{1,4}(?:\s*[-－–—‑]\s*\d{1,3})?)\s*(?:、|[.．](?!\d)|[)）])\s*")),
    ("（1）", re.compile(r"^[（(]\s*(\d{1,3})\s*[）)]\s*[、.．]?\s*")),
    ("①", re.compile(rf"^([{CIRCLED}])\s*[、.．]?\s*")),
    ("（一）", re.compile(rf"^[（(]\s*({CHINESE})\s*[）)]\s*[、.．]?\s*")),
    ("一", re.compile(rf"^({CHINESE})\s*[、.．]\s*")),
]
# 从大到小：大的是小的的标题。
RANKS = {"一": 0, "条": 1, "（一）": 2, "1": 3, "1.1": 4, "（1）": 5, "①": 6}


@dataclass(frozen=True)
class Leading:
    """一段开头的序号：写法、规整后的值、占几个字。"""

    style: str
    value: str
    length: int

    @property
    def rank(self) -> int:
        return RANKS[self.style]


def leading_number(text: str) -> Leading | None:
    """段首的序号；没有的为 None。“6.5 万吨”“2024.6”不是序号。"""
    for style, pattern in _STYLES:
        match = pattern.match(text)
        if match and not _is_quantity(style, text, match):
            return Leading(style, _value(style, match[1]), match.end())
    return None


def _is_quantity(style: str, text: str, match: re.Match) -> bool:
    """“1.5万平方米”“2024.6 完成”这样的量：1.1 式的序号后面紧跟量词，或主号太大，都不是序号。"""
    if style != "1.1":
        return False
    rest = text[match.end() :]
    is_unit = re.match(r"[万亿千百个项家户亩米吨元倍名次天日月年%％平公兆]", rest)
    return bool(is_unit) or int(re.split(r"[.．]", match[1])[0]) > 99 or match[1].startswith("0")


def _value(style: str, written: str) -> str:
    if style in ("一", "（一）"):
        return str(chinese_number(written))
    if style == "条":
        return written if written.isdecimal() else str(chinese_number(written))
    if style == "①":
        return str(CIRCLED.index(written) + 1)
    return _DASHES.sub("-", written).replace("．", ".")


def chinese_number(written: str) -> int:
    """一 → 1，十二 → 12，一百零三 → 103，二〇二三 → 2023。"""
    if not any(mark in written for mark in "十百"):
        return int("".join(str(_DIGITS[mark]) for mark in written))
    total = current = 0
    for mark in written:
        if mark in "十百":
            total += (current or 1) * (10 if mark == "十" else 100)
            current = 0
        else:
            current = _DIGITS[mark]
    return total + current


def normalise_number(value: str) -> str:
    """１、1.、1、、1.0、第1项 → 1；8-1、8－1、8.1 → 8-1；认不出返回空串。"""
    text = squeeze(value)
    whole = _WHOLE.match(text)
    if whole:
        return whole[1]
    match = _NUMBER.match(text)
    if not match:
        return ""
    return f"{match[1]}-{match[2]}" if match[2] else match[1]


def number_key(number: str) -> tuple[int, int, str]:
    """排序用：8 < 8-1 < 8-2 < 9；不合规的排在最后。"""
    normal = normalise_number(number)
    if not normal:
        return (10_000, 0, number)
    main, _, sub = normal.partition("-")
    return (int(main), int(sub or 0), "")


def position(number: str) -> int:
    """存库用的次序：主号×1000＋分号。"""
    main, sub, _ = number_key(number)
    return main * 1000 + sub
