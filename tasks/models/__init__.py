"""做什么：方案与举措、报送、监督、通报、办理过程。一个名词一个模块。"""

from .assignment import Assignment, Completion
from .attachment import Attachment
from .calendar import CalendarLink
from .circular import Circular, CircularRows
from .completion import CompletionRequest, EffectNote
from .cooperation import Cooperation
from .coordination import CoordinationRequest
from .digest import Digest
from .event import Event
from .extension import Extension
from .following import Following
from .holiday import Holiday
from .inspection import Inspection
from .instruction import Instruction, InstructionReply
from .joint import JointSummary
from .judgement import EditionLeader, Judgement, MeasureEdition, MeasureJudgement
from .measure import ManualLight, Measure, MeasureFate, MeasureLeader
from .milestone import Milestone, MilestoneTick
from .period import ClosedLights, ClosedReports, PeriodBasis, ReportingPeriod
from .petition import Decision, Petition
from .phrase import Phrases
from .plan import Plan
from .problem import Problem, ProblemNote
from .progress import Progress
from .publicity import PublicItem
from .reading import Reading
from .reminder import Delivery, Reminder
from .revision import PlanRevision, Receipt, RevisionChange
from .robot import RobotPost
from .signing import Signing
from .succession import Succession
from .suggestion import Suggestion
from .target import Target, TargetValue
from .term import Term

__all__ = [
    "Assignment",
    "Attachment",
    "CalendarLink",
    "Circular",
    "CircularRows",
    "ClosedLights",
    "ClosedReports",
    "Completion",
    "CompletionRequest",
    "Cooperation",
    "CoordinationRequest",
    "Decision",
    "Delivery",
    "Digest",
    "EditionLeader",
    "EffectNote",
    "Event",
    "Extension",
    "Following",
    "Holiday",
    "Inspection",
    "Instruction",
    "InstructionReply",
    "JointSummary",
    "Judgement",
    "ManualLight",
    "Measure",
    "MeasureEdition",
    "MeasureFate",
    "MeasureJudgement",
    "MeasureLeader",
    "Milestone",
    "MilestoneTick",
    "PeriodBasis",
    "Petition",
    "Phrases",
    "Plan",
    "PlanRevision",
    "Problem",
    "ProblemNote",
    "Progress",
    "PublicItem",
    "Reading",
    "Receipt",
    "Reminder",
    "ReportingPeriod",
    "RevisionChange",
    "RobotPost",
    "Signing",
    "Suggestion",
    "Succession",
    "Target",
    "TargetValue",
    "Term",
]
