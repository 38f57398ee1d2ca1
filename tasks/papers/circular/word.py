"""公文的 Word：按 GB/T 9704-2012《党政机关公文格式》排。只读冻结的数字与文字。

版心 156×225 毫米，每页 22 行、每行 28 字：行距固定 28.95 磅，字距紧缩 0.25 磅，不用孤行控制
（否则凑不满 22 行），不用文档网格（有的软件会把每个字算成两格）。字体只写名称，不随文件带。
"""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING
from docx.opc.oxml import serialize_part_xml
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from yingshang import dates

from ...figures.numbers import plain
from ...models import Circular
from . import styles
from .layout import (
    TEXT_WIDTH,
    Block,
    Table,
    annex,
    annex_title,
    balanced,
    blocks,
    copies,
    has_annex,
    is_signed_below,
    note_of,
)
from .styles import FANG, HEI, KAI, SONG, TITLE

RED = RGBColor(0xFF, 0, 0)
CHARACTER = 315  # 一个字的宽度（缇）：16 磅减 0.25 磅
TEXT_TWIPS = 8845  # 版心宽（缇）：A4 宽 210 毫米减去左 28、右 26
TEXT_HEIGHT = 12756  # 版心高（缇）：225 毫米
IMPRINT_LINE = 500  # 版记一行的高（缇）
LONG_IMPRINT = 33  # 版记一行超过这么多字再紧一些：12月31日的也要排在一行里
WHOLE_TABLE = 12  # 不超过这么多行的表整表排在一页上
DRAFT_NUMBER = "（草稿，未编文号）"
# 各张表的各行（XML 文字），存的时候才一行一行写进去：两万行的表造成一棵树，要几百兆。
Late: TypeAlias = list[Iterator[str]]


def build(circular: Circular) -> bytes:
    """一份公文的 .docx。草稿也能出，文号处写明是草稿。"""
    document = _blank(circular)
    if circular.kind == "bulletin":
        _bulletin_head(document, circular)
    else:
        _document_head(document, circular)
    for line in balanced(circular.title):
        _title(document, line)
    _empty(document)
    if to := circular.letterhead["to"][circular.kind]:
        _paragraph(document, f"{to}：", indent=0)
    late: Late = []
    after_table = False
    for block in blocks(circular.sections, circular.figures):
        _block(document, block, late)
        if after_table:  # 表、表下的注与下文之间留一点空
            document.paragraphs[-1].paragraph_format.space_before = Pt(6)
        after_table = block.kind == "table"
    _tail(document, circular)
    if has_annex(circular) and circular.numbers["lines"]:
        _annex(document, circular, late)
    _imprint(document, circular)
    return _saved(document, late)


# ── 各部分 ────────────────────────────────────────────────


def _document_head(document: Document, circular: Circular) -> None:
    """发文机关标志、发文字号、红色分隔线；汇报、请示是上行文，文号在左、签发人在右。"""
    head = circular.letterhead["head"]
    for i, line in enumerate(head):
        found = _paragraph(document, line, font=TITLE, size=28, colour=RED, align=ALIGN.CENTER, indent=0, line=Pt(40))
        found.paragraph_format.space_before = Mm(32) if i == 0 else Pt(0)
    _empty(document, 2)
    number = circular.document_number or DRAFT_NUMBER
    if circular.is_upward:
        found = _paragraph(document, f"　{number}", indent=0, align=ALIGN.LEFT)
        found.paragraph_format.tab_stops.add_tab_stop(_twips(TEXT_TWIPS - 8 * CHARACTER))
        _run(found, "\t签发人：")
        _run(found, "　　　", KAI)  # 三字姓名的位置，右空一字
    else:
        found = _paragraph(document, number, indent=0, align=ALIGN.CENTER)
    _border(found, bottom=(18, 6, "FF0000"))  # 红线离文号 4 毫米
    _empty(document, 2)


def _bulletin_head(document: Document, circular: Circular) -> None:
    """简报有自己的报头：名称、期号、编发单位与日期、红线。"""
    found = _paragraph(
        document,
        circular.letterhead["mast"],
        font=TITLE,
        size=36,
        colour=RED,
        align=ALIGN.CENTER,
        indent=0,
        line=Pt(48),
    )
    found.paragraph_format.space_before = Mm(10)
    _paragraph(document, f"（{circular.short_number or '草稿，未编期号'}）", align=ALIGN.CENTER, indent=0)
    found = _paragraph(document, "", indent=0, align=ALIGN.LEFT)
    found.paragraph_format.tab_stops.add_tab_stop(_twips(TEXT_TWIPS - 280), 2)
    _run(found, f"　{circular.letterhead['issuer']}编\t{_date(circular)}", size=14)
    _border(found, bottom=(18, 6, "FF0000"))
    _empty(document)


def _title(document: Document, line: str) -> None:
    _paragraph(
        document, line, font=TITLE, size=22, align=ALIGN.CENTER, indent=0, line=Pt(33)
    ).paragraph_format.keep_with_next = True


def _block(document: Document, block: Block, late: Late) -> None:
    if block.table:
        _table(document, block.table, late, caption=True)
        if block.table.note:
            note = _paragraph(document, block.table.note, size=10.5, indent=0, line=Pt(15))
            note.paragraph_format.space_before = Pt(6)
    elif block.kind in ("h1", "h2"):
        found = _paragraph(document, "", style=f"Heading {block.kind[1]}")
        _run(found, block.text, HEI if block.kind == "h1" else KAI)
    elif block.kind == "lead":
        found = _paragraph(document, "")
        _run(found, block.text, KAI)
        _run(found, block.rest)
    else:
        _paragraph(document, block.text)


def _tail(document: Document, circular: Circular) -> None:
    """附件说明、署名、成文日期、附注，不与正文的最后一段分开。"""
    if not is_signed_below(circular):
        return
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    _empty(document).paragraph_format.keep_with_next = True
    hang = 3 * CHARACTER
    if has_annex(circular) and circular.numbers["lines"]:  # 没有在册的举措，没有表可附
        found = _paragraph(document, f"附件：{annex_title(circular.numbers)}", indent=2 * CHARACTER + hang, first=-hang)
        found.paragraph_format.keep_with_next = True
        _empty(document).paragraph_format.keep_with_next = True  # 署名在附件说明之下空一行
    sign, date = _places(circular)
    found = _paragraph(document, circular.letterhead["issuer"], indent=sign, first=0, align=ALIGN.LEFT)
    found.paragraph_format.keep_with_next = True
    below = _paragraph(document, _date(circular), indent=date, first=0, align=ALIGN.LEFT)
    for line in (found, below):
        line.paragraph_format.right_indent = _twips(-2 * CHARACTER)  # 顶到版心右边的，差一丝也不折行
    found = below
    if note := note_of(circular):
        found.paragraph_format.keep_with_next = True
        _paragraph(document, note, align=ALIGN.LEFT)


def _places(circular: Circular) -> tuple[int, int]:
    """署名、成文日期各离版心左边多远（缇）。

    不加盖印章的：署名右空二字，日期首字比署名首字右移二字；日期比署名长的，日期右空二字，署名跟着左移（7.3.5.2）。加盖印章的：日期右空四字，署名在日期之上、与它居中对齐（GB/T 9704 7.3.5）；
    署名比日期长得多、居中就出了版心的，署名顶到右边，日期改与署名居中。
    """
    issuer = len(circular.letterhead["issuer"]) * CHARACTER
    date = round(sum(CHARACTER / 2 if char.isdecimal() else CHARACTER for char in _date(circular)))
    if not circular.letterhead.get("has_seal"):
        sign = max(0, TEXT_TWIPS - 2 * CHARACTER - issuer)
        if date > issuer:
            sign = TEXT_TWIPS - 4 * CHARACTER - date
        return sign, sign + 2 * CHARACTER
    start = TEXT_TWIPS - 4 * CHARACTER - date
    sign = max(0, min(start + (date - issuer) // 2, TEXT_TWIPS - issuer))
    return sign, min(start, sign + max(0, issuer - date) // 2) if issuer > date else start


def _annex(document: Document, circular: Circular, late: Late) -> None:
    """附件另起一页：“附件”顶格，隔一行是标题，再是表。"""
    found = _paragraph(document, "附件", font=HEI, indent=0)
    found.paragraph_format.page_break_before = True
    found.paragraph_format.keep_with_next = True
    _empty(document).paragraph_format.keep_with_next = True
    for line in balanced(annex_title(circular.numbers)):
        _title(document, line)
    _paragraph(document, "", indent=0, line=Pt(12)).paragraph_format.keep_with_next = True
    _table(document, annex(circular.numbers), late)


def _imprint(document: Document, circular: Circular) -> None:
    """版记：抄送、印发机关与印发日期，在最后一面的最下面。首末线粗、中间线细，四号字，左右各空一字。"""
    texts = copies(circular)
    texts.append(f"{circular.letterhead['issuer']}\t{_date(circular, blank='　年　月　日')}印发")
    # 版记占的地方由图文框自己让开（前面的文字、表绕着它排），这里只要一行极矮的，好与锚同页。
    _paragraph(document, "", indent=0, line=Pt(1)).paragraph_format.keep_with_next = True
    for i, text in enumerate(texts):
        found = _paragraph(document, "", indent=280, first=0, align=ALIGN.LEFT, line=Pt(24))
        found.paragraph_format.right_indent = _twips(280)
        found.paragraph_format.tab_stops.add_tab_stop(_twips(TEXT_TWIPS - 280), 2)
        _frame(found, TEXT_HEIGHT - IMPRINT_LINE * (len(texts) - i))
        _run(found, text, size=14, spacing=-1 if len(text) > LONG_IMPRINT else -0.65)
        edges = {"top": (8 if i == 0 else 6, 0, "000000")}  # 0.35 毫米与 0.25 毫米
        if i == len(texts) - 1:
            edges["bottom"] = (8, 0, "000000")
        _border(found, **edges)
    _paragraph(document, "", indent=0, line=Pt(1))  # 图文框的锚


def _frame(paragraph: Paragraph, top: int) -> None:
    """图文框：离版心上边 `top` 缇，与版心同宽。一行一个框，各有各的边线；放不下时折行，不裁字。"""
    frame = OxmlElement("w:framePr")
    places = {
        "w": TEXT_TWIPS,
        "h": IMPRINT_LINE,
        "hRule": "atLeast",
        "hSpace": 0,
        "vSpace": 0,
        "wrap": "around",
        "vAnchor": "margin",
        "hAnchor": "margin",
        "x": 0,
        "y": top,
    }
    for key, value in places.items():
        frame.set(qn(f"w:{key}"), str(value))
    styles.insert(paragraph._p.get_or_add_pPr(), frame)


def _date(circular: Circular, blank: str = "　　　　年　月　日") -> str:
    return dates.full(circular.issued_on) if circular.issued_on else blank


# ── 纸张 ────────────────────────────────────────────


def _blank(circular: Circular) -> Document:
    made = circular.issued_at or circular.created_at
    document = styles.blank(circular.letterhead["issuer"], plain(circular.title), made)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(15), Mm(23)
    document.settings.odd_and_even_pages_header_footer = True
    _page_number(section.footer, ALIGN.RIGHT)
    _page_number(section.even_page_footer, ALIGN.LEFT)
    return document


def _page_number(footer: Any, align: ALIGN) -> None:
    """— 1 —，四号宋体，单页居右空一字，双页居左空一字。"""
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.alignment = align
    _indent(paragraph, 280 if align == ALIGN.LEFT else 0, 0)
    if align == ALIGN.RIGHT:
        paragraph.paragraph_format.right_indent = _twips(280)
    _run(paragraph, "— ", SONG, 14, spacing=0)
    for kind, text in (("begin", None), (None, "PAGE"), ("separate", None), ("result", "1"), ("end", None)):
        run = _run(paragraph, "1" if kind == "result" else "", SONG, 14, spacing=0)
        if text and kind is None:
            field = OxmlElement("w:instrText")
            field.text = text
            run._r.append(field)
        elif kind != "result":
            field = OxmlElement("w:fldChar")
            field.set(qn("w:fldCharType"), kind)
            run._r.append(field)
    _run(paragraph, " —", SONG, 14, spacing=0)


# ── 段落与表格 ────────────────────────────────────────────


def _paragraph(
    document: Document,
    text: str,
    *,
    style: str | None = None,
    font: str = FANG,
    size: float = 16,
    colour: RGBColor | None = None,
    align: ALIGN = ALIGN.JUSTIFY,
    indent: float | None = None,
    first: float | None = None,
    line: Length | None = None,
) -> Paragraph:
    """一段。`indent` 为左缩进（缇），不写的首行空二字。"""
    paragraph = document.add_paragraph(style=style)
    paragraph.alignment = align
    if indent is None:
        _indent(paragraph, 0, 2 * CHARACTER)
    else:
        _indent(paragraph, indent, first or 0)
    if line:
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        paragraph.paragraph_format.line_spacing = line
    if text:
        _run(paragraph, text, font, size, colour)
    return paragraph


def _empty(document: Document, n: int = 1) -> Paragraph:
    """空行；返回最后一个。"""
    for _ in range(n):
        found = document.add_paragraph()
    return found


def _indent(paragraph: Paragraph, left: float, first: float) -> None:
    """左缩进与首行缩进（缇）；首行为负是悬挂。"""
    found = paragraph.paragraph_format
    found.left_indent, found.first_line_indent = _twips(left), _twips(first)


def _twips(n: float) -> Length:
    return Pt(n / 20)


def _run(
    paragraph: Paragraph,
    text: str,
    font: str = FANG,
    size: float = 16,
    colour: RGBColor | None = None,
    *,
    spacing: float | None = None,
) -> Run:
    run = paragraph.add_run()
    _say(run._r, text)
    rpr = run._r.get_or_add_rPr()
    styles.font(rpr, font)
    run.font.size = Pt(size)
    if colour is not None:
        run.font.color.rgb = colour
    if spacing is not None:
        styles.spacing(rpr, spacing)
    return run


def _say(run: Any, text: str) -> None:
    """在一个 `w:r` 里写上文字；制表符是制表位，别的控制字符去掉。"""
    for i, piece in enumerate(text.split("\t")):
        if i:
            run.add_tab()
        for n, line in enumerate(plain(piece).split("\n")):
            if n:
                run.add_br()
            if line or "\t" in text:  # 制表位前面空着的也占一段
                run.add_t(line)


def _border(paragraph: Paragraph, **sides: Any) -> None:
    """段落边线：边 → （粗细，八分之一磅；离文字几磅；颜色）。"""
    borders = OxmlElement("w:pBdr")
    for side, (size, space, colour) in sides.items():
        borders.append(_edge(side, size, space, colour))
    styles.insert(paragraph._p.get_or_add_pPr(), borders)


def _edge(side: str, size: int, space: int, colour: str) -> Any:
    edge = OxmlElement(f"w:{side}")
    for key, value in (("val", "single"), ("sz", size), ("space", space), ("color", colour)):
        edge.set(qn(f"w:{key}"), str(value))
    return edge


def _table(document: Document, table: Table, late: Late, *, caption: bool = False) -> None:
    """一张表：宽度写死为版心宽，表头每页重复，一行不跨页。"""
    if caption:
        found = _paragraph(document, table.caption, font=HEI, size=12, align=ALIGN.CENTER, indent=0)
        found.paragraph_format.keep_with_next = True
    scale = TEXT_WIDTH / sum(column.width for column in table.columns)
    widths = [Mm(column.width * scale) for column in table.columns]
    made = document.add_table(rows=0, cols=len(widths))
    made.style, made.autofit, made.alignment = "Table Grid", False, 1
    _margins(made)
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    texts = [column.is_text for column in table.columns]
    head = _row(made, widths, [False] * len(widths), head=True, keep=True)
    for run, column in zip(head.iter(qn("w:r")), table.columns, strict=True):
        _say(run, column.label)
    patterns = {keep: _row(made, widths, texts, keep=keep) for keep in (True, False)}
    for row in patterns.values():
        made._tbl.remove(row)
    place = OxmlElement(PLACE)
    place.text = str(len(late))
    made._tbl.append(place)
    late.append(_rows(table, {keep: _xml(row).split(END) for keep, row in patterns.items()}))


PLACE, PLACES = "w:late", re.compile(rb"<w:late>(\d+)</w:late>")  # 各行留着的地方
END = "</w:r>"  # 一格的末尾


def _rows(table: Table, patterns: dict[bool, list[str]]) -> Iterator[str]:
    """各行照样子写，一格一个 `w:r`。`patterns` 是不与下一行、与下一行同页的样子，在各格要写字的地方断开。"""
    for i, cells in enumerate(table.cells(), start=1):
        before, *rest = patterns[len(table.rows) <= WHOLE_TABLE and i < len(table.rows)]
        said = (f"{_said(str(value))}{END}{after}" for value, after in zip(cells, rest, strict=True))
        yield before + "".join(said)


def _said(text: str) -> str:
    """同 `_say` 写的一样，写成 XML 文字；多数只是一段。"""
    if text.isprintable() and text == text.strip():
        return f"<w:t>{escape(text)}</w:t>" if text else ""
    run = OxmlElement("w:r")
    _say(run, text)
    return "".join(map(_xml, run))


def _xml(element: Any) -> str:
    """写在正文里的样子：名字空间由正文开头说，这里不说。"""
    return re.sub(r' xmlns:\w+="[^"]*"', "", serialize_part_xml(element).decode().partition("?>\n")[2])


def _saved(document: Document, late: Late) -> bytes:
    """存好的 .docx，各张表的各行写在留着的地方。"""
    bare, out = io.BytesIO(), io.BytesIO()
    document.save(bare)
    with ZipFile(bare) as source, ZipFile(out, "w", ZIP_DEFLATED) as made:
        for name in source.namelist():
            with made.open(name, "w") as part:
                # 奇数的是各张表留着的地方
                for i, piece in enumerate(re.split(PLACES, source.read(name))):
                    part.writelines(map(str.encode, late[int(piece)]) if i % 2 else [piece])
    return out.getvalue()


def _margins(table: Any) -> None:
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), "45")
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    layout = table._tbl.tblPr.find(qn("w:tblLayout"))
    layout.addnext(margins) if layout is not None else table._tbl.tblPr.append(margins)


def _row(table: Any, widths: Sequence[Length], texts: list[bool], *, head: bool = False, keep: bool = False) -> Any:
    """一行的样子（`w:tr`），还没有写字。`keep` 为真时与下一行同页。

    python-docx 每取一格都要数一遍整张表，逐行这样造，两千行要十几秒；所以只造样子，各行照样子抄。
    """
    row = table.add_row()
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    for cell, width, is_text in zip(row.cells, widths, texts, strict=True):
        cell.width = width
        cell.vertical_alignment = 1
        paragraph = cell.paragraphs[0]
        paragraph.alignment = ALIGN.LEFT if is_text else ALIGN.CENTER
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        paragraph.paragraph_format.line_spacing = Pt(15)
        paragraph.paragraph_format.keep_with_next = keep
        _run(paragraph, "", HEI if head else FANG, 10.5, spacing=0)
    return row._tr
