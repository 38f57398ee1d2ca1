"""第一天：五步照库里的样子打勾；名单先看后建；密码条只显示一次。"""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from departments.models import Department, Organisation, Role, SecurityEvent, User
from tests.departments.test_roster import HEAD, YUNLING
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(db, sign_in):
    """刚装好的库里的管理员。"""
    return sign_in(make_user("admin", Role.ADMIN, is_staff=True, is_superuser=True))


def states(page):
    """五步各是什么样子。"""
    return re.findall(r'class="fd is-(\w+)"', page.get("/start/").content.decode())


def sheet(*lines):
    return {"file": SimpleUploadedFile("名单.csv", "\n".join([HEAD, *lines]).encode())}


def confirm(page, shown, **changed):
    """照预览页上的交，改了几栏。"""
    form = shown.context["form"]
    data = {"rows": form["rows"].value()}
    for row in form.entries:
        data |= {row.add_prefix(name): row[name].value() for name in row.fields}
    return page.post("/start/roster/", data | changed)


def test_a_new_installation_opens_on_the_first_day(page):
    assert page.get("/").url == "/start/"
    assert states(page) == ["now", "wait", "wait", "wait", "wait"]
    Organisation(zone="云岭高新区").save()
    assert states(page)[:2] == ["ok", "now"]


def test_once_a_period_is_open_the_first_day_is_over(period, people, sign_in):
    assert sign_in(people.admin).get("/").url == "/plan/"
    assert sign_in(people.office).get("/start/").status_code == 200


def test_the_roster_is_looked_at_changed_and_built(page):
    shown = page.post("/start/roster/", sheet(*YUNLING))
    assert "要建 <b>3</b> 个部门、<b>4</b> 个账号" in shown.content.decode()
    assert not Department.objects.exists()
    assert confirm(page, shown, **{"r2-code": "spj"}).url == "/start/"
    assert set(Department.objects.values_list("slug", flat=True)) == {"spj", "ghjsj", "swj"}
    assert SecurityEvent.objects.filter(action="account_added").count() == 4
    html = page.get("/start/").content.decode()
    assert "税务局还没有填报人" in html and "密码条 4 张" in html
    assert states(page)[1] == "part"


def test_a_code_that_is_taken_is_refused_and_what_was_typed_stays(page):
    shown = page.post("/start/roster/", sheet(*YUNLING))
    answer = confirm(page, shown, **{"r4-code": "xzspj"})
    assert answer.status_code == 422
    assert "第4行（规划建设局）" in answer.content.decode()
    assert not Department.objects.exists()
    assert "这一页打开得太久" in page.post("/start/roster/", {"rows": "假的"}).content.decode()


def test_a_sheet_with_mistakes_is_told_line_by_line(page):
    answer = page.post("/start/roster/", sheet("税务局,,高思齐,,组长", ",,顾清扬,,填报人"))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "第2行：“身份”写的是“组长”" in html and "第3行：没有写部门" in html


def test_slips_are_shown_once_and_the_ones_before_are_void(page):
    confirm(page, page.post("/start/roster/", sheet(*YUNLING)))
    passwords = [re.findall(r'class="pw">([^<]+)<', page.post("/start/slips/").content.decode()) for _ in range(2)]
    assert [len(found) for found in passwords] == [4, 4]
    user = User.objects.get(username="xzspj")
    assert not any(user.check_password(password) for password in passwords[0])
    assert any(user.check_password(password) for password in passwords[1])
    assert SecurityEvent.objects.filter(action="password_reset", target=user).count() == 2


def test_the_blank_sheet_can_be_filled_and_read_back(page):
    answer = page.get("/start/roster/sheet/")
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    file = SimpleUploadedFile("空表.xlsx", answer.content)
    assert "表里没有一行内容" in page.post("/start/roster/", {"file": file}).content.decode()
