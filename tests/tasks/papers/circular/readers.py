"""把公文一句一句读回来，与真相相比。每一句都要有一条读法：没有读法的句子没有人核对，也算错。"""

import re
from collections import Counter
from dataclasses import dataclass, field

from tests.tasks.papers.circular.truths import WARNING, day

LABELS = {"red": "红灯", "yellow": "黄灯", "green": "绿灯", "done": "已办结", "not_started": "未启动"}
LEVELS = {label: level for level, label in LABELS.items()}
ROOM, LEADER = "(?:甲部|乙部|丙部)", "(?:赵领导|钱领导)"
ROOMS = rf"{ROOM}(?:、{ROOM})*"
NUMS = r"第(?:\d+、)*\d+项"
MONTH, DAY, DATE = r"\d+月", r"\d+月\d+日", r"2023年\d+月\d+日"
DAYS = rf"(?:截至{DAY}|{DAY}至{DAY}|{DAY}(?:之后)?)"
BY_ROOM = rf"{ROOM}\d+项次（{NUMS}）(?:、{ROOM}\d+项次（{NUMS}）)*"
WHICH = rf"(?:\d+项次，为{ROOM}{NUMS}|\d+项次，其中{BY_ROOM})"
WHO = rf"(?:各部室(?:\d+项次)?|{BY_ROOM}|{WHICH})"
READERS = []


def reads(pattern):
    """一种句子的读法：整句要合这个样子。"""

    def kept(check):
        READERS.append((re.compile(pattern), check))
        return check

    return kept


def same(said, true):
    """说的就是真的。"""
    assert said == true, f"说的是 {said}，真的是 {true}"


# ── 片段 ──────────────────────────────────────────────────


def numbers(text) -> list[str]:
    """第2、7项 → ["2", "7"]。"""
    return [n for body in re.findall(r"第((?:\d+、)*\d+)项", text or "") for n in body.split("、")]


def pairs(text) -> list[tuple[str, str]]:
    """“3项次，其中甲部1项次（第1项）……”→ 各（部室，序号）；写的几项次与列的相符。"""
    found = []
    for room, n, body in re.findall(rf"({ROOM})(?:(\d+)项次（)?第((?:\d+、)*\d+)项", text):
        listed = body.split("、")
        assert not n or int(n) == len(listed), text
        found += [(room, number) for number in listed]
    if total := re.match(r"(\d+)项次", text):
        assert int(total[1]) == len(found), text
    return found


def rooms(text) -> list[str]:
    return re.findall(ROOM, text)


def set_of(text, t, everyone) -> None:
    """这些项次（“各部室”是全部部室的全部应报）就是 `everyone`。"""
    if text.startswith("各部室"):
        same({room for room, _ in everyone}, {room for room, _ in t.pairs})
        same(everyone, t.owed)
        if n := re.search(r"\d+", text):
            same(int(n[0]), len(everyone))
        return
    found = pairs(text)
    same(sorted(found), sorted(everyone))


def stated(text, true) -> None:
    """“无”，或列出的就是真的。"""
    if text == "无":
        same([], sorted(true))
    else:
        same(sorted(pairs(text)), sorted(true))


def number_of(text, true) -> None:
    """写的数（没有写的是零）。"""
    same(int(text or 0), true)


def spelt(moment, *, full=False) -> str:
    """某天怎么写。"""
    return f"{'2023年' if full else ''}{moment.month}月{moment.day}日"


def short(period) -> str:
    return f"{period['starts_on'].month}月"


def span_name(t) -> str:
    first, last = t.first["starts_on"].month, t.now["starts_on"].month
    return f"2023年{first}月至{last}月" if t.is_span else f"2023年{last}月"


def in_days(text, t) -> None:
    """按日子数的句子，写的就是这一段的头一天和末一天。"""
    first, last = t.since and spelt(day(t.since)), spelt(t.as_of)
    same(text, f"截至{last}" if first is None else last if first == last else f"{first}至{last}")


def is_closing(t) -> bool:
    """这一段从上一期关闭时数起。"""
    return bool(t.since and t.earlier and t.since == t.earlier[-1]["closed_at"])


@dataclass
class Sheet:
    """一份公文读到哪里：哪一种、哪一节、刚说到哪一项，列过哪些。"""

    kind: str
    truth: object
    section: str = ""
    heading: str = ""
    measure: str = ""
    room: str = "部室"
    group: list = field(default_factory=list)
    told: list = field(default_factory=list)
    listed: list = field(default_factory=list)
    seen: Counter = field(default_factory=Counter)

    def read(self, sections) -> None:
        for section in sections:
            self.section = section["key"]
            for line in section["text"].split("\n"):
                if re.match(r"（[一二三四五]）[^。]+$", line):
                    self.turn(line[3:])
                    continue
                for sentence in line.replace("。”", "”").split("。"):
                    if sentence:
                        self.sentence(re.sub(r"^\d\.", "", sentence), sentence)
            self.turn("")

    def sentence(self, text, whole) -> None:
        for pattern, check in READERS:
            if found := pattern.fullmatch(text):
                self.seen[pattern.pattern] += 1
                try:
                    check(self.truth, self, *found.groups())
                except AssertionError as wrong:
                    raise AssertionError(f"{self.kind}·{self.section}：{whole}。——{wrong}") from wrong
                return
        raise AssertionError(f"{self.kind}·{self.section}：没有人核对这一句：{whole}。")

    def turn(self, heading) -> None:
        """换一个小标题：刚读完的一段，该列的都列了，不该列的没有列。"""
        t, listed, done = self.truth, self.listed, self.heading
        self.heading, self.measure, self.listed = heading, "", []
        if done == "逐项进展":
            same(
                self.told,
                [(n, room, *entry) for m in t.measures for n, room in t.rooms_of(m) for entry in t.told(room, n)],
            )
        for level in WARNING:
            if done == f"{LABELS[level]}举措":
                same(sorted(listed), sorted(t.lit(level)))
        if self.kind == "bulletin" and self.section == "attention" and not heading:
            same(sorted(listed), sorted(t.lit("red")))


# ── 一、开头与总体 ────────────────────────────────────────


@reads(r"按照《测试方案》（以下简称《行动方案》）关于.+的要求，现将(.+?)推进情况(?:通报|报告)如下")
def _(t, sheet, name):
    same(name, span_name(t))


@reads("《测试方案》（以下简称《行动方案》）印发以来，各部室按照分工推进各项举措")
def _(t, sheet):
    """没有数的套话。"""


@reads(r"(2023年\S+?)情况如下")
def _(t, sheet, name):
    same(name, span_name(t))


@reads(rf"本文数字截至({DATE})")
def _(t, sheet, said):
    same(said, spelt(t.as_of, full=True))


@reads(rf"({MONTH})报送截止日为({DAY})，尚未截止，此后报送的不在其内")
def _(t, sheet, month, due):
    same((month, due), (short(t.now), spelt(t.now["due_on"])))
    assert t.as_of <= t.now["due_on"] and not t.now["closed_at"]


@reads(rf"({MONTH})报送已于({DAY})截止，此后补报的不在其内")
def _(t, sheet, month, due):
    same((month, due), (short(t.now), spelt(t.now["due_on"])))
    assert t.is_past_due and not t.now["closed_at"]


@reads(rf"批示、问题、办结、延期、催办自({MONTH})报送关闭（({DAY})）后起计")
def _(t, sheet, month, said):
    assert is_closing(t)
    same((month, said), (short(t.earlier[-1]), spelt(day(t.earlier[-1]["closed_at"]))))


@reads(r"《行动方案》共(\d+)项举措，按牵头部室分解为(\d+)项次(?:（共同承担的按部室分别计次：(.+)）)?")
def _(t, sheet, measures, parts, notes):
    same((int(measures), int(parts)), (len(t.measures), len(t.pairs)))
    shared = [m["number"] for m in t.measures if m["all_departments"]]
    joint = [m["number"] for m in t.measures if not m["all_departments"] and len(t.parts_of(m)) > 1]
    said = {"由两个以上部室共同牵头": [], "由各部室共担": []}
    for note in (notes or "").split("，"):
        for label in said:
            if note.endswith(label):
                said[label] = numbers(note)
    same(said, {"由两个以上部室共同牵头": joint, "由各部室共担": shared})


@reads(rf"截至({DATE})，(.+?)(?:，无([红黄灯、和]+)举措)?")
def _(t, sheet, until, found, none):
    same(until, spelt(t.as_of, full=True))
    counted = {}
    for label, n, listed in re.findall(rf"(红灯|黄灯|绿灯|已办结|未启动)(\d+)项(?:（({NUMS})）)?", found):
        counted[LEVELS[label]] = int(n)
        if listed:
            same(numbers(listed), t.lit(LEVELS[label]))
    if every := re.search(r"(\d+)项举措均为(红灯|黄灯|绿灯|已办结|未启动)", found):
        same(int(every[1]), len(t.measures))
        counted[LEVELS[every[2]]] = int(every[1])
    waits = re.search(r"(\d+)项(?:（|举措均为绿灯（)(?:其中(\d+)项)?首次报送未到截止日，暂不判落后）", found)
    same(int(waits[2] or waits[1]) if waits else 0, len(t.undue()))
    same(counted, {level: len(t.lit(level)) for level in LABELS if t.lit(level)})
    same({LEVELS[x] for x in re.findall("红灯|黄灯", none or "")}, {x for x in WARNING if not t.lit(x)})


@reads(r"按月计算，序时进度为(\d+)%")
def _(t, sheet, said):
    same(int(said), t.pace({"start_on": None}, None, t.now))


@reads(rf"({MONTH})没有应报的(?:项次|部室)")
def _(t, sheet, month):
    same((month, t.owed), (short(t.now), set()))


@reads(rf"({MONTH})应报(\d+)项次，(均)?未报送")
def _(t, sheet, month, owed, every):
    same((month, int(owed), bool(every)), (short(t.now), len(t.owed), len(t.owed) > 1))
    same(t.unreported, t.owed)


@reads(rf"({MONTH})免报({WHICH})(，均?已办结)?")
def _(t, sheet, month, listed, done):
    same(month, short(t.now))
    stated(listed, t.exempt)
    same(bool(done), t.exempt <= t.completed())


@reads(rf"({MONTH})应报(\d+)项次，(无已报|已报.+?)；(无?未报.*|无?退回.*)")
def _(t, sheet, month, owed, reported, unsent):
    same((month, int(owed)), (short(t.now), len(t.owed)))
    approved, waiting = t.those("approved"), t.those("submitted")
    if reported == "无已报":
        same(t.reported, set())
    elif both := re.fullmatch(r"已报(\d+)项次，其中已通过(\d+)项次、待审核(\d+)项次", reported):
        same(tuple(map(int, both.groups())), (len(t.reported), len(approved), len(waiting)))
    else:
        n, every, state = re.fullmatch(r"已报(\d+)项次，(均)?(待审核|已审核通过)", reported).groups()
        same((int(n), bool(every)), (len(t.reported), len(t.reported) > 1))
        same(t.reported, waiting if state == "待审核" else approved)
    three(unsent, len(t.unreported), len(t.returned))


def three(text, unreported, returned):
    """未报、退回各几项次，没有的说没有。"""
    for label, true in (("未报", unreported), ("退回待改", returned)):
        n = re.search(rf"{label}(\d+)项次", text)
        assert n or f"无{label}" in text, text
        same(int(n[1]) if n else 0, true)


@reads(r"已[交报]的(\d+)项次(?:（含退回待改(\d+)项次）)?(.+)")
def _(t, sheet, n, returned, rest):
    whole = sheet.section == "overall" and sheet.kind == "report" and sheet.measure == "span"
    span = t.spanned if whole else [t.now]
    on_time = sum(len(t.sent(late=False, period=p)) for p in span)
    late = sum(len(t.sent(late=True, period=p)) for p in span)
    same(int(n), on_time + late)
    if not whole:
        number_of(returned, len(t.returned))
    if rest.endswith("按时报送，无补报"):
        same((late, rest.startswith("均")), (0, on_time > 1))
    elif rest.endswith("为补报"):
        same((on_time, rest.startswith("均")), (0, late > 1))
    else:
        a, b = re.fullmatch(r"中，按时报送(\d+)项次，补报(\d+)项次", rest).groups()
        same((int(a), int(b)), (on_time, late))


# ── 二、分部室 ────────────────────────────────────────────

FIXED = (
    "按部室统计以项次计，共同牵头的举措在各牵头部室分别计次，灯按本部室那一份计",
    "各部室情况见下表", "各期情况见下表", "逾期未销号的问题如下", "以上事项中需领导小组决定的，另文请示", "特此报告",
    "各部室主要负责同志作为第一责任人，要亲自研究部署和组织推动各项工作，重点抓好以下工作",
    "（一）加快推进滞后举措", "（一）按序时推进", "（二）按时报送进展", "（三）限期整改销号", "（三）及时挂账整改问题", "（四）抓好批示落实",
)  # fmt: skip


@reads("|".join(map(re.escape, FIXED)) + r"|.+设在.+，审核人与报送部室相同的标为自审")
def _(t, sheet):
    """没有数的套话。"""


@reads(rf"另有全体共担(\d+)项（({NUMS})），各部室各计1项次")
def _(t, sheet, n, listed):
    shared = [m["number"] for m in t.measures if m["all_departments"]]
    same((int(n), numbers(listed)), (len(shared), shared))
    for number in shared:
        same({(room, number) for room in t.name.values()}, {k for k in t.pairs if k[1] == number})


@reads(r"应报的(\d+)个部室均未报送，情况见下表")
def _(t, sheet, n):
    same(int(n), len({room for room, _ in t.owed}))
    same(t.unreported, t.owed)


def by_room(pairs) -> dict:
    found = {}
    for room, number in pairs:
        found.setdefault(room, set()).add(number)
    return found


@reads(rf"全部报送的部室(?:：无|(\d+)个：({ROOMS}))")
def _(t, sheet, n, listed):
    owed, reported = by_room(t.owed), by_room(t.reported)
    whole = {room for room in owed if reported.get(room) == owed[room]}
    same((int(n or 0), set(rooms(listed or ""))), (len(whole), whole))


@reads(r"还有未报或退回待改的部室(?:：无|(\d+)个：(.+))")
def _(t, sheet, n, listed):
    owed, states = (
        by_room(t.owed),
        {"已报": by_room(t.reported), "退回待改": by_room(t.returned), "未报": by_room(t.unreported)},
    )
    short_of = {room for room in owed if states["已报"].get(room) != owed[room]}
    found = re.findall(rf"({ROOM})（应报(\d+)项次，(.+?)）", listed or "")
    same((int(n or 0), {room for room, _, _ in found}), (len(short_of), short_of))
    for room, total, said in found:
        true = {label: len(of.get(room, ())) for label, of in states.items() if of.get(room)}
        same(int(total), len(owed[room]))
        if only := re.fullmatch(r"(均)?(已报|退回待改|未报)", said):
            same((bool(only[1]), {only[2]: int(total)}), (int(total) > 1, true))
        else:
            same({label: int(k) for label, k in re.findall(r"(已报|退回待改|未报)(\d+)项次", said)}, true)


# ── 三、变化 ──────────────────────────────────────────────

KINDS = {"好转": "better", "变差": "worse", "办结": "finished", "启动": "started", "其他变化": "other"}


def turn_kind(before, after) -> str:
    """灯从一种变成另一种，算哪一类：笨办法再写一遍。"""
    order = ["red", "yellow", "green", "not_started", "done"]
    if after == "done":
        return "finished"
    if (before, after) == ("not_started", "green"):
        return "started"
    if after in WARNING and (before == "done" or order.index(after) < order.index(before)):
        return "worse"
    return "better" if before in WARNING and after in ("red", "yellow", "green") else "other"


@reads(rf"({MONTH})为第一个报送期，没有上一期可以对照")
def _(t, sheet, month):
    same((month, t.base), (short(t.now), None))


def base_said(t, text):
    month = short(t.base)
    same(text, month if not t.is_span else f"首期{month}" if t.base is t.first else f"{month}（期初）")


@reads(r"与(.+?)相比，各项举措的灯色没有变化")
def _(t, sheet, base):
    base_said(t, base)
    same(t.turned(), {})


@reads(r"与(.+?)相比，灯色有变化的举措(\d+)项[：，](.+)")
def _(t, sheet, base, n, rest):
    base_said(t, base)
    turned = t.turned()
    same(int(n), len(turned))
    said = {}
    for listed, before, after in re.findall(
        rf"({NUMS})由(红灯|黄灯|绿灯|已办结|未启动)转(红灯|黄灯|绿灯|已办结|未启动)", rest
    ):
        said |= dict.fromkeys(numbers(listed), (LEVELS[before], LEVELS[after]))
    same(said, turned)
    true = [turn_kind(*turn) for turn in turned.values()]
    for label, key in KINDS.items():
        if k := re.search(rf"(?:：|；|^){label}(\d+)项（", rest):
            same(int(k[1]), true.count(key))
        if re.search(rf"为{label}（", rest):
            same(set(true), {key})
        if f"无{label}" in rest:
            assert key not in true


@reads(rf"上期未报、({MONTH})已报的：(无|{WHICH})")
def _(t, sheet, month, listed):
    same(month, short(t.now))
    stated(listed, t.reported & t.was("missing", "draft"))


@reads(rf"上期已报、({MONTH})逾期未报的：(无|{WHICH})")
def _(t, sheet, month, listed):
    assert t.is_past_due
    stated(listed, t.unreported & t.was("submitted", "approved"))


@reads(r"新增到期未完成的举措：(?:无|(\d+)项，(.+))")
def _(t, sheet, n, listed):
    same((int(n or 0), set(numbers(listed))), (len(t.newly_due()), t.newly_due()))


@reads(rf"({DAYS})办结：(无|{WHICH})")
def _(t, sheet, days, listed):
    in_days(days, t)
    stated(listed, t.completions_new())


@reads(rf"(重新打开|未批准延期|延期申请待批)：({WHICH})")
def _(t, sheet, label, listed):
    if label == "重新打开":
        return stated(listed, t.reopened())
    rows = t.extended("refused" if label == "未批准延期" else "waiting")
    return stated(listed, [t.by_id(e["assignment_id"]) for e in rows])


@reads(r"批准延期：(?:无|(\d+)项次（(.+)）)")
def _(t, sheet, n, listed):
    said = re.findall(rf"({ROOM})第(\d+)项，原时限({DATE})，延至({DATE})", listed or "")
    rows = t.extended("approved")
    same(int(n or 0), len(rows))
    true = [
        (*t.by_id(e["assignment_id"]), *(spelt(e[k], full=True) for k in ("old_due_on", "new_due_on"))) for e in rows
    ]
    same(sorted(said), sorted(true))


# ── 四、红灯、黄灯 ────────────────────────────────────────

HEAD = r"第(\d+)项“举措[子丑寅卯]”"


@reads("无")
def _(t, sheet):
    """这个小标题下什么也没有：列了几项由 `turn` 核对；问题、协调没有的另核。"""
    if sheet.heading == "重点问题":
        same([p for p in t.unsettled if p["level"] == "group"], [])
    if sheet.heading.startswith("部室之间"):
        same(t.coordination(), [])


@reads(rf"{HEAD}（牵头领导({LEADER})，(?:牵头部室({ROOMS})|由各部室共同牵头)）")
def _(t, sheet, number, leader, listed):
    sheet.measure, sheet.group, sheet.room = number, [number], "部室"
    sheet.listed.append(number)
    led = t.measure(number)
    same([leader], [t.leader[x["leader_id"]] for x in t.leaders if x["measure_id"] == led["id"]])
    if listed:
        same(rooms(listed), [t.room(a) for a in t.parts_of(led)])
    else:
        assert led["all_departments"]


@reads(r"原因(（办公室定灯）)?：(.+)")
def _(t, sheet, by_hand, why):
    for number in sheet.group:
        because(t, number, why, bool(by_hand))


@reads(rf"(?:({NUMS})共)?(\d+)项举措(?:（牵头领导、牵头部室见附件）情况相同|(?:（牵头部室见附件）)?：(.+))")
def _(t, sheet, listed, n, why):
    sheet.group, sheet.room = numbers(listed) if listed else [m["number"] for m in t.measures], "部室"
    same(int(n), len(sheet.group))
    sheet.listed += sheet.group
    sheet.measure = sheet.group[0]
    if why:
        for number in sheet.group:
            because(t, number, why, t.line(t.measure(number), t.now)[2])


@reads(rf"{HEAD}（(各部室|{ROOMS})）：(.+)")
def _(t, sheet, number, listed, why):
    sheet.listed.append(number)
    led = t.measure(number)
    if listed == "各部室":
        assert led["all_departments"]
    else:
        same(rooms(listed), [t.room(a) for a in t.parts_of(led)])
    because(t, number, why, t.line(led, t.now)[2])


@reads(r"(\d+个牵头部室(?:均为|中).+)")
def _(t, sheet, why):
    for number in sheet.group:
        because(t, number, why, False)


def because(t, number, why, by_hand):
    """为什么是这个灯：办公室定的是那句话；共同牵头的说的是哪几个部室、各为什么。"""
    led = t.measure(number)
    level, _, is_manual = t.line(led, t.now)
    same(by_hand, is_manual)
    if is_manual:
        return same(why, "手续")
    parts = {t.room(a): a for a in t.parts_of(led)}
    if len(parts) == 1:
        return [reason(t, a, led, why) for a in parts.values()]
    worst = {room: a for room, a in parts.items() if t.part(a, t.now)[0] == level}
    if every := re.fullmatch(r"(\d+)个牵头部室均为(红灯|黄灯)，原因均是(.+)", why):
        same((int(every[1]), LEVELS[every[2]], worst), (len(parts), level, parts))
        return [reason(t, a, led, every[3]) for a in parts.values()]
    total, label, n, rest = re.fullmatch(r"(\d+)个牵头部室中，(红灯|黄灯)(\d+)个，为(.+)", why).groups()
    same((int(total), LEVELS[label], int(n)), (len(parts), level, len(worst)))
    told = {}
    for names, said in re.findall(rf"({ROOM}(?:[、和]{ROOM})*)（(?:均为)?((?:[^（）]|（[^（）]*）)+)）", rest):
        told |= dict.fromkeys(rooms(names), said)
    same(set(told), set(worst))
    return [reason(t, a, led, told[room]) for room, a in worst.items()]


def reason(t, assignment, measure, text):
    """一份的各条理由，逐条核对；说的不会多，定灯色的一条不会少。"""
    level, percent, pace = t.part(assignment, t.now)
    found = set()
    for said in text.split("；"):
        found.add(one_reason(t, assignment, measure, said, percent, pace))
    assert level in found, f"说的理由到不了{LABELS[level]}：{text}"


BEHIND = re.compile(
    r"(?:进度(\d+)%|尚无通过的进度|目标尚未报送完成值|目标\d+个，完成目标的\d+%)，"
    r"低于(?:序时进度|本项序时进度（(\d+)%）)(\d+)个百分点(（力争类目标，至多判黄）)?"
)


def one_reason(t, assignment, measure, said, percent, pace) -> str:
    due, missed = t.due(assignment, measure, t.now), t.missed(assignment, t.now)
    if several := re.fullmatch(r"连续(\d+)期未报（(.+)）", said):
        same((int(several[1]), missed), (missed, len(re.findall(MONTH, several[2]))))
        return "red"
    if re.fullmatch(rf"{MONTH}未报", said):
        same(missed, 1)
        return "yellow"
    if late := re.fullmatch(r"到期未完成，已超(\d+)天", said):
        same(int(late[1]), (t.as_of - due).days)
        return "red"
    if soon := re.fullmatch(r"距时限(\d+)天，尚未完成", said):
        same(int(soon[1]), (due - t.as_of).days)
        return "yellow"
    if said == "时限就是今天，尚未完成":
        same(due, t.as_of)
        return "yellow"
    n, own, gap, capped = BEHIND.fullmatch(said).groups()
    degree = re.search(r"完成目标的(\d+)%", said)
    same(int(n or (degree and degree[1]) or 0), percent or 0)
    whole = t.pace({"start_on": None}, None, t.now)
    same(int(own) if own else whole, pace)
    same(int(gap), pace - (percent or 0))
    return "yellow" if capped or int(gap) <= 30 else "red"


@reads(rf"(部室|{ROOM})反映：缺人手")
def _(t, sheet, room):
    sheet.room = room
    last_words(t, sheet, room, "problems", "缺人手")


@reads(rf"({ROOM})?下步打算：再去办")
def _(t, sheet, room):
    last_words(t, sheet, room or sheet.room, "next_steps", "再去办")


def last_words(t, sheet, room, column, word) -> None:
    """刚说到的各项（这个部室）最近一次通过的报送里是这样写的。"""
    for number in sheet.group:
        led = [a for a in t.parts_of(t.measure(number)) if room == "部室" or t.room(a) == room]
        said = [rows[-1][column] for a in led if (rows := t.known(a, t.now))]
        assert word in said, number


@reads(rf"(牵头部室|{ROOMS})(审核通过的报送中没有写存在问题和下步打算|尚无审核通过的报送)")
def _(t, sheet, who, said):
    led = [a for n in sheet.group for a in t.parts_of(t.measure(n)) if who == "牵头部室" or t.room(a) in rooms(who)]
    rows = [found[-1] for a in led if (found := t.known(a, t.now))]
    same([r for r in rows if r["problems"] or r["next_steps"]], [])
    same(bool(rows), said.startswith("审核通过的"))


# ── 五、未报和迟报 ────────────────────────────────────────


@reads(rf"(?:({MONTH}))?(?:尚未报送|未报)(?:（({DAY})截止）)?：(无|{WHO})(?:，(均)?已逾期（({DAY})截止）)?")
def _(t, sheet, month, due, who, every, late):
    if month:
        same(month, short(t.now))
    if who == "无":
        return same(t.unreported, set())
    set_of(who, t, t.unreported)
    if late:
        assert t.is_past_due
        same((late, bool(every)), (spelt(t.now["due_on"]), len(t.unreported) > 1))
    if due:
        assert not t.is_past_due
        same(due, spelt(t.now["due_on"]))
    return None


@reads(rf"退回待改：(无|{WHICH})")
def _(t, sheet, listed):
    stated(listed, t.returned)


@reads(rf"补报（首次报送晚于截止日）：(无|{WHICH})")
def _(t, sheet, listed):
    stated(listed, t.sent(late=True))


@reads(rf"连续两期未报：(无|{WHICH})")
def _(t, sheet, listed):
    stated(listed, t.unreported & t.was("missing", "draft") if t.is_past_due else set())


@reads(rf"({DAYS})催办：无")
def _(t, sheet, days):
    in_days(days, t)
    same(t.reminders(), [])


@reads(rf"({DAYS})催办(\d+)次（(.+)）")
def _(t, sheet, days, n, listed):
    in_days(days, t)
    true = t.reminders()
    same(int(n), len(true))
    said = re.findall(rf"({ROOM})(\d+)次", listed) or [(listed, n)]
    same({room: int(k) for room, k in said}, {room: true.count(room) for room in true})


# ── 六、问题、批示、自审 ──────────────────────────────────


@reads(rf"目前(?:没有未销号的问题|未销号问题(\d+)件，(.+?))；({DAYS})(.+)")
def _(t, sheet, n, kinds, days, moved):
    in_days(days, t)
    number_of(n, len(t.unsettled))
    true = {
        "逾期": len(t.overdue()), "申请销号待核验": len(t.applied()),
        "领导小组层面": sum(p["level"] == "group" for p in t.unsettled),
    }  # fmt: skip
    if kinds == "均在期限之内":
        same(true["逾期"], 0)
    elif n:
        said = {label: int(k) for label, k in re.findall(r"(逾期|申请销号待核验|领导小组层面)(\d+)件", kinds)}
        same(said, {label: k for label, k in true.items() if k})
    new = [p for p in t.problems if t.within(p["created_at"])]
    number_of((re.search(r"新挂账(\d+)件", moved) or [0, 0])[1], len(new))
    done = re.search(r"，?(?<!未)销号(\d+)件，(.+)", moved)
    number_of(done and done[1], len(t.settled))
    if done:
        on_time = sum(day(p["settled_at"]) <= p["due_on"] for p in t.settled)
        said = {"按期销号": len(t.settled), "均按期销号": len(t.settled), "为逾期销号": 0, "均为逾期销号": 0}
        part = re.fullmatch(r"其中按期销号(\d+)件", done[2])
        same(int(part[1]) if part else said[done[2]], on_time)
    else:
        assert "无销号" in moved


@reads("逾期未销号的问题：无")
def _(t, sheet):
    same(t.overdue(), [])


def problem_row(t, number):
    return next(p for p in t.problems if p["number"] == int(number))


@reads(rf"问题(\d+)号“问题.”（责任部室({ROOM})(?:，涉及第(\d+)项举措)?），整改期限({DATE})，已逾期(\d+)天")
def _(t, sheet, number, room, measure, due, late):
    p = problem_row(t, number)
    assert p in t.overdue()
    same(room, t.name[p["department_id"]])
    same(measure, t.number.get(p["measure_id"]))
    same((due, int(late)), (spelt(p["due_on"], full=True), (t.as_of - p["due_on"]).days))


@reads(rf"({DAYS})督查检查(?:：无|(\d+)次：(.+))")
def _(t, sheet, days, n, listed):
    true = t.inspections()
    number_of(n, len(true))
    for i in true:
        assert f"{spelt(i['held_on'])}检查大厅" in listed


@reads(
    rf"({DAYS})(无新的领导批示|领导批示(\d+)件)(?:，回复完毕(\d+)件)?，(?:无待回复的批示|(尚未回复|尚未全部回复)的(\d+)件)"
)
def _(t, sheet, days, _said, new, answered, label, waiting):
    in_days(days, t)
    number_of(new, sum(t.within(i["at"]) for i in t.instructions))
    number_of(answered, sum(t.within(i["answered_at"]) for i in t.instructions))
    number_of(waiting, len(t.waiting()))
    if label:
        same(label == "尚未全部回复", any(len(i["rooms"]) > 1 for i in t.waiting()))


@reads(rf"({LEADER})同志({DAY})就第(\d+)项作出批示(（急办）)?：“抓紧办”(?:待({ROOMS})回复|各承办部室已回复)")
def _(t, sheet, leader, said, number, urgent, owing):
    said_of = (leader, said, number, bool(urgent), frozenset(rooms(owing or "")))
    assert said_of in [
        (t.leader[i["leader_id"]], spelt(day(i["at"])), i["number"], i["is_urgent"], frozenset(i["owing"]))
        for i in t.waiting()
    ]


@reads(r"(.+?)自审：无")
def _(t, sheet, term):
    same(set().union(*(t.self_reviewed(p) for p in t.spanned)), set())


@reads(rf"({MONTH})自审通过({WHICH})，(?:请|现予).+")
def _(t, sheet, month, listed):
    same(month, short(t.now))
    stated(listed, t.self_reviewed(t.now))


@reads(rf"({MONTH}至{MONTH})自审通过(\d+)项次（({ROOMS})），其中({MONTH})(无|{BY_ROOM})，(?:请|现予).+")
def _(t, sheet, term, n, listed, month, last):
    same((term, month), (f"{short(t.first)}至{short(t.now)}", short(t.now)))
    found = [pair for p in t.spanned for pair in t.self_reviewed(p)]
    same((int(n), set(rooms(listed))), (len(found), {room for room, _ in found}))
    stated(last, t.self_reviewed(t.now))


# ── 七、要求 ──────────────────────────────────────────────


@reads(rf"(红灯|黄灯)(\d+)项(?:（({NUMS})）)?的牵头部室要.+")
def _(t, sheet, label, n, listed):
    everything = [m["number"] for m in t.measures]
    same((int(n), numbers(listed) or everything), (len(t.lit(LEVELS[label])), t.lit(LEVELS[label])))


@reads("目前没有红灯、黄灯举措(?:，各部室要对照.+)?")
def _(t, sheet):
    same(t.lit("red") + t.lit("yellow"), [])


@reads("下期报送要写清.+")
def _(t, sheet):
    same(t.reported, t.owed)


@reads(
    rf"(?:(各部室|{BY_ROOM})尚未报送)?，?(?:({BY_ROOM})退回待改)?，请(尽快补报|于{DAY}前报送)；没有新进展的也要报，写明原因"
)
def _(t, sheet, missing, returned, when):
    set_of(missing, t, t.unreported) if missing else same(t.unreported, set())
    set_of(returned, t, t.returned) if returned else same(t.returned, set())
    hurry(t, when)


def hurry(t, when):
    """请何时报：还没有截止、没有关闭的，写截止日。"""
    is_past = t.is_past_due or bool(t.now["closed_at"])
    same(when.removesuffix("前报送").removeprefix("于"), "尽快补报" if is_past else spelt(t.now["due_on"]))


@reads("目前没有未销号的问题，新发现的问题要.+")
def _(t, sheet):
    same(t.unsettled, [])


@reads(
    r"未销号的(\d+)件问题，责任部室要按期整改，(?:逾期的(\d+)件要立即说明原因、明确新的措施，)?整改到位后及时申请销号"
)
def _(t, sheet, n, late):
    same(int(n), len(t.unsettled))
    number_of(late, len(t.overdue()))


@reads(rf"(尚未回复|尚未全部回复)的(\d+)件批示，(有关部室|{ROOMS})要尽快办理并回复")
def _(t, sheet, label, n, who):
    same((int(n), label == "尚未全部回复"), (len(t.waiting()), any(len(i["rooms"]) > 1 for i in t.waiting())))
    owing = set().union(*(i["owing"] for i in t.waiting()))
    same(set(rooms(who)), owing)


# ── 八、报告与简报自己的 ──────────────────────────────────


@reads(r"(2023年\S+?)没有应报的项次")
def _(t, sheet, name):
    same(name, span_name(t))
    same([p for p in t.spanned if t.standing(p)], [])


@reads(r"(2023年\S+?)共(\d+)期，累计应报(\d+)项次，(.+)")
def _(t, sheet, name, n, owed, rest):
    sheet.measure = "span"
    total = sum(len(t.standing(p)) for p in t.spanned)
    same((name, int(n), int(owed)), (span_name(t), len(t.spanned), total))
    unreported, returned, reported = (
        sum(len(t.those(*states, period=p)) for p in t.spanned)
        for states in (("missing", "draft"), ("returned",), ("submitted", "approved"))
    )
    if re.fullmatch("均?未报送", rest):
        return same((unreported, rest.startswith("均")), (total, total > 1))
    number_of((re.match(r"已报(\d+)项次", rest) or [0, 0])[1], reported)
    return three(rest.partition("，")[2], unreported, returned)


@reads("《行动方案》没有量化目标")
def _(t, sheet):
    same(t.targets, [])


@reads(r"量化目标共(\d+)个")
def _(t, sheet, n):
    same(int(n), len(t.targets))


@reads(r"(已达到|尚未达到)(?:的：无|(\d+)个：(.+))")
def _(t, sheet, label, n, listed):
    true = {t.number[x["measure_id"]]: x for x in t.targets}
    met = {number for number, x in true.items() if t.is_met(x)}
    wanted = met if label == "已达到" else set(true) - met
    same((int(n or 0), set(re.findall(r"第(\d+)项目标（", listed or ""))), (len(wanted), wanted))
    for number, now in re.findall(r"第(\d+)项目标（[^（）]+，(?:现为(\d+)个|尚无完成值)）", listed or ""):
        same(int(now) if now else None, t.value_of(true[number]))


DID = "做事[子丑寅卯]|更正了"


@reads(rf"(?:{HEAD}：)?(?:({ROOM}?)({MONTH})?，)?({DID})")
def _(t, sheet, number, room, month, said):
    """逐项进展的一条：哪一项、哪个部室、哪一期、说了什么。列全没有由 `turn` 核对。"""
    sheet.measure = number or sheet.measure
    if number:
        sheet.room = t.room(t.parts_of(t.measure(number))[0])
    sheet.room = room = room or sheet.room
    sheet.told.append((sheet.measure, room, month or short(t.now), said))


@reads(rf"({NUMS})(.+?)没有新的进展")
def _(t, sheet, listed, term):
    same(term, f"{short(t.first)}至{short(t.now)}" if t.is_span else short(t.now))
    for number in numbers(listed):
        assert [pair for pair in t.pairs if pair[1] == number and t.approved(*pair)]
        same([pair for pair in t.pairs if pair[1] == number and t.told(*pair)], [])


@reads(rf"({NUMS})尚无审核通过的进展|各项举措均尚无审核通过的进展")
def _(t, sheet, listed):
    silent = {n for n in t.number.values() if not any(t.approved(*pair) for pair in t.pairs if pair[1] == n)}
    same(set(numbers(listed)) if listed else set(t.number.values()), silent)


@reads(rf"问题(\d+)号“问题.”（责任部室({ROOM})，整改期限({DATE})）：情况不明")
def _(t, sheet, number, room, due):
    p = problem_row(t, number)
    assert p in t.unsettled and p["level"] == "group"
    same((room, due), (t.name[p["department_id"]], spelt(p["due_on"], full=True)))


@reads(rf"({ROOM})就第(\d+)项请({ROOM})协调：请帮忙")
def _(t, sheet, room, number, to):
    [c] = t.coordination()
    sent = next(r for r in t.reports if r["id"] == c["progress_id"])
    same((room, number, to), (*t.by_id(sent["assignment_id"]), t.name[c["to_department_id"]]))


@reads(r"第(\d+)项：(再去办(?:；再去办)*)")
def _(t, sheet, number, steps):
    assert t.level(number) in WARNING
    planned = [r[-1]["next_steps"] for a in t.parts_of(t.measure(number)) if (r := t.known(a, t.now))]
    assert planned.count("再去办") >= len(steps.split("；"))


@reads(rf"({NUMS}|各项举措)亮灯的部室没有审核通过的下步打算，由办公室督促(尽快补报|于{DAY}前报送)")
def _(t, sheet, listed, when):
    for number in numbers(listed) or [m["number"] for m in t.measures]:
        assert t.level(number) in WARNING
        led = t.parts_of(t.measure(number))
        lit = [a for a in led if t.shown(a, t.now)[0] in WARNING] or led
        same([r[-1]["next_steps"] for a in lit if (r := t.known(a, t.now)) and r[-1]["next_steps"]], [])
    hurry(t, when)


@reads(
    r"继续按月跟踪、审核和通报各项举措进展(；对红灯、黄灯举措逐项督办)?(?:；督促(.+?)(尽快补报|于\d+月\d+日前报送))?(?:；对逾期未销号的(\d+)件问题跟踪整改)?"
)
def _(t, sheet, lit, missing, when, late):
    same(bool(lit), bool(t.lit("red") or t.lit("yellow")))
    set_of(missing, t, t.unreported) if missing else same(t.unreported, set())
    if when:
        hurry(t, when)
    number_of(late, len(t.overdue()))


@reads(rf"(?:进展成效|经验做法)：({ROOM})（第(\d+)项）")
def _(t, sheet, room, number):
    sent = {r["id"]: r for r in t.reports}
    assert (room, number) in [t.by_id(sent[s["progress_id"]]["assignment_id"]) for s in t.stories()]


@reads("讲得好")
def _(t, sheet):
    """发布的原话。"""


@reads(rf"({ROOM})（{HEAD}）：({DID})")
def _(t, sheet, room, number, said):
    last = t.approved(room, number)[-1]
    same((last["text"], last["period_id"], last["is_no_change"]), (said, t.now["id"], False))
    assert t.level(number) in ("green", "done")


@reads(r"(.+?)没有可以列为亮点的进展")
def _(t, sheet, term):
    same(t.stories(), [])
    told = [
        pair for pair in t.pairs if t.level(pair[1]) in ("green", "done") and (r := t.approved(*pair))
        and r[-1]["period_id"] == t.now["id"] and not r[-1]["is_no_change"]
    ]  # fmt: skip
    same(told, [])


@reads("红灯举措：无")
def _(t, sheet):
    same(t.lit("red"), [])


@reads(r"逾期未销号的问题(\d+)件：(.+)")
def _(t, sheet, n, listed):
    said = re.findall(rf"问题(\d+)号“问题.”（({ROOM})）", listed)
    same(int(n), len(said))
    same(sorted(said), sorted((str(p["number"]), t.name[p["department_id"]]) for p in t.overdue()))
