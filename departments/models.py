"""谁：部室、领导、用户，以及登录失败计数、交过的表单。本模块不引用 tasks。"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from yingshang import clock
from yingshang.tables.normalising import squeeze

from .acting import Acting
from .one_name import OneName, one_name, without_blanks
from .organisation import Organisation, later, unit

__all__ = ["Acting", "Organisation"]


class Remembered(models.Model):
    """改了名字（调了部室）的，原来的记下来：那以前做的事，照那一天的名字说。"""

    # 改了哪几栏要记，各记在 Former 的哪一栏。
    REMEMBERED: ClassVar[dict[str, str]] = {"name": "name"}

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """与库里的不同的，先把原来的记下。"""
        with transaction.atomic():
            wanted = kwargs.get("update_fields")
            if self.pk is not None and (wanted is None or not self.REMEMBERED.keys().isdisjoint(wanted)):
                self._remember()
            super().save(*args, **kwargs)

    def _remember(self) -> None:
        before = type(self)._default_manager.filter(pk=self.pk).values(*self.REMEMBERED).first()
        fields: list[Any] = [self._meta.get_field(name) for name in self.REMEMBERED]
        now = {field.name: field.get_prep_value(field.value_from_object(self)) for field in fields}
        if before and before != now:
            was = {self.REMEMBERED[name]: value for name, value in before.items()}
            Former.objects.create(until=clock.now(), **{str(self._meta.model_name): self}, **was)


class DepartmentQuerySet(models.QuerySet):
    def active(self) -> Self:
        """现在承担任务的部室（停用的保留历史，不再分派）。"""
        return self.filter(is_active=True)


class Department(OneName, Remembered):
    """部室。`name` 是方案“牵头部室”栏里的写法，`full_name` 取自领导组名单或正文。"""

    name = models.CharField("简称", max_length=40, unique=True)
    full_name = models.CharField("全称", max_length=80, blank=True, help_text="文件没有写明的留空")
    slug = models.SlugField("网址代号", max_length=40, unique=True)
    order = models.PositiveSmallIntegerField("排序", default=0)
    is_active = models.BooleanField("在用", default=True)
    source_note = models.CharField("来源说明", max_length=200, blank=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = later("部室")
        ordering = ["order", "pk"]
        constraints = one_name("department_name", "部室简称")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """简称与别的部室的别名、全称相同的抛出 ValidationError：导入时就不知道说的是哪一个。"""
        super().clean()
        taken = DepartmentAlias.objects.exclude(department=self.pk).filter(name__iexact=self.name).first()
        if taken:
            raise ValidationError({"name": f"“{self.name}”是{taken.department}的别名，不能再作简称。"})
        if other := called_in_full(self.name).exclude(pk=self.pk).first():
            raise ValidationError({"name": f"“{self.name}”是{other}的全称，不能再作简称。"})


def called_in_full(name: str) -> DepartmentQuerySet:
    """全称是这个名字的部室。"""
    return Department.objects.filter(full_name__iexact=squeeze(name)).exclude(full_name="")


class DepartmentAlias(OneName):
    """部室的别名。文件没有明说、由我们推断的，标“待办公室确认”（方案所附名单与正文写法不一）。

    与别的部室的简称不能相同：两张表之间由触发器管（迁移 0007；以后改这两张表的迁移，最后要再装一次）。
    """

    department = models.ForeignKey(Department, models.PROTECT, related_name="aliases", verbose_name=later("部室"))
    name = models.CharField("别名", max_length=80, unique=True)
    is_inferred = models.BooleanField("推断得来", default=False)
    is_confirmed = models.BooleanField("办公室已确认", default=False)

    class Meta:
        verbose_name = verbose_name_plural = later("部室别名")
        ordering = ["pk"]
        constraints = one_name("alias_name", "别名")

    def __str__(self) -> str:
        return f"{self.name}（{self.department.name}）"

    def clean(self) -> None:
        """与别的部室的简称、全称相同的抛出 ValidationError。"""
        super().clean()
        others = Department.objects.filter(name__iexact=self.name) | called_in_full(self.name)
        if other := others.exclude(pk=self.department_id).first():
            raise ValidationError({"name": f"“{self.name}”是另一个{unit()}（{other}）的名称，不能作别名。"})

    @property
    def needs_confirmation(self) -> bool:
        """推断而未确认：界面标“待办公室确认”。"""
        return self.is_inferred and not self.is_confirmed


NESTED = str.maketrans({"（": "〔", "）": "〕", "(": "〔", ")": "〕"})
SAME_NAME = "名单里已有另一位“{name}”（{post}）。两位同名的，都须写明职务，且不能相同，好分得清。"


class Leader(OneName, Remembered):
    """方案里写到名字的人：领导小组成员，或某项举措的牵头领导。职务只照文件写，没有就空着。

    可以有两位同名的：都须写明职务，各处连职务叫（`called`），只有一位的只叫姓名。叫法存着，不是现算：
    哪天来了第二位，以前的各期照旧只写姓名（`Former`）。
    """

    class GroupRole(models.TextChoices):
        HEAD = "head", "组长"
        DEPUTY = "deputy", "副组长"
        MEMBER = "member", "成员"
        NONE = "none", "名单未列"

    REMEMBERED: ClassVar[dict[str, str]] = {"called": "name"}

    name = models.CharField("姓名", max_length=40)
    called = models.CharField("称呼", max_length=122, unique=True, editable=False, help_text="同名的连职务叫，好分得清")
    post = models.CharField("职务", max_length=80, blank=True, help_text="文件没有写明的留空，不推测")
    group_role = models.CharField("领导小组", max_length=10, choices=GroupRole.choices, default=GroupRole.NONE)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="heads", verbose_name=later("所在部室")
    )
    order = models.PositiveSmallIntegerField("排序", default=0)
    is_active = models.BooleanField("在任", default=True)
    source_note = models.CharField("来源说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "领导"
        ordering = ["order", "pk"]
        constraints = [
            without_blanks("leader_name", "领导姓名"),
            models.UniqueConstraint(
                Lower("name"), "post", name="leader_apart", violation_error_message="已有同名、同职务的领导。"
            ),
            models.UniqueConstraint(Lower("called"), name="leader_called_unique"),
        ]

    def __str__(self) -> str:
        return self.called or self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """定下叫什么；与他同名的跟着连职务叫，不再有同名的改回只叫姓名。"""
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "called"}
        with transaction.atomic():
            self.name = squeeze(self.name or "")
            before = Leader.objects.filter(pk=self.pk).values_list("name", flat=True).first()
            others = list(self.namesakes.select_for_update())
            for other in others:
                other._call(other.with_post)
            self.called = self.with_post if others else self.name
            super().save(*args, **kwargs)
            left = list(Leader.objects.filter(name__iexact=before)) if before else []
            if len(left) == 1 and left[0].pk != self.pk:
                left[0]._call(left[0].name)

    def clean(self) -> None:
        """有同名的，职务没有写、或与他相同的抛出 ValidationError。"""
        super().clean()
        for other in self.namesakes:
            if not self.post or not other.post or self.with_post.lower() == other.with_post.lower():
                said = SAME_NAME.format(name=other.name, post=other.post or "没有写职务，请先补上")
                raise ValidationError({"post": said})

    @property
    def namesakes(self) -> models.QuerySet[Leader]:
        """同名的别的人，离任的也算：以往各期里还有他。"""
        return Leader.objects.filter(name__iexact=squeeze(self.name or "")).exclude(pk=self.pk)

    @property
    def with_post(self) -> str:
        """连职务叫：张明（管委会副主任）。"""
        post = squeeze(self.post).translate(NESTED)
        return f"{self.name}（{post}）" if post else self.name

    def _call(self, called: str) -> None:
        """只改叫法；原来叫什么记下来。"""
        if self.called != called:
            self.called = called
            super().save(update_fields=["called"])  # 走“记下原来的名字”那一步


class Role(models.TextChoices):
    REPORTER = "reporter", "填报人"
    OFFICE = "office", "办公室"
    LEADER = "leader", "领导"
    ADMIN = "admin", "管理员"
    AUDITOR = "auditor", "审计员"


# 称呼取哪一样：填报人写部室，领导写姓名；不在此列的写角色。
CALLED_BY: dict[str, str] = {Role.REPORTER: "department", Role.LEADER: "leader"}


class CaseInsensitiveUserManager(UserManager["User"]):
    """登录名不分大小写：Zhang 与 zhang 是同一个人。"""

    def get_by_natural_key(self, username: str | None) -> User:
        # 与锁定计数同用小写。不用 iexact：PostgreSQL 上它比较大写，“ı”会被当成“i”，换个写法就绕过了锁定。
        return self.alias(lowered=Lower("username")).get(lowered=(username or "").lower())

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> User:
        extra.setdefault("role", Role.ADMIN)
        extra.setdefault("name", username)
        return super().create_superuser(username, email, password, **extra)

    def reporters(self) -> models.QuerySet[User]:
        """在用的填报人。"""
        return self.filter(role=Role.REPORTER, is_active=True)

    def office(self) -> models.QuerySet[User]:
        """在用的办公室账户。"""
        return self.filter(role=Role.OFFICE, is_active=True)

    def administrators(self) -> models.QuerySet[User]:
        """在用的管理员。"""
        return self.filter(role=Role.ADMIN, is_active=True)


class User(Remembered, AbstractUser):
    """登录账户。只收姓名、部室、办公电话与邮箱，不收其他个人信息。"""

    first_name = last_name = None  # type: ignore[assignment]  # 不要这两列：Django 的写法就是置空
    username = models.CharField(
        "登录名",
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z", "登录名只能用字母、数字和 . _ -，以字母或数字开头。")
        ],
        error_messages={"unique": "这个登录名已有人使用，请换一个。"},
    )
    name = models.CharField("姓名", max_length=40)
    role = models.CharField("角色", max_length=10, choices=Role.choices, default=Role.REPORTER)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="users", verbose_name=later("部室")
    )
    leader = models.ForeignKey(
        Leader, models.PROTECT, null=True, blank=True, related_name="users", verbose_name="对应领导"
    )
    office_phone = models.CharField(
        "办公电话",
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^[0-9\-]{3,20}\Z", "办公电话只写数字和短横线。")],
    )
    must_change_password = models.BooleanField("下次登录须改密码", default=True)
    password_changed_at = models.DateTimeField("上次改密码", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示账户", default=False, editable=False)
    # 开了 TWO_PERSON_ACCOUNTS 的：这位管理员建的、重设的、改了角色的，另一位管理员确认以前不能登录。
    awaiting_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="待另一人确认，由谁办的",
    )

    # 这一次请求替别的部室办的是哪一条：不是列，存账户时碰不到它（见 acting.py）。
    acting: Acting | None = None

    REMEMBERED: ClassVar[dict[str, str]] = {
        "name": "name",
        "role": "role",
        "department": "of_department_id",
        "leader": "of_leader_id",
    }
    objects: ClassVar[CaseInsensitiveUserManager] = CaseInsensitiveUserManager()
    REQUIRED_FIELDS = ["email"]

    class Meta:
        verbose_name = verbose_name_plural = "用户"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_ci_unique",
                violation_error_message="这个登录名已有人使用（不分大小写），请换一个。",
            ),
            models.CheckConstraint(
                condition=~Q(role="reporter") | Q(department__isnull=False),
                name="user_reporter_has_department",
                violation_error_message=later("填报人必须属于一个部室。"),
            ),
            models.CheckConstraint(
                condition=~Q(role="leader") | Q(leader__isnull=False),
                name="user_leader_has_leader",
                violation_error_message="领导账户必须对应一位领导。",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def clean(self) -> None:
        """姓名里有看不见的字符的抛出 ValidationError。"""
        super().clean()
        if "\x00" in (self.name or ""):
            raise ValidationError({"name": "姓名里有不可见的字符，请重新输入。"})

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @property
    def serving(self) -> Department | None:
        """现在替哪个部室办：平常是自己的部室。规则、动词问它，不问 `department`。"""
        return self.acting.department if self.acting else self.department

    @property
    def serving_id(self) -> int | None:
        return self.acting.department_id if self.acting else self.department_id

    @property
    def who(self) -> str:
        """页头和办理过程里的称呼：部室填报人写部室，办公室写“办公室”，领导写姓名。"""
        named = CALLED_BY.get(self.role)
        return str(getattr(self, named)) if named else self.get_role_display()

    @property
    def is_office(self) -> bool:
        return self.role == Role.OFFICE

    @property
    def is_reporter(self) -> bool:
        return self.role == Role.REPORTER

    @property
    def is_leader(self) -> bool:
        return self.role == Role.LEADER

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def is_auditor(self) -> bool:
        return self.role == Role.AUDITOR


class Former(models.Model):
    """原来叫什么、属于谁：到 `until` 那一刻为止。一行说一个部室、一位领导或一个账户。只增不改。"""

    department = models.ForeignKey(Department, models.CASCADE, null=True, related_name="+", verbose_name=later("部室"))
    leader = models.ForeignKey(Leader, models.CASCADE, null=True, related_name="+", verbose_name="领导")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+", verbose_name="账户")
    until = models.DateTimeField("到")
    name = models.CharField("原来的名字", max_length=122)
    role = models.CharField("原来的角色", max_length=10, blank=True)
    of_department = models.ForeignKey(
        Department, models.PROTECT, null=True, related_name="+", verbose_name=later("原来的部室")
    )
    of_leader = models.ForeignKey(Leader, models.PROTECT, null=True, related_name="+", verbose_name="原来对应的领导")

    class Meta:
        verbose_name = verbose_name_plural = "原来的名字"
        ordering = ["until", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(department__isnull=False, leader=None, user=None)
                | Q(department=None, leader__isnull=False, user=None)
                | Q(department=None, leader=None, user__isnull=False),
                name="former_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}（到 {self.until:%Y-%m-%d}）"


class LoginAttempt(models.Model):
    """登录失败计数，一行对应一个键（“用户+地址”或“用户”）。先计数、后核对密码，见 lockout.py。"""

    key = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=64, default="", db_index=True)
    failures = models.PositiveIntegerField(default=0)
    window_started_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "登录失败计数"

    def __str__(self) -> str:
        return f"{self.key[:8]}… {self.failures} 次"


class PastPassword(models.Model):
    """用过的密码的散列：最近几个不再用（passwords.ReuseValidator）。"""

    user = models.ForeignKey(User, models.CASCADE, related_name="past_passwords")
    password = models.CharField(max_length=128)
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "用过的密码"
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.user}，{self.at:%Y-%m-%d}"


class SecurityEvent(models.Model):
    """安全日志的一条（见 trail.py）。只增不改，数据库的触发器守着；一条扣着上一条。"""

    class Result(models.TextChoices):
        DONE = "done", "成功"
        REFUSED = "refused", "拒绝"

    at = models.DateTimeField("时间")
    action = models.CharField("事项", max_length=32)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="谁")
    account = models.CharField("账户", max_length=40, blank=True)
    target = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="对哪个账户")
    address = models.CharField("来自", max_length=64)
    what = models.CharField("对象", max_length=200, blank=True)
    result = models.CharField("结果", max_length=10, choices=Result.choices, default=Result.DONE)
    data = models.JSONField("前后值", default=dict, blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "安全日志"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["-at"], name="security_event_at"),
            models.Index(fields=["account", "action", "-at"], name="security_event_account"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.account} {self.action}"


class OpenSession(models.Model):
    """登录着的一处：谁、何时、从哪里、用什么登录的。会话没有了，这一行跟着没有。见 sessions.py。"""

    session = models.OneToOneField(Session, models.CASCADE, primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    address = models.CharField(max_length=64)
    device = models.CharField(max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = "登录着的各处"

    def __str__(self) -> str:
        return f"{self.user}，{self.address}"


class FormTaken(models.Model):
    """交过的一张表单：主键是那一页的编号（令牌）、网址与人的散列值，库里只认一次。见 once.py。"""

    key = models.CharField(max_length=64, primary_key=True)
    content = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)
    result = models.TextField(default="")
    kept = models.CharField(max_length=200, default="")

    class Meta:
        verbose_name = verbose_name_plural = "交过的表单"

    def __str__(self) -> str:
        return f"{self.key[:8]}… → {self.result}"
