"""造项次、延期申请、办结申请，用业务的话说。主角是审批中心的第 12 项（时限 2023-12-01）和第 11 项（常态类）。"""

import datetime as dt

from django.core.files.base import ContentFile

from departments.models import Department
from tasks import workflow
from tasks.figures.ledger import Ledger
from tasks.models import Assignment, Measure, Problem
from tasks.rules import evidence

from .together import at_the_same_time

HALL = "审批中心"
DUE = dt.date(2023, 12, 1)
LATER = dt.date(2023, 12, 20)
TODAY = dt.date(2023, 9, 22)


def part(number, department=HALL) -> Assignment:
    """第几项某部室的一份。"""
    rows = Assignment.objects.select_related("measure__plan", "department")
    return rows.get(measure__number=number, department__name=department)


def overdue_problem(plan, people, at, *, department=HALL, due_on=dt.date(2023, 9, 20), number=1):
    return Problem.objects.create(
        plan=plan,
        number=number,
        title="设备没有到货",
        text="设备没有到货。",
        department=Department.objects.get(name=department),
        due_on=due_on,
        created_by=people.office,
        created_at=at("2023-09-01 09:00"),
    )


def dated(number="12", department=HALL, due_on=DUE) -> Assignment:
    """有完成时限的一份。"""
    Measure.objects.filter(number=number).update(due_on=due_on)
    return part(number, department)


def a_file(name="证明.pdf"):
    """一份核对过的佐证。"""
    return evidence.Checked(ContentFile(b"%PDF-1", "x"), name, "application/pdf", 6, "0" * 64)


def ask_extension(people, at, assignment, *, when="2023-09-20 09:00", to=LATER, reason="等上级文件出台。"):
    """部室申请延期。"""
    by = people.reporter(assignment.department.name)
    return workflow.request_extension(assignment, by=by, at=at(when), new_due_on=to, reason=reason)


def ask_completion(people, at, assignment, *, when="2023-09-20 09:00", note="已经做完。"):
    """部室申请办结。"""
    by = people.reporter(assignment.department.name)
    return workflow.request_completion(assignment, by=by, at=at(when), note=note, uploads=[a_file()])


def complete(people, at, assignment, *, when="2023-09-20 10:00"):
    """申请并同意办结。"""
    asked = ask_completion(people, at, assignment, when=when)
    return workflow.grant_completion(asked, by=people.office, at=at(when))


def light_of(assignment, period, today=TODAY):
    """这一份在某一期的灯。"""
    measures = Measure.objects.filter(pk=assignment.measure_id)
    ledger = Ledger(assignment.measure.plan, period, today, measures=measures)
    return next(p.light for line in ledger.lines for p in line.parts if p.assignment.pk == assignment.pk)


def together(*calls) -> list:
    """同时做几件事：做成的写“做成”，拒绝的写拒绝的话。"""
    results = at_the_same_time(calls)
    return [str(r) if isinstance(r, workflow.Refused) else "做成" for r in results]
