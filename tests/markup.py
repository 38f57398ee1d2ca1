"""页面的源码，空白归一：模板怎样折行不算，行内文字之间有没有空格仍算。"""

import re

BLOCK = (
    "p|div|section|article|aside|header|footer|nav|main|form|fieldset|legend|ul|ol|li|dl|dt|dd|details|summary|table|"
    "thead|tbody|tfoot|tr|td|th|caption|h1|h2|h3|label|option|select|button|input|textarea|svg|use|br|blockquote"
)


def markup(response) -> str:
    """一个页面的源码：标签里、块级标签前后的空白去掉，其余连续的空白算一个空格。"""
    text = re.sub(r"\s+", " ", response.content.decode())
    text = re.sub(r" (/?>)", r"\1", text)
    return re.sub(rf" ?(</?(?:{BLOCK})(?: [^>]*)?>) ?", r"\1", text)
