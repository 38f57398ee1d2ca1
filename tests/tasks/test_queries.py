"""查询数与行数无关：同一个页面，6 项（12 项次）与 12 项、30 项（24、60 项次，60 期），查询一样多。"""

import datetime as dt
from decimal import Decimal
from statistics import median_low

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from departments.models import Department, Role, User
from tasks import workflow
from tasks.models import Attachment, Measure, Progress, ReportingPeriod, Target
from tests.examples import also
from tests.factories import make_plan, make_user
from tests.world import finish

pytestmark = pytest.mark.django_db
SITUATIONS = ("missing", "draft", "returned", "submitted", "approved", "completed")


def moment(month, day, hour=10):
    return timezone.make_aware(dt.datetime(2023, month, day, hour))


class World:
    """每种情形各 `times` 项，每项由两个部室共同牵头，有量化目标、材料、定灯；八月已关，九月在报。"""

    def __init__(self, times, *, first_month=8, periods=0):
        self.plan = make_plan(measures=times * len(SITUATIONS), departments=2, joint=2, kind="indicator")
        self.own, self.other = Department.objects.order_by("order")
        self.office = make_user("office", Role.OFFICE)
        self.admin = make_user("admin", Role.ADMIN)
        self.leader = make_user("leader", Role.LEADER, leader="测试领导")
        self.reporters = {d.pk: make_user(d.slug, department=d) for d in (self.own, self.other)}
        self.targets()
        who = {"by": self.office, "at": moment(first_month, 1)}
        made = workflow.plan_periods(self.plan, **who, first_month=first_month, last_month=9, due_day=25)
        for period in made[:-1]:
            self.past(workflow.open_period(period, by=self.office, at=moment(period.starts_on.month, 1)))
        self.now = workflow.open_period(made[-1], by=self.office, at=moment(9, 1))
        self.present()
        self.future(periods)

    def targets(self):
        Target.objects.bulk_create(
            Target(
                measure=m,
                name=f"家数{n}",
                operator="ge",
                value=10,
                unit="家",
                strength="must",
                quote="做好工作",
                order=n,
            )
            for m in Measure.objects.all()
            for n in (1, 2)
        )

    def submit(self, row, month, **content):
        values = {t: Decimal(10) for t in row.assignment.measure.targets.all()}
        content = {"text": "做了。", "stage": "in_progress"} | content
        who = {"by": self.reporters[row.assignment.department_id], "at": moment(month, 20)}
        row = workflow.submit_progress(row, **who, version=row.version, content=content, values=values)
        self.attach(row)
        return row

    def attach(self, row):
        Attachment.objects.create(
            progress=row, file="x", name="证明.pdf", content_type="application/pdf", size=1, sha256="0" * 64,
            uploaded_by=self.reporters[row.assignment.department_id], uploaded_at=moment(9, 1),
        )  # fmt: skip

    def past(self, period):
        month = period.starts_on.month
        for row in self.rows(period):
            workflow.approve_progress(self.submit(row, month), by=self.office, at=moment(month, 21))
        workflow.close_period(period, by=self.office, at=moment(month, 28))

    def rows(self, period):
        found = period.progress.select_related("assignment__measure__plan", "assignment__department", "period")
        return list(found.order_by("assignment__measure__position", "assignment__order"))

    def present(self):
        for i, row in enumerate(self.rows(self.now)):
            self.tell(row, SITUATIONS[(i // 2 + i) % len(SITUATIONS)])
        for measure in Measure.objects.filter(number__in=[str(n) for n in range(1, Measure.objects.count(), 5)]):
            workflow.set_light(measure, self.now, by=self.office, at=moment(9, 21), level="red", reason="手续")

    def tell(self, row, situation):
        office = {"by": self.office, "at": moment(9, 21)}
        if situation == "draft":
            who = {"by": self.reporters[row.assignment.department_id], "at": moment(9, 20)}
            workflow.save_progress(row, **who, version=row.version, content={"text": "半"})
        elif situation != "missing":
            row = self.submit(row, 9, stage="completed" if situation == "completed" else "in_progress")
            if situation == "returned":
                workflow.return_progress(row, **office, reason="补")
            elif situation != "submitted":
                workflow.approve_progress(row, **office)

    def future(self, count):
        """再添一些没有开放的报送期。"""
        days = [dt.date(2024 + n // 12, n % 12 + 1, 1) for n in range(count)]
        ReportingPeriod.objects.bulk_create(
            ReportingPeriod(
                plan=self.plan, name=f"{d:%Y-%m}", slug=f"{d:%Y-%m}", starts_on=d, ends_on=d.replace(day=28),
                due_on=d.replace(day=25), original_due_on=d.replace(day=25),
            )
            for d in days
        )  # fmt: skip

    def waiting(self):
        return Progress.objects.waiting().order_by("pk").first().pk


# 页面 → （谁看，网址）
PAGES = {
    "我的任务": lambda w: (w.reporters[w.own.pk], "/"),
    "一次报完": lambda w: (w.reporters[w.own.pk], "/month/"),
    "本部室": lambda w: (w.reporters[w.own.pk], f"/departments/{w.own.slug}/"),
    "全部举措（填报人）": lambda w: (w.reporters[w.own.pk], "/measures/"),
    "总览": lambda w: (w.office, "/board/"),
    "总览（往期）": lambda w: (w.office, "/board/2023-08/"),
    "总览（按部室排）": lambda w: (w.leader, "/board/?sort=department"),
    "总览里的一个数": lambda w: (w.office, "/board/2023-09/items/?report=owed"),
    "分析": lambda w: (w.office, "/board/2023-09/analysis/"),
    "考核情况": lambda w: (w.office, "/assessment/"),
    "催办": lambda w: (w.office, "/remind/"),
    "导出台账": lambda w: (w.office, "/measures/export/"),
    "全部举措": lambda w: (w.office, "/measures/"),
    "全部举措（红灯）": lambda w: (w.office, "/measures/?light=red"),
    "一项举措": lambda w: (w.office, "/measures/1/"),
    "一项举措（填报人）": lambda w: (w.reporters[w.own.pk], "/measures/2/"),
    "核定": lambda w: (w.office, "/measures/1/settings/"),
    "我牵头的": lambda w: (w.leader, "/lead/"),
    "每周一页": lambda w: (w.leader, "/week/"),
    "部室": lambda w: (w.office, f"/departments/{w.own.slug}/"),
    "审核清单": lambda w: (w.office, "/review/"),
    "一页审完": lambda w: (w.office, "/review/all/"),
    "审核一条": lambda w: (w.office, f"/review/{w.waiting()}/"),
    "报送期": lambda w: (w.office, "/periods/"),
    "操作记录": lambda w: (w.office, "/log/"),
    "方案": lambda w: (w.admin, "/plan/"),
    "使用说明": lambda w: (w.office, "/help/"),
}


def queries(world, page) -> int:
    """看一次这个页面要几条查询。先看一遍，免得数进只做一次的事。"""
    return asked(*PAGES[page](world))


def asked(user, url, client=None) -> int:
    """`client` 是这个人已经看过一遍这种页面的，不必再登录、再看一遍。"""
    if client is None:
        client = Client()
        client.force_login(user)
        assert finish(client.get(url)).status_code == 200, url
    with CaptureQueriesContext(connection) as captured:
        assert finish(client.get(url)).status_code == 200, url
    return len(captured)


def asked_each(page, visited) -> list[int]:
    """同一种页面，各人各件看一次；每个人头一件先看一遍（部室的那一页，头一次看各要记下一些，件件先看）。"""
    clients, found = {}, []
    for user, url in visited:
        if user not in clients or page == "部室":
            clients[user] = Client()
            clients[user].force_login(user)
            finish(clients[user].get(url))
        found.append(asked(user, url, clients[user]))
    return found


def counted(pages, **world) -> dict:
    with transaction.atomic():
        made = World(**world)
        found = {page: queries(made, page) for page in pages}
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("times", [2, *also(5)])
def test_no_page_asks_more_questions_for_many_rows_than_for_twelve(times):
    """24 行、60 行，与 12 行相比。"""
    assert counted(PAGES, times=times, periods=60) == counted(PAGES, times=1, periods=1)


@pytest.mark.parametrize("first_month", [7, *also(3)])
def test_a_measure_asks_no_more_questions_after_many_months_than_after_two(first_month):
    """报了三个月、七个月，与两个月相比。"""
    pages = ["一项举措", "一项举措（填报人）", "总览", "我的任务", "本部室", "部室", "我牵头的", "报送期", "操作记录"]
    assert counted(pages, times=1, first_month=first_month) == counted(pages, times=1, first_month=8)


# 演示里各页问几次库：（多半，至多），连同会话、账户、记号三次。只许改小：添一次查询，先看能不能与别的一次取。
ASKED = {
    "全部举措": (9, 9),
    "一项举措（办公室）": (12, 21),  # 有请示的一项多两条：请示、决定
    "一项举措（领导）": (12, 21),
    "一项举措（填报人）": (12, 20),
    "部室": (9, 10),
    "我牵头的": (11, 13),  # 没到截止日的，数一次暂时的绿灯
    "我的任务": (10, 30),
    "一次报完": (6, 16),
    "审核清单": (5, 5),
    "一页审完": (21, 21),
    "审核一条": (12, 15),  # 谁报的、是不是代，照那一天说
}


def visits(of) -> dict:
    """页面 → 要看的各次（谁看，网址）：每一项举措、每个部室、每位领导、每一条待审核都看一遍。"""
    measures = [f"/measures/{number}/" for number in Measure.objects.in_force().values_list("number", flat=True)]
    reviews = [f"/review/{pk}/" for pk in Progress.objects.waiting().values_list("pk", flat=True)]
    (office, *_), leaders, reporters = (of(role) for role in (Role.OFFICE, Role.LEADER, Role.REPORTER))
    rooms = [f"/departments/{slug}/" for slug in Department.objects.values_list("slug", flat=True)]
    return {
        "全部举措": [(user, "/measures/") for user in (office, leaders[0], reporters[0])],
        "一项举措（办公室）": [(office, url) for url in measures],
        "一项举措（领导）": [(leaders[0], url) for url in measures],
        "一项举措（填报人）": [(reporters[0], url) for url in measures],
        "部室": [(office, url) for url in rooms],
        "我牵头的": [(user, "/lead/") for user in leaders],
        "我的任务": [(user, "/") for user in reporters],
        "一次报完": [(user, "/month/") for user in reporters],
        "审核清单": [(office, "/review/")],
        "一页审完": [(office, "/review/all/")],
        "审核一条": [(office, url) for url in reviews],
    }


def test_each_page_of_the_demonstration_asks_no_more_than_it_did(demo):
    found = visits(lambda role: list(User.objects.filter(role=role).order_by("pk")))
    counts = {page: asked_each(page, visited) for page, visited in found.items()}
    assert {page: (median_low(each), max(each)) for page, each in counts.items()} == ASKED
