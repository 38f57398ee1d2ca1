"""汉字的拼音与首字母：部室代号、登录名照它提议，密码里带单位自己的拼音不收；人名照它排。

代号、登录名里的多音字照词认（重庆 chong），认不准的也只是提议，人可以改。人名一字一字认，姓照姓的读法（曾 zeng）。
"""

import os
from functools import cache
from types import ModuleType
from typing import Any

# 作姓时另有读法的。
SURNAMES = {
    "曾": "zeng1", "单": "shan4", "查": "zha1", "仇": "qiu2", "解": "xie4", "任": "ren2", "华": "hua4", "翟": "zhai2",
    "区": "ou1", "朴": "piao2", "盖": "ge3", "缪": "miao4", "召": "shao4", "覃": "qin2", "员": "yun4", "种": "chong2",
    "乐": "yue4", "纪": "ji3", "宁": "ning4", "洗": "xian3", "黑": "he4", "折": "she2", "秘": "bi4", "过": "guo1",
    "燕": "yan1", "应": "ying1", "葛": "ge3", "那": "na1", "哈": "ha3", "曲": "qu1", "尹": "yin3", "祭": "zhai4",
}  # fmt: skip
TWO = {
    "尉迟": ("yu4", "chi2"),
    "万俟": ("mo4", "qi2"),
    "长孙": ("zhang3", "sun1"),
    "澹台": ("tan2", "tai2"),
    "单于": ("chan2", "yu2"),
}

# 不是汉字的一个字符一段；随包的类型只写了收回一串的。
_APART: Any = lambda rest: list(rest.lower())  # noqa: E731


@cache
def _characters() -> ModuleType:
    """字典。用到才读，免得每条管理命令都等它；词库（四十多兆）不跟着读：人名照字认，排一个名单用不着它。"""
    os.environ |= {"PYPINYIN_NO_PHRASES": "1", "PYPINYIN_NO_DICT_COPY": "1"}
    import pypinyin

    return pypinyin


@cache
def _words() -> ModuleType:
    """字典连同词库：提议代号、登录名，核对密码时才用。"""
    from pypinyin.phrases_dict import phrases_dict

    said = _characters()
    said.load_phrases_dict(phrases_dict)
    return said


def sounded(name: str) -> list[tuple[str, str, str]]:
    """人名照拼音排的次序：一字一字比，先比拼音，再比声调，同音的按字；西文照字母。

    两种库、哪种排序规则（collation）都排得一样，所以不在库里排。国标码（GB 18030）只有一级字是按拼音的，闫、翟、晏这些姓排不对。
    """
    said, each = _characters(), list(name)  # 一字一字地给：读没读过词库，排得都一样
    sounds = said.lazy_pinyin(each, style=said.Style.TONE3, neutral_tone_with_five=True, v_to_u=False, errors=_APART)
    if name[:2] in TWO:
        sounds[:2] = TWO[name[:2]]
    elif name[:1] in SURNAMES:
        sounds[0] = SURNAMES[name[0]]
    return [(sound.rstrip("12345") or sound, sound[-1:], char) for sound, char in zip(sounds, name, strict=False)]


def syllables(name: str) -> list[str]:
    """各字的拼音（ü 写 v），字母、数字照录小写，别的丢掉。"""
    found = (part.lower() for part in _words().lazy_pinyin(name, v_to_u=False))
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
