"""谁能做什么：网址表里的每一条 × 六种人 × GET、POST，都有写下来的预期（见 access_table.py；逐条核对在 test_every_url）。"""

import pytest
from django.urls import reverse

from departments.models import Department, Role
from tasks import workflow
from tasks.models import Progress

from . import access_table
from . import world as worlds
from .access_table import ACCESS
from .world import OTHER, OWN, arguments, every_url, finish, form_data, posted, upload, world  # noqa: F401

pytestmark = pytest.mark.django_db
NAMES = list(dict.fromkeys(name for name, _ in every_url()))
ROUTES = dict(every_url())
NEEDS_NO_LOGIN = (
    "login",
    "login_code",
    "login_single",
    "login_single_back",
    "healthz",
    "metrics",
    "text_size",
    "favicon",
    "public",
    "public_data",
    "calendar_feed",
)


def address(name, known, world):
    """这条网址的一个具体地址。没有名字的（后台兜底）照路由填。"""
    if not name.startswith("admin:admin/"):
        return reverse(name, kwargs=known.get(name))
    model = ROUTES[name].split("/")[2] if "<path:object_id>" in name else ""
    sample = worlds.admin_samples(world).get(model, 0)
    return "/" + ROUTES[name].replace("<path:object_id>", str(sample)).replace("(?P<url>.*)$", "nosuch/")


def group(name):
    """同一组网址：后台按模型，其余按第一个词。"""
    return (
        name.removeprefix("admin:").removeprefix("admin/").replace("/", "_").split("_<")[0].rpartition("_")[0] or name
    )


def shows_login(response) -> bool:
    """转去登录页，或直接是带着所写内容的登录页。"""
    if response.status_code == 302:
        return response["Location"].startswith(("/login/", "/admin/login/"))
    return response.status_code == 401 and 'name="password"' in response.content.decode()


def test_every_url_has_a_written_rule():
    assert set(NAMES) - set(ACCESS) == set(), "网址没有写权限预期：请在 tests/access_table.py 加一条"


def test_no_rule_is_left_over():
    assert set(ACCESS) - set(NAMES) == set()


def opened(client, file) -> int:
    """下载一份材料得到的状态码。"""
    response = client.get(reverse("attachment_download", args=[file.pk]))
    finish(response)
    return response.status_code


# ── 别的部室的事，一个网址也办不成 ──


@pytest.mark.parametrize("status", ["missing", "draft", "waiting", "approved", "returned"])
def test_another_departments_report_is_not_found_by_any_url(client, world, status):  # noqa: F811
    row = getattr(world.rows, status)
    client.force_login(world.users["other"])
    assert client.get(reverse("progress_report", args=[row.pk])).status_code == 404
    for data in (form_data(row), form_data(row, "draft"), form_data(row, "no_change")):
        assert client.post(reverse("progress_report", args=[row.pk]), data).status_code == 404
    assert client.post(reverse("progress_withdraw", args=[row.pk])).status_code == 404
    assert client.post(reverse("progress_correct", args=[row.pk])).status_code == 404
    before, after = row, Progress.objects.get(pk=row.pk)
    assert (after.status, after.text, after.version) == (before.status, before.text, before.version)


@pytest.mark.parametrize("status", ["draft", "waiting", "approved", "returned"])
def test_another_departments_files_cannot_be_removed_nor_read_before_approval(client, world, status):  # noqa: F811
    file = getattr(world.files, status)
    client.force_login(world.users["other"])
    assert client.post(reverse("attachment_remove", args=[file.pk])).status_code == 404
    assert opened(client, file) == (200 if status == "approved" else 404)
    file.refresh_from_db()
    assert file.removed_at is None


def test_a_draft_is_seen_by_its_own_department_only(client, world):  # noqa: F811
    for role in ("other", "office", "leader", "admin"):
        client.force_login(world.users[role])
        for url in (reverse("measure_detail", args=["12"]), reverse("measure_list"), reverse("home")):
            assert "写了一半" not in client.get(url, follow=True).content.decode()
        assert client.get(reverse("attachment_download", args=[world.files.draft.pk])).status_code == 404


def test_a_report_waiting_or_returned_is_not_shown_to_other_departments(client, world):  # noqa: F811
    client.force_login(world.users["other"])
    for number in ("11", "6"):
        assert "完成了本月安排的工作。" not in client.get(reverse("measure_detail", args=[number])).content.decode()
    assert "完成了本月安排的工作。" in client.get(reverse("measure_detail", args=["7"])).content.decode()


def test_form_fields_of_another_report_in_the_same_post_are_ignored(client, world):  # noqa: F811
    """一次提交只管网址里的那一条，夹带别的编号不起作用。"""
    client.force_login(world.own)
    data = form_data(world.rows.missing) | form_data(world.rows.draft, text="夹带")
    client.post(reverse("progress_report", args=[world.rows.missing.pk]), data)
    assert Progress.objects.get(pk=world.rows.draft.pk).text == "写了一半"


@pytest.mark.parametrize("field", ["status", "assignment", "period", "submitted_by", "reviewed_by", "corrects"])
def test_state_fields_cannot_be_posted(client, world, field):  # noqa: F811
    row = world.rows.missing
    client.force_login(world.own)
    data = form_data(row, "draft") | {f"p{row.pk}-{field}": "approved", field: "approved"}
    client.post(reverse("progress_report", args=[row.pk]), data)
    after = Progress.objects.get(pk=row.pk)
    assert (after.status, after.assignment_id, after.period_id) == ("draft", row.assignment_id, row.period_id)
    assert (after.submitted_by, after.reviewed_by, after.corrects) == (None, None, None)


# ── 身份变了，旧的登录随即失效 ──


def test_a_role_taken_away_is_honoured_by_the_open_session(client, world):  # noqa: F811
    client.force_login(world.office)
    assert client.get(reverse("review_list")).status_code == 200
    world.office.role, world.office.department = Role.REPORTER, Department.objects.get(name=OTHER)
    world.office.save()
    assert client.get(reverse("review_list")).status_code == 403
    assert client.post(reverse("progress_approve", args=[world.rows.waiting.pk])).status_code == 403


def test_an_administrator_demoted_loses_the_back_office_even_if_a_flag_is_left(client, world):  # noqa: F811
    client.force_login(world.admin)
    assert client.get(reverse("admin:index")).status_code == 200
    world.admin.role = Role.OFFICE
    world.admin.save()
    assert world.admin.is_staff
    assert client.get(reverse("admin:index")).status_code == 302


def test_a_deactivated_user_is_signed_out_at_once(client, world):  # noqa: F811
    client.force_login(world.own)
    assert client.get(reverse("home")).status_code == 200
    world.own.is_active = False
    world.own.save()
    for url in (reverse("home"), reverse("attachment_download", args=[world.files.returned.pk])):
        assert client.get(url)["Location"].startswith("/login/")


def test_a_user_moved_to_another_department_loses_the_old_one(client, world):  # noqa: F811
    client.force_login(world.own)
    row, file = world.rows.returned, world.files.returned
    assert opened(client, file) == 200
    world.own.department = Department.objects.get(name=OTHER)
    world.own.save()
    assert client.post(reverse("progress_report", args=[row.pk]), form_data(row)).status_code == 404
    assert client.get(reverse("attachment_download", args=[file.pk])).status_code == 404
    assert client.get(reverse("department_detail", args=[row.assignment.department.slug])).status_code == 403


def test_a_report_follows_its_department_when_the_measure_is_given_to_another(client, world, at):  # noqa: F811
    """责任分工终止后，原部室不能再报；新部室看不到它的草稿与退回件。"""
    row = world.rows.draft
    row.assignment.ended_in = world.plan.revision
    row.assignment.save()
    client.force_login(world.own)
    client.post(reverse("progress_report", args=[row.pk]), form_data(row))
    assert Progress.objects.get(pk=row.pk).status == "draft"
    client.force_login(world.users["other"])
    assert client.get(reverse("progress_report", args=[row.pk])).status_code == 404


def test_buttons_shown_are_buttons_that_work(client, world):  # noqa: F811
    """页面按 workflow.allowed_actions 显示按钮；旁人的页面上一个也没有。"""
    for row in vars(world.rows).values():
        assert workflow.allowed_actions(world.users["other"], row) == []
        assert workflow.allowed_actions(world.users["leader"], row) == []
        assert workflow.allowed_actions(world.users["admin"], row) == []


# ── 权限表 ──


def test_the_table_says_in_words_what_each_role_can_do():
    table = access_table.role_table()
    assert "审核通过、办结" in table["办公室"]
    assert "审核通过、办结" not in table["领导"] + table["管理员"] + table["填报人（本部室）"]
    assert "填报、存草稿、本期无变化" in table["填报人（本部室）"]
    assert "填报、存草稿、本期无变化" not in table["填报人（其他部室）"]
    assert table["未登录"] == []


def test_uploading_to_another_departments_report_leaves_no_file(client, world):  # noqa: F811
    client.force_login(world.users["other"])
    row = world.rows.returned
    data = form_data(row, text="") | {f"p{row.pk}-evidence": upload("夹带.pdf")}
    assert client.post(reverse("progress_report", args=[row.pk]), data).status_code == 404
    assert not row.attachments.filter(name="夹带.pdf").exists()
