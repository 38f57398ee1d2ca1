"""模板标签与过滤器：图形可读、可打印、不写行内样式；中文写法正确。"""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.template import Context, Template

from tasks.templatetags import ledger


@pytest.fixture(autouse=True)
def plain_static(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def render(source, **context):
    return Template("{% load ledger %}" + source).render(Context(context))


def points(*values):
    return [{"label": f"{i + 3}月", "value": v} for i, v in enumerate(values)]


def axis(svg):
    """横轴上的标注。"""
    return re.findall(r'<text class="(c-lab|c-alt)" x="([\d.]+)%" y="99%"[^>]*>([^<]+)<', svg)


LEVELS = [
    ("green", "lt-g", "绿灯", "<circle"),
    ("yellow", "lt-y", "黄灯", "<path"),
    ("red", "lt-r", "红灯", "<rect"),
    ("done", "lt-b", "已完成", "s-w"),
    ("not_started", "lt-n", "未启动", "s-n"),
    ("none", "lt-n", "未判灯", "<rect"),
]


class TestLight:
    @pytest.mark.parametrize(("level", "css", "text", "shape"), LEVELS)
    def test_light_is_coded_by_colour_shape_and_text(self, level, css, text, shape):
        html = render("{% light level %}", level=level)
        assert css in html and text in html and shape in html

    def test_every_light_has_its_own_shape(self):
        shapes = {re.sub(r'class="[^"]*"', "", str(ledger._shape(level))) for level, *_ in LEVELS}
        assert len(shapes) == len(LEVELS)

    def test_light_without_text_still_reads_its_name(self):
        html = render('{% light "red" hide_label=True %}')
        assert 'role="img" aria-label="红灯"' in html and "</svg>红灯" not in html

    @pytest.mark.parametrize("level", [None, "", "紫"])
    def test_unknown_light_is_shown_as_not_judged(self, level):
        assert "未判灯" in render("{% light level %}", level=level)

    def test_light_filters_give_text_and_colour_key(self):
        assert render("{{ 'yellow'|light_label }} lc-{{ 'yellow'|light_css }}") == "黄灯 lc-y"

    def test_light_shape_is_hidden_from_screen_readers(self):
        html = render('{% light_shape "green" %}')
        assert html.startswith('<svg class="shp" viewBox="0 0 16 16" aria-hidden="true">')

    def test_hist_reads_out_every_period(self):
        html = render("{% hist points %}", points=[("4月", "green"), ("5月", "red")])
        assert 'aria-label="4月绿灯，5月红灯"' in html and 'viewBox="0 0 36 16"' in html

    def test_hist_without_periods_is_empty(self):
        assert render("{% hist points %}", points=[]) == ""


class TestBars:
    def test_bar_shows_value_and_pace(self):
        html = render('{% bar 35 70 "red" %}')
        assert 'class="f-r" width="35"' in html and 'x1="70"' in html

    def test_bar_without_pace_has_no_tick(self):
        assert "tick" not in render('{% bar 35 None "red" %}')

    @pytest.mark.parametrize(("value", "width"), [(None, "0"), (-5, "0"), (130, "100"), (Decimal("33.333"), "33.33")])
    def test_bar_stays_between_0_and_100(self, value, width):
        assert f'width="{width}" height="8"/></svg>' in render("{% bar value None %}", value=value)

    def test_stack_widths_follow_the_counts(self):
        html = render("{% stack parts %}", parts=[("r", 1), ("green", 3), ("y", 0)])
        assert re.findall(r'class="f-(\w+)" x="([\d.]+)" width="([\d.]+)"', html) == [
            ("r", "0.00", "24.50"),
            ("g", "25.00", "74.50"),
        ]

    def test_stack_of_nothing_is_an_empty_track(self):
        assert 'class="f-bg" x="0.00" width="100.00"' in render("{% stack parts %}", parts=[("r", 0)])


class TestTrend:
    def test_trend_reads_out_all_values(self):
        html = render("{% trend points pace 80 %}", points=points(12, Decimal("20.50"), None), pace=[10, 20, 30])
        assert 'role="img" aria-label="完成进度：3月12%，4月20.5%；序时进度：3月10%，4月20%，5月30%；目标 80%"' in html

    def test_trend_without_data_says_so(self):
        assert "还没有可画的数据" in render("{% trend points %}", points=[])
        assert "还没有可画的数据" in render("{% trend points %}", points=points(None, None))

    def test_trend_with_only_a_plan_is_drawn(self):
        html = render("{% trend points pace %}", points=points(None, None), pace=[50, 100])
        assert "c-plan" in html and "尚无数据" in html and "c-dot" not in html

    def test_trend_with_one_point_is_a_dot_without_a_line(self):
        html = render("{% trend points %}", points=points(40))
        assert html.count("c-dot") == 1 and "c-line" not in html and ">40%<" in html

    def test_trend_with_sixty_points_thins_its_labels(self):
        many = [{"label": f"{2023 + i // 12}年{i % 12 + 1}月", "value": i} for i in range(60)]
        labels = axis(render("{% trend points %}", points=many))
        assert labels[0][2] == "2023年1月" and labels[-1][2] == "2027年12月"
        assert len(labels) <= 6
        places = [float(x) for _, x, _ in labels]
        assert min(b - a for a, b in zip(places, places[1:], strict=False)) > 12

    def test_trend_of_a_year_labels_every_month_and_hides_half_on_phones(self):
        labels = axis(render("{% trend points %}", points=points(*range(10))))
        assert len(labels) == 10
        assert [css for css, _, _ in labels[-2:]] == ["c-alt", "c-lab"]

    def test_trend_writes_the_last_value_clear_of_the_pace_line(self):
        """超过序时的写在线上方，落后的写在下方；“序时”二字与它挨着时让位。"""
        drawn = "{% trend points pace %}"
        ahead, behind, far = (
            render(drawn, points=points(52, value, None), pace=[50, 60, 70]) for value in (72, 58, 20)
        )
        assert re.search(r'class="c-val"[^>]* dy="-0.7em"', ahead) and ">序时<" not in ahead
        assert re.search(r'class="c-val"[^>]* dy="1.3em"', behind) and ">序时<" not in behind
        assert ">序时<" in far

    def test_trend_of_counts_scales_to_a_round_ceiling(self):
        html = render('{% trend points None 10 "家" "新增高新技术企业" %}', points=points(1, 4, 7))
        assert ">10<" in html and "目标 10家" in html and "新增高新技术企业：3月1家" in html

    def test_trend_above_100_percent_stays_inside_the_frame(self):
        html = render("{% trend points %}", points=points(90, 120))
        assert all(0 <= float(y) <= 100 for y in re.findall(r'cy="([-\d.]+)%"', html))

    def test_labels_from_data_are_escaped(self):
        html = render("{% trend points %}", points=[{"label": "<b>", "value": 1}, {"label": "末", "value": 2}])
        assert "<b>" not in html


def test_no_drawing_uses_inline_style():
    html = render(
        '{% light "red" %}{% bar 1 2 "red" %}{% hist h %}{% stack s %}{% trend p p2 %}{% icon "bell" %}',
        h=[("4月", "done")],
        s=[("r", 1)],
        p=points(1, 2),
        p2=[1, 2],
    )
    assert "style=" not in html


def test_icon_points_into_the_sprite():
    html = '<svg class="ico" aria-hidden="true"><use href="/static/icons.svg#bell"/></svg>'
    assert render('{% icon "bell" %}') == html


class TestChinese:
    def test_dates(self):
        day = dt.date(2023, 9, 25)
        html = render("{{ d|cn_date }}（{{ d|cn_weekday }}）{{ d|cn_date_short }}", d=day)
        assert html == "2023年9月25日（周一）9月25日"

    def test_moments_are_shown_in_local_time(self):
        moment = dt.datetime(2023, 9, 21, 17, 5, tzinfo=dt.UTC)
        assert ledger.cn_datetime(moment) == "9月22日 01:05"
        assert ledger.cn_date(moment) == "2023年9月22日"

    def test_missing_dates_are_blank(self):
        assert render("{{ d|cn_date }}{{ d|cn_date_short }}{{ d|cn_weekday }}{{ d|cn_datetime }}", d=None) == ""

    @pytest.mark.parametrize(
        ("source", "shown"),
        [
            ("金牌店 小二", "金牌店小二"),
            ("达到 100%", "达到 100%"),
            ("王村 220KV、段村 110KV", "王村 220KV、段村 110KV"),
            ("甲  乙", "甲  乙"),
            ("一 二 三", "一二三"),
        ],
    )
    def test_only_a_lone_space_between_two_ideographs_is_removed(self, source, shown):
        assert ledger.display_text(source) == shown

    def test_display_text_does_not_make_text_safe(self):
        assert render("{{ t|display_text }}", t="<b>店 小二") == "&lt;b&gt;店小二"

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (Decimal("0.50"), "0.5"),
            (Decimal("100.00"), "100"),
            (5, "5"),
            (Decimal("1E+2"), "100"),
            (0.1, "0.1"),
            (Decimal("-0.00"), "0"),
            (None, ""),
            ("", ""),
            ("各部室", "各部室"),
        ],
    )
    def test_numbers_lose_trailing_zeros(self, value, shown):
        assert ledger.num(value) == shown
