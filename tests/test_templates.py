"""模板的规矩：行宽、条件、行内样式与脚本，每一份都有用处。排版由 djangofmt 管（make check）。"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
LONGEST = 120
USE = re.compile(r"""{%\s*(?:include|extends)\s+["']([^"']+)["']""")
NAMED = re.compile(r"""["']([\w/-]+\.html)["']""")


def name(page):
    return page.relative_to(TEMPLATES).as_posix()


def too_long(source):
    """超过行宽的行号（以字计，不以字节计）。"""
    return [i for i, line in enumerate(source.splitlines(), 1) if len(line) > LONGEST]


def tangled(source):
    """多于两项的条件。"""
    conditions = re.findall(r"{%\s*(?:el)?if\s+(.*?)\s*%}", source, re.S)
    return [c for c in conditions if len(re.findall(r"\b(?:and|or)\b", re.sub(r"""(["']).*?\1""", "", c))) > 1]


def inline(source):
    """行内样式、内嵌样式、内嵌脚本、事件属性。"""
    source = re.sub(r"{#.*?#}", "", source, flags=re.S)
    patterns = (r"\sstyle\s*=", r"<style", r"<script(?![^>]*\ssrc=)", r"<script[^>]*>\s*[^<\s]", r"\son[a-z]+\s*=")
    return [pattern for pattern in patterns if re.search(pattern, source)]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_lines_are_at_most_120_characters(page):
    assert not too_long(page.read_text("utf-8")), "长行是该搬进页面对象的判断与拼接"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_conditions_have_at_most_two_terms(page):
    assert not tangled(page.read_text("utf-8")), "多于两项的，在页面对象里起个名字"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_styles_and_scripts_are_never_inline(page):
    assert not inline(page.read_text("utf-8"))


def mentioned_in_code():
    """Python 里写出名字的模板（视图、标签、表单控件）。"""
    found = set()
    for app in ("tasks", "departments", "yingshang"):
        for module in (ROOT / app).rglob("*.py"):
            found |= set(NAMED.findall(module.read_text("utf-8")))
    return found


def included():
    return {used for page in PAGES for used in USE.findall(page.read_text("utf-8"))}


def test_every_template_is_used():
    """框架按约定找的（出错页、登录、后台、表单）除外。"""
    used = mentioned_in_code() | included()
    conventional = re.compile(r"^(\d{3}\.html|registration/|admin/|forms/)")
    unused = [name(page) for page in PAGES if name(page) not in used and not conventional.match(name(page))]
    assert not unused, "没有页面、标签、片段用它"


def test_partials_are_only_included():
    """下划线开头的是片段：只被别的模板收进去，不直接当页面。"""
    partials = {name(page) for page in PAGES if page.name.startswith("_")}
    assert not partials & mentioned_in_code(), "直接当页面用的，名字不要下划线"
    extended = {
        used for page in PAGES for used in re.findall(r"{%\s*extends\s+[\"']([^\"']+)", page.read_text("utf-8"))
    }
    assert partials - extended <= included()


def test_pages_that_are_included_are_partials():
    pages = {used for used in included() if used.startswith("tasks/") and "/_" not in used}
    assert not pages, "收进别的模板的，名字要有下划线"


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (too_long, "字" * 121),
        (tangled, "{% if a and b or c %}"),
        (tangled, "{% elif not a and b and c %}"),
        (inline, '<p style="color:red">'),
        (inline, "<script>alert(1)</script>"),
        (inline, '<script src="a.js">alert(1)</script>'),
        (inline, '<a onclick="x">'),
    ],
)
def test_each_rule_catches_what_it_forbids(check, source):
    assert check(source)


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (too_long, "字" * 120),
        (tangled, "{% if a and b %}"),
        (tangled, '{% if a == "this and that or those" %}'),
        (inline, '<script src="a.js" defer>\n</script>'),
    ],
)
def test_each_rule_lets_the_rest_be(check, source):
    assert not check(source)
