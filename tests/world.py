"""样样都有的小世界：审批中心每种状态的报送各一条，带材料；供“逐个网址”的测试用。

用法：`from .world import world  # noqa: F401`。主角是审批中心（own），旁人是财务部（other）。
"""

import csv
import datetime as dt
import io
from functools import partial
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.contrib.admin.sites import site
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from departments.models import Acting, Department, Leader
from tasks import workflow
from tasks.forms import DepartmentSuccessionForm, LeaderSuccessionForm, MeasureTargetsForm
from tasks.imports import applying, closing, succession
from tasks.models import Assignment, Circular, CoordinationRequest, Event, Measure
from tasks.papers import circular as circular_papers
from tasks.papers.circular import petition as petition_papers
from tasks.rules import evidence

from . import factories
from .tasks import circulars

OWN, OTHER = "审批中心", "财务部"
PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
ROLES = ("anonymous", "own", "other", "office", "leader", "admin", "auditor")
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
        rows.writerow(
            [row.number, title if row.number == "2" else row.title, row.text, "、".join(row.leaders), departments]
        )
    return out.getvalue().encode("utf-8-sig")


def finish(response):
    """把流式的响应（下载）读完，文件随之关上。不能直接 close()：那会顺带断开测试用的数据库连接。"""
    if response.streaming:
        b"".join(response.streaming_content)
    return response


class Forms(HTMLParser):
    """把页面读成一张张表单，像关掉脚本的浏览器那样：控件的名字与现值、按钮、提交到哪里。"""

    def __init__(self):
        super().__init__()
        self.forms, self.area, self.select = [], None, None

    def handle_starttag(self, tag, attrs):
        at = dict(attrs)
        if tag == "form":
            self.forms.append(
                {
                    "action": at.get("action"),
                    "method": at.get("method", "get"),
                    "fields": {},
                    "files": [],
                    "buttons": [],
                }
            )
        if not self.forms:
            return
        fields, name = self.forms[-1]["fields"], at.get("name")
        if tag == "input" and name:
            if at.get("type") in ("radio", "checkbox"):
                fields |= {name: at.get("value", "on")} if "checked" in at else {}
            elif at.get("type") == "file":
                self.forms[-1]["files"].append(name)
            elif at.get("type") != "submit":
                fields[name] = at.get("value", "")
        elif tag == "textarea":
            self.area = name
            fields[name] = ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in at or self.select not in fields):
            fields[self.select] = at.get("value", "")
        elif tag == "button" and name:
            self.forms[-1]["buttons"].append((name, at.get("value")))

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.area = None
        elif tag == "select":
            self.select = None

    def handle_data(self, data):
        if self.area:
            self.forms[-1]["fields"][self.area] += data


def forms_in(page) -> list[dict]:
    """这份 HTML 里的全部表单。"""
    reader = Forms()
    reader.feed(page)
    return reader.forms


def forms_on(response) -> list[dict]:
    """页面上的全部表单。"""
    return forms_in(response.content.decode())


_READ = {}


def read_once(client, role, url) -> str:
    """没有动过的世界里，这种人在这个网址看到的 HTML（不是网页的、打不开的为空）。

    从各页上找表单的几处扫看的是同样的页面，一个进程里每页只真的打开一次；所以它们归在同一组（xdist_group）。
    """
    if (role, url) not in _READ:
        response = client.get(url)
        is_page = response.status_code == 200 and response.get("Content-Type", "").startswith("text/html")
        _READ[role, url] = response.content.decode() if is_page else ""
        finish(response)
    return _READ[role, url]


def form_on(response, action) -> dict:
    """页面上提交到 `action` 的那张表单：{"fields": …, "buttons": …}；没有时为 None。"""
    found = next((form for form in forms_on(response) if form["action"] == action), None)
    if found:
        # HTML 规定 textarea 开头的一个换行不算内容。
        found["fields"] = {
            k: v.removeprefix("\r\n").removeprefix("\n")
            for k, v in found["fields"].items()
            if k != "csrfmiddlewaretoken"
        }
    return found


@pytest.fixture(name="world")
def the_world(ground, everything):
    """样样都有的小世界，见 build。"""
    return ground


def build():
    """审批中心：2 未报、12 草稿、11 待审核、7 已通过、6 已退回；8 月已关闭，10 月未开放；第 9 项有定灯，第 10 项（规划建设部）已通过。"""
    ground, people = factories.september(), factories.People()
    plan, period, office, own = ground.plan, ground.period, people.office, people.reporter(OWN)
    report, submitted = partial(factories.report, period), partial(factories.submitted, period)
    moment = factories.at("2023-09-20 10:00")
    workflow.plan_periods(plan, by=office, at=moment, first_month=8, last_month=10, due_day=25)
    closed = workflow.open_period(plan.periods.get(slug="2023-08"), by=office, at=moment)
    closed = workflow.close_period(closed, by=office, at=moment)
    rows = SimpleNamespace(missing=report("2", OWN))
    rows.draft = workflow.save_progress(report("12", OWN), by=own, at=moment, version=0, content={"text": "写了一半"})
    files = {"draft": _attach(rows.draft, own, moment)}
    for name, number, values in (("waiting", "11", None), ("approved", "7", None), ("returned", "6", None)):
        files[name] = _attach(report(number, OWN), own, moment)
        setattr(rows, name, submitted(number, OWN, values=values))
    rows.approved = workflow.approve_progress(rows.approved, by=office, at=moment)
    # 第 5 项已通过，又起了一份更正稿。
    rows.correction = workflow.correct_progress(
        workflow.approve_progress(submitted("5", OWN), by=office, at=moment), by=own, at=moment
    )
    rows.returned = workflow.return_progress(rows.returned, by=office, at=moment, reason="请写明办了几件。")
    rows.solid = workflow.approve_progress(submitted("10", "规划建设部", percent=70), by=office, at=moment)
    workflow.set_light(Measure.objects.get(number="9"), period, by=office, at=moment, level="yellow", reason="提醒关注")
    users = {
        "anonymous": None,
        "own": own,
        "other": people.reporter(OTHER),
        "office": office,
        "leader": people.leader("李华斌"),
        "admin": people.admin,
        "auditor": people.auditor,
    }
    draft = applying.draft(plan, plan_file(plan), "修订.csv", by=people.admin, at=moment)
    gone = Measure.objects.create(
        plan=plan, number="99", position=99_000, title="旧事", text="旧事。", retired_in=plan.revision
    )
    scheduled = _scheduled(people, moment)
    once = {"from_on": "2023-08-01", "until_on": "2023-08-10", "reason": "休假，临时代理"}
    Acting.objects.create(user=own, department=Department.objects.get(name="综合办"), **once)
    return SimpleNamespace(
        plan=plan,
        draft=draft,
        gone=gone,
        scheduled=scheduled,
        period=period,
        closed=closed,
        rows=rows,
        files=SimpleNamespace(**files),
        users=users,
        own=own,
        office=office,
        admin=users["admin"],
        parts=_parts(plan, own, office, moment),
        troubles=_troubles(plan, users, report, moment),
        orders=_orders(plan, users, rows, moment),
        suggestion=workflow.send_suggestion(by=users["own"], at=moment, text="首页字太小。"),
        publicity=_publicity(users, rows, moment),
        notices=_notices(plan, period, office, moment),
        petitions=_petitions(plan, office, moment),
    )


def _petitions(plan, office, at):
    """第 7 项的两份请示：一份待决定，一份缓议着（记下过一次决定）。"""
    by = {"by": office, "at": at}
    matter = petition_papers.Matter("第7项举措有关事项", ("第7项由审批中心牵头。",), "请领导小组研究。")
    made = []
    for _ in range(2):
        sections = petition_papers.sections(matter, "王芳", "0358-1234567")
        said = {
            "title": petition_papers.title(matter),
            "sections": sections,
            "measure": Measure.objects.get(number="7"),
        }
        draft = workflow.draft_petition(plan, **by, **said)
        made.append(workflow.issue_circular(draft, **by, version=draft.version))
    said = {"verdict": "again", "decided_on": at.date(), "text": "下次会议再议。"}
    workflow.decide_petition(made[1].petition, **by, **said)
    return SimpleNamespace(waiting=made[0], again=made[1])


def _scheduled(people, at):
    """登记着的一件：党务办自 12 月 1 日起由综合办接替。"""
    old, new = Department.objects.get(name="党务办"), Department.objects.get(name="综合办")
    said = {"by": people.admin, "at": at, "on": dt.date(2023, 12, 1), "reason": "机构改革方案"}
    return succession.register_department(old, new, **said, parts={}, with_accounts=False, is_gone=True, seen={})


def _parts(plan, own, office, at):
    """本部室的项次：2 有时限，12 延期待批，11 办结待核实，4 已办结，6 可以申请办结。"""
    Measure.objects.filter(plan=plan, number__in=["2", "12"]).update(due_on=dt.date(2023, 12, 1))
    found = {a.measure.number: a for a in Assignment.objects.filter(department__name=OWN).select_related("measure")}
    asked = {"by": own, "at": at}
    extension = workflow.request_extension(found["12"], **asked, new_due_on=dt.date(2023, 12, 20), reason="等上级文件")
    done, request = (
        workflow.request_completion(found[number], **asked, note="做完了。", uploads=[evidence.check(upload())])
        for number in ("4", "11")
    )
    workflow.grant_completion(done, by=office, at=at)
    return SimpleNamespace(dated=found["2"], free=found["6"], done=found["4"], extension=extension, request=request)


def _troubles(plan, users, report, at):
    """审批中心整改中的、申请销号的问题各一件（第 7 项），一次督查检查，财务部请审批中心协调的一件。"""
    office, own = {"by": users["office"], "at": at}, {"by": users["own"], "at": at}
    seven, room = Measure.objects.get(number="7"), Department.objects.get(name=OWN)
    fields = {
        "text": "情况",
        "category": "other",
        "level": "department",
        "due_on": dt.date(2023, 9, 28),
        "measure": seven,
    }
    found = [
        workflow.open_problem(plan, **office, title=t, department=room, **fields) for t in ("整改中的", "申请销号的")
    ]
    note = workflow.note_problem(found[0], **own, text="办了一步。", uploads=[evidence.check(upload())])
    held = workflow.add_inspection(
        plan,
        **office,
        held_on=dt.date(2023, 9, 19),
        inspectors="办公室",
        place="大厅",
        findings="有序",
        measures=[seven],
    )
    mistake = workflow.add_inspection(
        plan, **office, held_on=dt.date(2023, 9, 19), inspectors="办公室", place="大厅", findings="登记重了的"
    )
    row = report("15", OTHER)
    said = SAID | {"coordination": "请出具证明。"}
    workflow.submit_progress(row, by=users["other"], at=at, version=0, content=said, coordinate_with=room)
    return SimpleNamespace(
        open=found[0],
        applied=workflow.apply_problem(found[1], **own, text="办完了。"),
        file=note.attachments.get(),
        inspection=held,
        mistake=mistake,
        asked=CoordinationRequest.objects.get(),
    )


def _orders(plan, users, rows, at):
    """李华斌对第 7 项的批示（没有回复）；第 7 项待认可、未完成、已完成的节点各一个；第 8 项由审批中心汇总。"""
    office, seven = {"by": users["office"], "at": at}, Measure.objects.get(plan=plan, number="7")
    said = workflow.issue_instruction(seven, by=users["leader"], at=at, text="请抓紧。")
    matter = {"plan": plan, "matter": "企业来信", "departments": [users["own"].department]}
    head = Leader.objects.get(name="李华斌")
    answered = workflow.issue_instruction(None, by=users["office"], at=at, text="请回信。", leader=head, **matter)
    workflow.reply_instruction(answered, by=users["own"], at=at, text="已回信。")
    part, due = seven.assignments.get(), {"due_on": dt.date(2023, 12, 1)}
    proposed = workflow.propose_milestone(part, by=users["own"], at=at, name="待认可的", **due)
    agreed, done = (workflow.propose_milestone(part, **office, name=name, **due) for name in ("未完成的", "已完成的"))
    rows.approved.ticks.create(milestone=done)
    done = workflow.finish_milestone(done, **office, progress=rows.approved)
    Measure.objects.filter(plan=plan, number="8").update(summary_department=Department.objects.get(name=OWN))
    helping = _helping(plan, users, at)
    return SimpleNamespace(
        said=said, answered=answered, part=part, proposed=proposed, agreed=agreed, done=done, helping=helping
    )


def _helping(plan, users, at):
    """财务部牵头的第 16 项，配合单位是审批中心、综合办与名单以外的税务局；办公室请了审批中心报。"""
    Measure.objects.filter(plan=plan, number="16").update(cooperating=f"{OWN}、综合办、税务局")
    measure, period = Measure.objects.get(plan=plan, number="16"), plan.periods.get(slug="2023-09")
    asked = {"departments": [users["own"].department], "period": period, "due_on": dt.date(2023, 9, 24)}
    [made] = workflow.ask_cooperation(measure, by=users["office"], at=at, text="配合了哪几件。", **asked)
    return made


def _publicity(users, rows, at):
    """第 7 项已通过的报送发布了一条对外宣传；审批中心有一个日历链接。"""
    item = workflow.release_item(rows.approved, by=users["office"], at=at, category="news", wording="服务更快了。")
    return SimpleNamespace(
        item=item, calendar=workflow.create_calendar(users["own"].department, by=users["own"], at=at)
    )


def _attach(row, by, at):
    return workflow.add_attachment(row, by=by, at=at, upload=evidence.check(upload()))


def _notices(plan, period, office, at):
    """草稿、已印发的通报各一份（数字是造的，免得每次都收集）。"""
    f = circulars.figures(1)
    sections = [s | {"auto": [s["heading"], s["text"]]} for s in circular_papers.write("circular", f)]
    same = {"plan": plan, "kind": "circular", "first_period": period, "period": period, "sections": sections, "figures": f,
            "created_by": office, "created_at": at}  # fmt: skip
    sent = {"status": "issued", "year": 2023, "number": 1, "issued_on": at.date(), "issued_at": at, "issued_by": office}
    return SimpleNamespace(
        draft=Circular.objects.create(title="通报草稿", **same),
        issued=Circular.objects.create(title="已印发的通报", **same, **sent),
    )


def arguments(world) -> dict:
    """网址名 → 网址里的参数。没有列出的不带参数。"""
    rows, files, parts, troubles = world.rows, world.files, world.parts, world.troubles
    nine = {"number": "9"}
    known = {
        "progress_report": {"pk": rows.returned.pk},
        "progress_withdraw": {"pk": rows.waiting.pk},
        "progress_correct": {"pk": rows.approved.pk},
        "correction_discard": {"pk": rows.correction.pk},
        "attachment_download": {"pk": files.returned.pk},
        "attachment_remove": {"pk": files.returned.pk},
        "review_detail": {"pk": rows.waiting.pk},
        "progress_approve": {"pk": rows.waiting.pk},
        "progress_return": {"pk": rows.waiting.pk},
        "progress_revoke": {"pk": rows.solid.pk},
        **{f"extension_{do}": {"pk": parts.extension.pk} for do in ("withdraw", "approve", "refuse")},
        **{f"completion_{do}": {"pk": parts.request.pk} for do in ("detail", "withdraw", "grant", "return")},
        "extension_request": {"number": parts.dated.measure.number, "pk": parts.dated.pk},
        "completion_request": {"number": parts.free.measure.number, "pk": parts.free.pk},
        "completion_reopen": {"number": parts.done.measure.number, "pk": parts.done.pk},
        "effect_add": {"number": parts.done.measure.number, "pk": parts.done.pk},
        **{
            f"problem_{do}": {"pk": troubles.open.pk}
            for do in ("detail", "note", "apply", "amend", "escalate", "reword", "drop")
        },
        **{f"problem_{do}": {"pk": troubles.applied.pk} for do in ("settle", "return", "withdraw")},
        **{f"inspection_{do}": {"pk": troubles.inspection.pk} for do in ("detail", "revise")},
        "inspection_withdraw": {"pk": troubles.mistake.pk},
        "coordination_answer": {"pk": troubles.asked.pk},
        **{f"instruction_{do}": {"pk": world.orders.said.pk} for do in ("revise", "reply")},
        **{f"instruction_{do}": {"pk": world.orders.answered.pk} for do in ("detail", "settle")},
        **{f"milestone_{do}": {"pk": world.orders.proposed.pk} for do in ("agree", "refuse", "withdraw")},
        "milestone_remove": {"pk": world.orders.agreed.pk},
        "milestone_untick": {"pk": world.orders.done.pk},
        "measure_milestones": {"number": "7"},
        "milestone_propose": {"number": "7"},
        "reading_mark": {"number": "7"},
        "joint_summary_write": {"number": "8", "slug": "2023-09"},
        **{f"cooperation_{do}": {"pk": world.orders.helping.pk} for do in ("report", "stop")},
        "cooperation_ask": {"number": "16"},
        "period_open": {"slug": "2023-10"},
        "period_remove": {"slug": "2023-10"},
        "period_unopen": {"slug": "2023-09"},
        "period_extend": {"slug": "2023-09"},
        "period_close": {"slug": "2023-09"},
        "period_reopen": {"slug": "2023-08"},
        "board_period": {"slug": "2023-09"},
        "board_items": {"slug": "2023-09"},
        "board_analysis": {"slug": "2023-09"},
        **{f"publicity_{do}": {"pk": rows.approved.pk} for do in ("edit", "withdraw")},
        "plan_public": {"pk": world.plan.pk},
        **{f"circular_{do}": {"pk": world.notices.draft.pk} for do in ("edit", "refill", "issue", "discard")},
        **{
            f"circular_{do}": {"pk": world.notices.issued.pk}
            for do in ("detail", "figures", "word", "table", "correct")
        },
        "petition_decide": {"pk": world.petitions.waiting.pk},
        "petition_amend": {"pk": world.petitions.again.pk},
        **{f"signing_{do}": {"pk": world.notices.draft.pk} for do in ("sheet", "check", "sign")},
        "signing_scan": {"pk": world.notices.issued.pk},
        "calendar_feed": {"token": world.publicity.calendar.token},
        "calendar_revoke": {"pk": world.publicity.calendar.pk},
        "calendar_create": {"slug": Department.objects.get(name=OWN).slug},
        "department_detail": {"slug": Department.objects.get(name=OWN).slug},
        "department_period": {"slug": Department.objects.get(name=OWN).slug, "period": "2023-09"},
        "measure_detail": nine,
        "bundle_measure": {"number": "7"},
        "following_set": {"number": "7"},
        "suggestion_answer": {"pk": world.suggestion.pk},
        "bundle_period": {"slug": "2023-09"},
        "measure_retired": {"pk": world.gone.pk},
        "measure_settings": nine,
        "light_set": nine,
        "light_lift": nine,
        "plan_detail": {"pk": world.plan.pk},
        "succession_withdraw": {"pk": world.scheduled.pk},
        **{f"plan_{do}": {"pk": world.plan.pk} for do in ("choose", "close", "archive", "resume", "unarchive")},
        **{
            f"revision_{do}": {"pk": world.draft.pk}
            for do in ("preview", "columns", "apply", "discard", "again", "as_new")
        },
        **{f"revision_{do}": {"pk": world.plan.revision.pk} for do in ("detail", "file", "revert", "restore", "sign")},
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
        "user": world.own.pk,
        "department": Department.objects.first().pk,
        "leader": Leader.objects.first().pk,
        "acting": Acting.objects.first().pk,
        "plan": world.plan.pk,
        "measure": Measure.objects.first().pk,
        "progress": world.rows.approved.pk,
        "event": Event.objects.first().pk,
        "reportingperiod": world.period.pk,
        "holiday": "2023-10-02",
    }


def circular_form(draft) -> dict:
    """浏览器会交上来的通报草稿。"""
    data = {"title": draft.title, "version": draft.version}
    for section in draft.sections:
        data |= {f"heading_{section['key']}": section["heading"], f"text_{section['key']}": section["text"]}
    return data


def target_form(plan, number, **changed) -> dict:
    """核定第 `number` 项的一页交上来的样子：照页面上的，改了几栏。"""
    form = MeasureTargetsForm(Measure.objects.get(plan=plan, number=number, retired_in=None))
    found = {form.add_prefix(name): form[name].initial for name in form.fields}
    for row in form.targets:
        found |= {
            row.add_prefix(name): row[name].initial for name in row.fields if row[name].initial not in (None, False)
        }
    return {name: "on" if value is True else value for name, value in found.items()} | changed


class Posted(dict):
    """网址名 → 要交的；要查库、要造文件才写得出来的，写成没有参数的函数，用到那一个才算。"""

    def get(self, name, default=None):
        found = super().get(name, default)
        return found() if callable(found) else found


def posted(world) -> Posted:
    """网址名 → 办得成的一次提交。没有列出的交空表。"""
    parts, missing, orders = world.parts, world.rows.missing, world.orders
    found = {
        "reminder_send": {
            "items": [f"report-{missing.pk}"],
            "shown": f"report-{missing.pk}",
            f"text_{missing.assignment.department_id}": "请抓紧报送。",
        },
        "extension_request": {f"x{parts.dated.pk}-new_due_on": "2023-12-20", f"x{parts.dated.pk}-reason": "等上级文件"},
        "extension_approve": {f"a{parts.extension.pk}-note": "同意。"},
        "extension_refuse": {f"x{parts.extension.pk}-note": "请按期完成。"},
        "completion_request": lambda: {f"c{parts.free.pk}-note": "做完了。", f"c{parts.free.pk}-evidence": upload()},
        "completion_return": {"reason": "请补充材料。"},
        "publicity_edit": {"category": "practice", "wording": "半天办结。"},
        "plan_public": {"open": "1"},
        "circular_add": {"kind": "report", "period": "2023-09"},
        "circular_issue": {"version": 0, "checked": "on", "accept_stale": "on"},
        "circular_discard": {"discard-version": 0, "discard-sure": "on"},
        "circular_correct": {"reason": "数字有误"},
        "petition_add": {"subject": "设立专班", "contact": "王芳", "phone": "0358-1234567"},
        "petition_decide": {"decide-verdict": "agreed", "decide-decided_on": "2023-09-20", "decide-text": "同意。"},
        "petition_amend": {
            "amend-verdict": "agreed",
            "amend-decided_on": "2023-09-20",
            "amend-text": "同意。",
            "amend-reason": "看错了。",
        },
        "signing_check": {"version": 0},
        "signing_sign": lambda: {
            "version": 0,
            "leader": Leader.objects.get(name="李华斌").pk,
            "signed_on": "2023-09-20",
            "opinion": "同意印发。",
        },
        "signing_scan": lambda: {"evidence": upload("盖章件.pdf")},
        **dict.fromkeys(("circular_edit", "circular_refill"), lambda: circular_form(world.notices.draft)),
        "completion_reopen": {f"o{parts.done.pk}-reason": "复查不合格。"},
        "effect_add": {f"e{parts.done.pk}-text": "企业反映好。"},
        "problem_add": {
            "title": "题",
            "text": "情况",
            "category": "other",
            "level": "group",
            "due_on": "2023-10-10",
            "department": world.troubles.open.department_id,
        },
        "problem_note": {"text": "又办了一步。"},
        "problem_apply": {"text": "办好了。"},
        "problem_settle": {"settle-note": "属实。"},
        "problem_return": {"return-reason": "没有改到位。"},
        "problem_amend": {
            "amend-category": "policy",
            "amend-level": "leader",
            "amend-due_on": "2023-10-10",
            "amend-reason": "分错了",
            "amend-department": world.troubles.open.department_id,
        },
        "problem_reword": {"reword-title": "改过的题目", "reword-text": "情况"},
        "problem_drop": {"drop-reason": "与另一件重复。"},
        "problem_escalate": {"escalate-reason": "跨部门。"},
        "inspection_add": {"held_on": "2023-09-20", "inspectors": "办公室", "place": "大厅", "findings": "有序"},
        "inspection_revise": {"held_on": "2023-09-18", "inspectors": "办公室", "place": "大厅", "findings": "改过的"},
        "inspection_withdraw": {"withdraw-reason": "登记重了。"},
        "coordination_answer": {f"c{world.troubles.asked.pk}-text": "下周办。"},
        "instruction_add": lambda: {
            "measure": "7",
            "text": "另一件事。",
            "leader": Leader.objects.get(name="李华斌").pk,
        },
        "instruction_revise": {"text": "改过的。"},
        "instruction_reply": {"text": "已办。"},
        "instruction_settle": {"note": "已办妥。"},
        "milestone_propose": {"assignment": orders.part.pk, "name": "新的", "due_on": "2023-12-20"},
        "reading_mark": {"seen": "red,p1.submitted"},
        "suggestion_send": {"text": "表头能不能固定。"},
        "suggestion_answer": lambda: {f"s{world.suggestion.pk}-text": "下月改。"},
        "phrase_edit": {"texts": "请抓紧。\n同意。"},
        "milestone_refuse": {f"refuse-{orders.proposed.pk}-reason": "重提。"},
        "milestone_remove": {f"remove-{orders.agreed.pk}-reason": "不办了。"},
        "milestone_untick": {f"untick-{orders.done.pk}-reason": "没有完成。"},
        "joint_summary_write": {"version": 0, "text": "汇总。"},
        "cooperation_ask": lambda: {
            "ask-departments": Department.objects.get(name="综合办").pk,
            "ask-text": "配合了什么。",
            "ask-period": "2023-09",
            "ask-span": "every",
            "ask-due_on": "2023-09-24",
        },
        "cooperation_report": {
            f"k{orders.helping.pk}-version": 0,
            f"k{orders.helping.pk}-text": "核对了三家企业。",
        },
        "cooperation_stop": {f"s{orders.helping.pk}-reason": "不用了。"},
        "progress_report": lambda: form_data(world.rows.returned),
        "roster_upload": lambda: {"file": upload("名单.csv", "部门,姓名,身份\n税务局,高思齐,填报人\n".encode())},
        "target_list": lambda: target_form(world.plan, "8"),
        "organisation_edit": {
            "zone": "云岭高新区",
            "topic": "优化营商环境",
            "group": "领导小组",
            "unit": "部门",
            "product": "督办台账",
        },  # fmt: skip
        "month": lambda: form_data(world.rows.returned, text="补上：办了 12 件。"),
        "progress_return": {"reason": "请补充数据。"},
        "progress_revoke": {"revoke-reason": "看漏了附件。"},
        "period_add": {
            "once-name": "年中自查",
            "once-starts_on": "2023-06-05",
            "once-ends_on": "2023-06-20",
            "once-due_on": "2023-06-25",
        },
        "period_year": {"first_month": 11, "last_month": 12, "due_day": 25},
        **{f"period_{do}": {"sure": "on"} for do in ("open", "close", "unopen", "remove")},
        "period_extend": {"2023-09-due_on": "2023-09-28", "2023-09-reason": "统一延长"},
        "period_reopen": {"2023-08-reason": "补报"},
        **{f"plan_{do}": {"back-reason": "收早了。"} for do in ("resume", "unarchive")},
        "light_set": {"level": "red", "reason": "督办"},
        "measure_settings": {"kind": "milestone", "start_on": "", "due_on": "2023-12-31"},
        "revision_apply": {"checked": "on"},
        "revision_upload": lambda: {
            "target": "current",
            "note": "根据印发文件",
            "file": SimpleUploadedFile("修订.csv", plan_file(world.plan, "再改一次")),
        },
        "succession_leader": lambda: factories.seen(
            LeaderSuccessionForm,
            {
                "old": Leader.objects.get(name="王卫东").pk,
                "new": Leader.objects.get(name="李华斌").pk,
                "on": "2023-09-20",
                "reason": "党工委决定",
            },
        ),
        "succession_department": lambda: factories.seen(
            DepartmentSuccessionForm,
            {
                "old": Department.objects.get(name="财务部").pk,
                "new": Department.objects.get(name="综合办").pk,
                "on": "2023-09-20",
                "reason": "机构改革方案",
            },
        ),
        "plan_close": lambda: {
            f"m{measure.pk}-{name}": said
            for measure in closing.unsettled(world.plan)
            for name, said in (("kind", "carried"), ("reason", "接着办"))
        },
        "text_size": {"next": "/help/"},
    }
    return Posted(found)


world = the_world
