"""把 benchmarks/pages.py 量得的印成表。"""

from statistics import median
from typing import Any
from unicodedata import east_asian_width

WHO = {"office": "办公室", "reporter": "填报人", "leader": "领导", "admin": "管理员", "": "未登录"}
HEAD = (
    "页面",
    "谁",
    "查询",
    "写",
    "Python",
    "数据库",
    "合计ms",
    "首次",
    "字节",
    "增MB",
    "峰MB",
    "÷现成",
    "÷后台",
    "÷S",
    "304",
)
WIDTHS = (22, 6, 5, 3, 9, 9, 9, 9, 11, 7, 7, 7, 7, 7, 7)
COMPARED = (22, 12, 21, 8, 18, 23, 16)


def table(size: str, run: dict[str, Any], small: dict[str, Any] | None) -> None:
    """一个大小的全部页面。`small` 是同一次运行里 S 的，没有的不比。"""
    rows = "、".join(f"{n:,} {name}" for name, n in run["rows"].items())
    print(f"\n{size}（{run['database']}）：{rows}；造库 {run['seeding_seconds']:.0f} 秒")
    _print(HEAD)
    for name, page in run["pages"].items():
        _print(_line(name, page, run["stock"].get(page["counterpart"]), (small or {}).get("pages", {}).get(name)))
    ready = median(page["ready"]["cpu"] for page in run["pages"].values() if "ready" in page)
    print(f"现成的一页（÷现成 比的是同样多的字节）：各页的中位数 {ready:.1f} 毫秒")
    print("原样的 Django 后台（÷后台 比的就是这些）")
    for name, page in run["stock"].items():
        _print(_line(name, page, None, (small or {}).get("stock", {}).get(name)))
    worker = run["worker"]
    if "problem" in worker:
        print(f"一个进程看完各页：{worker['problem']}", flush=True)
    else:
        said = f"起初 {worker['start']:.0f} MB，以后 {worker['end']:.0f} MB，峰值 {worker['peak']:.0f} MB"
        print(f"一个进程看完各页：{said}", flush=True)


def compared(size: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """与以前写下的比：查询、处理器、字节、峰值。两次运行机器忙闲不同，“÷现成”比毫秒可靠。"""
    print(f"\n{size}，与以前比")
    _print(("页面", "查询", "合计ms", "", "÷现成", "字节", "峰MB"), COMPARED)
    for name, now in after["pages"].items():
        was = before["pages"].get(name, {"problem": "以前没有"})
        if "problem" in was or "problem" in now:
            said = was.get("problem", "量得了"), now.get("problem", "量得了")
            print(f"{_pad(name, 22)} {said[0]} → {said[1]}")
            continue
        cells = [
            f"{was['queries']}→{now['queries']}",
            f"{was['cpu']:.1f}→{now['cpu']:.1f}",
            f"×{now['cpu'] / was['cpu']:.2f}",
            f"{_ratio(was, was['ready'])}→{_ratio(now, now['ready'])}",
            f"{was['bytes']:,}→{now['bytes']:,}",
            f"{was['peak']:.1f}→{now['peak']:.1f}",
        ]
        _print((name, *cells), COMPARED)
    print(flush=True)


def _line(name: str, page: dict[str, Any], stock: dict[str, Any] | None, small: dict[str, Any] | None) -> tuple:
    who = WHO[page["who"]]
    if "problem" in page:
        return (name, who, page["problem"])
    unchanged = page.get("unchanged")
    return (
        name,
        who,
        page["queries"],
        page["writes"],
        f"{page['python']:.1f}",
        "—" if page["database"] is None else f"{page['database']:.1f}",
        f"{page['cpu']:.1f}",
        f"{page['first']:.1f}",
        f"{page['bytes']:,}",
        f"{page['grown']:.1f}",
        f"{page['peak']:.1f}",
        _ratio(page, page["ready"]),
        _ratio(page, stock),
        _ratio(page, small),
        f"{unchanged['cpu']:.1f}" if unchanged and unchanged["status"] == 304 else "—",
    )


def _ratio(page: dict[str, Any], other: dict[str, Any] | None) -> str:
    return f"{page['cpu'] / other['cpu']:.2f}" if other and other.get("cpu") else "—"


def _print(cells: tuple, widths: tuple[int, ...] = WIDTHS) -> None:
    first, *rest = zip(map(str, cells), widths, strict=False)
    print(_pad(*first) + "".join(_pad(text, width, right=True) for text, width in rest).rstrip(), flush=True)


def _pad(text: str, width: int, *, right: bool = False) -> str:
    """补空格对齐：汉字占两格。"""
    space = " " * max(1 if right else 0, width - sum(2 if east_asian_width(c) in "WFA" else 1 for c in text))
    return space + text if right else text + space
