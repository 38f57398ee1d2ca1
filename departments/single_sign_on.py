"""统一认证（OIDC）：单位自己的认证系统替本系统核对“他是谁”，代替密码；默认不开。

哪些角色可以用，由设置 SINGLE_SIGN_ON_ROLES 定。认证系统只说是谁：照一个说好的声明（OIDC_CLAIM）对到已有的账户，
从不建账户、给角色、改姓名。其余的门照旧：停用的、演示的、等着确认的进不来，要动态验证码的照样要。
走的是授权码流程，带 state、nonce、PKCE（mozilla-django-oidc）；它没有核对的签发者、受众、时限在这里核对。
"""

import logging
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.urls import reverse
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from . import lockout, trail
from .addresses import client_address
from .models import SecurityEvent, User

log = logging.getLogger("yingshang.security")

BACKEND = "departments.single_sign_on.SingleSignOnBackend"
KEPT = "single_sign_on"  # 会话里：去认证以前要去哪里、带着什么没有交的话
# 要写全的设置：环境变量名 → Django 里的名字。
NEEDED = {
    "OIDC_ISSUER": "OIDC_ISSUER",
    "OIDC_CLIENT_ID": "OIDC_RP_CLIENT_ID",
    "OIDC_CLIENT_SECRET": "OIDC_RP_CLIENT_SECRET",
    "OIDC_AUTHORIZATION_URL": "OIDC_OP_AUTHORIZATION_ENDPOINT",
    "OIDC_TOKEN_URL": "OIDC_OP_TOKEN_ENDPOINT",
    "OIDC_USERINFO_URL": "OIDC_OP_USER_ENDPOINT",
    "OIDC_KEYS_URL": "OIDC_OP_JWKS_ENDPOINT",
    "OIDC_CLAIM": "OIDC_CLAIM",
}
# 可以不写的：写了的，用它登录的人退出时，认证系统里也退出。
OPTIONAL = {"OIDC_LOGOUT_URL": "OIDC_OP_LOGOUT_ENDPOINT"}
ID_TOKEN = "single_sign_on_token"  # 会话里：退出时拿给认证系统看的令牌，没有写 OIDC_LOGOUT_URL 的不留
# 公钥验得了的几种签名；共用密钥的（HS256）不收：知道密钥的就造得出令牌。
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
LEEWAY_SECONDS = 60  # 两台机器的钟差这么多以内都认

STALE = "这次统一认证登录没有接上（停得太久、点了后退，或在另一个窗口里又点过）。请再点一次登录。"
DOWN = "统一认证现在连不上，没有登录成。请过一会儿再试；急用的可以用登录名和密码登录，或告诉管理员。"
WRONG = "统一认证的答复核对不上，没有登录成。请再试一次；还是这样的请告诉管理员。"
NOT_GIVEN = "统一认证没有让您登录。请再试一次，或用登录名和密码登录。"
UNKNOWN = "统一认证里您是“{}”，本系统没有这样一个能用的账户。请找管理员核对登录名。"
NOT_FOR_ROLE = "您的账户不用统一认证登录。请用登录名和密码登录。"
AWAITING = "这个账户刚建立或重设过，还要另一位管理员确认才能登录。请告诉管理员。"


class SignOnRefused(Exception):
    """没有登录成：`said` 说给本人听，`why` 记进安全日志，`user` 是对到的账户。"""

    def __init__(self, said: str, why: str, user: User | None = None) -> None:
        super().__init__(said)
        self.said, self.why, self.user = said, why, user


def missing() -> list[str]:
    """要写而没有写的设置。"""
    return [name for name, known in NEEDED.items() if not getattr(settings, known)]


def is_on() -> bool:
    """开了，而且写全了。"""
    return bool(settings.SINGLE_SIGN_ON_ROLES) and not missing()


def label() -> str:
    """登录页那个按钮上的字；没有开的为空。"""
    return str(settings.OIDC_LABEL) if is_on() else ""


def is_by(request: HttpRequest) -> bool:
    """这次登录是统一认证核对的，不是密码。"""
    return request.session.get(BACKEND_SESSION_KEY) == BACKEND


def settle(request: HttpRequest) -> None:
    """登录好了：不是用统一认证登录的（半路换了密码），刚才认证来的令牌不留。"""
    if not is_by(request):
        request.session.pop(ID_TOKEN, None)


def sign_out_url(request: HttpRequest) -> str:
    """认证系统里也退出的网址（OIDC RP-Initiated Logout），退出好了回到登录页；不是用它登录的、没有写的为空。"""
    if not (is_on() and settings.OIDC_OP_LOGOUT_ENDPOINT and request.user.is_authenticated and is_by(request)):
        return ""
    said = {"client_id": settings.OIDC_RP_CLIENT_ID}
    said["post_logout_redirect_uri"] = request.build_absolute_uri(reverse("login"))
    if token := request.session.get(ID_TOKEN):
        said["id_token_hint"] = token
    where = settings.OIDC_OP_LOGOUT_ENDPOINT
    return f"{where}{'&' if '?' in where else '?'}{urlencode(said)}"


def begin(request: HttpRequest, where: str, packed: str) -> bool:
    """要去认证了：同一个地址、全站各有限次；超了的为假。记下回来以后去哪里、带着什么没有交的话。"""
    request.session[KEPT] = {"where": where, "kept": packed}  # 超了限次的也带着，回到登录页还在
    keys = lockout.door_keys(client_address(request), "统一认证")
    return lockout.within_limits(keys, "", lambda: _refused(request, "locked", "统一认证"))


def finish(request: HttpRequest) -> None:
    """认得是谁了：刚才的一次不算在限次里；去认证时记下的各样不再留。"""
    lockout.forgive_door(lockout.door_keys(client_address(request), "统一认证"))
    for name in (KEPT, "oidc_states", "oidc_login_next"):
        request.session.pop(name, None)


def drop(request: HttpRequest) -> None:
    """认证系统说不行：这一次的 state 不再认。"""
    states = request.session.get("oidc_states", {})
    if states.pop(request.GET.get("state", ""), None):
        request.session["oidc_states"] = states


def record(request: HttpRequest, refused: SignOnRefused) -> None:
    """没有登录成的记进安全日志，令牌不留。"""
    request.session.pop(ID_TOKEN, None)
    _refused(request, "single_refused", refused.why, refused.user)


def _refused(request: HttpRequest, action: str, what: str, user: User | None = None) -> None:
    account = user.username if user else ""
    trail.trace(action, request, account=account, target=user, what=what, result=SecurityEvent.Result.REFUSED)


class SingleSignOnBackend(OIDCAuthenticationBackend, lockout.LockoutBackend):
    """认证系统说是谁，就对到那个已有的账户；对不上的抛 SignOnRefused。"""

    # 只收这两样：登录页的密码不进这个后端。
    def authenticate(  # type: ignore[override]
        self, request: HttpRequest, *, nonce: str, code_verifier: str
    ) -> User | None:
        try:
            found: User | None = super().authenticate(request, nonce=nonce, code_verifier=code_verifier)
        except requests.RequestException as error:
            raise _failed(DOWN, "统一认证连不上", error) from error
        except (SuspiciousOperation, jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise _failed(WRONG, "统一认证的答复核对不上", error) from error
        return found

    def get_token(self, payload: dict[str, Any]) -> dict[str, Any]:
        """用授权码换令牌。认证系统答了而不给的（授权码过期、用过），是答复不对，不是连不上。"""
        try:
            return super().get_token(payload)
        except requests.HTTPError as error:
            raise SuspiciousOperation(f"{error}"[:300]) from error

    def retrieve_matching_jwk(self, token: str) -> jwt.PyJWK:
        """验签名的公钥：令牌写了是哪一把（kid）就用那一把；没有写的，认证系统须只有一把（OIDC Core 10.1）。"""
        verify, timeout = settings.OIDC_VERIFY_SSL, settings.OIDC_TIMEOUT
        answer = requests.get(self.OIDC_OP_JWKS_ENDPOINT, verify=verify, timeout=timeout)
        answer.raise_for_status()
        kid, algorithm = jwt.get_unverified_header(token).get("kid"), self.OIDC_RP_SIGN_ALGO
        fit = [
            key
            for key in answer.json()["keys"]
            if kid in (None, key.get("kid"))
            and key.get("use", "sig") == "sig"
            and key.get("alg", algorithm) == algorithm
        ]
        if len(fit) != 1:
            raise SuspiciousOperation(f"合用的公钥有 {len(fit)} 把")
        return jwt.PyJWK(fit[0], algorithm=algorithm)

    def get_payload_data(self, token: str, key: Any) -> dict[str, Any]:
        """令牌的内容。签名、签发者、受众、时限都要对（OIDC Core 3.1.3.7）。"""
        must = ["iss", "sub", "aud", "exp", "iat", "nonce"]
        found: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[self.OIDC_RP_SIGN_ALGO],
            audience=self.OIDC_RP_CLIENT_ID,
            issuer=settings.OIDC_ISSUER,
            leeway=LEEWAY_SECONDS,
            options={"require": must},
        )
        if found.get("azp", self.OIDC_RP_CLIENT_ID) != self.OIDC_RP_CLIENT_ID:
            raise SuspiciousOperation("令牌是给别的系统的")
        return found

    def store_tokens(self, access_token: str, id_token: str) -> None:
        """令牌只在退出时要用的时候留着。"""
        if settings.OIDC_OP_LOGOUT_ENDPOINT:
            self.request.session[ID_TOKEN] = id_token

    def get_or_create_user(self, access_token: str, id_token: str, payload: dict[str, Any]) -> User:
        """对到的那个账户。签了名的令牌里有那个声明的照它；没有的问一次，问到的须是同一个人。"""
        claim = settings.OIDC_CLAIM
        found = payload if claim in payload else self.get_userinfo(access_token, id_token, payload)
        if found["sub"] != payload["sub"]:
            raise ValueError("问到的不是令牌里的那个人")  # 不用 SuspiciousOperation：那个库在这里接住它，不往上说
        said = found.get(claim)
        if not said or not isinstance(said, str):
            raise ValueError(f"答复里没有 {claim}")
        return self._account(said)

    def get_user(self, user_id: int) -> User | None:
        """会话里的那个人：角色不再用统一认证的，随即退出。"""
        user = lockout.LockoutBackend.get_user(self, user_id)
        return user if user and _is_for(user) else None

    def _account(self, said: str) -> User:
        try:
            user = User.objects.get_by_natural_key(said)
        except User.DoesNotExist:
            raise SignOnRefused(UNKNOWN.format(said[:40]), "没有这个账户") from None
        if not self.user_can_authenticate(user):
            raise SignOnRefused(UNKNOWN.format(said[:40]), "账户停用了", user)
        if not _is_for(user):
            raise SignOnRefused(NOT_FOR_ROLE, "角色没有开统一认证", user)
        if user.awaiting_by_id:
            raise SignOnRefused(AWAITING, "等着另一位管理员确认", user)
        return user


def _is_for(user: User) -> bool:
    return user.role in settings.SINGLE_SIGN_ON_ROLES


def _failed(said: str, why: str, error: Exception) -> SignOnRefused:
    """详情只进日志，给管理员看。"""
    log.warning("%s：%s：%s", why, type(error).__name__, str(error)[:300])
    return SignOnRefused(said, why)
