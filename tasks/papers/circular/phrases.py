"""公文里的话怎么说：几项、哪几项、没有的说“没有”。读出来要顺，零、一、多都要顺。"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from departments import organisation
from yingshang import dates

from ...figures.contract import Figures, MeasureLine, Row
from ...workflow.circular import Section

NUMERALS = "零一二三四五六七八九十"
# 一次最多列多少个序号、一段最多多少字，再多就写“等”和“见附件”。
MANY = 30
SECTION_MAX = 8000
LISTED_MAX = 6500


def count(f: Figures, key: str) -> int:
    """某个数字。"""
    return f["counts"][key]["n"]


def rows(f: Figures, key: str) -> list[Row]:
    """某个数字数到的每一条。"""
    return f["counts"][key]["rows"]


def numeral(n: int) -> str:
    """十一以内外都行的中文数字：1→一，11→十一，20→二十。"""
    if n <= 10:
        return NUMERALS[n]
    tens, ones = divmod(n, 10)
    return ("" if tens == 1 else NUMERALS[tens]) + "十" + (NUMERALS[ones] if ones else "")


def span_name(f: Figures) -> str:
    """2023年9月；跨几期的写“2023年3月至9月”，跨年的各写全。"""
    first, last = f["first"]["name"], f["period"]["name"]
    if not f["is_span"]:
        return last
    year = re.match(r"\d{4}年", first)
    if year and last.startswith(year[0]) and last != year[0]:
        last = last.removeprefix(year[0])
    return f"{first}至{last}"


def term(f: Figures) -> str:
    """这一段，正文里的简称：9月；跨几期的写“4月至9月”。不写“本期”，跨几期时会被当成最后一期。"""
    last = f["period"]["short"]
    return f"{f['first']['short']}至{last}" if f["is_span"] else last


def days(f: Figures) -> str:
    """这一段从哪天到哪天：7月28日至8月29日。批示、问题、办结这些按日子发生的事，数到哪天就写哪天，不写成“8月”。"""
    last, since = f["as_of"], f.get("since")
    if not since:
        return f"截至{dates.short(last)}"
    if since["on"] == last:
        return dates.short(last)
    to = dates.short(last) if since["on"][:4] == last[:4] else dates.full(last)
    return f"{dates.short(since['on'])}至{to}"


def whole_days(f: Figures) -> str:
    """按整天数的（督查检查）：关闭那天的上一期数过，从第二天起。"""
    since = f.get("since")
    if not since or not since["closed"]:
        return days(f)
    start = dt.date.fromisoformat(since["on"]) + dt.timedelta(days=1)
    if start.isoformat() > f["as_of"]:
        return f"{dates.short(since['on'])}之后"
    return days({**f, "since": {"on": start.isoformat(), "closed": ""}})


def plan_name(f: Figures, *, short: bool = False) -> str:
    """方案名称与文号；short 为真时另注简称。"""
    number = f["plan"]["document_number"]
    notes = [text for text in (number, "以下简称《行动方案》" if short else "") if text]
    return f"《{f['plan']['title']}》" + (f"（{'，'.join(notes)}）" if notes else "")


def numbers(found: Sequence[Row | MeasureLine]) -> str:
    """第2、7、12项；太多的写“等45项”。"""
    return numbered_as([row["number"] for row in found])


def numbered_as(found: Iterable[str]) -> str:
    """同上，给的是序号。"""
    seen = list(dict.fromkeys(found))
    if len(seen) > MANY:
        return f"第{'、'.join(seen[:MANY])}项等{len(seen)}项"
    return f"第{'、'.join(seen)}项"


def with_numbers(label: str, found: list[Row], unit: str = "项") -> str:
    """红灯2项（第10、16项）。"""
    return f"{label}{len(found)}{unit}（{numbers(found)}）"


def by_department(found: list[Row], unit: str = "项次") -> str:
    """审批中心3项次（第2、7、12项）、科技创新部1项次（第20项）。"""
    grouped: dict[str, list[Row]] = {}
    for row in found:
        grouped.setdefault(row["department"], []).append(row)
    return "、".join(with_numbers(name, group, unit) for name, group in grouped.items())


def which(found: list[Row], unit: str = "项次") -> str:
    """3项次，为审批中心第4、6、8项；几个部室的逐个写。"""
    total = f"{len(found)}{unit}"
    names = {row["department"] for row in found}
    if len(names) == 1:
        return f"{total}，为{names.pop()}{numbers(found)}"
    return f"{total}，其中{by_department(found, unit)}"


def stated(label: str, found: list[Row]) -> str:
    """一句话说清一类项次；没有的写“无”。"""
    return f"{label}：{which(found)}。" if found else f"{label}：无。"


def owing(f: Figures, found: list[Row]) -> str:
    """没有报送的是谁：一份都没有的不逐个列。"""
    names = {row["department"] for row in found}
    everyone = len(names) > 1 and len(found) == count(f, "owed") and names == {d["name"] for d in f["departments"]}
    return "各部室" if everyone else by_department(found)


def joined(parts: list[str], last: str = "和") -> str:
    """甲、乙和丙。"""
    return parts[0] if len(parts) == 1 else "、".join(parts[:-1]) + last + parts[-1] if parts else ""


@lru_cache(maxsize=4096)
def tight(text: str) -> str:
    """系统写的理由里，数字与汉字之间的空格在公文里不留。"""
    text = re.sub(r"(?<=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef”%]) (?=[0-9≥≤=“\u4e00-\u9fff])", "", text)
    return re.sub(r"(?<=[0-9%]) (?=[\u4e00-\u9fff])", "", text)


def one_line(text: str) -> str:
    """几行连成一段：标点之后不留空格；没有标点隔开的两行，留一个。"""
    return re.sub(r"(?<=[，。、；：！？）》”]) ", "", " ".join(text.split()))


def gist(text: str, limit: int = 120) -> str:
    """部室原话的要点：连成一段，过长的断在整句处，末尾必有句号。"""
    text = one_line(text)
    if len(text) > limit:
        cut = max(text.rfind(mark, 0, limit) for mark in "。；！？")
        text = text[: cut + 1] if cut >= limit // 3 else text[:limit] + "……"
    return ended(text.rstrip("，、；：,;: "))


def ended(text: str) -> str:
    """末尾有句号；句号在末尾括号之前的不再加。"""
    if not text or text.endswith(("。", "！", "？", "……")) or re.search(r"[。！？]（[^（）]*）$", text):
        return text
    return text + "。"


def unended(text: str) -> str:
    """去掉末尾的句号，好接着往下写；括号之前的也去掉。"""
    return re.sub(r"。(（[^（）]*）)$", r"\1", text.rstrip("。"))


def within(paragraphs: list[str], rest: Callable[[int], str]) -> list[str]:
    """逐条列出，到一节的字数上限为止；没列完的说一声：`rest(还剩几条)`。"""
    kept: list[str] = []
    used = 0
    for i, paragraph in enumerate(paragraphs):
        used += len(paragraph)
        if used > LISTED_MAX:
            return [*kept, rest(len(paragraphs) - i)]
        kept.append(paragraph)
    return kept


def numbered(paragraphs: list[str]) -> list[str]:
    """1.……　2.……；只有一条的不编号。"""
    if len(paragraphs) < 2:
        return list(paragraphs)
    return [f"{i}.{text}" for i, text in enumerate(paragraphs, start=1)]


def section(key: str, heading: str, paragraphs: Iterable[str]) -> Section:
    """一节。各段之间一个换行。"""
    return {"key": key, "heading": heading, "text": "\n".join(p for p in paragraphs if p)}


def worded(text: str, f: Figures) -> str:
    """写好的一段，“部室”照单位的统称；数字里带来的原话（名称、进展）照录，不换。"""
    if "部室" not in text or organisation.unit() == organisation.UNIT:
        return text
    kept = sorted({said for said in _said(f) if said in text}, key=len, reverse=True)
    for n, said in enumerate(kept):
        text = text.replace(said, f"\ue000{n}\ue001")
    text = organisation.worded(text)
    for n, said in enumerate(kept):
        text = text.replace(f"\ue000{n}\ue001", said)
    return text


def _said(value: Any) -> Iterator[str]:
    """数字里各处带着“部室”的原话。"""
    if isinstance(value, str):
        if "部室" in value:
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _said(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _said(each)
