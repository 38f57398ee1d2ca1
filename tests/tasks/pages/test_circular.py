"""通报各页要的东西：草稿不必每看一次就把全部数字收一遍；再大的方案，一页也只有那么多行。"""

import pytest
from django.urls import reverse

from tasks import workflow
from tasks.models import Circular, Progress
from tasks.pages import circular as circular_pages
from tasks.workflow import circular as circular_workflow
from tests.markup import markup

pytestmark = pytest.mark.django_db
NOON = "2023-09-22 12:00"


@pytest.fixture
def started(plan, period, people, at):
    """照页面起草的一份通报。"""
    return circular_pages.start(
        plan, by=people.office, at=at(NOON), kind="circular", first_period=period, period=period
    )


@pytest.fixture
def counted(monkeypatch):
    """收了几遍全部数字。"""
    calls, collect = [], circular_workflow.collect

    def counting(*args, **kwargs):
        calls.append(args)
        return collect(*args, **kwargs)

    monkeypatch.setattr(circular_workflow, "collect", counting)
    return calls


def test_a_draft_of_a_plan_where_nothing_happened_is_looked_at_without_counting(started, people, sign_in, counted):
    client = sign_in(people.office)
    for name in ("circular_detail", "circular_edit"):
        client.get(reverse(name, args=[started.pk]))
    assert counted == []


def test_editing_the_words_does_not_make_it_count_again(started, people, at, counted):
    saved = workflow.save_circular(
        started, by=people.office, at=at("2023-09-22 13:00"), version=started.version, title="改过的标题", content={}
    )
    assert circular_workflow.changes_since(saved, at("2023-09-22 14:00")) == [] == counted


def test_a_report_a_saved_draft_or_another_day_makes_it_count(started, people, submitted, at, counted):
    """存草稿不记操作记录，可是“未报（有草稿）”会变。"""
    row = Progress.objects.get(assignment__measure__number="12", assignment__department__name="审批中心")
    who = {"by": people.reporter("审批中心"), "at": at("2023-09-22 13:00")}
    workflow.save_progress(row, **who, version=row.version, content={"text": "写了一半"})
    moved = circular_workflow.changes_since(started, at("2023-09-22 14:00"))
    assert [said for said in moved if said.startswith("未报（有草稿） 0→1")] and len(counted) == 1
    submitted("7", "审批中心")
    assert "已报 0→1 项次" in circular_workflow.changes_since(started, at("2023-09-22 14:00"))
    assert circular_workflow.state_of(started.period, at("2023-09-23 09:00")) != started.state


def test_refilling_takes_the_state_with_the_figures(started, people, submitted, at, sign_in, counted):
    submitted("12", "审批中心", percent=75)
    sections = {s["key"]: s for s in started.sections}
    data = {"title": started.title, "version": started.version, "rewrite": ["overall"]}
    data |= {f"heading_{key}": s["heading"] for key, s in sections.items()}
    data |= {f"text_{key}": s["text"] for key, s in sections.items()}
    client = sign_in(people.office)
    client.post(reverse("circular_refill", args=[started.pk]), data)
    assert "数字没有变化。" in markup(client.get(reverse("circular_edit", args=[started.pk]))) and counted == []


def test_a_draft_that_does_not_know_its_state_is_counted(started, at, counted):
    """升级之前起草的。"""
    Circular.objects.update(state="")
    started.refresh_from_db()
    assert circular_workflow.changes_since(started, at(NOON)) == [] and len(counted) == 1


def test_issuing_always_counts(started, people, at, counted):
    workflow.issue_circular(started, by=people.office, at=at("2023-09-22 13:00"), version=started.version)
    assert len(counted) == 1


# ── 再大也只有那么多行 ──


@pytest.fixture
def large(started, people, at):
    """印发过的一份，附件有 230 项，“举措总数”数到 230 条。"""
    made = workflow.issue_circular(started, by=people.office, at=at("2023-09-22 13:00"), version=started.version)
    line, row = made.figures["lines"][0], made.figures["counts"]["measures"]["rows"][0]
    made.figures["lines"] = [line | {"number": str(n), "title": f"举措甲{n}号"} for n in range(1, 231)]
    made.figures["counts"]["measures"] |= {
        "n": 230, "rows": [row | {"text": f"第{n}项 举措甲{n}号"} for n in range(1, 231)],
    }  # fmt: skip
    made.save()
    return made


@pytest.mark.parametrize(("query", "first", "last"), [("", 1, 100), ("?page=2", 101, 200), ("?page=9", 201, 230)])
def test_the_annex_on_the_page_is_paged(large, people, sign_in, query, first, last):
    html = markup(sign_in(people.office).get(reverse("circular_detail", args=[large.pk]) + query))
    found = [n for n in range(1, 231) if f"举措甲{n}号" in html]
    assert found == list(range(first, last + 1)) and "共 3 页，230" in html


def test_each_figure_shows_its_first_rows_and_the_rest_page_by_page(large, people, sign_in):
    client, url = sign_in(people.office), reverse("circular_figures", args=[large.pk])
    html = markup(client.get(url))
    assert [n for n in range(1, 231) if f"举措甲{n}号" in html] == list(range(1, 51))
    assert 'href="?of=measures"' in html and "看全部 230 项" in html
    html = markup(client.get(url, {"of": "measures", "page": 2}))
    assert [n for n in range(1, 231) if f"举措甲{n}号" in html] == list(range(201, 231))
    assert "of=measures&amp;page=1" in html and "应报" not in html


def test_one_figure_is_not_listed_for_those_who_do_not_see_the_board(large, people, sign_in):
    html = markup(
        sign_in(people.reporter("财务部")).get(reverse("circular_figures", args=[large.pk]), {"of": "measures"})
    )
    assert "举措甲" not in html


def test_an_unknown_figure_shows_them_all(large, people, sign_in):
    assert "应报" in markup(sign_in(people.office).get(reverse("circular_figures", args=[large.pk]), {"of": "nothing"}))
