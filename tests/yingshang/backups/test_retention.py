"""备份留哪些：7 天、5 周、12 个月，别的文件一概不动。"""

import datetime as dt
from pathlib import Path

from yingshang.backups import retention


def backups(start, days, *, hours=(22,)):
    first = dt.datetime(*start)
    moments = [first + dt.timedelta(days=day, hours=hour) for day in range(days) for hour in hours]
    return [Path(retention.name(at, is_sealed=False)) for at in moments]


def kept(paths) -> set:
    gone = retention.superseded(paths)
    assert len(gone) == len(set(gone))
    return {p.name[10:20] for p in set(paths) - set(gone)}


def test_two_years_of_daily_backups_leave_days_weeks_and_months():
    left = kept(backups((2024, 1, 1), 730))  # 到 2025-12-30，星期二
    days = {f"2025-12-{n}" for n in range(24, 31)}
    weeks = {"2025-12-30", "2025-12-28", "2025-12-21", "2025-12-14", "2025-12-07"}
    ends = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 30)
    months = {f"2025-{month:02}-{day}" for month, day in enumerate(ends, 1)}
    assert left == days | weeks | months


def test_of_several_on_one_day_the_last_is_kept():
    paths = backups((2025, 3, 3), 1, hours=(1, 9, 23))
    assert retention.superseded(paths) == paths[1::-1]


def test_days_without_a_backup_are_not_counted_so_a_broken_timer_never_empties_the_folder():
    paths = [*backups((2023, 5, 1), 1), *backups((2025, 5, 1), 7)]
    assert retention.superseded(paths) == []


def test_only_its_own_files_are_ever_deleted():
    others = [
        Path(n)
        for n in ("台账.xlsx", "yingshang-2020-01-01T000000-before-restore.tar.gz", "yingshang-2020-01-01.tar.gz")
    ]
    assert not set(retention.superseded([*others, *backups((2020, 1, 1), 400)])) & set(others)


def test_encrypted_and_plain_ones_stand_in_one_row():
    at = dt.datetime(2025, 1, 1, 3)
    plain = Path(retention.name(at, is_sealed=False))
    sealed = Path(retention.name(at + dt.timedelta(hours=1), is_sealed=True))
    assert retention.superseded([plain, sealed]) == [plain]
