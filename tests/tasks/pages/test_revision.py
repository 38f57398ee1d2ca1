"""修订各页的限度：几千处变化也分页看，有变化的在前；确认的总是整份草稿。"""

import csv
import importlib
import io
import random
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from departments.models import Department, Role
from tasks.imports import applying
from tasks.imports.comparing import Change
from tasks.models import Measure, PlanRevision, RevisionChange
from tasks.pages import comparison as comparison_pages
from tasks.pages import revision as revision_pages
from tests.factories import make_plan, make_user, report, submitted
from tests.markup import markup

pytestmark = pytest.mark.django_db
WORDS = "深化商事制度改革，推行企业开办全程网办，压减审批环节和时限，建立常态化协调机制，定期通报进展情况。"
MOST = 300_000


@pytest.fixture
def large():
    """300 项的方案，有第 1 版，原文各三百来字。"""
    plan = make_plan(measures=300, departments=4, joint=2)
    for measure in (measures := list(Measure.objects.all())):
        others = "".join(random.Random(measure.pk).choices(WORDS, k=250))
        measure.text = f"{measure.title}。{WORDS}{others}。"
    Measure.objects.bulk_update(measures, ["text"], batch_size=200)
    PlanRevision.objects.filter(plan=plan).update(rows=applying.snapshot(plan))
    return plan


@pytest.fixture
def admin(sign_in):
    return sign_in(make_user("admin", Role.ADMIN))


@pytest.fixture
def draft(admin, large):
    """上传台账，改过 `changed` 说的各项：draft(lambda n: n % 2)。"""

    def send(changed):
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow(["序号", "举措名称", "具体内容", "牵头领导", "牵头部室"])
        for row in (live.row for live in applying.live_rows(large)):
            text = row.text.replace("压减", "大幅压减") + "新增一句。" if changed(int(row.number)) else row.text
            rows.writerow([row.number, row.title, text, "、".join(row.leaders), "、".join(row.departments)])
        file = SimpleUploadedFile("修订.csv", out.getvalue().encode("utf-8-sig"))
        admin.post(reverse("revision_upload"), {"target": "current", "file": file})
        return PlanRevision.objects.get(status="draft")

    return send


def pages_of(client, address) -> list:
    """一页一页翻到底，每一页都不超过限度。"""
    first = client.get(address)
    join = "&" if "?" in address else "?"
    numbers = range(2, first.context["page_obj"].paginator.num_pages + 1)
    found = [first, *(client.get(f"{address}{join}page={n}") for n in numbers)]
    assert all(response.status_code == 200 and len(response.content) < MOST for response in found)
    return found


def listed(pages) -> list:
    return [change.row.number for response in pages for change in response.context["differing"]]


def test_a_preview_of_any_size_is_paged_and_confirming_applies_the_whole_draft(admin, large, draft):
    made = draft(lambda n: True)
    pages = pages_of(admin, reverse("revision_preview", args=[made.pk]))
    assert len(pages) > 2
    assert listed(pages) == [str(n) for n in range(1, 301)]
    shown = markup(pages[0])
    assert "300 项 · 300 处" in shown
    assert "各页 300 处差异已与印发文件核对一致" in shown
    with CaptureQueriesContext(connection) as captured:
        admin.post(reverse("revision_apply", args=[made.pk]), {"checked": "on"})
    assert len(captured) < 0.2 * 300
    assert Measure.objects.filter(text__endswith="新增一句。").count() == 300

    second = large.revision
    assert listed(pages_of(admin, reverse("revision_detail", args=[second.pk]))) == [str(n) for n in range(1, 301)]
    other = admin.get(reverse("revision_detail", args=[second.pk]) + "?with=1&page=2")
    assert 'href="?with=1&amp;page=3"' in markup(other)
    assert len(listed(pages_of(admin, reverse("revision_revert", args=[second.pk])))) == 300
    admin.post(reverse("revision_revert", args=[second.pk]))
    assert Measure.objects.filter(text__endswith="新增一句。").count() == 0


def test_unchanged_rows_are_counted_and_reached_on_later_pages(admin, draft, monkeypatch):
    monkeypatch.setattr(comparison_pages, "BRIEF", 120)
    pages = pages_of(admin, reverse("revision_preview", args=[draft(lambda n: n > 290).pk]))
    assert listed(pages) == [str(n) for n in range(291, 301)]
    assert [len(response.context["same"]) for response in pages] == [0, 120, 120, 50]
    assert "无变化的 290 项" in markup(pages[0])
    assert '从<a href="?page=2">第 2 页</a>起列出' in markup(pages[0])
    assert "有变化的各项在前面的页上" in markup(pages[1])


def test_a_few_unchanged_rows_stay_in_one_line(admin, draft):
    [only] = pages_of(admin, reverse("revision_preview", args=[draft(lambda n: n == 7).pk]))
    assert len(only.context["same"]) == 299
    assert "以上 1 处差异已与印发文件核对一致" in markup(only)


def test_what_needs_confirming_is_counted_and_every_line_is_on_some_page(admin, draft, monkeypatch):
    monkeypatch.setattr(comparison_pages, "ASIDE", 20)
    made = draft(lambda n: n <= 45)
    diff = made.diff | {"remarks": [f"第 {n} 处请确认。" for n in range(1, 46)]}
    PlanRevision.objects.filter(pk=made.pk).update(diff=diff)
    pages = pages_of(admin, reverse("revision_preview", args=[made.pk]))
    said = [text for response in pages for text in response.context["confirms"]]
    assert said == diff["remarks"]
    assert "有 45 处需要您确认（这一页列 20 处，其余在别的页上）" in markup(pages[0])


def test_errors_are_shown_up_to_a_bound_and_the_rest_are_counted(admin, large, monkeypatch):
    monkeypatch.setattr(revision_pages, "ERRORS", 30)
    lines = [f"{n},举措{n},举措{n}。做好工作。,无此人,部室0" for n in range(1, 101)]
    data = "\n".join(["序号,举措名称,具体内容,牵头领导,牵头部室", *lines]).encode("utf-8-sig")
    response = admin.post(
        reverse("revision_upload"), {"target": "current", "file": SimpleUploadedFile("修订.csv", data)}
    )
    shown = markup(response)
    assert response.status_code == 422
    assert "100 处" in shown and shown.count('data-l="写的是"') == 30
    assert "还有 70 处没有列出" in shown


def test_what_leaves_with_an_undo_is_counted_and_paged(plan, period, people, sign_in, monkeypatch):
    """撤销会带走的报送：说几条，一页列不完的翻页看。"""
    monkeypatch.setattr(comparison_pages, "ASIDE", 1)
    client = sign_in(people.admin)
    rows = ["序号,举措名称,具体内容,牵头领导,牵头部室"]
    for live in applying.live_rows(plan):
        row = live.row
        rooms = "各部室" if row.all_departments else "、".join(row.departments)
        rooms = "招商引资部、财务部" if row.number == "18" else rooms
        rows.append(f'{row.number},{row.title},"{row.text}",{"、".join(row.leaders)},{rooms}')
    data = "\n".join(rows).encode("utf-8-sig")
    client.post(reverse("revision_upload"), {"target": "current", "file": SimpleUploadedFile("修订.csv", data)})
    made = PlanRevision.objects.get(status="draft")
    client.post(reverse("revision_apply", args=[made.pk]), {"checked": "on"})
    for room in ("招商引资部", "财务部"):
        submitted(period, "18", room, percent=60)
    PlanRevision.objects.filter(pk=made.pk).update(applied_at=report(period, "18", "财务部").submitted_at)
    address = reverse("revision_revert", args=[made.pk])
    first, second = client.get(address), client.get(f"{address}?page=2")
    assert "其中 2 条的举措或部室会随撤销退出" in markup(first)
    named = [row.assignment.department.name for r in (first, second) for row in r.context["leaving"]]
    assert sorted(named) == ["招商引资部", "财务部"]


def test_a_page_of_the_preview_reads_only_the_changes_it_shows(admin, draft, monkeypatch):
    made = draft(lambda n: True)
    read, original = [], Change.from_json
    monkeypatch.setattr(Change, "from_json", lambda stored: read.append(stored["new"]["number"]) or original(stored))
    response = admin.get(reverse("revision_preview", args=[made.pk]) + "?page=2")
    assert read == [change.row.number for change in response.context["differing"]]
    assert 0 < len(read) < 200


def test_any_stretch_of_what_needs_confirming_is_the_same_stretch_of_the_whole(large):
    revision = PlanRevision.objects.create(plan=large, created_at=timezone.now(), diff={"remarks": ["总一", "总二"]})
    said = [[], ["甲"], [], ["乙", "丙", "丁"], ["戊"], []]
    RevisionChange.objects.bulk_create(
        RevisionChange(revision=revision, position=n, kind="changed", weight=1, confirms=len(texts), said=texts)
        for n, texts in enumerate(said)
    )
    whole = ["总一", "总二", "甲", "乙", "丙", "丁", "戊"]
    found = comparison_pages.Confirms(revision)
    assert len(found) == len(whole)
    for start in range(9):
        for stop in range(start, 9):
            assert found[start:stop] == whole[start:stop], (start, stop)


def test_home_tells_the_first_of_the_changes_that_concern_a_department(admin, large, draft, sign_in):
    made = draft(lambda n: n <= 130)
    admin.post(reverse("revision_apply", args=[made.pk]), {"checked": "on"})
    room = made.changes.differing().first().content["new"]["departments"][0]
    mine = [c.number for c in made.changes.differing() if room in c.content["new"]["departments"]]
    client = sign_in(make_user("mine", department=Department.objects.get(name=room)))
    with CaptureQueriesContext(connection) as captured:
        shown = markup(client.get(reverse("home")))
    told = "、".join(f"第 {number} 项（修改）" for number in mine[:30])
    assert len(mine) > 30 and f"与本部室有关的变化：{told} 等 {len(mine)} 项。" in shown
    assert not [q for q in captured if '"tasks_revisionchange"."content"' in q["sql"] or '."diff"' in q["sql"]]


def test_changes_once_kept_in_one_field_are_laid_out_as_they_are_now(admin, draft):
    """0029 以前的：整份存在 `diff["changes"]` 里。"""
    made = draft(lambda n: n % 3 == 0)
    said = made.changes.get(after="6")
    said.content["confirm"] = ["请确认。", "请确认。"]
    said.confirms, said.said = 1, ["请确认。"]
    said.save()
    columns = [f.name for f in RevisionChange._meta.fields if f.name not in ("id", "weight")]
    before = list(made.changes.order_by("position").values(*columns))
    totals = {name: made.diff[name] for name in ("fields_changed", "headings", "remarks", "counts")}
    migration = importlib.import_module("tasks.migrations.0030_revision_changes")
    migration.backwards(apps, SimpleNamespace(connection=connection))
    RevisionChange.objects.all().delete()
    old = PlanRevision.objects.get(pk=made.pk)
    assert len(old.diff["changes"]) == 300
    del old.diff["fields_changed"], old.diff["headings"]
    old.save()
    migration.forwards(apps, SimpleNamespace(connection=connection))
    now = PlanRevision.objects.get(pk=made.pk)
    assert list(now.changes.order_by("position").values(*columns)) == before
    assert now.diff | totals == now.diff and "changes" not in now.diff
