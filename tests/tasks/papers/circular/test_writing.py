"""通报、汇报、简报的草稿：零、一、多都读得通；每个数都有来处；部室的原话弄不坏它。"""

import pytest

from tasks import workflow
from tasks.figures import numbers
from tasks.figures.snapshot import collect
from tasks.models import Measure
from tasks.papers import circular as circular_papers
from tasks.papers.circular import layout, phrases
from tests.tasks import circulars
from tests.tasks.circulars import SPAN, wrong_with
from yingshang.tables import normalising

KINDS = ("circular", "report", "bulletin")


def text_of(sections, key) -> str:
    return next(s["text"] for s in sections if s["key"] == key)


# ── 一、读得通 ────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 12, 45])
@pytest.mark.parametrize(
    "shape",
    [{}, SPAN, {"said": False}, {"base": False}, {"as_of": "2023-09-28"}],
    ids=["一期", "跨期", "部室没说", "第一期", "过了截止日"],
)
def test_every_part_reads_well_with_none_one_and_many(kind, n, shape):
    sections = circular_papers.write(kind, circulars.figures(n, **shape))
    assert {s["key"]: wrong_with(s["text"]) for s in sections} == {s["key"]: [] for s in sections}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", [key for keys in circulars.KEYS.values() for key in keys.split()])
def test_a_single_thing_alone_reads_well(kind, key):
    """别的都没有，只有这一类有一条（总数随之为一）。"""
    f = circulars.figures(0)
    one = circulars.figures(1)
    f["counts"] |= {name: one["counts"][name] for name in (key, "measures", "assignments", "owed")}
    if key in circulars.LIGHTS:
        f["lines"] = [circulars.line(0, key)]
    else:
        f["counts"]["green"] = one["counts"]["green"]
    wrong = {s["key"]: wrong_with(s["text"]) for s in circular_papers.write(kind, f)}
    assert not any(wrong.values()), wrong


def test_the_papers_have_the_same_keys_as_real_figures(plan, period, people, at):
    """造的数字与真的数字键名一样，免得测试自说自话。"""
    real = collect(plan, period, period.due_on, taken_at=at("2023-09-22 10:00"))
    made = circulars.figures(1)
    assert set(made) == set(real)
    assert set(made["counts"]) == set(real["counts"])
    for key in ("lines", "departments", "periods", "targets"):
        assert set(made[key][0]) == set(real[key][0]), key
    assert set(made["lines"][0]["parts"][0]) == set(real["lines"][0]["parts"][0])
    assert set(made["period"]) == set(real["period"])


NOTHING = {
    "overall": "《行动方案》目前没有在册的举措。",
    "warned": "（一）红灯举措\n无。\n（二）黄灯举措\n无。",
    "instructions": "8月31日至9月22日无新的领导批示，无待回复的批示。",
    "problems": "目前没有未销号的问题；8月31日至9月22日无新挂账、无销号。\n逾期未销号的问题：无。\n9月1日至9月22日督查检查：无。",
    "unreported": "尚未报送（9月25日截止）：无。退回待改：无。\n补报（首次报送晚于截止日）：无。连续两期未报：无。\n8月31日至9月22日催办：无。",
}


@pytest.mark.parametrize("key", NOTHING)
def test_nothing_is_written_as_nothing(key):
    assert text_of(circular_papers.write("circular", circulars.figures(0)), key) == NOTHING[key]


def test_one_thing_is_not_numbered_and_says_whose_it_is():
    sections = circular_papers.write("circular", circulars.figures(1))
    assert (
        text_of(sections, "warned")
        .split("\n")[1]
        .startswith("第1项“事项1”（牵头领导李华斌，牵头部室审批中心）。原因：低于序时进度35个百分点。")
    )
    assert text_of(sections, "unreported").startswith("尚未报送（9月25日截止）：1项次，为审批中心第1项。退回待改：")
    assert text_of(sections, "self_review").endswith("9月自审通过1项次，为审批中心第1项，现予公布，接受监督。")
    assert "李华斌同志9月5日就第1项作出批示（急办）：“请加快。”待审批中心回复。" in text_of(sections, "instructions")
    assert "问题1号“事项1”（责任部室审批中心），整改期限2023年9月10日，已逾期12天。" in text_of(sections, "problems")


def test_many_things_are_numbered_and_grouped_by_department():
    sections = circular_papers.write("circular", circulars.figures(4))
    assert [p[:4] for p in text_of(sections, "warned").split("\n")[1:5]] == ["1.第1", "2.第2", "3.第3", "4.第4"]
    assert text_of(sections, "problems").count("问题") > 4
    f = circulars.figures(4)
    f["counts"]["owed"]["n"] = 5  # 不是一份都没有报，逐个部室列出
    assert (
        "尚未报送（9月25日截止）：4项次，其中审批中心2项次（第1、4项）、财务部1项次（第2项）、科技创新部1项次（第3项）。"
        in text_of(circular_papers.write("circular", f), "unreported")
    )


def test_a_long_list_stops_before_the_section_is_full_and_says_how_many_are_left():
    text = text_of(circular_papers.write("circular", circulars.figures(100)), "warned")
    assert len(text) <= circular_papers.SECTION_MAX + 500
    assert "项红灯举措见附件。" in text
    assert "第1、2、3" in text_of(circular_papers.write("circular", circulars.figures(100)), "overall")
    assert "等100项" in text_of(circular_papers.write("circular", circulars.figures(100)), "overall")


def test_equal_paragraphs_are_written_once():
    """二十一项都没有报：写一遍，不写二十一遍；灯也不把序号列一遍。"""
    f = circulars.only(measures=21, assignments=21, owed=21, yellow=21, unreported=21)
    f["lines"] = [circulars.line(i, "yellow", said=False) | {"reason": "9月未报"} for i in range(21)]
    sections = circular_papers.write("circular", f)
    assert "21项举措均为黄灯，无红灯举措。" in text_of(sections, "overall")
    assert text_of(sections, "warned").endswith(
        "（二）黄灯举措\n21项举措（牵头领导、牵头部室见附件）情况相同。原因：9月未报。牵头部室尚无审核通过的报送。"
    )
    assert "黄灯21项的牵头部室要" in text_of(sections, "next")
    report = circular_papers.write("report", f)
    assert "（二）黄灯举措\n21项举措（牵头部室见附件）：9月未报。\n" in text_of(report, "issues")
    assert "各项举措亮灯的部室没有审核通过的下步打算" in text_of(report, "next")


def test_green_before_the_first_report_is_due_is_said_to_be_provisional():
    f = circulars.only(measures=21, green=21, undue=21)
    said = text_of(circular_papers.write("circular", f), "overall")
    assert "21项举措均为绿灯（首次报送未到截止日，暂不判落后），无红灯、黄灯举措。" in said
    f = circulars.only(measures=21, green=5, undue=2, yellow=16)
    said = text_of(circular_papers.write("circular", f), "overall")
    assert "绿灯5项（其中2项首次报送未到截止日，暂不判落后）" in said


def test_after_the_due_date_the_unreported_are_overdue_and_are_asked_to_make_it_up():
    sections = circular_papers.write("circular", circulars.figures(2, as_of="2023-09-28"))
    assert "未报：各部室2项次，均已逾期（9月25日截止）。" in text_of(sections, "unreported")
    assert "请尽快补报" in text_of(sections, "next")
    assert "此后补报的不在其内" in text_of(sections, "opening")


def test_the_first_period_has_nothing_to_compare_with():
    assert "没有上一期可以对照" in text_of(
        circular_papers.write("circular", circulars.figures(2, base=False)), "changes"
    )


def test_a_briefing_over_several_periods_says_so_and_has_the_table():
    f = circulars.figures(2, **SPAN)
    sections = circular_papers.write("report", f)
    assert circular_papers.write_title("report", f) == "关于2023年3月至9月优化营商环境行动方案推进情况的报告"
    assert "2023年3月至9月共2期，累计应报2项次" in text_of(sections, "overall")
    assert "table" in [b.kind for b in layout.blocks(sections, f)]
    assert text_of(sections, "next").endswith("特此报告。")


def test_measures_without_an_approved_report_are_named_as_silent():
    text = text_of(circular_papers.write("report", circulars.figures(1, said=False)), "progress")
    assert text.endswith("（三）逐项进展\n各项举措均尚无审核通过的进展。")


def test_a_bulletin_prefers_released_stories_and_skips_no_change():
    f = circulars.figures(1)
    for found in f["lines"]:
        found["parts"][0]["is_no_change"] = True
    assert text_of(circular_papers.write("bulletin", f), "highlights") == "经验做法：财务部（第1项）。做法。"
    assert (
        text_of(circular_papers.write("bulletin", f | {"stories": []}), "highlights") == "9月没有可以列为亮点的进展。"
    )


# ── 二、话怎么说 ──────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "gist"),
    [
        ("做了一件事", "做了一件事。"),
        ("做了一件事。（演示数据）", "做了一件事。（演示数据）"),
        ("做了（见附件）", "做了（见附件）。"),
        ("第一段\n\n第二段", "第一段 第二段。"),
        ("做了一件事，", "做了一件事。"),
        ("", ""),
        ("长" * 30 + "。" + "尾" * 100, "长" * 30 + "。"),
        ("长" * 200, "长" * 60 + "……"),
    ],
)
def test_the_gist_is_one_paragraph_that_ends(text, gist):
    assert phrases.gist(text, 60) == gist


@pytest.mark.parametrize(("n", "said"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一")])
def test_numerals(n, said):
    assert phrases.numeral(n) == said


def test_quotes_inside_quotes_are_single():
    assert normalising.quoted("持续推动“承诺制”改革") == "“持续推动‘承诺制’改革”"


def test_lines_run_together_leave_no_gap_after_a_mark():
    assert (
        phrases.one_line("两处未批复。（演示数据）\n请经济发展部协调。") == "两处未批复。（演示数据）请经济发展部协调。"
    )
    assert phrases.gist("第一行\n第二行，\n第三行") == "第一行 第二行，第三行。"


def test_reasons_lose_the_spaces_between_digits_and_characters():
    assert phrases.tight("进度 75%，与序时进度 70% 相差 5 个百分点") == "进度75%，与序时进度70%相差5个百分点"
    assert phrases.tight("节点“主体 A 段”还有 28 天到期") == "节点“主体 A 段”还有28天到期"


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("关于2023年9月优化营商环境行动方案推进情况的通报", ["关于2023年9月优化营商环境", "行动方案推进情况的通报"]),
        ("短标题", ["短标题"]),
        ("", []),
        ("甲" * 45, ["甲" * 15] * 3),
        ("A" * 50, ["A" * 17, "A" * 17, "A" * 16]),
    ],
)
def test_a_long_title_is_broken_into_even_lines_between_words(title, lines):
    assert layout.balanced(title) == lines


def test_headings_are_numbered_and_subheadings_run_in():
    sections = [
        {"key": "opening", "heading": "", "text": "开头。"},
        {"key": "a", "heading": "总体", "text": "（一）小标题\n正文。\n\n（二）起头。接着写。"},
        {"key": "b", "heading": "其次", "text": "（三）只有一句。"},
    ]
    found = [(b.kind, b.text, b.rest) for b in layout.blocks(sections, {})]
    assert found == [
        ("p", "开头。", ""), ("h1", "一、总体", ""), ("h2", "（一）小标题", ""), ("p", "正文。", ""),
        ("lead", "（二）起头。", "接着写。"), ("h1", "二、其次", ""), ("h2", "（三）只有一句。", ""),
    ]  # fmt: skip


# ── 三、真的数字 ──────────────────────────────────────────


def collected(plan, period, day="2023-09-22", **extra):
    import datetime as dt

    from django.utils import timezone

    return collect(plan, period, dt.date.fromisoformat(day), taken_at=timezone.now(), **extra)


def test_every_figure_is_the_number_of_its_rows_and_has_words(plan, period, submitted, people, at):
    workflow.approve_progress(
        submitted("12", "审批中心", percent=75), by=people.office_in_hall, at=at("2023-09-20 15:00")
    )
    f = collected(plan, period)
    for key, one in f["counts"].items():
        assert one["n"] == sum(r.get("n", 1) for r in one["rows"]), key
        assert all(r["text"] for r in one["rows"]), key
    assert (f["counts"]["measures"]["n"], f["counts"]["assignments"]["n"]) == (21, 31)
    assert (f["counts"]["joint"]["n"], f["counts"]["shared"]["n"]) == (2, 1)
    assert [r["number"] for r in f["counts"]["self_reviewed"]["rows"]] == ["12"]


def test_departments_add_up_to_assignments_and_the_shared_measure_is_said(plan, period):
    f = collected(plan, period)
    assert sum(d["assignments"] for d in f["departments"]) == 31
    assert sum(d["owed"] for d in f["departments"]) == f["counts"]["owed"]["n"] == 31
    assert all(d["shared"] == 1 for d in f["departments"])
    text = text_of(circular_papers.write("circular", f), "departments")
    assert "另有全体共担1项（第4项），各部室各计1项次" in text
    assert "共同牵头的举措在各牵头部室分别计次" in text


def test_unfinished_reports_are_not_quoted(plan, period, submitted, people, at):
    """待审核、退回的内容没有定稿，不写进公文。"""
    workflow.approve_progress(
        submitted("12", "审批中心", percent=10, text="定稿的话。", problems="定稿的问题。"),
        by=people.office,
        at=at("2023-09-20 15:00"),
    )
    submitted("15", "财务部", percent=10, text="没有审的话。", problems="没有审的问题。")
    workflow.return_progress(
        submitted("16", "财务部", text="退回的话。"), by=people.office, at=at("2023-09-20 15:00"), reason="请补数据。"
    )
    f = collected(plan, period)
    written = "".join(s["text"] for kind in KINDS for s in circular_papers.write(kind, f))
    assert "定稿的问题。" in written
    assert not any(word in written for word in ("没有审的", "退回的话", "请补数据"))


def test_a_manual_light_is_said_to_be_the_offices(plan, period, people, at):
    nine = Measure.objects.get(plan=plan, number="9")
    workflow.set_light(nine, period, by=people.office, at=at("2023-09-20 10:00"), level="red", reason="手续没有办完")
    text = text_of(circular_papers.write("circular", collected(plan, period)), "warned")
    assert (
        "第9项“加强重点项目用地保障”（牵头领导郑瑞林，牵头部室规划建设部）。原因（办公室定灯）：手续没有办完。" in text
    )


def test_the_real_draft_reads_well_at_every_stage_of_a_month(plan, period, submitted, people, at):
    """从一条没报到都报完，每一步都读得通。"""
    for number, room in (
        ("12", "审批中心"),
        ("15", "财务部"),
        ("14", "党务办"),
        ("14", "经济发展部"),
        ("5", "审批中心"),
    ):
        for kind in KINDS:
            for s in circular_papers.write(kind, collected(plan, period)):
                assert wrong_with(s["text"]) == [], (kind, s["key"])
        workflow.approve_progress(submitted(number, room, percent=75), by=people.office, at=at("2023-09-20 15:00"))


HOSTILE = [
    "=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "<script>alert(1)</script> & < > “ ” 〔〕 + ]]>", "\x00\x01\x08\x0b\x1f\x7f坏字符",
    "\u202e倒过来\u202c\u200f\u2066甲\u2069", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16") + "\ufffe\uffff",
    "长" * 2000, "https://example.com/" + "a" * 900, "\r\n\r\n一\r二\n\n三\t四", "（一）", "（一）冒充小标题。", "。。。，，，", "　", "{{ 7*7 }} {% raise %} %s {0}",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_never_breaks_a_draft(text):
    f = circulars.figures(2)
    for found in f["lines"]:
        found["title"] = numbers.plain(text)[:200]
        for part in found["parts"]:
            part |= {name: numbers.plain(text) for name in ("text", "problems", "next_steps")}
    for kind in KINDS:
        for s in circular_papers.write(kind, f):
            assert len(s["text"]) <= circular_papers.SECTION_MAX
            assert not any(ord(c) < 32 and c != "\n" for c in s["text"])
            layout.blocks([s], f)


def test_only_unprintable_and_reordering_characters_are_removed():
    kept = "刻章 & 申领 UKey <全覆盖> “ ” 〔2023〕 承诺制+标准地+全代办 7×24 😀 𠮷"
    assert numbers.plain(kept) == kept
    assert numbers.plain("甲\x00\u202e乙\u200b丙\ufeff\r\n丁\t戊") == "甲乙丙\n丁 戊"
