"""汇报：报领导小组。方案三（二）：“收集汇总各方情况并定期向领导小组汇报”。可以跨几期。

文种用“报告”（“汇报”不在公文文种之列）。报告不得夹带请示事项，要领导小组决定的另文请示。
"""

import re

from yingshang import dates
from yingshang.tables.normalising import quoted

from ...figures.contract import Figures, MeasureLine, PartLine, Row, TargetLine
from ...workflow.circular import Section
from . import facts
from .phrases import (
    count,
    ended,
    gist,
    numbered,
    numbers,
    owing,
    rows,
    section,
    span_name,
    stated,
    term,
    unended,
    within,
)

ENTRIES = 3  # 跨几期的，一个部室最多引几期


def title(f: Figures) -> str:
    """标题。"""
    return f"关于{span_name(f)}优化营商环境行动方案推进情况的报告"


def sections(f: Figures) -> list[Section]:
    """六节：开头、总体、主要进展、存在问题、重点问题、下步打算。"""
    return [
        section(
            "opening",
            "",
            [
                f"{facts.duty(f, '关于收集汇总各方情况并定期向领导小组汇报')}，现将{span_name(f)}推进情况报告如下。{facts.as_of(f)}"
            ],
        ),
        section("overall", "总体情况", [*facts.overall(f), *facts.light_changes(f), *periods(f)]),
        section("progress", "主要进展", progress(f)),
        section("issues", "存在问题", issues(f)),
        section("requests", "需领导小组关注的重点问题", requests(f)),
        section("next", "下步打算", plans(f)),
    ]


def periods(f: Figures) -> list[str]:
    """跨几期的：累计报送一段，表另排。"""
    if not f["is_span"]:
        return []
    owed = count(f, "span_owed")
    if not owed:
        return [f"{span_name(f)}没有应报的项次。"]
    on_time, late, returned = (count(f, f"span_{key}") for key in ("on_time", "late", "returned"))
    reported, unreported = count(f, "span_reported"), count(f, "span_unreported")
    said = f"{span_name(f)}共{len(f['periods'])}期，累计应报{owed}项次，"
    if unreported == owed:
        return [f"{said}{'均' if owed > 1 else ''}未报送。各期情况见下表。"]
    said += f"{f'已报{reported}项次' if reported else '无已报'}，{facts.unsent(unreported, returned)}。"
    if on_time + late:
        said += facts.timely(f"已交的{on_time + late}项次", on_time, late)
    return [said + "各期情况见下表。"]


def progress(f: Figures) -> list[str]:
    """主要进展：办结、量化目标、逐项一句话。"""
    return ["（一）办结和延期", facts.settled(f), "（二）量化目标", *targets(f), "（三）逐项进展", *each(f)]


def targets(f: Figures) -> list[str]:
    """量化目标：达到的、没有达到的，各写现值与目标。"""
    if not f["targets"]:
        return ["《行动方案》没有量化目标。"]
    met = [t for t in f["targets"] if t["is_met"]]
    unmet = [t for t in f["targets"] if not t["is_met"]]
    said = f"量化目标共{len(f['targets'])}个。"
    said += f"已达到{len(met)}个：{'、'.join(map(_target, met))}。" if met else "已达到的：无。"
    said += f"尚未达到{len(unmet)}个：{'、'.join(map(_target, unmet))}。" if unmet else "尚未达到的：无。"
    return [said]


def _target(target: TargetLine) -> str:
    strives = "力争" if target["strength"] == "力争" else "目标"
    now = f"现为{target['value']}" if target["value"] else "尚无完成值"
    return f"第{target['number']}项{target['name']}（{strives}{target['goal']}，{now}）"


def each(f: Figures) -> list[str]:
    """逐项一句话：最近一次审核通过的进展；没有的照实写。"""
    if not f["lines"]:
        return ["无。"]
    told: list[str] = []
    quiet: list[MeasureLine] = []
    silent: list[MeasureLine] = []
    for line in f["lines"]:
        said = [p for p in line["parts"] if p["told"]]
        if said:
            told.append(_told(f, line, said))
        else:
            (quiet if any(p["text"] for p in line["parts"]) else silent).append(line)
    if len(silent) == len(f["lines"]):
        return ["各项举措均尚无审核通过的进展。"]
    rest = [f"{numbers(quiet)}{term(f)}没有新的进展。"] if quiet else []
    rest += [f"{numbers(silent)}尚无审核通过的进展。"] if silent else []
    if any(len(p["told"]) > ENTRIES for line in f["lines"] for p in line["parts"]):
        rest.append(f"各项至多列最近{ENTRIES}期的进展，此前的从略。")
    return within(told, lambda n: f"其余{n}项从略。") + rest


def _told(f: Figures, line: MeasureLine, said: list[PartLine]) -> str:
    """一期的引最近一条，不是本期的写明哪一期；跨几期的各期都引，新的在前。共同牵头的最多引三个部室。"""
    if len(line["parts"]) == 1:
        return f"{facts.named(line)}：{_entries(f, '', said[0], 90)}"
    more = f"其余{len(said) - 3}个部室的进展从略。" if len(said) > 3 else ""
    return f"{facts.named(line)}：" + "".join(_entries(f, p["department"], p, 50) for p in said[:3]) + more


def _entries(f: Figures, department: str, part: PartLine, limit: int) -> str:
    """一个部室的几条：最近的引得长，以前的短。"""
    shown = []
    for i, entry in enumerate(part["told"][:ENTRIES]):
        when = entry["from"] if f["is_span"] or entry["from"] != f["period"]["short"] else ""
        start = f"{'' if i else department}{when}"
        shown.append((f"{start}，" if start else "") + gist(entry["text"], limit * 2 // 3 if i else limit))
    return "".join(shown)


def issues(f: Figures) -> list[str]:
    """存在问题：红灯、黄灯、问题台账、报送不及时。"""
    return [
        "（一）红灯举措",
        *facts.warned(f, "red"),
        "（二）黄灯举措",
        *yellow(f),
        "（三）问题台账",
        *facts.problems(f),
        "（四）报送和自审",
        _unreported(f) + stated("退回待改", rows(f, "returned")) + facts.reminders(f),
        *facts.self_reviewed(f, "请领导小组审阅"),
    ]


def _unreported(f: Figures) -> str:
    found, label = rows(f, "unreported"), "未报" if facts.is_due(f) else "尚未报送"
    if owing(f, found) == "各部室":
        return f"{f['period']['short']}{label}：各部室{len(found)}项次。"
    return stated(f"{f['period']['short']}{label}", found)


def yellow(f: Figures) -> list[str]:
    """黄灯举措一项一句。"""
    found = [line for line in f["lines"] if line["light"] == "yellow"]
    if not found:
        return ["无。"]
    said = [
        f"{facts.all_of(f, group)}（牵头部室见附件）：{facts.reason(group[0])}"
        if len(group) > 1
        else facts.briefly(group[0])
        for group in facts.grouped(found, facts.reason)
    ]
    return within(numbered(said), lambda n: f"其余{n}条见附件。")


def requests(f: Figures) -> list[str]:
    """重点问题：分层为“领导小组”的问题、部室之间没有答复的协调事项、没有回复的批示。"""
    asked = [
        f"{row['department']}就第{row['number']}项请{row['to']}协调：{gist(row['said'], 100)}"
        for row in rows(f, "coordination_open")
    ]
    found = numbered([_problem(row) for row in rows(f, "problems_group")])
    return [
        "（一）重点问题",
        *(within(found, lambda n: f"其余{n}件见问题台账。") or ["无。"]),
        "（二）部室之间尚未答复的需协调事项",
        *(within(numbered(asked), lambda n: f"其余{n}件从略。") or ["无。"]),
        "（三）批示办理",
        *facts.instructions(f),
        *(["以上事项中需领导小组决定的，另文请示。"] if found or asked else []),
    ]


def _problem(row: Row) -> str:
    """一件问题；说明与题目是同一句话的，不再写一遍。"""
    said = f"问题{row['number']}号{quoted(row['title'])}（责任部室{row['department']}，整改期限{dates.full(row['due_on'])}）"
    rest = row["said"].strip().removeprefix(row["title"]).strip("。 ")
    if not rest or re.fullmatch(r"（[^（）]*）", rest):
        return f"{said}。"
    return f"{said}：{gist(row['said'], 150)}"


def plans(f: Figures) -> list[str]:
    """下步打算：红灯、黄灯举措的部室自己报的打算，没有报的点明；加办公室的几件事。"""
    said, silent = [], []
    for line in f["lines"]:
        if line["light"] in facts.WARNED:
            parts = [p for p in facts.blamed(line) if p["next_steps"]]
            steps = "；".join(unended(gist(p["next_steps"], 80)) for p in parts[:2])
            said += [ended(f"第{line['number']}项：{steps}")] if steps else []
            silent += [] if steps else [line]
    if not said and not silent:
        said = ["目前没有红灯、黄灯举措。"]
    asked = (
        [f"{facts.these(f, silent)}亮灯的部室没有审核通过的下步打算，由办公室督促{facts.until(f)}。"] if silent else []
    )
    return [
        "（一）重点举措",
        *within(said, lambda n: f"其余{n}项从略。"),
        *asked,
        "（二）办公室工作",
        office(f),
        "特此报告。",
    ]


def _warned(f: Figures) -> bool:
    return bool(count(f, "red") or count(f, "yellow"))


def office(f: Figures) -> str:
    """办公室下一步做什么。"""
    said = ["继续按月跟踪、审核和通报各项举措进展"]
    if _warned(f):
        said.append("对红灯、黄灯举措逐项督办")
    if missing := rows(f, "unreported"):
        said.append(f"督促{owing(f, missing)}{facts.until(f)}")
    if count(f, "problems_overdue"):
        said.append(f"对逾期未销号的{count(f, 'problems_overdue')}件问题跟踪整改")
    return "；".join(said) + "。"
