"""做什么：方案与举措、报送、监督、通报、办理过程。一个名词一个模块。"""
from .event import Event
from .plan import (
    Assignment,
    Measure,
    MeasureLeader,
    Plan,
    PlanRevision,
    Receipt,
    Target,
)
from .report import (
    Attachment,
    Completion,
    ManualLight,
    Progress,
    ReportingPeriod,
    TargetValue,
)

__all__ = [
    "Assignment",
    "Attachment",
    "Completion",
    "Event",
    "ManualLight",
    "Measure",
    "MeasureLeader",
    "Plan",
    "PlanRevision",
    "Progress",
    "Receipt",
    "ReportingPeriod",
    "Target",
    "TargetValue",
]
