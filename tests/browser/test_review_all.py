"""一页审完：键盘一路审下去，没有标记的一下通过，点错了随即撤销；关了脚本也成。"""

import pytest

from .conftest import follow
from .test_month import problems, widest

pytestmark = pytest.mark.browser


def waiting(page):
    return int(page.inner_text("h1").split()[0])


def test_accessible_and_never_wider_than_the_screen(visit):
    for phone in (False, True):
        page = visit("office", phone=phone).go("/review/all/")
        assert (problems(page), widest(page)) == ([], 0)
        for details in page.locator("details.rv-ret").all()[:2]:
            details.evaluate("element => { element.open = true; }")
        assert (problems(page), widest(page)) == ([], 0)
        follow(page.locator("form[action='/text-size/'] button"))
        for width in (360, 390, 768, 1024, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert widest(page) == 0, f"大字 {width}"
        follow(page.locator("form[action='/text-size/'] button"))


def test_a_row_keeps_its_words_inside_its_boxes(visit):
    """“通过并办结”不出按钮，“上次”一栏的底色到行底，“补报”换行不缩进。"""
    page = visit("office").go("/review/all/")
    row = page.locator("[data-item]").first
    button = row.locator("[data-pass]")
    button.evaluate(
        "e => { e.childNodes.forEach(n => { if (n.nodeType === 3 && n.data.trim()) n.data = '通过并办结'; }); }"
    )
    assert button.evaluate("e => [e.scrollWidth <= e.clientWidth, e.clientHeight < 60]") == [True, True]
    bottoms = "e => [e, e.querySelector('.rv-was')].map(x => Math.round(x.getBoundingClientRect().bottom))"
    for item in page.locator("[data-item]").all():
        whole, was = item.evaluate(bottoms)
        assert whole - was <= 1
    left = "e => Array.from(e.children, x => x.getBoundingClientRect().left - e.getBoundingClientRect().left)"
    row.locator(".rv-who").evaluate("e => { e.style.width = '5rem'; }")
    assert row.locator(".rv-who").evaluate(left) == [0, 0, 0]


def current(page):
    return page.locator("[data-item][aria-current]").get_attribute("id")


def test_the_keys_move_pass_undo_and_open_the_return(visit):
    page = visit("office").go("/review/all/")
    items = [item.get_attribute("id") for item in page.locator("[data-item]").all()]
    assert current(page) == items[0]
    page.keyboard.press("j")
    assert current(page) == items[1]
    page.keyboard.press("k")
    assert current(page) == items[0]
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.type("ja")
    assert page.locator("[data-item]").count() == len(items), "正在写字时按键不算"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    before = waiting(page)
    page.keyboard.press("a")
    page.locator("[data-undo]").wait_for()
    assert waiting(page) == before - 1
    assert current(page) == items[1], "停在下一条"
    page.keyboard.press("z")
    page.get_by_text("已撤销通过第").wait_for()
    assert waiting(page) == before


def test_a_usual_reason_is_one_tap_and_the_return_goes(visit):
    page = visit("office").go("/review/all/")
    before = waiting(page)
    last = page.locator("[data-item]").last
    last.locator("summary").click()
    last.locator("[data-say]").first.click()
    last.get_by_role("button", name="退回修改").click()
    page.get_by_text("已退回").wait_for()
    assert waiting(page) == before - 1


def test_all_without_a_flag_are_one_tap_and_without_script_too(visit):
    page = visit("office", javascript=False).go("/review/all/")
    before = waiting(page)
    button = page.locator("form.rv-bulk button")
    count = int("".join(c for c in button.inner_text() if c.isdigit()))
    follow(button)
    assert waiting(page) == before - count
    assert page.locator("form.rv-bulk").count() == 0
    follow(page.get_by_role("button", name="撤销"))
    assert waiting(page) == before
