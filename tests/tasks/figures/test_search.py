"""搜索：问出来的每一种写法都找得到，各张清单同一个规矩，两种数据库一样。"""

import datetime as dt

import pytest
from django.urls import reverse

from departments.models import Department
from tasks import workflow
from tasks.figures import filters
from tasks.figures.search import MOST, words
from tasks.models import Measure
from tests.markup import markup

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("written", "number", "unit"),
    [
        ("8", "8", ""), ("８", "8", ""), ("第7项", "7", "项"), ("第八项", "8", "项"), ("第二十一项", "21", "项"), ("十项", "10", "项"),
        ("8-1", "8-1", ""), ("第08项", "8", "项"), ("问题3号", "3", "号"), ("3号", "3", "号"), ("一", "", ""), ("80%", "", ""), ("企业", "", ""),
    ],
)  # fmt: skip
def test_a_number_is_known_however_it_is_written(written, number, unit):
    [word] = words(written)
    assert (word.number, word.unit) == (number, unit)


def test_words_are_set_apart_by_blanks_and_quotes_of_any_kind():
    for written in ("企业 开办", "“企业”开办", "「企业」『开办』", '企业　"开办"', "企业、开办", "企业 企业 开办"):
        assert [word.text for word in words(written)] == ["企业", "开办"]
    assert len(list(words(" ".join(map(str, range(50)))))) == MOST, "词数有限，查询就有限"
    assert list(words("“”　")) == []


FOUND = {
    "企业 开办": {"5"},
    "第7项": {"7"}, "第八项": {"8"}, "80％": {"8"}, "８０％": {"8"}, "80%": {"8"}, "王卫东": {"17"},
    "财务管理运营部": {"4", "15", "16"}, "财 务 部": {"4", "15", "16"} , "「柔性引进人才计划」": {"21"}, '"柔性引进人才计划"': {"21"},
    "第二十一项": {"21"}, "李华斌 规划建设部": {"8", "10"},
}  # fmt: skip


@pytest.mark.parametrize("q", FOUND)
def test_each_way_of_asking_finds_the_measures(plan, q):
    found = filters.matching(Measure.objects.in_force().filter(plan=plan), {"q": q})
    assert set(found.values_list("number", flat=True)) == FOUND[q]


def test_every_name_of_a_department_and_leader_finds_what_they_lead(plan, people, sign_in):
    client, seven = sign_in(people.office), Measure.objects.get(number="7")
    for q in ("审批中心", "行政审批中心", "李华斌", "第七项"):
        assert seven.title in markup(client.get(reverse("measure_list"), {"q": q}))


@pytest.fixture
def problem(plan, people, at):
    return workflow.open_problem(
        plan, by=people.office, at=at("2023-09-20 10:00"), title="ＰＯＳ机没有到货", text="共８台。", category="other",
        level="department", department=Department.objects.get(name="审批中心"), due_on=dt.date(2023, 10, 10),
        measure=Measure.objects.get(number="7"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "q",
    [
        "1",
        "１号",
        "问题1号",
        "第7项",
        "第七项",
        "7",
        "审批中心",
        "行政审批中心",
        "李华斌",
        "pos",
        "POS机",
        "8台",
        "到货 审批中心",
    ],
)
def test_a_problem_is_found_by_number_measure_department_leader_and_words_in_any_width(problem, people, sign_in, q):
    assert problem.title in markup(sign_in(people.office).get(reverse("problem_list"), {"q": q}))


@pytest.mark.parametrize("q", ["第8项", "财务部", "2号", "到货 财务部", "王卫东"])
def test_and_not_by_what_it_is_not(problem, people, sign_in, q):
    assert problem.title not in markup(sign_in(people.office).get(reverse("problem_list"), {"q": q}))


@pytest.mark.parametrize("q", ["第7项", "1号", "审批中心 到货"])
def test_the_log_is_searched_the_same_way(problem, people, sign_in, q):
    assert "到货" in markup(sign_in(people.office).get(reverse("event_list"), {"q": q}))


@pytest.mark.parametrize("name", ["measure_list", "problem_list", "event_list", "publicity_list"])
def test_nothing_found_says_what_was_looked_for(problem, people, sign_in, name):
    shown = markup(sign_in(people.office).get(reverse(name), {"q": "没有 这样的字"}))
    assert "找的是：没有 这样的字" in shown
