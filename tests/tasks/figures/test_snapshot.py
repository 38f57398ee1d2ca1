"""数字处处相符：随机的经过之后，总览、项次清单、分析、考核清单、公文的文字、Word 的表、Excel 都是同一个数；印发以后怎么变都不影响。"""

import datetime as dt
import io
import re
from collections import Counter
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tasks import workflow
from tasks.figures import analysis, assessment
from tasks.figures import parts as part_figures
from tasks.figures.contract import Figures
from tasks.figures.snapshot import collect, differences
from tasks.figures.span import Span
from tasks.forms import AssessmentListForm, BoardFilterForm, ItemFilterForm, ProblemFilterForm
from tasks.models import Circular, Extension, Instruction, Measure, Petition, Problem, Progress, ReportingPeriod
from tasks.pages import board as board_pages
from tasks.pages import circular as circular_pages
from tasks.pages import publicity as publicity_pages
from tasks.pages.problem import listing as problem_listing
from tasks.papers import circular as circular_papers
from tasks.papers.circular import layout, word, workbook
from tasks.workflow import judgement
from tests.examples import share
from tests.tasks.circulars import wrong_with
from tests.tasks.figures.test_ledger import Recount, moment
from tests.tasks.lists import REPORTS
from tests.tasks.stories import FullStory

pytestmark = pytest.mark.django_db


def collected(told, period, today, first=None):
    return collect(told.plan, period, today, first=first, taken_at=timezone.now())


def n(f, key) -> int:
    return f["counts"][key]["n"]


def off_contract(value, kind, where="f") -> list[str]:
    """与合同（figures/contract）不符的：多了、少了的键，种类不对的值。"""
    parts = get_args(kind)
    if is_typeddict(kind):
        known = get_type_hints(kind)
        odd = [f"{where} 多了 {key}" for key in value.keys() - known.keys()]
        odd += [f"{where} 少了 {key}" for key in kind.__required_keys__ - value.keys()]
        inside = [(value[key], known[key], f"{where}.{key}") for key in value.keys() & known.keys()]
        return odd + [said for item in inside for said in off_contract(*item)]
    if get_origin(kind) is list:
        return [said for n, item in enumerate(value) for said in off_contract(item, parts[0], f"{where}[{n}]")]
    if get_origin(kind) is dict:
        return [said for key, item in value.items() for said in off_contract(item, parts[1], f"{where}.{key}")]
    if type(None) in parts:
        return [] if value is None else off_contract(value, parts[0], where)
    return [] if kind is Any or isinstance(value, kind) else [f"{where} 是 {value!r}"]


def agrees_with_itself(f):
    """每个数就是它数到的条数；表的合计就是总数；样子与公文照着写的合同一字不差。"""
    assert off_contract(f, Figures) == []
    for key, one in f["counts"].items():
        assert one["n"] == sum(row.get("n", 1) for row in one["rows"]), key
    assert (
        n(f, "owed")
        == n(f, "reported") + n(f, "unreported") + n(f, "returned")
        == sum(d["owed"] for d in f["departments"])
    )
    assert n(f, "on_time") + n(f, "late") == n(f, "reported") + n(f, "returned")
    assert n(f, "assignments") == sum(d["assignments"] for d in f["departments"])
    assert (
        n(f, "measures")
        == len(f["lines"])
        == sum(n(f, level) for level in ("red", "yellow", "green", "done", "not_started"))
    )


def agrees_with_a_recount(told, f, period, today):
    """与笨办法一条一条数出来的相比。"""
    naive, row = Recount(told.plan, today), ReportingPeriod.objects.values().get(pk=period.pk)
    totals, counts = naive.totals(row), naive.counts(row)
    assert {level: n(f, level) for level in totals} == totals
    for key in REPORTS:
        assert n(f, key) == getattr(counts, key), key


def agrees_with_the_lists(told, f, period, today):
    """总览、项次清单、分析、考核清单：点开的恰好那么多行。"""
    plan = told.plan

    def board(**query):
        return board_pages.board(plan, period, today, told.office, BoardFilterForm(query))

    assert {level: count for level, _, count in board().light_counts} == {
        k: n(f, k) for k in ("red", "yellow", "green", "not_started", "done")
    }
    for level in ("red", "yellow", "green", "done", "not_started"):
        assert board(light=level).found == n(f, level)
    for change, key in (
        ("better", "better"),
        ("worse", "worse"),
        ("finished", "finished"),
        ("started", "started"),
        ("due", "newly_due"),
    ):
        assert board(change=change).found == n(f, key), key

    def listed(**query):
        return len(part_figures.listing(plan, period, today, ItemFilterForm(query)).page_obj.paginator.object_list)

    for key in (*REPORTS, "self_reviewed"):
        assert listed(report=key) == n(f, key), key
    assert listed(report="overdue") == n(f, "overdue_reports")
    for key in ("newly_reported", "newly_missed", "still_missed"):
        assert listed(change=key) == n(f, key), key
    found = analysis.analysis(plan, period, today)
    assert {figure.label: figure.n for figure in found.part_changes}["本期办结"] == n(f, "completions_new")

    def assessed(what):
        query = {"first": period.slug, "last": period.slug, "what": what}
        return assessment.listing(plan, today, AssessmentListForm(query, plan=plan)).page_obj.paginator.count

    for key in ("problems_open", "problems_overdue", "problems_new", "problems_settled", "problems_on_time"):
        assert assessed(key) == n(f, key), key
    assert assessed("completed") == n(f, "completions_new")
    assert assessed("extended") == n(f, "extensions_approved")


def agrees_now(told, f, today):
    """只有“现在”的清单：问题台账、批示、延期。看最新一期时与公文相同。"""
    rows = problem_listing(told.office, today, ProblemFilterForm({"status": "unsettled"}))["page_obj"].paginator.count
    assert rows == n(f, "problems_open") == Problem.objects.unsettled().count()
    assert n(f, "problems_overdue") == Problem.objects.overdue(today).count()
    assert n(f, "instructions_waiting") == Instruction.objects.waiting().count()
    assert n(f, "extensions_waiting") == Extension.objects.filter(status="requested").count()


def agrees_on_paper(made):
    """公文的文字、Word 的表、Excel 的表，与数字相同；文字读得通。"""
    f = made.figures
    for section in made.sections:
        assert wrong_with(section["text"]) == [], section["key"]
    overall = next(s["text"] for s in made.sections if s["key"] == "overall")
    lit = "(" + "|".join(LIGHTS.values()) + ")"
    said = {label: int(count) for label, count in re.findall(rf"{lit}(\d+)项", overall)}
    said |= {label: int(count) for count, label in re.findall(rf"(\d+)项举措均为{lit}", overall)}
    assert said == {label: n(f, key) for key, label in LIGHTS.items() if n(f, key)}
    if n(f, "owed"):
        assert f"应报{n(f, 'owed')}项次" in overall
    document = Document(io.BytesIO(word.build(made)))
    if layout.has_annex(made):
        annex = document.tables[-1]
        assert Counter(row.cells[4].text for row in annex.rows[1:]) == Counter(line["label"] for line in f["lines"])
    if made.kind == "circular":
        total = [cell.text for cell in document.tables[0].rows[-1].cells]
        keys = ("assignments", "owed", "reported", "unreported", "returned", "on_time", "late")
        assert total[:8] == ["合计", *(str(n(f, key)) for key in keys)]
    book = load_workbook(io.BytesIO(workbook.build(made)))
    assert [row[1] for row in book["数字"].iter_rows(min_row=4, values_only=True)] == [
        one["n"] for one in layout.shown_counts(f, can_trace=True).values()
    ]
    assert [row[4] for row in book["举措"].iter_rows(min_row=4, values_only=True)] == [
        line["label"] for line in f["lines"]
    ]


LIGHTS = {"red": "红灯", "yellow": "黄灯", "green": "绿灯", "done": "已办结", "not_started": "未启动"}


def frozen(made) -> tuple:
    """一份已印发的公文的全部：存的、Word 的字、Excel 的格。"""
    row = Circular.objects.get(pk=made.pk)
    document = Document(io.BytesIO(word.build(row)))
    words = [p.text for p in document.paragraphs] + [c.text for t in document.tables for r in t.rows for c in r.cells]
    book = load_workbook(io.BytesIO(workbook.build(row)))
    cells = [c for sheet in book for r in sheet.iter_rows(values_only=True) for c in r]
    return row.title, row.sections, row.figures, row.number, row.issued_on, words, cells


def upheaval(told):
    """印发以后的大变动：补报、更正、退回、销号、改举措的类型与时限、部室改名。"""
    later = {"by": told.office, "at": moment(9, 29)}
    for row in Progress.objects.filter(status="submitted"):
        workflow.approve_progress(row, **later) if not row.asks_completion else workflow.return_progress(
            row, **later, reason="补"
        )
    for row in Progress.objects.filter(status="approved", superseded_at=None, correction=None)[:2]:
        told.correct(row, 9, 29)
    for problem in Problem.objects.filter(status="applied"):
        workflow.settle_problem(problem, **later)
    Measure.objects.update(kind="routine", title="改了名", due_on=None)
    for room in told.rooms:
        room.name = f"新{room.name}"
        room.save()


@settings(
    max_examples=share(12, quick=1),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_every_figure_agrees_everywhere_and_an_issued_paper_never_changes(db, data):
    """每个例子在自己的事务里，看完退回。"""
    with transaction.atomic():
        told = FullStory(data)
        told.run()
        opened = list(told.plan.periods.exclude(status="planned").order_by("starts_on"))
        today = opened[-1].ends_on
        for period in opened:
            f = collected(told, period, today)
            agrees_with_itself(f)
            agrees_with_a_recount(told, f, period, today)
            agrees_with_the_lists(told, f, period, today)
        agrees_now(told, f, today) if not opened[-1].is_closed else None
        at = timezone.make_aware(dt.datetime.combine(today, dt.time(18)))
        made = []
        for kind, first in (("circular", opened[-1]), ("report", opened[0]), ("bulletin", opened[-1])):
            draft = circular_pages.start(
                told.plan, by=told.office, at=at, kind=kind, first_period=first, period=opened[-1]
            )
            agrees_on_paper(draft)
            made.append(workflow.issue_circular(draft, by=told.office, at=at, version=0))
        agrees_in_public(told, opened, today)
        before = [frozen(one) for one in made]
        upheaval(told)
        assert [frozen(one) for one in made] == before
        transaction.set_rollback(True)


def agrees_in_public(told, opened, today):
    """对外公开页的灯数取最近关闭的一期，与那一期的公文相同。"""
    closed = [p for p in opened if ReportingPeriod.objects.get(pk=p.pk).is_closed]
    shown = publicity_pages.public_page(told.plan, today)["lights"]
    if closed:
        f = collected(told, ReportingPeriod.objects.get(pk=closed[-1].pk), today)
        assert {level: count for level, _, count in shown} == {level: n(f, level) for level in LIGHTS}
    else:
        assert shown == []


# ── 演示：通报与总览 ──────────────────────────────────────


def test_the_demo_has_two_issued_notices_and_leaves_september_to_you(demo):
    issued = Circular.objects.counted().filter(status="issued").order_by("number")
    found = list(issued.values_list("number", "period__slug", "kind"))
    assert found == [(1, "2023-07", "circular"), (2, "2023-08", "circular")]
    assert not Circular.objects.exclude(status="issued").filter(kind="circular").exists()
    for made in issued:
        assert made.issued_on > timezone.localdate(made.period.closed_at)
        agrees_on_paper(made)


def test_the_demo_has_one_petition_decided_and_one_waiting(demo):
    found = {row.circular.short_number: row.shown_status for row in Petition.objects.all()}
    assert found == {"〔2023〕1号": "同意", "〔2023〕2号": "待决定"}
    for made in Circular.objects.exclude(petition=None):
        assert not [wrong for s in made.sections if s["key"] != "contact" for wrong in wrong_with(s["text"])]


def test_the_demos_september_and_half_year_read_well(demo):
    plan, today = demo, dt.date(2023, 9, 22)
    nine, three = plan.periods.get(slug="2023-09"), plan.periods.get(slug="2023-03")
    for kind, first in (("circular", nine), ("report", three), ("report", nine), ("bulletin", nine)):
        f = collect(plan, nine, today, first=first, taken_at=timezone.now())
        agrees_with_itself(f)
        wrong = {s["key"]: wrong_with(s["text"]) for s in circular_papers.write(kind, f)}
        assert not any(wrong.values()), wrong


def test_only_the_measures_that_have_helpers_say_so_and_the_paper_lists_them(demo):
    Measure.objects.filter(plan=demo, number="3").update(cooperating="公安分局、人社局")
    nine = demo.periods.get(slug="2023-09")
    judgement.rejudge_plan(demo)
    f = collect(demo, nine, dt.date(2023, 9, 22), taken_at=timezone.now())
    agrees_with_itself(f)
    assert [(x["number"], x["cooperating"]) for x in f["lines"] if "cooperating" in x] == [("3", "公安分局、人社局")]


def test_every_link_of_the_demos_figures_opens_and_lists_that_many(demo, client):
    """来处的网址都打得开；项次清单、考核清单恰好那么多条。"""
    from departments.models import User

    client.force_login(User.objects.get(username="office"))
    nine = demo.periods.get(slug="2023-09")
    f = collect(demo, nine, dt.date(2023, 9, 22), taken_at=timezone.now())
    links = {one["url"]: one["n"] for one in f["counts"].values() if one["url"]}
    assert len(links) >= 25
    for url, count in links.items():
        response = client.get(url)
        assert response.status_code == 200, url
        if "/items/" in url:
            assert response.context["listing"].found == count, url
        if "/assessment/list/" in url:
            assert response.context["listing"].page_obj.paginator.count == count, url
    for row in (r for one in f["counts"].values() for r in one["rows"] if r["url"]):
        links.setdefault(row["url"], None)
    assert all(client.get(url).status_code == 200 for url in links)


def test_collecting_takes_the_same_queries_for_many_measures(plan, period, people):
    """查询数与举措多少、期数多少无关。"""
    from tests.factories import make_plan

    who = {"by": people.office, "at": moment(3, 1)}
    counts = []
    for measures in (2, 40):
        made = make_plan(measures=measures, departments=3, joint=2)
        opened = [
            workflow.open_period(p, **who)
            for p in workflow.plan_periods(made, **who, first_month=3, last_month=6, due_day=25)
        ]
        with CaptureQueriesContext(connection) as queries:
            collect(made, opened[-1], dt.date(2023, 6, 20), first=opened[0], taken_at=moment(6, 20))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 40


# ── 一段从哪一刻到哪一刻 ──────────────────────────────────


def test_what_happened_between_two_closings_belongs_to_the_later_period(plan, people):
    """八月 30 日关闭之后、九月开始之前的事，算九月的；没有漏的，也没有重的。"""
    who = {"by": people.office, "at": moment(8, 1)}
    august, september = (
        workflow.open_period(p, **who)
        for p in workflow.plan_periods(plan, **who, first_month=8, last_month=9, due_day=25)
    )
    measure = Measure.objects.get(plan=plan, number="9")
    for day, month in ((10, 8), (31, 8), (5, 9)):
        workflow.issue_instruction(
            measure, by=people.office, at=moment(month, day), text=f"{month}月{day}日的话", leader=measure.leaders.get()
        )
    august = workflow.close_period(august, by=people.office, at=moment(8, 30))
    new = [
        [
            row["said"]
            for row in collect(plan, p, dt.date(2023, 9, 22), taken_at=moment(9, 22))["counts"]["instructions_new"][
                "rows"
            ]
        ]
        for p in (august, september)
    ]
    assert new == [["8月10日的话"], ["8月31日的话", "9月5日的话"]]
    whole = collect(plan, september, dt.date(2023, 9, 22), first=august, taken_at=moment(9, 22))
    assert whole["counts"]["instructions_new"]["n"] == 3


def test_the_base_of_a_period_or_a_span_is_the_period_before_it(plan, people):
    who = {"by": people.office, "at": moment(3, 1)}
    opened = [
        workflow.open_period(p, **who)
        for p in workflow.plan_periods(plan, **who, first_month=3, last_month=6, due_day=25)
    ]
    today = dt.date(2023, 6, 20)
    assert Span(plan, opened[0], opened[0], today).base is None
    assert Span(plan, opened[3], opened[3], today).base == opened[2]
    assert Span(plan, opened[1], opened[3], today).base == opened[0]
    assert [p.slug for p in Span(plan, opened[1], opened[3], today).periods] == ["2023-04", "2023-05", "2023-06"]


def test_a_closed_periods_figures_do_not_depend_on_the_day_they_are_taken(plan, period, submitted, people, at):
    workflow.approve_progress(submitted("12", "审批中心", percent=75), by=people.office, at=at("2023-09-20 15:00"))
    closed = workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    taken = [
        collect(plan, closed, day, taken_at=at("2023-10-01 09:00"))
        for day in (dt.date(2023, 9, 22), dt.date(2024, 1, 1))
    ]
    assert taken[0] == taken[1]


def test_differences_are_said_in_words(plan, period, submitted, people, at):
    before = collect(plan, period, dt.date(2023, 9, 26), taken_at=at("2023-09-26 09:00"))
    assert differences(before, before) == []
    row = submitted("12", "审批中心", percent=75)
    workflow.approve_progress(row, by=people.office, at=at("2023-09-26 15:00"))
    after = collect(plan, period, dt.date(2023, 9, 26), taken_at=at("2023-09-26 16:00"))
    said = differences(before, after)
    assert {"绿灯 15→16 项", "已报 0→1 项次", "未报 31→30 项次"} <= set(said) or "已报 0→1 项次" in said
    assert any(text.startswith("第 12 项 ") for text in said)


def test_a_change_in_one_period_is_said_once_and_the_sums_only_for_several(plan, period, submitted, people, at):
    """只写一期的，“累计已报”就是“已报”：同一件事不说两遍。跨几期的，两样是两个数。"""
    plan_periods = {"by": people.office, "at": at("2023-08-01 08:00"), "first_month": 8, "last_month": 8, "due_day": 25}
    august = workflow.open_period(
        workflow.plan_periods(plan, **plan_periods)[0], by=people.office, at=plan_periods["at"]
    )
    take = lambda first: collect(plan, period, dt.date(2023, 9, 22), first=first, taken_at=at("2023-09-22 16:00"))  # noqa: E731
    before = {first: take(first) for first in (period, august)}
    submitted("12", "审批中心", percent=75)
    one, several = (differences(before[first], take(first)) for first in (period, august))
    assert "已报 0→1 项次" in one and not [said for said in one if said.startswith("累计")]
    assert {"已报 0→1 项次", "累计已报 0→1 项次"} <= set(several)
