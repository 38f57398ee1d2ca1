"""不搞“指尖上的形式主义”（中央网信委《关于防治“指尖上的形式主义”的若干意见》，2023 年 12 月）的精神写成测试。

不打卡、不签到、不排名计分、不统计登录和在线；月报不强制佐证；没有变化的一下就报完。
"""

import datetime as dt
import re
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.test import Client

from tasks import workflow
from tasks.figures import reporting as reporting_figures
from tasks.models import Assignment, Event, Progress
from tasks.pages import home as home_pages
from tests import factories

pytestmark = pytest.mark.django_db
# 只许这几样：Django 自带的上次登录时间；登录锁定的失败计数（安全所需，一刻钟一清，不作统计）。
ALLOWED = {"departments.user.last_login", "departments.loginattempt.failures"}
NAMES = re.compile(
    r"(^|_)(check_?in|sign_?in|punch|clock_?(in|out)|attendance|login|log_?on|visits?|views?|view_?count|hits|clicks?|online|"
    r"activ(e|ity)_?(days|count|time|minutes)|duration|streak|score|points?|rank|grade|stars?|likes?|badge|medal|"
    r"step_?count|latitude|longitude|location|gps|selfie|screenshot|failures)(_|s?$)",
    re.I,
)
WORDS = re.compile(
    "打卡|签到|考勤|活跃|登录次数|登录天数|在线|时长|访问量|点击|浏览量|积分|得分|分数|评分|排名|名次|点赞|勋章|步数|定位|经纬度|自拍|截图"
)
DJANGO = {"is_active", "is_staff", "is_superuser"}
SAID = "完成了本月安排的工作。"


def fields():
    """各模型的字段：路径、名称、说明。Django 自带的用户字段只看名称。"""
    for app in ("departments", "tasks"):
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.get_fields():
                if field.concrete:
                    own = field.model.__module__.startswith(("departments", "tasks")) and field.name not in DJANGO
                    help_text = str(field.help_text) if own else ""
                    yield f"{app}.{model._meta.model_name}.{field.name}", str(field.verbose_name), help_text


def test_the_net_is_fine_enough():
    for name in (
        "login_count",
        "check_in_at",
        "visits",
        "score",
        "total_points",
        "rank",
        "online_minutes",
        "activity_days",
    ):
        assert NAMES.search(name), name
    for name in ("starts_on", "status", "assignment", "signed_at", "version"):
        assert not NAMES.search(name), name


def test_no_model_counts_check_ins_activity_logins_or_points():
    found = [(path, label) for path, label, _ in fields() if NAMES.search(path.split(".")[-1]) or WORDS.search(label)]
    assert {path for path, _ in found} - ALLOWED == set()


def test_nothing_asks_for_traces_in_its_explanations():
    assert [path for path, _, help_text in fields() if WORDS.search(help_text)] == []


def test_the_log_keeps_what_was_done_not_who_looked(client, people, period):
    """看页面不留痕：操作记录里没有“登录”“浏览”，开多少次首页都不多一条。"""
    before = Event.objects.count()
    for user in (people.reporter("审批中心"), people.office, people.leader("李华斌")):
        client.force_login(user)
        for url in ("/", "/measures/", "/measures/12/", "/plan/"):
            client.get(url)
    assert Event.objects.count() == before


def _august():
    """8 月这三项报过、审过，关了；9 月开着。第 12 项还有一个没完成的节点。"""
    plan, people, at = factories.load_plan(), factories.People(), factories.at
    office = {"by": people.office, "at": at("2023-08-01 08:00")}
    first, second = workflow.plan_periods(plan, **office, first_month=8, last_month=9, due_day=25)
    first = workflow.open_period(first, **office)
    rows = first.progress.filter(assignment__measure__number__in=KINDS)
    for row in rows.select_related("assignment__measure", "assignment__department"):
        content = {"text": SAID, "stage": "in_progress"}
        if row.assignment.measure.kind == "milestone":
            content["percent"] = 60
        values = {t: t.value for t in row.assignment.measure.targets.all()}
        by = people.reporter(row.assignment.department.name)
        row = workflow.submit_progress(row, by=by, at=at("2023-08-20 10:00"), version=0, content=content, values=values)
        workflow.approve_progress(row, by=people.office, at=at("2023-08-21 10:00"))
    workflow.close_period(first, by=people.office, at=at("2023-08-30 17:00"))
    twelve = Assignment.objects.get(measure__number="12")
    due = dt.date(2023, 11, 30)
    workflow.propose_milestone(twelve, by=people.office, at=at("2023-09-01 08:30"), name="招标完成", due_on=due)
    return SimpleNamespace(plan=plan, august=workflow.open_period(second, by=people.office, at=at("2023-09-01 08:00")))


GROUNDS = {"august": _august}


@pytest.fixture
def august(ground):
    return ground.august


# 指标类、节点类（带节点）、常态类各一项，都是一个部室牵头。
KINDS = {"5": ("indicator", "审批中心"), "12": ("milestone", "审批中心"), "13": ("routine", "综合办")}


def row_of(period, number):
    return Progress.objects.select_related("assignment__measure").get(period=period, assignment__measure__number=number)


@pytest.mark.parametrize(("number", "kind"), [(n, k) for n, (k, _) in KINDS.items()])
def test_no_change_is_one_tap_with_nothing_but_the_token_the_button_and_the_version(number, kind, august, people):
    """浏览器交上来的只有三样：防伪令牌、按的哪个钮、版本号。"""
    row = row_of(august, number)
    assert row.assignment.measure.kind == kind
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.reporter(KINDS[number][1]))
    html = client.get("/").content.decode()
    form = html.split(f'action="/progress/{row.pk}/"')[1].split("</form>")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    assert '<button class="btn" name="do" value="no_change">本期无变化</button>' in form
    data = {"csrfmiddlewaretoken": token, "do": "no_change", f"p{row.pk}-version": row.version}
    response = client.post(f"/progress/{row.pk}/", data)
    assert response.status_code == 302, response.content.decode()[:2000]
    row.refresh_from_db()
    assert (row.status, row.is_no_change, row.text) == ("submitted", True, "本期无变化。")


@pytest.mark.parametrize("number", KINDS)
@pytest.mark.parametrize("stage", ["in_progress", "completed"])
def test_a_monthly_report_never_needs_evidence(number, stage, august, people, client):
    """佐证只在月报之外申请办结时附；月报哪怕报“已完成”也不强制。"""
    row = row_of(august, number)
    client.force_login(people.reporter(KINDS[number][1]))
    data = {"do": "submit", f"p{row.pk}-version": row.version, f"p{row.pk}-stage": stage, f"p{row.pk}-text": SAID}
    if row.assignment.measure.kind == "milestone":
        data[f"p{row.pk}-percent"] = 100
    if stage == "completed":  # 还有节点没完成的，连同勾上
        data[f"p{row.pk}-ticks"] = [m.pk for m in row.assignment.milestones.all()]
    for target in row.assignment.measure.targets.all():  # 框里预填着上期的数
        data[f"p{row.pk}-target_{target.pk}"] = target.value
    assert client.post(f"/progress/{row.pk}/", data).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.attachments.count()) == ("submitted", 0)


def test_a_report_asks_for_three_things_at_most(august, people):
    """必填的只有状态、（节点类的）进度、本月进展，加上看不见的版本号。"""
    for department in ("审批中心", "综合办", "科技创新部"):
        for task in home_pages.desk(people.reporter(department), dt.date(2023, 9, 22)).tasks:
            required = {name for name, field in task.form.fields.items() if field.required} - {"version"}
            assert required <= {"stage", "percent", "text"}
            assert ("percent" in required) is (task.progress.assignment.measure.kind == "milestone")


def test_a_completed_item_is_left_alone(august, people, at):
    """办结了的以后不再报：下一期没有它的应报。"""
    row = row_of(august, "13")
    content = {"text": SAID, "stage": "completed"}
    row = workflow.submit_progress(
        row, by=people.reporter("综合办"), at=at("2023-09-20 10:00"), version=0, content=content
    )
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 10:00"))
    office = {"by": people.office, "at": at("2023-10-01 08:00")}
    [october] = workflow.plan_periods(august.plan, **office, first_month=10, last_month=10, due_day=25)
    october = workflow.open_period(october, **office)
    assert reporting_figures.reporting(october.progress.all()).owed == 30
