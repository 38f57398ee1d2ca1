"""方案修订之后：退出的举措、换下来的部室不必再报；报上来的可以审，只作记录，不办结。"""

import re

import pytest
from django.urls import reverse

from departments.models import Department
from tasks import workflow
from tasks.figures import owed as owed_figures
from tasks.imports import applying
from tasks.models import Assignment, Completion, Measure, Progress
from tasks.pages import navigation
from tasks.pages import progress as progress_pages
from tests.tasks.expectations import is_a_chinese_sentence
from tests.tasks.imports.test_applying import table
from tests.tasks.parts import TODAY, ask_completion, complete, part
from tests.tasks.workflow.test_progress import everything
from tests.world import form_on

pytestmark = pytest.mark.django_db
# 第 19 项：科技创新部一家牵头，节点类。
NUMBER, ROOM = "19", "科技创新部"


@pytest.fixture
def retire(plan, people, at):
    """让第 19 项退出方案。"""

    def do(when="2023-09-13 09:00"):
        who = {"by": people.admin, "at": at(when)}
        data = table(plan, lambda rows: [row for row in rows if row[0] != NUMBER])
        return applying.apply_revision(applying.draft(plan, data, "修订.csv", **who), **who, removals_checked=True)

    return do


@pytest.fixture
def replace(plan, people, at):
    """把第 19 项换给财务部牵头。"""

    def do(when="2023-09-13 09:00"):
        who = {"by": people.admin, "at": at(when)}
        data = table(plan, lambda rows: [[*row[:4], "财务部"] if row[0] == NUMBER else row for row in rows])
        return applying.apply_revision(applying.draft(plan, data, "修订.csv", **who), **who)

    return do


@pytest.fixture(params=["退出方案", "换了部室"])
def revise(request, retire, replace):
    return retire if request.param == "退出方案" else replace


SAID = "(已退出现行方案|已不由本部室牵头)，不必再报"


def test_what_ended_is_no_longer_on_the_desk_nor_in_its_badge(period, revise, people, report, at):
    row, user = report(NUMBER, ROOM), people.reporter(ROOM)
    before = progress_pages.owed_by(user.department).count()
    revise()
    assert row not in progress_pages.owed_by(user.department)
    assert progress_pages.owed_by(user.department).count() == before - 1
    [mine] = [
        item for item in navigation.navigation(user, "/", at("2023-09-22 09:00").date()) if item.label == "我的任务"
    ]
    assert mine.count == before - 1


def test_what_ended_is_neither_reported_nor_written_nor_corrected(period, revise, people, report, submitted, at):
    who = {"by": people.reporter(ROOM), "at": at("2023-09-20 10:00")}
    approved = workflow.approve_progress(
        submitted(NUMBER, ROOM, "2023-09-12 10:00"), by=people.office, at=at("2023-09-12 11:00")
    )
    revise()
    with pytest.raises(workflow.Refused, match=SAID):
        workflow.correct_progress(approved, **who)
    Progress.objects.filter(pk=approved.pk).update(status="missing", reviewed_by=None, reviewed_at=None, version=0)
    row = report(NUMBER, ROOM)
    with pytest.raises(workflow.Refused, match=SAID):
        workflow.submit_progress(row, **who, version=0, content={"text": "报送"})
    with pytest.raises(workflow.Refused, match=SAID):
        workflow.save_progress(row, **who, version=0, content={"text": "草稿"})


def test_posting_the_form_of_what_ended_says_so_and_keeps_the_words(period, revise, people, report, sign_in):
    client, row = sign_in(people.reporter(ROOM)), report(NUMBER, ROOM)
    url = reverse("progress_report", args=[row.pk])
    data = form_on(client.get(f"/?open={row.pk}"), url)["fields"]
    revise()
    response = client.post(url, data | {f"p{row.pk}-text": "写好的一段话", f"p{row.pk}-percent": "60"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "不必再报" in page
    assert "写好的一段话" in page


def test_a_report_sent_before_can_be_approved_but_completes_nothing(period, revise, people, submitted, at):
    sent = submitted(NUMBER, ROOM, "2023-09-12 10:00", stage="completed", percent=60)
    revise()
    done = workflow.approve_progress(Progress.objects.get(pk=sent.pk), by=people.office, at=at("2023-09-21 09:00"))
    assert done.status == "approved"
    assert not Completion.objects.exists()


def test_the_reviewer_is_told_that_approving_completes_nothing(period, revise, people, submitted, sign_in):
    sent = submitted(NUMBER, ROOM, "2023-09-12 10:00", stage="completed", percent=60)
    revise()
    page = sign_in(people.office).get(reverse("review_detail", args=[sent.pk])).content.decode()
    assert "这一项已终止，通过只作记录，不办结。" in page
    assert "通过并办结" not in page
    assert "还不能办结" not in page


def test_one_rule_says_what_blocks_completion_of_what_ended(period, revise, people, at):
    part = Assignment.objects.get(measure__number=NUMBER, department=Department.objects.get(name=ROOM))
    Assignment.objects.filter(pk=part.pk).update(extended_due_on=None)
    type(part.measure).objects.filter(pk=part.measure_id).update(kind="routine")
    asked = ask_completion(people, at, Assignment.objects.get(pk=part.pk), when="2023-09-12 09:00")
    revise()
    said = ["这一项已终止，不用再办结。"]
    current = Assignment.objects.get(pk=part.pk)
    assert workflow.what_blocks_completion(current) == said
    assert workflow.what_blocks_completion(current, current.progress.get(period=period)) == said
    with pytest.raises(workflow.Refused, match=said[0]):
        workflow.grant_completion(asked, by=people.office, at=at("2023-09-21 09:00"))


def test_a_report_written_on_after_completion_is_still_approved_and_completes_once(period, people, submitted, at):
    """办结之后接着报完的月报照常通过，不重复办结。"""
    part = Assignment.objects.get(measure__number="11", department__name="审批中心")
    sent = submitted("11", "审批中心", stage="completed")
    asked = ask_completion(people, at, part)
    workflow.grant_completion(asked, by=people.office, at=at("2023-09-20 11:00"))
    workflow.approve_progress(sent, by=people.office, at=at("2023-09-20 12:00"))
    assert Completion.objects.count() == 1


# ── 流程表之外的设定与登记 ────────────────────────────────


def on_measure(measure, period, people, at):
    """动词 → 对这一项做一次。"""
    who = {"by": people.office, "at": at("2023-09-21 09:00")}
    fields = {"kind": measure.kind, "start_on": None, "due_on": None, "summary_department": None}
    seen = {"held_on": who["at"].date(), "inspectors": "甲", "place": "大厅", "findings": "好"}
    listed = {"title": "题", "text": "事", "category": "other", "level": "group", "due_on": who["at"].date()}
    room = Department.objects.get(name=ROOM)
    return {
        "settle_measure": lambda: workflow.settle_measure(measure, **who, fields=fields),
        "set_light": lambda: workflow.set_light(measure, period, **who, level="red", reason="手续"),
        "lift_light": lambda: workflow.lift_light(measure, period, **who),
        "write_joint_summary": lambda: workflow.write_joint_summary(measure, period, **who, version=0, text="汇总"),
        "add_inspection": lambda: workflow.add_inspection(measure.plan, **who, **seen, measures=[measure]),
        "issue_instruction": lambda: workflow.issue_instruction(
            measure, **who, text="抓紧。", leader=measure.leaders.first()
        ),
        "open_problem": lambda: workflow.open_problem(measure.plan, **who, **listed, department=room, measure=measure),
        "propose_milestone": lambda: workflow.propose_milestone(
            measure.assignments.first(), **who, name="招标", due_on=who["at"].date()
        ),
    }


VERBS = (
    "settle_measure", "set_light", "lift_light", "write_joint_summary", "add_inspection", "issue_instruction",
    "open_problem", "propose_milestone",
)  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_set_or_registered_on_a_measure_that_was_retired(verb, period, retire, people, at, plan):
    """页面打开之后方案修订了：动词自己要看得出来。"""
    stale = Measure.objects.get(plan=plan, number=NUMBER)
    workflow.set_light(stale, period, by=people.office, at=at("2023-09-12 09:00"), level="red", reason="手续")
    retire()
    before = everything()
    with pytest.raises(workflow.Refused) as caught:
        on_measure(stale, period, people, at)[verb]()
    assert re.search("已退出现行方案|已不在现行方案里|已不由这个部室牵头", str(caught.value))
    is_a_chinese_sentence(str(caught.value))
    assert everything() == before


def test_a_department_is_not_reminded_of_what_was_retired(period, retire, people, at, plan):
    [item] = [i for i in owed_figures.items(plan, TODAY) if i.kind == "report" and i.number == f"第{NUMBER}项"]
    retire()
    who = {"by": people.office, "at": at("2023-09-21 09:00")}
    with pytest.raises(workflow.Refused, match="不用再催"):
        workflow.send_reminder(plan, **who, department=item.department, keys=[item.key], text="请报送。")


@pytest.fixture
def completed(period, people, at):
    complete(people, at, part("11"))
    return part("11")


def test_a_completed_item_gets_no_new_milestone(completed, people, at):
    who = {"by": people.office, "at": at("2023-09-21 09:00"), "due_on": TODAY}
    with pytest.raises(workflow.Refused, match="这一项已办结，不用再加节点。"):
        workflow.propose_milestone(completed, **who, name="招标")


def test_a_milestone_proposed_before_completion_is_not_agreed_after_it(period, people, at):
    who = {"by": people.reporter("审批中心"), "at": at("2023-09-10 09:00"), "due_on": TODAY}
    made = workflow.propose_milestone(part("11"), **who, name="招标")
    complete(people, at, part("11"))
    with pytest.raises(workflow.Refused, match="这一项已办结，不用再加节点。"):
        workflow.agree_milestone(made, by=people.office, at=at("2023-09-21 09:00"))


def test_only_the_edition_in_force_is_signed(plan, people, at, retire):
    first, who = plan.revision, {"by": people.reporter(ROOM), "at": at("2023-09-21 09:00")}
    signed = workflow.sign_receipt(first, **who)
    retire()
    assert workflow.sign_receipt(first, **who) == signed, "签过的再点不重复记，也不出错"
    other = who | {"by": people.reporter("财务部")}
    draft = applying.draft(
        plan, table(plan, lambda rows: [[*r[:2], r[2] + "。", *r[3:]] if r[0] == "3" else r for r in rows]), "改.csv",
        by=people.admin, at=at("2023-09-20 09:00"),
    )  # fmt: skip
    for edition in (first, draft):
        with pytest.raises(workflow.Refused, match="这一版不是现行版，不用签收"):
            workflow.sign_receipt(edition, **other)
    assert workflow.sign_receipt(plan.revision, **other).revision == plan.revision
