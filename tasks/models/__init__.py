"""做什么：方案与举措、报送、监督、通报、办理过程。一个名词一个模块。"""

from .attachment import Attachment
from .circular import CalendarLink, Circular, PublicItem
from .completion import CompletionRequest, EffectNote
from .event import Event
from .extension import Extension
from .instruction import Instruction, InstructionReply
from .joint import JointSummary
from .milestone import Milestone, MilestoneTick
from .plan import (
    Assignment,
    Measure,
    MeasureLeader,
    Plan,
    PlanRevision,
    Receipt,
    Target,
)
from .reminder import Delivery, Reminder
from .report import (
    Completion,
    ManualLight,
    PeriodBasis,
    Progress,
    ReportingPeriod,
    TargetValue,
)
from .supervision import (
    CoordinationRequest,
    Inspection,
    Problem,
    ProblemNote,
)

__all__ = [
    "Assignment",
    "Attachment",
    "CalendarLink",
    "Circular",
    "Completion",
    "CompletionRequest",
    "CoordinationRequest",
    "Delivery",
    "EffectNote",
    "Event",
    "Extension",
    "Inspection",
    "Instruction",
    "InstructionReply",
    "JointSummary",
    "ManualLight",
    "Measure",
    "MeasureLeader",
    "Milestone",
    "MilestoneTick",
    "PeriodBasis",
    "Plan",
    "PlanRevision",
    "Problem",
    "ProblemNote",
    "Progress",
    "PublicItem",
    "Receipt",
    "Reminder",
    "ReportingPeriod",
    "Target",
    "TargetValue",
]
