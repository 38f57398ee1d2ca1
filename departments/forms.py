"""登录与改密码的表单：被锁定时说清楚要等多久、找谁；新密码须与原来的不同。选一个人的下拉框。"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from . import passwords, roster, second_factor, trail
from .addresses import client_address
from .lockout import attempt_keys, forgive, name_digest, within_limits
from .models import SecurityEvent, User
from .pinyin import sounded
from .requests import SignedIn


def said_locked() -> str:
    """锁定了的怎么说。"""
    minutes = settings.LOGIN_WINDOW_SECONDS // 60
    return f"连续输错次数太多，为安全起见已暂停登录。请 {minutes} 分钟后再试，或联系管理员解除。"


@contextmanager
def braked(request: HttpRequest, user: User, refused: str, what: str, apart: str = "") -> Iterator[None]:
    """核对密码、验证码的一次：先计数，与登录同一个限次；不对的（里面抛 ValidationError）记下，对的清零。超过限次的抛 ValidationError。

    `apart` 另立一本账：验证码的不与密码的同记，否则知道密码的人再登录一次就把猜错的清了零。
    """
    keys, name = attempt_keys(user.username + apart, client_address(request)), name_digest(user.username)
    trace = partial(trail.trace, request=request, target=user, result=SecurityEvent.Result.REFUSED)
    if not within_limits(keys, name, lambda: trace("locked", account=user.username, what=what)):
        raise ValidationError(said_locked())
    try:
        yield
    except ValidationError:
        trace(refused, account=user.username)
        raise
    forgive(keys)


class LoginForm(AuthenticationForm):
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "登录名或密码不对，请核对后再试。忘了密码请联系管理员重设。",
    }

    def confirm_login_allowed(self, user: Any) -> None:
        """密码对了，而首次密码过了期、账户还等着另一位管理员确认的，抛出 ValidationError。"""
        super().confirm_login_allowed(user)
        if roster.is_expired(user, settings.FIRST_PASSWORD_DAYS):
            said = f"首次密码发出已过 {settings.FIRST_PASSWORD_DAYS} 天，不能再用。请找管理员重新打印密码条。"
            raise ValidationError(said, code="first_password_expired")
        if user.awaiting_by_id:
            raise ValidationError("这个账户刚建立或重设过，还要另一位管理员确认才能登录。请告诉管理员。")

    def get_invalid_login_error(self) -> ValidationError:
        if getattr(self.request, "login_locked", False):
            return ValidationError(said_locked())
        if getattr(self.request, "login_busy", False):
            return ValidationError("现在登录的人太多，没有核对您的密码。请过一会儿再登录一次。")
        return super().get_invalid_login_error()


class NewPasswordForm(PasswordChangeForm):
    """改密码。与原密码相同的不算改，否则首次登录、到期更换都是空的。"""

    error_messages = PasswordChangeForm.error_messages | {
        "password_incorrect": "原密码不对，请重新输入。",
        "password_mismatch": "两次输入的新密码不一样，请重新输入。",
    }

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "原密码"
        self.fields["new_password1"].label, self.fields["new_password1"].help_text = "新密码", passwords.rules()
        self.fields["new_password2"].label, self.fields["new_password2"].help_text = "再输一遍新密码", ""

    def clean_old_password(self) -> str:
        """原密码与登录同一个限次，同样记下：开着的电脑前，也不能一遍遍试。"""
        with braked(self.request, self.user, "password_refused", "改密码"):
            return super().clean_old_password()

    def validate_password_for_user(self, user: User, *args: Any, **kwargs: Any) -> None:
        """新密码本身的毛病说在“新密码”那一格，不说在“再输一遍”那一格。"""
        super().validate_password_for_user(user, "new_password1")

    def clean_new_password1(self) -> str:
        """与原密码相同的抛出 ValidationError。"""
        password = self.cleaned_data["new_password1"]
        if self.user.check_password(password):
            raise ValidationError("新密码不能与原密码相同。")
        return password


class CodeForm(forms.Form):
    """一个验证码：手机上的六位数，或一个备用码。"""

    code = forms.CharField(
        label="验证码",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "class": "code"}),
        help_text="手机上验证器里现在的六位数。手机不在身边的，输一个备用码。",
    )
    wrong = "验证码不对，或已经用过。请看手机上现在的六位数；手机的时间要准。"

    def __init__(self, *args: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        self.request, self.user = request, user
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        """不对的抛出 ValidationError，与登录同一个限次。"""
        with braked(self.request, self.user, "code_refused", "动态验证码", apart="\ncode"):
            self.kind = self.verify(self.cleaned_data["code"])
            if not self.kind:
                raise ValidationError(self.wrong)
        return str(self.cleaned_data["code"])

    def verify(self, code: str) -> str:
        """对得上的是哪一种；对不上为空。"""
        return second_factor.check(self.user, code)


class BindForm(CodeForm):
    """绑手机：照刚扫的二维码输一次验证码，对得上才算绑好。"""

    wrong = "验证码对不上。请看手机上刚加的那一个现在的六位数；手机的时间要准。"
    codes: list[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = "手机上现在的六位数。"
        self.device = second_factor.starting(cast(SignedIn, self.request))

    def verify(self, code: str) -> str:
        self.codes = second_factor.confirm(self.device, code)
        return "code" if self.codes else ""


class PeopleIterator(forms.models.ModelChoiceIterator):
    """照姓名的拼音排；同名的先来的在前。"""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        for user in sorted(self.queryset, key=lambda user: (sounded(user.name), user.pk)):
            yield self.choice(user)


class PersonChoiceField(forms.ModelChoiceField):
    """选一个人的下拉框：哪里都照拼音排。"""

    iterator = PeopleIterator
