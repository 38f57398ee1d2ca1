"""姓名与部室：按名单逐个核对。认得别名，不认得的一律报错，绝不悄悄丢掉。"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from yingshang.tables.cells import NAME_SEPARATORS
from yingshang.tables.normalising import clean, name_key, squeeze

from .rows import ALL_DEPARTMENTS, Fault, Names

_BRACKETS = re.compile(r"[（(][^（）()]*[）)]")
LISTED = 20  # 一格里不认得的，逐个列这么多
HINTS = 500  # 替这么多个不认得的写法找相近的名字
_EVERYONE = (ALL_DEPARTMENTS, "各部门")


@dataclass
class Matched:
    """一格的核对结果。"""

    names: tuple[str, ...] = ()
    everyone: bool = False
    errors: list[str] = field(default_factory=list)  # 不在名单中的写法
    remarks: list[str] = field(default_factory=list)  # 须确认：按别名识别、去掉了括号……


class NameBook:
    """名单的查找表；同样的写法只核对一次。"""

    def __init__(self, names: Names) -> None:
        self._leaders = {name_key(name): name for name in names.leaders}
        self._departments = {name_key(name): name for name in names.departments if squeeze(name) not in _EVERYONE}
        self._aliases = {name_key(alias): name for alias, name in names.aliases.items()}
        self._cache: dict[tuple[str, str], Matched] = {}
        self._near: dict[tuple[str, str], str] = {}

    def leaders(self, value: str, *, line: int, column: str, unit: str) -> tuple[Matched, list[Fault], list[Fault]]:
        return self._report("leaders", value, line, column, unit)

    def departments(self, value: str, *, line: int, column: str, unit: str) -> tuple[Matched, list[Fault], list[Fault]]:
        return self._report("departments", value, line, column, unit)

    def _report(
        self, what: str, value: str, line: int, column: str, unit: str
    ) -> tuple[Matched, list[Fault], list[Fault]]:
        """核对一格，把发现写成带行号的完整句子。"""
        key = (what, value)
        matched = self._cache.get(key)
        if matched is None:
            matched = self._cache[key] = self._match(what, clean(value))
        place = f"第{line}{unit}“{column}”"
        errors = [
            Fault(line, column, name, f"{place}{said}", what if "不在名单中" in said else "")
            for name, said in ((name, self._unknown(what, name)) for name in matched.errors[:LISTED])
        ]
        if len(matched.errors) > LISTED:
            message = f"{place}另有 {len(matched.errors) - LISTED} 个写法不在名单中。请核对这一格是否填错。"
            errors.append(Fault(line, column, "", message))
        remarks = [Fault(line, column, value, f"{place}{remark}") for remark in matched.remarks]
        return matched, errors, remarks

    def _match(self, what: str, value: str) -> Matched:
        result = Matched()
        found: list[str] = []
        whole = self._find(what, squeeze(value))
        parts = [value] if whole else _split(value)
        for part in parts:
            for name in self._resolve(what, part, result):
                if name in found:
                    result.remarks.append(f"“{name}”写了两次，按一次计。")
                else:
                    found.append(name)
        if what == "departments" and any(name in _EVERYONE for name in found):
            result.everyone = True
            named = [name for name in found if name not in _EVERYONE]
            if named:
                result.errors.append("、".join(found))
            found = []
        result.names = tuple(found)
        return result

    def _find(self, what: str, name: str) -> str | None:
        """规范名；别名换成规范名；都不是则 None。"""
        known = self._leaders if what == "leaders" else self._departments
        if (key := name_key(name)) in known:
            return known[key]
        if what == "departments" and name in _EVERYONE:
            return ALL_DEPARTMENTS
        target = self._aliases.get(key)
        return known.get(name_key(target)) if target else None

    def _resolve(self, what: str, part: str, result: Matched) -> list[str]:
        """一段写法 → 规范名若干：先看整段，再去括号，最后才按空格拆（须每段都认得）。"""
        name = self._take(what, part, result)
        if name:
            return [name]
        bare = _BRACKETS.sub("", part)
        if bare != part and squeeze(bare):
            dropped = "".join(_BRACKETS.findall(part))
            name = self._take(what, bare, result)
            names = [name] if name else self._by_spaces(what, bare, result)
            if names:
                result.remarks.append(
                    f"“{squeeze(part)}”按“{'、'.join(names)}”识别，括号内容“{dropped}”不导入，请核对。"
                )
                return names
        names = self._by_spaces(what, part, result)
        if not names:
            result.errors.append(squeeze(part))
        return names

    def _take(self, what: str, part: str, result: Matched) -> str | None:
        written = squeeze(part)
        name = self._find(what, written)
        if name and name_key(written) != name_key(name):
            result.remarks.append(f"“{written}”已按别名识别为“{name}”，请核对。")
        return name

    def _by_spaces(self, what: str, part: str, result: Matched) -> list[str]:
        """“李 斌 张 剑”这样用空格隔开的：拼得出每一个都在名单里才算数。"""
        words = part.split()
        if not 1 < len(words) <= 40:
            return []
        best: list[list[str] | None] = [None] * (len(words) + 1)
        best[len(words)] = []
        for start in range(len(words) - 1, -1, -1):
            for end in range(start + 1, min(len(words), start + 6) + 1):
                rest = best[end]
                written = "".join(words[start:end])
                if rest is not None and self._find(what, written):
                    best[start] = [written, *rest]
                    break
        taken = (self._take(what, written, result) for written in best[0] or ())
        return [name for name in taken if name]

    def _unknown(self, what: str, name: str) -> str:
        """“生态环境分局”不在名单中。请……"""
        shown = name if len(name) <= 40 else name[:40] + "…"
        known, others = self._leaders, self._departments
        kind, other = "领导", "部室"
        if what == "departments":
            known, others, kind, other = others, known, other, kind
            if any(mark in name for mark in _EVERYONE):
                return f"“{shown}”把“{ALL_DEPARTMENTS}”与具体部室写在一起。请只写“{ALL_DEPARTMENTS}”，或逐一写明部室。"
        if name_key(name) in others:
            return f"“{shown}”是{other}，不是{kind}。请核对是否填错了列。"
        near = self._nearest(what, name, known)
        hint = f"若是“{near}”请改正写法；" if near else "请核对写法；"
        return f"“{shown}”不在名单中。{hint}确系新增的，请先在{kind}名单中添加或登记别名，再重新上传。"

    def _nearest(self, what: str, name: str, known: dict[str, str]) -> str:
        """名单里最相近的写法；找过的记住，太多了就不再找。"""
        key = (what, name)
        if key not in self._near:
            if len(self._near) >= HINTS:
                return ""
            near = difflib.get_close_matches(name_key(name)[:40], known, n=1, cutoff=0.5)
            self._near[key] = known[near[0]] if near else ""
        return self._near[key]


def _split(value: str) -> list[str]:
    """按顿号、逗号、分号、斜线、换行拆开；括号里的分隔号不算。"""
    held: list[str] = []

    def hold(match: re.Match) -> str:
        held.append(match[0])
        return f"\0{len(held) - 1}\0"

    parts = NAME_SEPARATORS.split(_BRACKETS.sub(hold, value))
    restored = (re.sub("\0(\\d+)\0", lambda match: held[int(match[1])], part) for part in parts)
    return [part.strip() for part in restored if part.strip()]
