"""手机上从绑验证码到用它登录：真浏览器里走一遍，六位数照页面上的密钥算。"""

import re
import shutil

import pytest

from ..departments.test_second_factor import code_of
from .conftest import PHONE, Visitor, follow, serving

pytestmark = pytest.mark.browser


@pytest.fixture
def office(template_data, tmp_path, browser):
    """一台要办公室用动态验证码的服务器，和坐在手机前的办公室。"""
    shutil.copytree(template_data, tmp_path, dirs_exist_ok=True)
    with serving(tmp_path, SECOND_FACTOR_ROLES="office") as url:
        visitor = Visitor(browser, url, PHONE)
        yield visitor
        visitor.context.close()
        assert visitor.complaints == []


def test_a_phone_is_bound_and_used_at_the_next_login(office):
    page = office.sign_in("office").page
    page.wait_for_url("**/me/second/")
    assert page.locator("svg.qr").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    secret = page.inner_text(".key")
    page.fill("[name=code]", code_of(secret, 0))
    follow(page.get_by_role("button", name="绑好了"))
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10 and re.fullmatch(r"\w{5}-\w{5}", codes[0])
    page.get_by_role("link", name="收好了").click()
    page.wait_for_url("**/board/**")
    office.context.clear_cookies()
    office.sign_in("office")
    page.wait_for_url("**/login/code/")
    page.fill("[name=code]", "000000")
    page.keyboard.press("Enter")
    page.get_by_text("验证码不对").wait_for()
    page.fill("[name=code]", codes[0])
    page.keyboard.press("Enter")
    page.get_by_text("还剩 9 个").wait_for()
