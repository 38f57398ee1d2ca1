"""姓名与部室：名单里的都认得，不在名单里的一个也不悄悄丢。"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.imports import Names
from tasks.imports.names import NameBook

from .samples import NAMES, messages, read, short


def leaders(value):
    return read(short(["1", "甲", value, "审批中心"]))


def departments(value):
    return read(short(["1", "甲", "李华斌", value]))


@pytest.mark.parametrize("mark", ["、", "，", ",", "；", ";", "/", "\n", " ", "　", " 、 ", "\r\n", "，\n", "  "])
def test_every_separator_gives_both_names(mark):
    reading = leaders(f"李华斌{mark}郑瑞林")
    assert reading.errors == []
    assert reading.rows[0].leaders == ("李华斌", "郑瑞林")


@pytest.mark.parametrize(
    "written", ["李　华　斌", "李 华 斌", " 李华斌 ", "李华斌、", "李\u200b华斌", "\ufeff李华斌", "李华斌_x0000_"]
)
def test_blanks_and_invisible_characters_inside_a_name_do_not_matter(written):
    assert leaders(written).rows[0].leaders == ("李华斌",)


def test_padded_two_character_names_separated_by_spaces_are_told_apart():
    assert leaders("李 斌 张 剑 李华斌").rows[0].leaders == ("李斌", "张剑", "李华斌")


def test_whole_names_only_so_li_bin_is_never_li_huabin():
    assert leaders("李斌").rows[0].leaders == ("李斌",)
    assert "“华斌”不在名单中" in leaders("华斌").errors[0].message


@pytest.mark.parametrize("value", ["张富平、李四", "李四，张富平", "张富平 李四", "张富平\n李四"])
def test_one_unknown_name_among_known_ones_is_an_error(value):
    (problem,) = leaders(value).errors
    assert "李四" in problem.value
    assert "不在名单中" in problem.message


def test_unknown_department_says_row_column_value_and_what_to_do():
    (problem,) = departments("生态环境分局").errors
    assert (problem.line, problem.column, problem.value) == (2, "牵头部室", "生态环境分局")
    assert problem.message == (
        "第2行“牵头部室”“生态环境分局”不在名单中。请核对写法；确系新增的，请先在部室名单中添加或登记别名，再重新上传。"
    )


def test_a_near_miss_is_suggested():
    assert "若是“经济发展部”请改正写法" in departments("经济发展局").errors[0].message


@pytest.mark.parametrize(("length", "shown"), [(40, "“" + "长" * 40 + "”"), (41, "“" + "长" * 40 + "…”")])
def test_an_unknown_name_of_forty_words_is_shown_whole(length, shown):
    assert shown in departments("长" * length).errors[0].message


def test_all_unknown_names_are_reported_at_once():
    reading = read(short(["1", "甲", "李四、王五", "甲局"], ["2", "乙", "赵六", "乙局、丙局"]))
    assert [problem.value for problem in reading.errors] == ["李四", "王五", "甲局", "赵六", "乙局", "丙局"]


@pytest.mark.parametrize(("count", "more"), [(20, []), (21, ["另有 1 个写法不在名单中"])])
def test_twenty_unknown_names_are_listed_and_the_rest_are_counted(count, more):
    errors = departments("、".join(f"{n}号局" for n in range(count))).errors
    assert len(errors) == 20 + len(more)
    assert all(said in errors[-1].message for said in more)


def test_an_alias_of_a_room_that_is_not_on_the_list_is_unknown():
    names = Names(departments=("审批中心",), leaders=("李华斌",), aliases={"旧部": "撤销了的部"})
    (error,) = read(short(["1", "甲", "李华斌", "旧部"]), names=names).errors
    assert "“旧部”不在名单中" in error.message


def test_a_name_in_the_wrong_column_is_said_to_be_so():
    assert "“审批中心”是部室，不是领导" in leaders("审批中心").errors[0].message
    assert "“李华斌”是领导，不是部室" in departments("李华斌").errors[0].message


@pytest.mark.parametrize(("alias", "name"), NAMES.aliases.items())
def test_aliases_are_recognised_and_must_be_confirmed(alias, name):
    reading = departments(alias)
    assert reading.rows[0].departments == (name,)
    assert messages(reading.warnings) == [f"第2行“牵头部室”“{alias}”已按别名识别为“{name}”，请核对。"]


def test_brackets_are_dropped_with_a_remark():
    reading = leaders("李华斌（副主任、分管领导）、郑瑞林(主任助理)")
    assert reading.errors == []
    assert reading.rows[0].leaders == ("李华斌", "郑瑞林")
    assert len(reading.warnings) == 2
    assert "括号内容“（副主任、分管领导）”不导入" in reading.warnings[0].message


def test_a_name_written_twice_counts_once_with_a_remark():
    reading = departments("财务部、财务管理运营部")
    assert reading.rows[0].departments == ("财务部",)
    assert any("写了两次" in message for message in messages(reading.warnings))


@pytest.mark.parametrize("value", ["各部室", "各部门", " 各 部室 "])
def test_everybody_is_a_flag_not_a_department(value):
    row = departments(value).rows[0]
    assert row.all_departments
    assert row.departments == ()


def test_everybody_beside_a_named_department_is_refused():
    (problem,) = departments("各部室、财务部").errors
    assert "请只写“各部室”" in problem.message


def test_empty_cells_are_refused_by_name():
    reading = read(short(["1", "甲", None, " "]))
    assert messages(reading.errors) == [
        "第2行“牵头领导”是空的。请填写后重新上传。",
        "第2行“牵头部室”是空的。请填写后重新上传。",
    ]


@given(
    st.lists(st.sampled_from([*NAMES.leaders, "李四", "王五"]), min_size=1, max_size=6),
    st.sampled_from(["、", "，", ";", "/", "\n", "　", " "]),
)
def test_all_known_gives_all_of_them_and_any_unknown_is_an_error(written, mark):
    matched, errors, _ = NameBook(NAMES).leaders(mark.join(written), line=1, column="牵头领导", unit="行")
    unknown = [name for name in written if name not in NAMES.leaders]
    if unknown:
        assert all(any(name in problem.value for problem in errors) for name in unknown)
    else:
        assert not errors
        assert matched.names == tuple(dict.fromkeys(written))


@given(st.text(max_size=30))
def test_a_cell_with_any_letters_gives_names_or_an_error(value):
    matched, errors, _ = NameBook(NAMES).leaders(value, line=1, column="牵头领导", unit="行")
    if any(char.isalpha() for char in value):
        assert errors or matched.names
