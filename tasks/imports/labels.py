"""栏目与列名的叫法：“牵头单位”“责任科室”“完成时间”各是什么。

叫法有一定的构词（谁来办 × 单位、部门、科室……），照构词认；本单位另有的叫法由管理员登记，见 `Terms`。
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from yingshang.tables.normalising import squeeze

WHO = ("leaders", "departments")  # 由谁牵头
_NOUN = (
    "(?:责任)?(?:单位|部门|部室|科室|处室|股室|机构|主体|部委|局办|局|委办|镇街|镇办|乡镇|街道|站所|中心|专班)"
    "(?:[（(及和、/]*(?:单位|部门|科室|处室|部室)[）)]?)?"
)
_PATTERNS = {
    "leaders": re.compile(
        r"(?:市级|区级|县级|市|区|县|管委会|党工委|院|局|镇)?"
        r"(?:牵头|责任|主管|分管|包保|包联|包抓|挂帅|负责|督办|联系|主抓|挂钩|第一|直接|主要|具体|市级|区级|县级)*"
        r"(?:领导|领导同志|责任领导|责任人|负责人|负责同志|责任同志)(?:及职务)?"
    ),
    "cooperating": re.compile(rf"(?:配合|协办|参与|参加|协助|协同|会办|支持|联办|协作)(?:落实|实施|完成)?(?:{_NOUN})?"),
    "departments": re.compile(
        r"(?:共同)?(?:牵头|责任|主办|负责|承办|主责|实施|落实|主管|主要|第一|具体|执行|承担|组织实施|完成|整改)+"
        rf"(?:及|和)?{_NOUN}|牵头|主办|承办|主责|责任主体|(?:责任|任务)(?:单位)?分工"
    ),
    "deadline": re.compile(
        r"(?:计划|预计|拟|要求|工作|目标|任务|整改)?(?:完成|办结|办理|落实|整改|实施|推进)?(?:的)?"
        r"(?:时限|期限|时间节点|时间要求|时限要求|进度安排|进度要求|时间进度|时间安排|时间|节点|日期|年限)"
    ),
    "targets": re.compile(
        r"(?:量化|年度|预期|考核|绩效|阶段|具体|工作|完成|主要)*(?:目标|指标)(?:值|要求|（指标）)?|目标值|指标值|目标指标"
    ),
}
_TITLES = (
    "举措名称 任务名称 重点任务 工作任务 主要任务 任务 事项 工作事项 重点事项 改革事项 项目名称 工作项目 重点工作 举措 "
)
_TITLES += "名称 工作名称 重点举措 任务事项 改革任务 主要事项 工作重点"
_TEXTS = (
    "具体内容 原文 举措原文 主要内容 举措内容 工作内容 具体举措 具体措施 工作举措 工作措施 任务内容 具体任务 任务要求 "
)
_TEXTS += (
    "工作要求 主要措施 推进措施 具体事项 重点内容 实施内容 内容 措施 目标任务 改革举措 细化举措 落实措施 主要举措 "
)
_TEXTS += "具体工作 具体工作任务 任务措施 工作任务及措施 工作目标及举措"
# 只见于表格的列名；栏目（牵头单位……）另照构词认。
_COLUMNS = {
    **dict.fromkeys(("序号", "编号", "项次", "任务序号", "举措序号", "任务编号", "No", "NO"), "number"),
    **dict.fromkeys(_TITLES.split(), "title"),
    **dict.fromkeys(_TEXTS.split(), "text"),
    "类型": "kind",
    "举措类型": "kind",
}
# 同一用途写了几个的，以先说的为准：牵头的在前，其余的列明或归入配合。
_ORDER = ("牵头", "主办", "主责", "第一", "主要", "责任", "承办", "负责", "分管", "")
# 前面粘着别的字的，须是说得明白的叫法：“周明远牵头部室”里有“牵头部室”，“督导专班”里没有栏目。
_EXPLICIT = re.compile(r"(牵头|责任|主办|主责|承办|配合|协办|协同|协助|参与|完成|办结|分管|包保|量化|时间|时限|进度)..")
_NOUN_END = re.compile(r"(单位|部门|部室|科室|处室|股室|机构|局办|局)$")
_SEEN = re.compile(r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff]{2,10})\s*[：:]")
_LABEL = re.compile(r"([\u4e00-\u9fff（()）及和、/]{2,16})\s*[：:]")
LONGEST = 10


@dataclass(frozen=True)
class Terms:
    """认叫法：照构词，再加管理员登记过的（叫法 → 用途；用途为空的是“不导入”）。"""

    extra: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def use(self, label: str) -> str:
        """正文里的一个栏目是什么；不认得的为空。"""
        plain = squeeze(label)
        if plain in self.extra:
            return self.extra[plain]
        return next((role for role, pattern in _PATTERNS.items() if pattern.fullmatch(plain)), "")

    def column(self, header: str) -> str:
        """表格的一列是什么；不认得的为空。"""
        plain = squeeze(header)
        if plain in self.extra:
            return self.extra[plain]
        return _COLUMNS.get(plain, "") or self.use(plain)

    def ends_with_label(self, written: str) -> str:
        """一段字的结尾是哪个栏目（“周明远牵头部室”→“牵头部室”）：取最长的。"""
        for start in range(max(0, len(written) - LONGEST), len(written) - 1):
            if self.use(written[start:]) and (start == 0 or _EXPLICIT.match(written[start:])):
                return written[start:]
        return ""

    def nearest(self, label: str) -> str:
        """最相近的一个认得的叫法，说给人听。"""
        common = ["牵头领导", "牵头部室", "牵头单位", "责任单位", "责任部门", "责任领导", "配合单位", "完成时限"]
        common += ["量化目标", "序号", "举措名称", "具体内容", "重点任务", "具体措施", "工作内容", *self.extra]
        found = difflib.get_close_matches(squeeze(label)[:20], common, n=1, cutoff=0.34)
        return found[0] if found else ""


def leads_before(label: str) -> int:
    """同一用途的几个栏目，哪个在前：小的在前。"""
    return next(index for index, start in enumerate(_ORDER) if label.startswith(start))


def noun_of(label: str) -> str:
    """“责任科室”→“科室”，存作原文称谓；没有的按“单位”。"""
    match = _NOUN_END.search(squeeze(label))
    return match[1] if match else "单位"


@dataclass(frozen=True)
class Fact:
    """一个栏目：写法、用途、内容（已去首尾标点）、内容前后照录的样子。"""

    label: str
    use: str
    value: str
    raw: str


def labels_in(text: str, terms: Terms) -> Iterator[tuple[int, int, str, str]]:
    """一段字里的各个“栏目：”——（起、止、写法、用途）；不认得而像栏目的，用途为空。"""
    for match in _LABEL.finditer(text):
        run = match[1]
        label = terms.ends_with_label(run)
        start = match.start() + len(run) - len(label)
        if label:
            yield start, match.end(), label, terms.use(label)
        elif re.fullmatch(r"[\u4e00-\u9fff]{2,8}", run) and (
            match.start() == 0 or text[match.start() - 1] in "，,；;。 　（(\n"
        ):
            yield match.start(), match.end(), run, ""


def facts_in(text: str, terms: Terms) -> list[Fact]:
    """“栏目：内容”逐个拆开。"""
    marks = list(labels_in(text, terms))
    found = []
    for index, (_, end, label, role) in enumerate(marks):
        stop = marks[index + 1][0] if index + 1 < len(marks) else len(text)
        raw = text[end:stop]
        found.append(Fact(label, role, raw.strip(" ，,；;。、\n"), raw))
    return found


def seen_in(lines: Iterable[str]) -> list[str]:
    """正文里像栏目的写法，拒收时说给人听。"""
    found: dict[str, None] = {}
    for line in lines:
        found.update(dict.fromkeys(_SEEN.findall(line)))
        if len(found) > 20:
            break
    return list(found)[:20]
