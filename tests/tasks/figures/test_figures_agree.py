"""随机的方案、随机的经过：总览、分析、项次清单、考核表、考核表的 xlsx、通报的数字、对外公开页，处处是同一个数。"""

import datetime as dt
import io
from collections import Counter

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tasks.figures import analysis, assessment
from tasks.figures import parts as part_figures
from tasks.figures.changes import PART_CHANGES, TURNS, Changes
from tasks.figures.ledger import Ledger
from tasks.figures.reporting import Reporting
from tasks.figures.snapshot import collect
from tasks.forms import AssessmentForm, BoardFilterForm
from tasks.models import Completion, Extension, Instruction, Problem, PublicItem, Reminder, ReportingPeriod
from tasks.pages import board as board_pages
from tasks.pages import publicity as publicity_pages
from tasks.papers import assessment as assessment_papers
from tasks.rules import lights
from tests.examples import share
from tests.tasks.figures.test_analysis import figures_of
from tests.tasks.figures.test_ledger import Recount, Story, moment
from tests.tasks.lists import REPORTS, Lists
from tests.tasks.stories import FullStory
from tests.tasks.told import Told, completion_of
from tests.tasks.told import reporting as reporting_of


def boards_agree(told, period, today, lists):
    """一期：总览、项次清单、分析、考核表、xlsx、通报。分析页也列各期的数，所以各期共用一份清单：同一个网址不重数。"""
    plan = told.plan
    ledger = Ledger(plan, period, today)
    counted, reporting = reporting_of(ledger.lines), ledger.reporting
    assert {key: counted[key] for key in REPORTS} == {key: getattr(reporting, key) for key in REPORTS}
    board = board_pages.board(plan, period, today, told.office, BoardFilterForm({}))
    for level, _, n in board.light_counts:
        assert lists.count(f"/board/{period.slug}/?light={level}") == n
    for row in board.departments:
        for key in ("reported", "owed"):
            assert lists.count(part_figures.url(period, dept=row.department.slug, report=key)) == getattr(
                row.reporting, key
            )
    for chore in board.chores:
        if chore.list_url:
            assert lists.count(chore.list_url) == reporting.unreported
    found = analysis.analysis(plan, period, today)
    wrong = [(f.url, f.n, lists.count(f.url)) for f in figures_of(found) if f.n and lists.count(f.url) != f.n]
    assert wrong == []
    assert {r.period.slug: [f.n for f in r.lights] for r in found.periods} == {
        p.slug: [Ledger(plan, p, today).light_totals[level] for level in lights.LABELS] for p in ledger.periods
    }
    assessment_agrees(plan, period, today, ledger, lists)
    circular_agrees(plan, period, today, ledger)


def assessment_agrees(plan, period, today, ledger, lists):
    """一期的考核表与总览的部室报送、办结相符；每格点开恰好那么多行；xlsx 是同样的数。"""
    query = {"first": period.slug, "last": period.slug}
    shown = assessment.assessment(plan, today, AssessmentForm(query, plan=plan))
    for row in shown.rows:
        r = ledger.reporting_by_room.get(row.department, Reporting())
        n = {cell.key: cell.n for cell in row.cells}
        assert (n["owed"], n["on_time"], n["late"], n["missed"] + n["pending"]) == (
            r.owed,
            r.on_time,
            r.late,
            r.unreported,
        )
        assert [(c.key, c.n) for c in row.cells if c.n and lists.count(c.url) != c.n] == []
    totals = {cell.key: cell.n for cell in shown.totals}
    found, by_row = Changes(ledger), Told(ledger)
    assert +found.line_counts == by_row.line_counts
    assert +found.part_counts == by_row.part_counts
    due = [
        p for line in ledger.lines for p in line.parts
        if (day := ledger.due_on(p.assignment)) and day < period.as_of(today) and completion_of(ledger, p.assignment) is None
    ]  # fmt: skip
    assert totals["overdue"] == len(due)
    assert totals["completed"] == found.part_counts["completed"] or found.base is None
    sheet = load_workbook(io.BytesIO(assessment_papers.to_xlsx(shown))).active
    first = assessment_papers.FIRST_ROW
    printed = list(sheet.iter_rows(min_row=first, max_row=first + len(shown.rows), values_only=True))
    assert printed == [(r.department.name, *(c.n for c in r.cells)) for r in shown.rows] + [
        ("合计", *(c.n for c in shown.totals))
    ]


def circular_agrees(plan, period, today, ledger):
    """通报里的灯、报送、变化、问题、办结，与总览、分析、考核同数。"""
    made = {key: f["n"] for key, f in collect(plan, period, today, taken_at=moment(7, 31))["counts"].items()}
    found, span = Changes(ledger), Changes(ledger).span
    assert {level: made[level] for level in lights.LABELS} == dict(ledger.light_totals)
    assert {key: made[key] for key in REPORTS} == {key: getattr(ledger.reporting, key) for key in REPORTS}
    assert {key: made[key] for key in lights.DIRECTIONS} == {key: found.line_counts[key] for key in lights.DIRECTIONS}
    for key in set(PART_CHANGES) - {"completed"}:
        assert made[key] == found.part_counts[key], key
    if found.base:
        assert (made["newly_due"], made["completions_new"]) == (
            found.line_counts["due"],
            found.part_counts["completed"],
        )
    for mine, theirs in (
        ("problems_open", "problems_open"), ("problems_overdue", "problems_overdue"), ("problems_new", "problems_new"),
        ("problems_settled", "problems_settled"), ("problems_on_time", "problems_on_time"), ("extended", "extensions_approved"),
    ):  # fmt: skip
        assert sum(assessment.counts_by(span, [mine])[mine].values()) == made[theirs], mine


def public_agrees(told, today):
    """对外公开页的灯数就是最近关闭的一期总览上的；发布的一条不多一条不少。"""
    page = publicity_pages.public_page(told.plan, today)
    closed = told.plan.periods.filter(status=ReportingPeriod.Status.CLOSED).order_by("-starts_on").first()
    assert page["period"] == closed
    if closed:
        board = board_pages.board(told.plan, closed, today, told.office, BoardFilterForm({}))
        assert page["lights"] == board.light_counts
    assert (
        page["count"] == sum(size for _, _, size in page["groups"]) == sum(len(group) for _, group, _ in page["groups"])
    )


PATIENT = settings(
    max_examples=share(8, quick=1),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
HAPPENS = (Problem, Extension, Instruction, Completion, PublicItem, Reminder)


def test_every_figure_is_the_same_everywhere(db):
    """每个例子在自己的事务里，看完退回。跑足时，抽到的经过里每样事都真的发生过，免得空转；平日只走一份经过。"""
    seen = Counter()

    @PATIENT
    @given(data=st.data())
    def agree(data):
        with transaction.atomic():
            told = FullStory(data)
            told.run()
            seen.update({model: model.objects.count() for model in HAPPENS})
            opened = list(told.plan.periods.exclude(status="planned").order_by("starts_on"))
            for today in {opened[-1].ends_on, dt.date(2023, 7, 31)}:
                lists = Lists(told.plan, today)
                for period in opened:
                    boards_agree(told, period, today, lists)
                public_agrees(told, today)
            transaction.set_rollback(True)

    agree()
    never = [model.__name__ for model in HAPPENS if not seen[model]]
    assert never == [] or share(8, quick=1) < 8


@PATIENT
@given(data=st.data())
def test_every_turn_of_a_light_agrees_with_a_naive_recount(db, data):
    """与笨办法相比：两期各数一遍，看每项从什么灯变成什么灯。"""
    with transaction.atomic():
        told = Story(data)
        told.run()
        naive, today = Recount(told.plan, dt.date(2023, 7, 31)), dt.date(2023, 7, 31)
        for before, after in zip(naive.periods, naive.periods[1:], strict=False):
            period = told.plan.periods.get(pk=after["id"])
            found = Changes(Ledger(told.plan, period, today))
            turns = [(naive.line(m, before)[0], naive.line(m, after)[0]) for m in naive.measures]
            assert {t: n for t, n in found.line_counts.items() if t in TURNS} == {
                f"{a}-{b}": turns.count((a, b)) for a, b in set(turns) if a != b
            }
            assert found.line_counts["same"] == sum(a == b for a, b in turns)
        transaction.set_rollback(True)
