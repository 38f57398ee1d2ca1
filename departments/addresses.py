"""来访者的地址：只从配置了的代理听来。"""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest | None) -> str:
    """客户端地址。只有配置了 TRUSTED_PROXY 且请求确由它转来时，才信 X-Real-IP。"""
    if request is None:
        return "command"
    remote = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXY and remote == settings.TRUSTED_PROXY:
        return request.META.get("HTTP_X_REAL_IP", remote)
    return remote
