"""比较：身份是数据库编号，序号只是属性；每一种变化只叫它该叫的名字。"""

import json
from dataclasses import replace
from datetime import date

import pytest

from tasks.imports import Comparison, Live, MeasureRow, Reading, compare, row_from_json, row_to_json
from tasks.imports.differing import field_changes

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


WORDS = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往"  # 二十个字，各不相同
OTHERS = "秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜"
IN_PAIRS = "".join(WORDS[i + 1] + WORDS[i] for i in range(0, 20, 2))  # 字都在，两两颠倒：像一半


@pytest.mark.parametrize("field", ["title", "text"])
@pytest.mark.parametrize(
    ("words", "kind"),
    [(WORDS[:11] + OTHERS[11:], "changed"), (WORDS[:9] + OTHERS[9:], "added"), (IN_PAIRS, "added")],
)
def test_under_the_same_number_more_than_half_alike_is_reworded_and_no_more_than_half_is_another(field, words, kind):
    """按具体内容认；有一边没有具体内容的按名称认。正好一半的不算过半。"""
    old = MeasureRow("5", "甲", "", ("李华斌",), ("审批中心",))
    new = replace(old, title="乙", text="丙" if field == "title" else "")
    result = against([replace(new, **{field: words})], live=[Live(1, replace(old, **{field: WORDS}))])
    assert result.changes[0].kind == kind
    assert result.counts["removed"] == (kind == "added")


@pytest.mark.parametrize(("length", "kind"), [(19, "added"), (20, "changed")])
def test_a_body_of_less_than_twenty_words_is_too_short_to_know_a_measure_by(length, kind):
    old = MeasureRow("5", "甲", f"甲。{WORDS[:length]}", ("李华斌",), ("审批中心",))
    new = replace(old, number="6", title="乙", text=f"乙。{WORDS[:length]}")
    assert against([new], live=[Live(1, old)]).changes[0].kind == kind


def test_without_a_text_column_the_body_recognises_nothing():
    old = MeasureRow("5", "甲", f"甲。{WORDS}", ("李华斌",), ("审批中心",))
    new = replace(old, number="6", title="乙", text=f"乙。{WORDS}")
    assert against([new], live=[Live(1, old)], columns=ALL - {"text"}).changes[0].kind == "added"


def test_one_title_written_twice_is_left_to_the_number_to_decide():
    """现行只有一项叫这个名，文件里写了两行：不抢着认第一行。"""
    row = seed_rows()[11]
    result = against([replace(row, number="40", text="另一件事。"), *seed_rows()])
    assert counts(result, same=21, added=1, confirm=1)
    twice = against([replace(row, number="40"), *(replace(r, number="41") if r == row else r for r in seed_rows())])
    assert counts(twice, same=20, added=2, removed=1)


@pytest.mark.parametrize(("gone", "many"), [(5, False), (6, True)])
def test_more_than_a_quarter_missing_is_many(gone, many):
    """二十一项的四分之一是五项又四分之一。"""
    assert against(seed_rows()[gone:]).many_removed is many


def test_exactly_a_quarter_missing_is_not_many_and_revived_ones_are_not_counted():
    live = seed_live()[:4]
    assert not against(seed_rows()[:3], live=live).many_removed
    back = Live(900, replace(seed_rows()[20], number="21"))
    result = against([*seed_rows()[:2], seed_rows()[20]], live=live[:3], retired=[back])
    assert counts(result, same=2, revived=1, removed=1, confirm=1)
    assert result.many_removed


@pytest.mark.parametrize(("moved", "said"), [(1, False), (2, True)])
def test_one_row_with_other_names_is_not_suspected_of_sorting(moved, said):
    rows, live = seed_rows()[5:8], seed_live()[5:8]
    rows[:moved] = [replace(row, leaders=("平凯斌",)) for row in rows[:moved]]
    assert any("排序时错了行" in text for text in against(rows, live=live).remarks) is said


def test_exactly_a_quarter_with_other_names_is_not_suspected_of_sorting():
    rows, live = seed_rows()[5:13], seed_live()[5:13]
    rows[:2] = [replace(row, leaders=("平凯斌",)) for row in rows[:2]]
    assert against(rows, live=live).remarks == []


def test_removed_measures_come_in_the_order_people_count():
    live = [Live(n, MeasureRow(str(n), f"甲{n}", "", ("李华斌",), ("审批中心",))) for n in (10, 9, 2)]
    assert [change.row.number for change in against([], live=live).changes] == ["2", "9", "10"]


def test_a_live_measure_stored_untidily_is_not_a_change():
    live = [Live(1, replace(seed_rows()[11], number="１２", title=" 优化环评流程。"))]
    assert against([seed_rows()[11]], live=live).is_empty


def test_the_two_same_names_under_their_own_numbers_are_each_themselves():
    twins = [Live(n, MeasureRow(str(n), "甲", f"甲。之{n}。", ("李华斌",), ("审批中心",))) for n in (1, 2)]
    rewritten = [replace(item.row, text="甲。" + OTHERS) for item in twins]
    assert [change.id for change in against(rewritten, live=twins).of_kind("changed")] == [1, 2]
    assert counts(against([replace(twins[0].row, number="3")], live=twins), added=1, removed=2, confirm=1)


def test_a_plan_whose_texts_never_held_the_titles_is_taken_as_it_is():
    """现行方案的原文本来就不连名称：不补名称，也不请人确认补名称；改了一项也一样。"""
    live = [
        Live(n, MeasureRow(str(n), title, text, ("李华斌",), ("审批中心",)))
        for n, title, text in ((1, "优化环评流程", "进一步拓宽试点。"), (2, "建设平台", "提升承载能力。"))
    ]
    lines = [["1", "优化环评流程", "进一步拓宽试点。", "李华斌", "审批中心", "", ""]]
    same = compare(live[:1], read(xlsx([list(HEADER), *lines])))
    assert same.is_empty and same.confirms == []
    lines.append(["2", "建设平台", "降低企业成本。", "李华斌", "审批中心", "", ""])
    result = compare(live, read(xlsx([list(HEADER), *lines])))
    assert changed(result) == {("changed", "2", ("text",))}
    assert not any("合成原文" in text for text in result.confirms)


def test_a_new_deadline_brings_its_own_date_and_not_the_one_the_office_set():
    live = [
        Live(1, MeasureRow("1", "甲", "甲。", ("李华斌",), ("审批中心",), deadline="尽快", due_on=date(2023, 8, 1)))
    ]
    result = compare(live, read(xlsx([list(HEADER), ["1", "甲", "甲。", "李华斌", "审批中心", "2023年9月底", ""]])))
    assert result.changes[0].new.due_on == date(2023, 9, 30)
    assert [(f.old, f.new) for f in result.changes[0].fields] == [
        ("尽快 → 按2023年8月1日", "2023年9月底 → 按2023年9月30日")
    ]


def test_a_date_set_by_the_office_without_words_is_said_to_be_the_offices():
    live = [Live(1, MeasureRow("1", "甲", "甲。", ("李华斌",), ("审批中心",), due_on=date(2023, 8, 1)))]
    result = compare(live, read(xlsx([list(HEADER), ["1", "甲", "甲。", "李华斌", "审批中心", "年底", ""]])))
    (field,) = result.changes[0].fields
    assert field.old == "（文件未规定）办公室核定2023年8月1日"


# ---- 以前退出的 --------------------------------------------------------------


def departed(*numbers_and_texts) -> list[Live]:
    """以前退出的同名几项，最近退出的在前。"""
    return [
        Live(900 + index, MeasureRow(number, "甲", text, ("李华斌",), ("审批中心",)))
        for index, (number, text) in enumerate(numbers_and_texts)
    ]


def revived(row, retired):
    (change,) = against([row], live=[], retired=retired).changes
    assert change.kind == "revived"
    return change.id, change.confirm


def test_one_that_comes_back_word_for_word_is_revived_without_asking():
    (old,) = departed(("7", f"甲。{WORDS}"))
    assert revived(replace(old.row, number="9"), [old]) == (900, ())


def test_a_name_that_left_twice_takes_the_same_number_or_else_the_latest_and_asks():
    both = departed(("7", f"甲。{WORDS}"), ("8", f"甲。{WORDS}"))
    for number, pk, taken in (("8", 901, "8"), ("9", 900, "7")):
        said = f"（同名的退出过 2 项，接的是第{taken}项），请确认。"
        found, (confirm,) = revived(replace(both[0].row, number=number), both)
        assert found == pk and confirm.endswith(said)


def test_the_same_name_with_quite_another_text_is_revived_but_asked():
    (old,) = departed(("7", f"甲。{WORDS}"))
    found, (confirm,) = revived(replace(old.row, text=f"甲。{OTHERS}"), [old])
    assert found == 900 and confirm.endswith("（名称相同而原文大不相同），请确认。")


def test_another_name_is_revived_only_by_its_words_and_asked():
    """序号与文字都像，或名称以外一字不差；几次都像的接最近一次。"""
    old, older = departed(("7", f"甲。{WORDS}"), ("7", f"甲。{WORDS}"))
    for number in ("7", "9"):
        found, (confirm,) = revived(replace(old.row, number=number, title="乙", text=f"乙。{WORDS}"), [old, older])
        assert found == 900 and confirm.endswith("（名称变了，只是文字相像），请确认。")
    other = replace(old.row, title="乙", text=f"乙。{OTHERS}")
    assert against([other], live=[], retired=[old]).changes[0].kind == "added"


# ---- 缺列、空格 -------------------------------------------------------------


def test_columns_absent_from_the_file_keep_their_live_values():
    row = MeasureRow("1", "甲", "甲。原文。", ("李华斌",), ("审批中心",), deadline="年底", due_on=date(2023, 12, 31))
    live = [Live(1, replace(row, kind="milestone", lead_label="部门"))]
    result = compare(live, read(short(["1", "甲", "李华斌", "财务部"])))
    (change,) = result.changes
    assert change.new == replace(live[0].row, departments=("财务部",))
    assert change.new.due_on == date(2023, 12, 31)
    assert [field.name for field in change.fields] == ["departments"]


def test_the_name_of_the_lead_column_is_shown_as_it_stands_in_the_text():
    """改的是“牵头部室”这几个字，前后都写全，不能只写“部门”。"""
    row = MeasureRow("1", "甲", "甲。原文。", ("李华斌",), ("审批中心",))
    [change] = field_changes(replace(row, lead_label="部门"), row)
    assert (change.label, change.old, change.new) == ("牵头栏写法", "牵头部门", "牵头部室")


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
    assert result.confirms == ["第12项的举措名称“优化环评手续”与原文第一句不一致，请核对。"]


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
