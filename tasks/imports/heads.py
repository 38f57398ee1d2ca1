"""方案正文里举措以外的部分：文件头、印发通知、引言、保障措施、名单。都照录，不代改。"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from yingshang.tables.normalising import squeeze

NumberedLine = tuple[int, str]  # （行号或段号，文字）

_DOCUMENT_NUMBER = re.compile(r"^\S{1,30}[〔\[【（(［]\d{4}[〕\]】）)］]\s*\d{1,4}\s*号$")
_DATE = re.compile(r"^(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日$")
_TITLE_END = re.compile(r"(方案|计划|要点|措施|清单|办法|意见)(（[^（）]{1,12}）)?$")
_ROLE = re.compile(r"^((?:常\s*务\s*)?副?\s*组\s*长|成\s*员(?:\s*单\s*位)?)\s*[：:]\s*(.*)$")
_PADDED_NAME = re.compile(r"^(\S\s+\S)(?:\s+(.*))?$")
SUBHEADING = re.compile(r"^[（(][一二三四五六七八九十]{1,3}[）)]")
_SENTENCE_END = "。！？；：!?;:”）"


def paragraphs(lines: Sequence[NumberedLine]) -> str:
    """分页断开的段落接回；上一段以句末标点收尾的，算真正的换段。"""
    text: list[str] = []
    for _, line in lines:
        if text and text[-1][-1] in _SENTENCE_END:
            text.append("\n")
        text.append(line)
    return "".join(text)


def read_opening(lines: Sequence[NumberedLine], head: dict) -> None:
    """“一、”以前：文号 → 印发通知 → 日期 → 方案名称 → 引言；没有的就不给。"""
    rest = list(lines)
    for index, (_, line) in enumerate(rest):
        if _DOCUMENT_NUMBER.match(line):
            head["document_number"] = line
            if index:
                head["letterhead"] = " ".join(text for _, text in rest[:index])
            rest = rest[index + 1 :]
            break
    for index, (_, line) in enumerate(rest):
        issued_on = _date(line)
        if issued_on:
            head["date"], head["issued_on"] = line, issued_on
            _read_notice([text for _, text in rest[:index]], head)
            rest = rest[index + 1 :]
            break
    count = _title_length([text for _, text in rest[:4]])
    if count:
        head["title_lines"] = tuple(text for _, text in rest[:count])
        head["title"] = "".join(head["title_lines"])
    if rest[count:]:
        head["preamble"] = paragraphs(rest[count:])


def _date(line: str) -> date | None:
    match = _DATE.match(line)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _title_length(lines: Sequence[str]) -> int:
    """方案名称占几行：直到以“方案”“要点”等收尾的一行。"""
    for count, line in enumerate(lines, start=1):
        if line[-1] in _SENTENCE_END[:-1] + "，、" or len(line) > 60:
            break
        if _TITLE_END.search(line):
            return count
    return 0


def _read_notice(lines: list[str], head: dict) -> None:
    """印发通知：标题、主送、正文、署名。"""
    rest = lines
    for index, line in enumerate(rest):
        if line.endswith("通知"):
            head["notice_title"] = " ".join(rest[: index + 1])
            rest = rest[index + 1 :]
            break
    if rest and rest[0].endswith(("：", ":")):
        head["addressee"] = rest[0][:-1]
        rest = rest[1:]
    if rest and rest[-1][-1] not in _SENTENCE_END:
        head["signed_by"] = rest[-1]
        rest = rest[:-1]
    if rest:
        head["notice"] = paragraphs([(0, line) for line in rest])


def cut_signature(lines: Sequence[str], head: dict) -> int:
    """文末的落款（机关与日期）占几段；前面没有写明日期的，由此取。"""
    if not lines or not (issued_on := _date(lines[-1])):
        return 0
    named = len(lines) > 1 and len(lines[-2]) <= 40 and lines[-2][-1] not in _SENTENCE_END
    if "issued_on" not in head:
        head["date"], head["issued_on"] = lines[-1], issued_on
        if named:
            head["signed_by"] = lines[-2]
    return 2 if named else 1


def read_safeguards(lines: Sequence[NumberedLine]) -> list[tuple[str, str]]:
    """保障措施各节：标题连同（一）（二）照录——原件有两个（一），不代为改号。"""
    sections: list[tuple[str, list[NumberedLine]]] = []
    for number, line in lines:
        if SUBHEADING.match(line):
            heading, stop, rest = line.partition("。")
            sections.append((heading + stop, [(number, rest.strip())] if rest.strip() else []))
        elif sections:
            sections[-1][1].append((number, line))
        else:
            sections.append(("", [(number, line)]))
    return [(heading, paragraphs(content)) for heading, content in sections]


def cut_members(lines: list[NumberedLine]) -> tuple[list[NumberedLine], list[NumberedLine]]:
    """文末名单从“……名单”一行开始，下一行须是“组长：”之类。"""
    for index, (_, line) in enumerate(lines[:-1]):
        if line.endswith("名单") and _ROLE.match(lines[index + 1][1]):
            return lines[:index], lines[index:]
    return lines, []


def read_members(lines: Sequence[NumberedLine], head: dict) -> list[NumberedLine]:
    """名单：组别、照录的姓名、去空格的姓名、职务（没写就空着）；返回看不懂的行。"""
    head["members_heading"] = lines[0][1]
    members: list[tuple[str, str, str, str]] = []
    strange: list[NumberedLine] = []
    role = ""
    for number, line in lines[1:]:
        match = _ROLE.match(line)
        if match:
            role, line = squeeze(match[1]), match[2].strip()
        if not line:
            continue
        padded = _PADDED_NAME.match(line)
        name, post = (padded[1], padded[2] or "") if padded else line.partition(" ")[::2]
        if len(squeeze(name)) > 4 or re.search(r"[，。；：（）、]", name):
            strange.append((number, line))
        else:
            members.append((role, name, squeeze(name), post.strip()))
    head["members"] = members
    return strange
