"""同时印发：真线程、真连接。文号各不相同、连续不缺；同一份只印发一次；两个人同时改，只有一个人存成。"""

import datetime as dt
import threading
from contextlib import suppress

import pytest
from django.db import IntegrityError
from django.utils import timezone

from departments.models import Role
from tasks import workflow
from tasks.models import Circular, Event, Plan
from tasks.workflow import circular as circular_steps
from tests.factories import make_plan, make_user
from tests.tasks import circulars
from tests.tasks.together import at_the_same_time

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
NOON = timezone.make_aware(dt.datetime(2023, 9, 22, 12))
SECTION = {"key": "next", "heading": "", "text": "抓紧。", "auto": ["", "抓紧。"]}


@pytest.fixture
def office(transactional_db):
    return make_user("office", Role.OFFICE)


def opened(plan, office, months=(3, 12)):
    """开放过的各期。"""
    who = {"by": office, "at": NOON}
    made = workflow.plan_periods(plan, **who, first_month=months[0], last_month=months[1], due_day=25)
    return [workflow.open_period(p, **who) for p in made]


def paper(period, office, **extra) -> Circular:
    """一份可以印发的草稿。"""
    fields = {"kind": "circular", "title": "通报", "sections": [SECTION], "figures": circulars.figures(0)} | extra
    return Circular.objects.create(
        plan=period.plan, first_period=period, period=period, created_by=office, created_at=NOON, **fields
    )


def issuing(circular, office):
    return lambda: workflow.issue_circular(circular, by=office, at=NOON, version=0, accept_stale=True)


@pytest.fixture
def gate(monkeypatch):
    """关口：取了文号、还没有写的时候，两个线程在此等齐——最坏的次序。有锁时另一个进不来，等一会儿就放行。"""
    meeting, take = threading.Barrier(2), circular_steps._next_number

    def taken(*args):
        number = take(*args)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.4)
        return number

    monkeypatch.setattr(circular_steps, "_next_number", taken)


def test_the_number_is_not_taken_twice_in_the_worst_order(office, gate):
    drafts = [paper(period, office) for period in opened(make_plan(measures=1), office, (8, 9))]
    assert sorted(c.number for c in at_the_same_time(issuing(draft, office) for draft in drafts)) == [1, 2]


def test_without_the_lock_the_worst_order_does_take_it_twice(office, gate, monkeypatch):
    """去掉锁就会撞号：证明上一条测得出来。"""
    monkeypatch.setattr(circular_steps, "lock_plans", lambda: None)
    drafts = [paper(period, office) for period in opened(make_plan(measures=1), office, (8, 9))]
    with pytest.raises(IntegrityError):
        at_the_same_time(issuing(draft, office) for draft in drafts)


def test_papers_issued_together_get_consecutive_numbers(office):
    """十份一起印发：一号到十号，各一份。"""
    drafts = [paper(period, office) for period in opened(make_plan(measures=2), office)]
    done = at_the_same_time(issuing(draft, office) for draft in drafts)
    assert sorted(c.number for c in done) == list(range(1, 11))
    assert sorted(Circular.objects.values_list("number", flat=True)) == list(range(1, 11))
    assert Event.objects.filter(action="circular_issue").count() == 10


def test_papers_of_two_plans_share_one_sequence(office):
    """新旧两份方案同一年各发各的：文号仍是一个序列。"""
    periods = [opened(make_plan(measures=1), office, (3, 5)) for _ in range(2)]
    assert Plan.objects.count() == 2
    drafts = [paper(period, office) for pair in zip(*periods, strict=True) for period in pair]
    done = at_the_same_time(issuing(draft, office) for draft in drafts)
    assert sorted(c.number for c in done) == [1, 2, 3, 4, 5, 6]


def test_kinds_are_numbered_apart(office):
    [period] = opened(make_plan(measures=1), office, (9, 9))
    drafts = [paper(period, office, kind=kind) for kind in ("circular", "report", "bulletin") for _ in range(2)]
    done = at_the_same_time(issuing(draft, office) for draft in drafts)
    assert sorted((c.kind, c.number) for c in done) == [
        ("bulletin", 1), ("bulletin", 2), ("circular", 1), ("circular", 2), ("report", 1), ("report", 2),
    ]  # fmt: skip


def test_one_paper_issued_by_two_people_is_issued_once(office):
    [period] = opened(make_plan(measures=1), office, (9, 9))
    draft = paper(period, office)
    done = at_the_same_time([issuing(draft, office)] * 2)
    assert sorted(isinstance(x, workflow.Refused) for x in done) == [False, True]
    assert list(Circular.objects.values_list("number", flat=True)) == [1]


def test_issuing_and_discarding_at_once_leaves_no_gap(office):
    first, second = (paper(p, office) for p in opened(make_plan(measures=1), office, (8, 9)))
    at_the_same_time([issuing(first, office), lambda: workflow.discard_circular(first, by=office, at=NOON, version=0)])
    workflow.issue_circular(second, by=office, at=NOON, version=0, accept_stale=True)
    numbers = sorted(n for n in Circular.objects.values_list("number", flat=True) if n)
    assert numbers == list(range(1, len(numbers) + 1))


def test_two_people_drafting_the_same_period_get_one_draft(office):
    [period] = opened(make_plan(measures=1), office, (9, 9))
    call = lambda: workflow.draft_circular(  # noqa: E731
        period.plan, by=office, at=NOON, kind="circular", first_period=period, period=period, title="通报",
        sections=[SECTION], figures=circulars.figures(0),
    )  # fmt: skip
    assert len({c.pk for c in at_the_same_time([call] * 4)}) == Circular.objects.count() == 1


def test_two_people_saving_the_same_version_one_wins(office):
    [period] = opened(make_plan(measures=1), office, (9, 9))
    draft = paper(period, office)

    def saving(text):
        content = {"next": {"heading": "", "text": text}}
        return lambda: workflow.save_circular(draft, by=office, at=NOON, version=0, title="通报", content=content)

    done = at_the_same_time([saving("甲写的。"), saving("乙写的。")])
    assert sorted(type(x).__name__ for x in done) == ["Circular", "Rewritten"]
    draft.refresh_from_db()
    assert (draft.version, draft.sections[0]["text"]) == (
        1,
        next(c.sections[0]["text"] for c in done if isinstance(c, Circular)),
    )


def test_correcting_twice_at_once_makes_one_draft(office):
    [period] = opened(make_plan(measures=1), office, (9, 9))
    old = issuing(paper(period, office), office)()
    call = lambda: workflow.correct_circular(old, by=office, at=NOON, reason="有误", title="更正", sections=[SECTION])  # noqa: E731
    assert len({c.pk for c in at_the_same_time([call] * 3)}) == 1
    assert Circular.objects.filter(corrects=old).count() == 1
