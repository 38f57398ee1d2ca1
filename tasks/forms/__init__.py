"""表单：值是否写得对。一类一个模块，从这里取用。"""

from .assessments import AssessmentForm, AssessmentListForm
from .boards import BoardFilterForm, ItemFilterForm, LedgerExportForm
from .circulars import CircularAddForm, CircularEditForm, CircularFilterForm, CircularIssueForm
from .completions import CompletionRequestForm, EffectForm
from .extensions import ExtensionApproveForm, ExtensionForm, ExtensionRefuseForm
from .filters import EventFilterForm, FilterForm, MeasureFilterForm, PageForm
from .instructions import (
    InstructionFilterForm,
    InstructionForm,
    InstructionGivenForm,
    InstructionReplyForm,
    InstructionTextForm,
)
from .joint import JointSummaryForm
from .measures import ManualLightForm, MeasurePageForm, MeasureSettingsForm
from .milestones import MilestoneFilterForm, MilestoneForm
from .periods import PeriodExtendForm, PeriodYearForm
from .plans import PlanUploadForm, RevisionConfirmForm
from .problems import (
    CoordinationAnswerForm,
    CoordinationFilterForm,
    InspectionForm,
    ProblemAmendForm,
    ProblemFilterForm,
    ProblemForm,
    ProblemNoteForm,
    ProblemSettleForm,
    ProblemWordsForm,
    SourceForm,
)
from .publicity import PublicItemForm, PublicityFilterForm
from .reminders import ReminderForm
from .reports import EvidenceField, ProgressForm, ReasonForm, ask_again

__all__ = [
    "AssessmentForm",
    "AssessmentListForm",
    "BoardFilterForm",
    "CircularAddForm",
    "CircularEditForm",
    "CircularFilterForm",
    "CircularIssueForm",
    "CompletionRequestForm",
    "CoordinationAnswerForm",
    "CoordinationFilterForm",
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
    "InstructionTextForm",
    "ItemFilterForm",
    "JointSummaryForm",
    "LedgerExportForm",
    "ManualLightForm",
    "MeasureFilterForm",
    "MeasurePageForm",
    "MeasureSettingsForm",
    "MilestoneFilterForm",
    "MilestoneForm",
    "PageForm",
    "PeriodExtendForm",
    "PeriodYearForm",
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
    "ReminderForm",
    "RevisionConfirmForm",
    "SourceForm",
    "ask_again",
]
