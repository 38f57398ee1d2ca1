"""拒收不该读的文件：在解压、解析以前就拒，并告诉上传的人怎么办。

次序：字节数 → 文件头 → 解压后总大小 → 不含宏 → 才解析。解析一律用流式 XML，
不许有 DOCTYPE。没有用 openpyxl 载入：几 kB 的文件写一个 A1:XFD1048576 的合并区，
就足以让它建一百七十亿个单元格。
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from xml.parsers import expat

from .limits import Limits, Unreadable

KINDS = ("xlsx", "csv", "docx", "txt")
MAX_PARTS = 1000
_CHUNK = 64 * 1024

_SAVE_AS_XLSX = "请在 Excel 或 WPS 中打开，另存为 .xlsx（不设密码、不带宏）后重新上传。"
_SAVE_AS_DOCX = "请在 Word 或 WPS 中打开，另存为 .docx（不设密码、不带宏）后重新上传。"
_REFUSED_SUFFIXES = {
    **dict.fromkeys(("xls", "et", "xlsb", "ods", "numbers"), f"不能读取 .{{}} 文件。{_SAVE_AS_XLSX}"),
    **dict.fromkeys(("xlsm", "xltm", "xltx", "xlam"), f"不能读取带宏的表格或模板（.{{}}）。{_SAVE_AS_XLSX}"),
    **dict.fromkeys(("doc", "wps", "rtf", "odt"), f"不能读取 .{{}} 文件。{_SAVE_AS_DOCX}"),
    **dict.fromkeys(("docm", "dotm", "dotx"), f"不能读取带宏的文档或模板（.{{}}）。{_SAVE_AS_DOCX}"),
    **dict.fromkeys(("pdf", "ofd"), "不能读取 .{} 文件。请取得原件的 Word 文档（.docx）或文本（.txt）后重新上传。"),
    **dict.fromkeys(("zip", "rar", "7z"), "不能读取压缩包（.{}）。请解压后上传其中的方案文件。"),
}
_UNSUPPORTED = "只能导入 .xlsx、.csv、.docx、.txt 文件。请另存为其中一种后重新上传。"
_DAMAGED = "文件已损坏，或内容与扩展名不符。请用 Excel、Word 或 WPS 打开，确认能正常显示，另存一份后重新上传。"
_FOREIGN_STARTS = (b"%pdf-", b"<html", b"<!doc", b"<?xml", b"<tabl", b"{\\rtf")
_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    IndexError,
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def damaged() -> Unreadable:
    return Unreadable(_DAMAGED)


def suffix_of(filename: str) -> str:
    return filename.rpartition(".")[2].strip().lower() if "." in filename else ""


def refused_suffix(filename: str) -> str:
    """凭扩展名就知道读不了的，说为什么、怎么办；能读的为空。"""
    suffix = suffix_of(filename)
    if suffix in KINDS:
        return ""
    return _REFUSED_SUFFIXES[suffix].format(suffix) if suffix in _REFUSED_SUFFIXES else _UNSUPPORTED


def file_kind(data: bytes, filename: str, limits: Limits) -> str:
    """看大小、扩展名、文件头，定出按哪一种读；不能读的抛出 Unreadable。"""
    if len(data) > limits.file_bytes:
        raise Unreadable(
            f"文件有 {_size(len(data))}，超过 {_size(limits.file_bytes)} 的上限。"
            "请删去图片、空行和无关的工作表后重新上传。"
        )
    if said := refused_suffix(filename):
        raise Unreadable(said)
    suffix = suffix_of(filename)
    if not data.strip(b"\0 \t\r\n"):
        raise Unreadable("文件是空的。请确认选对了文件后重新上传。")
    if data.startswith(OLE):
        advice = _SAVE_AS_DOCX if suffix in ("docx", "txt") else _SAVE_AS_XLSX
        raise Unreadable(f"这是旧格式（.xls、.et、.doc 等）或设了密码的文件，只是扩展名写作 .{suffix}。{advice}")
    zipped = data.startswith(b"PK\x03\x04")
    if zipped != (suffix in ("xlsx", "docx")):
        raise Unreadable(f"文件内容不是 .{suffix}，只是扩展名写作 .{suffix}。{_save_as(suffix)}")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:5].lower() in _FOREIGN_STARTS:
        raise Unreadable(f"文件内容不是 .{suffix}，像是网页、PDF 或富文本。{_save_as(suffix)}")
    return suffix


def _save_as(suffix: str) -> str:
    return f"请用对应的软件打开，另存为 .{suffix} 后重新上传。"


def _size(count: int) -> str:
    number, unit = (count / 1024**2, "MB") if count >= 1024**2 else (count / 1024, "kB")
    return f"{number:.1f}".removesuffix(".0") + f" {unit}"


class Package:
    """一个 .xlsx 或 .docx 压缩包：开包前先看目录，读每个部件都有上限。不能读的一律抛出 Unreadable。"""

    def __init__(self, data: bytes, kind: str, limits: Limits) -> None:
        self.kind = kind
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            infos = self._zip.infolist()
        except _BROKEN_ZIP as error:
            raise damaged() from error
        self._check(infos, limits)
        self._infos = {info.filename.lstrip("/").lower(): info for info in infos}
        if len(self._infos) != len(infos):
            raise damaged()
        self.main = self._main_part()
        if not self.main.startswith("xl/" if kind == "xlsx" else "word/") or self.main not in self:
            raise Unreadable(f"文件内容不是 .{kind}。{_save_as(kind)}")

    def _main_part(self) -> str:
        """主部件通常是 xl/workbook.xml、word/document.xml，在线版的 Office 会起别的名字。"""
        if "_rels/.rels" in self:
            for kind, target in self.relations("").values():
                if kind == "officeDocument":
                    return target
        return "xl/workbook.xml" if self.kind == "xlsx" else "word/document.xml"

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """一个部件的关系：编号 → （种类，目标部件）；指向包外的不要。"""
        folder, _, name = part.rpartition("/")
        folder = f"{folder}/" if folder else ""
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                target = target.lstrip("/") if target.startswith("/") else folder + target
                found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], target)

        parse_xml(self.chunks(f"{folder}_rels/{name}.rels"), start)
        return found

    def _check(self, infos: list[zipfile.ZipInfo], limits: Limits) -> None:
        unpacked = sum(info.file_size for info in infos)
        if unpacked > limits.unpacked_bytes:
            raise Unreadable(
                f"文件解压后有 {_size(unpacked)}，超过 {_size(limits.unpacked_bytes)} 的上限。"
                "请新建一个文件，只把方案内容复制进去，另存后重新上传。"
            )
        if len(infos) > MAX_PARTS:
            raise damaged()
        for info in infos:
            if info.flag_bits & 0x1:
                raise Unreadable(f"文件设了密码。请取消密码，另存为 .{self.kind} 后重新上传。")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise damaged()
            if info.filename.lower().endswith("vbaproject.bin"):
                raise Unreadable(f"文件带宏。{_SAVE_AS_XLSX if self.kind == 'xlsx' else _SAVE_AS_DOCX}")

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._infos

    def chunks(self, name: str) -> Iterator[bytes]:
        """一小块一小块地读一个部件。

        每次读的长度必须写明：zipfile 不带长度的 read() 会先把整段解压出来再截断，
        目录里谎报大小的炸弹就在那一刻占满内存。
        """
        info = self._infos.get(name.lower())
        if info is None:
            raise damaged()
        try:
            with self._zip.open(info) as part:
                while chunk := part.read(_CHUNK):
                    yield chunk
        except _BROKEN_ZIP as error:
            raise damaged() from error


def _nothing(_: str) -> None:
    pass


def parse_xml(
    chunks: Iterable[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] = _nothing,
    text: Callable[[str], None] = _nothing,
) -> None:
    """流式解析；名字去掉命名空间前缀，有 DOCTYPE（实体炸弹、外部实体）就抛出 Unreadable。"""

    def local_name(name: str) -> str:
        return name.rpartition(":")[2] if ":" in name else name

    def refuse(*_: object) -> None:
        raise damaged()

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: start(local_name(name), attributes)
    parser.EndElementHandler = lambda name: end(local_name(name))
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, UnicodeError, LookupError) as error:
        raise damaged() from error


def decode(data: bytes, kind: str) -> str:
    """文本文件：UTF-8（可带 BOM），不行再试 GB18030；UTF-16 与认不出来的抛出 Unreadable。"""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[:200].count(0) > 20:
        raise Unreadable(
            f"文件是 UTF-16（“Unicode”）编码。请用 Excel 或记事本打开，另存为 UTF-8 编码的 .{kind} 后重新上传。"
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(f"文件的文字编码认不出来。请另存为 UTF-8 编码的 .{kind} 后重新上传。")
