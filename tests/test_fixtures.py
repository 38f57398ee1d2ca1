"""库里的方案与印发文件逐字一致：每次都从原文重新解析来比。"""

import pytest
from django.conf import settings
from django.core.management import call_command

from departments.models import Department, DepartmentAlias, Leader
from tasks.imports import documents
from tasks.models import Assignment, Measure, MeasureLeader, Target
from tests.tasks.imports.samples import SEED_TEXT

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document():
    return documents.parse_text(SEED_TEXT)


def test_everything_in_fixtures_loads_into_an_empty_database_in_order_of_name(db):
    for file in sorted((settings.BASE_DIR / "fixtures").iterdir()):
        # 每载入一个都核对外键：后面的可以指着前面的，不能反过来。
        call_command("loaddata", file.name.removesuffix(".json"), verbosity=0)
    assert (Department.objects.count(), Leader.objects.count(), Measure.objects.count()) == (9, 11, 21)


def test_the_21_measures_are_the_document_word_for_word(plan, document):
    stored = [(m.number, m.title, m.text, m.lead_label) for m in Measure.objects.all()]
    assert stored == [(m.number, m.title, m.text, m.lead_label) for m in document.measures]
    assert len(stored) == 21


def test_leaders_of_each_measure_are_those_the_document_names_in_its_order(plan, document):
    for measure, written in zip(Measure.objects.all(), document.measures, strict=True):
        assert tuple(link.leader.name for link in measure.leader_links.all()) == written.leaders


def test_departments_of_each_measure_are_those_the_document_names_in_its_order(plan, document):
    everybody = tuple(Department.objects.values_list("name", flat=True))
    for measure, written in zip(Measure.objects.all(), document.measures, strict=True):
        found = tuple(a.department.name for a in measure.assignments.order_by("order"))
        assert found == (everybody if written.departments == ("各部室",) else written.departments)
        assert measure.all_departments == (written.departments == ("各部室",))


def test_head_goal_safeguards_and_members_are_verbatim(plan, document):
    head = document.head
    assert (plan.document_number, plan.issued_on, plan.title) == (
        head["document_number"],
        head["issued_on"],
        head["title"],
    )
    assert (plan.notice, plan.preamble, plan.goal) == (head["notice"], head["preamble"], head["goal"])
    assert [(p["heading"], p["text"]) for p in plan.safeguards] == head["safeguards"]
    assert plan.group_title == head["members_heading"]
    assert (plan.goal_heading, plan.safeguards_heading) == (head["goal_heading"], head["safeguards_heading"])
    assert set(plan.measures.values_list("section", flat=True)) == {head["measures_heading"]}
    written = [(role, name, post) for role, name, _, post in head["members"]]
    assert [(m["role"], m["name"], m["post"]) for m in plan.group_members] == written
    assert plan.group_note == "名单据文件所载，可能不全"


def test_the_two_sections_numbered_one_keep_their_numbers(plan):
    assert [p["heading"][:3] for p in plan.safeguards] == ["（一）", "（一）", "（二）", "（三）"]


def test_counts_are_21_measures_22_leader_links_and_31_assignments(plan):
    assert Measure.objects.count() == 21
    assert MeasureLeader.objects.count() == 22
    assert Assignment.objects.count() == 31
    assert Assignment.objects.exclude(measure__all_departments=True).count() == 22
    assert Measure.objects.filter(lead_label="部室").count() == 17
    assert list(Measure.objects.filter(lead_label="部门").values_list("number", flat=True)) == ["5", "6", "7", "8"]


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("李华斌", "2 5 6 7 8 10 11 12 15 16"),
        ("陈向东", "3 4 18 19 20 21"),
        ("张富平", "1 13 14"),
        ("郑瑞林", "8 9"),
        ("王卫东", "17"),
    ],
)
def test_each_leader_leads_exactly_these_measures(plan, name, numbers):
    led = Measure.objects.led_by(Leader.objects.get(name=name))
    assert list(led.values_list("number", flat=True)) == numbers.split()


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("审批中心", "2 5 6 7 8 11 12"),
        ("经济发展部", "3 14 18"),
        ("规划建设部", "8 9 10"),
        ("科技创新部", "19 20 21"),
        ("党务办", "1 14"),
        ("财务部", "15 16"),
        ("综合办", "13"),
        ("纪工委", "17"),
        ("招商引资部", ""),
    ],
)
def test_each_department_leads_exactly_these_besides_measure_4(plan, name, numbers):
    found = Measure.objects.filter(assignments__department__name=name).exclude(number="4")
    assert list(found.values_list("number", flat=True)) == numbers.split()


def test_eleven_people_carry_only_the_posts_the_document_gives(plan, document):
    posts = {clean: post for _, _, clean, post in document.head["members"]} | {"王卫东": ""}
    assert {leader.name: leader.post for leader in Leader.objects.all()} == posts
    assert len(posts) == 11


def test_inferred_aliases_wait_for_the_office(plan):
    waiting = {a.name for a in DepartmentAlias.objects.all() if a.needs_confirmation}
    assert waiting == {"财务管理运营部", "行政审批中心"}


def test_seven_testable_targets_quote_the_document(plan):
    found = {
        (t.measure.number, t.operator, f"{t.value.normalize():f}{t.unit}", t.strength) for t in Target.objects.all()
    }
    assert found == {
        ("5", "le", "0.5个工作日", "must"),
        ("5", "eq", "5枚", "must"),
        ("8", "eq", "100%", "must"),
        ("8", "ge", "80%", "must"),
        ("16", "ge", "1家", "must"),
        ("20", "ge", "10家", "strive"),
        ("20", "ge", "1家", "apply"),
    }
    for target in Target.objects.all():
        assert target.quote in target.measure.text


def test_kinds_are_our_own_and_wait_for_the_office(plan):
    kinds = dict(Measure.objects.values_list("number", "kind"))
    assert {n for n, k in kinds.items() if k == "routine"} == {"1", "4", "6", "11", "13", "17"}
    assert {n for n, k in kinds.items() if k == "indicator"} == {"5", "8", "16", "20"}
    assert not Measure.objects.filter(kind_is_confirmed=True).exists()


def test_oddities_of_the_document_are_kept_and_only_the_display_is_cleaned(plan):
    four, thirteen = Measure.objects.get(number="4"), Measure.objects.get(number="13")
    assert four.text.count("一个专班服务") == 2
    assert "金牌店 小二" in thirteen.text
    assert "金牌店小二" in thirteen.display_text
    changed = [m.number for m in Measure.objects.all() if m.display_text != m.text]
    assert changed == ["13"]
