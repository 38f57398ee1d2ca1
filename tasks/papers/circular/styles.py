"""公文 Word 的底子：字体、行距、语言与文件属性。模板（python-docx 自带的）带来的英文、日文标记与别人的元数据都换掉。"""

import datetime as dt
from typing import Any
from xml.sax.saxutils import escape

from docx import Document as new_document
from docx.document import Document
from docx.enum.text import WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE as RELATED
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

FANG, KAI, HEI, SONG, TITLE = "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体", "方正小标宋简体"
LINE = Pt(28.95)
CHINESE = "zh-CN"
# 模板里用不着的：缩略图是别人的一页纸，另两样是 Word 的旧样式与书目。
UNWANTED = (
    RELATED.THUMBNAIL,
    RELATED.CUSTOM_XML,
    "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects",
)
ABOUT = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Company>{company}</Company></Properties>"""


def blank(issuer: str, title: str, made: dt.datetime) -> Document:
    """空白的一份：样式排好，语言是中文，文件属性是这一份自己的。"""
    document = new_document()
    _drop_template(document, issuer)
    _styles(document)
    _speak_chinese(document)
    properties = document.core_properties
    properties.author = properties.last_modified_by = issuer
    properties.title, properties.comments, properties.language = title, "", CHINESE
    properties.created = properties.modified = made.astimezone(dt.UTC).replace(tzinfo=None)
    return document


def _drop_template(document: Document, issuer: str) -> None:
    """模板的缩略图、旧样式、书目不带；“由哪个软件在哪台机器上写的”换成印发机关。"""
    package = document.part.package
    for rels in (package.rels, document.part.rels):
        for key in [key for key, rel in rels.items() if rel.reltype in UNWANTED]:
            del rels[key]
    about = next(rel.target_part for rel in package.rels.values() if rel.reltype == RELATED.EXTENDED_PROPERTIES)
    about._blob = ABOUT.format(company=escape(issuer)).encode()


def _speak_chinese(document: Document) -> None:
    """校对用的语言：没有写明的文字都按中文，不按模板的英文、日文。"""
    marks = [
        *document.styles.element.iter(qn("w:lang")),
        *document.settings.element.iter(qn("w:themeFontLang")),
    ]
    for mark in marks:
        for key in ("w:val", "w:eastAsia"):
            mark.set(qn(key), CHINESE)


def _styles(document: Document) -> None:
    normal = document.styles["Normal"]
    font(normal.element.get_or_add_rPr(), FANG)
    normal.font.size = Pt(16)
    spacing(normal.element.get_or_add_rPr())
    _body_format(normal)
    for name, face in (("Heading 1", HEI), ("Heading 2", KAI)):
        style = document.styles[name]
        rpr = style.element.get_or_add_rPr()
        font(rpr, face)
        style.font.size, style.font.bold, style.font.italic = Pt(16), False, False
        style.font.color.rgb = RGBColor(0, 0, 0)
        _body_format(style)
        style.paragraph_format.keep_with_next = True


def _body_format(style: Any) -> None:
    found = style.paragraph_format
    found.line_spacing_rule, found.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
    found.space_before = found.space_after = Pt(0)
    found.widow_control = False
    found.keep_together = False
    ppr = style.element.get_or_add_pPr()
    # 数字与汉字之间不加空，才排得齐 28 字；很长的西文词可以在词中换行；行末的标点不悬到版心外面。
    for tag in ("w:wordWrap", "w:overflowPunct", "w:autoSpaceDE", "w:autoSpaceDN"):
        _switch_off(ppr, tag)


def _switch_off(ppr: Any, tag: Any) -> None:
    found = ppr.find(qn(tag))
    if found is None:
        found = OxmlElement(tag)
        insert(ppr, found)
    found.set(qn("w:val"), "0")


# 段落属性的次序是规范定死的，乱了 Word 会说文件损坏。
PPR_ORDER = [
    "pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl", "numPr", "suppressLineNumbers",
    "pBdr", "shd", "tabs", "suppressAutoHyphens", "kinsoku", "wordWrap", "overflowPunct", "topLinePunct",
    "autoSpaceDE", "autoSpaceDN", "bidi", "adjustRightInd", "snapToGrid", "spacing", "ind", "contextualSpacing",
    "mirrorIndents", "suppressOverlap", "jc", "textDirection", "textAlignment", "textboxTightWrap", "outlineLvl",
    "divId", "cnfStyle", "rPr", "sectPr", "pPrChange",
]  # fmt: skip


def insert(ppr: Any, element: Any) -> None:
    """按规范的次序插入一个段落属性。"""
    later = {qn(f"w:{name}") for name in PPR_ORDER[PPR_ORDER.index(element.tag.split("}")[1]) + 1 :]}
    following = next((child for child in ppr if child.tag in later), None)
    if following is None:
        ppr.append(element)
    else:
        following.addprevious(element)


def font(rpr: Any, name: str) -> None:
    """四种文字都用同一字体；去掉模板带的主题字体，否则不起作用。"""
    fonts = rpr.get_or_add_rFonts()
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for key in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(key), name)
    fonts.set(qn("w:hint"), "eastAsia")


def spacing(rpr: Any, points: float = -0.25) -> None:
    """字距，以二十分之一磅计。"""
    found = rpr.find(qn("w:spacing"))
    if found is None:
        found = OxmlElement("w:spacing")
        size = rpr.find(qn("w:sz"))
        size.addprevious(found) if size is not None else rpr.append(found)
    found.set(qn("w:val"), str(round(points * 20)))
