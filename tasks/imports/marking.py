"""字内差异：标出删去与新增的文字，供 <del>/<ins> 显示；并估算两段文字有多像。"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

Marked = tuple[tuple[str, str], ...]  # （eq / del / ins，文字）

# 数字（含小数）、英文词各作一个单位，汉字与标点逐字比。
_UNITS = re.compile(r"\d+(?:\.\d+)?|[A-Za-z]+|.", re.DOTALL)
_IN_UNIT = re.compile(r"[\dA-Za-z.]")
_CLAUSES = re.compile(r"[^。；，、！？\n]*[。；，、！？\n]|[^。；，、！？\n]+")
_MOST_WORK = 1_000_000  # 逐字比的工作量上限，超过就先按小句比
_CRUMB = 1  # 夹在两处改动之间、只有这么几个单位相同的，并作一处改动


def mark(old: str, new: str) -> Marked:
    """`old` 改成 `new` 的逐段差异：eq 与 del 连起来是旧文，eq 与 ins 连起来是新文。"""
    if old == new:
        return (("eq", old),) if old else ()
    head = _head(old, new)
    tail = _tail(old[head:], new[head:])
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    ends = old[:head], old[len(old) - tail :]
    return _merge(_tidy(_compare(_UNITS.findall(middle_old), _UNITS.findall(middle_new), ends)))


def mark_items(old: Sequence[str], new: Sequence[str], separator: str = "、") -> Marked:
    """名单的差异，以整个名字为单位。"""
    before = [piece for item in old for piece in (separator, item)][1:]
    after = [piece for item in new for piece in (separator, item)][1:]
    return _merge(_compare(before, after))


def _head(old: str, new: str) -> int:
    """开头有多长相同：对半找，不逐字比；退到一个数、一个词的前面，免得把它切开。"""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    while low and _IN_UNIT.match(old[low - 1]):
        low -= 1
    return low


def _tail(old: str, new: str) -> int:
    """末尾有多长相同，同上。"""
    return _head(old[::-1], new[::-1])


def _compare(old: list[str], new: list[str], ends: tuple[str, str] = ("", "")) -> list[tuple[str, list[str]]]:
    """先去掉相同的头尾；中间太长就按小句比，再在改了的小句里逐字比。`ends` 是已经去掉的头尾。"""
    head = 0
    shorter = min(len(old), len(new))
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    runs = [("eq", [*filter(None, ends[:1]), *old[:head]])]
    if _work(middle_old, middle_new) <= _MOST_WORK:
        runs += _match(middle_old, middle_new)
    else:
        runs += _by_clauses("".join(middle_old), "".join(middle_new))
    runs.append(("eq", [*old[len(old) - tail :], *filter(None, ends[1:])]))
    return [(kind, units) for kind, units in runs if units]


def _work(old: Sequence[str], new: Sequence[str]) -> int:
    """逐个比较要走多少步：同一个字在两边出现次数之积的和。"""
    if not old or not new:
        return 0
    counts = Counter(new)
    return sum(count * counts[unit] for unit, count in Counter(old).items())


def _match(old: list[str], new: list[str]) -> list[tuple[str, list[str]]]:
    if not old or not new:  # 只添了或只删了：多数的改动，不必比
        return [("del", old), ("ins", new)]
    runs: list[tuple[str, list[str]]] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append(("eq", old[a:b]))
        else:
            runs += [("del", old[a:b]), ("ins", new[c:d])]
    return runs


def _by_clauses(old: str, new: str) -> list[tuple[str, list[str]]]:
    before, after = _CLAUSES.findall(old), _CLAUSES.findall(new)
    if _work(before, after) > _MOST_WORK:
        return [("del", [old]), ("ins", [new])]
    runs: list[tuple[str, list[str]]] = []
    left = _MOST_WORK
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append(("eq", before[a:b]))
            continue
        one, other = _UNITS.findall("".join(before[a:b])), _UNITS.findall("".join(after[c:d]))
        cost = _work(one, other)
        left -= cost
        runs += _match(one, other) if left > 0 else [("del", one), ("ins", other)]
    return runs


def _tidy(runs: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """两处改动之间只剩一个字相同，读起来支离破碎：并作一处。"""
    tidied: list[tuple[str, list[str]]] = []
    for index, (kind, units) in enumerate(runs):
        between = 0 < index < len(runs) - 1
        if kind == "eq" and between and len(units) <= _CRUMB and runs[index + 1][0] != "eq":
            tidied += [("del", units), ("ins", units)]
        else:
            tidied.append((kind, units))
    return tidied


def _merge(runs: list[tuple[str, list[str]]]) -> Marked:
    """相邻的改动合在一起：先删后增。"""
    merged: list[tuple[str, str]] = []
    deleted: list[str] = []
    inserted: list[str] = []

    def flush() -> None:
        for kind, pieces in (("del", deleted), ("ins", inserted)):
            if pieces:
                merged.append((kind, "".join(pieces)))
                pieces.clear()

    for kind, units in runs:
        if kind == "del":
            deleted.extend(units)
        elif kind == "ins":
            inserted.extend(units)
        elif units:
            flush()
            if merged and merged[-1][0] == "eq":
                merged[-1] = ("eq", merged[-1][1] + "".join(units))
            else:
                merged.append(("eq", "".join(units)))
    flush()
    return tuple(merged)


def similarity(old: str, new: str) -> float:
    """0 到 1。短文用逐字比，长文用两字组合的重合度，都不会随长度平方增长。"""
    if old == new:
        return 1.0
    if not old or not new:
        return 0.0
    before, after = (Counter(text[i : i + 2] for i in range(len(text) - 1)) for text in (old, new))
    total = before.total() + after.total()
    pairs = 2 * (before & after).total() / total if total else 0.0
    if pairs > 0.5 or len(old) * len(new) > 250_000:
        return pairs
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.quick_ratio() <= 0.5 or _work(old, new) > _MOST_WORK:
        return pairs
    return max(pairs, matcher.ratio())
