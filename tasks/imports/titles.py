"""举措名称与内容怎么分：独占一行的、以句号冒号破折号空格收尾的、加粗的，都认；说不清的请人看。"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

LONG = 45  # 名称长过这么多，多半是没有名称
_STOP = re.compile(r"。|：|:(?!\d)|——|—(?=[^—])|！")
_BLANK = re.compile(r"(?<=[\u4e00-\u9fff”》）])\s+(?=[\u4e00-\u9fff“《])")
_QUOTED = re.compile(r"“[^”]*”|《[^》]*》|（[^（）]*）")


@dataclass(frozen=True)
class Titled:
    """一项的名称，和凭什么分的。"""

    title: str
    by: str  # 句号 / 冒号 / 破折号 / 空格 / 加粗 / 独占一行
    doubt: str = ""


def split_title(paragraphs: Sequence[str], bold: int = 0) -> Titled:
    """从第一段分出名称。`bold` 是第一段（去了序号）开头加粗的字数。"""
    first = paragraphs[0].strip() if paragraphs else ""
    masked = _QUOTED.sub(lambda match: "□" * len(match[0]), first)
    stop = _STOP.search(masked)
    head = masked[: stop.start()] if stop else masked
    is_plain = stop is not None and len(head) <= 30 and not re.search(r"[，；,]", head)
    if 1 < bold < len(first) and (not is_plain or bold == len(head)):
        return Titled(first[:bold].strip().rstrip("。：:—.． "), "加粗")
    blank = _BLANK.search(masked[:LONG])
    if blank and (len(head) > 30 or re.search(r"[，；,]", head)) and not re.search(r"[，；,]", masked[: blank.start()]):
        return Titled(first[: blank.start()], "空格")
    if stop is None and len(paragraphs) > 1 and len(first) <= LONG:
        return Titled(first, "独占一行")
    title = first[: len(head)].strip()
    by = {"。": "句号", "！": "句号", "：": "冒号", ":": "冒号"}.get(stop[0], "破折号") if stop else "句号"
    if by == "破折号" and len(title) > 30 or by == "冒号" and re.search(r"[，；]", title):
        # 句中的冒号、破折号：名称到句号为止。
        title, by = first.partition("。")[0].strip(), "句号"
    return Titled(title, by, "名称较长，像是没有写名称，取了第一句" if len(title) > LONG else "")


def doubts(found: Sequence[tuple[str, Titled]]) -> list[tuple[int, str]]:
    """（第几个，要核对的话）：与多数各项分法不同的，名称太长的。"""
    counts = Counter(titled.by for _, titled in found)
    common = counts.most_common(1)[0][0] if counts else ""
    said = []
    for index, (number, titled) in enumerate(found):
        if titled.doubt:
            said.append((index, f"第{number}项{titled.doubt}“{titled.title[:30]}…”。请核对。"))
        elif titled.by != common and titled.by not in ("句号", "独占一行") and counts[common] > 1:
            said.append((index, f"第{number}项的名称按{titled.by}分出“{titled.title}”，与其他各项不同。请核对。"))
    return said


def body_of(text: str, title: str) -> str:
    """原文里名称以外的内容：显示时名称与内容分开。"""
    if not title or not text.startswith(title):
        return text
    return text[len(title) :].lstrip(" 。：:—\n！")
