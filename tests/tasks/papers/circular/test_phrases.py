"""公文的口径与用语：跨几期的数到每一期；没过截止日的不算未报；文种、称谓、说法合公文。"""

import datetime as dt
import re

import pytest
from django.utils import timezone

from tasks.figures.snapshot import collect
from tasks.models import Circular, Progress
from tasks.papers import circular as circular_papers
from tasks.papers.circular import facts, layout
from tests.tasks import circulars
from tests.tasks.circulars import SPAN
from tests.tasks.papers.circular.test_writing import KINDS, collected, text_of

LATE = {"as_of": "2023-09-28"}


def written(kind, f) -> str:
    return "\n".join(s["text"] for s in circular_papers.write(kind, f))


def of_demo(plan, first, last="2023-09", day=dt.date(2023, 9, 22)):
    first, last = (plan.periods.get(slug=slug) for slug in (first, last))
    return collect(plan, last, day, first=first, taken_at=timezone.now())


# ── 一、跨几期的口径 ──────────────────────────────────────


def test_a_span_counts_the_self_reviews_of_every_period(demo):
    """只数最后一期，四至八月的四十项次就漏了，而自审正是要请领导小组监督的。"""
    f = of_demo(demo, "2023-04")
    rows = Progress.objects.in_force().filter(period__slug__gte="2023-04", status="approved", is_self_review=True)
    one = f["counts"]["span_self_reviewed"]
    assert one["n"] == rows.count() == sum(r["n"] for r in one["rows"]) > f["counts"]["self_reviewed"]["n"]
    text = text_of(circular_papers.write("report", f), "issues")
    assert f"4月至9月自审通过{one['n']}项次（审批中心），其中9月审批中心3项次（第4、6、8项），请领导小组审阅。" in text


def test_a_span_is_compared_with_the_period_before_it(demo):
    """与起始期的期末比，起始期里的变化就丢了：第20项四月里转黄，整份里没有它。"""
    f = of_demo(demo, "2023-04")
    assert f["base"]["slug"] == "2023-03"
    assert "20" in [row["number"] for row in f["counts"]["worse"]["rows"]]
    assert "与3月（期初）相比，灯色有变化的举措" in text_of(circular_papers.write("report", f), "overall")


def test_a_span_from_the_first_period_is_compared_with_that_period(demo):
    f = of_demo(demo, "2023-03")
    assert f["base"]["slug"] == "2023-03"
    assert "与首期3月相比，" in text_of(circular_papers.write("report", f), "overall")


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize(("kind", "shape"), [("circular", {}), ("report", {}), ("report", SPAN), ("bulletin", {})])
def test_no_paper_says_this_period_without_saying_which(kind, shape, n):
    """“本期”在跨几期的汇报里读不出指哪一段。"""
    assert "本期" not in written(kind, circulars.figures(n, **shape))


def test_a_span_says_its_whole_length():
    text = written("report", circulars.figures(2, **SPAN))
    for said in (
        "2月28日至9月22日办结：",
        "2月28日至9月22日新挂账2件",
        "2月28日至9月22日领导批示2件",
        "9月22日催办2次（",
    ):
        assert said in text


def test_the_demo_holds_a_half_year_report_in_draft(demo):
    made = Circular.objects.drafts().get()
    assert (made.kind, made.title) == ("report", "关于2023年4月至9月优化营商环境行动方案推进情况的报告")
    assert made.figures["is_span"]


# ── 二、截止日以前 ────────────────────────────────────────


def test_before_the_due_date_the_notice_reports_progress_and_blames_nobody():
    sections = circular_papers.write("circular", circulars.figures(2))
    assert next(s["heading"] for s in sections if s["key"] == "unreported") == "报送进度"
    assert text_of(sections, "unreported").startswith("尚未报送（9月25日截止）：")
    late = circular_papers.write("circular", circulars.figures(2, **LATE))
    assert next(s["heading"] for s in late if s["key"] == "unreported") == "未报和迟报"


@pytest.mark.parametrize(("day", "due"), [("2023-09-24", False), ("2023-09-25", False), ("2023-09-26", True)])
def test_on_the_due_date_itself_nobody_is_late_yet(day, due):
    """截止日当天还可以报：哪一处都不写逾期、补报，第二天才写。"""
    f = circulars.figures(2, as_of=day)
    assert facts.is_due(f) is due
    for kind in ("circular", "report"):
        assert ("尽快补报" in written(kind, f)) is due, kind
    assert ("已逾期" in text_of(circular_papers.write("circular", f), "unreported")) is due
    assert ("尚未截止" in facts.as_of(f)) is not due


def test_when_nobody_has_reported_the_rooms_are_not_listed_three_times(plan, period):
    for kind in KINDS:
        text = written(kind, collected(plan, period))
        assert "审批中心8项次" not in text
        assert wrong_lists(text) == []
    assert "31项次，均未报送。" in written("circular", collected(plan, period))
    assert "应报的9个部室均未报送，情况见下表。" in written("circular", collected(plan, period))
    assert "各部室尚未报送，请于9月25日前报送" in written("circular", collected(plan, period))
    assert "（三）逐项进展\n各项举措均尚无审核通过的进展。" in written("report", collected(plan, period))


def wrong_lists(text) -> list:
    """序号一口气列了十五个以上的。"""
    return re.findall(r"第(?:\d+、){15,}\d+项", text)


def test_returned_reports_are_mentioned_only_when_there_are_some():
    f = circulars.figures(2)
    f["counts"]["returned"] |= {"n": 0, "rows": []}
    assert "退回待改" not in text_of(circular_papers.write("circular", f), "next")
    assert "退回待改" in text_of(circular_papers.write("circular", circulars.figures(2)), "next")


# ── 三、报领导小组的 ──────────────────────────────────────


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_report_to_the_group_asks_for_no_decision(n):
    """报告不得夹带请示事项（《党政机关公文处理工作条例》第十五条）。"""
    f = circulars.figures(n, **SPAN)
    assert circular_papers.write_title("report", f).endswith("推进情况的报告")
    sections = circular_papers.write("report", f)
    assert not any("提请" in s["heading"] + s["text"] for s in sections)
    assert "需领导小组关注的重点问题" in [s["heading"] for s in sections]
    assert ("另文请示" in text_of(sections, "requests")) is bool(n)


def test_reds_and_yellows_without_plans_are_named():
    f = circulars.figures(2)
    for found in f["lines"]:
        if found["light"] == "yellow":
            found["parts"][0]["next_steps"] = ""
    f["counts"]["measures"]["n"] = 10
    text = text_of(circular_papers.write("report", f), "next")
    assert "第1、2项亮灯的部室没有审核通过的下步打算，由办公室督促于9月25日前报送。" in text
    assert "没有审核通过的下步打算" not in text_of(circular_papers.write("report", circulars.figures(2)), "next")
    f["as_of"] = LATE["as_of"]
    assert "由办公室督促尽快补报。" in text_of(circular_papers.write("report", f), "next")


def test_every_red_and_yellow_of_the_demo_has_a_word_in_the_plans(demo):
    f = of_demo(demo, "2023-04")
    text = text_of(circular_papers.write("report", f), "next").split("（二）")[0]
    for line in f["lines"]:
        if line["light"] in ("red", "yellow"):
            assert re.search(rf"[第、]{line['number']}[、项]", text), line["number"]


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ("王村地块未签约", "）。"), ("王村地块未签约。（演示数据）", "）。"),
        ("王村地块未签约，已约谈三次", "）：王村地块未签约，已约谈三次。"), ("另有说明", "）：另有说明。"),
    ],
)  # fmt: skip
def test_a_problem_is_not_said_twice(said, end):
    f = circulars.figures(1)
    f["counts"]["problems_group"]["rows"][0] |= {"title": "王村地块未签约", "said": said}
    line = text_of(circular_papers.write("report", f), "requests").split("\n")[1]
    assert line == f"问题1号“王村地块未签约”（责任部室审批中心，整改期限2023年9月10日{end}"


REASONS = "进度52%，低于序时进度18个百分点；8月未报"


def test_several_reasons_are_all_said_and_progress_is_not_said_again():
    """灯的理由里已经写了进度，正文不再另写。"""
    f = circulars.figures(0)
    one = circulars.line(0, "yellow") | {"reason": REASONS, "percent": 52}
    joint = circulars.line(1, "yellow")
    joint["parts"] = [joint["parts"][0] | {"reason": REASONS}] * 2
    f["lines"] = [one, joint]
    text = text_of(circular_papers.write("circular", f), "warned")
    assert f"原因：{REASONS}。部室反映：" in text
    assert f"2个牵头部室均为黄灯，原因均是{REASONS}。" in text
    assert text.count("进度52%") == 2


# ── 四、说法 ──────────────────────────────────────────────


def test_targets_are_said_in_words_not_in_symbols(plan, period):
    f = collected(plan, period)
    text = text_of(circular_papers.write("report", f), "progress")
    assert not re.search("[≥≤=]", text)
    for said in (
        "目标不超过0.5个工作日",
        "目标5枚",
        "目标100%",
        "目标不低于80%",
        "企业上市（目标1家以上，尚无完成值）",
        "力争10家",
    ):
        assert said in text


def test_yellow_lights_are_asked_to_mend_what_is_wrong():
    text = text_of(circular_papers.write("circular", circulars.figures(2)), "next")
    assert "要针对原因逐项整改，防止转为红灯" in text


def test_a_measure_of_all_departments_is_led_by_all_and_names_the_silent_one():
    f = circulars.figures(0)
    line = circulars.line(3, "yellow", said=False)
    parts = [
        line["parts"][0] | {"department": name, "light": light}
        for name, light in (("综合办", "green"), ("科技创新部", "yellow"))
    ]
    f["lines"] = [line | {"departments": ["各部室"], "parts": parts}]
    text = text_of(circular_papers.write("circular", f), "warned")
    assert "（牵头领导李华斌，由各部室共同牵头）" in text
    assert "2个牵头部室中，黄灯1个，为科技创新部（" in text
    assert "科技创新部尚无审核通过的报送。" in text
    assert "综合办" not in text


def test_the_first_period_does_not_list_changes_against_nothing():
    text = text_of(circular_papers.write("circular", circulars.figures(0, base=False)), "changes")
    assert text == "9月为第一个报送期，没有上一期可以对照。\n截至9月22日办结：无。批准延期：无。"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["worse"], "灯色有变化的举措2项，均为变差（第1、2项由绿灯转黄灯），无好转。"),
        (["better", "worse"], "灯色有变化的举措4项：好转2项（第1、2项由红灯转黄灯）；变差2项（第1、2项由绿灯转黄灯）。"),
        (["finished"], "灯色有变化的举措2项，均为办结（第1、2项由绿灯转已办结），无好转，无变差。"),
    ],
)  # fmt: skip
def test_changes_of_one_kind_are_counted_once(keys, said):
    f = circulars.figures(0)
    f["counts"] |= {key: circulars.figures(2)["counts"][key] for key in keys}
    assert said in text_of(circular_papers.write("circular", f), "changes")


def test_an_instruction_to_several_departments_is_not_fully_answered():
    f = circulars.figures(1)
    assert "尚未回复的1件。" in text_of(circular_papers.write("circular", f), "instructions")
    f["counts"]["instructions_waiting"]["rows"][0]["departments"] = ["审批中心", "财务部"]
    assert "尚未全部回复的1件。" in text_of(circular_papers.write("circular", f), "instructions")


@pytest.mark.parametrize(
    ("on_time", "done", "said"),
    [
        (0, 1, "销号1件，为逾期销号。"),
        (1, 1, "销号1件，按期销号。"),
        (0, 3, "销号3件，均为逾期销号。"),
        (1, 3, "销号3件，其中按期销号1件。"),
        (2, 3, "销号3件，其中按期销号2件。"),
        (3, 3, "销号3件，均按期销号。"),
    ],
)
def test_how_many_problems_were_settled_on_time_is_said_as_it_was(on_time, done, said):
    """一件也没有按期的，不能写成按期。"""
    f = circulars.figures(0)
    f["counts"]["problems_settled"] = circulars.figures(done)["counts"]["problems_settled"]
    f["counts"]["problems_on_time"] = circulars.figures(on_time)["counts"]["problems_on_time"]
    assert said in text_of(circular_papers.write("circular", f), "problems")


SPOKEN = ("不用报", "还没有", "没有报全", "几件事", "都是", "都还", "没有好转", "没有销号", "交来")


@pytest.mark.parametrize("kind", KINDS)
def test_papers_do_not_chat(demo, kind):
    found = circular_papers.write(kind, of_demo(demo, "2023-09"))
    assert [word for word in SPOKEN for s in found if word in s["text"]] == []


def test_finished_is_called_by_one_name_everywhere(demo):
    f = of_demo(demo, "2023-09")
    tables = [layout.annex(f), layout.departments(f)]
    cells = [str(c) for t in tables for row in [[c.label for c in t.columns], *t.cells()] for c in row]
    assert "已办结" in cells
    for kind in KINDS:
        assert "已完成1项" not in written(kind, f)
        assert "已办结1项（第5项）" in written(kind, f)
    assert not {"已完成", "办结", "免"} & set(cells)


def test_the_annex_does_not_tell_who_has_a_draft(plan, period, report, people, at):
    from tasks import workflow

    row = report("12", "审批中心")
    content = {"text": "写了一半", "stage": "in_progress", "percent": 10}
    workflow.save_progress(
        row, by=people.reporter("审批中心"), at=at("2023-09-20 10:00"), version=0, content=content, values={}
    )
    f = collected(plan, period)
    assert {line["status"] for line in f["lines"]} == {"未报", "均未报"}
    assert "草稿" not in "".join(written(kind, f) for kind in KINDS)


# ── 五、简报 ──────────────────────────────────────────────


def test_a_bulletin_says_what_the_plan_is_and_up_to_when():
    text = text_of(circular_papers.write("bulletin", circulars.figures(2)), "opening")
    assert "（交开党工委发〔2023〕9号，以下简称《行动方案》）" in text
    assert "本文数字截至2023年9月22日" in text


def test_a_bulletin_has_at_most_four_highlights_unless_more_were_released():
    f = circulars.figures(9) | {"stories": []}
    assert len(text_of(circular_papers.write("bulletin", f), "highlights").split("\n")) == 4
    assert len(text_of(circular_papers.write("bulletin", circulars.figures(9)), "highlights").split("\n")) == 9


def test_the_attention_of_a_bulletin_says_why_and_does_not_repeat_the_totals():
    text = text_of(circular_papers.write("bulletin", circulars.figures(1)), "attention")
    assert text.startswith("第1项“事项1”（审批中心）：低于序时进度35个百分点。")
    assert "逾期未销号的问题1件：问题1号“事项1”（审批中心）。" in text
    assert "黄灯" not in text
    nothing = text_of(circular_papers.write("bulletin", circulars.figures(0)), "attention")
    assert nothing == "红灯举措：无。\n逾期未销号的问题：无。"
    assert "其余2项从略。" in text_of(circular_papers.write("bulletin", circulars.figures(7)), "attention")
