"""跨站脚本：16 种写法写进每一个文字字段、每一个网址参数，页面上都只是文字。"""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.urls import reverse

from departments.models import OneName, SecurityEvent
from tasks.models import Event, Plan
from yingshang.tables.normalising import squeeze

from .access_table import ACCESS
from .examples import also, share
from .test_access import NAMES, address
from .world import arguments, finish, plan_file, the_world  # noqa: F401

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '" onfocus=alert(1) autofocus x="',
    "' onmouseover='alert(1)",
    "<svg/onload=alert(1)>",
    "</textarea><img src=x onerror=1>",
    "</title><iframe src=//evil>",
    "</option></select><b onclick=1>",
    "javascript:alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "<!--><img src=x onerror=1>-->",
    "{{ 7|add:7 }}{% debug %}",
    "<math><mi xlink:href=data:x>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202e<style>*{display:none}</style>",
]
# 页面自己用不到的标签：出现即是被注入的。
FOREIGN = {
    "img",
    "iframe",
    "object",
    "embed",
    "math",
    "mi",
    "base",
    "style",
    "template",
    "audio",
    "video",
    "marquee",
    "xss",
}
LINKS = {"href", "src", "action", "formaction", "xlink:href", "data", "poster"}
# 这些列不是给人写字的：编号、状态、校验值、磁盘路径、密码。
NOT_TEXT = {
    "username",
    "password",
    "email",
    "slug",
    "number",
    "sha256",
    "content_type",
    "file",
    "key",
    "action",
    "lead_label",
    "office_phone",
    "status",
    "token",
}


class Injected(HTMLParser):
    """找出不该有的标签、事件属性与脚本地址。"""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        bad = [a for a in names if a.startswith("on") or a in ("style", "srcdoc")]
        bad += [
            v for a, v in names.items() if a in LINKS and re.match(r"\s*(javascript|data|vbscript):|//", v or "", re.I)
        ]
        own_image = tag == "img" and (names.get("src") or "").startswith("/static/")
        if (tag in FOREIGN and not own_image) or bad or (tag == "script" and "src" not in names):
            self.found.append(f"<{tag} {' '.join(names)}>")


def injected(page) -> list[str]:
    parser = Injected()
    parser.feed(page)
    return parser.found


def text_fields(model):
    for field in model._meta.concrete_fields:
        if isinstance(field, models.CharField | models.TextField) and not field.choices and field.name not in NOT_TEXT:
            yield field


def write_everywhere(payload, world):
    """把这串字写进每个模型的每个文字列（操作记录只增不改，另加一行）。"""
    for model in (*apps.get_app_config("departments").get_models(), *apps.get_app_config("tasks").get_models()):
        if model in (Event, SecurityEvent) or model._meta.proxy:
            continue
        for field in text_fields(model):
            is_name = issubclass(model, OneName) and field.name == "name"
            words = squeeze(payload) if is_name else payload
            if field.unique or is_name:
                for pk in model.objects.order_by("pk").values_list("pk", flat=True)[:3]:
                    model.objects.filter(pk=pk).update(**{field.name: f"{pk}{words}"[: field.max_length]})
            else:
                model.objects.exclude(**{field.name: ""}).update(**{field.name: payload[: field.max_length or 2000]})
    parts = [{"heading": payload, "text": payload}]
    members = [{"role": payload, "name": payload, "post": payload}]
    Plan.objects.update(safeguards=parts, group_members=members)
    row = world.rows.waiting
    row.refresh_from_db()
    Event.objects.create(
        action="progress_submit",
        label=payload[:40],
        note=payload,
        by=world.own,
        at=row.submitted_at,
        measure=row.assignment.measure,
        plan=world.plan,
        progress=row,
        period=world.period,
        department=row.assignment.department,
        is_public=True,
    )


SHOWING = (
    "home",
    "measure_detail",
    "measure_list",
    "board",
    "review_detail",
    "review_list",
    "plan",
    "event_list",
    "department_detail",
    "department_period",
    "period_list",
)


def page_of(client, url) -> str:
    """一页的 HTML；文件之类不是网页的为空。"""
    response = client.get(url)
    assert response.status_code < 500, url
    is_page = response.get("Content-Type", "").startswith("text/html") and not response.streaming
    page = response.content.decode() if is_page else ""
    finish(response)
    return page


TURNS = 4  # 平日一页只轮到四分之一的写法；跑足时每一页都见到每一种


def in_turn(places, number) -> list:
    """轮到第 `number` 种写法的几处：平日每四处一处，各种写法轮下来每处都有四种；跑足时全部。"""
    step = len(PAYLOADS) // share(len(PAYLOADS), least=TURNS)
    return [place for i, place in enumerate(places) if (number + i) % step == 0]


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [0, *also(*range(1, TURNS))])
def test_text_written_into_any_field_stays_text_on_every_page(client, world, turn):
    known, found = arguments(world), []
    shown = {name: [] for name in SHOWING}
    names = [n for n in NAMES if ACCESS[n].expected("office", "GET") == 200]
    for number, payload in enumerate(PAYLOADS[turn::TURNS]):
        write_everywhere(payload, world)
        for role, some in (("own", ["home"]), ("office", names)):
            client.force_login(world.users[role])
            for name in in_turn(some, number):
                page = page_of(client, address(name, known, world))
                found += [f"{name} {payload!r}：{what}" for what in injected(page)]
                if name in shown:
                    shown[name].append(payload[:12] in unescape(page))  # 短的列（报送期的名称）只装得下开头
    assert found == []
    # 确实写到了页面上（不然这条测试什么也没测）。
    assert {name: seen for name, seen in shown.items() if not seen or not all(seen)} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["own", "admin", *also("other", "leader")])
def test_all_of_them_at_once_stay_text_for_every_role(client, world, role):
    """后台各页也在内。"""
    known = arguments(world)
    write_everywhere("".join(PAYLOADS), world)
    client.force_login(world.users[role])
    for name in (n for n in NAMES if ACCESS[n].expected(role, "GET") == 200):
        assert injected(page_of(client, address(name, known, world))) == [], name


@pytest.mark.django_db
def test_text_in_the_address_stays_text(client, world):
    """网址参数、登录名、搜索词原样放回页面的地方；平日每一处轮到四分之一的写法。"""
    client.force_login(world.admin)
    targets = [
        ("/measures/", "q"),
        ("/board/", "q"),
        ("/log/", "q"),
        ("/log/", "measure"),
        ("/board/", "sort"),
        ("/measures/12/", "events"),
        ("/admin/departments/user/", "q"),
        ("/admin/departments/user/", "role__exact"),
        (reverse("revision_detail", args=[world.plan.revision.pk]), "with"),
    ]
    for number, payload in enumerate(PAYLOADS):
        for url, name in in_turn(targets, number):
            response = client.get(url, {name: payload}, follow=True)
            assert injected(response.content.decode()) == [], (url, name, payload)
        for url in ("/login/", "/nosuch/"):
            assert injected(client.get(url, {"next": payload, "q": payload}).content.decode()) == []
        typed = client.post("/login/", {"username": payload, "password": payload, "next": payload, "kept": payload})
        assert injected(typed.content.decode()) == []


@pytest.mark.django_db
def test_text_put_back_into_a_form_stays_text(client, world):
    """没交成的内容放回表单里：输入框、文本框、错误提示；平日每一张表单轮到四分之一的写法。"""
    row = world.rows.missing
    report = (
        "text",
        "problems",
        "coordination",
        "next_steps",
        "percent",
        "stage",
        "version",
        "decline_reason",
    )
    forms = [
        (world.own, reverse("progress_report", args=[row.pk]), [f"p{row.pk}-{name}" for name in report]),
        (world.office, reverse("progress_return", args=[world.rows.waiting.pk]), ["reason"]),
        (world.office, reverse("light_set", args=["12"]), ["level", "reason"]),
        (world.office, reverse("period_extend", args=["2023-09"]), ["2023-09-due_on", "2023-09-reason"]),
        (world.office, reverse("period_year"), ["first_month", "last_month", "due_day"]),
        (world.office, reverse("measure_settings", args=["12"]), ["kind", "start_on", "due_on"]),
        (world.admin, reverse("admin:departments_user_add"), ["username", "name", "role"]),
    ]
    for number, payload in enumerate(PAYLOADS):
        for user, url, names in in_turn(forms, number):
            client.force_login(user)
            typed = payload * 100 if names == ["reason"] else payload  # 超长的才退得回来
            response = client.post(url, dict.fromkeys(names, typed))
            assert response.status_code in (200, 422), (url, payload)
            assert injected(response.content.decode()) == [], (url, payload)


@pytest.mark.django_db
def test_text_in_an_imported_plan_stays_text(client, world):
    client.force_login(world.admin)
    for payload in PAYLOADS:
        data = {
            "target": "current",
            "note": payload,
            "file": SimpleUploadedFile(f"{payload[:20]}.csv", plan_file(world.plan, payload)),
        }
        page = client.post(reverse("revision_upload"), data, follow=True)
        assert page.status_code in (200, 422), payload
        assert injected(page.content.decode()) == [], payload


def test_the_finder_finds_every_payload_that_is_not_escaped():
    live = [p for p in PAYLOADS if injected(f'<p title="{p}">{p}</p>')]
    assert len(live) >= 11
    assert injected("<p>&lt;script&gt;</p>") == []


ESCAPES = re.compile(
    r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off|\bmark_safe\b|\bSafeString\b|\bSafeText\b|__html__|\bcsrf_exempt\b|innerHTML\s*=(?!\s*before)|insertAdjacentHTML|document\.write|\beval\("
)


def test_nothing_steps_around_escaping():
    """模板与代码里不许有跳过转义的写法（format_html 会转义参数，可以用）。"""
    found = []
    for folder, pattern in (
        ("templates", "*.html"),
        ("tasks", "*.py"),
        ("departments", "*.py"),
        ("yingshang", "*.py"),
        ("static/js", "*.js"),
        ("tasks", "*.html"),
    ):
        for path in (settings.BASE_DIR / folder).rglob(pattern):
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                if ESCAPES.search(line):
                    found.append(f"{path.relative_to(settings.BASE_DIR)}:{number} {line.strip()}")
    assert found == []
