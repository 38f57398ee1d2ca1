"""网页上交来的文字在一道门规整：换行算一个字，看不见的字符不要，只有看不见的就是空的。哪一张表单都一样。"""

import pytest
from django.apps import apps
from django.db import models
from django.urls import reverse

from tasks.models import Problem
from yingshang.tables.normalising import clean_text

from . import world as worlds
from .examples import QUARTERS, quarter
from .factories import PASSWORD, make_user
from .test_every_url import ask, undone
from .test_refusals import BUTTONS, doers, typed, words_in  # noqa: F401
from .world import arguments, posted, world  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.engines]
INVISIBLE = ("\u200b", "\ufeff", "\u2060", "\u00ad", "\u3164")
# 多出的一行字不收：名称、请示的联系人只一行，目标的原话须逐字在原文里。
TO_THE_LETTER = {"organisation_edit", "petition_add", "target_list"}
ROUGH = "　\u200b{}\u2060\u00a0\r\n第二\ufeff行\u3000\r\n\r\n"


def rough(words) -> dict:
    """手写的话，前后、行间夹上各种看不见的；日期与数字不动。"""
    return {n: w if w.replace("-", "").isdigit() else ROUGH.format(w) for n, w in words.items()}


def stored() -> dict:
    """库里的每一段文字：（表，列，行）→ 文字。"""
    found = {}
    for model in (m for label in ("tasks", "departments") for m in apps.get_app_config(label).get_models()):
        names = [f.attname for f in model._meta.fields if isinstance(f, models.CharField | models.TextField)]
        for pk, *values in model.objects.values_list("pk", *names):
            found |= {(model._meta.db_table, n, pk): v for n, v in zip(names, values, strict=True) if v}
    return found


@pytest.mark.xdist_group("forms")
@pytest.mark.parametrize("part", QUARTERS)
def test_whatever_form_it_comes_by_the_text_is_stored_clean(client, world, typed, part):  # noqa: F811
    wrong, seen, before = [], set(), stored()
    names = quarter(sorted(set(typed) - BUTTONS), part)
    for name in names:
        words = words_in(posted(world).get(name, {}), typed[name])
        if not any("亲手写的" in w for w in words.values()):
            continue
        user, url = world.users[doers(name)[0]], reverse(name, kwargs=arguments(world).get(name))
        with undone(client):
            client.cookies.clear()
            client.force_login(user)
            response = client.post(url, worlds_data(posted(world).get(name, {})) | rough(words))
            expected = (422,) if name in TO_THE_LETTER else (302, 409)
            wrong += [f"{name}：{response.status_code}"] * (response.status_code not in expected)
            new = {key: text for key, text in stored().items() if before.get(key) != text}
            wrong += [f"{name} {key}：{text!r}" for key, text in new.items() if text != clean_text(text)]
            seen |= {name} if any("亲手写的" in text for text in new.values()) else set()
    assert wrong == []
    surely = {"problem_add", "instruction_reply", "progress_report", "inspection_add", "circular_edit"}
    assert seen >= surely & set(names) and len(seen) > 5


def worlds_data(data):
    for value in data.values():
        if hasattr(value, "seek"):
            value.seek(0)
    return data


@pytest.mark.xdist_group("forms")
@pytest.mark.parametrize("part", QUARTERS)
def test_text_that_cannot_be_seen_is_empty_whatever_form_it_comes_by(client, world, typed, part):  # noqa: F811
    """只写了看不见的字符，与什么也没写，答得一样。"""
    wrong = []
    for name in quarter(sorted(set(typed) - BUTTONS), part):
        data = posted(world).get(name, {})
        words = [n for n, w in words_in(data, typed[name]).items() if "亲手写的" in w]
        user, url = world.users[doers(name)[0]], reverse(name, kwargs=arguments(world).get(name))
        if words:
            nothing = ask(client, user, "POST", url, worlds_data(data) | dict.fromkeys(words, ""))
            unseen = ask(client, user, "POST", url, worlds_data(data) | dict.fromkeys(words, "".join(INVISIBLE)))
            wrong += [f"{name}：{unseen.status_code}，空着交是 {nothing.status_code}"] * (
                unseen.status_code != nothing.status_code
            )
    assert wrong == []


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
def test_a_report_of_one_invisible_character_is_empty(sign_in, people, report, character):
    row = report("2", "审批中心")
    client, url = sign_in(people.reporter("审批中心")), reverse("progress_report", args=[row.pk])
    response = client.post(url, worlds.form_data(row, text=character * 3))
    row.refresh_from_db()
    assert response.status_code == 422
    assert row.status == "missing"


def test_two_thousand_characters_with_ninety_nine_line_breaks_are_two_thousand(sign_in, people, report):
    lines = ["办" * 19] * 99 + ["办" * 20]
    text = "\n".join(lines)
    assert len(text) == 2000
    row = report("2", "审批中心")
    client, url = sign_in(people.reporter("审批中心")), reverse("progress_report", args=[row.pk])
    assert client.post(url, worlds.form_data(row, text="\r\n".join(lines))).status_code == 302
    row.refresh_from_db()
    assert row.text == text


def test_one_more_is_refused_with_the_same_count(sign_in, people, plan):
    room = plan.measures.first().assignments.first().department
    data = {"title": "题", "category": "other", "level": "group", "due_on": "2023-10-10", "department": room.pk}
    response = sign_in(people.office).post("/problems/add/", data | {"text": "　办\r\n" * 1000 + "办"})
    assert response.status_code == 422
    assert "写了 2001 字，最多 2000 字" in response.content.decode()
    assert not Problem.objects.exists()


def test_a_password_is_taken_as_it_is_typed(client, plan):
    user = make_user("someone", department="审批中心")
    user.set_password(f"　{PASSWORD}\u200b ")
    user.save()
    for typed_in, status in ((PASSWORD, 200), (f"　{PASSWORD}\u200b ", 302)):
        response = client.post(reverse("login"), {"username": "someone", "password": typed_in})
        assert response.status_code == status
