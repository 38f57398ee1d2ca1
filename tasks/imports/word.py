"""从 .docx 取出文字，一段一行；凡是没有取的（表格、文本框、脚注……）都列明。

不用 python-docx 读：它会悄悄漏掉修订痕迹和内容控件里的文字。
"""

from __future__ import annotations

from dataclasses import dataclass, field

from yingshang.tables.guards import Package, parse_xml
from yingshang.tables.limits import Limits, Unreadable

_TRACKED = ("ins", "del", "moveFrom", "moveTo")
# 整块不读的：有名字的列明，没有名字的是同一内容的另一份，或只管排版。
_SKIPPED = {
    "tbl": "表格",
    **dict.fromkeys(("drawing", "pict", "object", "txbxContent"), "图片、文本框或图形"),
    "oMath": "公式",
    "rt": "",  # 拼音指南
    "Fallback": "",
    "tabs": "",
}


@dataclass
class WordText:
    lines: list[tuple[int, str]] = field(default_factory=list)  # （第几段，文字）
    ignored: list[str] = field(default_factory=list)


def read_docx(data: bytes, limits: Limits) -> WordText:
    """取正文各段；有未接受的修订就拒收，因为说不清以哪一稿为准。"""
    package = Package(data, "docx", limits)
    reader = _Reader()
    parse_xml(package.chunks(package.main), reader.start, reader.end, reader.text)
    return reader.result()


class _Reader:
    def __init__(self) -> None:
        self.found = WordText()
        self.paragraph = 0
        self.pieces: list[str] = []
        self.skipping: list[str] = []
        self.collecting = self.in_run_properties = self.hidden_run = False
        self.counts: dict[str, int] = {}
        self.hidden_text = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _SKIPPED:
            if not self.skipping:
                self._count(_SKIPPED[tag])
            self.skipping.append(tag)
        if self.skipping:
            return
        if tag in _TRACKED:
            raise Unreadable(
                "文档里有尚未接受的修订痕迹，说不清以哪一稿为准。请在“审阅”中接受或拒绝全部修订，另存后重新上传。"
            )
        if tag == "t":
            self.collecting = not self.hidden_run
            self.hidden_text += self.hidden_run
        elif tag == "p":
            self.paragraph += 1
            self.pieces = []
        elif tag == "r":
            self.hidden_run = False
        elif tag == "rPr":
            self.in_run_properties = True
        elif self.in_run_properties:
            if tag == "vanish":
                self.hidden_run = _value(attributes) not in ("0", "false", "off")
        elif tag == "tab" or tag == "ptab":
            self.pieces.append(" ")
        elif tag in ("br", "cr"):
            self.pieces.append("\n")
        elif tag == "noBreakHyphen":
            self.pieces.append("-")
        elif tag in ("footnoteReference", "endnoteReference"):
            self._count("脚注或尾注")
        elif tag == "sym":
            self._count("特殊符号")
        elif tag == "altChunk":
            self._count("嵌入的文档")

    def end(self, tag: str) -> None:
        if self.skipping:
            if tag == self.skipping[-1]:
                self.skipping.pop()
            return
        if tag == "t":
            self.collecting = False
        elif tag == "rPr":
            self.in_run_properties = False
        elif tag == "p":
            self.hidden_run = False
            lines = "".join(self.pieces).split("\n")
            self.found.lines.extend((self.paragraph, line) for line in lines if line)
            self.pieces = []

    def text(self, data: str) -> None:
        if self.collecting and not self.skipping:
            self.pieces.append(data)

    def result(self) -> WordText:
        for what, count in self.counts.items():
            self.found.ignored.append(f"{what} {count} 处，未读取")
        if self.hidden_text:
            self.found.ignored.append(f"隐藏文字 {self.hidden_text} 处，未读取")
        return self.found

    def _count(self, what: str) -> None:
        if what:
            self.counts[what] = self.counts.get(what, 0) + 1


def _value(attributes: dict[str, str]) -> str:
    return next((value for name, value in attributes.items() if name.rpartition(":")[2] == "val"), "1")
