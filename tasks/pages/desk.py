"""领导的“我牵头的”与部室页。"""

import datetime as dt

from departments.models import Department, Leader

from ..figures.filters import listed
from ..figures.ledger import Ledger, current_period
from ..figures.reporting import Reporting, reporting_by
from ..figures.rows import Line
from ..models import Assignment, Measure, Plan, Progress, ReportingPeriod
from ..models.measure import MeasureQuerySet
from ..rules import lights
from . import extension as extension_pages
from . import home as home_pages
from . import instruction as instruction_pages
from . import problem as problem_pages

# 一页最多列几项，最要紧的在前；其余的到“全部举措”里看。
MOST = 60


def leader_desk(leader: Leader, today: dt.date) -> dict:
    """一位领导牵头的举措：红黄的在前并写明理由，其余一行一项。"""
    plan = Plan.objects.current()
    period = current_period(plan, today) if plan else None
    led = Measure.objects.in_force().filter(plan=plan).led_by(leader)
    ledger, lines = Ledger(plan, period, today, measures=led), _by_severity(plan, period, today, led)
    urgent = [line for line in lines if line.light.is_warning]
    held = problem_pages.open_on([line.measure for line in lines], today)
    others = instruction_pages.others_for(leader, [line.measure for line in urgent])
    return {
        "leader": leader,
        "period": period,
        "today": today,
        "total": ledger.total,
        "more": ledger.total - len(lines),
        "urgent": [(line, held.get(line.measure.pk)) for line in urgent],
        "held": [(line, held[line.measure.pk]) for line in lines if line.measure.pk in held and line not in urgent],
        "for_group": problem_pages.for_group(leader, led, today),
        "calm": [line for line in lines if line not in urgent],
        "others": others[: instruction_pages.MOST_OFFERED],
        "others_are_many": len(others) > instruction_pages.MOST_OFFERED,
        "light_counts": [(level, lights.LABELS[level], ledger.light_totals[level]) for level in lights.SEVERITY],
    }


def _by_severity(
    plan: Plan | None, period: ReportingPeriod | None, today: dt.date, measures: MeasureQuerySet
) -> list[Line]:
    """这些举措里最要紧的一页，红黄在前，同灯按序号。"""
    ordered = listed(measures, Ledger(plan, period, today), {"sort": "light"})
    shown = Measure.objects.filter(pk__in=list(ordered.values_list("pk", flat=True)[:MOST]))
    lines = Ledger(plan, period, today, measures=shown).lines
    return sorted(lines, key=lambda line: (line.light.severity, line.measure.position))


def department_page(department: Department, today: dt.date) -> dict:
    """一个部室：举措（项次）、本期报送、历期按时情况、负责人。"""
    plan = Plan.objects.current()
    period = current_period(plan, today) if plan else None
    lines = _by_severity(plan, period, today, home_pages.measures_of(plan, department))
    mine = [(line, part) for line in lines for part in line.parts if part.department == department]
    rows = Progress.objects.in_force().filter(assignment__department=department, period__plan=plan)
    by_period = reporting_by(rows, "period")
    periods = plan.periods.opened().order_by("-starts_on") if plan else []
    led = Assignment.objects.in_force().of_department(department).filter(measure__plan=plan)
    total, shared = led.count(), led.filter(measure__all_departments=True).count()
    return {
        "department": department,
        "heads": department.heads.filter(is_active=True),
        "aliases": department.aliases.all(),
        "period": period,
        "today": today,
        "lines": mine,
        "total": total,
        "more": total - len(mine),
        "times_extended": extension_pages.times_extended([part.assignment.pk for _, part in mine]),
        "shared_words": f"（含各部室共担 {shared} 项）" if shared else "",
        "reporting": by_period.get(period.pk) if period else None,
        "history": [(p, by_period.get(p.pk, Reporting())) for p in periods],
        "running": [p for p in periods if p.as_of(today) <= p.due_on],
        "on_time": home_pages.on_time(department, plan),
        "problems": problem_pages.of_department(department, today),
    }
