"""督查检查的页面：登记、清单、一次检查、由检查列入台账、写进举措的办理过程。"""

import datetime as dt

import pytest
from django.urls import reverse

from departments.models import Department
from tasks import workflow
from tasks.models import Event, Inspection, Measure, Problem
from tests.markup import markup

pytestmark = pytest.mark.django_db
SAID = {
    "held_on": "2023-09-20",
    "inspectors": "领导小组办公室、纪工委",
    "place": "政务大厅",
    "findings": "标识不清，无人引导。",
}


@pytest.fixture
def numbers(plan):
    return {m.number: m.pk for m in Measure.objects.all()}


@pytest.fixture
def held(plan, people, at):
    """一次登记好的检查，涉及第 6、7 项。"""
    return workflow.add_inspection(
        plan, by=people.office, at=at("2023-09-21 09:00"), held_on=dt.date(2023, 9, 20), inspectors="纪工委", place="政务大厅",
        findings="标识不清，无人引导。", measures=Measure.objects.filter(number__in=["6", "7"]),
    )  # fmt: skip


def page(response) -> str:
    return markup(response)


def test_the_office_registers_an_inspection_and_each_measure_tells_of_it(sign_in, people, numbers):
    client = sign_in(people.office)
    response = client.post("/inspections/add/", SAID | {"measures": [numbers["6"], numbers["7"]]}, follow=True)
    found = Inspection.objects.get()
    assert response.redirect_chain == [(f"/inspections/{found.pk}/", 302)]
    assert "标识不清，无人引导。" in page(response)
    assert "列入问题台账" in page(response)
    assert set(Event.objects.filter(action="inspection_add").values_list("measure__number", flat=True)) == {"6", "7"}
    for number in ("6", "7"):
        shown = page(client.get(f"/measures/{number}/"))
        assert "督查检查" in shown
        assert reverse("inspection_detail", args=[found.pk]) in shown
    shown = page(sign_in(people.reporter("财务部")).get("/measures/6/"))
    assert "标识不清，无人引导。" in shown, "涉及的举措，登录者都看得到"
    assert reverse("inspection_detail", args=[found.pk]) not in shown, "检查清单只给办公室、领导、管理员"


def test_an_inspection_of_no_measure_is_recorded_but_not_made_public(sign_in, people, plan):
    sign_in(people.office).post("/inspections/add/", SAID)
    event = Event.objects.get(action="inspection_add")
    assert (event.plan, event.measure, event.is_public) == (plan, None, False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"held_on": ""}, "请填检查日期。"),
        ({"held_on": "2023-09-23"}, "检查日期不能晚于今天"),
        ({"held_on": "1023-09-23"}, "日期不能早于 2000年1月1日。"),
        ({"place": ""}, "请写地点或对象。"),
        ({"findings": ""}, "请写检查情况。"),
        ({"inspectors": ""}, "请写检查人员。"),
        ({"measures": ["999999"]}, "999999"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(changes, said, sign_in, people, plan):
    response = sign_in(people.office).post("/inspections/add/", SAID | changes)
    assert response.status_code == 422
    assert said in page(response)
    assert "政务大厅" in page(response) or "place" in changes
    assert not Inspection.objects.exists()


def test_the_verb_itself_refuses_a_date_that_has_not_come(plan, people, at):
    with pytest.raises(workflow.Refused, match="检查日期不能晚于今天"):
        workflow.add_inspection(
            plan,
            by=people.office,
            at=at("2023-09-21 09:00"),
            held_on=dt.date(2023, 9, 22),
            inspectors="甲",
            place="乙",
            findings="丙",
        )


def test_problems_found_are_listed_from_the_inspection_more_than_once(sign_in, people, held):
    client, address = sign_in(people.office), f"/problems/add/?inspection={held.pk}"
    assert client.get(address).context["form"]["measure"].value() is None, "涉及两项，由办公室选"
    room = Department.objects.get(name="审批中心").pk
    data = {"text": "情况", "category": "approval", "level": "department", "department": room, "due_on": "2023-10-10"}
    seven = Measure.objects.get(number="7")
    for title in ("标识不清", "无人引导"):
        client.post(address, data | {"title": title, "measure": seven.pk})
    assert [(p.inspection, p.measure) for p in Problem.objects.order_by("number")] == [(held, seven)] * 2
    shown = page(client.get(f"/inspections/{held.pk}/"))
    assert "标识不清" in shown
    assert "无人引导" in shown
    assert "2 件" in page(client.get("/inspections/"))
    assert "9月20日督查检查" in page(client.get(reverse("problem_detail", args=[Problem.objects.first().pk])))


def test_an_inspection_of_one_measure_fills_it_in(sign_in, people, plan, at):
    seven = Measure.objects.get(number="7")
    made = workflow.add_inspection(
        plan, by=people.office, at=at("2023-09-21 09:00"), held_on=dt.date(2023, 9, 20), inspectors="甲", place="乙", findings="丙",
        measures=[seven],
    )  # fmt: skip
    assert (
        sign_in(people.office).get(f"/problems/add/?inspection={made.pk}").context["form"]["measure"].value()
        == seven.pk
    )


def test_leaders_and_the_administrator_read_and_only_the_office_writes(sign_in, people, held):
    for user, read, write in (
        (people.leader("李华斌"), 200, 403), (people.admin, 200, 403), (people.reporter("审批中心"), 403, 403), (people.office, 200, 200),
    ):  # fmt: skip
        client = sign_in(user)
        assert client.get("/inspections/").status_code == client.get(f"/inspections/{held.pk}/").status_code == read
        assert client.get("/inspections/add/").status_code == write
    assert "登记检查" not in page(sign_in(people.leader("李华斌")).get("/inspections/"))


def test_an_empty_list_says_so(sign_in, people, plan):
    assert "还没有登记过督查检查" in page(sign_in(people.office).get("/inspections/"))


# ── 登记错了 ──


def test_the_office_corrects_what_it_registered_and_the_page_tells_how_it_was(sign_in, people, held, numbers):
    client, url = sign_in(people.office), f"/inspections/{held.pk}/revise/"
    opened = page(client.get(url))
    assert "标识不清，无人引导。" in opened and "纪工委" in opened
    response = client.post(url, SAID | {"place": "企业服务站", "measures": [numbers["7"]]}, follow=True)
    shown = page(response)
    assert response.redirect_chain == [(f"/inspections/{held.pk}/", 302)]
    assert "企业服务站" in shown and "改前：" in shown and "政务大厅（纪工委）" in shown
    assert shown.count("更正督查检查") == 1, "记在两项举措上的是同一件事"


def test_a_correction_written_wrong_is_put_back(sign_in, people, held):
    response = sign_in(people.office).post(
        f"/inspections/{held.pk}/revise/", SAID | {"held_on": "2023-09-23", "place": "改的地方"}
    )
    assert response.status_code == 422
    assert "检查日期不能晚于今天" in page(response) and "改的地方" in page(response)
    held.refresh_from_db()
    assert held.place == "政务大厅"


def test_a_withdrawn_one_stays_in_the_list_with_its_reason_and_no_buttons(sign_in, people, held):
    client, url = sign_in(people.office), f"/inspections/{held.pk}/"
    client.post(f"{url}withdraw/", {"withdraw-reason": "登记重了。"})
    shown = page(client.get(url))
    assert "已撤回：" in shown and "登记重了。" in shown
    assert "/revise/" not in shown and "/problems/add/" not in shown
    assert "已撤回" in page(client.get("/inspections/"))
    assert client.get(f"/problems/add/?inspection={held.pk}").status_code == 404


def test_withdrawing_without_a_reason_says_so(sign_in, people, held):
    response = sign_in(people.office).post(f"/inspections/{held.pk}/withdraw/", {"withdraw-reason": ""})
    assert "必须写明理由。" in page(response)
    assert Inspection.objects.get().withdrawn_at is None
