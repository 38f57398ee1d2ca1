"""这个人可以吗？纯函数，不看状态（“现在可以吗”在 workflow）。一条规则一个函数，别处不得重写。

每条规则写明让谁进，不写“除了谁都可以”：角色没有规则提到的账户，什么也看不到、做不了。
"""

from typing import Any, Protocol, TypeGuard

from departments.models import Department, Leader, User
from departments.requests import Anyone

# ── 问的是什么。模型在上一层，这里只写要看它的哪几样 ──


class Owned(Protocol):
    """一个部室的：项次、问题。"""

    @property
    def department_id(self) -> int | None: ...


class Instructed(Protocol):
    """批示：谁录入的，交哪些部室办。"""

    @property
    def by_id(self) -> int | None: ...
    @property
    def departments(self) -> Any: ...


class Led(Protocol):
    """举措：哪个部室汇总，哪些领导牵头。"""

    @property
    def summarizer(self) -> Department | None: ...
    @property
    def leader_links(self) -> Any: ...


class Asked(Protocol):
    """需协调事项：请哪个部室；空着是请办公室。"""

    @property
    def to_department_id(self) -> int | None: ...


# ── 五种人。只在本模块里用，别处问下面的规则 ──


def _is_reporter(user: Anyone) -> TypeGuard[User]:
    return user.is_authenticated and user.is_reporter and user.department_id is not None


def _is_office(user: Anyone) -> TypeGuard[User]:
    return user.is_authenticated and user.is_office


def _is_leader(user: Anyone) -> TypeGuard[User]:
    return user.is_authenticated and user.is_leader


def _is_administrator(user: Anyone) -> TypeGuard[User]:
    return user.is_authenticated and user.is_administrator


def _is_auditor(user: Anyone) -> TypeGuard[User]:
    return user.is_authenticated and user.is_auditor


# ── 进门、看 ──


def can_enter(user: Anyone) -> bool:
    """登录以后用本系统：办事的四种人。方案、举措是印发的文件，进得来的都看得到。审计员不办事，只看记录。"""
    return can_see_board(user) or can_fill_in(user)


def can_only_audit(user: Anyone) -> bool:
    """只看记录，别的都不看、不做：审计员（等保“三权分立”：管理、办事、审计分开）。"""
    return _is_auditor(user)


def can_see_board(user: Anyone) -> TypeGuard[User]:
    """总览，与各部室的报送、问题、申请：办公室、领导、管理员。"""
    return _is_office(user) or _is_leader(user) or _is_administrator(user)


def can_see_department(user: Anyone, department: Department) -> bool:
    """部室页：办公室、领导、管理员看全部，填报人看本部室。"""
    return can_see_board(user) or can_act_for(user, department.pk)


def can_see_log(user: Anyone) -> bool:
    """操作记录：办公室、管理员、审计员。"""
    return _is_office(user) or _is_administrator(user) or _is_auditor(user)


def can_audit(user: Anyone) -> bool:
    """查、导出安全日志：管理员、审计员。各人自己的登录记录，谁都看得到自己的。"""
    return _is_administrator(user) or _is_auditor(user)


def can_see_milestones(user: Anyone) -> bool:
    """节点一览：办公室、领导、管理员。部室在举措页看。"""
    return can_see_board(user)


def can_see_instructions(user: Anyone) -> bool:
    """批示清单：办公室、领导、管理员。部室在首页和举措页看交自己办的。"""
    return can_see_board(user)


def can_see_assessment(user: Anyone) -> bool:
    """考核材料：办公室、领导、管理员（方案三（二）：“严格考核”）。"""
    return can_see_board(user)


def can_trace_figures(user: Anyone) -> bool:
    """从公文的数字点到总览：看得到总览的人。"""
    return can_see_board(user)


def can_read_briefings(user: Anyone) -> bool:
    """汇报：报领导小组的，办公室、领导、管理员看；部室不看。"""
    return can_see_board(user)


# ── 部室 ──


def can_fill_in(user: Anyone) -> TypeGuard[User]:
    """替本部室办事、有“我的任务”：填报人。他只取得到、只动得了本部室的。"""
    return _is_reporter(user)


def can_act_for(user: Anyone, department_id: int | None) -> bool:
    """替这个部室办事：它的填报人；兼任、代理的，他现在换到的那个部室（departments/acting.py）。"""
    return can_fill_in(user) and user.serving_id == department_id


def can_report(user: Anyone, assignment: Owned) -> bool:
    """填报：只有这个项次的牵头部室的填报人。"""
    return can_act_for(user, assignment.department_id)


def can_sign(user: Anyone) -> TypeGuard[User]:
    """签收方案：各部室的填报人。"""
    return can_fill_in(user)


def can_answer(user: Anyone, instruction: Instructed) -> bool:
    """回复批示：承办部室的填报人。"""
    return any(can_act_for(user, department.pk) for department in instruction.departments.all())


def can_rectify(user: Anyone, problem: Owned) -> bool:
    """记整改、申请销号：问题的责任部室的填报人（挂账、核验、调整由办公室做，见 can_review）。"""
    return can_act_for(user, problem.department_id)


def can_report_cooperation(user: Anyone, row: Owned) -> bool:
    """报配合情况：被请的配合单位的填报人。"""
    return can_act_for(user, row.department_id)


def can_subscribe(user: Anyone, department: Department) -> bool:
    """建立、作废部室的日历订阅链接：本部室的填报人。"""
    return can_act_for(user, department.pk)


def can_be_mailed(user: Anyone) -> bool:
    """收催办邮件：被催部室在用、有邮箱的填报人。"""
    return can_fill_in(user) and user.is_active and bool(user.email)


# ── 办公室 ──


def can_review(user: Anyone) -> TypeGuard[User]:
    """审核、退回、定灯、管报送期：领导小组办公室（方案三（一）：“及时跟踪掌握重点任务推进情况”）。"""
    return _is_office(user)


def is_self_review(user: Anyone, row: Owned) -> bool:
    """自审：审核人与被审的（项次、问题）同属一个部室（办公室设在审批中心，而审批中心牵头 7 项）。"""
    return can_review(user) and user.department_id is not None and user.department_id == row.department_id


def can_remind(user: Anyone | None) -> bool:
    """催办：领导小组办公室（方案三（一）：“及时跟踪掌握重点任务推进情况”）；定时任务没有操作人。"""
    return user is None or can_review(user)


def can_ask_cooperation(user: Anyone) -> TypeGuard[User]:
    """请配合单位报、撤销：办公室（配合单位只在办公室要的时候报）。"""
    return can_review(user)


def can_issue_circulars(user: Anyone) -> bool:
    """起草、修改、印发通报、汇报、简报：办公室（方案三（二）：“统计、分析和通报”）。"""
    return can_review(user)


def can_publish(user: Anyone) -> bool:
    """对外宣传的发布、修改、撤下：办公室（方案三（三）：“对外宣传推介”）。"""
    return can_review(user)


def can_close_plans(user: Anyone) -> TypeGuard[User]:
    """方案的收尾、归档：办公室定没有办结的各项去哪里。"""
    return can_review(user)


# ── 办公室与部室 ──


def can_propose_milestone(user: Anyone, assignment: Owned) -> bool:
    """提出节点：这个项次的牵头部室，或办公室。"""
    return can_review(user) or can_report(user, assignment)


def can_follow_up(user: Anyone, assignment: Owned) -> bool:
    """跟踪问效：办公室，或这个项次的牵头部室（方案三（二）：“各相关部室……跟踪问效”）。"""
    return can_review(user) or can_report(user, assignment)


def can_write_summary(user: Anyone, measure: Led) -> bool:
    """写共同汇总：指定的汇总部室（还在牵头的）；没有的由办公室写。"""
    if measure.summarizer is None:
        return _is_office(user)
    return can_act_for(user, measure.summarizer.pk)


def can_reply_coordination(user: Anyone, request: Asked) -> bool:
    """答复需协调事项：被请的部室的填报人；请办公室协调的，办公室。"""
    if request.to_department_id is None:
        return can_review(user)
    return can_act_for(user, request.to_department_id)


# ── 领导的批示 ──


def can_lead(user: Anyone) -> TypeGuard[User]:
    """“我牵头的”：领导。他写批示署自己的名。"""
    return _is_leader(user)


def can_write_instructions(user: Anyone) -> TypeGuard[User]:
    """写批示的页面：领导与办公室。"""
    return _is_leader(user) or _is_office(user)


def can_sign_for_leaders(user: Anyone) -> TypeGuard[User]:
    """代录领导的口头批示，署所选领导的名：办公室。"""
    return _is_office(user)


def can_instruct(user: Anyone, measure: Led) -> bool:
    """批示：这一项的牵头领导，或领导小组组长；办公室可以代录领导的口头批示。"""
    return can_sign_for_leaders(user) or (can_lead(user) and user.leader is not None and may_lead(user.leader, measure))


def may_lead(leader: Leader, measure: Led) -> bool:
    """这位领导可以批示这一项：牵头领导，或组长（方案三（一）：“高位统筹”）。"""
    return leader.group_role == "head" or any(link.leader_id == leader.pk for link in measure.leader_links.all())


def can_read_digest(user: Anyone) -> bool:
    """每周一页，与要不要发到邮箱：领导、办公室。"""
    return _is_leader(user) or _is_office(user)


def can_only_see_led(user: Anyone) -> bool:
    """每周一页只看自己牵头的：组长以外的领导；组长与别人看全部（方案三（一）：“高位统筹”）。"""
    return can_lead(user) and user.leader is not None and user.leader.group_role != "head"


def can_mark_read(user: Anyone, measure: Led) -> bool:
    """已阅：领导看自己批得了的那几项。只是一件事实，不作考核。"""
    return can_lead(user) and user.leader is not None and may_lead(user.leader, measure)


def can_revise(user: Anyone, instruction: Instructed) -> bool:
    """改批示：只有录入的人。"""
    return can_write_instructions(user) and user.pk == instruction.by_id


def can_settle_instruction(user: Anyone, instruction: Instructed) -> bool:
    """了结批示：录入的人，或办公室。"""
    return can_review(user) or can_revise(user, instruction)


# ── 管理员 ──


def can_import(user: Anyone) -> bool:
    """导入、撤销方案修订，选定现行方案：管理员。"""
    return _is_administrator(user)


def can_switch_public(user: Anyone) -> bool:
    """打开、关闭对外公开页：管理员。"""
    return _is_administrator(user)


def can_settle(user: Anyone) -> bool:
    """定单位名称、公文版头，从一张表建名单，发首次密码：管理员。"""
    return _is_administrator(user)


def can_start(user: Anyone) -> bool:
    """看第一天的五步：管理员做前三步，办公室做后两步。"""
    return _is_administrator(user) or _is_office(user)
