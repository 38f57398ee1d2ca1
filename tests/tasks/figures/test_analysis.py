"""总览、分析、项次清单：每个数点开就是那么多行，以往各期都重现，变化数得对，与通报的数字相符。"""

import datetime as dt
import re
from collections import Counter
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.urls import reverse

from departments.models import Department
from tasks import workflow
from tasks.figures import analysis, assessment, changes
from tasks.figures import parts as part_figures
from tasks.figures.ledger import Ledger
from tasks.figures.snapshot import collect
from tasks.forms import BoardFilterForm, ItemFilterForm
from tasks.models import Assignment, Measure, PeriodBasis, Problem
from tasks.pages import board as board_pages
from tasks.templatetags import ledger as tags
from tests import factories
from tests.examples import also
from tests.tasks import told
from tests.tasks.lists import REPORTS, Lists

pytestmark = pytest.mark.django_db
TODAY = dt.date(2023, 9, 22)
HALL = "审批中心"


def analysed(plan, slug, today=TODAY):
    return analysis.analysis(plan, plan.periods.get(slug=slug), today)


def figures_of(found) -> list:
    """分析页上的全部数字。"""
    listed = [d.figure for d in found.directions] + [t.figure for d in found.directions for t in d.turns]
    listed += found.other_changes + found.part_changes if found.base else []
    for row in found.periods:
        listed += row.lights + row.reports
    for group in [*found.by_department, *found.by_leader, *found.by_kind]:
        listed += [*group.lights, group.owed, group.reported, group.on_time]
        listed += [group.exempt] if group.exempt else []
    return listed + [figure for row in found.by_category for figure in row.figures]


# ── 演示数据：每个数都点得开，恰好那么多行 ────────────────


@pytest.mark.parametrize("slug", ["2023-09", *also("2023-03", "2023-08")])
def test_every_figure_of_the_analysis_opens_a_list_of_exactly_that_many_rows(demo, slug):
    lists, found = Lists(demo, TODAY), figures_of(analysed(demo, slug))
    assert len(found) > 100
    assert sum(figure.n > 0 for figure in found) > 40
    wrong = [(f.url, f.n, lists.count(f.url)) for f in found if lists.count(f.url) != f.n]
    assert wrong == []


class Numbers(HTMLParser):
    """页面上带链接的数字：[(网址, 数)]。链接里有几个数的取第一个。"""

    def __init__(self):
        super().__init__()
        self.href, self.text, self.found = None, "", []

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.href, self.text = dict(attrs).get("href", ""), ""

    def handle_data(self, data):
        self.text += data

    def handle_endtag(self, tag):
        if tag == "a" and self.href:
            number = re.search(r"\d+(?![\d月])", self.text)  # “9月 3 项次退回”里是 3
            if number and re.search(r"/items/\?|/assessment/list/|[?&](light|change|report)=", self.href):
                self.found.append((self.href, int(number[0])))
            self.href = None


def rows_shown(client, url) -> int:
    """打开清单，数表里的行（各页合计）。"""
    page = client.get(url).content.decode()
    table = re.search(r'<table class="tbl (?:mx )?stk">.*?</table>', page, re.S)
    assert table or 'class="empty"' in page
    assert "下一页" not in page, "演示的清单都在一页里"
    return table[0].count("<tr") - 1 if table else 0


@pytest.mark.parametrize("slug", ["2023-09", *also("2023-08")])
def test_every_number_printed_on_the_board_opens_a_page_with_exactly_that_many_rows(
    demo, client, slug, django_user_model
):
    """真的打开页面数行：总览上的灯、报送、部室报送、今天要办，和分析页上部室一组（其余各组同一个模板）。"""
    client.force_login(django_user_model.objects.get(username="office"))
    parser = Numbers()
    parser.feed(client.get(reverse("board_period", args=[slug])).content.decode())
    assert len(parser.found) > 25
    here = reverse("board_period", args=[slug])
    wrong = [
        (u, n) for u, n in dict(parser.found).items() if rows_shown(client, here + u if u.startswith("?") else u) != n
    ]
    assert wrong == []


def test_numbers_of_the_analysis_page_are_those_of_the_figures(demo, client, django_user_model):
    """模板印出来的，就是 Analysis 里的数（零不给链接）。"""
    client.force_login(django_user_model.objects.get(username="office"))
    parser = Numbers()
    parser.feed(client.get(reverse("board_analysis", args=["2023-09"])).content.decode())
    made = {f.url: f.n for f in figures_of(analysed(demo, "2023-09")) if f.n}
    assert dict(parser.found) == made


def test_the_unreported_of_today_include_drafts(demo, client, django_user_model):
    """“今天要办”的“n 项次未报”连草稿一起数，点开恰好 n 行。"""
    user = django_user_model.objects.get(username="office")
    period = demo.periods.get(slug="2023-09")
    board = board_pages.board(demo, period, TODAY, user, BoardFilterForm({}))
    [chore] = [c for c in board.chores if c.title.endswith("项次未报")]
    r = board.ledger.reporting
    assert r.draft >= 1
    assert chore.title == f"9月 {r.missing + r.draft} 项次未报"
    assert Lists(demo, TODAY).count(chore.list_url) == r.missing + r.draft


def test_light_strips_of_a_period_are_those_of_its_own_board(demo):
    found = analysed(demo, "2023-09")
    for row in found.periods:
        totals = Ledger(demo, row.period, TODAY).light_totals
        assert {f.level: f.n for f in row.lights} == dict(totals)
        assert sum(f.n for f in row.lights) == 21
        owed, on_time, late, unreported = (f.n for f in row.reports)
        assert owed >= on_time + late + unreported
        assert row.rate == (round(on_time * 100 / owed) if row.is_final else None)
    assert [row.is_final for row in found.periods] == [True] * 6 + [False]


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(30, 31, 97), (29, 31, 94), (31, 31, 100), (999, 1000, 99), (0, 31, 0), (0, 0, None)]
)
def test_a_rate_is_rounded_and_says_100_only_when_all(part, whole, said):
    assert analysis.percent(part, whole) == said


def test_the_open_month_has_no_rate_and_the_tables_say_why_more_are_on_time(demo, client, django_user_model):
    client.force_login(django_user_model.objects.get(username="office"))
    page = client.get(reverse("board_analysis", args=["2023-09"])).content.decode()
    now = page.split('<tr class="now">')[1].split("</tr>")[0]
    assert "未截止" in now
    assert '<span class="pct">—</span>' in now
    assert page.count("可能多于“已报”") == 1
    assert page.count("按时（含退回）") == 4, "各期、按部室、按类型、按领导四张表的列名都写明"


def test_groups_add_up_as_the_tables_say(demo):
    """按部室 31 项次；按领导 22（第 8 项两位领导）；按类型 21 项。"""
    found = analysed(demo, "2023-09")
    assert sum(g.total for g in found.by_department) == 31
    assert sum(g.total for g in found.by_leader) == 22
    assert sum(g.total for g in found.by_kind) == 21
    reporting = found.ledger.reporting
    assert sum(g.owed.n for g in found.by_department) == sum(g.owed.n for g in found.by_kind) == reporting.owed
    assert sum(g.on_time.n for g in found.by_department) == reporting.on_time
    eight = sum(item.measure.number == "8" and item.report is not None for item in told.parts_of(found.ledger.lines))
    assert sum(g.owed.n for g in found.by_leader) == reporting.owed + eight, "第 8 项两位领导各计一次"


def test_the_items_agree_with_the_sql_counts(demo):
    """项次清单由台账数，报送情况由 SQL 数：各种情形都相等。"""
    for period in demo.periods.exclude(status="planned"):
        ledger = Ledger(demo, period, TODAY)
        found = told.reporting(ledger.lines)
        for key in REPORTS:
            assert found[key] == getattr(ledger.reporting, key), (period, key)


def test_changes_agree_with_the_figures_of_the_circular(demo, at):
    """通报里写的变化，与分析页上的是同一个数。"""
    for slug in ("2023-08", "2023-09"):
        period = demo.periods.get(slug=slug)
        made = collect(demo, period, TODAY, taken_at=at("2023-09-22 10:00"))["counts"]
        found = changes.Changes(Ledger(demo, period, TODAY))
        assert {k: made[k]["n"] for k in analysis.lights.DIRECTIONS} == {
            k: found.line_counts[k] for k in analysis.lights.DIRECTIONS
        }
        assert made["newly_due"]["n"] == found.line_counts["due"]
        assert {k: made[k]["n"] for k in ("newly_reported", "newly_missed", "still_missed")} == {
            k: found.part_counts[k] for k in ("newly_reported", "newly_missed", "still_missed")
        }
        assert made["completions_new"]["n"] == found.part_counts["completed"]
        by_category = analysis.Analysis(found.ledger, found.ledger.period).by_category
        sums = Counter()
        for row in by_category:
            sums.update({figure.label: figure.n for figure in row.figures})
        assert (sums["未销号"], sums["其中逾期"]) == (made["problems_open"]["n"], made["problems_overdue"]["n"])
        assert (sums["新挂账"], sums["销号"]) == (made["problems_new"]["n"], made["problems_settled"]["n"])


# ── 手算的例子 ────────────────────────────────────────────


def _months():
    """七月、八月已关闭，九月开放着。第12项 七月 50%→八月 40%→…；第13项 七月未报；第15项 八月办结。"""
    plan, people, at = factories.load_plan(), factories.People(), factories.at
    who = {"by": people.office, "at": at("2023-07-01 08:00")}
    made = workflow.plan_periods(plan, **who, first_month=7, last_month=9, due_day=25)
    first = workflow.open_period(made[0], **who)
    _report(first, "12", HALL, people, at("2023-07-20 10:00"), percent=50)
    workflow.close_period(first, by=people.office, at=at("2023-07-30 17:00"))
    second = workflow.open_period(made[1], by=people.office, at=at("2023-08-01 08:00"))
    _report(second, "13", "综合办", people, at("2023-08-20 10:00"))
    _report(second, "15", "财务部", people, at("2023-08-20 10:00"), stage="completed", percent=100)
    workflow.close_period(second, by=people.office, at=at("2023-08-30 17:00"))
    return SimpleNamespace(
        plan=plan, months=[*made[:2], workflow.open_period(made[2], by=people.office, at=at("2023-09-01 08:00"))]
    )


GROUNDS = {"months": _months}


@pytest.fixture
def months(ground):
    return ground.months


def _report(period, number, department, people, when, **content):
    row = period.progress.get(
        assignment__measure__number=number, assignment__department__name=department, corrects=None
    )
    content = {"text": "做了。", "stage": "in_progress"} | content
    row = workflow.submit_progress(row, by=people.reporter(department), at=when, version=0, content=content)
    return workflow.approve_progress(row, by=people.office, at=when)


def found_changes(plan, slug, today=TODAY):
    return changes.Changes(Ledger(plan, plan.periods.get(slug=slug), today))


def lines_with(found, change):
    rows = found.lines(change).order_by("position").values_list("edition__number", flat=True)
    assert list(rows) == [x.measure.number for x in found.ledger.lines if change in told.Told(found.ledger).of_line(x)]
    return list(rows)


def parts_with(found, change):
    wanted, by_row = set(found.parts(change).values_list("assignment", flat=True)), told.Told(found.ledger)
    rows = [(line, p) for line in found.ledger.lines for p in line.parts if p.assignment.pk in wanted]
    assert rows == [(x, p) for x in found.ledger.lines for p in x.parts if change in by_row.of_part(p)]
    return [(line.measure.number, p.department.name) for line, p in rows]


def test_the_first_period_has_nothing_to_compare_with(plan, months):
    found = found_changes(plan, "2023-07")
    assert found.base is None
    assert not found.line_counts
    assert analysed(plan, "2023-07").directions == []


def test_newly_reported_and_newly_and_still_missed(plan, months):
    """七月只报了第12项；八月报了第13、15项，第12项没报。"""
    found = found_changes(plan, "2023-08")
    assert parts_with(found, "newly_reported") == [("13", "综合办"), ("15", "财务部")]
    assert parts_with(found, "newly_missed") == [("12", HALL)]
    assert len(parts_with(found, "still_missed")) == 31 - 3
    assert parts_with(found, "completed") == [("15", "财务部")]


def test_before_the_due_date_nobody_is_newly_missed(plan, months):
    found = found_changes(plan, "2023-09", today=dt.date(2023, 9, 25))
    assert parts_with(found, "newly_missed") == parts_with(found, "still_missed") == []
    assert parts_with(found_changes(plan, "2023-09", today=dt.date(2023, 9, 26)), "newly_missed") == [("13", "综合办")]


def test_turns_are_counted_from_light_to_light_and_in_their_class(plan, months):
    """七月多数项截止后一期未报为黄，八月连续两期未报为红；第15项办结。"""
    found = found_changes(plan, "2023-08")
    assert "13" in lines_with(found, "yellow-green")
    assert "1" in lines_with(found, "yellow-red")
    assert lines_with(found, "finished") == ["15"]
    for key in changes.lights.DIRECTIONS:
        turns = [t for t in changes.TURNS if changes.lights.direction(*t.split("-")) == key]
        assert found.line_counts[key] == sum(found.line_counts[t] for t in turns)
    assert sum(found.line_counts[t] for t in changes.TURNS) + found.line_counts["same"] + found.line_counts["new"] == 21


def test_a_date_that_passed_since_the_last_period_is_newly_overdue(plan, months):
    """第12项时限 9 月 10 日：八月关闭之后、九月基准日之前过的。"""
    Measure.objects.filter(number="12").update(due_on=dt.date(2023, 9, 10))
    Measure.objects.filter(number="13").update(due_on=dt.date(2023, 8, 10))
    Measure.objects.filter(number="1").update(due_on=dt.date(2023, 9, 22))
    PeriodBasis.objects.all().delete()  # 时限当作关闭之前就是这样
    assert lines_with(found_changes(plan, "2023-09"), "due") == ["12"]
    assert lines_with(found_changes(plan, "2023-08"), "due") == ["13"]


def test_an_extension_granted_later_does_not_change_a_closed_period(plan, months, people, at):
    """八月关闭时已超时限；九月批准的延期只管九月以后。"""
    Measure.objects.filter(number="12").update(due_on=dt.date(2023, 8, 10))
    PeriodBasis.objects.all().delete()  # 时限当作关闭之前就是这样
    before = Ledger(plan, plan.periods.get(slug="2023-08"), TODAY)
    [line] = [x for x in before.lines if x.measure.number == "12"]
    assert line.light.findings[0] == "到期未完成，已超 20 天"
    row = Assignment.objects.get(measure__number="12")
    made = workflow.request_extension(
        row, by=people.reporter(HALL), at=at("2023-09-05 09:00"), new_due_on=dt.date(2023, 12, 20), reason="等文件"
    )
    workflow.approve_extension(made, by=people.office, at=at("2023-09-06 09:00"))
    for slug, due, overdue in (("2023-08", dt.date(2023, 8, 10), 1), ("2023-09", dt.date(2023, 12, 20), 0)):
        period = plan.periods.get(slug=slug)
        ledger = Ledger(plan, period, TODAY)
        [line] = [x for x in ledger.lines if x.measure.number == "12"]
        assert ledger.due_on(line.parts[0].assignment) == due
        assert ("到期未完成" in line.light.reason) is bool(overdue)
        span = changes.Changes(ledger).span
        assert sum(assessment.counts_by(span, ["overdue"])["overdue"].values()) == overdue


def test_a_plan_revised_between_periods_keeps_old_periods_as_they_were(plan, months, people, at):
    """九月的修订退出了第3项、把第13项交给党务办：八月的总览、变化、清单仍按八月的方案。"""
    from tasks.imports import applying

    rows = applying.snapshot(plan)
    kept = [r for r in rows if r["number"] != "3"]
    Measure.objects.filter(number="3").update(retired_in=_revise(plan, people, at, kept))
    august, september = plan.periods.get(slug="2023-08"), plan.periods.get(slug="2023-09")
    old = board_pages.board(plan, august, TODAY, people.office, BoardFilterForm({"q": "全面提升三大产业"}))
    assert [x.measure.number for x in old.lines] == ["3"], "当时还在的举措，八月的总览里搜得到"
    assert len(board_pages.board(plan, august, TODAY, people.office, BoardFilterForm({})).lines) == 21
    found = analysed(plan, "2023-09")
    assert [m.number for m in found.gone] == ["3"]
    lists = Lists(plan, TODAY)
    for slug in ("2023-07", "2023-08", "2023-09"):
        shown = figures_of(analysed(plan, slug))
        assert [(f.url, f.n, lists.count(f.url)) for f in shown if lists.count(f.url) != f.n] == []
    row = next(r for r in found.periods if r.period == august)
    assert sum(f.n for f in row.lights) == 21
    assert len(Ledger(plan, september, TODAY).lines) == 20


def _revise(plan, people, at, rows):
    """一版生效的修订（只为台账认版本；举措的改动另写）。"""
    from tasks.models import PlanRevision

    return PlanRevision.objects.create(
        plan=plan,
        number=2,
        status="applied",
        rows=rows,
        created_at=at("2023-09-05 08:00"),
        applied_at=at("2023-09-05 09:00"),
    )


def test_a_light_set_by_the_office_counts_for_every_part(plan, months, people, at):
    """办公室给第8项定了红灯：按部室的两份都是红灯，清单也是。"""
    september = plan.periods.get(slug="2023-09")
    workflow.set_light(
        Measure.objects.get(number="8"),
        september,
        by=people.office,
        at=at("2023-09-20 09:00"),
        level="red",
        reason="督办",
    )
    lists = Lists(plan, TODAY)
    for name in (HALL, "规划建设部"):
        slug = Department.objects.get(name=name).slug
        [group] = [g for g in analysed(plan, "2023-09").by_department if g.label == name]
        [red] = [f for f in group.lights if f.level == "red"]
        assert lists.count(part_figures.url(september, dept=slug, light="red")) == red.n
    chosen = ItemFilterForm({"light": "red", "q": "8"})
    listed = part_figures.listing(plan, september, TODAY, chosen).page_obj
    assert {i.department.name for i in listed if i.measure.number == "8"} == {HALL, "规划建设部"}


# ── 页面 ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    "query", ["report=nosuch", "light=<script>", "dept=nobody", "lead=%00", "page=99999", "change=x", "q=" + "长" * 60]
)
def test_unknown_conditions_are_ignored_not_errors(client, people, months, query):
    client.force_login(people.office)
    for name in ("board_items", "board_period", "board_analysis"):
        assert client.get(f"{reverse(name, args=['2023-09'])}?{query}").status_code == 200


@pytest.mark.parametrize("name", ["board_items", "board_analysis"])
def test_a_period_that_is_planned_or_unknown_is_not_found(client, people, plan, at, name):
    client.force_login(people.office)
    workflow.plan_periods(plan, by=people.office, at=at("2023-09-01 08:00"), first_month=10, last_month=10, due_day=25)
    for slug in ("2023-10", "2023-01", "nosuch"):
        assert client.get(reverse(name, args=[slug])).status_code == 404


@pytest.mark.parametrize("name", ["board_items", "board_analysis"])
def test_without_a_plan_there_is_nothing_to_see(client, db, name):
    from tests.factories import make_user

    client.force_login(make_user("office", "office"))
    assert client.get(reverse(name, args=["2023-09"])).status_code == 404


def test_pictures_have_their_numbers_in_a_table_beside_them(client, people, months):
    """图形不读出（aria-hidden），旁边就是写着数字的表。"""
    client.force_login(people.office)
    page = client.get(reverse("board_analysis", args=["2023-09"])).content.decode()
    pictures = re.findall(r'<svg class="(?:stack|bar)"[^>]*>', page)
    assert pictures
    assert all('aria-hidden="true"' in p for p in pictures)
    for table in re.findall(r"<table.*?</table>", page, re.S):
        assert "<caption" in table
        assert table.count("<tr") > 1
    assert "每个部室各计一次" in page
    assert "每位各计一次" in page


def test_a_strip_shows_each_share():
    svg = str(tags.stack([("red", 1), ("green", 3)]))
    assert svg.count("<rect") == 2
    assert 'class="f-r"' in svg


def test_queries_do_not_grow_with_the_measures(plan, months, people, client, django_assert_max_num_queries):
    """21 项与 5 项，查询一样多。"""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(people.office)
    Problem.objects.all().delete()

    def count(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    urls = [reverse(name, args=["2023-09"]) for name in ("board_analysis", "board_items")]
    urls += [f"{urls[1]}?change=newly_missed", f"{reverse('board_period', args=['2023-09'])}?change=worse"]
    many = [count(url) for url in urls]
    Measure.objects.exclude(number__in=["1", "2", "3", "5", "12"]).update(retired_in=plan.revision)
    assert [count(url) for url in urls] == many
