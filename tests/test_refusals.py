"""拒绝只有一条路：凡是有手写内容的提交，动词说不，答复里就有原因和写的每一个字。

手写的栏从页面上认（每个人打开每一页，读出表单），不照代码里的清单认；有新的网址没有这样的表单、也没有写在
`BUTTONS` 里，测试就失败。
"""

import functools
import re
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from django.urls import resolve, reverse
from django.utils.html import escape

from departments import kept
from tasks import workflow
from tasks.imports import applying, closing, drafts, succession
from tasks.models import Instruction

from . import world as worlds
from .access_table import ACCESS
from .examples import QUARTERS, also, quarter
from .factories import PASSWORD
from .test_every_url import ask, undone
from .world import arguments, circular_form, posted, upload, world  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.engines]

INSIDE = ("own", "office", "leader", "admin")
WRITABLE = (None, "text", "date", "number")
WHY = "现在不行。因为测试。"
# 只有按钮（或勾选、选文件）的提交，没有手写的话。
BUTTONS = {
    "progress_withdraw", "progress_correct", "correction_discard", "attachment_remove", "progress_approve",
    "review_pass", "review_undo", "period_open", "period_unopen", "period_remove", "period_close", "light_lift", "extension_withdraw",
    "completion_withdraw", "completion_grant", "problem_withdraw", "milestone_agree", "milestone_withdraw",
    "publicity_withdraw", "plan_public", "calendar_create", "calendar_revoke", "circular_add", "circular_issue",
    "circular_discard", "plan_choose", "plan_archive", "revision_apply", "revision_columns", "revision_discard", "revision_again", "revision_as_new",
    "revision_revert", "revision_restore", "revision_sign", "text_size", "roster_upload", "roster_slips", "me_elsewhere", "me_acting", "reading_mark", "digest_wish", "following_set", "reminder_robot", "signing_check", "signing_scan",
    "succession_withdraw",
}  # fmt: skip
# 账号自己的几页：写的是密码、验证码，答复里不能有。
SECRETS = {"login", "login_code", "login_single", "login_single_back", "second_factor", "logout", "password_change"}
FOUND = {}
# 打开哪一页才有那张表单（默认是世界里那个地址本身的页面与各清单）。
ALSO_OPEN = (
    "/measures/2/", "/measures/4/", "/measures/6/", "/measures/7/", "/measures/8/", "/measures/9/", "/measures/16/",
    "/measures/7/milestones/", "/",
)  # fmt: skip


class Written(worlds.Forms):
    """表单里手写的栏：多行的，一行的，日期与数字；按钮另指了网址的，也算那个网址的表单。"""

    def handle_starttag(self, tag, attrs):
        super().handle_starttag(tag, attrs)
        at = dict(attrs)
        if not self.forms:
            return
        form = self.forms[-1]
        form.setdefault("typed", set())
        form.setdefault("shown", {})
        is_written = tag == "textarea" or (tag == "input" and at.get("type") in WRITABLE)
        if is_written and "name" in at and "readonly" not in at:
            form["typed"].add(at["name"])
        if tag == "button" and "formaction" in at:
            form.setdefault("also", set()).add(at["formaction"])


class Boxes(worlds.HTMLParser):
    """页面上各个输入框（含只读的抄录框）里的字。"""

    def __init__(self, html):
        super().__init__()
        self.found, self.is_in = [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.is_in = tag == "textarea"
        self.found += [""] if self.is_in else [dict(attrs).get("value") or ""] if tag == "input" else []

    def handle_endtag(self, tag):
        self.is_in = self.is_in and tag != "textarea"

    def handle_data(self, data):
        if self.is_in:
            self.found[-1] += data


def taking_posts() -> list[str]:
    """收提交的网址（后台另有一套，不在内）。"""
    codes = {name: set(rule.post.split()[1:]) for name, rule in ACCESS.items() if not name.startswith("admin:")}
    return [name for name, found in codes.items() if found & {"200", "302"} and name not in SECRETS]


def doers(name) -> list[str]:
    """谁交得成。"""
    return [role for role in INSIDE if ACCESS[name].expected(role, "POST") in (200, 302)]


def written_fields(client, world) -> dict:
    """网址名 → 手写的栏（各页上同一个网址的表单合在一起，前缀里的编号不论）。"""
    known, found, seen = arguments(world), {}, set()
    others = (reverse("review_detail", args=[world.rows.solid.pk]),)
    others += (reverse("problem_detail", args=[world.troubles.applied.pk]),)
    papers = (world.notices.draft, world.petitions.waiting, world.petitions.again)
    others += tuple(reverse("circular_detail", args=[paper.pk]) for paper in papers)
    for role in INSIDE:
        client.force_login(world.users[role])
        opened = [n for n, rule in ACCESS.items() if rule.expected(role, "GET") == 200 and not n.startswith("admin:")]
        opened = [n for n in opened if role in ("own", "office") or n not in seen]
        seen |= set(opened)
        for url in (*(reverse(name, kwargs=known.get(name)) for name in opened), *others, *ALSO_OPEN):
            reader = Written()
            reader.feed(worlds.read_once(client, role, url))
            for form in reader.forms:
                for action in {form["action"] or url, *form.get("also", ())}:
                    if form["method"].lower() == "post":
                        found.setdefault(resolve(action.split("?")[0]).url_name, set()).update(
                            name.rpartition("-")[2] for name in form["typed"]
                        )
    return found


def saying(monkeypatch, answer):
    """每个动词都这样回答；返回被叫到的动词。"""
    called = []

    def refusing(verb):
        @functools.wraps(verb)
        def refuse(*args, **kwargs):
            called.append(verb.__name__)
            raise answer

        return refuse

    bystanders = {"allowed_actions", "check", "record", "what_blocks_completion", "what_blocks_revoking"}
    bystanders |= {"what_blocks_archiving"}
    homes = [(workflow, set(workflow.__all__) - bystanders), (applying, {"apply_revision"})]
    homes += [(drafts, {"draft", "draft_new_plan"}), (closing, {"close_plan", "settle_closing"})]
    homes += [(succession, {"replace_department", "replace_leader"})]
    for home, names in homes:
        for name in names:
            verb = getattr(home, name)
            if callable(verb) and not isinstance(verb, type):
                monkeypatch.setattr(home, name, refusing(verb))
    return called


def words_in(data, typed) -> dict:
    """手写的栏换上认得出的话；日期与数字照原样，空着的不算。"""
    found = {}
    for name, value in data.items():
        if name.rpartition("-")[2] in typed and isinstance(value, (str, int)) and value != "":
            is_figure = str(value).replace("-", "").isdigit()
            found[name] = str(value) if is_figure else f"亲手写的{len(found)}，<b>“引”&'号'</b>"
    return found


def boxes(response) -> set:
    return {text.replace("\r\n", "\n").strip() for text in Boxes(response.content.decode()).found}


def refused(client, world, name, typed) -> tuple:
    """照办得成的样子交一次：返回答复与写的话。"""
    data = posted(world).get(name, {})
    words = words_in(data, typed)
    url = reverse(name, kwargs=arguments(world).get(name))
    return ask(client, world.users[doers(name)[0]], "POST", url, data | words), words


@pytest.fixture
def typed(client, world):  # noqa: F811
    """读一遍就够：栏名里没有编号。"""
    if not FOUND:
        FOUND.update((n, fields) for n, fields in written_fields(client, world).items() if fields and n not in SECRETS)
    return FOUND


@pytest.mark.xdist_group("forms")
def test_every_url_that_takes_a_post_is_a_form_with_words_or_a_listed_button(typed):
    assert set(taking_posts()) - set(typed) - BUTTONS == set(), "没有找到它的表单：只有按钮的写进 BUTTONS"
    # 放弃更正稿的按钮就在更正稿的表单里，写的话本来就是不要的。
    # 移除材料的按钮也在表单里：写了一半的随它交上来，照样放回。
    assert set(typed) & BUTTONS <= {"revision_apply", "correction_discard", "attachment_remove"}, (
        "这几个网址其实有手写的话"
    )


ANSWERS = [
    (workflow.Refused(WHY), {409, 422}),
    # 平日由下面“真事”的几条看着：换了部室的、刚被撤回的、令牌旧了的，写的话都抄在一页上。
    *also((PermissionDenied(), {403}), (Http404(), {404})),
]


@pytest.mark.xdist_group("forms")
@pytest.mark.parametrize(("answer", "statuses"), ANSWERS, ids=("现在不能做", "不归您", "找不到"))
def test_whatever_the_verb_says_the_words_are_in_the_answer(client, world, typed, monkeypatch, answer, statuses):  # noqa: F811
    """现在不能做，不归您，找不到。头一样时那一页还在，就该放回原来那一页。"""
    # 上传没有成的，文件要重新选；第 9 项已定了灯，页面上没有定灯的表单。
    wrong, elsewhere = [], {"revision_upload", "reminder_send", "light_set"}
    called = saying(monkeypatch, answer)
    for name in sorted(set(typed) - BUTTONS):
        called.clear()
        response, words = refused(client, world, name, typed[name])
        page = response.content.decode()
        wrong += [] if called else [f"{name}：动词没有被叫到"]
        wrong += [] if words else [f"{name}：posted() 里没有手写的栏"]
        wrong += [f"{name}：{response.status_code}"] * (response.status_code not in statuses)
        wrong += [f"{name}：丢了 {n}" for n, w in words.items() if w not in boxes(response)]
        if 409 in statuses:
            wrong += [] if WHY in page else [f"{name}：没有说原因"]
            wrong += [f"{name}：没有放回原来那一页"] * ("您写的还在" in page and name not in elsewhere)
        else:
            wrong += [] if "您写的还在" in page else [f"{name}：没有抄录的一页"]
    assert "\n".join(wrong) == ""


# ── 登录过期时交的：哪一张表单都不丢 ──


def kept_again(client, user, url, data) -> tuple:
    """没有登录时交 → 登录 → 取回的那一页 → 照原样再交：（取回的那一页，再交的答复）。"""
    with undone(client):
        client.cookies.clear()
        client.cookies[kept.WRITER] = kept.mark(user)
        for value in data.values():
            if hasattr(value, "seek"):
                value.seek(0)
        asked = client.post(url, data)
        assert asked.status_code == 401, url
        packed = worlds.form_on(asked, reverse("login"))["fields"]["kept"]
        signed_in = client.post(reverse("login"), {"username": user.username, "password": PASSWORD, "kept": packed})
        assert signed_in["Location"] == reverse("login_kept"), url
        page = client.get(reverse("login_kept"))
        again = {}
        for name, value in re.findall(
            r'name="([^"]+)" value="([^"]*)"', page.content.decode().split(f'action="{url}"')[1]
        ):
            again.setdefault(unescape(name), []).append(unescape(value))
        answer = client.post(url, again)
        worlds.finish(answer)
    return page, answer


@pytest.mark.xdist_group("forms")
@pytest.mark.parametrize("part", QUARTERS)
def test_every_form_with_words_survives_the_end_of_the_session(client, world, typed, part):  # noqa: F811
    """每一张有手写的话的表单：写的都在登录后的那一页上，点一下再交，与没有过期时一样办成。"""
    wrong, saved_first = [], {"progress_report"}
    for name in quarter(sorted(set(typed) - {"correction_discard"}), part):
        data, user = posted(world).get(name, {}), world.users[doers(name)[0]]
        words, url = words_in(data, typed[name]), reverse(name, kwargs=arguments(world).get(name))
        if not words:
            continue
        straight = ask(client, user, "POST", url, data | words)
        page, again = kept_again(client, user, url, data | words)
        shown = page.content.decode()
        wrong += [f"{name}：没有说还在"] * ("您写的还在" not in shown)
        wrong += [f"{name}：丢了 {n}" for n, word in words.items() if escape(word) not in shown.split("<dl")[1]]
        if any(hasattr(value, "seek") for value in data.values()):  # 文件留不住：放回原来的表单，话都在，文件重新选
            wrong += [f"{name}：没有说文件要重新选"] * ("选的文件没有留住" not in shown)
            wrong += [
                f"{name}：再交丢了 {n}"
                for n, word in words.items()
                if again.status_code != 302 and word not in boxes(again)
            ]
        elif name not in saved_first and again.status_code != straight.status_code:
            wrong += [f"{name}：再交是 {again.status_code}，没有过期时是 {straight.status_code}"]
    assert "\n".join(wrong) == ""


def test_a_form_sent_from_a_window_older_than_the_last_login_gives_the_words_back(world):  # noqa: F811
    """另一个窗口里过期、重新登录过，令牌换了：没有办成，写的话抄在一页上；没有话的照旧说明。"""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.own)
    url = reverse("instruction_reply", args=[world.orders.said.pk])
    response = client.post(url, {"text": "写了一大段。", "csrfmiddlewaretoken": "旧的"})
    assert response.status_code == 403
    assert (
        "写了一大段。" in boxes(response) and "在另一个窗口重新登录、换过替谁办，没有交上" in response.content.decode()
    )
    assert "这次提交没有被接受" in client.post(url, {}).content.decode()


# ── 真事：同事快了一步 ──


def post(client, user, name, data, **kwargs):
    client.force_login(user)
    return client.post(reverse(name, kwargs=kwargs), data)


def test_two_colleagues_reply_and_the_second_keeps_his_words_and_can_add_them(client, world, people):  # noqa: F811
    pk = world.orders.said.pk
    post(client, world.own, "instruction_reply", {"text": "先写的。"}, pk=pk)
    response = post(client, world.own, "instruction_reply", {"text": "后写的一段。"}, pk=pk)
    page = response.content.decode()
    assert response.status_code == 422
    assert "本部室已经回复过这条批示，不用再回复。后续情况请补充。" in page
    form = worlds.form_on(response, reverse("instruction_reply", args=[pk]))
    assert form["fields"] == {"text": "后写的一段。", "more": "1"}
    post(client, world.own, "instruction_reply", form["fields"], pk=pk)
    assert list(Instruction.objects.get(pk=pk).replies.values_list("text", flat=True)) == ["先写的。", "后写的一段。"]


def test_an_opinion_written_while_the_department_withdraws_is_not_lost(client, world):  # noqa: F811
    row = world.rows.waiting
    post(client, world.own, "progress_withdraw", {}, pk=row.pk)
    response = post(client, world.office, "progress_return", {"reason": "请写明“几件”。"}, pk=row.pk)
    page = response.content.decode()
    assert response.status_code == 404
    assert "请写明“几件”。" in boxes(response) and "可能刚刚被撤回" in page
    assert row.assignment.measure.title not in page and row.text not in page


def test_a_form_that_is_no_longer_on_the_page_is_copied_with_the_reason(client, world):  # noqa: F811
    """两人同时批同一件延期：清单上已经没有这一件，意见抄在一页上。"""
    pk = world.parts.extension.pk
    post(client, world.office, "extension_approve", {}, pk=pk)
    response = post(client, world.office, "extension_refuse", {f"x{pk}-note": "请按期。"}, pk=pk)
    assert response.status_code == 409
    assert "请按期。" in boxes(response) and "现在不能" in response.content.decode()


def test_words_written_wrong_are_kept_too_when_the_form_is_gone(client, world):  # noqa: F811
    """超了字数，那件延期又刚被同事批了：两样都不耽误把话还给人。"""
    pk, long = world.parts.extension.pk, "改" * 501
    post(client, world.office, "extension_approve", {}, pk=pk)
    response = post(client, world.office, "extension_refuse", {f"x{pk}-note": long}, pk=pk)
    assert response.status_code == 409
    assert long in boxes(response) and "写了 501 字，最多 500 字" in response.content.decode()


def test_a_draft_issued_by_a_colleague_gives_back_what_was_written(client, world):  # noqa: F811
    draft = world.notices.draft
    draft.__class__.objects.filter(pk=draft.pk).update(status="discarded")
    data = circular_form(draft) | {"title": "我改的标题"}
    response = post(client, world.office, "circular_edit", data, pk=draft.pk)
    assert response.status_code == 409
    assert "我改的标题" in boxes(response) and "请点“更正”" in response.content.decode()


def test_someone_moved_to_another_department_gets_his_words_and_is_told_of_the_files(client, world):  # noqa: F811
    problem = world.troubles.open
    world.own.department = world.users["other"].department
    world.own.save()
    response = post(
        client, world.own, "problem_note", {"text": "办了两步。", "evidence": upload("照片.pdf")}, pk=problem.pk
    )
    page = response.content.decode()
    assert response.status_code == 404
    assert "办了两步。" in boxes(response) and "请重新选：照片.pdf" in page
    assert problem.title not in page


def test_a_department_that_reported_meanwhile_does_not_cost_the_edited_reminder(client, world):  # noqa: F811
    """给它的话改过了，它刚好报了：改过的话不在催办页上了，就抄出来；没改过的不抄。"""
    row = world.rows.missing
    name = f"text_{row.assignment.department_id}"
    data = {"items": ["report-999999", f"report-{row.pk}"], "shown": f"report-999999 report-{row.pk}", "text_999999": "改过的话", "was_text_999999": "原话",
            name: "照写的。", f"was_{name}": "照写的。"}  # fmt: skip
    response = post(client, world.office, "reminder_send", data)
    assert "改过的话" in boxes(response) and "照写的。" not in boxes(response)
    assert "刚才有 1 件已经报送或办结" in response.content.decode()


def test_a_bare_button_that_is_refused_still_says_so_on_the_page_before(client, world):  # noqa: F811
    client.force_login(world.own)
    url, back = reverse("progress_withdraw", args=[world.rows.approved.pk]), reverse("measure_detail", args=["7"])
    response = client.post(url, headers={"referer": f"http://testserver{back}"})
    assert response["Location"] == back
    assert "现在不能" in client.get(back).content.decode()


def test_passwords_are_never_given_back(client, world):  # noqa: F811
    client.force_login(world.own)
    response = client.post(reverse("password_change"), {"old_password": "错的密码-x", "new_password1": "新的密码-y"})
    assert "错的密码-x" not in response.content.decode() and "新的密码-y" not in response.content.decode()
