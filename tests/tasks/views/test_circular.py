"""通报各页：谁看得到、草稿怎样改、印发、更正、下载；写的东西不丢，读的页面不写。"""

import io
import re
from html import unescape
from types import SimpleNamespace

import pytest
from django.urls import reverse
from docx import Document
from openpyxl import load_workbook

from departments.models import Organisation
from tasks import workflow
from tasks.models import Circular, Event
from tests import factories
from tests.markup import markup
from tests.tasks.notices import correction, draft, issue, issued, section

pytestmark = pytest.mark.django_db


def form_data(circular, **changes) -> dict:
    """浏览器会交上来的草稿。"""
    data = {"title": circular.title, "version": circular.version}
    for s in circular.sections:
        data |= {f"heading_{s['key']}": s["heading"], f"text_{s['key']}": s["text"]}
    return data | changes


def page(response) -> str:
    return markup(response)


# ── 清单 ──


def test_everyone_reads_issued_ones_and_only_the_office_sees_drafts(plan, period, people, at, sign_in):
    issued(plan, people, at)
    thrown = draft(plan, people, at, kind="bulletin")
    for user in (people.office, people.reporter("财务部"), people.leader("李华斌"), people.admin):
        html = page(sign_in(user).get(reverse("circular_list")))
        assert "〔2023〕1号" in html
        assert (thrown.title in html.replace(issued_title(), "")) is user.is_office
        assert ("新建" in html) is user.is_office


def issued_title():
    return Circular.objects.issued().get().title


def test_the_empty_list_says_so(plan, people, sign_in):
    html = page(sign_in(people.office).get(reverse("circular_list")))
    assert "还没有印发过通报。" in html


def test_the_list_is_narrowed_by_kind_and_departments_are_not_offered_reports(plan, period, people, at, sign_in):
    issued(plan, people, at)
    issued(plan, people, at, kind="bulletin")
    html = page(sign_in(people.reporter("财务部")).get(reverse("circular_list"), {"kind": "bulletin"}))
    assert "2023年第1期" in html
    assert "〔2023〕1号" not in html
    assert "kind=report" not in html
    assert "kind=report" in page(sign_in(people.leader("李华斌")).get(reverse("circular_list")))


def test_a_corrected_one_is_marked_and_links_to_the_new(plan, period, people, at, sign_in):
    old = issued(plan, people, at)
    new = issue(correction(old, people, at), people, at)
    client = sign_in(people.reporter("财务部"))
    assert "已由〔2023〕2号更正" in page(client.get(reverse("circular_list")))
    html = page(client.get(reverse("circular_detail", args=[old.pk])))
    assert "这一份已更正" in html
    assert reverse("circular_detail", args=[new.pk]) in html
    assert "这一份更正" in page(client.get(reverse("circular_detail", args=[new.pk])))


def test_the_list_takes_the_same_number_of_queries_for_one_and_for_many(
    plan, people, at, sign_in, django_assert_num_queries
):
    who = {"by": people.office, "at": at("2023-03-01 08:00")}
    periods = [
        workflow.open_period(p, **who)
        for p in workflow.plan_periods(plan, **who, first_month=3, last_month=8, due_day=25)
    ]
    issued(plan, people, at, periods[0])
    client = sign_in(people.office)
    client.get(reverse("circular_list"))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as found:
        client.get(reverse("circular_list"))
    few = len(found)
    for period in periods[1:]:
        issued(plan, people, at, period)
    client.get(reverse("circular_list"))  # 库变了，徽标重数一次
    with django_assert_num_queries(few):
        client.get(reverse("circular_list"))


# ── 起草 ──


def test_the_board_makes_the_draft_in_one_click(plan, period, people, at, sign_in):
    client = sign_in(people.office)
    board = reverse("board_period", args=["2023-09"])
    assert "生成 9月通报" in page(client.get(board))
    response = client.post(reverse("circular_add"), {"kind": "circular", "period": "2023-09"})
    made = Circular.objects.get()
    assert response.url == reverse("circular_edit", args=[made.pk])
    assert "接着写 9月通报" in page(client.get(board))
    issue(made, people, at)
    assert "看 9月通报" in page(client.get(board))
    assert "9月通报" not in page(sign_in(people.leader("李华斌")).get(board))


def test_a_double_click_makes_one_draft(plan, period, people, sign_in):
    client = sign_in(people.office)
    urls = {client.post(reverse("circular_add"), {"kind": "circular", "period": "2023-09"}).url for _ in range(2)}
    assert len(urls) == Circular.objects.count() == 1


def _months():
    """三月到九月都开放过。"""
    plan, people, at = factories.load_plan(), factories.People(), factories.at
    who = {"by": people.office, "at": at("2023-03-01 08:00")}
    return SimpleNamespace(
        plan=plan,
        months=[
            workflow.open_period(p, **who)
            for p in workflow.plan_periods(plan, **who, first_month=3, last_month=9, due_day=25)
        ],
    )


GROUNDS = {"months": _months}


@pytest.fixture
def months(ground):
    return ground.months


def test_a_report_can_span_several_periods(plan, months, people, sign_in):
    data = {"kind": "report", "period": "2023-09", "first_period": "2023-03"}
    sign_in(people.office).post(reverse("circular_add"), data)
    made = Circular.objects.get()
    assert (made.first_period.slug, made.period.slug, made.figures["is_span"]) == ("2023-03", "2023-09", True)
    assert made.title == "关于2023年3月至9月优化营商环境行动方案推进情况的报告"
    assert made.span_name == "2023年3月至2023年9月"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "circular", "period": "2023-09", "first_period": "2023-03"}, "只有汇报可以跨几期"),
        ({"kind": "report", "period": "2023-03", "first_period": "2023-09"}, "不能晚于“截至哪一期”"),
        ({"kind": "circular", "period": "2023-10"}, "选的这一条现在没有了，请重新选"),
        ({"kind": "circular", "period": "9999-99"}, "选的这一条现在没有了，请重新选"),
        ({"kind": "nosuch", "period": "2023-09"}, "请从选项里选"),
        ({}, "有 2 处需要修改"),
    ],
)
def test_a_bad_choice_is_explained_and_makes_nothing(plan, months, people, sign_in, data, said):
    response = sign_in(people.office).post(reverse("circular_add"), data)
    assert response.status_code == 422
    assert said in page(response)
    assert not Circular.objects.exists()


def test_an_issued_period_is_refused_with_where_to_go(plan, period, people, at, sign_in):
    issued(plan, people, at)
    client = sign_in(people.office)
    response = client.post(reverse("circular_add"), {"kind": "circular", "period": "2023-09"}, follow=True)
    assert "已经印发（〔2023〕1号）" in page(response)
    assert Circular.objects.count() == 1


def test_without_a_plan_the_page_says_so(db, people_without_plan, sign_in):
    html = page(sign_in(people_without_plan).get(reverse("circular_add")))
    assert "还没有现行方案" in html
    assert sign_in(people_without_plan).post(reverse("circular_add"), {"kind": "circular"}).status_code == 422
    assert "还没有印发过通报。" in page(sign_in(people_without_plan).get(reverse("circular_list")))


@pytest.fixture
def people_without_plan(db):
    from departments.models import Role
    from tests.factories import make_user

    return make_user("office", Role.OFFICE)


# ── 修改 ──


def test_saving_and_previewing(plan, period, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    url = reverse("circular_edit", args=[made.pk])
    response = client.post(url, form_data(made, text_next="请各部室抓紧。", heading_next="下步安排", title="新标题"))
    assert response.url == url
    made.refresh_from_db()
    assert (made.title, section(made, "next")["text"], section(made, "next")["heading"]) == (
        "新标题",
        "请各部室抓紧。",
        "下步安排",
    )
    html = page(client.get(url))
    assert html.count("已改") == 1
    response = client.post(url, form_data(made, text_next="请抓紧。", preview="1"))
    assert response.url == reverse("circular_detail", args=[made.pk])
    assert "请抓紧。" in page(client.get(response.url))


def test_what_was_typed_is_kept_when_something_is_wrong(plan, period, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    data = form_data(made, text_next="", text_problems="我写的问题。", title="")
    response = client.post(reverse("circular_edit", args=[made.pk]), data)
    assert response.status_code == 422
    html = page(response)
    assert "我写的问题。" in html
    assert "“下步要求”没有内容，没有的请写“无”。" in html
    assert "请写标题。" in html
    made.refresh_from_db()
    assert made.version == 0


def test_two_windows_do_not_overwrite_each_other(plan, period, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    url = reverse("circular_edit", args=[made.pk])
    client.post(url, form_data(made, text_next="先到的。"))
    response = client.post(url, form_data(made, text_next="后到的。"))
    assert response.status_code == 409
    html = page(response)
    assert "后到的。" in html
    assert "先到的。" in html
    assert "刚才已有人改过这份草稿" in html
    assert re.search(r'name="version" value="1"', html)
    made.refresh_from_db()
    assert section(made, "next")["text"] == "先到的。"
    client.post(url, form_data(made, text_next="后到的。", version=1))
    made.refresh_from_db()
    assert section(made, "next")["text"] == "后到的。"


def opened(client, circular) -> dict:
    """打开修改页，浏览器会交上来的：连同打开时各栏的记号。"""
    html = client.get(reverse("circular_edit", args=[circular.pk])).content.decode()
    circular.refresh_from_db()
    return form_data(circular, opened=re.search(r'name="opened" value="([^"]*)"', html)[1])


def test_what_i_did_not_touch_is_taken_from_the_colleague_who_saved_first(plan, period, people, at, sign_in):
    """两个窗口：一个改了“下步要求”存下，另一个只改了开头。再存一次，先存的那一句还在。"""
    made, client = draft(plan, people, at), sign_in(people.office)
    url, mine = reverse("circular_edit", args=[made.pk]), opened(client, made)
    client.post(url, form_data(made, text_next="先到的要求。", title="先到的标题"))
    response = client.post(url, mine | {"text_opening": "后到的开头。"})
    html = page(response)
    assert response.status_code == 409
    assert "您没有动过的“标题”“下步要求”已换成别人刚存的，您写的都还在" in html
    assert "先到的要求。</textarea>" in html and "后到的开头。</textarea>" in html
    assert "两个人都改了" not in html and "别人刚存的正文" not in html
    assert html.count(section(made, "departments")["text"].split("\n")[0]) == 1, "没有人改过的不另摆一遍"
    client.post(url, put_back(response, mine))
    made.refresh_from_db()
    assert [section(made, key)["text"] for key in ("next", "opening")] == ["先到的要求。", "后到的开头。"]
    assert made.title == "先到的标题"


def put_back(response, data) -> dict:
    """放回的一页照原样再交：每一栏都是页面上现在的字。"""
    html = response.content.decode()
    found = dict(re.findall(r'<input type="(?:text|hidden)" name="(\w+)"(?: value="([^"]*)")?', html))
    found |= dict(re.findall(r'<textarea name="(\w+)"[^>]*>\n?(.*?)</textarea>', html, re.DOTALL))
    assert data.keys() <= found.keys()
    return {name: unescape(found[name]) for name in data}


def test_only_what_both_changed_is_shown_beside(plan, period, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    url, mine = reverse("circular_edit", args=[made.pk]), opened(client, made)
    client.post(
        url, form_data(made, text_next="先到的要求。", heading_departments="先到的小标题", text_opening="先到的开头。")
    )
    mine |= {"text_next": "后到的要求。", "heading_departments": "后到的小标题"}
    response = client.post(url, mine)
    html = page(response)
    assert "您没有动过的“开头”已换成别人刚存的；" in html
    assert '<a href="#s-departments">“先到的小标题”</a><a href="#s-next">“下步要求”</a>' in html
    assert '别人刚存的正文：</b><p class="pre">先到的要求。</p>' in html and "后到的要求。</textarea>" in html
    assert "别人刚存的小标题：" in html and "后到的小标题" in html
    client.post(url, put_back(response, mine))
    made.refresh_from_db()
    assert [section(made, key)["text"] for key in ("next", "opening")] == ["后到的要求。", "先到的开头。"]


def test_a_third_save_in_between_is_compared_with_what_the_conflict_page_showed(plan, period, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    url, mine = reverse("circular_edit", args=[made.pk]), opened(client, made)
    client.post(url, form_data(made, text_next="第一次。"))
    first = client.post(url, mine | {"text_opening": "我的。"})
    made.refresh_from_db()
    client.post(url, form_data(made, text_next="第二次。"))
    html = page(client.post(url, put_back(first, mine)))
    assert "第二次。</textarea>" in html and "第一次。" not in html and "我的。</textarea>" in html


@pytest.mark.parametrize("marks", ["", "text_next:0000000000000000", "：:：", "text_next"])
def test_without_the_right_mark_everything_counts_as_mine(plan, period, people, at, sign_in, marks):
    """升级之前打开的页面没有记号；记号被改过的也一样：宁可问一声，不替他换。"""
    made, client = draft(plan, people, at), sign_in(people.office)
    url = reverse("circular_edit", args=[made.pk])
    client.post(url, form_data(made, text_next="先到的。"))
    html = page(client.post(url, form_data(made, opened=marks)))
    assert "先到的。</textarea>" not in html and "别人刚存的正文" in html


@pytest.mark.parametrize(
    ("theirs", "same"),
    [({"text_next": "先到的要求。"}, {}), ({"heading_next": "先改的标题"}, {}), *[({"text_next": "一样的话。"},) * 2]],
    ids=["text", "heading", "both wrote the same"],
)
def test_a_section_the_colleague_just_wrote_is_not_ticked_for_rewriting(
    plan, period, submitted, people, at, sign_in, theirs, same
):
    """打开时替他打上的勾，不能在合过之后盖掉别人刚写的：正文、小标题，还是两个人写得一样。"""
    made, client = draft(plan, people, at), sign_in(people.office)
    mine = opened(client, made) | {"rewrite": [s["key"] for s in made.sections]} | same
    client.post(reverse("circular_edit", args=[made.pk]), form_data(made, **theirs))
    submitted("12", "审批中心", percent=75)
    html = page(client.post(reverse("circular_refill", args=[made.pk]), mine))
    ticked = re.findall(r'name="rewrite" value="(\w+)"[^>]*checked', html)
    assert "next" not in ticked and "overall" in ticked


def test_refilling_says_what_moved_and_keeps_unsaved_words(plan, period, submitted, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    submitted("12", "审批中心", percent=75)
    assert "已报 0→1 项次" in page(client.get(reverse("circular_edit", args=[made.pk])))
    data = form_data(made, text_next="没存过的话。", rewrite=["overall"])
    response = client.post(reverse("circular_refill", args=[made.pk]), data)
    assert response.url == reverse("circular_edit", args=[made.pk])
    made.refresh_from_db()
    assert "已报1项次" in section(made, "overall")["text"]
    assert section(made, "next")["text"] == "没存过的话。"
    assert made.events.latest("pk").note == "修改：下步要求；重写：总体情况"
    assert "数字没有变化。" in page(client.get(response.url))


def test_refilling_nothing_only_changes_figures_and_tables(plan, period, submitted, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    submitted("12", "审批中心", percent=75)
    client.post(reverse("circular_refill", args=[made.pk]), form_data(made))
    before, made = made, Circular.objects.get()
    assert [s["text"] for s in made.sections] == [s["text"] for s in before.sections]
    assert made.figures["counts"]["reported"]["n"] == 1


def test_refilling_never_writes_over_what_was_typed_and_not_saved(plan, period, submitted, people, at, sign_in):
    """“总体情况”没有改过，勾是打开页面时就打上的；写了一段没有存就点“重取数字”，写的还在。"""
    made, client = draft(plan, people, at), sign_in(people.office)
    submitted("12", "审批中心", percent=75)
    url, everything = reverse("circular_refill", args=[made.pk]), [s["key"] for s in made.sections]
    typed = form_data(made, text_overall="没存过的一大段。", heading_next="下一步怎么办", rewrite=everything)
    shown = page(client.post(url, typed, follow=True))
    made.refresh_from_db()
    assert section(made, "overall")["text"] == "没存过的一大段。"
    assert section(made, "next")["heading"] == "下一步怎么办"
    assert "已报1项次" in section(made, "departments")["text"], "没有动过的照样重写"
    assert "没有重写，写的已存下" in shown and "总体情况" in shown
    client.post(url, form_data(made, version=1, rewrite=["overall"]))
    made.refresh_from_db()
    assert "已报1项次" in section(made, "overall")["text"], "存过的，自己勾上才重写"


def test_what_was_only_written_another_way_is_not_a_change(plan, period, people, at, sign_in):
    """存着的文字里有全角空格（引自报送），交来的规整过：不算改过，也不挡重写。"""
    made, client = draft(plan, people, at), sign_in(people.office)
    rough = [s | {"text": f"{s['text']}\n　　第８家。"} if s["key"] == "next" else s for s in made.sections]
    Circular.objects.update(sections=rough)
    made.refresh_from_db()
    client.post(reverse("circular_edit", args=[made.pk]), form_data(made))
    made.refresh_from_db()
    assert made.version == 0 and section(made, "next")["text"].endswith("　　第８家。")


def test_an_unknown_section_cannot_be_rewritten(plan, period, people, at, sign_in):
    made = draft(plan, people, at)
    response = sign_in(people.office).post(
        reverse("circular_refill", args=[made.pk]), form_data(made, rewrite=["nosuch"])
    )
    assert response.status_code == 422


def test_an_issued_paper_is_not_editable_by_any_url(plan, period, people, at, sign_in):
    made, client = issued(plan, people, at), sign_in(people.office)
    before = Circular.objects.values().get()
    assert client.get(reverse("circular_edit", args=[made.pk])).url == reverse("circular_detail", args=[made.pk])
    for name in ("circular_edit", "circular_refill", "circular_issue", "circular_discard"):
        data = form_data(made, title="篡改", checked="on") | {"discard-version": made.version, "discard-sure": "on"}
        response = client.post(reverse(name, args=[made.pk]), data, follow=True)
        assert response.status_code == 409  # 没有可改的页面了，所写的抄在一页上还给人
        assert "篡改" in page(response)
        assert "更正" in page(response) or "现在不能" in page(response)
    assert Circular.objects.values().get() == before


# ── 印发、更正、作废 ──


def test_issuing_from_the_preview(plan, period, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    html = page(client.get(reverse("circular_detail", args=[made.pk])))
    assert "将编 交开营商办通报〔2023〕1号" in html
    assert "（草稿，未编文号）" in html
    url = reverse("circular_issue", args=[made.pk])
    response = client.post(url, {"version": 0})
    assert response.status_code == 422
    assert "请先勾选" in page(response)
    response = client.post(url, {"version": 0, "checked": "on"}, follow=True)
    assert "已印发，交开营商办通报〔2023〕1号。" in page(response)
    assert "2023年9月22日印发" in page(response)
    assert Circular.objects.get().issued_by == people.office


def test_a_double_click_issues_once(plan, period, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    for _ in range(2):
        client.post(reverse("circular_issue", args=[made.pk]), {"version": 0, "checked": "on"})
    assert list(Circular.objects.values_list("number", flat=True)) == [1]
    assert Event.objects.filter(action="circular_issue").count() == 1


def test_moved_figures_need_a_second_tick(plan, period, submitted, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    submitted("12", "审批中心", percent=75)
    url = reverse("circular_issue", args=[made.pk])
    assert "仍按取数时的数字印发" in page(client.get(reverse("circular_detail", args=[made.pk])))
    response = client.post(url, {"version": 0, "checked": "on"}, follow=True)
    assert "请先“重取数字”" in page(response)
    assert Circular.objects.get().is_draft
    client.post(url, {"version": 0, "checked": "on", "accept_stale": "on"})
    assert Circular.objects.get().is_issued


def test_an_edit_after_the_preview_was_opened_stops_the_issue(plan, period, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    client.post(reverse("circular_edit", args=[made.pk]), form_data(made, text_next="后来改的。"))
    response = client.post(reverse("circular_issue", args=[made.pk]), {"version": 0, "checked": "on"}, follow=True)
    assert "刚才已有人改过这份草稿" in page(response)
    assert Circular.objects.get().is_draft


def test_correcting(plan, period, people, at, sign_in):
    old, client = issued(plan, people, at), sign_in(people.office)
    url = reverse("circular_correct", args=[old.pk])
    response = client.post(url, {"reason": ""})
    assert response.status_code == 422
    assert "必须写明理由。" in page(response)
    response = client.post(url, {"reason": "第10项进度有误"})
    new = Circular.objects.drafts().get()
    assert response.url == reverse("circular_edit", args=[new.pk])
    html = page(client.get(response.url))
    assert "更正〔2023〕1号" in html
    assert "更正说明" in html
    assert "第10项进度有误" in html


def test_discarding(plan, period, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    response = client.post(
        reverse("circular_discard", args=[made.pk]), {"discard-version": 0, "discard-sure": "on"}, follow=True
    )
    assert "草稿已作废，不占文号。" in page(response)
    assert "草稿<span" not in page(client.get(reverse("circular_list")))
    assert "已作废" in page(client.get(reverse("circular_detail", args=[made.pk])))


def test_discarding_says_what_is_lost_and_needs_a_tick(plan, period, people, at, sign_in):
    """在“印发”旁边点错一下，改了一下午的草稿就没有了：先说改过几节，勾了才作废。"""
    made, client = draft(plan, people, at), sign_in(people.office)
    url, shown = reverse("circular_discard", args=[made.pk]), reverse("circular_detail", args=[made.pk])
    html = page(client.get(shown))
    assert "作废以后不能再改" in html and "这份草稿改过" not in html
    client.post(reverse("circular_edit", args=[made.pk]), form_data(made, text_next="改。", text_overall="改。"))
    assert "这份草稿改过 2 节（“总体情况”“下步要求”），改的一并作废。" in page(client.get(shown))
    response = client.post(url, {"discard-version": 1})
    assert response.status_code == 422
    assert "请先勾选“确定作废，不再恢复”。" in page(response)
    assert '<details class="more" id="discard" open>' in page(response)
    response = client.post(url, {"discard-version": 0, "discard-sure": "on"})
    assert response.status_code == 409
    assert "刚才有人改过这份草稿，没有作废" in page(response)
    assert Circular.objects.get().is_draft
    client.post(url, {"discard-version": 1, "discard-sure": "on"})
    assert Circular.objects.get().status == Circular.Status.DISCARDED


# ── 谁看得到 ──

READS = ("circular_detail", "circular_figures", "circular_word", "circular_table")


@pytest.mark.parametrize("name", READS)
def test_a_draft_is_not_found_by_anybody_else(plan, period, people, at, sign_in, name):
    url = reverse(name, args=[draft(plan, people, at).pk])
    for user in (people.reporter("财务部"), people.leader("李华斌"), people.admin):
        assert sign_in(user).get(url).status_code == 404
    assert sign_in(people.office).get(url).status_code == 200


@pytest.mark.parametrize("name", READS)
def test_an_issued_one_is_read_by_all_and_a_report_not_by_departments(plan, period, people, at, sign_in, name):
    notice, report = issued(plan, people, at), issued(plan, people, at, kind="report")
    for user in (people.reporter("财务部"), people.leader("李华斌"), people.admin, people.office):
        assert sign_in(user).get(reverse(name, args=[notice.pk])).status_code == 200
        expected = 404 if user.is_reporter else 200
        assert sign_in(user).get(reverse(name, args=[report.pk])).status_code == expected


def test_figures_link_to_their_lists_only_for_those_who_may_see_them(plan, period, people, at, sign_in):
    url = reverse("circular_figures", args=[issued(plan, people, at).pk])
    office, department = page(sign_in(people.office).get(url)), page(sign_in(people.reporter("财务部")).get(url))
    board = reverse("board_period", args=["2023-09"])
    assert f"{board}?light=red" in office
    assert "看现在的清单" in office
    assert board not in department
    assert "看现在的清单" not in department
    assert "第12项 优化环评流程（审批中心）" in office
    assert "第12项" not in department  # 不给看总览的，也不给看数到的每一条


def test_those_who_do_not_see_the_board_get_numbers_only(plan, period, people, at, sign_in):
    """部室页上不给看的（别人的问题、草稿、延期），也不从通报的数字里漏出去。"""
    from tasks.models import Problem

    workflow.open_problem(
        plan, by=people.office, at=at("2023-09-10 09:00"), title="窗口排队", text="说明", category="service",
        level="department", department=people.reporter("财务部").department, due_on=at("2023-09-30 00:00").date(), measure=None,
    )  # fmt: skip
    assert Problem.objects.count() == 1
    made = issued(plan, people, at)
    for user, sees in ((people.reporter("科技创新部"), False), (people.office, True), (people.leader("李华斌"), True)):
        client = sign_in(user)
        html = page(client.get(reverse("circular_figures", args=[made.pk])))
        book = load_workbook(io.BytesIO(client.get(reverse("circular_table", args=[made.pk])).content))
        cells = {str(v) for row in book["数字"].iter_rows(values_only=True) for v in row}
        assert ("窗口排队" in html) is sees
        assert ("窗口排队" in "".join(cells)) is sees
        assert ("明细" in cells) is sees
        assert ("有草稿" in html) is ("未报（有草稿）" in cells) is sees
        assert "未销号问题" in html


# ── 下载 ──


def test_word_and_excel_are_attachments_named_after_the_paper(plan, period, people, at, sign_in):
    made = issued(plan, people, at)
    client = sign_in(people.reporter("财务部"))
    response = client.get(reverse("circular_word", args=[made.pk]))
    assert response["Content-Type"].endswith("wordprocessingml.document")
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert "一、总体情况" in [p.text for p in Document(io.BytesIO(response.content)).paragraphs]
    response = client.get(reverse("circular_table", args=[made.pk]))
    assert load_workbook(io.BytesIO(response.content)).sheetnames == ["举措", "部室", "数字"]


def test_a_title_full_of_quotes_and_newlines_does_not_break_the_headers(plan, period, people, at, sign_in):
    made = draft(plan, people, at)
    Circular.objects.update(title='甲"乙\r\nSet-Cookie: a=b/../丙')
    for name in ("circular_word", "circular_table"):
        response = sign_in(people.office).get(reverse(name, args=[made.pk]))
        assert response.status_code == 200
        assert "\n" not in response["Content-Disposition"]
        assert "Set-Cookie" not in dict(response.items())


def test_hostile_words_are_shown_as_words(plan, period, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    words = "<script>alert(1)</script>{{ 7*7 }}"
    client.post(reverse("circular_edit", args=[made.pk]), form_data(made, text_next=words, title=f"标题{words}"))
    for name in ("circular_edit", "circular_detail", "circular_figures"):
        html = page(client.get(reverse(name, args=[made.pk])))
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in page(client.get(reverse("circular_list")))


def test_too_long_a_section_is_said_and_nul_is_dropped_at_the_door(plan, period, people, at, sign_in):
    made, client = draft(plan, people, at), sign_in(people.office)
    response = client.post(reverse("circular_edit", args=[made.pk]), form_data(made, text_next="长" * 8001))
    assert response.status_code == 422
    assert "该变量" not in page(response)
    assert "“下步要求”的正文最多 8000 字，现有 8001 字。" in page(response)
    long = form_data(made, title="长" * 201, heading_next="长" * 61)
    html = page(client.post(reverse("circular_edit", args=[made.pk]), long))
    assert "标题最多 200 字，现有 201 字。" in html
    assert "“下步要求”的小标题最多 60 字，现有 61 字。" in html
    made.refresh_from_db()
    assert made.version == 0
    client.post(reverse("circular_edit", args=[made.pk]), form_data(made, text_next="坏\x00字"))
    made.refresh_from_db()
    assert section(made, "next")["text"] == "坏字"


# ── 页面的规矩 ──


@pytest.mark.parametrize(
    "name", ["circular_list", "circular_add", "circular_detail", "circular_edit", "circular_figures"]
)
def test_pages_have_one_heading_labelled_controls_and_unique_ids(plan, period, people, at, sign_in, name):
    made = draft(plan, people, at)
    args = [] if name in ("circular_list", "circular_add") else [made.pk]
    html = page(sign_in(people.office).get(reverse(name, args=args)))
    assert html.count("<h1") == 1
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    main = html.split('id="main"')[1].split("<footer")[0]
    for control in re.findall(r"<(?:input|select|textarea)[^>]*>", main):
        if 'type="hidden"' in control:
            continue
        label = re.search(r'\sid="([^"]+)"', control)
        assert label, control
        assert f'for="{label[1]}"' in main or re.search(f"<label[^>]*>{re.escape(control)}", main), control


def test_the_detail_page_takes_few_queries_whatever_the_figures(
    plan, period, people, at, sign_in, django_assert_max_num_queries
):
    made = issued(plan, people, at)
    client = sign_in(people.reporter("财务部"))
    with django_assert_max_num_queries(14):
        client.get(reverse("circular_detail", args=[made.pk]))


def test_a_title_cannot_turn_the_name_of_the_file_round(plan, period, people, at, sign_in):
    """双向控制符能把“xcod.exe”显示成“exe.docx”。"""
    made, client = draft(plan, people, at), sign_in(people.office)
    data = form_data(made, title="关于\u202e倒排\n的通报", text_next="抓\u202e紧。")
    client.post(reverse("circular_edit", args=[made.pk]), data)
    made.refresh_from_db()
    assert (made.title, section(made, "next")["text"]) == ("关于倒排 的通报", "抓紧。")
    Circular.objects.update(title="早先存的\u202e标题")
    assert "%E2%80%AE" not in client.get(reverse("circular_word", args=[made.pk]))["Content-Disposition"]


@pytest.mark.parametrize(
    ("today", "said"), [("2023-09-22", "还有3天截止"), ("2023-09-25", "今天截止"), ("2023-09-26", "")]
)
def test_issuing_before_the_due_date_is_warned_of(plan, period, people, at, sign_in, settings, today, said):
    settings.BUSINESS_DATE = today
    html = page(sign_in(people.office).get(reverse("circular_detail", args=[draft(plan, people, at).pk])))
    assert (f"9月报送{said}。现在印发，尚未报送的会写进通报。" in html) is bool(said)
    assert ("截止。现在印发" in html) is bool(said)


def test_the_two_untitled_sections_of_a_correction_have_their_own_names(plan, period, people, at, sign_in):
    new = correction(issued(plan, people, at), people, at)
    html = page(sign_in(people.office).get(reverse("circular_edit", args=[new.pk])))
    assert re.findall(r'<h2 id="s-(?:correction|opening)">([^<]+)', html) == ["更正说明", "开头"]


def test_a_corrected_bulletin_says_which_issue(plan, period, people, at):
    new = correction(issued(plan, people, at, kind="bulletin"), people, at)
    assert section(new, "correction")["text"] == (
        "本期更正《优化营商环境工作简报》2023年第1期：因第10项进度有误，以本期为准，原一期不再使用。"
    )


def test_a_bulletin_is_shown_without_an_annex(plan, period, people, at, sign_in):
    made = issued(plan, people, at, kind="bulletin")
    html = page(sign_in(people.office).get(reverse("circular_detail", args=[made.pk])))
    assert 'id="h-annex"' not in html
    assert "办公室编　2023年9月22日" in html


# ── 印发以后，所写的期又变了 ──


def where_told(client, circular) -> dict[str, bool]:
    """说了“印发以后……”的各页。"""
    pages = {
        "公文": reverse("circular_detail", args=[circular.pk]),
        "总览": reverse("board_period", args=["2023-09"]),
        "报送期": reverse("period_list"),
    }
    return {name: "（〔2023〕1号）印发以后" in page(client.get(url)) for name, url in pages.items()}


def test_a_period_reopened_after_its_notice_was_issued_is_told_everywhere_until_corrected(
    plan, period, people, at, sign_in
):
    workflow.close_period(period, by=people.office, at=at("2023-09-21 10:00"))
    told, office = issued(plan, people, at, when="2023-09-21 12:00"), sign_in(people.office)
    assert set(where_told(office, told).values()) == {False}
    before = page(office.get(reverse("period_list")))
    said = "2023年9月的通报（〔2023〕1号）已经印发，印的是那时的数字；数字变了的，请打开那一份点“更正”。"
    assert said in before, "重新开放之前就说"
    done = office.post(reverse("period_reopen", args=["2023-09"]), {"2023-09-reason": "漏报"}, follow=True)
    assert f"2023年9月已重新开放。{said}" in page(done)
    assert set(where_told(office, told).values()) == {True}
    shown = page(office.get(reverse("circular_detail", args=[told.pk])))
    assert "现在重数，" in shown
    assert '<details class="card sec more no-print" id="correct" open>' in shown
    reader = page(sign_in(people.reporter("财务部")).get(reverse("circular_detail", args=[told.pk])))
    assert "（〔2023〕1号）印发以后" in reader
    assert "现在重数" not in reader, "现在的数字填报人看不到"
    assert "起草更正稿" not in reader
    newer = correction(told, people, at, when="2023-09-23 10:00")
    issue(newer, people, at, when="2023-09-23 10:00", accept_stale=True)
    assert set(where_told(sign_in(people.office), told).values()) == {False}


def test_an_approval_revoked_after_the_notice_was_issued_is_told_and_a_later_one_is_not(
    plan, period, people, at, sign_in, submitted
):
    kept = {"by": people.office, "at": at("2023-09-20 15:00")}
    row = workflow.approve_progress(submitted("12", "审批中心", percent=75), **kept)
    later = submitted("14", "党务办", percent=75)
    told, office = issued(plan, people, at, when="2023-09-21 12:00"), sign_in(people.office)
    assert "（〔2023〕1号）已经印发" in page(office.get(reverse("review_detail", args=[row.pk])))
    workflow.approve_progress(later, by=people.office, at=at("2023-09-21 15:00"))
    office.post(reverse("progress_revoke", args=[later.pk]), {"revoke-reason": "看漏了"})
    assert set(where_told(office, told).values()) == {False}, "印发以后才通过的，通报里没有它"
    done = page(office.post(reverse("progress_revoke", args=[row.pk]), {"revoke-reason": "看漏了"}, follow=True))
    assert "请重新通过，或写明意见退回。2023年9月的通报（〔2023〕1号）已经印发" in done
    assert set(where_told(office, told).values()) == {True}
    assert "撤销过 1 次通过" in page(office.get(reverse("circular_detail", args=[told.pk])))
    assert "印发后期内有变动" in page(office.get(reverse("circular_list")))


def test_an_issued_paper_keeps_the_word_for_departments_of_its_day(plan, period, people, at, sign_in):
    """印发以后统称改成“部门”：印发的那份 Word、附表一字不变，新起草的照新的。"""
    made = issued(plan, people, at, period)
    client = sign_in(people.office)

    def words(circular):
        document = Document(io.BytesIO(client.get(reverse("circular_word", args=[circular.pk])).content))
        book = load_workbook(io.BytesIO(client.get(reverse("circular_table", args=[circular.pk])).content))
        told = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        return told + [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]

    before = words(made)
    Organisation.objects.update(unit="部门")
    assert words(made) == before and "牵头部室" in before and "牵头部门" not in before
    assert "牵头部门" in words(correction(made, people, at))
