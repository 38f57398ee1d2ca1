"""领导页与部室页：领导看自己牵头的，部室看自己的。"""

import pytest
from django.urls import reverse

from departments.models import Department
from tasks.models import Plan

from ...world import OTHER, OWN

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
    assert "9月已报 <b>0</b>／2 项次" in client.get(room("综合办")).content.decode()
    submitted("13", "综合办")
    assert "9月已报 <b>1</b>／2 项次" in client.get(room("综合办")).content.decode()


@pytest.mark.parametrize("url", ["/lead/", "/my-department/", "/departments/spzx/"])
def test_looking_is_only_by_get(sign_in, people, period, url):
    assert sign_in(people.office).post(url).status_code == 405
