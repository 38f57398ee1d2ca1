"""动态验证码：密码之外的第二样（等保三级“两种鉴别技术”，ASVS 6.3.3）。

哪些角色要，由设置 SECOND_FACTOR_ROLES 定；空着的与没有它一样，一次查询也不多。验证码照 RFC 6238，核对、防重放由 django-otp 做；
备用码打印出来，一个用一次，库里只有散列值。猜验证码与猜密码同一个限次。
"""

import base64
import secrets
import unicodedata
from typing import Any
from urllib.parse import quote

import segno
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.html import format_html
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from yingshang.clock import real_now

from . import organisation
from .models import User
from .requests import SignedIn

PASSED = "second_factor"  # 会话里：这次登录核对过验证码
PENDING = "second_factor_pending"  # 会话里：密码对了，等着验证码的是谁
AGAIN = "second_factor_again"  # 会话里：换过几次手机，二维码随之不同
WAIT_SECONDS = 300
CODES = 10
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # 抄写时认不错的


def is_wanted(user: User) -> bool:
    """这个人的角色要动态验证码。"""
    return user.role in settings.SECOND_FACTOR_ROLES


def is_on(user: User) -> bool:
    """这个人绑好了手机。"""
    return TOTPDevice.objects.filter(user=user).exists()


def starting(request: SignedIn) -> TOTPDevice:
    """还没有绑好的那一个。密钥由这次登录的会话算出，刷新还是它；绑好以前不进库，看这一页什么也不写。"""
    mixed = f"{request.session.session_key}:{request.session.get(AGAIN, '')}"
    key = salted_hmac("departments.second_factor.key", mixed, algorithm="sha256").hexdigest()[:40]
    return TOTPDevice(user=request.user, name="手机", key=key)


def address(device: TOTPDevice) -> str:
    """手机上的验证器要的地址（otpauth://，密钥在里面）。"""
    issuer = quote(organisation.current().product)
    return f"otpauth://totp/{issuer}:{quote(device.user.username)}?secret={secret(device)}&issuer={issuer}"


def picture(device: TOTPDevice) -> str:
    """那个地址的二维码，一段 SVG：四周留四格白（ISO/IEC 18004）。"""
    rows = list(segno.make(address(device), error="m").matrix_iter(border=4))
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    shape = '<svg class="qr" role="img" aria-label="二维码" viewBox="0 0 {0} {0}"><path d="{1}"/></svg>'
    return format_html(shape, len(rows), dark)


def secret(device: TOTPDevice) -> str:
    """密钥，扫不了码的照着输（Base32）。"""
    return base64.b32encode(device.bin_key).decode()


def confirm(device: TOTPDevice, code: str) -> list[str]:
    """绑好手机：验证码对得上的存下，返回一套备用码（只给看这一次）；对不上的为空。原来绑的不算了。"""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=device.user).delete()
        device.save()
        if device.verify_token(_plain(code)):
            return renew(device.user)
        transaction.set_rollback(True)
        return []


def renew(user: User) -> list[str]:
    """另发一套备用码，原来的作废。"""
    with transaction.atomic():
        device, _ = StaticDevice.objects.get_or_create(user=user, defaults={"name": "备用码"})
        codes = ["".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(CODES)]
        device.token_set.all().delete()
        StaticToken.objects.bulk_create(StaticToken(device=device, token=_digest(user, code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def left(user: User) -> int:
    """备用码还剩几个。"""
    return StaticToken.objects.filter(device__user=user).count()


def check(user: User, code: str) -> str:
    """这个码对不对：动态验证码“code”，备用码“recovery”（用掉了），都不是为空。同时来两次，只有一次算。"""
    plain = _plain(code)
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=user).first()
        if device is None:
            return ""
        if plain.isdecimal() and device.verify_token(plain):
            return "code"
        spare = StaticDevice.objects.select_for_update().filter(user=user).first()
        return "recovery" if spare and spare.verify_token(_digest(user, plain)) else ""


def reset(user: User) -> bool:
    """丢了手机的：解除绑定，备用码作废，下次登录重新绑。返回原来有没有绑。"""
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        return bool(TOTPDevice.objects.filter(user=user).delete()[0])


def begin_again(request: SignedIn) -> None:
    """换手机：解除原来的，下一个二维码是新的。"""
    reset(request.user)
    request.session[AGAIN] = secrets.token_hex(8)


# ── 登录到一半 ──


def ask(request: HttpRequest, user: User, where: str, kept: str) -> None:
    """密码对了，还差验证码：记下是谁、接着去哪里、带着什么没有交的话。"""
    request.session[PENDING] = {
        "user": user.pk,
        "backend": getattr(user, "backend", settings.AUTHENTICATION_BACKENDS[0]),
        "hash": user.get_session_auth_hash(),
        "at": real_now().timestamp(),
        "where": where,
        "kept": kept,
    }


def pending(request: HttpRequest) -> tuple[User, dict[str, Any]] | None:
    """等着验证码的是谁；过了五分钟、密码又改了、停用了的为 None，从头登录。"""
    found = request.session.get(PENDING)
    if not found or not 0 <= real_now().timestamp() - found["at"] < WAIT_SECONDS:
        return None
    user = User.objects.filter(pk=found["user"], is_active=True, awaiting_by=None).first()
    return (user, found) if user and user.get_session_auth_hash() == found["hash"] else None


def is_due(request: SignedIn) -> bool:
    """登录着，而这次登录没有核对过验证码（还没有绑，或设置是登录以后才开的）。"""
    return is_wanted(request.user) and not request.session.get(PASSED)


def _plain(code: str) -> str:
    """手输的码：全角的、带空格与横杠的、小写的都认。"""
    return "".join(c for c in unicodedata.normalize("NFKC", code).upper() if c.isalnum())


def _digest(user: User, code: str) -> str:
    return salted_hmac("departments.second_factor", f"{user.pk}:{code}", algorithm="sha256").hexdigest()[:16]
