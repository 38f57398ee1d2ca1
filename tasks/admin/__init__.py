"""后台：一个名词一个模块，各自登记。"""

from . import department, event, holiday, measure, period, plan, progress  # noqa: F401
