"""两位同名的领导：各写各的职务，各处分得清；以前的话不改。"""

import pytest
import tablib
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from departments.models import Leader, Role, User
from departments.naming import Names, apart
from departments.resources import LeaderResource, UserResource
from tests.factories import make_user
from yingshang import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def first():
    return Leader.objects.create(name="张明", post="管委会主任", order=1)


def second(post="管委会副主任"):
    made = Leader(name="张 明", post=post, order=2)
    made.full_clean()
    made.save()
    return made


def test_alone_he_is_called_by_his_name_and_with_a_namesake_by_his_post_too(first):
    assert str(first) == "张明"
    other = second()
    first.refresh_from_db()
    assert (first.called, other.called) == ("张明（管委会主任）", "张明（管委会副主任）")
    other.name = "张小明"
    other.save()
    first.refresh_from_db()
    assert (first.called, other.called) == ("张明", "张小明")


def test_a_post_that_changes_changes_what_he_is_called_even_when_one_column_is_saved(first):
    other = second("党工委委员（正处级）")
    assert other.called == "张明（党工委委员〔正处级〕）"
    other.post = "调研员"
    other.save(update_fields=["post"])
    other.refresh_from_db()
    assert other.called == "张明（调研员）"


@pytest.mark.parametrize("post", ["", "管委会主任", "管委会 主任"])
def test_a_namesake_without_a_post_of_his_own_is_refused_with_what_to_do(first, post):
    with pytest.raises(ValidationError, match="两位同名的，都须写明职务，且不能相同"):
        second(post)
    assert Leader.objects.count() == 1


def test_the_first_one_must_have_a_post_before_a_second_can_come():
    Leader.objects.create(name="张明")
    with pytest.raises(ValidationError, match="没有写职务，请先补上"):
        second()


def test_the_tables_hold_it_whoever_writes(first):
    other = second()
    for change in ({"post": "管委会主任"}, {"called": first.with_post}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Leader.objects.filter(pk=other.pk).update(**change)


def test_what_was_done_before_the_second_came_is_told_with_the_name_of_its_day(first):
    before = clock.now()
    second()
    first.refresh_from_db()
    names = Names()
    assert (names.leader(first, before), names.leader(first, clock.now())) == ("张明", "张明（管委会主任）")
    names.set_back(first, before)
    assert (first.name, first.called) == ("张明", "张明")


def test_papers_add_the_post_only_where_both_are_named(first):
    other = second()
    first.refresh_from_db()
    assert apart([first])(first) == "张明"
    assert [apart([first, other])(one) for one in (first, other)] == ["张明（管委会主任）", "张明（管委会副主任）"]


def sheet(*rows, headers=("姓名", "职务", "排序")):
    return tablib.Dataset(*rows, headers=headers)


def test_the_exported_list_of_leaders_reads_back_without_a_change(first):
    second()
    exported = LeaderResource().export()
    result = LeaderResource().import_data(exported, raise_errors=True)
    assert {row.import_type for row in result.rows} == {"skip"}


def test_two_rows_of_one_name_are_two_people_and_one_row_alone_is_refused(first):
    result = LeaderResource().import_data(sheet(("张明", "管委会主任", 1), ("张明", "副主任", 5)))
    assert [row.import_type for row in result.rows] == ["skip", "new"]
    result = LeaderResource().import_data(sheet(("张明", "主任", 7)))
    assert "名单里有几位“张明”，职务对不上" in str(result.rows[0].errors or result.invalid_rows[0].error)
    assert set(Leader.objects.values_list("order", flat=True)) == {1, 5}


def test_the_same_name_and_post_twice_in_one_table_is_refused():
    result = LeaderResource().import_data(sheet(("张明", "主任", 7), ("张明", "主任", 8)))
    assert "第2行与第3行的“姓名”都是“张明”。请只保留一行。" in str(result.base_errors[0].error)
    assert not Leader.objects.exists()


def test_an_account_says_which_of_the_two_it_belongs_to(first):
    other = second()
    user = make_user("zhangming", Role.LEADER, leader=other)
    assert user.who == "张明（管委会副主任）"
    headers = ("登录名", "姓名", "角色", "对应领导")
    unclear = UserResource().import_data(sheet(("zm", "张明", "领导", "张明"), headers=headers))
    said = "“张明”说不清是哪一位：名单里有“张明（管委会主任）”“张明（管委会副主任）”。请连职务写。"
    assert said in str(unclear.invalid_rows[0].error)
    UserResource().import_data(sheet(("zm", "张明", "领导", "张明（管委会主任）"), headers=headers), raise_errors=True)
    assert User.objects.get(username="zm").leader == first
