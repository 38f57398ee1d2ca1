"""表单：值是否写得对。一类一个模块，从这里取用。"""

from .assessment import AssessmentForm, AssessmentListForm
from .attachment import EvidenceField, ask_again
from .audit import AuditFilterForm
from .board import BoardFilterForm, ItemFilterForm, LedgerExportForm
from .circular import (
    CircularAddForm,
    CircularDiscardForm,
    CircularEditForm,
    CircularFiguresForm,
    CircularFilterForm,
    CircularIssueForm,
)
from .completion import CompletionRequestForm, EffectForm
from .cooperation import CooperationAskForm, CooperationFilterForm, CooperationReportForm, CooperationStopForm
from .coordination import CoordinationAnswerForm, CoordinationFilterForm
from .desk import DeskForm
from .event import EventFilterForm
from .extension import ExtensionApproveForm, ExtensionForm, ExtensionRefuseForm
from .filters import FilterForm, PageForm
from .inspection import InspectionForm
from .instruction import (
    InstructionFilterForm,
    InstructionForm,
    InstructionGivenForm,
    InstructionReplyForm,
    InstructionSettleForm,
    InstructionTextForm,
)
from .joint import JointSummaryForm
from .measure import ManualLightForm, MeasureFilterForm, MeasurePageForm, MeasureSettingsForm
from .milestone import MilestoneFilterForm, MilestoneForm
from .month import MonthForm
from .organisation import OrganisationForm
from .period import PeriodAddForm, PeriodExtendForm, PeriodYearForm
from .petition import DecisionAmendForm, DecisionForm, PetitionAddForm, PetitionGivenForm
from .phrase import PhraseForm
from .plan import PlanClosingForm
from .problem import (
    ProblemAmendForm,
    ProblemFilterForm,
    ProblemForm,
    ProblemNoteForm,
    ProblemSettleForm,
    ProblemWordsForm,
    SourceForm,
)
from .progress import ProgressForm
from .publicity import PublicItemForm, PublicityFilterForm
from .reason import ReasonForm
from .reminder import ReminderFilterForm, ReminderForm, ReminderGroup
from .review import ReviewFilterForm
from .revision import PlanUploadForm, RevisionConfirmForm, RevisionFilterForm
from .roster import EntryForm, RosterForm, RosterUploadForm
from .signing import ScanForm, SigningForm
from .succession import DepartmentSuccessionForm, LeaderSuccessionForm
from .suggestion import SuggestionAnswerForm, SuggestionForm
from .target import MeasureTargetsForm, TargetFilterForm, TargetForm
from .term import ColumnForm

__all__ = [
    "DecisionAmendForm",
    "DecisionForm",
    "DeskForm",
    "PetitionAddForm",
    "PetitionGivenForm",
    "ColumnForm",
    "EntryForm",
    "RosterForm",
    "RosterUploadForm",
    "MeasureTargetsForm",
    "SuggestionAnswerForm",
    "SuggestionForm",
    "TargetFilterForm",
    "TargetForm",
    "AuditFilterForm",
    "AssessmentForm",
    "AssessmentListForm",
    "BoardFilterForm",
    "CircularAddForm",
    "CircularDiscardForm",
    "CircularEditForm",
    "CircularFiguresForm",
    "CircularFilterForm",
    "CircularIssueForm",
    "CompletionRequestForm",
    "CooperationAskForm",
    "CooperationFilterForm",
    "CooperationReportForm",
    "CooperationStopForm",
    "CoordinationAnswerForm",
    "CoordinationFilterForm",
    "DepartmentSuccessionForm",
    "EffectForm",
    "EventFilterForm",
    "EvidenceField",
    "ExtensionApproveForm",
    "ExtensionForm",
    "ExtensionRefuseForm",
    "FilterForm",
    "InspectionForm",
    "InstructionFilterForm",
    "InstructionForm",
    "InstructionGivenForm",
    "InstructionReplyForm",
    "InstructionSettleForm",
    "InstructionTextForm",
    "ItemFilterForm",
    "JointSummaryForm",
    "LeaderSuccessionForm",
    "LedgerExportForm",
    "ManualLightForm",
    "MeasureFilterForm",
    "MeasurePageForm",
    "MeasureSettingsForm",
    "MilestoneFilterForm",
    "MilestoneForm",
    "MonthForm",
    "PageForm",
    "OrganisationForm",
    "PeriodAddForm",
    "PeriodExtendForm",
    "PeriodYearForm",
    "PhraseForm",
    "PlanClosingForm",
    "PlanUploadForm",
    "ProblemAmendForm",
    "ProblemFilterForm",
    "ProblemForm",
    "ProblemNoteForm",
    "ProblemSettleForm",
    "ProblemWordsForm",
    "ProgressForm",
    "PublicItemForm",
    "PublicityFilterForm",
    "ReasonForm",
    "ReminderFilterForm",
    "ReminderForm",
    "ReminderGroup",
    "ReviewFilterForm",
    "RevisionConfirmForm",
    "RevisionFilterForm",
    "ScanForm",
    "SigningForm",
    "SourceForm",
    "ask_again",
]
