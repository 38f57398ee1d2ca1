"""一项举措的全部经过、一期的全部材料，各一个 zip：目录（xlsx）与看得到的各份材料，边读边发，不在内存与盘上存一份。

放进去的只有取的人本来看得到的（各模型的 `visible_to`）；名字在 Windows 上都写得下，不重复。
"""

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, cast

from django.db.models import Q
from django.utils import timezone
from openpyxl.styles import Font

from departments.models import User
from departments.naming import Names
from yingshang import dates

from ..models import (
    Attachment,
    Cooperation,
    CoordinationRequest,
    Event,
    Instruction,
    Measure,
    Problem,
    ProblemNote,
    Progress,
    ReportingPeriod,
)
from ..models.attachment import AttachmentQuerySet
from ..models.progress import ProgressQuerySet
from ..rules import permissions
from . import sheet as sheet_papers
from .sheet import Column, Heading, Look

CONTENT_TYPE = "application/zip"
BLOCK = 1 << 18
LONGEST = 60  # 一个名字至多几个字：连同文件夹，离 Windows 路径的 260 还远
RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}
INDEX, GONE = "目录.xlsx", "（文件不在了）"
LOOK = Look(
    title=Heading(Font(name="方正小标宋简体", size=18), 32),
    subtitle=Heading(Font(name="仿宋", size=12), 22),
    head_font=Font(name="黑体", size=11),
    head_height=24,
    margins={"left": 0.4, "right": 0.4},
)


@dataclass
class Kept:
    """放进去的一份材料：在 zip 里叫什么。"""

    file: Attachment
    path: str
    of: str  # 属于哪一条
    is_there: bool

    @property
    def shown(self) -> str:
        return self.path if self.is_there else GONE


@dataclass
class Bundle:
    """一个 zip：叫什么，目录里各张表，各份材料。"""

    title: str
    subtitle: str
    filename: str
    sheets: list[tuple[str, Sequence[Column], list[Any]]] = field(default_factory=list)
    files: list[Kept] = field(default_factory=list)

    def index(self) -> bytes:
        """目录：一样一张表。"""
        book = sheet_papers.new_book()
        for name, columns, rows in [*self.sheets, ("材料", FILES, self.files)]:
            made = book.create_sheet(name)
            sheet_papers.write(made, LOOK, columns, rows, title=f"{self.title}：{name}", subtitle=self.subtitle)
        return sheet_papers.saved(book)

    def stream(self) -> Iterator[bytes]:
        """zip 的内容，一段一段。"""
        out = _Pipe()
        with zipfile.ZipFile(cast(IO[bytes], out), "w") as package:  # 只写不回头，zipfile 认
            package.writestr(INDEX, self.index(), zipfile.ZIP_DEFLATED)
            yield out.taken()
            for kept in self.files:
                if kept.is_there:
                    yield from _put(package, out, kept)
        yield out.taken()


class _Pipe:
    """zipfile 写进来、视图取出去的一段。没有 seek，zipfile 就不回头改。"""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """都在手里，没有要推的。"""

    def taken(self) -> bytes:
        found, self.parts = b"".join(self.parts), []
        return found


def _put(package: zipfile.ZipFile, out: _Pipe, kept: Kept) -> Iterator[bytes]:
    """一份材料原样放进去（照片、PDF、Office 都压过了，不再压）。"""
    about = zipfile.ZipInfo(kept.path, timezone.localtime(kept.file.uploaded_at).timetuple()[:6])
    with kept.file.file.open() as source, package.open(about, "w", force_zip64=True) as target:
        while block := source.read(BLOCK):
            target.write(block)
            yield out.taken()


# ── 两种 ──────────────────────────────────────────────────


def of_measure(measure: Measure, user: User, at: dt.datetime) -> Bundle:
    """一项举措：各期报送、批示、问题、办理过程与材料。"""
    reports = _reports(Progress.objects.visible_to(user).filter(assignment__measure=measure))
    said = Instruction.objects.visible_to(user).filter(measure=measure).order_by("at", "pk")
    said = said.select_related("leader", "measure").prefetch_related("departments", "replies__department")
    helped = Cooperation.objects.visible_to(user).filter(measure=measure).select_related("department", "period")
    asked = CoordinationRequest.objects.visible_to(user).sent().filter(progress__assignment__measure=measure)
    asked = asked.select_related("to_department", "progress__assignment__department", "progress__period")
    problems = Problem.objects.visible_to(user).filter(measure=measure).select_related("department").order_by("number")
    notes = ProblemNote.objects.filter(problem__in=problems).select_related("problem", "by").order_by("at", "pk")
    events = Event.objects.visible_to(user).filter(measure=measure).select_related("by", "department")
    on = Q(progress__assignment__measure=measure) | Q(completion_request__assignment__measure=measure)
    on |= Q(problem_note__problem__measure=measure) | Q(instruction__measure=measure)
    on |= Q(cooperation__measure=measure)
    names = Names()
    title = f"第 {measure.number} 项 {measure.title}"
    sheets: list[tuple[str, Sequence[Column], list[Any]]] = [
        ("报送", _reports_columns(user, names), list(reports)),
        ("配合单位", HELPED, list(helped.order_by("period__starts_on", "pk"))),
        ("协调事项", ASKED, list(asked.order_by("created_at", "pk"))),
        ("批示", SAID, [line for each in said for line in _lines(each)]),
        ("问题", PROBLEMS, list(problems)),
        ("整改记录", _notes_columns(names), list(notes)),
        ("办理过程", _events_columns(names), list(events.order_by("at", "pk"))),
    ]
    return _made(title, user, at, sheets, Attachment.objects.visible_to(user).filter(on))


def of_period(period: ReportingPeriod, user: User, at: dt.datetime) -> Bundle:
    """一期：各项次的报送与材料。"""
    reports = _reports(Progress.objects.visible_to(user).filter(period=period))
    files = Attachment.objects.visible_to(user).filter(progress__period=period)
    sheets = [("报送", _reports_columns(user, Names()), list(reports))]
    return _made(f"{period.name}报送与材料", user, at, sheets, files)


def _reports(rows: ProgressQuerySet) -> ProgressQuerySet:
    """交过的各条（没有交过的没有内容），早的在前。"""
    rows = rows.not_discarded().filter(first_submitted_at__isnull=False)
    related = ("assignment__measure", "assignment__department", "period", "submitted_by", "reviewed_by")
    return rows.select_related(*related).order_by("period__starts_on", "assignment__measure__position", "pk")


def _made(title: str, user: User, at: dt.datetime, sheets: list, files: AttachmentQuerySet) -> Bundle:
    rows = files.filter(removed_at=None).select_related(
        "progress__assignment__measure", "progress__assignment__department", "progress__period",
        "completion_request__assignment__department", "completion_request__assignment__measure",
        "problem_note__problem", "instruction__leader", "instruction__measure", "uploaded_by",
        "cooperation__department", "cooperation__period",
    )  # fmt: skip
    said = f"{dates.full_with_time(at)}由{user}取出，只有取的人看得到的内容"
    name = f"{safe(title)}_{timezone.localdate(at):%Y%m%d}.zip"
    return Bundle(title, said, name, sheets, _kept(rows.order_by("pk")))


def _lines(said: Instruction) -> Iterator[tuple[Instruction, str, dt.datetime, str]]:
    """一条批示与它的各条回复：（批示，谁，何时，说了什么）。"""
    yield said, f"{said.leader}{said.kind}", said.at, said.text
    for reply in said.replies.all():
        yield said, reply.intro.rstrip("："), reply.at, reply.text


# ── 材料叫什么 ────────────────────────────────────────────


def _kept(files: Iterable[Attachment]) -> list[Kept]:
    """各份在 zip 里的名字：一条一个文件夹，名字前面有号，不会重。"""
    found: list[Kept] = []
    counts: dict[str, int] = {}
    for file in files:
        folder, of = _folder(file)
        counts[folder.lower()] = n = counts.get(folder.lower(), 0) + 1
        is_there = file.file.storage.exists(str(file.file.name))
        found.append(Kept(file, f"{folder}/{n:02d}_{safe(file.name)}", of, is_there))
    return found


def _folder(file: Attachment) -> tuple[str, str]:
    """（放在哪个文件夹，属于哪一条）。"""
    if row := file.progress:
        of = f"第 {row.assignment.measure.number} 项　{row.assignment.department}{row.period.short_name}报送"
        return f"{safe(row.period.name)}/第{row.assignment.measure.number}项_{safe(row.assignment.department.name)}", of
    if asked := file.completion_request:
        return f"办结申请/{safe(asked.assignment.department.name)}", f"{asked.assignment.department}申请办结"
    if note := file.problem_note:
        return f"问题/{note.problem.number}号_{safe(note.problem.title, 24)}", f"问题 {note.problem.number} 号的整改"
    if helped := file.cooperation:
        of = f"{helped.department}{helped.period.short_name}配合情况"
        return f"{safe(helped.period.name)}/配合_{safe(helped.department.name)}", of
    assert file.instruction is not None  # 材料属于其中恰好一样，库里有约束
    return f"批示/{safe(str(file.instruction), 30)}", str(file.instruction)


def safe(name: str, longest: int = LONGEST) -> str:
    """Windows 上写得下的名字：没有 <>:"/\\|?* 与控制字符，末尾没有点与空格，不是保留的名字，不太长（扩展名留着）。"""
    text = re.sub(r'[<>:"/\\|?*\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]', "_", name).strip(" .") or "_"
    stem, dot, ext = text.rpartition(".")
    if not dot or len(ext) > 8:
        stem, ext = text, ""
    stem = stem[: longest - len(ext)].rstrip(" .") or "_"
    if stem.split(".")[0].strip().lower() in RESERVED:
        stem = f"_{stem}"
    return f"{stem}.{ext}" if ext else stem


# ── 目录的各列 ────────────────────────────────────────────


def _at(moment: dt.datetime | None) -> str:
    return dates.full_with_time(moment) if moment else ""


def _who(names: Names, user: User | None, moment: dt.datetime | None) -> str:
    """与办理过程里一样的称呼：那一刻的部室、领导或角色，不写姓名。"""
    return names.who(user, moment) if user and moment else ""


def _reports_columns(user: User, names: Names) -> tuple[Column, ...]:
    """报送的各列；退回意见只给看得到总览的与本部室。"""
    sees_all = permissions.can_see_board(user)

    def reason(row: Progress) -> str:
        return row.return_reason if sees_all or row.assignment.department_id == user.serving_id else ""

    return (
        *REPORTS,
        Column("报送", lambda row: f"{_who(names, row.submitted_by, row.submitted_at)}　{_at(row.submitted_at)}", 24),
        Column("审核", lambda row: f"{_who(names, row.reviewed_by, row.reviewed_at)}　{_at(row.reviewed_at)}", 24),
        Column("退回意见", reason, 24),
    )


def _notes_columns(names: Names) -> tuple[Column, ...]:
    return (
        Column("问题", lambda row: f"{row.problem.number} 号", 10),
        Column("时间", lambda row: _at(row.at), 22),
        Column("谁", lambda row: _who(names, row.by, row.at), 14),
        Column("内容", lambda row: row.text, 80),
    )


def _events_columns(names: Names) -> tuple[Column, ...]:
    return (
        Column("时间", lambda row: _at(row.at), 22),
        Column("事项", lambda row: row.label, 22),
        Column("谁", lambda row: _who(names, row.by, row.at) or "系统", 14),
        Column("部室", lambda row: str(row.department or ""), 14),
        Column("内容", lambda row: row.note, 70),
    )


REPORTS = (
    Column("报送期", lambda row: row.period.name, 14),
    Column("举措", lambda row: f"{row.assignment.measure.number}. {row.assignment.measure.title}", 22),
    Column("部室", lambda row: row.assignment.department.name, 12),
    Column("报送状态", lambda row: row.get_status_display() + ("（已被更正）" if row.superseded_at else ""), 12),
    Column("目前状态", lambda row: row.get_stage_display(), 10),
    Column("进度", lambda row: "" if row.percent is None else f"{row.percent}%", 8),
    Column("本期进展", lambda row: row.text, 50),
    Column("存在问题", lambda row: row.problems, 30),
    Column("下步打算", lambda row: row.next_steps, 30),
    Column("需协调事项", lambda row: row.coordination, 24),
)
HELPED = (
    Column("报送期", lambda row: row.period.name, 14),
    Column("配合单位", lambda row: row.department.name, 14),
    Column("要报什么", lambda row: row.text, 30),
    Column("哪天以前", lambda row: row.due_on, 14),
    Column("状态", lambda row: row.get_status_display(), 10),
    Column("配合情况", lambda row: row.answer, 50),
    Column("报的时间", lambda row: _at(row.answered_at), 22),
)
ASKED = (
    Column("报送期", lambda row: row.progress.period.name, 14),
    Column("谁请的", lambda row: row.progress.assignment.department.name, 14),
    Column("请谁协调", lambda row: str(row.to_department or "办公室"), 14),
    Column("事项", lambda row: row.text, 50),
    Column("答复", lambda row: row.answer, 50),
    Column("答复时间", lambda row: _at(row.answered_at), 22),
)
SAID = (
    Column("批示", lambda line: f"{line[0].pk}", 8),
    Column("谁", lambda line: line[1], 20),
    Column("时间", lambda line: _at(line[2]), 22),
    Column("内容", lambda line: line[3], 80),
)
PROBLEMS = (
    Column("编号", lambda row: row.number, 8),
    Column("问题", lambda row: row.title, 28),
    Column("具体情况", lambda row: row.text, 50),
    Column("责任部室", lambda row: row.department.name, 12),
    Column("挂账", lambda row: _at(row.created_at), 20),
    Column("整改期限", lambda row: row.due_on, 14),
    Column("状态", lambda row: row.get_status_display(), 12),
    Column("销号", lambda row: _at(row.settled_at), 20),
)
FILES = (
    Column("在这个压缩包里", lambda kept: kept.shown, 60),
    Column("原来的文件名", lambda kept: kept.file.name, 36),
    Column("属于", lambda kept: kept.of, 36),
    Column("大小（字节）", lambda kept: kept.file.size, 14),
    Column("上传", lambda kept: _at(kept.file.uploaded_at), 22),
    Column("校验值（SHA-256）", lambda kept: kept.file.sha256, 68),
)
