"""从方案正文（文本）读出举措与文件头：序号、名称、原文、牵头领导、牵头部室。

版式依照交开党工委发〔2023〕9号：“1、名称。内容……（牵头领导：某某 牵头部室：某某）”。
扫描件的分页会把一句话断成两段，这里不加空格地接回去，此外一字不改。
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from yingshang.tables.guards import decode
from yingshang.tables.limits import Unreadable
from yingshang.tables.normalising import clean, squeeze

from .heads import SUBHEADING, NumberedLine, cut_members, paragraphs, read_members, read_opening, read_safeguards
from .rows import Fault

LONGEST_MEASURE = 20_000  # 一项拼到这么长还没有收口，就不再往下拼
LISTED = 50  # 没有导入的行，逐条列这么多

_ORDINALS = [*"一二三四五六七八九十", *(f"十{unit}" for unit in "一二三四五六七八九"), "二十"]
_SECTION = re.compile(r"^([一二三四五六七八九十]{1,3})、\s*\S.{0,39}$")
_MEASURE = re.compile(r"^(\d{1,4}(?:\s*[-－–—‑]\s*\d{1,3})?)\s*(?:、|[.．](?!\d))\s*(.*)$")
_DASHES = re.compile(r"\s*[-－–—‑]\s*")
_PAGE_NUMBER = re.compile(r"^[—–\-－]+\s*\d{1,4}\s*[—–\-－]+$|^第\s*\d{1,4}\s*页(\s*[，,/]?\s*共\s*\d{1,4}\s*页)?$")
_LEAD = re.compile(r"[（(]\s*牵头领导\s*[：:]")
_LEAD_FACT = re.compile(r"((?:牵头|责任|配合|参与|协助|协同|完成|主办|协办|督办|包保)[\u4e00-\u9fff]{2})\s*[：:]")
_FACT_EDGES = " ，,；;。"


@dataclass(frozen=True)
class PlanMeasure:
    """正文里的一项举措，名字都照文件所写，尚未与名单核对。"""

    number: str
    title: str
    text: str
    leaders_text: str
    departments_text: str
    lead_label: str = "部室"
    separator: str = ""  # 领导与部室之间的分隔，如“，”或空格
    deadline: str = ""
    line: int = field(default=0, compare=False)

    @property
    def leaders(self) -> tuple[str, ...]:
        return _names(self.leaders_text)

    @property
    def departments(self) -> tuple[str, ...]:
        return _names(self.departments_text)


@dataclass
class PlanText:
    """一份方案正文：举措、文件头，以及读的过程中发现的问题。"""

    measures: list[PlanMeasure] = field(default_factory=list)
    head: dict = field(default_factory=dict)
    problems: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def text_to_plan(source: str | Path) -> PlanText:
    """读一份方案：给路径就读文件（UTF-8 或 GB18030），给文字就直接解析。"""
    return parse_text(decode(source.read_bytes(), "txt") if isinstance(source, Path) else source)


def parse_text(text: str) -> PlanText:
    """解析方案正文。"""
    return parse_lines(list(enumerate(clean(text).split("\n"), start=1)))


def parse_lines(lines: Sequence[NumberedLine], *, unit: str = "行", most: int | None = None) -> PlanText:
    """解析已编号、已规整的行；`unit` 是提示里的计数单位（Word 用“段”），`most` 是项数上限。"""
    return _Parser(unit, most).parse(lines)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in map(squeeze, re.split(r"[、，,；;/\n]", text)) if name)


def _quote(text: str, length: int = 30) -> str:
    return text if len(text) <= length else text[:length] + "…"


def _follows(previous: str, number: str) -> bool:
    """序号是否正好接在上一项之后：8 → 9、8 → 8-1、8-1 → 8-2 或 9。"""
    main, _, sub = previous.partition("-")
    return number in (str(int(main) + 1), f"{main}-{int(sub or 0) + 1}")


class _Draft:
    """正在拼接的一项举措。"""

    def __init__(self, number: str, line: int, text: str) -> None:
        self.number, self.line = number, line
        self.text = ""
        self.lead: tuple[int, int] | None = None  # 牵头括号在文字里的起止
        self.add(text)

    def add(self, text: str) -> None:
        if len(self.text) > LONGEST_MEASURE:
            return
        self.text += text
        if "）" in text or ")" in text:
            self.lead = _lead_bracket(self.text)

    @property
    def closed(self) -> bool:
        return self.lead is not None


def _lead_bracket(text: str) -> tuple[int, int] | None:
    """“（牵头领导：”到与之配对的右括号；名字后面可能另有括号注明职务。"""
    starts = list(_LEAD.finditer(text))
    if not starts:
        return None
    start = starts[-1].start()
    depth = 0
    for index in range(start, len(text)):
        if text[index] in "（(":
            depth += 1
        elif text[index] in "）)":
            depth -= 1
            if depth == 0:
                return start, index + 1
    return None


class _Parser:
    def __init__(self, unit: str, most: int | None) -> None:
        self.plan = PlanText()
        self.unit, self.most = unit, most
        self.unlisted = 0

    def parse(self, lines: Sequence[NumberedLine]) -> PlanText:
        head = self.plan.head
        body, members = cut_members(self._without_page_numbers(lines))
        opening, sections = self._sections(body)
        read_opening(opening, head)
        for heading, content in sections:
            if any(_LEAD.search(line) for _, line in content):
                head.setdefault("measures_heading", heading)
                self._read_measures(content)
            elif "目标" in heading and "goal" not in head:
                head["goal_heading"], head["goal"] = heading, paragraphs(content)
            elif "保障" in heading and "safeguards" not in head:
                head["safeguards_heading"], head["safeguards"] = heading, read_safeguards(content)
            elif any(_MEASURE.match(line) for _, line in content):
                self._read_measures(content)
            else:
                self._ignore(f"“{heading}”一节不含举措")
        if members:
            for number, line in read_members(members, head):
                self._ignore(f"第{number}{self.unit}不像名单里的人：“{_quote(line)}”")
        if self.unlisted:
            self.plan.ignored.append(f"另有 {self.unlisted} 处，不再逐条列出")
        return self.plan

    def _ignore(self, what: str) -> None:
        if len(self.plan.ignored) < LISTED:
            self.plan.ignored.append(what)
        else:
            self.unlisted += 1

    def _problem(self, line: int, column: str, value: str, advice: str) -> None:
        message = f"第{line}{self.unit}{advice}"
        self.plan.problems.append(Fault(line, column, _quote(value), message))
        self._check_most()

    def _check_most(self) -> None:
        if self.most is not None and len(self.plan.measures) + len(self.plan.problems) > self.most:
            raise Unreadable(f"文件里超过 {self.most} 项举措的上限，或有太多处读不懂。请核对是否选对了文件后重新上传。")

    def _without_page_numbers(self, lines: Sequence[NumberedLine]) -> list[NumberedLine]:
        """去掉每行首尾的空白、空行和页码行。"""
        kept = []
        pages = 0
        for number, line in lines:
            line = line.strip()
            if line and len(line) < 30 and _PAGE_NUMBER.match(line):
                pages += 1
            elif line:
                kept.append((number, line))
        if pages:
            self._ignore(f"页码 {pages} 处")
        return kept

    def _sections(self, lines: list[NumberedLine]) -> tuple[list[NumberedLine], list[tuple[str, list[NumberedLine]]]]:
        """按“一、”“二、”分节，次序只许向后；一节也没有的，从第一项举措起算正文。"""
        opening: list[NumberedLine] = []
        sections: list[tuple[str, list[NumberedLine]]] = []
        last = -1
        for number, line in lines:
            match = _SECTION.match(line) if len(line) < 60 else None
            ordinal = _ORDINALS.index(match[1]) if match and match[1] in _ORDINALS else -1
            if ordinal > last and not line.endswith(("，", "；")):
                last = ordinal
                sections.append((line, []))
            else:
                (sections[-1][1] if sections else opening).append((number, line))
        if not sections:
            start = next((index for index, (_, line) in enumerate(lines) if _MEASURE.match(line)), len(lines))
            return lines[:start], [("", lines[start:])] if lines[start:] else []
        return opening, sections

    def _read_measures(self, lines: Sequence[NumberedLine]) -> None:
        """逐行拼出每一项：收口之后才认下一项，除非下一个序号正好接得上。"""
        draft: _Draft | None = None
        for number, line in lines:
            match = _MEASURE.match(line)
            starts = _DASHES.sub("-", match[1]) if match else ""
            if match and (draft is None or draft.closed or _follows(draft.number, starts)):
                if draft:
                    self._finish(draft)
                draft = _Draft(starts, number, match[2])
            elif draft and not draft.closed:
                if len(line) < 5 and line.isdecimal():
                    message = f"第{number}{self.unit}只有“{line}”，已接入第{draft.number}项原文；"
                    message += "如系页码，请删去后重新上传。"
                    self.plan.warnings.append(Fault(number, "具体内容", line, message))
                draft.add(line)
            elif _LEAD.search(line):
                advice = "请在段首写明“1、”这样的序号（Word 自动编号须先转为文字），一项只写一处牵头。"
                self._problem(number, "序号", line, f"“{_quote(line)}”写了牵头领导，却没有序号。{advice}")
            elif SUBHEADING.match(line):
                self._ignore(f"第{number}{self.unit}分组标题“{_quote(line)}”")
            else:
                self._ignore(f"第{number}{self.unit}不属于任何举措：“{_quote(line)}”")
        if draft:
            self._finish(draft)

    def _finish(self, draft: _Draft) -> None:
        """一项拼完：切出名称、原文、牵头领导、牵头部室。"""
        text, place = draft.text, f"第{draft.number}项"
        if draft.lead is None:
            advice = "没有以“（牵头领导：某某 牵头部室：某某）”结尾。请补上后重新上传。"
            self._problem(draft.line, "牵头领导", text, place + advice)
            return
        start, end = draft.lead
        if len(_LEAD.findall(text)) > 1:
            advice = "写了不止一处“（牵头领导：……）”。请按 8-1、8-2 这样拆成几项，或合并成一处。"
            self._problem(draft.line, "牵头领导", text[start:], place + advice)
            return
        after = text[end:].strip(" 。")
        if after:
            self._ignore(f"第{draft.line}{self.unit}{place}括号之后的文字“{_quote(after)}”")
        facts, separator = self._lead_facts(text[start + 1 : end - 1], draft)
        label = next((key for key in ("部室", "部门") if f"牵头{key}" in facts), "")
        if not label:
            advice = f"“{_quote(text[start:end])}”没有写牵头部室。请补上“牵头部室：某某”后重新上传。"
            self._problem(draft.line, "牵头部室", text[start:end], place + advice)
            return
        body = text[:start].rstrip()
        self.plan.measures.append(
            PlanMeasure(
                number=draft.number,
                title=body.partition("。")[0].strip(),
                text=body,
                leaders_text=facts["牵头领导"],
                departments_text=facts[f"牵头{label}"],
                lead_label=label,
                separator=separator,
                deadline=facts.get("完成时限", ""),
                line=draft.line,
            )
        )
        self._check_most()

    def _lead_facts(self, inside: str, draft: _Draft) -> tuple[dict[str, str], str]:
        """括号里的“栏目：内容”；不认识的栏目列明，不并进部室。"""
        keys = list(_LEAD_FACT.finditer(inside))
        facts: dict[str, str] = {}
        separator = ""
        for index, key in enumerate(keys):
            end = keys[index + 1].start() if index + 1 < len(keys) else len(inside)
            value = inside[key.end() : end]
            stripped = value.strip(_FACT_EDGES)
            if index == 0 and len(keys) > 1:
                separator = value[len(value.rstrip(_FACT_EDGES)) :]
            if key[1] in ("牵头领导", "牵头部室", "牵头部门", "完成时限") and key[1] not in facts:
                facts[key[1]] = stripped
            else:
                self._ignore(f"第{draft.line}{self.unit}第{draft.number}项“{key[1]}：{_quote(stripped)}”不是导入的栏目")
        return facts, separator
