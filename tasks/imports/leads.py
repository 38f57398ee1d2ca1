"""一项举措由谁牵头、谁配合、何时完成：括号里的、另起一行的、句末的，“某某牵头”的，都认。"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .deadlines import is_deadline
from .labels import WHO, Fact, Terms, facts_in, labels_in

_KINDS = {**dict.fromkeys("（(）)", 0), **dict.fromkeys("［[]］【】〖〗", 1), **dict.fromkeys("〔〕", 2)}
_KINDS |= dict.fromkeys("{}｛｝", 3)
_OPENING = "（([【〔［{｛〖"
_BRACKET = re.compile(r"[（(）)［\[\]］【】〖〗〔〕{}｛｝]")
LONGEST_BRACKET = 1_500
_LED = re.compile(
    r"^(?P<who>[^，,；;。：:]{2,200}?)(?:等(?:单位|部门)?)?(?:共同|联合)?牵头"
    r"(?:负责|落实|实施|组织实施|推进|办理)?(?:[，,；;、 ]+(?P<rest>.*))?$",
    re.S,
)
_DUTY = re.compile(r"^(?P<who>.{2,300}?)(?:按照?(?:各自)?职责分工?)?(?:分工|分别|共同)?(?:负责|落实)(?:落实)?$", re.S)
_ORGAN = re.compile(r"(局|委|办|部|中心|部门|单位|公司|政府|法院|检察院|室|科|会|院|处|队|站|所|街道|镇|乡|区|行|社)$")
_DUTY_END = re.compile(
    r"(?:等(?:单位|部门)?)?(?:按照?(?:各自)?职责)?(?:分工)?(?:负责|配合|参与|协助|协同|抓好落实|落实)(?:落实)?$"
)
_EDGES = " ，,；;。、\n"


@dataclass
class Lead:
    """一处分工：在文字里的起止，和认出的各个栏目。"""

    start: int
    end: int
    facts: list[Fact] = field(default_factory=list)

    @property
    def has_who(self) -> bool:
        return any(fact.use in WHO for fact in self.facts)


def brackets(text: str) -> list[tuple[int, int]]:
    """最外层的各对括号（全角半角可以混用，种类要配对）。"""
    found, stack = [], []
    for match in _BRACKET.finditer(text):
        mark, at = match[0], match.start()
        if mark in _OPENING:
            stack.append((_KINDS[mark], at))
        elif stack and stack[-1][0] == _KINDS[mark]:
            _, start = stack.pop()
            if not stack:
                found.append((start, at + 1))
        if stack and at - stack[0][1] > LONGEST_BRACKET:
            stack = stack[1:]
    return found


def open_since(text: str) -> int | None:
    """还没有收口的括号从哪里起；都收了口的为 None。太远的不算。"""
    stack: list[tuple[int, int]] = []
    tail = max(0, len(text) - LONGEST_BRACKET)
    for match in _BRACKET.finditer(text, tail):
        if match[0] in _OPENING:
            stack.append((_KINDS[match[0]], match.start()))
        elif stack and stack[-1][0] == _KINDS[match[0]]:
            stack.pop()
    return stack[0][1] if stack else None


def find_leads(text: str, terms: Terms) -> list[Lead]:
    """文字里的各处分工；紧挨着的几个括号算一处。"""
    found: list[Lead] = []
    for start, end in brackets(text):
        facts = bracket_facts(text[start + 1 : end - 1], terms)
        if not facts:
            continue
        if found and not text[found[-1].end : start].strip(_EDGES):
            found[-1].facts += facts
            found[-1].end = end
        else:
            found.append(Lead(start, end, facts))
    return [lead for lead in found if lead.has_who] or _inline(text, terms)


def bracket_facts(inside: str, terms: Terms) -> list[Fact]:
    """一个括号里的栏目；与分工无关的括号为空。"""
    facts = facts_in(inside, terms)
    if any(fact.use for fact in facts):
        return _with_loose_deadline(facts)
    return [] if facts else _spoken(inside.strip(_EDGES))


def _spoken(inside: str) -> list[Fact]:
    """“甲、乙牵头，丙按职责分工负责”“甲、乙按职责分工负责”。"""
    inside, deadline = _cut_deadline(inside)
    if led := _LED.match(inside):
        rest = _DUTY_END.sub("", (led["rest"] or "").strip(_EDGES)).strip(_EDGES)
        facts = [Fact("牵头", "departments", led["who"].strip(_EDGES), led["who"])]
        facts += [Fact("配合", "cooperating", rest, rest)] if rest else []
    elif (duty := _DUTY.match(inside)) and _are_organs(duty["who"]):
        facts = [Fact("负责", "departments", duty["who"].strip(_EDGES), duty["who"])]
    else:
        return []
    return facts + ([Fact("", "deadline", deadline, deadline)] if deadline else [])


def _are_organs(who: str) -> bool:
    return all(_ORGAN.search(re.sub(r"[（(][^）)]*[）)]$", "", name.strip())) for name in re.split("[、，,；;]", who))


def _cut_deadline(text: str) -> tuple[str, str]:
    """“……，4月底完成”：末一段只说时限的，切下来。"""
    head, mark, tail = re.sub(r"[，；;]", ",", text).rpartition(",")
    if mark and is_deadline(tail.strip(_EDGES)):
        return text[: len(head)].rstrip(_EDGES), text[len(head) + 1 :].strip(_EDGES)
    return text, ""


def _with_loose_deadline(facts: list[Fact]) -> list[Fact]:
    """最后一个栏目的末一段只说时限的，另成一个栏目；已经写了时限的不动。"""
    if any(fact.use == "deadline" for fact in facts) or facts[-1].use not in (*WHO, "cooperating"):
        return facts
    value, deadline = _cut_deadline(facts[-1].value)
    if not deadline:
        return facts
    last = facts[-1]
    return [*facts[:-1], Fact(last.label, last.use, value, last.raw), Fact("", "deadline", deadline, deadline)]


def line_facts(text: str, terms: Terms) -> list[Fact]:
    """整行就是“栏目：内容”的（牵头单位：甲　配合单位：乙）；不是的为空。"""
    first = next(labels_in(text, terms), None)
    if first is None or first[0] > 0 or not first[3]:
        return []
    return _with_loose_deadline(facts_in(text, terms))


def _inline(text: str, terms: Terms) -> list[Lead]:
    """没有括号，写在句末的：“……。牵头单位：甲；完成时限：6月底。”"""
    for start, _, _, role in labels_in(text, terms):
        if role in WHO and start and text[start - 1] in "。；; \n":
            return [Lead(start, len(text), _with_loose_deadline(facts_in(text[start:], terms)))]
    return []
