"""通报、汇报、简报：由冻结的数字（`figures`）写成草稿；请示由所请的事写成（`petition`）；排成公文与附表。只读数字，不读库。"""

from typing import Any

from ...figures.contract import Figures
from ...models import Circular
from ...workflow.circular import Section
from . import briefing, notice, report
from .phrases import SECTION_MAX, worded

CORRECTED = "（更正）"
KINDS: dict[str, Any] = {"circular": notice, "report": report, "bulletin": briefing}


def write_title(kind: str, f: Figures) -> str:
    """按数字写标题。"""
    return worded(KINDS[kind].title(f), f)[:200]


def write(kind: str, f: Figures) -> list[Section]:
    """按数字写全文各节。"""
    return [
        {"key": s["key"], "heading": worded(s["heading"], f), "text": worded(s["text"], f)[:SECTION_MAX]}
        for s in KINDS[kind].sections(f)
    ]


def correction(old: Circular, reason: str) -> Section:
    """更正稿最前面的一节：点名旧的一份，写明原因，旧的同时废止。"""
    why = f"因{reason.strip().rstrip('。').removeprefix('因')}"
    if old.kind == old.Kind.BULLETIN:
        text = f"本期更正《{old.letterhead['mast']}》{old.short_number}：{why}，以本期为准，原一期不再使用。"
    else:
        text = f"《{old.title}》（{old.document_number}）{why}予以更正，以本文为准，{old.document_number}同时废止。"
    return {"key": "correction", "heading": "", "text": text}


def corrected_title(title: str) -> str:
    """更正稿的标题：与原件区别开。"""
    return title if title.endswith(CORRECTED) else f"{title[: 200 - len(CORRECTED)]}{CORRECTED}"


__all__ = ["KINDS", "SECTION_MAX", "corrected_title", "correction", "write", "write_title"]
