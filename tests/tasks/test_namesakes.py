"""两位同名的领导：筛选、清单、分析、批示、公文里分得清；台账传回全部无变化；文件里说不清的不替人选。"""

import pytest
from django.urls import reverse

from departments.models import Leader
from tasks import workflow
from tasks.figures.snapshot import collect
from tasks.imports import applying, drafts, inforce
from tasks.models import Measure, MeasureLeader
from tests import factories
from yingshang import clock

from .ledgers import exported, grid, place
from .parts import TODAY

pytestmark = pytest.mark.django_db
DEPUTY, ADVISER = "李华斌（管委会副主任）", "李华斌（管委会调研员）"


@pytest.fixture
def twins(plan):
    """名单里来了第二位李华斌，第 15 项改由他牵头。"""
    made = Leader.objects.create(name="李华斌", post="管委会调研员", order=30)
    MeasureLeader.objects.filter(measure__number="15").delete()
    MeasureLeader.objects.create(measure=Measure.objects.get(plan=plan, number="15"), leader=made)
    return Leader.objects.get(called=DEPUTY), made


def text_of(plan, *changes):
    """方案正文，改几处。"""
    text = inforce_text(plan)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def inforce_text(plan):
    return "\n".join(
        f"{row.number}、{row.text}（牵头领导：{'、'.join(row.leaders)} 牵头{row.lead_label}："
        f"{'各部室' if row.all_departments else '、'.join(row.departments)}）"
        for row in (live.row for live in inforce.live_rows(plan))
    )


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_ledger_with_both_reads_back_all_unchanged(twins, plan, people, kind):
    data = exported(plan, people.admin, kind)
    column = {row[place("number")]: row[place("leaders")] for row in grid(data, kind)[1:]}
    assert column["15"] == ADVISER and DEPUTY in column["16"]
    reading, comparison = applying.preview(plan, data, f"督办台账.{kind}")
    assert (reading.errors, comparison.is_empty) == ([], True)


def test_the_document_with_both_reads_back_all_unchanged_whichever_brackets_are_typed(twins, plan):
    for written in (
        ADVISER,
        "李华斌(管委会调研员)",
        "李华斌（ 管委会调研员 ）",
        "管委会调研员李华斌",
        "李华斌管委会调研员",
    ):
        reading, comparison = applying.preview(plan, text_of(plan, (ADVISER, written)), "方案.txt")
        assert reading.errors == []
        assert [row.leaders for row in reading.rows if row.number == "15"] == [(ADVISER,)]
        assert not [c for c in comparison.changes if {field.name for field in c.fields} & {"leaders"}]


@pytest.mark.parametrize("written", ["李华斌", "李 华 斌", "李华斌（书记）"])
@pytest.mark.parametrize("is_new", [False, True])
def test_a_name_that_could_be_either_is_refused_and_says_which_there_are(twins, plan, written, is_new):
    data = text_of(plan, (ADVISER, written))
    if is_new:
        reading = drafts.read_new(data, "方案.txt", 2024)
    else:
        with pytest.raises(drafts.Faulty) as caught:
            applying.preview(plan, data, "方案.txt")
        reading = caught.value.reading
    [said] = [str(fault) for fault in reading.errors]
    assert said == (
        f"第15行“牵头领导”“{written.replace(' ', '')}”说不清是哪一位：名单里有2位同名的，“{DEPUTY}”、“{ADVISER}”。"
        "请在姓名后注明职务，写成其中一个，再重新上传。"
    )


def test_when_the_other_has_left_the_bare_name_is_read_but_asked_about(twins, plan):
    old, new = twins
    MeasureLeader.objects.filter(leader=old).update(leader=Leader.objects.get(name="陈向东"))
    old.is_active = False
    old.save()
    reading, _ = applying.preview(plan, text_of(plan, (ADVISER, "李华斌")), "方案.txt")
    assert reading.errors == []
    assert f"“李华斌”已按别名识别为“{ADVISER}”，请核对。" in "".join(map(str, reading.warnings))


def test_two_posts_for_one_new_name_are_asked_about(plan):
    text = "1、甲。办好。（牵头领导：钱一（主任） 牵头部室：审批中心）\n2、乙。办好。（牵头领导：钱一（书记） 牵头部室：审批中心）"
    reading = drafts.read_new(text.encode(), "方案.txt", 2024)
    said = "“钱一”几处注明的不同（主任、书记），按一位处理。若是两位同名的，请先在领导名单里各自新增"
    assert said in "".join(map(str, reading.warnings))


def test_a_draft_read_before_the_second_came_still_means_the_first(plan, people, at):
    data = text_of(plan, ("牵头领导：郑瑞林", "牵头领导：李华斌"))
    draft = applying.draft(plan, data, "方案.txt", by=people.admin, at=at("2023-09-21 09:00"))
    Leader.objects.create(name="李华斌", post="管委会调研员", order=30)
    applying.apply_revision(draft, by=people.admin, at=at("2023-09-21 10:00"))
    led = MeasureLeader.objects.filter(leader__called=ADVISER)
    assert not led.exists()
    assert MeasureLeader.objects.filter(measure__number="9", leader__called=DEPUTY).exists()


def test_lists_and_filters_tell_them_apart(twins, plan, people, sign_in):
    client = sign_in(people.office)
    page = client.get(reverse("measure_list"), {"lead": ADVISER}).content.decode()
    assert f'<option value="{ADVISER}" selected>{ADVISER}</option>' in page
    assert f'<option value="{DEPUTY}">{DEPUTY}</option>' in page
    assert "深化银企对接融资服务" in page and "全力助推企业上市融资" not in page
    both = client.get(reverse("measure_list"), {"q": "李华斌"}).content.decode()
    assert DEPUTY in both and ADVISER in both
    assert ADVISER in client.get(reverse("measure_detail", args=["15"])).content.decode()


def test_the_analysis_and_the_leaders_own_page_count_each_alone(twins, plan, people, period, sign_in):
    user = factories.make_user("lhb2", "leader", leader=twins[1])
    page = sign_in(user).get(reverse("lead")).content.decode()
    assert ADVISER in page
    assert "深化银企对接融资服务" in page and "全力助推企业上市融资" not in page


def test_a_circular_writes_the_posts_only_when_both_are_in_it(twins, plan, people, at, period):
    lines = {line["number"]: line["leaders"] for line in collect(plan, period, TODAY, taken_at=clock.now())["lines"]}
    assert lines["15"] == [ADVISER] and DEPUTY in lines["16"]
    MeasureLeader.objects.filter(leader=twins[1]).delete()
    lines = {line["number"]: line["leaders"] for line in collect(plan, period, TODAY, taken_at=clock.now())["lines"]}
    assert lines["16"] == ["李华斌"]


def test_an_earlier_period_keeps_the_plain_name(plan, people, at, period, sign_in):
    workflow.close_period(period, by=people.office, at=at("2023-09-21 09:00"))
    Leader.objects.create(name="李华斌", post="管委会调研员", order=30)
    page = sign_in(people.office).get(reverse("board_period", args=["2023-09"])).content.decode()
    assert "李华斌" in page
    assert page.count(DEPUTY) == page.count(f">{DEPUTY}</option>") + page.count(f'value="{DEPUTY}"')
