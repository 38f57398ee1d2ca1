"""页面上数的字，与服务器规整之后数的一样多。"""

import pytest

from yingshang.tables.normalising import clean_text

from .conftest import ROOT

pytestmark = pytest.mark.browser

WRITTEN = [
    "二十字以内的一句话。",
    "第一行\n第二行\n\n第四行\n",
    "　　首行缩进两格\u00a0\n　　第二段\u3000\n",
    "\u200b\ufeff\u2060\u00ad\u3164",
    "零\u200b宽\ufeff字\u2060符\u00ad和\u3164占位\u034f\u061c\u115f\u1160\u180e\uffa0",
    "控制\x01\x1f\x7f字符\x85换行",
    "表情😀也是一个字",
    "\u2800 \n\u2800\n",
    "中间 有　空格",
]


@pytest.fixture
def page(browser):
    """一张空白的页：只要脚本，不要服务器。"""
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("text", WRITTEN, ids=ascii)
def test_the_page_counts_what_the_server_counts(page, text):
    page.set_content('<body data-user="1"><form method="post"><textarea name="t" maxlength="2000"></textarea></form>')
    page.evaluate("text => { document.querySelector('textarea').value = text; }", text)
    page.add_script_tag(path=ROOT / "static/js/app.js")
    assert page.inner_text(".count").startswith(f"已写 {len(clean_text(text))} 字")
