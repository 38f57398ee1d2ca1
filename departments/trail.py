"""安全日志：谁、何时、从哪里、对谁（什么）、做了什么、成没成（等保“安全审计”，ASVS 16.3）。

业务上的事（报送、审核、方案）在操作记录（tasks.Event）里；这里记账户、登录、权限、带走的文件与设置。
一条扣着上一条（`digest` 由 `previous` 与本条各栏算出），改了、删了、插了哪一条，`manage.py verify_log` 说得出。
"""

import datetime as dt
import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest

from yingshang import dates
from yingshang.clock import real_now

from .addresses import client_address
from .models import SecurityEvent, User

log = logging.getLogger("yingshang.security")

# 记哪些事，全在这里；每一样都有测试真做一遍（tests/departments/test_trail.py），新添一样而没有测试的不过。
ACTIONS = {
    "login": "登录",
    "login_failed": "登录失败",
    "single_refused": "统一认证登录没有成",
    "locked": "锁定",
    "unlocked": "解除锁定",
    "logout": "退出",
    "password_changed": "改密码",
    "password_refused": "改密码时原密码不对",
    "password_reset": "重设密码",
    "code_refused": "动态验证码不对",
    "code_spare": "用备用码登录",
    "code_bound": "绑定动态验证码",
    "code_renewed": "另发备用码",
    "code_reset": "解除动态验证码",
    "account_added": "新建账户",
    "account_changed": "改账户",
    "account_confirmed": "确认账户",
    "acting_changed": "办兼任与代理",
    "acting_switched": "换替谁办",
    "list_imported": "导入名单",
    "list_exported": "导出名单",
    "ledger_exported": "导出台账",
    "paper_downloaded": "下载公文",
    "evidence_downloaded": "下载材料",
    "refused": "没有权限",
    "setting_changed": "改设置",
    "log_exported": "导出安全日志",
    "log_sealed": "封存操作记录",
    "log_purged": "清理安全日志",
}
# 带走的文件：网址名的开头 → 算哪一样。没有写的都算台账。
DOWNLOADS = {
    "attachment_": "evidence_downloaded",
    "bundle_": "evidence_downloaded",
    "revision_file": "evidence_downloaded",
    "circular_": "paper_downloaded",
    "departments_": "list_exported",
    "audit_": "log_exported",
}
# 别人替他重设的：怎么告诉他。
RESETS = {"password_reset": "您的密码由{}于{}重设。", "code_reset": "您的动态验证码由{}于{}解除。"}
LAST_LOGIN = "last_login"  # 会话里的“上次登录”
START = "0" * 64  # 第一条的“上一条”
TABLE = SecurityEvent._meta.db_table
MESSAGE = "安全日志只能新增，不能修改或删除"
CHAIN_LOCK = 7305191  # PostgreSQL 的咨询锁：链上的一条接一条，记的人排队


def trace(
    action: str,
    request: HttpRequest | None = None,
    *,
    by: User | None = None,
    account: str = "",
    target: User | None = None,
    what: str = "",
    result: str = SecurityEvent.Result.DONE,
    data: dict[str, Any] | None = None,
) -> SecurityEvent:
    """记一件事，接在链的末尾，同时印一行日志。`account` 不写的照 `by` 或登录着的人；命令行做的没有人。

    放在所做的事的最后：PostgreSQL 上从这里到提交，别人要记的都等着。
    """
    if by is None and request is not None and getattr(request, "user", None) and request.user.is_authenticated:
        by = request.user
    row = SecurityEvent(
        at=real_now().astimezone(dt.UTC),
        action=action,
        by=by,
        account=account or (by.username if by else ""),
        target=target,
        address=_fit(client_address(request), 64),
        what=_fit(what, 200),
        result=result,
        data=data or {},
    )
    assert action in ACTIONS, action  # 写错了的当场看得到
    with transaction.atomic():
        row.previous = _head()
        row.digest = digest_of(row)
        row.save(force_insert=True)
    log.info(ACTIONS[action], extra={"event": line(row)})
    return row


def standing(user: User) -> dict[str, Any]:
    """登录的那一刻给本人看的：上次何时从哪里登录，其后输错几次，密码是不是别人重设过。没有登录过的只有后两样。"""
    mine = SecurityEvent.objects.filter(account=user.username)
    last = mine.filter(action="login").first()
    since = last.pk if last else 0
    resets = SecurityEvent.objects.filter(target=user, action__in=RESETS, pk__gt=since).exclude(by=user)
    reset = resets.select_related("by").first()
    return {
        "at": last.at.isoformat() if last else "",
        "address": last.address if last else "",
        "failures": mine.filter(action="login_failed", pk__gt=since).count(),
        "reset_by": str(reset.by) if reset else "",
        "reset_at": reset.at.isoformat() if reset else "",
        "reset": reset.action if reset else "",
    }


def last_login(session: Mapping[str, Any]) -> str:
    """“上次登录”用话说；头一次登录的为空。"""
    if not (found := session.get(LAST_LOGIN)) or not found["at"]:
        return ""
    failed = f"；其后输错密码 {found['failures']} 次" if found["failures"] else ""
    return f"{_when(found['at'])}，从 {found['address']}{failed}"


def last_reset(session: Mapping[str, Any]) -> str:
    """上次登录以后密码是谁、何时重设的（验证码是谁解除的）；没有过为空。"""
    found = session.get(LAST_LOGIN)
    if not found or not found["reset_at"]:
        return ""
    done = RESETS[found.get("reset", "password_reset")].format(found["reset_by"], _when(found["reset_at"]))
    return f"{done}不是您要求的，请马上告诉另一位管理员。"


def _when(stored: str) -> str:
    return dates.full_with_time(dt.datetime.fromisoformat(stored))


def download_action(url_name: str) -> str:
    """下载的是哪一样。"""
    return next((action for start, action in DOWNLOADS.items() if url_name.startswith(start)), "ledger_exported")


def line(row: SecurityEvent) -> dict[str, str]:
    """印在日志里的一行：与库里的同样几栏；前后值（`data`）里可能有姓名、电话，不印。"""
    return {
        "action": row.action,
        "account": row.account,
        "target": row.target.username if row.target else "",
        "address": row.address,
        "what": row.what,
        "result": row.result,
    }


def digest_of(row: SecurityEvent) -> str:
    """这一条的指纹：上一条的指纹与本条各栏。"""
    fields = (
        row.previous, row.at.astimezone(dt.UTC).isoformat(), row.action, row.by_id, row.account, row.target_id,
        row.address, row.what, row.result, row.data,
    )  # fmt: skip
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def head() -> str:
    """链的末尾：最后一条的指纹。"""
    return SecurityEvent.objects.order_by("-pk").values_list("digest", flat=True).first() or START


def position() -> int:
    """链的末尾是第几条；一条也没有为 0。"""
    return SecurityEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def broken(rows: Iterable[SecurityEvent]) -> SecurityEvent | None:
    """照次序看过去，第一条接不上的；都接得上为 None。清理过的，从留下的第一条看起。"""
    expected = None
    for row in rows:
        if (expected is not None and row.previous != expected) or row.digest != digest_of(row):
            return row
        expected = row.digest
    return None


def _head() -> str:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    return head()


def _fit(text: str, length: int) -> str:
    """截短，去掉数据库存不下的字符。"""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:length]
