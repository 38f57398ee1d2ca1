"""从 2023 年 3 月到 2025 年 6 月，全在页面上办：两份方案，跨年，一项二月办结，一项移交，两个部室五月合并，一位领导换人。

每期关闭那天留下总览的各个数与导出的台账；末了把两份方案的每一期再打开，与当时留下的逐字相比。
"""

import datetime as dt

import pytest
from django.test import Client

from departments.models import Department, Leader, Role
from tasks.forms import DepartmentSuccessionForm, LeaderSuccessionForm
from tasks.models import Circular, Measure, Plan, Progress, ReportingPeriod
from tests.factories import make_plan, make_user, seen
from tests.markup import markup
from tests.world import finish, form_data

# 一个长故事；其中的每一件事平日各有一例：换方案、并排两份、移交、合并、换人、办结、关闭了的期不变。
pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


class Years:
    """办公室、管理员与三个部室的账户，和留下的各期。"""

    def __init__(self, settings):
        self.settings, self.kept, self.done = settings, {}, {}
        self.plan = make_plan(measures=4, departments=3)
        self.day("2023-03-01")
        self.users = {
            "office": make_user("office", Role.OFFICE),
            "admin": make_user("admin", Role.ADMIN, is_staff=True, is_superuser=True),
            **{f"部室{n}": make_user(f"room{n}", department=f"部室{n}") for n in range(3)},
        }
        self.clients = {name: Client() for name in self.users}
        for name, user in self.users.items():
            self.clients[name].force_login(user)

    def day(self, day):
        self.settings.BUSINESS_DATE = day

    def post(self, who, url, data=None, status=302):
        response = self.clients[who].post(url, data or {})
        assert response.status_code == status, (url, response.status_code, markup(response)[-3000:])
        return response

    def year(self, plan, year, first, last, **more):
        data = {"year": year, "first_month": first, "last_month": last, "due_day": 25} | more
        self.post("office", f"/{plan.slug}/periods/year/", data)

    def period(self, plan, period, skip=(), finished=()):
        """一期：月初开放，各部室二十日报、办公室二十二日审，月底关闭，留下当天的数。`skip` 不报，`finished` 报“已完成”。"""
        at = f"/{plan.slug}/periods/{period.slug}"
        self.day(period.starts_on.isoformat())
        self.post("office", f"{at}/open/", {"sure": "on"})
        self.day(period.ends_on.replace(day=20).isoformat())
        for row in self.owed(period):
            number = row.assignment.measure.number
            if number in skip:
                continue
            self.done[row.assignment_id] = percent = min(self.done.get(row.assignment_id, 0) + 7, 95)
            said = {"text": f"{period.name}做了第{number}项的工作。", "percent": percent}
            if number in finished:
                said |= {"stage": "completed", "percent": 100}
            room = row.assignment.department.name
            self.post(room, f"/{plan.slug}/progress/{row.pk}/", form_data(row, **said))
        self.day(period.ends_on.replace(day=22).isoformat())
        for pk in Progress.objects.waiting().filter(period=period).values_list("pk", flat=True):
            self.post("office", f"/{plan.slug}/review/{pk}/approve/")
        self.day(period.ends_on.isoformat())
        self.post("office", f"{at}/close/", {"sure": "on"})
        self.kept[plan.slug, period.slug] = self.printed(plan, period)

    def owed(self, period):
        rows = Progress.objects.in_force().to_act_on().filter(period=period).select_related("assignment__measure")
        return list(rows.filter(assignment__ended_in=None, assignment__measure__retired_in=None))

    def printed(self, plan, period) -> tuple:
        """这一期总览上的各个数，各项的名称、牵头、灯与理由，和导出的台账原文。"""
        office = self.clients["office"]
        board = office.get(f"/{plan.slug}/board/{period.slug}/").context["board"]
        lines = [
            (line.measure.number, line.measure.title, line.light.level, line.light.reason, [str(x) for x in line.leaders],
             [(str(p.department), p.light.level, p.light.percent) for p in line.parts])
            for line in board.lines
        ]  # fmt: skip
        rooms = [(str(row.department), row.reporting) for row in board.departments]
        ledger = finish(office.get(f"/{plan.slug}/measures/export/?period={period.slug}&format=csv"))
        assert ledger.status_code == 200
        return board.light_counts, board.ledger.reporting, rooms, lines, ledger.getvalue()

    def issue(self, plan, period) -> Circular:
        """印发这一期的通报。"""
        self.post("office", f"/{plan.slug}/circulars/add/", {"kind": "circular", "period": period.slug})
        made = Circular.objects.latest("pk")
        data = {"version": made.version, "checked": "on", "accept_stale": "on"}
        self.post("office", f"/{plan.slug}/circulars/{made.pk}/issue/", data)
        return Circular.objects.get(pk=made.pk)


def by_start(plan):
    return list(plan.periods.filter(status=ReportingPeriod.Status.PLANNED).order_by("starts_on"))


def test_from_march_2023_to_june_2025(settings):
    years = Years(settings)
    old, office = years.plan, years.clients["office"]

    # 2023 年：三月按月，以后按季；第三季没有报第 4 项。
    years.year(old, 2023, 3, 3)
    years.year(old, 2023, 4, 12, kind="quarter", due_rule="same")
    for period in by_start(old):
        years.period(old, period, skip=("4",) if period.slug == "2023-q3" else ())
    assert years.issue(old, old.periods.get(slug="2023-q4")).short_number == "〔2023〕1号"

    # 跨年：去年的接着报一、二月，第 1 项二月办结；今年的方案成为现行的，按季报。
    years.day("2024-01-02")
    new = make_plan(measures=3, departments=2, year=2024)
    Plan.objects.filter(pk=new.pk).update(issued_on=dt.date(2024, 1, 2), starts_on=dt.date(2024, 1, 1))
    new.refresh_from_db()
    years.post("admin", f"/plan/{new.pk}/choose/")
    years.year(old, 2024, 1, 2)
    for period in by_start(old):
        years.period(old, period, finished=("1",) if period.slug == "2024-02" else ())
    assert years.issue(old, old.periods.get(slug="2024-02")).short_number == "〔2024〕1号"

    # 三月收尾：第 2 项移交给今年的第 1 项，第 3、4 项接着办。
    years.day("2024-03-05")
    left = {m.number: m for m in Measure.objects.filter(plan=old, number__in="234")}
    fates = {f"m{m.pk}-kind": "carried" for m in left.values()}
    handed = f"m{left['2'].pk}"
    fates |= {f"{handed}-kind": "handed", f"{handed}-plan": new.pk, f"{handed}-number": "1"}
    years.post("office", f"/2023/plan/{old.pk}/close/", fates)
    assert "移交《2024年测试方案》第1项" in markup(office.get(f"/2023/measures/retired/{left['2'].pk}/"))
    assert "接办《2023年测试方案》第2项" in markup(office.get("/measures/1/"))

    # 今年的第一季报完；五月部室2并入部室0，去年的第 3 项随之由部室0牵头，接着报五月；六月第 3、4 项终止。
    years.year(new, 2024, 1, 12, kind="quarter", due_rule="same")
    first, *rest = by_start(new)
    years.period(new, first)
    years.day("2024-05-06")
    one, other = (Department.objects.get(name=name) for name in ("部室2", "部室0"))
    said = {"old": one.pk, "new": other.pk, "on": "2024-05-01", "reason": "机构改革", "is_gone": "on"}
    years.post("admin", "/successions/department/", seen(DepartmentSuccessionForm, said))
    assert str(left["3"].assignments.get(ended_in=None).department) == "部室0"
    years.year(old, 2024, 5, 5)
    years.period(old, by_start(old)[0])
    years.day("2024-06-03")
    ended = {
        f"m{left[n].pk}-{name}": said for n in "34" for name, said in (("kind", "ended"), ("reason", "上级不再要求"))
    }
    years.post("office", f"/2023/plan/{old.pk}/close/", ended)
    years.post("office", f"/2023/plan/{old.pk}/archive/")
    assert Plan.objects.get(pk=old.pk).status == "archived"

    # 九月换领导；以后各季，到 2025 年 6 月。
    years.period(new, rest[0])
    years.day("2024-09-02")
    was, now = Leader.objects.get(name="测试领导"), Leader.objects.create(name="接任领导")
    said = {"old": was.pk, "new": now.pk, "on": "2024-09-01", "reason": "党工委决定", "is_gone": "on"}
    years.post("admin", "/successions/leader/", seen(LeaderSuccessionForm, said))
    years.period(new, rest[1])
    years.period(new, rest[2])
    assert years.issue(new, rest[2]).short_number == "〔2024〕2号", "几份方案一起编号"
    years.year(new, 2025, 1, 6, kind="quarter", due_rule="same")
    for period in by_start(new):
        years.period(new, period)

    # 末了：每一期再打开，与当时留下的逐字相同；当时的人与部室也还是当时的。
    years.day("2025-07-01")
    assert len(years.kept) == 4 + 2 + 1 + 6
    assert old.periods.exclude(status="closed").count() == new.periods.exclude(status="closed").count() == 0
    for (slug, period), kept in years.kept.items():
        plan = Plan.objects.get(slug=slug)
        assert years.printed(plan, plan.periods.get(slug=period)) == kept, (slug, period)
    people = {key: {name for line in kept[3] for name in line[4]} for key, kept in years.kept.items()}
    assert people["2024", "2024-q2"] == {"测试领导"}
    assert people["2024", "2024-q4"] == {"接任领导"}
    rooms = {name for line in years.kept["2023", "2024-02"][3] for name, *_ in line[5]}
    assert "部室2" in rooms
    assert dt.date.fromisoformat(settings.BUSINESS_DATE) > new.ends_on
