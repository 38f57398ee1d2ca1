"""比较：身份是数据库编号，序号只是属性；每一种变化只叫它该叫的名字。"""

import json
from dataclasses import replace
from datetime import date

import pytest

from tasks.imports import Comparison, Live, MeasureRow, Reading, compare, row_from_json, row_to_json

from .samples import HEADER, csv_bytes, read, seed_live, seed_rows, short, table, xlsx

ALL = {"number", "title", "text", "leaders", "departments", "deadline", "kind"}


def against(rows, live=None, columns=ALL, **kwargs):
    numbered = [replace(row, line=line) for line, row in enumerate(rows, start=2)]
    reading = Reading("xlsx", rows=numbered, columns_present=columns)
    return compare(seed_live() if live is None else live, reading, **kwargs)


def edited(which, **changes):
    return [replace(row, **changes) if row.number == which else row for row in seed_rows()]


def changed(result):
    return {
        (change.kind, change.row.number, tuple(item.name for item in change.fields))
        for change in result.changes
        if change.kind != "same"
    }


def counts(result, **expected):
    return {name: count for name, count in result.counts.items() if count} == expected


# ---- 各种变化 ---------------------------------------------------------------


def test_the_same_plan_is_empty():
    result = against(seed_rows())
    assert result.is_empty
    assert counts(result, same=21)


def test_order_of_rows_does_not_matter():
    assert against(seed_rows()[::-1]).is_empty


def test_order_of_names_does_not_matter_because_order_is_not_rank():
    result = against(edited("8", leaders=("郑瑞林", "李华斌"), departments=("审批中心", "规划建设部")))
    assert result.is_empty


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"deadline": "2023年6月底前"}, ("deadline",)),
        ({"kind": "indicator"}, ("kind",)),
        ({"leaders": ("陈向东",)}, ("leaders",)),
        ({"departments": ("财务部", "综合办")}, ("departments",)),
        ({"departments": (), "all_departments": True}, ("departments",)),
        ({"number": "22"}, ("number",)),
        ({"number": "22", "deadline": "年底"}, ("number", "deadline")),
    ],
)
def test_one_edit_is_named_exactly(changes, names):
    number = changes.get("number", "12")
    kind = "renumbered" if names == ("number",) else "changed"
    result = against(edited("12", **changes))
    assert changed(result) == {(kind, number, names)}
    assert counts(result, same=20, **{kind: 1})
    assert result.of_kind(kind)[0].id == 111


def test_changed_words_are_marked_inside_the_text():
    row = seed_rows()[19]
    result = against(edited("20", text=row.text.replace("10 家", "12 家")))
    (field,) = result.of_kind("changed")[0].fields
    assert (field.label, field.old, field.new) == ("具体内容", row.text, row.text.replace("10 家", "12 家"))
    assert [run for run in field.marked if run[0] != "eq"] == [("del", "10"), ("ins", "12")]


def test_a_new_measure_lists_its_contents():
    new = MeasureRow(
        "22", "开展精准招商", "开展精准招商。走访企业。", ("李华斌",), ("招商引资部",), deadline="2023年12月"
    )
    result = against([*seed_rows(), new])
    (change,) = result.of_kind("added")
    assert change.id is None
    assert counts(result, same=21, added=1)
    assert {field.label: field.new for field in change.fields} == {
        "序号": "22",
        "举措名称": "开展精准招商",
        "具体内容": "开展精准招商。走访企业。",
        "牵头领导": "李华斌",
        "牵头部室": "招商引资部",
        "完成时限": "2023年12月（不作到期提醒）",
        "类型": "常态类（默认，待办公室核定）",
    }


def test_a_measure_missing_from_the_file_is_to_be_removed():
    result = against(seed_rows()[:-1])
    (change,) = result.of_kind("removed")
    assert (change.id, change.old.number, change.new) == (120, "21", None)
    assert not result.many_removed
    assert result.confirms == []


def test_many_missing_measures_must_be_confirmed_with_their_number():
    result = against(seed_rows()[:10])
    assert result.many_removed
    assert result.remarks == ["文件里没有的 11 项将退出现行方案，超过四分之一，请核对文件是否完整。"]


def test_changes_come_in_the_order_of_the_file_then_the_removed_ones():
    rows = seed_rows()
    result = against([rows[5], rows[2], replace(rows[3], number="30")])
    assert [change.row.number for change in result.changes[:3]] == ["6", "3", "30"]
    removed = [change.row.number for change in result.changes[3:]]
    assert removed == sorted(removed, key=int)
    assert len(removed) == 18


# ---- 身份 -------------------------------------------------------------------


def test_inserting_a_measure_renumbers_the_rest_and_keeps_their_identity():
    rows = seed_rows()
    new = MeasureRow("9", "新的一项", "新的一项。内容另起。", ("李华斌",), ("审批中心",))
    shifted = rows[:8] + [new] + [replace(row, number=str(int(row.number) + 1)) for row in rows[8:]]
    result = against(shifted)
    assert counts(result, same=8, added=1, renumbered=13)
    assert [change.id for change in result.of_kind("renumbered")] == list(range(108, 121))


def test_a_split_number_8_1_is_new_and_moves_nothing():
    new = MeasureRow("8-1", "推进标准地", "推进标准地。单列。", ("李华斌",), ("审批中心",))
    assert counts(against([*seed_rows(), new]), same=21, added=1)


def test_two_swapped_numbers_are_two_renumberings():
    rows = seed_rows()
    rows[1], rows[2] = replace(rows[2], number="2"), replace(rows[1], number="3")
    result = against(rows)
    assert counts(result, same=19, renumbered=2)
    assert {(change.id, change.new.number) for change in result.of_kind("renumbered")} == {(102, "2"), (101, "3")}


def test_a_reworded_title_and_text_under_the_same_number_is_one_change():
    row = seed_rows()[11]
    title = "优化环境影响评价流程"
    text = row.text.replace("优化环评流程", title).replace("进一步拓宽", "继续拓宽")
    result = against(edited("12", title=title, text=text))
    assert changed(result) == {("changed", "12", ("title", "text"))}


def test_another_measure_under_an_old_number_is_new_and_removed_and_must_be_confirmed():
    other = MeasureRow("12", "举办招商推介会", "举办招商推介会。面向长三角邀约客商。", ("李华斌",), ("招商引资部",))
    result = against([other if row.number == "12" else row for row in seed_rows()])
    assert counts(result, same=20, added=1, removed=1, confirm=2)
    (added,) = result.of_kind("added")
    assert added.candidate == 111
    assert "请确认不是改写" in added.confirm[0]
    assert "换成了另一项" in result.of_kind("removed")[0].confirm[0]


def test_the_office_may_decide_that_it_is_the_same_measure_after_all():
    other = MeasureRow("12", "举办招商推介会", "举办招商推介会。面向长三角邀约客商。", ("李华斌",), ("审批中心",))
    result = against([other if row.number == "12" else row for row in seed_rows()], same={"12": 111})
    assert counts(result, same=20, changed=1)
    assert result.of_kind("changed")[0].id == 111


def test_new_number_and_new_title_with_the_same_body_is_recognised_but_asked():
    row = seed_rows()[11]
    moved = replace(row, number="30", title="环评提速", text="环评提速。" + row.text.partition("。")[2])
    result = against([moved if item.number == "12" else item for item in seed_rows()])
    (change,) = result.of_kind("changed")
    assert change.id == 111
    assert "请确认" in change.confirm[0]


def test_equal_titles_are_never_guessed_between():
    twins = [Live(n, MeasureRow(str(n), "甲", f"甲。之{n}。", ("李华斌",), ("审批中心",))) for n in (1, 2)]
    rows = [replace(item.row, number=str(index + 11)) for index, item in enumerate(twins)]
    result = against(rows, live=twins)
    assert counts(result, added=2, removed=2, confirm=1)


def test_blanks_in_a_title_do_not_break_identity_but_are_a_change():
    result = against(edited("12", title="优化 环评流程"))
    assert changed(result) == {("changed", "12", ("title",))}


# ---- 缺列、空格 -------------------------------------------------------------


def test_columns_absent_from_the_file_keep_their_live_values():
    row = MeasureRow("1", "甲", "甲。原文。", ("李华斌",), ("审批中心",), deadline="年底", due_on=date(2023, 12, 31))
    live = [Live(1, replace(row, kind="milestone", lead_label="部门"))]
    result = compare(live, read(short(["1", "甲", "李华斌", "财务部"])))
    (change,) = result.changes
    assert change.new == replace(live[0].row, departments=("财务部",))
    assert change.new.due_on == date(2023, 12, 31)
    assert [field.name for field in change.fields] == ["departments"]


def test_an_empty_deadline_clears_it_and_an_empty_kind_keeps_it():
    live = [Live(1, MeasureRow("1", "甲", "甲。", ("李华斌",), ("审批中心",), deadline="年底", kind="milestone"))]
    result = compare(live, read(xlsx([list(HEADER), ["1", "甲", "甲。", "李华斌", "审批中心", "", ""]])))
    assert changed(result) == {("changed", "1", ("deadline",))}
    assert result.changes[0].new.kind == "milestone"


def test_a_due_date_set_by_the_office_stays_while_the_words_are_unchanged():
    live = [
        Live(1, MeasureRow("1", "甲", "甲。", ("李华斌",), ("审批中心",), deadline="尽快", due_on=date(2023, 8, 1)))
    ]
    result = compare(live, read(xlsx([list(HEADER), ["1", "甲", "甲。", "李华斌", "审批中心", "尽快", ""]])))
    assert result.is_empty
    assert result.changes[0].new.due_on == date(2023, 8, 1)


def test_departments_behind_everybody_are_not_compared():
    live = [Live(1, MeasureRow("4", "甲", "甲。", ("陈向东",), ("审批中心", "财务部"), all_departments=True))]
    assert compare(live, read(short(["4", "甲", "陈向东", "各部室"]))).is_empty


def test_a_new_measure_without_a_text_column_must_be_confirmed():
    result = compare([], read(short(["1", "甲", "李华斌", "审批中心"])))
    assert result.changes[0].new.text == "甲"
    assert "文件没有“具体内容”列" in result.confirms[0]


# ---- 须确认 -----------------------------------------------------------------


def test_an_alias_is_to_be_confirmed_but_is_not_a_change():
    grid = table(seed_rows())
    grid[15][4] = "财务管理运营部"
    result = compare(seed_live(), read(xlsx(grid)))
    assert result.is_empty
    assert result.confirms == ["第16行“牵头部室”“财务管理运营部”已按别名识别为“财务部”，请核对。"]
    assert result.changes[14].confirm == (result.confirms[0],)


def test_leader_and_department_both_changed_must_be_confirmed():
    result = against(edited("12", leaders=("陈向东",), departments=("财务部",)))
    assert result.confirms == ["第12项“优化环评流程”的牵头领导和牵头部室都变了，请核对是否错行。"]


def test_a_column_sorted_on_its_own_is_suspected():
    rows = seed_rows()
    shifted = [
        replace(row, departments=other.departments, all_departments=other.all_departments)
        for row, other in zip(rows, rows[1:] + rows[:1], strict=True)
    ]
    assert any("排序时错了行" in message for message in against(shifted).confirms)


def test_a_title_changed_without_its_text_must_be_confirmed():
    result = against(edited("12", title="优化环评手续"))
    assert result.confirms == ["第12项“举措名称”“优化环评手续”与原文第一句不一致，请核对。"]


def test_confirmations_are_counted_once_each():
    result = against(edited("12", leaders=("陈向东",), departments=("财务部",)))
    assert result.counts["confirm"] == len(result.confirms) == 1


# ---- 存取 -------------------------------------------------------------------


def test_a_comparison_survives_json():
    rows = edited("12", leaders=("陈向东",), departments=("财务部",), deadline="年底", due_on=date(2023, 12, 31))
    rows = [*rows[1:], MeasureRow("22", "甲", "甲。", ("李华斌",), ("审批中心",))]
    result = against(rows)
    stored = json.loads(json.dumps(result.to_json(), ensure_ascii=False))
    assert Comparison.from_json(stored) == result
    assert stored["counts"] == result.counts
    assert Comparison.from_json(stored).changes[10].new.due_on == date(2023, 12, 31)


def test_a_row_survives_json():
    for row in seed_rows():
        assert row_from_json(json.loads(json.dumps(row_to_json(row)))) == row
    assert row_from_json(row_to_json(None)) is None


def test_an_empty_live_plan_takes_everything_as_new():
    assert counts(compare([], read(csv_bytes(table(seed_rows())), "方案.csv")), added=21)


def test_ten_thousand_rows_need_no_pairwise_search(monkeypatch):
    """相似度只在序号相同而名称不同的之间算，次数不超过行数。"""
    from tasks.imports import comparing

    calls = []
    monkeypatch.setattr(comparing, "similarity", lambda old, new: calls.append(1) or 1.0)
    rows = [MeasureRow(str(n), f"第{n}号", f"第{n}号。内容{n}。", ("李华斌",), ("审批中心",)) for n in range(1, 9999)]
    live = [Live(index, replace(row, title=row.title + "旧")) for index, row in enumerate(rows)]
    assert against(rows, live=live).counts["changed"] == 9998
    assert len(calls) == 9998
