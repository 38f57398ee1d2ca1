"""领导页与部室页：领导看自己牵头的，部室看自己的。"""

import datetime as dt
import re
from html import unescape
from types import SimpleNamespace

import pytest
from django.urls import reverse

from departments.models import Department
from tasks import workflow
from tasks.models import Measure, Plan, Progress
from tasks.pages import desk as desk_pages
from tasks.rules import evidence
from tests import factories
from tests.markup import markup
from tests.tasks.months import filed, months, row_of  # noqa: F401
from tests.world import OTHER, OWN, upload

pytestmark = pytest.mark.django_db


def room(name):
    return reverse("department_detail", args=[Department.objects.get(name=name).slug])


@pytest.mark.parametrize(
    ("name", "count"), [("李华斌", 10), ("陈向东", 6), ("张富平", 3), ("郑瑞林", 2), ("王卫东", 1), ("李斌", 0)]
)
def test_a_leader_sees_exactly_what_he_leads(sign_in, people, period, name, count):
    page = sign_in(people.leader(name)).get("/lead/").content.decode()
    assert f"{name}牵头 {count} 项" in page
    assert ("现行方案里没有您牵头的举措。" in page) is (count == 0)


def test_only_leaders_have_such_a_page(client, people, period):
    for user in (people.office, people.admin, people.reporter(OWN)):
        client.force_login(user)
        assert client.get("/lead/").status_code == 403


def test_the_page_of_a_leader_before_any_period_and_without_a_plan(sign_in, people, plan):
    client = sign_in(people.leader("李华斌"))
    assert client.get("/lead/").status_code == 200
    Plan.objects.update(is_current=False)
    assert "现行方案里没有您牵头的举措。" in client.get("/lead/").content.decode()


def test_a_reporter_sees_the_page_of_the_own_department_only(sign_in, people, period):
    client = sign_in(people.reporter(OWN))
    assert client.get("/my-department/")["Location"] == room(OWN)
    assert "牵头 8 项次（含各部室共担 1 项）" in client.get(room(OWN)).content.decode()
    assert client.get(room(OTHER)).status_code == 403


def test_office_leaders_and_administrator_see_every_department(client, people, period):
    for user in (people.office, people.leader("李华斌"), people.admin):
        client.force_login(user)
        for department in Department.objects.all():
            assert client.get(room(department.name)).status_code == 200


def test_somebody_without_a_department_has_no_own_page(client, people, period):
    client.force_login(people.leader("李华斌"))
    assert client.get("/my-department/").status_code == 404


@pytest.mark.parametrize("slug", ["nosuch", "-", "_", "a" * 200])
def test_a_department_that_does_not_exist_is_not_found(sign_in, people, period, slug):
    assert sign_in(people.office).get(f"/departments/{slug}/").status_code == 404


def test_figures_of_a_department_move_with_its_reports(sign_in, people, submitted):
    client = sign_in(people.reporter("综合办"))
    assert "9月已报 <b>0</b>／2 项次" in markup(client.get(room("综合办")))
    submitted("13", "综合办")
    assert "9月已报 <b>1</b>／2 项次" in markup(client.get(room("综合办")))


@pytest.mark.parametrize("url", ["/lead/", "/my-department/", "/departments/spzx/"])
def test_looking_is_only_by_get(sign_in, people, period, url):
    assert sign_in(people.office).post(url).status_code == 405


@pytest.fixture
def held(plan, people, at):
    """第 10 项（李华斌牵头）挂账两件，一件逾期；第 3 项（陈向东牵头）一件提请领导小组研究。"""

    def hold(number, department, day, level="department"):
        return workflow.open_problem(
            plan, by=people.office, at=at("2023-09-01 09:00"), title=f"第{number}项的问题{day}", text="情况",
            category="other", level=level, department=Department.objects.get(name=department),
            due_on=dt.date(2023, 9, day), measure=Measure.objects.get(number=number),
        )  # fmt: skip

    lead_of_3 = Measure.objects.get(number="3").assignments.first().department.name
    return hold("10", "规划建设部", 20), hold("10", "规划建设部", 28), hold("3", lead_of_3, 29, "group")


def test_the_cards_of_a_leader_name_the_problems_held(sign_in, people, period, held):
    workflow.set_light(
        Measure.objects.get(number="10"), period, by=people.office, at=period.opened_at, level="red", reason="督办"
    )
    page = markup(sign_in(people.leader("李华斌")).get("/lead/"))
    assert '挂账 2 件，<b class="red">逾期 1 件</b>' in page
    assert "提请领导小组研究<span" not in page


def test_measures_without_a_card_name_their_problems_too(sign_in, people, period, held):
    workflow.set_light(
        Measure.objects.get(number="10"), period, by=people.office, at=period.opened_at, level="green", reason="属实"
    )
    page = markup(sign_in(people.leader("李华斌")).get("/lead/"))
    assert "其余各项的挂账问题" in page
    assert '挂账 2 件，<b class="red">逾期 1 件</b>' in page


def test_what_is_put_to_the_leading_group_is_on_the_page_of_its_leader(sign_in, people, period, held):
    page = sign_in(people.leader("陈向东")).get("/lead/").content.decode()
    assert "提请领导小组研究<span" in page
    assert held[2].title in page
    assert "?level=group&amp;status=unsettled" in page


def test_the_page_of_a_leader_prints_with_a_title(sign_in, people, period):
    page = markup(sign_in(people.leader("李华斌")).get("/lead/"))
    assert '<p class="ptitle">李华斌牵头举措推进情况</p>' in page
    assert "2023年9月22日" in page


def test_the_calendar_address_follows_the_host_of_the_visitor_unless_it_is_set(sign_in, people, period, at, settings):
    settings.SITE_URL_IS_SET = False
    user = people.reporter(OWN)
    link = workflow.create_calendar(user.department, by=user, at=at("2023-09-20 09:00"))
    feed = reverse("calendar_feed", args=[link.token])
    client = sign_in(user)
    assert f"http://127.0.0.1:8101{feed}" in client.get(room(OWN), headers={"host": "127.0.0.1:8101"}).content.decode()
    assert b"URL:http://127.0.0.1:8101/" in client.get(feed, headers={"host": "127.0.0.1:8101"}).content
    settings.SITE_URL, settings.SITE_URL_IS_SET = "https://duban.example.cn", True
    assert f"https://duban.example.cn{feed}" in client.get(room(OWN)).content.decode()
    assert b"URL:https://duban.example.cn/" in client.get(feed).content


def test_a_department_reads_whether_it_has_signed_and_the_measures_do_not_repeat_it(sign_in, people, period, plan, at):
    user = people.reporter(OWN)
    client = sign_in(user)
    assert "本部室没有签收" in client.get("/plan/").content.decode()
    workflow.sign_receipt(plan.revision, by=user, at=at("2023-09-20 09:00"))
    assert "，本部室已签收" in client.get("/plan/").content.decode()
    titles = [item.title for item in client.get("/measures/16/").context["timeline"].items]
    assert not any("签收" in title for title in titles)


def test_the_text_size_button_says_what_it_will_do(client, people, period):
    client.force_login(people.reporter(OWN))
    assert ">大字</button>" in markup(client.get("/help/"))
    client.cookies["big"] = "1"
    assert ">标准字</button>" in markup(client.get("/help/"))


def test_of_several_parts_it_says_how_many_were_sent(sign_in, people, period, submitted):
    submitted("14", "党务办")
    page = sign_in(people.office).get("/measures/").content.decode()
    assert "已报 1／2" in page


def card_of(client, number):
    """领导页上这一项的卡片。"""
    cards = client.get("/lead/").context["desk"]["urgent"]
    return next(card for card in cards if card.line.measure.number == number)


@pytest.fixture
def asked_about(sign_in, months):  # noqa: F811
    """第 2 项九月定了红灯，牵头领导登录着。"""
    two = Measure.objects.get(number="2")
    who = {"by": months.office, "at": factories.at("2023-09-21 09:00")}
    workflow.set_light(two, months.period, **who, level="red", reason="督办")
    return sign_in(factories.People().leader(two.leader_links.first().leader.name))


def test_a_card_says_what_the_department_last_wrote_and_looks_past_no_change(asked_about):
    row = filed(row_of("2"), "本期无变化。", "2023-09-20 10:00")
    assert card_of(asked_about, "2").wrote.text == "本期无变化。"
    Progress.objects.filter(pk=row.pk).update(is_no_change=True)
    assert card_of(asked_about, "2").wrote.text == "八月写的第2项。"
    assert f"{OWN}8月写的：</b>八月写的第2项。" in markup(asked_about.get("/lead/"))


WHY = "银行临时调整放款计划。"


def test_why_progress_fell_is_read_wherever_the_report_is_read_and_by_nobody_else(
    sign_in, people, period, submitted, at
):
    """原因是部室必须写的，从前只有审核的人看得见：领导看见数降了，看不见为什么。"""
    row = submitted("10", "规划建设部", percent=40, text="做了一部分。", decline_reason=WHY)
    ten, office = row.assignment.measure, people.office
    workflow.set_light(ten, period, by=office, at=at("2023-09-21 09:00"), level="red", reason="督办")
    leader, own, other = people.leader("李华斌"), people.reporter("规划建设部"), people.reporter("财务部")
    said, where = f"<b>下降原因：</b>{WHY}", f"/departments/{row.assignment.department.slug}/{period.slug}/"
    for user, url in ((leader, "/lead/"), (leader, ten.url), (office, ten.url), (own, ten.url), (office, where)):
        assert said in markup(sign_in(user).get(url)), (user, url)
    assert WHY not in markup(sign_in(other).get(ten.url)), "还没有通过的，别的部室看不到"
    workflow.approve_progress(row, by=office, at=at("2023-09-21 10:00"))
    assert said in markup(sign_in(other).get(ten.url))


def test_why_a_part_of_a_joint_measure_fell_is_beside_that_part(sign_in, people, submitted):
    row = submitted("14", "党务办", percent=40, text="做了一部分。", decline_reason=WHY)
    page = markup(sign_in(people.office).get(row.assignment.measure.url))
    assert page.count(f"<b>下降原因：</b>{WHY}") == 2, "部室部分一处，办理过程一处"


def test_the_card_quotes_the_room_whose_part_gives_the_light(period, submitted):
    """两个部室牵头：灯因规划建设部那一份，引的就是它写的，虽然审批中心报得晚。"""
    worse = submitted("8", "规划建设部", when="2023-09-19 10:00", text="规划建设部写的。")
    better = submitted("8", OWN, when="2023-09-20 10:00", text="审批中心写的。")

    def quoted(*levels):
        parts = [
            SimpleNamespace(assignment=row.assignment, light=SimpleNamespace(severity=severity))
            for row, severity in zip((worse, better), levels, strict=True)
        ]
        line = SimpleNamespace(measure=worse.assignment.measure, parts=parts)
        return desk_pages._last_words([line], [period])[line.measure.pk].text

    assert quoted(1, 2) == "规划建设部写的。"
    assert quoted(2, 1) == quoted(1, 1) == "审批中心写的。", "一样的看最近报的"


def test_a_card_shows_the_latest_instruction_and_whether_it_was_answered(asked_about, months):  # noqa: F811
    two, leader = Measure.objects.get(number="2"), factories.People()
    leader = leader.leader(two.leader_links.first().leader.name)
    for day, words in (("18", "前一条。"), ("19", "后一条。")):
        said = workflow.issue_instruction(two, by=leader, at=factories.at(f"2023-09-{day} 09:00"), text=words)
    card = card_of(asked_about, "2")
    assert (card.said.instruction.text, card.said_words, card.is_waiting) == ("后一条。", "未回复，3 天", True)
    assert "未回复，3 天" in markup(asked_about.get("/lead/"))
    for room in said.departments.all():
        by = factories.People().reporter(room.name)
        workflow.reply_instruction(said, by=by, at=factories.at("2023-09-20 09:00"), text="已经办了。")
    card = card_of(asked_about, "2")
    assert (card.said_words, card.is_waiting) == (f"{OWN}已回复：已经办了。", False)


# ── 部室在某一期报了什么 ──


def test_an_earlier_month_is_one_tap_from_the_rooms_page(sign_in, months):  # noqa: F811
    me = sign_in(months.own)
    page = me.get(room(OWN)).content.decode()
    url = reverse("department_period", args=[Department.objects.get(name=OWN).slug, "2023-08"])
    assert f'href="{url}"' in page
    august = me.get(url).content.decode()
    assert "2023年8月报了什么" in august and "八月写的第12项。" in august and "八月写的第2项。" in august
    assert "撤回" not in august, "只看，不办"
    september = me.get(url.replace("2023-08", "2023-09")).content.decode()
    assert "这一期没有报出去的。" in september and "没有报出去的：第 2、4、5、6、7、8、11、12 项。" in september


def test_what_was_sent_is_shown_whole_with_its_evidence(sign_in, people, submitted, at):
    row = submitted("12", OWN, text="长" * 300)
    workflow.return_progress(row, by=people.office, at=at("2023-09-20 11:00"), reason="请附照片。")
    row.refresh_from_db()
    who = {"by": people.reporter(OWN), "at": at("2023-09-20 12:00")}
    workflow.add_attachment(row, **who, upload=evidence.check(upload()))
    workflow.submit_progress(row, **who, version=row.version, content={"text": "长" * 300})
    url = reverse("department_period", args=[row.assignment.department.slug, "2023-09"])
    page = sign_in(people.reporter(OWN)).get(url).content.decode()
    assert "长" * 300 in page and "现场照片.pdf" in page


def test_drafts_are_seen_by_nobody_else_and_other_rooms_not_at_all(sign_in, people, period, report, at):
    workflow.save_progress(
        report("12", OWN), by=people.reporter(OWN), at=at("2023-09-20 09:00"), version=0, content={"text": "写了一半"}
    )
    url = reverse("department_period", args=[Department.objects.get(name=OWN).slug, "2023-09"])
    assert "写了一半" not in sign_in(people.office).get(url).content.decode()
    assert sign_in(people.reporter(OTHER)).get(url).status_code == 403
    assert sign_in(people.office).get(url.replace("2023-09", "2023-99")).status_code == 404


# ── 我的 / 全区 ──


def current(page) -> str:
    """“看哪些”里标着的那一个。"""
    nav = page[page.index('aria-label="看哪些"') :].split("</nav>")[0]
    return nav.split('aria-current="true">')[1].split("<")[0]


def test_a_leader_looks_at_his_own_or_at_the_whole_zone_by_one_tap(sign_in, people, period):
    client = sign_in(people.leader("王卫东"))
    mine, whole = client.get("/lead/"), client.get("/lead/", {"scope": "all"})
    assert "王卫东牵头 1 项" in markup(mine) and current(markup(mine)) == "我的"
    assert "全区 21 项" in markup(whole) and current(markup(whole)) == "全区"
    for page in (mine, whole):
        assert 'href="?"' in markup(page) and 'href="?scope=all"' in markup(page)
    assert "王卫东牵头 1 项" in markup(client.get("/lead/")), "只记在网址里"


def test_an_unknown_scope_is_his_own(sign_in, people, period):
    assert "王卫东牵头 1 项" in markup(sign_in(people.leader("王卫东")).get("/lead/", {"scope": "<b>"}))


def test_of_the_whole_zone_he_acts_on_what_is_his_only_and_comes_back_to_it(sign_in, people, submitted, at, plan):
    """第 16 项李华斌牵头，第 20 项别人牵头：两项都红，批示、已阅只在自己的那一张上。"""
    for number in ("16", "20"):
        workflow.set_light(
            plan.measures.get(number=number),
            plan.periods.get(),
            by=people.office,
            at=at("2023-09-20 10:00"),
            level="red",
            reason="督办",
        )
    client = sign_in(people.leader("李华斌"))
    page = client.get("/lead/", {"scope": "all"})
    cards = {card.line.measure.number: card.is_own for card in page.context["desk"]["urgent"]}
    assert (cards["16"], cards["20"]) == (True, False)
    assert "/measures/16/read/" in markup(page) and "/measures/20/read/" not in markup(page)
    back = client.post("/measures/16/read/", {"seen": "red", "from": "zone"})
    assert back["Location"].endswith("/lead/?scope=all")
    sent = client.post("/instructions/add/", {"measure": "16", "text": "请抓紧。", "from": "zone"})
    assert sent["Location"].endswith("/lead/?scope=all#m16")
    assert client.post("/measures/16/read/", {"seen": "red", "from": "lead"})["Location"].endswith("/lead/")


def test_the_head_of_the_group_acts_on_every_card(sign_in, people, submitted, at, plan):
    workflow.set_light(
        plan.measures.get(number="20"),
        plan.periods.get(),
        by=people.office,
        at=at("2023-09-20 10:00"),
        level="red",
        reason="督办",
    )
    desk = sign_in(people.leader("陈向东")).get("/lead/", {"scope": "all"}).context["desk"]
    assert [card.is_own for card in desk["urgent"] if card.line.measure.number == "20"] == [True]


@pytest.fixture
def three_red(sign_in, people, submitted, at, plan, monkeypatch):
    """领导小组组长的全区页：三项红灯，只有头一张卡片上有批示的表单。"""
    monkeypatch.setattr(desk_pages, "IN_PLACE", 1)
    who = {"by": people.office, "at": at("2023-09-20 10:00"), "level": "red", "reason": "督办"}
    for number in ("16", "18", "20"):
        workflow.set_light(plan.measures.get(number=number), plan.periods.get(), **who)
    return sign_in(people.leader("陈向东"))


def places(client, url) -> dict:
    """卡片（第几项）→ 点开批示的网址；表单就在卡片上的，说展开没有。"""
    page = client.get(url)
    cards = [one.split("</li>")[0] for one in markup(page).split('id="m')[1:]]
    found = {}
    for card in page.context["desk"]["urgent"]:
        [html] = [one for one in cards if one.startswith(f'{card.line.measure.number}"')]
        if link := re.search(r'<a class="btn btn-s" href="([^"]+)">.*?批示', html, re.S):
            assert "/instructions/add/" not in html
            found[card.line.measure.number] = unescape(link[1])
        else:
            found[card.line.measure.number] = bool(re.search(r"<details[^>]* open>", html))
            assert html.count('action="/instructions/add/"') == 1
    return found


def test_only_the_first_cards_carry_the_form_and_the_others_open_it_by_a_link(three_red):
    whole = places(three_red, "/lead/?scope=all")
    assert whole == {"16": False, "18": "/lead/?scope=all&open=18#m18", "20": "/lead/?scope=all&open=20#m20"}
    opened = places(three_red, whole["20"])
    assert opened == {"16": False, "18": "/lead/?scope=all&open=18#m18", "20": True}
    sent = three_red.post("/instructions/add/", {"measure": "20", "text": "请抓紧。", "from": "zone"})
    assert sent["Location"] == "/lead/?scope=all#m20"


@pytest.mark.parametrize("number", ["1", "99", "<b>", "x" * 11, ""])
def test_opening_what_has_no_card_opens_nothing(three_red, number):
    assert places(three_red, f"/lead/?scope=all&open={number}") == places(three_red, "/lead/?scope=all")


def test_words_not_taken_are_put_back_and_the_opened_card_is_not_needed(three_red):
    """写得不合格：放回写批示的那一页，写的还在。"""
    page = three_red.post("/instructions/add/", {"measure": "20", "text": "长" * 1001, "from": "zone"})
    assert page.status_code == 422 and "长" * 1001 in markup(page)


def test_the_whole_zone_shows_what_other_leaders_said(sign_in, people, at, plan, submitted):
    workflow.issue_instruction(
        plan.measures.get(number="20"), by=people.leader("陈向东"), at=at("2023-09-20 10:00"), text="请科技创新部抓紧。"
    )
    client = sign_in(people.leader("王卫东"))
    assert "请科技创新部抓紧。" not in markup(client.get("/lead/"))
    assert "请科技创新部抓紧。" in markup(client.get("/lead/", {"scope": "all"}))


def test_what_was_corrected_is_shown_as_corrected(sign_in, people, submitted, at):
    row = workflow.approve_progress(
        submitted("12", OWN, text="写错了的话。"), by=people.office, at=at("2023-09-20 11:00")
    )
    who = {"by": people.reporter(OWN), "at": at("2023-09-21 09:00")}
    copy = workflow.correct_progress(row, **who)
    copy = workflow.submit_progress(copy, **who, version=copy.version, content={"text": "更正了的话。"})
    workflow.approve_progress(copy, by=people.office, at=at("2023-09-21 10:00"))
    url = reverse("department_period", args=[row.assignment.department.slug, "2023-09"])
    page = sign_in(people.office).get(url).content.decode()
    assert "更正了的话。" in page and "写错了的话。" not in page
