"""序号：统一写法、排序、换算成整数位置。"""

from __future__ import annotations

import re

from yingshang.tables.normalising import squeeze

_NUMBER = re.compile(r"^第?0*([1-9]\d{0,3})(?:[-－–—‑.．]0*([1-9]\d{0,2}))?(?:项|条)?[、.．]?$")
_WHOLE = re.compile(r"^第?0*([1-9]\d{0,3})[.．]0+(?:项|条)?[、.．]?$")


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
