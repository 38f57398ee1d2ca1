"""现在可以吗，可以就做，并记下来：状态只在这个包里改变。

每个名词一张表 `STEPS`：动作 → 从哪些状态、到哪个状态、谁、什么拦着它。按钮、测试和流程图都读它。
每个动词函数：锁住举措行 → 核对 → 写 → 记 `Event`，在同一个事务里。不认识 request，也不读钟（`at` 是参数）。
"""
from ..models import PlanRevision, Progress, ReportingPeriod
from . import measures, periods, reports, revisions
from .core import Conflict, Refused, Step, check, record
from .measures import lift_light, set_light, settle_measure, sign_receipt
from .periods import close_period, extend_period, open_period, owe, plan_year, reopen_period
from .reports import (
    CONTENT_FIELDS,
    approve,
    attach,
    correct,
    remove_attachment,
    return_,
    save_draft,
    submit,
    what_blocks_completion,
    withdraw,
)

# 名词 → 流程表。键即动词函数的名字。
STEPS: dict[str, dict[str, Step]] = {
    "progress": reports.STEPS,
    "period": periods.STEPS,
    "revision": revisions.STEPS,
}
KINDS = {Progress: "progress", ReportingPeriod: "period", PlanRevision: "revision"}


def allowed_actions(user, item) -> list[str]:
    """这个人此刻能对它做的动作（按钮照此显示）。"""
    if isinstance(item, Progress) and item.superseded_at:
        return []
    steps = STEPS[KINDS[type(item)]]
    return [name for name, step in steps.items() if item.status in step.sources and step.may(user, item)]


__all__ = [
    "CONTENT_FIELDS",
    "STEPS",
    "Conflict",
    "Refused",
    "Step",
    "allowed_actions",
    "approve",
    "attach",
    "check",
    "close_period",
    "correct",
    "extend_period",
    "lift_light",
    "measures",
    "open_period",
    "owe",
    "plan_year",
    "record",
    "remove_attachment",
    "reopen_period",
    "return_",
    "save_draft",
    "set_light",
    "settle_measure",
    "sign_receipt",
    "submit",
    "what_blocks_completion",
    "withdraw",
]
