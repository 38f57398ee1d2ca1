"""人名照拼音排，部室照它们的次序：两种库一样，不论库的排序规则。"""

import subprocess
import sys

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from departments.models import Acting, Department, Leader, Role
from departments.pinyin import sounded
from tests.factories import make_user
from tests.processes import ROOT, environment

# 排好的样子：多音的姓照姓的读法，二级字的姓（晏、闫、翟）也在它的拼音那里；同音的同一个字在一起。
IN_ORDER = [
    "Adams", "陈向东", "陈小明", "葛军", "华强", "李斌", "李华斌", "吕布", "缪荣", "万俟明", "区健", "朴正", "仇和",
    "任平", "单伟", "王伟", "王卫东", "解军", "闫芳", "晏平", "尉迟恭", "曾小明", "查良", "翟天", "张富平", "张敏", "郑瑞林",
]  # fmt: skip


def test_names_are_in_the_order_of_their_sounds():
    mixed = sorted(IN_ORDER)
    assert mixed != IN_ORDER
    assert sorted(mixed, key=sounded) == IN_ORDER


def test_the_standard_code_puts_some_surnames_wrong_which_is_why_it_is_not_used():
    """国标码：闫在二级字里，排到郑后面；查、单照不作姓的读法，排到陈、葛前面。"""
    by_code = sorted(IN_ORDER, key=lambda name: name.encode("gb18030"))
    assert by_code.index("闫芳") > by_code.index("郑瑞林")
    assert by_code.index("单伟") < by_code.index("葛军") and by_code.index("查良") < by_code.index("陈向东")


@pytest.mark.django_db
def test_for_the_plans_own_names_both_agree(plan):
    names = list(Leader.objects.values_list("name", flat=True))
    assert len(names) > 5
    assert sorted(names, key=sounded) == sorted(names, key=lambda name: name.encode("gb18030"))


@given(st.text(max_size=40))
def test_any_name_has_its_place(name):
    found = sounded(name)
    assert len(found) == len(name)
    assert all(sound and char for sound, _, char in found)
    assert sorted([name, "李斌"], key=sounded) == sorted(["李斌", name], key=sounded)


@pytest.fixture
def crowd(plan):
    room = Department.objects.first()
    return [make_user(f"u{n}", Role.REPORTER, department=room, name=name) for n, name in enumerate(reversed(IN_ORDER))]


def listed(field) -> list[str]:
    return [str(label) for value, label in field.choices if value]


@pytest.mark.django_db
def test_whoever_did_it_is_chosen_from_a_list_in_that_order(crowd, client, people):
    client.force_login(people.office)
    page = client.get(reverse("event_list"))
    names = [name for name in listed(page.context["filters"].fields["who"]) if name in IN_ORDER]
    assert names == IN_ORDER


@pytest.mark.django_db
def test_who_stands_in_is_chosen_from_a_list_in_that_order(crowd, client, people):
    client.force_login(people.admin)
    form = client.get(reverse("admin:departments_acting_add")).context["adminform"].form
    names = [name for name in (label.split("（")[0] for label in listed(form.fields["user"])) if name in IN_ORDER]
    assert names == IN_ORDER
    assert not Acting.objects.exists()


@pytest.mark.django_db
def test_departments_are_in_their_own_order_wherever_they_are_chosen(plan, client, people):
    """次序反过来排，各处的下拉框跟着反过来。"""
    rooms = list(Department.objects.active())
    for n, room in enumerate(reversed(rooms)):
        Department.objects.filter(pk=room.pk).update(order=n)
    wanted = [room.name for room in reversed(rooms)]
    client.force_login(people.office)
    for url in ("event_list", "problem_list", "instruction_list"):
        page = client.get(reverse(url))
        assert [x for x in listed(page.context["filters"].fields["dept"]) if x in wanted] == wanted, url
    assert list(Department.objects.values_list("name", flat=True)) == wanted


def test_a_command_does_not_wait_for_the_dictionary(tmp_path):
    """字典要读三分之一秒：不用拼音的命令不读它。"""
    said = "import django, sys; django.setup(); import yingshang.urls; print('pypinyin' in sys.modules)"
    env = environment(tmp_path) | {"DJANGO_SETTINGS_MODULE": "yingshang.settings"}
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_list_of_people_does_not_read_the_words_and_is_the_same_after_they_are_read(tmp_path):
    """词库四十多兆：排名单的进程不该背着它；提议过代号的进程读过了，排得还是一样。"""
    said = (
        "import sys; from departments import pinyin; names = ['曾重庆', '单行政', '银行家', '李长乐', 'Adams'];"
        "before = [pinyin.sounded(name) for name in names]; print('pypinyin.phrases_dict' in sys.modules);"
        "print(pinyin.initials('重庆路街道')); print([pinyin.sounded(name) for name in names] == before)"
    )
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "cqljd", "True"]
