"""单位、产品的名称与公文版头：全站只从这里取，现在都读设置。

`current()` 每次现取，不在导入时记下：名称改到别处保管时，只改这一个文件。
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings


@dataclass(frozen=True)
class Organisation:
    """用这套台账的单位。模板里是 `organisation`。"""

    zone: str  # 开发区
    topic: str  # 这件工作
    group: str  # 领导小组的简称
    seat: str  # 办公室设在哪里
    product: str  # 这套台账的名称

    @property
    def office(self) -> str:
        """领导小组办公室。"""
        return f"{self.group}办公室"

    @property
    def full_group(self) -> str:
        """优化营商环境领导小组。"""
        return f"{self.topic}{self.group}"

    @property
    def full_office(self) -> str:
        """优化营商环境领导小组办公室。"""
        return f"{self.full_group}办公室"

    @property
    def seated_office(self) -> str:
        """领导小组办公室（行政审批中心）。"""
        return f"{self.office}（{self.seat}）"

    @property
    def backoffice(self) -> str:
        """后台的名称。"""
        return f"{self.product} · 后台"


def current() -> Organisation:
    """现在的名称。"""
    return Organisation(**settings.ORGANISATION)


def letterhead() -> dict[str, Any]:
    """公文版头：发文单位、红头、机关代字、主送、抄送。印发时随那一份公文冻结。"""
    return settings.LETTERHEAD
