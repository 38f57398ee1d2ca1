"""那一天的名字：做过的事照当时的部室、领导、账户说，改了名、调了部室也不改旧话。"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property

from . import organisation
from .models import CALLED_BY, Acting, Department, Former, Leader, Role, User


class Names:
    """某一刻谁叫什么。用到才查，一次查完；`nobody` 是已经知道没有谁改过，都照现在的，不去查。"""

    def __init__(self, *, nobody: bool = False) -> None:
        self.nobody = nobody

    @cached_property
    def _former(self) -> dict[tuple[str, int], list[Former]]:
        """（哪一种，编号）→ 原来的各个，早的在前。"""
        found: dict[tuple[str, int], list[Former]] = defaultdict(list)
        if self.nobody:
            return found
        rows = organisation.remembered(
            "former", lambda: list(Former.objects.select_related("of_department", "of_leader"))
        )
        for row in rows:
            kind, pk = next((k, pk) for k in ("department", "leader", "user") if (pk := getattr(row, f"{k}_id")))
            found[kind, pk].append(row)
        return found

    def _at(self, kind: str, pk: int, at: dt.datetime) -> Former | None:
        """那一刻还没有改过去的那一个；已经是现在的名字为 None。"""
        return next((row for row in self._former.get((kind, pk), ()) if at <= row.until), None)

    def department(self, department: Department, at: dt.datetime) -> str:
        found = self._at("department", department.pk, at)
        return found.name if found else department.name

    def leader(self, leader: Leader, at: dt.datetime) -> str:
        found = self._at("leader", leader.pk, at)
        return found.name if found else leader.called

    def who(self, user: User, at: dt.datetime) -> str:
        """办理过程里的称呼（`User.who`），照那一刻的角色与部室、领导，用它们那一刻的名字。"""
        found = self._at("user", user.pk, at)
        role = found.role if found else user.role
        named = CALLED_BY.get(role)
        one = named and (getattr(found, f"of_{named}") if found else getattr(user, named))
        if not one:
            return str(dict(Role.choices).get(role, role))
        return self.department(one, at) if isinstance(one, Department) else self.leader(one, at)

    def acted(self, acting: Acting, user: User, at: dt.datetime) -> str:
        """替别的部室办的：那一刻的部室、姓名，标“代”。"""
        found = self._at("user", user.pk, at)
        return f"{self.department(acting.department, at)} {found.name if found else user.name}（代）"

    def is_acting(self, user: User, department: Department | None, at: dt.datetime) -> bool:
        """这个部室的事由别的部室的填报人办的（按那一刻他在哪个部室）。"""
        if department is None:
            return False
        found = self._at("user", user.pk, at)
        role, room = (found.role, found.of_department_id) if found else (user.role, user.department_id)
        return role == Role.REPORTER and room != department.pk

    def set_back(self, one: Department | Leader, at: dt.datetime) -> None:
        """把一个部室、一位领导的名字换成那一刻的（只在内存里）。"""
        if isinstance(one, Department):
            one.name = self.department(one, at)
        else:
            one.called = self.leader(one, at)
            one.name = one.called.partition("（")[0]


def apart(shown: Iterable[Leader]) -> Callable[[Leader], str]:
    """公文里怎么叫各位领导：只叫姓名；同名的两位都写到的，连职务叫。"""
    called: dict[str, set[str]] = defaultdict(set)
    for leader in shown:
        called[leader.name].add(leader.called)
    return lambda leader: leader.called if len(called[leader.name]) > 1 else leader.name
