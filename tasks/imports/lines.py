"""把一行一行的文字收拾成段落：去掉页码与页眉，把断在行末、页末的句子接回去，真正的换段留着。"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from yingshang.tables.normalising import squeeze

from .labels import Terms
from .leads import LONGEST_BRACKET, find_leads, line_facts, open_since
from .numbers import Leading, leading_number
from .word import Line

SENTENCE_END = "。！？；：!?;:”）…"
LONGEST = 20_000  # 一段拼到这么长，就不再往下拼
HEADING = 45  # 标题、独占一行的名称至多这么长
_MARK = r"[—–\-－─·•・∙．.~～_=*|｜\s]"
_PAGE = [
    re.compile(rf"^{_MARK}*[—–\-－─·•・∙~～]{_MARK}*\d{{1,4}}{_MARK}*[—–\-－─·•・∙~～]?{_MARK}*$"),
    re.compile(rf"^\d{{1,4}}{_MARK}*[—–\-－─·•・∙~～]{_MARK}*$"),
    re.compile(
        r"^[〔\[【（(]?\s*第\s*[\d一二三四五六七八九十]{1,4}\s*页(\s*[，,/]?\s*共\s*[\d一二三四五六七八九十]{1,4}\s*页)?\s*[〕\]】）)]?$"
    ),
    re.compile(r"^共\s*\d{1,4}\s*页\s*[，,/]?\s*第\s*\d{1,4}\s*页$"),
    re.compile(r"^\d{1,4}\s*[/／]\s*\d{1,4}$"),
    re.compile(r"^page\s*\d{1,4}(\s*(of|/)\s*\d{1,4})?$", re.I),
]
_SPACED = re.compile(r"^\S(?:\s+\S)+$")
_DATE = re.compile(
    r"^(?:\d{4}|[二〇零○一三四五六七八九]{4})\s*年\s*[\d一二三四五六七八九十]{1,3}\s*月\s*[\d一二三四五六七八九十]{1,3}\s*日$"
)
TAIL = re.compile(
    r"^[（(]?(?:附件|附表|附\s*[：:]|联系人|联系电话|联系方式|抄送|抄报|主送|此件(?:主动|依申请|不予)?公开|信息公开选项)"
    r"|印发$|^（此页无正文）"
)


@dataclass
class Paragraph:
    """一段：起于第几段（行）、文字、开头的序号、开头几个字加粗，是不是“栏目：内容”的一行。"""

    place: int
    text: str
    number: Leading | None = None
    bold: int = 0
    is_facts: bool = False

    @property
    def rest(self) -> str:
        """序号以后的文字。"""
        return self.text[self.number.length :] if self.number else self.text


@dataclass
class Tidied:
    lines: list[Line] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # 去掉了什么


def tidy(lines: Sequence[Line]) -> Tidied:
    """去掉每行首尾的空白、空行、页码与页眉；标题的字拉开了的收拢。"""
    found = Tidied()
    full = [line for line in lines if line.text.strip()]
    pages = _page_lines(full)
    heads = _running_heads(full, pages)
    for index, line in enumerate(full):
        if index not in pages and index not in heads:
            text = line.text.strip()
            indented = line.is_indented or line.text[0] in " \u3000"
            bold = max(0, line.bold - (len(line.text) - len(line.text.lstrip())))
            found.lines.append(line._replace(text=_closed_up(text), is_indented=indented, bold=bold))
    if pages:
        found.said.append(f"页码 {len(pages)} 处")
    for text, count in Counter(heads.values()).items():
        found.said.append(f"各页重复的“{text[:40]}” {count} 处，按页眉页脚没有读入")
    return found


def is_page_number(text: str) -> bool:
    return len(text) < 30 and any(pattern.match(text) for pattern in _PAGE)


def _page_lines(lines: Sequence[Line]) -> set[int]:
    """各处页码是第几行；只有数字的，接连递增的几个才算页码。"""
    found = {index for index, line in enumerate(lines) if is_page_number(line.text.strip())}
    bare = [(i, int(text)) for i, line in enumerate(lines) if (text := line.text.strip()).isdecimal() and len(text) < 4]
    if len(bare) > 1 and all(after[1] == before[1] + 1 for before, after in zip(bare, bare[1:], strict=False)):
        found |= {index for index, _ in bare}
    return found


def _running_heads(lines: Sequence[Line], pages: set[int]) -> dict[int, str]:
    """页眉页脚：挨着页码而别处也有的一行，或各页都有的一行（后面带着页码的也算）。"""
    texts = [re.sub(r"\s+", "", line.text) for line in lines]
    counts = Counter(texts)
    beside_pages = Counter(text for index, text in enumerate(texts) if {index - 1, index + 1} & pages)
    found = {}
    for index, text in enumerate(texts):
        if index in pages or not 4 <= len(text) <= 60 or counts[text] < 2 or leading_number(text) or "：" in text:
            continue
        beside = {index - 1, index + 1} & pages and beside_pages[text] > 1 and text[-1] not in "】）)]〕"
        repeats = counts[text] > 2 and len(text) > 7 and text[-1] not in SENTENCE_END + "】)]〕，、"
        if beside or repeats and index != texts.index(text):
            found[index] = lines[index].text.strip()
    stems = [re.sub(r"\d{1,3}$", "", text) for text in texts]
    repeated = Counter(stem for stem, text in zip(stems, texts, strict=True) if stem != text)
    for index, stem in enumerate(stems):
        if stem != texts[index] and len(stem) >= 6 and repeated[stem] > 2 and "：" not in stem:
            found[index] = stem
    return found


def _closed_up(text: str) -> str:
    """“二  、  重  点  举  措”这样逐字拉开的一行，收拢。"""
    return squeeze(text) if len(text) < 80 and _SPACED.match(text) and len(text) > 8 else text


class Joiner:
    """把各行接成段落。"""

    def __init__(self, lines: Sequence[Line], terms: Terms, unit: str) -> None:
        self.lines, self.terms, self.unit = lines, terms, unit
        indented = sum(line.is_indented for line in lines)
        lengths = sorted(len(line.text) for line in lines)
        longest = lengths[-1] if lengths else 0
        # 段首缩进的文本：不缩进的是上一行断下来的——缩进与不缩进的都不少，或不缩进的前面那一行都写到了头。
        mixed = len(lines) // 10 < indented < len(lines) - len(lines) // 10
        pairs = list(zip(lines, lines[1:], strict=False))
        wraps = [len(before.text) >= longest - 4 for before, after in pairs if not after.is_indented]
        self.by_indent = unit == "行" and indented > 0 and (mixed or bool(wraps) and all(wraps))
        full = sum(length >= longest - 2 for length in lengths)
        # 一半以上的行写到头：是按版心断开的，行末不是换段的凭据。
        self.width = longest if unit == "行" and longest < 60 and full * 3 > len(lengths) > 20 else 0

    def paragraphs(self) -> list[Paragraph]:
        made: list[Paragraph] = []
        last = 0
        for line in self.lines:
            if made and self._continues(made[-1], last, line):
                made[-1].text += line.text
            else:
                number = leading_number(line.text)
                facts = bool(line_facts(line.text, self.terms))
                made.append(Paragraph(line.place, line.text, number, line.bold, facts))
            last = len(line.text)
        for paragraph in made:
            paragraph.is_facts = paragraph.is_facts or bool(line_facts(paragraph.text, self.terms))
        return made

    def _continues(self, before: Paragraph, length: int, line: Line) -> bool:
        if len(before.text) > LONGEST:
            return False
        started = leading_number(line.text)
        if open_since(before.text) is not None:
            return not started or started.style not in ("1", "一", "条") or not before.number
        if started and not (self.by_indent and not line.is_indented):
            return False
        if line_facts(line.text, self.terms) or _DATE.match(line.text) or TAIL.match(line.text):
            return False
        if line.text[0] in "（(［[【〔" and not (self.by_indent and not line.is_indented):
            return before.text[-1] not in SENTENCE_END and not self._stands_alone(before, length)
        if self.by_indent:
            return not line.is_indented
        if self.width and length >= self.width - 2:
            closed = before.text[-1] in "）)]】〕" and find_leads(before.text[-LONGEST_BRACKET:], self.terms)
            return before.text[-1] not in "。！？；" and not closed
        if before.text[-1] in SENTENCE_END:
            return False
        return not self._stands_alone(before, length)

    def _stands_alone(self, before: Paragraph, length: int) -> bool:
        """上一段自成一段：短的标题、独占一行的名称、一行栏目。"""
        if before.is_facts:
            return True
        text = before.rest
        return bool(before.number) and len(text) <= HEADING and "。" not in text and text[-1:] not in "，、（"
