"""统一认证在真浏览器里点一遍：两个真进程，表单转得出去（CSP），回得来，退得出。"""

import re
import shutil

import pytest

from ..departments.test_single_sign_on import ADDRESSES, Provider, running  # noqa: F401
from .conftest import DESKTOP, Visitor, serving

pytestmark = pytest.mark.browser
NAMES = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "OIDC_AUTHORIZATION_URL",
    "OIDC_OP_TOKEN_ENDPOINT": "OIDC_TOKEN_URL",
    "OIDC_OP_USER_ENDPOINT": "OIDC_USERINFO_URL",
    "OIDC_OP_JWKS_ENDPOINT": "OIDC_KEYS_URL",
    "OIDC_ISSUER": "OIDC_ISSUER",
}


@pytest.fixture
def visitor(template_data, tmp_path, browser, running):  # noqa: F811
    """一台办公室可以用统一认证的服务器，和坐在电脑前的人。"""
    shutil.copytree(template_data, tmp_path, dirs_exist_ok=True)
    provider = Provider(running)
    provider.spoils("none")
    provider.knows("n1", preferred_username="office")
    provider.knows("n2", preferred_username="nobody-here")
    written = {NAMES[name]: running + path for name, path in ADDRESSES.items()}
    written |= {"SINGLE_SIGN_ON_ROLES": "office", "OIDC_CLIENT_ID": "ledger", "OIDC_CLIENT_SECRET": "s3cret"}
    with serving(tmp_path, **written) as url:
        made = Visitor(browser, url, DESKTOP)
        yield made
        made.context.close()
    assert made.complaints == []


def through_the_provider(page, sub):
    page.get_by_role("button", name="用统一认证登录").click()
    page.wait_for_url(re.compile("/oauth2/authorize"))
    page.fill("[name=sub]", sub)
    page.get_by_role("button", name="Authorize").click()


def test_one_clicks_through_to_where_one_wanted_to_go_and_out_again(visitor):
    page = visitor.go("/review/")
    through_the_provider(page, "n1")
    page.wait_for_url("**/review/")
    visitor.go("/me/")
    page.get_by_role("button", name="退出").first.click()
    page.wait_for_url("**/login/**")
    through_the_provider(page, "n2")
    page.get_by_text("本系统没有这样一个能用的账户").wait_for()
    page.screenshot(path="/tmp/look-guard-login.png")
    assert page.locator("[role=alert]").count() == 1
