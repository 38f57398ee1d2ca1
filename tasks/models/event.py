"""办理过程与操作记录：只增不改。数据库触发器拒绝 UPDATE、DELETE 与 TRUNCATE（等保“安全审计”）。"""

from typing import Self

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from departments import organisation
from departments.models import User
from departments.requests import Anyone
from yingshang import append_only

from ..rules import permissions
from .visibility import Visible


class EventQuerySet(Visible):
    def last_number(self) -> int:
        """末尾是第几条；一条也没有为 0。"""
        return self.order_by("-pk").values_list("pk", flat=True).first() or 0

    def visible_to(self, user: Anyone) -> Self:
        """审计员不办业务，记录看全部；别人照 Visible 的说法。"""
        return self if permissions.can_only_audit(user) else super().visible_to(user)

    def _seen_by_reporter(self, user: User) -> Self:
        """本部室的、交本部室办的批示、看得到的问题，以及公开的（方案、报送期、审核通过等）。"""
        from .instruction import Instruction
        from .problem import Problem

        mine = models.Q(department=user.serving_id, problem=None)
        mine |= models.Q(instruction__in=Instruction.objects.visible_to(user))
        mine |= models.Q(problem__in=Problem.objects.visible_to(user))  # 责任部室换了，办理过程跟着换
        return self.filter(models.Q(is_public=True) | mine)


class Event(models.Model):
    """一件发生过的事：谁、何时、对什么、做了什么、说了什么。与状态的改变写在同一个事务里。"""

    action = models.CharField("动作", max_length=40)
    label = models.CharField("事项", max_length=40)
    by = models.ForeignKey("departments.User", models.PROTECT, null=True, related_name="+", verbose_name="操作人")
    at = models.DateTimeField("时间")
    note = models.TextField("内容", blank=True)
    data = models.JSONField("前后值", default=dict, blank=True)
    is_public = models.BooleanField("登录者可见", default=False)
    is_self_review = models.BooleanField("自审", default=False)
    department = models.ForeignKey(
        "departments.Department", models.PROTECT, null=True, related_name="+", verbose_name=organisation.later("部室")
    )
    # 替别的部室办的：凭哪一条兼任、代理。
    acting = models.ForeignKey("departments.Acting", models.PROTECT, null=True, related_name="+", verbose_name="代")
    plan = models.ForeignKey("tasks.Plan", models.PROTECT, null=True, related_name="events")
    revision = models.ForeignKey("tasks.PlanRevision", models.PROTECT, null=True, related_name="events")
    measure = models.ForeignKey("tasks.Measure", models.PROTECT, null=True, related_name="events")
    assignment = models.ForeignKey("tasks.Assignment", models.PROTECT, null=True, related_name="events")
    period = models.ForeignKey("tasks.ReportingPeriod", models.PROTECT, null=True, related_name="events")
    progress = models.ForeignKey("tasks.Progress", models.PROTECT, null=True, related_name="events")

    problem = models.ForeignKey("tasks.Problem", models.PROTECT, null=True, related_name="events")
    instruction = models.ForeignKey("tasks.Instruction", models.PROTECT, null=True, related_name="events")
    circular = models.ForeignKey("tasks.Circular", models.PROTECT, null=True, related_name="events")

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "操作记录"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["measure", "-at"]),
            models.Index(fields=["-at"]),
            # 催过几次（figures/owed._urged）：WHERE action='remind' AND plan=…；每次打开首页、催办页都问。
            models.Index(fields=["action", "plan"], name="event_action_plan"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.label}"


TABLE = "tasks_event"
MESSAGE = "操作记录只能新增，不能修改或删除"


def protect(connection: BaseDatabaseWrapper) -> None:
    """装上触发器。凡改动 tasks_event 表结构的迁移，最后都要再调一次：SQLite 改表是重建，触发器会随旧表消失。"""
    append_only.protect(connection, TABLE, MESSAGE)


def unprotect(connection: BaseDatabaseWrapper) -> None:
    """卸下触发器（只供迁移回退与测试清库）。"""
    append_only.unprotect(connection, TABLE)


# 类别 → 叫什么、动作名的开头。新的动作不归进某一类，测试就失败。
CATEGORIES = {
    "report": ("报送与审核", ("progress_", "attachment_")),
    "period": ("报送期", ("period_",)),
    "remind": ("催办", ("remind",)),
    "instruction": ("批示", ("instruction_", "reading_", "phrase_", "digest_")),
    "problem": ("问题与督查", ("problem_", "inspection_")),
    "suggestion": ("意见建议", ("suggestion_",)),
    "coordination": ("协调与配合", ("coordination_", "cooperation_")),
    "extension": ("延期", ("extension_",)),
    "completion": ("办结与问效", ("completion_", "effect_")),
    "breakdown": ("任务分解与汇总", ("milestone_", "joint_")),
    "measure": ("核定与定灯", ("measure_", "light_", "target_")),
    "circular": ("通报与宣传", ("circular_", "petition_", "public_", "calendar_")),
    "plan": ("方案", ("plan_", "terms_")),
    "admin": ("账户与设置", ("admin_", "roster_")),
}
