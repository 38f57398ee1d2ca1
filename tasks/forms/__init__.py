"""表单：值是否写得对。一类一个模块，从这里取用。"""
from .filters import EventFilterForm, FilterForm, MeasureFilterForm
from .measures import ManualLightForm, MeasureSettingsForm
from .periods import PeriodExtendForm, PeriodYearForm
from .plans import PlanUploadForm, RevisionConfirmForm
from .reports import EvidenceField, ProgressForm, ReasonForm

__all__ = [
    "EventFilterForm",
    "EvidenceField",
    "FilterForm",
    "ManualLightForm",
    "MeasureFilterForm",
    "MeasureSettingsForm",
    "PeriodExtendForm",
    "PeriodYearForm",
    "PlanUploadForm",
    "ProgressForm",
    "ReasonForm",
    "RevisionConfirmForm",
]
