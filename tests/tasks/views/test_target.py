"""核定目标：提出来的都有原话，办公室在一页上核定；进台账，导回来不变。"""

from decimal import Decimal

import pytest

from tasks import workflow
from tasks.imports import applying
from tasks.models import Event, Measure, Target
from tasks.models.revision import fenced
from tests.tasks.ledgers import exported
from tests.world import target_form

pytestmark = pytest.mark.django_db
URL = "/targets/"
AIM = {"name": "新增高新技术企业", "operator": "ge", "value": "10", "unit": "家", "strength": "strive"}


@pytest.fixture
def proposed(plan):
    """第 9 项提出了一个目标，引的是原话。"""
    measure = Measure.objects.get(number="9")
    measure.aims = [AIM | {"quote": measure.text[:12]}]
    measure.targets.all().delete()
    measure.save()
    return measure


def test_what_was_proposed_is_shown_with_its_words_and_stored_when_confirmed(plan, people, sign_in, proposed):
    page = sign_in(people.office)
    shown = page.get(URL).content.decode()
    assert proposed.aims[0]["quote"] in shown and "提出 1 个" in shown
    data = target_form(plan, "9")
    answer = page.post(URL, data | {f"m{proposed.pk}-p0-value": "12"})
    assert (answer.status_code, answer.url) == (302, URL)
    [made] = Target.objects.filter(measure=proposed)
    assert (str(made), made.strength, made.quote) == ("新增高新技术企业 ≥12家", "strive", proposed.aims[0]["quote"])
    proposed.refresh_from_db()
    assert (proposed.aims, proposed.kind_is_confirmed) == ([], True)
    assert Event.objects.get(action="target_settle").data["量化目标"] == ["", "新增高新技术企业 ≥12家"]


def test_words_not_in_the_plan_are_refused_and_nothing_is_stored(plan, people, sign_in, proposed):
    data = target_form(plan, "9") | target_form(plan, "5") | {f"m{proposed.pk}-p0-quote": "没有说过的话"}
    answer = sign_in(people.office).post(URL, data)
    assert answer.status_code == 422
    assert (
        "第9项：“新增高新技术企业”的原话“没有说过的话”：这句话不在举措原文里，请逐字摘录。" in answer.content.decode()
    )
    assert not Measure.objects.filter(kind_is_confirmed=True).exists()


def test_one_that_was_left_out_is_not_made_and_a_new_one_can_be_added(plan, people, sign_in, proposed):
    key = f"m{proposed.pk}"
    data = target_form(plan, "9") | {f"{key}-new-{name}": value for name, value in AIM.items()}
    data |= {f"{key}-new-name": "另一个", f"{key}-new-quote": proposed.text[3:9], f"{key}-new-keep": "on"}
    del data[f"{key}-p0-keep"]
    assert sign_in(people.office).post(URL, data).status_code == 302
    assert [t.name for t in Target.objects.filter(measure=proposed)] == ["另一个"]


def test_what_was_settled_meanwhile_is_not_written_over(plan, people, sign_in, proposed, at):
    data = target_form(plan, "9")
    workflow.settle_targets(proposed, by=people.office, at=at("2023-09-21 10:00"), kind="routine", targets=[])
    answer = sign_in(people.office).post(URL, data)
    assert answer.status_code == 409  # 提出的那几行已经没有了，写的抄在一页上
    assert "这一项刚有人核定过或改过原文" in answer.content.decode()
    assert not Target.objects.filter(measure=proposed).exists()


def test_a_target_with_values_is_not_dropped(plan, period, people, sign_in, submitted):
    law = Target.objects.filter(measure__number="5").first()
    submitted("5", "审批中心", values={t: Decimal(5) for t in law.measure.targets.all()})
    data = target_form(plan, "5")
    del data[f"m{law.measure_id}-t{law.pk}-keep"]
    answer = sign_in(people.office).post(URL, data)
    assert answer.status_code == 422
    assert "已经报过完成值，不能去掉" in answer.content.decode()


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_ledger_carries_the_targets_out_and_back_unchanged(plan, people, at, kind):
    with pytest.raises(applying.Unchanged):
        applying.draft(
            plan, exported(plan, people.admin, kind), f"台账.{kind}", by=people.admin, at=at("2023-09-22 12:00")
        )


def test_a_target_edited_in_the_ledger_waits_to_be_settled(plan, people, at):
    data = exported(plan, people.admin, "csv").decode("utf-8-sig").replace("印章 = 5 枚", "印章 = 6 枚")
    who = {"by": people.admin, "at": at("2023-09-22 12:00")}
    draft = applying.draft(plan, data.encode("utf-8-sig"), "台账.csv", **who)
    [change] = draft.changes.filter(kind="changed")
    assert change.fields == fenced(["targets"])
    assert "现行的目标不由导入改动" in change.said[0]
    applying.apply_revision(draft, **who)
    measure = Measure.objects.get(number="5")
    assert [(aim["name"], aim["value"]) for aim in measure.aims] == [("免费刻制印章", "6")]
    assert Target.objects.get(name="免费刻制印章").value == 5
