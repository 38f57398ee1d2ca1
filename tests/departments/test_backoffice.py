"""后台的表单：登录过期时交上来的，写的话也留着、说清楚；取回以后照原样再交。有没有脚本都一样：全在服务器上。"""

import re
from html import unescape

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.html import escape

from departments import kept
from departments.models import Department
from tests.factories import PASSWORD
from tests.world import forms_on

pytestmark = pytest.mark.django_db
WORDS = {None: "手写的话", "text": "手写的话", "date": "2023-10-09", "number": "7"}


def writable(user) -> list[str]:
    """后台里可以新建、可以改的各种对象的页。"""
    request, found = RequestFactory().get("/"), []
    request.user = user
    for model, made in admin.site._registry.items():
        name, one = f"admin:{model._meta.app_label}_{model._meta.model_name}", model._default_manager.first()
        found += [reverse(f"{name}_add")] if made.has_add_permission(request) else []
        found += [reverse(f"{name}_change", args=[one.pk])] if one and made.has_change_permission(request, one) else []
    return found


def fields_of(page) -> dict[str, str]:
    """页面上那张要填的表单：栏 → 值。"""
    return max((form["fields"] for form in forms_on(page)), key=len)


def written(page) -> dict[str, str]:
    """每一个手写的栏（一行的、多行的、日期、数字）都写上；密码不写。"""
    html = page.content.decode()
    areas = re.findall(r'<textarea[^>]*name="([^"]+)"', html)
    inputs = [
        (re.search(r'name="([^"]+)"', tag), re.search(r'type="(\w+)"', tag)) for tag in re.findall("<input[^>]*>", html)
    ]
    kinds = {n[1]: t[1] if t else None for n, t in inputs if n} | dict.fromkeys(areas)
    names = [n for n in kinds if kinds[n] in WORDS and "__prefix__" not in n and "password" not in n]
    return {name: WORDS[kinds[name]] + ("" if kinds[name] in ("date", "number") else name) for name in names}


def login_form(page) -> str:
    found = re.search(r'name="kept" value="([^"]*)"', page.content.decode())
    return unescape(found[1]) if found else ""


def test_every_form_of_the_back_office_keeps_what_was_written_when_the_session_ends(plan, period, people, client):
    user = people.admin
    seen = 0
    for url in writable(user):
        client.force_login(user)
        page = client.get(url)
        words = written(page)
        if not words:
            continue
        seen += 1
        client.logout()
        client.cookies[kept.WRITER] = kept.mark(user)
        answer = client.post(url, fields_of(page) | words)
        assert (answer.status_code, "您刚才写的内容没有丢" in answer.content.decode()) == (401, True), url
        entered = client.post("/login/", {"username": user.username, "password": PASSWORD, "kept": login_form(answer)})
        shown = client.get(entered["Location"]).content.decode()
        missing = [name for name, word in words.items() if f">{escape(word)}</dd>" not in shown]
        assert not missing, (url, missing)
    assert seen > 8


def test_what_the_back_office_kept_is_saved_when_posted_again_as_it_was(plan, people, client):
    room = Department.objects.get(name="财务部")
    url = reverse("admin:departments_department_change", args=[room.pk])
    client.force_login(people.admin)
    data = fields_of(client.get(url)) | {"full_name": "财务管理运营总部", "_save": "保存"}
    client.logout()
    client.cookies[kept.WRITER] = kept.mark(people.admin)
    packed = login_form(client.post(url, data))
    client.post("/login/", {"username": people.admin.username, "password": PASSWORD, "kept": packed})
    again = fields_of(client.get(reverse("login_kept")))
    assert client.post(url, again).status_code == 302
    room.refresh_from_db()
    assert room.full_name == "财务管理运营总部"
    assert client.get(reverse("login_kept"))["Location"] == "/", "交过的不再留"


def test_words_in_the_back_office_are_copied_out_when_the_token_is_old(plan, people):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.admin)
    page = client.post(reverse("admin:departments_leader_add"), {"name": "新来的", "order": "9"})
    assert page.status_code == 403
    assert "新来的</textarea>" in page.content.decode()
