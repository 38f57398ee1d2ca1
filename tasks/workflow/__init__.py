"""现在可以吗，可以就做，并记下来：状态只在这个包里改变。

每个名词一张表 `STEPS`：动作 → 从哪些状态、到哪个状态、谁、什么拦着它。按钮、测试和流程图都读它。
每个动词函数：锁住所动的行 → 核对 → 写 → 记 `Event`，在同一个事务里。不认识 request，也不读钟（`at` 是参数）。

锁的次序处处一样：方案 → 举措 → 报送期 → 问题，用到哪几样就锁哪几样，所以不会互锁。方案行一律用 no_key，
不挡别人的外键核对。改动“谁应报”的（开放与关闭报送期、办结、重新打开、方案修订）都先锁方案，因此彼此互斥。
"""

from typing import Any

from departments.requests import Anyone
from yingshang.refusals import Conflict, Refused, TooLate

from ..models import (
    Assignment,
    CalendarLink,
    Circular,
    CompletionRequest,
    Cooperation,
    CoordinationRequest,
    Extension,
    Inspection,
    Instruction,
    Milestone,
    Petition,
    Plan,
    PlanRevision,
    Problem,
    Progress,
    PublicItem,
    ReportingPeriod,
    Succession,
    Suggestion,
)
from ..models.plan import archived_at_hand
from . import assignment as assignment_steps
from . import calendar as calendar_steps
from . import circular as circular_steps
from . import completion as completion_steps
from . import cooperation as cooperation_steps
from . import coordination, publicity
from . import extension as extension_steps
from . import inspection as inspection_steps
from . import instruction as instruction_steps
from . import milestone as milestone_steps
from . import period as period_steps
from . import petition as petition_steps
from . import plan as plan_steps
from . import problem as problem_steps
from . import progress as progress_steps
from . import revision as revision_steps
from . import signing as signing_steps
from . import succession as succession_steps
from . import suggestion as suggestion_steps
from .calendar import create_calendar, revoke_calendar
from .circular import correct_circular, discard_circular, draft_circular, issue_circular, refill_circular, save_circular
from .completion import (
    grant_completion,
    note_effect,
    reopen_completion,
    request_completion,
    return_completion,
    what_blocks_completion,
    withdraw_completion,
)
from .cooperation import ask_cooperation, report_cooperation, stop_cooperation
from .coordination import answer_coordination
from .digest import wish_digest
from .extension import approve_extension, refuse_extension, request_extension, withdraw_extension
from .following import set_following
from .inspection import add_inspection, revise_inspection, withdraw_inspection
from .instruction import (
    issue_instruction,
    reply_instruction,
    revise_instruction,
    settle_instruction,
    supplement_instruction,
)
from .joint import write_joint_summary
from .judgement import differences, judged_together, rejudge, rejudge_plan
from .measure import lift_light, set_light, settle_measure, sign_receipt
from .milestone import (
    agree_milestone,
    finish_milestone,
    propose_milestone,
    refuse_milestone,
    remove_milestone,
    untick_milestone,
    withdraw_milestone,
)
from .organisation import save_organisation
from .period import (
    add_period,
    close_period,
    extend_period,
    open_period,
    owe_progress,
    plan_periods,
    remove_period,
    reopen_period,
    unopen_period,
)
from .petition import amend_decision, decide_petition, draft_petition
from .phrase import keep_phrase, save_phrases
from .plan import archive_plan, resume_plan, unarchive_plan, what_blocks_archiving
from .problem import (
    amend_problem,
    apply_problem,
    drop_problem,
    escalate_problem,
    note_problem,
    open_problem,
    return_problem,
    reword_problem,
    settle_problem,
    withdraw_problem,
)
from .progress import (
    UNDONE,
    add_attachment,
    approve_progress,
    correct_progress,
    discard_correction,
    remove_attachment,
    return_progress,
    revoke_progress,
    save_progress,
    submit_progress,
    undo_approval,
    what_blocks_revoking,
    withdraw_progress,
)
from .publicity import release_item, release_item_again, revise_item, switch_public, withdraw_item
from .reading import mark_reading
from .reminder import send_reminder
from .roster import build_roster, hand_out_passwords
from .signing import check_circular, scan_circular, sign_circular
from .steps import AFTER_ARCHIVING, Moving, Step, check, record
from .succession import fail_succession, finish_succession, plan_succession, withdraw_succession
from .suggestion import answer_suggestion, send_suggestion
from .target import settle_targets
from .term import learn_terms

# 名词 → 流程表。键即动词函数的名字。
STEPS: dict[str, dict[str, Step[Any]]] = {
    "progress": progress_steps.STEPS,
    "period": period_steps.STEPS,
    "plan": plan_steps.STEPS,
    "revision": revision_steps.STEPS,
    "assignment": assignment_steps.STEPS,
    "extension": extension_steps.STEPS,
    "completion": completion_steps.STEPS,
    "instruction": instruction_steps.STEPS,
    "milestone": milestone_steps.STEPS,
    "problem": problem_steps.STEPS,
    "inspection": inspection_steps.STEPS,
    "coordination": coordination.STEPS,
    "cooperation": cooperation_steps.STEPS,
    "circular": circular_steps.STEPS | signing_steps.STEPS,
    "petition": petition_steps.STEPS,
    "public": publicity.STEPS,
    "calendar": calendar_steps.STEPS,
    "suggestion": suggestion_steps.STEPS,
    "succession": succession_steps.STEPS,
}
KINDS: dict[type, str] = {
    Progress: "progress",
    ReportingPeriod: "period",
    Plan: "plan",
    PlanRevision: "revision",
    Assignment: "assignment",
    Extension: "extension",
    CompletionRequest: "completion",
    Instruction: "instruction",
    Milestone: "milestone",
    Problem: "problem",
    Inspection: "inspection",
    CoordinationRequest: "coordination",
    Cooperation: "cooperation",
    Circular: "circular",
    Petition: "petition",
    PublicItem: "public",
    CalendarLink: "calendar",
    Suggestion: "suggestion",
    Succession: "succession",
}


def allowed_actions(user: Anyone, item: Moving) -> list[str]:
    """这个人此刻能对它做的动作（按钮照此显示）。"""
    if isinstance(item, Progress) and item.superseded_at:
        return []
    steps = STEPS[KINDS[type(item)]]
    if archived_at_hand():
        steps = {name: step for name, step in steps.items() if name in AFTER_ARCHIVING}
    return [name for name, step in steps.items() if item.status in step.sources and step.may(user, item)]


__all__ = [
    "keep_phrase",
    "learn_terms",
    "mark_reading",
    "build_roster",
    "hand_out_passwords",
    "STEPS",
    "UNDONE",
    "Conflict",
    "Refused",
    "Step",
    "TooLate",
    "add_inspection",
    "add_period",
    "agree_milestone",
    "allowed_actions",
    "amend_decision",
    "amend_problem",
    "answer_coordination",
    "answer_suggestion",
    "apply_problem",
    "archive_plan",
    "approve_progress",
    "ask_cooperation",
    "approve_extension",
    "add_attachment",
    "check",
    "check_circular",
    "close_period",
    "correct_progress",
    "correct_circular",
    "create_calendar",
    "decide_petition",
    "differences",
    "discard_circular",
    "discard_correction",
    "draft_circular",
    "draft_petition",
    "drop_problem",
    "escalate_problem",
    "extend_period",
    "fail_succession",
    "finish_milestone",
    "finish_succession",
    "grant_completion",
    "issue_circular",
    "issue_instruction",
    "judged_together",
    "lift_light",
    "note_effect",
    "note_problem",
    "open_period",
    "open_problem",
    "owe_progress",
    "plan_periods",
    "plan_succession",
    "propose_milestone",
    "record",
    "refill_circular",
    "refuse_extension",
    "refuse_milestone",
    "rejudge",
    "rejudge_plan",
    "release_item",
    "release_item_again",
    "send_reminder",
    "send_suggestion",
    "remove_attachment",
    "report_cooperation",
    "remove_milestone",
    "remove_period",
    "reopen_completion",
    "reopen_period",
    "reply_instruction",
    "request_completion",
    "request_extension",
    "resume_plan",
    "return_progress",
    "return_completion",
    "return_problem",
    "reword_problem",
    "revise_inspection",
    "revise_instruction",
    "revise_item",
    "revoke_progress",
    "revoke_calendar",
    "save_circular",
    "save_organisation",
    "save_phrases",
    "save_progress",
    "set_following",
    "set_light",
    "settle_instruction",
    "settle_measure",
    "settle_problem",
    "settle_targets",
    "scan_circular",
    "sign_circular",
    "sign_receipt",
    "stop_cooperation",
    "submit_progress",
    "supplement_instruction",
    "switch_public",
    "unarchive_plan",
    "undo_approval",
    "unopen_period",
    "untick_milestone",
    "what_blocks_archiving",
    "what_blocks_completion",
    "what_blocks_revoking",
    "wish_digest",
    "withdraw_progress",
    "withdraw_completion",
    "withdraw_extension",
    "withdraw_inspection",
    "withdraw_item",
    "withdraw_milestone",
    "withdraw_problem",
    "withdraw_succession",
    "write_joint_summary",
]
