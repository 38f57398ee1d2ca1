"""关注：自己的书签，别人看不到；最近七天有变化的写在首页上；没有填报人的部室，办公室看得到。"""

import pytest

from departments.models import User
from tasks import workflow
from tasks.models import Event, Following, Measure
from tests.markup import markup
from tests.world import OWN

pytestmark = pytest.mark.django_db
ROOM = "规划建设部"


def follow(client, number="10", on="1"):
    return client.post(f"/measures/{number}/follow/", {"on": on}, follow=True)


@pytest.mark.parametrize("who", ["office", "leader", "reporter"])
def test_what_changed_in_seven_days_is_on_ones_home(client, people, period, submitted, who):
    user = {"office": people.office, "leader": people.leader("李华斌"), "reporter": people.reporter(ROOM)}[who]
    client.force_login(user)
    follow(client)
    assert "关注的有变化" not in client.get("/", follow=True).content.decode()
    by = people.leader("李华斌") if who != "leader" else people.office
    ten = Measure.objects.get(number="10")
    workflow.set_light(ten, period, by=people.office, at=period.opened_at, level="red", reason="督办")
    workflow.issue_instruction(
        ten, by=by, at=period.opened_at.replace(day=21), text="请抓紧。", leader=people.leader("李华斌").leader
    )
    page = markup(client.get("/", follow=True))
    assert "关注的有变化" in page and "9月21日 李华斌批示" in page


def test_the_list_shows_each_with_its_light_and_only_ones_own(client, people, period):
    client.force_login(people.office)
    follow(client)
    assert "我关注的 1 项" in client.get("/measures/following/").content.decode()
    client.force_login(people.reporter(OWN))
    assert "还没有关注哪一项" in client.get("/measures/following/").content.decode()


def test_the_button_says_what_it_is_now_and_takes_it_back(client, people, period):
    client.force_login(people.office)
    assert "已关注" in follow(client).content.decode()
    assert "不再关注" in follow(client, on="0").content.decode()
    assert not Following.objects.exists()


def test_nobody_else_learns_of_it(client, people, period):
    before = Event.objects.count()
    client.force_login(people.leader("李华斌"))
    follow(client)
    follow(client)
    assert Event.objects.count() == before
    assert Following.objects.count() == 1


def test_there_is_a_limit_said_in_words(client, people, period, monkeypatch):
    monkeypatch.setattr("tasks.workflow.following.MOST", 1)
    client.force_login(people.office)
    follow(client, "10")
    assert "至多关注 1 项" in follow(client, "9").content.decode()


def test_what_ended_with_an_old_plan_does_not_count(client, people, plan, period, at, monkeypatch):
    """归档的方案上的、退出了的，列不出来、也去不掉，不占名额。"""
    monkeypatch.setattr("tasks.workflow.following.MOST", 1)
    client.force_login(people.office)
    follow(client, "10")
    Measure.objects.filter(number="10").update(retired_in=plan.revision)
    assert "至多关注" not in follow(client, "9").content.decode()


def test_the_office_is_told_of_a_department_with_nobody_to_report(client, people, period):
    for room in ("综合办", OWN):
        people.reporter(room)
    client.force_login(people.office)
    told = [c for c in client.get("/board/").context["board"].chores if "没有在用的填报人" in c.title]
    assert len(told) == 1 and "综合办" not in told[0].detail and "财务部" in told[0].detail
    User.objects.filter(department__name="综合办").update(is_active=False)
    [told] = [c for c in client.get("/board/").context["board"].chores if "没有在用的填报人" in c.title]
    assert "综合办" in told.detail
