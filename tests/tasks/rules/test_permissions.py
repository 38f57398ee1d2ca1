"""每条规则让谁进，逐人逐条；角色没有规则提到的账户：哪条规则都不让他做，哪些行都看不到，哪个网址都进不去。"""

import inspect
from types import SimpleNamespace as Thing

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from departments.models import Leader, User
from tasks.models import Assignment, EffectNote, JointSummary, Measure, Reading, Reminder
from tasks.pages import navigation
from tasks.rules import permissions
from tests.examples import QUARTERS, quarter
from tests.factories import make_user
from tests.test_access import NAMES, NEEDS_NO_LOGIN, address
from tests.test_every_url import ask
from tests.world import OWN, arguments, posted, world  # noqa: F401

pytestmark = pytest.mark.django_db

# 问的是领导（名单上的人），不是账户。
NOT_ABOUT_USERS = {"may_lead"}
# 不用登录就看得到的行：发布了、没有撤下的对外宣传。
PUBLIC = {"PublicItem"}
# 世界里写在报送、问题、批示、节点、对外文字里的话，与部室的密链：一处也不该让他看到。
SECRETS = ("完成了本月安排的工作", "写了一半", "整改中的", "请抓紧", "未完成的", "请出具证明", "做完了")


@pytest.fixture
def stranger(world):  # noqa: F811
    """角色没有规则提到的账户；部室、领导、后台的记号样样都有，都不作数。"""
    leader = Leader.objects.get(name="李华斌")
    user = make_user("sj", department=OWN, leader=leader, email="sj@example.com", is_staff=True, is_superuser=True)
    User.objects.filter(pk=user.pk).update(role="stranger")
    return User.objects.get(pk=user.pk)


@pytest.fixture
def known(world, people):  # noqa: F811
    """各种角色的账户；办公室的一名坐在审批中心，填报人有邮箱。"""
    world.own.email = "own@example.com"
    return [*filter(None, world.users.values()), people.office_in_hall]


def rules() -> dict:
    """permissions 里的每一条规则。"""
    found = inspect.getmembers(permissions, inspect.isfunction)
    return {name: rule for name, rule in found if not name.startswith("_") and name not in NOT_ABOUT_USERS}


def answer(rule, user, world):  # noqa: F811
    """拿审批中心的事问这条规则。"""
    about = {
        "assignment": world.orders.part,
        "department": world.own.department,
        "department_id": world.own.department_id,
        "instruction": world.orders.said,
        "measure": world.orders.said.measure,
        "problem": world.troubles.open,
        "request": world.troubles.asked,
        "row": world.orders.part,
    }
    return rule(user, *(about[name] for name in list(inspect.signature(rule).parameters)[1:]))


def test_a_role_named_by_no_rule_may_do_nothing(world, stranger, known):  # noqa: F811
    for name, rule in rules().items():
        assert answer(rule, stranger, world) is False, name
        assert answer(rule, AnonymousUser(), world) is False, name
        assert any(answer(rule, user, world) for user in known), f"{name}：谁都不行，这一条没有问到"


def test_what_falls_to_the_office_by_default_does_not_fall_to_a_stranger(world, stranger):  # noqa: F811
    """没有指定汇总部室的、请办公室协调的，归办公室，不归没有部室的人。"""
    User.objects.filter(pk=stranger.pk).update(department=None)
    stranger.refresh_from_db()
    asked, alone = world.troubles.asked, Measure.objects.get(number="9")
    asked.to_department = None
    for rule, row in ((permissions.can_reply_coordination, asked), (permissions.can_write_summary, alone)):
        assert rule(world.office, row)
        assert not rule(stranger, row) and not rule(world.own, row)


def guarded_models() -> list:
    """分“谁看得到”的每个模型。"""
    models = apps.get_app_config("tasks").get_models()
    return [model for model in models if hasattr(model._default_manager.get_queryset(), "visible_to")]


def test_a_role_named_by_no_rule_sees_no_row(world, stranger, known, at):  # noqa: F811
    moment, part = at("2023-09-20 10:00"), Assignment.objects.get(measure__number="7")
    Reminder.objects.create(plan=world.plan, department=world.own.department, text="催", at=moment)
    JointSummary.objects.create(
        measure=part.measure,
        period=world.period,
        department=part.department,
        text="汇总",
        by=world.own,
        at=moment,
    )
    EffectNote.objects.create(completion=world.parts.done.completions.get(), text="好", by=world.own, at=moment)
    leading = world.users["leader"]
    Reading.objects.create(measure=part.measure, leader=leading.leader, seen="red", by=leading, at=moment)
    for model in guarded_models():
        rows = model.objects.all()
        assert any(rows.visible_to(user).exists() for user in known), f"{model.__name__}：没有行可看，没有测到"
        allowed = set(rows.released()) if model.__name__ in PUBLIC else set()
        assert set(rows.visible_to(stranger)) == allowed, model.__name__
        assert set(rows.visible_to(AnonymousUser())) == allowed, model.__name__


@pytest.mark.parametrize("part", QUARTERS)
def test_a_role_named_by_no_rule_opens_no_page(client, world, stranger, part):  # noqa: F811
    wrong, known = [], arguments(world)
    for name in quarter(NAMES, part):
        for method in ("GET", "POST"):
            if name in (*NEEDS_NO_LOGIN, "logout", "admin:logout"):
                continue
            response = ask(client, stranger, method, address(name, known, world), posted(world).get(name, {}))
            if response.status_code != 403:
                wrong.append(f"{method} {name}：{response.status_code}")
    assert wrong == []


@pytest.mark.parametrize("part", QUARTERS)
def test_behind_the_door_too_a_role_named_by_no_rule_finds_nothing(client, world, stranger, settings, part):  # noqa: F811
    """拆了门，各页自己也守得住：不出错，也没有一句别人的话。"""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("EnterMiddleware")]
    wrong, known = [], arguments(world)
    for name in quarter(NAMES, part):
        if name in NEEDS_NO_LOGIN:
            continue
        response = ask(client, stranger, "GET", address(name, known, world), {})
        shown = "" if response.streaming else response.content.decode(errors="replace")
        if response.status_code not in (200, 302, 403, 404, 405):
            wrong.append(f"{name}：{response.status_code}")
        wrong += [f"{name}：看到“{said}”" for said in (*SECRETS, world.publicity.calendar.token) if said in shown]
    assert wrong == []


def test_a_role_named_by_no_rule_has_no_navigation_and_no_home(client, stranger):
    assert navigation.navigation(stranger, "/", None) == []
    assert navigation.who(stranger) == "stranger"
    client.force_login(stranger)
    refused = client.get(reverse("home"))
    assert refused.status_code == 403 and "请联系管理员" in refused.content.decode()
    assert client.post(reverse("logout")).status_code == 302


# ── 每条规则让谁进：不碰库里的行，改一个字这里总有一格不同 ──

HALL, FINANCE = 1, 2


def user(role, **extra):
    """一个账户：只有 `role` 那一种角色。"""
    roles = {f"is_{name}": name == role for name in ("reporter", "office", "leader", "administrator", "auditor")}
    kept = {
        "pk": 7,
        "is_authenticated": True,
        "is_active": True,
        "email": "a@b.c",
        "department_id": None,
        "leader": None,
    }
    found = roles | kept | extra
    return Thing(**found, serving_id=found["department_id"])  # 没有替别的部室办


def led_by(*leaders):
    return Thing(leader_links=Thing(all=lambda: [Thing(leader_id=pk) for pk in leaders]))


HEAD, DEPUTY = Thing(pk=50, group_role="head"), Thing(pk=51, group_role="deputy")
PEOPLE = {
    "填报人": user("reporter", department_id=HALL),
    "别的部室": user("reporter", department_id=FINANCE),
    "没有部室的填报人": user("reporter"),
    "办公室": user("office"),
    "坐在审批中心的办公室": user("office", department_id=HALL),
    "组长": user("leader", leader=HEAD),
    "牵头领导": user("leader", leader=DEPUTY),
    "别的领导": user("leader", leader=Thing(pk=52, group_role="deputy")),
    "管理员": user("administrator", department_id=HALL),
    "审计员": user("auditor", department_id=HALL),
    # 没有登录的，别的样样都有，也不作数。
    "没有登录": Thing(**vars(user("reporter", department_id=HALL)) | {"is_authenticated": False}),
    "没有登录的办公室": user("office", department_id=HALL, is_authenticated=False),
    "没有登录的领导": user("leader", leader=HEAD, is_authenticated=False),
    "没有登录的管理员": user("administrator", is_authenticated=False),
}
REPORTERS, OFFICE = {"填报人", "别的部室"}, {"办公室", "坐在审批中心的办公室"}
LEADERS, ADMIN, AUDITOR = {"组长", "牵头领导", "别的领导"}, {"管理员"}, {"审计员"}
BOARD, REPORTER = OFFICE | LEADERS | ADMIN, {"填报人"}

PART = Thing(department_id=HALL)
ASKED = Thing(departments=Thing(all=lambda: [Thing(pk=9), Thing(pk=HALL)]), by_id=7)
MEASURE = led_by(DEPUTY.pk, 99)
RULES = [
    (permissions.can_enter, (), BOARD | REPORTERS),
    (permissions.can_see_board, (), BOARD),
    (permissions.can_see_department, (Thing(pk=HALL),), BOARD | REPORTER),
    (permissions.can_only_audit, (), AUDITOR),
    (permissions.can_see_log, (), OFFICE | ADMIN | AUDITOR),
    (permissions.can_see_milestones, (), BOARD),
    (permissions.can_see_instructions, (), BOARD),
    (permissions.can_see_assessment, (), BOARD),
    (permissions.can_trace_figures, (), BOARD),
    (permissions.can_read_briefings, (), BOARD),
    (permissions.can_fill_in, (), REPORTERS),
    (permissions.can_act_for, (HALL,), REPORTER),
    (permissions.can_act_for, (None,), set()),
    (permissions.can_report, (PART,), REPORTER),
    (permissions.can_sign, (), REPORTERS),
    (permissions.can_answer, (ASKED,), REPORTER),
    (permissions.can_rectify, (PART,), REPORTER),
    (permissions.can_report_cooperation, (PART,), REPORTER),
    (permissions.can_subscribe, (Thing(pk=HALL),), REPORTER),
    (permissions.can_be_mailed, (), REPORTERS),
    (permissions.can_review, (), OFFICE),
    (permissions.is_self_review, (PART,), {"坐在审批中心的办公室"}),
    (permissions.is_self_review, (Thing(department_id=None),), set()),
    (permissions.can_remind, (), OFFICE),
    (permissions.can_ask_cooperation, (), OFFICE),
    (permissions.can_issue_circulars, (), OFFICE),
    (permissions.can_publish, (), OFFICE),
    (permissions.can_propose_milestone, (PART,), OFFICE | REPORTER),
    (permissions.can_follow_up, (PART,), OFFICE | REPORTER),
    (permissions.can_write_summary, (Thing(summarizer=Thing(pk=HALL)),), REPORTER),
    (permissions.can_write_summary, (Thing(summarizer=None),), OFFICE),
    (permissions.can_reply_coordination, (Thing(to_department_id=HALL),), REPORTER),
    (permissions.can_reply_coordination, (Thing(to_department_id=None),), OFFICE),
    (permissions.can_lead, (), LEADERS),
    (permissions.can_write_instructions, (), LEADERS | OFFICE),
    (permissions.can_sign_for_leaders, (), OFFICE),
    (permissions.can_instruct, (MEASURE,), OFFICE | {"组长", "牵头领导"}),
    (permissions.can_read_digest, (), LEADERS | OFFICE),
    (permissions.can_only_see_led, (), LEADERS - {"组长"}),
    (permissions.can_mark_read, (MEASURE,), {"组长", "牵头领导"}),
    (permissions.can_revise, (ASKED,), LEADERS | OFFICE),
    (permissions.can_revise, (Thing(by_id=8),), set()),
    (permissions.can_audit, (), ADMIN | AUDITOR),
    (permissions.can_import, (), ADMIN),
    (permissions.can_settle, (), ADMIN),
    (permissions.can_start, (), ADMIN | OFFICE),
    (permissions.can_close_plans, (), OFFICE),
    (permissions.can_settle_instruction, (ASKED,), LEADERS | OFFICE),
    (permissions.can_settle_instruction, (Thing(by_id=8),), OFFICE),
    (permissions.can_switch_public, (), ADMIN),
]


@pytest.mark.parametrize(("rule", "about", "allowed"), RULES)
def test_each_rule_lets_in_exactly_those_it_names(rule, about, allowed):
    assert {name for name, person in PEOPLE.items() if rule(person, *about)} == allowed


def test_every_rule_stands_in_the_table():
    assert set(rules().values()) == {rule for rule, _, _ in RULES}


def test_only_an_active_reporter_with_an_address_is_mailed():
    for without in ({"is_active": False}, {"email": ""}, {"department_id": None}):
        assert not permissions.can_be_mailed(user("reporter", **{"department_id": HALL} | without)), without


def test_the_nightly_reminder_has_nobody_behind_it():
    assert permissions.can_remind(None)


def test_a_measure_is_led_by_the_head_of_the_group_and_its_own_leaders():
    assert permissions.may_lead(HEAD, led_by())
    assert permissions.may_lead(DEPUTY, led_by(99, DEPUTY.pk))
    assert not permissions.may_lead(DEPUTY, led_by(99)) and not permissions.may_lead(DEPUTY, led_by())
