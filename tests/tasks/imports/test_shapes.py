"""公开的方案有许多种写法：照每一种印出来，读回来要一样；读不准的要拒收并说清哪里。"""

from dataclasses import replace

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from tasks.imports import Limits, Unreadable
from tasks.imports.labels import Terms
from tasks.imports.mapping import seen_columns
from tests.examples import share

from . import shapes
from .samples import messages
from .shapes import ITEMS, Item, Shape, found, read_new, with_more

MORE = with_more()
NO_LEADERS = tuple(replace(item, leaders=()) for item in MORE)


def same(data, filename, items, **more):
    reading = read_new(data, filename, **more)
    assert messages(reading.errors) == []
    assert found(reading) == list(items)
    return reading


# ---- 正文 -------------------------------------------------------------------


@pytest.mark.parametrize("number", shapes.NUMBERS)
def test_every_way_of_numbering_is_read(number):
    reading = same(shapes.word_file(shapes.paragraphs(ITEMS, Shape(number=number))), "方案.docx", ITEMS)
    assert [row.number for row in reading.rows] == [str(n) for n in range(1, 7)]


@pytest.mark.parametrize("kind", ["docx", "txt"])
@pytest.mark.parametrize("stop", shapes.STOPS)
def test_every_way_of_ending_a_title_is_read(stop, kind):
    lines = shapes.paragraphs(ITEMS, Shape(stop=stop))
    same(shapes.word_file(lines) if kind == "docx" else shapes.text_file(lines), f"方案.{kind}", ITEMS)


@pytest.mark.parametrize("brackets", ["（）", "()", "[]", "【】", "〔〕", "［］", ""])
def test_the_bracket_may_be_of_any_kind_or_missing(brackets):
    same(shapes.word_file(shapes.paragraphs(MORE, Shape(brackets=brackets))), "方案.docx", MORE)


@pytest.mark.parametrize(
    "labels",
    [
        ("责任领导", "责任部门", "协办单位", "完成时间"),
        ("分管领导", "责任科室", "配合科室", "时间节点"),
        ("包保领导", "主办单位", "协办部门", "办结时限"),
        ("牵头领导", "牵头单位", "责任单位", "完成期限"),
        ("责任人", "承办单位", "参与单位", "进度安排"),
        ("牵头县级领导", "牵头责任单位", "配合部门", "时限要求"),
    ],
)
def test_the_labels_have_many_names(labels):
    shape = Shape(leader=labels[0], department=labels[1], cooperating=labels[2], deadline=labels[3])
    same(shapes.word_file(shapes.paragraphs(MORE, shape)), "方案.docx", MORE)


@pytest.mark.parametrize("shape", [Shape(inline=True), Shape(spoken=True)], ids=["inline", "spoken"])
def test_who_leads_may_stand_at_the_end_of_the_sentence_or_be_spoken(shape):
    items = NO_LEADERS if shape.spoken else MORE
    same(shapes.word_file(shapes.paragraphs(items, shape)), "方案.docx", items)


def test_a_plan_without_leaders_is_read():
    reading = same(shapes.word_file(shapes.paragraphs(NO_LEADERS, Shape())), "方案.docx", NO_LEADERS)
    assert "leaders" not in reading.columns_present


@pytest.mark.parametrize("width", [20, 28, 36])
@pytest.mark.parametrize("shape", [Shape(), Shape(stop="另起"), Shape(brackets="")], ids=["plain", "own line", "lines"])
def test_lines_broken_as_in_a_pdf_are_joined_again(width, shape):
    same(shapes.wrapped(shapes.paragraphs(MORE, shape), width), "方案.txt", MORE)


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("decimal", "%1、"),
        ("decimal", "%1."),
        ("decimal", "（%1）"),
        ("chineseCounting", "（%1）"),
        ("chineseCountingThousand", "第%1条"),
        ("decimalEnclosedCircleChinese", "%1"),
        ("decimalFullWidth", "%1．"),
    ],
)
@pytest.mark.parametrize("style", [False, True], ids=["paragraph", "style"])
def test_automatic_numbers_of_word_are_read_as_they_are_shown(format, text, style):
    reading = same(shapes.numbered_word(MORE, format=format, text=text, style=style), "方案.docx", MORE)
    assert [row.number for row in reading.rows] == [str(n) for n in range(1, 7)]
    assert any("Word 自动编号" in note for note in reading.notes)


def test_a_bold_title_without_any_mark_is_a_title():
    document = Document()
    for line in Shape().head:
        document.add_paragraph(line)
    for n, item in enumerate(ITEMS, start=1):
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{n}.{item.title}").bold = True
        paragraph.add_run(f"{item.body}（{'；'.join(shapes.facts(item, Shape()))}）")
    same(shapes.saved(document), "方案.docx", ITEMS)


def test_paragraphs_inside_a_measure_keep_their_lines():
    body = "（1）减材料。\n（2）减时限。\n（3）减环节。"
    items = tuple(replace(item, body=body) for item in ITEMS)
    same(shapes.word_file(shapes.paragraphs(items, Shape(stop="另起"))), "方案.docx", items)


def test_the_body_may_follow_the_bracket():
    lines = list(Shape().head)
    for n, item in enumerate(MORE, start=1):
        lines += [f"{n}.{item.title}。（{'；'.join(shapes.facts(item, Shape()))}）", item.body]
    same(shapes.word_file(lines), "方案.docx", MORE)


@pytest.mark.parametrize(("group", "first", "last"), [("（{}）", "1-1", "2-3")])
def test_numbers_that_begin_again_in_every_group_carry_the_group(group, first, last):
    lines = list(Shape().head)
    for n, item in enumerate(ITEMS):
        if n % 3 == 0:
            lines.append(group.format(shapes.chinese(n // 3 + 1)) + "政务环境")
        lines.append(f"{n % 3 + 1}.{item.title}。{item.body}（{'；'.join(shapes.facts(item, Shape()))}）")
    reading = same(shapes.word_file(lines), "方案.docx", ITEMS)
    assert (reading.rows[0].number, reading.rows[-1].number) == (first, last)
    assert any("各自从头编起" in said for said in messages(reading.warnings))


def test_dotted_numbers_are_rewritten_and_it_is_said():
    lines = list(Shape().head)
    for n, item in enumerate(ITEMS):
        lines.append(f"{n // 3 + 1}.{n % 3 + 1} {item.title}。{item.body}（{'；'.join(shapes.facts(item, Shape()))}）")
    reading = same(shapes.word_file(lines), "方案.docx", ITEMS)
    assert [row.number for row in reading.rows] == ["1-1", "1-2", "1-3", "2-1", "2-2", "2-3"]
    assert any("改写为“1-1 … 2-3”" in said for said in messages(reading.warnings))


@pytest.mark.parametrize("mark", ["— {} —", "- {} -", "·{}·", "{} / 9", "第 {} 页 共 9 页", "—{}—", "~ {} ~", "• {} •"])
def test_page_numbers_of_any_style_never_enter_a_text(mark):
    lines = []
    for n, line in enumerate(shapes.paragraphs(ITEMS, Shape())):
        lines.append(line)
        if n % 5 == 4:
            lines.append(mark.format(n // 5 + 1))
    reading = same(shapes.text_file(lines), "方案.txt", ITEMS)
    assert any(said.startswith("页码") for said in reading.ignored)


def test_bare_page_numbers_that_count_up_are_page_numbers():
    lines = shapes.paragraphs(ITEMS, Shape())
    for place, page in ((18, "3"), (15, "2"), (12, "1")):
        lines.insert(place, page)
    assert same(shapes.text_file(lines), "方案.txt", ITEMS).ignored == ["页码 3 处"]


def test_what_stands_after_the_plan_is_named_and_not_part_of_the_safeguards():
    tail = (
        "附件：1.任务分解表",
        "2.领导小组名单",
        "（联系人：何大力）",
        "抄送：市政府办公室。",
        "云岭高新区管委会办公室 2024年2月28日印发",
    )
    reading = same(shapes.word_file([*shapes.paragraphs(ITEMS, Shape()), *tail]), "方案.docx", ITEMS)
    assert reading.head["safeguards"] == [("（一）加强组织领导。", "各部门要抓好落实。")]
    assert all(any(line[:8] in said for said in reading.ignored) for line in tail)


def test_a_signature_at_the_end_gives_issuer_and_date():
    shape = Shape(
        head=(TITLE := shapes.TITLE, "制定本方案。", "一、重点举措"),
        tail=("二、保障措施", "抓好落实。", "云岭高新区管委会", "2024年3月1日"),
    )
    reading = same(shapes.word_file(shapes.paragraphs(ITEMS, shape)), "方案.docx", ITEMS)
    assert reading.head["title"] == TITLE
    assert (reading.head["signed_by"], reading.head["date"]) == ("云岭高新区管委会", "2024年3月1日")
    assert reading.head["safeguards"] == [("", "抓好落实。")]


def test_a_title_ended_unlike_the_others_is_pointed_out():
    lines = shapes.paragraphs(ITEMS, Shape())
    lines[13] = lines[13].replace("强化用地保障。", "强化用地保障：")
    reading = same(shapes.word_file(lines), "方案.docx", ITEMS)
    assert any("按冒号分出“强化用地保障”" in said for said in messages(reading.warnings))


def test_a_measure_without_a_lead_is_refused_and_never_glued_to_the_next():
    lines = shapes.paragraphs(ITEMS, Shape())
    lines[14] = lines[14].partition("（")[0]
    reading = read_new(shapes.word_file(lines), "方案.docx")
    assert ["第4项" in said for said in messages(reading.errors)] == [True]


def test_labels_that_nobody_knows_are_named_with_the_nearest_known_one():
    shape = Shape(leader="挂点同志", department="兜底站点")
    with pytest.raises(Unreadable) as refused:
        read_new(shapes.word_file(shapes.paragraphs(ITEMS, shape)), "方案.docx")
    assert "“兜底站点”" in refused.value.message and "请改成认得的栏目" in refused.value.message
    terms = Terms({"挂点同志": "leaders", "兜底站点": "departments"})
    same(shapes.word_file(shapes.paragraphs(ITEMS, shape)), "方案.docx", ITEMS, terms=terms)


# ---- 表格 -------------------------------------------------------------------

COLUMNS = [
    ("序号", "number"),
    ("重点任务", "title"),
    ("具体措施", "body"),
    ("责任领导", "leaders"),
    ("责任单位", "departments"),
    ("配合单位", "cooperating"),
    ("完成时间", "deadline"),
]


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_a_table_in_a_workbook_or_in_word_is_read(kind):
    rows = shapes.grid(MORE, COLUMNS)
    data = shapes.word_table(rows) if kind == "docx" else shapes.workbook(("任务分解表", rows))
    reading = same(data, f"方案.{kind}", MORE)
    if kind == "docx":
        assert reading.head["title"] == shapes.TITLE


def test_the_columns_to_choose_from_are_those_of_the_table_that_is_read():
    """Word 正文里写着举措的，表格不是方案，没有列可认。"""
    rows, columns = shapes.grid(MORE, COLUMNS), [header for header, _ in COLUMNS]
    for data, filename in ((shapes.word_table(rows), "方案.docx"), (shapes.workbook(("分工", rows)), "方案.xlsx")):
        assert [seen.header for seen in seen_columns(data, filename, Limits(), Terms())] == columns
    assert seen_columns(shapes.word_file(shapes.paragraphs(ITEMS, Shape())), "方案.docx", Limits(), Terms()) == []


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_a_header_of_two_rows_is_read(kind):
    rows = shapes.grid(MORE, COLUMNS)
    top = ["序号", "重点任务", "具体措施", "责任分工", None, None, "完成时间"]
    below = [None, None, None, "牵头领导", "牵头单位", "配合单位", None]
    merges = [(0, 3, 0, 5), (0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 1, 2), (0, 6, 1, 6)]
    rows = [top, below, *rows[1:]]

    def merge(book):
        for r1, c1, r2, c2 in merges:
            book.active.merge_cells(start_row=r1 + 1, start_column=c1 + 1, end_row=r2 + 1, end_column=c2 + 1)

    data = shapes.word_table(rows, merges=merges) if kind == "docx" else shapes.workbook(("分工", rows), change=merge)
    same(data, f"方案.{kind}", MORE)


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_contents_under_one_merged_number_are_one_measure(kind):
    rows = shapes.grid(MORE[:2], COLUMNS)
    head, first, second = rows
    rows = [
        head,
        first,
        [None, None, "另建台账。", None, None, None, None],
        second,
        [None, None, "按月调度。", None, None, None, None],
    ]
    merges = [(r, c, r + 1, c) for r in (1, 3) for c in (0, 1, 3, 4)]

    def merge(book):
        for r1, c1, r2, c2 in merges:
            book.active.merge_cells(start_row=r1 + 1, start_column=c1 + 1, end_row=r2 + 1, end_column=c2 + 1)

    data = shapes.word_table(rows, merges=merges) if kind == "docx" else shapes.workbook(("分工", rows), change=merge)
    expected = [
        replace(MORE[0], body=MORE[0].body + "\n另建台账。"),
        replace(MORE[1], body=MORE[1].body + "\n按月调度。"),
    ]
    reading = same(data, f"方案.{kind}", expected)
    assert any("并成一项" in said for said in messages(reading.warnings))


def test_section_rows_across_the_table_are_named():
    rows = shapes.grid(MORE, COLUMNS)
    rows = [rows[0], ["一、政务环境"], *rows[1:4], ["二、要素环境"], *rows[4:]]
    reading = same(shapes.workbook(("分工", rows)), "方案.xlsx", MORE)
    said = {"第2行分组行“一、政务环境”（作标题存下）", "第6行分组行“二、要素环境”（作标题存下）"}
    assert said <= set(reading.ignored)
    assert [row.section for row in reading.rows] == ["一、政务环境"] * 3 + ["二、要素环境"] * 3


def test_the_headings_are_kept_as_the_document_has_them():
    shape = Shape(
        head=(shapes.TITLE, "一、工作目标", "企业满意。", "二、主要任务"), tail=("三、组织保障", "抓好落实。")
    )
    lines = shapes.paragraphs(ITEMS, shape)
    for place, said in ((7, "（二）要素环境"), (4, "（一）政务环境")):
        lines.insert(place, said)
    reading = same(shapes.word_file(lines), "方案.docx", ITEMS)
    assert (reading.head["goal_heading"], reading.head["safeguards_heading"]) == ("一、工作目标", "三、组织保障")
    found = [row.section for row in reading.rows]
    assert found == ["二、主要任务\n（一）政务环境"] * 3 + ["二、主要任务\n（二）要素环境"] * 3


def test_where_the_document_has_no_headings_none_are_invented():
    shape = Shape(head=(shapes.TITLE,), tail=())
    reading = same(shapes.word_file(shapes.paragraphs(ITEMS, shape)), "方案.docx", ITEMS)
    assert {row.section for row in reading.rows} == {""}
    assert not {"goal_heading", "safeguards_heading"} & {key for key, said in reading.head.items() if said}


def test_a_table_without_numbers_and_titles_is_numbered_and_it_is_said():
    columns = [("任务内容", "text"), ("牵头单位", "departments"), ("责任单位", "cooperating"), ("完成时限", "deadline")]
    reading = same(shapes.workbook(("分工", shapes.grid(NO_LEADERS, columns))), "方案.xlsx", NO_LEADERS)
    assert [row.number for row in reading.rows] == [str(n) for n in range(1, 7)]
    assert any("表里没有序号" in said for said in messages(reading.warnings))


def test_a_table_with_one_column_for_title_and_text_is_taken_apart():
    columns = [("序号", "number"), ("工作任务", "text"), ("责任部门", "departments"), ("时限", "deadline")]
    items = tuple(replace(item, cooperating=()) for item in NO_LEADERS)
    same(shapes.workbook(("分工", shapes.grid(items, columns))), "方案.xlsx", items)


def test_two_sheets_that_go_on_counting_are_both_read():
    rows = shapes.grid(MORE, COLUMNS)
    reading = same(shapes.workbook(("一", rows[:4]), ("二", [rows[0], *rows[4:]])), "方案.xlsx", MORE)
    assert any("都读了，共 6 项" in said for said in messages(reading.warnings))


def test_two_sheets_with_the_same_numbers_are_refused():
    rows = shapes.grid(MORE, COLUMNS)
    with pytest.raises(Unreadable, match="序号有重复"):
        read_new(shapes.workbook(("定稿", rows), ("旧稿", rows)), "方案.xlsx")


def test_rows_merged_under_one_number_but_led_by_others_are_refused():
    rows = shapes.grid(MORE[:1], COLUMNS)
    rows.append([None, None, "另建台账。", "高思齐", "税务局", None, None])
    reading = read_new(
        shapes.workbook(("分工", rows), change=lambda book: book.active.merge_cells("A2:A3")), "方案.xlsx"
    )
    assert all("拆成 1-1、1-2" in said for said in messages(reading.errors)) and reading.errors


def test_numbers_stored_as_decimals_say_why_they_are_the_same():
    rows = shapes.grid(MORE[:2], COLUMNS)
    rows[1][0], rows[2][0] = 1.1, 1.10
    (problem,) = read_new(shapes.workbook(("分工", rows)), "方案.xlsx").errors
    assert "“1.10”和“1.1”存下来一样" in problem.message


def test_a_header_nobody_knows_is_refused_with_what_was_seen_and_the_nearest():
    columns = [("任务内容", "text"), ("牵头的同志们", "leaders"), ("牵头责仼单位", "departments")]
    with pytest.raises(Unreadable) as refused:
        read_new(shapes.workbook(("分工", shapes.grid(MORE, columns))), "方案.xlsx")
    assert "“牵头责仼单位”最像“牵头" in refused.value.message
    same(
        shapes.workbook(("分工", shapes.grid(MORE, columns))),
        "方案.xlsx",
        [replace(item, cooperating=(), deadline="") for item in MORE],
        terms=Terms({"牵头责仼单位": "departments", "牵头的同志们": "leaders"}),
    )


def test_hidden_and_struck_words_are_named_and_not_read():
    document = Document()
    for line in shapes.paragraphs(ITEMS[:1], Shape())[:-3]:
        paragraph = document.add_paragraph(line)
    for text, font in (("（作废）", "strike"), ("（内部）", "hidden")):
        setattr(paragraph.add_run(text).font, font, True)
    reading = same(shapes.saved(document), "方案.docx", ITEMS[:1])
    assert any("作废" in said for said in messages(reading.warnings))
    assert any("内部" in said for said in reading.ignored)


def test_rich_cells_and_full_width_digits_are_said():
    rows = shapes.grid(MORE[:1], COLUMNS)
    rows[1][2] = "办结率达到８０％，新增３．５亿元。"

    def bold(book):
        book.active["B2"].font = Font(bold=True)

    reading = read_new(shapes.workbook(("分工", rows), change=bold), "方案.xlsx")
    assert "80%，新增3.5亿元" in reading.rows[0].text
    assert any("“８０％”改为“80%”" in note for note in reading.notes)


# ---- 印出来，读回来 ---------------------------------------------------------

WORDS = st.text("推进审批材料时限企业服务平台建设流程数据共享开放", min_size=4, max_size=12)
PEOPLE = st.lists(st.sampled_from(["周明远", "林致和", "许若谷", "欧阳清和"]), min_size=1, max_size=2, unique=True)
OFFICES = st.lists(
    st.sampled_from(["行政审批局", "规划建设局", "税务局", "人社局"]), min_size=1, max_size=3, unique=True
)
HELPERS = st.lists(st.sampled_from(["公安分局", "财政局", "各镇（街道）"]), max_size=2, unique=True)
ITEM = st.builds(
    Item,
    title=WORDS,
    body=st.builds("{}，{}。{}。".format, WORDS, WORDS, WORDS),
    leaders=PEOPLE.map(tuple),
    departments=OFFICES.map(tuple),
    cooperating=HELPERS.map(tuple),
    deadline=st.sampled_from(["", "2024年6月底前", "12月底前", "长期坚持"]),
)
SHAPE = st.builds(
    Shape,
    number=st.sampled_from(sorted(shapes.NUMBERS)),
    stop=st.sampled_from(sorted(shapes.STOPS)),
    leader=st.sampled_from(["牵头领导", "责任领导", "分管领导"]),
    department=st.sampled_from(["牵头部室", "牵头单位", "责任部门", "主办科室"]),
    cooperating=st.sampled_from(["配合单位", "协办部门", "参与单位"]),
    deadline=st.sampled_from(["完成时限", "完成时间", "时间节点"]),
    brackets=st.sampled_from(["（）", "()", "[]", "【】", "〔〕", ""]),
    between=st.sampled_from(["；", "，", " "]),
)


@settings(max_examples=share(150))
@given(
    items=st.lists(ITEM, min_size=2, max_size=7, unique_by=lambda item: item.title),
    shape=SHAPE,
    paper=st.sampled_from(["docx", "txt", "pdf"]),
)
def test_a_plan_printed_in_any_shape_reads_back_equal(items, shape, paper):
    lines = shapes.paragraphs(items, shape)
    data = {"docx": shapes.word_file, "txt": shapes.text_file, "pdf": shapes.wrapped}[paper](lines)
    same(data, "方案.docx" if paper == "docx" else "方案.txt", items)
