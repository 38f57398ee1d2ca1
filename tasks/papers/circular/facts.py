"""几种公文都要说的几段话：总体、灯的变化、红黄灯举措、问题、批示、自审。只由数字写成，不另下判断。"""

from collections.abc import Callable

from departments import organisation
from yingshang import dates
from yingshang.tables.normalising import quoted

from ...figures.contract import Figures, MeasureLine, PartLine, PeriodName, Revised, Row
from ...figures.numbers import LIGHTS
from ...rules import lights
from .phrases import (
    by_department,
    count,
    days,
    ended,
    gist,
    joined,
    numbered,
    numbered_as,
    numbers,
    plan_name,
    rows,
    stated,
    term,
    tight,
    which,
    whole_days,
    with_numbers,
    within,
)

WARNED = {"red": "红灯", "yellow": "黄灯"}


def as_of(f: Figures, *, since: bool = True) -> str:
    """数字算到哪天；还没关闭的，把截止日也说清楚；`since` 为真时还说按日子数的事从哪天数起。"""
    return f"本文数字截至{dates.full(f['as_of'])}。{_due(f)}{_counted_from(f) if since else ''}"


def _due(f: Figures) -> str:
    period = f["period"]
    if period["is_closed"]:
        return ""
    if f["as_of"] <= period["due_on"]:
        return f"{period['short']}报送截止日为{dates.short(period['due_on'])}，尚未截止，此后报送的不在其内。"
    return f"{period['short']}报送已于{dates.short(period['due_on'])}截止，此后补报的不在其内。"


def _counted_from(f: Figures) -> str:
    """关闭那天的事，关闭前的算上一期，关闭后的算这一期：写一句，两份通报才对得上。"""
    since = f.get("since")
    if not since or not since["closed"]:
        return ""
    when = dates.short(since["on"])
    return f"批示、问题、办结、延期、催办自{since['closed']}报送关闭（{when}）后起计。"


def duty(f: Figures, what: str) -> str:
    """开头的依据：引方案原话。"""
    return f"按照{plan_name(f, short=True)}{what}的要求"


def overall(f: Figures, *, brief: bool = False) -> list[str]:
    """总体情况：几项几项次，几红几黄，报了多少。`brief` 的只写修订了几项，不列是哪几项（简报只有一两页）。"""
    if not count(f, "measures"):
        return ["《行动方案》目前没有在册的举措。"]
    return [_scope(f), *revised(f, brief=brief), _lights(f), reporting(f)]


def revised(f: Figures, *, brief: bool = False) -> list[str]:
    """这一段里方案修订过：哪天、哪几项，序号照哪一版写。没有修订的不说。"""
    found = f.get("revised", [])
    if not found:
        return []
    said = "".join(f"{_edition(one)}：{'，'.join(_edited(one, brief)) or '举措没有增减'}。" for one in found)
    is_moved = any(one["moved"] for one in found) and not brief
    return [f"{said}本文序号按修订后的写。" if is_moved else said]


def _edition(one: Revised) -> str:
    what = f"撤销方案第{one['reverts']}版" if one["reverts"] else "方案修订"
    return f"{dates.short(one['on'])}{what}（第{one['version']}版）"


def _edited(one: Revised, brief: bool) -> list[str]:
    before, after = ([each[side] for each in one["moved"]] for side in ("before", "after"))
    turned = f"{'依次' if len(after) > 1 else ''}改为{numbered_as(after)}"
    kinds = (
        ("列入", one["added"], numbered_as(one["added"])),
        ("退出", one["removed"], f"原{numbered_as(one['removed'])}"),
        ("改序号", before, f"原{numbered_as(before)}{turned}"),
        ("修改", one["changed"], numbered_as(one["changed"])),
    )
    return [f"{label}{len(found)}项{'' if brief else f'（{which}）'}" for label, found, which in kinds if found]


def _scope(f: Figures) -> str:
    measures, assignments = count(f, "measures"), count(f, "assignments")
    notes = []
    if joint := rows(f, "joint"):
        notes.append(f"{numbers(joint)}由两个以上部室共同牵头")
    if shared := rows(f, "shared"):
        notes.append(f"{numbers(shared)}由各部室共担")
    how = f"（共同承担的按部室分别计次：{'，'.join(notes)}）" if notes else ""
    return f"《行动方案》共{measures}项举措，按牵头部室分解为{assignments}项次{how}。"


def _lights(f: Figures) -> str:
    order = ("red", "yellow", "green", "done", "not_started")
    found = [_light(f, level) for level in order if rows(f, level)]
    missing = [label for level, label in WARNED.items() if not count(f, level)]
    none = f"，无{joined(missing, '、')}举措" if missing else ""
    return f"截至{dates.full(f['as_of'])}，{'、'.join(found)}{none}。按月计算，序时进度为{f['pace']}%。"


def _light(f: Figures, level: str) -> str:
    """一种灯几项、哪几项。都是这一种的不列序号；绿灯里有首次报送还没有截止的，说是暂时的。"""
    listed, undue = rows(f, level), count(f, "undue")
    n, label = len(listed), LIGHTS[level]
    is_all = n == count(f, "measures") and n > 1
    if level != "green":
        return f"{n}项举措均为{label}" if is_all else with_numbers(label, listed)
    said = f"{n}项举措均为{label}" if is_all else f"{label}{n}项"
    if not undue:
        return said
    return f"{said}（{'' if undue == n else f'其中{undue}项'}首次报送未到截止日，暂不判落后）"


def is_due(f: Figures) -> bool:
    """过了截止日：未报的是逾期；没有过的只是还没有报送。"""
    return f["as_of"] > f["period"]["due_on"]


def until(f: Figures) -> str:
    """没有报的请何时报：过了截止日的、已关闭的尽快补报。"""
    if is_due(f) or f["period"]["is_closed"]:
        return "尽快补报"
    return f"于{dates.short(f['period']['due_on'])}前报送"


def reporting(f: Figures) -> str:
    """本期报送一段。"""
    short = f["period"]["short"]
    owed = count(f, "owed")
    if not owed:
        return f"{short}没有应报的项次。{_exempt(f)}"
    said = f"{short}应报{owed}项次，"
    if count(f, "unreported") == owed:
        return f"{said}{'均' if owed > 1 else ''}未报送。{_exempt(f)}"
    unreported, returned = count(f, "unreported"), count(f, "returned")
    return f"{said}{_reported(f)}；{unsent(unreported, returned)}。{_timely(f)}{_exempt(f)}"


def _exempt(f: Figures) -> str:
    """不用报的是哪些；都是办结了的说一声。"""
    spare = rows(f, "exempt")
    if not spare:
        return ""
    done = {(row["department"], row["number"]) for row in rows(f, "completed")}
    why = ""
    if all((row["department"], row["number"]) in done for row in spare):
        why = "，均已办结" if len(spare) > 1 else "，已办结"
    return f"{f['period']['short']}免报{which(spare)}{why}。"


def _reported(f: Figures) -> str:
    reported, approved, waiting = (count(f, key) for key in ("reported", "approved", "submitted"))
    if not reported:
        return "无已报"
    if approved and waiting:
        return f"已报{reported}项次，其中已通过{approved}项次、待审核{waiting}项次"
    every = "均" if reported > 1 else ""
    return f"已报{reported}项次，{every}{'待审核' if waiting else '已审核通过'}"


def unsent(unreported: int, returned: int) -> str:
    """未报几项次，退回待改几项次；没有的写“无”。"""
    some = [(unreported, f"未报{unreported}项次", "未报"), (returned, f"退回待改{returned}项次", "退回待改")]
    if not unreported + returned:
        return "无未报、无退回待改"
    return "，".join([*(text for n, text, _ in some if n), *(f"无{label}" for n, _, label in some if not n)])


def _timely(f: Figures) -> str:
    on_time, late, returned = (count(f, key) for key in ("on_time", "late", "returned"))
    if not on_time + late:
        return ""
    sent = f"已交的{on_time + late}项次（含退回待改{returned}项次）" if returned else f"已报的{on_time + late}项次"
    return timely(sent, on_time, late)


def timely(sent: str, on_time: int, late: int) -> str:
    """已交的里面几项次按时、几项次补报。"""
    every = "均" if on_time + late > 1 else ""
    if not late:
        return f"{sent}{every}按时报送，无补报。"
    return f"{sent}中，按时报送{on_time}项次，补报{late}项次。" if on_time else f"{sent}{every}为补报。"


def light_changes(f: Figures) -> list[str]:
    """灯的变化。一期的与上期比；跨几期的与这一段之前的一期比，没有更早的与首期比。"""
    if f["base"] is None:
        return [f"{f['period']['short']}为第一个报送期，没有上一期可以对照。"]
    labels = {"better": "好转", "worse": "变差", "finished": "办结", "started": "启动", "other": "其他变化"}
    total = sum(count(f, key) for key in labels)
    since = f"与{_base(f, f['base'])}相比，"
    if not total:
        return [f"{since}各项举措的灯色没有变化。"]
    kinds = [(label, rows(f, key)) for key, label in labels.items() if rows(f, key)]
    none = "".join(f"，无{labels[key]}" for key in ("better", "worse") if not rows(f, key))
    if len(kinds) == 1:
        [(label, found)] = kinds
        every = "均为" if total > 1 else "为"
        return [f"{since}灯色有变化的举措{total}项，{every}{label}（{_turned(found)}）{none}。"]
    listed = "；".join(f"{label}{len(found)}项（{_turned(found)}）" for label, found in kinds)
    return [f"{since}灯色有变化的举措{total}项：{listed}{none}。"]


def _base(f: Figures, base: PeriodName) -> str:
    if not f["is_span"]:
        return base["short"]
    return f"首期{base['short']}" if base["slug"] == f["first"]["slug"] else f"{base['short']}（期初）"


def _turned(found: list[Row]) -> str:
    """按“黄灯转红灯”归并：第10项由黄灯转红灯，第2、7项由绿灯转黄灯。"""
    grouped: dict[str, list[Row]] = {}
    for row in found:
        grouped.setdefault(row["note"], []).append(row)
    return "，".join(f"{numbers(group)}由{note}" for note, group in grouped.items())


def other_changes(f: Figures) -> list[str]:
    """新报的、新逾期的、办结、延期。"""
    if f["base"] is None:
        return [settled(f)]
    short = f["period"]["short"]
    newly = rows(f, "newly_reported")
    said = [stated(f"上期未报、{short}已报的", newly)]
    if is_due(f):
        said.append(stated(f"上期已报、{short}逾期未报的", rows(f, "newly_missed")))
    due = rows(f, "newly_due")
    said.append(f"新增到期未完成的举措：{len(due)}项，{_with_note(due)}。" if due else "新增到期未完成的举措：无。")
    return ["".join(said), settled(f)]


def settled(f: Figures) -> str:
    """办结与延期一段。"""
    said = [stated(f"{days(f)}办结", rows(f, "completions_new"))]
    for label, key in (
        ("重新打开", "reopened"),
        ("未批准延期", "extensions_refused"),
        ("延期申请待批", "extensions_waiting"),
    ):
        if rows(f, key):
            said.append(stated(label, rows(f, key)))
    extended = rows(f, "extensions_approved")
    listed = "；".join(f"{row['department']}第{row['number']}项，{row['note']}" for row in extended)
    said.insert(1, f"批准延期：{len(extended)}项次（{listed}）。" if extended else "批准延期：无。")
    return "".join(said)


def _with_note(found: list[Row]) -> str:
    return "、".join(f"第{row['number']}项（{row['note']}）" for row in found)


def warned(f: Figures, level: str) -> list[str]:
    """红灯（或黄灯）举措逐项：谁牵头、为什么、部室怎么说、下步打算。没有的写“无”。"""
    found = [line for line in f["lines"] if line["light"] == level]
    if not found:
        return ["无。"]
    label = WARNED[level]
    groups = grouped(found, _fate)
    said = [alike(f, group, _fate(group[0])) if len(group) > 1 else _warned(group[0]) for group in groups]
    return within(numbered(said), lambda n: f"其余{sum(map(len, groups[-n:]))}项{label}举措见附件。")


def grouped(lines: list[MeasureLine], said: Callable[[MeasureLine], str]) -> list[list[MeasureLine]]:
    """说的话一模一样的（至少三项）并成一组，次序照第一项；其余各自一组。二十一项写二十一遍，没有人看。"""
    same: dict[str, list[MeasureLine]] = {}
    for line in lines:
        same.setdefault(said(line), []).append(line)
    return [group for found in same.values() for group in ([found] if len(found) > 2 else [[x] for x in found])]


def these(f: Figures, found: list[MeasureLine]) -> str:
    """第1、2、5项；方案里的全部都在内的，不列序号。"""
    return "各项举措" if 1 < len(found) == count(f, "measures") else numbers(found)


def all_of(f: Figures, group: list[MeasureLine]) -> str:
    """第1、2、5项共3项举措；全部都在内的是“21项举措”。"""
    is_all = len(group) == count(f, "measures")
    return f"{'' if is_all else f'{numbers(group)}共'}{len(group)}项举措"


def alike(f: Figures, group: list[MeasureLine], said: str) -> str:
    """情况一样的几项：写一遍，谁牵头见附件。"""
    return f"{all_of(f, group)}（牵头领导、牵头部室见附件）情况相同。{said}"


def briefly(line: MeasureLine) -> str:
    """一项一句：谁牵头、为什么。"""
    return f"{named(line)}（{'、'.join(line['departments']) or '牵头部室未定'}）：{reason(line)}"


def _warned(line: MeasureLine) -> str:
    return f"{named(line)}（{_charged(line)}）。{_fate(line)}"


def _fate(line: MeasureLine) -> str:
    """为什么，部室怎么说。"""
    return f"{_why(line)}{_measures_taken(line)}"


def _why(line: MeasureLine) -> str:
    if line["is_manual"]:
        return f"原因（办公室定灯）：{reason(line)}"
    return reason(line) if len(line["parts"]) > 1 else f"原因：{reason(line)}"


def _charged(line: MeasureLine) -> str:
    leaders = f"牵头领导{'、'.join(line['leaders']) or '未定'}"
    if is_shared(line):
        return f"{leaders}，由各部室共同牵头"
    return f"{leaders}，牵头部室{'、'.join(line['departments']) or '未定'}"


def is_shared(line: MeasureLine) -> bool:
    """各部室共担的。"""
    return line["departments"] == ["各部室"]


def named(line: MeasureLine) -> str:
    """第8项“……”。"""
    return f"第{line['number']}项{quoted(line['title'])}"


def reason(line: MeasureLine) -> str:
    """为什么是这个灯。共同牵头的说清几个部室里有几个、是哪几个，各为什么。"""
    if line["is_manual"] or len(line["parts"]) < 2:
        return gist(tight(line["reason"]), 200)
    level, total = line["light"], len(line["parts"])
    groups = lights.by_reason((p["department"], tight(p["reason"])) for p in line["parts"] if p["light"] == level)
    if [len(names) for names in groups.values()] == [total]:
        return f"{total}个牵头部室均为{LIGHTS[level]}，原因均是{ended(next(iter(groups)))}"
    told = [f"{joined(names)}（{'均为' if len(names) > 1 else ''}{why}）" for why, names in groups.items()]
    n = sum(map(len, groups.values()))
    return f"{total}个牵头部室中，{LIGHTS[level]}{n}个，为{'、'.join(told)}。"


def blamed(line: MeasureLine) -> list[PartLine]:
    """为灯负责的几份：共同牵头的只算亮红灯、黄灯的；办公室定灯而各份都好的算全部。"""
    return [p for p in line["parts"] if p["light"] in WARNED] or line["parts"]


def _measures_taken(line: MeasureLine) -> str:
    """部室自己说的问题与打算。共同牵头的，只引亮红灯、黄灯的那几份；都没有说的，照实写。"""
    said = []
    is_joint = len(line["parts"]) > 1
    for part in blamed(line):
        name = part["department"] if is_joint else "部室"
        if part["problems"]:
            said.append(f"{name}反映：{gist(part['problems'])}")
        if part["next_steps"]:
            said.append(f"{name if not part['problems'] and is_joint else ''}下步打算：{gist(part['next_steps'])}")
    return "".join(said[:6]) or f"{_silent(line)}。"


def _silent(line: MeasureLine) -> str:
    """没有可引的：是一条通过的也没有，还是通过的里没有写。待审核、退回的没有定稿，不引，也不说没有报。"""
    names = [part["department"] for part in blamed(line)]
    who = "牵头部室" if len(line["parts"]) < 2 else "、".join(names[:3])
    if len(names) > 3:
        who += f"等{len(names)}个部室"
    if any(part["text"] for part in blamed(line)):
        return f"{who}审核通过的报送中没有写存在问题和下步打算"
    return f"{who}尚无审核通过的报送"


def problems(f: Figures) -> list[str]:
    """问题台账：总数一段，逾期的逐件列出。"""
    opened, overdue = count(f, "problems_open"), rows(f, "problems_overdue")
    if not opened:
        said = "目前没有未销号的问题"
    else:
        kinds = (
            ("逾期", "problems_overdue"),
            ("申请销号待核验", "problems_applied"),
            ("领导小组层面", "problems_group"),
        )
        have = [f"{label}{count(f, key)}件" for label, key in kinds if count(f, key)]
        said = f"目前未销号问题{opened}件" + (f"，其中{'、'.join(have)}" if have else "，均在期限之内")
    added, done = count(f, "problems_new"), count(f, "problems_settled")
    if not added + done:
        moved = f"{days(f)}无新挂账、无销号"
    else:
        moved = f"{days(f)}新挂账{added}件，" if added else f"{days(f)}无新挂账，"
        moved += f"销号{done}件，{_in_time(count(f, 'problems_on_time'), done)}" if done else "无销号"
    listed = within(numbered([_problem(row) for row in overdue]), lambda n: f"其余{n}件见问题台账。")
    return [f"{said}；{moved}。", *(["逾期未销号的问题如下。", *listed] if overdue else ["逾期未销号的问题：无。"])]


def _in_time(on_time: int, done: int) -> str:
    if on_time in (0, done):
        return ("均" if done > 1 else "") + ("按期销号" if on_time else "为逾期销号")
    return f"其中按期销号{on_time}件"


def _problem(row: Row) -> str:
    where = f"，涉及第{row['measure']}项举措" if row["measure"] else ""
    return (
        f"问题{row['number']}号{quoted(row['title'])}（责任部室{row['department']}{where}），"
        f"整改期限{dates.full(row['due_on'])}，已逾期{row['days_late']}天。"
    )


def instructions(f: Figures) -> list[str]:
    """批示办理。"""
    new, answered, waiting = (rows(f, f"instructions_{key}") for key in ("new", "answered", "waiting"))
    said = [f"{days(f)}领导批示{len(new)}件" if new else f"{days(f)}无新的领导批示"]
    if answered:
        said.append(f"回复完毕{len(answered)}件")
    said.append(f"{unanswered(waiting)}的{len(waiting)}件" if waiting else "无待回复的批示")
    return [
        "，".join(said) + "。",
        *within(numbered([_instruction(row) for row in waiting]), lambda n: f"其余{n}件从略。"),
    ]


def unanswered(waiting: list[Row]) -> str:
    """只有一个承办部室的说“尚未回复”，几个部室承办的说“尚未全部回复”。"""
    return "尚未全部回复" if any(len(row["departments"]) > 1 for row in waiting) else "尚未回复"


def _instruction(row: Row) -> str:
    urgent = "（急办）" if row["is_urgent"] else ""
    owing = f"待{'、'.join(row['owing'])}回复。" if row["owing"] else "各承办部室已回复。"
    said = quoted(gist(row["said"], 80))
    where = f"第{row['number']}项" if row["number"] else quoted(row["title"])
    return f"{row['leader']}同志{dates.short(row['on'])}就{where}作出批示{urgent}：{said}{owing}"


def self_reviewed(f: Figures, ask: str = "现予公布，接受监督") -> list[str]:
    """自审情况：办公室审本部室的。跨几期的写这一段的总数，另写最后一期是哪几项。"""
    office = organisation.current()
    why = f"{office.office}设在{office.seat}，审核人与报送部室相同的标为自审。"
    found, total = rows(f, "self_reviewed"), count(f, "span_self_reviewed") if f["is_span"] else 0
    if total:
        names = "、".join(dict.fromkeys(row["department"] for row in rows(f, "span_self_reviewed")))
        last = f"其中{f['period']['short']}{by_department(found)}" if found else f"其中{f['period']['short']}无"
        return [f"{why}{term(f)}自审通过{total}项次（{names}），{last}，{ask}。"]
    if not found:
        return [f"{why}{term(f)}自审：无。"]
    return [f"{why}{term(f)}自审通过{which(found)}，{ask}。"]


def reminders(f: Figures) -> str:
    """催办一句。"""
    found = rows(f, "reminders")
    if not found:
        return f"{days(f)}催办：无。"
    times: dict[str, int] = {}
    for row in found:
        times[row["department"]] = times.get(row["department"], 0) + 1
    who = "、".join(f"{name}{n}次" for name, n in times.items()) if len(times) > 1 else next(iter(times))
    return f"{days(f)}催办{len(found)}次（{who}）。"


def inspections(f: Figures) -> str:
    """督查检查一句。"""
    found = rows(f, "inspections")
    if not found:
        return f"{whole_days(f)}督查检查：无。"
    return f"{whole_days(f)}督查检查{len(found)}次：{'、'.join(row['text'] for row in found[:10])}{'等' if len(found) > 10 else ''}。"
