"""通报的流程：状态 × 动作 × 角色；草稿随便改，印发即定稿；文号连续；更正另起一份。"""

import datetime as dt
import io
import json
import zipfile
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from departments.models import Leader, Organisation
from tasks import workflow
from tasks.figures.snapshot import collect
from tasks.models import Circular, CircularRows, Event
from tasks.pages import circular as circular_pages
from tasks.papers import circular as writing
from tasks.papers.circular import word, workbook
from tasks.rules import evidence
from tasks.workflow.circular import digest
from tests.tasks.expectations import is_a_chinese_sentence, nobody, outcome, read
from tests.tasks.notices import correction, draft, edited, issue, issued, section
from tests.world import upload

pytestmark = pytest.mark.django_db
C = Circular.Status

# 可：能做；拒：现在不能做（说明原因）；禁：不是你的事。
TABLE = read(
    """
    对象     动作              状态       本部室 别部室 办公室 领导 管理员 未登录
    circular save_circular     draft      禁     禁     可     禁   禁     禁
    circular save_circular     issued     禁     禁     拒     禁   禁     禁
    circular save_circular     discarded  禁     禁     拒     禁   禁     禁
    circular refill_circular   draft      禁     禁     可     禁   禁     禁
    circular refill_circular   issued     禁     禁     拒     禁   禁     禁
    circular refill_circular   discarded  禁     禁     拒     禁   禁     禁
    circular issue_circular    draft      禁     禁     可     禁   禁     禁
    circular issue_circular    issued     禁     禁     拒     禁   禁     禁
    circular issue_circular    discarded  禁     禁     拒     禁   禁     禁
    circular discard_circular  draft      禁     禁     可     禁   禁     禁
    circular discard_circular  issued     禁     禁     拒     禁   禁     禁
    circular discard_circular  discarded  禁     禁     拒     禁   禁     禁
    circular correct_circular  draft      禁     禁     拒     禁   禁     禁
    circular correct_circular  issued     禁     禁     可     禁   禁     禁
    circular correct_circular  discarded  禁     禁     拒     禁   禁     禁
    circular check_circular    draft      禁     禁     可     禁   禁     禁
    circular check_circular    issued     禁     禁     拒     禁   禁     禁
    circular check_circular    discarded  禁     禁     拒     禁   禁     禁
    circular sign_circular     draft      禁     禁     可     禁   禁     禁
    circular sign_circular     issued     禁     禁     拒     禁   禁     禁
    circular sign_circular     discarded  禁     禁     拒     禁   禁     禁
    circular scan_circular     draft      禁     禁     拒     禁   禁     禁
    circular scan_circular     issued     禁     禁     可     禁   禁     禁
    circular scan_circular     discarded  禁     禁     拒     禁   禁     禁
    """
)
EVENTS = {
    "draft_circular": ["circular_draft"],
    "save_circular": ["circular_save"],
    "refill_circular": ["circular_refill"],
    "issue_circular": ["circular_issue"],
    "discard_circular": ["circular_discard"],
    "correct_circular": ["circular_correct"],
    "check_circular": ["circular_check"],
    "sign_circular": ["circular_sign"],
    "scan_circular": ["circular_scan"],
}


def save(item, *, by, at, **texts):
    texts = texts or {"next": "请各部室抓紧。"}
    return workflow.save_circular(
        item, by=by, at=at, version=item.version, title=item.title, content=edited(item, **texts)
    )


def refill(item, *, by, at, keys=("overall",), **texts):
    now = collect(item.plan, item.period, at.date(), first=item.first_period, taken_at=at)
    return workflow.refill_circular(
        item, by=by, at=at, version=item.version, title=item.title, content=edited(item, **texts), figures=now,
        sections=writing.write(item.kind, now), keys=keys,
    )  # fmt: skip


def issue_as(item, *, by, at):
    return workflow.issue_circular(item, by=by, at=at, version=item.version)


def check(item, *, by, at):
    return workflow.check_circular(item, by=by, at=at, version=item.version)


def sign(item, *, by, at, day=20, **more):
    leader, version = Leader.objects.get(name="李华斌"), more.pop("version", item.version)
    on = dt.date(2023, 9, day)
    return workflow.sign_circular(item, by=by, at=at, version=version, leader=leader, signed_on=on, **more)


def scan(item, *, by, at):
    return workflow.scan_circular(item, by=by, at=at, uploads=[evidence.check(upload("盖章件.pdf"))])


def discard(item, *, by, at):
    return workflow.discard_circular(item, by=by, at=at, version=item.version)


CALLS = {
    "check_circular": check,
    "sign_circular": sign,
    "scan_circular": scan,
    "save_circular": save,
    "refill_circular": refill,
    "issue_circular": issue_as,
    "discard_circular": discard,
    "correct_circular": partial(
        workflow.correct_circular,
        reason="数字有误",
        title="更正",
        sections=[{"key": "next", "heading": "", "text": "改。"}],
    ),
}


@pytest.fixture
def users(people, plan):
    return {
        "本部室": people.reporter("审批中心"), "别部室": people.reporter("财务部"), "办公室": people.office,
        "领导": people.leader("李华斌"), "管理员": people.admin, "未登录": nobody(),
    }  # fmt: skip


@pytest.mark.parametrize("status", C.values)
def test_each_role_can_do_what_the_table_says(plan, period, people, users, at, status):
    made = draft(plan, people, at)
    if status == C.ISSUED:
        made = issue(made, people, at)
    if status == C.DISCARDED:
        made = discard(made, by=people.office, at=at("2023-09-22 13:00"))
    found = {
        (kind, action, s): {
            role: outcome(CALLS[action], made, user, at("2023-09-22 14:00")) for role, user in users.items()
        }
        for kind, action, s in TABLE
        if s == status
    }
    assert found == {key: cells for key, cells in TABLE.items() if key[2] == status}


# ── 长的各串另放 ──────────────────────────────────────────


@pytest.fixture
def short_stretch(monkeypatch):
    """两条就算长：二十一项的方案也另放。"""
    monkeypatch.setattr("tasks.models.circular.STRETCH", 2)


def seen(made) -> dict:
    """连同另放的，读全了的数字。"""
    return json.loads(json.dumps(Circular.objects.get(pk=made.pk).numbers, default=list))


def test_long_figures_are_kept_apart_and_read_as_if_they_were_not(plan, period, people, at, short_stretch):
    made, now = draft(plan, people, at), at("2023-09-22 12:00")
    row, taken = Circular.objects.get(pk=made.pk), collect(plan, period, now.date(), taken_at=now)
    assert seen(made) | {"taken_at": ""} == taken | {"taken_at": ""}
    assert (row.figures["lines"], row.figures["counts"]["owed"]["rows"]) == (21, 31)
    lines = row.numbers["lines"]
    assert (len(lines), lines[20], lines[-1]) == (21, taken["lines"][20], taken["lines"][20])
    assert [lines[a:b] for a, b in ((0, 2), (1, 4), (3, 99), (30, 40))] == [
        taken["lines"][a:b] for a, b in ((0, 2), (1, 4), (3, 99), (30, 40))
    ]


def test_a_page_reads_only_the_stretch_it_shows(plan, period, people, at, short_stretch, django_assert_num_queries):
    counts = Circular.objects.get(pk=draft(plan, people, at).pk).numbers["counts"]
    with django_assert_num_queries(1):
        assert [len(counts[key]["rows"][:2]) for key in ("measures", "owed", "missing")] == [2, 2, 2]
    with django_assert_num_queries(1):
        assert [len(counts["owed"]["rows"][a : a + 2]) for a in (4, 8)] == [2, 2]


def test_papers_of_long_figures_are_the_same(plan, period, people, at, short_stretch):
    apart = Circular.objects.get(pk=draft(plan, people, at).pk)
    whole = Circular(**{f.attname: getattr(apart, f.attname) for f in Circular._meta.concrete_fields})
    whole.pk, whole.figures = None, seen(apart)
    read = lambda build: [zipped(build(each)) for each in (apart, whole)]  # noqa: E731
    for build in (word.build, workbook.build):
        one, other = read(build)
        assert one == other


def zipped(content: bytes) -> dict[str, bytes]:
    """压缩包里的各份；写着此刻的那一份不比。"""
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        return {name: found.read(name) for name in found.namelist() if name != "docProps/core.xml"}


def test_refilling_replaces_and_correcting_copies_what_is_kept_apart(plan, period, people, at, short_stretch):
    made = draft(plan, people, at)
    before = CircularRows.objects.count()
    made = refill(made, by=people.office, at=at("2023-09-22 14:00"))
    assert CircularRows.objects.count() == before > 0
    sent = issue(made, people, at)
    frozen = seen(sent)
    assert digest(Circular.objects.get(pk=sent.pk)) == Event.objects.get(action="circular_issue").data["sha256"]
    copy = correction(sent, people, at)
    assert seen(copy) == {key: value for key, value in frozen.items() if key != "letterhead"}
    refill(copy, by=people.office, at=at("2023-09-23 14:00"))
    assert seen(sent) == frozen
    CircularRows.objects.filter(circular=sent, start=0).update(packed=b"")
    assert digest(Circular.objects.get(pk=sent.pk)) != Event.objects.get(action="circular_issue").data["sha256"]


def test_rows_gone_while_they_were_read_say_the_draft_was_refilled(plan, period, people, at, short_stretch):
    """翻到一半，同事重取了数字：说清楚，不是一页出错。"""
    read = draft(plan, people, at).numbers
    CircularRows.objects.all().delete()
    with pytest.raises(workflow.Refused, match="刚被重取，请刷新"):
        list(read["lines"])


# ── 起草 ──────────────────────────────────────────────────


def test_a_draft_is_written_from_the_periods_figures(plan, period, people, at):
    made = draft(plan, people, at)
    assert made.title == "关于2023年9月优化营商环境行动方案推进情况的通报"
    assert [s["key"] for s in made.sections][:3] == ["opening", "overall", "departments"]
    assert made.figures["counts"]["owed"]["n"] == 31
    assert (made.status, made.number, made.document_number, made.short_number) == (C.DRAFT, None, "", "")
    assert Event.objects.get(circular=made).label == "起草通报"


def test_drafting_twice_opens_the_same_draft(plan, period, people, at):
    assert draft(plan, people, at) == draft(plan, people, at)
    assert Circular.objects.count() == 1


def test_each_kind_has_its_own_draft_and_numbers(plan, period, people, at):
    made = [issued(plan, people, at, kind=kind) for kind in ("circular", "report", "bulletin")]
    assert [c.document_number for c in made] == [
        "交开营商办通报〔2023〕1号",
        "交开营商办报告〔2023〕1号",
        "2023年第1期",
    ]


def test_only_the_office_drafts(plan, period, people, at):
    with pytest.raises(PermissionDenied):
        circular_pages.start(
            plan, by=people.admin, at=at("2023-09-22 12:00"), kind="circular", first_period=period, period=period
        )


@pytest.mark.parametrize("kind", ["circular", "report"])
def test_a_period_already_issued_is_corrected_not_drafted_again(plan, period, people, at, kind):
    issued(plan, people, at, kind=kind)
    with pytest.raises(workflow.Refused, match="已经印发（〔2023〕1号）。要改请打开那一份，点“更正”。") as refused:
        draft(plan, people, at, kind=kind)
    is_a_chinese_sentence(str(refused.value))


def test_a_bulletin_can_be_issued_several_times_for_a_period(plan, period, people, at):
    assert [issued(plan, people, at, kind="bulletin").number for _ in range(3)] == [1, 2, 3]


# ── 修改、重取 ────────────────────────────────────────────


def test_editing_keeps_what_was_written_and_marks_what_changed(plan, period, people, at):
    made = save(draft(plan, people, at), by=people.office, at=at("2023-09-22 13:00"), next="请各部室抓紧。")
    assert section(made, "next")["text"] == "请各部室抓紧。"
    assert section(made, "next")["auto"][1] != "请各部室抓紧。"
    assert section(made, "overall")["auto"] == [section(made, "overall")["heading"], section(made, "overall")["text"]]
    assert Event.objects.get(action="circular_save").note == "下步要求"
    assert made.version == 1


def test_saving_without_a_change_writes_nothing(plan, period, people, at):
    made = draft(plan, people, at)
    same = workflow.save_circular(
        made, by=people.office, at=at("2023-09-22 13:00"), version=0, title=made.title, content=edited(made)
    )
    assert (same.version, Event.objects.filter(action="circular_save").count()) == (0, 0)


def test_sections_cannot_be_added_or_removed(plan, period, people, at):
    made = draft(plan, people, at)
    content = {"next": {"heading": "要求", "text": "抓紧。"}, "secret": {"heading": "夹带", "text": "夹带。"}}
    saved = workflow.save_circular(
        made, by=people.office, at=at("2023-09-22 13:00"), version=0, title="标题", content=content
    )
    assert [s["key"] for s in saved.sections] == [s["key"] for s in made.sections]
    assert section(saved, "next")["heading"] == "要求"


def test_an_old_version_conflicts_and_nothing_is_lost(plan, period, people, at):
    made = draft(plan, people, at)
    save(made, by=people.office, at=at("2023-09-22 13:00"), next="先到。")
    with pytest.raises(workflow.Conflict, match="刚才已有人改过这份草稿"):
        save(made, by=people.office_in_hall, at=at("2023-09-22 13:01"), next="后到。")
    assert section(Circular.objects.get(), "next")["text"] == "先到。"
    with pytest.raises(workflow.Conflict):
        issue(made, people, at)


def test_refilling_rewrites_the_chosen_sections_and_keeps_the_others(plan, period, submitted, people, at):
    made = save(
        draft(plan, people, at), by=people.office, at=at("2023-09-22 13:00"), next="请抓紧。", overall="改过的总体。"
    )
    submitted("12", "审批中心", percent=75)
    now = refill(
        made, by=people.office, at=at("2023-09-22 14:00"), keys=["overall"], next="请更抓紧。", overall="改过的总体。"
    )
    assert now.figures["counts"]["reported"]["n"] == 1
    assert "已报1项次" in section(now, "overall")["text"]
    assert section(now, "next")["text"] == "请更抓紧。"
    assert "已报1项次" not in section(now, "departments")["text"]
    assert "已报1项次" in section(now, "departments")["auto"][1]
    assert Event.objects.get(action="circular_refill").note == "修改：下步要求；重写：总体情况"


# ── 印发 ──────────────────────────────────────────────────


def test_issuing_freezes_figures_text_number_and_date(plan, period, submitted, people, at):
    made = issue(draft(plan, people, at), people, at)
    assert (made.status, made.year, made.number, made.issued_on) == (C.ISSUED, 2023, 1, dt.date(2023, 9, 22))
    assert (made.document_number, made.issued_by) == ("交开营商办通报〔2023〕1号", people.office)
    assert all(set(s) == {"key", "heading", "text"} for s in made.sections)
    event = Event.objects.get(action="circular_issue")
    assert event.is_public
    assert event.note.startswith("交开营商办通报〔2023〕1号《关于2023年9月")
    assert event.data["sha256"] == digest(Circular.objects.get())
    before = Circular.objects.values("title", "sections", "figures", "number", "issued_on").get()
    workflow.approve_progress(submitted("12", "审批中心", percent=75), by=people.office, at=at("2023-09-23 10:00"))
    workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    assert Circular.objects.values("title", "sections", "figures", "number", "issued_on").get() == before


def test_the_letterhead_of_an_issued_paper_does_not_follow_the_settings(plan, period, people, at):
    made = issued(plan, people, at)
    Organisation.objects.update(code_circular="交营办字")
    made.refresh_from_db()
    assert made.document_number == "交开营商办通报〔2023〕1号"


def test_nothing_empty_is_issued(plan, period, people, at):
    made = save(draft(plan, people, at), by=people.office, at=at("2023-09-22 13:00"), problems="  ")
    with pytest.raises(workflow.Refused, match="“问题台账”没有内容，没有的请写“无”。"):
        issue(made, people, at)
    blank = workflow.save_circular(made, by=people.office, at=at("2023-09-22 13:00"), version=1, title=" ", content={})
    with pytest.raises(workflow.Refused, match="还没有标题。"):
        issue(blank, people, at)


def test_figures_that_moved_after_the_draft_must_be_taken_again_or_said_to_be_kept(plan, period, submitted, people, at):
    made = draft(plan, people, at)
    submitted("12", "审批中心", percent=75)
    with pytest.raises(workflow.Refused, match="数字有变化（.*；已报 0→1 项次") as refused:
        issue(made, people, at)
    is_a_chinese_sentence(str(refused.value))
    done = issue(made, people, at, accept_stale=True)
    assert done.figures["counts"]["reported"]["n"] == 0
    assert "已报 0→1 项次" in Event.objects.get(action="circular_issue").data["moved"]


def test_numbers_run_by_kind_and_business_year_without_gaps(plan, people, at):
    who = {"by": people.office, "at": at("2023-03-01 08:00")}
    for period in workflow.plan_periods(plan, **who, first_month=3, last_month=8, due_day=25):
        workflow.open_period(period, **who)
    made = []
    for month, when in (
        (3, "2023-04-01 09:00"),
        (4, "2023-05-01 09:00"),
        (5, "2024-01-02 00:10"),
        (6, "2024-01-03 09:00"),
    ):
        period = plan.periods.get(slug=f"2023-0{month}")
        thrown = draft(plan, people, at, period, when=when)
        discard(thrown, by=people.office, at=at(when))
        made.append(issued(plan, people, at, period, when=when))
    assert [c.short_number for c in made] == ["〔2023〕1号", "〔2023〕2号", "〔2024〕1号", "〔2024〕2号"]
    report = issued(plan, people, at, plan.periods.get(slug="2023-07"), kind="report", when="2024-01-04 09:00")
    assert report.short_number == "〔2024〕1号"


def test_the_year_is_the_local_one_at_midnight(plan, period, people, at):
    """北京时间 1 月 1 日零点过后，UTC 还在上一年。"""
    assert issued(plan, people, at, when="2024-01-01 00:01").year == 2024


def test_the_database_refuses_the_same_number_twice(plan, period, people, at):
    first = issued(plan, people, at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Circular.objects.create(
            plan=plan, kind=first.kind, first_period=period, period=period, title="冒号", status=C.ISSUED, year=2023, number=1,
            issued_on=first.issued_on, issued_at=first.issued_at, issued_by=people.office, created_by=people.office,
            created_at=first.issued_at,
        )  # fmt: skip


# ── 更正 ──────────────────────────────────────────────────


def test_a_correction_is_a_new_paper_that_names_the_old(plan, period, people, at):
    old = issued(plan, people, at)
    made = correction(old, people, at)
    assert (made.status, made.corrects, made.version) == (C.DRAFT, old, 0)
    first = made.sections[0]
    assert first["text"] == (
        "《关于2023年9月优化营商环境行动方案推进情况的通报》（交开营商办通报〔2023〕1号）"
        "因第10项进度有误予以更正，以本文为准，交开营商办通报〔2023〕1号同时废止。"
    )
    assert made.title == f"{old.title}（更正）"
    assert [s["key"] for s in made.sections[1:]] == [s["key"] for s in old.sections]
    old.refresh_from_db()
    assert old.corrected_by is None
    done = issue(made, people, at)
    old = Circular.objects.get(pk=old.pk)
    assert (done.number, old.corrected_by, old.status) == (2, done, C.ISSUED)
    assert "更正〔2023〕1号" in Event.objects.filter(action="circular_issue").first().note


def test_asking_for_a_correction_twice_opens_the_same_draft(plan, period, people, at):
    old = issued(plan, people, at)
    assert correction(old, people, at) == correction(old, people, at, reason="又一个原因")


def test_a_correction_needs_a_reason(plan, period, people, at):
    old = issued(plan, people, at)
    with pytest.raises(workflow.Refused, match="更正必须写明原因"):
        correction(old, people, at, reason="  ")


def test_a_corrected_paper_is_corrected_through_the_latest(plan, period, people, at):
    old = issued(plan, people, at)
    new = issue(correction(old, people, at), people, at)
    with pytest.raises(workflow.Refused, match="这一份已由〔2023〕2号更正，请更正那一份。"):
        correction(Circular.objects.get(pk=old.pk), people, at)
    third = issue(correction(Circular.objects.get(pk=new.pk), people, at), people, at)
    assert (third.number, [s["key"] for s in third.sections].count("correction")) == (3, 1)
    assert "（更正）》（交开营商办通报〔2023〕2号）因" in third.sections[0]["text"]
    assert third.title == new.title  # “（更正）”只写一次


def test_refilling_a_correction_keeps_its_explanation(plan, period, submitted, people, at):
    made = correction(issued(plan, people, at), people, at)
    submitted("12", "审批中心", percent=75)
    now = refill(made, by=people.office, at=at("2023-09-22 14:00"), keys=[s["key"] for s in made.sections])
    assert now.sections[0] == made.sections[0]
    assert "已报1项次" in section(now, "overall")["text"]


def test_a_discarded_correction_leaves_the_old_one_valid(plan, period, people, at):
    old = issued(plan, people, at)
    discard(correction(old, people, at), by=people.office, at=at("2023-09-22 14:00"))
    assert Circular.objects.get(pk=old.pk).corrected_by is None
    again = correction(Circular.objects.get(pk=old.pk), people, at)
    assert again.status == C.DRAFT


# ── 谁看得到 ──────────────────────────────────────────────


def test_drafts_are_the_offices_and_reports_are_not_for_departments(plan, period, people, users, at):
    papers = {
        "通报草稿": draft(plan, people, at),
        "汇报": issued(plan, people, at, kind="report"),
        "简报": issued(plan, people, at, kind="bulletin"),
    }
    seen = {
        role: {name for name, c in papers.items() if c in Circular.objects.visible_to(user)}
        for role, user in users.items()
    }
    assert seen == {
        "办公室": {"通报草稿", "汇报", "简报"}, "领导": {"汇报", "简报"}, "管理员": {"汇报", "简报"},
        "本部室": {"简报"}, "别部室": {"简报"}, "未登录": set(),
    }  # fmt: skip
