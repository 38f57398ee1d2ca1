"""手机上的清单：筛选先收起，第一行在首屏；要筛的点一下，有没有脚本都一样。宽屏上筛选一直摆着。"""

import pytest

pytestmark = pytest.mark.browser
LISTS = [
    "/measures/", "/problems/", "/log/", "/board/2023-09/items/", "/board/2023-08/items/", "/milestones/",
    "/instructions/", "/publicity/",
]  # fmt: skip


@pytest.mark.parametrize("javascript", [True, False])
def test_on_a_phone_the_rows_come_first_and_the_filters_at_a_tap(visit, javascript):
    visitor = visit("office", phone=True, javascript=javascript)
    for url in LISTS:
        page = visitor.go(url)
        assert not page.locator(".filters").is_visible(), url
        first = page.locator("main section.card").first.locator("tbody tr, ol.tl > li").first
        assert first.bounding_box()["y"] < 700, url
        page.locator("label[for=sift]").click()
        assert page.locator(".filters").is_visible(), url


def test_what_is_filtered_by_is_said_on_the_button_and_the_rows_stay_first(visit):
    page = visit("office", phone=True).go("/problems/?status=unsettled&due=overdue")
    assert page.locator("label[for=sift]").inner_text().strip() == "筛选：未销号、已逾期"
    assert page.locator("tbody tr").first.bounding_box()["y"] < 700


def test_filters_open_by_keyboard_too(visit):
    page = visit("office", phone=True).go("/measures/")
    page.locator("#sift").focus()
    page.keyboard.press("Space")
    assert page.locator(".filters").is_visible()


def test_on_a_wide_screen_the_filters_are_always_there(visit):
    visitor = visit("office")
    for url in LISTS:
        page = visitor.go(url)
        assert page.locator(".filters").is_visible(), url
        assert not page.locator("label[for=sift]").is_visible(), url
