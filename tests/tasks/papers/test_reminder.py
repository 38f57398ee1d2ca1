"""催办的话怎么说：写明部室、各项、还有几天或逾期几天，几期一起开着的分得清。"""

import datetime as dt

import pytest

from departments.models import Department
from tasks import workflow
from tasks.figures import owed as owed_figures
from tasks.papers import reminder as reminder_papers
from tests.tasks.parts import HALL, TODAY, dated, overdue_problem

pytestmark = pytest.mark.django_db


def room(name=HALL):
    return Department.objects.get(name=name)


def test_the_words_name_the_department_the_items_and_the_days(plan, period, people, at):
    dated("11", due_on=dt.date(2023, 9, 1))
    overdue_problem(plan, people, at)
    items = [
        i for i in owed_figures.items(plan, TODAY, department=room()) if i.number in ("第11项", "第12项", "问题1号")
    ]
    assert reminder_papers.for_department(room(), items, TODAY) == (
        "审批中心：\n截至2023年9月22日，贵部室以下 4 件事需要抓紧办理。\n"
        "9月进展报送（9月25日周一截止，还有 3 天），尚未报送：\n"
        "1. 第11项《科学统筹排污能耗》：9月未报，还有 3 天；\n2. 第12项《优化环评流程》：9月未报，还有 3 天。\n"
        "临近或已过完成时限，尚未办结：\n1. 第11项《科学统筹排污能耗》：时限 9月1日，已逾期 21 天。\n"
        "已过整改期限，尚未销号的问题：\n1. 问题1号《设备没有到货》：整改期限 9月20日，已逾期 2 天。\n"
        "没有新进展的也请如实报送；确有困难，请与办公室联系。感谢支持配合。\n"
        "优化营商环境领导小组办公室　2023年9月22日"
    )


def test_the_words_for_the_group_go_by_department(plan, period):
    text = reminder_papers.for_group(owed_figures.items(plan, TODAY), TODAY)
    lines = text.split("\n")
    assert lines[2] == "◆ 9月进展报送（9月25日周一截止，还有 3 天），尚未报送："
    assert (
        "纪工委：第4项《积极践行“五个零”服务理念，全面强化“五个一”服务举措》、第17项《构建亲清新型政商关系》" in lines
    )
    assert len([line for line in lines if "：第" in line]) == 9


def test_two_open_periods_are_told_apart(plan, period, people, at):
    [october] = workflow.plan_periods(
        plan, by=people.office, at=at("2023-10-01 08:00"), first_month=10, last_month=10, due_day=25
    )
    workflow.open_period(october, by=people.office, at=at("2023-10-01 09:00"))
    text = reminder_papers.for_group(
        owed_figures.items(plan, dt.date(2023, 10, 1), department=room("综合办")), dt.date(2023, 10, 1)
    )
    assert "第13项《开展入企服务常态化专项行动》（9月未报，已逾期 6 天）" in text
    assert "第13项《开展入企服务常态化专项行动》（10月未报，还有 24 天）" in text
