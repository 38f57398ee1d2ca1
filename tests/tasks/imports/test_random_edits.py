"""随机改台账几百次：预览说出的，恰好就是改了的。"""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.imports import Comparison, compare, number_key
from tests.examples import share

from .samples import KIND_LABELS, NAMES, csv_bytes, read, seed_live, seed_rows, shared, table, xlsx

SEEDS = seed_rows()
FORMS = {
    "xlsx": xlsx,
    "shared": lambda grid: shared(xlsx(grid)),
    "csv": csv_bytes,
    "gbk": lambda grid: csv_bytes(grid, "gb18030"),
}
DEADLINES = ["", "2023年6月底前", "年底", "长期坚持", "第三季度", "2月30日", "12月底前"]
WORDS = ["，抓紧落实", "，定期通报", "（重点）", " 10 家", "。另行安排"]


@st.composite
def edits(draw):
    """（改后的各行，预期的变化：现行编号或新序号 → 种类与字段）。"""
    rows = {100 + index: row for index, row in enumerate(SEEDS)}
    expected = {}
    for identity in draw(st.lists(st.sampled_from(sorted(rows)), unique=True, max_size=8)):
        row = rows[identity]
        what = draw(
            st.sets(st.sampled_from(["text", "leaders", "departments", "deadline", "kind", "number"]), max_size=3)
        )
        if draw(st.integers(0, 9)) == 0:
            del rows[identity]
            expected[identity] = ("removed", set())
            continue
        new = row
        if "text" in what:
            word = draw(st.sampled_from(WORDS))
            at = draw(st.integers(len(row.title) + 1, len(row.text)))
            new = replace(new, text=row.text[:at] + word + row.text[at:])
        if "leaders" in what:
            new = replace(
                new, leaders=tuple(draw(st.lists(st.sampled_from(NAMES.leaders), min_size=1, max_size=3, unique=True)))
            )
        if "departments" in what:
            chosen = draw(st.lists(st.sampled_from(NAMES.departments), min_size=1, max_size=3, unique=True))
            new = replace(new, departments=tuple(chosen), all_departments=False)
        if "deadline" in what:
            new = replace(new, deadline=draw(st.sampled_from(DEADLINES)))
        if "kind" in what:
            new = replace(new, kind=draw(st.sampled_from(["indicator", "milestone", "routine"])))
        if "number" in what:
            new = replace(new, number=f"{row.number}-{draw(st.integers(1, 9))}")
        rows[identity] = new
        names = {name for name in ("number", "text", "deadline", "kind") if getattr(new, name) != getattr(row, name)}
        if set(new.leaders) != set(row.leaders):
            names.add("leaders")
        if (set(new.departments), new.all_departments) != (set(row.departments), row.all_departments):
            names.add("departments")
        if names:
            expected[identity] = ("renumbered" if names == {"number"} else "changed", names)
    result = list(rows.values())
    for index in range(draw(st.integers(0, 3))):
        number = str(50 + index)
        title = draw(st.sampled_from(["开展精准招商", "建设数字园区", "压减审批时限"])) + number
        result.append(
            replace(SEEDS[0], number=number, title=title, text=f"{title}。另立一项，内容从略。", kind="milestone")
        )
        expected[number] = ("added", None)
    if draw(st.booleans()):
        result = draw(st.permutations(result))
    return result, expected


def named(result):
    """预览说出的变化。"""
    found = {}
    for change in result.changes:
        if change.kind == "added":
            found[change.new.number] = ("added", None)
        elif change.kind != "same":
            found[change.id] = (change.kind, {field.name for field in change.fields})
    return found


@settings(max_examples=share(300), deadline=None)
@given(edits(), st.sampled_from(["xlsx", "shared", "csv", "gbk"]))
def test_the_preview_names_exactly_the_edits(edit, form):
    rows, expected = edit
    if not rows:
        return
    grid = table(rows)
    reading = read(FORMS[form](grid), "方案.xlsx" if form in ("xlsx", "shared") else "方案.csv")
    assert reading.errors == []
    result = compare(seed_live(), reading)
    assert named(result) == expected
    assert result.is_empty == (not expected)
    assert result.counts["same"] == len(SEEDS) - sum(kind != "added" for kind, _ in expected.values())
    assert sum(count for kind, count in result.counts.items() if kind != "confirm") == len(result.changes)
    for change in result.changes:
        for field in change.fields:
            assert "".join(text for op, text in field.marked if op != "ins") == field.old
            assert "".join(text for op, text in field.marked if op != "del") == field.new
    assert Comparison.from_json(result.to_json()) == result


@settings(max_examples=share(100), deadline=None)
@given(edits())
def test_going_back_names_the_same_edits_the_other_way(edit):
    """改后的当作现行，再导入原来的：新增成了拟退出，其余不变。"""
    rows, expected = edit
    if not rows:
        return
    forward = compare(seed_live(), read(xlsx(table(rows))))
    live = [
        replace(item, id=index, row=change.new)
        for index, (item, change) in enumerate(
            (seed_live()[0], change) for change in forward.changes if change.new is not None
        )
    ]
    back = compare(live, read(xlsx(table(SEEDS)))).counts
    counts = forward.counts
    assert (back["added"], back["removed"]) == (counts["removed"], counts["added"])
    assert (back["changed"], back["renumbered"], back["same"]) == (
        counts["changed"],
        counts["renumbered"],
        counts["same"],
    )


@settings(max_examples=share(100), deadline=None)
@given(st.data())
def test_the_way_a_file_is_written_never_changes_what_it_says(data):
    """换说法不换内容：全角数字、分隔号、空格、列名、空行、备注——仍是全部未变。"""
    pick = lambda *choices: data.draw(st.sampled_from(choices))  # noqa: E731
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    mark = pick("、", "，", "；", "/", "\n", " ")
    grid = [[""] * 7] * data.draw(st.integers(0, 3))
    grid.append(
        [
            pick("序号", "序 号"),
            "举措\n名称",
            pick("原文", "具体内容"),
            "牵头领导（2023年）",
            pick("牵头部室", "牵头部门"),
            "完成时限",
            "类型",
        ]
    )
    for row in sorted(SEEDS, key=lambda row: number_key(row.number), reverse=data.draw(st.booleans())):
        number = pick(row.number, row.number + "、", row.number.translate(wide), f"第{row.number}项", f" {row.number} ")
        departments = "各部室" if row.all_departments else mark.join(row.departments)
        leaders = mark.join(pick(name, "　".join(name)) if mark != " " else name for name in row.leaders)
        grid.append(
            [number, row.title, f" {row.text.translate(wide)}", leaders, departments, "", KIND_LABELS[row.kind]]
        )
        if data.draw(st.integers(0, 5)) == 0:
            grid.append([])
    grid.append(["备注：空白为文件未规定"])
    reading = read(xlsx(grid))
    assert (reading.errors, reading.warnings) == ([], [])
    assert compare(seed_live(), reading).is_empty
