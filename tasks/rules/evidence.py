"""佐证材料的核对：只收几种文件，看内容而不信扩展名；名字清洗后只用于显示。"""

import hashlib
import html
import re
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File

from . import active

OOXML = {
    "docx": ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pptx": ("ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
SIGNATURES = {
    "pdf": (b"%PDF-", "application/pdf"),
    "png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    "jpg": (b"\xff\xd8\xff", "image/jpeg"),
    "jpeg": (b"\xff\xd8\xff", "image/jpeg"),
}
# 办公室常有而只认得出、不解开的：照原样存，照原样给。
OLD_OFFICE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "wps": "application/vnd.ms-works",
    "et": "application/octet-stream",
    "dps": "application/octet-stream",
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
ACCEPT = ",".join(f".{ext}" for ext in [*SIGNATURES, "heic", *OOXML, *OLD_OFFICE, "ofd"])
# 收哪些，上传的地方写的短一些的说法。
KINDS = "图片、PDF、OFD、Word、Excel、PPT、WPS"
WHAT_TO_DO = (
    "可以上传图片（png、jpg、heic）、PDF、OFD，Word（docx、doc）、Excel（xlsx、xls）、PPT（pptx、ppt）和 WPS 文件。"
)
MAX_ENTRIES = 5000
MAX_UNPACKED = 100 * 1024 * 1024
MAX_TYPES = 1024 * 1024  # 内容类型表平常几千字节；再长的看不全，不收
# 宏、四代宏表、ActiveX、夹带的程序，以及会写到包外去的路径。
HARMFUL = re.compile(
    r"vbaproject|(^|/)(macrosheets|activex)/|\.(exe|dll|scr|com|bat|cmd|ps1|vbs|jse?|wsf|hta|jar|lnk)$|^/|\.\.", re.I
)


# 坏了的压缩包，各种坏法。
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError, RuntimeError, NotImplementedError,
)  # fmt: skip


def most() -> str:
    """单个文件的上限，照设置说：20 MB。"""
    return f"{settings.EVIDENCE_MAX_BYTES / 1024**2:g} MB"


@dataclass(frozen=True)
class Checked:
    """核对过的一份材料。"""

    file: File
    name: str
    content_type: str
    size: int
    sha256: str


def check(upload: File) -> Checked:
    """核对一份上传；不合格时抛出 ValidationError，说明哪一份、为什么、怎么办。"""
    name = clean_name(upload.name)
    limit = settings.EVIDENCE_MAX_BYTES
    if upload.size > limit:
        raise ValidationError(f"“{name}”有 {upload.size / 1048576:.1f} MB，超过 {most()}，请压缩后再传。")
    if upload.size == 0:
        raise ValidationError(f"“{name}”是空文件，请检查后再传。")
    content_type = _content_type(upload, name)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return Checked(upload, name, content_type, upload.size, digest.hexdigest())


def clean_name(name: str | None) -> str:
    """显示用的文件名：去掉路径、控制字符、双向控制符，最长 100 字。"""
    base = re.split(r"[/\\]", name or "")[-1]
    base = "".join(c for c in base if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    base = re.sub(r'[<>:"|?*]', "_", base).strip(". ") or "未命名"
    stem, dot, ext = base.rpartition(".")
    return base if len(base) <= 100 else f"{stem[: 99 - len(ext)]}{dot}{ext[:10]}"


def _content_type(upload: File, name: str) -> str:
    ext = name.rpartition(".")[2].lower() if "." in name else ""
    head = upload.read(4096)
    upload.seek(0)
    if ext in SIGNATURES:
        magic, content_type = SIGNATURES[ext]
        if ext == "pdf":
            _refuse_active(name, active.in_pdf(active.read_all(upload)))
        if head.startswith(magic) and (ext != "png" or head[12:16] == b"IHDR"):
            return content_type
    elif ext in OOXML and head.startswith(b"PK\x03\x04") and _is_package(upload, OOXML[ext][0], "[Content_Types].xml"):
        _refuse_active(name, _active_office(upload))
        return OOXML[ext][1]
    elif ext in OLD_OFFICE and head.startswith(OLE):
        _refuse_active(name, active.in_old_office(active.read_all(upload)))
        return OLD_OFFICE[ext]
    elif ext == "ofd" and head.startswith(b"PK\x03\x04") and _is_package(upload, "OFD.xml"):
        return "application/ofd"
    elif ext == "heic" and head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        return "image/heic"
    else:
        raise ValidationError(f"不能上传“{name}”这种文件。{WHAT_TO_DO}")
    raise ValidationError(f"“{name}”的内容与扩展名不符，或带有宏、程序，请用原来的软件另存后再传。{WHAT_TO_DO}")


def _refuse_active(name: str, found: str) -> None:
    """会自己动的不收，说明是什么、怎么去掉。"""
    if found:
        raise ValidationError(f"“{name}”{found}后再传。")


def _active_office(upload: File) -> str:
    """打开看各部件；半途读不下去的也不收。"""
    try:
        with zipfile.ZipFile(upload) as archive:
            return active.in_office(archive)
    except UNREADABLE:
        return "的内容读不下去，请用原来的软件另存"
    finally:
        upload.seek(0)


def _has_no_macros(types: bytes) -> bool:
    """内容类型表看得全，没有说哪个部件带宏；写成 UTF-16 的，字里夹的零不算；写成字符实体的照读出来的算。"""
    said = html.unescape(types.replace(b"\0", b"").decode("latin-1")).lower()
    return len(types) <= MAX_TYPES and "macroenabled" not in said


def _is_package(upload: File, member: str, types: str = "") -> bool:
    """照压缩包的清单判断，不解开正文（炸弹因此炸不开）；`types` 是要读的内容类型表，没有的不读。"""
    try:
        with zipfile.ZipFile(upload) as archive:
            entries = archive.infolist()
            names = {e.filename for e in entries}
            safe = (
                len(entries) <= MAX_ENTRIES
                and sum(e.file_size for e in entries) <= MAX_UNPACKED
                and not any(HARMFUL.search(n) for n in names)
            )
            if not safe or member not in names:
                return False
            return not types or _has_no_macros(archive.open(types).read(MAX_TYPES + 1))
    except UNREADABLE:
        return False
    finally:
        upload.seek(0)
