"""模板标签与过滤器：灯、进度条、走势图等服务端图形，以及日期、数字的中文写法。

图形都是 SVG，颜色由类名决定，只用表现属性（width、x、points），从不写行内样式，
因此在 style-src 'self' 下可用，无脚本可见，可打印。拼接一律用 format_html。
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, TypeAlias

from django import template
from django.forms import BaseForm
from django.template.base import NodeList, Parser, Token
from django.template.defaultfilters import stringfilter
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from departments import organisation
from yingshang import dates
from yingshang.forms import input_html

register = template.Library()

# 走势图上的一点：{"label": 期名, "value": 数或 None}；画得出的各点：（第几期，数）。
Point: TypeAlias = Mapping[str, Any]
Pairs: TypeAlias = Sequence[tuple[int, float]]

# 灯：键 -> (颜色类后缀, 文字, 形状)。颜色、文字、形状三重编码，黑白打印与色弱者可辨。
LEVELS = {
    "green": ("g", "绿灯", '<circle class="f-{}" cx="8" cy="8" r="6.6"/>'),
    "yellow": ("y", "黄灯", '<path class="f-{0} s-{0}" d="M8 1.4 15.2 14a.9.9 0 0 1-.8 1.2H1.6A.9.9 0 0 1 .8 14Z"/>'),
    "red": ("r", "红灯", '<rect class="f-{}" x="1.6" y="1.6" width="12.8" height="12.8" rx="2"/>'),
    "done": ("b", "已完成", '<circle class="f-{}" cx="8" cy="8" r="7"/><path class="s-w" d="m5 8 2.2 2.2 4-4.3"/>'),
    "not_started": ("n", "未启动", '<circle class="s-{}" cx="8" cy="8" r="5.6"/>'),
    "none": ("n", "未判灯", '<rect class="f-{}" x="2.5" y="6.8" width="11" height="2.4" rx="1.2"/>'),
}
WEEKDAYS = "一二三四五六日"
# 走势图的画幅（占宽、高的百分比），与横轴在宽屏、手机上各容得下几个字宽的标注。
LEFT, RIGHT, TOP, BOTTOM = 8, 90, 13, 86
AXIS_WIDE, AXIS_NARROW = 40, 21


# ── 灯 ──
def _level(level: str | None) -> tuple[str, str, str]:
    """取出一种灯的（颜色、文字、形状）；不认识的一律按未判灯。"""
    return LEVELS.get(str(level) if level else "none", LEVELS["none"])


@cache
def _shape(level: str | None) -> str:
    """一种灯的形状；一页要画上百个，各画一次。"""
    css, _, shape = _level(level)
    return format_html(shape, css)


@register.filter(is_safe=True)
@stringfilter
def worded(text: str) -> str:
    """代码里写的话，“部室”照单位的统称。"""
    return organisation.worded(text)


@register.simple_tag
@cache
def light(level: str | None, hide_label: bool = False) -> str:
    """灯：{% light m.light %}；只要形状时 {% light m.light hide_label=True %}（读屏仍读出文字）。"""
    css, text, _ = _level(level)
    svg = format_html('<svg viewBox="0 0 16 16" aria-hidden="true">{}</svg>', _shape(level))
    if hide_label:
        return format_html('<span class="lt lt-{} lt-i" role="img" aria-label="{}">{}</span>', css, text, svg)
    return format_html('<span class="lt lt-{}">{}{}</span>', css, svg, text)


@register.simple_tag
def light_shape(level: str | None) -> str:
    """只有形状的灯，用在时间线的圆点处；旁边须另有文字。"""
    return format_html('<svg class="shp" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', _shape(level))


@register.filter
def light_label(level: str | None) -> str:
    """灯的文字：{{ m.light|light_label }} -> 黄灯。"""
    return _level(level)[1]


@register.filter
def light_css(level: str | None) -> str:
    """灯的颜色类后缀：class="lc lc-{{ m.light|light_css }}"。"""
    return _level(level)[0]


# 一次答复（延期、办结）、一条提示各用什么颜色；没有列的不着色。
ANSWERS = {"approved": "tag-g", "granted": "tag-g", "refused": "tag-r", "returned": "tag-r", "requested": "tag-b"}
NOTES = {"success": "note-g", "warning": "note-y", "error": "note-r"}


@register.filter
def answer_css(status: str) -> str:
    """申请的结果是什么颜色：class="tag {{ extension.status|answer_css }}"。"""
    return ANSWERS.get(status, "")


@register.filter
def note_css(level_tag: str) -> str:
    """提示是什么颜色：class="note {{ message.level_tag|note_css }}"。"""
    return NOTES.get(level_tag, "note-b")


@register.simple_tag
def figure_link(figure: Any) -> str:
    """一个数，点开是它的明细（{% figure_link group.owed %}）；零不用点。"""
    if not figure.n:
        return format_html('<span class="muted">{}</span>', 0)
    return format_html('<a href="{}">{}</a>', here(figure.url), figure.n)


@register.filter
def here(url: str) -> str:
    """存着的网址（冻结的数字里的）没有写明方案：页面写明了的，它也写明，不会走到现行方案的同一个序号去。"""
    prefix = get_script_prefix()
    return url if url.startswith(prefix) or not url.startswith("/") else prefix + url[1:]


@register.simple_tag
def hist(points: Iterable[tuple[str, str]]) -> str | str:
    """历次灯序：points 为（期名, 灯）的列表，如 [("4月", "green"), …]；读屏逐期读出。"""
    points = list(points or [])
    if not points:
        return ""
    shapes = format_html_join(
        "", '<g transform="translate({} 0)">{}</g>', ((i * 20, _shape(level)) for i, (_, level) in enumerate(points))
    )
    return format_html(
        '<svg class="hist" viewBox="0 0 {} 16" role="img" aria-label="{}">{}</svg>',
        len(points) * 20 - 4,
        "，".join(f"{label}{_level(level)[1]}" for label, level in points),
        shapes,
    )


# ── 人与部室 ──
@register.simple_tag
def people(found: Iterable[Any]) -> str:
    """几位领导、几个部室，顿号隔开，名字中间不折行。"""
    return format_html_join("、", '<span class="nowrap">{}</span>', ((each,) for each in found))


@register.simple_tag
def lead_departments(line: Any) -> str:
    """台账一行的牵头部室；全体部室都牵头的写“各部室”。"""
    return people([organisation.worded("各部室")] if line.measure.all_departments else line.departments)


# ── 条 ──
def _percent(value: float | Decimal | str | None) -> float:
    """换成 0–100 的数；空值按 0。"""
    return round(min(100.0, max(0.0, float(value or 0))), 2)


@register.simple_tag
def bar(value: float | Decimal | None, pace: float | str | None = None, level: str | None = "green") -> str:
    """进度条：value 为 0–100，pace 为序时（竖线）。图形不读出，旁边须写明数字。"""
    tick = ""
    if pace is not None and pace != "":
        line = '<line class="tick" x1="{0}" x2="{0}" y1="0" y2="8" vector-effect="non-scaling-stroke"/>'
        tick = format_html(line, num(_percent(pace)))
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="f-bg" width="100" height="8"/><rect class="f-{}" width="{}" height="8"/>{}</svg>',
        _level(level)[0],
        num(_percent(value)),
        tick,
    )


@register.simple_tag
def progress_bar(light: Any, measure: Any) -> str:
    """进度一格：进度条与百分比；没有百分比的说为什么没有。"""
    if light.percent is not None and light.level != "not_started":
        drawn = bar(light.percent, light.pace, light.level)
        return format_html('<span class="bar-row">{}<span class="pct">{}%</span></span>', drawn, light.percent)
    words = "常态推进" if measure.kind == "routine" else "尚无进度"
    return format_html('<span class="small muted">{}</span>', light.reason if light.level == "not_started" else words)


@register.simple_tag
def stack(parts: Iterable[tuple[str, int]]) -> str:
    """堆叠条：parts 为（颜色类后缀或灯的键, 数量）的列表，如 [("r", 2), ("green", 13), ("bg", 6)]。"""
    parts = [(LEVELS[key][0] if key in LEVELS else key, n) for key, n in parts if n]
    total = sum(n for _, n in parts)
    rects, start = [], 0.0
    for css, n in parts or [("bg", 1)]:
        width = 100 * n / (total or 1)
        gap = 0.5 if len(parts) > 1 else 0
        rects.append((css, f"{start:.2f}", f"{max(width - gap, 0.3):.2f}"))
        start += width
    return format_html(
        '<svg class="stack" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        format_html_join("", '<rect class="f-{}" x="{}" width="{}" height="8"/>', rects),
    )


# ── 走势图 ──
class Plot:
    """走势图的坐标：第几期换成横向百分比，数值换成纵向百分比。"""

    def __init__(self, count: int, top: float) -> None:
        self.last, self.top = count - 1, top

    def x(self, i: int) -> str:
        return f"{LEFT + (RIGHT - LEFT) * i / max(self.last, 1):.2f}%"

    def y(self, value: float) -> str:
        return f"{BOTTOM - (BOTTOM - TOP) * min(max(value, 0), self.top) / self.top:.2f}%"

    def line(self, css: str, pairs: Pairs) -> str:
        """折线：SVG 的 polyline 不收百分比，故逐段画。"""
        return format_html_join(
            "",
            '<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>',
            (
                (css, self.x(i), self.y(a), self.x(j), self.y(b))
                for (i, a), (j, b) in zip(pairs, pairs[1:], strict=False)
            ),
        )

    def level(self, css: str, value: float) -> str:
        """横贯全图的水平线。"""
        return format_html('<line class="{0}" x1="{1}%" x2="{2}%" y1="{3}" y2="{3}"/>', css, LEFT, RIGHT, self.y(value))

    def text(self, css: str, x: str, y: str, dx: float, dy: float, anchor: str, text: str) -> str:
        return format_html(
            '<text class="{}" x="{}" y="{}" dx="{}em" dy="{}em" text-anchor="{}">{}</text>',
            css,
            x,
            y,
            dx,
            dy,
            anchor,
            text,
        )


@register.simple_tag
def trend(
    points: Iterable[Point],
    pace: Iterable[float | None] | None = None,
    target: float | Decimal | None = None,
    unit: str = "%",
    name: str = "完成进度",
) -> str:
    """走势图：points 为 [{"label": "3月", "value": 12 或 None}]，pace 为与之等长的序时列表。

    坐标都写成百分比，图随容器伸缩而文字大小不变；标注过多时隔开取，手机上再减半。
    """
    points = list(points)
    known = [(i, float(p["value"])) for i, p in enumerate(points) if p["value"] is not None]
    planned = [(i, float(v)) for i, v in enumerate(list(pace or [])[: len(points)]) if v is not None]
    if not known and not planned:
        return format_html('<p class="empty">{}</p>', "还没有可画的数据，审核通过后显示。")
    plot = Plot(len(points), _ceiling([v for _, v in known + planned] + [float(target or 0)], unit))
    parts = [
        _grid(plot, unit),
        _axis(plot, points),
        _goal(plot, target, unit) if target is not None else "",
        plot.line("c-plan", planned),
        _pace_label(plot, known, planned),
        plot.line("c-line", known),
        format_html_join(
            "",
            '<circle class="c-dot" cx="{}" cy="{}" r="{}"/>',
            ((plot.x(i), plot.y(v), "4" if len(known) <= 24 else "2.4") for i, v in known),
        ),
        _last_value(plot, known, planned, unit) if known else "",
    ]
    return format_html(
        '<svg class="chart" role="img" aria-label="{}">{}</svg>',
        _reading(points, planned, target, unit, name),
        format_html_join("", "{}", ((p,) for p in parts)),
    )


def _ceiling(values: list[float], unit: str) -> float:
    """纵轴上限：百分比至少到 100，其余取不小于最大值的整齐数。"""
    largest = max([*values, 100.0 if unit == "%" else 0.0]) or 1.0
    step = 10.0 ** (len(str(int(largest))) - 1)
    return next(m * step for m in (1, 2, 4, 5, 8, 10) if m * step >= largest)


def _grid(plot: Plot, unit: str) -> str:
    """底、中、顶三条横线与数值。"""
    sign = unit if unit == "%" else ""
    return format_html_join(
        "",
        "{}{}",
        (
            (plot.level("c-grid", v), plot.text("c-lab", f"{LEFT - 1}%", plot.y(v), 0, 0.35, "end", f"{num(v)}{sign}"))
            for v in (0, plot.top / 2, plot.top)
        ),
    )


def _axis(plot: Plot, points: list[Point]) -> str:
    """横轴标注：首尾必标，中间按字宽匀开取；手机上容不下的再隔一个隐去（c-alt）。"""
    last = plot.last
    widest = max(sum(1 if ord(c) > 127 else 0.55 for c in str(p["label"])) for p in points) + 1
    step = max(-(-last // max(int(AXIS_WIDE / widest) - 1, 1)), 1)
    gaps = max(last // step, 1)
    marked = [round(n * last / gaps) for n in range(gaps + 1)] if last else [0]
    hidden = set(marked[-2::-2]) if len(marked) * widest > AXIS_NARROW else set()
    return format_html_join(
        "",
        "{}",
        (
            (plot.text("c-alt" if i in hidden else "c-lab", plot.x(i), "99%", 0, 0, "middle", points[i]["label"]),)
            for i in marked
        ),
    )


def _goal(plot: Plot, target: float | Decimal, unit: str) -> str:
    """目标线。"""
    label = plot.text("c-goal-t", f"{LEFT + 1}%", plot.y(float(target)), 0, -0.45, "start", f"目标 {num(target)}{unit}")
    return format_html("{}{}", plot.level("c-goal", float(target)), label)


def _pace_label(plot: Plot, known: Pairs, planned: Pairs) -> str | str:
    """“序时”二字写在序时线末端；与末点、前一点的数字挨得近时让位。"""
    if not planned:
        return ""
    i, value = planned[-1]
    if any(at >= i - 1 and abs(v - value) < plot.top * 0.2 for at, v in known[-1:]):
        return ""
    return plot.text("c-lab", plot.x(i), plot.y(value), 0.3, -0.6, "end", "序时")


def _last_value(plot: Plot, known: Pairs, planned: Pairs, unit: str) -> str:
    """最近一个数写在点旁：在右下方；贴近底线、或序时线从下面过去的，在右上方；已到最右端时在正右方，太长则在左上方。"""
    i, value = known[-1]
    text = f"{num(value)}{unit}"
    dx = 0.5
    paced = dict(planned).get(i)
    dy = -0.7 if value < plot.top * 0.2 or (paced is not None and paced <= value) else 1.3
    anchor = "start"
    if i == plot.last > 0:
        dx, dy, anchor = (0.5, 0.35, "start") if len(text) <= 3 else (0.2, -0.8, "end")
    return plot.text("c-val", plot.x(i), plot.y(value), dx, dy, anchor, text)


def _reading(points: list[Point], planned: Pairs, target: float | Decimal | None, unit: str, name: str) -> str:
    """读屏文字：把图上的数逐个读出。"""
    known = [f"{p['label']}{num(p['value'])}{unit}" for p in points if p["value"] is not None]
    paced = [f"{points[i]['label']}{num(v)}{unit}" for i, v in planned]
    parts = [f"{name}：{'，'.join(known) or '尚无数据'}"]
    if paced:
        parts.append(f"序时进度：{'，'.join(paced)}")
    if target is not None:
        parts.append(f"目标 {num(target)}{unit}")
    return "；".join(parts)


@register.simple_tag
@cache  # 一页要画上百个，各画一次：静态文件的网址开机以后不变
def icon(name: str) -> str:
    """图标：{% icon "printer" %}。名称见 static/icons.svg；图标不读出，旁边须有文字或 aria-label。"""
    file = static("icons.svg")
    return format_html('<svg class="ico" aria-hidden="true"><use href="{}#{}"/></svg>', file, name)


# ── 排文字 ──
@register.tag
def prose(parser: Parser, token: Token) -> "ProseNode":
    """{% prose %}…{% endprose %}：大段文字，全角标点后面的折行只为源码好读，印出来没有空格。"""
    content = parser.parse(("endprose",))
    parser.delete_first_token()
    return ProseNode(content)


class ProseNode(template.Node):
    """里面的内容照常由模板转义，这里只去掉空白。"""

    def __init__(self, content: NodeList) -> None:
        self.content = content

    def render(self, context: template.Context) -> str:
        return re.sub(r"(?<=[，。；：、！？”）])\s+(?=[^\s<])", "", self.content.render(context))


@register.filter
def sep(value: Any) -> str | str:
    """后面隔一道竖线，空的连竖线也没有：{{ plan.document_number|sep }}{{ plan.title }}。"""
    return format_html('{}<i class="sep"></i>', value) if value else ""


@register.filter
def linked(text: str, url: str) -> str | str:
    """有网址的可以点开，没有的只是文字：{{ row.text|linked:row.url }}。"""
    return format_html('<a href="{}">{}</a>', here(url), text) if url else text


@register.filter
def joined(parts: Iterable[str]) -> str:
    """几样并排写，中间隔一道竖线，空的不写：{{ page.facts|joined }}。"""
    *before, last = [part for part in parts if part] or [""]
    return format_html("{}{}", format_html_join("", "{}", ((sep(part),) for part in before)), last)


# ── 中文写法 ──
def _local(value: dt.date | None) -> dt.date | None:
    """带时区的时刻换成本地时刻。"""
    return timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value


@register.filter
def as_input(widget: dict[str, Any]) -> str:
    """控件模板里的一个 <input>，后面换行（框与字之间的空）：不为它另排两个模板。"""
    return format_html("{}\n", input_html(widget))


@register.filter
def error_count(form: BaseForm) -> int:
    """要改几处：按错误的条数，与下面列出的行数一致。"""
    return sum(len(found) for found in form.errors.values())


@register.filter
def cut(text: str, longest: int) -> str:
    """太长的截短，末尾用中文省略号：{{ text|cut:40 }}。"""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}……"


@register.filter
def cn_date(value: dt.date | None) -> str:
    """2023年9月25日。"""
    return dates.full(value) if value else ""


@register.filter
def cn_date_short(value: dt.date | None) -> str:
    """9月25日。"""
    return dates.short(value) if value else ""


@register.filter
def cn_weekday(value: dt.date | None) -> str:
    """周一。"""
    day = _local(value)
    return f"周{WEEKDAYS[day.weekday()]}" if day else ""


@register.filter
def cn_day(value: dt.date | None) -> str:
    """9月25日（周一）：截止日要说是周几。"""
    day = _local(value)
    return f"{cn_date_short(day)}（{cn_weekday(day)}）" if day else ""


@register.filter
def cn_datetime(value: dt.datetime | None) -> str:
    """9月21日 16:20。"""
    return dates.short_with_time(value) if value else ""


@register.filter(is_safe=True)
@stringfilter
def display_text(value: str) -> str:
    """去掉两个汉字之间单独的一个空格（扫描所致：店 小二），其余照录。"""
    return re.sub(r"(?<=[㐀-鿿]) (?=[㐀-鿿])", "", value)


@register.filter
def num(value: Any) -> str:
    """数字去掉小数末尾的零：0.50 -> 0.5，100.00 -> 100；空值为空，不是数字的原样返回。"""
    if value is None or value == "":
        return ""
    try:
        text = format(Decimal(str(value)), "f")
    except InvalidOperation:
        return value
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
