"""一次报完：写了的报，没有动的不报；其余均无变化；错的留在原处，好的照样过；粘贴、上传先填给人看。"""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tasks import workflow
from tasks.models import Progress
from tests import factories
from tests.tasks.months import NUMBERS, first_of, months, row_of, statuses  # noqa: F401
from tests.world import OWN, form_on, upload

pytestmark = pytest.mark.django_db
URL = reverse("month")


@pytest.fixture
def me(sign_in, months):  # noqa: F811
    return sign_in(months.own)


def fields(client):
    """打开的那一页上，表单原样交上去是什么。"""
    return form_on(client.get(URL), URL)["fields"]


def write(data, number, **said):
    return data | {f"p{row_of(number).pk}-{name}": value for name, value in said.items()}


def test_the_whole_month_is_on_one_page_with_last_months_words(me):
    page = me.get(URL).content.decode()
    assert "9月要报 8 项" in page
    for number in NUMBERS:
        assert f"八月写的第{number}项。" in page and f'data-number="{number}"' in page


def test_the_way_to_the_unchanged_is_told_at_the_top(me):
    """手机上“其余均无变化”在几屏以下：页首就说，点了到那里。"""
    page = me.get(URL).content.decode()
    top, _, below = page.partition('id="send"')
    assert '<a href="#send">没有变化的不用逐项点，到末尾一并报</a>' in top and 'name="rest"' in below


def test_after_a_month_unchanged_the_words_before_it_are_shown(me, months):  # noqa: F811
    """上期报的是“本期无变化”：看得见、改得了的是再上一期写的话，写明是哪一期的。"""
    data = write(fields(me), "4", text="九月办了四件。") | {"do": "submit", "rest": "on"}
    me.post(URL, data)
    at = factories.at("2023-10-01 08:00")
    [made] = workflow.plan_periods(months.plan, by=months.office, at=at, first_month=10, last_month=10, due_day=25)
    workflow.open_period(made, by=months.office, at=at)
    page = me.get(URL).content.decode()
    assert "<p data-last>八月写的第6项。</p>" in page and "9月无变化，8月写的" in page
    assert "<p data-last>九月办了四件。</p>" in page and "<p data-last>本期无变化。</p>" not in page


def test_a_closed_period_is_said_to_be_closed_not_done(me, months):  # noqa: F811
    """没有报完就关了的：首页、一次报完都说已关闭，不说已报完。"""
    september = months.period
    workflow.close_period(september, by=months.office, at=factories.at("2023-09-26 09:00"))
    for url in (URL, "/"):
        page = me.get(url).content.decode()
        assert "已关闭" in page and "已报完" not in page, url


def test_what_is_written_goes_and_what_is_untouched_stays(me):
    data = write(fields(me), "4", text="九月办了四件。")
    data = write(data, "2", text="九月又办了。", **percent_of("2"))
    response = me.post(URL, data | {"do": "submit"}, follow=True)
    assert "已报送第 2、4 项。" in response.content.decode()
    assert [n for n, s in statuses().items() if s == "submitted"] == ["2", "4"]
    assert set(statuses().values()) == {"submitted", "missing"}
    assert row_of("4").text == "九月办了四件。" and not row_of("4").is_no_change


def percent_of(number):
    return {"percent": 60} if row_of(number).assignment.measure.kind == "milestone" else {}


def test_the_rest_are_reported_unchanged_only_when_ticked(me):
    data = write(fields(me), "4", text="九月办了四件。") | {"do": "submit", "rest": "on"}
    page = me.post(URL, data, follow=True).content.decode()
    assert "已报送第 4 项。" in page and "按“本期无变化”报送第 2、5、6、7、8、11、12 项。" in page
    assert "9月已全部报完" in page and "您报了什么" in page and "九月办了四件。" in page
    assert set(statuses().values()) == {"submitted"}
    assert row_of("6").is_no_change and row_of("6").text == "本期无变化。"
    assert not row_of("4").is_no_change


def test_a_bad_row_never_holds_up_the_others(me):
    number = first_of("milestone")
    data = write(fields(me), "4", text="九月办了四件。")
    data = write(data, number, text="到货推迟。", percent=40) | {"do": "submit", "rest": "on"}
    response = me.post(URL, data)
    page = response.content.decode()
    assert response.status_code == 422
    assert "进度比上次低（50%→40%），请写明原因。" in page and "已报送第 4 项。" in page
    assert [n for n, s in statuses().items() if s != "submitted"] == [number]
    left = form_on(response, URL)["fields"]
    assert left[f"p{row_of(number).pk}-text"] == "到货推迟。" and left[f"p{row_of(number).pk}-percent"] == "40"
    assert f"p{row_of('4').pk}-text" not in left
    again = me.post(URL, left | {"do": "submit", f"p{row_of(number).pk}-decline_reason": "供货推迟。"})
    assert again["Location"] == URL and row_of(number).status == "submitted"


def test_a_moved_figure_without_words_is_asked_for_not_lost(me):
    number = first_of("milestone")
    response = me.post(URL, write(fields(me), number, percent=65) | {"do": "submit", "rest": "on"})
    assert response.status_code == 422
    assert "请写本期进展" in response.content.decode()
    assert form_on(response, URL)["fields"][f"p{row_of(number).pk}-percent"] == "65"
    assert row_of(number).status == "missing"


def test_nothing_written_and_nothing_ticked_says_so_and_does_nothing(me):
    response = me.post(URL, fields(me) | {"do": "submit"})
    assert response.status_code == 422 and "没有可以报的" in response.content.decode()
    assert set(statuses().values()) == {"missing"}


def test_drafts_are_kept_for_all_that_is_written_and_come_back(me):
    data = write(fields(me), "4", text="写了一半") | {"do": "draft", "rest": "on"}
    page = me.post(URL, data, follow=True).content.decode()
    assert "第 4 项已存为草稿，还没有报送。" in page
    assert statuses()["4"] == "draft" and set(statuses().values()) == {"draft", "missing"}
    assert fields(me)[f"p{row_of('4').pk}-text"] == "写了一半"


def test_a_draft_goes_with_the_others_without_being_written_again(me):
    me.post(URL, write(fields(me), "4", text="写了一半") | {"do": "draft"})
    me.post(URL, fields(me) | {"do": "submit"})
    assert row_of("4").status == "submitted" and row_of("4").text == "写了一半"


def test_a_draft_emptied_again_counts_as_unchanged(me):
    me.post(URL, write(fields(me), "4", text="写了一半") | {"do": "draft"})
    me.post(URL, write(fields(me), "4", text="") | {"do": "submit", "rest": "on"})
    assert row_of("4").is_no_change


def test_a_returned_item_is_sent_only_when_mended_and_never_as_unchanged(me, months, at):  # noqa: F811
    row = factories.submitted(row_of("4").period, "4", OWN)
    workflow.return_progress(row, by=months.office, at=at("2023-09-21 09:00"), reason="请写明办了几件。")
    page = me.get(URL).content.decode()
    assert page.index("请写明办了几件。") < page.index('data-number="2"'), "退回的在前"
    me.post(URL, fields(me) | {"do": "submit", "rest": "on"})
    assert row_of("4").status == "returned"
    me.post(URL, write(fields(me), "4", text="办了四件。") | {"do": "submit"})
    assert (row_of("4").status, row_of("4").text) == ("submitted", "办了四件。")


def test_one_sent_back_and_mended_after_the_day_is_not_said_to_be_late(me, months, at, settings):  # noqa: F811
    """退回后重报不算迟：不说“记为补报”，与审核、考核里算的一样；第一次报就过了截止日的才说。"""
    row = factories.submitted(row_of("4").period, "4", OWN)
    workflow.return_progress(row, by=months.office, at=at("2023-09-21 09:00"), reason="请写明办了几件。")
    settings.BUSINESS_DATE = "2023-09-28"
    data = write(write(fields(me), "4", text="办了四件。"), "6", text="九月办了六件。")
    page = me.post(URL, data | {"do": "submit"}, follow=True).content.decode()
    assert "已报送第 4、6 项。第 6 项过了截止日，记为补报。" in page
    assert (row_of("4").is_late, row_of("6").is_late) == (False, True)


def test_a_returned_item_mended_and_kept_as_a_draft_goes_with_the_others(me, months, at):  # noqa: F811
    """写着的时候自动存了草稿（试用时看到：存过以后这一项怎么也报不上去）。"""
    row = factories.submitted(row_of("4").period, "4", OWN)
    workflow.return_progress(row, by=months.office, at=at("2023-09-21 09:00"), reason="请写明办了几件。")
    only = {name: said for name, said in fields(me).items() if name.startswith(f"p{row.pk}-")}
    assert me.post(URL, write(only, "4", text="办了四件。") | {"do": "keep"}).json()["version"]
    page = me.get(URL).content.decode()
    assert "data-mended" in page and "已改" in page[page.index('data-number="4"') :][:900]
    me.post(URL, fields(me) | {"do": "submit"})
    assert (row_of("4").status, row_of("4").text) == ("submitted", "办了四件。")


def test_a_returned_item_kept_just_as_it_was_is_still_not_sent(me, months, at):  # noqa: F811
    row = factories.submitted(row_of("4").period, "4", OWN)
    workflow.return_progress(row, by=months.office, at=at("2023-09-21 09:00"), reason="请写明办了几件。")
    only = {name: said for name, said in fields(me).items() if name.startswith(f"p{row.pk}-")}
    me.post(URL, only | {"do": "keep"})
    me.post(URL, fields(me) | {"do": "submit", "rest": "on"})
    assert row_of("4").status == "returned" and not row_of("4").is_mended


def test_a_first_report_is_never_unchanged(sign_in, people, period):
    me = sign_in(people.reporter(OWN))
    response = me.post(URL, fields(me) | {"do": "submit", "rest": "on"})
    assert response.status_code == 422 and set(statuses().values()) == {"missing"}
    assert "首次报送" in response.content.decode()


def test_a_colleague_who_was_quicker_costs_no_words(me, months, at):  # noqa: F811
    data = write(fields(me), "4", text="我写的一段。")
    data = write(data, "6", text="第六项也写了。") | {"do": "submit"}
    factories.submitted(row_of("4").period, "4", OWN, text="同事写的。")
    response = me.post(URL, data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "已把这一项报送" in page and "同事写的。" in page and "我写的一段。" in page
    assert (row_of("4").text, row_of("6").text) == ("同事写的。", "第六项也写了。")


def test_another_departments_row_in_the_form_stops_the_whole_and_gives_the_words_back(me):
    other = Progress.objects.filter(period__slug="2023-09").exclude(assignment__department__name=OWN).first()
    data = write(fields(me), "4", text="我写的一段。")
    response = me.post(URL, data | {f"p{other.pk}-version": 0, f"p{other.pk}-text": "替别人写", "do": "submit"})
    assert response.status_code == 404 and "我写的一段。" in response.content.decode()
    assert set(statuses().values()) == {"missing"}


def test_evidence_goes_with_its_row(me):
    row = row_of("4")
    data = write(fields(me), "4", text="办了。", evidence=upload()) | {"do": "submit"}
    me.post(URL, data)
    assert row_of("4").status == "submitted" and row.attachments.count() == 1


def test_evidence_that_is_refused_stays_at_its_row_and_the_others_go(me):
    data = write(fields(me), "4", text="办了。", evidence=SimpleUploadedFile("程序.exe", b"MZ"))
    response = me.post(URL, write(data, "6", text="六。") | {"do": "submit"})
    assert response.status_code == 422
    assert (row_of("4").status, row_of("6").status) == ("missing", "submitted")
    assert "办了。" in form_on(response, URL)["fields"][f"p{row_of('4').pk}-text"]


# ── 自动存的草稿 ──


def test_a_row_is_kept_as_he_goes_and_the_next_save_follows_on(me):
    pk = row_of("4").pk
    mine = {k: v for k, v in fields(me).items() if k.startswith(f"p{pk}-")}
    for n, words in enumerate(("写", "写了", "写了一半"), 1):
        answer = me.post(URL, mine | {"do": "keep", f"p{pk}-text": words})
        assert answer.json() == {"version": n}
        mine[f"p{pk}-version"] = n
    assert (row_of("4").status, row_of("4").text, row_of("4").version) == ("draft", "写了一半", 3)


def test_a_row_a_colleague_changed_is_not_overwritten_by_the_keeping(me, months, at):  # noqa: F811
    pk = row_of("4").pk
    mine = {k: v for k, v in fields(me).items() if k.startswith(f"p{pk}-")}
    factories.submitted(row_of("4").period, "4", OWN, text="同事写的。")
    answer = me.post(URL, mine | {"do": "keep", f"p{pk}-text": "我写的"})
    assert answer.status_code == 409 and "已把这一项报送" in answer.json()["why"]
    assert row_of("4").text == "同事写的。"


# ── 粘贴、上传 ──


BLOCK = "序号\t本月进展\t存在问题\t备注\n4\t粘来的第四项。\t缺人手。\t无\n2\t粘来的第二项。\t\t\n3\t不是我们的。\t\t"


def test_a_pasted_block_fills_the_rows_and_sends_nothing(me):
    response = me.post(URL, fields(me) | {"do": "fill", "block": BLOCK})
    page, left = response.content.decode(), form_on(response, URL)["fields"]
    assert response.status_code == 200 and set(statuses().values()) == {"missing"}
    assert left[f"p{row_of('4').pk}-text"] == "粘来的第四项。" and left[f"p{row_of('4').pk}-problems"] == "缺人手。"
    assert left[f"p{row_of('2').pk}-text"] == "粘来的第二项。" and left["block"] == ""
    assert "已填入第 4、2 项，还没有报送，请核对。" in page and "没有认出的列，没有填：备注。" in page
    assert "第 3 项，不在本部室要报的里" in page and "不是我们的。" in page
    me.post(URL, left | {"do": "submit"})
    assert statuses()["4"] == "submitted" and row_of("4").problems == "缺人手。"


def test_what_is_already_written_is_not_covered_and_the_pasted_is_shown(me):
    response = me.post(URL, write(fields(me), "4", text="我先写的。") | {"do": "fill", "block": BLOCK})
    assert form_on(response, URL)["fields"][f"p{row_of('4').pk}-text"] == "我先写的。"
    assert "第 4 项已写的没有动" in response.content.decode() and "粘来的第四项。" in response.content.decode()


def test_a_block_not_filled_in_yet_is_never_thrown_away_by_sending(me):
    response = me.post(URL, write(fields(me), "6", text="六。") | {"do": "submit", "rest": "on", "block": BLOCK})
    left = form_on(response, URL)["fields"]
    assert set(statuses().values()) == {"missing"} and left["rest"] == "on"
    assert left[f"p{row_of('4').pk}-text"] == "粘来的第四项。" and left[f"p{row_of('6').pk}-text"] == "六。"


def test_a_block_that_cannot_be_read_is_put_back_with_what_to_do_and_the_rows_too(me):
    response = me.post(URL, write(fields(me), "6", text="六。") | {"do": "fill", "block": "没有表头的一句"})
    left = form_on(response, URL)["fields"]
    assert response.status_code == 422 and "没有认出表头" in response.content.decode()
    assert left["block"] == "没有表头的一句" and left[f"p{row_of('6').pk}-text"] == "六。"


def test_the_departments_own_ledger_is_read_the_same_way(me):
    csv = BLOCK.replace("\t", ",").encode("utf-8-sig")
    response = me.post(URL, fields(me) | {"do": "fill", "sheet": SimpleUploadedFile("九月.csv", csv)})
    assert form_on(response, URL)["fields"][f"p{row_of('4').pk}-text"] == "粘来的第四项。"
    assert set(statuses().values()) == {"missing"}


def test_a_wrong_state_or_a_figure_out_of_range_is_said_at_its_row(me):
    number = first_of("milestone")
    block = f"序号\t目前状态\t完成进度\n{number}\t大概快了\t180"
    response = me.post(URL, fields(me) | {"do": "fill", "block": block})
    page = response.content.decode()
    assert f"第 {number} 项的“目前状态”没有地方填" in page and "大概快了" in page
    assert "请填 0 到 100 之间的整数。" in page
    assert form_on(response, URL)["fields"][f"p{row_of(number).pk}-percent"] == "180"


def test_the_home_page_offers_it_when_more_than_one_is_owed(me):
    assert f'href="{URL}"' in me.get("/").content.decode()
    data = fields(me) | {"do": "submit", "rest": "on"}
    me.post(URL, write(data, "4", text="四。"))
    assert f'href="{URL}"' not in re.sub(r"<nav.*?</nav>", "", me.get("/").content.decode(), flags=re.S)
