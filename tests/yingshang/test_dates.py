"""日期的中文写法：年月日只在 `yingshang/dates.py` 里写。"""

import ast
import datetime as dt
import re
from pathlib import Path

import pytest

from yingshang import dates

ROOT = Path(__file__).parents[2]
DAY = dt.date(2023, 9, 2)
# 世界时还在 9 月 1 日，北京已是 9 月 2 日 00:30。
LATE = dt.datetime(2023, 9, 1, 16, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("value", [DAY, "2023-09-02", dt.datetime(2023, 9, 2, 23, 59), LATE])
def test_a_date_a_moment_and_a_stored_text_read_the_same(value):
    assert dates.full(value) == "2023年9月2日"
    assert dates.short(value) == "9月2日"
    assert dates.month(value) == "9月"


def test_a_month_of_a_year():
    assert dates.year_month(2023, 12) == "2023年12月"


def test_moments_are_told_in_local_time():
    assert dates.short_with_time(LATE) == "9月2日 00:30"
    assert dates.full_with_time(LATE) == "2023年9月2日 00:30"


def test_midnight_is_a_day_without_a_time():
    assert dates.full_with_time(LATE - dt.timedelta(minutes=30)) == "2023年9月2日"
    assert dates.full_with_time(LATE - dt.timedelta(minutes=29)) == "2023年9月2日 00:01"


@pytest.mark.parametrize(("text", "day"), [("2023-09-02", DAY), (None, None), ("", None)])
def test_a_stored_date_is_read_back(text, day):
    assert dates.stored(text) == day


def test_what_is_not_a_date_is_refused():
    with pytest.raises(ValueError, match="2023-9-2"):
        dates.full("2023-9-2")


# ── 别处不写 ──


def by_hand(source) -> list[int]:
    """哪几行自己拼“{…}月”“年{…}”，或用 %m月 一类的格式。"""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if re.search(r"\0月|年\0|月\0日|%-?[Ymd][年月日]", text):
            found.append(node.lineno)
    return sorted(set(found))


def test_dates_in_chinese_are_written_in_one_module():
    written = [
        f"{path.relative_to(ROOT)}:{line}"
        for app in ("yingshang", "departments", "tasks")
        for path in sorted((ROOT / app).rglob("*.py"))
        if path != ROOT / "yingshang" / "dates.py"
        for line in by_hand(path.read_text("utf-8"))
    ]
    assert not written, "年月日不在这里拼：用 yingshang.dates 的 full、short、month、year_month，没有的写法加在那里"


@pytest.mark.parametrize(
    "source", ['f"{d.month}月{d.day}日"', 'f"{y}年{m}月"', 'f"{d:%m月%d日}"', 'd.strftime("%Y年%m月%d日")']
)
def test_a_date_written_by_hand_is_noticed(source):
    assert by_hand(source) == [1]


@pytest.mark.parametrize("source", ['f"{year}年第{n}期"', 'f"{department}日历"', 'f"共 {n} 日"', '"9月25日"'])
def test_other_words_are_left_alone(source):
    assert by_hand(source) == []
