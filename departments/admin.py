"""后台：用户、部室与别名、领导。只有管理员进得来；不删除，只停用。

登记在 tasks.accounts：那里加上操作记录、停用部室前的核对（本模块不引用 tasks）。
"""

from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, SetPasswordMixin, UserChangeForm
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_static.admin import StaticDevice
from django_otp.plugins.otp_totp.admin import TOTPDevice

from yingshang.sentences import SaidInlineFormSet
from yingshang.tables.lists import StrictImportExportMixin

from . import confirming, lockout, organisation, passwords, trail
from .forms import PersonChoiceField
from .models import Acting, Department, DepartmentAlias, Role, User
from .resources import DepartmentResource, LeaderResource, UserResource

# 角色只有固定的几种，不用 Django 的用户组；动态验证码的密钥谁也不看，只能解除（见 tasks.admin.department）。
admin.site.unregister([Group, StaticDevice, TOTPDevice])


class KeepAdmin(admin.ModelAdmin):
    """不删除：办过事的要留底（外键都是 PROTECT），不用了就停用。也没有批量操作。"""

    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(KeepAdmin):
    """只看不改：状态、进展与记录只由 workflow 写。"""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [field.name for field in self.opts.fields]


class SeenForm(forms.ModelForm):
    """改的是打开页面时看到的那一条：其间另一位管理员改过的，不盖掉，说出现在是什么，核对以后再存。"""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "seen" in self.fields:
            self.initial["seen"] = fingerprint(self.instance)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.instance.pk or not data.get("seen"):
            return data
        now = type(self.instance)._base_manager.select_for_update().get(pk=self.instance.pk)
        if data["seen"] != fingerprint(now):
            data_again: Any = self.data
            self.data = data_again = data_again.copy()
            data_again[self.add_prefix("seen")] = fingerprint(now)
            raise ValidationError(f"您打开这一页之后，另一位管理员改过这一条。{self._unlike()}请核对后再保存。")
        return data

    def _unlike(self) -> str:
        """填的与现在不同的几样：现在是什么。"""
        fields = [self[name] for name in self.changed_data if name != "seen" and name in self.fields]
        said = "、".join(f"{field.label}“{shown(field)}”" for field in fields)
        return f"下面是您填的，与现在不同的，现在是：{said}。" if said else "您填的与现在一样。"


def shown(field: forms.BoundField) -> str:
    """一栏现在的值，写给人看。"""
    choices = {str(key): label for key, label in getattr(field.field, "choices", ())}
    value = field.initial
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(choices.get(str(value), "" if value is None else value))


def fingerprint(instance: models.Model) -> str:
    """一条现在的样子，连同它的别名；上次登录的时间不算。"""
    of = [f.value_from_object(instance) for f in instance._meta.concrete_fields if f.name != "last_login"]
    of += list(instance.aliases.order_by("pk").values_list()) if isinstance(instance, Department) else []
    return salted_hmac("departments.admin.seen", repr(of)).hexdigest()


class UserAddForm(BaseUserCreationForm):
    """新建账户：角色与部室、领导是否相配由模型约束核对。"""

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username", "name", "role", "department", "leader", "office_phone", "email")


class UserEditForm(SeenForm, UserChangeForm):
    """改账户。不能停用自己、改自己的角色，免得最后一个管理员把自己关在门外。"""

    acting: User | AnonymousUser | None = None

    class Meta(UserChangeForm.Meta):
        model = User
        fields: ClassVar[Any] = (
            "username",
            "password",
            "name",
            "role",
            "department",
            "leader",
            "office_phone",
            "email",
            "is_active",
        )

    def clean(self) -> dict[str, Any]:
        """停用自己或改自己的角色的抛出 ValidationError。"""
        data = super().clean() or self.cleaned_data
        if self.instance == self.acting and (data.get("role") != Role.ADMIN or not data.get("is_active")):
            raise ValidationError("不能停用自己或改自己的角色，请由另一位管理员办理。")
        return data


class ResetPasswordForm(SetPasswordMixin, forms.Form):
    """重设别人的密码：对方下次登录须改掉，所以管理员不知道他实际用的密码。"""

    required_css_class = "required"
    changed_data = ["password"]
    password1, password2 = SetPasswordMixin.create_password_fields()

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text, self.fields["password2"].help_text = passwords.rules(), "再输一遍。"

    def clean(self) -> dict[str, Any]:
        self.validate_passwords()
        self.validate_password_for_user(self.user, "password1")
        # UserAdmin 据此判断是“设密码”还是“停用密码登录”，这里只有前者。
        return (super().clean() or self.cleaned_data) | {"set_usable_password": True}

    def save(self) -> User:
        """存新密码，并要求下次登录改掉。"""
        self.user.must_change_password = True
        self.user.password_changed_at = None  # 首次密码的期限不管重设的
        self.user.is_reset = True  # type: ignore[attr-defined]  # 后台记这一步时要分得清是重设还是改别的
        return self.set_password_and_save(self.user)


class TracedImportMixin(StrictImportExportMixin):
    """名单的导入记进安全日志：一份一条，逐行写明；账户另外一个一条（见 AccountAdmin）。"""

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        response = super().process_result(result, request)
        if not (result.has_errors() or result.has_validation_errors()):
            rows = [row for row in result.rows if row.import_type in ("new", "update")]
            said = [f"{'新增' if row.is_new() else '修改'} {row.object_repr}" for row in rows]
            what = f"{self.opts.verbose_name}：{len(said)} 行"
            trail.trace("list_imported", request, what=what, data={"rows": said})
            for row in rows:
                self.trace_row(request, row)
        return response

    def trace_row(self, request: HttpRequest, row: Any) -> None:
        """一行另记的（只有账户）。"""


# 账户的这几样变了，写明由什么改成什么。
WATCHED = ("username", "name", "role", "department", "leader", "is_active")


def account_facts(user: User) -> dict[str, str]:
    """账户现在的样子，写进安全日志的“前后值”。"""
    shown = {"role": user.get_role_display(), "is_active": "在用" if user.is_active else "停用"}
    return {name: shown.get(name) or str(getattr(user, name) or "") for name in WATCHED}


def hold(request: HttpRequest, user: User, *, before: User | None = None, is_reset: bool = False) -> None:
    """要等另一位管理员确认的，说一声。"""
    if confirming.hold(user, cast(User, request.user), before=before, is_reset=is_reset):
        messages.warning(request, f"账户 {user.username} 要另一位管理员在用户清单里勾选“确认账户”，才能登录。")


def trace_account(request: HttpRequest | None, before: User | None, after: User, by: User | None = None) -> None:
    """新建、改动了一个账户：没有变的几样不写。"""
    old, new = account_facts(before) if before else {}, account_facts(after)
    changes = {name: [old.get(name, ""), value] for name, value in new.items() if old.get(name, "") != value}
    action = "account_changed" if before else "account_added"
    trail.trace(action, request, by=by, target=after, what=after.username, data=changes)


def trace_moved(request: HttpRequest | None, before: list[User], by: User | None = None) -> None:
    """一批账户刚改过（部室接替）：`before` 是各自改以前的样子，一个一条。定时任务办的没有 `request`，写明是谁登记的。"""
    now = User.objects.select_related("department", "leader").in_bulk([user.pk for user in before])
    for user in before:
        trace_account(request, user, now[user.pk], by)


class AccountAdmin(TracedImportMixin, KeepAdmin, UserAdmin):
    resource_classes = [UserResource]
    form, add_form, change_password_form = UserEditForm, UserAddForm, ResetPasswordForm
    add_form_template = None
    change_user_password_template = "admin/departments/user/change_password.html"
    list_display = ("username", "name", "role", "department", "leader", "is_active", "last_login")
    list_filter = ("role", "is_active", "department")
    list_select_related = ("department", "leader", "awaiting_by")
    search_fields = ("username", "name")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = (
        "must_change_password", "password_changed_at", "last_login", "date_joined", "is_demo", "awaiting_by",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("username", "password", "name", "seen")}),
        (
            "能做什么",
            {
                "fields": ("role", "department", "leader", "is_active"),
                "description": organisation.later("填报人须有部室，领导须对应一位领导。不用的账户请停用，不删除。"),
            },
        ),
        ("联系", {"fields": ("office_phone", "email")}),
        ("登录", {"fields": readonly_fields}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": ("username", "name", "role", "department", "leader", "office_phone", "email"),
                "description": organisation.later("填报人须有部室，领导须对应一位领导。"),
            },
        ),
        ("初始密码", {"fields": ("password1", "password2"), "description": "首次登录时须改掉。"}),
    )

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """要两个人办的，另列一栏：等着确认的是谁办的。"""
        return (*self.list_display, "awaiting_by") if settings.TWO_PERSON_ACCOUNTS else self.list_display

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.acting = request.user
        return form

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        """只有管理员进得了后台；新账户首次登录须改密码。"""
        obj.is_staff = obj.is_superuser = obj.is_administrator
        if not change:
            obj.must_change_password = True
        before = User.objects.get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        trace_account(request, before, obj)
        hold(request, obj, before=before)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        if getattr(obj, "is_reset", False):
            lockout.unlock(obj.username, request)  # 输错次数太多被锁住的，一并解除
            trail.trace("password_reset", request, target=obj, what=obj.username)
            hold(request, obj, before=obj, is_reset=True)
        return super().log_change(request, obj, message)

    def trace_row(self, request: HttpRequest, row: Any) -> None:
        before = None if row.is_new() else row.original
        trace_account(request, before, row.instance)
        hold(request, row.instance, before=before)


class AliasInline(admin.TabularInline):
    model = DepartmentAlias
    formset = SaidInlineFormSet
    extra = 0
    can_delete = False


class DepartmentAdmin(TracedImportMixin, KeepAdmin):
    resource_classes = [DepartmentResource]
    list_display = ("name", "full_name", "order", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "full_name", "aliases__name")
    inlines = (AliasInline,)


class ActingAdmin(KeepAdmin):
    """兼任与代理：建立以后只改到哪天、根据、撤不撤回；换人、换部室的另建一条，已经办的凭的还是原来那一条。"""

    form = SeenForm
    list_display = ("user", "department", "from_on", "until_on", "reason", "is_withdrawn")
    list_filter = ("is_withdrawn", "department")
    list_select_related = ("user", "department")
    search_fields = ("user__name", "user__username", "department__name", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "department", "from_on") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        names = ["user", "department", "from_on", "until_on", "reason"]
        return [*names, "is_withdrawn", "seen"] if obj else names

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """只列在用的填报人、在用的部室。"""
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.reporters().select_related("department")
            kwargs["form_class"] = PersonChoiceField
        if db_field.name == "department":
            kwargs["queryset"] = Department.objects.active()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def trace_acting(request: HttpRequest, row: Acting, said: str) -> None:
    """办了、改了、撤回了一条，记进安全日志，与改账户一样写明对哪个账户。"""
    trail.trace("acting_changed", request, target=row.user, what=str(row), data={"changes": said})


class LeaderAdmin(TracedImportMixin, KeepAdmin):
    form = SeenForm
    resource_classes = [LeaderResource]
    list_display = ("name", "post", "group_role", "department", "order", "is_active")
    list_filter = ("group_role", "is_active")
    list_select_related = ("department",)
    search_fields = ("name", "post")
