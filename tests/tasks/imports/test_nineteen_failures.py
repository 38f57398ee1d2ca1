"""现成的导入组件有十九处会丢数据或说错话（docs/decisions.md 里的表）：逐条证明我们这里不会发生。

编号就是表里的编号；一条一个或几个测试。
"""

import datetime as dt
import tempfile

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tasks import workflow
from tasks.imports import Limits, Unreadable, applying, compare
from tasks.models import Event, Measure, PlanRevision
from tests.tasks.ledgers import edited, exported, formulas

from .samples import SHORT, csv_bytes, messages, one, read, seed_live, seed_rows, short, table, xlsx


@pytest.fixture
def draft(plan, people, at):
    """改了第 3 项文字的一份草稿。"""

    def change(rows):
        rows[2][2] += "每季度通报一次。"
        return rows

    data = edited(exported(plan, people.admin), "xlsx", change)
    return applying.draft(plan, data, "修订.xlsx", by=people.admin, at=at("2023-09-12 09:00"))


@pytest.mark.parametrize("cell", ["张富平、李四", "李四", "李华斌,李四", "李华斌 李四", "李四\n李华斌"])
def test_01_an_unknown_name_is_an_error_never_dropped(cell):
    assert any("李四" in message for message in messages(read(short(one(leader=cell))).errors))


@pytest.mark.parametrize("cell", ["李华斌,郑瑞林", "李华斌，郑瑞林", "李华斌 郑瑞林", "李华斌\n郑瑞林"])
def test_01_every_separator_stores_both_names(cell):
    assert read(short(one(leader=cell))).rows[0].leaders == ("李华斌", "郑瑞林")


def test_02_one_number_written_five_ways_is_one_measure():
    for cell in (1, 1.0, "1", "１", " 1", "1、"):
        result = compare(seed_live(), read(short([cell, "营造优良营商氛围", "张富平", "党务办"])))
        assert (result.counts["same"], result.counts["added"]) == (1, 0)


def test_03_a_number_given_twice_is_an_error():
    assert "重复" in read(short(one("8"), one("8", title="另一项"))).errors[0].message


def test_04_a_title_row_above_the_header_is_fine_and_a_missing_header_is_said_in_chinese():
    assert len(read(xlsx([["标题"], list(SHORT), one()])).rows) == 1
    with pytest.raises(Unreadable, match="缺少列"):
        read(xlsx([["标题"], one()]))


def test_05_blank_and_note_rows_are_no_measures():
    reading = read(short(one(), [], [" ", ""], ["备注：无"]))
    assert len(reading.rows) == 1
    assert reading.errors == []


def test_06_neither_the_active_nor_a_hidden_sheet_is_taken_for_the_plan():
    def more(workbook, _):
        secret = workbook.create_sheet("旧稿")
        secret.append(list(SHORT))
        secret.append(one("99"))
        secret.sheet_state = "hidden"
        workbook.active = 1

    assert [row.number for row in read(xlsx([list(SHORT), one()], change=more)).rows] == ["1"]


def test_07_a_blank_text_cell_is_a_chinese_message():
    assert messages(read(short([*one(), None], header=(*SHORT, "具体内容"))).errors) == [
        "第2行“具体内容”是空的。请填写后重新上传。"
    ]


def test_08_a_gbk_csv_is_read():
    assert len(read(csv_bytes([list(SHORT), one()], "gbk"), "方案.csv").rows) == 1


@pytest.mark.django_db
def test_09_a_failure_after_the_preview_stores_nothing_and_never_says_success(
    draft, plan, people, sign_in, monkeypatch
):
    before, events = applying.snapshot(plan), Event.objects.count()
    monkeypatch.setattr(applying, "_record_changes", lambda *args: 1 / 0)
    client = sign_in(people.admin)
    client.raise_request_exception = False
    response = client.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"})
    assert response.status_code == 500 and "已生效" not in response.content.decode()
    assert "已生效" not in client.get(reverse("plan")).content.decode()
    draft.refresh_from_db()
    assert (applying.snapshot(plan), Event.objects.count(), draft.status) == (before, events, "draft")


@pytest.mark.django_db
def test_10_what_somebody_changed_after_the_preview_is_never_overwritten(draft, plan, people, at):
    """别人先生效了一版：拒绝；办公室核定了类型与时限：不动它。"""
    three = Measure.objects.get(plan=plan, number="3")
    settled = {"kind": "milestone", "start_on": None, "due_on": dt.date(2023, 11, 30), "summary_department": None}
    workflow.settle_measure(three, by=people.office, at=at("2023-09-12 10:00"), fields=settled)
    other = edited(
        exported(plan, people.admin),
        "xlsx",
        lambda rows: [*rows[:8], [*rows[8][:3], "陈向东", *rows[8][4:]], *rows[9:]],
    )
    second = applying.draft(plan, other, "另一份.xlsx", by=people.admin, at=at("2023-09-12 11:00"))
    done = applying.apply_revision(draft, by=people.admin, at=at("2023-09-12 12:00"))
    three.refresh_from_db()
    assert (three.kind, three.due_on, three.kind_is_confirmed) == ("milestone", dt.date(2023, 11, 30), True)
    assert three.text.endswith("每季度通报一次。") and done.number == 2
    with pytest.raises(workflow.Refused, match="重新比较"):
        applying.apply_revision(second, by=people.admin, at=at("2023-09-12 13:00"))
    assert Measure.objects.get(plan=plan, number="9").leaders.get().name == "郑瑞林"


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["office", "leader", "reporter"])
def test_11_whoever_may_only_look_cannot_import(draft, people, sign_in, at, role):
    user = {"office": people.office, "leader": people.leader("李华斌"), "reporter": people.reporter("财务部")}[role]
    with pytest.raises(PermissionDenied):
        applying.apply_revision(draft, by=user, at=at("2023-09-12 10:00"))
    client = sign_in(user)
    assert client.post(reverse("revision_upload"), {}).status_code == 403
    assert client.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"}).status_code == 403


@pytest.mark.django_db
def test_12_previews_leave_no_files_and_no_file_can_be_named(plan, people, sign_in, monkeypatch, tmp_path):
    """草稿连同原文件在库里，按编号取；没有临时文件，也没有能改成别人文件名的隐藏字段。"""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    client = sign_in(people.admin)
    data = edited(exported(plan, people.admin), "xlsx", lambda rows: rows[:-1])
    client.post(reverse("revision_upload"), {"target": "current", "file": SimpleUploadedFile("修订.xlsx", data)})
    made = PlanRevision.objects.get(status="draft")
    assert bytes(made.content) == data
    page = client.get(reverse("revision_preview", args=[made.pk])).content.decode()
    assert "import_file_name" not in page and str(tmp_path) not in page
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["=1+1", "==2", "+减材料", "-减环节", "@企业"])
def test_13_exports_neither_lose_a_character_nor_write_a_formula(plan, people, text):
    Measure.objects.filter(plan=plan, number="1").update(title=text)
    data = exported(plan, people.admin)
    assert formulas(data) == []
    for kind in ("xlsx", "csv"):
        reading, comparison = applying.preview(plan, exported(plan, people.admin, kind), f"台账.{kind}")
        assert reading.rows[0].title == text and comparison.is_empty


@pytest.mark.parametrize("text", ["=1+1", "==2", "+减材料", "-减环节", "@企业"])
def test_13_text_that_looks_like_a_formula_survives_both_file_kinds(text):
    def as_text(_, sheet):
        sheet["B2"].value = text
        sheet["B2"].data_type = "s"

    assert read(xlsx([list(SHORT), one()], change=as_text)).rows[0].title == text
    assert read(csv_bytes([list(SHORT), one(title="'" + text)]), "方案.csv").rows[0].title == text


def test_14_measures_missing_from_the_file_are_listed_for_removal():
    result = compare(seed_live(), read(xlsx(table(seed_rows()[:20]))))
    assert [change.old.number for change in result.of_kind("removed")] == ["21"]


def test_15_an_absent_column_keeps_and_an_empty_required_cell_is_refused():
    rows = [[row[0], row[1], row[3], row[4]] for row in table(seed_rows())[1:]]
    assert compare(seed_live(), read(short(*rows))).is_empty
    rows[7][2] = ""
    assert messages(read(short(*rows)).errors) == ["第9行“牵头领导”是空的。请填写后重新上传。"]


def test_16_a_title_too_long_is_said_in_chinese_before_the_database_sees_it():
    reading = read(short(one(title="长" * 61)), limits=Limits(title_length=60))
    assert "有 61 个字，超过 60 字的上限" in reading.errors[0].message


def test_17_nul_is_stripped():
    assert read(csv_bytes([list(SHORT), one(title="优\0化")]), "方案.csv").rows[0].title == "优化"
    assert read(short(one(title="优_x0000_化"))).rows[0].title == "优化"


@pytest.mark.parametrize("above", [0, 1, 3])
def test_18_an_error_carries_the_row_of_the_sheet(above):
    (problem,) = read(xlsx([["标题"]] * above + [list(SHORT), one(), one("2", department="甲局")])).errors
    assert problem.line == above + 3
    assert problem.message.startswith(f"第{above + 3}行“牵头部室”“甲局”")


def test_19_one_invalid_row_leaves_an_error_so_that_nothing_may_be_applied():
    reading = read(short(one(), one("2", title="乙", leader="李四")))
    assert len(reading.rows) == 2
    assert len(reading.errors) == 1
