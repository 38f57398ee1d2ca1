"""把流程表印成图：每个名词一张状态图（Mermaid）和一张表。内容取自 `workflow.STEPS`，不另写一份。

`ARRIVALS` 只补流程表里没有的来路：这一行怎样产生，或由别的名词的动作带来。有测试核对每个状态都走得到。
"""

from collections.abc import Collection
from typing import Any

from tasks import workflow

NEW = ""
OFFICE, ROOM = "办公室", "本部室填报人"
# 名词 → [（从哪个状态，到哪个状态，怎样来的，谁）]。
ARRIVALS = {
    "progress": [(NEW, "missing", "开放报送期", OFFICE), (NEW, "draft", "更正", ROOM)],
    "period": [(NEW, "planned", "设定报送期", OFFICE)],
    "plan": [(NEW, "drafting", "上传新方案", "管理员"), ("drafting", "running", "方案修订生效", "管理员")],
    "revision": [(NEW, "draft", "上传方案修订", "管理员")],
    "assignment": [
        (NEW, "open", "方案修订生效", "管理员"),
        ("open", "completed", "同意办结，或通过“已完成”的报送", OFFICE),
        ("open", "ended", "方案修订生效", "管理员"),
        ("completed", "ended", "方案修订生效", "管理员"),
        ("ended", "open", "方案修订生效", "管理员"),
    ],
    "extension": [(NEW, "requested", "申请延期", ROOM)],
    "completion": [(NEW, "requested", "申请办结", ROOM)],
    "instruction": [
        (NEW, "waiting", "批示", "牵头领导、组长，或办公室代录"),
        ("waiting", "waiting", "回复批示（还有部室没回复）", "承办部室填报人"),
    ],
    "milestone": [(NEW, "proposed", "提出节点", ROOM), (NEW, "agreed", "下达节点", OFFICE)],
    "problem": [(NEW, "open", "挂账", OFFICE)],
    "inspection": [(NEW, "held", "登记督查检查", OFFICE)],
    "coordination": [
        (NEW, "draft", "写进报送草稿", ROOM),
        (NEW, "waiting", "随报送送出", ROOM),
        ("draft", "waiting", "随报送送出", ROOM),
    ],
    "cooperation": [
        (NEW, "waiting", "请配合单位报；每一期都报的，开放下一期", OFFICE),
        ("waiting", "missed", "关闭报送期", OFFICE),
        ("missed", "waiting", "重新开放报送期", OFFICE),
    ],
    "circular": [(NEW, "draft", "起草", OFFICE), (NEW, "draft", "更正已印发的", OFFICE)],
    "petition": [
        (NEW, "draft", "起草请示", OFFICE),
        ("draft", "waiting", "印发请示", OFFICE),
        ("draft", "over", "作废请示", OFFICE),
        ("waiting", "again", "记下决定：缓议", OFFICE),
        ("waiting", "over", "更正稿印发", OFFICE),
        ("again", "over", "更正稿印发", OFFICE),
        ("decided", "again", "更正决定：缓议", OFFICE),
    ],
    "public": [(NEW, "released", "发布已通过的报送", OFFICE)],
    "succession": [
        (NEW, "pending", "登记将来的接替", "管理员"),
        ("pending", "done", "到了那天", "每天的定时任务"),
        ("pending", "stuck", "到了那天，情况变了办不成", "每天的定时任务"),
        ("stuck", "done", "办得成了", "每天的定时任务"),
    ],
    "suggestion": [(NEW, "waiting", "提意见建议", ROOM)],
    "calendar": [(NEW, "active", "建立日历链接", ROOM)],
}

HEAD = """<!-- 由 manage.py workflow_diagram 生成，不要手改；测试核对它与流程表一致。 -->
# 流程

状态只在 `tasks/workflow/` 里改变。每个名词一张流程表（`STEPS`）：动作、从哪些状态、到哪个状态、谁、什么拦着。
按钮、拒绝的话、测试和这一页都读同一张表。
"""
COLUMNS = ("动作", "从", "到", "谁", "什么拦着", "备注")


def text() -> str:
    """整页文字。"""
    models = {kind: model for model, kind in workflow.KINDS.items()}
    return HEAD + "".join(section(models[kind], kind) for kind in workflow.STEPS)


def section(model: Any, kind: str) -> str:
    """一个名词：状态图与表。"""
    steps, arrivals = workflow.STEPS[kind].values(), ARRIVALS.get(kind, [])
    return f"\n## {model._meta.verbose_name}\n\n{chart(model, steps, arrivals)}\n\n{table(model, steps, arrivals)}\n"


def moves(steps: Collection[Any], arrivals: list[tuple[str, str, str, str]]) -> list:
    """每条线：（从，到，动作）。"""
    found = [(source or "[*]", target, label) for source, target, label, _ in arrivals]
    return found + [(source, step.target, step.label) for step in steps for source in step.sources]


def chart(model: Any, steps: Collection[Any], arrivals: list[tuple[str, str, str, str]]) -> str:
    """状态图。两个状态之间的几个动作写在一条线上。"""
    labels = dict(model.Status.choices)
    lines = [f'    state "{labels[value]}" as {value}' for value in labels]
    edges: dict[tuple, list[str]] = {}
    for source, target, label in moves(steps, arrivals):
        edges.setdefault((source, target), []).append(label)
    for (source, target), said in edges.items():
        lines.append(f"    {source} --> {target}: {'、'.join(dict.fromkeys(said))}")
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def table(model: Any, steps: Collection[Any], arrivals: list[tuple[str, str, str, str]]) -> str:
    """一行一个动作。"""
    labels = dict(model.Status.choices)
    rows = [COLUMNS, ("---",) * len(COLUMNS)]
    for source, target, label, who in arrivals:
        rows.append((label, labels.get(source, "（新建）"), labels[target], who, "—", ""))
    for step in steps:
        sources = "、".join(labels[value] for value in step.sources)
        rows.append((step.label, sources, labels[step.target], step.who, step.blocked_by, step.note))
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)
