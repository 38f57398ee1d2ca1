"""攻击与误传：整份拒收，说清怎么办，不占内存，不抛别的异常。"""

import io
import struct
import tracemalloc
import zipfile
from contextlib import contextmanager

import pytest

from tasks.imports import Limits, Unreadable
from tests.examples import also, share
from tests.tasks.imports.samples import (
    LIMITS,
    SEED_TEXT,
    SHORT,
    csv_bytes,
    docx,
    one,
    read,
    read_or_refuse,
    rezip,
    shared,
    short,
    xlsx,
)

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
GOOD = shared(short(one()))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000


def refused(data, filename="方案.xlsx", **kwargs):
    with pytest.raises(Unreadable) as caught:
        read(data, filename, **kwargs)
    message = caught.value.message
    assert "请" in message
    assert "Error" not in message
    return message


@contextmanager
def memory_below(megabytes):
    """读这份文件时 Python 占用的峰值内存。"""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < megabytes * 1024 * 1024, f"{peak / 1024 / 1024:.0f} MB"


def sheet_xml(rows: str, tail: str = "", head: str = "") -> bytes:
    xml = f'<worksheet xmlns="{MAIN}">{head}<sheetData>{rows}</sheetData>{tail}</worksheet>'
    return ('<?xml version="1.0" encoding="UTF-8"?>' + xml).encode()


def text_cells(line: int, values) -> str:
    cells = "".join(
        f'<c r="{letter}{line}" t="inlineStr"><is><t>{value}</t></is></c>'
        for letter, value in zip("ABCD", values, strict=True)
    )
    return f'<row r="{line}">{cells}</row>'


HEAD_ROWS = text_cells(1, SHORT) + text_cells(2, one())


def with_sheet(xml: bytes) -> bytes:
    return rezip(GOOD, {"xl/worksheets/sheet1.xml": xml})


# ---- 误传 -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filename", "advice"),
    [
        ("方案.xls", "另存为 .xlsx"),
        ("方案.et", "另存为 .xlsx"),
        ("方案.XLSM", "另存为 .xlsx"),
        ("方案.xlsb", "另存为 .xlsx"),
        ("方案.ods", "另存为 .xlsx"),
        ("方案.doc", "另存为 .docx"),
        ("方案.wps", "另存为 .docx"),
        ("方案.docm", "另存为 .docx"),
        ("方案.pdf", "取得原件"),
        ("方案.zip", "解压后上传"),
        ("方案.exe", "另存为其中一种"),
        ("方案.xlsx.html", "另存为其中一种"),
        ("方案.xlsx.", "另存为其中一种"),
        ("方案", "另存为其中一种"),
        ("", "另存为其中一种"),
        ("xlsx", "另存为其中一种"),
        ("方案.xlsx\0.php", "另存为其中一种"),
        ("方案.\u202excod", "另存为其中一种"),
        ("../../etc/passwd", "另存为其中一种"),
        ("a" * 5000 + ".svg", "另存为其中一种"),
    ],
)
@pytest.mark.parametrize("data", [GOOD, OLE, b"<html></html>"], ids=["xlsx", "ole", "html"])
def test_other_kinds_of_files_are_refused_by_name_whatever_is_inside(filename, advice, data):
    assert advice in refused(data, filename)


@pytest.mark.parametrize("filename", ["方案.xlsx", "方案.docx", "方案.csv", "方案.txt"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \r\n\0",
        OLE,
        b"%PDF-1.7 ...",
        b"<html><table></table></html>",
        b"<!DOCTYPE html><svg onload=alert(1)>",
        b'<?xml version="1.0"?><Workbook/>',
        b"{\\rtf1 abc}",
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"\xff\xd8\xff\xe0" + bytes(200),
        b"MZ" + bytes(400),
        b"Rar!\x1a\x07\x00" + bytes(200),
        b"PK\x03\x04",
        b"PK\x05\x06" + bytes(18),
        b"PK\x03\x04" + bytes(range(256)) * 8,
    ],
    ids=str,
)
def test_contents_that_are_not_what_the_name_says_are_refused(data, filename):
    refused(data, filename)


def test_an_old_or_encrypted_file_renamed_to_xlsx_says_save_as():
    assert "旧格式（.xls、.et、.doc 等）或设了密码" in refused(OLE)
    assert "另存为 .docx" in refused(OLE, "方案.docx")


@pytest.mark.parametrize(
    ("data", "filename"), [(GOOD, "方案.docx"), (docx("甲"), "方案.xlsx"), (GOOD, "方案.csv"), (GOOD, "方案.txt")]
)
def test_a_package_under_the_wrong_name_is_refused(data, filename):
    assert "文件内容不是" in refused(data, filename)


def test_a_plain_zip_named_xlsx_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        target.writestr("../../evil.sh", "rm -rf /")
    assert "文件内容不是 .xlsx" in refused(out.getvalue())


@pytest.mark.parametrize(
    ("name", "filename"),
    [("xl/vbaProject.bin", "方案.xlsx"), ("word/vbaProject.bin", "方案.docx"), ("XL/VBAPROJECT.BIN", "方案.xlsx")],
)
def test_macros_are_refused(name, filename):
    data = GOOD if filename.endswith("xlsx") else docx("甲")
    assert "文件带宏" in refused(rezip(data, added={name: b"x"}), filename)


# ---- 大小 -------------------------------------------------------------------


def test_a_file_over_the_limit_is_refused_before_it_is_opened():
    assert "超过 2 MB 的上限" in refused(b"PK\x03\x04" + bytes(2 * 1024 * 1024))


def test_limits_are_the_callers():
    assert "超过 1 kB 的上限" in refused(GOOD, limits=Limits(file_bytes=1024))
    assert "解压后有" in refused(GOOD, limits=Limits(unpacked_bytes=1024))
    assert len(read(GOOD, limits=Limits(rows=1)).rows) == 1


def test_a_zip_bomb_is_refused_by_its_directory():
    bomb = with_sheet(sheet_xml(text_cells(1, ["a" * 60_000_000, *"bcd"])))
    assert len(bomb) < LIMITS.file_bytes
    with memory_below(5):
        assert "解压后有" in refused(bomb)


def lying(data: bytes, name: str, size: int) -> bytes:
    """把目录和文件头里某个部件的解压大小改小。"""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        info = source.getinfo(name)
    changed = bytearray(data)
    struct.pack_into("<L", changed, info.header_offset + 22, size)
    entry = data.index(b"PK\x01\x02", data.rindex(name.encode()) - 46)
    struct.pack_into("<L", changed, entry + 24, size)
    return bytes(changed)


@pytest.fixture(scope="module")
def bomb():
    """压成一个，各测试改小它写的大小。"""
    return with_sheet(sheet_xml(text_cells(1, ["a" * 200_000_000, *"bcd"])))


@pytest.mark.parametrize("claimed", [0, 100, 4_000_000])
def test_a_zip_bomb_that_lies_about_its_size_never_unpacks(bomb, claimed):
    data = lying(bomb, "xl/worksheets/sheet1.xml", claimed)
    with memory_below(5):
        refused(data)


def test_a_package_of_very_many_parts_is_refused():
    data = rezip(GOOD, added={f"x/{n}": b"" for n in range(5000)})
    with memory_below(10):
        refused(data)


def test_two_parts_of_the_same_name_are_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        doubled = rezip(GOOD, added={"xl/workbook.xml": b"<workbook/>"})
    refused(doubled)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_is_refused(method):
    refused(rezip(GOOD, compression=method))


def test_an_encrypted_part_says_so():
    data = bytearray(GOOD)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset] |= 1
    assert "取消密码" in refused(bytes(data))


def test_a_truncated_or_corrupted_package_is_damaged():
    for cut in (10, len(GOOD) // 2, len(GOOD) - 10):
        refused(GOOD[:cut])
    flipped = bytearray(GOOD)
    with zipfile.ZipFile(io.BytesIO(GOOD)) as source:
        start = source.getinfo("xl/worksheets/sheet1.xml").header_offset + 80
    flipped[start : start + 20] = bytes(20)
    refused(bytes(flipped))


# ---- 行、列、合并 -----------------------------------------------------------


@pytest.mark.parametrize("reference", ["A1048576", "XFD1048576", "A2101"])
def test_a_far_away_value_is_refused_by_its_row(reference):
    row = "".join(char for char in reference if char.isdigit())
    far = f'<row r="{row}"><c r="{reference}"><v>1</v></c></row>'
    data = with_sheet(sheet_xml(HEAD_ROWS + far))
    with memory_below(5):
        assert f"第{row}行还有内容" in refused(data)


@pytest.mark.parametrize("reference", ["A1048576", "XFD1048576", "XFD2"])
def test_a_far_away_blank_cell_does_no_harm(reference):
    row = "".join(char for char in reference if char.isdigit())
    far = f'<row r="{row}"><c r="{reference}" s="0"/></row>'
    data = with_sheet(sheet_xml(HEAD_ROWS + far))
    with memory_below(5):
        assert len(read(data).rows) == 1


def test_a_declared_dimension_of_a_whole_sheet_does_no_harm():
    xml = sheet_xml(HEAD_ROWS, head='<dimension ref="A1:XFD1048576"/>')
    data = with_sheet(xml)
    with memory_below(5):
        assert len(read(data).rows) == 1


def test_a_million_row_sheet_is_refused_with_little_memory():
    rows = "".join(f'<row r="{n}"><c><v>1</v></c></row>' for n in range(3, 90_000))
    data = with_sheet(sheet_xml(HEAD_ROWS + rows))
    with memory_below(16):
        assert "超过 2000 行的上限" in refused(data)


def test_a_million_blank_styled_rows_take_little_memory():
    rows = '<row s="1"><c s="1"/></row>' * 170_000
    data = with_sheet(sheet_xml(HEAD_ROWS + rows))
    with memory_below(16):
        assert len(read(data).rows) == 1


def test_very_many_blank_cells_in_one_row_are_refused():
    data = with_sheet(sheet_xml(HEAD_ROWS + "<row>" + "<c/>" * 700_000 + "</row>"))
    with memory_below(16):
        assert "格子太多" in refused(data)


def test_one_sheet_listed_many_times_is_refused():
    """一张五兆的表在目录里列上一万次，不该读一万遍。"""

    def repeat(part):
        sheet = part[part.index(b"<sheet ") : part.index(b"</sheets>")]
        return part.replace(sheet, sheet * 2)

    assert "文件已损坏" in refused(rezip(GOOD, {"xl/workbook.xml": repeat}))


def test_very_many_cells_are_refused():
    rows = ("<row>" + "<c><v>1</v></c>" * 160 + "</row>") * 1900
    data = with_sheet(sheet_xml(HEAD_ROWS + rows))
    with memory_below(64):
        assert "格子太多" in refused(data)


@pytest.mark.parametrize("reference", ["A1:XFD1048576", "D2:D1048576", "A2:XFD2"])
def test_a_merge_over_the_whole_sheet_makes_no_cells(reference):
    xml = sheet_xml(HEAD_ROWS, tail=f'<mergeCells><mergeCell ref="{reference}"/></mergeCells>')
    data = with_sheet(xml)
    with memory_below(5):
        assert len(read(data).rows) == 1


def test_a_hundred_thousand_overlapping_merges_are_refused():
    rows = "".join(text_cells(n, one(number=str(n))) for n in range(2, 1900))
    merges = '<mergeCell ref="D2:D1900"/>' * 100_000
    xml = sheet_xml(text_cells(1, SHORT) + rows, tail=f"<mergeCells>{merges}</mergeCells>")
    data = with_sheet(xml)
    with memory_below(64):
        assert "格子太多" in refused(data)


def test_a_too_large_sheet_beside_the_plan_does_not_refuse_the_plan():
    def more(workbook, _):
        other = workbook.create_sheet("明细")
        other.cell(5000, 1, "远")

    reading = read(xlsx([list(SHORT), one()], change=more))
    assert len(reading.rows) == 1
    assert reading.ignored == ["工作表“明细”"]


def test_more_measures_than_allowed_are_refused():
    lines = [one(number=str(n), title=f"第{n}号") for n in range(1, 12)]
    assert "共有 11 项举措，超过 10 项的上限" in refused(short(*lines), limits=Limits(rows=10))


def test_styles_without_end_take_no_time():
    styles = '<xf numFmtId="14"/>' * 120_000
    xml = f'<styleSheet xmlns="{MAIN}"><cellXfs count="120000">{styles}</cellXfs></styleSheet>'
    assert len(read(rezip(GOOD, {"xl/styles.xml": xml.encode()})).rows) == 1


# ---- XML --------------------------------------------------------------------

LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><x>&j;</x>"
)
EXTERNAL = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


@pytest.mark.parametrize(
    "attack", [LAUGHS, EXTERNAL, b'<!DOCTYPE x SYSTEM "http://example.com/x.dtd"><x/>'], ids=["laughs", "xxe", "dtd"]
)
@pytest.mark.parametrize(
    "part",
    [
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/sharedStrings.xml",
        "xl/styles.xml",
        "xl/worksheets/sheet1.xml",
    ],
)
def test_entities_and_document_types_are_refused_in_every_part(part, attack):
    data = rezip(GOOD, {part: attack})
    with memory_below(5):
        assert "文件已损坏" in refused(data)


@pytest.mark.parametrize("attack", [LAUGHS, EXTERNAL], ids=["laughs", "xxe"])
def test_entities_are_refused_in_word_too(attack):
    data = rezip(docx("甲"), {"word/document.xml": attack})
    with memory_below(5):
        assert "文件已损坏" in refused(data, "方案.docx")


@pytest.mark.parametrize(
    "row",
    [
        '<row r="2"><c r="A0"><v>1</v></c></row>',
        '<row r="2"><c r="ZZZZ2"><v>1</v></c></row>',
        '<row r="2"><c r="XFE2"><v>1</v></c></row>',
        '<row r="2"><c r="A1048577"><v>1</v></c></row>',
        '<row r="x"><c><v>1</v></c></row>',
        '<row r="-5"><c><v>1</v></c></row>',
        '<row r="2"><c t="s"><v>99999</v></c></row>',
        '<row r="2"><c t="s"><v>-1</v></c></row>',
        '<row r="2"><c t="s"><v>甲</v></c></row>',
        '<row r="2"><c><v>甲</v></c></row>',
        '<row r="2"><c t="d"><v>甲</v></c></row>',
        '<row r="2"><c s="x"><v>1</v></c></row>',
        '<row r="2"><c>',
        '<row r="2"><c r="A2"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A:B"/></mergeCells><sheetData>',
    ],
)
def test_a_sheet_that_makes_no_sense_is_damaged(row):
    assert "文件已损坏" in refused(with_sheet(sheet_xml(text_cells(1, SHORT) + row)))


@pytest.mark.parametrize("number", ["1e400", "-1e400", "nan", "inf", "1" * 400])
def test_numbers_out_of_range_are_errors_of_their_cell_not_crashes(number):
    row = f'<row r="2"><c r="A2"><v>{number}</v></c></row>' + text_cells(3, one())
    assert read(with_sheet(sheet_xml(text_cells(1, SHORT) + row))).errors


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"])
def test_missing_parts_are_refused(part):
    refused(rezip(GOOD, dropped=(part,)))


@pytest.mark.parametrize(
    "target", ["../../../etc/passwd", "http://example.com/worksheets/a.xml", "/etc/worksheets/x", "worksheets/none.xml"]
)
def test_relationships_that_lead_elsewhere_are_not_followed(target):
    replace = lambda part: part.replace(b"/xl/worksheets/sheet1.xml", target.encode())  # noqa: E731
    refused(rezip(GOOD, {"xl/_rels/workbook.xml.rels": replace}))


def test_a_utf_16_part_is_read_or_refused_but_never_hides_anything():
    xml = sheet_xml(HEAD_ROWS).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert len(read(with_sheet(xml)).rows) == 1


def test_deeply_nested_elements_do_not_overflow():
    refused(rezip(GOOD, {"xl/worksheets/sheet1.xml": b"<a>" * 200_000}))
    nested = b"<a>" * 100_000 + b"</a>" * 100_000
    refused(rezip(docx("甲"), {"word/document.xml": nested}), "方案.docx")


# ---- 文本 -------------------------------------------------------------------


def test_a_million_line_csv_is_refused_with_little_memory():
    for data in (b"\n" * 2_000_000, b",\n" * 900_000, b"a\n" * 900_000, b'""\n' * 600_000):
        with memory_below(64):
            refused(data, "方案.csv")


def test_a_giant_csv_field_is_refused():
    assert "引号没有成对" in refused(csv_bytes([list(SHORT)]) + b'"' + b"a" * 1_900_000, "方案.csv")


MEASURE = "（牵头领导：李华斌 牵头部室：审批中心）"


# 大半数行数就拒；写得像举措的要读到底，一种开头就够：量内存时慢好几倍，平日由下面“小一些的”看着。
AT_ONCE = ["甲\n", "\n", "）\n", "（牵头领导：\n", f"二、举措\n{MEASURE}\n", "一、甲\n二、乙\n", "第1页\n"]
TO_THE_END = f"1、甲{MEASURE}\n"


@pytest.mark.parametrize(
    ("start", "text"), [*also(("", TO_THE_END)), *((start, text) for start in ("", "1、") for text in AT_ONCE)]
)
def test_a_million_line_text_is_refused_with_little_memory(start, text):
    data = (start + text * (LIMITS.file_bytes // len(text.encode()) - 1)).encode()
    with memory_below(96):
        refused(data, "方案.txt")


LIKE_A_PLAN = ["1、甲", MEASURE, "一、甲", "—1—"]


@pytest.mark.parametrize("text", ["（" * 40, "）" * 40, "甲" * 40, "（牵头领导：" * 6, *LIKE_A_PLAN])
def test_texts_within_the_limits_but_without_sense_take_little_memory(text):
    """四万行以内、两兆以内：读得完，报得出，占的内存与大小成正比（写得像方案的平日读十分之一大的，跑足时读足）。"""
    size, lines, most = LIMITS.file_bytes, 39_000, 64
    if text in LIKE_A_PLAN:
        size, lines, most = share(size), share(lines), share(most)
    data = ("1、" + f"{text}\n" * lines).encode()[:size]
    with memory_below(most):
        read_or_refuse(data, "方案.txt")


def test_a_measure_that_never_closes_is_an_error_even_with_others_around_it():
    text = f"{SEED_TEXT.partition('三、保障措施')[0]}\n22、没完。" + "，" * 100_000
    assert any("第22项没有以" in problem.message for problem in read(text.encode(), "方案.txt").errors)


def test_many_ignored_lines_are_listed_up_to_a_point():
    text = SEED_TEXT.replace("三、保障措施", "闲话。\n" * 3000 + "三、保障措施")
    ignored = read(text.encode(), "方案.txt").ignored
    assert len(ignored) == 51
    assert ignored[-1] == "另有 2950 处，不再逐条列出"


def test_a_good_workbook_written_without_openpyxl_is_read():
    assert len(read(with_sheet(sheet_xml(HEAD_ROWS))).rows) == 1
