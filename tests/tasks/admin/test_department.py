"""后台的账户、名单与设置：改动进操作记录；还牵头举措的部室不能停用；被锁的账户能解除。"""

import pytest
from django.core.management import call_command
from django.urls import reverse
from tablib import Dataset

from departments import lockout
from departments.models import Department, Leader, User
from tasks.admin.department import GuardedDepartmentResource
from tasks.models import Event, Measure
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
