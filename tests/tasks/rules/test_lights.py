"""判灯的每一条规则与它的边界值。`lights` 是纯函数，这里不碰数据库。"""

import datetime as dt
import itertools
from dataclasses import replace
from decimal import Decimal

import pytest

from tasks.rules import lights
from tasks.rules.lights import DONE, GREEN, NOT_STARTED, RED, YELLOW, Facts, Light, MilestoneFact, Scale, TargetFact

TODAY = dt.date(2023, 9, 22)
SCALE = Scale(
    today=TODAY, period_end=dt.date(2023, 9, 30), starts_on=dt.date(2023, 3, 1), ends_on=dt.date(2023, 12, 31)
)
PACE = 70


def day(offset):
    return TODAY + dt.timedelta(days=offset)


def target(value, *, goal="100", operator="ge", strength="must", name="承诺制率", unit="%"):
    return TargetFact(name, operator, Decimal(goal), unit, strength, None if value is None else Decimal(str(value)))


def milestone(percent=None, **extra):
    return Facts("milestone", percent=percent, **extra)


def indicator(*targets, **extra):
    return Facts("indicator", targets=targets, **extra)


def routine(**extra):
    return Facts("routine", **extra)


def level(facts, scale=SCALE):
    return lights.judge(facts, scale).level


# ── 完成度 ────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("operator", "goal", "value", "degree"),
    [
        ("ge", "80", None, None),
        ("ge", "80", "0", 0),
        ("ge", "80", "40", 50),
        ("ge", "80", "79.999", 99),
        ("ge", "80", "80", 100),
        ("ge", "80", "160", 100),
        ("ge", "0", "0", 100),
        ("ge", "0", "3", 100),
        ("ge", "3", "1", 33),
        ("ge", "3", "2", 66),
        ("le", "0.5", None, None),
        ("le", "0.5", "0.5", 100),
        ("le", "0.5", "0.25", 100),
        ("le", "0.5", "0", 100),
        ("le", "0.5", "0.6", 83),
        ("le", "0.5", "1", 50),
        ("le", "0.5", "200", 0),
        ("le", "0", "0", 100),
        ("le", "0", "0.001", 0),
        ("eq", "5", None, None),
        ("eq", "5", "0", 0),
        ("eq", "5", "4", 80),
        ("eq", "5", "5", 100),
        ("eq", "5", "6", 100),
        ("eq", "0", "0", 100),
        # “零成本”：还在收费就是没有做到，不能算 100%。
        ("eq", "0", "200", 0),
    ],
)
def test_degree_of_a_target(operator, goal, value, degree):
    assert target(value, goal=goal, operator=operator).degree == degree


@pytest.mark.parametrize("operator", ["ge", "le", "eq"])
def test_a_degree_is_always_a_whole_number_from_0_to_100(operator):
    numbers = ["0", "0.001", "0.5", "1", "3", "99.999", "100", "999999999"]
    for goal, value in itertools.product(numbers, numbers):
        degree = target(value, goal=goal, operator=operator).degree
        assert type(degree) is int
        assert 0 <= degree <= 100


@pytest.mark.parametrize("operator", ["ge", "le"])
def test_a_target_that_is_met_is_always_100(operator):
    numbers = ["0", "0.5", "1", "3", "100"]
    for goal, value in itertools.product(numbers, numbers):
        met = Decimal(value) >= Decimal(goal) if operator == "ge" else Decimal(value) <= Decimal(goal)
        assert (target(value, goal=goal, operator=operator).degree == 100) is met


# ── 序时进度 ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("month", "pace"),
    [(1, 0), (2, 0), (3, 10), (4, 20), (5, 30), (6, 40), (7, 50), (8, 60), (9, 70), (10, 80), (11, 90), (12, 100)],
)
def test_pace_of_the_march_to_december_plan_by_month(month, pace):
    assert lights.pace(dt.date(2023, 3, 1), dt.date(2023, 12, 31), dt.date(2023, month, 28)) == pace


@pytest.mark.parametrize(
    ("start", "end", "at", "pace"),
    [
        # 本期所在月算满月：月初月末一样
        ((2023, 3, 1), (2023, 12, 31), (2023, 9, 1), 70),
        ((2023, 3, 31), (2023, 12, 1), (2023, 9, 30), 70),
        # 跨年
        ((2022, 11, 1), (2023, 2, 28), (2022, 10, 31), 0),
        ((2022, 11, 1), (2023, 2, 28), (2022, 12, 31), 50),
        ((2022, 11, 1), (2023, 2, 28), (2023, 1, 1), 75),
        ((2022, 11, 1), (2023, 2, 28), (2023, 2, 1), 100),
        ((2022, 1, 1), (2024, 12, 31), (2023, 6, 30), 50),
        # 除不尽向下取整
        ((2023, 1, 1), (2023, 3, 31), (2023, 1, 31), 33),
        ((2023, 1, 1), (2023, 3, 31), (2023, 2, 28), 66),
        # 到期之后封顶，开始之前为零
        ((2023, 3, 1), (2023, 12, 31), (2024, 1, 1), 100),
        ((2023, 3, 1), (2023, 12, 31), (2021, 9, 30), 0),
        # 只有一个月
        ((2023, 9, 1), (2023, 9, 30), (2023, 8, 31), 0),
        ((2023, 9, 1), (2023, 9, 30), (2023, 9, 1), 100),
        # 终点不晚于起点（计划启动晚于方案终点而没有时限）：没有序时可言，按 100，不得出错
        ((2023, 9, 10), (2023, 9, 10), (2023, 8, 1), 100),
        ((2024, 1, 15), (2023, 12, 31), (2023, 9, 30), 100),
        ((2024, 6, 1), (2023, 12, 31), (2023, 9, 30), 100),
    ],
)
def test_pace_at_the_edges(start, end, at, pace):
    assert lights.pace(dt.date(*start), dt.date(*end), dt.date(*at)) == pace


# ── 落后序时 ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(-30, GREEN), (0, GREEN), (1, GREEN), (10, GREEN), (11, YELLOW), (30, YELLOW), (31, RED), (70, RED)],
)
def test_gap_to_the_pace_decides_the_light_of_a_milestone_measure(gap, expected):
    light = lights.judge(milestone(PACE - gap), SCALE)
    assert (light.level, light.percent, light.pace) == (expected, PACE - gap, PACE)
    if expected != GREEN:
        assert light.reason == f"进度 {PACE - gap}%，低于序时进度 {gap} 个百分点"


@pytest.mark.parametrize(
    ("gap", "must", "soft"),
    [
        (0, GREEN, GREEN),
        (10, GREEN, GREEN),
        (11, YELLOW, YELLOW),
        (30, YELLOW, YELLOW),
        (31, RED, YELLOW),
        (70, RED, YELLOW),
    ],
)
def test_gap_of_a_must_target_can_be_red_and_of_a_soft_one_never(gap, must, soft):
    assert level(indicator(target(PACE - gap))) == must
    assert level(indicator(target(PACE - gap, strength="strive"))) == soft
    assert level(indicator(target(PACE - gap, strength="apply"))) == soft


@pytest.mark.parametrize(
    ("yellow", "red", "gap", "expected"),
    [(0, 1, 0, GREEN), (0, 1, 1, YELLOW), (0, 1, 2, RED), (20, 50, 20, GREEN), (20, 50, 21, YELLOW), (20, 50, 51, RED)],
)
def test_the_thresholds_are_settings_of_the_plan(yellow, red, gap, expected):
    scale = Scale(TODAY, SCALE.period_end, SCALE.starts_on, SCALE.ends_on, yellow_gap=yellow, red_gap=red)
    assert level(milestone(PACE - gap), scale) == expected


def test_a_milestone_measure_nobody_reported_counts_as_zero():
    light = lights.judge(milestone(None), SCALE)
    assert (light.level, light.reason, light.percent) == (RED, "尚无通过的进度，低于序时进度 70 个百分点", None)


def test_a_target_without_a_value_counts_as_zero_and_says_so():
    light = lights.judge(indicator(target(None)), SCALE)
    assert (light.level, light.percent) == (RED, 0)
    assert light.reason == "承诺制率尚未报送完成值，低于序时进度 70 个百分点"


def test_an_unreported_soft_target_is_yellow_even_at_the_end_of_the_year():
    scale = Scale(dt.date(2023, 12, 31), dt.date(2023, 12, 31), SCALE.starts_on, SCALE.ends_on)
    assert level(indicator(target(None, strength="strive")), scale) == YELLOW


def test_the_reason_quotes_value_degree_and_gap_of_the_slowest_target():
    fast, slow = target("60", name="快的"), target("40.50", name="慢的")
    light = lights.judge(indicator(fast, slow), SCALE)
    assert light.reason == "慢的 40.5%，完成目标的 40%，低于序时进度 30 个百分点"
    assert (light.brief, light.findings) == (light.reason, (light.reason,))
    assert light.percent == 40


def test_a_red_target_outranks_a_slower_soft_one():
    light = lights.judge(indicator(target("0", strength="apply", name="申请的"), target("30", name="须达的")), SCALE)
    assert light.level == RED
    assert light.reason.startswith("须达的")


def test_a_target_nobody_reported_counts_as_zero_to_the_point():
    """没有报过的按 0 算：差的恰是整个序时进度，多一点少一点灯就不同。"""
    wide, wider = (replace(SCALE, red_gap=gap) for gap in (PACE - 1, PACE))
    for value in (None, "0"):
        assert lights.target_level(target(value), PACE, wide) == RED
        assert lights.target_level(target(value), PACE, wider) == YELLOW


def test_a_soft_target_just_within_the_red_line_owes_its_yellow_to_nothing_else():
    light = lights.judge(indicator(target("40", strength="strive", name="力争的")), SCALE)
    assert (light.level, light.reason) == (YELLOW, "力争的 40%，完成目标的 40%，低于序时进度 30 个百分点")


def test_progress_of_an_indicator_is_its_slowest_target():
    assert lights.progress_percent(indicator(target("90"), target("20"))) == 20
    assert lights.progress_percent(indicator(target("90"), target(None))) == 0


def test_an_indicator_without_targets_is_not_judged_behind():
    light = lights.judge(indicator(), SCALE)
    assert (light.level, light.percent, light.reason) == (GREEN, None, "尚无可比的进度")


def test_an_indicator_without_targets_but_with_a_percent_is_judged_by_it():
    assert level(indicator(percent=PACE - 31)) == RED


def test_routine_measures_are_never_behind():
    light = lights.judge(routine(percent=0), SCALE)
    assert (light.level, light.percent, light.reason) == (GREEN, None, "按期报送，常态推进")


def test_own_start_and_due_date_replace_those_of_the_plan():
    """10 月启动、12 月到期的举措，9 月还没有序时要求，11 月是 66。"""
    facts = milestone(0, start_on=dt.date(2023, 10, 1), due_on=dt.date(2023, 12, 31), stage="in_progress")
    assert lights.judge(facts, SCALE).pace == 0
    november = Scale(dt.date(2023, 11, 20), dt.date(2023, 11, 30), SCALE.starts_on, SCALE.ends_on)
    assert lights.judge(facts, november).pace == 66


def test_a_start_after_the_end_of_the_plan_does_not_break_judging():
    facts = milestone(None, start_on=dt.date(2024, 1, 15), stage="not_started")
    assert level(facts) == NOT_STARTED


# ── 时限 ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("offset", "expected", "reason"),
    [
        (-40, RED, "到期未完成，已超 40 天"),
        (-1, RED, "到期未完成，已超 1 天"),
        (0, YELLOW, "时限就是今天，尚未完成"),
        (1, YELLOW, "距时限 1 天，尚未完成"),
        (30, YELLOW, "距时限 30 天，尚未完成"),
        (31, GREEN, "按期报送，常态推进"),
    ],
)
@pytest.mark.parametrize("make", [routine, indicator, milestone])
def test_the_due_date_is_red_when_passed_and_yellow_within_30_days(make, offset, expected, reason):
    facts = make(due_on=day(offset)) if make is not milestone else milestone(100, due_on=day(offset))
    light = lights.judge(facts, SCALE)
    assert light.level == expected
    if make is routine:
        assert light.reason == reason


def test_how_soon_is_soon_is_a_setting_of_the_plan():
    scale = Scale(TODAY, SCALE.period_end, SCALE.starts_on, SCALE.ends_on, soon_days=0)
    assert level(routine(due_on=day(0)), scale) == YELLOW
    assert level(routine(due_on=day(1)), scale) == GREEN


def test_without_a_due_date_nothing_is_overdue():
    scale = Scale(dt.date(2024, 6, 1), dt.date(2024, 6, 30), SCALE.starts_on, SCALE.ends_on)
    assert level(routine(), scale) == GREEN


# ── 漏报 ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("missed", "expected", "reason"),
    [
        ((), GREEN, "按期报送，常态推进"),
        (("8月",), YELLOW, "8月未报"),
        (("8月", "9月"), RED, "连续 2 期未报（8月、9月）"),
        (("7月", "8月", "9月"), RED, "连续 3 期未报（7月、8月、9月）"),
        (("6月", "7月", "8月", "9月"), RED, "连续 4 期未报（6月至9月）"),
    ],
)
def test_one_missed_report_is_yellow_and_two_in_a_row_are_red(missed, expected, reason):
    light = lights.judge(routine(missed=missed), SCALE)
    assert (light.level, light.reason) == (expected, reason)


# ── 节点 ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("offset", "done", "expected", "reason"),
    [
        (-1, None, RED, "节点“立项”到期未完成，已超 1 天"),
        (0, None, YELLOW, "节点“立项”今天到期"),
        (30, None, YELLOW, "节点“立项”还有 30 天到期"),
        (31, None, GREEN, "到期节点均已完成"),
        (-1, 0, GREEN, "到期节点均已完成"),
        (5, -5, GREEN, "到期节点均已完成"),
    ],
)
def test_milestones_decide_where_there_are_any(offset, done, expected, reason):
    item = MilestoneFact("立项", day(offset), None if done is None else day(done))
    light = lights.judge(milestone(percent=0, milestones=(item,)), SCALE)
    assert (light.level, light.reason) == (expected, reason)


def test_the_worst_milestone_decides():
    items = (MilestoneFact("先", day(5), None), MilestoneFact("后", day(-3), None))
    light = lights.judge(milestone(milestones=items), SCALE)
    assert (light.level, light.reason) == (RED, "节点“后”到期未完成，已超 3 天；节点“先”还有 5 天到期")


@pytest.mark.parametrize("kind", ["routine", "indicator"])
def test_milestones_of_other_kinds_are_ignored(kind):
    assert level(Facts(kind, milestones=(MilestoneFact("旧节点", day(-3), None),))) == GREEN


# ── 未启动、办结 ──────────────────────────────────────────


@pytest.mark.parametrize(
    ("offset", "stage", "expected"),
    [
        (1, "not_started", NOT_STARTED),
        (10, "not_started", NOT_STARTED),
        (0, "not_started", GREEN),
        (-1, "not_started", GREEN),
        (1, "in_progress", GREEN),
        (1, "completed", GREEN),
    ],
)
def test_not_started_only_before_the_planned_start(offset, stage, expected):
    assert level(routine(start_on=day(offset), stage=stage)) == expected


def test_not_started_says_the_month_and_beats_missed_reports():
    light = lights.judge(
        routine(start_on=dt.date(2023, 10, 1), stage="not_started", missed=("7月", "8月", "9月")), SCALE
    )
    assert (light.level, light.reason) == (NOT_STARTED, "计划 10 月启动")


def test_not_started_without_a_planned_start_is_judged_as_usual():
    assert level(milestone(0, stage="not_started")) == RED


@pytest.mark.parametrize(("kind", "percent"), [("milestone", 100), ("indicator", 100), ("routine", None)])
def test_completed_beats_everything(kind, percent):
    facts = Facts(kind, percent=3, is_completed=True, missed=("8月", "9月"), due_on=day(-90), targets=(target(None),))
    light = lights.judge(facts, SCALE)
    assert (light.level, light.reason, light.percent) == (DONE, "已办结", percent)


def test_saying_completed_is_not_being_completed():
    """部室报“已完成”只是申请办结，通过之前照常判。"""
    assert level(milestone(PACE - 31, stage="completed")) == RED


# ── 几条规则同时适用 ──────────────────────────────────────


@pytest.mark.parametrize(
    ("facts", "expected", "reason"),
    [
        (milestone(100, missed=("8月",), due_on=day(-2)), RED, "到期未完成，已超 2 天；8月未报"),
        (
            milestone(PACE - 11, missed=("7月", "8月")),
            RED,
            "连续 2 期未报（7月、8月）；进度 59%，低于序时进度 11 个百分点",
        ),
        (milestone(PACE - 31, missed=("8月",)), RED, "进度 39%，低于序时进度 31 个百分点；8月未报"),
        (milestone(100, missed=("8月",), due_on=day(3)), YELLOW, "8月未报；距时限 3 天，尚未完成"),
        (
            milestone(100, missed=("7月", "8月"), due_on=day(-2)),
            RED,
            "连续 2 期未报（7月、8月）；到期未完成，已超 2 天",
        ),
    ],
)
def test_the_most_urgent_rule_decides_and_every_reason_is_said_the_decisive_first(facts, expected, reason):
    """截止日一过，“未报”不再盖住真正的原因：几条都写。"""
    light = lights.judge(facts, SCALE)
    assert (light.level, light.reason) == (expected, reason)
    assert light.brief == f"{reason.split('；')[0]}（另有 1 条）"


def test_a_soft_target_that_would_be_red_says_why_it_is_only_yellow():
    apply, strive = target(0, strength="apply", name="申请数"), target(PACE - 20, strength="strive", name="引进数")
    light = lights.judge(indicator(apply, strive), SCALE)
    assert light.reason == (
        "申请数 0%，完成目标的 0%，低于序时进度 70 个百分点（申请类目标，至多判黄）；"
        "引进数 50%，完成目标的 50%，低于序时进度 20 个百分点"
    )


def test_a_routine_measure_not_yet_reported_does_not_claim_to_have_reported():
    assert lights.judge(routine(is_on_time=False), SCALE).reason == "常态推进，未发现滞后"


@pytest.mark.parametrize("facts", [milestone(None, is_due=False), indicator(target(None), is_due=False)])
def test_nobody_is_behind_before_the_first_report_is_due(facts):
    light = lights.judge(facts, SCALE)
    assert (light.level, light.reason) == (GREEN, "首次报送还没有到截止日，暂不判落后")


def test_a_deadline_counts_even_before_the_first_report_is_due():
    assert level(milestone(None, is_due=False, due_on=day(-1))) == RED


@pytest.mark.parametrize(
    ("percent", "reason"),
    [
        (70, "进度 70%，达到序时进度 70%"),
        (95, "进度 95%，达到序时进度 70%"),
        (69, "进度 69%，与序时进度 70% 相差 1 个百分点，在允许范围内"),
        (60, "进度 60%，与序时进度 70% 相差 10 个百分点，在允许范围内"),
    ],
)
def test_green_says_why_too(percent, reason):
    assert lights.judge(milestone(percent), SCALE).reason == reason


# ── 合成一项 ──────────────────────────────────────────────


def part(level, percent=None, reason="因为"):
    return Light(level, reason, percent, PACE)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (GREEN, RED, RED),
        (YELLOW, RED, RED),
        (GREEN, YELLOW, YELLOW),
        (DONE, GREEN, GREEN),
        (NOT_STARTED, GREEN, GREEN),
        (DONE, NOT_STARTED, NOT_STARTED),
        (DONE, DONE, DONE),
    ],
)
def test_a_joint_measure_takes_the_worse_part_whatever_the_order(one, other, expected):
    assert lights.combine([("甲", part(one)), ("乙", part(other))]).level == expected
    assert lights.combine([("乙", part(other)), ("甲", part(one))]).level == expected


@pytest.mark.parametrize(
    ("one", "other", "slower"), [(80, 20, 20), (20, 80, 20), (None, 50, 50), (None, None, None), (0, 50, 0)]
)
def test_a_joint_measure_takes_the_slower_progress(one, other, slower):
    assert lights.combine([("甲", part(GREEN, one)), ("乙", part(YELLOW, other))]).percent == slower


def test_the_reason_of_a_joint_measure_names_the_department():
    assert lights.combine([("甲", part(GREEN)), ("乙", part(RED, reason="慢了"))]).reason == "乙：慢了"
    assert lights.combine([("甲", part(RED, reason="慢了"))]).reason == "慢了"


def test_a_joint_measure_says_every_reason_of_the_worse_department_and_names_it_once():
    late = lights.judge(milestone(PACE - 31, missed=("8月",)), SCALE)
    found = lights.combine([("甲", part(GREEN)), ("乙", late)])
    assert found.reason == "乙：进度 39%，低于序时进度 31 个百分点；8月未报"
    assert found.brief == "乙：进度 39%，低于序时进度 31 个百分点（另有 1 条）"


@pytest.mark.parametrize(
    ("level", "reason"),
    [
        (GREEN, "各牵头部室均为绿灯"),
        (DONE, "各牵头部室均已办结"),
        (YELLOW, "2 个牵头部室均为：因为"),
        (NOT_STARTED, "2 个牵头部室均为：因为"),
    ],
)
def test_when_all_parts_agree(level, reason):
    assert lights.combine([("甲", part(level)), ("乙", part(level))]).reason == reason


def test_every_room_that_is_to_blame_is_named_with_its_reason():
    """九个部室都没有报的不说是哪一个；不都是的，几个、哪几个、各为什么都说。"""
    rooms = [("甲", part(YELLOW, reason="3月未报")), ("乙", part(YELLOW, reason="3月未报")), ("丙", part(GREEN))]
    assert lights.combine(rooms).reason == "甲、乙 2 个部室：3月未报"
    rooms.append(("丁", part(YELLOW, reason="距时限 3 天，尚未完成")))
    assert lights.combine(rooms).reason == "甲、乙 2 个部室：3月未报；丁：距时限 3 天，尚未完成"


def test_a_measure_without_departments_is_not_started():
    light = lights.combine([])
    assert (light.level, light.reason, light.percent) == (NOT_STARTED, "没有牵头部室", None)


def test_every_level_has_a_label_and_a_place_in_the_order():
    assert set(lights.LABELS) == set(lights.SEVERITY)
    assert sorted(lights.SEVERITY, key=lights.SEVERITY.get) == [RED, YELLOW, GREEN, NOT_STARTED, DONE]
    assert [(part(k).label, part(k).severity) for k in lights.SEVERITY] == [
        (lights.LABELS[k], i) for i, k in enumerate(lights.SEVERITY)
    ]


def test_red_and_yellow_are_the_warnings():
    assert {k for k in lights.LABELS if part(k).is_warning} == {RED, YELLOW}


def test_what_the_rules_judge_is_not_said_to_be_set_by_the_office():
    judged = lights.judge(milestone(PACE), SCALE)
    assert judged.is_manual is False and lights.combine([("甲", judged), ("乙", judged)]).is_manual is False


def test_the_thresholds_are_ten_and_thirty_points_and_thirty_days_unless_the_plan_says_otherwise():
    scale = Scale(TODAY, SCALE.period_end, SCALE.starts_on, SCALE.ends_on)
    assert (scale.yellow_gap, scale.red_gap, scale.soon_days) == (10, 30, 30)


# ── 灯的变化 ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("red", "yellow", "better"), ("red", "green", "better"), ("yellow", "green", "better"),
        ("green", "yellow", "worse"), ("yellow", "red", "worse"), ("green", "red", "worse"), ("done", "red", "worse"),
        ("not_started", "yellow", "worse"), ("not_started", "red", "worse"), ("not_started", "green", "started"),
        ("red", "done", "finished"), ("not_started", "done", "finished"),
        ("green", "not_started", "other"), ("red", "not_started", "other"), ("done", "green", "other"), ("done", "not_started", "other"),
        ("done", "yellow", "worse"),
    ],
)  # fmt: skip
def test_every_turn_belongs_to_one_class(before, after, said):
    assert lights.direction(before, after) == said
