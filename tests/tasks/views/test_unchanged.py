"""没有变的页面答 304：记号与页面处处相符，换了人、换了会话、换了一天都不算同一页，外壳不多问也不写。"""

import datetime as dt
import re

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from departments.models import User
from departments.single_sign_on import ID_TOKEN
from tasks import workflow
from tasks.models import Assignment, Attachment, Measure, Plan, Progress
from tasks.rules import evidence
from tasks.views import unchanged
from tests.access_table import ACCESS
from tests.examples import QUARTERS, also, quarter
from tests.factories import PASSWORD
from tests.images import _dump, _models
from tests.test_access import NAMES, address
from tests.test_every_url import undone
from tests.world import arguments, finish, form_data, posted, upload, world  # noqa: F401
from yingshang import stamp

pytestmark = pytest.mark.django_db
SIGNED_IN = ("own", "other", "office", "leader", "admin")
TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]*')


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/measures/")  # 跨站令牌的 cookie 从这一次起有，会话的时刻也记下了；测试手写的事实也在这一次里判过了
    return client


def content(response) -> bytes:
    """页面的字节，跨站令牌除外：令牌每次换个写法，旧的照样有效。"""
    return TOKEN.sub(rb"\1", response.content)


def again(client, url, tag):
    return client.get(url, headers={"if-none-match": tag})


# ── 名单 ──


def test_the_pages_that_may_be_kept_are_pages_one_reads():
    """不在内的：账户自己的页、后台、下载与导出、填写的表单、只收提交的、不用登录的。"""
    assert set(NAMES) >= unchanged.PAGES
    for name in unchanged.PAGES:
        assert ":" not in name
        assert not re.search("export|download|word|table|edit|add|import|upload|preview|settings|password|^me$", name)
        assert "405" not in ACCESS[name].get.split(), name
        assert ACCESS[name].expected("anonymous", "GET") == 302, name


# ── 同一页 ──


def test_an_unchanged_page_is_answered_with_304_in_three_queries(world):  # noqa: F811
    client = as_user(world.office)
    page = client.get("/measures/")
    with CaptureQueriesContext(connection) as queries:
        same = again(client, "/measures/", page["ETag"])
    assert (same.status_code, same.content, len(queries)) == (304, b"", 3)
    assert same["ETag"] == page["ETag"]
    assert same["Cache-Control"] == page["Cache-Control"] == "private, no-cache"
    assert client.head("/measures/", headers={"if-none-match": page["ETag"]}).status_code == 304


@pytest.mark.parametrize("role", ["own", "office", *also("other", "leader", "admin")])
def test_with_nothing_written_the_bytes_are_the_same_at_any_hour(world, role, monkeypatch):  # noqa: F811
    """记号没有变的，页面也没有变：同一个人、另一个会话、几小时以后看，逐字节相同。"""
    known, user, later = arguments(world), world.users[role], timezone.localtime() + dt.timedelta(hours=5)
    first, second, different = as_user(user), as_user(user), []
    later = later if later.date() == timezone.localdate() else later - dt.timedelta(hours=10)
    urls = [address(n, known, world) for n in sorted(unchanged.PAGES) if ACCESS[n].expected(role, "GET") == 200]
    pages = {url: first.get(url) for url in urls}
    monkeypatch.setattr("yingshang.clock.real_now", lambda: later)
    for url, page in pages.items():
        other = second.get(url)
        assert page["ETag"] != other["ETag"], url
        if content(page) != content(other):
            different.append(url)
        assert again(first, url, page["ETag"]).status_code == 304, url
    assert different == []
    assert len(urls) > 8


# ── 库变了 ──


def tables() -> dict:
    """页面上的东西所在的各表，逐行。"""
    with connection.cursor() as cursor:
        shown = [m._meta.db_table for m in _models() if m._meta.db_table != "departments_loginattempt"]
        return {table: repr(_dump(cursor, table)) for table in shown}


@pytest.mark.parametrize("part", QUARTERS)
def test_whatever_a_form_writes_changes_the_stamp(client, world, part):  # noqa: F811
    """网址表里的每一张表单各交一次：库里任何一行变了，记号就变；一行也没有变的，不变。"""
    known, data, written = arguments(world), posted(world), 0
    for name in quarter(NAMES, part):
        role = next((r for r in SIGNED_IN if ACCESS[name].expected(r, "POST") in (200, 302)), None)
        if role is None or name in ("login", "logout", "me_acting"):  # 只动会话与安全日志
            continue
        client.force_login(world.users[role])
        before, seen = tables(), stamp.read(connection)
        with undone(client):
            for value in data.get(name, {}).values():
                if hasattr(value, "seek"):
                    value.seek(0)
            finish(client.post(address(name, known, world), data.get(name, {})))
            changed = tables() != before
            assert (stamp.read(connection) != seen) >= changed, name
            written += changed
    assert written > 12


def draft(w):
    row = Progress.objects.get(pk=w.rows.draft.pk)
    workflow.save_progress(row, by=w.own, at=w.at, version=row.version, content={"text": "又写了一点"})


def attach(w):
    workflow.add_attachment(
        Progress.objects.get(pk=w.rows.draft.pk), by=w.own, at=w.at, upload=evidence.check(upload("又一份.pdf"))
    )


def approve(w):
    workflow.approve_progress(Progress.objects.get(pk=w.rows.waiting.pk), by=w.office, at=w.at)


def light(w):
    workflow.set_light(Measure.objects.get(number="7"), w.period, by=w.office, at=w.at, level="red", reason="督办")


def problem(w):
    workflow.note_problem(w.troubles.open, by=w.own, at=w.at, text="又办了一步。", uploads=[])


def instruct(w):
    workflow.issue_instruction(
        Measure.objects.get(number="7"), by=w.users["leader"], at=w.at, text="再抓紧。", is_urgent=True
    )


def sign(w):
    workflow.sign_receipt(w.plan.revision, by=w.own, at=w.at)


STORY = {
    "存草稿": draft,
    "传材料": attach,
    "通过一条": approve,
    "定灯": light,
    "记整改": problem,
    "急办批示": instruct,
    "签收方案": sign,
    "改阈值": lambda w: Plan.objects.filter(pk=w.plan.pk).update(red_gap=31, yellow_gap=1),
    "部室改名": lambda w: w.own.department.__class__.objects.filter(pk=w.own.department_id).update(name="审批服务中心"),
    "材料的名字": lambda w: Attachment.objects.update(name="改了名.pdf"),
    "延期": lambda w: Assignment.objects.filter(pk=w.parts.dated.pk).update(extended_due_on=dt.date(2023, 9, 23)),
}
WATCHED = ("home", "board", "measure_list", "measure_detail", "lead", "review_list", "problem_detail", "plan")


def test_a_304_is_given_only_when_the_page_is_the_same(world, at):  # noqa: F811
    """一串经过，每件事之后各人各页再看一次：字节变了的，ETag 一定变了；答 304 的，字节一定没有变。"""
    world.at, known = at("2023-09-22 15:00"), arguments(world)
    pages = {}
    for role in ("own", "office", "leader"):
        client = as_user(world.users[role])
        for name in WATCHED:
            if ACCESS[name].expected(role, "GET") == 200:
                url = address(name, known, world)
                pages[role, url] = (client, client.get(url))
    moved = dict.fromkeys(STORY, 0)
    for what, do in STORY.items():
        do(world)
        for (role, url), (client, page) in list(pages.items()):
            answer = again(client, url, page["ETag"])
            shown = client.get(url) if answer.status_code == 304 else answer
            if content(shown) != content(page):
                moved[what] += 1
                assert answer.status_code == 200, (what, role, url)
                assert shown["ETag"] != page["ETag"], (what, role, url)
            pages[role, url] = (client, shown)
    assert all(moved.values()), f"有的事哪一页都没有变，这个测试就没有看到它：{moved}"


# ── 换了别的 ──


def test_another_day_another_size_another_address_is_another_page(world, settings):  # noqa: F811
    client = as_user(world.office)
    tags = [client.get(url)["ETag"] for url in ("/measures/", "/measures/?light=red", "/board/")]
    client.post("/text-size/", {"next": "/"})
    tags.append(client.get("/measures/")["ETag"])
    settings.BUSINESS_DATE = "2023-09-23"
    tags.append(client.get("/measures/")["ETag"])
    tags.append(client.get("/measures/", headers={"host": "localhost"})["ETag"])
    assert len(set(tags)) == len(tags)


def test_signing_out_and_in_again_is_another_page_and_the_old_one_is_not_given(client, world):  # noqa: F811
    user = world.office
    user.set_password(PASSWORD)
    user.save()
    said = {"username": user.username, "password": PASSWORD}
    client.post("/login/", said)
    client.get("/measures/")
    tag = client.get("/measures/")["ETag"]
    assert again(client, "/measures/", tag).status_code == 304
    assert client.post("/logout/")["Clear-Site-Data"] == '"cache"'
    gone = again(client, "/measures/", tag)
    assert gone["Location"] == "/login/?next=/measures/"
    assert "no-store" in gone["Cache-Control"]
    client.post("/login/", said)
    assert again(client, "/measures/", tag).status_code == 200


def test_the_token_on_a_page_kept_is_still_good(world):  # noqa: F811
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.office)
    client.get("/measures/")
    page = client.get("/measures/")
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]*)', page.content)[1].decode()
    assert again(client, "/measures/", page["ETag"]).status_code == 304
    assert client.post("/text-size/", {"next": "/help/", "csrfmiddlewaretoken": token})["Location"] == "/help/"


def test_somebody_who_may_no_longer_see_the_page_gets_no_304(world):  # noqa: F811
    client = as_user(world.office)
    tag = client.get("/review/")["ETag"]
    User.objects.filter(pk=world.office.pk).update(role="admin")
    assert again(client, "/review/", tag).status_code == 403
    User.objects.filter(pk=world.office.pk).update(is_active=False)
    assert again(client, "/review/", tag).status_code == 302


def test_somebody_who_must_change_the_password_gets_no_304(world):  # noqa: F811
    client = as_user(world.office)
    tag = client.get("/measures/")["ETag"]
    User.objects.filter(pk=world.office.pk).update(must_change_password=True)
    assert again(client, "/measures/", tag)["Location"] == reverse("password_change")


def test_what_is_said_once_is_said_and_not_kept(world):  # noqa: F811
    """有话要说的那一页不留，留着的旧页也挡不住它；说完以后照常。"""
    client = as_user(world.office)
    approve = reverse(
        "progress_approve", args=[world.rows.approved.pk]
    )  # 已经通过了，不能再通过一次：只说一句话，不写库
    tag = client.get("/review/")["ETag"]
    client.post(approve, headers={"referer": "http://testserver/review/"})
    told = again(client, "/review/", tag)
    assert told.status_code == 200
    assert "no-store" in told["Cache-Control"]
    assert not told.has_header("ETag")
    assert again(client, "/review/", tag).status_code == 304


def test_what_is_brought_back_after_signing_in_is_not_kept(world):  # noqa: F811
    client = as_user(world.own)
    session = client.session
    session["kept"] = "x"
    session.save()
    assert not client.get("/measures/").has_header("ETag")


def test_somebody_who_came_through_single_sign_on_is_answered_304_too(world):  # noqa: F811
    client = as_user(world.users["leader"])
    session = client.session
    session[ID_TOKEN] = "认证系统给的令牌"
    session.save()
    assert again(client, "/lead/", client.get("/lead/")["ETag"]).status_code == 304


def test_while_developing_nothing_is_kept(world, settings):  # noqa: F811
    client = as_user(world.office)
    settings.DEBUG = True
    assert not client.get("/measures/").has_header("ETag")


def test_a_page_put_back_with_what_was_typed_is_not_kept(world):  # noqa: F811
    client = as_user(world.own)
    row = world.rows.missing
    answer = client.post(reverse("progress_report", args=[row.pk]), form_data(row, text=""))
    assert "no-store" in answer["Cache-Control"]
    assert not answer.has_header("ETag")


# ── 外壳 ──


@pytest.mark.parametrize("role", SIGNED_IN)
def test_the_shell_of_a_page_costs_four_queries_and_writes_nothing(world, role):  # noqa: F811
    """会话、用户、记号、全部徽标，各一次；同一分钟里的第二次不写。"""
    client = as_user(world.users[role])
    for url in (reverse("password_change"), reverse("password_change_done")):
        Plan.objects.update(year=2024)  # 记号变了，徽标要重新数
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        asked = [q["sql"] for q in queries.captured_queries]
        assert len(asked) <= 4, asked
        assert all(sql.startswith(("SELECT", "EXECUTE known_")) for sql in asked), asked  # 备好的只有 SELECT


def test_a_click_is_noted_once_a_minute(world, monkeypatch):  # noqa: F811
    client, start = as_user(world.office), timezone.localtime()
    written = []
    for seconds in (10, 30, 59, 61, 70, 119, 122):
        moment = start + dt.timedelta(seconds=seconds)
        monkeypatch.setattr("departments.middleware.real_now", lambda m=moment: m)
        before = Session.objects.get(pk=client.session.session_key).session_data
        client.get("/measures/")
        written.append(Session.objects.get(pk=client.session.session_key).session_data != before)
    assert written == [False, False, False, True, False, False, True]
