"""CSV：两种编码、三种分隔符，引号不成对不猜，我们自己的防公式撇号去掉。"""

import pytest

from tasks.imports import Limits, Unreadable, compare
from tests.tasks.imports.samples import HEADER, SHORT, csv_bytes, one, read, seed_live, seed_rows, table
from yingshang.tables.cells import to_csv

GRID = [list(SHORT), one()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(encoding, delimiter):
    reading = read(csv_bytes(GRID, encoding, delimiter), "方案.csv")
    assert (reading.kind, len(reading.rows)) == ("csv", 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_the_ledger_as_csv_is_unchanged(encoding):
    result = compare(seed_live(), read(csv_bytes(table(seed_rows()), encoding), "方案.csv"))
    assert result.counts == {
        "added": 0,
        "changed": 0,
        "renumbered": 0,
        "revived": 0,
        "same": 21,
        "removed": 0,
        "confirm": 0,
    }


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_says_what_to_do(encoding):
    with pytest.raises(Unreadable, match="UTF-16.*另存为 UTF-8"):
        read(csv_bytes(GRID * 20, encoding), "方案.csv")


def test_bytes_in_no_encoding_are_refused():
    with pytest.raises(Unreadable, match="编码认不出来"):
        read("序号,举措名称".encode() + b"\xff\xff\x80\x30", "方案.csv")


@pytest.mark.parametrize("text", ["=1+1号行动", "+承诺制", "-减材料", "@企业", "\t缩进"])
def test_the_quote_of_our_own_injection_guard_is_removed(text):
    grid = [list(SHORT), one(title="'" + text)]
    assert read(csv_bytes(grid), "方案.csv").rows[0].title == text.strip()


@pytest.mark.parametrize("text", ["'=1", "''=1", "'＝1"])
def test_only_the_one_quote_we_added_is_removed(text):
    """原文本来就以“'=”开头的，导出时再加一个撇号，读回时只去一个。"""
    assert to_csv(text) == "'" + text
    assert read(csv_bytes([list(SHORT), one(title=to_csv(text))]), "方案.csv").rows[0].title == text


@pytest.mark.parametrize("text", ["'引号开头", "优化'=流程"])
def test_other_quotes_are_kept(text):
    assert read(csv_bytes([list(SHORT), one(title=text)]), "方案.csv").rows[0].title == text


def test_a_plus_inside_a_text_is_never_touched():
    row = next(row for row in seed_rows() if row.number == "8")
    reading = read(csv_bytes(table([row])), "方案.csv")
    assert reading.rows[0].title == "持续推动“承诺制+标准地+全代办”改革"


def test_line_breaks_commas_and_quotes_inside_cells_survive():
    text = '优化环评流程。甲,乙;"丙"\n丁。'
    grid = [[*SHORT, "原文"], [*one(), text]]
    assert read(csv_bytes(grid), "方案.csv").rows[0].text == text


def test_an_unclosed_quote_is_refused_instead_of_swallowing_rows():
    data = csv_bytes(GRID) + '2,"乙,李华斌,审批中心\r\n3,丙,李华斌,审批中心\r\n'.encode()
    with pytest.raises(Unreadable, match="引号没有成对"):
        read(data, "方案.csv")


def test_nul_bytes_are_stripped():
    data = csv_bytes(GRID).replace("优化".encode(), "优\x00化".encode())
    assert read(data, "方案.csv").rows[0].title == "优化环评流程"


def test_title_rows_and_trailing_delimiters_do_no_harm():
    grid = [
        ["任务分解表", "", "", "", ""],
        [*SHORT, ""],
        [*one(), ""],
        ["", "", "", "", ""],
        ["备注：无", "", "", "", ""],
    ]
    reading = read(csv_bytes(grid), "方案.csv")
    assert [row.line for row in reading.rows] == [3]
    assert reading.ignored == ["第5行“备注：无”"]


def test_blank_lines_keep_the_row_numbers_of_the_spreadsheet():
    data = "\r\n\r\n序号,举措名称,牵头领导,牵头部室\r\n\r\n1,甲,李四,审批中心\r\n".encode()
    assert read(data, "方案.csv").errors[0].line == 5


def test_gibberish_is_a_wrong_table_not_a_crash():
    with pytest.raises(Unreadable, match="缺少列"):
        read(bytes(range(32, 127)), "方案.csv")


def test_too_many_rows_are_refused():
    grid = [list(SHORT), *(one(number=str(n), title=f"第{n}号") for n in range(1, 12))]
    with pytest.raises(Unreadable, match="共有 11 项举措，超过 10 项的上限"):
        read(csv_bytes(grid), "方案.csv", limits=Limits(rows=10))


def test_a_far_row_is_refused_by_its_line():
    with pytest.raises(Unreadable, match="第203行还有内容，超过 10 行的上限"):
        read(csv_bytes([*GRID, *[[""]] * 200, ["远"]]), "方案.csv", limits=Limits(rows=10))


def test_header_of_the_full_ledger_is_understood():
    assert read(csv_bytes(table(seed_rows()[:1], HEADER)), "方案.csv").columns_present >= {"deadline", "kind", "text"}
