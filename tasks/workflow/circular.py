"""通报、汇报、简报、请示：起草、修改、重取数字、印发、更正、作废。

文字由 `circular` 按数字写好交进来；这里管的是：草稿随便改，印发时数字、文字、文号、日期一并冻结，以后只能更正。
请示怎样起草、领导小组怎样定在 `petition`；存、印发、更正、作废与别的公文同一条路。
"""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from typing import Any, NotRequired, TypedDict

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from departments import organisation
from departments.models import User
from departments.requests import Anyone
from yingshang import dates
from yingshang.refusals import Conflict, Refused
from yingshang.tables.normalising import clean_text

from ..figures.contract import Figures
from ..figures.snapshot import collect, differences
from ..models import Circular, CircularRows, Event, Petition, Plan, Progress, ReportingPeriod, Signing
from ..models.circular import section_name
from ..rules import permissions
from .steps import Step, check, record

C = Circular.Status
K = Circular.Kind


class Section(TypedDict):
    """公文的一节。`auto` 是系统写的（小标题、正文），以后看得出改过没有。"""

    key: str
    heading: str
    text: str
    auto: NotRequired[list[str]]


class Rewritten(Conflict):
    """别人刚改过这份草稿。"""

    said = "刚才已有人改过这份草稿，请核对后再存。您写的内容还在下面，没有丢。"


def _office(user: Anyone, circular: Circular) -> bool:
    """办公室"""
    return permissions.can_issue_circulars(user)


def _is_incomplete(circular: Circular, at: dt.datetime) -> list[str]:
    """没有标题，或有一节没有内容；请示的格式不全，或要更正的请示已有决定"""
    if circular.corrects and (decided := _is_decided(circular.corrects)):
        return decided
    if not circular.title.strip():
        return ["还没有标题。"]
    empty = [section_name(s) for s in circular.sections if not s["text"].strip()]
    if empty:
        return [f"“{'”“'.join(empty)}”没有内容，没有的请写“无”。"]
    return _petition_lacks(circular) if circular.is_petition else []


# 请示的结语里总有其中一样。
ASKING = ("请批示", "请批复", "请批准", "请审批", "请审定", "请示")


def _petition_lacks(circular: Circular) -> list[str]:
    """请示还差什么：标题写明是请示，结语请上级批示，附注有联系人、电话（GB/T 9704-2012 7.3.6，条例第十五条）。"""
    texts = {s["key"]: s["text"] for s in circular.sections}
    lacks = []
    if not circular.title.removesuffix("（更正）").endswith("请示"):
        lacks.append("标题请写成“关于……的请示”。")
    if not any(words in texts.get("close", "") for words in ASKING):
        lacks.append("结语请写“妥否，请批示。”。")
    if sum(char.isdecimal() for char in texts.get("contact", "")) < PHONE_DIGITS:
        lacks.append("附注请写明联系人和电话。")
    return lacks


PHONE_DIGITS = 7  # 电话至少这么多位


def _was_corrected(circular: Circular, at: dt.datetime) -> list[str]:
    """已经更正过；请示已有决定"""
    if newer := circular.corrected_by:
        return [f"这一份已由{newer.short_number}更正，请更正那一份。"]
    return _is_decided(circular)


def _is_decided(circular: Circular) -> list[str]:
    """请示已有决定：更正的草稿在决定之前起的，这时也不能再印发。"""
    is_decided = circular.is_petition and circular.petition.status == Petition.Status.DECIDED
    return ["领导小组已经定了，请示不再更正；情况变了的，另写一份。"] if is_decided else []


def _has_no_figures(circular: Circular, at: dt.datetime) -> list[str]:
    """请示没有数字"""
    return ["请示没有数字，不用重取。"] if circular.is_petition else []


STEPS: dict[str, Step[Circular]] = {
    "save_circular": Step("修改", (C.DRAFT,), C.DRAFT, _office),
    "refill_circular": Step("重取数字", (C.DRAFT,), C.DRAFT, _office, _has_no_figures),
    "issue_circular": Step("印发", (C.DRAFT,), C.ISSUED, _office, _is_incomplete),
    "discard_circular": Step("作废", (C.DRAFT,), C.DISCARDED, _office),
    "correct_circular": Step("更正", (C.ISSUED,), C.ISSUED, _office, _was_corrected),
}


def draft_circular(
    plan: Plan,
    *,
    by: User,
    at: dt.datetime,
    kind: str,
    first_period: ReportingPeriod,
    period: ReportingPeriod,
    title: str,
    sections: Iterable[Section],
    figures: Figures,
    state: str = "",
) -> Circular:
    """起草。`state` 是取数之前方案的状态（`state_of`）。同一期同一种已有草稿的就用那一份；通报、汇报一期只发一份，已经印发的请更正。抛 PermissionDenied、Refused。"""
    if not permissions.can_issue_circulars(by):
        raise PermissionDenied
    with transaction.atomic():
        lock_plans()
        same = Circular.objects.filter(plan=plan, kind=kind, first_period=first_period, period=period)
        if found := same.drafts().filter(corrects=None).first():
            return found
        issued = same.issued().order_by("-pk").first()
        if issued and kind != K.BULLETIN:
            name = f"{issued.span_name}的{issued.get_kind_display()}"
            raise Refused(f"{name}已经印发（{issued.short_number}）。要改请打开那一份，点“更正”。")
        light, rows = CircularRows.shelve(figures)
        made = Circular.objects.create(
            plan=plan,
            kind=kind,
            first_period=first_period,
            period=period,
            title=title,
            sections=[as_written(s) for s in sections],
            figures=light,
            state=state,
            created_by=by,
            created_at=at,
        )
        _shelve(made, rows)
        record_circular("circular_draft", "起草", made, by, at)
        return made


def save_circular(
    circular: Circular, *, by: User, at: dt.datetime, version: int, title: str, content: Mapping[str, Mapping[str, str]]
) -> Circular:
    """存改过的标题与各节。`content` 为 节 → {heading, text}；节不能增减。抛 PermissionDenied、Refused、Conflict。"""
    with locked_circular(circular) as current:
        _check_draft("save_circular", current, by, at)
        same_version(current, version)
        changed = _write(current, title, content)
        if changed:
            current.version += 1
            current.save()
            record_circular("circular_save", "修改", current, by, at, note="、".join(changed))
        return current


def refill_circular(
    circular: Circular,
    *,
    by: User,
    at: dt.datetime,
    version: int,
    title: str,
    content: Mapping[str, Mapping[str, str]],
    figures: Figures,
    sections: Iterable[Section],
    keys: Collection[str],
    state: str = "",
) -> Circular:
    """重取数字：换上新的数字，`keys` 里的各节按新数字重写，其余各节保留改过的文字。

    这一次写了而没有存过的（`unsaved`）一律保留：勾是打开页面时替他打上的，不能凭它盖掉后来写的。抛 PermissionDenied、Refused、Conflict。
    """
    with locked_circular(circular) as current:
        _check_draft("refill_circular", current, by, at)
        same_version(current, version)
        keys = set(keys) - set(unsaved(current, content))
        changed = _write(current, title, content)
        written = {s["key"]: s for s in sections}
        current.sections = [_refilled(s, written.get(s["key"]), s["key"] in keys) for s in current.sections]
        (current.figures, rows), current.state = CircularRows.shelve(figures), state
        current.version += 1
        current.save()
        current.rows.all().delete()
        _shelve(current, rows)
        headings = [section_name(s) for s in current.sections if s["key"] in keys]
        note = f"修改：{'、'.join(changed)}；" if changed else ""
        record_circular(
            "circular_refill", "重取数字", current, by, at, note=f"{note}重写：{'、'.join(headings) or '无'}"
        )
        return current


def issue_circular(
    circular: Circular,
    *,
    by: User,
    at: dt.datetime,
    version: int,
    accept_stale: bool = False,
    accept_changed: bool = False,
) -> Circular:
    """印发：冻结数字、文字、文号、日期。取数之后数字又变了的，须先重取，或写明仍按当时的数字；签发以后又改过的，须再签，或写明仍照这一稿。

    文号按种类、按年连续不缺号：锁住方案行再取下一个，同时印发的一个一个来。年份取业务日期的年份。抛 PermissionDenied、Refused、Conflict。
    """
    with locked_circular(circular) as current:
        step = check(STEPS["issue_circular"], current, by, at)
        same_version(current, version)
        moved = [] if current.is_petition else moved_since(current, at)
        if moved and not accept_stale:
            raise Refused(
                f"取数之后数字有变化（{'；'.join(moved[:5])}），请先“重取数字”；仍按当时的数字印发，请勾选说明。"
            )
        changed = changed_since_signed(current, Signing.objects.filter(circular=current).select_related("leader"))
        if changed and not accept_changed:
            raise Refused(f"{changed}，请把现在这一稿送签、记下签发；确需照这一稿印发的，请勾选说明。")
        day = timezone.localdate(at)
        current.status, current.year, current.number = step.target, day.year, _next_number(current.kind, day.year)
        current.issued_on, current.issued_at, current.issued_by = day, at, by
        current.sections = [{k: s[k] for k in ("key", "heading", "text")} for s in current.sections]
        current.figures = current.figures | {"letterhead": organisation.letterhead()}
        current.version += 1
        current.save()
        note = f"{current.document_number}《{current.title}》"
        if current.corrects:
            note += f"，更正{current.corrects.short_number}"
        data = {"year": current.year, "number": current.number, "sha256": digest(current), "moved": moved}
        if changed:
            data["changed"] = changed
        record_circular(
            "circular_issue", "印发", current, by, at, note=note, data=data, is_public=not current.is_petition
        )
        return current


def correct_circular(
    circular: Circular, *, by: User, at: dt.datetime, reason: str, title: str, sections: Iterable[Section]
) -> Circular:
    """更正已印发的：另起一份草稿，文字与数字先照旧的，写明更正哪一份。已有更正稿的就用那一份。抛 PermissionDenied、Refused。"""
    if not reason.strip():
        raise Refused("更正必须写明原因。")
    with locked_circular(circular) as current:
        check(STEPS["correct_circular"], current, by, at)
        if found := current.corrections.drafts().first():
            return found
        figures = {k: v for k, v in current.figures.items() if k != "letterhead"}
        made = Circular.objects.create(
            plan=current.plan,
            kind=current.kind,
            first_period=current.first_period,
            period=current.period,
            title=title,
            sections=[as_written(s) for s in sections],
            figures=figures,
            state=current.state,
            corrects=current,
            created_by=by,
            created_at=at,
        )
        _shelve(made, [CircularRows(of=row.of, start=row.start, packed=row.packed) for row in current.rows.all()])
        if current.is_petition:
            matter = {name: getattr(current.petition, name) for name in MATTERS}
            Petition.objects.create(circular=made, **matter)
        record_circular("circular_correct", f"更正{current.short_number}", made, by, at, note=reason.strip())
        return made


def discard_circular(circular: Circular, *, by: User, at: dt.datetime, version: int) -> Circular:
    """作废草稿：草稿没有文号，作废不占号。看过的不是现在这一稿的不作废。抛 PermissionDenied、Refused、Conflict。"""
    with locked_circular(circular) as current:
        step = check(STEPS["discard_circular"], current, by, at)
        same_version(current, version, "刚才有人改过这份草稿，没有作废，请看过再定。")
        current.status = step.target
        current.version += 1
        current.save()
        record_circular("circular_discard", "作废草稿", current, by, at)
        return current


# 一份请示所请的事：从哪里起的。
MATTERS = ("measure", "problem", "coordination", "extension")


def state_of(period: ReportingPeriod, at: dt.datetime) -> str:
    """此刻的状态：最后一条操作记录、几份没有交的草稿（存草稿不记操作记录）、数到哪一天。三样没有变，数字就没有变。

    公文自己的操作记录不算：改公文的文字不动数字。要在取数之前问，取数当中有人办的事才不会漏。
    """
    last = Event.objects.filter(circular=None).order_by("-pk").values_list("pk", flat=True).first()
    drafts = Progress.objects.filter(period__in=ReportingPeriod.objects.still_open(), status=Progress.Status.DRAFT)
    return f"{last or 0}/{drafts.count()}/{period.as_of(timezone.localdate(at))}"


def changes_since(circular: Circular, at: dt.datetime) -> list[str]:
    """草稿取数之后，哪些数变了。状态没有变的不必再数；请示没有数字。"""
    if circular.is_petition:
        return []
    return [] if circular.state == state_of(circular.span[1], at) else moved_since(circular, at)


def moved_since(circular: Circular, at: dt.datetime) -> list[str]:
    """从头数一遍，与公文里的数字比。印发之前总要数；印发以后期又变过的也数。"""
    today = timezone.localdate(at)
    first, last = circular.span
    now = collect(circular.plan, last, today, first=first, taken_at=at)
    return differences(circular.numbers, now)


def changed_since_signed(circular: Circular, signings: Iterable[Signing]) -> str:
    """签发过，而签的不是现在这一稿：谁签的、以后改了哪几处。没有签发过的（有的单位不用这一步）、现在这一稿签过的为空。"""
    signed = [one for one in signings if one.kind == Signing.Kind.SIGNED]
    if not signed or any(one.version == circular.version for one in signed):
        return ""
    last = max(signed, key=lambda one: one.pk)
    actions = ("circular_sign", "circular_save", "circular_refill")
    events = list(Event.objects.filter(circular=circular, action__in=actions).order_by("pk"))
    later = takewhile(lambda event: event.action != "circular_sign", reversed(events))
    notes = list(dict.fromkeys(event.note or event.label for event in later))[::-1]
    told = f"（{'；'.join(notes)}）" if notes else ""
    return f"{last.who}{dates.short(last.signed_on or timezone.localdate(last.at))}签发以后，又改过{told}"


def _shelve(circular: Circular, rows: list[CircularRows]) -> None:
    """存下数字里另放的各段。"""
    for row in rows:
        row.circular = circular
    CircularRows.objects.bulk_create(rows, batch_size=50)


def digest(circular: Circular) -> str:
    """正文与数字（连同另放的各段）的校验值：印发时记在操作记录里，以后一比就知道有没有动过。"""
    frozen = [circular.title, circular.sections, circular.figures]
    found = hashlib.sha256(json.dumps(frozen, ensure_ascii=False, sort_keys=True).encode())
    for packed in circular.rows.order_by("of", "start").values_list("packed", flat=True):
        found.update(packed)
    return found.hexdigest()


def _next_number(kind: str, year: int) -> int:
    return (Circular.objects.filter(kind=kind, year=year).aggregate(last=Max("number"))["last"] or 0) + 1


def as_written(section: Section) -> Section:
    """记下系统写的是什么，以后看得出哪一节改过。"""
    return {
        "key": section["key"],
        "heading": section["heading"],
        "text": section["text"],
        "auto": [section["heading"], section["text"]],
    }


def _refilled(section: Section, written: Section | None, is_chosen: bool) -> Section:
    if written is None:
        return section
    fresh = as_written(written)
    return fresh if is_chosen else {**section, "auto": fresh["auto"]}


def unsaved(circular: Circular, content: Mapping[str, Mapping[str, str]]) -> list[str]:
    """这一次写的与存着的不同的各节（键）。空白、全半角怎么写不论：网页上交来的都规整过。"""
    same = lambda one, other: clean_text(one) == clean_text(other)  # noqa: E731
    stored = {s["key"]: s for s in circular.sections if s["key"] in content}
    return [
        key for key, s in stored.items() if not all(same(content[key][part], s[part]) for part in ("heading", "text"))
    ]


def _write(circular: Circular, title: str, content: Mapping[str, Mapping[str, str]]) -> list[str]:
    """写上改过的，返回改了哪几处。"""
    changed = ["标题"] if title != circular.title else []
    circular.title = title
    written = unsaved(circular, content)
    for section in (s for s in circular.sections if s["key"] in written):
        changed.append(section_name(section))
        section |= {part: content[section["key"]][part] for part in ("heading", "text")}
    return changed


def _check_draft(action: str, circular: Circular, by: User, at: dt.datetime) -> None:
    """还是草稿才改得了；印发了的，告诉人怎么改。"""
    if _office(by, circular) and circular.status != C.DRAFT:
        raise Refused("已经印发或作废的不能再改。要改已印发的，请点“更正”。")
    check(STEPS[action], circular, by, at)


def same_version(current: Circular, version: int, said: str = "") -> None:
    """看着的就是现在这一稿。抛 Conflict。"""
    if current.version != version:
        raise Rewritten(current, said)


def lock_plans() -> None:
    """文号跨方案连续，所以锁住全部方案行（一年一行），次序固定。不挡别人往方案里写别的。"""
    list(Plan.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


@contextmanager
def locked_circular(circular: Circular) -> Iterator[Circular]:
    """锁住重读的一份。"""
    with transaction.atomic():
        lock_plans()
        yield (
            Circular.objects.select_for_update(of=("self",), no_key=True)
            .select_related("plan", "period", "first_period", "corrects", "petition__measure")
            .get(pk=circular.pk)
        )


def record_circular(action: str, label: str, circular: Circular, by: User, at: dt.datetime, **extra: Any) -> None:
    """记进操作记录。"""
    name = circular.get_kind_display()
    label = f"{label}{name}" if label in ("起草", "修改", "印发") else f"{name}{label}"
    # 草稿只有办公室看得到：印发以后，才写进举措的办理过程
    measure = circular.petition.measure if circular.is_petition and circular.is_issued else None
    about = {"plan": circular.plan, "period": circular.period, "measure": measure, "circular": circular}
    record(action, label, by, at, **(about | extra))
