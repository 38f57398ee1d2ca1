"""方案修订生效与撤销：进展跟着举措走，要么全成要么全不成。"""

import pytest

from departments.models import Department, Leader
from tasks import workflow
from tasks.imports import applying, remarks
from tasks.imports.comparing import row_from_json
from tasks.models import Assignment, Event, Measure, Plan, PlanRevision, Progress
from tasks.pages import revision as revision_pages

from . import shapes

pytestmark = pytest.mark.django_db
HEADER = ["序号", "举措名称", "具体内容", "牵头领导", "牵头部室"]


def table(plan, edit=lambda rows: rows):
    """现行方案的台账（CSV），经 `edit` 改过。"""
    import csv
    import io

    rows = []
    for item in applying.live_rows(plan):
        r = item.row
        departments = "各部室" if r.all_departments else "、".join(r.departments)
        rows.append([r.number, r.title, r.text, "、".join(r.leaders), departments])
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *edit(rows)])
    return out.getvalue().encode("utf-8-sig")


@pytest.fixture
def revise(plan, people, at):
    """用改过的台账存一份草稿。"""

    def draft(edit, when="2023-09-12 09:00"):
        return applying.draft(plan, table(plan, edit), "修订.csv", by=people.admin, at=at(when), note="九月调整")

    return draft


def the_great_edit(rows):
    """9–21 改为 10–22，插入 8-1，改写 10，删去 19，调换领导。"""
    kept = []
    for row in rows:
        number = int(row[0])
        if number == 19:
            continue
        row = list(row)
        if number == 10:
            row[2] = row[2].replace("保障开发区电力充足", "10月底前完成段村变电站送电，保障开发区电力充足")
        if number == 1:
            row[3] = "李华斌"
        if number == 2:
            row[3] = "张富平"
        row[0] = str(number + 1) if number >= 9 else row[0]
        kept.append(row)
    new = ["8-1", "开展精准招商", "开展精准招商。围绕重点产业链招商。", "李华斌", "招商引资部"]
    return [*kept, new]


def by_title():
    return {m.title: m for m in Measure.objects.all()}


def test_untouched_ledger_is_refused_as_unchanged(plan, people, at):
    with pytest.raises(applying.Unchanged):
        applying.draft(plan, table(plan), "台账.csv", by=people.admin, at=at("2023-09-12 09:00"))
    assert PlanRevision.objects.count() == 1


def test_great_edit_is_counted_exactly_in_the_preview(revise):
    counts = revise(the_great_edit).diff["counts"]
    assert (counts["added"], counts["removed"], counts["changed"]) == (1, 1, 3)
    assert counts["renumbered"] == 11


def test_progress_stays_at_its_measure_through_renumbering_and_undo(revise, people, at, period, submitted):
    row = submitted("12", "审批中心", percent=75)
    nineteen = submitted("19", "科技创新部", percent=60)
    titles = {p.pk: p.assignment.measure.title for p in Progress.objects.all()}
    done = applying.apply_revision(
        revise(the_great_edit), by=people.admin, at=at("2023-09-13 09:00"), removals_checked=True
    )
    assert done.number == 2
    row.refresh_from_db()
    assert Measure.objects.get(pk=row.assignment.measure_id).number == "13"
    assert not Measure.objects.in_force().filter(pk=nineteen.assignment.measure_id).exists()
    undone = applying.revert_revision(done, by=people.admin, at=at("2023-09-14 09:00"))
    assert undone.number == 3
    assert {p.pk: p.assignment.measure.title for p in Progress.objects.filter(pk__in=titles)} == titles
    assert Measure.objects.in_force().get(pk=nineteen.assignment.measure_id).number == "19"


def test_undo_restores_every_field_of_the_earlier_revision(plan, revise, people, at):
    before = applying.snapshot(plan)
    done = applying.apply_revision(
        revise(the_great_edit), by=people.admin, at=at("2023-09-13 09:00"), removals_checked=True
    )
    assert applying.snapshot(plan) != before
    applying.revert_revision(done, by=people.admin, at=at("2023-09-14 09:00"))
    assert applying.snapshot(plan) == before


def test_fixture_snapshot_is_the_plan_in_force(plan):
    assert plan.revision.rows == applying.snapshot(plan)


def test_removal_needs_its_own_tick(revise, people, at):
    draft = revise(the_great_edit)
    with pytest.raises(workflow.Refused, match="退出"):
        applying.apply_revision(draft, by=people.admin, at=at("2023-09-13 09:00"))
    assert Measure.objects.in_force().count() == 21


def test_draft_on_a_stale_base_is_refused_and_can_be_compared_again(revise, people, at):
    first = revise(the_great_edit)
    second = revise(
        lambda rows: [
            [*r[:3], "陈向东", r[4]] if r[0] == "3" else [*r[:2], r[2] + "。" if r[0] == "14" else r[2], *r[3:]]
            for r in rows
        ]
    )
    applying.apply_revision(second, by=people.admin, at=at("2023-09-13 09:00"))
    with pytest.raises(workflow.Refused, match="重新比较"):
        applying.apply_revision(first, by=people.admin, at=at("2023-09-13 10:00"), removals_checked=True)


def test_only_the_administrator_may_apply(revise, people, at):
    from django.core.exceptions import PermissionDenied

    draft = revise(the_great_edit)
    for user in (people.office, people.reporter("审批中心"), people.leader("李华斌")):
        with pytest.raises(PermissionDenied):
            applying.apply_revision(draft, by=user, at=at("2023-09-13 09:00"), removals_checked=True)


def test_failure_in_the_middle_leaves_the_old_revision_whole(plan, revise, people, at, monkeypatch):
    draft, before, events = revise(the_great_edit), applying.snapshot(plan), Event.objects.count()
    monkeypatch.setattr(applying, "_set_departments", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        applying.apply_revision(draft, by=people.admin, at=at("2023-09-13 09:00"), removals_checked=True)
    assert applying.snapshot(plan) == before
    assert (plan.revision.number, Event.objects.count()) == (1, events)


def test_swapped_departments_end_the_old_assignment_and_owe_the_new_one(plan, revise, people, at, period):
    def swap(rows):
        return [[*r[:4], "招商引资部"] if r[0] == "18" else r for r in rows]

    applying.apply_revision(revise(swap), by=people.admin, at=at("2023-09-13 09:00"))
    eighteen = Measure.objects.get(number="18")
    assert [a.department.name for a in Assignment.objects.in_force().filter(measure=eighteen)] == ["招商引资部"]
    assert Progress.objects.filter(period=period, assignment__measure=eighteen).count() == 2
    assert Assignment.objects.filter(measure=eighteen, ended_in__isnull=False).count() == 1


def test_every_changed_measure_tells_its_timeline(revise, people, at):
    applying.apply_revision(revise(the_great_edit), by=people.admin, at=at("2023-09-13 09:00"), removals_checked=True)
    assert Event.objects.filter(action="measure_revise").count() == 14
    assert Event.objects.filter(action__in=["measure_add", "measure_retire"]).count() == 2
    note = Event.objects.get(action="measure_revise", measure__title="营造优良营商氛围").note
    assert note == "牵头领导由张富平改为李华斌"


def test_snapshot_rows_read_back_as_rows(plan):
    stored = {k: v for k, v in plan.revision.rows[7].items() if k != "id"}
    assert row_from_json(stored).departments == ("规划建设部", "审批中心")
    assert Leader.objects.filter(name__in=row_from_json(stored).leaders).count() == 2


def test_a_closed_period_keeps_its_own_edition_of_the_plan(plan, revise, people, at, period, submitted):
    """修订之后再看已关闭的期：序号、名称、领导、部室、灯和数字都是当时的。"""
    from tasks.figures.ledger import Ledger

    for number, department in (("19", "科技创新部"), ("12", "审批中心")):
        workflow.approve_progress(
            submitted(number, department, percent=75), by=people.office, at=at("2023-09-20 15:00")
        )
    closed = workflow.close_period(period, by=people.office, at=at("2023-09-28 17:00"))

    def picture():
        ledger = Ledger(plan, closed, at("2023-10-20 09:00").date())
        lines = [
            (
                line.measure.number,
                line.measure.title,
                line.light,
                [x.name for x in line.leaders],
                [d.name for d in line.departments],
            )
            for line in ledger.lines
        ]
        return lines, dict(ledger.light_totals), ledger.reporting, ledger.reporting_by_room

    before = picture()
    done = applying.apply_revision(
        revise(the_great_edit, when="2023-10-08 09:00"),
        by=people.admin,
        at=at("2023-10-09 09:00"),
        removals_checked=True,
    )
    assert Measure.objects.in_force().get(title="优化环评流程").number == "13"
    assert picture() == before
    applying.revert_revision(done, by=people.admin, at=at("2023-10-10 09:00"))
    assert picture() == before


def test_reports_of_an_ended_assignment_no_longer_count_in_an_open_period(plan, revise, people, at, period):
    from tasks.figures.ledger import Ledger

    def owed():
        return Ledger(plan, period, at("2023-09-20 09:00").date()).reporting.owed

    assert owed() == 31
    done = applying.apply_revision(
        revise(the_great_edit), by=people.admin, at=at("2023-09-13 09:00"), removals_checked=True
    )
    assert owed() == 31, "退出一项，新增一项"
    applying.revert_revision(done, by=people.admin, at=at("2023-09-14 09:00"))
    assert owed() == 31


def test_a_new_plan_brings_its_own_departments_and_leaders_and_its_helpers(people, at):
    lines = shapes.paragraphs(shapes.with_more(), shapes.Shape(department="牵头单位"))
    draft = applying.draft_new_plan(
        shapes.word_file(lines), "方案.docx", by=people.admin, at=at("2024-03-01 09:00"), year=2024, title=""
    )
    assert draft.plan.goal == "企业满意度达到95%以上。"
    assert "规划建设局" in dict(revision_pages.stored_words(draft))["拟新增的部室"]
    applying.apply_revision(draft, by=people.admin, at=at("2024-03-01 10:00"))
    measure = draft.plan.measures.get(number="2")
    assert measure.cooperating == "公安分局、人社局"
    assert (draft.plan.goal_heading, measure.section, draft.plan.safeguards_heading) == (
        *("一、总体目标", "二、重点举措", "三、保障措施"),
    )
    assert dict(revision_pages.stored_words(draft))["各节标题"] == "二、重点举措"
    assert [a.department.name for a in measure.assignments.order_by("order")] == ["行政审批局", "规划建设局"]
    assert [leader.name for leader in measure.leaders.all()] == ["林致和"]


def test_a_ledger_sent_back_keeps_the_headings_and_another_heading_is_pointed_out(plan, revise, people, at):
    done = applying.apply_revision(
        revise(the_great_edit), by=people.admin, at=at("2023-09-13 09:00"), removals_checked=True
    )
    kept = done.plan.measures.in_force().exclude(section="二、具体举措")
    assert [(m.title, m.section) for m in kept] == [("开展精准招商", "")], "新增的一项表里没有写标题"
    other = remarks.head_differences(plan, {"goal_heading": "一、工作目标", "safeguards_heading": "三、保障措施"})
    assert [(o["label"], o["old"], o["new"]) for o in other] == [("总体目标的标题", "一、总体目标", "一、工作目标")]
    Plan.objects.update(goal_heading="")
    plan.refresh_from_db()
    assert remarks.head_differences(plan, {"goal_heading": "一、工作目标"}) == [], "以前没有存的不比"


@pytest.mark.parametrize("kept", [0, 1])
def test_a_section_of_safeguards_left_out_or_added_is_said(plan, kept):
    """两边节数不同：多出来的那一节也要说，不能只比都有的几节。"""
    sections = [["（一）组织保障", "加强领导。"], ["（二）考核", "严格考核。"]]
    plan.safeguards = [{"heading": heading, "text": text} for heading, text in sections[: 2 - kept]]
    [found] = remarks.head_differences(plan, {"safeguards": sections[: 1 + kept]})
    assert (found["label"], {found["old"], found["new"]}) == ("保障措施第 2 节", {"", "（二）考核严格考核。"})


def test_a_discarded_new_plan_leaves_no_plan_behind(people, at):
    lines = shapes.paragraphs(shapes.ITEMS, shapes.Shape())
    draft = applying.draft_new_plan(
        shapes.word_file(lines), "方案.docx", by=people.admin, at=at("2024-03-01 09:00"), year=2024, title=""
    )
    plans = Plan.objects.count()
    applying.discard_revision(draft, by=people.admin, at=at("2024-03-01 10:00"))
    assert Plan.objects.count() == plans - 1
    assert not Department.objects.filter(name="行政审批局").exists()
