"""两个月的底子：审批中心八月报过、通过、关了，九月开放、还没有报。八项都有上月可沿用。"""

from types import SimpleNamespace

import pytest

from tasks import workflow
from tasks.models import Progress
from tests import factories, images
from tests.world import OWN

NUMBERS = ("2", "4", "5", "6", "7", "8", "11", "12")


def build():
    """只造一次（见 images.once）。"""
    plan, people = factories.load_plan(), factories.People()
    office, own, early = people.office, people.reporter(OWN), factories.at("2023-08-01 08:00")
    made = workflow.plan_periods(plan, by=office, at=early, first_month=8, last_month=9, due_day=25)
    august = workflow.open_period(made[0], by=office, at=early)
    for number in NUMBERS:
        approved(factories.report(august, number, OWN), f"八月写的第{number}项。", "2023-08-20 10:00")
    workflow.close_period(august, by=office, at=factories.at("2023-08-31 18:00"))
    september = workflow.open_period(made[1], by=office, at=factories.at("2023-09-01 08:30"))
    return SimpleNamespace(plan=plan, period=september, own=own, office=office)


def filed(row, text, when, **said):
    """报送：节点类 50%，指标各 60，除非另说。"""
    by, at = factories.People().reporter(OWN), factories.at(when)
    content = {"text": text, "stage": "in_progress"} | said
    if row.assignment.measure.kind == "milestone":
        content.setdefault("percent", 50)
    values = {target: content.pop("value", 60) for target in row.assignment.targets}
    content.pop("value", None)
    return workflow.submit_progress(row, by=by, at=at, version=row.version, content=content, values=values)


def approved(row, text, when, **said):
    row = filed(row, text, when, **said)
    return workflow.approve_progress(row, by=factories.People().office, at=factories.at(when))


def row_of(number):
    """审批中心这一项九月的报送。"""
    return Progress.objects.get(
        assignment__measure__number=number, assignment__department__name=OWN, period__slug="2023-09", corrects=None
    )


def first_of(kind):
    """头一项这种类型的举措的序号。"""
    return next(number for number in NUMBERS if row_of(number).assignment.measure.kind == kind)


def statuses():
    """序号 → 九月的报送状态。"""
    rows = Progress.objects.filter(assignment__department__name=OWN, period__slug="2023-09", corrects=None)
    rows = rows.order_by("assignment__measure__position").select_related("assignment__measure")
    return {row.assignment.measure.number: row.status for row in rows}


@pytest.fixture(name="months")
def the_months(db):
    """两个月的底子，见 build。"""
    return images.once("months", build)


months = the_months
