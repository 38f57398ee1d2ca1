"""导出台账：办公室拿去就能打印的版面；文字不成公式；看不到的不写；再大也是那么多次查询。"""

import datetime as dt
import io
import re
import zipfile
from decimal import Decimal
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from tasks import workflow
from tasks.imports import applying
from tasks.imports.rows import FIELD_LABELS, STATUS_LABELS
from tasks.models import Assignment, Measure, Progress, Target
from tasks.papers import ledger as ledger_papers
from tasks.papers.columns import COLUMNS
from tests import factories
from tests.tasks.ledgers import content, exported, formulas, grid, ledger, opened, place, sheet_xml
from yingshang.tables import cells
from yingshang.tables.cells import Percent

pytestmark = pytest.mark.django_db
HOSTILE = [
    "=1+1",
    "+减材料",
    "-减环节",
    "@企业",
    "\t=1",
    "＝1+1",
    "'=1",
    '=HYPERLINK("http://x","y")',
    "#N/A",
    "_x0041_",
]


@pytest.fixture
def crew(demo):
    """演示数据里各角色的账户。"""
    return factories.People()


# ── 列 ────────────────────────────────────────────────────


def test_the_columns_are_declared_once():
    plan_labels = [c.label for c in COLUMNS if not c.is_status]
    assert plan_labels == [label for name, label in FIELD_LABELS.items() if name != "lead_label"]
    assert {c.name: c.label for c in COLUMNS if c.is_status} == STATUS_LABELS
    assert len({c.label for c in COLUMNS}) == len(COLUMNS)


def test_the_import_takes_the_plan_columns_and_lists_the_status_columns(demo, crew):
    plan = demo
    for kind in ("xlsx", "csv"):
        reading, _ = applying.preview(plan, exported(plan, crew.admin, kind), f"台账.{kind}")
        assert reading.columns_present == {c.name for c in COLUMNS if not c.is_status}
        [told] = reading.ignored
        assert told.startswith("状态列，不导入：") and all(label in told for label in STATUS_LABELS.values())


# ── 版面 ──────────────────────────────────────────────────


def test_the_page_is_ready_to_print(demo, crew):
    sheet = opened(exported(demo, crew.office))
    last = get_column_letter(len(COLUMNS))
    assert f"A1:{last}1" in {str(r) for r in sheet.merged_cells.ranges}
    assert sheet["A1"].font.size == 22
    assert sheet["A1"].value == "交城经济开发区2023年进一步优化营商环境行动方案督办台账"
    subtitle = sheet["A2"].value
    assert all(
        part in subtitle for part in ("报送期：2023年9月", "序时进度：70%", "制表日期：2023年9月22日", "共 21 项")
    )
    assert [c.value for c in sheet[3]] == [c.label for c in COLUMNS]
    assert sheet.freeze_panes == "C4"
    assert sheet.print_title_rows in ("1:3", "$1:$3")
    assert (sheet.page_setup.orientation, str(sheet.page_setup.paperSize)) == ("landscape", "8")
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.auto_filter.ref == f"A3:{last}24"
    assert all(sheet.cell(4, column).alignment.wrap_text for column in range(1, len(COLUMNS) + 1))
    # 页码在下边距里：离纸边四分之一英寸，到正文还有一行字的地方，不会裁掉。
    assert sheet.page_margins.bottom - sheet.page_margins.footer >= 0.3


def test_the_height_of_a_row_of_nine_rooms_is_one_line_a_room(plan, people, period):
    """第4项九个部室各写一行：列宽放得下“招商引资部：逾期未报”，行不虚高。"""
    sheet = opened(exported(plan, people.office, today=dt.date(2023, 9, 27)))
    [row] = [row for row in range(4, 25) if sheet.cell(row, 1).value == "4"]
    reports = sheet.cell(row, place("reports") + 1).value.split("\n")
    room = sheet.column_dimensions[get_column_letter(place("reports") + 1)].width - 1
    assert len(reports) == 9 and max(map(cells.width, reports)) <= room


def test_what_the_rooms_said_besides_progress_is_in_the_ledger(plan, people, period, submitted):
    submitted("12", "审批中心", percent=75, problems="缺人手", next_steps="再去办", coordination="请帮忙")
    [row] = [row for row in grid(exported(plan, people.office))[1:] if row[0] == "12"]
    assert [row[place(name)] for name in ("problems", "next_steps", "coordination")] == ["缺人手", "再去办", "请帮忙"]
    [other] = [row for row in grid(exported(plan, people.reporter("纪工委")))[1:] if row[0] == "12"]
    assert [other[place(name)] for name in ("texts", "problems", "next_steps", "coordination")] == [""] * 4


def test_targets_and_their_values_are_in_the_ledger(plan, people, period, submitted, at):
    law, seals = Target.objects.filter(measure__number="5").order_by("order")[:2]
    row = submitted("5", "审批中心", values={law: Decimal("0.6"), seals: Decimal(5)})
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 10:00"))
    rows = {row[0]: row[place("values")] for row in grid(exported(plan, people.office))[1:]}
    assert rows["5"].split("\n")[0] == "企业登记办结用时：现为0.6个工作日（目标不超过0.5个工作日）"
    assert "新增高新技术企业：尚无完成值（目标10家）" in rows["20"]
    assert rows["1"] == ""


def test_a4_paper_can_be_asked_for(demo, crew):
    assert str(opened(exported(demo, crew.office, paper="a4")).page_setup.paperSize) == "9"


def test_rows_are_tall_enough_for_the_wrapped_text(demo, crew):
    """一个汉字占两格；表格软件打开时不会自己算行高。"""
    sheet = opened(exported(demo, crew.office))
    width = sheet.column_dimensions["C"].width
    for row in range(4, 25):
        lines = -(-cells.width(sheet.cell(row, 3).value) // int(width))
        assert min(409, lines * 14) <= sheet.row_dimensions[row].height <= 409


def test_lights_are_in_words_and_dates_and_numbers_are_themselves(demo, crew):
    rows = {
        row[0]: dict(zip((c.name for c in COLUMNS), row, strict=True)) for row in grid(exported(demo, crew.office))[1:]
    }
    assert rows["8"]["light"] == "黄灯" and rows["8"]["percent"] == 0.55 and rows["8"]["parts"] == 2
    assert rows["8"]["due_on"] == dt.datetime(2023, 12, 31) and rows["8"]["deadline"] == ""
    assert rows["8"]["reports"] == "规划建设部：已退回\n审批中心：已通过"
    assert rows["4"]["departments"] == "各部室" and rows["4"]["parts"] == 9
    assert rows["1"]["percent"] == "" and rows["1"]["pace"] == 0.7
    sheet = opened(exported(demo, crew.office))
    eight = next(row for row in sheet.iter_rows(min_row=4) if row[0].value == "8")
    assert eight[place("percent")].number_format == "0%" and eight[place("due_on")].is_date


def test_an_extension_shows_both_dates(plan, people, period, at):
    Measure.objects.filter(number="8").update(due_on=dt.date(2023, 9, 30))
    part = Assignment.objects.get(measure__number="8", department__name="审批中心")
    asked = workflow.request_extension(
        part,
        by=people.reporter("审批中心"),
        at=at("2023-09-20 09:00"),
        new_due_on=dt.date(2023, 10, 31),
        reason="等批复",
    )
    workflow.approve_extension(asked, by=people.office, at=at("2023-09-20 10:00"))
    [row] = [r for r in grid(exported(plan, people.office))[1:] if r[0] == "8"]
    assert row[place("due_on")] == dt.datetime(2023, 9, 30)
    assert row[place("due_now")] == "规划建设部：2023-09-30\n审批中心：2023-10-31"


def test_a_plan_without_any_period_still_exports(plan, people):
    sheet = ledger(plan, people.office)
    assert sheet.filename("xlsx") == "督办台账_2023年.xlsx"
    assert len(grid(content(sheet.to_xlsx()))) == 22
    assert len(grid(content(sheet.to_csv()), "csv")) == 22


@pytest.mark.parametrize(
    "query",
    [{}, {"sort": "light"}, {"sort": "leader"}, {"light": "green"}, {"report": "approved", "sort": "department"}, {"q": "审批"}],
)  # fmt: skip
def test_it_is_the_same_ledger_however_few_lines_are_fetched_at_a_time(demo, crew, monkeypatch, query):
    whole = grid(exported(demo, crew.reporter("财务部"), "csv", **query), "csv")
    assert len(whole) > 2
    monkeypatch.setattr(ledger_papers, "BATCH", 4)
    sheet = ledger(demo, crew.reporter("财务部"), **query)
    assert grid(content(sheet.to_csv()), "csv") == whole and sheet.count == len(whole) - 1


# ── 文字永远是文字 ────────────────────────────────────────


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_formula_in_xlsx(plan, people, text):
    Measure.objects.filter(number="1").update(text=text)
    data = exported(plan, people.office)
    assert formulas(data) == []
    cell = opened(data)["C4"]
    assert cell.data_type == "s" and cell.value.replace("_x005F_", "_") == text.replace("\t=", "\t=")
    assert bool(cell.quotePrefix) == cells.is_risky(text)


@pytest.mark.parametrize("text", [*HOSTILE, "\r=1", "普通文字", "'引号"])
def test_in_csv_a_risky_start_gets_a_quote_that_the_import_takes_off(plan, people, text):
    Measure.objects.filter(number="1").update(text=text)
    written = grid(exported(plan, people.office, "csv"), "csv")[1][2]
    assert written[0] == "'" or not cells.is_risky(text)
    assert not re.match(r"[=+\-@\t\r\n＝＋－＠]", written)
    assert cells.from_csv(written) == text.replace("\r", "\n")


def test_reports_are_guarded_too(plan, people, period, submitted):
    submitted("12", "审批中心", percent=75, text='=cmd|"/c calc"!A1')
    assert formulas(exported(plan, people.office)) == []
    [row] = [r for r in grid(exported(plan, people.office, "csv"), "csv") if r[0] == "12"]
    assert row[place("texts")].startswith("'=cmd")


def test_numbers_of_measures_are_text_so_that_8_1_is_not_a_date(plan, people):
    Measure.objects.filter(number="9").update(number="8-1")
    sheet = opened(exported(plan, people.office))
    cell = next(row[0] for row in sheet.iter_rows(min_row=4) if row[0].value == "8-1")
    assert (cell.data_type, cell.number_format) == ("s", "@")


@pytest.mark.parametrize("text", ["甲\x00乙\x07丙\x1b", "甲\ud800乙丙", "甲乙丙\ufffe\uffff"])
def test_what_xml_cannot_hold_is_left_out(text):
    cell = Workbook().active["A1"]
    cells.put(cell, text)
    assert cell.value == "甲乙丙"


def test_a_cell_never_exceeds_what_excel_can_hold(plan, people):
    for text in ("长" * 40_000, "𠮷" * 20_000):
        written = cells.writable(text)
        assert len(written.encode("utf-16-le")) // 2 <= 32_767 and written.endswith("…")
    Measure.objects.filter(number="1").update(text="长" * 40_000)
    assert len(opened(exported(plan, people.office))["C4"].value) == 32_767


def test_markup_and_line_breaks_survive(plan, people):
    text = "甲 & 乙 <b>丙</b>\n第二行 \"引号\" '撇号'"
    Measure.objects.filter(number="1").update(text=text)
    assert opened(exported(plan, people.office))["C4"].value == text
    assert "<b>" not in sheet_xml(exported(plan, people.office))


def test_percent_is_a_number_in_words_too():
    assert (str(Percent(70)), Percent(70) + 1) == ("70%", 71)


# ── 哪些行、哪些内容 ──────────────────────────────────────


def test_filters_of_the_list_apply(demo, crew):
    red = exported(demo, crew.office, light="yellow")
    assert {row[place("light")] for row in grid(red)[1:]} == {"黄灯"}
    sheet = ledger(demo, crew.office, dept="spzx", sort="light")
    assert all("审批中心" in row[4] or row[4] == "各部室" for row in grid(content(sheet.to_xlsx()))[1:])
    assert "筛选：审批中心" in sheet.subtitle
    assert sheet.filename("csv") == "督办台账_2023年9月（审批中心）.csv"
    assert [row[0] for row in grid(exported(demo, crew.office, q="环评"))[1:]] == ["12"]


def test_nonsense_parameters_are_ignored(demo, crew):
    query = {
        "light": "紫",
        "dept": "没有",
        "sort": "x",
        "paper": "a9",
        "format": "exe",
        "period": "2099-99",
        "page": "0",
    }
    assert len(grid(content(ledger(demo, crew.office, **query).to_xlsx()))) == 22


def test_retired_measures_are_not_in_the_ledger(plan, people):
    Measure.objects.filter(number="19").update(retired_in=plan.revision)
    assert "19" not in [row[0] for row in grid(exported(plan, people.office))]


def test_an_earlier_period_is_exported_as_it_was(demo, crew):
    sheet = ledger(demo, crew.office, period="2023-05")
    assert sheet.filename("xlsx") == "督办台账_2023年5月.xlsx"
    assert "序时进度：30%" in sheet.subtitle
    assert grid(content(sheet.to_xlsx()))[1:] != grid(exported(demo, crew.office))[1:]


def test_nobody_reads_the_drafts_of_others_in_the_export(plan, people, period, report, submitted, at):
    row = report("12", "审批中心")
    workflow.save_progress(
        row, by=people.reporter("审批中心"), at=at("2023-09-20 10:00"), version=0,
        content={"text": "草稿里的话", "stage": "in_progress"}, values={},
    )  # fmt: skip
    submitted("18", "审批中心" if row.assignment.measure.number == "18" else _lead("18"), percent=50, text="待审核的话")

    def told(user):
        return "".join(str(row[place("texts")]) for row in grid(exported(plan, user)))

    assert "草稿里的话" in told(people.reporter("审批中心"))
    for user in (people.office, people.admin, people.leader("李华斌"), people.reporter("纪工委")):
        assert "草稿里的话" not in told(user)
    assert "待审核的话" in told(people.office)
    assert "待审核的话" not in told(people.reporter("纪工委"))
    assert Progress.objects.filter(status="draft").exists()


def _lead(number):
    return Assignment.objects.get(measure__number=number).department.name


def test_a_larger_plan_takes_no_more_queries(people, at):
    counts = []
    for size in (3, 60):
        plan = factories.make_plan(size, departments=3, year=2024 + size, joint=2)
        [period] = workflow.plan_periods(
            plan, by=people.office, at=at("2023-09-01 08:00"), first_month=9, last_month=9, due_day=25
        )
        workflow.open_period(period, by=people.office, at=at("2023-09-01 08:30"))
        with CaptureQueriesContext(
            connection,
        ) as found:
            exported(plan, people.office, today=dt.date(2024 + size, 9, 22))
        counts.append(len(found))
    assert counts[0] == counts[1] <= 20


# ── 页面 ──────────────────────────────────────────────────


def test_everybody_signed_in_may_export(demo, crew, sign_in):
    for user in (crew.admin, crew.office, crew.leader("李华斌"), crew.reporter("财务部")):
        response = sign_in(user).get(reverse("measure_export"))
        assert response.status_code == 200
        assert response["Content-Type"].endswith("spreadsheetml.sheet")
        disposition = unquote(response["Content-Disposition"])
        assert "attachment" in disposition and "督办台账_2023年9月.xlsx" in disposition
        assert zipfile.is_zipfile(io.BytesIO(response.getvalue()))


def test_csv_is_utf_8_with_a_mark_for_excel(demo, crew, sign_in):
    response = sign_in(crew.office).get(reverse("measure_export"), {"format": "csv", "light": "yellow"})
    assert response.getvalue().startswith(b"\xef\xbb\xbf")
    assert "督办台账_2023年9月（黄灯）.csv" in unquote(response["Content-Disposition"])


def test_a_search_with_odd_characters_cannot_break_the_file_name(demo, crew, sign_in):
    response = sign_in(crew.office).get(reverse("measure_export"), {"q": 'a/b\\c"\r\nX: y|<>'})
    assert response.status_code == 200 and response.getvalue()
    assert "\n" not in response["Content-Disposition"]


def test_strangers_sign_in_first_and_writing_is_not_possible(demo, client, crew, sign_in):
    assert client.get(reverse("measure_export")).status_code == 302
    assert sign_in(crew.office).post(reverse("measure_export")).status_code == 405


def test_without_a_plan_it_says_so(db, sign_in):
    user = factories.make_user("office", "office")
    response = sign_in(user).get(reverse("measure_export"), follow=True)
    assert "还没有现行方案" in response.content.decode()


def test_the_list_and_the_board_offer_the_export_with_their_filters(demo, crew, sign_in):
    client = sign_in(crew.office)
    url = reverse("measure_export")
    assert f'href="{url}"' in client.get(reverse("measure_list")).content.decode()
    assert f'href="{url}?light=yellow"' in client.get(reverse("measure_list") + "?light=yellow").content.decode()
    page = client.get(reverse("board_period", args=["2023-05"]) + "?light=yellow").content.decode()
    assert f'href="{url}?period=2023-05&amp;light=yellow"' in page
