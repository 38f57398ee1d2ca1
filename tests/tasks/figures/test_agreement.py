"""同一个数处处相同：部室自己的页面、项次清单、通报、考核、导出，看的是同一批、同一盏灯。"""

import datetime as dt
from collections import Counter
from decimal import Decimal

import pytest

from departments.models import Department
from tasks import workflow
from tasks.figures import assessment
from tasks.figures.ledger import Ledger
from tasks.figures.snapshot import collect, differences
from tasks.figures.span import Span
from tasks.imports import applying
from tasks.models import Assignment, Measure, Target
from tasks.pages import desk as desk_pages
from tasks.pages import home as home_pages
from tasks.pages import measure as measure_pages
from tasks.papers import circular as circular_papers
from tests.markup import markup
from tests.tasks.imports.test_applying import revise  # noqa: F401
from tests.tasks.ledgers import grid
from tests.tasks.told import parts_of

pytestmark = pytest.mark.django_db
TODAY = dt.date(2023, 9, 22)
HALL, BUILDING = "审批中心", "规划建设部"


def room(name):
    return Department.objects.get(name=name)


def led_by(number, department):
    """修订：这一项改由这个部室牵头。"""

    def change(rows):
        for row in rows:
            if row[0] == number:
                row[4] = department
        return rows

    return change


# ── 办公室定灯 ────────────────────────────────────────────


def test_a_light_set_by_the_office_is_the_light_on_every_page_of_the_department(plan, period, people, at, sign_in):
    """第9项由办公室定为黄灯：首页、部室页、项次清单、通报的部室表都按黄灯计，理由写明是办公室定的。"""
    workflow.set_light(
        Measure.objects.get(number="9"), period, by=people.office, at=at("2023-09-21 09:00"), level="red", reason="手续"
    )
    reporter = people.reporter(BUILDING)
    ledger = Ledger(plan, period, TODAY)
    listed = Counter(i.light.level for i in parts_of(ledger.lines) if i.department.name == BUILDING)
    [row] = [r for r in collect(plan, period, TODAY, taken_at=at("2023-09-22 09:00"))["departments"]
             if r["name"] == BUILDING]  # fmt: skip
    home = {level: n for level, _, n in home_pages.desk(reporter, TODAY).lights}
    page = Counter(part.light.level for _, part in desk_pages.department_page(room(BUILDING), TODAY)["lines"])
    assert home == dict(page) == dict(listed) == {k: row[k] for k in listed}
    [nine] = [p for x in ledger.lines if x.measure.number == "9" for p in x.parts if p.department.name == BUILDING]
    assert (nine.light.level, nine.light.is_manual, nine.judged.is_manual) == ("red", True, False)
    client = sign_in(reporter)
    assert "办公室定灯" in client.get(f"/departments/{room(BUILDING).slug}/").content.decode()
    assert "办公室定灯：手续" in client.get("/").content.decode()


def test_a_completed_part_of_a_measure_with_a_set_light_is_still_exempt(plan, period, people, submitted, at):
    """定了灯，办结的那一份仍是办结：不算新增到期未完成，也写免报。"""
    done = submitted("14", "党务办", percent=100, stage="completed")
    workflow.approve_progress(done, by=people.office, at=at("2023-09-20 15:00"))
    workflow.set_light(
        done.assignment.measure, period, by=people.office, at=at("2023-09-21 09:00"), level="red", reason="督办"
    )
    [line] = [x for x in Ledger(plan, period, TODAY).lines if x.measure.number == "14"]
    assert [(p.department.name, p.light.level, p.is_done) for p in line.parts] == [
        ("党务办", "red", True), ("经济发展部", "red", False),
    ]  # fmt: skip


# ── 办结、延期：数字与清单 ────────────────────────────────


def test_what_was_completed_by_a_department_that_no_longer_leads_is_counted_nowhere(
    plan, period, people, submitted, at, revise  # noqa: F811
):  # fmt: skip
    """办结之后部室换了：通报里的办结与点开的清单一样多。延期也一样。"""
    workflow.approve_progress(
        submitted("14", "党务办", percent=100, stage="completed"), by=people.office, at=at("2023-09-20 15:00")
    )
    Measure.objects.filter(number="14").update(due_on=dt.date(2023, 9, 30))
    part = Assignment.objects.get(measure__number="14", department__name="经济发展部")
    asked = workflow.request_extension(
        part, by=people.reporter("经济发展部"), at=at("2023-09-20 09:00"), new_due_on=dt.date(2023, 12, 1), reason="等"
    )
    workflow.approve_extension(asked, by=people.office, at=at("2023-09-20 10:00"))

    def counted():
        found = collect(plan, period, TODAY, taken_at=at("2023-09-22 10:00"))["counts"]
        span = Span(plan, period, period, TODAY)
        rows = [assessment.FIGURES[key].rows(span).count() for key in ("completed", "extended")]
        return [found[k]["n"] for k in ("completed", "completions_new", "extensions_approved")], rows

    assert counted() == ([1, 1, 1], [1, 1])
    applying.apply_revision(
        revise(led_by("14", "财务部"), when="2023-09-21 09:00"), by=people.admin, at=at("2023-09-21 10:00")
    )
    assert counted() == ([0, 0, 0], [0, 0])


def test_periods_reported_in_full_and_the_history_count_the_same_rows(
    plan, period, people, report, at, revise  # noqa: F811
):  # fmt: skip
    """审批中心不再牵头第12项：历期与“全部按时”都不再数那一条没有报的。"""
    for number in Measure.objects.filter(assignments__department__name=HALL).values_list("number", flat=True):
        if number != "12":
            row = report(number, HALL)
            content = {"text": "做了。", "stage": "in_progress", "percent": 70}
            row = workflow.submit_progress(
                row, by=people.reporter(HALL), at=at("2023-09-10 10:00"), version=0, content=content
            )
            workflow.approve_progress(row, by=people.office, at=at("2023-09-11 10:00"))
    applying.apply_revision(
        revise(led_by("12", "财务部"), when="2023-09-15 09:00"), by=people.admin, at=at("2023-09-15 10:00")
    )
    workflow.close_period(period, by=people.office, at=at("2023-09-28 10:00"))
    page = desk_pages.department_page(room(HALL), dt.date(2023, 10, 8))
    [(_, shown)] = page["history"]
    assert (shown.owed, shown.on_time, page["on_time"]) == (7, 7, (1, 1))


# ── 导出表格 ──────────────────────────────────────────────


def exported(client, query):
    return grid(client.get(f"/measures/export/?format=csv&{query}").getvalue(), "csv")[1:]


def test_the_export_of_a_board_holds_exactly_the_lines_of_the_board(
    plan, period, people, at, sign_in, revise  # noqa: F811
):  # fmt: skip
    """总览按变化筛的、看往期按部室筛的，导出的就是那几行（往期按那时的牵头部室）。"""
    client = sign_in(people.office)
    for change in ("new", "worse", "same"):
        shown = client.get(f"/board/2023-09/?change={change}").context["board"].lines
        assert len(exported(client, f"period=2023-09&change={change}")) == len(shown)
        assert len(exported(client, f"change={change}")) == len(shown)
    workflow.close_period(period, by=people.office, at=at("2023-09-21 17:00"))
    applying.apply_revision(
        revise(led_by("12", "财务部"), when="2023-09-22 09:00"), by=people.admin, at=at("2023-09-22 10:00")
    )
    for name in (HALL, "财务部"):
        query = f"dept={room(name).slug}"
        shown = client.get(f"/board/2023-09/?{query}").context["board"].lines
        assert [row[0] for row in sorted(exported(client, f"period=2023-09&{query}"))] == sorted(
            x.measure.number for x in shown
        )


# ── 目标与走势 ────────────────────────────────────────────


def test_a_soft_target_is_never_redder_than_its_light(plan, period, people):
    """“力争”“申请”类目标落后至多判黄：详情页的条与灯一个颜色；还没有到该报的时候都不标。"""
    measure = Measure.objects.get(number="20")
    shown = measure_pages.detail(measure, people.office, dt.date(2023, 9, 26))
    assert shown["line"].light.level == "yellow"
    assert {row.level for row in shown["targets"]} == {"yellow"}
    assert {row.level for row in measure_pages.detail(measure, people.office, TODAY)["targets"]} == {"green"}


# ── 还没有到该报的时候 ────────────────────────────────────


def test_nothing_is_behind_before_the_first_period_is_opened(plan):
    """刚装好、还没有开放过报送：没有红灯，也不说低于序时进度。"""
    lines = Ledger(plan, None, TODAY).lines
    assert not [x for x in lines if x.light.level == "red" or "低于序时" in x.light.reason]


def test_nothing_is_behind_before_the_first_report_is_due_and_then_it_is(plan, period):
    before, after = (Ledger(plan, period, dt.date(2023, 9, day)).lines for day in (25, 26))
    assert not [x for x in before if "低于序时" in x.light.reason]
    assert [x.measure.number for x in after if "低于序时" in x.light.reason and x.light.level == "red"]


def test_a_measure_added_by_a_revision_is_not_behind_before_its_own_first_report_is_due(
    plan, people, at, revise  # noqa: F811
):  # fmt: skip
    """八月已经报过一轮；九月新列入的举措到 9 月 25 日才第一次该报。"""
    who = {"by": people.office, "at": at("2023-08-01 08:00")}
    august, september = (
        workflow.open_period(p, **who)
        for p in workflow.plan_periods(plan, **who, first_month=8, last_month=9, due_day=25)
    )
    workflow.close_period(august, by=people.office, at=at("2023-08-30 17:00"))

    def added(rows):
        return [*rows, ["22", "新的一项", "新的一项。做好工作。", "李华斌", HALL]]

    applying.apply_revision(revise(added, when="2023-09-12 09:00"), by=people.admin, at=at("2023-09-12 10:00"))
    Measure.objects.filter(number="22").update(kind="milestone")
    for day, level in ((25, "green"), (26, "red")):
        lines = Ledger(plan, september, dt.date(2023, 9, day)).lines
        assert next(x for x in lines if x.measure.number == "22").light.level == level


def test_a_routine_measure_says_it_reported_only_when_it_has(plan, period, submitted):
    def said():
        return next(x for x in Ledger(plan, period, TODAY).lines if x.measure.number == "11").light.reason

    assert said() == "首次报送还没有到截止日，暂不判落后", "没有报过又没到截止日的，不说未发现滞后"
    submitted("11", HALL)
    assert said() == "按期报送，常态推进"


def test_a_light_with_several_reasons_shows_the_first_in_tables_and_all_on_the_page_of_the_measure(
    plan, period, people, sign_in, settings
):
    settings.BUSINESS_DATE = "2023-09-26"
    client = sign_in(people.office)
    listed = client.get("/board/2023-09/").content.decode()
    assert "尚无通过的进度，低于序时进度 70 个百分点（另有 1 条）" in listed
    page = client.get("/measures/12/").content.decode()
    assert "尚无通过的进度，低于序时进度 70 个百分点；9月未报" in page


def test_the_rules_say_what_belongs_to_which_light_without_overlap(plan, period, people, sign_in):
    """公文里“以上”“以内”含本数：写成“不超过 10”“超过 10、不超过 30”“超过 30”，总览与使用说明一样。"""
    client = sign_in(people.office)
    for url in ("/help/", "/board/2023-09/"):
        page = markup(client.get(url))
        assert "落后不超过 10 个百分点" in page
        assert "落后超过 10、不超过 30 个百分点" in page
        assert "落后超过 30 个百分点" in page
        assert "个百分点以" not in page


def test_the_trend_stops_at_the_last_month_with_an_approved_report(plan, people, at):
    """九月还没有通过的报送：实线停在八月，说明里也写八月，不把八月的数画成九月的。"""
    who = {"by": people.office, "at": at("2023-08-01 08:00")}
    august, september = (
        workflow.open_period(p, **who)
        for p in workflow.plan_periods(plan, **who, first_month=8, last_month=9, due_day=25)
    )
    for period, percent in ((august, 50), (september, 60)):
        row = period.progress.get(assignment__measure__number="12")
        row = workflow.submit_progress(
            row, by=people.reporter(HALL), at=at("2023-08-20 10:00"), version=0,
            content={"text": "做了。", "stage": "in_progress", "percent": percent},
        )  # fmt: skip
        if period == august:
            workflow.approve_progress(row, by=people.office, at=at("2023-08-21 10:00"))
    [trail] = measure_pages.detail(Measure.objects.get(number="12"), people.office, TODAY)["trails"]
    assert [(p["label"], p["value"]) for p in trail.points] == [("8月", 50), ("9月", None)]
    assert trail.caption == "已通过的报送，截至8月为 50%。9月还没有通过的报送。虚线为序时进度。"
    assert trail.pace == [60, 70]
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 10:00"))
    [trail] = measure_pages.detail(Measure.objects.get(number="12"), people.office, TODAY)["trails"]
    assert [p["value"] for p in trail.points] == [50, 60]


def test_a_shared_target_reported_by_another_department_counts_as_known(plan, period, people, submitted, at):
    land = Target.objects.filter(measure__number="8").order_by("order").last()
    row = submitted("8", BUILDING, values={land: Decimal(72)})
    workflow.approve_progress(row, by=people.office, at=at("2023-09-20 15:00"))
    trails = measure_pages.detail(Measure.objects.get(number="8"), people.office, TODAY)["trails"]
    assert [t.points[-1]["value"] is not None for t in trails] == [True, True]


# ── 部室页 ────────────────────────────────────────────────


def test_the_running_month_is_marked_on_the_department_page(plan, period, people, sign_in, settings):
    client, url = sign_in(people.office), f"/departments/{room(HALL).slug}/"
    assert '2023年9月</a> <span class="tag tag-o">未截止</span>' in markup(client.get(url))
    settings.BUSINESS_DATE = "2023-09-26"
    assert "未截止" not in client.get(url).content.decode()


def test_the_department_page_calls_a_problem_what_the_ledger_calls_it(plan, period, people, at, sign_in):
    workflow.open_problem(
        plan, by=people.office, at=at("2023-09-01 09:00"), title="用地", text="没有办完", category="factors",
        level="department", department=room(HALL), due_on=dt.date(2023, 9, 10),
    )  # fmt: skip
    client = sign_in(people.office)
    for url in ("/problems/", f"/departments/{room(HALL).slug}/"):
        page = client.get(url).content.decode()
        assert "逾期未销号</span>" in page and "整改中</span>" not in page


# ── 方案修订 ──────────────────────────────────────────────


def twelve_out_twenty_two_in_nine_moved(rows):
    """退出第12项，新列入第22项，原第9项改为第23项。"""
    kept = [["23", *row[1:]] if row[0] == "9" else row for row in rows if row[0] != "12"]
    return [*kept, ["22", "新的一项", "新的一项。做好工作。", "李华斌", HALL]]


def test_a_revision_in_the_middle_of_a_period_is_told_with_its_day(
    plan, period, people, at, revise  # noqa: F811
):  # fmt: skip
    def said(kind="circular"):
        f = collect(plan, period, TODAY, taken_at=at("2023-09-22 10:00"))
        return circular_papers.write(kind, f)[1]["text"], f

    before, old = said()
    assert "修订" not in before
    draft = revise(twelve_out_twenty_two_in_nine_moved)
    applying.apply_revision(draft, by=people.admin, at=at("2023-09-12 10:00"), removals_checked=True)
    told = "9月12日方案修订（第2版）：列入1项（第22项），退出1项（原第12项），改序号1项（原第9项改为第23项）。本文序号按修订后的写。"
    for kind in ("circular", "report"):
        text, now = said(kind)
        assert told in text, kind
    assert "9月12日方案修订（第2版）：列入1项，退出1项，改序号1项。" in said("bulletin")[0], "简报只写几项"
    assert "9月12日方案修订（第2版）" in differences(old, now), "取数之后修订了的草稿，印发之前要重取"
    applying.revert_revision(plan.revisions.get(number=2), by=people.admin, at=at("2023-09-13 10:00"))
    assert (
        "9月13日撤销方案第2版（第3版）：列入1项（第12项），退出1项（原第22项），改序号1项（原第23项改为第9项）。"
        in said()[0]
    )
