"""每天的几件事（manage.py nightly）有哪几件、先后怎样，各做到哪一天、做得怎样；探活与后台首页都读它。

记在 DATA_DIR 的一个文件里，不在库里：库恢复成昨天的，今天做过的仍是做过的；库连不上的时候也看得到。
"""

import datetime as dt
import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from . import dates

# 各件事叫什么，照做的次序：备份在前，别的出了错也已经备份。
LABELS = {
    "backup": "备份",
    "succeed": "到期的接替",
    "remind": "催办",
    "sweep": "清理",
    "rejudge": "核对判好的灯",
    "verify_log": "核对、封存日志",
}
# 超过这么久没有做成，就算没有在做（每天一次，晚几个钟头不算）。
LATE = dt.timedelta(hours=36)


@dataclass(frozen=True)
class Run:
    """一件事最近一次。时刻是真实时刻（ISO）。"""

    name: str
    at: str
    is_ok: bool
    said: str = ""

    @property
    def label(self) -> str:
        return LABELS.get(self.name, self.name)

    @property
    def sentence(self) -> str:
        """给管理员看的一句。"""
        done = "做好了" if self.is_ok else "没有做成"
        return f"{self.label}：{dates.full_with_time(self.made)}，{done}。{self.said[:300]}"

    @property
    def made(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.at)


def runs() -> dict[str, Run]:
    """各件事最近一次；一次也没有做过的不在内。"""
    try:
        found = json.loads(_path().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: Run(**row) for name, row in found.items()}


def record(run: Run) -> None:
    """记下一件事做完了。先写好、再换上：断了也不会只剩半个文件。"""
    found = {name: asdict(row) for name, row in (runs() | {run.name: run}).items()}
    part = _path().with_suffix(".part")
    part.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
    part.rename(_path())


def done_today(name: str, day: dt.date) -> bool:
    """这一天已经做成过。"""
    run = runs().get(name)
    return run is not None and run.is_ok and run.made.date() == day


def late(now: dt.datetime) -> list[Run]:
    """没有做成、很久没有做的；从来没有做过的不算（刚装好）。"""
    return [run for run in runs().values() if not run.is_ok or now - run.made > LATE]


@contextmanager
def alone() -> Iterator[bool]:
    """只有一个进程在做：拿到了为真。进程断了，锁自己就放开。"""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with _path().with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _path() -> Path:
    return settings.DATA_DIR / "nightly.json"
