"""简报：一页左右，讲进展和做法。内容取自审核通过的报送和办公室发布的经验做法。"""

from . import facts
from .phrases import count, gist, rows, section, span_name, with_numbers, within

HIGHLIGHTS = 8


def title(f) -> str:
    """标题。"""
    return f"{span_name(f)}优化营商环境行动方案推进情况"


def sections(f) -> list[dict]:
    """三节：总体、工作亮点、需要关注。"""
    return [
        section("overall", "总体情况", facts.overall(f)),
        section("highlights", "工作亮点", highlights(f)),
        section("attention", "需要关注", attention(f)),
    ]


def highlights(f) -> list[str]:
    """工作亮点：先用办公室发布的，再用转好的、已完成的，再按序号取本期通过的绿灯举措。"""
    stories = [f"{s['category']}：{s['department']}（第{s['number']}项）。{gist(s['text'], 200)}" for s in f["stories"]]
    used = {s["number"] for s in f["stories"]}
    better = {row["number"] for key in ("better", "finished", "started") for row in rows(f, key)}
    lines = [line for line in f["lines"] if line["number"] not in used and line["light"] in ("green", "done")]
    lines.sort(key=lambda line: (line["number"] not in better, line["light"] != "done"))
    told = [text for text in map(_highlight, lines) if text]
    found = within((stories + told)[: max(HIGHLIGHTS, len(stories))], lambda n: f"其余{n}条从略。")
    return found or ["本期没有审核通过的进展。"]


def _highlight(line) -> str:
    """本期通过的一条；“本期无变化”的不算亮点。"""
    part = next((p for p in line["parts"] if p["text"] and p["is_current"] and not p["is_no_change"]), None)
    return f"{part['department']}（{facts.named(line)}）：{gist(part['text'], 130)}" if part else ""


def attention(f) -> list[str]:
    """需要关注：红黄灯、未报、逾期问题。"""
    red, yellow = rows(f, "red"), rows(f, "yellow")
    said = [
        with_numbers(label, found) if found else f"{label}：无" for label, found in (("红灯", red), ("黄灯", yellow))
    ]
    overdue = count(f, "problems_overdue")
    said.append(f"未报{count(f, 'unreported')}项次" if count(f, "unreported") else "未报：无")
    said.append(f"逾期未销号问题{overdue}件" if overdue else "逾期未销号问题：无")
    return [f"{'；'.join(said)}。"]
