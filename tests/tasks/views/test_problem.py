"""问题台账的页面：清单、挂账、整改、申请、核验、调整、提请、导出；各处的卡片与入口。"""

import datetime as dt
import io
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from departments.models import Department
from tasks import workflow
from tasks.models import Attachment, Event, Measure, Problem
from tests.markup import markup
from tests.world import PDF, form_on, upload

pytestmark = pytest.mark.django_db
HALL, MONEY = "审批中心", "财务部"
LIST = "/problems/"


@pytest.fixture
def listed(plan, people, at):
    """挂一件账，默认审批中心、第 7 项、9 月 28 日。"""

    def make(title="设备没有到货", *, department=HALL, number="7", due_on=dt.date(2023, 9, 28), **extra):
        fields = {"text": "供货方没有答复。", "category": "approval", "level": "department"} | extra
        return workflow.open_problem(
            plan, by=people.office, at=at("2023-09-01 09:00"), title=title, due_on=due_on,
            department=Department.objects.get(name=department), measure=Measure.objects.get(number=number), **fields,
        )  # fmt: skip

    return make


@pytest.fixture
def applied(listed, people, at):
    """一件已申请销号的。"""
    return workflow.apply_problem(listed(), by=people.reporter(HALL), at=at("2023-09-10 09:00"), text="设备已到。")


@pytest.fixture
def troubled(submitted):
    """财务部第 16 项的一条报送，写了存在问题。"""
    return submitted(
        "16", MONEY, problems="历史沿革资料不全；权属没有办结。年内难以完成。", coordination="请领导小组研究。"
    )


def url(name, problem, **query):
    return reverse(f"problem_{name}", args=[problem.pk])


def page(response) -> str:
    return markup(response)


FORM = {
    "title": "资料不全", "text": "缺三份。", "category": "enterprise", "level": "leader", "due_on": "2023-10-10",
}  # fmt: skip


def filled(**changes):
    return FORM | {"department": Department.objects.get(name=MONEY).pk} | changes


# ── 清单 ──


def test_the_list_shows_figures_rows_and_filters(sign_in, people, listed, applied):
    listed("过期的", due_on=dt.date(2023, 9, 20))
    found = page(sign_in(people.office).get(LIST))
    assert '未销号 <b>2</b> 件，其中逾期 <b class="red">1</b> 件' in found
    assert found.index("过期的") < found.index("设备没有到货")
    assert "已逾期 2 天" in found
    assert "申请销号" in found


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("q=过期", ["过期的"]),
        ("q=线上线下", ["过期的", "部室的"]),
        ("status=open", ["过期的", "部室的", "别人的"]),
        ("status=returned", ["部室的"]),
        ("due=overdue", ["过期的"]),
        ("category=policy", ["别人的"]),
        ("level=group", ["别人的"]),
        ("dept=nosuch", ["过期的", "部室的", "别人的"]),
        ("status=nosuch&page=zzz", ["过期的", "部室的", "别人的"]),
        ("page=99999999999999999999", ["过期的", "部室的", "别人的"]),
    ],
)
def test_the_filters_are_in_the_address_and_nonsense_is_ignored(query, titles, sign_in, people, listed):
    listed("过期的", due_on=dt.date(2023, 9, 20))
    Problem.objects.filter(pk=listed("部室的").pk).update(return_reason="没有改到位。")
    listed("别人的", department=MONEY, number="16", category="policy", level="group", due_on=dt.date(2023, 10, 9))
    rows = sign_in(people.office).get(f"{LIST}?{query}").context["page_obj"].object_list
    assert [row.problem.title for row in rows] == titles


def test_what_is_settled_counts_no_more_days(sign_in, people, applied, at):
    """销了号的不再说还有几天、逾期几天。"""
    client = sign_in(people.office)
    assert "还有 6 天" in page(client.get(LIST))
    workflow.settle_problem(applied, by=people.office, at=at("2023-09-20 09:00"), note="属实。")
    response = client.get(f"{LIST}?status=settled")
    [row] = response.context["page_obj"].object_list
    assert (row.days, "还有 6 天" in page(response)) == ("", False)


def test_a_department_sees_its_own_only(sign_in, people, listed):
    listed("审批的")
    listed("财务的", department=MONEY, number="16")
    found = page(sign_in(people.reporter(MONEY)).get(LIST))
    assert "财务的" in found
    assert "审批的" not in found
    assert "新增问题" not in found
    assert reverse("inspection_list") not in found


def test_the_list_for_the_leading_group_has_its_own_title(sign_in, people, listed):
    listed(level="group")
    found = page(sign_in(people.leader("陈向东")).get(f"{LIST}?level=group"))
    assert "<h1>提请领导小组研究的问题清单</h1>" in found
    assert "优化营商环境提请领导小组研究的问题清单" in found


def test_empty_lists_say_so(sign_in, people, plan):
    client = sign_in(people.office)
    assert "目前没有挂账的问题" in page(client.get(LIST))
    assert "没有符合条件的问题" in page(client.get(f"{LIST}?q=没有这样的"))


def test_a_long_list_is_paged_and_costs_the_same(sign_in, people, listed):
    client = sign_in(people.office)
    listed()
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    first = Problem.objects.get()
    Problem.objects.bulk_create(
        Problem(
            plan=first.plan, number=n, title=f"问题{n}", text="情况", department=first.department, due_on=first.due_on,
            measure=first.measure, created_by=people.office, created_at=first.created_at,
        )
        for n in range(2, 121)
    )  # fmt: skip
    client.get(LIST)  # 库变了，徽标重数一次
    with CaptureQueriesContext(connection) as many:
        response = client.get(f"{LIST}?status=unsettled&page=2")
    assert len(many) == len(few)
    assert len(response.context["page_obj"].object_list) == 50
    assert "?status=unsettled&amp;page=3" in page(response)


# ── 挂账 ──


def test_a_report_with_a_problem_offers_the_button_on_the_review_and_measure_pages(sign_in, people, troubled):
    link = f"{reverse('problem_add')}?progress={troubled.pk}"
    client = sign_in(people.office)
    assert link in page(client.get(reverse("review_detail", args=[troubled.pk])))
    assert link in page(client.get("/measures/16/"))
    assert link not in page(sign_in(people.leader("李华斌")).get("/measures/16/"))


def test_the_form_is_filled_in_from_the_report(sign_in, people, troubled):
    form = sign_in(people.office).get(f"/problems/add/?progress={troubled.pk}").context["form"]
    assert form["title"].value() == "历史沿革资料不全"
    assert form["text"].value() == "历史沿革资料不全；权属没有办结。年内难以完成。\n请领导小组研究。"
    assert form["department"].value() == troubled.assignment.department_id
    assert "measure" not in form.fields


def test_one_click_makes_the_problem_and_a_second_click_leads_to_it(sign_in, people, troubled):
    client, address = sign_in(people.office), f"/problems/add/?progress={troubled.pk}"
    response = client.post(address, filled(), follow=True)
    problem = Problem.objects.get()
    assert response.redirect_chain == [(f"/problems/{problem.pk}/", 302)]
    assert "已列入问题台账：问题1号，由财务部整改。" in page(response)
    assert (problem.progress, problem.measure.number, problem.due_on) == (troubled, "16", dt.date(2023, 10, 10))
    for again in (client.post(address, filled(), follow=True), client.get(address, follow=True)):
        assert again.redirect_chain == [(f"/problems/{problem.pk}/", 302)]
        assert "已经列入问题台账（问题1号）" in page(again)
    assert Problem.objects.count() == 1
    assert "已列入问题台账：" in page(client.get(reverse("review_detail", args=[troubled.pk])))


def test_a_report_without_trouble_is_refused_with_a_reason(sign_in, people, submitted):
    report = submitted("15", MONEY)
    response = sign_in(people.office).get(f"/problems/add/?progress={report.pk}", follow=True)
    assert "这条报送不能列入问题台账" in page(response)


@pytest.mark.parametrize("query", ["progress=999999", "inspection=999999", "measure=999"])
def test_a_source_that_does_not_exist_is_not_found(query, sign_in, people, plan):
    assert sign_in(people.office).get(f"/problems/add/?{query}").status_code == 404


def test_a_draft_of_a_department_cannot_be_looked_into_through_the_form(sign_in, people, report, at):
    row = report("15", MONEY)
    workflow.save_progress(
        row, by=people.reporter(MONEY), at=at("2023-09-10 09:00"), version=0, content={"problems": "草稿里的问题"}
    )
    assert sign_in(people.office).get(f"/problems/add/?progress={row.pk}").status_code == 404


def test_a_problem_may_be_added_directly_with_or_without_a_measure(sign_in, people, plan):
    client, seven = sign_in(people.office), Measure.objects.get(number="7")
    assert client.get("/problems/add/?measure=7").context["form"]["measure"].value() == seven.pk
    client.post("/problems/add/", filled(measure=seven.pk))
    client.post("/problems/add/", filled(measure=""))
    assert [p.measure for p in Problem.objects.order_by("number")] == [seven, None]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": " "}, "请用一句话写明是什么问题。"),
        ({"text": ""}, "请写明具体情况。"),
        ({"due_on": ""}, "请定整改期限。"),
        ({"due_on": "2023-09-21"}, "整改期限不能早于今天。"),
        ({"due_on": "2123-09-21"}, "日期不能晚于 2099年12月31日。"),
        ({"category": "nosuch"}, "选择"),
        ({"department": "999999"}, "选择"),
        ({"title": "长" * 101}, "100"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(changes, said, sign_in, people, plan):
    response = sign_in(people.office).post("/problems/add/", filled(**changes))
    assert response.status_code == 422
    assert said in page(response)
    assert "缺三份。" in page(response) or "text" in changes
    assert not Problem.objects.exists()


@pytest.mark.parametrize("field", ["status", "number", "settled_by", "progress", "created_by"])
def test_state_cannot_be_posted(field, sign_in, people, plan):
    sign_in(people.office).post("/problems/add/", filled(**{field: "5"}))
    problem = Problem.objects.get()
    assert (problem.status, problem.number, problem.settled_by, problem.progress) == ("open", 1, None, None)
    assert problem.created_by == people.office


# ── 整改与申请 ──


def test_the_department_writes_what_was_done_with_a_file(sign_in, people, listed):
    problem = listed()
    client = sign_in(people.reporter(HALL))
    response = client.post(
        url("note", problem), {"text": "已催供货方。", "evidence": [upload(), upload("回函.pdf")]}, follow=True
    )
    found = page(response)
    assert "已记入整改过程" in found
    assert "已催供货方。" in found
    assert "回函.pdf" in found
    file = Attachment.objects.get(name="回函.pdf")
    for user, status in ((people.reporter(HALL), 200), (people.office, 200), (people.reporter(MONEY), 404)):
        response = sign_in(user).get(reverse("attachment_download", args=[file.pk]))
        assert response.status_code == status
        assert status == 404 or response.getvalue() == PDF


def test_a_file_of_a_note_cannot_be_removed(sign_in, people, listed):
    client, problem = sign_in(people.reporter(HALL)), listed()
    client.post(url("note", problem), {"text": "附图。", "evidence": [upload()]})
    file = Attachment.objects.get()
    assert client.post(reverse("attachment_remove", args=[file.pk])).status_code == 404
    file.refresh_from_db()
    assert file.removed_at is None


def test_a_note_gone_wrong_keeps_the_words(sign_in, people, listed):
    client, problem = sign_in(people.reporter(HALL)), listed()
    response = client.post(url("note", problem), {"text": "已催供货方。", "evidence": [upload("脚本.exe")]})
    assert response.status_code == 422
    assert "已催供货方。" in page(response)
    assert "不能上传“脚本.exe”这种文件" in page(response)
    empty = client.post(url("note", problem), {"text": "  "})
    assert empty.status_code == 422
    assert "请写明做了什么、结果如何。" in page(empty)
    bare = client.post(url("apply", problem), {"text": "", "evidence": [upload()]})
    assert bare.status_code == 422
    assert "申请销号请写明整改结果" in page(bare)
    assert "选的 1 个文件都没有传上" in page(bare)
    assert not problem.notes.exists()


def test_applying_without_a_word_is_explained(sign_in, people, listed):
    problem = listed()
    response = sign_in(people.reporter(HALL)).post(url("apply", problem), {"text": ""})
    assert response.status_code == 422
    assert "申请销号请写明整改结果" in page(response)


def test_an_application_is_withdrawn_on_the_page_and_the_work_goes_on(sign_in, people, applied):
    client = sign_in(people.reporter(HALL))
    found = client.get(url("detail", applied))
    assert "等办公室核验" in page(found)
    assert form_on(found, url("withdraw", applied))
    told = page(client.post(url("withdraw", applied), follow=True))
    assert "问题1号的销号申请已撤回，请接着整改。" in told
    assert "记入整改过程" in told
    again = client.post(url("withdraw", applied), follow=True)
    assert "现在不能撤回销号申请" in page(again)


def test_from_listing_to_settled(sign_in, people, listed):
    problem = listed()
    hall, office = people.reporter(HALL), people.office
    client = sign_in(hall)
    client.post(url("note", problem), {"text": "已催供货方。"})
    assert "等待办公室核验" in page(client.post(url("apply", problem), {"text": "已经到货。"}, follow=True))
    client = sign_in(office)
    assert "同意销号" in page(client.get(url("detail", problem)))
    client.post(url("return", problem), {"return-reason": "还没有到货。"})
    client = sign_in(hall)
    found = page(client.get(url("detail", problem)))
    assert "退回整改" in found
    assert "还没有到货。" in found
    client.post(url("apply", problem), {"text": "设备已到。"})
    client = sign_in(office)
    found = page(client.post(url("settle", problem), {"settle-note": "现场看过。"}, follow=True))
    assert "问题1号已销号。" in found
    assert "现场看过。" in found
    assert "退回过 1 次" in found
    assert "同意销号" not in found
    assert "调整分类" not in found
    order = ["销号", "申请销号", "整改情况", "退回整改", "申请销号", "整改情况", "整改情况", "列入问题台账"]
    assert [item.title for item in client.get(url("detail", problem)).context["timeline"]] == order


def test_a_typed_note_is_kept_when_the_office_settled_meanwhile(sign_in, people, applied, at):
    workflow.settle_problem(applied, by=people.office, at=at("2023-09-11 09:00"))
    response = sign_in(people.reporter(HALL)).post(url("note", applied), {"text": "我还写了很多字。"})
    assert response.status_code == 422
    assert "我还写了很多字。" in page(response)
    assert "目前是“已销号”" in page(response)


# ── 核验、调整、提请 ──


@pytest.mark.parametrize(("name", "data"), [("return", {"return-reason": " "}), ("escalate", {"escalate-reason": ""})])
def test_a_reason_is_required(name, data, sign_in, people, applied, listed):
    problem = applied if name == "return" else listed()
    response = sign_in(people.office).post(url(name, problem), data)
    assert response.status_code == 422
    assert "必须写明理由。" in page(response)


def test_a_stale_page_cannot_settle_twice_or_settle_what_was_returned(sign_in, people, applied):
    client = sign_in(people.office)
    client.post(url("return", applied), {"return-reason": "没有改到位。"})
    response = client.post(url("settle", applied), {"settle-note": "旧页面上点的"})
    assert response.status_code == 422
    assert "目前是“整改中”" in page(response)
    assert "旧页面上点的" in page(response)
    assert not Event.objects.filter(action="problem_settle").exists()


def test_an_amendment_is_recorded_and_shown(sign_in, people, listed):
    problem, client = listed(), sign_in(people.office)
    money = Department.objects.get(name=MONEY)
    data = {
        "amend-category": "factors",
        "amend-level": "leader",
        "amend-department": money.pk,
        "amend-due_on": "2023-10-08",
    }
    missing = client.post(url("amend", problem), data)
    assert missing.status_code == 422
    assert "调整必须写明理由。" in page(missing)
    assert "责任部室 <b>审批中心</b>" in page(missing), "没有改成，页面照旧"
    found = page(client.post(url("amend", problem), data | {"amend-reason": "由出资方解决"}, follow=True))
    assert "责任部室：审批中心→财务部" in found
    assert "理由：由出资方解决" in found
    assert sign_in(people.reporter(HALL)).get(url("detail", problem)).status_code == 404


def test_an_overdue_problem_can_be_reclassified_without_moving_its_date(sign_in, people, listed):
    problem = listed(due_on=dt.date(2023, 9, 10))
    room = problem.department_id
    data = {
        "amend-category": "factors",
        "amend-level": "department",
        "amend-department": room,
        "amend-due_on": "2023-09-10",
    }
    client = sign_in(people.office)
    assert client.post(url("amend", problem), data | {"amend-reason": "分错了"}).status_code == 302
    late = client.post(url("amend", problem), data | {"amend-reason": "改期", "amend-due_on": "2023-09-12"})
    assert late.status_code == 422
    assert "新的整改期限不能早于今天。" in page(late)


def test_a_problem_is_sent_up_to_the_leading_group(sign_in, people, listed):
    problem, client = listed(), sign_in(people.office)
    found = page(client.post(url("escalate", problem), {"escalate-reason": "跨部门，部室解决不了。"}, follow=True))
    assert "已列入提请领导小组研究的清单" in found
    assert "跨部门，部室解决不了。" in found
    assert problem.title in page(client.get(f"{LIST}?level=group"))


# ── 谁可以 ──


OFFICE_VERBS = ("settle", "return", "amend", "escalate")


def test_only_the_office_decides_and_only_the_department_rectifies(sign_in, people, applied):
    for user in (people.reporter(HALL), people.leader("李华斌"), people.admin):
        client = sign_in(user)
        assert [client.post(url(name, applied)).status_code for name in OFFICE_VERBS] == [403] * 4
        assert client.get("/problems/add/").status_code == 403
    for user in (people.office, people.leader("李华斌"), people.admin):
        client = sign_in(user)
        assert [client.post(url(name, applied)).status_code for name in ("note", "apply", "withdraw")] == [403] * 3


def test_the_reporting_department_sees_but_does_not_rectify_what_another_is_to_mend(sign_in, people, troubled, listed):
    problem = listed(progress=troubled, number="16")
    client = sign_in(people.reporter(MONEY))
    found = page(client.get(url("detail", problem)))
    assert problem.title in found
    assert "记入整改过程" not in found
    assert client.post(url("note", problem), {"text": "我来改"}).status_code == 403


def test_another_department_finds_nothing(sign_in, people, listed):
    problem, client = listed(), sign_in(people.reporter("规划建设部"))
    assert client.get(url("detail", problem)).status_code == 404
    assert client.post(url("note", problem), {"text": "我来改"}).status_code == 404


@pytest.mark.parametrize("name", ["note", "apply", "withdraw", *OFFICE_VERBS])
def test_a_verb_is_not_done_by_looking(name, sign_in, people, applied):
    for user in (people.office, people.reporter(HALL)):
        assert sign_in(user).get(url(name, applied)).status_code in (403, 405)


# ── 别的页面上的 ──


def test_the_home_page_shows_the_departments_problems_with_days(sign_in, people, listed, period):
    listed("快到期的")
    listed("过期的", due_on=dt.date(2023, 9, 20))
    found = page(sign_in(people.reporter(HALL)).get("/"))
    assert "我部室的挂账问题" in found
    assert "还有 6 天" in found
    assert "已逾期 2 天" in found
    assert "快到期的" not in page(sign_in(people.reporter(MONEY)).get("/"))


def test_the_board_shows_the_strip_the_chores_and_the_badge(sign_in, people, listed, applied, period):
    listed("过期的", due_on=dt.date(2023, 9, 20))
    found = page(sign_in(people.office).get("/board/"))
    for said in ("问题台账（件）", "件未销号", "1 件问题申请销号", "1 件问题逾期"):
        assert said in found
    assert '问题台账<span class="pip"><span class="vh">，待办</span>2</span>' in found


def test_the_board_of_a_closed_period_shows_the_figures_of_that_day(sign_in, people, listed, plan, at):
    [august] = workflow.plan_periods(
        plan, by=people.office, at=at("2023-08-01 08:00"), first_month=8, last_month=8, due_day=25
    )
    august = workflow.open_period(august, by=people.office, at=at("2023-08-01 08:00"))
    workflow.close_period(august, by=people.office, at=at("2023-08-30 17:00"))
    listed()
    found = page(sign_in(people.office).get("/board/2023-08/"))
    assert "截至 8月30日" in found
    assert 'what=problems_open">0</a> <span class="of">件未销号</span>' in found


def test_the_measure_page_shows_its_problems_and_their_story(sign_in, people, applied):
    found = page(sign_in(people.office).get("/measures/7/"))
    assert "挂账问题" in found
    assert url("detail", applied) in found
    assert "问题1号" in found
    assert applied.title not in page(sign_in(people.reporter(MONEY)).get("/measures/7/"))


def test_the_department_page_lists_what_is_not_settled(sign_in, people, listed):
    listed()
    slug = Department.objects.get(name=HALL).slug
    assert "设备没有到货" in page(sign_in(people.office).get(f"/departments/{slug}/"))


# ── 导出 ──


def sheet(response):
    return load_workbook(io.BytesIO(response.content)).active


def test_the_export_has_the_filtered_rows_with_dates_as_dates(sign_in, people, applied, listed):
    listed("过期的", due_on=dt.date(2023, 9, 20))
    response = sign_in(people.office).get("/problems/export/?status=applied")
    found = sheet(response)
    assert response["Content-Disposition"].startswith("attachment")
    assert "问题台账_20230922.xlsx" in unquote(response["Content-Disposition"])
    assert found.max_row == 4
    head = [cell.value for cell in found[3]]
    row = dict(zip(head, (cell.value for cell in found[4]), strict=True))
    assert (row["编号"], row["问题"], row["状态"], row["责任部室"]) == (1, "设备没有到货", "申请销号", HALL)
    assert row["整改期限"].date() == dt.date(2023, 9, 28)
    assert row["最近整改情况"] == "设备已到。"
    assert "筛选：申请销号" in found["A2"].value


def test_the_export_follows_what_the_reader_may_see(sign_in, people, listed):
    listed("审批的")
    listed("财务的", department=MONEY, number="16")
    found = sheet(sign_in(people.reporter(MONEY)).get("/problems/export/"))
    assert [found.cell(n, 2).value for n in range(4, found.max_row + 1)] == ["财务的"]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_text_in_the_export_is_never_a_formula(text, sign_in, people, listed):
    listed(text, text=text)
    found = sheet(sign_in(people.office).get("/problems/export/"))
    for cell in found[4]:
        assert cell.data_type != "f"
    assert found["B4"].value == text.strip()


def test_an_empty_list_exports_a_sheet_with_only_the_head(sign_in, people, plan):
    assert sheet(sign_in(people.office).get("/problems/export/")).max_row == 3


HOSTILE = "<script>alert(1)</script>&{{ 7|add:1 }}\u202e"


def test_hostile_text_is_shown_as_text_everywhere(sign_in, people, listed, at, period):
    problem = listed(HOSTILE, text=HOSTILE)
    workflow.note_problem(problem, by=people.reporter(HALL), at=at("2023-09-05 10:00"), text=HOSTILE)
    for user, addresses in (
        (people.office, (LIST, url("detail", problem), "/measures/7/")),
        (people.reporter(HALL), ("/",)),
    ):
        client = sign_in(user)
        for address in addresses:
            found = page(client.get(address))
            assert "<script>alert" not in found
            assert "&lt;script&gt;alert" in found


# ── 更正文字、撤账、关闭那天的数 ──


def test_the_office_corrects_the_words(sign_in, people, listed):
    problem, client = listed(), sign_in(people.office)
    data = {"reword-title": "设备没有到齐", "reword-text": "差两台。"}
    response = client.post(url("reword", problem), data | {"reword-title": ""})
    assert response.status_code == 422
    assert "差两台。" in page(response)
    response = client.post(url("reword", problem), data, follow=True)
    assert "文字已更正，改前的留在办理过程里" in page(response)
    assert "问题：设备没有到货→设备没有到齐" in page(response)
    assert "设备没有到齐" in page(sign_in(people.reporter(HALL)).get(url("detail", problem)))


def test_the_office_drops_with_a_reason_and_it_leaves_the_list(sign_in, people, listed):
    problem, client = listed(), sign_in(people.office)
    assert client.post(url("drop", problem), {"drop-reason": " "}).status_code == 422
    response = client.post(url("drop", problem), {"drop-reason": "与 3 号重复。"}, follow=True)
    assert "已撤账：</b>与 3 号重复。" in page(response)
    assert url("drop", problem) not in page(response)
    assert problem.title not in page(client.get(LIST))
    assert problem.title in page(client.get(f"{LIST}?status=dropped"))
    assert "与 3 号重复。" in page(sign_in(people.reporter(HALL)).get(url("detail", problem)))
    assert problem.title not in page(client.get("/"))


def test_the_departments_to_choose_from_have_no_blank(sign_in, people, listed):
    assert "---------" not in page(sign_in(people.office).get(url("detail", listed())))


def test_the_board_of_the_day_of_closing_stands_still_and_says_when(sign_in, people, listed, period, at):
    """关闭当天也写“截至”，当天随后挂账的不算进去，数字点开是那时的清单。"""
    client = sign_in(people.office)
    listed()
    assert "截至 9月22日" not in page(client.get("/board/2023-09/"))
    workflow.close_period(period, by=people.office, at=at("2023-09-22 08:00"))
    room = Department.objects.get(name=HALL)
    workflow.open_problem(
        period.plan, by=people.office, at=at("2023-09-22 09:00"), title="后来的", text="情况", category="other",
        level="department", department=room, due_on=dt.date(2023, 10, 1),
    )  # fmt: skip
    found = page(client.get("/board/2023-09/"))
    assert "截至 9月22日关闭时" in found
    there = "/assessment/list/?first=2023-09&amp;last=2023-09&amp;what=problems_open"
    assert f'href="{there}">1</a>' in found
    listed_then = page(client.get(there.replace("&amp;", "&")))
    assert "设备没有到货" in listed_then
    assert "后来的" not in listed_then


def test_an_inspection_of_one_measure_fills_in_its_department_and_what_was_seen(sign_in, people, plan, at):
    ten = Measure.objects.filter(number="10")
    held = workflow.add_inspection(
        plan, by=people.office, at=at("2023-09-20 09:00"), held_on=dt.date(2023, 9, 19), inspectors="办公室", place="工地",
        findings="线路没有架通。缺两处手续。", measures=ten,
    )  # fmt: skip
    leading = [a.department for a in ten.get().assignments.all()]
    initial = sign_in(people.office).get(f"/problems/add/?inspection={held.pk}").context["form"].initial
    assert (initial["title"], initial["text"], initial["measure"]) == (
        "线路没有架通",
        "线路没有架通。缺两处手续。",
        ten.get(),
    )
    assert [initial["department"]] == leading
