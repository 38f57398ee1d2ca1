"""催办发到工作群：默认没有，勾了才发，发的就是眼前的话，不带个人信息，没发出的当天再试，随催办留底。"""

import pytest
from django.core.management import call_command

from tasks.figures import owed as owed_figures
from tasks.models import Event, Reminder, RobotPost
from tasks.models.reminder import SENDING
from tasks.papers import robot as robot_papers
from tests.markup import markup
from yingshang import robots

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(settings, monkeypatch):
    """两个群；发出去的话收在这里。"""
    settings.ROBOTS = ["wecom+https://a.example/send?key=k", "dingtalk+https://b.example/send?access_token=t#SECs"]
    found = []
    monkeypatch.setattr(robots, "send", lambda robot, text, at: found.append((robot.name, text)))
    return found


@pytest.fixture
def office(client, people, period):
    client.force_login(people.office)
    return client


def filled(client, room="综合办", **more):
    """催办页上的表单，只勾这个部室的。"""
    form = client.get("/remind/").context["page"].form
    data = {name: form[name].value() or "" for name in form.fields if name not in ("items", "robot")}
    [group] = [g for g in form.groups if g.department.name == room]
    keys = [item.key for item in group.listed]
    return data | {"items": keys, "shown": " ".join(keys), "do": "record", "group": "综合办还有 1 项没有报。"} | more


def send(client, django_capture_on_commit_callbacks, **more):
    with django_capture_on_commit_callbacks(execute=True):
        return client.post("/remind/send/", filled(client, **more), follow=True)


@pytest.fixture
def urge(office, django_capture_on_commit_callbacks):
    return lambda **more: send(office, django_capture_on_commit_callbacks, **more)


def test_it_is_not_there_unless_it_is_set(office, urge):
    assert "由机器人发到" not in office.get("/remind/").content.decode()
    urge(robot="on")
    assert not RobotPost.objects.exists()


def test_it_goes_only_when_ticked_and_is_not_ticked_by_itself(office, urge, heard):
    page = markup(office.get("/remind/"))
    assert "同时由机器人发到企业微信群 1、钉钉群 2" in page
    assert 'name="robot" id="id_robot" checked' not in page
    urge()
    assert heard == []


def test_what_goes_is_what_was_shown_and_is_kept_with_the_reminder(office, urge, heard):
    urge(robot="on")
    page = markup(office.get("/remind/"))
    assert heard == [("企业微信群 1", "综合办还有 1 项没有报。"), ("钉钉群 2", "综合办还有 1 项没有报。")]
    assert [post.status for post in RobotPost.objects.all()] == ["sent", "sent"]
    assert Reminder.objects.get().robot_posts.count() == 2
    [event] = Event.objects.filter(action="remind_robot")
    assert event.note == "企业微信群 1、钉钉群 2：综合办还有 1 项没有报。"
    assert "发到工作群的" in page and "key=k" not in page and "SECs" not in page


@pytest.mark.parametrize("text", ["请联系 13812345678。", "a.b@example.com", "身份证 11010519491231002X"])
def test_a_text_with_personal_data_is_refused_and_nothing_is_recorded(office, urge, heard, text):
    response = urge(robot="on", group=text)
    assert response.status_code == 409
    assert text in response.content.decode()
    assert heard == [] and not Reminder.objects.exists()


def test_the_name_of_somebody_at_work_is_refused(office, urge, heard, people):
    user = people.reporter("综合办")
    user.name = "王小明"
    user.save()
    response = urge(robot="on", group="请王小明报送。")
    assert "账户的姓名“王小明”" in response.content.decode()
    assert heard == []


def test_one_that_failed_says_why_and_is_tried_again_the_same_day_only(office, urge, heard, monkeypatch, at):
    def broken(robot, text, at):
        raise robots.Unsent("对方答 500")

    monkeypatch.setattr(robots, "send", broken)
    urge(robot="on")
    assert "对方答 500" in markup(office.get("/remind/"))
    assert robot_papers.deliver(at=at("2023-09-23 09:00")) == (0, 0)
    monkeypatch.setattr(robots, "send", lambda robot, text, at: heard.append(text))
    office.post("/remind/robot/")
    assert len(heard) == 2
    assert robot_papers.deliver(at=at("2023-09-22 23:00")) == (0, 0)


def test_the_same_words_go_to_a_group_once_a_day(office, urge, heard):
    """几个部室共用一段话：群里只说一遍。"""
    urge(robot="on")
    urge(robot="on", room="财务部")
    assert (Reminder.objects.count(), RobotPost.objects.count(), len(heard)) == (2, 2, 2)
    urge(robot="on", room="审批中心", group="审批中心也没有报。")
    assert (RobotPost.objects.count(), len(heard)) == (4, 4)


def test_parts_already_sent_are_not_sent_again(office, urge, heard, monkeypatch, at):
    text = "\n".join(f"第{n}行" + "长" * 300 for n in range(6))
    fails = iter([False, True])

    def once(robot, part, at):
        if robot.kind == "wecom" and next(fails, False):
            raise robots.Unsent("断了")
        heard.append((robot.kind, part))

    monkeypatch.setattr(robots, "send", once)
    urge(robot="on", group=text)
    robot_papers.deliver(at=at("2023-09-22 23:00"))
    parts = [part for kind, part in heard if kind == "wecom"]
    assert len(parts) > 1 and "\n".join(parts) == text
    assert [part for kind, part in heard if kind == "dingtalk"] == [text]


def test_the_daily_command_tries_the_rest_of_the_day(office, urge, heard, monkeypatch, capsys):
    def broken(robot, text, at):
        raise robots.Unsent("断了")

    working = robots.send
    monkeypatch.setattr(robots, "send", broken)
    urge(robot="on")
    monkeypatch.setattr(robots, "send", working)
    call_command("remind")
    assert "发到工作群：发出 2 条" in capsys.readouterr().out


def test_one_killed_while_it_was_being_sent_is_sent_again_a_little_later(office, urge, heard, monkeypatch, at):
    """正在发的时候停了机：十分钟以内当作别处正在发，过后再发。"""

    urge(robot="on")
    RobotPost.objects.update(status="failed", error=SENDING, tried_at=at("2023-09-22 10:00"), sent_at=None)
    assert robot_papers.deliver(at=at("2023-09-22 10:05")) == (0, 0)
    assert robot_papers.deliver(at=at("2023-09-22 10:11")) == (2, 0)


def test_a_group_taken_out_of_the_settings_is_said(office, urge, heard, settings, monkeypatch, at):
    monkeypatch.setattr(robot_papers, "deliver", lambda at: (0, 0))
    urge(robot="on")
    monkeypatch.undo()
    settings.ROBOTS = []
    assert robot_papers.deliver(at=at("2023-09-22 23:00")) == (0, 2)
    assert {post.error for post in RobotPost.objects.all()} == {"设置里已没有这个群。"}


def test_written_wrong_it_is_as_if_there_were_none_and_the_page_works(office, settings):
    settings.ROBOTS = ["写错了"]
    assert office.get("/remind/").status_code == 200
    assert owed_figures.ORDER
