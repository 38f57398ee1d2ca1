"""归档的方案：不论谁看、哪一页，摆出来的表单都是办得成的；办不成的一张也不摆。"""

import datetime as dt
import re

import pytest
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from tasks.models import Circular, CompletionRequest, Inspection, Instruction, Plan, PlanRevision, Problem, Progress
from tasks.views.guards import FORM_PAGES

from .examples import also
from .factories import make_plan
from .test_access import NAMES, address
from .world import arguments, finish, forms_in, posted, the_world  # noqa: F401

pytestmark = pytest.mark.django_db
REFUSED = "已归档，只看不改。确实要改的"
# 归档的方案上还摆得出来的：不动这份方案的（账户、单位、别的方案），和归档以后照样可以的。
LEFT = {
    "text_size", "logout", "me_acting", "me_elsewhere", "password_change", "calendar_create", "calendar_revoke",
    "organisation_edit", "roster_upload", "roster_slips", "succession_leader", "succession_department", "succession_withdraw",
    "revision_upload", "plan_public", "plan_choose", "plan_unarchive", "effect_add",
}  # fmt: skip
PAGES = {
    "problem_detail": Problem, "instruction_detail": Instruction, "review_detail": Progress, "circular_detail": Circular,
    "inspection_detail": Inspection, "revision_detail": PlanRevision, "completion_detail": CompletionRequest,
}  # fmt: skip
WHO = {"month": "own", "instruction_reply": "own", "revision_columns": "admin", "instruction_revise": "leader"}


@pytest.fixture
def archived(world):
    """样样都有的那份方案归档了，另有一份现行的。"""
    made = make_plan(measures=1, departments=1, year=2024)
    when = dt.datetime(2023, 9, 21, tzinfo=dt.UTC)
    Plan.objects.filter(pk=world.plan.pk).update(is_current=False, closing_at=when, archived_at=when)
    Plan.objects.filter(pk=made.pk).update(is_current=True)
    world.plan.refresh_from_db()
    return world


def shown(client, url):
    """这一页上的表单：（提交到哪里，表单）。"""
    response = client.get(url, follow=True)
    if response.get("Content-Type", "").startswith("text/html") and response.status_code == 200:
        last = response.redirect_chain[-1][0] if response.redirect_chain else url
        for form in forms_in(response.content.decode()):
            if form["method"] == "post":
                yield (form["action"] or last).partition("?")[0], form
        for href in re.findall(r'href="([^"#?]+)', response.content.decode()):
            yield href, None
    else:
        finish(response)


def name_of(path, slug):
    try:
        return resolve("/" + path.removeprefix(f"/{slug}/").lstrip("/")).view_name
    except Resolver404:
        return path


def pages(world):
    """这份方案的每一页：网址表里的各页，加上每一项、每一件各自的一页。"""
    known = arguments(world)
    left = ("admin:", "logout", "login", "healthz", "favicon")
    yield from (address(name, known, world) for name in NAMES if not name.startswith(left))
    for measure in world.plan.measures.filter(retired_in=None):
        yield reverse("measure_detail", args=[measure.number])
        yield reverse("measure_milestones", args=[measure.number])
    for name, model in PAGES.items():
        yield from (reverse(name, args=[pk]) for pk in model.objects.values_list("pk", flat=True))


def offered(world, role, enough=None):
    """这个人在各页上看得到的：做什么（网址名）→（在哪一页，提交到哪里，表单；只是去填写的链接没有表单）。够了 `enough` 样就不再看。"""
    slug, client, found = world.plan.slug, Client(), {}
    client.force_login(world.users[role])
    for url in pages(world):
        if enough and len(found) > enough:
            break
        for path, form in shown(client, f"/{slug}{url}"):
            name = name_of(path, slug)
            if form is not None or (name in FORM_PAGES and path.startswith(f"/{slug}/")):
                found.setdefault(name, (url, path, form))
    return found


@pytest.mark.parametrize("role", ["office", *also("own", "other", "leader", "admin")])
def test_every_form_and_link_to_one_on_an_archived_plan_is_not_refused(archived, role):
    found = offered(archived, role)
    assert found.keys() - LEFT == set(), {name: found[name][:2] for name in found.keys() - LEFT}
    said = posted(archived)
    said["revision_upload"] = said.get("revision_upload") | {
        "target": "new",
        "year": "2025",
    }  # 归档的那一份不能修订，只能建立新的
    if "revision_upload" in found:
        assert found["revision_upload"][2]["fields"]["target"] == "new"
    for name in found.keys() - {"logout", "password_change"}:
        _, path, form = found[name]
        client = Client()
        client.force_login(archived.users[role])
        with transaction.atomic():
            fields = {k: v for k, v in form["fields"].items() if k != "csrfmiddlewaretoken"} | said.get(name, {})
            answer = client.post(path, fields, follow=True)
            assert REFUSED not in answer.content.decode(), (name, path)
            transaction.set_rollback(True)


def test_the_same_pages_offer_plenty_while_the_plan_is_running(world):
    """扫的确实是样样都有的各页：没有归档时，办公室看得到的表单多得多。"""
    make_plan(measures=1, departments=1, year=2024)
    assert len(offered(world, "office", enough=30)) > 30


@pytest.mark.parametrize("name", sorted(FORM_PAGES))
def test_a_page_for_filling_in_goes_back_to_the_plan_and_says_why(archived, name):
    client = Client()
    client.force_login(archived.users[WHO.get(name, "office")])
    answer = client.get(f"/{archived.plan.slug}" + address(name, arguments(archived), archived), follow=True)
    assert answer.redirect_chain[-1][0] == f"/{archived.plan.slug}/plan/"
    assert "这份方案已归档，只看不改。" in answer.content.decode()
