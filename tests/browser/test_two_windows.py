"""两个窗口改同一份通报草稿：放回的一页换过几节，这台设备上写过、没有交上的还留着。"""

import pytest

from .conftest import follow

pytestmark = pytest.mark.browser


def test_what_was_typed_outlives_a_merged_page_that_was_closed(visit):
    """放回的一页里“下步打算”已是同事的字，与暂存的不一样：别的几节写的，不能因此当作交上了。"""
    first = visit("office")
    edit = first.go("/circulars/").locator("table a[href$='/edit/']").first.get_attribute("href")
    first.go(edit)
    second = first.page.context.new_page()
    second.goto(first.page.url)
    first.page.fill("[name=text_next]", "先到的要求。")
    follow(first.page.locator(".confirm .btn-p"))
    second.fill("[name=text_opening]", "后到的开头。")
    follow(second.locator(".confirm .btn-p"))
    assert "已换成别人刚存的" in second.locator("#merged").inner_text()
    assert second.input_value("[name=text_next]") == "先到的要求。"
    second.close()
    second = first.page.context.new_page()
    second.goto(first.page.url)
    assert second.input_value("[name=text_opening]") == "后到的开头。", "没有再存就关了，写的还在"
    assert second.input_value("[name=text_next]") == "先到的要求。"
