"""磁盘满了、库只许读：是我们这边的事。503，一句话，写的还在，写了一半的文件不留。"""

import errno
import io
import os
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files import uploadedfile
from django.core.files.storage import filesystem
from django.db import connection
from django.test import Client
from django.urls import reverse

from departments import once
from departments.middleware import SEEN
from tasks.models import Attachment, Inspection, ProblemNote
from tasks.pages.refusals import BLOCKED
from yingshang import writing

from .factories import PASSWORD
from .test_once import SEEN as SAID
from .test_once import TOKEN
from .test_refusals import boxes
from .world import form_data, upload, world  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def read_only():
    """从这时起库只许读：由数据库自己拒绝。"""
    is_sqlite = connection.vendor == "sqlite"
    switched = []

    def switch():
        with connection.cursor() as cursor:
            cursor.execute(
                "PRAGMA query_only = ON" if is_sqlite else "SET CONSTRAINTS ALL IMMEDIATE; SET TRANSACTION READ ONLY"
            )
        switched.append(True)

    yield switch
    if is_sqlite and switched:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = OFF")


class Full:
    """写得进 `room` 个字节，再写磁盘就满了；别的都像一个文件。"""

    name = "暂存"

    def __init__(self, file, room=0):
        self.file, self.room = file, room

    def write(self, data):
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= self.file.write(data[: self.room])
        return self.write(data[self.room :]) if len(data) > self.room else len(data)

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.fixture
def full_disk(monkeypatch):
    """材料写到第十个字节，磁盘满了。"""
    opened = os.fdopen
    monkeypatch.setattr(filesystem.os, "fdopen", lambda fd, mode: Full(opened(fd, mode, buffering=0), room=10))


def told(response) -> None:
    page = response.content.decode()
    assert response.status_code == 503
    assert BLOCKED in page and BLOCKED.count("。") == 1
    assert "停留太久" not in page


def files_left() -> list:
    return [path for path in Path(django_settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.mark.parametrize("extra", [{}, {"csrfmiddlewaretoken": TOKEN}], ids=["没有令牌", "带着令牌"])
def test_a_read_only_database_is_ours_and_the_words_are_on_the_page(sign_in, people, plan, read_only, extra):
    client = sign_in(people.office)
    client.get("/inspections/add/")
    read_only()
    response = client.post("/inspections/add/", SAID | {"findings": "写了一大段“话”。"} | extra)
    told(response)
    assert "写了一大段“话”。" in boxes(response)


def test_a_page_can_still_be_read_when_nothing_can_be_written(sign_in, people, plan, read_only):
    """“还在用”记不下来，不耽误看；以前是 400“停留太久”。"""
    client = sign_in(people.office)
    session = client.session
    session[SEEN] = 1
    session.save()
    read_only()
    assert client.get("/measures/").status_code == 200


def test_signing_in_to_a_read_only_database_is_told_too(client, people, plan, read_only):
    name = people.office.username
    read_only()
    response = client.post(reverse("login"), {"username": name, "password": PASSWORD})
    told(response)
    assert PASSWORD not in response.content.decode()


def test_a_disk_full_in_the_middle_of_a_file_leaves_no_half_and_no_row(client, world, full_disk):  # noqa: F811
    before, kept = files_left(), ProblemNote.objects.count()
    client.force_login(world.own)
    url = reverse("problem_note", args=[world.troubles.open.pk])
    response = client.post(url, {"text": "办了一步。", "evidence": upload("照片.pdf"), "csrfmiddlewaretoken": TOKEN})
    told(response)
    assert "办了一步。" in boxes(response) and "照片.pdf" in response.content.decode()
    assert files_left() == before
    assert ProblemNote.objects.count() == kept


def test_what_was_written_before_the_disk_filled_is_taken_back_with_its_files(client, world, monkeypatch):  # noqa: F811
    """第一份存好了，第二份时满了：两份都不留，库里也没有。"""
    saved, before, rows = filesystem.FileSystemStorage._save, files_left(), Attachment.objects.count()

    def second_is_full(storage, name, content):
        if len(files_left()) > len(before):
            raise OSError(errno.ENOSPC, "No space left on device")
        return saved(storage, name, content)

    monkeypatch.setattr(filesystem.FileSystemStorage, "_save", second_is_full)
    client.force_login(world.own)
    data = {"text": "办了一步。", "evidence": [upload("一.pdf"), upload("二.pdf")], "csrfmiddlewaretoken": TOKEN}
    told(client.post(reverse("problem_note", args=[world.troubles.open.pk]), data))
    assert files_left() == before and Attachment.objects.count() == rows


def test_a_file_too_big_for_the_temporary_disk_does_not_cost_the_words(sign_in, people, report, monkeypatch, settings):
    """上传时就存不下：话照样收到，放在页上；材料没有存，也不算报了。"""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    monkeypatch.setattr(uploadedfile.tempfile, "NamedTemporaryFile", lambda *args, **kwargs: Full(io.BytesIO()))
    row = report("2", "审批中心")
    client = sign_in(people.reporter("审批中心"))
    data = form_data(row, text="写了一大段。") | {f"p{row.pk}-evidence": upload("大.pdf", b"%PDF-1.4" + b"x" * 100_000)}
    response = client.post(reverse("progress_report", args=[row.pk]), data)
    told(response)
    assert "写了一大段。" in boxes(response)
    row.refresh_from_db()
    assert row.status == "missing"


def test_a_disk_that_fills_at_the_very_end_is_told_too(sign_in, people, plan, monkeypatch):
    """都办完了，收尾时才满：不能说办成了。"""
    settle = once._settle

    def full(request, response):
        settle(request, response)
        raise OSError(errno.ENOSPC, "No space left on device")

    client = sign_in(people.office)
    monkeypatch.setattr(once, "_settle", full)
    told(client.post("/inspections/add/", SAID | {"csrfmiddlewaretoken": TOKEN}))
    assert not Inspection.objects.exists()


def test_other_mistakes_are_not_called_a_full_disk():
    assert not writing.is_blocked(ValueError("x"))
    assert not writing.is_blocked(OSError(errno.ECONNRESET, "x"))
    assert not writing.is_blocked(None)


def test_a_broken_program_is_still_called_broken(people, plan, monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(people.office)
    monkeypatch.setattr("tasks.views.inspection.inspection_pages.listing", lambda *args: 1 / 0)
    response = client.get("/inspections/")
    assert response.status_code == 500
    assert BLOCKED not in response.content.decode()
