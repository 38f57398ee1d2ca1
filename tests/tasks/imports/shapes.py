"""把一份方案照公开文件里见过的样子印出来：编号、名称、分工、时限各有几种写法，用 Word、文本或表格。

地方与人名都是编的（云岭高新区）。
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl import Workbook

from tasks.imports import Limits, Names, read_plan
from tasks.imports.labels import Terms
from tasks.imports.numbering import chinese
from tasks.imports.titles import body_of

CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
LIMITS = Limits()
TITLE = "云岭高新区2024年优化营商环境行动方案"


@dataclass(frozen=True)
class Item:
    """印出来以前的一项。"""

    title: str
    body: str
    leaders: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    cooperating: tuple[str, ...] = ()
    deadline: str = ""


ITEMS = (
    Item(
        "提升企业开办便利度",
        "推行企业开办“一窗通办”，实现0.5个工作日内办结，首套印章免费刻制。",
        ("周明远",),
        ("行政审批局",),
    ),
    Item(
        "优化施工许可办理",
        "推行“拿地即开工”，审批时限压缩至15个工作日以内。",
        ("林致和",),
        ("行政审批局", "规划建设局"),
    ),
    Item(
        "强化用地保障", "新增工业用地“标准地”出让比例不低于80%，全年盘活存量土地400亩。", ("许若谷",), ("自然资源分局",)
    ),
    Item("保障水电气接入", "低压小微企业用电报装“零投资”，推进110kV龙泉变电站建设。", ("许若谷",), ("规划建设局",)),
    Item("优化纳税服务", "推广“非接触式”办税，纳税时间压减10%以上。", ("高思齐",), ("税务局",)),
    Item(
        "拓宽融资渠道", "每季度组织1次银企对接活动，全年新增普惠小微贷款3.5亿元。", ("林致和", "欧阳清和"), ("财政局",)
    ),
)


def with_more(items=ITEMS):
    """各项另有配合单位与时限。"""
    return tuple(
        replace(item, cooperating=("公安分局", "人社局"), deadline=f"2024年{month}月底前")
        for month, item in enumerate(items, start=4)
    )


NUMBERS = {
    "1、": lambda n: f"{n}、",
    "1.": lambda n: f"{n}.",
    "1．": lambda n: f"{n}．",
    "1. ": lambda n: f"{n}. ",
    "（1）": lambda n: f"（{n}）",
    "①": lambda n: CIRCLED[n - 1],
    "（一）": lambda n: f"（{chinese(n)}）",
    "第一条": lambda n: f"第{chinese(n)}条　",
    "全角": lambda n: f"{str(n).translate(str.maketrans('0123456789', '０１２３４５６７８９'))}、",
}
STOPS = {"句号": "。", "冒号": "：", "破折号": "——", "空格": " ", "另起": "\n"}


@dataclass(frozen=True)
class Shape:
    """一种印法。"""

    number: str = "1、"
    stop: str = "句号"
    leader: str = "牵头领导"
    department: str = "牵头部室"
    cooperating: str = "配合单位"
    deadline: str = "完成时限"
    brackets: str = "（）"  # 空：各栏另起一行
    between: str = "；"
    inline: bool = False  # 不用括号，接在句末
    spoken: bool = False  # “甲、乙牵头，丙配合”
    head: tuple[str, ...] = field(
        default=(
            "云高管发〔2024〕7号",
            "云岭高新区管委会关于印发行动方案的通知",
            "各部门：",
            "现将行动方案印发给你们，请认真抓好落实。",
            "云岭高新区管委会",
            "2024年2月28日",
            TITLE,
            "为进一步优化营商环境，制定本方案。",
            "一、总体目标",
            "企业满意度达到95%以上。",
            "二、重点举措",
        )
    )
    tail: tuple[str, ...] = ("三、保障措施", "（一）加强组织领导。", "各部门要抓好落实。")


def facts(item: Item, shape: Shape) -> list[str]:
    pairs = [
        (shape.leader, item.leaders),
        (shape.department, item.departments),
        (shape.cooperating, item.cooperating),
        (shape.deadline, (item.deadline,) if item.deadline else ()),
    ]
    return [f"{label}：{'、'.join(values)}" for label, values in pairs if values]


def paragraphs(items, shape: Shape) -> list[str]:
    """正文各段。"""
    lines = list(shape.head)
    for n, item in enumerate(items, start=1):
        text = f"{NUMBERS[shape.number](n)}{item.title}{STOPS[shape.stop]}{item.body}"
        if shape.spoken:
            more = f"，{'、'.join(item.cooperating)}配合" if item.cooperating else ""
            text += f"（{'、'.join(item.departments)}牵头{more}{'，' + item.deadline if item.deadline else ''}）"
        elif shape.inline:
            text += shape.between.join(facts(item, shape)) + "。"
        elif shape.brackets:
            text += shape.brackets[0] + shape.between.join(facts(item, shape)) + shape.brackets[1]
        else:
            text += "".join(f"\n{fact}" for fact in facts(item, shape))
        lines += text.split("\n")
    return [*lines, *shape.tail]


def text_file(lines) -> bytes:
    return "\n".join(lines).encode()


def word_file(lines) -> bytes:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    return saved(document)


def wrapped(lines, width=28) -> bytes:
    """照 PDF 复制出来的样子：段首缩进两格，每行至多 `width` 个字，隔一阵有页码。"""
    out, count = [], 0
    for line in lines:
        text = "　　" + line
        while text:
            out.append(text[:width])
            text, count = text[width:], count + 1
            if count % 14 == 0:
                out.append(f"— {count // 14} —")
    return "\n".join(out).encode()


def saved(document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def numbered_word(items, *, format="decimal", text="%1、", style=False, lead=None) -> bytes:
    """序号是 Word 自动编号的：写在段落上，或写在样式上。"""
    document = Document()
    numbering = document.part.numbering_part.element
    level = f'<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{format}"/>'
    level += ('<w:pStyle w:val="ListParagraph"/>' if style else "") + f'<w:lvlText w:val="{text}"/></w:lvl>'
    numbering.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90">{level}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    number = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="90"/></w:numPr>'
    if style:
        document.styles["List Paragraph"].element.get_or_add_pPr().append(parse_xml(number))
    for line in Shape().head:
        document.add_paragraph(line)
    for item in items:
        words = f"{item.title}。{item.body}（{'；'.join(facts(item, Shape()))}）"
        paragraph = document.add_paragraph(words, style="List Paragraph" if style else None)
        if not style:
            paragraph._p.get_or_add_pPr().append(parse_xml(number))
    for line in Shape().tail:
        document.add_paragraph(line)
    return saved(document)


def grid(items, columns) -> list[list]:
    """表格各行；`columns` 是（列名，取值的名字）。"""
    values = {
        "number": lambda n, item: n,
        "title": lambda n, item: item.title,
        "body": lambda n, item: item.body,
        "text": lambda n, item: f"{item.title}。{item.body}",
        "leaders": lambda n, item: "、".join(item.leaders),
        "departments": lambda n, item: "、".join(item.departments),
        "cooperating": lambda n, item: "、".join(item.cooperating),
        "deadline": lambda n, item: item.deadline,
        "": lambda n, item: "",
    }
    rows = [[values[name](n, item) for _, name in columns] for n, item in enumerate(items, start=1)]
    return [[label for label, _ in columns], *rows]


def workbook(*sheets, change=None) -> bytes:
    """几张表的工作簿：`sheets` 是（表名，各行）。"""
    book = Workbook()
    for index, (name, rows) in enumerate(sheets):
        sheet = book.active if index == 0 else book.create_sheet()
        sheet.title = name
        for row in rows:
            sheet.append(row)
    if change:
        change(book)
    return saved(book)


def word_table(rows, before=(TITLE,), merges=()) -> bytes:
    """正文只有标题，举措都在 Word 表格里；`merges` 是（起行，起列，止行，止列）。"""
    document = Document()
    for line in before:
        document.add_paragraph(line)
    table = document.add_table(rows=len(rows), cols=len(rows[0]))
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value not in (None, ""):
                table.cell(r, c).text = str(value)
    for top, left, bottom, right in merges:
        table.cell(top, left).merge(table.cell(bottom, right))
    return saved(document)


def read_new(data: bytes, filename: str, *, names=None, terms=None, year=2024, limits=LIMITS):
    """按新方案读：名单是空的，各人各部室都由文件提出。"""
    known = names or Names()
    return read_plan(
        data, filename, names=replace(known, proposing=True), limits=limits, plan_year=year, terms=terms or Terms()
    )


def found(reading) -> list[Item]:
    """读到的各项，写成印出来以前的样子。"""
    return [
        Item(row.title, body_of(row.text, row.title), row.leaders, row.departments, row.cooperating, row.deadline)
        for row in reading.rows
    ]
