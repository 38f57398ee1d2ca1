"""简报：一两页，讲进展和做法，不带附件。内容取自审核通过的报送和办公室发布的经验做法。"""

from yingshang.tables.normalising import quoted

from ...figures.contract import Figures, MeasureLine, Row
from ...workflow.circular import Section
from . import facts
from .phrases import gist, numbered, plan_name, rows, section, span_name, term, within

HIGHLIGHTS = 4
WARNINGS = 5


def title(f: Figures) -> str:
    """标题。"""
    return f"{span_name(f)}优化营商环境行动方案推进情况"


def sections(f: Figures) -> list[Section]:
    """四节：开头、总体、工作亮点、需要关注。"""
    return [
        section(
            "opening",
            "",
            [
                f"{plan_name(f, short=True)}印发以来，各部室按照分工推进各项举措。{span_name(f)}情况如下。{facts.as_of(f, since=False)}"
            ],
        ),
        section("overall", "总体情况", facts.overall(f, brief=True)),
        section("highlights", "工作亮点", highlights(f)),
        section("attention", "需要关注", attention(f)),
    ]


def highlights(f: Figures) -> list[str]:
    """工作亮点：先用办公室发布的，再用转好的、已办结的，再按序号取本期通过的绿灯举措，够四条为止。"""
    stories = [f"{s['category']}：{s['department']}（第{s['number']}项）。{gist(s['text'], 200)}" for s in f["stories"]]
    used = {s["number"] for s in f["stories"]}
    better = {row["number"] for key in ("better", "finished", "started") for row in rows(f, key)}
    lines = [line for line in f["lines"] if line["number"] not in used and line["light"] in ("green", "done")]
    lines.sort(key=lambda line: (line["number"] not in better, line["light"] != "done"))
    told = [text for text in map(_highlight, lines) if text]
    found = within((stories + told)[: max(HIGHLIGHTS, len(stories))], lambda n: f"其余{n}条从略。")
    return found or [f"{term(f)}没有可以列为亮点的进展。"]


def _highlight(line: MeasureLine) -> str:
    """本期通过的一条；“本期无变化”的不算亮点。"""
    part = next((p for p in line["parts"] if p["text"] and p["is_current"] and not p["is_no_change"]), None)
    return f"{part['department']}（{facts.named(line)}）：{gist(part['text'], 130)}" if part else ""


def attention(f: Figures) -> list[str]:
    """需要关注：红灯举措各为什么，逾期未销号的问题各是什么。数在总体里已经说过，不再重复。"""
    red = [line for line in f["lines"] if line["light"] == "red"]
    groups = facts.grouped(red, facts.reason)
    told = [
        f"{facts.all_of(f, group)}：{facts.reason(group[0])}" if len(group) > 1 else facts.briefly(group[0])
        for group in groups
    ]
    rest = sum(map(len, groups[WARNINGS:]))
    listed = numbered(told[:WARNINGS]) + ([f"其余{rest}项从略。"] if rest else [])
    return [*(listed or ["红灯举措：无。"]), _problems(rows(f, "problems_overdue"))]


def _problems(overdue: list[Row]) -> str:
    if not overdue:
        return "逾期未销号的问题：无。"
    listed = "、".join(f"问题{p['number']}号{quoted(p['title'])}（{p['department']}）" for p in overdue[:WARNINGS])
    return f"逾期未销号的问题{len(overdue)}件：{listed}{'等' if len(overdue) > WARNINGS else ''}。"
