"""项次的流程表：申请延期、申请办结、跟踪问效、重新打开。动词在 extensions.py 与 completions.py。"""

from . import completions, extensions
from .core import Step

STEPS: dict[str, Step] = {
    "request_extension": extensions.REQUEST,
    "request_completion": completions.REQUEST,
    "note_effect": completions.EFFECT,
    "reopen_completion": completions.REOPEN,
}
