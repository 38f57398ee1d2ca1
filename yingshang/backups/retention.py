"""备份叫什么、留哪些：最近七天、五周、十二个月各留最后一份。只认自己起的名字，别的文件一概不动。"""

import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path

RULE = ((7, "%Y-%m-%d"), (5, "%G-%V"), (12, "%Y-%m"))
NAMED = re.compile(r"yingshang-(\d{4}-\d\d-\d\dT\d{6})\.tar\.gz(\.enc)?\Z")
STAMP = "%Y-%m-%dT%H%M%S"


def name(at: dt.datetime, *, is_sealed: bool, why: str = "") -> str:
    """备份的文件名。`why` 是另存一份的缘由（恢复之前、升级之前）：这样的不在轮换之内，由人删。"""
    return f"yingshang-{at:{STAMP}}{f'-{why}' if why else ''}.tar.gz{'.enc' if is_sealed else ''}"


def made_at(path: Path) -> dt.datetime | None:
    """轮换之内的一份是何时做的（本地时间）；别的文件为空。"""
    found = NAMED.match(path.name)
    return dt.datetime.strptime(found[1], STAMP) if found else None


def newest(folder: Path) -> tuple[dt.datetime, Path] | None:
    """最近的一份，和它是何时做的；一份也没有为空。"""
    dated = _dated(folder.iterdir()) if folder.is_dir() else []
    return dated[0] if dated else None


def superseded(paths: Iterable[Path]) -> list[Path]:
    """可以删的。有几天没有备份，就往前多留几天的：数的是有备份的天、周、月。"""
    dated = _dated(paths)
    kept: set[Path] = set()
    for count, span in RULE:
        last: dict[str, Path] = {}
        for at, path in dated:
            last.setdefault(at.strftime(span), path)
        kept.update(list(last.values())[:count])
    return [path for _, path in dated if path not in kept]


def _dated(paths: Iterable[Path]) -> list[tuple[dt.datetime, Path]]:
    """轮换之内的，新的在前。"""
    return sorted(((at, path) for path in paths if (at := made_at(path))), reverse=True)
