"""那一天的名字：部室、领导改了名，账户调了部室，做过的事与关闭了的期照当时的说，新的照新的说。"""

import datetime as dt

import pytest
from django.urls import reverse

from departments.models import Department, Former, Leader
from departments.naming import Names
from tasks import workflow
from tasks.figures.ledger import Ledger
from tests.factories import at as moment
from tests.markup import markup
from tests.world import OWN

pytestmark = pytest.mark.django_db
TODAY = dt.date(2023, 9, 25)


def rename(model, old, new):
    found = model.objects.get(name=old)
    found.name = new
    found.save()
    return found


@pytest.fixture
def told(people, submitted, at, settings):
    """第 12 项由审批中心报、办公室通过；此后（九月二十三日）有人改名、调动。"""
    row = submitted("12", OWN, percent=75)
    workflow.approve_progress(row, by=people.office, at=at("2023-09-20 11:00"))
    settings.BUSINESS_DATE = "2023-09-23"
    return row


def page_of(sign_in, people, number="12"):
    return markup(sign_in(people.office).get(f"/measures/{number}/"))


def test_an_account_moved_to_another_department_leaves_its_past_behind(told, people, sign_in):
    reporter = people.reporter(OWN)
    reporter.department = Department.objects.get(name="财务部")
    reporter.save()
    event = told.events.get(action="progress_submit")
    names = Names()
    assert names.who(event.by, event.at) == OWN
    assert names.who(event.by, moment("2023-09-24 09:00")) == "财务部"
    timeline = sign_in(people.office).get("/measures/12/").context["timeline"].items
    assert [item.who for item in timeline if item.title == "9月进展"] == [OWN]


def test_a_department_renamed_is_told_by_the_name_of_the_day(told, people, sign_in):
    rename(Department, OWN, "政务服务中心")
    timeline = sign_in(people.office).get("/measures/12/").context["timeline"].items
    assert [item.who for item in timeline if item.title == "9月进展"] == [OWN]
    assert "政务服务中心" in page_of(sign_in, people)


def test_a_closed_period_keeps_the_names_it_was_closed_with(told, people, plan, period, at, sign_in):
    workflow.close_period(period, by=people.office, at=at("2023-09-22 17:00"))
    rename(Department, OWN, "政务服务中心")
    rename(Leader, "李华斌", "李华彬")
    book = Ledger(plan, plan.periods.get(slug="2023-09"), TODAY)
    line = next(x for x in book.lines if x.measure.number == "12")
    assert ([d.name for d in line.departments], [x.name for x in line.leaders]) == ([OWN], ["李华斌"])
    assert OWN in {room.name for room in book.reporting_by_room}
    page = markup(sign_in(people.office).get("/board/2023-09/"))
    main = page.split('id="h-mx"')[1].split("</table>")[0]
    assert "李华斌" in main
    assert "李华彬" not in main
    assert "政务服务中心" not in main


def test_an_open_period_speaks_of_today(told, people, plan, period):
    rename(Department, OWN, "政务服务中心")
    line = next(x for x in Ledger(plan, period, TODAY).lines if x.measure.number == "12")
    assert [d.name for d in line.departments] == ["政务服务中心"]


def test_two_changes_are_both_remembered(people, settings):
    for day, new in (("2023-09-10", "甲"), ("2023-09-20", "乙")):
        settings.BUSINESS_DATE = day
        found = Department.objects.get(slug=Department.objects.get(name__in=[OWN, "甲"]).slug)
        found.name = new
        found.save()
    names, now = Names(), Department.objects.get(name="乙")
    days = ("2023-09-01 09:00", "2023-09-15 09:00", "2023-09-25 09:00")
    assert [names.department(now, moment(day)) for day in days] == [OWN, "甲", "乙"]
    assert Former.objects.count() == 2


def test_what_is_not_a_name_leaves_no_trace(people):
    user, room = people.reporter(OWN), Department.objects.get(name=OWN)
    user.office_phone, room.order = "0358-1", 9
    user.save()
    room.save()
    room.name = f"{OWN} "
    room.save()
    user.save(update_fields=["last_login"])
    assert not Former.objects.exists()


def test_renaming_in_the_back_office_is_remembered(people, client):
    client.force_login(people.admin)
    leader = Leader.objects.get(name="李华斌")
    url = reverse("admin:departments_leader_change", args=[leader.pk])
    form = client.get(url).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields} | {"name": "李华彬"}
    assert client.post(url, data).status_code == 302
    assert Former.objects.get(leader=leader).name == "李华斌"
