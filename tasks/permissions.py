"""这个人可以吗？纯函数，不看状态（“现在可以吗”在 workflow）。一条规则一个函数，别处不得重写。"""
from departments.models import Role


def can_report(user, assignment) -> bool:
    """填报：只有这个项次的牵头部室的填报人。"""
    return user.is_authenticated and user.role == Role.REPORTER and user.department_id == assignment.department_id


def can_review(user) -> bool:
    """审核、退回、定灯、管报送期：领导小组办公室（方案三（一）：“及时跟踪掌握重点任务推进情况”）。"""
    return user.is_authenticated and user.role == Role.OFFICE


def is_self_review(user, assignment) -> bool:
    """自审：审核人与被审的同属一个部室（办公室设在审批中心，而审批中心牵头 7 项）。"""
    return user.department_id is not None and user.department_id == assignment.department_id


def can_see_board(user) -> bool:
    """总览：办公室、领导、管理员。"""
    return user.is_authenticated and user.role in (Role.OFFICE, Role.LEADER, Role.ADMIN)


def can_see_department(user, department) -> bool:
    """部室页：办公室、领导、管理员看全部，填报人看本部室。"""
    return can_see_board(user) or (user.is_authenticated and user.department_id == department.pk)


def can_import(user) -> bool:
    """导入、撤销方案修订，选定现行方案：管理员。"""
    return user.is_authenticated and user.role == Role.ADMIN


def can_sign(user) -> bool:
    """签收方案：各部室的填报人。"""
    return user.is_authenticated and user.role == Role.REPORTER and user.department_id is not None


def can_see_log(user) -> bool:
    """操作记录：办公室与管理员。"""
    return user.is_authenticated and user.role in (Role.OFFICE, Role.ADMIN)
