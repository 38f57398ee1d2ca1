"""拒绝：现在不能做，和为什么。"""

from typing import Any


class Refused(Exception):
    """现在不能做。消息是给用户看的完整句子，说明为什么、怎么办。"""


class Conflict(Refused):
    """别人刚改过同一条。`current` 是库里现在的那一条。"""

    said = "刚才已有人更新过这一项，请核对后再报。您写的内容还在下面，没有丢。"

    def __init__(self, current: Any, said: str = "") -> None:
        self.current = current
        super().__init__(said or self.said)


class TooLate(Refused):
    """所填的时限已经过去。确实要这样定的，勾“时限已过，仍要……”再交一次。"""
