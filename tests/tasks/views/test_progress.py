"""填报：关掉脚本也走得通的全程，以及每个网址的“不是你的、做过了、写错了”。"""

import pytest
from django.urls import reverse

from departments.models import Department
from tasks import workflow
from tasks.models import Event, Progress
from tasks.pages import home as home_pages
from tasks.pages import progress as progress_pages
from tests import factories
from tests.markup import markup

from ...world import OWN, form_data, form_on, the_world, upload  # noqa: F401

pytestmark = pytest.mark.django_db
HOME = "/"


@pytest.fixture
def hall(sign_in, people, period):
    """审批中心的填报人，已登录。"""
    return sign_in(people.reporter(OWN))


def url(row, action="report"):
    return reverse(f"progress_{action}", args=[row.pk])


def fresh(row):
    return Progress.objects.get(pk=row.pk)


def fill(client, row, do="submit", **fields):
    """打开首页，照页面上的表单改几栏，点某个按钮。"""
    form = form_on(client.get(f"{HOME}?open={row.pk}"), url(row))
    data = form["fields"] | {f"p{row.pk}-{k}": v for k, v in fields.items()}
    assert ("do", do) in form["buttons"]
    return client.post(url(row), data | {"do": do})


def _august():
    """8 月报过一次：第 12 项 60%；9 月已开放。"""
    ground, people, at = factories.september(), factories.People(), factories.at
    [month] = workflow.plan_periods(
        ground.plan, by=people.office, at=at("2023-08-01 08:00"), first_month=8, last_month=8, due_day=25
    )
    month = workflow.open_period(month, by=people.office, at=at("2023-08-01 08:30"))
    row = Progress.objects.get(period=month, assignment__measure__number="12", assignment__department__name=OWN)
    content = {"text": "八月完成初稿。", "stage": "in_progress", "percent": 60}
    row = workflow.submit_progress(row, by=people.reporter(OWN), at=at("2023-08-20 09:00"), version=0, content=content)
    workflow.approve_progress(row, by=people.office, at=at("2023-08-21 09:00"))
    workflow.close_period(month, by=people.office, at=at("2023-08-31 17:00"))
    ground.august = row
    return ground


GROUNDS = {"august": _august}


@pytest.fixture
def august(ground):
    return ground.august


# ── 全程 ──


def test_the_whole_way_from_report_to_the_board_without_a_script(client, people, august, report):
    """填报 → 审核退回 → 改了重报 → 通过 → 总览的数字跟着动。"""
    row, reporter, office = report("12", OWN), people.reporter(OWN), people.office
    client.force_login(office)
    before = client.get("/board/").context["board"].ledger.reporting
    client.force_login(reporter)
    sent = fill(client, row, text="九月完成评审。", percent="75")
    assert sent.status_code == 302
    told = client.get(sent["Location"]).content.decode()
    assert "第 12 项已报送，等待办公室审核。还有 7 项要报。" in told

    client.force_login(office)
    shown = client.get(reverse("review_detail", args=[row.pk]))
    form = form_on(shown, reverse("progress_return", args=[row.pk]))
    client.post(reverse("progress_return", args=[row.pk]), form["fields"] | {"reason": "请写明评审结论。"})

    client.force_login(reporter)
    home = client.get(HOME)
    first = home.context["desk"].tasks[0]
    assert (first.progress.pk, first.progress.status) == (row.pk, "returned")
    assert "请写明评审结论。" in home.content.decode()
    fill(client, row, text="九月完成评审，结论为通过。")

    client.force_login(office)
    client.post(reverse("progress_approve", args=[row.pk]))
    after = client.get("/board/").context["board"].ledger.reporting
    assert (after.approved, after.missing) == (before.approved + 1, before.missing - 1)
    assert fresh(row).times_returned == 1
    page = client.get("/measures/12/").content.decode()
    assert "75%" in page
    assert "九月完成评审，结论为通过。" in page
    assert [e.action for e in Event.objects.filter(progress=row).order_by("pk")] == [
        "progress_submit",
        "progress_return",
        "progress_submit",
        "progress_approve",
    ]


def test_the_form_is_filled_with_what_was_reported_last(hall, august, report):
    form = form_on(hall.get(HOME), url(report("12", OWN)))["fields"]
    key = f"p{report('12', OWN).pk}-"
    assert form[key + "percent"] == "60"
    assert form[key + "stage"] == "in_progress"
    assert form[key + "text"] == ""
    assert "八月完成初稿。" in hall.get(HOME).content.decode()


def test_the_row_asked_for_is_open(hall, report):
    row = report("12", OWN)
    response = hall.get(url(row))
    assert response["Location"] == f"/?open={row.pk}#p{row.pk}"
    tasks = hall.get(f"/?open={row.pk}").context["desk"].tasks
    assert [t.progress.pk for t in tasks if t.is_open] == [row.pk]


@pytest.mark.parametrize("opened", ["", "x", "-1", "9" * 30, "１２", "1.5", "%00"])
def test_an_odd_row_number_is_ignored(hall, opened):
    response = hall.get(f"/?open={opened}")
    assert response.status_code == 200
    assert not any(t.is_open for t in response.context["desk"].tasks)


# ── 草稿、本期无变化 ──


def test_a_draft_is_kept_and_not_sent(hall, report):
    row = report("12", OWN)
    response = fill(hall, row, "draft", text="写了一半", percent="", stage="")
    assert response["Location"].startswith(f"/?open={row.pk}")
    assert (fresh(row).status, fresh(row).text) == ("draft", "写了一半")
    assert "已存为草稿，还没有报送" in hall.get(HOME).content.decode()
    assert form_on(hall.get(HOME), url(row))["fields"][f"p{row.pk}-text"] == "写了一半"


def test_an_empty_draft_may_be_saved(hall, report):
    row = report("12", OWN)
    assert fill(hall, row, "draft", text="", percent="").status_code == 302
    assert fresh(row).status == "draft"


def test_a_draft_of_a_returned_report_stays_returned_and_keeps_the_reason(hall, people, submitted, at):
    row = workflow.return_progress(
        submitted("12", OWN, percent=70), by=people.office, at=at("2023-09-20 11:00"), reason="补充数据"
    )
    assert fill(hall, row, "draft", text="补了一半").status_code == 302
    assert (fresh(row).status, fresh(row).return_reason, fresh(row).text) == ("returned", "补充数据", "补了一半")


@pytest.mark.parametrize("text", ["", "   ", "\n\t　"])
def test_a_returned_report_cannot_be_emptied_by_a_draft(hall, people, submitted, at, text):
    row = workflow.return_progress(
        submitted("12", OWN, percent=70), by=people.office, at=at("2023-09-20 11:00"), reason="补充数据"
    )
    response = fill(hall, row, "draft", text=text)
    assert response.status_code == 422
    assert fresh(row).text == "完成了本月安排的工作。"


def test_no_change_is_one_tap(hall, august, report):
    row = report("12", OWN)
    assert fill(hall, row, "no_change").status_code == 302
    after = fresh(row)
    assert (after.status, after.text, after.percent, after.is_no_change) == ("submitted", "本期无变化。", 60, True)


@pytest.mark.parametrize(
    ("field", "words", "called"),
    [("text", "完成了终稿。", "9月进展"), ("problems", "缺一份材料。", "存在问题"), ("next_steps", "下月挂网。", "下步打算"), ("percent", 80, "完成进度")],
)  # fmt: skip
def test_no_change_asks_before_it_overwrites_what_was_typed(hall, august, report, field, words, called):
    row = report("12", OWN)
    asked = fill(hall, row, "no_change", **{field: words})
    form = form_on(asked, url(row))
    assert asked.status_code == 422
    assert f"这一项有{called}，“本期无变化”不会带上" in markup(asked)
    assert (form["fields"][f"p{row.pk}-{field}"], fresh(row).status) == (str(words), "missing")
    assert (("do", "no_change_along") in form["buttons"]) is (field != "text")


def test_no_change_with_problems_goes_along_and_withdrawing_shows_them(hall, august, report):
    row = report("12", OWN)
    form = form_on(fill(hall, row, "no_change", problems="缺一份材料。"), url(row))
    assert hall.post(url(row), form["fields"] | {"do": "no_change_along"}).status_code == 302
    sent = fresh(row)
    assert (sent.status, sent.text, sent.problems, sent.percent) == ("submitted", "本期无变化。", "缺一份材料。", 60)
    assert sent.is_no_change
    hall.post(url(row, "withdraw"))
    assert "缺一份材料。" in hall.get(f"{HOME}?open={row.pk}").content.decode()


def test_going_along_with_a_new_figure_is_not_called_no_change(hall, august, report):
    row = report("12", OWN)
    form = form_on(fill(hall, row, "no_change", percent=80), url(row))
    hall.post(url(row), form["fields"] | {"do": "no_change_along"})
    assert (fresh(row).percent, fresh(row).is_no_change) == (80, False)


def test_no_change_asks_about_a_saved_draft_even_from_a_bare_button(hall, august, report):
    """关掉脚本、从旧页面点的也一样：草稿里有字，先问。"""
    row = report("12", OWN)
    fill(hall, row, "draft", text="写了一半", problems="缺一份材料。", percent=60)
    response = hall.post(url(row), {"do": "no_change", f"p{row.pk}-version": fresh(row).version})
    assert "这一项有9月进展、存在问题，“本期无变化”" in markup(response)
    assert (fresh(row).status, fresh(row).text) == ("draft", "写了一半")


def test_no_change_asks_about_the_files_of_a_draft_and_takes_them_along(hall, august, report, people, at):
    row = report("12", OWN)
    files = {f"p{row.pk}-evidence": [upload("一.pdf"), upload("二.pdf")]}
    page = form_on(hall.get(f"{HOME}?open={row.pk}"), url(row))
    hall.post(url(row), page["fields"] | files | {"do": "draft"})
    asked = fill(hall, row, "no_change")
    assert "这一项有已传的 2 份材料，“本期无变化”" in markup(asked)
    hall.post(url(row), form_on(asked, url(row))["fields"] | {"do": "no_change_along"})
    assert (fresh(row).status, fresh(row).is_no_change, fresh(row).attachments.count()) == ("submitted", True, 2)


def test_no_change_again_after_withdrawing_it_asks_nothing(hall, august, report):
    row = report("12", OWN)
    fill(hall, row, "no_change")
    hall.post(url(row, "withdraw"))
    assert fill(hall, row, "no_change").status_code == 302


def test_no_change_is_not_offered_to_somebody_who_never_reported(hall, report):
    row = report("12", OWN)
    assert ("do", "no_change") not in form_on(hall.get(HOME), url(row))["buttons"]
    response = hall.post(url(row), form_data(row, "no_change"))
    assert response.status_code == 422
    assert "这一项以前没有报过，请写一下目前的情况。" in response.content.decode()
    assert fresh(row).status == "missing"


def test_an_unknown_button_is_taken_for_a_full_report(hall, august, report):
    """按钮的值改成别的，也绕不过报送的核对。"""
    row = report("12", OWN)
    response = hall.post(url(row), form_data(row, "anything", percent=10))
    assert response.status_code == 422
    assert fresh(row).status == "missing"


# ── 写错了 ──


def test_a_lower_percent_asks_for_the_reason(hall, august, report):
    row = report("12", OWN)
    asked = fill(hall, row, text="退了一步。", percent="50")
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "进度比上次低（60%→50%），请写明原因。" in page
    form = form_on(asked, url(row))["fields"]
    assert form[f"p{row.pk}-text"] == "退了一步。"
    done = hall.post(url(row), form | {f"p{row.pk}-decline_reason": "口径调整", "do": "submit"})
    assert done.status_code == 302
    assert fresh(row).decline_reason == "口径调整"


def test_a_draft_may_be_lower_without_a_reason(hall, august, report):
    assert fill(hall, report("12", OWN), "draft", percent="10").status_code == 302


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": ""}, "请写本期进展；没有新进展也要写明原因。"),
        ({"text": "字" * 2001}, "2000"),
        ({"percent": ""}, "请填完成进度，0 到 100 之间的整数。"),
        ({"percent": "101"}, "请填 0 到 100 之间的整数。"),
        ({"percent": "-1"}, "请填 0 到 100 之间的整数。"),
        ({"percent": "七十"}, "请填 0 到 100 之间的整数。"),
        ({"percent": "7.5"}, "请填 0 到 100 之间的整数。"),
        ({"coordination": "请出具证明。"}, "写了需协调事项，请选由谁协调，否则没有人会看到。"),
        ({"stage": "done"}, "done"),
        ({"stage": "not_started", "percent": "20"}, "选了“未启动”，完成进度却大于 0，请核对。"),
        ({"problems": "字" * 2001}, "2000"),
        ({"version": ""}, "请填写这一栏"),
    ],
)
def test_errors_keep_what_was_typed(hall, report, fields, said):
    row = report("12", OWN)
    typed = {"text": "已经写好的进展。", "percent": "75", "next_steps": "继续推进。"} | fields
    response = fill(hall, row, **typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    form = form_on(response, url(row))["fields"]
    for name, value in typed.items():
        if name not in ("version", "stage"):
            assert form[f"p{row.pk}-{name}"] == value
    assert fresh(row).status == "missing"
    assert f'id="p{row.pk}" name="task" open' in page


def test_target_values_are_saved_and_checked(hall, report):
    row = report("5", OWN)
    target = row.assignment.measure.targets.first()
    key = f"target_{target.pk}"
    # 第 5 项是指标类，两个目标都由本部室报：都要有数。
    both = {"text": "压缩到半天。", **{f"target_{t.pk}": "5" for t in row.assignment.measure.targets.all()}}
    wrong = fill(hall, row, **both | {key: "-1"})
    assert wrong.status_code == 422
    assert fill(hall, row, **both | {key: "0.5"}).status_code == 302
    assert str(row.values.get(target=target).value) == "0.500"


# ── 两个人同时填 ──


def test_a_conflict_shows_both_texts_and_answers_409(hall, people, report, at):
    row = report("12", OWN)
    form = form_on(hall.get(HOME), url(row))["fields"]
    other = people.reporter(OWN, 2)
    workflow.save_progress(
        row, by=other, at=at("2023-09-21 09:00"), version=0, content={"text": "同事写的。", "percent": 66}
    )
    mine = form | {f"p{row.pk}-text": "我写的。", f"p{row.pk}-percent": "70", "do": "submit"}
    response = hall.post(url(row), mine)
    page = response.content.decode()
    assert response.status_code == 409
    assert "同事写的。" in page
    assert "66%" in page
    assert "刚才已有人更新过这一项" in page
    again = form_on(response, url(row))["fields"]
    assert again[f"p{row.pk}-text"] == "我写的。"
    assert hall.post(url(row), again | {"do": "submit"}).status_code == 302
    assert fresh(row).text == "我写的。"


def test_what_was_typed_comes_back_even_if_a_colleague_has_just_reported(hall, people, report, at):
    """同事已经报上去了，这一条不在待报之列：所写内容也要放回来，并说明缘由。"""
    row = report("12", OWN)
    form = form_on(hall.get(HOME), url(row))["fields"]
    content = {"text": "同事报的。", "stage": "in_progress", "percent": 66}
    workflow.submit_progress(row, by=people.reporter(OWN, 2), at=at("2023-09-21 09:00"), version=0, content=content)
    response = hall.post(url(row), form | {f"p{row.pk}-text": "我写的。", f"p{row.pk}-percent": "70", "do": "submit"})
    assert response.status_code == 409
    page = response.content.decode()
    assert "同事报的。" in page
    assert "我写的。" in page
    again = form_on(response, url(row))["fields"]
    refused = hall.post(url(row), again | {"do": "submit"})
    assert refused.status_code == 409
    assert "这一条目前是“待审核”" in refused.content.decode()
    assert "我写的。" in refused.content.decode()
    assert fresh(row).text == "同事报的。"


def test_what_was_typed_comes_back_if_the_period_has_just_been_closed(hall, people, period, report, at):
    row = report("12", OWN)
    form = form_on(hall.get(HOME), url(row))["fields"]
    workflow.close_period(period, by=people.office, at=at("2023-09-21 09:00"))
    for extra in ({"percent": "70"}, {"percent": "700"}):
        typed = {f"p{row.pk}-{k}": v for k, v in ({"text": "我写的。"} | extra).items()}
        response = hall.post(url(row), form | typed | {"do": "submit"})
        assert response.status_code in (409, 422)
        assert "我写的。" in response.content.decode()
    assert fresh(row).status == "missing"


def test_pressing_the_button_twice_reports_once(hall, report):
    row = report("12", OWN)
    data = form_data(row)
    assert hall.post(url(row), data).status_code == 302
    assert hall.post(url(row), data).status_code == 409
    assert Event.objects.filter(action="progress_submit").count() == 1


# ── 撤回、更正 ──


def test_a_report_is_withdrawn_and_sent_again(hall, submitted):
    row = submitted("12", OWN, percent=70)
    button = form_on(hall.get(HOME), url(row, "withdraw"))
    assert button["method"] == "post"
    assert hall.post(url(row, "withdraw"))["Location"].startswith(f"/?open={row.pk}")
    assert fresh(row).status == "draft"
    assert fill(hall, row, text="改好了。").status_code == 302
    assert fresh(row).status == "submitted"


def test_what_has_been_decided_cannot_be_withdrawn(hall, people, submitted, at):
    row = workflow.approve_progress(submitted("12", OWN, percent=70), by=people.office, at=at("2023-09-20 11:00"))
    response = hall.post(url(row, "withdraw"), follow=True)
    assert "现在不能撤回：这一条目前是“已通过”" in response.content.decode()
    assert fresh(row).status == "approved"


def test_an_approved_report_is_corrected_and_the_old_one_holds_until_then(hall, people, submitted, at):
    row = workflow.approve_progress(submitted("12", OWN, percent=70), by=people.office, at=at("2023-09-20 11:00"))
    assert form_on(hall.get("/measures/12/"), url(row, "correct"))
    response = hall.post(url(row, "correct"))
    copy = Progress.objects.get(corrects=row)
    assert response["Location"] == f"/?open={copy.pk}#p{copy.pk}"
    assert "更正通过之前，原来那条仍然有效" in hall.get(HOME).content.decode()
    assert fill(hall, copy, text="更正：数字写错了。").status_code == 302
    assert fresh(row).superseded_at is None
    workflow.approve_progress(fresh(copy), by=people.office, at=at("2023-09-21 11:00"))
    assert fresh(row).superseded_at is not None


def test_a_correction_is_made_once(hall, people, submitted, at):
    row = workflow.approve_progress(submitted("12", OWN, percent=70), by=people.office, at=at("2023-09-20 11:00"))
    hall.post(url(row, "correct"))
    again = hall.post(url(row, "correct"), follow=True)
    assert "这一条已经有一份更正" in again.content.decode()
    assert Progress.objects.filter(corrects=row).count() == 1


@pytest.fixture
def correcting(hall, people, submitted, at):
    """第 12 项已通过，又起了更正稿：（原来那条，更正稿）。"""
    row = workflow.approve_progress(submitted("12", OWN, percent=70), by=people.office, at=at("2023-09-20 11:00"))
    hall.post(url(row, "correct"))
    return row, Progress.objects.get(corrects=row)


def test_a_correction_not_sent_is_not_a_missing_report_and_can_be_given_up(hall, correcting):
    row, copy = correcting
    desk = hall.get(HOME).context["desk"]
    assert (len(desk.owing), len(desk.corrections)) == (7, 1)
    home = markup(hall.get(HOME))
    assert "9月还有 7 项要报" in home
    assert '<a href="#h-cor">1 份更正稿没有交</a>、<a href="#h-sign">方案待签收</a>。' in home
    page = hall.get("/measures/12/").content.decode()
    assert "已通过</span>" in page
    assert "更正稿未交" in page
    assert form_on(hall.get("/measures/12/"), url(row, "correct")) is None
    discard = reverse("correction_discard", args=[copy.pk])
    assert form_on(hall.get("/measures/12/"), discard)
    assert f'formaction="{discard}"' in home
    told = hall.post(discard, follow=True).content.decode()
    assert "第 12 项的更正稿已放弃，原来通过的那条照旧有效。" in told
    assert "份更正稿没有交" not in told
    assert (fresh(copy).status, fresh(row).status) == ("discarded", "approved")
    assert form_on(hall.get("/measures/12/"), url(row, "correct"))


def test_a_sent_correction_is_named_beside_approved_and_withdrawn_from_the_home_page(hall, people, client, correcting):
    row, copy = correcting
    told = hall.get(fill(hall, copy, text="更正：数字写错了。")["Location"])
    assert "第 12 项的更正稿已报送，等待办公室审核。通过之前，原来那条仍然有效。" in told.content.decode()
    assert form_on(told, url(copy, "withdraw"))
    assert "还有 7 项要报" in markup(told)
    for path in ("/", "/measures/", "/measures/12/", "/departments/spzx/"):
        page = hall.get(path).content.decode()
        assert page.count("更正待审核") == 1, path
        assert "已通过</span>" in page, path
    client.force_login(people.office)
    assert client.get("/board/").content.decode().count("更正待审核") == 1


def test_a_correction_already_sent_is_not_given_up(hall, correcting):
    row, copy = correcting
    fill(hall, copy, text="更正：数字写错了。")
    told = hall.post(reverse("correction_discard", args=[copy.pk]), follow=True).content.decode()
    assert "现在不能放弃更正：这一条目前是“待审核”" in told
    assert fresh(copy).status == "submitted"


def test_a_report_not_yet_approved_is_not_corrected(hall, submitted):
    row = submitted("12", OWN, percent=70)
    hall.post(url(row, "correct"))
    assert not Progress.objects.filter(corrects=row).exists()


# ── 首页按角色转；空的时候 ──


@pytest.mark.parametrize(("role", "to"), [("office", "/board/"), ("leader", "/lead/"), ("admin", "/plan/")])
def test_home_leads_each_role_to_its_own_page(client, world, role, to):
    client.force_login(world.users[role])
    assert client.get(HOME)["Location"] == to


def test_home_before_any_period_is_open(sign_in, people):
    page = sign_in(people.reporter(OWN)).get(HOME).content.decode()
    assert "还没有开放报送" in page


def test_home_without_a_plan(sign_in, people, plan):
    from tasks.models import Plan

    reporter = people.reporter(OWN)
    Plan.objects.update(is_current=False)
    assert sign_in(reporter).get(HOME).status_code == 200


def test_home_when_everything_is_reported(sign_in, people, submitted):
    """综合办只有第 13 项和共担的第 4 项。"""
    for number in ("13", "4"):
        submitted(number, "综合办")
    page = sign_in(people.reporter("综合办")).get(HOME).content.decode()
    assert "9月已全部报完" in page


@pytest.mark.parametrize("day", ["2023-09-22 18:00", "2023-09-28 18:00"])  # 截止日以前、以后关闭的一样
def test_after_a_period_is_closed_with_reports_missing_home_says_so_and_whom_to_ask(
    hall, people, period, report, at, day
):
    workflow.close_period(period, by=people.office, at=at(day))
    response = hall.get(HOME)
    page, desk = markup(response), response.context["desk"]
    assert (desk.title, desk.owed, desk.can_report_together) == ("9月已关闭，8 项没有报", 0, False)
    assert "9月关闭时有 8 项没有报。要补报的，请联系办公室重新开放9月。" in page
    assert not any(said in page for said in ("要报的都报完了", "办完一项补上一项", "项要报", "一次报完</a>"))
    own = hall.get("/measures/12/").content.decode()
    assert "9月已关闭，这一项没有报。要补报，请联系办公室重新开放9月。" in own and "去填报" not in own
    assert "未截止" not in hall.get(f"/departments/{report('12', OWN).assignment.department.slug}/").content.decode()


def test_a_returned_report_and_one_that_ended_are_not_called_missing(hall, people, plan, period, submitted, report, at):
    """退回了没有重报的不是没有报；关闭以前退出了方案的，不叫人去请重新开放。"""
    sent = submitted("12", OWN, percent=70)
    workflow.return_progress(sent, by=people.office, at=at("2023-09-21 09:00"), reason="补")
    gone = report("11", OWN).assignment.measure
    gone.retired_in = plan.revisions.get()
    gone.save()
    workflow.close_period(period, by=people.office, at=at("2023-09-28 18:00"))
    assert hall.get(HOME).context["desk"].title == "9月已关闭，6 项没有报、1 项退回后没有重报"
    said = hall.get("/measures/12/").content.decode()
    assert "9月已关闭，这一项退回后没有重报。" in said and "这一项没有报" not in said
    ended = hall.get(f"/measures/retired/{gone.pk}/").content.decode()
    assert "重新开放" not in ended and "去填报" not in ended


def test_the_newest_approved_report_is_corrected_even_when_a_later_month_was_missed(
    hall, august, people, plan, period, at
):
    who = {"by": people.office, "at": at("2023-09-29 09:00")}
    workflow.close_period(period, **who)
    [october] = workflow.plan_periods(plan, **who, first_month=10, last_month=10, due_day=25)
    workflow.open_period(october, **who)
    assert form_on(hall.get("/measures/12/"), url(august, "correct"))


def test_last_months_report_is_still_corrected_on_the_page_after_the_next_month_opens(hall, august, report):
    """举措页上这个月要报的在前，上个月通过了的在后，照样点得到“更正”；更正到一半的也在。"""
    page = hall.get("/measures/12/")
    assert page.content.decode().index("9月报送") < page.content.decode().index("8月报送")
    assert form_on(page, url(august, "correct"))
    hall.post(url(august, "correct"))
    copy = Progress.objects.get(corrects=august)
    page = hall.get("/measures/12/")
    assert form_on(page, url(august, "correct")) is None and "更正稿未交" in page.content.decode()
    assert form_on(page, reverse("correction_discard", args=[copy.pk]))


def test_a_correction_approved_after_closing_is_said_not_to_change_that_month(hall, people, period, submitted, at):
    row = workflow.approve_progress(submitted("12", OWN, percent=70), by=people.office, at=at("2023-09-20 11:00"))
    workflow.close_period(period, by=people.office, at=at("2023-09-22 12:00"))
    said = "9月的数以关闭时为准；关闭以后通过的"
    assert said not in hall.get("/measures/12/").content.decode()
    copy = workflow.correct_progress(row, by=people.reporter(OWN), at=at("2023-09-22 13:00"))
    content = {"text": "更正。", "stage": "in_progress", "percent": 78}
    sent = workflow.submit_progress(
        copy, by=people.reporter(OWN), at=at("2023-09-22 14:00"), version=copy.version, content=content
    )
    workflow.approve_progress(sent, by=people.office, at=at("2023-09-22 15:00"))
    page = hall.get("/measures/12/").content.decode()
    assert f"{said}（审批中心更正为 78%）从下一期起计。" in page and "截至9月为 70%" in page


def test_a_department_that_leads_nothing_else_still_reports_measure_4(sign_in, people, period):
    client = sign_in(people.reporter("招商引资部"))
    tasks = client.get(HOME).context["desk"].tasks
    assert [t.progress.assignment.measure.number for t in tasks] == ["4"]
    assert Department.objects.get(name="招商引资部").assignments.count() == 1


def test_the_home_page_speaks_of_the_month_that_is_open(sign_in, people, plan, period, at):
    """9 月关早了、10 月已开放：标题、截止日、进度都说 10 月，与下面要填的一致。"""
    who = {"by": people.office, "at": at("2023-09-22 09:00")}
    workflow.close_period(period, **who)
    [october] = workflow.plan_periods(plan, **who, first_month=10, last_month=10, due_day=25)
    workflow.open_period(october, **who)
    response = sign_in(people.reporter("财务部")).get("/")
    assert response.context["desk"].period == october
    page = markup(response)
    assert "10月还有 3 项要报" in page
    assert "已关闭" not in page.split("<main")[1].split("</h1>")[1][:200]


# ── 列在后面的，点开才排它的表单 ──


def in_place(response):
    return [task.progress.pk for task in response.context["desk"].tasks if task.form]


def test_only_the_first_few_carry_their_forms_and_the_others_open_by_a_link(hall, monkeypatch):
    monkeypatch.setattr(home_pages, "IN_PLACE", 2)
    page = hall.get(HOME)
    rows = [task.progress for task in page.context["desk"].tasks]
    assert len(rows) > 3 and in_place(page) == [row.pk for row in rows[:2]]
    for row in rows[2:]:
        assert f'href="/?open={row.pk}#p{row.pk}"' in markup(page)
        assert url(row) not in markup(page)
    opened = hall.get(f"{HOME}?open={rows[-1].pk}")
    assert in_place(opened) == [row.pk for row in (*rows[:2], rows[-1])]
    assert fill(hall, rows[-1], text="完成了初稿。", stage="in_progress", percent="60").status_code == 302
    assert fresh(rows[-1]).status == "submitted"


def test_what_could_not_be_filed_comes_back_in_its_form_wherever_it_was_listed(hall, monkeypatch):
    rows = [task.progress for task in hall.get(HOME).context["desk"].tasks]
    monkeypatch.setattr(home_pages, "IN_PLACE", 1)
    response = fill(hall, rows[-1], percent="八成")
    assert response.status_code == 422
    assert in_place(response) == [rows[0].pk, rows[-1].pk]
    assert f'href="/?open={rows[3].pk}#p{rows[3].pk}"' in markup(response)  # 这一页的网址是交表单的，链接照样到首页
    assert 'value="八成"' in markup(response)


def test_one_taken_away_just_before_it_is_read_again_is_told_and_keeps_the_words(hall, report, monkeypatch):
    """取来这一条以后、问它连同什么以前，办公室核实了办结，没有动手的一条就收走了。"""
    row, asked = report("12", "审批中心"), progress_pages.with_form_parts

    def too_late(rows):
        Progress.objects.filter(pk=row.pk).delete()
        return asked(rows)

    monkeypatch.setattr(progress_pages, "with_form_parts", too_late)
    response = fill(hall, row, text="评审已经结束，正在公示。", percent=70)
    shown = response.content.decode()
    assert response.status_code == 409
    assert "这一项刚刚办结，本期不用再报。" in shown and "评审已经结束，正在公示。" in shown
