"""数字的样子：一个数、它数到的每一条、来处的网址。文字先去掉公文里写不进去、会弄乱版面的字符。"""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Unpack
from urllib.parse import urlencode

from django.urls import NoReverseMatch, get_script_prefix, reverse

from ..models import ReportingPeriod, Target
from ..rules import lights
from .contract import Figure, Figures, Row
from .span import Span

# 公文里灯的叫法：“已完成”的写“已办结”，与正文、表头、理由里说的同一件事用同一个词。
LIGHTS = lights.LABELS | {lights.DONE: "已办结"}

# XML 里不能有的控制字符、孤立代理项、非字符；能把整行文字倒排的双向控制符；看不见的零宽字符。
UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    "\u061c\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)


def plain(text: object) -> str:
    """公文里用的文字：换行统一，去掉控制字符与双向控制符，其余一字不动。"""
    said = str(text or "")
    if said.isprintable():  # 多数就是：UNFIT 里的都不是可印的
        return said
    return UNFIT.sub("", said.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))


def figure(label: str, unit: str, rows: Iterable[Row], url: str = "", n: int | None = None) -> Figure:
    """一个数字。`rows` 是数到的每一条；一行本身代表几条的，行里写 n。"""
    rows = list(rows)
    total = sum(row.get("n", 1) for row in rows) if n is None else n
    return {"label": label, "unit": unit, "n": total, "url": url, "rows": rows}


def told_counts(figures: Figures) -> dict[str, Figure]:
    """要给人看的各数：只写一期的，累计就是这一期的，不另说一遍。"""
    counts = figures.get("counts", {})
    if figures.get("is_span"):
        return counts
    return {key: one for key, one in counts.items() if not key.startswith("span_")}


def row_of(number: str, title: str, /, **extra: Unpack[Row]) -> Row:
    """一项举措（项），或其中一个部室的一份（项次，写了 `department` 的）。"""
    title = plain(title)
    room = f"（{extra['department']}）" if "department" in extra else ""
    row: Row = {"number": number, "title": title, "url": links.measure(number), "text": f"第{number}项 {title}{room}"}
    return row | extra


def goal(fact: lights.TargetFact) -> str:
    """目标怎么说：不超过0.5个工作日、5枚、不低于80%、1家以上；力争、申请的只写数。公文、台账里不用≥、≤。"""
    said = f"{spelt(fact.target)}{plain(fact.unit)}"
    if fact.operator == Target.Operator.AT_MOST:
        return f"不超过{said}"
    if fact.operator == Target.Operator.EQUAL or fact.strength != Target.Strength.MUST:
        return said
    return f"不低于{said}" if fact.unit.startswith("%") else f"{said}以上"


def spelt(value: Decimal) -> str:
    """数怎么写：末尾的零不写。"""
    return f"{value.normalize():f}"


@lru_cache(maxsize=8)
def _around_number(prefix: str) -> tuple[str, str]:
    """一项举措的网址里，序号前后各是什么：一份数字要写几万遍，问一次。`prefix` 是程序挂在哪个路径下。"""
    before, _, after = reverse("measure_detail", args=["0"]).rpartition("0")
    return before, after


class Links:
    """各清单的网址。"""

    def board(self, period: ReportingPeriod, query: str = "") -> str:
        """某一期的总览。"""
        return reverse("board_period", args=[period.slug]) + query

    def measure(self, number: str) -> str:
        """一项举措。"""
        before, after = _around_number(get_script_prefix())
        return f"{before}{number}{after}"

    def items(self, period: ReportingPeriod, **query: str) -> str:
        """某一期的项次清单，恰好是数到的那些。"""
        return self.to("board_items", period.slug, **query)

    def assessed(self, span: Span, what: str) -> str:
        """考核材料里点开的清单：一段时间里数到的每一条。"""
        return self.to("assessment_list", first=span.first.slug, last=span.period.slug, what=what)

    def to(self, name: str, *args: object, **query: object) -> str:
        """别的清单；没有这一页时为空。"""
        try:
            found = reverse(name, args=args)
        except NoReverseMatch:
            return ""
        return f"{found}?{urlencode(query)}" if query else found


links = Links()
