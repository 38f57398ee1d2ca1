"""现在不能做的，把原因写在表单上，所写内容原样留着。"""

from .. import workflow
from ..forms import ask_again


def or_say(form, act):
    """表单合格就做，返回做成的结果；不合格、或现在不能做，原因写在表单上，返回 None。"""
    if form.is_valid():
        try:
            return act()
        except workflow.Refused as refused:
            form.add_error(None, str(refused))
            form.is_late = isinstance(refused, workflow.TooLate)  # 让表单亮出“仍要这样定”
    ask_again(form)
    return None
