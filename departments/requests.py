"""谁在问：视图与规则里写“这个人”的两种类型。"""

from typing import TypeAlias

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from .models import User

Anyone: TypeAlias = User | AnonymousUser


class SignedIn(HttpRequest):
    """登录了的人来的请求：默认须登录（见 middleware），没有标 login_not_required 的视图收到的都是它。"""

    user: User
