"""通报、汇报、简报：由冻结的数字（`figures`）写成草稿，排成公文与附表。只读数字，不读库。"""

from . import briefing, bulletin, notice
from .phrases import SECTION_MAX

KINDS = {"circular": notice, "report": briefing, "bulletin": bulletin}


def write_title(kind, f) -> str:
    """按数字写标题。"""
    return KINDS[kind].title(f)[:200]


def write(kind, f) -> list[dict]:
    """按数字写全文各节。"""
    return [{**s, "text": s["text"][:SECTION_MAX]} for s in KINDS[kind].sections(f)]


def correction(number, reason) -> dict:
    """更正稿最前面的一节：点名旧的一份。"""
    text = f"本文更正{number}。更正的原因：{reason.strip().rstrip('。')}。以本文为准，原文不再使用。"
    return {"key": "correction", "heading": "", "text": text}


__all__ = ["KINDS", "SECTION_MAX", "correction", "write", "write_title"]
