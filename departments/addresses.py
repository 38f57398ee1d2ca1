"""来访者的地址：只从配置了的代理、只从说好的那一个头里听来。"""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNIX = "unix"  # TRUSTED_PROXY 里写它：代理从本机的 unix 套接字来，没有地址


def client_address(request: HttpRequest | None) -> str:
    """客户端地址。请求确由 TRUSTED_PROXY 里的代理转来时，才看 CLIENT_ADDRESS_HEADER 那个头。

    从右往左看：最右的是离我们最近的代理写的，左边的来访者自己写得出；跳过各级代理，第一个不是代理的就是他。
    读不懂的，算代理自己的地址：宁可把几个人当成一个，不可让一个人冒充几个。
    """
    if request is None:
        return "command"
    remote = request.META.get("REMOTE_ADDR", "") or UNIX
    if not is_proxy(remote):
        return remote
    said = request.META.get("HTTP_" + settings.CLIENT_ADDRESS_HEADER.upper().replace("-", "_"), "")
    for part in reversed(said.split(",")):
        try:
            address = str(ipaddress.ip_address(part.strip()))
        except ValueError:
            return remote
        if not is_proxy(address):
            return address
    return remote


def is_proxy(address: str) -> bool:
    """这个地址是配置了的代理：一个地址、一个网段，或 unix。"""
    return any(
        address == entry if UNIX in (entry, address) else ipaddress.ip_address(address) in network(entry)
        for entry in settings.TRUSTED_PROXY
    )


def network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """TRUSTED_PROXY 里的一项读成网段；写错了的抛出 ValueError。"""
    return ipaddress.ip_network(entry)
