"""量化目标：从原文提出，数值照原文、摘录逐字，交办公室核定；只是规模、型号的数不提。"""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import goals
from .rows import Aim

_UNITS = "个工作日|工作日|个百分点|万平方米|平方米|平方公里|万人次|人次|万立方米|立方米|亿元|万元|万户|万吨|万亩|万米|万人|万个|万家|小时|分钟"
_UNITS += "|公里|公顷|件次|户次|个月|%|天|元|米|亩|家|个|项|户|人|名|次|件|条|套|场|期|篇|宗|吨|批|处|座|所|台|部|份|类|种|倍|页|环节|步"
_LOW = (
    "不低于|不少于|不小于|至少|达到|达|超过|突破|超|保持在|稳定在|提高到|提高至|提升到|提升至|增长到|增至|≥|>=|大于等于"
)
_HIGH = "不超过|不高于|不多于|不大于|控制在|压缩至|压缩到|压减至|压减到|缩短至|缩短到|降至|降到|减至|减少至|低于|少于|≤|<=|小于等于"
_EXACT = "等于|＝|="
_FIGURE = re.compile(
    rf"(?P<before>{_LOW}|{_HIGH}|{_EXACT})?\s*(?<![\d.A-Za-z])(?P<value>\d{{1,9}}(?:\.\d{{1,3}})?)\s*(?P<unit>{_UNITS})"
    r"(?P<after>以上|以内|以下|之内|左右|内)?"
)
_NUMBER = re.compile(r"\d")  # 没有数的一句、一节，用不着细看
_DEPTH = {"“": 1, "《": 1, "”": -1, "》": -1}
_TIMES = ("个工作日", "工作日", "小时", "分钟", "天", "个月")
_STRENGTHS = (("strive", "力争|争取|努力"), ("apply", "申请|申报"))
_NOISE = re.compile(
    r"^(?:到?20\d\d年底?前?|全年|年内|年底前|本年度?|每年|每季度|每月|力争|争取|努力|确保|实现|申请|申报|年内|要|并|使|将|按期)+"
)
_TRAILING = re.compile(r"(?:力争|争取|确保|实现|完成|为|在|约|近|率先)+$")
LONGEST_NAME, LONGEST_QUOTE, MOST = 60, 120, 8


def propose(text: str) -> tuple[tuple[Aim, ...], list[str]]:
    """原文 → 提出的目标，和说到而没有提的数（规模、次数、型号）。"""
    found: list[Aim] = []
    passed: list[str] = []
    for sentence in filter(_NUMBER.search, _parts(text, "。；;\n！")):
        for clause in filter(_NUMBER.search, _parts(sentence, "，")):
            strength = ""
            for part in _parts(clause, "、"):
                strength = _strength(part) or strength  # “力争新增甲10家、乙5家”：力争管到乙
                for match in _FIGURE.finditer(part):
                    if _is_size(match, part[match.end() :]) or len(part) > LONGEST_QUOTE:
                        passed.append(match[0].strip())
                    elif len(found) < MOST:
                        found.append(_aim(part, match, strength or "must", sentence))
    return tuple(found), passed


def _parts(text: str, marks: str) -> list[str]:
    """按标点拆开；引号里的标点不算（“双随机、一公开”）。"""
    pieces, depth, start = [], 0, 0
    for found in re.finditer(f"[“《”》{marks}]", text):
        depth += _DEPTH.get(found[0], 0)
        if found[0] in marks and depth <= 0:
            pieces.append(text[start : found.start()])
            start = found.end()
    return [piece.strip() for piece in (*pieces, text[start:]) if piece.strip()]


def from_column(words: str, title: str) -> tuple[Aim, ...]:
    """“量化目标”一栏：整栏就是目标；只写了“≥80%”的，名称取举措名称。"""
    if (ours := goals.read(words)) is not None:
        return ours
    found = []
    for part in re.split(r"[，。；;\n]", words):
        quote = part.strip()
        for match in _FIGURE.finditer(quote):
            aim = _aim(quote[:LONGEST_QUOTE], match, _strength(quote) or "must", quote)
            found.append(aim if aim.name else Aim(title[:LONGEST_NAME], *_values(aim)))
    return tuple(found[:MOST])


def _values(aim: Aim) -> Sequence[str]:
    return aim.operator, aim.value, aim.unit, aim.strength, aim.quote


def _is_size(match: re.Match, following: str) -> bool:
    """后面还跟着名词的数（1.5 万吨中水回用项目、1次活动）是规模；写了不低于、以上之类的不是。"""
    if match["before"] or match["after"]:
        return False
    return bool(re.match(r"\s*[\u4e00-\u9fffA-Za-z“]", following))


def _strength(sentence: str) -> str:
    return next((strength for strength, words in _STRENGTHS if re.search(words, sentence)), "")


def _aim(quote: str, match: re.Match, strength: str, sentence: str) -> Aim:
    before, after = match["before"] or "", match["after"] or ""
    operator = "ge"
    if (
        re.fullmatch(_HIGH, before)
        or after in ("以内", "以下", "之内", "内")
        or not before
        and not after
        and match["unit"] in _TIMES
        and re.search("办结|办理|压缩|缩短|完成|办好", sentence)
    ):
        operator = "le"
    elif re.fullmatch(_EXACT, before):
        operator = "eq"
    name = _TRAILING.sub("", _NOISE.sub("", quote[: match.start()].strip())).strip(" ：:，“”")
    return Aim(name[:LONGEST_NAME], operator, match["value"], match["unit"], strength, quote)
