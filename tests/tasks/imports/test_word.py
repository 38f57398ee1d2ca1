"""Word 文档：该读的都读到，不读的都说明，说不清的拒收。"""

import io
import zipfile

import pytest
from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls

from tasks.imports import Unreadable, compare

from .samples import SEED_TEXT, read, saved, seed_live

LEAD = "（牵头领导：李华斌 牵头部室：审批中心）"


def document(*paragraphs):
    made = Document()
    for text in paragraphs:
        made.add_paragraph(text)
    return made


def rows(made):
    return read(saved(made), "方案.docx").rows


def test_paragraphs_without_blank_ones_give_the_same_rows():
    made = document(*(line for line in SEED_TEXT.split("\n") if line.strip()))
    assert compare(seed_live(), read(saved(made), "方案.docx")).is_empty


def test_runs_tabs_line_breaks_and_page_breaks_are_joined():
    made = Document()
    paragraph = made.add_paragraph()
    paragraph.add_run("\t1、优化").bold = True
    paragraph.add_run("流程。精简")
    paragraph.add_run().add_break()
    paragraph.add_run("材料。").italic = True
    made.add_page_break()
    made.add_paragraph(LEAD)
    (row,) = rows(made)
    assert (row.title, row.text) == ("优化流程", "优化流程。精简材料。")


def test_text_in_content_controls_and_hyperlinks_is_read():
    made = document("1、甲。")
    body = made.paragraphs[0]._p
    body.append(
        parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtContent><w:r><w:t>控件里的字，</w:t></w:r></w:sdtContent></w:sdt>")
    )
    body.append(parse_xml(f"<w:hyperlink {nsdecls('w')}><w:r><w:t>链接里的字。{LEAD}</w:t></w:r></w:hyperlink>"))
    assert rows(made)[0].text == "甲。控件里的字，链接里的字。"


@pytest.mark.parametrize("tag", ["ins", "del", "moveFrom", "moveTo"])
def test_tracked_changes_are_refused(tag):
    made = document(f"1、甲。文字。{LEAD}")
    made.paragraphs[0]._p.append(parse_xml(f"<w:{tag} {nsdecls('w')}><w:r><w:t>改</w:t></w:r></w:{tag}>"))
    with pytest.raises(Unreadable, match="接受或拒绝全部修订"):
        rows(made)


def test_tables_text_boxes_and_footnotes_are_listed_as_not_read():
    made = document(f"1、甲。文字。{LEAD}")
    made.add_table(rows=2, cols=2).cell(0, 0).text = "9、表里的。"
    run = made.paragraphs[0].add_run()
    run._r.append(parse_xml(f"<w:footnoteReference {nsdecls('w')} w:id='1'/>"))
    box = OxmlElement("w:pict")
    box.append(parse_xml(f"<w:txbxContent {nsdecls('w')}><w:p><w:r><w:t>框里的</w:t></w:r></w:p></w:txbxContent>"))
    run._r.append(box)
    reading = read(saved(made), "方案.docx")
    assert [row.text for row in reading.rows] == ["甲。文字。"]
    assert set(reading.ignored) >= {
        "表格 1 处，未读取",
        "脚注或尾注 1 处，未读取",
        "图片、文本框或图形 1 处，未读取：“框里的”",
    }


def test_hidden_text_is_not_read_and_listed():
    made = document("1、甲。")
    paragraph = made.paragraphs[0]
    paragraph.add_run("看不见的").font.hidden = True
    paragraph.add_run(f"文字。{LEAD}")
    reading = read(saved(made), "方案.docx")
    assert reading.rows[0].text == "甲。文字。"
    assert reading.ignored == ["隐藏文字 1 处，未读取：“看不见的”"]


def test_word_numbering_that_hides_the_number_is_an_error_not_a_lost_measure():
    made = document(f"1、甲。文字。{LEAD}", f"乙。文字。{LEAD}")
    properties = made.paragraphs[1]._p.get_or_add_pPr()
    properties.append(parse_xml(f"<w:numPr {nsdecls('w')}><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr>"))
    reading = read(saved(made), "方案.docx")
    assert "Word 自动编号须先转为文字" in reading.errors[0].message
    assert reading.errors[0].message.startswith("第2段")


def test_symbols_and_formulas_are_listed_and_pinyin_guides_are_not_read():
    made = document("1、甲。")
    run = made.paragraphs[0].add_run()._r
    run.append(parse_xml(f"<w:sym {nsdecls('w')} w:font='Wingdings' w:char='F0FC'/>"))
    ruby = "<w:rt><w:r><w:t>xiao</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>小二</w:t></w:r></w:rubyBase>"
    run.append(parse_xml(f"<w:ruby {nsdecls('w')}>{ruby}</w:ruby>"))
    math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    made.paragraphs[0]._p.append(parse_xml(f"<m:oMath xmlns:m='{math}'><m:r><m:t>x</m:t></m:r></m:oMath>"))
    made.paragraphs[0].add_run(f"文字。{LEAD}")
    reading = read(saved(made), "方案.docx")
    assert reading.rows[0].text == "甲。小二文字。"
    assert set(reading.ignored) == {"特殊符号 1 处，未读取", "公式 1 处，未读取"}


def test_measures_in_a_table_only_are_refused_with_advice():
    made = Document()
    made.add_table(rows=1, cols=1).cell(0, 0).text = f"1、甲。文字。{LEAD}"
    with pytest.raises(Unreadable, match="若举措在表格里，请另存为 .xlsx"):
        rows(made)


def test_strict_namespaces_are_read_like_any_other():
    data = saved(document(f"1、甲。文字。{LEAD}"))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            part = source.read(name).replace(
                b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                b"http://purl.oclc.org/ooxml/wordprocessingml/main",
            )
            target.writestr(name, part)
    assert len(read(out.getvalue(), "方案.docx").rows) == 1
