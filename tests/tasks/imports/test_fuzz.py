"""随意改动字节：要么读得出，要么拒收，绝不抛别的异常。"""

import io
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import share

from .samples import SEED_TEXT, csv_bytes, docx, read_or_refuse, rezip, seed_rows, shared, table, xlsx

SAMPLES = [
    (shared(xlsx(table(seed_rows()[:3]))), "方案.xlsx"),
    (docx(SEED_TEXT[:3000]), "方案.docx"),
    (csv_bytes(table(seed_rows()[:3])), "方案.csv"),
    (SEED_TEXT[:3000].encode("gb18030"), "方案.txt"),
]


@settings(max_examples=share(200), deadline=None)
@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6)), max_size=8))
def test_any_bytes_overwritten_give_a_reading_or_a_refusal(sample, edits):
    data, filename = bytearray(sample[0]), sample[1]
    for place, piece in edits:
        at = int(place * len(data))
        data[at : at + len(piece)] = piece
    read_or_refuse(bytes(data), filename)


PARTS = [
    "xl/workbook.xml",
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
    "xl/_rels/workbook.xml.rels",
]


@settings(max_examples=share(200), deadline=None)
@given(st.sampled_from(PARTS), st.data())
def test_any_part_of_a_workbook_damaged_gives_a_reading_or_a_refusal(part, data):
    with zipfile.ZipFile(io.BytesIO(SAMPLES[0][0])) as source:
        xml = bytearray(source.read(part))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(xml)))
        piece = data.draw(
            st.sampled_from([b"", b"<", b">", b'"', b"0", b"-1", b"99999999999", b"A1", b"\xff", b"<c>", b't="e"'])
        )
        xml[at : at + data.draw(st.integers(0, 4))] = piece
    read_or_refuse(rezip(SAMPLES[0][0], {part: bytes(xml)}), "方案.xlsx")


@settings(max_examples=share(200), deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["方案.xlsx", "方案.docx", "方案.csv", "方案.txt"]))
def test_random_bytes_give_a_reading_or_a_refusal(data, filename):
    read_or_refuse(data, filename)
    read_or_refuse(b"PK\x03\x04" + data, filename)
