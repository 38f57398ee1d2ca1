"""从方案正文读举措：种子文件逐字核对，换一种写法也读得出。"""

import json
import re
from collections import Counter
from datetime import date

import pytest

from tasks.imports import Unreadable, compare, documents, parse_text, text_to_plan
from tasks.imports import lines as joining

from .samples import SEED, SEED_TEXT, docx, messages, read, seed_live

SECTION = "二、具体举措\n\n"
LEAD = "（牵头领导：李华斌 牵头部室：审批中心）"


def plan(*measures: str) -> str:
    return SECTION + "\n\n".join(measures)


def parsed(*measures: str):
    result = parse_text(plan(*measures))
    assert not result.problems
    return result.measures


# ---- 种子文件 ---------------------------------------------------------------

# 序号、名称、领导、部室、称谓、分隔（领域说明 1.3 的表）
FACTS = """
1|营造优良营商氛围|张富平|党务办|部室|，
2|全面放宽市场准入条件|李华斌|审批中心|部室|，
3|全面提升三大产业，全力打造三大基地|陈向东|经济发展部|部室|，
4|积极践行“五个零”服务理念，全面强化“五个一”服务举措|陈向东|各部室|部室|空
5|提升企业开办便利度，实现企业开办“零成本”|李华斌|审批中心|部门|空
6|发挥“小窗口，大服务”作用|李华斌|审批中心|部门|空
7|推行线上线下联动服务|李华斌|审批中心|部门|空
8|持续推动“承诺制+标准地+全代办”改革|李华斌、郑瑞林|规划建设部、审批中心|部门|空
9|加强重点项目用地保障|郑瑞林|规划建设部|部室|空
10|提升水、电、气要素保障能力|李华斌|规划建设部|部室|空
11|科学统筹排污能耗|李华斌|审批中心|部室|空
12|优化环评流程|李华斌|审批中心|部室|空
13|开展入企服务常态化专项行动|张富平|综合办|部室|空
14|建立企业家培训交流和激励机制|张富平|党务办、经济发展部|部室|空
15|深化银企对接融资服务|李华斌|财务部|部室|空
16|全力助推企业上市融资|李华斌|财务部|部室|空
17|构建亲清新型政商关系|王卫东|纪工委|部室|空
18|扶持外贸企业发展|陈向东|经济发展部|部室|空
19|加快服务平台建设|陈向东|科技创新部|部室|空
20|提升科技创新能力|陈向东|科技创新部|部室|空
21|制定“柔性引进人才计划”|陈向东|科技创新部|部室|空
"""


def test_seed_gives_exactly_the_21_measures_of_the_fact_table():
    facts = [
        "|".join(
            (m.number, m.title, "、".join(m.leaders), "、".join(m.departments), m.lead_label, m.separator or "无")
        ).replace("| ", "|空")
        for m in text_to_plan(SEED).measures
    ]
    assert facts == FACTS.split()


def test_seed_texts_put_back_together_are_the_section_verbatim():
    """把读出的各项拼回去，与原文这一节去掉空行之后一字不差。"""
    section = SEED_TEXT.partition("二、具体举措")[2].partition("三、保障措施")[0]
    original = "".join(line for line in section.split("\n") if line)
    rebuilt = "".join(
        f"{m.number}、{m.text}（牵头领导：{m.leaders_text}{m.separator}牵头{m.lead_label}：{m.departments_text}）"
        for m in text_to_plan(SEED).measures
    )
    assert rebuilt == original


def test_seed_counts_of_labels_leaders_and_departments():
    measures = text_to_plan(SEED).measures
    assert Counter(m.lead_label for m in measures) == {"部室": 17, "部门": 4}
    assert sum(len(m.leaders) for m in measures) == 22
    assert sum(len(m.departments) for m in measures if m.departments != ("各部室",)) == 22
    assert [m.number for m in measures if len(m.leaders) > 1] == ["8"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("5", "“一窗式”申请，实现企业登记"),
        ("9", "优先保障主导产业重点项目用地"),
        ("13", "“金牌店 小二”。通过入企服务"),
        ("17", "正常经营活动，不得增加"),
        ("20", "力争年内新增高新技术企业 10 家"),
    ],
)
def test_sentences_broken_by_a_page_are_joined_without_a_space(number, words):
    texts = {m.number: m.text for m in text_to_plan(SEED).measures}
    assert words in texts[number]


def test_measure_14_needs_no_full_stop_before_its_bracket():
    texts = {m.number: m.text for m in text_to_plan(SEED).measures}
    assert texts["14"].endswith("提升企业家精神传播力、引导力、影响力")


def test_seed_head_facts_are_verbatim():
    head = text_to_plan(SEED).head
    assert head["document_number"] == "交开党工委发〔2023〕9号"
    assert head["date"] == "2023年3月6日"
    assert head["issued_on"] == date(2023, 3, 6)
    assert head["title"] == "交城经济开发区2023年进一步优化营商环境行动方案"
    assert head["addressee"] == "各部室"
    assert head["signed_by"] == "中共山西交城经济开发区工作委员会"
    assert head["notice"].startswith("现将《交城经济开发区 2023 年进一步优化营商环境行动方案》印发")
    assert head["preamble"].startswith("近年来，")
    assert head["preamble"].endswith("特制定本方案。")
    assert head["goal"].startswith("以服务项目建设")
    assert head["goal"].endswith("推动开发区高质量发展。")
    for text in (head["goal"], head["preamble"]):
        assert text in SEED_TEXT


def test_seed_safeguards_keep_both_sections_numbered_one():
    safeguards = text_to_plan(SEED).head["safeguards"]
    assert [heading for heading, _ in safeguards] == [
        "（一）强化组织领导，高位统筹推进。",
        "（一）强化责任落实，健全工作机制。",
        "（二）加强督查，严格考核。",
        "（三）强化宣传力度，营造浓厚氛围。",
    ]
    assert all(text in SEED_TEXT for _, text in safeguards)


def test_seed_members_keep_the_name_as_written_and_never_guess_a_post():
    head = text_to_plan(SEED).head
    assert head["members_heading"] == "交城经济开发区管理委员会 优化营商环境工作领导组名单"
    assert head["members"] == [
        ("组长", "陈向东", "陈向东", "党工委书记、管委会主任"),
        ("副组长", "李华斌", "李华斌", "管委会副主任"),
        ("副组长", "张富平", "张富平", "党工委委员"),
        ("副组长", "郑瑞林", "郑瑞林", "管委会主任助理"),
        ("成员", "康建佳", "康建佳", "综合办公室主任"),
        ("成员", "梁耀斌", "梁耀斌", "党务办公室主任"),
        ("成员", "李 斌", "李斌", "财务管理运营部部长"),
        ("成员", "武养豪", "武养豪", "规划建设部部长"),
        ("成员", "张 剑", "张剑", "经济发展部副部长"),
        ("成员", "平凯斌", "平凯斌", "招商引资部副部长"),
    ]


@pytest.mark.parametrize(
    ("data", "filename"),
    [
        (SEED_TEXT.encode("utf-8"), "方案.txt"),
        (SEED_TEXT.encode("utf-8-sig"), "方案.TXT"),
        (SEED_TEXT.encode("gb18030"), "方案.txt"),
        (SEED_TEXT.replace("\n", "\r\n").encode("gb18030"), "方案.txt"),
        (docx(SEED_TEXT), "方案.docx"),
    ],
    ids=["utf-8", "bom", "gb18030", "crlf", "docx"],
)
def test_seed_in_every_form_compares_as_unchanged(data, filename):
    reading = read(data, filename)
    assert (reading.errors, reading.warnings, reading.ignored) == ([], [], [])
    result = compare(seed_live(), reading)
    assert result.is_empty
    assert result.counts["same"] == 21
    assert reading.head["document_number"] == "交开党工委发〔2023〕9号"


def test_what_was_read_can_be_stored_as_json():
    stored = json.loads(json.dumps(read(SEED.read_bytes(), "方案.txt").to_json(), ensure_ascii=False))
    assert stored["row_count"] == 21
    assert stored["kind"] == "txt"
    assert stored["head"]["issued_on"] == "2023-03-06"
    assert stored["head"]["members"][0] == ["组长", "陈向东", "陈向东", "党工委书记、管委会主任"]


def test_a_document_says_nothing_of_deadlines_and_kinds_so_they_stay():
    live = seed_live(kind="indicator")
    result = compare(live, read(SEED.read_bytes(), "方案.txt"))
    assert {change.new.kind for change in result.changes} == {"indicator"}


# ---- 其他写法 ---------------------------------------------------------------


@pytest.mark.parametrize("stop", ["", "。"])
@pytest.mark.parametrize("after", ["", "。"])
def test_full_stop_may_stand_before_or_after_the_bracket_or_not_at_all(stop, after):
    (measure,) = parsed(f"1、优化流程。精简材料{stop}{LEAD}{after}")
    assert measure.text == f"优化流程。精简材料{stop}"


@pytest.mark.parametrize("start", ["1、", "1.", "1．", "１、", "1 、", "　　1、"])
def test_number_marks(start):
    (measure,) = parsed(f"{start}优化流程。精简材料。{LEAD}")
    assert (measure.number, measure.title) == ("1", "优化流程")


@pytest.mark.parametrize("dash", ["-", "－", "—", "–"])
def test_split_measures_are_numbered_8_1(dash):
    measures = parsed(f"8、甲。文字。{LEAD}", f"8{dash}1、乙。文字。{LEAD}", f"9、丙。文字。{LEAD}")
    assert [m.number for m in measures] == ["8", "8-1", "9"]


def test_a_decimal_at_the_start_of_a_page_is_not_a_measure():
    (measure,) = parsed("5、提升便利度。实现企业登记", f"0.5个工作日办结。{LEAD}")
    assert measure.text == "提升便利度。实现企业登记0.5个工作日办结。"


def test_a_decimal_that_looks_like_the_next_number_is_not_a_measure_either():
    (measure,) = parsed("5、中水回用。支持回用项目", f"6.5 万吨。{LEAD}")
    assert measure.text == "中水回用。支持回用项目6.5 万吨。"


@pytest.mark.parametrize("lines", [["（甲）"], ["（甲"], ["甲乙丙丁"], ["1、甲", "（2）乙"]])
def test_a_measure_that_never_closes_is_not_searched_over_and_over(monkeypatch, lines):
    """每接一行都从头找一遍括号，就会随长度平方地慢下去。"""
    searched = []
    for module, name in ((documents, "find_leads"), (joining, "open_since")):
        original = getattr(module, name)
        monkeypatch.setattr(
            module,
            name,
            lambda text, *more, original=original: searched.append(min(len(text), 1500)) or original(text, *more),
        )
    text = "1、" + "\n".join(lines * 3_000)
    documents.parse_text(text)
    assert sum(searched) <= 1_600 * text.count("\n") + 10 * len(text)


def test_a_bracket_left_open_does_not_swallow_the_next_measure():
    result = parse_text(plan("1、甲。文字（见附件", f"2、乙。文字。{LEAD}"))
    assert [m.number for m in result.measures] == ["2"]
    assert any("第3行第1项没有以“（牵头领导" in message for message in messages(result.problems))


def test_an_inner_list_is_not_taken_for_measures():
    (measure,) = parsed("5、提升便利度。包括：", "1、减材料；", f"2、减时限。{LEAD}")
    assert measure.text == "提升便利度。包括：\n1、减材料；\n2、减时限。"


def test_a_page_may_break_inside_the_lead_bracket():
    (measure,) = parsed("1、优化流程。精简材料。（牵头领", "导：李华斌", "牵头部", "室：审批中心）")
    assert (measure.leaders, measure.departments) == (("李华斌",), ("审批中心",))


def test_page_numbers_are_left_out_and_listed():
    result = parse_text(plan("1、优化流程。精简", "— 3 —", f"材料。{LEAD}", "第 4 页 共 9 页"))
    assert result.measures[0].text == "优化流程。精简材料。"
    assert result.ignored == ["页码 2 处"]


def test_a_bare_figure_line_is_kept_and_pointed_out():
    result = parse_text(plan("1、优化流程。新增企业", "10", f"家。{LEAD}"))
    assert result.measures[0].text == "优化流程。新增企业10家。"
    assert "如系页码" in result.warnings[0].message


def test_posts_in_brackets_after_a_name_do_not_end_the_bracket():
    (measure,) = parsed("1、优化流程。文字。（牵头领导：李华斌（副主任），牵头部室：审批中心（窗口）、财务部）")
    assert measure.leaders_text == "李华斌（副主任）"
    assert measure.departments == ("审批中心（窗口）", "财务部")


def test_a_deadline_in_the_bracket_is_read_and_other_facts_are_listed():
    result = parse_text(
        plan("1、优化流程。文字。（牵头领导：李华斌，牵头部室：审批中心，督导专班：财务部，完成时限：2023年6月底前）")
    )
    assert result.measures[0].departments_text == "审批中心"
    assert result.measures[0].deadline == "2023年6月底前"
    assert result.ignored == ["第3行第1项“督导专班：财务部”不是导入的栏目"]


def test_group_headings_and_stray_lines_are_listed():
    result = parse_text(plan("（一）政务环境", f"1、甲。文字。{LEAD}", "此处另有说明", f"2、乙。文字。{LEAD}"))
    assert len(result.measures) == 2
    assert result.ignored == ["第3行分组标题“（一）政务环境”（作标题存下）", "第7行不属于任何举措：“此处另有说明”"]


def test_text_after_the_bracket_is_listed():
    result = parse_text(plan(f"1、甲。文字。{LEAD}（新增）"))
    assert result.ignored == ["第3行第1项括号之后的文字“（新增）”"]


def test_a_plan_without_section_headings_is_read_too():
    result = parse_text(f"说明文字。\n1、甲。文字。{LEAD}\n2、乙。文字。{LEAD}")
    assert [m.number for m in result.measures] == ["1", "2"]


def test_sections_without_measures_are_listed():
    result = parse_text(plan(f"1、甲。文字。{LEAD}") + "\n三、工作要求\n请各部室抓好落实。")
    assert result.ignored == ["“三、工作要求”一节不含举措"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["1、甲。文字。", f"2、乙。文字。{LEAD}"], "第3行第1项没有以“（牵头领导：某某 牵头部室：某某）”结尾"),
        (["1、甲。文字。（牵头领导：李华斌）"], "第3行第1项“（牵头领导：李华斌）”没有写牵头部室"),
        (
            [f"1、甲。文字。{LEAD}", f"乙。文字。{LEAD}"],
            "第5行“乙。文字。（牵头领导：李华斌 牵头部室：审批中心）”写了牵头领导，却没有序号",
        ),
        ([f"1、甲。其一{LEAD}；其二{LEAD}"], "写了不止一处“（牵头领导：……）”"),
    ],
)
def test_a_measure_that_cannot_be_read_is_an_error_with_its_line(lines, said):
    result = parse_text(plan(*lines))
    assert any(said in message for message in messages(result.problems))
    assert all("请" in message for message in messages(result.problems))


def test_a_jump_in_the_numbers_is_pointed_out():
    reading = read(plan(f"1、甲。文字。{LEAD}", f"3、乙。文字。{LEAD}").encode(), "方案.txt")
    assert messages(reading.warnings) == ["第5行序号从 1 跳到 3。请核对中间是否有举措没有读出来。"]


def test_unknown_names_and_duplicates_in_a_document_are_all_reported_with_lines():
    text = plan(
        "1、甲。文字。（牵头领导：李四 牵头部门：生态环境分局）",
        f"1、乙。文字。{LEAD}",
    )
    found = messages(read(text.encode(), "方案.txt").errors)
    assert any(m.startswith("第3行“牵头领导”“李四”不在名单中。") for m in found)
    assert any(m.startswith("第3行“牵头部门”“生态环境分局”不在名单中。") for m in found)
    assert any(m.startswith("第5行“序号”“1”与第3行重复。") for m in found)


def test_a_text_without_measures_is_refused_with_the_expected_form():
    with pytest.raises(Unreadable) as refused:
        read("今天天气很好。".encode(), "方案.txt")
    assert "1、名称。内容（牵头领导：某某 牵头部室：某某）" in refused.value.message


def test_a_document_edit_is_named_exactly():
    edited = SEED_TEXT.replace("高新技术企业 10 家", "高新技术企业 12 家")
    result = compare(seed_live(), read(docx(edited), "方案.docx"))
    (change,) = result.of_kind("changed")
    (field,) = change.fields
    assert (change.new.number, field.name) == ("20", "text")
    assert [run for run in field.marked if run[0] != "eq"] == [("del", "10"), ("ins", "12")]


def test_removing_any_one_measure_from_the_document_removes_exactly_that_one():
    for number in ("1", "8", "14", "21"):
        paragraph = re.compile(rf"\n{number}、[^（]*(?:（(?!牵头)[^）]*）[^（]*)*（牵头领导[^）]*）\n")
        text, count = paragraph.subn("\n", SEED_TEXT)
        assert count == 1
        result = compare(seed_live(), read(text.encode(), "方案.txt"))
        assert [change.old.number for change in result.of_kind("removed")] == [number]
        assert result.counts["same"] == 20
