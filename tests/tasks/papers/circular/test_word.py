"""公文的 Word 与 Excel：GB/T 9704-2012 的版面逐项核对；任何文字都弄不坏文件；附表不成公式。"""

import datetime as dt
import io
import re
import zipfile

import pytest
from django.utils import timezone
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml.ns import qn
from docx.shared import Pt
from lxml import etree
from openpyxl import load_workbook

from tasks.figures.numbers import plain
from tasks.models import Circular
from tasks.papers import circular as circular_papers
from tasks.papers.circular import layout, petition, styles, word, workbook
from tests.examples import also
from tests.tasks import circulars
from tests.tasks.circulars import SPAN
from tests.tasks.papers.circular.test_writing import HOSTILE

KINDS = ("circular", "report", "bulletin")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def paper(n=2, kind="circular", issued=True, **extra) -> Circular:
    """一份不存库的公文。"""
    f = circulars.figures(n, **extra)
    numbers = {"year": 2023, "number": 3, "issued_on": dt.date(2023, 9, 26), "status": "issued"} if issued else {}
    return Circular(
        kind=kind, title=circular_papers.write_title(kind, f), sections=circular_papers.write(kind, f), figures=f,
        created_at=timezone.now(), **numbers,
    )  # fmt: skip


def opened(made):
    return Document(io.BytesIO(word.build(made)))


def parts(data) -> dict:
    """压缩包里的各个 XML，都解析过。"""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        return {n: etree.fromstring(package.read(n)) for n in package.namelist() if n.endswith((".xml", ".rels"))}


def text_of(document) -> list[str]:
    return [p.text for p in document.paragraphs]


# ── 版面 ──────────────────────────────────────────────────


def test_paper_margins_and_page_numbers():
    document = opened(paper())
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(m.mm) for m in margins] == [37, 35, 28, 26]
    assert round(section.footer_distance.mm) == 23
    assert document.settings.odd_and_even_pages_header_footer
    for footer, align in ((section.footer, ALIGN.RIGHT), (section.even_page_footer, ALIGN.LEFT)):
        [paragraph] = footer.paragraphs
        assert (paragraph.text, paragraph.alignment) == ("— 1 —", align)
        assert "PAGE" in paragraph._p.xml
        kinds = [mark.get(qn("w:fldCharType")) for mark in paragraph._p.iter(qn("w:fldChar"))]
        assert kinds == ["begin", "separate", "end"], "页码是活的"
        assert {run.font.size for run in paragraph.runs} == {Pt(14)}
        assert "宋体" in paragraph.runs[0]._r.xml
    assert len(document.sections) == 1


def test_body_is_22_lines_of_28_characters():
    """行距固定 28.95 磅，字距紧缩 0.25 磅，不用孤行控制，不用文档网格。"""
    document = opened(paper())
    normal = document.styles["Normal"]
    found = normal.paragraph_format
    assert (found.line_spacing, normal.font.size, found.widow_control) == (Pt(28.95), Pt(16), False)
    assert (found.space_before, found.space_after) == (Pt(0), Pt(0))
    rpr = normal.element.rPr
    assert rpr.find(qn("w:spacing")).get(qn("w:val")) == "-5"
    assert {rpr.rFonts.get(qn(f"w:{k}")) for k in ("ascii", "hAnsi", "eastAsia", "cs")} == {"仿宋_GB2312"}
    assert not [k for k in rpr.rFonts.attrib if "Theme" in k]
    ppr = normal.element.pPr
    assert [ppr.find(qn(f"w:{tag}")).get(qn("w:val")) for tag in ("autoSpaceDE", "autoSpaceDN", "wordWrap")] == [
        "0"
    ] * 3
    assert (
        document.element.find(f".//{W}docGrid") is None
        or document.element.find(f".//{W}docGrid").get(qn("w:type")) is None
    )
    assert 28 * (16 - 0.25) <= layout.TEXT_WIDTH / 25.4 * 72 < 28 * 16
    assert 22 * 28.95 <= 225 / 25.4 * 72 < 23 * 28.95


def test_fonts_of_title_headings_and_body():
    document = opened(paper())
    runs = {p.text: p.runs[0] for p in document.paragraphs if p.runs}
    fonts = {text: run._r.rPr.rFonts.get(qn("w:eastAsia")) for text, run in runs.items()}
    sizes = {text: run.font.size for text, run in runs.items()}
    assert (fonts["关于2023年9月优化营商环境"], sizes["关于2023年9月优化营商环境"]) == ("方正小标宋简体", Pt(22))
    assert (fonts["一、总体情况"], sizes["一、总体情况"]) == ("黑体", Pt(16))
    assert fonts["（一）红灯举措"] == "楷体_GB2312"
    assert fonts["各部室："] == "仿宋_GB2312"
    lead = next(p for p in document.paragraphs if p.text.startswith("（一）加快推进滞后举措。"))
    assert [r._r.rPr.rFonts.get(qn("w:eastAsia")) for r in lead.runs] == ["楷体_GB2312", "仿宋_GB2312"]
    assert not any(run.font.bold for run in runs.values())


def test_no_heading_is_left_alone_at_the_foot_of_a_page():
    document = opened(paper(12))
    headings = [p for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert len(headings) >= 11
    assert all(p.style.paragraph_format.keep_with_next for p in headings)
    captions = [p for p in document.paragraphs if p.text.startswith("各部室9月情况")]
    assert captions[0].paragraph_format.keep_with_next
    for table in document.tables:
        assert (
            all(c.paragraphs[0].paragraph_format.keep_with_next for c in table.rows[0].cells) or len(table.columns) == 1
        )


def test_number_red_line_addressee_and_signature():
    document = opened(paper())
    number = next(p for p in document.paragraphs if p.text == "交开营商办通报〔2023〕3号")
    assert number.alignment == ALIGN.CENTER
    line = number._p.pPr.find(f"{W}pBdr/{W}bottom")
    assert (line.get(qn("w:color")), line.get(qn("w:space"))) == ("FF0000", "6")  # 红线离文号 4 毫米
    lines = text_of(document)
    after = lines.index("交开营商办通报〔2023〕3号")
    assert lines[after + 1 : after + 6] == ["", "", "关于2023年9月优化营商环境", "行动方案推进情况的通报", ""]
    assert lines[after + 6] == "各部室："
    name = next(p for p in document.paragraphs if p.text == "交城经济开发区优化营商环境领导小组办公室")
    date = next(p for p in document.paragraphs if p.text == "2023年9月26日")
    left = [p.paragraph_format.left_indent.twips for p in (name, date)]
    assert left[0] == 8845 - (2 + 20) * 315  # 右空二字
    assert left[1] - left[0] == 2 * 315  # 日期首字右移二字
    assert name.paragraph_format.keep_with_next


def test_the_mark_of_the_issuer_and_the_red_line_are_where_the_standard_puts_them():
    """发文机关标志上边缘距版心上边 35 毫米：段前 32 毫米加行里的空；红线在文号下 4 毫米。"""
    document = opened(paper())
    first = document.paragraphs[0]
    assert (first.text, round(first.paragraph_format.space_before.mm)) == ("交城经济开发区", 32)
    number = next(p for p in document.paragraphs if "〔2023〕3号" in p.text)
    assert number._p.pPr.find(f"{W}pBdr/{W}bottom").get(qn("w:space")) == "6"


def test_the_signer_has_room_for_three_characters():
    found = next(p for p in opened(paper(kind="report", **SPAN)).paragraphs if "签发人：" in p.text)
    [stop] = found.paragraph_format.tab_stops
    assert stop.position.twips == 8845 - 8 * 315  # “签发人：”四字、姓名三字、右空一字
    assert "楷体_GB2312" in found.runs[-1]._r.xml


def test_small_tables_are_not_split_and_leave_a_gap_below():
    document = opened(paper(3))
    table = document.tables[0]
    kept = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in table.rows]
    assert kept == [True] * (len(kept) - 1) + [False]
    after = document.element.body[list(document.element.body).index(table._tbl) + 1]
    gaps = {p.text: p.paragraph_format.space_before for p in document.paragraphs if p._p is after}
    assert gaps == {"注：应报不含免报的（已办结等）；未报包括已起草、尚未提交的；按时、补报包括退回待改的。": Pt(6)}
    annex = opened(paper(4)).tables[-1]
    assert [r.cells[0].paragraphs[0].paragraph_format.keep_with_next for r in annex.rows][1:] == [False] * 20


def test_a_briefing_goes_up_and_has_a_place_for_the_signer():
    lines = text_of(opened(paper(kind="report", **SPAN)))
    assert "　交开营商办报告〔2023〕3号\t签发人：　　　" in lines
    assert "交城经济开发区优化营商环境领导小组：" in lines


def test_a_bulletin_has_its_own_masthead_and_no_signature():
    document = opened(paper(kind="bulletin"))
    lines = text_of(document)
    assert lines[:2] == ["优化营商环境工作简报", "（2023年第3期）"]
    assert lines[2].endswith("办公室编\t2023年9月26日")
    assert "交城经济开发区优化营商环境领导小组办公室" not in lines
    assert "附件" not in "".join(lines)
    assert document.tables == []
    assert [p.text for p in framed(document)] == [
        "报：交城经济开发区优化营商环境领导小组组长、副组长。",
        "送：各部室。",
        "交城经济开发区优化营商环境领导小组办公室\t2023年9月26日印发",
    ]


def test_a_draft_says_so_and_has_no_date():
    lines = text_of(opened(paper(issued=False)))
    assert "（草稿，未编文号）" in lines
    assert "　　　　年　月　日" in lines


def framed(document) -> list:
    """版记：最后一面最下面的几个图文框。"""
    return [p for p in document.paragraphs if p._p.pPr is not None and p._p.pPr.find(f"{W}framePr") is not None]


def test_the_imprint_sits_at_the_foot_of_the_last_page():
    """版记用图文框：浮动表在有的软件里不贴底，跟着前面的表走。一行一框，离版心上边的高写死。"""
    found = framed(opened(paper()))
    assert [p.text for p in found] == [
        "抄送：交城经济开发区优化营商环境领导小组组长、副组长。",
        "交城经济开发区优化营商环境领导小组办公室\t2023年9月26日印发",
    ]
    frames = [p._p.pPr.find(f"{W}framePr") for p in found]
    assert {f.get(qn("w:vAnchor")) for f in frames} == {"margin"}
    assert [int(f.get(qn("w:y"))) for f in frames] == [12756 - 1000, 12756 - 500]
    edges = [{e.tag.removeprefix(W): e.get(qn("w:sz")) for e in p._p.pPr.find(f"{W}pBdr")} for p in found]
    assert edges == [{"top": "8"}, {"top": "6", "bottom": "8"}]


@pytest.mark.parametrize("issued", [True, False])
def test_the_imprint_never_loses_a_character(issued):
    """框高不写死（放不下就折行），字距稍紧，草稿的日期不留长空白：“印发”的“发”字不会被裁掉。"""
    found = framed(opened(paper(issued=issued)))
    assert {p._p.pPr.find(f"{W}framePr").get(qn("w:hRule")) for p in found} == {"atLeast"}
    assert {r._r.rPr.find(qn("w:spacing")).get(qn("w:val")) for p in found for r in p.runs} == {"-13"}
    assert found[-1].text.endswith("\t2023年9月26日印发" if issued else "\t　年　月　日印发")


@pytest.mark.parametrize("n", [0, 1, 21])
def test_tables_repeat_their_heads_keep_rows_whole_and_fit_the_page(n):
    document = opened(paper(n, **SPAN, kind="report"))
    for table in document.tables:
        widths = [column.width.twips for column in table.columns]
        assert abs(sum(widths) - 8845) <= 8
        assert table._tbl.tblPr.find(f"{W}tblLayout").get(qn("w:type")) == "fixed"
        first, *rest = table._tbl.tr_lst
        assert first.trPr.find(f"{W}tblHeader") is not None
        assert all(row.trPr.find(f"{W}cantSplit") is not None for row in [first, *rest])
        assert all(row.trPr.find(f"{W}tblHeader") is None for row in rest)
        for row in table.rows:
            assert [cell.width.twips for cell in row.cells] == widths


def test_the_annex_lists_every_measure_once():
    f = circulars.figures(4)
    document = opened(paper(4))
    table = document.tables[-1]
    assert [c.text for c in table.rows[0].cells] == [
        "序号",
        "举措",
        "牵头领导",
        "牵头部室",
        "灯色",
        "进度",
        "9月报送",
        "灯色理由",
    ]
    assert [(r.cells[0].text, r.cells[4].text) for r in table.rows[1:]] == [
        (x["number"], x["label"]) for x in f["lines"]
    ]
    assert "附件" in text_of(document)


def test_an_empty_plan_makes_a_paper_without_an_empty_annex():
    lines = text_of(opened(paper(0)))
    assert "《行动方案》目前没有在册的举措。" in lines
    assert not [line for line in lines if "附件" in line or "0项" in line]


# ── 文件是好的 ────────────────────────────────────────────

ORDER = {
    "pPr": styles.PPR_ORDER,
    "rPr": ["rStyle", "rFonts", "b", "bCs", "i", "iCs", "caps", "color", "spacing", "w", "kern", "position", "sz", "szCs", "lang"],
    "tblPr": ["tblStyle", "tblpPr", "tblOverlap", "tblW", "jc", "tblInd", "tblBorders", "shd", "tblLayout", "tblCellMar", "tblLook"],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_properties_are_in_the_order_word_demands(kind):
    """次序乱了，Word 会说文件已损坏。"""
    for name, root in parts(word.build(paper(kind=kind, **SPAN) if kind == "report" else paper(kind=kind))).items():
        if not name.startswith("word/") or "theme" in name:
            continue
        for tag, order in ORDER.items():
            for found in root.iter(f"{W}{tag}"):
                names = [etree.QName(child).localname for child in found]
                known = [order.index(n) for n in names if n in order]
                assert known == sorted(known), (name, names)
                assert len(set(names)) == len(names), (name, names)


# 平日每一样写进一种公文（三种轮着来），跑全部时样样写进三种。
TURNS = [
    (kind, text) if (n + m) % len(KINDS) == 0 else also((kind, text))[0]
    for n, kind in enumerate(KINDS)
    for m, text in enumerate(HOSTILE)
]


@pytest.mark.parametrize(("kind", "text"), TURNS)
def test_hostile_text_never_breaks_a_document(kind, text):
    made = paper(1, kind=kind)
    made.title = f"标题{text}"[:200]
    made.sections = [{**s, "heading": text[:60], "text": text} for s in made.sections]
    for found in made.figures["lines"]:
        found["title"] = found["reason"] = plain(text)
        found["leaders"] = [plain(text)]
    data = word.build(made)
    assert parts(data)
    document = Document(io.BytesIO(data))
    everything = "\n".join([*text_of(document), *(c.text for t in document.tables for r in t.rows for c in r.cells)])
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069]", everything)
    visible = "".join(plain(text).split())[:50]
    assert visible in "".join(everything.split())
    assert load_workbook(io.BytesIO(workbook.build(made)))


def test_special_characters_survive_in_word():
    text = "刻章 & 申领 UKey <全覆盖> “零成本” 〔2023〕 承诺制+标准地+全代办 7×24 小时 😀"
    made = paper()
    made.sections = [{"key": "x", "heading": "标题 & <节>", "text": text}]
    lines = text_of(opened(made))
    assert text in lines
    assert "一、标题 & <节>" in lines


def test_the_document_says_who_wrote_it_not_which_library():
    properties = opened(paper()).core_properties
    assert properties.author == "交城经济开发区优化营商环境领导小组办公室"
    assert properties.title.startswith("关于2023年9月")
    assert "python" not in (properties.comments + properties.author + properties.last_modified_by).lower()


# ── Excel 附表 ────────────────────────────────────────────


def test_the_workbook_has_every_table_and_numbers_are_numbers():
    book = load_workbook(io.BytesIO(workbook.build(paper(3, kind="report", **SPAN))))
    assert book.sheetnames == ["举措", "部室", "各期", "数字"]
    rows = list(book["举措"].iter_rows(min_row=3, values_only=True))
    assert rows[0] == ("序号", "举措", "牵头领导", "牵头部室", "灯色", "进度", "9月报送", "灯色理由")
    assert len(rows) == 1 + 15
    departments = list(book["部室"].iter_rows(min_row=4, values_only=True))
    assert departments[-3][:4] == ("合计", 9, 9, 6)
    assert departments[-1][0].startswith("注：应报不含免报的"), "表下的注跟着表走"
    counts = {row[0]: row[1] for row in book["数字"].iter_rows(min_row=4, values_only=True)}
    assert counts["owed"] == 3
    assert book["举措"].freeze_panes == "A4"
    assert book["举措"].print_title_rows == "$1:$3"


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "#N/A", "\t=1"])
def test_no_cell_is_a_formula(text):
    made = paper(1)
    for found in made.figures["lines"]:
        found["title"] = found["reason"] = text
    with zipfile.ZipFile(io.BytesIO(workbook.build(made))) as package:
        sheets = [package.read(n).decode() for n in package.namelist() if n.startswith("xl/worksheets/sheet")]
    assert not any(re.search(r"<f[ >]|t=\"e\"", sheet) for sheet in sheets)
    values = [
        c for row in load_workbook(io.BytesIO(workbook.build(made)))["举措"].iter_rows(values_only=True) for c in row
    ]
    assert text.strip() in [str(v).strip() for v in values]


def test_the_workbook_without_tracing_has_numbers_only():
    book = load_workbook(io.BytesIO(workbook.build(paper(3), can_trace=False)))
    head, *rows = book["数字"].iter_rows(min_row=3, values_only=True)
    assert head == ("指标", "数值", "单位")
    assert not {"missing", "draft"} & {row[0] for row in rows}
    full = load_workbook(io.BytesIO(workbook.build(paper(3))))["数字"]
    assert [c.value for c in full[3]] == ["指标", "数值", "单位", "明细"]
    assert full.print_options.horizontalCentered


def test_rows_of_the_workbook_are_as_high_as_their_words_need():
    """估得太高，二十一行要排三页。"""
    made = paper(1)
    made.figures["counts"]["owed"]["rows"] = [{"text": "第12项 优化环评流程（审批中心）"}] * 31
    sheet = load_workbook(io.BytesIO(workbook.build(made)))["数字"]
    row = next(r for r in sheet.iter_rows(min_row=4) if r[0].value == "owed")
    assert 140 < sheet.row_dimensions[row[0].row].height < 190
    assert 130 < sum(sheet.column_dimensions[c].width for c in "ABCD") < 140  # 占满一页宽


def test_with_a_seal_the_date_leaves_four_characters_and_the_name_stands_over_its_middle():
    made = paper()
    made.figures = made.figures | {"letterhead": made.letterhead | {"issuer": "云岭营商办", "has_seal": True}}
    sign, date = (
        next(p for p in opened(made).paragraphs if p.text == text) for text in ("云岭营商办", "2023年9月26日")
    )
    left, width = date.paragraph_format.left_indent.pt, 3 * 16 + 7 * 8  # 三个汉字、七个数字
    assert round(28 * 16 - left - width) == pytest.approx(4 * 16, abs=6)
    assert sign.paragraph_format.left_indent.pt + 5 * 8 == pytest.approx(left + width / 2, abs=1)


# ── 署名与成文日期的位置；请示 ────────────────────────────

FULL = word.CHARACTER  # 一个字
DAYS = (dt.date(2023, 9, 6), dt.date(2023, 12, 31))
ISSUERS = (
    "专班办公室",
    "交城经济开发区优化营商环境领导小组办公室",
    "某某省某某市某某经济技术开发区优化营商环境工作专班办公室",
    "办",
)


def tail_of(made) -> tuple[dict, dict]:
    """署名、成文日期两行各从版心左边几缇起、多宽（一字 315 缇，数字半字），从存好的文件里读回来。"""
    lines = [p for p in opened(made).paragraphs if p.text and not p._p.findall(f".//{W}framePr")]
    at = next(i for i, p in enumerate(lines) if re.fullmatch(r"\d{4}年\d+月\d+日", p.text))
    found = []
    for p in lines[at - 1 : at + 1]:
        indent = p._p.pPr.find(qn("w:ind"))
        assert p.alignment == ALIGN.LEFT and indent.get(qn("w:firstLine"), "0") == "0"
        room = word.TEXT_TWIPS - int(indent.get(qn("w:left"))) - int(indent.get(qn("w:right"), "0"))
        width = sum(FULL / 2 if c.isascii() else FULL for c in p.text)
        assert width + FULL / 2 <= room or width > word.TEXT_TWIPS - FULL, "留半个字，各种软件里都排在一行"
        found.append({"text": p.text, "left": int(indent.get(qn("w:left"))), "width": width})
    return found[0], found[1]


def dated(issuer, day, *, sealed):
    made = paper()
    made.figures["letterhead"] = made.letterhead | {"issuer": issuer, "has_seal": sealed}
    made.issued_on = day
    return made


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("issuer", ISSUERS)
def test_unsealed_the_name_ends_two_characters_in_and_the_date_starts_two_after_it(issuer, day):
    """GB/T 9704-2012 7.3.5.2：署名右空二字，成文日期首字比署名首字右移二字；日期比署名长的，日期右空二字，署名跟着左移。"""
    name, date = tail_of(dated(issuer, day, sealed=False))
    assert name["text"] == issuer
    assert date["left"] - name["left"] == 2 * FULL
    ends = {row["text"]: word.TEXT_TWIPS - row["left"] - row["width"] for row in (name, date)}
    longer = max(name, date, key=lambda row: row["width"])
    if longer["width"] <= word.TEXT_TWIPS - 2 * FULL:
        assert abs(ends[longer["text"]] - 2 * FULL) <= 1
    assert min(ends.values()) >= 0


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("issuer", ISSUERS)
def test_sealed_the_date_ends_four_characters_in_with_the_name_centred_above(issuer, day):
    """GB/T 9704-2012 7.3.5.1：成文日期右空四字，署名以日期为准居中；署名太长、居中就出了版心的，署名顶到右边，日期随它居中。"""
    name, date = tail_of(dated(issuer, day, sealed=True))
    middle = [row["left"] + row["width"] / 2 for row in (name, date)]
    assert abs(middle[0] - middle[1]) <= 2, "居中"
    assert name["left"] >= 0 and name["left"] + name["width"] <= word.TEXT_TWIPS
    ends = word.TEXT_TWIPS - date["left"] - date["width"]
    if name["width"] <= date["width"] + 8 * FULL:
        assert abs(ends - 4 * FULL) <= 2
    else:
        assert ends > 4 * FULL


MATTER = petition.Matter(
    "设立工作专班", ("第7项由审批中心牵头。", "缺编制"), "请领导小组研究设立工作专班，人员从有关部室抽调"
)


def asked(issued=True, contact="王芳") -> Circular:
    """一份不存库的请示。"""
    numbers = {"year": 2023, "number": 1, "issued_on": dt.date(2023, 9, 26), "status": "issued"} if issued else {}
    return Circular(
        kind="petition", title=petition.title(MATTER), sections=petition.sections(MATTER, contact, "0358-1234567"), figures={},
        created_at=timezone.now(), **numbers,
    )  # fmt: skip


def test_a_petition_is_one_matter_to_one_organ_closing_with_the_asking_and_whom_to_ring():
    lines = [line for line in text_of(opened(asked())) if line]
    body = lines[lines.index("交城经济开发区优化营商环境领导小组：") :]
    assert body == [
        "交城经济开发区优化营商环境领导小组：",
        "一、基本情况",
        "第7项由审批中心牵头。",
        "缺编制。",
        "二、请示事项",
        "请领导小组研究设立工作专班，人员从有关部室抽调。",
        "妥否，请批示。",
        "交城经济开发区优化营商环境领导小组办公室",
        "2023年9月26日",
        "（联系人：王芳，电话：0358-1234567）",
        "交城经济开发区优化营商环境领导小组办公室\t2023年9月26日印发",
    ]
    assert "关于设立工作专班的请示" in lines
    assert any(line.endswith("〔2023〕1号\t签发人：　　　") for line in lines), "上行文：文号在左，签发人在右"
    assert not any("抄送" in line or "附件" in line for line in lines)


def test_the_note_of_a_petition_is_two_characters_in_under_the_date():
    found = opened(asked()).paragraphs
    note = next(p for p in found if p.text.startswith("（联系人"))
    before = found[[p.text for p in found].index(note.text) - 1]
    assert before.text == "2023年9月26日" and before.paragraph_format.keep_with_next
    indent = note._p.pPr.find(qn("w:ind"))
    assert (indent.get(qn("w:left")), indent.get(qn("w:firstLine"))) == ("0", str(2 * FULL))


@pytest.mark.parametrize("words", [*HOSTILE, "（王芳）", "关于", "的请示"])
def test_any_words_make_a_petition_that_opens(words):
    matter = petition.Matter(words, (words, words), words)
    made = asked(contact=words)
    made.title, made.sections = petition.title(matter)[:200], petition.sections(matter, words, "0358-1234567")
    assert parts(word.build(made)) and text_of(opened(made))


@pytest.mark.parametrize("subject", ["设立专班", "关于设立专班", "关于设立专班的请示", "设立专班的请示"])
def test_the_title_says_about_and_petition_once(subject):
    assert petition.title(petition.Matter(subject, (), "")) == "关于设立专班的请示"
