"""样样都有的小世界：审批中心每种状态的报送各一条，带材料；供“逐个网址”的测试用。

用法：`from .world import world  # noqa: F401`。主角是审批中心（own），旁人是财务部（other）。
"""
import csv
import io
from types import SimpleNamespace

import pytest
from django.contrib.admin.sites import site
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from departments.models import Department, Leader
from tasks import evidence, workflow
from tasks.imports import applying
from tasks.models import Event, Measure

OWN, OTHER = "审批中心", "财务部"
PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
ROLES = ("anonymous", "own", "other", "office", "leader", "admin")
SAID = {"text": "完成了本月安排的工作。", "stage": "in_progress"}


def upload(name="现场照片.pdf", content=PDF):
    """一份可以上传的材料。"""
    return SimpleUploadedFile(name, content)


def form_data(progress, do="submit", **fields):
    """浏览器会交上来的填报内容。"""
    fields = {"version": progress.version, **SAID} | fields
    if progress.assignment.measure.kind == "milestone":
        fields.setdefault("percent", 75)
    return {"do": do} | {f"p{progress.pk}-{k}": v for k, v in fields.items()}


def every_url(resolver=None, namespace="", before=""):
    """网址表里的每一条：(名字, 完整路由)。没有名字的（后台的几条）用路由代替名字。"""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from every_url(pattern, inner, route)
        else:
            yield (f"{namespace}{pattern.name}" if pattern.name else f"{namespace}{route}", route)


def plan_file(plan, title="全面放宽市场准入条件并公开清单"):
    """现行方案的台账（CSV），改了第 2 项的名称。"""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["序号", "举措名称", "具体内容", "牵头领导", "牵头部室"])
    for row in (live.row for live in applying.live_rows(plan)):
        departments = "各部室" if row.all_departments else "、".join(row.departments)
        rows.writerow([row.number, title if row.number == "2" else row.title, row.text, "、".join(row.leaders), departments])
    return out.getvalue().encode("utf-8-sig")


@pytest.fixture
def world(plan, people, period, report, submitted, at):
    """审批中心：2 未报、12 草稿、11 待审核、7 已通过、6 已退回；8 月已关闭，10 月未开放；第 9 项有定灯。"""
    office, own = people.office, people.reporter(OWN)
    moment = at("2023-09-20 10:00")
    workflow.plan_year(plan, by=office, at=moment, first_month=8, last_month=10, due_day=25)
    closed = workflow.open_period(plan.periods.get(slug="2023-08"), by=office, at=moment)
    closed = workflow.close_period(closed, by=office, at=moment)
    rows = SimpleNamespace(missing=report("2", OWN))
    rows.draft = workflow.save_draft(report("12", OWN), by=own, at=moment, version=0, content={"text": "写了一半"})
    files = {"draft": _attach(rows.draft, own, moment)}
    for name, number, values in (("waiting", "11", None), ("approved", "7", None), ("returned", "6", None)):
        files[name] = _attach(report(number, OWN), own, moment)
        setattr(rows, name, submitted(number, OWN, values=values))
    rows.approved = workflow.approve(rows.approved, by=office, at=moment)
    rows.returned = workflow.return_(rows.returned, by=office, at=moment, reason="请写明办了几件。")
    workflow.set_light(Measure.objects.get(number="9"), period, by=office, at=moment, level="yellow", reason="提醒关注")
    users = {
        "anonymous": None,
        "own": own,
        "other": people.reporter(OTHER),
        "office": office,
        "leader": people.leader("李华斌"),
        "admin": people.admin,
    }
    draft = applying.draft(plan, plan_file(plan), "修订.csv", by=people.admin, at=moment)
    return SimpleNamespace(
        plan=plan, draft=draft, period=period, closed=closed, rows=rows, files=SimpleNamespace(**files), users=users,
        own=own, office=office, admin=users["admin"],
    )


def _attach(row, by, at):
    return workflow.attach(row, by=by, at=at, upload=evidence.check(upload()))


def arguments(world) -> dict:
    """网址名 → 网址里的参数。没有列出的不带参数。"""
    rows, files = world.rows, world.files
    nine = {"number": "9"}
    known = {
        "progress_report": {"pk": rows.returned.pk},
        "progress_withdraw": {"pk": rows.waiting.pk},
        "progress_correct": {"pk": rows.approved.pk},
        "attachment_download": {"pk": files.returned.pk},
        "attachment_remove": {"pk": files.returned.pk},
        "review_detail": {"pk": rows.waiting.pk},
        "progress_approve": {"pk": rows.waiting.pk},
        "progress_return": {"pk": rows.waiting.pk},
        "period_open": {"slug": "2023-10"},
        "period_extend": {"slug": "2023-09"},
        "period_close": {"slug": "2023-09"},
        "period_reopen": {"slug": "2023-08"},
        "board_period": {"slug": "2023-09"},
        "department_detail": {"slug": Department.objects.get(name=OWN).slug},
        "measure_detail": nine, "measure_settings": nine, "light_set": nine, "light_lift": nine,
        "plan_detail": {"pk": world.plan.pk}, "plan_choose": {"pk": world.plan.pk},
        **{f"revision_{do}": {"pk": world.draft.pk} for do in ("preview", "apply", "discard", "again")},
        **{f"revision_{do}": {"pk": world.plan.revision.pk} for do in ("detail", "file", "revert", "sign")},
        "admin:app_list": {"app_label": "tasks"},
        "admin:view_on_site": {"content_type_id": ContentType.objects.get_for_model(Measure).pk, "object_id": 1},
        "admin:departments_user_password_change": {"id": world.own.pk},
        "admin:auth_user_password_change": {"id": world.own.pk},
    }
    samples = admin_samples(world)
    for model in site._registry:
        for action in ("history", "delete", "change"):
            key = f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}"
            known[key] = {"object_id": samples[model._meta.model_name]}
    return known


def admin_samples(world) -> dict:
    """后台每个模型取一行。"""
    return {
        "user": world.own.pk, "department": Department.objects.first().pk, "leader": Leader.objects.first().pk,
        "plan": world.plan.pk, "measure": Measure.objects.first().pk, "progress": world.rows.approved.pk,
        "event": Event.objects.first().pk, "reportingperiod": world.period.pk,
    }


def posted(world) -> dict:
    """网址名 → 办得成的一次提交。没有列出的交空表。"""
    return {
        "progress_report": form_data(world.rows.returned),
        "progress_return": {"reason": "请补充数据。"},
        "period_year": {"first_month": 11, "last_month": 12, "due_day": 25},
        "period_extend": {"2023-09-due_on": "2023-09-28", "2023-09-reason": "统一延长"},
        "period_reopen": {"2023-08-reason": "补报"},
        "light_set": {"level": "red", "reason": "督办"},
        "measure_settings": {"kind": "milestone", "start_on": "", "due_on": "2023-12-31"},
        "revision_apply": {"checked": "on"},
        "revision_upload": {"target": "current", "file": SimpleUploadedFile("修订.csv", plan_file(world.plan, "再改一次"))},
        "text_size": {"next": "/help/"},
    }

