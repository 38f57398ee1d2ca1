"""姓名与部室：按名单逐个核对。认得别名，不认得的一律报错，绝不悄悄丢掉。"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from yingshang.tables.cells import NAME_SEPARATORS
from yingshang.tables.normalising import clean, name_key, squeeze

from .rows import ALL_DEPARTMENTS, Fault, Names

_HALF = str.maketrans("()", "（）")
_BRACKETS = re.compile(r"[（(][^（）()]*[）)]")
LISTED = 20  # 一格里不认得的，逐个列这么多
HINTS = 500  # 替这么多个不认得的写法找相近的名字
_EVERYONE = (ALL_DEPARTMENTS, "各部门")
# 说的是一批单位，不是哪一个：各科室、区直各有关部门、各镇（街道）。
_ALL = re.compile(r"(?:管委会|机关|全体|区直|市直|县直)?(?:各|全体)(?:部室|部门|单位|科室|处室|股室|局办|部委办局)")
_COLLECTIVE = re.compile(
    r"^(?:.{0,6}(?:各|全体).{0,6}|.{0,6}(?:有关|相关|其他|责任|成员).{0,4})"
    r"(?:部室|部门|单位|科室|处室|股室|镇|乡|街道|镇办|专班|机构|企业|办|局|村|社区|园区|站所)(?:[（(][^）)]*[）)])?等?$"
)
_JOINED = re.compile(r"(?<=.)(?:以及|及|和)(?=(?:其他|各|区直|市直|县直|区级|市级|县级|相关|有关))")
_PERSON = re.compile(r"[\u3400-\u9fff]{2,4}|[\u3400-\u9fff]{1,8}[·•][\u3400-\u9fff]{1,8}")
_PLACE = re.compile(r"[^，。；：？！“”]{2,30}")


@dataclass
class Matched:
    """一格的核对结果。"""

    names: tuple[str, ...] = ()
    everyone: bool = False
    collective: str = ""  # 各部室共担的，文件怎么写
    errors: list[str] = field(default_factory=list)  # 不在名单中的写法
    remarks: list[str] = field(default_factory=list)  # 须确认：按别名识别、去掉了括号……


class NameBook:
    """名单的查找表；同样的写法只核对一次。"""

    def __init__(self, names: Names) -> None:
        self._leaders = {_key(name): name for name in names.leaders}
        self._namesakes = {_key(name): called for name, called in names.namesakes.items()}
        self._departments = {_key(name): name for name in names.departments if squeeze(name) not in _EVERYONE}
        self._aliases = {_key(alias): name for alias, name in names.aliases.items()}
        self.proposing = names.proposing
        self.proposed: dict[str, list[str]] = {"leaders": [], "departments": []}
        self._posts: dict[str, list[str]] = {}  # 拟新增的领导 → 各处注明的职务
        self._cache: dict[tuple[str, str], Matched] = {}
        self._near: dict[tuple[str, str], str] = {}

    def leaders(self, value: str, *, line: int, column: str, unit: str) -> tuple[Matched, list[Fault], list[Fault]]:
        return self._report("leaders", value, line, column, unit)

    def departments(self, value: str, *, line: int, column: str, unit: str) -> tuple[Matched, list[Fault], list[Fault]]:
        return self._report("departments", value, line, column, unit)

    def cooperating(self, value: str) -> tuple[str, ...]:
        """配合单位：名单里有的换成规范简称，没有的照文件所写；都不算错，只去掉重复的。"""
        found: dict[str, None] = {}
        for part in _split(clean(value)):
            for name in map(squeeze, _JOINED.split(part)):
                name = re.sub(r"(?:按照?(?:各自)?职责)?(?:分工)?(?:负责|配合|参与)$", "", name) or name
                found[self._find("departments", name) or name] = None
        return tuple(name for name in found if name)

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
        if self.proposing and what == "departments":
            self._propose_everyone(found, result)
        if what == "departments" and any(name in _EVERYONE for name in found):
            result.everyone = True
            result.collective = result.collective or squeeze(value)
            named = [name for name in found if name not in _EVERYONE]
            if named:
                result.errors.append("、".join(found))
            found = []
        result.names = tuple(found)
        return result

    def _find(self, what: str, name: str) -> str | None:
        """规范名；别名换成规范名；都不是则 None。"""
        known = self._leaders if what == "leaders" else self._departments
        if (key := _key(name)) in known:
            return known[key]
        if what == "departments" and name in _EVERYONE:
            return ALL_DEPARTMENTS
        target = self._aliases.get(key)
        return known.get(_key(target)) if target else None

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
        names = self._by_spaces(what, part, result) or self._propose(what, part, result)
        if not names:
            result.errors.append(squeeze(part))
        return names

    def _take(self, what: str, part: str, result: Matched) -> str | None:
        written = squeeze(part)
        name = self._find(what, written)
        if name and _key(written) != _key(name):
            result.remarks.append(f"“{written}”已按别名识别为“{name}”，请核对。")
        return name

    def _propose(self, what: str, part: str, result: Matched) -> list[str]:
        """新方案里名单没有的：像姓名、像单位名称的提为拟新增，由人确认；不像的仍是错。"""
        if not self.proposing:
            return []
        bare = squeeze(_BRACKETS.sub("", part)) if what == "leaders" else squeeze(part)
        names = [bare]
        if what == "leaders" and not _PERSON.fullmatch(bare):
            names = [squeeze(name) for name in _BRACKETS.sub("", part).split()]
        shape = _PERSON if what == "leaders" else _PLACE
        if not names or not all(shape.fullmatch(name) for name in names):
            return []
        if any(_key(name) in self._namesakes for name in names):
            return []
        if what == "leaders" and bare != squeeze(part):
            self._compare_posts(bare, part, result)
            result.remarks.append(f"“{squeeze(part)}”按“{'、'.join(names)}”识别，括号内容不导入，请核对。")
        for name in names:
            is_group = what == "departments" and (_ALL.fullmatch(name) or _COLLECTIVE.match(name))
            if not is_group and name not in self.proposed[what]:
                self.proposed[what].append(name)
        return names

    def _compare_posts(self, name: str, part: str, result: Matched) -> None:
        """拟新增的一位，几处注明的职务不同：也许是两位，问一声。"""
        posts = self._posts.setdefault(name, [])
        if (post := squeeze("".join(_BRACKETS.findall(part)))) not in posts:
            posts.append(post)
        if len(posts) > 1:
            said = f"“{name}”几处注明的不同（{'、'.join(post.strip('（）()') for post in posts)}），按一位处理。"
            result.remarks.append(f"{said}若是两位同名的，请先在领导名单里各自新增、写明职务，再重新上传。")

    def _propose_everyone(self, found: list[str], result: Matched) -> None:
        """牵头栏写“各部门”“各有关单位”的：按各部室共担；没有写明是哪几个的，要人核对。"""
        groups = [n for n in found if n not in _EVERYONE and (_ALL.fullmatch(n) or _COLLECTIVE.match(n))]
        named = [name for name in found if name not in groups and name not in _EVERYONE]
        if groups and not named:
            result.collective = "、".join(groups)
            if not all(_ALL.fullmatch(name) for name in groups):
                result.remarks.append(f"“{result.collective}”没有写明是哪几个，按“{ALL_DEPARTMENTS}”处理，请核对。")
            found[:] = [ALL_DEPARTMENTS]
        elif groups:
            result.remarks.append(f"“{'、'.join(groups)}”没有写明是哪几个，没有列入牵头，请核对。")
            found[:] = named

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
        if what == "leaders" and (called := self._namesakes.get(_key(_BRACKETS.sub("", name)))):
            return (
                f"“{name[:40]}”说不清是哪一位：名单里有{len(called)}位同名的，{'、'.join(f'“{one}”' for one in called)}。"
                f"请在姓名后注明职务，写成其中一个，再重新上传。"
            )
        if self.proposing and not (what == "departments" and any(mark in name for mark in _EVERYONE)):
            kind = "姓名" if what == "leaders" else "单位名称"
            return f"“{name[:40]}”不像{kind}。请核对这一栏是否写对、顿号有没有漏。"
        shown = name if len(name) <= 40 else name[:40] + "…"
        known, others = self._leaders, self._departments
        kind, other = "领导", "部室"
        if what == "departments":
            known, others, kind, other = others, known, other, kind
            if any(mark in name for mark in _EVERYONE):
                return f"“{shown}”把“{ALL_DEPARTMENTS}”与具体部室写在一起。请只写“{ALL_DEPARTMENTS}”，或逐一写明部室。"
        if _key(name) in others:
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


def _key(name: str) -> str:
    """两个写法是不是同一个；同名的领导连职务写，括号的全角、半角不论。"""
    return name_key(name).translate(_HALF)


def _split(value: str) -> list[str]:
    """按顿号、逗号、分号、斜线、换行拆开；括号里的分隔号不算。"""
    held: list[str] = []

    def hold(match: re.Match) -> str:
        held.append(match[0])
        return f"\0{len(held) - 1}\0"

    parts = NAME_SEPARATORS.split(_BRACKETS.sub(hold, value))
    restored = (re.sub("\0(\\d+)\0", lambda match: held[int(match[1])], part) for part in parts)
    return [part.strip() for part in restored if part.strip()]
