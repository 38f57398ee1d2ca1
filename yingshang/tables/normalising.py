"""把文字规整到可以比较，而不改动原文的标点。导入的文件、网页上交来的（yingshang/middleware.py）同一个规矩。

不用 NFKC：它会把“，：（）”变成半角，使每一项原文都成了“有修改”。
"""

from __future__ import annotations

import re
import unicodedata

_FULL_WIDTH = {
    **{code: code - 0xFEE0 for code in range(ord("０"), ord("９") + 1)},
    **{code: code - 0xFEE0 for code in range(ord("Ａ"), ord("Ｚ") + 1)},
    **{code: code - 0xFEE0 for code in range(ord("ａ"), ord("ｚ") + 1)},
    ord("％"): ord("%"),
}
# 从 PDF 里复制出来的部首：看着是“⾼⻔”，不是“高门”，名字对不上，检索也查不到。
_RADICALS = {
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)},
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0xF900, 0xFA6E), *range(0xFA70, 0xFADA))},
    **{
        ord(radical): plain
        for radical, plain in zip(
            "⺟⺠⺮⻁⻄⻅⻆⻇⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
            "母民竹虎西见角角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟",
            strict=True,
        )
    },
}
_BLANKS = dict.fromkeys([0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x2800, 0x3000], " ")
_LINE_BREAKS = dict.fromkeys(map(ord, "\v\f\x1c\x1d\x1e\x85\u2028\u2029"), "\n")
# 控制字符、零宽字符、方向控制符、软连字符、非字符、孤立代理项：看不见，数据库也未必收。
_INVISIBLE = dict.fromkeys(
    [
        *(code for code in range(0x20) if chr(code) not in "\n\t\v\f\x1c\x1d\x1e"),
        *(code for code in range(0x7F, 0xA0) if code != 0x85),
        0xAD,
        *(0x034F, 0x061C, 0x115F, 0x1160, 0x180E, 0x3164, 0xFFA0),  # 占位而不显示的
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
        *range(0xFFF9, 0xFFFC),
        0xFFFE,
        0xFFFF,
        *range(0xFDD0, 0xFDF0),
        *range(0xD800, 0xE000),
    ]
)
_TABLE = {**_INVISIBLE, **_FULL_WIDTH, **_RADICALS, **_BLANKS, **_LINE_BREAKS}
# 绝大多数文字一个要改的字符也没有：先扫一遍，省去逐字查表。
_TOUCHED = re.compile("[\r" + "".join(re.escape(chr(code)) for code in _TABLE) + "]")
# 全角的小数点夹在数字中间，与数字一起改：“３．５”要么全改，要么不改。
_FULL_POINT = re.compile(r"(?<=[0-9０-９])．(?=[0-9０-９])")
_WIDE_WORDS = re.compile(r"[０-９Ａ-Ｚａ-ｚ％．]*[０-９Ａ-Ｚａ-ｚ％][０-９Ａ-Ｚａ-ｚ％．]*")
_RADICAL = re.compile("[" + "".join(map(chr, _RADICALS)) + "]")
_STRANGE = re.compile(r"[\u2e80-\u2eff\ue000-\uf8ff\ufffd]")


def clean(text: str) -> str:
    """全角数字、字母、％ 变半角；部首变通用的字；各种空白变空格；看不见的字符去掉；换行统一为 \\n。"""
    if "．" in text:
        text = _FULL_POINT.sub(".", text)
    if not _TOUCHED.search(text):
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_TABLE)


def rewritten(text: str) -> list[str]:
    """`clean` 会改动哪些字，各用一句话说：全角数字、部首、认不出的字。没有的为空。"""
    said = []
    if wide := [word for word in _WIDE_WORDS.findall(text) if len(word) > 1 or word not in "０１２３４５６７８９"]:
        said.append(f"全角的数字、字母 {len(wide)} 处改成了半角，如“{wide[0]}”改为“{clean(wide[0])}”。")
    if found := _RADICAL.findall(text):
        said.append(f"从 PDF 复制出来的部首 {len(found)} 个改成了通用的字，如“{found[0]}”改为“{clean(found[0])}”。")
    if strange := sorted(set(_STRANGE.findall(clean(text)))):
        shown = "、".join(f"“{mark}”（U+{ord(mark):04X}）" for mark in strange[:5])
        said.append(f"有 {len(strange)} 种认不出的字照原样留着：{shown}。请与印发文件核对。")
    return said


def clean_text(text: str) -> str:
    """原文：每行去掉首尾空白、去掉首尾空行；行内空格（如“店 小二”）照录。"""
    return "\n".join(line.strip() for line in clean(text).split("\n")).strip()


def clean_block(text: str) -> str:
    """从表格软件粘贴的一块：一格一格地规整，分格的制表符、分行的换行照旧。"""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("\t".join(clean(cell) for cell in line.split("\t")) for line in lines)


def clean_line(text: str) -> str:
    """只应有一行的内容（名称、时限）：换行处直接接上，去首尾空白。"""
    return "".join(line.strip() for line in clean(text).split("\n"))


def squeeze(text: str) -> str:
    """去掉全部空白，用于列名、姓名这类不该有空白的内容。"""
    return "".join(clean(text).split())


def quoted(text: str) -> str:
    """加引号；里面原有的双引号改单引号。"""
    return "“" + text.replace("“", "‘").replace("”", "’") + "”"


def name_key(text: str) -> str:
    """两个名字是不是同一个：空白、全半角、大小写不论。"""
    return squeeze(text).casefold()
