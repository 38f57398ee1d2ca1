"""公文的口径与用语：跨几期的数到每一期；没过截止日的不算未报；文种、称谓、说法合公文。"""

import datetime as dt
import re

import pytest
from django.utils import timezone

from tasks.figures.snapshot import collect
from tasks.models import Circular, Progress
from tasks.papers import circular as circular_papers
from tasks.papers.circular import facts, layout, phrases
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
    for said in ("3月至9月办结：", "3月至9月新挂账2件", "3月至9月领导批示2件", "3月至9月催办2次（"):
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
    assert "尚未全部报送的部室" in text_of(sections, "departments")
    late = circular_papers.write("circular", circulars.figures(2, **LATE))
    assert next(s["heading"] for s in late if s["key"] == "unreported") == "未报和迟报"
    assert "尚有缺报的部室" in text_of(late, "departments")


def test_when_nobody_has_reported_the_rooms_are_not_listed_three_times(plan, period):
    for kind in KINDS:
        text = written(kind, collected(plan, period))
        assert "审批中心8项次" not in text
        assert wrong_lists(text) == []
    assert "31项次，均未报送。" in written("circular", collected(plan, period))
    assert "各部室均未报送，情况见下表。" in written("circular", collected(plan, period))
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
    text = text_of(circular_papers.write("report", f), "next")
    assert "第1、2项的牵头部室尚未报送下步打算，由办公室督促于9月25日前报送。" in text
    assert "尚未报送下步打算" not in text_of(circular_papers.write("report", circulars.figures(2)), "next")
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
    joint = circulars.line(1, "yellow") | {
        "reason": f"财务部：{REASONS}",
        "parts": circulars.line(1, "yellow")["parts"] * 2,
    }
    f["lines"] = [one, joint]
    text = text_of(circular_papers.write("circular", f), "warned")
    assert f"原因：{REASONS}。部室反映：" in text
    assert f"原因：财务部，{REASONS}。" in text
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
    assert "科技创新部尚未报告存在问题和下步打算。" in text
    assert "综合办" not in text


def test_the_first_period_does_not_list_changes_against_nothing():
    text = text_of(circular_papers.write("circular", circulars.figures(0, base=False)), "changes")
    assert text == "9月为第一个报送期，没有上一期可以对照。\n9月办结：无。批准延期：无。"


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


# ── 六、每一句的零、一、多 ────────────────────────────────


def numbered(**wanted) -> dict:
    """除写明的以外都是零；写明几，就有几条。"""
    f = circulars.figures(0)
    for key, n in wanted.items():
        f["counts"][key] |= {"n": n, "rows": [circulars.row(i, key) for i in range(n)]}
    return f


@pytest.mark.parametrize(
    ("on_time", "done", "said"),
    [
        (0, 1, "销号1件，为逾期销号。"), (1, 1, "销号1件，按期销号。"), (0, 3, "销号3件，均为逾期销号。"),
        (3, 3, "销号3件，均按期销号。"), (1, 3, "销号3件，其中按期销号1件。"),
    ],
)  # fmt: skip
def test_settled_late_is_never_said_to_be_on_time(on_time, done, said):
    assert facts.problems(numbered(problems_settled=done, problems_on_time=on_time))[0].endswith(said)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, "目前没有未销号的问题；9月无新挂账、无销号。"),
        ({"problems_open": 2}, "目前未销号问题2件，均在期限之内；9月无新挂账、无销号。"),
        ({"problems_open": 2, "problems_applied": 1, "problems_new": 1},
         "目前未销号问题2件，其中申请销号待核验1件；9月新挂账1件，无销号。"),
        ({"problems_settled": 1}, "目前没有未销号的问题；9月无新挂账，销号1件，为逾期销号。"),
    ],
)  # fmt: skip
def test_problems_opened_and_settled_are_said_apart(wanted, said):
    assert facts.problems(numbered(**wanted))[0] == said


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, "9月没有应报的项次。"),
        ({"assignments": 1, "owed": 1, "unreported": 1}, "9月应报1项次，未报送。"),
        ({"assignments": 3, "owed": 3, "unreported": 3}, "9月应报3项次，均未报送。"),
        ({"assignments": 3, "owed": 3, "unreported": 2, "reported": 1, "approved": 1, "on_time": 1},
         "9月应报3项次，已报1项次，已审核通过；未报2项次，无退回待改。已报的1项次按时报送，无补报。"),
        ({"assignments": 2, "owed": 2, "reported": 2, "submitted": 2, "late": 2},
         "9月应报2项次，已报2项次，均待审核；无未报、无退回待改。已报的2项次均为补报。"),
        ({"assignments": 2, "owed": 2, "reported": 2, "approved": 2, "on_time": 2},
         "9月应报2项次，已报2项次，均已审核通过；无未报、无退回待改。已报的2项次均按时报送，无补报。"),
        ({"assignments": 3, "owed": 3, "unreported": 1, "returned": 2, "on_time": 2},
         "9月应报3项次，无已报；未报1项次，退回待改2项次。已交的2项次（含退回待改2项次）均按时报送，无补报。"),
        ({"assignments": 4, "owed": 4, "returned": 1, "reported": 3, "approved": 2, "submitted": 1, "on_time": 3, "late": 1},
         "9月应报4项次，已报3项次，其中已通过2项次、待审核1项次；退回待改1项次，无未报。"
         "已交的4项次（含退回待改1项次）中，按时报送3项次，补报1项次。"),
        ({"assignments": 3, "owed": 1, "completed": 2, "unreported": 1}, "9月应报1项次（已办结的2项次不再报送），未报送。"),
        ({"assignments": 3, "owed": 1, "completed": 1, "unreported": 1}, "9月应报1项次（另有2项次9月免报），未报送。"),
    ],
)  # fmt: skip
def test_who_reported_is_one_sentence_whatever_the_numbers(wanted, said):
    assert facts.reporting(numbered(**wanted)) == said


@pytest.mark.parametrize(
    ("as_of", "closed", "said"),
    [
        ("2023-09-25", False, "9月报送截止日为9月25日，尚未截止，此后报送的不在其内。"),
        ("2023-09-26", False, "9月报送已于9月25日截止，此后补报的不在其内。"),
        ("2023-09-26", True, ""),
    ],
)  # fmt: skip
def test_the_due_date_itself_is_not_past_due(as_of, closed, said):
    f = circulars.figures(1, as_of=as_of)
    f["period"] = f["period"] | {"is_closed": closed}
    assert facts.as_of(f).partition("日。")[2] == said
    assert facts.is_due(f) is (as_of > "2023-09-25")
    assert ("逾期未报的：" in "".join(facts.other_changes(f))) is (as_of > "2023-09-25")


def test_the_lights_that_nobody_has_are_named_and_green_is_not_listed():
    f = numbered(red=1, green=2, done=1)
    said = "截至2023年9月22日，红灯1项（第1项）、绿灯2项、已办结1项（第1项），无黄灯举措。按月计算，序时进度为70%。"
    assert facts._lights(f) == said
    assert facts.light_changes(numbered(worse=1)) == [
        "与8月相比，灯色有变化的举措1项，为变差（第1项由绿灯转黄灯），无好转。"
    ]


def test_a_measure_nobody_leads_yet_is_still_a_measure():
    said = facts.overall(numbered(measures=1, not_started=1))
    assert said[0] == "《行动方案》共1项举措，按牵头部室分解为0项次。"
    assert "未启动1项（第1项），无红灯、黄灯举措。" in said[1]
    assert phrases.joined(["甲", "乙", "丙"]) == "甲、乙和丙"


def test_settled_says_each_kind_of_decision_in_its_own_words():
    wanted = {"completions_new": 1, "extensions_refused": 1, "extensions_waiting": 2, "reopened": 1}
    assert facts.settled(numbered(**wanted)) == (
        "9月办结：1项次，为审批中心第1项。批准延期：无。重新打开：1项次，为审批中心第1项。"
        "未批准延期：1项次，为审批中心第1项。延期申请待批：2项次，其中审批中心1项次（第1项）、财务部1项次（第2项）。"
    )


def joint(*lights, **more) -> dict:
    """几个部室共同牵头的一项，各是什么灯。"""
    line = circulars.line(0, "yellow")
    names = ("甲部", "乙部", "丙部", "丁部")
    parts = [line["parts"][0] | {"department": n, "light": light} for n, light in zip(names, lights, strict=False)]
    return line | {"departments": list(names[: len(lights)]), "parts": parts, "reason": "甲部：慢了"} | more


def silent(*lights) -> dict:
    line = joint(*lights)
    return line | {"parts": [part | {"problems": "", "next_steps": ""} for part in line["parts"]]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (silent("red"), "牵头部室尚未报告"), (silent("red", "yellow"), "甲部、乙部尚未报告"), (silent("red", "green"), "甲部尚未报告"),
        (silent("red", "red", "red"), "甲部、乙部、丙部尚未报告"), (silent(*["red"] * 4), "甲部、乙部、丙部等4个部室尚未报告"),
        (silent("green", "green"), "甲部、乙部尚未报告"),
        (joint("red", "green"), "甲部反映：资金没有落实。下步打算：下月开工。"),
        (joint("green", "green"), "甲部反映：资金没有落实。下步打算：下月开工。乙部反映：资金没有落实。下步打算：下月开工。"),
        (joint(*["red"] * 4), "丙部反映：资金没有落实。下步打算：下月开工。"),
    ],
)  # fmt: skip
def test_the_ones_who_are_behind_are_named_and_three_at_most(line, said):
    text = facts._measures_taken(line)
    assert text.endswith(said) or text.startswith(said)


def test_the_reason_of_the_office_keeps_its_colon():
    assert facts.reason(joint("red", "red")) == "甲部，慢了。"
    assert facts.reason(joint("red", "red", is_manual=True)) == "甲部：慢了。"
    assert facts.reason(joint("red")) == "甲部：慢了。"


def test_one_of_several_instructions_to_two_rooms_is_enough_to_say_not_fully():
    assert facts.unanswered([{"departments": ["甲部"]}, {"departments": ["甲部", "乙部"]}]) == "尚未全部回复"


def test_self_reviews_of_a_span_say_none_in_its_last_period():
    f = numbered(span_self_reviewed=2) | SPAN
    assert "3月至9月自审通过2项次（审批中心、财务部），其中9月无，请各部室监督。" in facts.self_reviewed(f)[0]


def test_reminders_of_two_rooms_are_counted_by_room():
    assert facts.reminders(numbered(reminders=1)) == "9月催办1次（审批中心）。"
    assert facts.reminders(numbered(reminders=2)) == "9月催办2次（审批中心1次、财务部1次）。"


@pytest.mark.parametrize(("n", "more"), [(10, False), (11, True)])
def test_ten_inspections_are_listed_and_the_rest_are_etc(n, more):
    assert facts.inspections(numbered(inspections=n)).endswith("等。") is more


@pytest.mark.parametrize(("n", "said"), [(30, "、30项"), (31, "、30项等31项")])
def test_thirty_numbers_are_listed_and_each_once(n, said):
    found = [{"number": str(i)} for i in range(1, n + 1)]
    assert phrases.numbers([*found, *found]).endswith(said)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2023年3月", "2023年9月", "2023年3月至9月"), ("2023年11月", "2024年2月", "2023年11月至2024年2月"),
        ("2023年", "2023年", "2023年至2023年"), ("第一批", "第二批", "第一批至第二批"),
    ],
)  # fmt: skip
def test_a_span_says_the_year_once_unless_it_changes(first, last, said):
    f = {"first": {"name": first}, "period": {"name": last}, "is_span": True}
    assert phrases.span_name(f) == said


def test_everyone_is_said_only_when_nobody_at_all_has_reported():
    f = numbered(owed=3, unreported=2)
    assert phrases.owing(f, phrases.rows(f, "unreported")) == "审批中心1项次（第1项）、财务部1项次（第2项）"
    one = numbered(owed=1, unreported=1)
    assert phrases.owing(one, phrases.rows(one, "unreported")) == "审批中心1项次（第1项）"
    two = numbered(unreported=2)["counts"]["unreported"]["rows"]
    assert phrases.which(two) == "2项次，其中审批中心1项次（第1项）、财务部1项次（第2项）"


@pytest.mark.parametrize(
    ("text", "gist"),
    [
        ("长" * 60, "长" * 60 + "。"),
        ("长" * 20 + "。" + "尾" * 100, "长" * 20 + "。"),
        ("长" * 19 + "。" + "尾" * 100, "长" * 19 + "。" + "尾" * 40 + "……"),
        ("长" * 40 + "；" + "尾" * 100, "长" * 40 + "。"),
    ],
)  # fmt: skip
def test_the_gist_is_cut_at_a_stop_that_is_not_too_near_the_beginning(text, gist):
    assert phrases.gist(text, 60) == gist


def test_a_list_says_exactly_how_many_are_left():
    one = "字" * (phrases.LISTED_MAX // 2)
    assert phrases.within([one, one], lambda n: f"其余{n}条") == [one, one]
    assert phrases.within([one, one, "多", "多"], lambda n: f"其余{n}条") == [one, one, "其余2条"]


@pytest.mark.parametrize(
    ("text", "bare"),
    [("开工。", "开工"), ("开工。（演示数据）", "开工（演示数据）"), ("开工（见附件）", "开工（见附件）")],
)
def test_a_sentence_to_be_continued_has_no_stop(text, bare):
    assert phrases.unended(text) == bare
