"""后台的账户、名单与设置：改动进操作记录；还牵头举措的部室不能停用；被锁的账户能解除。"""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from tablib import Dataset

from departments import lockout
from departments.models import Department, Leader, User
from tasks import workflow
from tasks.admin.department import GuardedDepartmentResource
from tasks.imports.inforce import known_names
from tasks.imports.names import NameBook
from tasks.models import CoordinationRequest, Event, Measure
from tests.factories import PASSWORD, make_user
from tests.world import forms_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(people, sign_in):
    return sign_in(people.admin)


def change(client, name, pk, **values):
    """打开后台的一页，照原样改几个值再交。值为 None 的是不勾。"""
    url = reverse(f"admin:{name}_change", args=[pk])
    form = next(
        f
        for f in forms_on(client.get(url))
        if "csrfmiddlewaretoken" in f["fields"]
        and f["buttons"] is not None
        and f["action"] in (None, "", url)
        and len(f["fields"]) > 3
    )
    fields = {k: v for k, v in (form["fields"] | values).items() if v is not None}
    return client.post(url, fields)


def last():
    return Event.objects.order_by("-pk").first()


def test_changing_an_account_is_in_the_log_with_before_and_after(admin, people):
    user = people.reporter("财务部")
    other = Department.objects.get(name="综合办")
    assert change(admin, "departments_user", user.pk, department=other.pk).status_code == 302
    event = last()
    assert (event.action, event.label, event.by) == ("admin_change", "修改用户", people.admin)
    assert event.note == f"{user.username}：部室由“财务部”改为“综合办”"
    shown = admin.get("/log/?kind=admin").content.decode()
    assert "修改用户" in shown and "部室由“财务部”改为“综合办”" in shown


def test_a_reset_password_is_in_the_log_without_the_password(admin, people):
    user = people.reporter("财务部")
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    secret = "Quite-Secret-77"
    assert admin.post(url, {"password1": secret, "password2": secret}).status_code == 302
    assert last().note == f"{user.username}：重设密码"


def test_new_accounts_departments_and_leaders_are_in_the_log(admin):
    admin.post(
        reverse("admin:departments_user_add"),
        {"username": "xin", "name": "新人", "role": "office", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert (last().label, last().note) == ("新增用户", "xin")
    leader = Leader.objects.get(name="李华斌")
    change(admin, "departments_leader", leader.pk, post="主任")
    assert last().label == "修改领导" and last().note.endswith("改为“主任”")


def test_changed_thresholds_are_in_the_log(admin, plan):
    assert change(admin, "tasks_plan", plan.pk, yellow_gap="3").status_code == 302
    event = last()
    assert (event.label, event.plan) == ("修改方案", plan)
    assert "黄灯阈值（百分点）由“10”改为“3”" in event.note
    assert "黄灯阈值" not in admin.get("/measures/1/").content.decode(), "不混进每一项举措的办理过程"


def test_the_first_administrator_and_an_unlock_are_in_the_log(db):
    call_command("first_admin")
    assert (last().label, last().note, last().by) == ("建第一个管理员", "admin1", None)


def test_a_department_that_leads_measures_cannot_be_deactivated(admin):
    room = Department.objects.get(name="党务办")
    refused = change(admin, "departments_department", room.pk, is_active=None)
    assert "党务办还牵头第 1、14 项，不能停用" in refused.content.decode()
    room.refresh_from_db()
    assert room.is_active and not Event.objects.filter(action="admin_change").exists()


def test_a_department_that_only_shares_the_common_measure_can_be_deactivated(admin):
    Measure.objects.filter(number__in=["1", "14"]).update(all_departments=True)
    room = Department.objects.get(name="党务办")
    assert change(admin, "departments_department", room.pk, is_active=None).status_code == 302
    room.refresh_from_db()
    assert not room.is_active and "在用由“是”改为“否”" in last().note


def test_a_table_cannot_deactivate_it_either(plan):
    resource = GuardedDepartmentResource()
    table = resource.export(Department.objects.filter(name="党务办"))
    rows = Dataset(headers=table.headers)
    rows.append([("否" if header == "在用" else value) for header, value in zip(table.headers, table[0], strict=True)])
    result = resource.import_data(rows, dry_run=True, rollback_on_validation_errors=True)
    assert result.has_validation_errors() or result.has_errors()
    said = "".join(str(row.error) for row in result.invalid_rows)
    assert "党务办还牵头第 1、14 项，不能停用" in said


def test_locked_accounts_are_unlocked_from_the_list(admin, people, client):
    user = make_user("li", department="审批中心")
    for _ in range(6):
        client.post("/login/", {"username": "li", "password": "wrong"}, REMOTE_ADDR="10.0.0.1")
    client.force_login(people.admin)
    url = reverse("admin:departments_user_changelist")
    assert "解除锁定" in client.get(url).content.decode()
    data = {"action": "unlock_accounts", "_selected_action": [user.pk, people.admin.pk]}
    said = client.post(url, data, follow=True).content.decode()
    assert "已解除：li。" in said
    assert (last().label, last().note) == ("解除登录锁定", "li")
    assert lockout.unlock("li") == 0
    assert client.post("/login/", {"username": "li", "password": PASSWORD}, REMOTE_ADDR="10.0.0.1").status_code == 302
    assert User.objects.get(username="li").is_active


# ── 管理员不能把自己关在门外 ──


@pytest.mark.parametrize(
    "values", [{"is_active": None}, {"role": "office"}, {"role": "office", "is_active": None}], ids=str
)
def test_an_administrator_cannot_shut_himself_out(admin, people, values):
    """停用自己、给自己换角色，都不行；另一位管理员可以。"""
    me = people.admin
    refused = change(admin, "departments_user", me.pk, **values)
    assert refused.status_code == 200
    assert "不能停用自己或改自己的角色，请由另一位管理员办理。" in refused.content.decode()
    me.refresh_from_db()
    assert (me.is_active, me.role, me.is_staff, me.is_superuser) == (True, "admin", True, True)
    assert not Event.objects.filter(action="admin_change").exists()
    assert change(admin, "departments_user", me.pk, office_phone="2233").status_code == 302, "别的照样可以改"


@pytest.mark.parametrize("values", [{"is_active": None}, {"role": "office"}], ids=str)
def test_another_administrator_can_do_it_and_it_holds_at_once(admin, client, people, values):
    second = make_user("admin2", "admin", is_staff=True, is_superuser=True)
    assert change(admin, "departments_user", second.pk, **values).status_code == 302
    second.refresh_from_db()
    assert not second.is_active or not (second.is_staff or second.is_superuser)
    client.force_login(second)
    assert client.get(reverse("admin:index")).status_code == 302


def test_the_list_of_accounts_offers_no_action_that_changes_one(admin, people):
    """清单上的批量操作只有解除锁定：停用、改角色都要逐个办理，才核对得了是不是自己。"""
    url = reverse("admin:departments_user_changelist")
    [form] = [form for form in forms_on(admin.get(url)) if "action" in form["fields"]]
    assert not [name for name in form["fields"] if name.endswith(("-is_active", "-role"))]
    for action in ("delete_selected", "deactivate"):
        admin.post(url, {"action": action, "_selected_action": [people.admin.pk]})
    assert User.objects.get(pk=people.admin.pk).is_active


# ── 名字：空白、全半角、大小写不论 ──


@pytest.mark.parametrize("name", ["财务 部", "财 务部　", "\u200b财务部"])
def test_a_name_that_differs_only_in_blanks_is_the_same_department(admin, name):
    response = admin.post(reverse("admin:departments_department_add"), department_data(name=name, slug="another"))
    assert response.status_code == 200 and Department.objects.filter(name="财务部").count() == 1
    assert "已存在" in response.content.decode() or "已有同样的部室简称" in response.content.decode()


def department_data(**fields):
    rows = {"aliases-TOTAL_FORMS": 0, "aliases-INITIAL_FORMS": 0}
    return (
        {"name": "新部室", "full_name": "", "slug": "xin", "order": 99, "is_active": "on", "source_note": ""}
        | rows
        | fields
    )


def test_width_and_case_make_no_other_name_and_the_database_says_so(plan):
    Department.objects.create(name="ＩＴ 部", slug="it")
    assert Department.objects.get(slug="it").name == "IT部"
    for name in ("it部", "I T部", "ｉｔ部"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Department.objects.create(name=name, slug="it2")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE departments_department SET name = 'IT 部' WHERE slug = 'it'")


def test_an_alias_is_never_another_departments_name_nor_a_later_rows(admin, plan):
    room = Department.objects.get(name="综合办")
    alias = {"aliases-TOTAL_FORMS": 1, "aliases-0-department": room.pk, "aliases-0-id": ""}
    for name in ("财务 部", "财务管理运营部"):
        url = reverse("admin:departments_department_add")
        said = admin.post(url, department_data() | alias | {"aliases-0-name": name}).content.decode()
        assert "是另一个部室（财务部）的名称，不能作别名" in said
    Department.objects.get(name="综合办").aliases.create(name="后勤部")
    said = admin.post(reverse("admin:departments_department_add"), department_data(name="后勤 部")).content.decode()
    assert "“后勤部”是综合办的别名，不能再作简称。" in said
    table = Dataset(headers=["网址代号", "简称", "别名"])
    table.append(["jia", "甲部", "乙部"])
    table.append(["yi", "乙 部", ""])
    result = GuardedDepartmentResource().import_data(table, dry_run=True, rollback_on_validation_errors=True)
    assert "“乙部”是甲部的别名" in "".join(str(row.error) for row in result.invalid_rows)


def test_a_blank_in_a_name_no_longer_moves_measures_to_a_twin(plan):
    """名单里只有一个“财务部”，表里写“财务 部”“ 财务部”的认得就是它。"""
    book = NameBook(known_names(plan))
    assert [book._match("departments", text).names for text in ("财务 部", "财务部")] == [("财务部",)] * 2


# ── 两位管理员同时改 ──


def test_a_stale_form_does_not_undo_another_administrator(admin, people):
    """甲打开、乙改了电话、甲改部室再存：不盖掉，说出现在是什么；核对以后再存就存下。"""
    user = people.reporter("财务部")
    url = reverse("admin:departments_user_change", args=[user.pk])
    form = next(f for f in forms_on(admin.get(url)) if "seen" in f["fields"])["fields"]
    User.objects.filter(pk=user.pk).update(office_phone="0351-1", name="改过的名")
    mine = form | {"email": "a@b.cn"}
    refused = admin.post(url, mine)
    said = refused.content.decode()
    assert refused.status_code == 200
    assert "另一位管理员改过这一条" in said and "办公电话“0351-1”" in said and "姓名“改过的名”" in said
    user.refresh_from_db()
    assert (user.office_phone, user.email) == ("0351-1", "")
    again = next(f for f in forms_on(refused) if "seen" in f["fields"])["fields"]
    assert again["email"] == "a@b.cn", "写的还在"
    assert admin.post(url, again | {"name": "改过的名", "office_phone": "0351-1"}).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.office_phone, user.email) == ("改过的名", "0351-1", "a@b.cn")


@pytest.mark.parametrize("name", ["department", "leader"])
def test_the_lists_are_guarded_the_same_way(admin, name):
    model = {"department": Department, "leader": Leader}[name]
    row = model.objects.first()
    url = reverse(f"admin:departments_{name}_change", args=[row.pk])
    form = next(f for f in forms_on(admin.get(url)) if "seen" in f["fields"])["fields"]
    model.objects.filter(pk=row.pk).update(order=77)
    assert "另一位管理员改过这一条" in admin.post(url, form | {"source_note": "甲"}).content.decode()
    row.refresh_from_db()
    assert (row.order, row.source_note == "甲") == (77, False)


def test_the_plans_settings_are_guarded_too(admin, plan):
    url = reverse("admin:tasks_plan_change", args=[plan.pk])
    form = next(f for f in forms_on(admin.get(url)) if "seen" in f["fields"])["fields"]
    type(plan).objects.filter(pk=plan.pk).update(soon_days=9)
    assert "另一位管理员改过这一条" in admin.post(url, form | {"yellow_gap": "3"}).content.decode()
    plan.refresh_from_db()
    assert (plan.soon_days, plan.yellow_gap) == (9, 10)


# ── 重设密码、停用部室 ──


def test_a_reset_password_unlocks_too(admin, people, client):
    user = make_user("li", department="审批中心")
    for _ in range(6):
        client.post("/login/", {"username": "li", "password": "wrong"}, REMOTE_ADDR="10.0.0.1")
    client.force_login(people.admin)
    secret = "Quite-Secret-77"
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    assert client.post(url, {"password1": secret, "password2": secret}).status_code == 302
    client.logout()
    assert client.post("/login/", {"username": "li", "password": secret}, REMOTE_ADDR="10.0.0.1").status_code == 302


OPEN = ["没有销号的问题", "待审核的报送", "没有回复的批示", "要写汇总的举措", "没有答复的协调"]


@pytest.mark.parametrize("what", OPEN)
def test_a_department_with_open_business_cannot_be_deactivated(admin, people, at, submitted, plan, what):
    """不牵头任何一项，却还有没办完的。"""
    room, moment = Department.objects.get(name="审批中心"), at("2023-09-21 09:00")
    if what == "待审核的报送":
        submitted("12", "审批中心", percent=75)
    elif what == "没有回复的批示":
        workflow.issue_instruction(
            Measure.objects.get(number="12"), by=people.leader("李华斌"), at=moment, text="抓紧。"
        )
    elif what == "没有销号的问题":
        workflow.open_problem(
            plan, by=people.office, at=moment, title="题", text="事。", category="other", level="department",
            department=room, due_on=moment.date(),
        )  # fmt: skip
    elif what == "要写汇总的举措":
        Measure.objects.filter(number="8").update(summary_department=room)
    else:
        row = submitted("15", "财务部")
        CoordinationRequest.objects.create(
            progress=row,
            to_department=room,
            text="请出具证明。",
            created_by=people.office,
            created_at=at("2023-09-20 09:00"),
        )
    Measure.objects.filter(plan=plan).update(all_departments=True)
    said = change(admin, "departments_department", room.pk, is_active=None).content.decode()
    assert f"审批中心还有没办完的：{what} 1 件，不能停用。" in said
    room.refresh_from_db()
    assert room.is_active
