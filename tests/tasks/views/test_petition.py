"""请示各页：从一件问题、协调、延期、举措起草，先写好的话；印发；决定；看得到的地方；没写好的不丢。"""

import datetime as dt

import pytest
from django.urls import reverse

from departments.models import Leader, Organisation
from tasks import workflow
from tasks.models import Circular, Event, Extension, Instruction, Petition
from tests import factories
from tests.markup import markup
from tests.tasks.workflow.test_petition import MATTER, decide, draft, issued

pytestmark = pytest.mark.django_db
WHO = {"contact": "王芳", "phone": "0358-1234567"}


@pytest.fixture
def held(plan, people, at):
    return workflow.open_problem(
        plan, by=people.office, at=at("2023-09-19 09:00"), title="用地指标不够", text="缺 30 亩。", category="other",
        level="group", due_on=dt.date(2023, 9, 28), department=people.reporter("审批中心").department,
        measure=plan.measures.get(number="7"),
    )  # fmt: skip


@pytest.fixture
def office(people, sign_in):
    return sign_in(people.office)


def add(client, about="", **said):
    response = client.post(reverse("petition_add"), {"about": about, **WHO, **said})
    assert response.status_code == 302, response.context["form"].errors
    return Circular.objects.order_by("pk").last()


def section(circular, key) -> str:
    return next(s["text"] for s in circular.sections if s["key"] == key)


# ── 起草 ──


def test_a_problem_brings_its_facts_and_its_measures(office, held, period):
    made = add(office, f"problem-{held.pk}")
    assert made.title == "关于解决“用地指标不够”问题的请示"
    facts = section(made, "reason").split("\n")
    assert facts[0].startswith("《") and "第7项" in facts[0] and "审批中心牵头" in facts[0] and "目前是" in facts[0]
    assert facts[1] == "1号问题“用地指标不够”，责任部室为审批中心，整改期限为2023年9月28日。缺 30 亩。"
    assert section(made, "close") == "妥否，请批示。"
    assert section(made, "contact") == "联系人：王芳，电话：0358-1234567"
    assert (made.petition.problem, made.petition.measure.number, made.period) == (held, "7", None)


def test_an_extension_asks_for_the_day_it_wants(office, people, at, plan, period):
    part = plan.measures.get(number="2").assignments.first()
    plan.measures.filter(number="2").update(due_on=dt.date(2023, 12, 1))
    wanted = workflow.request_extension(
        type(part).objects.get(pk=part.pk), by=people.reporter(str(part.department)), at=at("2023-09-19 10:00"),
        new_due_on=dt.date(2023, 12, 20), reason="等上级文件",
    )  # fmt: skip
    assert f"/circulars/petition/?about=extension-{wanted.pk}" in markup(office.get("/extensions/"))
    made = add(office, f"extension-{wanted.pk}")
    assert made.title == "关于第2项举措延期至2023年12月20日完成的请示"
    assert "由2023年12月1日延至2023年12月20日，理由是：等上级文件。" in section(made, "reason")
    assert section(made, "matter").startswith(f"拟同意{part.department}将第2项举措")
    assert made.petition.extension == Extension.objects.get()


def test_a_coordination_is_told_in_the_words_of_who_asked(office, people, at, plan, period):
    row = factories.report(period, "7", "审批中心")
    workflow.submit_progress(
        row, by=people.reporter("审批中心"), at=at("2023-09-19 10:00"), version=0,
        content={"text": "办了。", "stage": "in_progress", "coordination": "请省里批准试点"}, coordinate_with="office",
    )  # fmt: skip
    asked = row.coordination_requests.get()
    assert f"/circulars/petition/?about=coordination-{asked.pk}" in markup(office.get("/coordination/"))
    made = add(office, f"coordination-{asked.pk}")
    assert "审批中心在2023年9月的报送中提出：请省里批准试点。" in section(made, "reason")
    assert (made.petition.coordination, made.petition.measure.number) == (asked, "7")


def test_a_measure_or_a_matter_of_its_own(office, plan, period):
    seven = plan.measures.get(number="7")
    made = add(office, f"measure-{seven.pk}", subject="增加窗口人员")
    assert (made.title, made.petition.measure) == ("关于增加窗口人员的请示", seven)
    own = add(office, subject="关于设立专班的请示")
    assert (own.title, own.petition.measure) == ("关于设立专班的请示", None)
    assert plan.title in section(own, "reason")


def test_the_form_opens_on_what_it_was_asked_from_and_on_oneself(office, held, people, period):
    type(people.office).objects.filter(pk=people.office.pk).update(office_phone="0358-7654321")
    form = office.get(reverse("petition_add"), {"about": f"problem-{held.pk}"}).context["form"]
    assert form["about"].value() == f"problem-{held.pk}"
    assert (form["contact"].value(), form["phone"].value()) == (people.office.name, "0358-7654321")
    groups = [label for label, _ in form.fields["about"].choices]
    assert groups == ["", "挂账的问题", "举措"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"subject": ""}, "请写事由"),
        ({"phone": "12"}, "连区号至少七位"),
        ({"contact": ""}, "请写联系人"),
        ({"about": "problem-99999"}, "请重新选"),
        ({"about": "user-1"}, "请重新选"),
    ],
)
def test_what_is_not_written_well_is_put_back(said, why, office, plan, period):
    response = office.post(reverse("petition_add"), {"about": "", "subject": "设立专班", **WHO, **said})
    assert response.status_code == 422
    assert why in markup(response)
    assert not Circular.objects.exists()


def test_a_problem_already_put_before_them_is_refused_with_the_words_kept(office, held, people, at, period):
    made = draft(people, at, problem=held)
    workflow.issue_circular(made, by=people.office, at=at("2023-09-20 10:00"), version=made.version)
    response = office.post(reverse("petition_add"), {"about": f"problem-{held.pk}", "subject": "再要一次", **WHO})
    assert response.status_code == 422
    assert "已经请示（〔2023〕1号）" in markup(response)
    assert "再要一次" in markup(response)


# ── 一份请示 ──


def test_it_is_edited_checked_signed_and_issued_as_any_paper(office, people, at, plan, period):
    made = draft(people, at)
    edit = markup(office.get(reverse("circular_edit", args=[made.pk])))
    assert "重取数字" not in edit and "数字一览" not in edit
    assert "附注" in edit and "结语" in edit
    data = {"title": made.title, "version": made.version}
    for s in made.sections:
        data |= {f"heading_{s['key']}": s["heading"], f"text_{s['key']}": s["text"]}
    assert office.post(reverse("circular_edit", args=[made.pk]), data | {"text_matter": "请批准。"}).status_code == 302
    office.post(reverse("signing_check", args=[made.pk]), {"version": 1})
    page = markup(office.get(reverse("circular_detail", args=[made.pk])))
    assert "正文、主送、联系人已经核对" in page and "附表" not in page
    assert "将编 交开营商办请示〔2023〕1号" in page
    assert office.post(reverse("circular_issue", args=[made.pk]), {"version": 1, "checked": "on"}).status_code == 302
    made = Circular.objects.get(pk=made.pk)
    assert (made.short_number, section(made, "matter")) == ("〔2023〕1号", "请批准。")
    sheet = markup(office.get(reverse("signing_sheet", args=[made.pk])))
    assert "请示" in sheet and "交城经济开发区优化营商环境领导小组" in sheet
    word = office.get(reverse("circular_word", args=[made.pk]))
    assert word.content[:2] == b"PK"
    for name in ("circular_figures", "circular_table"):
        assert office.get(reverse(name, args=[made.pk])).status_code == 404


def test_the_web_page_says_what_the_word_says(office, people, at, plan, period):
    made = issued(people, at)
    page = markup(office.get(reverse("circular_detail", args=[made.pk])))
    for words in ("领导小组：", "妥否，请批示。", "（联系人：王芳，电话：0358-1234567）"):
        assert words in page


def test_departments_do_not_see_it_anywhere(people, sign_in, at, plan, period, held):
    made = issued(people, at, measure=plan.measures.get(number="7"), problem=held)
    client = sign_in(people.reporter("审批中心"))
    assert client.get(reverse("circular_detail", args=[made.pk])).status_code == 404
    for url in (
        reverse("circular_list"),
        "/measures/7/",
        reverse("problem_detail", args=[held.pk]),
        reverse("event_list"),
        "/",
    ):
        response = client.get(url)
        assert response.status_code == 403 or made.title not in markup(response), url
    assert "kind=petition" not in markup(client.get(reverse("circular_list")))


def test_it_stands_in_the_list_at_the_measure_at_the_problem_and_on_the_leaders_page(
    people, sign_in, at, plan, period, held
):
    made = issued(people, at, measure=plan.measures.get(number="7"), problem=held)
    leader = sign_in(people.leader("李华斌"))
    pages = [reverse("circular_list"), "/measures/7/", reverse("problem_detail", args=[held.pk]), "/lead/"]
    for url in pages:
        assert made.title in markup(leader.get(url)) and "待决定" in markup(leader.get(url)), url
    decide(made.petition, by=people.office, at=at("2023-09-21 09:00"))
    assert made.title not in markup(leader.get("/lead/")), "定了的不在领导页上"
    for url in pages[1:3]:
        assert "同意设立。" in markup(leader.get(url)), url
    assert "同意" in markup(leader.get(pages[0]))


def test_the_office_finds_the_door_at_each_thing(held, plan, period, people, sign_in):
    for url, about in (("/measures/7/", "measure-"), (reverse("problem_detail", args=[held.pk]), "problem-")):
        assert f"/circulars/petition/?about={about}" in markup(sign_in(people.office).get(url))
        assert "/circulars/petition/" not in markup(sign_in(people.reporter("审批中心")).get(url))
    assert "/circulars/petition/" in markup(sign_in(people.office).get(reverse("circular_list")))


# ── 决定 ──


def said(prefix, **more):
    found = {"verdict": "agreed", "decided_on": "2023-09-21", "text": "同意，人员由三个部室抽调。"} | more
    return {f"{prefix}-{key}": value for key, value in found.items()}


def test_the_decision_is_recorded_and_corrected_with_both_kept(office, people, at, plan, period):
    made = issued(people, at)
    url = reverse("circular_detail", args=[made.pk])
    assert office.post(reverse("petition_decide", args=[made.pk]), said("decide")).status_code == 302
    assert "照决定代录批示" in markup(office.get(url))
    changed = said("amend", verdict="refused", text="不同意。", leader=Leader.objects.get(name="李华斌").pk)
    response = office.post(reverse("petition_amend", args=[made.pk]), changed)
    assert response.status_code == 422 and "更正决定须写明理由" in markup(response) and "不同意。" in markup(response)
    office.post(reverse("petition_amend", args=[made.pk]), changed | {"amend-reason": "听错了。"})
    page = markup(office.get(url))
    for words in ("同意，人员由三个部室抽调。", "记错了，已更正", "李华斌", "更正的理由：听错了。", "不同意。"):
        assert words in page
    assert "照决定代录批示" not in page
    assert Event.objects.filter(circular=made, action="petition_amend").get().note == "听错了。"


def test_a_decision_not_written_well_is_put_back(office, people, at, plan, period):
    made = issued(people, at)
    response = office.post(reverse("petition_decide", args=[made.pk]), said("decide", decided_on="2023-09-19"))
    assert response.status_code == 422
    assert "日期不能更早" in markup(response) and "人员由三个部室抽调" in markup(response)
    assert office.post(reverse("petition_decide", args=[made.pk + 1]), said("decide")).status_code == 404


def test_an_instruction_is_written_from_the_decision(office, people, at, plan, period, held):
    made = issued(people, at, measure=plan.measures.get(number="7"), problem=held)
    head = Leader.objects.get(name="李华斌")
    decide(made.petition, by=people.office, at=at("2023-09-21 09:00"), leader=head, text="同意，尽快办。")
    url = f"{reverse('instruction_add')}?petition={made.pk}"
    form = office.get(url).context["form"]
    found = [form[name].value() for name in ("measure", "leader", "text", "departments")]
    assert found == ["7", head.pk, "同意，尽快办。", [held.department_id]]
    data = {"measure": "7", "leader": head.pk, "text": "同意，尽快办。", "said_on": "2023-09-20"}
    assert office.post(url, data).status_code == 302
    assert Instruction.objects.get().text == "同意，尽快办。"


def test_of_an_undecided_petition_there_is_nothing_to_write_from(office, people, at, plan, period):
    made = issued(people, at)
    assert not office.get(f"{reverse('instruction_add')}?petition={made.pk}").context["form"]["text"].value()


# ── 设置；报告里不得夹带请示 ──


@pytest.mark.parametrize("to", ["管委会、领导小组", "管委会，领导小组"])
def test_a_petition_goes_to_one_organ_only(to, people, sign_in, plan):
    client = sign_in(people.admin)
    form = client.get(reverse("organisation_edit")).context["form"]
    data = {name: form[name].value() or "" for name in form.fields} | {"to_petition": to}
    data.pop("has_seal")
    response = client.post(reverse("organisation_edit"), data)
    assert response.status_code == 422 and "请示只主送一个机关" in markup(response)
    client.post(reverse("organisation_edit"), data | {"to_petition": "开发区管委会", "code_petition": "交开营商办请"})
    head = Organisation.objects.get().letterhead()
    assert (head["to"]["petition"], head["codes"]["petition"]) == ("开发区管委会", "交开营商办请")
    assert head["copies"]["petition"] == ""


@pytest.mark.parametrize(("kind", "is_warned"), [("report", True), ("circular", False)])
def test_a_report_that_asks_for_a_decision_is_warned_of(kind, is_warned, office, people, at, plan, period):
    from tests.tasks.notices import draft as notice

    made = notice(plan, people, at, kind=kind)
    made.sections[0]["text"] += "妥否，请批示。"
    made.save()
    said = "报告不得夹带请示事项" in markup(office.get(reverse("circular_edit", args=[made.pk])))
    assert said is is_warned


def test_the_first_words_of_a_petition_are_the_matters_own(plan, people, at):
    made = draft(people, at, matter=MATTER)
    assert made.title == "关于设立工作专班的请示"
    assert Petition.objects.get().status == "draft"
