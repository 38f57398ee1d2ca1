"""流程：每个状态 × 动作 × 角色都有写下的预期；每个动词做成、记一条、不该做时拒绝。"""

import datetime as dt
import itertools
from decimal import Decimal
from functools import partial

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile

from departments.models import Department, Role
from tasks import workflow
from tasks.figures import reporting as reporting_figures
from tasks.figures.ledger import Ledger
from tasks.imports import applying
from tasks.models import (
    Assignment,
    Attachment,
    Completion,
    Event,
    ManualLight,
    Measure,
    PlanRevision,
    Progress,
    Receipt,
    ReportingPeriod,
    Target,
)
from tasks.models.event import EventQuerySet
from tasks.pages import progress as progress_pages
from tasks.rules import evidence
from tests.tasks.expectations import is_a_chinese_sentence, nobody, outcome, read
from tests.tasks.imports.samples import SEED_TEXT

pytestmark = pytest.mark.django_db
S = Progress.Status
HALL = "审批中心"

# ── 一、流程表：状态 × 动作 × 角色 ────────────────────────
# 可：能做；拒：现在不能做（Refused，说明原因）；禁：不是你的事（403）。
TABLE = read("""
对象     动作              状态        本部室 别部室 办公室 领导 管理员 未登录
progress save_progress       missing     可     禁     禁     禁   禁     禁
progress save_progress       draft       可     禁     禁     禁   禁     禁
progress save_progress       submitted   拒     禁     禁     禁   禁     禁
progress save_progress       approved    拒     禁     禁     禁   禁     禁
progress save_progress       returned    拒     禁     禁     禁   禁     禁
progress save_progress       discarded   拒     禁     禁     禁   禁     禁
progress save_returned       missing     拒     禁     禁     禁   禁     禁
progress save_returned       draft       拒     禁     禁     禁   禁     禁
progress save_returned       submitted   拒     禁     禁     禁   禁     禁
progress save_returned       approved    拒     禁     禁     禁   禁     禁
progress save_returned       returned    可     禁     禁     禁   禁     禁
progress save_returned       discarded   拒     禁     禁     禁   禁     禁
progress submit_progress     missing     可     禁     禁     禁   禁     禁
progress submit_progress     draft       可     禁     禁     禁   禁     禁
progress submit_progress     submitted   拒     禁     禁     禁   禁     禁
progress submit_progress     approved    拒     禁     禁     禁   禁     禁
progress submit_progress     returned    可     禁     禁     禁   禁     禁
progress submit_progress     discarded   拒     禁     禁     禁   禁     禁
progress withdraw_progress   missing     拒     禁     禁     禁   禁     禁
progress withdraw_progress   draft       拒     禁     禁     禁   禁     禁
progress withdraw_progress   submitted   可     禁     禁     禁   禁     禁
progress withdraw_progress   approved    拒     禁     禁     禁   禁     禁
progress withdraw_progress   returned    拒     禁     禁     禁   禁     禁
progress withdraw_progress   discarded   拒     禁     禁     禁   禁     禁
progress approve_progress    missing     禁     禁     拒     禁   禁     禁
progress approve_progress    draft       禁     禁     拒     禁   禁     禁
progress approve_progress    submitted   禁     禁     可     禁   禁     禁
progress approve_progress    approved    禁     禁     拒     禁   禁     禁
progress approve_progress    returned    禁     禁     拒     禁   禁     禁
progress approve_progress    discarded   禁     禁     拒     禁   禁     禁
progress return_progress     missing     禁     禁     拒     禁   禁     禁
progress return_progress     draft       禁     禁     拒     禁   禁     禁
progress return_progress     submitted   禁     禁     可     禁   禁     禁
progress return_progress     approved    禁     禁     拒     禁   禁     禁
progress return_progress     returned    禁     禁     拒     禁   禁     禁
progress return_progress     discarded   禁     禁     拒     禁   禁     禁
progress revoke_progress     missing     禁     禁     拒     禁   禁     禁
progress revoke_progress     draft       禁     禁     拒     禁   禁     禁
progress revoke_progress     submitted   禁     禁     拒     禁   禁     禁
progress revoke_progress     approved    禁     禁     可     禁   禁     禁
progress revoke_progress     returned    禁     禁     拒     禁   禁     禁
progress revoke_progress     discarded   禁     禁     拒     禁   禁     禁
progress correct_progress    missing     拒     禁     禁     禁   禁     禁
progress correct_progress    draft       拒     禁     禁     禁   禁     禁
progress correct_progress    submitted   拒     禁     禁     禁   禁     禁
progress correct_progress    approved    可     禁     禁     禁   禁     禁
progress correct_progress    returned    拒     禁     禁     禁   禁     禁
progress correct_progress    discarded   拒     禁     禁     禁   禁     禁
progress discard_correction  missing   禁     禁     禁     禁   禁     禁
progress discard_correction  draft     禁     禁     禁     禁   禁     禁
progress discard_correction  submitted 禁     禁     禁     禁   禁     禁
progress discard_correction  approved  禁     禁     禁     禁   禁     禁
progress discard_correction  returned  禁     禁     禁     禁   禁     禁
progress discard_correction  discarded 拒     禁     禁     禁   禁     禁
period   remove_period       planned     禁     禁     可     禁   禁     禁
period   remove_period       open        禁     禁     拒     禁   禁     禁
period   remove_period       closed      禁     禁     拒     禁   禁     禁
period   open_period         planned     禁     禁     可     禁   禁     禁
period   open_period         open        禁     禁     拒     禁   禁     禁
period   open_period         closed      禁     禁     拒     禁   禁     禁
period   unopen_period       planned     禁     禁     拒     禁   禁     禁
period   unopen_period       open        禁     禁     可     禁   禁     禁
period   unopen_period       closed      禁     禁     拒     禁   禁     禁
period   extend_period       planned     禁     禁     拒     禁   禁     禁
period   extend_period       open        禁     禁     可     禁   禁     禁
period   extend_period       closed      禁     禁     拒     禁   禁     禁
period   close_period        planned     禁     禁     拒     禁   禁     禁
period   close_period        open        禁     禁     可     禁   禁     禁
period   close_period        closed      禁     禁     拒     禁   禁     禁
period   reopen_period       planned     禁     禁     拒     禁   禁     禁
period   reopen_period       open        禁     禁     拒     禁   禁     禁
period   reopen_period       closed      禁     禁     可     禁   禁     禁
revision apply_revision    draft       禁     禁     禁     禁   可     禁
revision apply_revision    applied     禁     禁     禁     禁   拒     禁
revision apply_revision    discarded   禁     禁     禁     禁   拒     禁
revision discard_revision  draft       禁     禁     禁     禁   可     禁
revision discard_revision  applied     禁     禁     禁     禁   拒     禁
revision discard_revision  discarded   禁     禁     禁     禁   拒     禁
revision revert_revision   draft       禁     禁     禁     禁   拒     禁
revision revert_revision   applied     禁     禁     禁     禁   可     禁
revision revert_revision   discarded   禁     禁     禁     禁   拒     禁
""")
MODELS = {"progress": Progress, "period": ReportingPeriod, "revision": PlanRevision}


@pytest.fixture
def users(people):
    return {
        "本部室": people.reporter(HALL),
        "别部室": people.reporter("财务部"),
        "办公室": people.office,
        "领导": people.leader("李华斌"),
        "管理员": people.admin,
        "未登录": nobody(),
    }


@pytest.fixture
def row_in(report, submitted, people, at):
    """取一条处于某状态的报送（第 12 项，审批中心，节点类）。"""

    def make(status):
        office, when = people.office, at("2023-09-20 15:00")
        if status == S.MISSING:
            return report("12", HALL)
        if status == S.DRAFT:
            row = report("12", HALL)
            content = {"text": "写了一半"}
            return workflow.save_progress(row, by=people.reporter(HALL), at=when, version=0, content=content)
        row = submitted("12", HALL, percent=75)
        if status in (S.APPROVED, S.DISCARDED):
            row = workflow.approve_progress(row, by=office, at=when)
        if status == S.DISCARDED:
            copy = workflow.correct_progress(row, by=people.reporter(HALL), at=when)
            return workflow.discard_correction(copy, by=people.reporter(HALL), at=when)
        return workflow.return_progress(row, by=office, at=when, reason="请补充数据。") if status == S.RETURNED else row

    return make


@pytest.fixture
def period_in(plan, people, at):
    """取一期处于某状态的报送期。"""

    def make(status):
        when = {"by": people.office, "at": at("2023-09-01 08:00")}
        [period] = workflow.plan_periods(plan, **when, first_month=9, last_month=9, due_day=25)
        if status != "planned":
            period = workflow.open_period(period, **when)
        return workflow.close_period(period, **when) if status == "closed" else period

    return make


@pytest.fixture
def revision_in(plan, people, at):
    """取一版处于某状态的修订：第 12 项改了名称。"""

    def make(status):
        text = SEED_TEXT.replace("优化环评流程", "简化环评流程")
        who = {"by": people.admin, "at": at("2023-09-02 09:00")}
        draft = applying.draft(plan, text.encode(), "修订.txt", **who)
        if status == "applied":
            return applying.apply_revision(draft, **who)
        return applying.discard_revision(draft, **who) if status == "discarded" else draft

    return make


MAKERS = {"progress": "row_in", "period": "period_in", "revision": "revision_in"}
CALLS = {
    "save_progress": lambda row, **who: workflow.save_progress(
        row, **who, version=row.version, content={"text": "草稿"}
    ),
    "save_returned": lambda row, **who: workflow.save_progress(
        row, **who, version=row.version, content={"text": "草稿"}
    ),
    "submit_progress": lambda row, **who: workflow.submit_progress(
        row, **who, version=row.version, content={"text": "报送"}
    ),
    "withdraw_progress": workflow.withdraw_progress,
    "approve_progress": workflow.approve_progress,
    "return_progress": lambda row, **who: workflow.return_progress(row, **who, reason="请补充。"),
    "revoke_progress": lambda row, **who: workflow.revoke_progress(row, **who, reason="看漏了附件。"),
    "correct_progress": workflow.correct_progress,
    "discard_correction": workflow.discard_correction,
    "remove_period": workflow.remove_period,
    "open_period": workflow.open_period,
    "unopen_period": workflow.unopen_period,
    "extend_period": lambda period, **who: workflow.extend_period(
        period, **who, due_on=dt.date(2023, 9, 28), reason="防汛"
    ),
    "close_period": workflow.close_period,
    "reopen_period": lambda period, **who: workflow.reopen_period(period, **who, reason="漏了一项"),
    "apply_revision": applying.apply_revision,
    "discard_revision": applying.discard_revision,
    "revert_revision": applying.revert_revision,
}


def test_these_three_nouns_have_an_expectation_for_every_status_and_action():
    """其余各名词写在自己的测试里，合起来由 test_expectations.py 核对。"""
    wanted = {
        (kind, action, status)
        for kind, model in MODELS.items()
        for action, status in itertools.product(workflow.STEPS[kind], model.Status.values)
    }
    assert set(TABLE) == wanted
    # 审计员什么也办不了：他连门都进不来（test_every_url、test_two_people）。
    assert set(Role) == {Role.REPORTER, Role.OFFICE, Role.LEADER, Role.ADMIN, Role.AUDITOR}


@pytest.mark.parametrize(("kind", "status"), dict.fromkeys((k, s) for k, _, s in TABLE))
def test_buttons_shown_are_exactly_the_moves_that_are_expected(kind, status, users, request):
    item = request.getfixturevalue(MAKERS[kind])(status)
    assert item.status == status
    for role, user in users.items():
        expected = [a for (k, a, s), cells in TABLE.items() if (k, s) == (kind, status) and cells[role] == "可"]
        assert workflow.allowed_actions(user, item) == expected, role


def is_done_by_the_other_save(kind, action, status) -> bool:
    """存草稿只有一个动词，自己分辨“草稿”与“已退回”：表里是两行，做的是一件事。"""
    return action in ("save_progress", "save_returned") and any(
        TABLE[kind, other, status]["本部室"] == "可" for other in ("save_progress", "save_returned") if other != action
    )


@pytest.mark.parametrize(("kind", "action", "status"), [key for key in TABLE if not is_done_by_the_other_save(*key)])
def test_every_verb_does_refuses_or_forbids_as_written(kind, action, status, users, at, request):
    item = request.getfixturevalue(MAKERS[kind])(status)
    found = {role: outcome(CALLS[action], item, user, at("2023-09-21 09:00")) for role, user in users.items()}
    assert found == TABLE[kind, action, status]


# ── 二、每个动词记什么 ────────────────────────────────────
# 动词 → 记下的动作。存草稿与加材料不记：写的人与时间在那一行上，没有报送就不算办理。
EVENTS = {
    "save_progress": [],
    "add_attachment": [],
    "submit_progress": ["progress_submit"],
    "withdraw_progress": ["progress_withdraw"],
    "approve_progress": ["progress_approve"],
    "undo_approval": ["progress_revoke"],
    "return_progress": ["progress_return"],
    "revoke_progress": ["progress_revoke"],
    "correct_progress": ["progress_correct"],
    "discard_correction": ["progress_discard"],
    "remove_attachment": ["attachment_remove"],
    "remove_period": ["period_remove"],
    "open_period": ["period_open"],
    "unopen_period": ["period_unopen"],
    "extend_period": ["period_extend"],
    "close_period": ["period_close"],
    "reopen_period": ["period_reopen"],
    "plan_periods": ["period_plan"],
    "add_period": ["period_plan"],
    "settle_measure": ["measure_settle"],
    "set_light": ["light_set"],
    "lift_light": ["light_lift"],
    "sign_receipt": ["plan_sign"],
}
# 谁做：其余由办公室做。
BY_REPORTER = {
    "save_progress",
    "add_attachment",
    "submit_progress",
    "withdraw_progress",
    "correct_progress",
    "discard_correction",
    "remove_attachment",
    "sign_receipt",
}


def a_file():
    return evidence.Checked(ContentFile(b"%PDF-1", "x"), "证明.pdf", "application/pdf", 6, "0" * 64)


@pytest.fixture
def ready(people, at, plan, request):
    """某个动词可做的场合，返回“去做”的函数；换个人做：do(by=…)。"""

    def prepare(verb):
        who = {"by": people.reporter(HALL) if verb in BY_REPORTER else people.office, "at": at("2023-09-21 09:00")}
        if verb == "discard_correction":
            copy = workflow.correct_progress(request.getfixturevalue("row_in")(S.APPROVED), **who)
            return partial(workflow.discard_correction, copy, **who)
        for kind in ("progress", "period"):
            if step := workflow.STEPS[kind].get(verb):
                return partial(CALLS[verb], request.getfixturevalue(MAKERS[kind])(step.sources[0]), **who)
        if verb == "sign_receipt":
            return partial(workflow.sign_receipt, plan.revision, **who)
        if verb == "plan_periods":
            return partial(workflow.plan_periods, plan, **who, first_month=3, last_month=12, due_day=25)
        if verb == "add_period":
            july = {"starts_on": dt.date(2023, 7, 1), "ends_on": dt.date(2023, 7, 31), "due_on": dt.date(2023, 8, 5)}
            return partial(workflow.add_period, plan, **who, name="半年自查", **july)
        if verb == "undo_approval":
            row = workflow.approve_progress(request.getfixturevalue("row_in")(S.SUBMITTED), **who)
            return partial(workflow.undo_approval, row, **who)
        if verb in ("add_attachment", "remove_attachment"):
            row = request.getfixturevalue("row_in")(S.DRAFT)
            add = partial(workflow.add_attachment, row, **who, upload=a_file())
            return add if verb == "add_attachment" else partial(workflow.remove_attachment, add(), **who)
        measure = Measure.objects.get(plan=plan, number="12")
        if verb == "settle_measure":
            fields = {"kind": "milestone", "start_on": None, "due_on": dt.date(2023, 12, 1), "summary_department": None}
            return partial(workflow.settle_measure, measure, **who, fields=fields)
        period = request.getfixturevalue("period_in")("open")
        set_it = partial(workflow.set_light, measure, period, **who, level="red", reason="手续没有办")
        if verb == "set_light":
            return set_it
        set_it()
        assert verb == "lift_light"
        return partial(workflow.lift_light, measure, period, **who)

    return prepare


def everything() -> dict:
    """任务一侧所有的行，用来比前后。"""
    return {m.__name__: list(m.objects.order_by("pk").values()) for m in apps.get_app_config("tasks").get_models()}


@pytest.mark.parametrize(("verb", "actions"), EVENTS.items())
def test_a_verb_writes_its_events_with_who_and_when(verb, actions, ready, people, at):
    do = ready(verb)
    known = set(Event.objects.values_list("pk", flat=True))
    do()
    made = Event.objects.exclude(pk__in=known)
    assert [e.action for e in made.order_by("pk")] == actions
    for event in made:
        assert event.by == (people.reporter(HALL) if verb in BY_REPORTER else people.office)
        assert event.at == at("2023-09-21 09:00")
        assert event.label
        assert event.plan_id


@pytest.mark.parametrize("verb", [verb for verb, actions in EVENTS.items() if actions])
def test_when_the_event_cannot_be_written_nothing_else_is(verb, ready, monkeypatch):
    """状态与记录在同一个事务里：要么都有，要么都没有。"""

    def broken(*args, **kwargs):
        raise RuntimeError("写不进去")

    do = ready(verb)
    before = everything()
    monkeypatch.setattr(EventQuerySet, "create", broken)
    with pytest.raises(RuntimeError, match="写不进去"):
        do()
    assert everything() == before


@pytest.mark.parametrize("verb", EVENTS)
def test_the_administrator_does_none_of_it_and_leaves_no_trace(verb, ready, people):
    """管理员只管方案与账户，不代人报送、审核、签收。"""
    do, admin = ready(verb), people.admin
    before = everything()
    with pytest.raises(PermissionDenied):
        do(by=admin)
    assert everything() == before


# ── 三、报送 ──────────────────────────────────────────────


def write(row, people, at, when="2023-09-20 10:00", department=HALL, **content):
    content = {"text": "完成了安排的工作。", "stage": "in_progress"} | content
    values = content.pop("values", None)
    return workflow.submit_progress(
        row, by=people.reporter(department), at=at(when), version=row.version, content=content, values=values
    )


def test_a_submission_keeps_what_was_written_who_and_when(report, people, at):
    done = write(report("12", HALL), people, at, percent=75, problems="缺人", next_steps="继续")
    done.refresh_from_db()
    assert (done.status, done.text, done.percent, done.problems) == ("submitted", "完成了安排的工作。", 75, "缺人")
    assert done.submitted_by == done.written_by == people.reporter(HALL)
    assert done.submitted_at == done.first_submitted_at == at("2023-09-20 10:00")
    assert done.version == 1
    event = Event.objects.get(action="progress_submit")
    assert (event.note, event.progress, event.period, event.department.name) == (done.text, done, done.period, HALL)
    assert not event.is_public


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_a_submission_without_text_is_refused_and_writes_nothing(report, people, at, text):
    row = report("5", HALL)
    target = row.assignment.measure.targets.first()
    before = everything()
    with pytest.raises(workflow.Refused, match="还没有写本期进展。"):
        write(row, people, at, text=text, values={target: Decimal(1)})
    assert everything() == before


def test_a_submission_to_a_closed_period_is_refused(report, period, people, at):
    row = report("12", HALL)
    workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    with pytest.raises(workflow.Refused, match="2023年9月已经关闭报送，请联系办公室延长或重新开放。"):
        write(row, people, at)
    with pytest.raises(workflow.Refused, match="已经关闭报送"):
        workflow.save_progress(
            row, by=people.reporter(HALL), at=at("2023-09-30 18:00"), version=0, content={"text": "晚了"}
        )


def test_a_department_that_no_longer_leads_need_not_report(report, plan, people, at):
    row = report("12", HALL)
    Assignment.objects.filter(pk=row.assignment_id).update(ended_in=plan.revision)
    with pytest.raises(workflow.Refused, match="已不由本部室牵头"):
        write(row, people, at)


@pytest.mark.parametrize("verb", [workflow.submit_progress, workflow.save_progress])
def test_when_two_people_write_the_later_one_keeps_his_text_and_sees_the_other(verb, report, people, at):
    """版本冲突：两份文字都在——先存的在库里（conflict.current），后写的还在他手上，没有写进去。"""
    row, stale = report("12", HALL), report("12", HALL)
    workflow.save_progress(
        row, by=people.reporter(HALL, 1), at=at("2023-09-20 10:00"), version=0, content={"text": "甲写的"}
    )
    mine = {"text": "乙写的"}
    with pytest.raises(workflow.Conflict) as caught:
        verb(stale, by=people.reporter(HALL, 2), at=at("2023-09-20 10:05"), version=stale.version, content=mine)
    is_a_chinese_sentence(str(caught.value))
    assert (caught.value.current.text, mine["text"]) == ("甲写的", "乙写的")
    assert report("12", HALL).text == "甲写的"
    version = caught.value.current.version
    verb(stale, by=people.reporter(HALL, 2), at=at("2023-09-20 10:06"), version=version, content=mine)
    assert report("12", HALL).text == "乙写的"


@pytest.mark.parametrize(
    ("approved", "said"),
    [(False, "“待审核”，不能再报。要改请先撤回那一份"), (True, "“已通过”，不能再报。要改请提更正")],
)
def test_who_writes_after_a_colleague_sent_it_is_told_how_to_change_it(approved, said, submitted, report, people, at):
    stale = report("12", HALL)
    sent = submitted("12", HALL, "2023-09-20 10:00", percent=60)
    if approved:
        workflow.approve_progress(sent, by=people.office, at=at("2023-09-20 11:00"))
    who = {"by": people.reporter(HALL, 2), "at": at("2023-09-20 12:00"), "version": stale.version}
    with pytest.raises(workflow.Conflict, match=said):
        workflow.save_progress(stale, **who, content={"text": "乙写的"})


def test_every_change_of_a_report_moves_its_version(report, people, at):
    row, reporter, office = report("12", HALL), people.reporter(HALL), people.office
    seen = [row.version]

    def keep(done):
        seen.append(done.version)
        return done

    row = keep(workflow.save_progress(row, by=reporter, at=at("2023-09-20 09:00"), version=0, content={"text": "一"}))
    row = keep(write(row, people, at))
    row = keep(workflow.withdraw_progress(row, by=reporter, at=at("2023-09-20 11:00")))
    row = keep(write(row, people, at))
    row = keep(workflow.return_progress(row, by=office, at=at("2023-09-20 12:00"), reason="补充"))
    row = keep(write(row, people, at))
    keep(workflow.approve_progress(row, by=office, at=at("2023-09-20 13:00")))
    assert seen == list(range(8))


def test_a_draft_of_a_returned_report_stays_returned_with_its_reason(row_in, people, at):
    row = row_in(S.RETURNED)
    row = workflow.save_progress(
        row, by=people.reporter(HALL), at=at("2023-09-21 09:00"), version=row.version, content={"text": "改到一半"}
    )
    row.refresh_from_db()
    assert (row.status, row.return_reason, row.text) == ("returned", "请补充数据。", "改到一半")
    assert row.reviewed_by == people.office


@pytest.mark.parametrize("status", [S.SUBMITTED, S.APPROVED])
def test_a_draft_never_overwrites_what_was_submitted_or_approved(row_in, people, at, status):
    row = row_in(status)
    before = everything()
    with pytest.raises(workflow.Refused):
        workflow.save_progress(
            row, by=people.reporter(HALL), at=at("2023-09-21 09:00"), version=row.version,
            content={"text": "覆盖", "percent": 1}, values={},
        )  # fmt: skip
    assert everything() == before


def test_no_change_is_said_as_such_until_something_is_written(report, people, at):
    row = workflow.submit_progress(
        report("12", HALL), by=people.reporter(HALL), at=at("2023-09-20 10:00"), version=0,
        content={"text": "本期无变化。"}, is_no_change=True,
    )  # fmt: skip
    assert row.is_no_change
    assert Event.objects.get(action="progress_submit").label == "本期无变化"
    row = workflow.return_progress(row, by=people.office, at=at("2023-09-20 11:00"), reason="请写")
    assert not write(row, people, at).is_no_change


def test_values_are_written_replaced_and_removed_with_the_report(report, people, at):
    row = report("5", HALL)
    days, seals = row.assignment.measure.targets.order_by("order")
    row = write(row, people, at, values={days: Decimal("0.5"), seals: Decimal(4)})
    row = workflow.withdraw_progress(row, by=people.reporter(HALL), at=at("2023-09-20 11:00"))
    row = write(row, people, at, values={days: Decimal("0.4"), seals: None})
    assert {v.target: v.value for v in row.values.all()} == {days: Decimal("0.4")}
    row = workflow.withdraw_progress(row, by=people.reporter(HALL), at=at("2023-09-20 12:00"))
    assert write(row, people, at).values.count() == 1


# ── 四、按时与补报 ────────────────────────────────────────


@pytest.mark.parametrize(
    ("when", "late"), [("2023-09-25 00:00", False), ("2023-09-25 23:59", False), ("2023-09-26 00:00", True)]
)
def test_late_is_counted_by_the_calendar_day_in_local_time(report, people, at, when, late):
    row = write(report("12", HALL), people, at, when)
    assert row.is_late is late
    counted = reporting_figures.reporting(Progress.objects.filter(pk=row.pk))
    assert (counted.on_time, counted.late) == (int(not late), int(late))


def test_a_report_returned_and_submitted_again_after_the_due_date_is_not_late(row_in, people, at):
    row = row_in(S.RETURNED)
    row = write(row, people, at, "2023-09-28 10:00")
    assert (row.submitted_at, row.first_submitted_at) == (at("2023-09-28 10:00"), at("2023-09-20 10:00"))
    assert not row.is_late
    row = workflow.approve_progress(row, by=people.office, at=at("2023-09-28 11:00"))
    assert row.shown_status(dt.date(2023, 9, 29)) == "已通过"


def test_a_withdrawn_report_counts_as_not_reported(submitted, people, at):
    """撤回了就是还没报：不算按时，过了截止日照样判“未报”。"""
    row = workflow.withdraw_progress(submitted("13", "综合办"), by=people.reporter("综合办"), at=at("2023-09-21 09:00"))
    counted = reporting_figures.reporting(Progress.objects.filter(pk=row.pk))
    assert (counted.reported, counted.draft, counted.on_time, counted.late) == (0, 1, 0, 0)
    after = dt.date(2023, 9, 26)
    lines = Ledger(row.period.plan, row.period, after).lines
    [light] = [line.light for line in lines if line.measure == row.assignment.measure]
    assert (light.level, light.reason) == ("yellow", "9月未报")
    assert row.shown_status(after) == "逾期未报"


def test_a_report_withdrawn_and_submitted_again_after_the_due_date_is_late(row_in, people, at):
    """否则交一份空话占住日期，再撤回慢慢写，就总是“按时”。"""
    row = workflow.withdraw_progress(row_in(S.SUBMITTED), by=people.reporter(HALL), at=at("2023-09-25 09:00"))
    assert row.first_submitted_at is None
    assert write(row, people, at, "2023-09-27 10:00").is_late


def test_withdrawing_after_a_return_or_of_a_correction_keeps_the_first_time(row_in, people, at):
    reporter, first = people.reporter(HALL), at("2023-09-20 10:00")
    row = workflow.withdraw_progress(
        write(row_in(S.RETURNED), people, at, "2023-09-27 10:00"), by=reporter, at=at("2023-09-27 11:00")
    )
    assert row.first_submitted_at == first
    row = workflow.approve_progress(
        write(row, people, at, "2023-09-28 10:00"), by=people.office, at=at("2023-09-28 11:00")
    )
    copy = write(workflow.correct_progress(row, by=reporter, at=at("2023-09-28 12:00")), people, at, "2023-09-28 13:00")
    assert workflow.withdraw_progress(copy, by=reporter, at=at("2023-09-28 14:00")).first_submitted_at == first


# ── 五、审核、退回、自审 ──────────────────────────────────


@pytest.mark.parametrize("reason", ["", "  ", "\n\t"])
def test_a_return_needs_a_reason(row_in, people, at, reason):
    row = row_in(S.SUBMITTED)
    with pytest.raises(workflow.Refused, match="退回必须写明意见"):
        workflow.return_progress(row, by=people.office, at=at("2023-09-21 09:00"), reason=reason)
    row.refresh_from_db()
    assert row.status == S.SUBMITTED


def test_a_return_keeps_the_reason_and_counts(row_in, people, at):
    row = row_in(S.RETURNED)
    assert (row.status, row.return_reason, row.times_returned) == ("returned", "请补充数据。", 1)
    row = write(row, people, at, "2023-09-21 10:00")
    assert (row.status, row.reviewed_by, row.reviewed_at) == ("submitted", None, None)
    row = workflow.return_progress(row, by=people.office, at=at("2023-09-21 11:00"), reason=" 还差一张表 ")
    assert (row.return_reason, row.times_returned) == ("还差一张表", 2)


def test_an_approval_is_public_and_a_submission_is_not(row_in):
    row_in(S.APPROVED)
    public = dict(Event.objects.filter(progress__isnull=False).values_list("action", "is_public"))
    assert public == {"progress_submit": False, "progress_approve": True}


@pytest.mark.parametrize(("number", "department", "is_self"), [("12", HALL, True), ("15", "财务部", False)])
def test_a_review_by_somebody_of_the_same_department_is_marked(submitted, people, at, number, department, is_self):
    """办公室设在审批中心，审批中心又牵头 7 项。"""
    row = workflow.approve_progress(
        submitted(number, department, percent=60), by=people.office_in_hall, at=at("2023-09-21 09:00")
    )
    assert row.is_self_review is is_self
    assert Event.objects.get(action="progress_approve").is_self_review is is_self
    assert not Event.objects.get(action="progress_submit").is_self_review


def test_the_mark_of_self_review_goes_with_the_decision_it_belongs_to(submitted, people, at):
    row = submitted("12", HALL, percent=60)
    row = workflow.return_progress(row, by=people.office_in_hall, at=at("2023-09-21 09:00"), reason="补充")
    assert row.is_self_review
    row = write(row, people, at, "2023-09-21 10:00")
    assert not row.is_self_review
    row = workflow.approve_progress(row, by=people.office, at=at("2023-09-21 11:00"))
    assert not row.is_self_review


# ── 六、办结 ──────────────────────────────────────────────


def test_approving_a_completed_report_completes_the_assignment(submitted, people, at):
    row = submitted("12", HALL, stage="completed", percent=100)
    known = Event.objects.count()
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    completion = Completion.objects.get()
    assert (completion.assignment, completion.progress) == (row.assignment, row)
    assert (completion.granted_by, completion.granted_at) == (people.office, at("2023-09-21 09:00"))
    made = Event.objects.order_by("pk")[known:]
    assert [(e.action, e.is_public) for e in made] == [("progress_approve", True), ("completion_grant", True)]


def test_completing_one_part_of_a_joint_measure_leaves_the_other(submitted, people, at):
    row = submitted("14", "党务办", stage="completed", percent=100)
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    left = Assignment.objects.filter(measure__number="14").not_completed()
    assert [a.department.name for a in left] == ["经济发展部"]


@pytest.mark.parametrize(("percent", "shown"), [(None, 0), (0, 0), (99, 99)])
def test_a_milestone_below_100_percent_cannot_be_completed(submitted, people, at, percent, shown):
    row = submitted("12", HALL, stage="completed", percent=percent)
    with pytest.raises(workflow.Refused) as refused:
        workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    assert str(refused.value) == f"现在不能通过：完成进度是 {shown}%，办结须为 100%。"
    assert not Completion.objects.exists()
    row.refresh_from_db()
    assert row.status == S.SUBMITTED


def test_a_routine_measure_can_be_completed_without_a_percent(submitted, people, at):
    row = submitted("13", "综合办", stage="completed")
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    assert Completion.objects.filter(assignment=row.assignment).exists()


@pytest.mark.parametrize(
    ("days", "seals", "reasons"),
    [
        ("0.5", "5", []),
        ("0.4", "5", []),
        ("0.6", "5", ["企业开办时间现为 0.6个工作日，目标 ≤0.5个工作日。"]),
        ("0.5", "6", ["枚，目标 =5枚。"]),
        (None, "5", ["企业开办时间还没有完成值。"]),
        (None, None, ["企业开办时间还没有完成值。", "还没有完成值。"]),
    ],
)
def test_must_targets_block_completion_and_say_what_is_missing(submitted, people, at, days, seals, reasons):
    targets = Target.objects.filter(measure__number="5").order_by("order")
    Target.objects.filter(pk=targets[0].pk).update(name="企业开办时间")
    values = dict(zip(targets, [days and Decimal(days), seals and Decimal(seals)], strict=True))
    row = submitted("5", HALL, stage="completed", values=values)
    found = workflow.what_blocks_completion(row.assignment, row)
    assert len(found) == len(reasons)
    assert all(part in reason for part, reason in zip(reasons, found, strict=True))
    if reasons:
        with pytest.raises(workflow.Refused) as refused:
            workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
        assert all(reason in str(refused.value) for reason in found)
    else:
        workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
        assert Completion.objects.count() == 1


def test_soft_targets_do_not_block_completion(submitted):
    """第20项“力争”10 家、“申请”1 家：没达到也可以办结。"""
    row = submitted("20", "科技创新部", stage="completed", values={})
    assert workflow.what_blocks_completion(row.assignment, row) == []


def test_a_target_of_another_department_does_not_block_mine(submitted, plan):
    one, other = Target.objects.filter(measure__number="8").order_by("order")
    Target.objects.filter(pk=one.pk).update(department=Department.objects.get(name=HALL))
    Target.objects.filter(pk=other.pk).update(department=Department.objects.get(name="规划建设部"))
    row = submitted("8", HALL, stage="completed", values={one: one.value})
    assert workflow.what_blocks_completion(row.assignment, row) == []


def test_an_assignment_is_completed_once(submitted, people, at):
    row = workflow.approve_progress(
        submitted("13", "综合办", stage="completed"), by=people.office, at=at("2023-09-21 09:00")
    )
    copy = workflow.correct_progress(row, by=people.reporter("综合办"), at=at("2023-09-21 10:00"))
    copy = write(copy, people, at, "2023-09-21 11:00", department="综合办", stage="completed")
    workflow.approve_progress(copy, by=people.office, at=at("2023-09-21 12:00"))
    assert Completion.objects.count() == 1
    assert Event.objects.filter(action="completion_grant").count() == 1


# ── 七、更正 ──────────────────────────────────────────────


@pytest.fixture
def corrected(submitted, people, at):
    """第 12 项报了 75% 并通过，又提出更正为 60%（已报送，未审核）。"""
    original = workflow.approve_progress(submitted("12", HALL, percent=75), by=people.office, at=at("2023-09-20 15:00"))
    copy = workflow.correct_progress(original, by=people.reporter(HALL), at=at("2023-09-21 09:00"))
    return original, write(copy, people, at, "2023-09-21 10:00", percent=60, text="更正：是六成。")


def in_force(original):
    return Progress.objects.in_force().get(assignment=original.assignment, period=original.period)


def shown_percent(original):
    ledger = Ledger(original.period.plan, original.period, dt.date(2023, 9, 22))
    [line] = [line for line in ledger.lines if line.measure.number == "12"]
    return line.light.percent


def test_a_correction_starts_as_a_draft_copy_of_what_was_approved(submitted, people, at):
    row = submitted("5", HALL, values={Target.objects.filter(measure__number="5").first(): Decimal("0.5")})
    row = workflow.approve_progress(row, by=people.office, at=at("2023-09-20 15:00"))
    copy = workflow.correct_progress(row, by=people.reporter(HALL), at=at("2023-09-21 09:00"))
    assert (copy.status, copy.corrects, copy.text, copy.period) == ("draft", row, row.text, row.period)
    assert [v.value for v in copy.values.all()] == [Decimal("0.5")]
    row.refresh_from_db()
    assert row.superseded_at is None


def test_until_it_is_approved_the_original_counts(corrected):
    original, copy = corrected
    assert in_force(original) == original
    assert shown_percent(original) == 75
    counted = Ledger(original.period.plan, original.period, dt.date(2023, 9, 22)).reporting
    assert (counted.owed, counted.approved, counted.submitted) == (31, 1, 0)


def test_a_returned_correction_changes_nothing(corrected, people, at):
    original, copy = corrected
    workflow.return_progress(copy, by=people.office, at=at("2023-09-21 15:00"), reason="说明依据")
    assert in_force(original) == original
    assert shown_percent(original) == 75


def test_once_approved_the_correction_counts_instead(corrected, people, at):
    original, copy = corrected
    workflow.approve_progress(copy, by=people.office, at=at("2023-09-21 15:00"))
    original.refresh_from_db()
    assert original.superseded_at == at("2023-09-21 15:00")
    assert (original.status, original.text, original.percent) == ("approved", "完成了本月安排的工作。", 75)
    assert in_force(original) == copy
    assert shown_percent(original) == 60
    counted = Ledger(original.period.plan, original.period, dt.date(2023, 9, 22)).reporting
    assert (counted.owed, counted.approved) == (31, 1)


def test_there_is_one_correction_at_a_time(corrected, people, at):
    original, copy = corrected
    reporter = people.reporter(HALL)
    original.refresh_from_db()
    with pytest.raises(workflow.Refused, match="已经有一份更正"):
        workflow.correct_progress(original, by=reporter, at=at("2023-09-21 16:00"))
    copy = workflow.approve_progress(copy, by=people.office, at=at("2023-09-21 17:00"))
    with pytest.raises(workflow.Refused):
        workflow.correct_progress(original, by=reporter, at=at("2023-09-21 18:00"))
    again = workflow.correct_progress(copy, by=reporter, at=at("2023-09-21 18:00"))
    again = write(again, people, at, "2023-09-21 19:00", percent=65)
    again = workflow.approve_progress(again, by=people.office, at=at("2023-09-21 20:00"))
    assert in_force(original) == again
    assert shown_percent(original) == 65


def test_a_withdrawn_or_returned_correction_is_discarded_and_another_may_be_made(corrected, people, at):
    original, copy = corrected
    reporter, when = people.reporter(HALL), at("2023-09-21 16:00")
    with pytest.raises(workflow.Refused, match="待审核"):
        workflow.discard_correction(copy, by=reporter, at=when)
    workflow.return_progress(copy, by=people.office, at=when, reason="说明依据")
    discarded = workflow.discard_correction(copy, by=reporter, at=when)
    assert (discarded.status, discarded.text) == ("discarded", "更正：是六成。")
    assert "discard_correction" not in workflow.allowed_actions(reporter, discarded)
    again = workflow.correct_progress(original, by=reporter, at=when)
    assert "discard_correction" in workflow.allowed_actions(reporter, again)
    workflow.discard_correction(again, by=reporter, at=when)
    assert Progress.objects.filter(corrects=original, status="discarded").count() == 2


def test_a_discarded_correction_counts_nowhere(corrected, people, at):
    original, copy = corrected
    reporter, when = people.reporter(HALL), at("2023-09-21 16:00")
    copy = workflow.withdraw_progress(copy, by=reporter, at=when)
    assert copy in progress_pages.owed_by(reporter.department)
    workflow.discard_correction(copy, by=reporter, at=when)
    assert in_force(original) == original
    assert shown_percent(original) == 75
    assert copy not in progress_pages.owed_by(reporter.department)
    assert not Progress.objects.visible_to(people.office).filter(pk=copy.pk).exists()
    counted = Ledger(original.period.plan, original.period, dt.date(2023, 9, 22)).reporting
    assert (counted.owed, counted.approved, counted.returned) == (31, 1, 0)


def test_a_superseded_report_offers_no_action(corrected, people, at):
    original, copy = corrected
    workflow.approve_progress(copy, by=people.office, at=at("2023-09-21 15:00"))
    original.refresh_from_db()
    assert workflow.allowed_actions(people.reporter(HALL), original) == []


def test_a_correction_after_closing_keeps_the_report_on_time(row_in, period, people, at):
    """按时报过的，关闭之后再更正，不因此变成“补报”。"""
    original = row_in(S.APPROVED)
    workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    copy = workflow.correct_progress(original, by=people.reporter(HALL), at=at("2023-10-08 09:00"))
    assert copy.shown_status(dt.date(2023, 10, 8)) == "草稿"
    copy = write(copy, people, at, "2023-10-08 10:00", percent=60)
    copy = workflow.approve_progress(copy, by=people.office, at=at("2023-10-08 11:00"))
    assert not copy.is_late
    counted = reporting_figures.reporting(Progress.objects.in_force().filter(pk__in=[original.pk, copy.pk]))
    assert (counted.on_time, counted.late) == (1, 0)


def test_the_correction_of_a_late_report_stays_late(report, people, at):
    row = workflow.approve_progress(
        write(report("12", HALL), people, at, "2023-09-27 10:00"), by=people.office, at=at("2023-09-27 11:00")
    )
    copy = workflow.correct_progress(row, by=people.reporter(HALL), at=at("2023-09-27 12:00"))
    copy = write(copy, people, at, "2023-09-27 13:00")
    assert workflow.approve_progress(copy, by=people.office, at=at("2023-09-27 14:00")).is_late


# ── 八、佐证材料 ──────────────────────────────────────────


@pytest.mark.parametrize("status", [S.MISSING, S.DRAFT, S.RETURNED])
def test_evidence_can_be_added_and_removed_while_the_report_can_be_changed(row_in, people, at, status):
    row, who = row_in(status), {"by": people.reporter(HALL), "at": at("2023-09-21 09:00")}
    item = workflow.add_attachment(row, **who, upload=a_file())
    workflow.remove_attachment(item, **who)
    item.refresh_from_db()
    assert item.removed_at == who["at"]
    with item.file.open() as kept:
        assert kept.read() == b"%PDF-1"
    event = Event.objects.get(action="attachment_remove")
    assert (event.note, event.by, event.progress) == ("证明.pdf", who["by"], row)


def test_removing_twice_is_recorded_once(row_in, people, at):
    row, who = row_in(S.DRAFT), {"by": people.reporter(HALL), "at": at("2023-09-21 09:00")}
    item = workflow.add_attachment(row, **who, upload=a_file())
    workflow.remove_attachment(item, **who)
    workflow.remove_attachment(item, by=who["by"], at=at("2023-09-21 10:00"))
    item.refresh_from_db()
    assert item.removed_at == who["at"]
    assert Event.objects.filter(action="attachment_remove").count() == 1


@pytest.mark.parametrize("status", [S.SUBMITTED, S.APPROVED])
def test_evidence_of_a_submitted_report_is_fixed(report, people, at, status):
    who = {"by": people.reporter(HALL), "at": at("2023-09-20 09:00")}
    row = report("12", HALL)
    item = workflow.add_attachment(row, **who, upload=a_file())
    row = write(row, people, at)
    if status == S.APPROVED:
        workflow.approve_progress(row, by=people.office, at=at("2023-09-20 15:00"))
    for call in (
        lambda: workflow.add_attachment(row, **who, upload=a_file()),
        lambda: workflow.remove_attachment(item, **who),
    ):
        with pytest.raises(workflow.Refused, match="现在不能存草稿"):
            call()
    assert Attachment.objects.filter(removed_at=None).count() == 1


# ── 九、报送期 ────────────────────────────────────────────


def test_the_year_is_planned_month_by_month_and_only_once(plan, people, at):
    who = {"by": people.office, "at": at("2023-03-08 09:00")}
    made = workflow.plan_periods(plan, **who, first_month=3, last_month=5, due_day=25)
    assert [(p.name, p.slug, p.starts_on, p.ends_on, p.due_on, p.original_due_on) for p in made] == [
        (
            f"2023年{m}月",
            f"2023-{m:02d}",
            dt.date(2023, m, 1),
            dt.date(2023, m, last),
            dt.date(2023, m, 25),
            dt.date(2023, m, 25),
        )
        for m, last in ((3, 31), (4, 30), (5, 31))
    ]
    again = workflow.plan_periods(plan, **who, first_month=3, last_month=6, due_day=20)
    assert [p.slug for p in again] == ["2023-06"]
    assert workflow.plan_periods(plan, **who, first_month=3, last_month=6, due_day=20) == []
    assert Event.objects.filter(action="period_plan").count() == 2
    assert ReportingPeriod.objects.get(slug="2023-03").due_on.day == 25


def test_without_a_plan_no_period_can_be_planned(people, at):
    with pytest.raises(workflow.Refused, match="还没有现行方案"):
        workflow.plan_periods(
            None, by=people.office, at=at("2023-03-08 09:00"), first_month=1, last_month=2, due_day=25
        )


def test_opening_makes_one_row_for_each_assignment_in_force_and_not_completed(plan, people, at):
    made = workflow.plan_periods(
        plan, by=people.office, at=at("2023-08-01 08:00"), first_month=8, last_month=10, due_day=25
    )
    august = workflow.open_period(made[0], by=people.office, at=at("2023-08-01 08:30"))
    assert set(august.progress.values_list("status", flat=True)) == {"missing"}
    assert august.progress.count() == 31
    row = august.progress.get(assignment__measure__number="13")
    row = write(row, people, at, "2023-08-10 10:00", department="综合办", stage="completed")
    workflow.approve_progress(row, by=people.office, at=at("2023-08-11 10:00"))
    gone = Measure.objects.get(number="12")
    Measure.objects.filter(pk=gone.pk).update(retired_in=plan.revision)
    Assignment.objects.filter(measure__number="14", department__name="党务办").update(ended_in=plan.revision)
    september = workflow.open_period(made[1], by=people.office, at=at("2023-09-01 08:30"))
    missing = Assignment.objects.exclude(progress__period=september)
    assert {(a.measure.number, a.department.name) for a in missing} == {
        ("13", "综合办"),
        ("12", HALL),
        ("14", "党务办"),
    }
    Completion.objects.update(reopened_at=at("2023-09-20 09:00"), reopened_by=people.office, reopen_reason="复查不合格")
    october = workflow.open_period(made[2], by=people.office, at=at("2023-10-01 08:30"))
    assert october.progress.filter(assignment__measure__number="13").exists()


def test_owing_again_adds_only_what_is_new(period, plan):
    workflow.owe_progress(period, Assignment.objects.in_force())
    assert period.progress.count() == 31
    extra = Assignment.objects.create(
        measure=Measure.objects.get(number="12"), department=Department.objects.get(name="财务部")
    )
    workflow.owe_progress(period, Assignment.objects.in_force())
    assert period.progress.count() == 32
    assert period.progress.get(assignment=extra).status == "missing"


@pytest.mark.parametrize("month", [1, 2])
def test_no_period_ends_before_the_plan_was_issued(plan, people, at, month):
    """方案 3 月 6 日印发：1、2 月没有要报的；3 月有。"""
    who = {"by": people.office, "at": at("2023-03-08 09:00"), "last_month": 4, "due_day": 25}
    with pytest.raises(workflow.Refused, match="方案2023年3月6日印发，这以前的月份没有要报的。请从3月建起。"):
        workflow.plan_periods(plan, **who, first_month=month)
    assert not ReportingPeriod.objects.exists()
    assert len(workflow.plan_periods(plan, **who, first_month=3)) == 2


def test_opening_is_undone_while_nobody_has_written(period, people, at):
    back = workflow.unopen_period(period, by=people.office, at=at("2023-09-01 09:00"))
    assert (back.status, back.opened_at, back.progress.count()) == ("planned", None, 0)
    again = workflow.open_period(back, by=people.office, at=at("2023-09-02 09:00"))
    assert again.progress.count() == 31


def test_opening_is_not_undone_once_somebody_has_written(period, report, people, at):
    workflow.save_progress(
        report("12", HALL), by=people.reporter(HALL), at=at("2023-09-01 09:00"), version=0, content={"text": "写了"}
    )
    with pytest.raises(workflow.Refused, match="已有 1 项次动笔或报送"):
        workflow.unopen_period(period, by=people.office, at=at("2023-09-01 10:00"))
    assert period.progress.count() == 31


def test_a_period_that_was_closed_or_has_a_light_is_not_unopened(period, twelve, people, at):
    who = {"by": people.office, "at": at("2023-09-01 10:00")}
    workflow.set_light(twelve, period, **who, level="red", reason="督办")
    with pytest.raises(workflow.Refused, match="这一期已定过灯。"):
        workflow.unopen_period(period, **who)
    workflow.close_period(period, **who)
    workflow.reopen_period(period, **who, reason="补报")
    with pytest.raises(workflow.Refused, match="关闭过，数字已定"):
        workflow.unopen_period(period, **who)


def test_only_a_period_never_opened_can_be_removed(plan, people, at):
    who = {"by": people.office, "at": at("2023-09-01 10:00")}
    nine, ten = workflow.plan_periods(plan, **who, first_month=9, last_month=10, due_day=25)
    workflow.remove_period(ten, **who)
    assert list(plan.periods.all()) == [nine]
    assert Event.objects.get(action="period_remove").note == "2023年10月"
    workflow.unopen_period(workflow.open_period(nine, **who), **who)
    with pytest.raises(workflow.Refused, match="开放过，操作记录里有它，不能删"):
        workflow.remove_period(nine, **who)


def test_a_period_is_opened_only_once(period, people, at):
    with pytest.raises(workflow.Refused, match="报送中"):
        workflow.open_period(period, by=people.office, at=at("2023-09-02 08:30"))
    assert period.progress.count() == 31


def test_closing_is_refused_while_reports_wait(period, submitted, people, at):
    rows = [submitted("12", HALL, percent=75), submitted("15", "财务部", percent=60)]
    when = {"by": people.office, "at": at("2023-09-30 17:00")}
    with pytest.raises(workflow.Refused, match="还有 2 条待审核，请先审核再关闭。"):
        workflow.close_period(period, **when)
    workflow.approve_progress(rows[0], **when)
    with pytest.raises(workflow.Refused, match="还有 1 条待审核"):
        workflow.close_period(period, **when)
    workflow.return_progress(rows[1], **when, reason="补充")
    closed = workflow.close_period(period, **when)
    assert (closed.status, closed.closed_at) == ("closed", when["at"])


def test_extending_keeps_the_original_due_date(period, people, at):
    who = {"by": people.office, "at": at("2023-09-24 16:00"), "reason": "防汛值守"}
    workflow.extend_period(period, **who, due_on=dt.date(2023, 9, 27))
    again = workflow.extend_period(period, **who, due_on=dt.date(2023, 9, 28))
    assert (again.due_on, again.original_due_on) == (dt.date(2023, 9, 28), dt.date(2023, 9, 25))
    events = Event.objects.filter(action="period_extend").order_by("pk")
    assert [e.data for e in events] == [
        {"from": "2023-09-25", "to": "2023-09-27"},
        {"from": "2023-09-27", "to": "2023-09-28"},
    ]


@pytest.mark.parametrize("day", [24, 25])
def test_a_due_date_is_only_moved_later(period, people, at, day):
    with pytest.raises(workflow.Refused, match="新的截止日须晚于现在的2023年9月25日。"):
        workflow.extend_period(
            period, by=people.office, at=at("2023-09-24 16:00"), due_on=dt.date(2023, 9, day), reason="提前"
        )


@pytest.mark.parametrize("reason", ["", " \n"])
def test_extending_and_reopening_need_a_reason(period, people, at, reason):
    who = {"by": people.office, "at": at("2023-09-30 17:00")}
    with pytest.raises(workflow.Refused, match="延长截止日必须写明理由。"):
        workflow.extend_period(period, **who, due_on=dt.date(2023, 9, 28), reason=reason)
    workflow.close_period(period, **who)
    with pytest.raises(workflow.Refused, match="重新开放必须写明理由。"):
        workflow.reopen_period(period, **who, reason=reason)
    period.refresh_from_db()
    assert (period.status, period.due_on) == ("closed", dt.date(2023, 9, 25))


def test_a_reopened_period_takes_reports_again(period, report, people, at):
    workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    again = workflow.reopen_period(period, by=people.office, at=at("2023-10-02 09:00"), reason="财务部漏报")
    assert (again.status, again.closed_at, again.opened_at) == ("open", None, at("2023-09-01 08:30"))
    assert Event.objects.get(action="period_reopen").note == "财务部漏报"
    assert again.progress.count() == 31
    assert write(report("12", HALL), people, at, "2023-10-02 10:00").is_late


# ── 十、核定、定灯、签收 ──────────────────────────────────


def test_settling_logs_what_was_before_and_after(plan, people, at):
    eight, hall = Measure.objects.get(number="8"), Department.objects.get(name=HALL)
    target = eight.targets.order_by("order").first()
    fields = {"kind": "milestone", "start_on": None, "due_on": dt.date(2023, 12, 31), "summary_department": hall}
    done = workflow.settle_measure(
        eight, by=people.office, at=at("2023-03-09 09:00"), fields=fields, target_owners={target: hall}
    )
    done.refresh_from_db()
    assert (done.kind, done.due_on, done.summary_department, done.kind_is_confirmed) == (
        "milestone",
        dt.date(2023, 12, 31),
        hall,
        True,
    )
    target.refresh_from_db()
    assert target.department == hall
    event = Event.objects.get(action="measure_settle")
    assert event.data == {
        "kind": ["indicator", "milestone"],
        "due_on": ["", "2023-12-31"],
        "summary_department": ["", HALL],
        target.name: ["", HALL],
    }
    assert "完成时限：空→2023年12月31日" in event.note
    assert "类型：指标类→节点类" in event.note, "写给人看的，不是代码里的字"
    assert f"汇总部室：空→{HALL}" in event.note


def test_settling_the_same_again_logs_no_change(plan, people, at):
    one = Measure.objects.get(number="1")
    fields = {"kind": one.kind, "start_on": one.start_on, "due_on": one.due_on, "summary_department": None}
    workflow.settle_measure(one, by=people.office, at=at("2023-03-09 09:00"), fields=fields)
    assert Event.objects.get(action="measure_settle").data == {}


@pytest.fixture
def twelve(plan):
    return Measure.objects.get(number="12")


def test_a_manual_light_replaces_the_computed_one_for_this_period(twelve, period, people, at):
    who = {"by": people.office, "at": at("2023-09-21 17:00")}
    made = workflow.set_light(twelve, period, **who, level="yellow", reason=" 手续未办完 ")
    assert (made.reason, made.set_by, made.set_at) == ("手续未办完", people.office, who["at"])
    ledger = Ledger(twelve.plan, period, dt.date(2023, 9, 22))
    [line] = [line for line in ledger.lines if line.measure == twelve]
    assert (line.light.level, line.light.reason, line.light.is_manual) == ("yellow", "手续未办完", True)
    workflow.lift_light(twelve, period, **who)
    ledger = Ledger(twelve.plan, period, dt.date(2023, 9, 22))
    [line] = [line for line in ledger.lines if line.measure == twelve]
    assert not line.light.is_manual


def test_setting_again_replaces_and_keeps_the_old_one(twelve, period, people, at):
    workflow.set_light(twelve, period, by=people.office, at=at("2023-09-21 17:00"), level="yellow", reason="一")
    workflow.set_light(twelve, period, by=people.office, at=at("2023-09-21 18:00"), level="red", reason="二")
    rows = ManualLight.objects.order_by("pk").values_list("level", "lifted_at")
    assert list(rows) == [("yellow", at("2023-09-21 18:00")), ("red", None)]
    assert Event.objects.filter(action="light_set").count() == 2


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_manual_light_needs_a_reason(twelve, period, people, at, reason):
    with pytest.raises(workflow.Refused, match="定灯必须写明理由。"):
        workflow.set_light(twelve, period, by=people.office, at=at("2023-09-21 17:00"), level="red", reason=reason)
    assert not ManualLight.objects.exists()


def test_lifting_what_was_not_set_is_refused(twelve, period, people, at):
    with pytest.raises(workflow.Refused, match="这一期没有定灯，不用取消。"):
        workflow.lift_light(twelve, period, by=people.office, at=at("2023-09-21 17:00"))


def test_lights_of_a_closed_period_are_fixed(twelve, period, people, at):
    who = {"by": people.office, "at": at("2023-09-30 17:00")}
    workflow.set_light(twelve, period, **who, level="red", reason="手续")
    closed = workflow.close_period(period, **who)
    for call in (
        lambda: workflow.set_light(twelve, closed, **who, level="green", reason="好了"),
        lambda: workflow.lift_light(twelve, closed, **who),
    ):
        with pytest.raises(workflow.Refused, match="2023年9月已经关闭，灯不再改动"):
            call()
    assert ManualLight.objects.filter(lifted_at=None, level="red").exists()


@pytest.mark.parametrize("role", ["本部室", "领导", "管理员", "未登录"])
def test_only_the_office_settles_measures_and_sets_lights(twelve, period, users, at, role):
    who = {"by": users[role], "at": at("2023-09-21 17:00")}
    for call in (
        lambda: workflow.settle_measure(twelve, **who, fields={}),
        lambda: workflow.set_light(twelve, period, **who, level="red", reason="手续"),
        lambda: workflow.lift_light(twelve, period, **who),
        lambda: workflow.plan_periods(twelve.plan, **who, first_month=3, last_month=4, due_day=25),
    ):
        with pytest.raises(PermissionDenied):
            call()


def test_a_department_signs_a_revision_once(plan, people, at):
    for n, when in ((1, "2023-09-21 09:00"), (2, "2023-09-21 10:00")):
        receipt = workflow.sign_receipt(plan.revision, by=people.reporter(HALL, n), at=at(when))
    assert (receipt.signed_by, receipt.signed_at) == (people.reporter(HALL, 1), at("2023-09-21 09:00"))
    assert Receipt.objects.count() == 1
    assert Event.objects.filter(action="plan_sign").count() == 1


@pytest.mark.parametrize("role", ["办公室", "领导", "管理员", "未登录"])
def test_only_departments_sign(plan, users, at, role):
    with pytest.raises(PermissionDenied):
        workflow.sign_receipt(plan.revision, by=users[role], at=at("2023-09-21 09:00"))
