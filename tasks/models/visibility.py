"""谁看得到哪些行：一条共同的规则写在这里，各模型只说自己与它不同的地方。"""

from copy import copy
from typing import Self

from departments.models import User
from departments.requests import Anyone

from ..rules import permissions
from .plan import OfPlan


def eyes(user: Anyone) -> tuple[bool, ...]:
    """他怎样看：`visible_to` 只随这几条规则与他在哪个部室办变。备好的查询（yingshang.prepared）问“看得到的”，键里要有它。"""
    return permissions.can_see_board(user), permissions.can_fill_in(user), permissions.can_only_audit(user)


def viewer(user: User, room: int) -> User:
    """同样看、在 `room` 那个部室办的人：备好的查询照他建，部室换得上。"""
    other = copy(user)
    other.department_id, other.acting = room, None
    return other


class Visible(OfPlan):
    """有“谁看得到”的：看全局的人一种看法，填报人一种，其余的人（没有登录、角色没有规则提到）一行也没有。

    也都能问哪份方案的（`to_plan`）；日历链接不随方案，不问。
    """

    def visible_to(self, user: Anyone) -> Self:
        """这个人看得到的。"""
        if permissions.can_see_board(user):
            return self._seen_by_board(user)
        if permissions.can_fill_in(user):
            return self._seen_by_reporter(user)
        return self.none()

    def _seen_by_board(self, user: User) -> Self:
        """办公室、领导、管理员看得到的：没有另说的是全部。"""
        return self

    def _seen_by_reporter(self, user: User) -> Self:
        """填报人看得到的：每个模型都要说。"""
        raise NotImplementedError
