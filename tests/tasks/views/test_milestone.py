"""任务分解的页面：提、认可、不认可、撤回、取消、撤销认定；举措页与节点一览；不该做的进不去。"""

import datetime as dt

import pytest
from django.urls import reverse

from tasks import workflow
from tasks.models import Assignment, Milestone
from tests.markup import markup
from tests.world import form_on

pytestmark = pytest.mark.django_db
HALL = "审批中心"
PAGE = "/measures/12/milestones/"


@pytest.fixture
def milestone(plan, people, at):
    """第 12 项的节点；`by` 不写是办公室下达。"""

    def make(name="招标完成", due_on=dt.date(2023, 10, 31), number="12", by=None):
        assignment = Assignment.objects.filter(measure__number=number).first()
        return workflow.propose_milestone(
            assignment, by=by or people.office, at=at("2023-09-01 10:00"), name=name, due_on=due_on
        )

    return make


@pytest.fixture
def done(milestone, report, people, at):
    made, row = milestone(), report("12", HALL)
    content = {"text": "完成了。", "stage": "in_progress", "percent": 75}
    row = workflow.submit_progress(
        row, by=people.reporter(HALL), at=at("2023-09-20 10:00"), version=0, content=content, ticks=[made]
    )
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 09:00"))
    return made


def page(response) -> str:
    return markup(response)


def propose(client, number="12", **fields):
    assignment = Assignment.objects.filter(measure__number=number).first()
    data = {"assignment": assignment.pk, "name": "招标完成", "due_on": "2023-10-31"} | fields
    return client.post(f"/measures/{number}/milestones/propose/", data, follow=True)


def test_a_department_proposes_and_the_office_agrees(sign_in, people, period):
    client = sign_in(people.reporter(HALL))
    assert "办公室认可后生效" in page(client.get(PAGE))
    response = propose(client)
    assert response.redirect_chain == [(PAGE, 302)]
    assert "节点“招标完成”已提出，等办公室认可。" in page(response)
    made = Milestone.objects.get()
    assert made.status == "proposed"
    client = sign_in(people.office)
    assert "1 个节点待认可" in page(client.get("/board/"))
    assert "招标完成" in page(client.get("/milestones/?state=proposed"))
    response = client.post(reverse("milestone_agree", args=[made.pk]), {"from": "list"}, follow=True)
    assert response.redirect_chain == [("/milestones/", 302)]
    assert Milestone.objects.get().status == "agreed"


def test_what_the_office_sets_counts_at_once(sign_in, people, period):
    assert "节点“招标完成”已下达。" in page(propose(sign_in(people.office)))
    assert Milestone.objects.get().status == "agreed"


def test_on_a_joint_measure_the_office_chooses_the_department(sign_in, people, period):
    client = sign_in(people.office)
    html = page(client.get("/measures/14/milestones/"))
    assert "请选择部室" in html
    second = Assignment.objects.get(measure__number="14", department__name="经济发展部")
    propose(client, "14", assignment=second.pk)
    assert Milestone.objects.get().assignment == second


def test_a_department_cannot_propose_for_the_other_one(sign_in, people, period):
    second = Assignment.objects.get(measure__number="14", department__name="经济发展部")
    assert propose(sign_in(people.reporter("党务办")), "14", assignment=second.pk).status_code == 422
    assert not Milestone.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "请写节点的名称。"),
        ({"due_on": ""}, "请填节点的时限。"),
        ({"due_on": "1999-12-31"}, "日期不能早于"),
        ({"due_on": "2100-01-01"}, "日期不能晚于"),
        ({"due_on": "0001-01-01"}, "日期不能早于"),
        ({"name": "长" * 61}, "60"),
        ({"assignment": "10000000000000000000000000"}, ""),
    ],
)
def test_mistakes_are_said_and_what_was_typed_stays(sign_in, people, period, fields, said):
    response = propose(sign_in(people.office), **fields)
    assert response.status_code == 422
    assert said in page(response)
    assert fields.get("name", "招标完成") in page(response)
    assert not Milestone.objects.exists()


def test_proposing_twice_is_refused_in_words(sign_in, people, period):
    client = sign_in(people.office)
    propose(client)
    assert "节点“招标完成”已经有了" in page(propose(client))
    assert Milestone.objects.count() == 1


@pytest.mark.parametrize("who", ["别部室", "领导", "管理员"])
def test_nobody_else_is_offered_or_may_propose(sign_in, people, period, who):
    user = {"别部室": people.reporter("财务部"), "领导": people.leader("李华斌"), "管理员": people.admin}[who]
    client = sign_in(user)
    assert "/milestones/propose/" not in page(client.get(PAGE))
    assert propose(client).status_code == 403


VERBS = {"milestone_refuse": "refuse", "milestone_remove": "remove", "milestone_untick": "untick"}


@pytest.fixture
def item(request, milestone, people):
    def make(name):
        if name == "milestone_untick":
            return request.getfixturevalue("done")
        return milestone(by=people.reporter(HALL) if name == "milestone_refuse" else None)

    return make


@pytest.mark.parametrize("name", VERBS)
def test_without_a_reason_the_page_comes_back_with_the_form_open(name, item, sign_in, people, period):
    made = item(name)
    client = sign_in(people.office)
    url = reverse(name, args=[made.pk])
    response = client.post(url, {f"{VERBS[name]}-{made.pk}-reason": " "})
    assert response.status_code == 422
    assert "必须写明理由。" in page(response)
    assert f'name="{VERBS[name]}-{made.pk}-reason"' in page(response)
    response = client.post(url, {f"{VERBS[name]}-{made.pk}-reason": "请再想想。"}, follow=True)
    assert response.redirect_chain == [(PAGE, 302)]
    made.refresh_from_db()
    assert made.status == "removed"
    assert "请再想想。" in page(response)


@pytest.mark.parametrize("name", [*VERBS, "milestone_agree"])
def test_only_the_office_decides_and_only_by_post(name, milestone, sign_in, people, period):
    url = reverse(name, args=[milestone(by=people.reporter(HALL)).pk])
    for user in (people.reporter(HALL), people.leader("李华斌"), people.admin):
        assert sign_in(user).post(url).status_code == 403
    assert sign_in(people.office).get(url).status_code == 405
    assert Milestone.objects.get().status == "proposed"


def test_the_department_takes_its_proposal_back(milestone, sign_in, people, period):
    made = milestone(by=people.reporter(HALL))
    url = reverse("milestone_withdraw", args=[made.pk])
    assert sign_in(people.reporter("财务部")).post(url).status_code == 404
    assert sign_in(people.office).post(url).status_code == 403
    client = sign_in(people.reporter(HALL))
    assert "已撤回" in page(client.post(url, follow=True))
    assert "现在不能撤回节点" in page(client.post(url, follow=True))


def test_deciding_what_is_decided_is_refused_in_words(milestone, sign_in, people, period):
    made = milestone()
    response = sign_in(people.office).post(reverse("milestone_agree", args=[made.pk]), follow=True)
    assert "现在不能认可节点：这一条目前是“未完成”" in page(response)


def test_the_measure_page_shows_them_and_what_is_late(milestone, sign_in, people, period):
    milestone("过了的", due_on=dt.date(2023, 9, 20))
    html = page(sign_in(people.reporter("财务部")).get("/measures/12/"))
    assert "过了的" in html
    assert "逾期未完成" in html
    assert "节点“过了的”到期未完成，已超 2 天" in html


def test_a_proposal_is_not_shown_to_other_departments(milestone, sign_in, people, period):
    milestone("还没认可的", by=people.reporter(HALL))
    for url in ("/measures/12/", PAGE):
        assert "还没认可的" not in page(sign_in(people.reporter("财务部")).get(url))
        assert "还没认可的" in page(sign_in(people.reporter(HALL)).get(url))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "待认可的 过期的 以后的 做完的"),
        ("?state=proposed", "待认可的"),
        ("?state=overdue", "过期的"),
        ("?state=agreed", "过期的 以后的"),
        ("?state=done", "做完的"),
        ("?dept=cwb", ""),
        ("?state=胡写&page=99999999999999", "待认可的 过期的 以后的 做完的"),
    ],
)
def test_the_list_is_filtered_with_proposals_first(milestone, done, sign_in, people, period, query, names):
    Milestone.objects.filter(pk=done.pk).update(name="做完的")
    milestone("以后的", due_on=dt.date(2023, 12, 1))
    milestone("过期的", due_on=dt.date(2023, 9, 1))
    milestone("待认可的", by=people.reporter(HALL))
    html = page(sign_in(people.office).get(f"/milestones/{query}"))
    table = html.split("<tbody>")[-1] if "<tbody>" in html else ""
    places = [table.find(name) for name in names.split()]
    assert places == sorted(places)
    assert -1 not in places
    for name in {"待认可的", "过期的", "以后的", "做完的"} - set(names.split()):
        assert name not in table


def test_the_review_shows_what_was_ticked(milestone, report, sign_in, people, period, at):
    made, row = milestone(), report("12", HALL)
    content = {"text": "完成了。", "stage": "in_progress", "percent": 75}
    row = workflow.submit_progress(
        row, by=people.reporter(HALL), at=at("2023-09-20 10:00"), version=0, content=content, ticks=[made]
    )
    client = sign_in(people.office)
    assert "通过后认定完成" in page(client.get(f"/review/{row.pk}/"))
    assert "已报完成，待审核" in page(client.get(PAGE))


def test_ticking_in_the_browser_form_reaches_the_milestone(milestone, report, sign_in, people, period):
    made, row = milestone(), report("12", HALL)
    client = sign_in(people.reporter(HALL))
    assert f'name="p{row.pk}-ticks"' in page(client.get("/"))
    prefix = f"p{row.pk}-"
    data = {"do": "submit", f"{prefix}version": 0, f"{prefix}stage": "in_progress", f"{prefix}percent": 75}
    data |= {f"{prefix}text": "招标完成。", f"{prefix}ticks": [made.pk]}
    assert client.post(f"/progress/{row.pk}/", data).status_code == 302
    sign_in(people.office).post(f"/review/{row.pk}/approve/")
    assert Milestone.objects.get().done_on == dt.date(2023, 9, 22)


def test_a_tampered_tick_is_not_taken(milestone, report, sign_in, people, period):
    theirs, row = milestone("别项的", number="11"), report("12", HALL)
    milestone()
    prefix = f"p{row.pk}-"
    data = {"do": "submit", f"{prefix}version": 0, f"{prefix}stage": "in_progress", f"{prefix}percent": 75}
    data |= {f"{prefix}text": "招标完成。", f"{prefix}ticks": [theirs.pk]}
    assert sign_in(people.reporter(HALL)).post(f"/progress/{row.pk}/", data).status_code == 422
    row.refresh_from_db()
    assert (row.status, row.ticks.count()) == ("missing", 0)


# ── 写错了的时限 ──


def test_a_milestone_before_the_plan_is_refused_and_what_was_typed_stays(sign_in, people, period):
    response = propose(sign_in(people.office), name="中期验收", due_on="2023-01-01")
    assert response.status_code == 422
    assert "节点的时限不能早于方案印发的 2023年3月6日，请核对年份。" in page(response)
    assert form_on(response, f"{PAGE}propose/")["fields"]["name"] == "中期验收"
    assert "even_late" not in page(response)
    assert not Milestone.objects.exists()


@pytest.mark.parametrize("who", ["office", "reporter"])
def test_a_milestone_already_past_is_taken_only_when_said_so(sign_in, people, period, who):
    client = sign_in(people.office if who == "office" else people.reporter(HALL))
    assert "even_late" not in page(client.get(PAGE))
    response = propose(client, due_on="2023-09-12")
    assert response.status_code == 422
    assert "已过去 10 天" in page(response)
    assert "时限已过，仍要这样定" in page(response)
    assert not Milestone.objects.exists()
    propose(client, due_on="2023-09-12", even_late="on")
    assert Milestone.objects.get().due_on == dt.date(2023, 9, 12)


def test_today_is_not_past(sign_in, people, period):
    propose(sign_in(people.office), due_on="2023-09-22")
    assert Milestone.objects.count() == 1


def test_a_name_already_used_keeps_the_form(sign_in, people, milestone):
    milestone()
    response = propose(sign_in(people.office), due_on="2023-11-30")
    assert response.status_code == 422
    assert "节点“招标完成”已经有了" in page(response)
    assert form_on(response, f"{PAGE}propose/")["fields"]["due_on"] == "2023-11-30"


def test_a_term_past_the_end_of_the_plan_is_asked_first(sign_in, people, period):
    """方案到年底为止，定到明年的先问一句，勾了才收；已批准延到以后的，在自己的时限之内不用问。"""
    client = sign_in(people.office)
    asked = propose(client, due_on="2024-02-01")
    assert "方案到 2023年12月31日 为止，请核对日期；确需跨年的，请勾选这一项。" in page(asked)
    assert not Milestone.objects.exists()
    assert "已下达。" in page(propose(client, due_on="2024-02-01", beyond="on"))
    Assignment.objects.filter(measure__number="12").update(extended_due_on=dt.date(2024, 3, 1))
    assert "已下达。" in page(propose(client, due_on="2024-02-15", name="验收"))
