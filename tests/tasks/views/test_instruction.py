"""批示的页面：两下写成、就地回复、清单筛选；没写好的原样放回；不该做的进不去。"""

import datetime as dt

import pytest
from django.urls import reverse

from departments.models import Department, Leader
from tasks import workflow
from tasks.figures import owed as owed_figures
from tasks.models import Instruction, InstructionReply, Measure
from tests.conftest import TODAY
from tests.markup import markup
from tests.world import finish, form_on, upload

pytestmark = pytest.mark.django_db
ROOM = "规划建设部"
ADD = "/instructions/add/"


@pytest.fixture
def said(plan, people, at):
    def say(number="10", leader="李华斌", **extra):
        measure = Measure.objects.get(plan=plan, number=number)
        extra = {"text": "请抓紧。"} | extra
        return workflow.issue_instruction(measure, by=people.leader(leader), at=at("2023-09-20 09:00"), **extra)

    return say


def page(response) -> str:
    return markup(response)


# ── 写 ────────────────────────────────────────────────────


def test_from_the_leaders_page_it_is_two_taps(sign_in, people, period, at):
    """红黄灯的卡片上就有批示的地方。"""
    ten = Measure.objects.get(number="10")
    workflow.set_light(ten, period, by=people.office, at=at("2023-09-20 09:00"), level="red", reason="督办")
    client = sign_in(people.leader("李华斌"))
    html = page(client.get("/lead/"))
    assert html.count('<input type="hidden" name="measure" value="10">') == 1
    response = client.post(ADD, {"measure": "10", "text": "请抓紧。", "is_urgent": "on", "from": "lead"}, follow=True)
    assert response.redirect_chain == [("/lead/#m10", 302)] and 'id="m10"' in page(response)
    assert "第 10 项的批示已交规划建设部办。" in page(response)
    made = Instruction.objects.get()
    assert (made.text, made.is_urgent, made.leader.name) == ("请抓紧。", True, "李华斌")
    assert "还没有回复" in page(response)


@pytest.mark.parametrize(
    ("came", "there"),
    [
        ("", "/measures/10/"),
        ("list", "/instructions/"),
        ("lead", "/lead/#m10"),
        ("zone", "/lead/?scope=all#m10"),
        ("//evil", "/measures/10/"),
    ],
)
def test_one_comes_back_to_where_one_was(sign_in, people, period, came, there):
    response = sign_in(people.leader("李华斌")).post(ADD, {"measure": "10", "text": "请抓紧。", "from": came})
    assert (response.status_code, response["Location"]) == (302, there)


def test_the_head_of_the_group_may_write_on_any_measure_from_his_page(sign_in, people, period):
    client = sign_in(people.leader("陈向东"))
    assert '<option value="17">' in page(client.get("/lead/"))
    client.post(ADD, {"measure": "17", "text": "请抓紧。", "from": "lead"})
    assert Instruction.objects.get().measure.number == "17"


def test_a_leader_is_not_offered_and_cannot_choose_what_is_not_his(sign_in, people, period):
    client = sign_in(people.leader("李华斌"))
    assert 'value="9"' not in page(client.get("/lead/"))
    response = client.post(ADD, {"measure": "9", "text": "请抓紧。"})
    assert response.status_code == 422
    assert "不在可以批示的举措里" in page(response)
    assert not Instruction.objects.exists()


def test_what_was_typed_comes_back_with_the_errors(sign_in, people, period):
    client = sign_in(people.office)
    response = client.post(ADD, {"measure": "10", "leader": "", "text": "口头说的。", "is_urgent": "on"})
    assert response.status_code == 422
    html = page(response)
    assert "口头说的。" in html
    assert "请选批示的领导。" in html
    assert 'id="id_is_urgent" checked' in html or "checked" in html.split('name="is_urgent"')[1][:40]


@pytest.mark.parametrize("text", ["", "   ", "长" * 1001])
def test_empty_and_overlong_words_are_not_taken(sign_in, people, period, text):
    response = sign_in(people.leader("李华斌")).post(ADD, {"measure": "10", "text": text})
    assert response.status_code == 422
    assert not Instruction.objects.exists()


def test_the_office_records_on_behalf_and_it_says_so(sign_in, people, period):
    client = sign_in(people.office)
    leader = Leader.objects.get(name="李华斌")
    html = page(client.get("/measures/10/"))
    assert "代录领导批示" in html
    client.post(ADD, {"measure": "10", "leader": leader.pk, "text": "口头说的。"})
    assert Instruction.objects.get().is_on_behalf
    assert "办公室代录" in page(client.get("/measures/10/"))
    assert "办公室代录" in page(client.get("/instructions/"))


def test_signing_for_a_leader_who_could_not_is_refused_in_words(sign_in, people, period):
    leader = Leader.objects.get(name="王卫东")
    data = {"measure": "10", "leader": str(leader.pk), "text": "口头说的。", "is_urgent": "on"}
    response = sign_in(people.office).post(ADD, data, follow=True)
    assert response.status_code == 422
    assert "代录批示须选批示的领导" in page(response)
    fields = form_on(response, ADD)["fields"]
    assert {name: fields[name] for name in data} == data
    assert not Instruction.objects.exists()


def test_what_was_already_said_is_refused_with_the_form_kept(sign_in, people, period, said):
    said()
    response = sign_in(people.leader("李华斌")).post(ADD, {"measure": "10", "text": "请抓紧。"})
    assert response.status_code == 422
    assert "同样的批示刚才已经发出" in page(response)
    assert form_on(response, ADD)["fields"]["text"] == "请抓紧。"


def test_only_leaders_who_may_sign_are_offered_in_two_groups(sign_in, people, period):
    """组长可以批任何一项；牵头领导写明牵头哪几项；部室负责人等不在内。"""
    Leader.objects.filter(name="陈向东").update(group_role="head")
    html = page(sign_in(people.office).get(ADD))
    heads, leading = html.split('<optgroup label="领导小组组长">')[1].split('<optgroup label="牵头领导">')
    assert "陈向东（任何一项）" in heads
    assert "李华斌（第 " in leading.split("</select>")[0]
    assert "10" in leading.split("李华斌（第 ")[1].split("项）")[0]
    never = Leader.objects.filter(measure_links=None).exclude(group_role="head")
    assert never.exists()
    assert not any(leader.name in html.split('name="leader"')[1].split("</select>")[0] for leader in never)


def test_from_a_measure_the_page_opens_with_it_chosen(sign_in, people, period):
    html = page(sign_in(people.leader("李华斌")).get(f"{ADD}?measure=10"))
    assert '<option value="10" selected>' in html


@pytest.mark.parametrize("query", ["?measure=9999999999", "?measure=%00", "?measure=" + "1" * 300])
def test_a_strange_measure_in_the_address_does_no_harm(sign_in, people, period, query):
    assert sign_in(people.leader("李华斌")).get(ADD + query).status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_departments_and_the_administrator_do_not_write(sign_in, people, period, method):
    for user in (people.reporter(ROOM), people.admin):
        assert getattr(sign_in(user), method)(ADD, {"measure": "10", "text": "请抓紧。"}).status_code == 403


def test_measures_one_does_not_lead_show_no_form(sign_in, people, period):
    assert 'action="/instructions/add/"' in page(sign_in(people.leader("李华斌")).get("/measures/10/"))
    for user in (people.leader("王卫东"), people.reporter(ROOM), people.admin):
        assert 'action="/instructions/add/"' not in page(sign_in(user).get("/measures/10/"))


# ── 回复 ──────────────────────────────────────────────────


def test_the_department_sees_it_on_top_and_answers_in_place(sign_in, people, period, said):
    made = said(is_urgent=True)
    client = sign_in(people.reporter(ROOM))
    html = page(client.get("/"))
    assert html.index("领导批示") < html.index("待报")
    assert 'href="/measures/10/"' in html
    response = client.post(reverse("instruction_reply", args=[made.pk]), {"text": "已办好。"}, follow=True)
    assert response.redirect_chain == [("/", 302)]
    html = page(response)
    assert "已回复第 10 项的批示。" in html
    assert f'data-clear-kept="ins{made.pk}"' in html
    assert "请抓紧。" not in html
    assert InstructionReply.objects.get().text == "已办好。"


def test_from_the_measure_page_one_comes_back_there(sign_in, people, period, said):
    made = said()
    client = sign_in(people.reporter(ROOM))
    assert 'name="from" value="measure"' in page(client.get("/measures/10/"))
    response = client.post(reverse("instruction_reply", args=[made.pk]), {"text": "已办。", "from": "measure"})
    assert response["Location"] == "/measures/10/"


def test_an_empty_answer_comes_back(sign_in, people, period, said):
    made = said()
    response = sign_in(people.reporter(ROOM)).post(reverse("instruction_reply", args=[made.pk]), {"text": " "})
    assert response.status_code == 422
    assert "请写办理情况再回复。" in page(response)


def test_a_second_answer_is_refused_in_words(sign_in, people, period, said):
    made = said("8")
    client = sign_in(people.reporter(ROOM))
    url = reverse("instruction_reply", args=[made.pk])
    client.post(url, {"text": "已办。"})
    response = client.post(url, {"text": "再说一遍。"}, follow=True)
    assert "本部室已经回复过这条批示" in page(response)
    # 要接着写的，是“补充办理情况”。
    found = client.get(url)
    assert form_on(found, url)["fields"]["more"] == "1"
    told = client.post(url, {"text": "再说一遍。", "more": "1", "from": "measure"}, follow=True)
    assert "已补充第 8 项的批示。" in page(told)
    assert "规划建设部补充：</b>再说一遍。" in page(told)
    assert InstructionReply.objects.count() == 2


def test_another_department_finds_nothing_and_others_may_not(sign_in, people, period, said):
    url = reverse("instruction_reply", args=[said().pk])
    for user, code in (
        (people.reporter("财务部"), 404),
        (people.office, 403),
        (people.leader("李华斌"), 403),
        (people.admin, 403),
    ):
        client = sign_in(user)
        assert [client.get(url).status_code, client.post(url, {"text": "x"}).status_code] == [code, code]
    assert not InstructionReply.objects.exists()


def test_the_leader_reads_the_answer_on_his_page(sign_in, people, period, said, at):
    made = said()
    workflow.reply_instruction(made, by=people.reporter(ROOM), at=at("2023-09-21 09:00"), text="赶工计划已定。")
    html = page(sign_in(people.leader("李华斌")).get("/lead/"))
    assert "规划建设部回复：" in html
    assert "赶工计划已定。" in html


# ── 修改 ──────────────────────────────────────────────────


def test_the_author_changes_it_before_any_answer(sign_in, people, period, said):
    made = said()
    client = sign_in(people.leader("李华斌"))
    url = reverse("instruction_revise", args=[made.pk])
    assert url in page(client.get("/lead/"))
    assert "请抓紧。" in page(client.get(url))
    assert client.post(url, {"text": " "}).status_code == 422
    client.post(url, {"text": "请本周办完。", "is_urgent": "on"})
    made.refresh_from_db()
    assert (made.text, made.is_urgent) == ("请本周办完。", True)


def test_after_an_answer_the_link_is_gone_and_the_address_refuses(sign_in, people, period, said, at):
    made = said("8")
    workflow.reply_instruction(made, by=people.reporter(ROOM), at=at("2023-09-21 09:00"), text="已办。")
    client = sign_in(people.leader("李华斌"))
    url = reverse("instruction_revise", args=[made.pk])
    assert url not in page(client.get("/lead/"))
    assert "请另批一条" in page(client.post(url, {"text": "改。"}, follow=True))
    made.refresh_from_db()
    assert made.text == "请抓紧。"


def test_nobody_else_changes_it(sign_in, people, period, said):
    url = reverse("instruction_revise", args=[said().pk])
    users = {
        people.office: 403,
        people.leader("陈向东"): 403,
        people.admin: 403,
        people.reporter(ROOM): 403,
        people.reporter("财务部"): 404,
    }
    for user, code in users.items():
        client = sign_in(user)
        assert [client.get(url).status_code, client.post(url, {"text": "改。"}).status_code] == [code, code]


# ── 清单 ──────────────────────────────────────────────────


@pytest.fixture
def three(said, people, at):
    """未回复的急办（10）、未回复的（3）、已回复的（8）。"""
    said("10", text="第十项。", is_urgent=True)
    said("3", leader="陈向东", text="第三项。")
    made = said("8", text="第八项。")
    for room in (ROOM, "审批中心"):
        workflow.reply_instruction(made, by=people.reporter(room), at=at("2023-09-21 09:00"), text="已办。")


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("", "第十项 第三项 第八项"),
        ("?state=waiting", "第十项 第三项"),
        ("?state=answered", "第八项"),
        ("?urgent=on", "第十项"),
        ("?lead=陈向东", "第三项"),
        ("?dept=spzx", "第八项"),
        ("?state=answered&urgent=on", ""),
        ("?state=胡写&lead=没有&page=999999999999", "第十项 第三项 第八项"),
    ],
)
def test_the_list_is_filtered_with_what_waits_first(sign_in, people, period, three, query, texts):
    html = page(sign_in(people.office).get(f"/instructions/{query}"))
    places = [html.find(f"{text}。") for text in texts.split()]
    assert places == sorted(places)
    assert -1 not in places
    for text in {"第十项", "第三项", "第八项"} - set(texts.split()):
        assert f"{text}。" not in html


def test_a_leader_lists_his_own_and_the_head_all(sign_in, people, period, three):
    seen = {
        name: page(sign_in(people.leader(name)).get("/instructions/"))
        for name in ("李华斌", "陈向东", "郑瑞林", "王卫东")
    }
    counts = {name: sum(f"{t}。" in html for t in ("第十项", "第三项", "第八项")) for name, html in seen.items()}
    assert counts == {"李华斌": 2, "陈向东": 3, "郑瑞林": 1, "王卫东": 0}
    assert "还没有批示" in seen["王卫东"]


def test_departments_have_no_list(sign_in, people, period):
    assert sign_in(people.reporter(ROOM)).get("/instructions/").status_code == 403


def test_the_urgent_chore_leads_to_exactly_the_urgent_waiting(sign_in, people, period, three):
    client = sign_in(people.office)
    html = page(client.get("/board/"))
    assert "1 条急办批示没有回复" in html
    assert "/instructions/?state=waiting&amp;urgent=on" in html
    assert "共 1 条" in page(client.get("/instructions/?state=waiting&urgent=on"))


def test_hostile_words_are_only_words(sign_in, people, period, said):
    said(text='<script>alert(1)</script> & "引号" =1+1')
    for user, url in (
        (people.reporter(ROOM), "/"),
        (people.office, "/instructions/"),
        (people.leader("李华斌"), "/lead/"),
    ):
        html = page(sign_in(user).get(url))
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


# ── 日期、期限、另加的部室、扫描件；举措以外的事；领导小组的决定 ──


def test_it_has_its_own_day_a_term_more_departments_and_a_scan(sign_in, people, period):
    """九月十八日的批示二十日补录，二十一日前办完；另交财务部；扫描件承办部室下载得到，别的部室看不到。"""
    more = Department.objects.get(name="财务部")
    data = {"measure": "10", "leader": Leader.objects.get(name="李华斌").pk, "text": "抓紧。", "said_on": "2023-09-18"}
    data |= {"due_on": "2023-09-21", "departments": [more.pk], "evidence": upload("批示.pdf")}
    response = sign_in(people.office).post(ADD, data, follow=True)
    assert "已交财务部、规划建设部办" in page(response)
    made = Instruction.objects.get()
    shown = page(sign_in(people.reporter("财务部")).get(made.url))
    assert "2023年9月18日批" in shown
    assert "办理期限 2023年9月21日" in shown
    assert "已逾期 1 天" in shown
    scan = made.scans.get()
    assert finish(sign_in(people.reporter("财务部")).get(f"/attachments/{scan.pk}/")).status_code == 200
    assert sign_in(people.reporter("党务办")).get(f"/attachments/{scan.pk}/").status_code == 404
    [item] = [i for i in owed_figures.to_urge(made.plan, TODAY, department=more) if i.kind == owed_figures.INSTRUCTION]
    assert (item.timing, item.is_late, item.limit) == ("已逾期 1 天", True, "李华斌批示，办理期限 9月21日")


def test_a_matter_of_its_own_is_answered_and_settled(sign_in, people, period):
    """不在哪一项举措里的：要写叫什么事、交谁办；回复以后写明结果了结，就不再列着。"""
    data = {"leader": Leader.objects.get(name="李华斌").pk, "text": "请回信。", "matter": "企业来信"}
    client = sign_in(people.office)
    assert "举措以外的事，请勾交哪些部室办。" in page(client.post(ADD, data))
    assert "两样只写一样" in page(client.post(ADD, data | {"measure": "10"}))
    neither = client.post(ADD, data | {"matter": ""})
    assert "请选一项举措，或在下面写举措以外的什么事。" in page(neither)
    room = Department.objects.get(name=ROOM)
    assert "“企业来信”的批示已交规划建设部办。" in page(
        client.post(ADD, data | {"departments": [room.pk]}, follow=True)
    )
    made = Instruction.objects.get()
    assert "企业来信" in page(sign_in(people.reporter(ROOM)).get("/"))
    assert "现在不能了结批示" in page(sign_in(people.office).post(f"{made.url}settle/", {"note": "已回。"}))
    assert Instruction.objects.get().settled_at is None, "还没有回复，不能了结"
    sign_in(people.reporter(ROOM)).post(f"{made.url}reply/", {"text": "已回信。"})
    done = page(sign_in(people.office).post(f"{made.url}settle/", {"note": "企业满意。"}, follow=True))
    assert "办理结果：</b>企业满意。" in done
    assert "企业来信" not in page(client.get("/instructions/?state=waiting"))
    assert "企业来信" in page(client.get("/instructions/?state=settled"))


def test_the_decision_of_the_leading_group_is_recorded_on_the_problem_and_followed(sign_in, people, period, at):
    """提请研究的问题：页面上记下决定，交责任部室办，与批示一样催；销了号的不再记。"""
    room = Department.objects.get(name=ROOM)
    made = workflow.open_problem(
        period.plan, by=people.office, at=at("2023-09-10 09:00"), title="缺用地指标", text="缺。", category="other",
        level="group", department=room, due_on=dt.date(2023, 10, 20),
    )  # fmt: skip
    client = sign_in(people.office)
    assert f"/instructions/add/?problem={made.pk}" in page(client.get(f"/problems/{made.pk}/"))
    url = f"{ADD}?problem={made.pk}"
    asked = form_on(client.get(url), url)["fields"]
    assert (asked["matter"], asked["departments"]) == ("缺用地指标", str(room.pk))
    head = Leader.objects.filter(group_role="head").first() or Leader.objects.get(name="李华斌")
    data = {
        "matter": "缺用地指标",
        "departments": [room.pk],
        "leader": head.pk,
        "text": "调剂五十亩。",
        "due_on": "2023-10-10",
    }
    assert "决定已交规划建设部办" in page(client.post(url, data, follow=True))
    assert Instruction.objects.get().problem == made
    about = page(sign_in(people.reporter(ROOM)).get(f"/problems/{made.pk}/"))
    assert "领导小组决定" in about
    assert "调剂五十亩。" in about
    workflow.drop_problem(made, by=people.office, at=at("2023-09-21 09:00"), reason="重了。")
    refused = sign_in(people.office).post(url, data | {"text": "再调剂。"})
    assert "或已经销号、撤账，不用再记领导小组的决定。" in page(refused)
    assert Instruction.objects.count() == 1


def test_dates_that_cannot_be_are_refused_in_words(sign_in, people, period):
    data = {"measure": "10", "leader": Leader.objects.get(name="李华斌").pk, "text": "抓紧。"}
    client = sign_in(people.office)
    assert "批示日期 2023年10月1日 还没有到" in page(client.post(ADD, data | {"said_on": "2023-10-01"}))
    early = client.post(ADD, data | {"said_on": "2023-09-18", "due_on": "2023-09-10"})
    assert "办理期限不能早于批示日期" in page(early)
    assert not Instruction.objects.exists()
