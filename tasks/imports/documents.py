"""从方案正文（文本）读出举措与文件头：序号、名称、原文、谁牵头、谁配合、何时完成。

先把各行接成段落（`lines`），再看哪一级序号的每一节恰好有一处分工（`leads`）：那一级就是举措。
一字不改；拿不准的写进须核对的话，读不出的报错，没有读入的逐条列明。
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from yingshang.tables.guards import decode
from yingshang.tables.limits import Unreadable
from yingshang.tables.normalising import clean, squeeze

from .heads import cut_members, cut_signature, paragraphs, read_members, read_opening, read_safeguards
from .labels import WHO, Fact, Terms, leads_before, noun_of, seen_in
from .leads import Lead, find_leads, line_facts
from .lines import TAIL, Joiner, Paragraph, tidy
from .numbers import RANKS, leading_number, normalise_number
from .rows import Fault
from .titles import doubts, split_title
from .word import Line

LISTED = 50  # 没有导入的行，逐条列这么多
_SECTION = re.compile(r"^[一二三四五六七八九十]{1,3}\s*[、.．]\s*\S.{0,39}$")
_SAFEGUARDS = re.compile(r"保障|组织领导|组织实施|工作机制|推进机制")
_EXPECTED = "（牵头领导：某某 牵头部室：某某）"


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
    cooperating_text: str = ""
    targets_text: str = ""
    leaders_label: str = "牵头领导"
    departments_label: str = ""
    section: str = ""  # 各级标题，一级一行
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
    seen: list[str] = field(default_factory=list)  # 一处分工也没有时，正文里像栏目的写法


def text_to_plan(source: str | Path) -> PlanText:
    """读一份方案：给路径就读文件（UTF-8 或 GB18030），给文字就直接解析。"""
    return parse_text(decode(source.read_bytes(), "txt") if isinstance(source, Path) else source)


def parse_text(text: str) -> PlanText:
    """解析方案正文。"""
    return parse_lines(plain_lines(text))


def plain_lines(text: str) -> list[Line]:
    """文本的各行：行首的空格是换段的凭据，一并记下。"""
    lines = clean(text).split("\n")
    return [Line(number, line, line[:1] == " ") for number, line in enumerate(lines, start=1)]


def parse_lines(
    lines: Sequence[Line], *, unit: str = "行", most: int | None = None, terms: Terms | None = None
) -> PlanText:
    """解析已编号、已规整的行；`unit` 是提示里的计数单位（Word 用“段”），`most` 是项数上限。"""
    return _Parser(unit, most, terms or Terms()).parse(lines)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in map(squeeze, re.split(r"[、，,；;/\n]", text)) if name)


def _quote(text: str, length: int = 30) -> str:
    text = text.replace("\n", " ")
    return text if len(text) <= length else text[:length] + "…"


def _follows(previous: str, number: str) -> bool:
    """序号是否正好接在上一项之后：8 → 9、8 → 8-1、8-1 → 8-2 或 9，1.1 → 1.2 或 2.1。"""
    main, sub = (re.split("[-.]", previous) + [""])[:2]
    mark = "." if "." in number else "-"
    after = (str(int(main) + 1), f"{int(main) + 1}{mark}1", f"{main}{mark}{int(sub or 0) + 1}")
    return number in after


class _Draft:
    """正在拼接的一项举措。"""

    def __init__(self, paragraph: Paragraph, group: tuple[str, ...], section: str, terms: Terms) -> None:
        assert paragraph.number is not None
        self.section = section
        self.written, self.place, self.group, self.terms = paragraph.number.value, paragraph.place, group, terms
        self.number = self.written
        self.bold = max(0, paragraph.bold - paragraph.number.length)
        self.parts: list[str] = []
        self.facts: list[Fact] = []
        self.leads: list[tuple[Lead, str]] = []
        self.after: list[tuple[int, str]] = []  # 分工以后的文字
        self.add(paragraph, paragraph.rest)

    @property
    def is_closed(self) -> bool:
        return bool(self.leads) or any(fact.use in WHO for fact in self.facts)

    def add(self, paragraph: Paragraph, text: str) -> None:
        if paragraph.is_facts and self.parts:
            self.facts += line_facts(text, self.terms)
            return
        if self.is_closed:
            self.after.append((paragraph.place, text))
            return
        leads = find_leads(text, self.terms)
        if not leads:
            self.parts.append(text.strip())
            return
        if before := text[: leads[0].start].rstrip():
            self.parts.append(before.strip())
        for lead in leads:
            self.leads.append((lead, text[lead.start : lead.end]))
        self.facts += leads[0].facts
        if rest := text[leads[-1].end :].strip(" 。；;"):
            self.after.append((paragraph.place, rest))

    @property
    def text(self) -> str:
        return "\n".join(self.parts)

    @property
    def quote(self) -> str:
        return self.leads[0][1] if self.leads else "；".join(f"{fact.label}：{fact.value}" for fact in self.facts)


class _Parser:
    def __init__(self, unit: str, most: int | None, terms: Terms) -> None:
        self.plan = PlanText()
        self.unit, self.most, self.terms = unit, most, terms
        self.unlisted = 0

    def parse(self, lines: Sequence[Line]) -> PlanText:
        tidied = tidy(lines)
        for said in tidied.said:
            self._ignore(said)
        body, members = cut_members([(line.place, line.text) for line in tidied.lines])
        kept = tidied.lines[: len(body)]
        start = self._opening_length(kept)
        read_opening(body[:start], self.plan.head)
        for line in kept[start:]:
            self._point_out_bare_figure(line)
        found = Joiner(kept[start:], self.terms, self.unit).paragraphs()
        led = {index for index, paragraph in enumerate(found) if self._leads(paragraph)}
        found = self._without_tail(found, max(led, default=-1))
        style = self._measure_style(found, led)
        self._read_sections(found, led, style)
        if not led:
            self.plan.seen = seen_in(paragraph.text for paragraph in found)
        if members:
            for place, strange in read_members(members, self.plan.head):
                self._ignore(f"第{place}{self.unit}不像名单里的人：“{_quote(strange)}”")
        if self.unlisted:
            self.plan.ignored.append(f"另有 {self.unlisted} 处，不再逐条列出")
        return self.plan

    # ── 说的话 ──

    def _ignore(self, what: str) -> None:
        if len(self.plan.ignored) < LISTED:
            self.plan.ignored.append(what)
        else:
            self.unlisted += 1

    def _problem(self, line: int, column: str, value: str, advice: str) -> None:
        message = f"第{line}{self.unit}{advice}"
        self.plan.problems.append(Fault(line, column, _quote(value), message))
        self._check_most()

    def _warn(self, line: int, column: str, value: str, message: str) -> None:
        self.plan.warnings.append(Fault(line, column, _quote(value), message))

    def _check_most(self) -> None:
        if self.most is not None and len(self.plan.measures) + len(self.plan.problems) > self.most:
            raise Unreadable(f"文件里超过 {self.most} 项举措的上限，或有太多处读不懂。请核对是否选对了文件后重新上传。")

    # ── 分节 ──

    def _opening_length(self, lines: Sequence[Line]) -> int:
        """“一、”以前是文件头；一节也没有的，到第一个序号为止。"""
        numbers = [(index, leading_number(line.text)) for index, line in enumerate(lines)]
        for wanted in (("一",), ("条", "（一）", "1", "1.1", "（1）", "①")):
            for index, number in numbers:
                if number and number.style in wanted:
                    return index
        return len(lines)

    def _leads(self, paragraph: Paragraph) -> bool:
        if paragraph.is_facts:
            return any(fact.use in WHO for fact in line_facts(paragraph.text, self.terms))
        return bool(find_leads(paragraph.text, self.terms))

    def _without_tail(self, found: list[Paragraph], last: int) -> list[Paragraph]:
        """文末的附件、联系人、抄送、印发、落款：都列明，不进保障措施。"""
        for index, paragraph in enumerate(found):
            if index > last and TAIL.search(paragraph.text):
                for left in found[index:]:
                    self._ignore(f"第{left.place}{self.unit}文末的“{_quote(left.text, 60)}”")
                found = found[:index]
                break
        signed = cut_signature([paragraph.text for paragraph in found[last + 1 :]], self.plan.head)
        if signed:
            self._ignore(f"文末的落款“{'　'.join(paragraph.text for paragraph in found[-signed:])}”")
        return found[: len(found) - signed]

    def _measure_style(self, found: Sequence[Paragraph], led: set[int]) -> str:
        """举措是哪一级序号：照它分开，各节恰有一处分工的最多。"""
        best, most = "1", 0.0
        for style in ("一", "条", "（一）", "1", "1.1", "（1）", "①"):
            single, multiple, none = self._tally(found, led, style)
            # 只有一节有一处分工的“一、”：多半是“二、具体举措”一类的标题。
            score = (0.5 if style == "一" and single == 1 else single) - 2 * multiple - 0.3 * none
            if score >= most and single:  # 一样好的取小的一级：“二、具体举措”下只有一项的，举措是“1、”
                best, most = style, score
        return best

    def _tally(self, found: Sequence[Paragraph], led: set[int], style: str) -> tuple[int, int, int]:
        counts: list[int] = []
        scope = [False]
        number = ""
        for index, paragraph in enumerate(found):
            begins = paragraph.number is not None and paragraph.number.style == style
            if begins and (not counts or counts[-1] or _follows(number, paragraph.number.value)):  # type: ignore[union-attr]
                counts.append(0)
                number = paragraph.number.value  # type: ignore[union-attr]
            if index in led and counts and not (index - 1 in led and paragraph.is_facts):
                counts[-1] += 1
            scope[0] = scope[0] or index in led
        last = max((i for i, count in enumerate(counts) if count), default=-1)
        counts = counts[: last + 1]
        return counts.count(1), sum(count > 1 for count in counts), counts.count(0)

    def _is_heading(self, paragraph: Paragraph, index: int, led: set[int], last: int, style: str) -> bool:
        """“一、”一类的节标题，次序只许向后。"""
        number = paragraph.number
        if number is None or number.style != "一" or len(paragraph.text) >= 60 or not _SECTION.match(paragraph.text):
            return False
        if style == "一" and not re.search(r"目标|保障|要求|原则|思想|组织|附则", paragraph.rest):
            return False
        return int(number.value) > last and index not in led and not paragraph.text.endswith(("，", "；"))

    def _read_sections(self, found: list[Paragraph], led: set[int], style: str) -> None:
        sections: list[tuple[str, list[tuple[int, Paragraph]]]] = [("", [])]
        last = 0
        for index, paragraph in enumerate(found):
            if self._is_heading(paragraph, index, led, last, style):
                last = int(paragraph.number.value)  # type: ignore[union-attr]
                sections.append((paragraph.text, []))
            else:
                sections[-1][1].append((index, paragraph))
        head, drafts = self.plan.head, []
        for heading, content in sections:
            lines = [(paragraph.place, paragraph.text) for _, paragraph in content]
            if any(index in led for index, _ in content):
                head.setdefault("measures_heading", heading)
                drafts += self._drafts(heading, content, led, style)
            elif not heading and not content:
                continue
            elif "目标" in heading and "goal" not in head:
                head["goal_heading"], head["goal"] = heading, paragraphs(lines)
            elif _SAFEGUARDS.search(heading) and "safeguards" not in head:
                head["safeguards_heading"], head["safeguards"] = heading, read_safeguards(lines)
            else:
                self._ignore(f"“{heading or '标题以前'}”一节不含举措")
        self._finish_all(drafts, style)

    # ── 举措 ──

    def _drafts(
        self, heading: str, content: Sequence[tuple[int, Paragraph]], led: set[int], style: str
    ) -> list[_Draft]:
        """逐段拼出一节里的各项：收口之后才认下一项，除非下一个序号正好接得上。"""
        drafts: list[_Draft] = []
        section = leading_number(heading)
        groups: dict[int, str] = {0: section.value} if section else {}
        titles: dict[int, str] = {0: heading} if heading else {}
        draft: _Draft | None = None
        for index, paragraph in content:
            number = paragraph.number
            starts = number is not None and number.style == style
            if starts and (draft is None or draft.is_closed or _follows(draft.written, number.value)):  # type: ignore[union-attr]
                draft = _Draft(paragraph, tuple(groups.values()), "\n".join(titles.values()), self.terms)
                drafts.append(draft)
            elif (
                number and self._above(number.style, style) and (draft is None or draft.is_closed) and index not in led
            ):
                groups, titles = _under(groups, number.rank), _under(titles, number.rank)
                groups[number.rank], titles[number.rank] = number.value, paragraph.text
                draft = None
                self._ignore(f"第{paragraph.place}{self.unit}分组标题“{_quote(paragraph.text)}”（作标题存下）")
            elif draft and not (draft.is_closed and self._is_lost_lead(paragraph, index, led)):
                draft.add(paragraph, paragraph.text)
            elif index in led:
                advice = "请在段首写明“1、”这样的序号（Word 自动编号须先转为文字），一项只写一处牵头。"
                said = f"“{_quote(paragraph.text)}”写了牵头领导，却没有序号。{advice}"
                self._problem(paragraph.place, "序号", paragraph.text, said)
            else:
                self._stray(paragraph)
        return drafts

    def _above(self, style: str, measures: str) -> bool:
        return RANKS[style] < RANKS[measures]

    def _is_lost_lead(self, paragraph: Paragraph, index: int, led: set[int]) -> bool:
        """已经收口以后，又有一段写了分工而没有序号：多半是丢了序号的一项。"""
        return index in led and not paragraph.is_facts

    def _stray(self, paragraph: Paragraph) -> None:
        number = paragraph.number
        if number and number.style == "（一）":
            self._ignore(f"第{paragraph.place}{self.unit}分组标题“{_quote(paragraph.text)}”")
        else:
            self._ignore(f"第{paragraph.place}{self.unit}不属于任何举措：“{_quote(paragraph.text)}”")

    def _point_out_bare_figure(self, line: Line) -> None:
        if len(line.text) < 5 and line.text.isdecimal():
            message = f"第{line.place}{self.unit}只有“{line.text}”，已接入原文；如系页码，请删去后重新上传。"
            self._warn(line.place, "具体内容", line.text, message)

    def _finish_all(self, drafts: list[_Draft], style: str) -> None:
        self._take_bodies_after(drafts)
        self._number(drafts, style)
        titled = []
        for draft in drafts:
            if self._finish(draft):
                titled.append(draft)
        found = [(draft.number, split_title(draft.parts or [""], draft.bold)) for draft in titled]
        for index, said in doubts(found):
            self._warn(
                titled[index].place, "举措名称", found[index][1].title, f"第{titled[index].place}{self.unit}{said}"
            )

    def _take_bodies_after(self, drafts: list[_Draft]) -> None:
        """分工写在名称后面、内容在其后的，一半以上都如此才算内容；个别的列明。"""
        having = [draft for draft in drafts if any(len(text) > 4 for _, text in draft.after)]
        as_body = len(having) * 2 > len(drafts)
        for draft in drafts:
            if as_body:
                draft.parts += [text for _, text in draft.after]
                continue
            for index, (place, text) in enumerate(draft.after):
                if place == draft.place or index == 0 and draft.leads and text in draft.leads[0][1]:
                    said = f"第{place}{self.unit}第{draft.number}项括号之后的文字“{_quote(text)}”"
                else:
                    said = f"第{place}{self.unit}不属于任何举措：“{_quote(text)}”"
                self._ignore(said)

    def _number(self, drafts: list[_Draft], style: str) -> None:
        """统一写法；各节各自从 1 编起的，带上节号，都要说。"""
        plain = [normalise_number(draft.written) for draft in drafts]
        if len(set(plain)) < len(plain) and all(draft.group for draft in drafts) and self._restarts(drafts):
            joined = [f"{draft.group[-1]}-{number}" for draft, number in zip(drafts, plain, strict=True)]
            if len(set(joined)) == len(joined) and all(normalise_number(number) for number in joined):
                plain, said = joined, f"各节的序号各自从头编起，已带上节号：{joined[0]} … {joined[-1]}。请核对。"
            else:
                plain = [str(index) for index in range(1, len(drafts) + 1)]
                said = f"各节的序号各自从头编起，已按先后改编为 1 … {len(drafts)}。请核对。"
            self._warn(drafts[0].place, "序号", "", said)
        elif style == "1.1" and drafts:
            if not all(plain):
                plain = [str(index) for index in range(1, len(drafts) + 1)]
            first, last = drafts[0], drafts[-1]
            said = f"序号“{first.written} … {last.written}”改写为“{plain[0]} … {plain[-1]}”。请核对。"
            self._warn(first.place, "序号", "", said)
        for draft, number in zip(drafts, plain, strict=True):
            draft.number = number or draft.written

    def _restarts(self, drafts: Sequence[_Draft]) -> bool:
        """每一组里的序号都各自递增、不重复。"""
        groups: dict[tuple[str, ...], list[str]] = {}
        for draft in drafts:
            groups.setdefault(draft.group, []).append(draft.written)
        return len(groups) > 1 and all(len(set(numbers)) == len(numbers) for numbers in groups.values())

    def _finish(self, draft: _Draft) -> bool:
        """一项拼完：切出名称、原文、各个栏目。"""
        text, place = draft.text, f"第{draft.number}项"
        if not draft.is_closed:
            advice = f"没有以“{_EXPECTED}”结尾。请补上由谁牵头后重新上传。"
            self._problem(draft.place, "牵头领导", text, place + advice)
            return False
        if len(draft.leads) > 1:
            advice = "写了不止一处“（牵头领导：……）”。请按 8-1、8-2 这样拆成几项，或合并成一处。"
            self._problem(draft.place, "牵头领导", draft.leads[-1][1], place + advice)
            return False
        facts = self._sorted_facts(draft)
        if "departments" not in facts:
            self._problem(draft.place, "牵头部室", draft.quote, place + self._no_department(draft))
            return False
        who, leaders = facts["departments"], facts.get("leaders")
        title = split_title(draft.parts or [""], draft.bold).title
        self.plan.measures.append(
            PlanMeasure(
                number=draft.number,
                title=title,
                text=text,
                leaders_text=leaders.value if leaders else "",
                departments_text=who.value,
                lead_label=noun_of(who.label),
                separator=_separator(draft.facts),
                deadline=facts["deadline"].value if "deadline" in facts else "",
                cooperating_text=facts["cooperating"].value if "cooperating" in facts else "",
                targets_text=facts["targets"].value if "targets" in facts else "",
                leaders_label=leaders.label if leaders else "",
                departments_label=who.label,
                section=draft.section,
                line=draft.place,
            )
        )
        self._check_most()
        return True

    def _sorted_facts(self, draft: _Draft) -> dict[str, Fact]:
        """各用途取哪一个：牵头单位与责任单位都写了的，责任单位算配合；其余多出来的列明，不并进去。"""
        found: dict[str, Fact] = {}
        for fact in sorted(draft.facts, key=lambda fact: leads_before(fact.label)):
            if fact.use == "departments" and "departments" in found and fact.label != found["departments"].label:
                fact = Fact(fact.label, "cooperating", fact.value, fact.raw)
            if not fact.use or fact.use in found and fact.use != "cooperating":
                said = f"第{draft.place}{self.unit}第{draft.number}项“{fact.label}：{_quote(fact.value)}”不是导入的栏目"
                self._ignore(said if not fact.use else f"{said}（已有“{found[fact.use].label}”）")
            elif fact.use in found:
                known = found[fact.use]
                value = "、".join(filter(None, (known.value, fact.value)))
                found[fact.use] = Fact(known.label, fact.use, value, value)
            else:
                found[fact.use] = fact
        return found

    def _no_department(self, draft: _Draft) -> str:
        unknown = [fact.label for fact in draft.facts if not fact.use]
        near = next((f"“{label}”最像“{near}”。" for label in unknown if (near := self.terms.nearest(label))), "")
        return f"“{_quote(draft.quote)}”没有写牵头部室。{near}请补上“牵头部室：某某”后重新上传。"


def _under(held: dict[int, str], rank: int) -> dict[int, str]:
    """比这一级大的各级。"""
    return {above: said for above, said in held.items() if above < rank}


def _separator(facts: Sequence[Fact]) -> str:
    if len(facts) < 2:
        return ""
    raw = facts[0].raw
    return raw[len(raw.rstrip(" ，,；;。")) :]
