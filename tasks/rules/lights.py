"""红黄绿灯：（报了什么，今天）→ 颜色与理由。纯函数，不读库、不读钟。

方案没有规定灯。做法参照银川市“红黄绿灯”机制：达到序时进度为绿，低于序时 10–30 个百分点为黄，
超过 30 个百分点为红。阈值是方案的设置项（Plan.yellow_gap、red_gap），办公室可改。
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

RED, YELLOW, GREEN, NOT_STARTED, DONE = "red", "yellow", "green", "not_started", "done"
LABELS = {RED: "红灯", YELLOW: "黄灯", GREEN: "绿灯", NOT_STARTED: "未启动", DONE: "已完成"}
# 由急到缓，也是总览“红黄在前”的次序。
SEVERITY = {RED: 0, YELLOW: 1, GREEN: 2, NOT_STARTED: 3, DONE: 4}
PACE = "序时进度"
# 目标的语气里落后至多判黄的几种。
STRENGTHS = {"strive": "力争", "apply": "申请"}
# 灯的变化分几类。
DIRECTIONS = {
    "better": "灯色好转",
    "worse": "灯色变差",
    "finished": "转为已完成",
    "started": "转为启动",
    "other": "灯色其他变化",
}


@dataclass(frozen=True)
class TargetFact:
    """一个量化目标和它目前的完成值（没报过为 None）。"""

    name: str
    operator: str
    target: Decimal
    unit: str
    strength: str
    value: Decimal | None

    @property
    def degree(self) -> int | None:
        """完成度（百分之一，向下取整）。≥、= 类为完成值÷目标值；≤ 类为目标值÷完成值；都不超过 100。"""
        if self.value is None:
            return None
        part, whole = (self.value, self.target) if self.operator != "le" else (self.target, self.value)
        if whole == 0:
            return 100 if self.operator != "eq" or part == whole else 0  # “= 0”（零成本）而仍有数的，没有达到
        if self.operator == "eq" and self.value > self.target:
            return 100
        return min(100, int(part * 100 / whole))


@dataclass(frozen=True)
class MilestoneFact:
    """一个节点：名称、时限、完成日（没完成为 None）。"""

    name: str
    due_on: dt.date
    done_on: dt.date | None


@dataclass(frozen=True)
class Facts:
    """判灯要看的全部事实：一个项次，截至某一天。"""

    kind: str
    stage: str = "in_progress"
    percent: int | None = None
    start_on: dt.date | None = None
    due_on: dt.date | None = None
    is_completed: bool = False
    # 连续漏报的各期（简称），由早到晚。
    missed: tuple[str, ...] = ()
    # 本期按期报了没有；以前报过、或有一期该报的已到截止日：没有报过又还没到截止日的不判落后。
    is_on_time: bool = True
    is_due: bool = True
    targets: tuple[TargetFact, ...] = ()
    milestones: tuple[MilestoneFact, ...] = ()


@dataclass(frozen=True)
class Scale:
    """判灯的尺子：序时起止、本期止日、阈值（默认的；方案没有规定，办公室可在方案上另定）、今天。"""

    today: dt.date
    period_end: dt.date
    starts_on: dt.date
    ends_on: dt.date
    yellow_gap: int = 10
    red_gap: int = 30
    soon_days: int = 30


@dataclass(frozen=True)
class Finding:
    """定灯的一条依据：判到哪种灯、哪一类、说的是什么、与哪一天比。

    记下的是事实（`name` 为名字或整句话，`on` 为那一天）；“还有 3 天、已超 4 天”到看的那天才写成话，所以记下以后不用改写。
    """

    level: str
    kind: str
    name: str = ""
    on: dt.date | None = None

    def sentence(self, today: dt.date) -> str:
        """到 `today` 那天怎么说。"""
        if self.on is None:
            return self.name
        days = (self.on - today).days
        said = FINDINGS[self.kind] if days else TODAY.get(self.kind, FINDINGS[self.kind])
        return said.format(name=self.name, days=abs(days))


# 依据的几类 → 怎么说。与哪一天都不相干的是整句话（SAID）。
SAID, OVERDUE, SOON, MILESTONE_OVERDUE, MILESTONE_SOON = (
    "said",
    "overdue",
    "soon",
    "milestone_overdue",
    "milestone_soon",
)
FINDINGS = {
    OVERDUE: "到期未完成，已超 {days} 天",
    SOON: "距时限 {days} 天，尚未完成",
    MILESTONE_OVERDUE: "节点“{name}”到期未完成，已超 {days} 天",
    MILESTONE_SOON: "节点“{name}”还有 {days} 天到期",
}
# 就是那一天的，不说“0 天”。
TODAY = {SOON: "时限就是今天，尚未完成", MILESTONE_SOON: "节点“{name}”今天到期"}


@dataclass(frozen=True)
class Verdict:
    """一个项次判成什么：灯、进度与序时（百分之一）、各条依据（由急到缓）。没有判到红黄的，`good` 是那句话。"""

    level: str
    percent: int | None
    pace: int
    findings: tuple[Finding, ...] = ()
    good: str = ""

    def light(self, today: dt.date) -> "Light":
        """在 `today` 那天看到的灯与理由。"""
        said = tuple(finding.sentence(today) for finding in self.findings)
        return Light(self.level, "；".join(said) or self.good, self.percent, self.pace, findings=said)


@dataclass(frozen=True)
class Light:
    """一盏灯和它的理由（几条都写，定灯色的一条在前）。`is_manual` 为真表示办公室定灯。"""

    level: str
    reason: str
    percent: int | None = None
    pace: int | None = None
    is_manual: bool = field(default=False)
    findings: tuple[str, ...] = ()

    @property
    def brief(self) -> str:
        """表格里写得下的理由：最要紧的一条，其余在举措页上看。"""
        if len(self.findings) < 2:
            return self.reason
        return f"{self.findings[0]}（另有 {len(self.findings) - 1} 条）"

    @property
    def label(self) -> str:
        return LABELS[self.level]

    @property
    def is_warning(self) -> bool:
        """红灯、黄灯：要写明理由。"""
        return self.level in (RED, YELLOW)

    @property
    def severity(self) -> int:
        return SEVERITY[self.level]


def pace(starts_on: dt.date, ends_on: dt.date, at: dt.date) -> int:
    """序时进度（百分之一）：按月计，本期所在月算满月。3–12 月的方案，9 月是 70。起点不早于终点的按 100。"""
    if starts_on >= ends_on:
        return 100
    total = _months(starts_on, ends_on)
    return max(0, min(100, _months(starts_on, at) * 100 // total))


def _months(first: dt.date, last: dt.date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


def until_due(n: int, undue: int) -> str:
    """接在“绿灯 21 项”后面：其中几项一次也没有报过、首次报送还没有到截止日（Ledger.undue）。不说，就像是说都达到了序时。"""
    if not undue:
        return ""
    return f"（{'均' if n > 1 else ''}未到报送截止）" if undue == n else f"（其中 {undue} 项未到报送截止）"


def progress_percent(facts: Facts) -> int | None:
    """可比的进度：指标类取各目标完成度中最低的，节点类取所报百分比，常态类没有。"""
    if facts.is_completed:
        return None if facts.kind == "routine" else 100
    if facts.kind == "indicator":
        degrees = [t.degree for t in facts.targets]
        if not degrees:
            return facts.percent
        return min((0 if d is None else d) for d in degrees)
    if facts.kind == "milestone":
        return facts.percent
    return None


def judge(facts: Facts, scale: Scale) -> Light:
    """判一个项次的灯，连同在 `scale.today` 那天怎么说。"""
    return weigh(facts, scale).light(scale.today)


def weigh(facts: Facts, scale: Scale) -> Verdict:
    """判一个项次。几条规则都适用时按最急的一条定灯色，依据几条都记，最急的在前。"""
    percent = progress_percent(facts)
    start, end = facts.start_on or scale.starts_on, facts.due_on or scale.ends_on
    due_pace = pace(start, end, scale.period_end)
    if facts.is_completed:
        return Verdict(DONE, percent, due_pace, good="已办结")
    if facts.start_on and scale.today < facts.start_on and facts.stage == "not_started":
        return Verdict(NOT_STARTED, percent, due_pace, good=f"计划 {facts.start_on.month} 月启动")
    behind = sorted(_behind(facts, percent, due_pace, scale), key=lambda f: -f[1])
    findings = [*_missed(facts), *_deadline(facts, scale), *_milestones(facts, scale), *(f for f, _ in behind)]
    if not findings:
        return Verdict(GREEN, percent, due_pace, good=_good(facts, percent, due_pace, scale))
    findings.sort(key=lambda f: SEVERITY[f.level])
    return Verdict(findings[0].level, percent, due_pace, tuple(findings))


def _missed(facts: Facts) -> Iterator[Finding]:
    names = facts.missed
    if len(names) >= 2:
        which = "、".join(names) if len(names) <= 3 else f"{names[0]}至{names[-1]}"
        yield Finding(RED, SAID, f"连续 {len(names)} 期未报（{which}）")
    elif names:
        yield Finding(YELLOW, SAID, f"{names[0]}未报")


def _deadline(facts: Facts, scale: Scale) -> Iterator[Finding]:
    if facts.due_on is None:
        return
    days = (facts.due_on - scale.today).days
    if days < 0:
        yield Finding(RED, OVERDUE, on=facts.due_on)
    elif days <= scale.soon_days:
        yield Finding(YELLOW, SOON, on=facts.due_on)


def _milestones(facts: Facts, scale: Scale) -> Iterator[Finding]:
    """节点类有节点时，以节点为准：过期未完成判红，临近判黄。"""
    if facts.kind != "milestone":
        return
    for item in facts.milestones:
        if item.done_on is not None:
            continue
        days = (item.due_on - scale.today).days
        if days < 0:
            yield Finding(RED, MILESTONE_OVERDUE, item.name, item.due_on)
        elif days <= scale.soon_days:
            yield Finding(YELLOW, MILESTONE_SOON, item.name, item.due_on)


def _behind(facts: Facts, percent: int | None, due_pace: int, scale: Scale) -> Iterator[tuple[Finding, int]]:
    """落后序时进度：(依据, 差几个百分点)。有节点的节点类不再比百分比；“力争”“申请”类目标落后至多判黄。"""
    if facts.kind == "routine" or (facts.kind == "milestone" and facts.milestones) or not facts.is_due:
        return
    if facts.kind == "indicator" and facts.targets:
        for target in facts.targets:
            if level := target_level(target, due_pace, scale):
                gap = due_pace - (target.degree or 0)
                below = _below(due_pace, gap, scale)
                yield Finding(level, SAID, _target_reason(target, gap, scale, below)), gap
        return
    if facts.kind == "indicator" and percent is None:
        return  # 指标类而目标还没有录入：没有可比的，不判落后
    gap = due_pace - (percent or 0)
    level = _level(gap, scale)
    if level:
        now = "尚无通过的进度" if percent is None else f"进度 {percent}%"
        yield Finding(level, SAID, f"{now}，{_below(due_pace, gap, scale)}"), gap


def _below(due_pace: int, gap: int, scale: Scale) -> str:
    """低多少。本项的序时与全方案的不同的，写出本项的，免得与题下的序时进度对不上。"""
    whose = _pace_name(due_pace, scale)
    return f"低于{whose} {gap} 个百分点" if whose == PACE else f"低于{whose}（{due_pace}%）{gap} 个百分点"


def _pace_name(due_pace: int, scale: Scale) -> str:
    """本项另有起止、算出来与全方案的不同的，写明是本项的。"""
    return PACE if due_pace == pace(scale.starts_on, scale.ends_on, scale.period_end) else f"本项{PACE}"


def target_level(target: TargetFact, due_pace: int, scale: Scale) -> str | None:
    """一个量化目标落后到黄还是红；没有落后为 None。“力争”“申请”类至多判黄。"""
    level = _level(due_pace - (target.degree or 0), scale)
    return YELLOW if level == RED and target.strength != "must" else level


def _level(gap: int, scale: Scale) -> str | None:
    if gap > scale.red_gap:
        return RED
    return YELLOW if gap > scale.yellow_gap else None


def _target_reason(target: TargetFact, gap: int, scale: Scale, below: str) -> str:
    capped = target.strength != "must" and gap > scale.red_gap
    note = f"（{STRENGTHS[target.strength]}类目标，至多判黄）" if capped else ""
    if target.value is None:
        return f"{target.name}尚未报送完成值，{below}{note}"
    return f"{target.name} {target.value.normalize():f}{target.unit}，完成目标的 {target.degree}%，{below}{note}"


def _good(facts: Facts, percent: int | None, due_pace: int, scale: Scale) -> str:
    if facts.kind == "routine" and facts.is_on_time:
        return "按期报送，常态推进"
    if not facts.is_due:
        return "首次报送还没有到截止日，暂不判落后"
    if facts.kind == "routine":
        return "常态推进，未发现滞后"
    if facts.kind == "milestone" and facts.milestones:
        return "到期节点均已完成"
    if percent is None:
        return "尚无可比的进度"
    gap, whose = due_pace - percent, _pace_name(due_pace, scale)
    return (
        f"进度 {percent}%，达到{whose} {due_pace}%"
        if gap <= 0
        else f"进度 {percent}%，与{whose} {due_pace}% 相差 {gap} 个百分点，在允许范围内"
    )


def combine(parts: list[tuple[str, Light]], unit: str = "部室") -> Light:
    """一项举措的灯：共同牵头的取较差的一份，进度取较慢的一份。`parts` 为（部室名，灯），`unit` 是部室怎样统称。"""
    if not parts:
        return Light(NOT_STARTED, f"没有牵头{unit}")
    worst = min((light for _, light in parts), key=lambda light: light.severity)
    percents = [light.percent for _, light in parts if light.percent is not None]
    if len(parts) == 1:
        return Light(worst.level, worst.reason, min(percents, default=None), worst.pace, findings=worst.findings)
    blamed = [(name, light) for name, light in parts if light.level == worst.level]
    reason = "；".join(f"{who}：{light.reason}" for who, light in _told(blamed, len(parts), unit))
    findings = tuple(f"{who}：{said}" for who, light in _told(blamed, len(parts), unit) for said in light.findings)
    if len(blamed) == len(parts) and worst.level in (GREEN, DONE):
        reason = f"各牵头{unit}均{f'为{worst.label}' if worst.level == GREEN else '已办结'}"
    return Light(worst.level, reason, min(percents, default=None), worst.pace, findings=findings)


def by_reason(blamed: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """（部室，理由）按理由归并：理由 → 哪几个部室，次序照给的。"""
    found: dict[str, list[str]] = {}
    for name, reason in blamed:
        found.setdefault(reason, []).append(name)
    return found


def _told(blamed: list[tuple[str, Light]], total: int, unit: str) -> Iterator[tuple[str, Light]]:
    """定灯的各份（谁，灯）：理由相同的并在一起，说清几个、是哪几个。全部都是的只说几个。"""
    found = {light.reason: light for _, light in blamed}
    for reason, names in by_reason((name, light.reason) for name, light in blamed).items():
        if len(names) == total:
            yield f"{total} 个牵头{unit}均为", found[reason]
        else:
            yield "、".join(names) + (f" {len(names)} 个{unit}" if len(names) > 1 else ""), found[reason]


def direction(before: str, after: str) -> str:
    """灯从一种变成另一种算哪一类变化（DIRECTIONS 的键）。"""
    warning = (RED, YELLOW)
    if after == DONE:
        return "finished"
    if before == NOT_STARTED and after == GREEN:
        return "started"
    if after in warning and (before == DONE or SEVERITY[after] < SEVERITY[before]):
        return "worse"
    return "better" if before in warning and after in (*warning, GREEN) else "other"
