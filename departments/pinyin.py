"""汉字的拼音与首字母：部室代号、登录名照它提议，密码里带单位自己的拼音不收。

多音字照词认（重庆 chong），认不准的也只是提议，人可以改。
"""

from pypinyin import lazy_pinyin


def syllables(name: str) -> list[str]:
    """各字的拼音（ü 写 v），字母、数字照录小写，别的丢掉。"""
    found = (part.lower() for part in lazy_pinyin(name, v_to_u=False))
    return [word for part in found if (word := "".join(char for char in part if char.isascii() and char.isalnum()))]


def spelled(name: str) -> str:
    """全拼：林致和 → linzhihe。"""
    return "".join(syllables(name))


def initials(name: str) -> str:
    """首字母：行政审批局 → xzspj。"""
    return "".join(word if word.isdigit() else word[0] for word in syllables(name))


def guessed(zone: str) -> set[str]:
    """一个开发区人人猜得到的写法：全称的首字母与全拼，地名（头两个字）的首字母与全拼，接上常用的简称。"""
    if not zone:
        return set()
    place = zone[:2]
    short = {initials(place) + tail for tail in ("kfq", "jkq", "jkf", "gxq", "gwh", "xq")}
    return {initials(zone), spelled(zone), spelled(place), *short}
