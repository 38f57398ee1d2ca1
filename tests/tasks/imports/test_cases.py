"""公开方案的种种写法（cases/ 里的文件：结构照见过的，地名人名是编的）：每一份都读对，或拒收并说清为什么，没有一份不声不响读错。

`expected.json` 是核对过的：序号、名称、内容、领导、部室、各部室共担否、配合、时限原文、推得的日子、提出的目标。
"""

import json
from pathlib import Path

import pytest

from tasks.imports import Unreadable

from .samples import messages
from .shapes import read_new

CASES = Path(__file__).parent / "cases"
EXPECTED = json.loads((CASES / "expected.json").read_text("utf-8"))
# 读了而要说的、没有读而要列明的：（文件，说在哪里，话里要有的）。
SAID = {
    "P01_pdf_dash.txt": ("ignored", "页码 3 处"),
    "P02_pdf_dot.txt": ("ignored", "页码 3 处"),
    "P04_pdf_running_head.txt": ("ignored", "各页重复的“云岭高新区2024年优化营商环境行动方案”"),
    "P06_pdf_kangxi.txt": ("notes", "部首 59 个改成了通用的字"),
    "T02_autonumber.docx": ("notes", "取自 Word 自动编号"),
    "T07_textbox.docx": ("ignored", "5、优化纳税服务"),
    "T08_footnote.docx": ("ignored", "脚注或尾注 1 处"),
    "T10_controls.docx": ("ignored", "特殊符号 1 处"),
    "T12_body_and_table.docx": ("ignored", "序号、举措名称、完成时限"),
    "T13_hidden_strike.docx": ("warnings", "“3.5亿元”带删除线"),
    "T14_superscript.docx": ("ignored", "括号之后的文字“2”"),
    "V04_numbered_requirements.docx": ("ignored", "“三、工作要求”一节不含举措"),
    "V08_tail.docx": ("ignored", "抄送：市政府办公室"),
    "V09_full_bracket.docx": ("warnings", "括号内容不导入"),
    "V16_more_labels.docx": ("ignored", "“责任人：王五”不是导入的栏目"),
    "V17_fullwidth_digits.docx": ("notes", "“８０％”改为“80%”"),
    "X02_gaotang_2024.xlsx": ("warnings", "表里没有序号，已按先后编为 1 … 12"),
    "X03_two_row_header.xlsx": ("warnings", "由合并的几行并成一项"),
    "X06_dotted_numbers.xlsx": ("notes", "序号“1.1”写作“1-1”"),
    "X09_two_sheets.xlsx": ("warnings", "都读了，共 12 项"),
    "X10_section_rows.xlsx": ("ignored", "分组行“二、要素环境”"),
    "produced/T10_controls.docx": ("warnings", "会自己变的域（DATE）"),
    "produced/T13_hidden_strike.docx": ("warnings", "带删除线"),
}
# 拒收的，各为什么。
REFUSED = {
    "T04_tracked_ins.docx": "尚未接受的修订痕迹",
    "V19_one_without_lead.docx": "第4项没有以",
    "V19_one_without_lead.txt": "第4项没有以",
    "X07_float_numbers.xlsx": "存成了小数",
}


def read(name):
    return read_new((CASES / name).read_bytes(), name.rpartition("/")[2])


def told(row):
    """一项，写成核对过的样子。"""
    body = row.text.removeprefix(row.title).lstrip("。：: \n—")
    who = "、".join(row.departments) or row.collective
    due, aims = row.due_on.isoformat() if row.due_on else None, [a.operator + a.value + a.unit for a in row.aims]
    helpers = "、".join(row.cooperating)
    return [
        row.number,
        row.title,
        body,
        "、".join(row.leaders),
        who,
        row.all_departments,
        helpers,
        row.deadline,
        due,
        aims,
    ]


def test_every_case_is_held():
    files = {str(p.relative_to(CASES)) for p in CASES.rglob("*") if p.suffix in (".docx", ".xlsx", ".txt")}
    assert files == EXPECTED.keys() and len(files) > 60


@pytest.mark.parametrize("name", EXPECTED)
def test_a_case_is_read_right_or_refused_with_the_reason(name):
    expected = EXPECTED[name]
    try:
        reading = read(name)
    except Unreadable as refused:
        assert expected["rows"] == [] and REFUSED[name] in refused.message
        return
    assert (len(reading.errors) == 0) == (name not in REFUSED)
    assert len(reading.errors) == expected["errors"]
    if name in REFUSED:
        assert REFUSED[name] in messages(reading.errors)[0]
    assert [told(row) for row in reading.rows] == expected["rows"]


@pytest.mark.parametrize("name", SAID)
def test_what_was_changed_or_left_out_is_said(name):
    where, words = SAID[name]
    found = getattr(read(name), where)
    assert any(words in (said if isinstance(said, str) else said.message) for said in found), found


def test_the_head_of_the_plain_document_is_read_whole():
    head = read("T01_plain.docx").head
    assert (head["document_number"], str(head["issued_on"])) == ("云高管发〔2024〕7号", "2024-02-28")
    assert head["title"] == "云岭高新区2024年优化营商环境行动方案"
    assert [part[0] for part in head["safeguards"]] == ["（一）加强组织领导。", "（二）严格督查考核。"]
    assert read("V08_tail.docx").head["safeguards"] == head["safeguards"]


def test_a_number_in_a_text_box_is_not_taken_and_its_want_is_said():
    reading = read("T07_textbox.docx")
    assert not reading.head.get("document_number")
    assert any("没有读到文号" in said for said in reading.notes)
    assert any("序号从 4 跳到 6" in said for said in messages(reading.warnings))
