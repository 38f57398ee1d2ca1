"""导出的台账改好传回：预览说出的恰好是改了的，生效后再导出传回又是全部无变化；怪文字一个不丢。"""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from departments.models import Department, Leader
from tasks import workflow
from tasks.imports import applying
from tasks.imports.rows import KIND_LABELS
from tasks.models import Measure, PlanRevision
from tasks.papers.columns import COLUMNS
from tests import factories
from tests.examples import share
from tests.tasks.ledgers import edited, exported, grid, place
from yingshang.tables.normalising import clean_line, clean_text

pytestmark = pytest.mark.django_db
KINDS = ("xlsx", "csv")
NUMBER, TITLE, TEXT, LEADERS, DEPARTMENTS, DEADLINE, KIND = range(7)
HELPERS = place("cooperating")
FIELDS = ("number", "title", "text", "leaders", "departments", "deadline", "kind")
RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def preview(plan, data, kind):
    return applying.preview(plan, data, f"督办台账.{kind}")[1]


def unchanged(plan, user):
    return all(preview(plan, exported(plan, user, kind), kind).is_empty for kind in KINDS)


# ── 不改就传回 ────────────────────────────────────────────

WEIRD = {
    "1": {"text": "=1+1"},
    "2": {"text": "+86-358；-1；@全体", "title": "@全面放宽市场准入"},
    "3": {"text": "'=撇号开头\n第二行\n\n第四行"},
    "5": {"text": "甲\"乙\"丙，“丁”‘戊’，'己', a,b;c\td"},
    "6": {"text": "&lt;b&gt; <script>alert(1)</script> & ＆ _x0041_ _x000D_"},
    "7": {"title": "－减环节＝提效", "text": "－减环节＝提效。全角１２３ＡＢＣ％（）：，"},
    "10": {"text": "　 首尾有空白，库里却没有规整 \r\n末行　"},
    "11": {"deadline": "=2023年9月底前", "text": "#N/A"},
    "12": {"deadline": "45291", "title": "优化环评流程。"},
    "14": {"deadline": "8-1"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_ledger_sent_back_untouched_is_all_unchanged(demo, kind, at):
    """有报送、有定灯、有退出的、有“8-1”、有怪文字、有离任领导、有停用部室，都一样。"""
    plan, people = demo, factories.People()
    for number, values in WEIRD.items():
        assert Measure.objects.filter(plan=plan, number=number).update(**values) == 1
    Measure.objects.filter(plan=plan, number="9").update(number="8-1", position=8001)
    Measure.objects.filter(plan=plan, number="19").update(retired_in=plan.revision)
    Leader.objects.filter(name="王卫东").update(is_active=False)
    Department.objects.filter(name="科技创新部").update(is_active=False)
    data = exported(plan, people.admin, kind)
    assert preview(plan, data, kind).counts | {"confirm": 0} == {
        "added": 0, "changed": 0, "renumbered": 0, "revived": 0, "same": 20, "removed": 0, "confirm": 0,
    }  # fmt: skip
    with pytest.raises(applying.Unchanged, match="全部无变化"):
        applying.draft(plan, data, f"台账.{kind}", by=people.admin, at=at("2023-09-22 10:00"))
    assert PlanRevision.objects.count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_whose_texts_do_not_repeat_the_titles_is_unchanged_too(db, kind):
    """各行原文都不含名称的方案：不因此给每一项补上名称。"""
    plan, admin = factories.make_plan(5), factories.make_user("admin", "admin")
    for measure in plan.measures.all():
        Measure.objects.filter(pk=measure.pk).update(text=f"做好{measure.number}件事。按月通报。")
    data = exported(plan, admin, kind)
    assert preview(plan, data, kind).is_empty

    def change(rows):
        rows[1][TEXT] = "做好3件事。按周通报。"
        return rows

    [found] = preview(plan, edited(data, kind, change), kind).of_kind("changed")
    assert (found.new.text, [f.name for f in found.fields]) == ("做好3件事。按周通报。", ["text"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_helpers_go_out_and_come_back(plan, people, period, kind):
    """配合单位写在台账里，不改传回没有变化；改了的恰好是那一项的那一栏。"""
    Measure.objects.filter(plan=plan, number="3").update(cooperating="公安分局、财务部")
    data = exported(plan, people.admin, kind)
    assert [row[HELPERS] for row in grid(data, kind)[1:] if row[NUMBER] == "3"] == ["公安分局、财务部"]
    assert preview(plan, data, kind).is_empty

    def change(rows):
        rows[4][HELPERS] = "税务局"
        return rows

    [found] = preview(plan, edited(data, kind, change), kind).of_kind("changed")
    assert (found.new.number, [f.name for f in found.fields]) == ("5", ["cooperating"])
    assert found.new.cooperating == ("税务局",)


def test_a_helper_still_asked_to_report_is_named_when_it_leaves_the_plan(plan, period, people, at):
    """办公室正请它报的，不再列它、那一项要退出、它改为牵头，预览里都说会怎样、怎么办；没有改到它的不说。"""
    Measure.objects.filter(plan=plan, number__in=["3", "5", "7"]).update(cooperating="财务部")
    money = Department.objects.get(name="财务部")
    for number in ("3", "5", "7"):
        said = {"departments": [money], "period": period, "due_on": dt.date(2023, 9, 24), "text": "配合了什么。"}
        measure = Measure.objects.get(plan=plan, number=number)
        workflow.ask_cooperation(measure, by=people.office, at=at("2023-09-10 09:00"), **said)
    data = exported(plan, people.admin, "csv")
    assert not [said for said in preview(plan, data, "csv").remarks if "配合情况" in said]

    def change(rows):
        rows[2][HELPERS], rows[4][HELPERS] = "税务局", ""
        rows[4][DEPARTMENTS] = "财务部"
        return [row for row in rows if row[NUMBER] != "7"]

    said = preview(plan, edited(data, "csv", change), "csv").remarks
    assert (
        "第3项办公室正请财务部报配合情况，新的一版里不再列它为配合单位；请的照旧有效，不用了请办公室到举措页撤销。"
        in said
    )
    assert "第7项办公室正请财务部报配合情况，这一项退出以后不用再报。" in said
    assert any(word.startswith("第5项办公室正请财务部报配合情况，新的一版里由它牵头") for word in said)


@pytest.mark.parametrize("kind", KINDS)
def test_writing_in_the_status_columns_changes_nothing(plan, people, period, kind):
    def scribble(rows):
        status = [c.is_status for c in COLUMNS]
        return [["改" if is_status else cell for cell, is_status in zip(row, status, strict=True)] for row in rows]

    assert preview(plan, edited(exported(plan, people.admin, kind), kind, scribble), kind).is_empty


def test_only_the_order_of_names_is_no_change_and_leaves_no_event(plan, people, at):
    """牵头领导、部室的次序不分主次：只调次序不算改，生效时也不改。"""

    def swap(rows):
        for row in rows:
            row[LEADERS] = "、".join(reversed(row[LEADERS].split("、")))
            row[DEPARTMENTS] = "、".join(reversed(row[DEPARTMENTS].split("、")))
            if row[NUMBER] == "3":
                row[TEXT] += "另行安排。"
        return rows

    before = applying.snapshot(plan)
    data = edited(exported(plan, people.admin), "xlsx", swap)
    draft = applying.draft(plan, data, "台账.xlsx", by=people.admin, at=at("2023-09-22 10:00"))
    assert (draft.diff["counts"]["changed"], draft.diff["counts"]["same"]) == (1, 20)
    applying.apply_revision(draft, by=people.admin, at=at("2023-09-22 11:00"))
    after = applying.snapshot(plan)
    assert [row for row, old in zip(after, before, strict=True) if row != old] == [after[2]]
    assert plan.events.filter(action="measure_revise").count() == 1


def test_a_leader_who_has_left_stays_where_he_is_but_cannot_be_newly_named(plan, people, at):
    Leader.objects.filter(name="张富平").update(is_active=False)
    Department.objects.filter(name="党务办").update(is_active=False)
    data = exported(plan, people.admin)
    assert preview(plan, data, "xlsx").is_empty

    def appoint(rows):
        rows[2][LEADERS], rows[2][DEPARTMENTS] = "张富平", "党务办"
        return rows

    with pytest.raises(applying.Faulty) as caught:
        preview(plan, edited(data, "xlsx", appoint), "xlsx")
    first, second = caught.value.reading.errors
    assert (first.value, first.column, first.line) == ("张富平", "牵头领导", 6)
    assert "已离任或停用，不能新列" in first.message and second.value == "党务办"


# ── 随便什么文字 ──────────────────────────────────────────

CHARACTERS = st.one_of(
    st.sampled_from("=+-@'\"\t\n\r，。、；：（）“”‘’<>&_x0041#!|\\/{}%$~^`"),
    st.sampled_from("１９ＡｚＺ％＝＋－＠　\u00a0\u200b\ufeff\u2028\x85\x0b\x00\x1f\ud800\ufffe"),
    st.sampled_from("甲乙丙店小二企业审批环节0123456789abcXYZ 𠮷😀é"),
    st.characters(),
)


def words(most, clean):
    """规整后不为空的任意文字，库里存的是没有规整的样子。"""
    return st.text(CHARACTERS, min_size=1, max_size=most).filter(lambda text: clean(text).rstrip("。").strip())


def storable(text):
    """数据库收得下的：PostgreSQL 不收 NUL，哪个库都不收孤立代理项。"""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


@settings(RELAXED, max_examples=share(60))
@given(st.data())
def test_any_text_at_all_survives_the_round_trip(db, data):
    with transaction.atomic():
        user = factories.make_user("admin", "admin")
        plan = factories.make_plan(4)
        for measure in plan.measures.all():
            title = data.draw(words(30, lambda t: clean_line(storable(t))))
            text = data.draw(words(80, lambda t: clean_text(storable(t))))
            deadline = data.draw(st.text(CHARACTERS, max_size=20))
            kept = {"title": storable(title), "text": storable(text), "deadline": storable(deadline)}
            Measure.objects.filter(pk=measure.pk).update(**kept)
        before = applying.snapshot(plan)
        for kind in KINDS:
            comparison = preview(plan, exported(plan, user, kind), kind)
            assert [c for c in comparison.changes if c.kind != "same"] == []
            assert [c.new for c in comparison.changes] == [c.old for c in comparison.changes]
        assert applying.snapshot(plan) == before
        transaction.set_rollback(True)


# ── 随便怎么改 ────────────────────────────────────────────

EXTRA = ["，抓紧落实", "=1+1", "；'=2", "\n另起一段", "（重点）<b>&"]
DEADLINES = ["", "2023年6月底前", "=年底", "长期坚持", "2月30日", "-12月底前"]


@st.composite
def changes(draw):
    """改几项：序号 → 改哪几栏、退出；另加几项。"""
    numbers = draw(st.lists(st.integers(1, 21).map(str), unique=True, min_size=0, max_size=6))
    plan = {}
    for number in numbers:
        if draw(st.integers(0, 5)) == 0:
            plan[number] = None
        else:
            chosen = draw(
                st.sets(st.sampled_from([NUMBER, TEXT, LEADERS, DEPARTMENTS, DEADLINE, KIND]), min_size=1, max_size=3)
            )
            plan[number] = {what: draw(st.integers(0, 4)) for what in sorted(chosen)}
    return plan, draw(st.integers(0, 2)), draw(st.booleans())


def perform(rows, edits, added, shuffled):
    """在导出的表上动手；返回改后的各行与应当看到的变化。"""
    leaders = ["陈向东", "李华斌", "张富平、郑瑞林", "王卫东", "康建佳"]
    departments = ["财务部", "综合办", "审批中心、纪工委", "招商引资部", "党务办"]
    expected, kept = {}, []
    for row in rows:
        number, was = row[NUMBER], list(row)
        if number in edits and edits[number] is None:
            expected[number] = ("removed", set())
            continue
        for what, pick in edits.get(number, {}).items():
            row[what] = {
                NUMBER: f"{number}-{pick + 1}",
                TEXT: row[TEXT] + EXTRA[pick],
                LEADERS: leaders[pick],
                DEPARTMENTS: departments[pick],
                DEADLINE: DEADLINES[pick],
                KIND: list(KIND_LABELS.values())[pick % 3],
            }[what]
        named = {FIELDS[i] for i in range(7) if _set(i, row[i]) != _set(i, was[i])}
        if named:
            expected[number] = ("renumbered" if named == {"number"} else "changed", named)
        kept.append(row)
    for index in range(added):
        number, title = str(50 + index), f"=新增的第{index}项"
        kept.append([number, title, f"{title}。内容从略。", "陈向东", "综合办", "年底", "节点类", *kept[0][7:]])
        expected[number] = ("added", None)
    return kept[::-1] if shuffled else kept, expected


def _set(column, value):
    return set(value.split("、")) if column in (LEADERS, DEPARTMENTS) else value


def named(comparison):
    found = {}
    for change in comparison.changes:
        if change.kind == "added":
            found[change.new.number] = ("added", None)
        elif change.kind != "same":
            found[change.old.number] = (change.kind, {field.name for field in change.fields})
    return found


@settings(RELAXED, max_examples=share(25))
@given(changes(), st.sampled_from(KINDS))
def test_random_edits_of_the_exported_ledger_are_named_exactly_and_settle(plan, people, period, at, asked, kind):
    """改 → 预览恰好说出 → 生效 → 再导出传回无变化 → 撤销 → 与改之前一字不差。"""
    edits, added, shuffled = asked
    admin, expected = people.admin, {}

    def change(rows):
        rows, found = perform(rows, edits, added, shuffled)
        expected.update(found)
        return rows

    with transaction.atomic():
        before = applying.snapshot(plan)
        data = edited(exported(plan, admin, kind), kind, change)
        comparison = preview(plan, data, kind)
        assert named(comparison) == expected
        if expected:
            draft = applying.draft(plan, data, f"台账.{kind}", by=admin, at=at("2023-09-22 10:00"))
            assert named(applying.comparison_of(draft)) == expected
            done = applying.apply_revision(draft, by=admin, at=at("2023-09-22 11:00"), removals_checked=True)
            assert done.rows == applying.snapshot(plan) and len(done.rows) == len(before) + added - list(
                edits.values()
            ).count(None)
            assert unchanged(plan, admin)
            applying.revert_revision(done, by=admin, at=at("2023-09-22 12:00"))
            assert applying.snapshot(plan) == before
            with pytest.raises(workflow.Refused):
                applying.revert_revision(done, by=admin, at=at("2023-09-22 13:00"))
        assert unchanged(plan, admin)
        transaction.set_rollback(True)
