"""核对日志有没有被动过：安全日志一条扣着一条，操作记录封在安全日志里；链的末尾抄到别处的文件，从头重写也看得出。"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from departments import trail
from departments.models import SecurityEvent
from tasks.models import Event
from yingshang import dates
from yingshang.clock import real_now

BLOCK = 500  # 一次封几条操作记录


class Command(BaseCommand):
    help = "核对日志：verify_log [--seal] [--head 文件]。第一处对不上的点名，退出码 1"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seal", action="store_true", help="核对以后，把还没有封的操作记录封进链里（每天一次）")
        parser.add_argument("--head", type=Path, help="链的末尾记在这个文件里（放在别的机器上），下次照它核对")

    def handle(self, *args: Any, seal: bool, head: Path | None, **options: Any) -> None:
        for fault in (chain_fault(), heads_fault(head), sealed_fault()):
            if fault:
                raise CommandError(fault)
        if seal:
            self.stdout.write(f"封存操作记录 {sum(seal_events())} 条。")
        if head is not None:
            write_head(head)
        self.stdout.write(f"安全日志 {SecurityEvent.objects.count()} 条，一条不差。末尾 {trail.head()}")


def chain_fault() -> str:
    """安全日志里第一条接不上的；没有为空。"""
    rows = SecurityEvent.objects.order_by("pk")
    if bad := trail.broken(rows.iterator(2000)):
        named = f"{dates.full_with_time(bad.at)}，{trail.ACTIONS.get(bad.action, bad.action)}"
        return f"安全日志从第 {bad.pk} 条（{named}）起对不上：这一条改过，或它前面的一条删了、改了。"
    first = rows.first()
    if first is None or first.previous == trail.START:
        return ""
    purged = SecurityEvent.objects.filter(action="log_purged").values_list("data", flat=True)
    if any(data.get("digest") == first.previous for data in purged):
        return ""
    return f"安全日志第 {first.pk} 条以前的不见了，又没有清理的记录。"


def heads_fault(head: Path | None) -> str:
    """文件里最后记下的末尾，链上应当还有；没有文件的不核对。"""
    if head is None or not head.exists() or not (lines := head.read_text("utf-8").split("\n")[:-1]):
        return ""
    when, number, digest = lines[-1].split(" ")
    if SecurityEvent.objects.filter(pk=number, digest=digest).exists() or digest == trail.START:
        return ""
    return f"{when} 记下的末尾（第 {number} 条）不在链上：日志从那以前被重写，或末尾被截去。"


def sealed_fault() -> str:
    """封过的操作记录里第一条对不上的；没有为空。"""
    for seal in SecurityEvent.objects.filter(action="log_sealed").order_by("pk").iterator(20):
        kept = dict(seal.data["rows"])
        found = {row["id"]: _mark(row) for row in Event.objects.filter(pk__in=kept).values(*seal.data["fields"])}
        for number, mark in kept.items():
            if found.get(number) != mark:
                said = "改过" if number in found else "删了"
                return f"操作记录第 {number} 条{said}：与 {dates.full_with_time(seal.at)} 封存时不同。"
    return ""


def seal_events() -> Iterator[int]:
    """还没有封的操作记录，几百条一封。"""
    covered: set[int] = set()
    for data in SecurityEvent.objects.filter(action="log_sealed").values_list("data", flat=True):
        covered.update(number for number, _ in data["rows"])
    waiting = sorted(set(Event.objects.values_list("pk", flat=True)) - covered)
    fields = [field.attname for field in Event._meta.concrete_fields]
    left = iter(waiting)
    while numbers := list(islice(left, BLOCK)):
        rows = [[row["id"], _mark(row)] for row in Event.objects.filter(pk__in=numbers).order_by("pk").values(*fields)]
        what = f"操作记录第 {numbers[0]} 至 {numbers[-1]} 条，共 {len(rows)} 条"
        trail.trace("log_sealed", what=what, data={"fields": fields, "rows": rows})
        yield len(rows)


def write_head(head: Path) -> None:
    """末尾添一行：时刻、编号、指纹。文件只有自己看得到。"""
    last = SecurityEvent.objects.order_by("-pk").first()
    if last is None:
        return
    head.touch(mode=0o600, exist_ok=True)
    with head.open("a", encoding="utf-8") as file:
        file.write(f"{real_now().isoformat(timespec='seconds')} {last.pk} {last.digest}\n")


def _mark(row: dict[str, Any]) -> str:
    """一条操作记录的指纹。"""
    values = [v.astimezone(dt.UTC).isoformat() if isinstance(v, dt.datetime) else v for v in row.values()]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
