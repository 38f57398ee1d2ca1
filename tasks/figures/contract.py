"""冻结的数字是什么样：`snapshot.collect` 收成、公文（papers/circular）照着写的那份 JSON。

印发过的公文里已经存着这些键，只能添，不能改名、不能删。日期、时刻是 ISO 文字，百分数是整数（百分之一）。
"""

from typing import Any, NotRequired, TypedDict


class Row(TypedDict, total=False):
    """一个数字数到的一条。各种数字带的不一样，`text` 与 `url` 总有。"""

    number: Any  # 举措的序号是文字（“8-1”），问题的编号是数
    title: str
    url: str
    text: str
    note: str
    n: int  # 这一行代表几条；没有写的算一条
    department: str
    departments: list[str]
    # 灯的变化
    before: str
    after: str
    reason: str
    # 问题、批示、协调、检查
    said: str
    category: str
    level: str
    measure: str
    due_on: str
    days_late: int
    leader: str
    on: str
    is_urgent: bool
    owing: list[str]
    to: str
    place: str


class Figure(TypedDict):
    """一个数字：叫什么、什么单位、多少、点开看哪张清单（没有为空）、数到的每一条。"""

    label: str
    unit: str
    n: int
    url: str
    rows: list[Row]


class PlanName(TypedDict):
    """哪一份方案。"""

    title: str
    document_number: str


class PeriodName(TypedDict):
    """哪一期。"""

    slug: str
    name: str
    short: str
    due_on: str
    is_closed: bool
    url: str


class Since(TypedDict):
    """这一段从哪天数起；从上一期关闭时数起的，`closed` 是那一期的简称，否则为空。"""

    on: str
    closed: str


class Thresholds(TypedDict):
    """判灯的阈值（百分点）。"""

    yellow: int
    red: int


# `from`（哪一期报的）是 Python 的关键字，只能这样写。
_From = TypedDict("_From", {"from": str})


class Told(_From):
    """哪一期通过的、说了什么。"""

    text: str


class PartLine(_From):
    """一个部室的一份：灯，和最近一次通过的报送里说的。

    `told` 是有内容的（不是“本期无变化”）：一期的只有最近一条，跨几期的是这几期的各条，新的在前。早先印发的没有这个键。
    """

    text: str
    problems: str
    next_steps: str
    coordination: str
    department: str
    light: str
    reason: str
    percent: int | None
    is_current: bool
    is_no_change: bool
    told: NotRequired[list[Told]]


class MeasureLine(TypedDict):
    """台账的一行（一项举措）。`before` 是所比的那一期的灯，那时还没有的为 None。没有配合单位的没有那个键。"""

    number: str
    title: str
    url: str
    leaders: list[str]
    departments: list[str]
    kind: str
    light: str
    label: str
    reason: str
    is_manual: bool
    percent: int | None
    pace: int | None
    before: str | None
    status: str
    parts: list[PartLine]
    cooperating: NotRequired[str]


class Reports(TypedDict):
    """报送（项次），键同 `counts.REPORTING`。"""

    owed: int
    reported: int
    approved: int
    submitted: int
    unreported: int
    missing: int
    draft: int
    returned: int
    on_time: int
    late: int


class Lights(TypedDict):
    """各灯几项（或几项次），键同 `numbers.LIGHTS`。"""

    red: int
    yellow: int
    green: int
    not_started: int
    done: int


class DepartmentLine(Reports, Lights):
    """一个部室（项次）：牵头几项次、其中几项次是共担的、已报的百分比。"""

    name: str
    url: str
    assignments: int
    shared: int
    share: int


class PeriodLine(Reports, Lights):
    """一期：报送（项次）与灯（项）。"""

    name: str
    short: str
    url: str


class TargetLine(TypedDict):
    """一个量化目标与完成值；没有完成值的 `value` 为空。"""

    number: str
    name: str
    goal: str
    strength: str
    value: str
    is_met: bool


class Story(TypedDict):
    """发布过的一条进展成效、经验做法。"""

    number: str
    title: str
    department: str
    category: str
    text: str
    url: str


class Moved(TypedDict):
    """改了序号的一项。"""

    before: str
    after: str


class Revised(TypedDict):
    """方案修订一次：哪天、第几版；撤销的是第几版（不是撤销的为 0）；各类是哪几项（序号，退出的是原来的）。"""

    on: str
    version: int
    reverts: int
    added: list[str]
    removed: list[str]
    moved: list[Moved]
    changed: list[str]


class Figures(TypedDict):
    """一期（或连续几期）的全部数字。`base` 是和哪一期比，没有可比的为 None。"""

    schema: int
    plan: PlanName
    period: PeriodName
    first: PeriodName
    base: PeriodName | None
    is_span: bool
    as_of: str
    taken_at: str
    pace: int
    thresholds: Thresholds
    counts: dict[str, Figure]
    lines: list[MeasureLine]
    departments: list[DepartmentLine]
    periods: list[PeriodLine]
    targets: list[TargetLine]
    stories: list[Story]
    revised: NotRequired[list[Revised]]  # 早先印发的没有这个键
    since: NotRequired[Since | None]  # 没有更早的一期的为 None；早先印发的没有这个键
    helped: NotRequired[bool]  # 有没有一项有配合单位；早先印发的没有这个键
    letterhead: NotRequired[dict[str, Any]]  # 印发时一并冻结（organisation.letterhead）
