"""Word 的自动编号：从 numbering.xml 与 styles.xml 算出每一段前面显示的序号。

没有现成的库算得对：编号写在段落或样式上，几个列表共用一套计数，可以从头再起（startOverride），
各级的写法（lvlText）里可以带上级的号，中文计数另有一套写法。
"""

from __future__ import annotations

from dataclasses import dataclass, field

from yingshang.tables.guards import Package, parse_xml

_CHINESE = "〇一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_COUNTED = (
    *("chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting"),
    *("taiwaneseCountingThousand", "koreanCounting", "ideographTraditionalCounting"),
)
_DIGITAL = ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital", "koreanDigital2")
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


@dataclass
class Level:
    """一级编号：从几起、什么数、怎么写，遇到哪一级重新起（None：任何上级）。"""

    start: int = 1
    format: str = "decimal"
    text: str = ""
    style: str = ""
    restart: int | None = None
    legal: bool = False


@dataclass
class Style:
    """一种段落样式里与读文字有关的几样。"""

    based_on: str = ""
    number: str | None = None
    level: int | None = None
    name: str = ""
    is_hidden: bool = False
    is_struck: bool = False
    is_bold: bool = False


@dataclass
class Numbering:
    """一份文档的编号：`label` 依次给出每一段显示的序号。"""

    lists: dict[str, dict[int, Level]] = field(default_factory=dict)  # 抽象编号 → 各级
    numbers: dict[str, str] = field(default_factory=dict)  # 编号 → 抽象编号
    overrides: dict[str, dict[int, Level]] = field(default_factory=dict)  # 编号 → 改写的各级
    starts: dict[str, dict[int, int]] = field(default_factory=dict)  # 编号 → 各级从几再起
    links: dict[str, str] = field(default_factory=dict)  # 抽象编号 → 它所引的编号样式
    styles: dict[str, Style] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    used: set[tuple[str, int]] = field(default_factory=set)

    def chain(self, name: str) -> list[Style]:
        """一种样式连同它所依据的各种。"""
        found: list[Style] = []
        while name in self.styles and self.styles[name] not in found:
            found.append(self.styles[name])
            name = found[-1].based_on
        return found

    def label(self, style: str, number: str | None, level: int | None) -> str:
        """这一段前面显示的序号（“1、”“（一）”），没有编号或是项目符号的为空；计数随之向前。"""
        by_style = number is None
        if number is None:
            number = next((s.number for s in self.chain(style) if s.number is not None), None)
        if number is None or number == "0" or number not in self.numbers:
            return ""
        abstract = self._abstract(number)
        levels = self.lists.get(abstract, {}) | self.overrides.get(number, {})
        if level is None:
            named = [n for n, found in levels.items() if by_style and found.style == style]
            level = named[0] if named else next((s.level for s in self.chain(style) if s.level is not None), 0)
        if level not in levels:
            return ""
        self._count(abstract, number, level, levels)
        return self._written(abstract, level, levels)

    def _abstract(self, number: str) -> str:
        """编号 → 抽象编号；引到编号样式上的，再找一次。"""
        abstract = self.numbers[number]
        style = self.styles.get(self.links.get(abstract, ""))
        linked = self.numbers.get(style.number or "") if style else None
        return linked if linked is not None else abstract

    def _count(self, abstract: str, number: str, level: int, levels: dict[int, Level]) -> None:
        counts = self.counts.setdefault(abstract, {})
        again = self.starts.get(number, {}).get(level)
        if again is not None and (number, level) not in self.used:
            counts[level] = again
        else:
            counts[level] = counts[level] + 1 if level in counts else levels[level].start
        self.used.add((number, level))
        for deeper in [n for n in counts if n > level]:
            restart = levels[deeper].restart if deeper in levels else None
            if restart is None or (restart != 0 and level < restart):
                del counts[deeper]

    def _written(self, abstract: str, level: int, levels: dict[int, Level]) -> str:
        written, counts = levels[level].text, self.counts[abstract]
        if levels[level].format in ("bullet", "none"):
            return ""
        for n in range(level + 1):
            if f"%{n + 1}" in written and n in levels:
                kind = "decimal" if levels[level].legal else levels[n].format
                written = written.replace(f"%{n + 1}", spelled(counts.get(n, levels[n].start), kind))
        return written


def spelled(value: int, kind: str) -> str:
    """一个数按 Word 的写法写出来。"""
    if kind in _COUNTED:
        return chinese(value)
    if kind in _DIGITAL:
        return "".join(_CHINESE[int(digit)] for digit in str(value))
    if kind == "chineseLegalSimplified":
        plain = chinese(value).translate(str.maketrans("一二三四五六七八九十百", "壹贰叁肆伍陆柒捌玖拾佰"))
        return "壹" + plain if plain.startswith("拾") else plain
    if kind in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 1 <= value <= 20:
        return chr(0x245F + value)
    if kind == "decimalZero":
        return f"{value:02d}"
    if kind == "ideographTraditional":
        return _STEMS[(value - 1) % 10]
    if kind == "ideographZodiac":
        return _BRANCHES[(value - 1) % 12]
    if kind in ("lowerLetter", "upperLetter"):
        letter = chr(97 + (value - 1) % 26) * ((value - 1) // 26 + 1)
        return letter.upper() if kind == "upperLetter" else letter
    if kind in ("lowerRoman", "upperRoman"):
        return _roman(value).upper() if kind == "upperRoman" else _roman(value)
    return str(value)


def chinese(value: int) -> str:
    """1 → 一，12 → 十二，103 → 一百零三。"""
    if not 0 < value < 1000:
        return "".join(_CHINESE[int(digit)] for digit in str(value))
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    head = f"{_CHINESE[hundreds]}百" if hundreds else ""
    if tens:
        middle = "十" if tens == 1 and not hundreds else f"{_CHINESE[tens]}十"
    else:
        middle = "零" if hundreds and ones else ""
    return head + middle + (_CHINESE[ones] if ones else "")


def _roman(value: int) -> str:
    written = ""
    for size, mark in _ROMAN:
        while value >= size:
            written, value = written + mark, value - size
    return written


def read_numbering(package: Package) -> Numbering:
    """读编号与样式两个部件；没有的就没有编号。"""
    found = Numbering()
    parts = {kind: target for kind, target in _relations(package) if target in package}
    if "styles" in parts:
        parse_xml(package.chunks(parts["styles"]), _StyleReader(found).start)
    if "numbering" in parts:
        reader = _NumberingReader(found)
        parse_xml(package.chunks(parts["numbering"]), reader.start, reader.end)
    return found


def _relations(package: Package) -> list[tuple[str, str]]:
    folder, _, name = package.main.rpartition("/")
    if f"{folder}/_rels/{name}.rels" not in package:
        return []
    return list(package.relations(package.main).values())


def attribute(attributes: dict[str, str], wanted: str = "val") -> str | None:
    """一个属性的值，不管命名空间前缀。"""
    return next((value for name, value in attributes.items() if name.rpartition(":")[2] == wanted), None)


def is_on(attributes: dict[str, str]) -> bool:
    """开关一类的标记：没有写值就是开。"""
    return attribute(attributes) not in ("0", "false", "off", "none")


def whole(attributes: dict[str, str], otherwise: int = 0) -> int:
    value = attribute(attributes) or ""
    return int(value) if value.isdecimal() and len(value) < 9 else otherwise


class _StyleReader:
    def __init__(self, found: Numbering) -> None:
        self.found, self.style = found, Style()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "style":
            self.style = self.found.styles[attribute(attributes, "styleId") or ""] = Style()
        elif tag == "basedOn":
            self.style.based_on = attribute(attributes) or ""
        elif tag == "name":
            self.style.name = (attribute(attributes) or "").lower()
        elif tag == "numId":
            self.style.number = attribute(attributes)
        elif tag == "ilvl":
            self.style.level = whole(attributes)
        elif tag == "vanish":
            self.style.is_hidden = is_on(attributes)
        elif tag in ("strike", "dstrike"):
            self.style.is_struck = is_on(attributes)
        elif tag == "b":
            self.style.is_bold = is_on(attributes)


class _NumberingReader:
    def __init__(self, found: Numbering) -> None:
        self.found = found
        self.abstract = self.number = ""
        self.depth, self.level = 0, Level()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "abstractNum":
            self.abstract, self.number = attribute(attributes, "abstractNumId") or "", ""
            self.found.lists[self.abstract] = {}
        elif tag == "num":
            self.number = attribute(attributes, "numId") or ""
        elif tag == "abstractNumId":
            self.found.numbers[self.number] = attribute(attributes) or ""
        elif tag == "lvlOverride":
            self.depth = int(attribute(attributes, "ilvl") or 0)
        elif tag == "startOverride":
            self.found.starts.setdefault(self.number, {})[self.depth] = whole(attributes, 1)
        elif tag == "numStyleLink":
            self.found.links[self.abstract] = attribute(attributes) or ""
        elif tag == "lvl":
            self.level = Level()
            levels = self.found.overrides.setdefault(self.number, {}) if self.number else None
            levels = self.found.lists[self.abstract] if levels is None else levels
            levels[int(attribute(attributes, "ilvl") or 0)] = self.level
        else:
            self._detail(tag, attributes)

    def _detail(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "start":
            self.level.start = whole(attributes, 1)
        elif tag == "numFmt":
            self.level.format = attribute(attributes) or "decimal"
        elif tag == "lvlText":
            self.level.text = attribute(attributes) or ""
        elif tag == "pStyle":
            self.level.style = attribute(attributes) or ""
        elif tag == "lvlRestart":
            self.level.restart = whole(attributes)
        elif tag == "isLgl":
            self.level.legal = is_on(attributes)

    def end(self, tag: str) -> None:
        if tag in ("abstractNum", "num"):
            self.number = ""
