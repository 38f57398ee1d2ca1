"""领导的“我牵头的”与部室页。"""

import datetime as dt

from departments.models import Department, Leader

from ..figures.ledger import Ledger, current_period
from ..figures.reporting import Reporting, reporting_by
from ..models import Measure, Plan, Progress
from ..rules import lights
from . import extension as extension_pages
from . import home as home_pages
from . import instruction as instruction_pages
from . import problem as problem_pages

# ── 领导、部室、方案、记录 ────────────────────────────────


def leader_desk(leader: Leader, today: dt.date) -> dict:
    """一位领导牵头的举措：红黄的在前并写明理由，其余一行一项。"""
    plan = Plan.objects.current()
    period = current_period(plan, today) if plan else None
    ledger = Ledger(plan, period, today, measures=Measure.objects.in_force().filter(plan=plan).led_by(leader))
    ordered = ledger.by_severity()
    urgent = [line for line in ordered if line.light.is_warning]
    measures = [line.measure for line in ordered]
    held = problem_pages.open_on(measures, today)
    return {
        "leader": leader,
        "period": period,
        "today": today,
        "ledger": ledger,
        "urgent": [(line, held.get(line.measure.pk)) for line in urgent],
        "held": [(line, held[line.measure.pk]) for line in ordered if line.measure.pk in held and line not in urgent],
        "for_group": problem_pages.for_group(leader, measures, today),
        "calm": [line for line in ordered if line not in urgent],
        "others": instruction_pages.others_for(leader, [line.measure for line in urgent]),
        "light_counts": [(level, lights.LABELS[level], ledger.light_totals[level]) for level in lights.SEVERITY],
    }


def department_page(department: Department, today: dt.date) -> dict:
    """一个部室：举措（项次）、本期报送、历期按时情况、负责人。"""
    plan = Plan.objects.current()
    period = current_period(plan, today) if plan else None
    ledger = Ledger(plan, period, today, measures=home_pages.measures_of(plan, department))
    mine = [(line, part) for line in ledger.by_severity() for part in line.parts if part.department == department]
    rows = Progress.objects.in_force().filter(assignment__department=department, period__plan=plan)
    by_period = reporting_by(rows, "period")
    periods = plan.periods.opened().order_by("-starts_on") if plan else []
    shared = sum(line.measure.all_departments for line, _ in mine)
    return {
        "department": department,
        "heads": department.heads.filter(is_active=True),
        "aliases": department.aliases.all(),
        "period": period,
        "today": today,
        "lines": mine,
        "times_extended": extension_pages.times_extended([part.assignment.pk for _, part in mine]),
        "shared_words": f"（含各部室共担 {shared} 项）" if shared else "",
        "reporting": by_period.get(period.pk) if period else None,
        "history": [(p, by_period.get(p.pk, Reporting())) for p in periods],
        "running": [p for p in periods if p.as_of(today) <= p.due_on],
        "on_time": home_pages.on_time(department, plan),
        "problems": problem_pages.of_department(department, today),
    }
