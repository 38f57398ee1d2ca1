"""一期关闭时数好的：各部室的报送、各灯几项。关闭以后不再变，所以数一次存下，页面不再数它的几万行；重新开放即作废。"""

from django.db.models import Count

from ..models import ClosedLights, ClosedReports, MeasureJudgement, ReportingPeriod
from .reporting import REPORTING_COUNTS, by_room

REPORTS = (*REPORTING_COUNTS, "sent_back")


def keep(period: ReportingPeriod) -> None:
    """数一遍，存下（原来存着的换掉）。`period` 须已关闭，判定已留定（`workflow.settle_period`）。"""
    drop(period)
    reports, lights = _counted(period)
    ClosedReports.objects.bulk_create(
        ClosedReports(period=period, department_id=room, **dict(zip(REPORTS, counts, strict=True)))
        for room, *counts in reports
    )
    ClosedLights.objects.bulk_create(ClosedLights(period=period, level=level, n=n) for level, n in lights)


def drop(period: ReportingPeriod) -> None:
    """重新开放：账又是活的，存下的数作废。"""
    ClosedReports.objects.filter(period=period).delete()
    ClosedLights.objects.filter(period=period).delete()


def is_right(period: ReportingPeriod) -> bool:
    """存下的与现在从头数的相同；没有关闭的，什么也没有存。"""
    reports = ClosedReports.objects.filter(period=period).values_list("department", *REPORTS)
    lights = ClosedLights.objects.filter(period=period).values_list("level", "n")
    counted: tuple[set, set] = _counted(period) if period.closed_at else (set(), set())
    return (set(reports), set(lights)) == counted


def _counted(period: ReportingPeriod) -> tuple[set[tuple], set[tuple]]:
    lights = MeasureJudgement.objects.filter(period=period).values_list("level").annotate(n=Count("pk"))
    return {tuple(row[1:]) for row in by_room(period)}, set(lights)
