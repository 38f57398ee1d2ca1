"""页面的源码，空白归一：模板怎样折行不算，行内文字之间有没有空格仍算。"""

import re

BLOCK = (
    "html|head|body|header|footer|main|nav|aside|section|article|div|p|h1|h2|h3|ul|ol|li|dl|dt|dd|table|caption|thead|tbody|"
    "tfoot|tr|th|td|form|fieldset|legend|label|input|select|option|textarea|button|details|summary|br|svg|use|blockquote"
)


def markup(page) -> str:
    """一个页面（应答，或一段源码）：标签里、块级标签前后的空白去掉，其余连续的空白算一个空格。"""
    html = page if isinstance(page, str) else page.content.decode()
    text = re.sub(r"[ \t\r\n]+", " ", html)  # 全角空格是内容，不动
    text = re.sub(r" (/?>)", r"\1", text)
    return re.sub(rf" ?(</?(?:{BLOCK})(?: [^>]*)?>) ?", r"\1", text)
