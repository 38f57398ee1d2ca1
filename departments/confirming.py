"""要紧的账户要两个人办：一位管理员建立、重设、换了角色，另一位确认以前不能登录（等保三级；设置 TWO_PERSON_ACCOUNTS）。

不论从哪里办的都走这里：后台、导入的账户表、第一天的名单与首次密码。
"""

from django.conf import settings

from .models import Role, User

# 一个人建得了、改得了这些账户，就等于自己有了它们的权限，所以要第二个人确认。
WEIGHTY = {Role.OFFICE, Role.LEADER, Role.ADMIN, Role.AUDITOR}


def hold(user: User, by: User, *, before: User | None = None, is_reset: bool = False) -> bool:
    """建好、改好的这个账户要不要等另一位管理员确认；要等的记下是谁办的。`before` 是改以前的样子，新建的没有。

    没有第二位管理员可以确认的不等：等了谁也解不开。
    """
    if not settings.TWO_PERSON_ACCOUNTS or not (is_reset or _has_new_power(user, before)):
        return False
    is_weighty = bool(WEIGHTY & {user.role, before.role if before else user.role})
    others = User.objects.administrators().filter(awaiting_by=None).exclude(pk__in=[by.pk, user.pk])
    if not is_weighty or not others.exists():
        return False
    user.awaiting_by = by
    user.save(update_fields=["awaiting_by"])
    return True


def _has_new_power(user: User, before: User | None) -> bool:
    """新建的、换了角色（部室、对应的领导）的、停用了又启用的。"""
    if before is None or (user.is_active and not before.is_active):
        return True
    return any(getattr(before, name) != getattr(user, name) for name in ("role", "department_id", "leader_id"))
