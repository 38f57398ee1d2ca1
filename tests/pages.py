"""读网页源码：模板怎样换行、缩进不算，句子里的空格照样算。"""

import re

BLOCK = (
    "html|head|body|header|footer|main|nav|aside|section|article|div|p|h1|h2|h3|ul|ol|li|dl|dt|dd|table|caption"
    "|thead|tbody|tr|th|td|form|fieldset|legend|label|input|select|option|textarea|button|details|summary|br"
)


def tidy(response) -> str:
    """一次应答的网页，连着的空白并成一个，块级标签两边与标签里面多余的去掉。"""
    html = re.sub(r"\s+", " ", response.content.decode())
    html = re.sub(r"<[^<>]*>", lambda tag: re.sub(r" (?=>)", "", tag[0]), html)
    return re.sub(rf" ?(</?(?:{BLOCK})(?: [^<>]*)?>) ?", r"\1", html)
