"""样式与模板的规矩：对比度、浏览器底线、严格 CSP、页重。"""

import gzip
import re
from pathlib import Path

import pytest
from django import forms

from tests.markup import markup
from yingshang.forms import CheckList, DateInput, PercentInput, SegRadioSelect, UnitInput

ROOT = Path(__file__).resolve().parent.parent
CSS = re.sub(r"/\*.*?\*/", "", (ROOT / "static/css/app.css").read_text("utf-8"), flags=re.S)
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
# 只有一页用的样式与脚本，与全站的守同样的规矩；颜色、变量只在 app.css 里写。
SHEETS = {
    p.name: re.sub(r"/\*.*?\*/", "", p.read_text("utf-8"), flags=re.S)
    for p in sorted((ROOT / "static/css").glob("*.css"))
}
VARIABLES = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", CSS))
WHITE = "#ffffff"


def luminance(colour):
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    lighter, darker = sorted((luminance(VARIABLES.get(c, c)) for c in (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


TEXT = [
    *[(ink, ground) for ink in ("ink", "ink2", "ink3") for ground in ("card", "bg", "hover", "soft")],
    *[(f"{key}", ground) for key in "gyrb" for ground in ("card", f"{key}-s")],
    *[("ink", f"{key}-b") for key in "gyrb"],
    ("r", "r-b"),
    ("ink3", "r-b"),
    ("n", "card"),
    ("ink2", "n-s"),
    ("ink3", "brand-s"),
    ("r", "brand-s"),
    ("brand", "card"),
    ("brand", "bg"),
    ("brand", "soft"),
    ("brand", "b-b"),
    ("brand-d", "brand-s"),
    ("brand-d", "card"),
    ("ink2", "track"),
    (WHITE, "brand"),
    (WHITE, "brand-d"),
    (WHITE, "head"),
    ("head-t", "head"),
    ("head", WHITE),
    (WHITE, "g"),
    ("demo-t", "demo"),
    ("say-t", "say"),
    ("del-t", "del"),
    ("ins-t", "ins"),
    ("ink", "line2"),
]
# 图形与控件边框：WCAG 1.4.11 要求 3:1。黄灯填充本身不够，靠描边与文字。
SHAPES = [
    ("g-f", "card"),
    ("y-e", "card"),
    ("r-f", "card"),
    ("b-f", "card"),
    ("n-f", "card"),
    ("edge", "card"),
    ("brand", "card"),
    ("focus", "head"),
    ("ink", "bg"),
]


@pytest.mark.parametrize(("one", "other"), TEXT)
def test_text_contrast_is_at_least_4_5(one, other):
    assert contrast(one, other) >= 4.5


@pytest.mark.parametrize(("one", "other"), SHAPES)
def test_shape_contrast_is_at_least_3(one, other):
    assert contrast(one, other) >= 3


def test_colours_are_written_only_in_root():
    rest = {name: sheet.split("}", 1)[1] if name == "app.css" else sheet for name, sheet in SHEETS.items()}
    assert {name: re.findall(r"#[0-9a-f]{3,8}\b", sheet, re.I) for name, sheet in rest.items()} == dict.fromkeys(
        SHEETS, []
    )


def test_every_variable_used_is_defined():
    defined = set(re.findall(r"--([\w-]+):", CSS))
    used = set(re.findall(r"var\(--([\w-]+)\)", "".join(SHEETS.values())))
    assert used <= defined, used - defined
    assert defined <= used, f"没有用到：{defined - used}"


FORBIDDEN = {
    ":has(": r":has\(",
    ":is(": r":is\(",
    ":where(": r":where\(",
    "@layer": "@layer",
    "@container": "@container",
    "@import": "@import",
    "@scope": "@scope",
    "color-mix": r"color-mix\(",
    "oklch": r"okl(ch|ab)\(",
    "dvh": r"\d[dsl]vh",
    "subgrid": "subgrid",
    "inset": r"[{;]\s*inset(-\w+)*:",
    "aspect-ratio": r"aspect-ratio:",
    "弹性盒 gap": r"[{;]\s*(row-|column-)?gap:",
    "嵌套": r"&",
    "外部资源": r"url\(",
    "逻辑选择器名单": r":not\([^)]*,",
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_css_keeps_to_the_browser_floor(name):
    """Chromium 86、Firefox 78、Safari 14 都认得；也不引用任何外部或内嵌资源。"""
    assert [sheet for sheet, text in SHEETS.items() if re.search(FORBIDDEN[name], text)] == []


def test_small_screen_rules_do_not_reach_paper():
    """A4 纸宽不到 900px：宽度断点不带 screen，打印就成了手机版。"""
    queries = re.findall(r"@media\s+([^{]+){", "".join(SHEETS.values()))
    assert all(q.startswith("screen and") for q in queries if "width" in q or "height" in q)


def test_braces_are_balanced():
    assert [name for name, sheet in SHEETS.items() if sheet.count("{") != sheet.count("}")] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_script_avoids_syntax_newer_than_es2015(path):
    newer = r"\?\.|\?\?|\basync\b|\*\*|\.\.\.|\bimport\b|replaceAll|\.at\(|catch\s*{"
    assert not re.search(newer, path.read_text("utf-8"))


def test_style_script_and_icons_weigh_at_most_20_kb():
    paths = ("static/css/app.css", "static/js/app.js", "static/icons.svg", "static/icon.svg")
    assert sum(len(gzip.compress((ROOT / p).read_bytes(), 9)) for p in paths) <= 20_000


def test_a_page_of_its_own_style_and_script_stays_small():
    """只有一页用的：连全站的、连页面本身，第一次打开还在 40 kB 以内。"""
    own = [p for folder in ("css", "js") for p in (ROOT / "static" / folder).iterdir() if p.stem != "app"]
    by_page = {p.stem: 0 for p in own}
    for p in own:
        by_page[p.stem] += len(gzip.compress(p.read_bytes(), 9))
    assert max(by_page.values()) <= 6_000, by_page


PAGES = sorted((ROOT / "templates").rglob("*.html"))
STRICT = {
    "行内样式": r"\sstyle\s*=",
    "样式块": r"<style",
    "内联脚本": r"<script(?![^>]*\ssrc=)",
    "事件属性": r"\son[a-z]+\s*=",
    "内嵌数据": r"(src|href)=[\"']?data:",
    "外站资源": r"<(script|link|img|iframe)[^>]*(src|href)=[\"']?(https?:)?//",
    "跳过转义": r"\|\s*safe\b|autoescape\s+off",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_templates_hold_to_the_strict_policy(page):
    source = re.sub(r"{#.*?#}", "", page.read_text("utf-8"))
    for name, pattern in STRICT.items():
        assert not re.search(pattern, source), f"{name}：{page.name}"


class SampleForm(forms.Form):
    stage = forms.ChoiceField(label="目前状态", choices=[("1", "推进中"), ("2", "已完成")], widget=SegRadioSelect)
    percent = forms.IntegerField(label="完成进度", widget=PercentInput, help_text="上月 72%")
    due = forms.DateField(label="期限", widget=DateInput, required=False)
    houses = forms.DecimalField(label="新增家数", widget=UnitInput("家"))
    departments = forms.MultipleChoiceField(label="部室", choices=[("1", "审批中心")], widget=CheckList)
    agreed = forms.BooleanField(label="已核对一致")


@pytest.mark.parametrize("form", [SampleForm(), SampleForm({})], ids=["空表", "有错"])
class TestForms:
    def test_every_control_is_labelled_and_described_by_what_exists(self, form):
        html = markup(str(form))
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        for control in re.findall(r"<(?:input|select|textarea)[^>]*>", html):
            name = re.search(r'\sid="([^"]+)"', control)[1]
            assert f'for="{name}"' in html or re.search(f"<label[^>]*>{re.escape(control)}", html)
        described = [i for group in re.findall(r'aria-describedby="([^"]+)"', html) for i in group.split()]
        assert set(described) <= set(ids)

    def test_only_optional_fields_are_marked(self, form):
        assert markup(str(form)).count("<em>选填</em>") == 1

    def test_date_is_kept_within_the_century(self, form):
        assert 'type="date"' in str(form["due"]) and 'max="2099-12-31"' in str(form["due"])


def test_error_summary_counts_and_links_to_the_fields():
    html = str(SampleForm({}))
    assert "有 5 处需要修改" in html
    assert 'href="#id_stage_0"' in html and 'href="#id_percent"' in html
