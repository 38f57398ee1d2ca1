"""汇报：报领导小组。方案三（二）：“收集汇总各方情况并定期向领导小组汇报”。可以跨几期。"""

from . import facts
from .phrases import (
    by_department,
    count,
    ended,
    full_day,
    gist,
    numbered,
    quoted,
    rows,
    section,
    span_name,
    stated,
    unended,
    within,
)


def title(f) -> str:
    """标题。"""
    return f"关于{span_name(f)}优化营商环境行动方案推进情况的汇报"


def sections(f) -> list[dict]:
    """六节：总体、主要进展、存在问题、提请研究、下步打算。"""
    return [
        section(
            "opening",
            "",
            [
                f"{facts.duty(f, '关于收集汇总各方情况并定期向领导小组汇报')}，现将{span_name(f)}推进情况汇报如下。{facts.as_of(f)}"
            ],
        ),
        section("overall", "总体情况", [*facts.overall(f), *facts.light_changes(f), *periods(f)]),
        section("progress", "主要进展", progress(f)),
        section("issues", "存在问题", issues(f)),
        section("requests", "提请研究事项", requests(f)),
        section("next", "下步打算", plans(f)),
    ]


def periods(f) -> list[str]:
    """跨几期的：累计报送一段，表另排。"""
    if not f["is_span"]:
        return []
    owed = count(f, "span_owed")
    if not owed:
        return [f"{span_name(f)}没有应报的项次。"]
    on_time, late, returned = (count(f, f"span_{key}") for key in ("on_time", "late", "returned"))
    reported = count(f, "span_reported")
    said = f"{span_name(f)}共{len(f['periods'])}期，累计应报{owed}项次，{f'已报{reported}项次' if reported else '没有已报的'}，"
    said += f"未报{count(f, 'span_unreported')}项次，" if count(f, "span_unreported") else "没有未报，"
    said += f"退回待改{returned}项次。" if returned else "没有退回待改。"
    if on_time + late:
        said += facts.timely(f"交来的{on_time + late}项次", on_time, late)
    return [said + "各期情况见下表。"]


def progress(f) -> list[str]:
    """主要进展：办结、量化目标、逐项一句话。"""
    return ["（一）办结和延期", facts.settled(f), "（二）量化目标", *targets(f), "（三）逐项进展", *each(f)]


def targets(f) -> list[str]:
    """量化目标：达到的、没有达到的，各写现值与目标。"""
    if not f["targets"]:
        return ["《行动方案》没有量化目标。"]
    met = [t for t in f["targets"] if t["is_met"]]
    unmet = [t for t in f["targets"] if not t["is_met"]]
    said = f"量化目标共{len(f['targets'])}个。"
    said += f"已达到{len(met)}个：{'、'.join(map(_target, met))}。" if met else "已达到的：无。"
    said += f"尚未达到{len(unmet)}个：{'、'.join(map(_target, unmet))}。" if unmet else "尚未达到的：无。"
    return [said]


def _target(target) -> str:
    must = "" if target["strength"] == "须" else target["strength"]
    now = f"现为{target['value']}" if target["value"] else "还没有完成值"
    return f"第{target['number']}项{target['name']}（{must}目标{target['goal']}，{now}）"


def each(f) -> list[str]:
    """逐项一句话：最近一次审核通过的进展；没有的照实写。"""
    told, silent = [], []
    for line in f["lines"]:
        said = [p for p in line["parts"] if p["text"]]
        if said:
            told.append(_told(line, said))
        else:
            silent.append(line)
    if not f["lines"]:
        return ["无。"]
    rest = [f"第{'、'.join(line['number'] for line in silent)}项还没有审核通过的进展。"] if silent else []
    return within(told, lambda n: f"其余{n}项从略，见附件。") + rest


def _told(line, said) -> str:
    """共同牵头的最多引三个部室，各引一句。"""
    if len(line["parts"]) == 1:
        part = said[0]
        when = "" if part["is_current"] else f"（{part['from']}报送）"
        return f"{facts.named(line)}{when}：{gist(part['text'], 90)}"
    more = f"其余{len(said) - 3}个部室的进展见台账。" if len(said) > 3 else ""
    return (
        f"{facts.named(line)}："
        + "".join(f"{part['department']}，{gist(part['text'], 50)}" for part in said[:3])
        + more
    )


def issues(f) -> list[str]:
    """存在问题：红灯、黄灯、问题台账、报送不及时。"""
    return [
        "（一）红灯举措",
        *facts.warned(f, "red"),
        "（二）黄灯举措",
        *yellow(f),
        "（三）问题台账",
        *facts.problems(f),
        "（四）报送和自审",
        stated("目前未报", rows(f, "unreported")) + stated("退回待改", rows(f, "returned")) + facts.reminders(f),
        *facts.self_reviewed(f, "请领导小组审阅"),
    ]


def yellow(f) -> list[str]:
    """黄灯举措一项一句。"""
    found = [line for line in f["lines"] if line["light"] == "yellow"]
    if not found:
        return ["无。"]
    said = [
        f"{facts.named(line)}（{'、'.join(line['departments']) or '牵头部室未定'}）：{facts.reason(line)}"
        for line in found
    ]
    return within(numbered(said), lambda n: f"其余{n}项黄灯举措见附件。")


def requests(f) -> list[str]:
    """提请研究：分层为“领导小组”的问题、没有回复的批示、部室之间没有答复的协调事项。"""
    group = rows(f, "problems_group")
    said = [
        f"问题{row['number']}号{quoted(row['title'])}（责任部室{row['department']}，整改期限{full_day(row['due_on'])}）："
        f"{gist(row['said'], 150)}"
        for row in group
    ]
    asked = [
        f"{row['department']}就第{row['number']}项请{row['to']}协调：{gist(row['said'], 100)}"
        for row in rows(f, "coordination_open")
    ]
    return [
        "（一）提请领导小组研究的问题",
        *(within(numbered(said), lambda n: f"其余{n}件见问题台账。") or ["无。"]),
        "（二）部室之间尚未答复的需协调事项",
        *(within(numbered(asked), lambda n: f"其余{n}件从略。") or ["无。"]),
        "（三）批示办理",
        *facts.instructions(f),
    ]


def plans(f) -> list[str]:
    """下步打算：红灯、黄灯举措的部室自己报的打算，加办公室的三件事。"""
    said = []
    for line in f["lines"]:
        parts = [p for p in line["parts"] if p["next_steps"]]
        if line["light"] in facts.WARNED and parts:
            steps = "；".join(unended(gist(p["next_steps"], 80)) for p in parts[:2])
            said.append(ended(f"第{line['number']}项：{steps}"))
    listed = within(said, lambda n: f"其余{n}项从略。") or [
        "红灯、黄灯举措的牵头部室还没有报下步打算。" if _warned(f) else "目前没有红灯、黄灯举措。"
    ]
    return ["（一）重点举措", *listed, "（二）办公室工作", office(f), "特此报告。"]


def _warned(f) -> bool:
    return bool(count(f, "red") or count(f, "yellow"))


def office(f) -> str:
    """办公室下一步做什么。"""
    said = ["继续按月跟踪、审核和通报各项举措进展"]
    if _warned(f):
        said.append("对红灯、黄灯举措逐项督办")
    if owing := rows(f, "unreported"):
        said.append(f"督促{by_department(owing)}按时报送")
    if count(f, "problems_overdue"):
        said.append(f"对逾期未销号的{count(f, 'problems_overdue')}件问题跟踪整改")
    return "；".join(said) + "。"
