"""把读到的各行与现行方案比较：哪些新增、修改、改序号、无变化、拟退出，哪些须确认。

身份是数据库编号，序号只是属性：先按序号＋名称认，再按名称认（改了序号），
再按序号认且文字过半相同（改了说法）；认不准的列为新增与拟退出，请人确认。
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, overload

from yingshang.tables.normalising import clean_line, clean_text, quoted, squeeze

from ..models import RevisionChange
from ..models.revision import EVERY_ROOM
from .differing import FieldChange, field_changes
from .marking import similarity
from .numbers import normalise_number, number_key
from .rows import COMPOSED, FIELD_LABELS, Aim, Fault, Live, MeasureRow, Reading

KINDS = dict(RevisionChange.Kind.choices)
MANY = 4  # 超过四分之一，另请确认


@dataclass(frozen=True)
class Change:
    """一项举措的变化。`candidate` 是可能是同一项的现行举措，由人决定；`note` 是恢复列入的来历。"""

    kind: str
    id: int | None = None
    old: MeasureRow | None = None
    new: MeasureRow | None = None
    fields: tuple[FieldChange, ...] = ()
    confirm: tuple[str, ...] = ()
    candidate: int | None = None
    note: str = ""

    @property
    def label(self) -> str:
        return KINDS[self.kind]

    @property
    def row(self) -> MeasureRow:
        """文件里的一行；拟退出的是现行的那一行。"""
        row = self.new or self.old
        if row is None:
            raise ValueError("一处变化，前后总有一边。")
        return row

    @property
    def rooms(self) -> list[str]:
        """变前变后有一边牵头的部室；各部室共担的是“*”。"""
        sides = [row for row in (self.old, self.new) if row]
        names = [(EVERY_ROOM,) if row.all_departments else row.departments for row in sides]
        return list(dict.fromkeys(name for each in names for name in each))

    def to_json(self) -> dict[str, Any]:
        """只含 JSON 基本类型。推得出的不重复存：前后文字就在差异里，新增的各栏就在这一行里。"""
        stored = {item.name: getattr(self, item.name) for item in fields(self)}
        stored["old"] = row_to_json(self.old) if self.kind != "same" else None
        stored["new"] = row_to_json(self.new)
        shown = self.fields if self.kind != "added" else ()
        stored["fields"] = [{"name": item.name, "marked": [list(run) for run in item.marked]} for item in shown]
        stored["confirm"] = list(self.confirm)
        return stored

    @classmethod
    def from_json(cls, stored: Mapping) -> Change:
        """读回 `to_json` 存下的一处。"""
        old, new = row_from_json(stored["old"]), row_from_json(stored["new"])
        if stored["kind"] == "same":
            old = new
        shown: Iterable[FieldChange] = map(_field_from_json, stored["fields"])
        if new and stored["kind"] == "added":
            shown = field_changes(None, new)
        rows = {"old": old, "new": new, "fields": tuple(shown), "confirm": tuple(stored["confirm"])}
        return cls(**{**stored, **rows})


@dataclass
class Comparison:
    """整份比较的结果：先按文件次序，再列拟退出的。"""

    changes: list[Change] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)  # 不属于某一项的确认事项

    @property
    def counts(self) -> dict[str, int]:
        counts = dict.fromkeys(KINDS, 0)
        for change in self.changes:
            counts[change.kind] += 1
        return {**counts, "confirm": len(self.confirms)}

    @property
    def confirms(self) -> list[str]:
        """全部须确认的话，不重复。"""
        messages = [*self.remarks, *(message for change in self.changes for message in change.confirm)]
        return list(dict.fromkeys(messages))

    @property
    def differing(self) -> list[Change]:
        """有变化的各项，照文件的次序。"""
        return [change for change in self.changes if change.kind != "same"]

    @property
    def fields_changed(self) -> int:
        """一共几处：改了几栏算几处，整项的（退出、恢复列入）算一处。"""
        return sum(len(change.fields) or 1 for change in self.differing)

    @property
    def rooms(self) -> set[str]:
        """举措变了的部室：变前变后牵头的都算；各部室共担的是“*”。"""
        return {room for change in self.differing for room in change.rooms}

    @property
    def is_empty(self) -> bool:
        return all(change.kind == "same" for change in self.changes)

    @property
    def many_removed(self) -> bool:
        """拟退出的超过现行的四分之一：须另行写明项数才可确认。"""
        live = sum(change.id is not None and change.kind != "revived" for change in self.changes)
        return self.counts["removed"] * MANY > live

    def of_kind(self, *kinds: str) -> list[Change]:
        return [c for c in self.changes if c.kind in kinds]

    def to_json(self) -> dict:
        """只含 JSON 基本类型，可存入数据库，日后照样显示。推得出的不重复存（前后文字就在差异里）。"""
        changes = [change.to_json() for change in self.changes]
        return {"changes": changes, "remarks": list(self.remarks), "counts": self.counts}

    @classmethod
    def from_json(cls, stored: Mapping) -> Comparison:
        """读回 `to_json` 存下的整份。"""
        return cls([Change.from_json(item) for item in stored["changes"]], list(stored["remarks"]))


def _field_from_json(stored: Mapping) -> FieldChange:
    marked = tuple((op, text) for op, text in stored["marked"])
    old = "".join(text for op, text in marked if op != "ins")
    new = "".join(text for op, text in marked if op != "del")
    return FieldChange(stored["name"], FIELD_LABELS[stored["name"]], old, new, marked)


@overload
def row_to_json(row: MeasureRow) -> dict: ...
@overload
def row_to_json(row: None) -> None: ...
@overload
def row_to_json(row: MeasureRow | None) -> dict | None: ...


def row_to_json(row: MeasureRow | None) -> dict | None:
    if row is None:
        return None
    stored = dict(vars(row))
    stored |= {name: list(stored[name]) for name in ("leaders", "departments", "cooperating")}
    del stored["pending"]
    stored["aims"] = [vars(aim) for aim in row.aims]
    for name in [n for n in ("cooperating", "aims", "collective", "section") if not stored[n]]:  # 多数没有，空着不存
        del stored[name]
    stored["due_on"] = row.due_on.isoformat() if row.due_on else None
    return stored


@overload
def row_from_json(stored: Mapping) -> MeasureRow: ...
@overload
def row_from_json(stored: None) -> None: ...


def row_from_json(stored: Mapping | None) -> MeasureRow | None:
    """读回一行；快照里另有的数据库编号不属于行的内容。"""
    if stored is None:
        return None
    known = {item.name: stored[item.name] for item in fields(MeasureRow) if item.name in stored}
    due_on = date.fromisoformat(stored["due_on"]) if stored.get("due_on") else None
    names = {name: tuple(stored.get(name, ())) for name in ("leaders", "departments", "cooperating")}
    aims = tuple(Aim(**aim) for aim in stored.get("aims", ()))
    return MeasureRow(**{**known, **names, "due_on": due_on, "aims": aims})


# ---- 认出同一项 -------------------------------------------------------------


def compare(
    live: Sequence[Live],
    reading: Reading,
    *,
    same: Mapping[str, int] | None = None,
    retired: Sequence[Live] = (),
) -> Comparison:
    """比较。`same` 是人工认定的“文件序号 → 现行举措编号”，优先于一切规则。

    `retired` 是以前退出的各项（最近退出的在前）：现行方案里认不出的，再到这里认，认出的恢复列入、接着原来的编号。
    """
    in_force, gone = {item.id: item for item in live}, {item.id: item for item in retired}
    pairing, returning = _paired(live, reading, same or {}, retired)
    result = Comparison()
    rows, warnings = _as_in_force(reading, pairing)
    warned = _by_line(warnings)
    candidates = {item.row.number: item.id for item in pairing.free_live.values()}
    taken = set()
    for index, row in enumerate(rows):
        pair = pairing.found.get(index) or returning.found.get(index)
        match = in_force[pair.id] if pair and index in pairing.found else None
        taken.add(match.id if match else None)
        confirm = [*warned.pop(row.line, ()), *pairing.doubts.get(index, ())]
        if pair and match:
            result.changes.append(_changed(match, pair.row, row, reading, confirm))
        elif pair:
            confirm += returning.doubts.get(index, ())
            back = _changed(gone[pair.id], pair.row, row, reading, confirm)
            result.changes.append(replace(back, kind="revived"))
        else:
            result.changes.append(_added(row, reading, confirm, candidates.get(row.number)))
    numbers = {change.candidate: change.row.number for change in result.changes if change.candidate}
    for item in sorted(live, key=lambda item: number_key(item.row.number)):
        if item.id not in taken:
            result.changes.append(_removed(item, numbers.get(item.id)))
    result.remarks = [message for messages in warned.values() for message in messages]
    result.remarks += _overall(result)
    return result


def _paired(
    live: Sequence[Live], reading: Reading, same: Mapping[str, int], retired: Sequence[Live]
) -> tuple[_Pairing, _Returning]:
    """谁是谁，从最有把握的规则配起：在办的一份，以前退出的一份。"""
    pairing = _Pairing([Live(item.id, _plain(item.row)) for item in live], reading.rows)
    returning = pairing.beside([Live(item.id, _plain(item.row)) for item in retired])
    pairing.by_decision(same)
    returning.by_decision(same)
    pairing.by_key(lambda row: (row.number, squeeze(row.title)))
    pairing.by_key(lambda row: squeeze(row.title))
    returning.by_name()
    pairing.by_likeness()
    if "text" in reading.columns_present:
        pairing.by_key(_body, doubtful="序号和名称都变了，按其余文字相同认作")
    returning.by_resemblance()
    return pairing, returning


class _Pairing:
    """逐条规则配对；只在还没配上的之中找，每一步都用查表，不两两相比。"""

    def __init__(self, live: Sequence[Live], rows: Sequence[MeasureRow]) -> None:
        self.rows = rows
        self.free_live = {item.id: item for item in live}
        self.free_rows = dict(enumerate(rows))
        self.found: dict[int, Live] = {}
        self.doubts: dict[int, list[str]] = {}

    def _pair(self, index: int, item: Live, doubt: str = "") -> None:
        self.found[index] = self.free_live.pop(item.id)
        self.free_rows.pop(index)
        if doubt:
            self.doubts.setdefault(index, []).append(doubt)

    def beside(self, others: Sequence[Live]) -> _Returning:
        """同样这些行，另与 `others` 配对；一行只配一次。"""
        made = _Returning(others, self.rows)
        made.free_rows = self.free_rows
        return made

    def by_decision(self, same: Mapping[str, int]) -> None:
        for index, row in list(self.free_rows.items()):
            item = self.free_live.get(same[row.number]) if row.number in same else None
            if item:
                self._pair(index, item)

    def by_key(self, key: Callable[[MeasureRow], Hashable], doubtful: str = "") -> None:
        """两边都只有一个的才配；有几个同名的，认不准就留给后面的规则。"""
        live_by_key: dict[Hashable, list[Live]] = defaultdict(list)
        rows_by_key: dict[Hashable, list[int]] = defaultdict(list)
        for item in self.free_live.values():
            live_by_key[key(item.row)].append(item)
        for index, row in self.free_rows.items():
            rows_by_key[key(row)].append(index)
        for value, indexes in rows_by_key.items():
            items = live_by_key.get(value, ())
            if value is None or len(indexes) != 1 or len(items) != 1:
                continue
            old, row = items[0].row, self.rows[indexes[0]]
            doubt = f"第{row.number}项“{row.title}”{doubtful}原第{old.number}项“{old.title}”，请确认。"
            self._pair(indexes[0], items[0], doubt if doubtful else "")

    def by_likeness(self) -> None:
        """序号相同、文字过半相同的，是改了说法。"""
        by_number = {item.row.number: item for item in self.free_live.values()}
        for index, row in list(self.free_rows.items()):
            item = by_number.get(row.number)
            if item and item.id in self.free_live and _alike(item.row, row):
                self._pair(index, item)


class _Returning(_Pairing):
    """与以前退出的各项配对。同名的退出过几次，接最近的一次；名称对不上的只凭文字像，要人确认。"""

    def by_name(self) -> None:
        """名称相同的；文字不像、或同名的不止一项，须确认。"""
        by_title: dict[str, list[Live]] = defaultdict(list)
        for free in self.free_live.values():
            by_title[squeeze(free.row.title)].append(free)
        for index, row in list(self.free_rows.items()):
            items = by_title[squeeze(row.title)]
            item = next((item for item in items if item.row.number == row.number), items[0] if items else None)
            if item is None:
                continue
            items.remove(item)
            doubts = [f"同名的退出过 {len(items) + 1} 项，接的是第{item.row.number}项"] if items else []
            if item.row.text and row.text and not _alike(item.row, row):
                doubts.append("名称相同而原文大不相同")
            self._pair(index, item, self._doubt(row, item, "，".join(doubts)) if doubts else "")

    def by_resemblance(self) -> None:
        """名称变了的：序号相同而文字过半相同，或名称以外一字不差。"""
        bodies: dict[str | None, Live] = {
            body: item for item in reversed(self.free_live.values()) if (body := _body(item.row))
        }
        numbers = {item.row.number: item for item in reversed(self.free_live.values())}
        for index, row in list(self.free_rows.items()):
            item = numbers.get(row.number)
            if item is None or item.id not in self.free_live or not _alike(item.row, row):
                item = bodies.get(_body(row))
            if item and item.id in self.free_live:
                self._pair(index, item, self._doubt(row, item, "名称变了，只是文字相像"))

    def _doubt(self, row: MeasureRow, item: Live, why: str) -> str:
        old = item.row
        return f"第{row.number}项“{row.title}”按恢复以前退出的第{old.number}项“{old.title}”处理（{why}），请确认。"


def _body(row: MeasureRow) -> str | None:
    """名称以外的原文；太短的不足以认出一项。"""
    body = row.text.partition("。")[2]
    return body if len(body) >= 20 else None


def _alike(old: MeasureRow, new: MeasureRow) -> bool:
    if old.text and new.text:
        return similarity(old.text, new.text) > 0.5
    return similarity(old.title, new.title) > 0.5


# ---- 写出变化 ---------------------------------------------------------------


def _plain(row: MeasureRow) -> MeasureRow:
    """现行的一项按读文件的规矩规整：库里有全角数字、首尾空白的，不因此成了“有修改”。"""
    found: dict[str, Any] = {
        "number": normalise_number(row.number) or row.number,
        "title": clean_line(row.title).rstrip("。"),
        "text": clean_text(row.text),
        "deadline": clean_line(row.deadline),
    }
    return row if all(getattr(row, name) == value for name, value in found.items()) else replace(row, **found)


def _as_in_force(reading: Reading, pairing: _Pairing) -> tuple[list[MeasureRow], list[Fault]]:
    """各行原文都不含名称的表：现行方案本来就这样写的，照它，不补名称，也不必确认。"""
    if reading.composed:
        bare = [replace(row, text=row.text.removeprefix(f"{row.title}。")) for row in reading.rows]
        if any(bare[index].text == item.row.text for index, item in pairing.found.items()):
            return bare, [problem for problem in reading.warnings if problem.message != COMPOSED]
    return reading.rows, reading.warnings


def _by_line(warnings: Sequence[Fault]) -> dict[int, list[str]]:
    messages: dict[int, list[str]] = defaultdict(list)
    for problem in warnings:
        messages[problem.line].append(problem.message)
    return messages


def _merged(old: MeasureRow, plain: MeasureRow, new: MeasureRow, reading: Reading) -> MeasureRow:
    """文件里没有的列沿用现行的值；类型空着也是沿用。规整后（`plain`）相同、只是次序不同的，也沿用，一字不动。"""
    present = reading.columns_present
    same = [name for name in ("number", "title", "text", "deadline") if getattr(new, name) == getattr(plain, name)]
    listed = ("leaders", "departments", "cooperating")
    same += [name for name in listed if set(getattr(new, name)) == set(getattr(old, name))]
    kept = {name: getattr(old, name) for name in same}
    optional = {name: name for name in ("text", "lead_label", "kind", "leaders", "cooperating")} | {"targets": "aims"}
    kept |= {name: getattr(old, name) for column, name in optional.items() if column not in present}
    if "deadline" not in present:
        kept.update(deadline=old.deadline, due_on=old.due_on)
    elif kept.get("deadline", new.deadline) == old.deadline and old.due_on is not None:
        kept.update(due_on=old.due_on)
    if new.kind is None:
        kept.update(kind=old.kind)
    return replace(new, **kept)


def _changed(item: Live, plain: MeasureRow, row: MeasureRow, reading: Reading, confirm: list[str]) -> Change:
    old, new = item.row, _merged(item.row, plain, row, reading)
    changed = tuple(field_changes(old, new))
    names = {change.name for change in changed}
    if {"leaders", "departments"} <= names:
        confirm.append(f"第{new.number}项“{new.title}”的牵头领导和牵头部室都变了，请核对是否错行。")
    if names & {"title", "text"}:
        confirm += _title_doubts(new, reading)
    if "targets" in names:
        said = "的量化目标与现行不同：现行的目标不由导入改动，新写的生效后列为待核定，由办公室在“核定目标”页上定；去掉的也在那里去掉。"
        confirm.append(f"第{new.number}项“{new.title}”{said}")
    kind = "same" if not names else "renumbered" if names == {"number"} else "changed"
    return Change(kind, item.id, old, new, changed, tuple(confirm))


def _added(row: MeasureRow, reading: Reading, confirm: list[str], candidate: int | None) -> Change:
    if candidate is not None:
        confirm.append(f"第{row.number}项“{row.title}”与现行同一序号的举措差别太大，按新增处理，请确认不是改写。")
    if "text" not in reading.columns_present:
        row = replace(row, text=row.title)
        confirm.append(f"第{row.number}项“{row.title}”是新增的，文件没有“具体内容”列，原文暂取举措名称，请确认。")
    confirm += _title_doubts(row, reading)
    return Change("added", None, None, row, tuple(field_changes(None, row)), tuple(confirm), candidate)


def _removed(item: Live, number: str | None) -> Change:
    row = item.row
    confirm = () if number is None else (f"第{row.number}项“{row.title}”在文件中换成了另一项，按退出处理，请确认。",)
    return Change("removed", item.id, row, None, (), confirm)


def _title_doubts(row: MeasureRow, reading: Reading) -> list[str]:
    if "text" not in reading.columns_present:
        return [] if row.text.startswith(row.title) else [_title_differs(row)]
    return [] if row.text.partition("。")[0].strip() == row.title else [_title_differs(row)]


def _title_differs(row: MeasureRow) -> str:
    return f"第{row.number}项的举措名称{quoted(row.title)}与原文第一句不一致，请核对。"


def _overall(result: Comparison) -> list[str]:
    """整份文件才看得出的可疑之处：错行、漏行。"""
    remarks = []
    kept = result.of_kind("changed", "renumbered", "same")
    moved = [change for change in kept if {item.name for item in change.fields} & {"leaders", "departments"}]
    if len(moved) > 1 and len(moved) * MANY > len(kept):
        remarks.append(f"有 {len(moved)} 项的牵头领导或牵头部室变了，超过四分之一，请核对文件是否排序时错了行。")
    if result.many_removed:
        removed = result.counts["removed"]
        remarks.append(f"文件里没有的 {removed} 项将退出现行方案，超过四分之一，请核对文件是否完整。")
    return remarks
