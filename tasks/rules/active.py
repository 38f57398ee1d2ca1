"""材料里会自己动的东西：嵌入的对象、远程模板、外部链接、DDE、PDF 里的脚本。找到了就说是什么、怎么去掉。

只看，不解开来用；压缩的有上限，读不懂的当作不合格。
"""

import html
import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import IO

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import ParseError, fromstring  # type: ignore[import-untyped]

MOST = 32 * 1024 * 1024  # 一个部件、一个流至多解开这么多
MOST_STREAMS = 4 * MOST  # 一份 PDF 的各个对象流，连同解开的，一共至多看这么多
RELATIONS = 1024 * 1024

# ── Office（压缩包）──
# 嵌入的 OLE 对象是二进制的 oleObject*.bin；图表里嵌的工作簿（.xlsx）是常见的，不在内。
OLE_PART = re.compile(
    r"(^|/)embeddings/[^/]*\.bin$|(^|/)oleobject[^/]*$|\.(docm|dotm|xlsm|xltm|xlsb|pptm|ppsm|potm)$", re.I
)
LINK_PART = re.compile(r"(^|/)externallinks/", re.I)
# 指到文件外面去的关系，只许超链接（点了才去）。
ALLOWED_OUTSIDE = ("/hyperlink",)
FIELD = re.compile(
    r"<(?:\w+:)?instrText\b[^>]*>(?:<!\[CDATA\[)?([^<]*?)(?:\]\]>)?<|\b(?:\w+:)?instr\s*=\s*(?:\"([^\"]*)\"|'([^']*)')"
)
DDE = re.compile(r"\bDDE(AUTO)?\b", re.I)

# ── 老式 Office（OLE 复合文档），目录里的名字是 UTF-16 ──
OLD_MACRO = [name.encode("utf-16-le") for name in ("_VBA_PROJECT", "VBA_PROJECT_CUR", "Macros")]
OLD_OBJECT = [name.encode("utf-16-le") for name in ("Ole10Native", "ObjectPool", "EncryptedPackage")]
OLD_DDE = (b"DDEAUTO", "DDEAUTO".encode("utf-16-le"))

# ── PDF ──
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
ACTIVE_PDF = re.compile(rb"/S\s*/(JavaScript|Launch)\b|/(JavaScript|RichMedia|SubmitForm|ImportData)\b")
STREAM = re.compile(rb"(?<!end)stream\r?\n")
OBJECT_STREAM = re.compile(rb"/ObjStm\b")
# “/ObjStm”与流之间又有这些：流是别的对象的。
ANOTHER = re.compile(rb"endstream|endobj|\d\s+obj\b")
# 只解 Flate 一道；另有一道、另有预测的，解出来的不是原样。
ENCODED = re.compile(rb"/Filter\s*\[\s*/\w+\s*/|/DecodeParms\b|/DP\b")


def in_office(archive: zipfile.ZipFile) -> str:
    """新式 Office 文件里会自己动的：是什么、怎么去掉；没有为空。"""
    names = archive.namelist()
    if any(OLE_PART.search(name) for name in names):
        return "嵌有别的文件（OLE 对象），请删去，或转成图片、另传一份"
    if any(LINK_PART.search(name) for name in names):
        return "链接着别的工作簿，请在 Excel“数据—编辑链接”里断开，另存"
    for name in names:
        if name.lower().endswith(".rels") and (said := _outside(archive, name)):
            return said
    for name in names:
        if re.search(r"^(word|xl|ppt)/[^/]+\.xml$", name, re.I) and (said := _dde(archive, name)):
            return said
    return ""


def _outside(archive: zipfile.ZipFile, name: str) -> str:
    """一份关系表里指到文件外面去的。"""
    with archive.open(name) as part:
        data = part.read(RELATIONS + 1)
    try:
        found = fromstring(data, forbid_dtd=True) if len(data) <= RELATIONS else None
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        found = None
    if found is None:
        return "里面的关系表读不懂，请用原来的软件另存"
    for relation in found:
        kind, mode = relation.get("Type", ""), relation.get("TargetMode", "")
        if mode.lower() == "external" and not kind.endswith(ALLOWED_OUTSIDE):
            what = "远程模板" if kind.endswith("/attachedTemplate") else "外部的文件或图片"
            return f"打开时会去取{what}，请改成插入的（不是链接的），另存"
    return ""


def _dde(archive: zipfile.ZipFile, name: str) -> str:
    """一个部件里的 DDE。域代码可以断在几段里、写成字符实体，拼起来看；看不全的不收。"""
    with archive.open(name) as part:
        data = part.read(MOST + 1)
    if len(data) > MOST:
        return "有一部分太长，看不全，请拆成几份另存"
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    fields = "".join(a or f" {b or c} " for a, b, c in FIELD.findall(text))
    found = DDE.search(html.unescape(fields))
    return "有会自动取数的域（DDE），请在 Word 里选中它按 Ctrl+Shift+F9 转成文字，另存" if found else ""


def in_old_office(data: bytes) -> str:
    """老式 Office、WPS 文件里会自己动的。"""
    if any(name in data for name in OLD_MACRO):
        return "带有宏，请用原来的软件另存成不带宏的"
    if any(name in data for name in OLD_OBJECT):
        return "嵌有别的文件，或有密码，请去掉后另存"
    return "有会自动取数的域（DDE），请转成文字后另存" if any(word in data for word in OLD_DDE) else ""


def in_pdf(data: bytes) -> str:
    """PDF 里会自动运行的：名字可以写成 /J#61vaScript，也可以藏在压缩的对象流里。"""
    try:
        found = any(ACTIVE_PDF.search(_plain(part)) for part in chain((data,), _object_streams(data)))
    except (zlib.error, ValueError):
        return "里面有读不懂的压缩段（多半有密码），请重新打印成 PDF 或截图"
    return "有会自动运行的脚本，请重新打印成 PDF 或截图" if found else ""


def _plain(data: bytes) -> bytes:
    return ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), data)


def _object_streams(data: bytes) -> Iterator[bytes]:
    """各个对象流，解开来；不是 Flate 压缩的、解不开的、太长的抛出 ValueError 或 zlib.error。"""
    after = seen = 0
    for found in STREAM.finditer(data):
        # 流紧跟着它的字典；字典有多长、里面写什么都由人定，所以从上一个流起的整段都看。
        if not data[max(after, found.start() - 64) : found.start()].rstrip().endswith(b">>"):
            continue
        head, after = _plain(data[after : found.start()]), found.end()
        named = OBJECT_STREAM.search(head)
        if not named:
            continue
        if ANOTHER.search(head, named.end()) or ENCODED.search(head):
            raise ValueError
        end = data.find(b"endstream", found.end())
        body = data[found.end() : max(end, found.end())]
        seen += len(body)
        if end < 0 or seen > MOST_STREAMS:
            raise ValueError
        if b"/Filter" not in head:
            yield body
            continue
        if not re.search(rb"/Filter\s*\[?\s*/(FlateDecode|Fl)\s*\]?", head):
            raise ValueError
        unpacking = zlib.decompressobj()
        part = unpacking.decompress(body, MOST)
        seen += len(part)
        yield part
        if not unpacking.eof:  # 太长，或在半途被截断
            raise ValueError
    if OBJECT_STREAM.search(_plain(data[after:])):
        raise ValueError  # 说了有，却认不出在哪里


def read_all(file: IO[bytes]) -> bytes:
    """整份读来（上传有大小限制），读完放回开头。"""
    file.seek(0)
    data = file.read()
    file.seek(0)
    return data
