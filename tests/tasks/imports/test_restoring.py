"""修订与办公室核定、名单改动、退出又回来的举措：核定的不丢，改了名的认得，回来的接着原来的编号。"""

import datetime as dt

import pytest

from departments.models import Department, Leader
from tasks import workflow
from tasks.imports import applying, drafts
from tasks.models import Assignment, Measure, MeasureLeader, Progress
from tasks.pages import revision as revision_pages
from tests.tasks.imports.samples import SEED_TEXT
from tests.tasks.ledgers import edited, exported

pytestmark = pytest.mark.django_db
NUMBER, TITLE, TEXT, LEADERS, DEPARTMENTS, DEADLINE, KIND = range(7)


@pytest.fixture
def draft(plan, people, at):
    """用台账改出一份草稿：draft(改法, 时刻)。"""

    def make(change, when="2023-09-22 09:00"):
        data = edited(exported(plan, people.admin, "csv"), "csv", change)
        return applying.draft(plan, data, "修订.csv", by=people.admin, at=at(when))

    return make


@pytest.fixture
def apply(draft, people, at):
    def run(change, when="2023-09-22 09:00"):
        return applying.apply_revision(draft(change, when), by=people.admin, at=at(when), removals_checked=True)

    return run


@pytest.fixture
def undo(plan, people, at):
    return lambda: applying.revert_revision(plan.revision, by=people.admin, at=at("2023-09-22 11:00"))


@pytest.fixture
def settle(people, at):
    """办公室核定：settle("18", due_on=…)。"""

    def run(number, **fields):
        measure, who = (
            Measure.objects.in_force().get(number=number),
            {"by": people.office, "at": at("2023-09-22 08:00")},
        )
        return workflow.settle_measure(measure, **who, fields=fields, reason="照会议纪要")

    return run


def setting(number, column, value):
    """改法：某一项的某一列改成这个值。"""

    def change(rows):
        for row in rows:
            if row[NUMBER] == number:
                row[column] = value
        return rows

    return change


def without(*numbers):
    return lambda rows: [row for row in rows if row[NUMBER] not in numbers]


def measure(number):
    return Measure.objects.in_force().get(number=number)


# ── 名单改了名（编号并存） ────────────────────────────────


def test_a_snapshot_keeps_the_ids_beside_the_names(plan):
    row = plan.revision.rows[7]
    assert [Department.objects.get(pk=pk).name for pk in row["department_ids"]] == row["departments"]
    assert [Leader.objects.get(pk=pk).name for pk in row["leader_ids"]] == row["leaders"]


def test_undo_after_a_department_and_a_leader_were_renamed_brings_back_the_same_ones(plan, apply, undo):
    apply(setting("18", DEPARTMENTS, "招商引资部"))
    Department.objects.filter(name="经济发展部").update(name="经济运行部")
    Leader.objects.filter(name="陈向东").update(name="陈东")
    undo()
    found = Assignment.objects.in_force().get(measure__number="18")
    assert found.department.name == "经济运行部"
    assert [link.leader.name for link in MeasureLeader.objects.filter(measure__number="18")] == ["陈东"]


def test_a_draft_made_before_a_rename_still_means_the_same_department(draft, people, at):
    made = draft(setting("18", DEPARTMENTS, "招商引资部"))
    Department.objects.filter(name="招商引资部").update(name="招商服务部")
    applying.apply_revision(made, by=people.admin, at=at("2023-09-22 10:00"))
    assert Assignment.objects.in_force().get(measure__number="18").department.name == "招商服务部"


def test_an_old_draft_without_ids_finds_the_department_by_its_alias(draft, people, at):
    made = draft(setting("18", DEPARTMENTS, "招商引资部"))
    del made.diff["ids"]
    made.save()
    room = Department.objects.get(name="招商引资部")
    Department.objects.filter(pk=room.pk).update(name="招商服务部", full_name="")
    with pytest.raises(workflow.Refused, match="名单已改，请重新比较"):
        applying.apply_revision(made, by=people.admin, at=at("2023-09-22 10:00"))
    room.aliases.create(name="招商引资部")
    applying.apply_revision(made, by=people.admin, at=at("2023-09-22 10:00"))
    assert Assignment.objects.in_force().get(measure__number="18").department == room


def test_a_name_that_is_gone_refuses_the_undo_in_words(plan, apply, undo):
    apply(setting("18", LEADERS, "李华斌"))
    first = plan.revisions.get(number=1)
    for row in first.rows:
        if row["number"] == "18":
            row["leaders"], row["leader_ids"] = ["不在了的人"], [999_999]
    first.save()
    with pytest.raises(workflow.Refused, match="名单已改，请重新比较"):
        undo()


def test_a_rename_is_not_a_difference_between_two_revisions(plan, apply):
    second = apply(setting("3", LEADERS, "李华斌"))
    Department.objects.filter(name="经济发展部").update(name="经济运行部")
    changed = revision_pages.between(plan.revisions.get(number=1), second).of_kind("changed")
    assert [c.new.number for c in changed] == ["3"]


def test_between_two_revisions_what_came_back_is_not_called_new(plan, apply, undo):
    """第 19 项退出又恢复：与退出的那一版比是“恢复列入”，与最初的比没有变化。"""
    second = apply(without("19"))
    third = undo()
    assert [c.new.number for c in revision_pages.between(second, third).of_kind("revived")] == ["19"]
    assert revision_pages.between(second, third).of_kind("new") == []
    assert revision_pages.between(plan.revisions.get(number=1), third).of_kind("revived") == []


# ── 办公室核定的不丢 ──────────────────────────────────────


def test_an_import_that_leaves_the_deadline_alone_never_touches_the_date(apply, settle):
    settle("18", due_on=dt.date(2023, 10, 15))
    apply(setting("18", LEADERS, "李华斌"))
    assert measure("18").due_on == dt.date(2023, 10, 15)


def test_the_preview_shows_the_date_in_force_and_the_extension_under_confirmations(
    draft, settle, people, at, submitted
):
    settle("18", due_on=dt.date(2023, 10, 15), kind="routine")
    workflow.approve_progress(submitted("18", "经济发展部"), by=people.office, at=at("2023-09-21 09:00"))
    part = Assignment.objects.get(measure__number="18")
    workflow.request_extension(
        part,
        by=people.reporter("经济发展部"),
        at=at("2023-09-22 08:30"),
        new_due_on=dt.date(2023, 11, 30),
        reason="展会改期",
    )
    made = draft(setting("18", DEADLINE, "2023.9.15"))
    comparison = applying.comparison_of(made)
    (change,) = comparison.of_kind("changed")
    (field,) = change.fields
    assert field.old == "（文件未规定）办公室核定2023年10月15日"
    assert field.new == "2023.9.15 → 按2023年9月15日"
    said = comparison.confirms
    assert any(
        "第18项完成时限：现行（文件未规定）办公室核定2023年10月15日；经济发展部申请延至2023年11月30日，待批" in text
        for text in said
    )
    assert "第18项时限2023年9月15日已过 7 天。" in said
    assert any(text.startswith("第18项生效后判红灯") for text in said)


def test_undo_restores_the_date_and_kind_that_were_in_force(plan, apply, undo, settle):
    settle("18", due_on=dt.date(2023, 10, 15), kind="milestone")

    def both(rows):
        return setting("18", KIND, "常态类")(setting("18", DEADLINE, "2023.9.15")(rows))

    apply(both)
    assert (measure("18").due_on, measure("18").kind) == (dt.date(2023, 9, 15), "routine")
    assert not measure("18").kind_is_confirmed
    undo()
    found = measure("18")
    assert (found.deadline, found.due_on, found.kind) == ("", dt.date(2023, 10, 15), "milestone")
    assert found.kind_is_confirmed
    undo()
    assert (measure("18").due_on, measure("18").kind) == (dt.date(2023, 9, 15), "routine")


def test_what_the_office_settled_after_the_revision_is_kept_by_the_undo(apply, undo, settle):
    settle("18", due_on=dt.date(2023, 10, 15))
    apply(setting("18", DEADLINE, "2023.9.15"))
    settle("18", due_on=dt.date(2023, 12, 1))
    settle("3", due_on=dt.date(2023, 11, 1), kind="milestone")
    undo()
    assert measure("18").due_on == dt.date(2023, 12, 1)
    assert (measure("3").due_on, measure("3").kind) == (dt.date(2023, 11, 1), "milestone")


def test_a_file_that_blanks_the_deadline_again_returns_to_the_date_of_the_office(draft, apply, settle, people, at):
    settle("18", due_on=dt.date(2023, 10, 15))
    apply(setting("18", DEADLINE, "2023.9.15"))
    made = draft(setting("18", DEADLINE, ""))
    (field,) = applying.comparison_of(made).of_kind("changed")[0].fields
    assert field.new == "（文件未规定）办公室核定2023年10月15日"
    applying.apply_revision(made, by=people.admin, at=at("2023-09-22 10:00"))
    assert measure("18").due_on == dt.date(2023, 10, 15)


def test_of_two_dates_the_office_settled_the_later_one_comes_back(apply, settle):
    settle("18", due_on=dt.date(2023, 10, 15))
    apply(setting("18", DEADLINE, "2023.9.15"))
    apply(setting("18", DEADLINE, ""))
    settle("18", due_on=dt.date(2023, 12, 1))
    apply(setting("18", DEADLINE, "2023.9.20"))
    apply(setting("18", DEADLINE, ""))
    assert measure("18").due_on == dt.date(2023, 12, 1)


# ── 退出又回来 ────────────────────────────────────────────


def test_a_measure_that_comes_back_is_the_old_one_with_its_history(plan, draft, apply, settle, submitted, people, at):
    settle("19", kind="milestone", due_on=dt.date(2023, 11, 30))
    report = submitted("19", "科技创新部", percent=48)
    old = measure("19")
    apply(without("19"))
    made = applying.draft(plan, SEED_TEXT.encode(), "plan.txt", by=people.admin, at=at("2023-09-22 10:00"))
    (change,) = applying.comparison_of(made).of_kind("revived")
    assert (change.id, change.label, change.note) == (old.pk, "恢复列入", "第 2 版退出，已有 1 期进展")
    assert made.diff["counts"]["added"] == 0 and made.diff["counts"]["revived"] == 1
    applying.apply_revision(made, by=people.admin, at=at("2023-09-22 10:00"))
    back = measure("19")
    assert back == old and back.retired_in is None
    assert (back.kind, back.kind_is_confirmed, back.due_on) == ("milestone", True, dt.date(2023, 11, 30))
    assert Progress.objects.in_force().get(assignment__measure=back).pk == report.pk
    assert Assignment.objects.in_force().filter(measure=back).count() == 1


def test_the_whole_file_after_an_incomplete_one_revives_every_measure(plan, apply, people, at):
    before = {m.number: m.pk for m in Measure.objects.all()}
    apply(without(*(str(n) for n in range(6, 22))))
    made = applying.draft(plan, SEED_TEXT.encode(), "plan.txt", by=people.admin, at=at("2023-09-22 10:00"))
    assert made.diff["counts"]["revived"] == 16 and made.diff["counts"]["added"] == 0
    assert not made.diff["many_removed"]
    applying.apply_revision(made, by=people.admin, at=at("2023-09-22 10:00"))
    assert {m.number: m.pk for m in Measure.objects.in_force()} == before


def test_a_return_that_is_not_certain_asks(draft, apply):
    apply(without("19"))

    def renamed(rows):
        return [
            *rows,
            [
                "19",
                "加快平台建设",
                "加快平台建设。提升园区承载能力，完善产业生态。推进大连理工大学精细化工国家重点实验室交城创新中心的建立，支持新型研发机构、创新联合体等平台建设，积极培育创新平台建设工作。",
                "陈向东",
                "科技创新部",
                *rows[0][5:],
            ],
        ]

    comparison = applying.comparison_of(draft(renamed))
    (change,) = comparison.of_kind("revived")
    assert any("按恢复以前退出的第19项“加快服务平台建设”处理" in text for text in comparison.confirms)
    assert change.old.title == "加快服务平台建设"


def test_the_same_title_with_another_text_asks_and_an_unknown_one_is_new(draft, apply):
    apply(without("19"))

    def two(rows):
        more = rows[0][5:]
        same = ["19", "加快服务平台建设", "加快服务平台建设。每年办一次展会。", "陈向东", "科技创新部", *more]
        new = ["22", "完全另一件事", "完全另一件事。修路。", "陈向东", "科技创新部", *more]
        return [*rows, same, new]

    comparison = applying.comparison_of(draft(two))
    assert [c.new.number for c in comparison.of_kind("revived")] == ["19"]
    assert [c.new.number for c in comparison.of_kind("added")] == ["22"]
    assert any("名称相同而原文大不相同" in text for text in comparison.confirms)


# ── 回到更早的一版 ────────────────────────────────────────


def test_any_older_revision_can_be_restored_through_a_draft(plan, apply, people, at, submitted):
    report = submitted("19", "科技创新部", percent=48)
    before = applying.snapshot(plan)
    apply(without("19"), "2023-09-22 09:00")
    apply(setting("3", LEADERS, "李华斌"), "2023-09-22 09:10")
    first = plan.revisions.get(number=1)
    made = drafts.draft_restore(first, by=people.admin, at=at("2023-09-22 10:00"))
    counts = made.diff["counts"]
    assert (made.status, counts["revived"], counts["changed"], counts["same"]) == ("draft", 1, 1, 19)
    assert made.note == "恢复为第 1 版的内容"
    done = applying.apply_revision(made, by=people.admin, at=at("2023-09-22 10:10"))
    assert done.number == 4 and applying.snapshot(plan) == before
    assert Progress.objects.in_force().get(pk=report.pk).assignment.measure.number == "19"


def test_restoring_brings_back_the_settled_date_and_its_confirmation(plan, apply, settle, people, at):
    settle("18", due_on=dt.date(2023, 10, 15), kind="milestone")
    apply(setting("18", DEADLINE, "2023.9.15"), "2023-09-22 09:00")
    apply(setting("18", KIND, "常态类"), "2023-09-22 09:10")
    made = drafts.draft_restore(plan.revisions.get(number=1), by=people.admin, at=at("2023-09-22 10:00"))
    applying.apply_revision(made, by=people.admin, at=at("2023-09-22 10:10"))
    found = measure("18")
    assert (found.due_on, found.kind, found.kind_is_confirmed) == (dt.date(2023, 10, 15), "milestone", True)


def test_restoring_the_current_or_an_equal_revision_is_refused(plan, apply, undo, people, at):
    apply(setting("3", LEADERS, "李华斌"))
    undo()
    for number in (3, 1):
        with pytest.raises(workflow.Refused, match="相同|现行版"):
            drafts.draft_restore(plan.revisions.get(number=number), by=people.admin, at=at("2023-09-22 12:00"))
