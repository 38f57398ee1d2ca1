"""对外宣传：发布、修改、撤下、重新发布；对外公开页默认关闭、没有人名、没有没发布的、可缓存、不发 cookie。"""

import datetime as dt
import re
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from departments.models import Leader, User
from tasks import workflow
from tasks.figures.ledger import Ledger, lights
from tasks.forms import PublicItemForm
from tasks.models import Event, Measure, Progress, PublicItem
from tasks.pages import publicity as publicity_pages
from tests.tasks.expectations import nobody, outcome, read
from tests.tasks.together import at_the_same_time

pytestmark = pytest.mark.django_db
HALL = "审批中心"
I = PublicItem.Status  # noqa: E741
TABLE = read(
    """
    对象   动作          状态      本部室 别部室 办公室 领导 管理员 未登录
    public revise_item   released  禁     禁     可     禁   禁     禁
    public revise_item   withdrawn 禁     禁     拒     禁   禁     禁
    public withdraw_item released  禁     禁     可     禁   禁     禁
    public withdraw_item withdrawn 禁     禁     拒     禁   禁     禁
    public release_item_again released  禁     禁     拒     禁   禁     禁
    public release_item_again withdrawn 禁     禁     可     禁   禁     禁
    """
)
EVENTS = {
    "release_item": ["public_release"],
    "revise_item": ["public_revise"],
    "withdraw_item": ["public_withdraw"],
    "release_item_again": ["public_release"],
    "switch_public": ["public_switch"],
}
SAID = {"category": "practice", "wording": "半天办结，材料减了三成。"}
CALLS = {
    "revise_item": partial(workflow.revise_item, **SAID),
    "withdraw_item": workflow.withdraw_item,
    "release_item_again": partial(workflow.release_item_again, **SAID),
}


@pytest.fixture
def users(people, plan):
    return {
        "本部室": people.reporter(HALL),
        "别部室": people.reporter("财务部"),
        "办公室": people.office,
        "领导": people.leader("李华斌"),
        "管理员": people.admin,
        "未登录": nobody(),
    }


@pytest.fixture
def approved(submitted, people, at):
    """第 12 项 9 月报送，已通过。原文里写着内部的话。"""
    row = submitted("12", HALL, text="内部：张三负责，电话另附。", percent=70)
    return workflow.approve_progress(row, by=people.office, at=at("2023-09-20 15:00"))


@pytest.fixture
def item(approved, people, at):
    """已发布。"""
    return workflow.release_item(
        approved, by=people.office, at=at("2023-09-21 09:00"), category="news", wording="环评更快了。"
    )


def item_in(status, item, people, at):
    if status == I.WITHDRAWN:
        return workflow.withdraw_item(item, by=people.office, at=at("2023-09-21 10:00"))
    return item


# ── 动词 ──────────────────────────────────────────────────


@pytest.mark.parametrize(("kind", "action", "status"), TABLE)
def test_every_verb_does_refuses_or_forbids_as_written(kind, action, status, users, item, people, at):
    row = item_in(status, item, people, at)
    assert row.status == status
    found = {role: outcome(CALLS[action], row, user, at("2023-09-21 11:00")) for role, user in users.items()}
    assert found == TABLE[kind, action, status]
    for role, user in users.items():
        assert (action in workflow.allowed_actions(user, row)) is (found[role] == "可")


@pytest.mark.parametrize("action", ["revise_item", "withdraw_item", "release_item_again"])
def test_a_verb_writes_its_event_with_the_public_wording(action, item, people, at):
    row = item_in(I.WITHDRAWN if action == "release_item_again" else I.RELEASED, item, people, at)
    known = set(Event.objects.values_list("pk", flat=True))
    CALLS[action](row, by=people.office, at=at("2023-09-21 11:00"))
    [event] = Event.objects.exclude(pk__in=known)
    assert [event.action] == EVENTS[action]
    assert (event.by, event.progress, event.measure.number) == (people.office, item.progress, "12")
    wording = "环评更快了。" if action == "withdraw_item" else SAID["wording"]
    assert wording in event.note
    assert event.data == ({} if action == "withdraw_item" else {"from": "环评更快了。"})
    assert event.is_public is (action != "withdraw_item")


def test_only_an_approved_report_can_be_released_and_only_once(submitted, approved, item, people, at):
    who = {"by": people.office, "at": at("2023-09-21 11:00"), **SAID}
    with pytest.raises(workflow.Refused, match="待审核"):
        workflow.release_item(submitted("11", HALL), **who)
    with pytest.raises(workflow.Refused, match="已经发布过了"):
        workflow.release_item(approved, **who)
    assert PublicItem.objects.count() == 1


@pytest.mark.parametrize("role", ["本部室", "别部室", "领导", "管理员", "未登录"])
def test_nobody_but_the_office_releases(role, users, approved, at):
    with pytest.raises(PermissionDenied):
        workflow.release_item(approved, by=users[role], at=at("2023-09-21 11:00"), **SAID)


@pytest.mark.parametrize("wording", ["", "  \n "])
def test_nothing_is_released_without_its_own_wording(wording, approved, item, people, at):
    who = {"by": people.office, "at": at("2023-09-21 11:00"), "category": "news", "wording": wording}
    for call, row in ((workflow.release_item, approved), (workflow.revise_item, item)):
        with pytest.raises(workflow.Refused, match="请写对外的文字"):
            call(row, **who)


def corrected(row, people, at):
    """更正这条报送，更正稿已通过。"""
    copy = workflow.correct_progress(row, by=people.reporter(HALL), at=at("2023-09-21 12:00"))
    content = {"text": "更正：数字有误。", "stage": "in_progress", "percent": 71}
    copy = workflow.submit_progress(
        copy, by=people.reporter(HALL), at=at("2023-09-21 12:10"), version=copy.version, content=content
    )
    return workflow.approve_progress(copy, by=people.office, at=at("2023-09-21 12:20"))


def test_a_corrected_report_waits_until_the_old_one_is_withdrawn(approved, item, people, at):
    """同一件事不会以新旧两种说法同时公开；旧的撤下后也不能再发布。"""
    copy, who = corrected(approved, people, at), {"by": people.office, "at": at("2023-09-21 13:00")}
    with pytest.raises(workflow.Refused, match="请先撤下那一条"):
        workflow.release_item(copy, **who, **SAID)
    workflow.withdraw_item(item, **who)
    assert workflow.release_item(copy, **who, **SAID).status == I.RELEASED
    with pytest.raises(workflow.Refused, match="请从更正后的那一条发布"):
        workflow.release_item_again(PublicItem.objects.get(pk=item.pk), **who, **SAID)


@pytest.mark.parametrize("role", ["本部室", "办公室", "领导", "未登录"])
def test_only_the_administrator_switches_the_public_page(role, users, plan, at):
    with pytest.raises(PermissionDenied):
        workflow.switch_public(plan, by=users[role], at=at("2023-09-21 11:00"), is_public=True)
    plan.refresh_from_db()
    assert plan.is_public is False


def test_switching_writes_an_event_and_twice_is_refused(plan, people, at):
    who = {"by": people.admin, "at": at("2023-09-21 11:00")}
    for is_public, label in ((True, "打开对外公开页"), (False, "关闭对外公开页")):
        assert workflow.switch_public(plan, **who, is_public=is_public).is_public is is_public
        event = Event.objects.filter(action="public_switch").first()
        assert (event.label, event.plan, event.by) == (label, plan, people.admin)
        with pytest.raises(workflow.Refused, match="不用再点"):
            workflow.switch_public(plan, **who, is_public=is_public)


# ── 办公室的页面 ──────────────────────────────────────────


@pytest.fixture
def office(client, people):
    client.force_login(people.office)
    return client


def test_the_office_writes_revises_withdraws_and_releases_again(office, approved):
    url = reverse("publicity_edit", args=[approved.pk])
    page = office.get(url).content.decode()
    assert "内部：张三负责" in page, "报送原文在旁边对照"
    assert office.post(url, {"category": "news", "wording": "环评更快了。"}, follow=True).status_code == 200
    assert office.post(url, SAID).status_code == 302
    item = PublicItem.objects.get()
    assert (item.wording, item.category, item.status) == (SAID["wording"], "practice", I.RELEASED)
    office.post(reverse("publicity_withdraw", args=[approved.pk]))
    assert PublicItem.objects.get().status == I.WITHDRAWN
    assert "重新发布" in office.get(url).content.decode()
    office.post(url, {"category": "news", "wording": "又好了。"})
    assert PublicItem.objects.released().get().wording == "又好了。"


@pytest.mark.parametrize("wording", ["请找小王 13812345678。", "身份证140000199001011234", "电话：１", ""])
def test_personal_numbers_and_empty_wordings_are_sent_back_with_what_was_typed(office, approved, wording):
    response = office.post(reverse("publicity_edit", args=[approved.pk]), {"category": "news", "wording": wording})
    if wording == "电话：１":
        assert response.status_code == 302
        return
    assert response.status_code == 422
    assert wording in response.content.decode()
    assert not PublicItem.objects.exists()


@pytest.mark.parametrize("good", ["累计放款1.48亿元，受理228件。", "编号20230921001。", "2023年1380户"])
def test_ordinary_numbers_are_not_taken_for_personal_ones(good):
    assert PublicItemForm({"category": "news", "wording": good}).is_valid()


def test_the_list_offers_approved_reports_and_finds_them(office, approved, item, submitted, people, at):
    submitted("11", HALL, text="还没审的。")
    other = workflow.approve_progress(
        submitted("15", "财务部", text="银企对接。", percent=80), by=people.office, at=at("2023-09-20 15:00")
    )
    page = office.get("/publicity/").content.decode()
    assert "优化环评流程" in page
    assert "深化银企对接融资服务" in page
    assert "还没审的" not in page
    for query, shown in (
        ("state=none", {other}), ("state=news", {approved}), ("state=practice", set()), ("state=withdrawn", set()),
        ("q=银企", {other}), ("q=环评更快", {approved}), ("dept=cwb", {other}), ("period=2023-09", {approved, other}),
    ):  # fmt: skip
        listed = office.get(f"/publicity/?{query}").context["listing"].page_obj.object_list
        assert set(listed) == shown, query


def test_a_released_report_that_was_corrected_stays_listed_and_marked(office, approved, item, people, at):
    corrected(approved, people, at)
    page = office.get("/publicity/").content.decode()
    assert "报送已更正" in page
    assert "这条报送后来更正过了" in office.get(reverse("publicity_edit", args=[approved.pk])).content.decode()


def test_reports_not_approved_and_of_other_plans_are_not_found(office, submitted, report):
    for row in (submitted("11", HALL), report("2", HALL)):
        assert office.get(reverse("publicity_edit", args=[row.pk])).status_code == 404
        assert office.post(reverse("publicity_withdraw", args=[row.pk])).status_code == 404


def test_withdrawing_twice_by_two_windows_is_refused_with_a_sentence(office, item):
    url = reverse("publicity_withdraw", args=[item.progress_id])
    assert "已撤下" in office.post(url, follow=True).content.decode()
    assert "现在不能撤下" in office.post(url, follow=True).content.decode()


def test_the_list_asks_the_same_queries_however_many_reports(
    office, submitted, people, at, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count():
        with CaptureQueriesContext(connection) as queries:
            assert office.get("/publicity/").status_code == 200
        return len(queries)

    workflow.approve_progress(submitted("12", HALL), by=people.office, at=at("2023-09-20 15:00"))
    one = count()
    for number in ("2", "11", "6"):
        row = workflow.approve_progress(submitted(number, HALL), by=people.office, at=at("2023-09-20 15:00"))
        workflow.release_item(row, by=people.office, at=at("2023-09-21 09:00"), **SAID)
    assert count() <= one


# ── 对外公开页 ────────────────────────────────────────────


@pytest.fixture
def public(plan, people, at):
    """管理员打开了对外公开页。"""
    return workflow.switch_public(plan, by=people.admin, at=at("2023-09-21 08:00"), is_public=True)


def test_it_is_off_by_default_for_everybody(client, item, users):
    for user in users.values():
        client.logout()
        if user.is_authenticated:
            client.force_login(user)
        assert client.get("/public/").status_code == 404
        assert client.get("/public/")["Cache-Control"] == "private, no-store"


def test_the_switch_is_on_the_plan_page_of_the_administrator_only(client, people, plan):
    client.force_login(people.office)
    assert "对外公开页" not in client.get("/plan/").content.decode()
    assert client.post(reverse("plan_public", args=[plan.pk]), {"open": "1"}).status_code == 403
    client.force_login(people.admin)
    assert "没有打开" in client.get("/plan/").content.decode()
    client.post(reverse("plan_public", args=[plan.pk]), {"open": "1"})
    assert Client().get("/public/").status_code == 200
    client.post(reverse("plan_public", args=[plan.pk]), {"open": "0"})
    assert Client().get("/public/").status_code == 404


def test_it_shows_the_plan_the_measures_and_what_was_released(client, public, item, plan, people, at):
    page = client.get("/public/").content.decode()
    assert plan.title in page
    assert plan.goal in page
    assert page.count('<li id="m') == 21
    assert "牵头部室：各部室" in page
    assert "规划建设部、审批中心" in page
    assert "环评更快了。" in page
    assert "第一期报送还没有结束" in page
    workflow.withdraw_item(item, by=people.office, at=at("2023-09-21 10:00"))
    assert "环评更快了。" not in client.get("/public/").content.decode()


def test_it_names_no_person_and_shows_nothing_that_was_not_released(client, public, item, plan, people, at, users):
    """没有领导、填报人的名字，没有报送原文、意见、没发布的与撤下的文字。"""
    page = client.get("/public/").content.decode()
    names = set(Leader.objects.values_list("name", flat=True)) | set(
        User.objects.values_list("name", "username").first()
    )
    names |= {member["name"] for member in plan.group_members} | {u.username for u in User.objects.all()}
    assert [name for name in names if name in page] == []
    for secret in ("内部：张三", "电话另附", "自审", "退回", "待审核", "csrfmiddlewaretoken"):
        assert secret not in page
    workflow.withdraw_item(item, by=people.office, at=at("2023-09-21 10:00"))
    assert item.wording not in client.get("/public/").content.decode()


def test_the_headline_figures_are_those_of_the_last_closed_period(client, demo, at):
    assert demo.is_public is False, "演示里也默认关闭"
    workflow.switch_public(demo, by=User.objects.get(username="admin"), at=at("2023-09-21 08:00"), is_public=True)
    page = client.get("/public/").content.decode()
    assert "2023年8月，截至 2023年8月30日" in page
    totals = Ledger(demo, demo.periods.get(slug="2023-08"), dt.date(2023, 9, 22)).light_totals
    shown = dict(re.findall(r"</svg>(红灯|黄灯|绿灯|未启动|已完成)</span><b>(\d+) 项", page))
    assert {lights.LABELS[level]: str(n) for level, n in totals.items()} == shown
    assert page.count('<article class="pub">') == PublicItem.objects.released().count() == 3
    assert page.count("（演示数据）") == 3
    assert PublicItem.objects.filter(category="practice").count() == 2


def test_it_may_be_cached_by_anybody_and_sets_no_cookie(client, public, item, people):
    """谁看都一样：登录的人看，也不带会话、不分人缓存。"""
    first = client.get("/public/")
    assert first["Cache-Control"] == "max-age=300, public" or set(first["Cache-Control"].split(", ")) == {
        "public",
        "max-age=300",
    }
    assert not first.cookies
    assert "Vary" not in first
    client.force_login(people.office)
    cookie = client.cookies["sessionid"].value
    again = client.get("/public/")
    assert not again.cookies
    assert "Vary" not in again
    assert again.content == first.content
    assert again["ETag"] == first["ETag"]
    assert client.get("/board/").status_code == 200, "看了公开页，登录还在"
    assert client.cookies["sessionid"].value == cookie
    for page in (first, again):
        assert "default-src 'none'" in page["Content-Security-Policy"]
        assert page["X-Frame-Options"] == "DENY"
        assert page["X-Content-Type-Options"] == "nosniff"


def test_an_unchanged_page_is_answered_with_304_and_a_changed_one_is_not(client, public, item, people, at):
    tag = client.get("/public/")["ETag"]
    same = client.get("/public/", headers={"if-none-match": tag})
    assert (same.status_code, same.content) == (304, b"")
    assert client.head("/public/").status_code == 200
    workflow.revise_item(item, by=people.office, at=at("2023-09-22 09:00"), category="news", wording="改过了。")
    assert client.get("/public/", headers={"if-none-match": tag}).status_code == 200
    assert client.post("/public/").status_code == 405


def test_it_is_made_once_and_served_until_something_changes(client, public, item, people, at):
    """谁都能来的页面，来多少次都只问一次记号；认不得的页码排的还是那几页。"""
    first = client.get("/public/")
    for query in (
        "",
        "?x=1",
        "?page=1",
        "?page=abc",
        "?page=-3",
        "?page=" + "9" * 50,
        "?part=items&page=0",
        "?part=zz",
    ):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/public/{query}").content == first.content, query
        assert len(queries) == 1, query
    assert client.get("/public/?page=99").status_code == 404
    workflow.withdraw_item(item, by=people.office, at=at("2023-09-21 10:00"))
    assert client.get("/public/").content != first.content


def test_a_page_of_it_is_no_longer_however_long_the_plan(client, public, item, plan):
    before = len(client.get("/public/").content)
    Measure.objects.bulk_create(
        Measure(plan=plan, number=f"{n}", position=n * 1000, title=f"又一项{n}", text="做好工作。")
        for n in range(100, 230)
    )
    first = client.get("/public/").content.decode()
    assert "151 项举措" in first
    assert first.count('<li id="m') == 50
    assert len(first.encode()) < before * 2
    pages = [first, *(client.get(f"/public/?page={n}").content.decode() for n in (2, 3, 4))]
    numbers = [n for page in pages for n in re.findall(r'<li id="m([^"]+)"', page)]
    assert len(numbers) == len(set(numbers)) == 151
    assert all("进展情况" not in page and "环评更快了。" not in page for page in pages[1:])
    assert client.get("/public/?page=5").status_code == 404


def test_what_was_released_is_paged_too_and_each_appears_once(client, public, item, monkeypatch):
    monkeypatch.setattr(publicity_pages, "PAGE_SIZE", 1)
    row = Progress.objects.exclude(pk=item.progress_id).order_by("pk").first()
    said = {"released_by": item.released_by, "released_at": item.released_at}
    PublicItem.objects.create(progress=row, category="practice", wording="另一条做法。", **said)
    pages = [client.get(f"/public/?part=items&page={n}").content.decode() for n in (1, 2)]
    shown = [[words for words in ("另一条做法。", "环评更快了。") if words in page] for page in pages]
    assert sorted(words for page in shown for words in page) == ["另一条做法。", "环评更快了。"]
    assert [len(page) for page in shown] == [1, 1]
    assert '<li id="m' not in pages[1]
    assert client.get("/public/?part=items&page=3").status_code == 404


def test_hostile_wording_is_only_text(client, public, approved, people, at):
    hostile = "<script>alert(1)</script>“&”\u202e<img src=x onerror=1>" + "长" * 1500
    workflow.release_item(approved, by=people.office, at=at("2023-09-21 09:00"), category="news", wording=hostile)
    page = client.get("/public/").content.decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_a_person_who_must_change_the_password_can_still_read_it(client, public, people):
    people.office.__class__.objects.filter(pk=people.office.pk).update(must_change_password=True)
    client.force_login(people.office)
    assert client.get("/public/").status_code == 200


# ── 两个人同时 ────────────────────────────────────────────


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_people_releasing_the_same_report_make_one_item(plan, people, approved, at):
    def release():
        row = Progress.objects.select_related("assignment__measure").get(pk=approved.pk)
        return workflow.release_item(row, by=people.office, at=at("2023-09-21 09:00"), **SAID)

    found = at_the_same_time([release, release])
    assert sum(isinstance(f, workflow.Refused) for f in found) == 1
    assert PublicItem.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_withdrawing_and_revising_at_once_never_leaves_a_withdrawn_item_public(plan, people, item, at):
    def withdraw():
        return workflow.withdraw_item(PublicItem.objects.get(pk=item.pk), by=people.office, at=at("2023-09-21 10:00"))

    def revise():
        return workflow.revise_item(
            PublicItem.objects.get(pk=item.pk), by=people.office, at=at("2023-09-21 10:00"), **SAID
        )

    at_the_same_time([withdraw, revise])
    assert PublicItem.objects.get().status == I.WITHDRAWN, "先改后撤、或撤了改不成：最后都是撤下"
