"""收尾：没有办结的每一项都定去向；移交的两头都写明，终止的写明理由，退出以前的进展与灯都不动。"""

import pytest

from tasks import workflow
from tasks.imports import applying, closing
from tasks.imports.closing import Wanted
from tasks.models import Event, Measure, MeasureFate, Plan, Progress
from tests.factories import make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def who(people, at):
    return {"by": people.office, "at": at("2023-09-20 09:00")}


@pytest.fixture
def other(plan):
    return make_plan(measures=2, year=2024)


def fates(plan, **of):
    """各项继续办，`of` 里写明的除外：m7=("ended", None, "不办了。")。"""
    return [Wanted(m, *of.get(f"m{m.number}", ("carried",))) for m in closing.unsettled(plan)]


def test_every_unfinished_measure_must_be_given_its_fate(plan, who):
    with pytest.raises(workflow.Refused, match="第1、2项没有办结，请写明各自的去向。"):
        closing.close_plan(plan, fates(plan)[2:], **who)
    assert Plan.objects.get(pk=plan.pk).closing_at is None


def test_handed_and_ended_leave_the_plan_and_the_rest_go_on(plan, period, other, submitted, who):
    submitted("7", "审批中心")
    receiver = Measure.objects.get(plan=other, number="2")
    wanted = fates(plan, m7=("handed", receiver, ""), m9=("ended", None, "上级不再要求。"))
    closing.close_plan(plan, wanted, **who)
    plan.refresh_from_db()
    assert (plan.status, plan.revision.number, plan.revision.note) == (
        "closing",
        2,
        "收尾：移交另一份方案 1 项，终止 1 项",
    )
    assert sorted(m.number for m in plan.revision.retired_measures.all()) == ["7", "9"]
    assert Progress.objects.filter(assignment__measure__number="7", status="submitted").exists(), "已报的还在"
    told = Event.objects.filter(action__in=["measure_hand", "measure_end", "measure_receive"]).order_by("pk")
    assert [(e.action, e.measure.plan_id, e.note) for e in told] == [
        ("measure_hand", plan.pk, "《2024年测试方案》第2项接办。"),
        ("measure_receive", other.pk, told[1].note),
        ("measure_end", plan.pk, "上级不再要求。"),
    ]
    assert told[1].note.startswith(f"《{plan.title}》第7项“")
    assert Event.objects.get(action="plan_close").note == "在本方案继续办 19 项，移交另一份方案 1 项，终止 1 项"


def test_what_was_carried_on_can_be_handed_later_and_what_has_left_cannot(plan, other, who):
    closing.close_plan(plan, fates(plan), **who)
    seven, receiver = Measure.objects.get(plan=plan, number="7"), Measure.objects.get(plan=other, number="1")
    closing.settle_closing(plan, [Wanted(seven, "handed", receiver)], **who)
    assert [f.kind for f in seven.fates.all()] == ["handed", "carried"]
    with pytest.raises(workflow.Refused, match="第7项已经办结，或已不在这份方案里"):
        closing.settle_closing(plan, [Wanted(seven, "ended", None, "不办了。")], **who)


def test_faulty_fates_are_refused_and_nothing_is_written(plan, other, who):
    gone = Measure.objects.get(plan=other, number="1")
    Measure.objects.filter(pk=gone.pk).update(retired_in=other.revision)
    own = Measure.objects.get(plan=plan, number="8")
    for fate, said in (
        (("ended", None, " "), "第7项终止，必须写明理由。"),
        (("handed", None), "第7项移交，请写明另一份方案的哪一项接办。"),
        (("handed", own), "第7项移交，请写明另一份方案的哪一项接办。"),
        (("handed", gone), "第1项已退出现行方案，不能再接办。"),
    ):
        with pytest.raises(workflow.Refused, match=said):
            closing.close_plan(plan, fates(plan, m7=fate), **who)
    assert not MeasureFate.objects.exists()
    assert Plan.objects.get(pk=plan.pk).revision.number == 1


def test_a_measure_brought_back_by_undoing_the_edition_is_no_longer_told_as_handed(plan, other, people, who, sign_in):
    """撤销收尾的那一版：移交的一项回来了，两头都不再说移交。"""
    receiver = Measure.objects.get(plan=other, number="2")
    closing.close_plan(plan, fates(plan, m7=("handed", receiver)), **who)
    page = sign_in(people.office).get(f"/{other.slug}/measures/2/").content.decode()
    assert f'href="/measures/retired/{plan.revision.retired_measures.get().pk}/"' in page
    assert "接办《" in page
    applying.revert_revision(plan.revision, by=people.admin, at=who["at"])
    assert (
        "接办《" not in sign_in(people.office).get(f"/{other.slug}/measures/2/").content.decode().split("办理过程")[0]
    )
