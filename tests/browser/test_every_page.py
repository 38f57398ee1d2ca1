"""每一页、每个角色、两种屏宽：axe 零问题，不横向溢出，控制台零报告，点按目标够大。"""

import gzip
import re

import pytest

from .conftest import follow, problems

pytestmark = pytest.mark.browser
STANDS_ALONE = True  # 一页一条，只看不办

EVERYBODY = [
    "/measures/",
    "/measures/8/",
    "/measures/4/",
    "/measures/?light=red",
    "/measures/?q=没有这样的",
    "/plan/",
    "/help/",
    "/me/",
    "/me/password/",
]
ORDERS = [
    "/instructions/",
    "/instructions/1/",
    "/instructions/add/",
    "/plan/1/close/",
    "/milestones/",
    "/cooperation/",
    "/measures/19/milestones/",
    "/measures/14/?joint_period=2023-08",
]
PAGES = {
    "spzx": ["/", "/month/", "/my-department/", "/plan/revisions/1/", *EVERYBODY],
    "office": [
        "/board/",
        "/board/2023-07/",
        "/review/",
        "/review/all/",
        "/periods/",
        "/log/",
        "/measures/9/settings/",
        "/targets/?measure=8",
        "/departments/kjcxb/",
        "/circulars/",
        "/circulars/1/",
        "/circulars/3/edit/",
        "/circulars/petition/",
        "/circulars/4/",
        "/circulars/5/",
        *EVERYBODY[:3],
        *ORDERS,
    ],
    "lihuabin": ["/lead/", "/lead/?scope=all", "/circulars/5/", "/board/", "/measures/10/", "/instructions/"],
    "ghjsb": ["/"],
    "admin": [
        "/plan/import/",
        "/plan/",
        "/log/",
        "/successions/department/",
        "/successions/leader/",
        "/settings/",
        "/start/",
        "/start/roster/",
    ],
    "auditor": ["/log/security/", "/log/", "/me/"],
}
CASES = [(user, path, phone) for user, paths in PAGES.items() for path in paths for phone in (False, True)]


@pytest.fixture(scope="module")
def people(browser, server):
    """每个角色、每种屏宽登录一次，整个模块共用。"""
    from .conftest import DESKTOP, PHONE, Visitor

    made = {}

    def person(username, phone):
        key = (username, phone)
        if key not in made:
            made[key] = Visitor(browser, server, PHONE if phone else DESKTOP)
            if username:
                made[key].sign_in(username)
        made[key].complaints.clear()
        return made[key]

    yield person
    for visitor in made.values():
        visitor.context.close()


@pytest.mark.parametrize(("user", "path", "phone"), CASES)
def test_page_is_accessible_and_fits(people, user, path, phone):
    person = people(user, phone)
    page = person.go(path)
    for row in page.locator("details.task").all()[:1]:
        if row.get_attribute("open") is None:
            row.locator("summary").first.click()
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    assert person.complaints == []


def test_a_table_wider_than_the_phone_is_scrolled_by_the_keyboard_alone(people):
    page = people("office", True).go("/circulars/1/")
    wide = page.get_by_role("region", name="附件的表")
    assert wide.evaluate("e => e.scrollWidth > e.clientWidth"), "在手机上放不下"
    for _ in range(60):
        page.keyboard.press("Tab")
        if wide.evaluate("e => e === document.activeElement"):
            break
    else:
        raise AssertionError("按 Tab 走不到附表")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("e => e.scrollLeft > 0", arg=wide.element_handle())


@pytest.mark.parametrize("phone", [False, True])
def test_login_page_is_accessible_and_fits(people, phone):
    person = people(None, phone)
    page = person.go("/login/")
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")


@pytest.mark.parametrize("path", ["/", "/measures/8/"])
def test_tap_targets_on_a_phone_are_at_least_36_pixels_high(people, path):
    page = people("spzx", True).go(path)
    row = page.locator("details.task").first
    if row.count() and row.get_attribute("open") is None:
        row.locator("summary").first.click()
    small = page.evaluate(
        """() => Array.from(document.querySelectorAll('.btn, .nav a, summary, .seg label'))
        .filter(e => e.offsetParent && e.getBoundingClientRect().height < 36)
        .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_first_visit_weighs_at_most_40_kb(browser, server):
    from .conftest import DESKTOP, Visitor

    visitor = Visitor(browser, server, DESKTOP)
    bodies = []
    visitor.page.on("response", lambda r: bodies.append(r.body()) if r.status == 200 else None)
    visitor.sign_in("spzx")
    visitor.go("/")
    weight = sum(len(gzip.compress(body)) for body in bodies)
    visitor.context.close()
    assert weight <= 40 * 1024 * 2, "登录页与首页两次访问之和"
    assert weight / 2 <= 40 * 1024


@pytest.mark.parametrize("path", ["/board/", "/board/2023-08/"])
def test_the_ledger_prints_on_one_landscape_sheet(people, path):
    page = people("office", False).go(path)
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1
    width, height = map(float, re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf).groups())
    assert (round(width), round(height)) == (842, 595) or width > height


@pytest.mark.parametrize("username", ["office", "lihuabin"])
def test_the_week_prints_on_one_sheet(people, username):
    pdf = people(username, False).go("/week/").pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1


def test_the_meeting_room_screen_enlarges(browser, server):
    from .conftest import Visitor

    sizes = []
    for width in (1440, 1920, 2560):
        visitor = Visitor(browser, server, {"width": width, "height": 1080}).sign_in("office")
        visitor.go("/board/")
        sizes.append(visitor.page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)"))
        visitor.context.close()
    assert sizes[0] < sizes[1] < sizes[2]


def test_large_text_is_remembered(browser, server):
    from .conftest import PHONE, Visitor

    visitor = Visitor(browser, server, PHONE).sign_in("spzx")
    page = visitor.page
    before = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    follow(page.get_by_role("button", name="大字"))
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") > before
    visitor.go("/measures/")
    assert "big" in page.get_attribute("html", "class")
    visitor.context.close()
