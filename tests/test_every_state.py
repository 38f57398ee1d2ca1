"""每个网址 × 它管的东西的每一种状态：不论走到哪一步的，打开、提交都答得出来，不该他看的照样看不到。

access_table 里一个网址只有一件东西；这里把演示一整年里各种状态的各取一件，另补演示里没有的几种。
"""

import datetime as dt

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from departments.models import Department
from tasks import models, workflow
from tasks.imports import applying
from tasks.models import Circular, Measure, Plan, PlanRevision

from .access_table import ACCESS
from .examples import also, quarter
from .factories import People
from .test_every_url import undone
from .world import finish, plan_file

pytestmark = pytest.mark.django_db
# 网址名的第一段（或整个名字）→ 那个编号是哪一种东西。
OF = {
    "progress": models.Progress, "correction": models.Progress, "review": models.Progress, "publicity": models.Progress,
    "attachment": models.Attachment, "instruction": models.Instruction, "problem": models.Problem,
    "inspection": models.Inspection, "coordination": models.CoordinationRequest, "suggestion": models.Suggestion, "signing": models.Circular, "petition": models.Circular, "circular": models.Circular,
    "cooperation": models.Cooperation,
    "revision": models.PlanRevision, "calendar": models.CalendarLink, "milestone": models.Milestone, "plan": models.Plan,
    "extension_withdraw": models.Extension, "extension_approve": models.Extension, "extension_refuse": models.Extension,
    "completion_detail": models.CompletionRequest, "completion_withdraw": models.CompletionRequest,
    "completion_grant": models.CompletionRequest, "completion_return": models.CompletionRequest,
    "extension_request": models.Assignment, "completion_request": models.Assignment,
    "completion_reopen": models.Assignment, "effect_add": models.Assignment, "measure_retired": models.Measure,
}  # fmt: skip
SAID = {
    "sure": "on",
    "checked": "on",
    "reason": "测试。",
    "text": "测试。",
    "note": "测试。",
    "version": "0",
    "open": "1",
}
# 答得出来的：办成、转走、没写对、现在不能、不归他、没有、只收提交。
FINE = {200, 302, 304, 401, 403, 404, 405, 409, 422}


@pytest.fixture
def whole(demo, at):
    """演示的一年，另补：放弃了的、没有可比的修订，退出了的举措，作废的公文，撤回的督查检查。"""
    plan, people, moment = Plan.objects.get(), People(), at("2023-09-22 10:00")
    given_up = applying.draft(plan, plan_file(plan), "放弃.csv", by=people.admin, at=moment)
    applying.discard_revision(given_up, by=people.admin, at=moment)
    applying.draft(plan, plan_file(plan, "再改一次"), "待核对.csv", by=people.admin, at=moment)
    Measure.objects.create(
        plan=plan, number="99", position=99_000, title="旧事", text="旧事。", retired_in=plan.revision
    )
    some = Circular.objects.first()
    Circular.objects.create(
        plan=plan, kind="circular", title="作废的", first_period=some.first_period, period=some.period, status="discarded",
        sections=some.sections, figures=some.figures, created_by=people.office, created_at=moment,
    )  # fmt: skip
    held = workflow.add_inspection(
        plan, by=people.office, at=moment, held_on=dt.date(2023, 9, 20), inspectors="甲", place="乙", findings="丙"
    )
    workflow.withdraw_inspection(held, by=people.office, at=moment, reason="登记错了。")
    return plan


def state_of(row) -> str:
    """它走到哪一步；没有状态的，按有没有结束。"""
    for name in ("status", "removed_at", "retired_in_id", "ended_in_id", "is_current"):
        if hasattr(row, name):
            return f"{name}={bool(getattr(row, name)) if name != 'status' else row.status}"
    return ""


def one_of_each(model) -> list:
    found = {}
    for row in model.objects.order_by("-pk"):
        found.setdefault(state_of(row), row)
    return list(found.values())


def addresses(name) -> list[str]:
    """这个网址的各个地址：参数换成各种状态的各一件。"""
    model = OF.get(name) or OF.get(name.split("_")[0])
    if name in ("measure_retired",):
        return [reverse(name, args=[row.pk]) for row in one_of_each(model)]
    kinds = [{"pk": row.pk} for row in one_of_each(model)] if model else []
    if model is models.Assignment:
        kinds = [{"number": row.measure.number, "pk": row.pk} for row in one_of_each(model)]
    kinds += [{"number": row.number} for row in one_of_each(Measure)]
    periods = one_of_each(models.ReportingPeriod)
    kinds += [{"slug": row.slug} for row in periods]
    kinds += [{"number": row.number, "slug": p.slug} for row in one_of_each(Measure) for p in periods]
    kinds += [{"slug": Department.objects.first().slug}, {}]
    found = []
    for kind in kinds:
        try:
            found.append(reverse(name, kwargs=kind))
        except NoReverseMatch:
            continue
    return found


NAMES = [
    name for name in ACCESS if not name.startswith("admin:") and name not in ("logout", "login", "password_change")
]


def test_every_kind_of_thing_is_tried_in_more_than_one_state(whole):
    tried = {model: {state_of(row) for row in one_of_each(model)} for model in set(OF.values())}
    assert tried[PlanRevision] == {"status=draft", "status=applied", "status=discarded"}
    assert tried[models.Problem] >= {"status=open", "status=settled"}
    assert tried[models.Inspection] == {"status=held", "status=withdrawn"}
    assert tried[Circular] >= {"status=draft", "status=issued", "status=discarded"}
    assert sum(map(len, tried.values())) > 30


TRIED = ("own", "office", "leader", "admin")
# 平日一种人看四分之一的网址，合起来各网址都看到；跑全部时人人都看。
TURNS = [(role, part) if n == part else also((role, part))[0] for n, role in enumerate(TRIED) for part in range(4)]


@pytest.mark.parametrize(("role", "part"), TURNS)
def test_no_url_breaks_in_any_state_of_what_it_is_about(whole, role, part):
    people = People()
    user = {"own": people.reporter("审批中心"), "leader": people.leader("李华斌")}.get(role) or getattr(people, role)
    client, wrong = Client(raise_request_exception=False), []
    client.force_login(user)
    for name in quarter(NAMES, part):
        may = {m: ACCESS[name].expected(role, m) for m in ("GET", "POST")}
        for url in addresses(name):
            for method, send in (("GET", lambda u: client.get(u)), ("POST", lambda u: client.post(u, SAID))):
                if may[method] == 405:
                    continue
                with undone(client):
                    response = send(url)
                    finish(response)
                wrong += [f"{method} {url}：{response.status_code}"] * (response.status_code not in FINE)
                is_leak = may[method] == 403 and response.status_code == 200
                wrong += [f"{method} {url}：本该 403，答了 {response.status_code}"] * is_leak
    assert wrong == []


def test_an_applied_draft_leads_to_its_edition_and_a_discarded_one_says_so(demo, sign_in, at):
    plan, admin = Plan.objects.get(), People().admin
    client, first = sign_in(admin), plan.revision
    response = client.get(reverse("revision_preview", args=[first.pk]))
    assert response["Location"] == reverse("revision_detail", args=[first.pk])
    assert client.post(reverse("revision_apply", args=[first.pk]), {"checked": "on"}).status_code in (302, 409, 422)
    made = applying.draft(plan, plan_file(plan), "放弃.csv", by=admin, at=at("2023-09-22 10:00"))
    applying.discard_revision(made, by=admin, at=at("2023-09-22 10:01"))
    assert "这次导入已放弃" in client.get(reverse("revision_preview", args=[made.pk])).content.decode()
