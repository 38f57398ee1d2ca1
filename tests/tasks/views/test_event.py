"""操作记录：每个动作都归了类；按类别、部室、人、举措、时间查；办公室与管理员看，不导出。"""

import re

import pytest
from django.conf import settings
from django.urls import reverse

from tasks import workflow
from tasks.models import Event, Measure, event
from tests import factories
from tests.markup import markup

pytestmark = pytest.mark.django_db
URL = "/log/"


def actions_in_the_source() -> set:
    """源码里记下的动作名。"""
    found = set()
    for path in (settings.BASE_DIR / "tasks").rglob("*.py"):
        found |= set(re.findall(r'(?:record\(\s*f?|ACTION = )"([a-z_]+)', path.read_text("utf-8")))
    return found


def category_of(action) -> str:
    """一个动作归哪一类；没有归类的为空。"""
    return next((key for key, (_, starts) in event.CATEGORIES.items() if action.startswith(starts)), "")


def test_every_action_belongs_to_one_category():
    actions = actions_in_the_source()
    assert len(actions) > 40
    assert {a for a in actions if not category_of(a)} == set()
    for action in actions:
        homes = [key for key, (_, starts) in event.CATEGORIES.items() if action.startswith(starts)]
        assert len(homes) == 1, action


def test_every_category_has_an_action():
    used = {category_of(action) for action in actions_in_the_source()}
    assert set(event.CATEGORIES) - used == set()


def _story():
    """一条报送与审核、一条批示、一个节点。"""
    ground, people, at = factories.september(), factories.People(), factories.at
    sent = factories.submitted(ground.period, "15", "财务部")
    workflow.approve_progress(sent, by=people.office, at=at("2023-09-21 09:00"))
    plan = ground.plan
    ten = Measure.objects.get(plan=plan, number="10")
    workflow.issue_instruction(ten, by=people.leader("李华斌"), at=at("2023-09-21 10:00"), text="请抓紧。")
    assignment = Measure.objects.get(plan=plan, number="19").assignments.get()
    due = at("2023-12-01 00:00").date()
    workflow.propose_milestone(assignment, by=people.office, at=at("2023-09-22 10:00"), name="签订协议", due_on=due)
    return ground


GROUNDS = {"story": _story}


@pytest.fixture
def story(ground):
    """见 _story。"""


def labels(client, query="") -> list:
    html = markup(client.get(URL + query))
    return re.findall(r'<td class="t"[^>]*>([^<]*)', html)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?kind=report", ["审核通过", "报送"]),
        ("?kind=instruction", ["李华斌批示"]),
        ("?kind=breakdown", ["下达节点"]),
        ("?kind=period", ["开放报送", "设定报送期"]),
        ("?kind=problem", []),
        ("?dept=cwb", ["审核通过", "报送"]),
        ("?who=cwb-1", ["报送"]),
        ("?who=office&kind=report", ["审核通过"]),
        ("?measure=10", ["李华斌批示"]),
        ("?since=2023-09-22", ["下达节点"]),
        ("?until=2023-09-20&kind=report", ["报送"]),
        ("?q=签订协议", ["下达节点"]),
        (
            "?kind=胡写&dept=没有&who=没有&since=0001-01-01&page=9999999999999",
            ["下达节点", "李华斌批示", "审核通过", "报送", "开放报送", "设定报送期", "方案印发"],
        ),
        ("?q=%00", ["下达节点", "李华斌批示", "审核通过", "报送", "开放报送", "设定报送期", "方案印发"]),
    ],
)
def test_filters_narrow_it_newest_first(sign_in, people, story, query, expected):
    assert labels(sign_in(people.office), query) == expected


def test_the_filter_is_said_in_words_and_kept_when_turning_pages(sign_in, people, story):
    events = Event.objects.filter(action="progress_submit").values().get() | {"id": None}
    Event.objects.bulk_create(Event(**events) for _ in range(60))
    html = markup(sign_in(people.admin).get(f"{URL}?kind=report&dept=cwb"))
    assert "共 62 条（报送与审核、财务部）" in html
    assert "?kind=report&amp;dept=cwb&amp;page=2" in html


def test_dates_and_the_measure_are_said_in_words(sign_in, people, story):
    html = markup(sign_in(people.office).get(f"{URL}?measure=10&since=2023-09-01&until=2023-09-30"))
    assert "（第 10 项、从 2023年9月1日、到 2023年9月30日）" in html


def test_dates_the_wrong_way_round_are_told(sign_in, people, story):
    html = markup(sign_in(people.office).get(f"{URL}?since=2023-09-22&until=2023-09-01&kind=breakdown"))
    assert "“到”早于“从”，没有按日期筛选。" in html
    assert "共 1 条（任务分解与汇总）" in html


def test_an_instruction_recorded_on_behalf_says_so(sign_in, people, story, at):
    ten, leader = Measure.objects.get(number="10"), people.leader("李华斌").leader
    workflow.issue_instruction(ten, by=people.office, at=at("2023-09-22 11:00"), text="口头说的。", leader=leader)
    html = markup(sign_in(people.office).get(f"{URL}?kind=instruction"))
    assert html.count('李华斌批示 <span class="tag tag-o">代录</span>') == 1
    assert html.count("李华斌批示") == 2


@pytest.mark.parametrize(("role", "code"), [("office", 200), ("admin", 200), ("reporter", 403), ("leader", 403)])
def test_only_the_office_and_the_administrator_read_it(sign_in, people, period, role, code):
    users = {
        "office": people.office,
        "admin": people.admin,
        "reporter": people.reporter("财务部"),
        "leader": people.leader("李华斌"),
    }
    assert sign_in(users[role]).get(URL).status_code == code


def test_it_is_neither_exported_nor_changed_here(sign_in, people, story):
    client = sign_in(people.office)
    assert client.post(URL).status_code == 405
    html = markup(client.get(URL))
    assert "导出" not in html.split("<main")[1].split("</main>")[0]
    assert reverse("event_list") == URL
