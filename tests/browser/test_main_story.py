"""主线：部室在手机上报一项，办公室退一条、过一条，总览的数字跟着走，领导看到自己牵头的。"""

import re

import pytest

from .conftest import follow

pytestmark = pytest.mark.browser


def reporting(page):
    """总览“报送”一块里的数字（项次）。"""
    text = page.inner_text(".strip")
    found = {word: int(n) for word, n in re.findall(r"(已通过|待审核|未报|草稿|退回)\s*(\d+)", text)}
    reported, owed = re.search(r"(\d+)\s*／(\d+)\s*项次已报", text).groups()
    return found | {"已报": int(reported), "应报": int(owed)}


def test_measure_12_is_reported_on_a_phone_in_at_most_five_taps(visit):
    person = visit("spzx", phone=True)
    page, taps = person.page, 0
    assert "还有 3 项要报" in page.inner_text("h1")
    row = page.locator("details.task", has_text="优化环评流程")
    row.locator("summary").first.click()
    taps += 1
    row.get_by_role("button", name="＋5", exact=True).click()
    taps += 1
    row.get_by_role("button", name="照此修改").click()
    taps += 1
    follow(row.get_by_role("button", name="报送", exact=True))
    taps += 1
    assert "第 12 项已报送，等待办公室审核。还有 2 项要报。" in page.inner_text("main")
    assert "还有 2 项要报" in page.inner_text("h1")
    assert page.locator("details.task[open]").count() == 1, "下一项自动展开"
    said, following = (page.locator(which).first.bounding_box() for which in (".note-g", "details.task[open]"))
    assert 0 <= said["y"] < following["y"] < 844, "结果与下一项都在眼前"
    assert taps <= 5


@pytest.mark.parametrize("username", ["spzx", "kjcxb"])
def test_the_first_item_owed_is_on_the_first_screen_of_a_phone(visit, username):
    page = visit(username, phone=True).page
    box = page.locator("details.task").first.bounding_box()
    assert box["y"] + box["height"] < 844


def test_the_office_returns_one_and_approves_one_and_the_board_moves(visit):
    office = visit("office")
    before = reporting(office.go("/board/"))
    page = office.go("/review/")
    follow(page.get_by_role("link", name="从第一条审起"))
    first = page.inner_text("h1")
    page.get_by_text("退回修改").click()
    page.get_by_label("退回意见").fill("请补充与序时差距的原因。")
    follow(page.get_by_role("button", name="退回", exact=True))
    assert "已退回" in page.inner_text("main")
    assert page.inner_text("h1") != first, "自动到下一条"
    follow(page.get_by_role("button", name="通过"))
    after = reporting(office.go("/board/"))
    assert after["退回"] == before["退回"] + 1
    assert after["已通过"] == before["已通过"] + 1
    assert after["待审核"] == before["待审核"] - 2
    assert after["已报"] == before["已报"] - 1
    assert after["应报"] == before["应报"]


def test_a_return_needs_its_reason_and_keeps_the_page(visit):
    office = visit("office")
    page = office.go("/review/")
    follow(page.get_by_role("link", name="从第一条审起"))
    page.get_by_text("退回修改").click()
    page.get_by_label("退回意见").fill("   ")
    follow(page.get_by_role("button", name="退回", exact=True))
    assert "必须写明理由" in page.inner_text("main")


def test_the_returned_report_comes_first_with_its_reason(visit):
    page = visit("ghjsb").page
    first = page.locator("details.task").first
    assert "退回修改" in first.inner_text()
    assert "请补充 8 月以来新出让宗地数量" in first.inner_text()


def test_li_huabin_sees_his_ten_measures_reds_first(visit):
    page = visit("lihuabin").page
    assert "李华斌牵头 10 项" in page.inner_text("h1")
    cards = page.locator("li.lc")
    assert "红灯" in cards.nth(0).inner_text() and "红灯" in cards.nth(1).inner_text()
    assert "连续 4 期红灯" in cards.nth(0).inner_text(), "先请他过问的排在最前，写明为什么"
    assert "到期未完成" in cards.nth(1).inner_text()
    assert cards.count() + page.locator("table.mx tbody tr").count() == 10


def test_no_change_is_one_tap(visit):
    page = visit("spzx", phone=True).page
    row = page.locator("details.task", has_text="科学统筹排污能耗")
    row.locator("summary").first.click()
    follow(row.get_by_role("button", name="本期无变化"))
    assert "第 11 项已报送" in page.inner_text("main")


def test_a_report_can_be_withdrawn_while_unreviewed(visit):
    page = visit("spzx").page
    item = page.locator("ul.done li", has_text="科学统筹排污能耗")
    follow(item.get_by_role("button", name="撤回"))
    assert "已撤回" in page.inner_text("main")
    assert "草稿" in page.locator("details.task", has_text="科学统筹排污能耗").inner_text()
