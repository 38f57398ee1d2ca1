"""安全日志：管理员与审计员按事项、账户、地址、日期查，导出；各人看自己的登录记录。"""

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.utils import timezone

from departments.models import SecurityEvent, User
from departments.trail import ACTIONS
from yingshang.tables import cells

from ..forms import AuditFilterForm, PageForm

PAGE_SIZE = 50
FIELD_LABELS = {
    "username": "登录名",
    "name": "姓名",
    "role": "角色",
    "department": "部室",
    "leader": "对应领导",
    "is_active": "状态",
}
HEADS = ("时间", "账户", "姓名", "事项", "对象", "内容", "来自", "结果", "指纹")


def listing(form: AuditFilterForm) -> dict[str, Any]:
    """安全日志的一页。"""
    found = Paginator(_chosen(form), PAGE_SIZE).get_page(form.chosen.get("page", 1))
    return {"page_obj": found, "rows": [_shown(row) for row in found], "query": form.query_without("page")}


def mine(user: User, form: PageForm) -> dict[str, Any]:
    """自己的：自己做的，和别人对自己的账户做的。"""
    rows = _with_names(SecurityEvent.objects.filter(Q(account=user.username) | Q(target=user)))
    found = Paginator(rows, PAGE_SIZE).get_page(form.number)
    return {"page_obj": found, "rows": [_shown(row) for row in found], "query": ""}


def to_csv(form: AuditFilterForm) -> Iterator[bytes]:
    """按筛选导出：UTF-8（带 BOM），一行一条，边取边写。"""
    yield "\ufeff".encode()
    yield _line(HEADS)
    for row in _chosen(form).iterator(2000):
        shown = _shown(row)
        when = timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M:%S")
        name = row.by.name if row.by else ""
        said = (when, row.account, name, shown["label"], row.what, shown["said"], row.address, shown["result"])
        yield _line((*said, row.digest))


def _chosen(form: AuditFilterForm) -> QuerySet[SecurityEvent]:
    chosen, rows = form.chosen, _with_names(SecurityEvent.objects.all())
    if who := chosen.get("who"):
        rows = rows.filter(Q(account__icontains=who) | Q(target__username__icontains=who) | Q(by__name__icontains=who))
    exact = {"action": "action", "result": "result", "address": "address__startswith"}
    exact |= {"since": "at__date__gte", "until": "at__date__lte"}
    return rows.filter(**{lookup: chosen[name] for name, lookup in exact.items() if name in chosen})


def _with_names(rows: QuerySet[SecurityEvent]) -> QuerySet[SecurityEvent]:
    return rows.select_related("by", "target").order_by("-pk")


def _shown(row: SecurityEvent) -> dict[str, Any]:
    return {
        "event": row,
        "label": ACTIONS.get(row.action, row.action),
        "result": row.get_result_display(),
        "said": _said(row.data),
    }


def _said(data: dict[str, Any]) -> str:
    """前后值用话说：角色 填报人 → 办公室；导入的逐行列出。"""
    if "rows" in data and "changes" not in data:
        return "；".join(str(row) for row in data["rows"])
    if isinstance(said := data.get("changes"), str):
        return said
    changed = [(FIELD_LABELS.get(name, name), pair) for name, pair in data.items() if isinstance(pair, list)]
    return "；".join(f"{label} {pair[0] or '（空）'} → {pair[1] or '（空）'}" for label, pair in changed)


def _line(values: tuple[str, ...]) -> bytes:
    said = ('"' + cells.to_csv(value).replace('"', '""') + '"' for value in values)
    return (",".join(said) + "\r\n").encode()
