"""项次的流程表：申请延期、申请办结、跟踪问效、重新打开。动词在 extensions.py 与 completions.py。"""

from ..models import Assignment
from . import completion as completion_steps
from . import extension as extension_steps
from .steps import Step

STEPS: dict[str, Step[Assignment]] = {
    "request_extension": extension_steps.REQUEST,
    "request_completion": completion_steps.REQUEST,
    "note_effect": completion_steps.EFFECT,
    "reopen_completion": completion_steps.REOPEN,
}
