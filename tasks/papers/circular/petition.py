"""请示：请领导小组决定一件事。一文一事，先讲情况，再讲请示什么，结语“妥否，请批示。”，附注写联系人、电话。

只由写好的事实排成各节，不读库；草稿的文字由办公室改定。
"""

from dataclasses import dataclass

from ...workflow.circular import Section
from .phrases import SECTION_MAX, ended, gist, one_line

CLOSE = "妥否，请批示。"


@dataclass(frozen=True)
class Matter:
    """所请的一件事：事由（“关于”与“的请示”之间的话）、情况（一段一句）、请示什么。"""

    subject: str
    facts: tuple[str, ...]
    ask: str


def title(matter: Matter) -> str:
    """关于……的请示；事由里写了“关于”“的请示”的不重。"""
    subject = matter.subject.strip().removeprefix("关于").removesuffix("请示").removesuffix("的")
    return f"关于{subject}的请示"


def sections(matter: Matter, contact: str, phone: str) -> list[Section]:
    """四节：基本情况、请示事项、结语、附注。"""
    facts = "\n".join(ended(one_line(fact)) for fact in matter.facts)
    return [
        {"key": "reason", "heading": "基本情况", "text": facts[:SECTION_MAX]},
        {"key": "matter", "heading": "请示事项", "text": ended(gist(matter.ask, 400))},
        {"key": "close", "heading": "", "text": CLOSE},
        {"key": "contact", "heading": "", "text": f"联系人：{contact}，电话：{phone}"},
    ]
