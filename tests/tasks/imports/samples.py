"""测试用的名单、现行方案，以及把各行写成 .xlsx、.csv、.docx 的几个小工具。"""

import csv
import io
import re
import zipfile
from pathlib import Path

from docx import Document
from openpyxl import Workbook

from tasks.imports import Limits, Live, MeasureRow, Names, Unreadable, read_plan, text_to_plan

SEED = Path(__file__).with_name("plan-2023.txt")
SEED_TEXT = SEED.read_text(encoding="utf-8")

NAMES = Names(
    leaders=("陈向东", "李华斌", "张富平", "郑瑞林", "王卫东", "康建佳", "梁耀斌", "李斌", "武养豪", "张剑", "平凯斌"),
    departments=(
        "审批中心",
        "经济发展部",
        "规划建设部",
        "科技创新部",
        "党务办",
        "财务部",
        "综合办",
        "纪工委",
        "招商引资部",
    ),
    aliases={
        "行政审批中心": "审批中心",
        "党务办公室": "党务办",
        "综合办公室": "综合办",
        "财务管理运营部": "财务部",
    },
)
LIMITS = Limits()
HEADER = ("序号", "举措名称", "具体内容", "牵头领导", "牵头部室", "完成时限", "类型")
KIND_LABELS = {"indicator": "指标类", "milestone": "节点类", "routine": "常态类", None: ""}


def read(data, filename="方案.xlsx", *, names=NAMES, limits=LIMITS, plan_year=2023, status_columns=()):
    return read_plan(data, filename, names=names, limits=limits, plan_year=plan_year, status_columns=status_columns)


def seed_rows(kind="routine") -> list[MeasureRow]:
    """现行方案：种子文件的 21 项，类型由办公室定过。"""
    return [
        MeasureRow(
            number=measure.number,
            title=measure.title,
            text=measure.text,
            leaders=measure.leaders,
            departments=() if measure.departments == ("各部室",) else measure.departments,
            all_departments=measure.departments == ("各部室",),
            kind=kind,
            lead_label=measure.lead_label,
        )
        for measure in text_to_plan(SEED).measures
    ]


def seed_live(**kwargs) -> list[Live]:
    return [Live(100 + index, row) for index, row in enumerate(seed_rows(**kwargs))]


def cells(row: MeasureRow) -> list[str]:
    """一项举措在台账里的一行。"""
    return [
        row.number,
        row.title,
        row.text,
        "、".join(row.leaders),
        "各部室" if row.all_departments else "、".join(row.departments),
        row.deadline,
        KIND_LABELS[row.kind],
    ]


def table(rows, header=HEADER) -> list[list]:
    return [list(header), *map(cells, rows)]


def xlsx(grid, *, change=None) -> bytes:
    """一张表；`change(workbook, sheet)` 在存盘以前再动一动。"""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "任务分解表"
    for line in grid:
        sheet.append(line)
    if change:
        change(workbook, sheet)
    return saved(workbook)


def shared(data: bytes) -> bytes:
    """改成 Excel、WPS 的存法：文字放在共享字符串里（openpyxl 写的是行内字符串）。"""
    strings: list[str] = []

    def share(match: re.Match) -> str:
        strings.append(match[3])
        return f'<c {match[1]}t="s"{match[2]}><v>{len(strings) - 1}</v></c>'

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name).decode()
            if name.startswith("xl/worksheets/"):
                part = re.sub(r'<c ([^>]*)t="inlineStr"([^>]*)><is>(.*?)</is></c>', share, part, flags=re.DOTALL)
            elif name == "xl/_rels/workbook.xml.rels":
                relation = (
                    '<Relationship Id="rIdS" Type="http://x/relationships/sharedStrings" Target="sharedStrings.xml"/>'
                )
                part = part.replace("</Relationships>", relation + "</Relationships>")
            target.writestr(name, part)
        items = "".join(f"<si>{item}</si>" for item in strings)
        target.writestr("xl/sharedStrings.xml", f'<sst xmlns="urn:main">{items}</sst>')
    return out.getvalue()


def saved(document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def csv_bytes(grid, encoding="utf-8-sig", delimiter=",") -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows(grid)
    return buffer.getvalue().encode(encoding)


def docx(text: str) -> bytes:
    document = Document()
    for line in text.split("\n"):
        document.add_paragraph(line)
    return saved(document)


def one(number="1", title="优化环评流程", leader="李华斌", department="审批中心", **more) -> list:
    """一行最少的表格内容：序号、名称、领导、部室。"""
    return [number, title, leader, department, *more.values()]


SHORT = ("序号", "举措名称", "牵头领导", "牵头部室")


def short(*lines, header=SHORT) -> bytes:
    return xlsx([list(header), *lines])


def messages(problems) -> list[str]:
    return [problem.message for problem in problems]


def read_or_refuse(data, filename):
    """要么读得出，要么用中文说清怎么办，不许抛别的异常。"""
    try:
        return read(data, filename)
    except Unreadable as error:
        if "请" not in error.message:
            raise
        return None


def rezip(data, replaced=None, added=None, dropped=(), compression=zipfile.ZIP_DEFLATED):
    """改写一个压缩包里的部件。"""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", compression) as target:
        for name in source.namelist():
            if name not in dropped:
                part = source.read(name)
                change = (replaced or {}).get(name)
                target.writestr(name, change(part) if callable(change) else part if change is None else change)
        for name, part in (added or {}).items():
            target.writestr(name, part)
    return out.getvalue()
