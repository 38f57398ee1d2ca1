"""认列：没有认出的列由管理员认一次，下次直接认得；改了用同一份文件重读。"""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from docx import Document

from tasks.imports import drafts
from tasks.models import PlanRevision, Term
from tests.tasks.imports import shapes

pytestmark = pytest.mark.django_db
HEAD = ("序号", "攻坚事项", "具体内容", "包抓人", "落实主体单元", "调度方式", "参加的")
ROWS = (
    (
        "1",
        "提升企业开办便利度",
        "推行一窗通办，全年新增市场主体不少于300家。",
        "周明远",
        "行政审批局",
        "每月",
        "税务局",
    ),
    ("2", "优化施工许可", "推行拿地即开工。", "林致和", "规划建设局", "每季", ""),
)


def sheet(*rows, name="任务分解.csv"):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return SimpleUploadedFile(name, out.getvalue().encode("utf-8-sig"))


def upload(page, **extra):
    data = {"target": "new", "year": "2024", "title": "云岭高新区行动方案", "file": sheet(HEAD, *ROWS)}
    return page.post("/plan/import/", data | extra)


def chosen(columns, **uses):
    """页上各列的选择，改了几列（列名 → 当作什么）。"""
    found = {}
    for form in columns:
        found[form.add_prefix("word")] = form.column.word
        found[form.add_prefix("use")] = uses.get(form.column.header, form["use"].value())
    return found


def contents(draft):
    return list(draft.changes.order_by("position").values_list("content", flat=True))


@pytest.fixture
def page(plan, people, sign_in):
    return sign_in(people.admin)


def test_a_sheet_with_other_names_is_mapped_once_and_known_ever_after(page):
    refused = upload(page)
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "认一认各列" in html and "落实主体单元" in html and "行政审批局" in html
    uses = {"攻坚事项": "title", "包抓人": "leaders", "落实主体单元": "departments"}
    assert upload(page, **chosen(refused.context["outcome"].columns, **uses)).status_code == 302
    assert {term.word: term.use for term in Term.objects.all()} == uses
    draft = PlanRevision.objects.drafts().get()
    assert [change["new"]["departments"] for change in contents(draft)] == [["行政审批局"], ["规划建设局"]]
    draft.delete()
    assert upload(page).status_code == 302, "下次直接认得"


def test_a_column_is_taken_otherwise_and_the_kept_file_is_read_again(page):
    refused = upload(page)
    uses = {"攻坚事项": "title", "包抓人": "leaders", "落实主体单元": "departments"}
    upload(page, **chosen(refused.context["outcome"].columns, **uses))
    first = PlanRevision.objects.drafts().get()
    shown = page.get(f"/plan/import/{first.pk}/columns/")
    html = shown.content.decode()
    assert "记住的" in html and "没认出" in html and "提升企业开办便利度" in html
    answer = page.post(f"/plan/import/{first.pk}/columns/", chosen(shown.context["columns"], 参加的="cooperating"))
    second = PlanRevision.objects.drafts().get()
    assert answer.url == f"/plan/import/{second.pk}/" and second.pk != first.pk
    assert contents(second)[0]["new"]["cooperating"] == ["税务局"]
    assert (second.plan.title, second.plan.year) == ("云岭高新区行动方案", 2024)


def test_nothing_changed_reads_nothing_again_and_back_to_normal_is_forgotten(page, people, at):
    Term.objects.create(word="牵头部室", use="cooperating", by=people.admin, at=at("2023-09-22 10:00"))
    [column] = [c for c in drafts.columns(sheet(("序号", "牵头部室")).read(), "x.csv") if c.word == "牵头部室"]
    assert (column.use, column.by_itself, column.is_learned) == ("cooperating", "departments", True)
    page.post("/plan/import/", {"c0-word": "牵头部室", "c0-use": "departments"})
    assert not Term.objects.exists()


def test_a_document_has_no_columns_and_says_so(page, plan):
    assert drafts.columns("1.做好。（牵头领导：甲）".encode(), "方案.txt") == []
    assert drafts.columns(b"%PDF", "方案.xlsx") == []


# ── Word 里的表格，与表格文件一样认 ──


def word(*rows, before=("云岭高新区行动方案", "一、重点任务")):
    document = Document()
    for line in before:
        document.add_paragraph(line)
    table = document.add_table(rows=0, cols=len(rows[0]))
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    out = io.BytesIO()
    document.save(out)
    return SimpleUploadedFile("任务分解.docx", out.getvalue())


def test_a_table_in_word_with_other_names_is_mapped_once_and_known_ever_after(page):
    refused = upload(page, file=word(HEAD, *ROWS))
    assert refused.status_code == 422 and "认一认各列" in refused.content.decode()
    columns = refused.context["outcome"].columns
    assert [form.column.header for form in columns] == list(HEAD)
    assert columns[3].column.samples == ("周明远", "林致和")
    uses = {"攻坚事项": "title", "包抓人": "leaders", "落实主体单元": "departments"}
    assert upload(page, file=word(HEAD, *ROWS), **chosen(columns, **uses)).status_code == 302
    assert {term.word: term.use for term in Term.objects.all()} == uses
    draft = PlanRevision.objects.drafts().get()
    assert [change["new"]["title"] for change in contents(draft)] == ["提升企业开办便利度", "优化施工许可"]
    assert upload(page, file=word(HEAD, *ROWS)).status_code == 302, "记住了，下次直接认得"


def test_the_preview_of_a_word_table_offers_the_mapping_and_reads_again(page):
    known = ("序号", "举措名称", "具体内容", "牵头领导", "牵头单位", "调度方式", "参加的")
    assert upload(page, file=word(known, *ROWS)).status_code == 302
    first = PlanRevision.objects.drafts().get()
    assert "认列" in page.get(f"/plan/import/{first.pk}/").content.decode()
    shown = page.get(f"/plan/import/{first.pk}/columns/")
    assert [form.column.use for form in shown.context["columns"]][:5] == [
        *("number", "title", "text", "leaders", "departments"),
    ]
    assert (
        page.post(
            f"/plan/import/{first.pk}/columns/", chosen(shown.context["columns"], 参加的="cooperating")
        ).status_code
        == 302
    )
    second = PlanRevision.objects.order_by("-pk").first()
    assert contents(second)[0]["new"]["cooperating"] == ["税务局"]


def test_a_word_plan_told_in_paragraphs_has_no_columns_to_map(page):
    lines = shapes.paragraphs(shapes.ITEMS, shapes.Shape())
    file = word(("序号", "完成时限"), ("1", "6月底"), before=lines)
    assert upload(page, file=file).status_code == 302
    draft = PlanRevision.objects.drafts().get()
    assert page.get(f"/plan/import/{draft.pk}/columns/").context["columns"] == []
    assert "看各列认作什么" not in page.get(f"/plan/import/{draft.pk}/").content.decode()
