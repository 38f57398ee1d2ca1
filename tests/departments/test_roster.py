"""一张表建名单：读得对，或说出哪一行怎么了；代号、登录名照拼音提议；首次密码几天作废。"""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from departments import pinyin, roster
from departments.models import Department, DepartmentAlias, Leader, User
from yingshang.clock import real_now
from yingshang.tables.limits import Unreadable

pytestmark = pytest.mark.django_db
HEAD = "部门,简称、曾用名,姓名,职务,身份"
YUNLING = [
    "行政审批局,营商办、审批局,宋知遥,科员,填报人",
    "行政审批局,,何景行,副科长,办公室",
    "规划建设局,规建局,叶明川,,填报人",
    "管委会,,林致和,管委会副主任,领导",
    "税务局,,,,",
]


def read(*lines, head=HEAD):
    return roster.read("\n".join([head, *lines]).encode(), "名单.csv")


def test_pinyin_gives_codes_and_login_names():
    assert (pinyin.initials("行政审批局"), pinyin.initials("重庆路街道")) == ("xzspj", "cqljd")
    assert (pinyin.spelled("林致和"), pinyin.spelled("吕梁A区")) == ("linzhihe", "lvlianga" + "qu")
    assert {"jckfq", "jcjjkfq", "jiaocheng"} <= pinyin.guessed("交城经济开发区")


def test_a_sheet_is_read_and_codes_and_names_are_proposed():
    sheet = read(*YUNLING)
    assert sheet.errors == []
    assert [(e.department, e.code) for e in sheet.departments] == [
        ("行政审批局", "xzspj"), ("规划建设局", "ghjsj"), ("税务局", "swj"),
    ]  # fmt: skip
    assert [e.username for e in sheet.accounts] == ["xzspj", "hejingxing", "ghjsj", "linzhihe"]


def test_what_was_confirmed_is_built_at_once_and_a_second_time_nothing_is():
    made = roster.build(read(*YUNLING).entries)
    assert made.said == "3 个部门、1 位领导、4 个账号"
    assert set(DepartmentAlias.objects.values_list("name", flat=True)) == {"营商办", "审批局", "规建局"}
    assert Leader.objects.get().post == "管委会副主任"
    assert not User.objects.get(username="xzspj").has_usable_password()
    again = read(*YUNLING)
    assert (again.departments, again.accounts) == ([], [])
    assert roster.build(again.entries).said == ""


def test_a_known_alias_is_the_known_department():
    roster.build(read(*YUNLING).entries)
    sheet = read("营商办,,顾清扬,,填报人")
    assert (sheet.departments, sheet.entries[0].department, sheet.entries[0].username) == ([], "行政审批局", "xzspj2")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("税务局,,高思齐,,组长", "第2行：“身份”写的是“组长”，认得的是：填报人、填报员、办公室、领导。"),
        ("税务局,,高思齐,,", "第2行：“身份”写的是“（空）”"),
        (",,高思齐,,填报人", "第2行：没有写部门。填报人须写在哪个部门。"),
        ("税务局,,,,填报人", "第2行：写了身份而没有写姓名。"),
        ("税" * 41 + ",,高思齐,,填报人", "第2行：“部门”太长，最多 40 字。"),
    ],
)
def test_a_line_that_is_wrong_is_named_and_nothing_is_proposed(line, said):
    sheet = read(line)
    assert [error.startswith(said) for error in sheet.errors] == [True]


def test_the_same_person_twice_and_two_leaders_of_one_name_are_told_apart():
    [twice] = read("税务局,,高思齐,,填报人", "税务局,,高思齐,,填报人").errors
    assert twice == "第3行：与第2行是同一个人、同一个身份，请删去一行。"
    [same] = read(",,王伟,,领导", ",,王伟,书记,领导").errors
    assert same == "第2行：表里有两位同名的领导“王伟”。请写明职务，好分得清。"


def test_two_leaders_of_one_name_are_two_people_told_apart_by_their_posts():
    roster.build(read(",,王伟,副主任,领导", ",,王伟,书记,领导").entries)
    assert [leader.called for leader in Leader.objects.order_by("pk")] == ["王伟（副主任）", "王伟（书记）"]
    assert {user.leader.called for user in User.objects.filter(name="王伟")} == {"王伟（副主任）", "王伟（书记）"}
    again = read(",,王伟,副主任,领导", ",,王伟,书记,领导")
    assert not again.errors and again.accounts == []  # 补几行再传一遍，两位都认得出
    [said] = read(",,王伟,主任,领导").errors
    assert said == (
        "第2行：名单里已有“王伟（副主任）”“王伟（书记）”，这一行写的是“主任”。"
        "是同一位的，请照名单写职务；确是另一位的，请先在后台“领导”里新增。"
    )


def test_columns_that_are_missing_are_named_with_those_that_were_seen():
    [said] = read("税务局,高思齐", head="部门,名字").errors
    assert said.startswith("第1行须是列名，缺“姓名”“身份”（看到的是：部门、名字）。")
    with pytest.raises(Unreadable):
        roster.read(b"%PDF-1.4", "名单.xlsx")


def test_a_code_already_taken_is_refused_with_its_line_and_nothing_is_built():
    sheet = read(*YUNLING)
    sheet.entries[2].code = "xzspj"
    with pytest.raises(ValidationError, match="第4行（规划建设局）"):
        roster.build(sheet.entries)
    assert not Department.objects.exists()


def test_first_passwords_can_be_copied_by_hand_and_expire(client, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    roster.build(read(*YUNLING).entries)
    given = {user.username: password for user, password in roster.hand_out(roster.new_users())}
    assert len(given) == 4
    assert not set("".join(given.values())) & set("0O1lI")
    user = User.objects.get(username="xzspj")
    assert user.password.split("$")[1] == str(settings.FIRST_PASSWORD_ROUNDS)
    User.objects.update(password_changed_at=real_now() - dt.timedelta(days=8))
    data = {"username": "xzspj", "password": given["xzspj"]}
    assert "首次密码发出已过 7 天" in client.post("/login/", data).content.decode()
    User.objects.update(password_changed_at=real_now())
    assert client.post("/login/", data).status_code == 302
    user.refresh_from_db()
    assert user.password.split("$")[1] != str(settings.FIRST_PASSWORD_ROUNDS), "登录时升到足数"
    assert user not in roster.new_users()
