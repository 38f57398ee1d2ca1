"""后台清单的导入导出：认不得的一律报错，有一处错就整份不写；文字不成公式；页面合于严格 CSP。"""

import io
import re
import time
from urllib.parse import unquote

import pytest
import tablib
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from departments.models import Department, DepartmentAlias, Leader, Role, User
from departments.resources import DepartmentResource, LeaderResource, UserResource
from tasks import workflow
from tasks.admin.measure import MeasureResource
from tasks.admin.progress import ProgressResource
from tasks.imports.names import NameBook
from tasks.imports.rows import Names as NameList
from tasks.models import Measure, Progress
from tasks.papers.columns import COLUMNS
from tests import factories
from tests.markup import markup
from tests.test_style import STRICT
from yingshang.tables.cells import NAME_SEPARATORS
from yingshang.tables.lists import GuardedCSV, Names, TextXLSX

pytestmark = pytest.mark.django_db
RESOURCES = {Department: DepartmentResource, Leader: LeaderResource, User: UserResource}
FORMATS = {"xlsx": TextXLSX, "csv": GuardedCSV}


@pytest.fixture(autouse=True)
def drafts(settings, tmp_path):
    """预览暂存在临时目录里。"""
    settings.DATA_DIR = tmp_path
    return tmp_path / "import-drafts"


def exported(model, kind="xlsx", **kwargs):
    return FORMATS[kind]().export_data(RESOURCES[model]().export(model.objects.all(), **kwargs))


def taken(model, data, kind="xlsx", **kwargs):
    """导入一份文件的结果。"""
    return RESOURCES[model]().import_data(FORMATS[kind]().create_dataset(data), **kwargs)


def changed(model, change, kind="xlsx"):
    """导出、改几处、另存。"""
    dataset = FORMATS[kind]().create_dataset(exported(model, kind))
    rows = [dict(zip(dataset.headers, row, strict=True)) for row in dataset]
    rows = change(rows)
    headers = list(rows[0])
    return FORMATS[kind]().export_data(tablib.Dataset(*([row[h] for h in headers] for row in rows), headers=headers))


def problems(result):
    """（表格行号，列名，话）。"""
    found = [(0, "", str(error.error)) for error in result.base_errors]
    for row in result.invalid_rows:
        found += [(row.number + 1, name, "".join(said)) for name, said in row.field_specific_errors.items()]
        found += [(row.number + 1, "", said) for said in row.non_field_specific_errors]
    return found


def tables():
    return [list(model.objects.order_by("pk").values()) for model in (Department, DepartmentAlias, Leader, User)]


# ── 往返 ──────────────────────────────────────────────────


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("model", RESOURCES)
def test_an_untouched_list_changes_nothing(plan, people, model, kind):
    assert all([people.office, people.admin, people.reporter("财务部"), people.leader("李华斌")])
    Leader.objects.filter(name="张剑").update(post="=1+1", source_note="'=引号")
    before = tables()
    result = taken(model, exported(model, kind), kind)
    assert (problems(result), result.totals["skip"]) == ([], model.objects.count())
    assert result.totals["update"] == result.totals["new"] == 0
    assert tables() == before


@pytest.mark.parametrize("kind", FORMATS)
def test_additions_and_changes_go_in(plan, kind):
    def change(rows):
        rows[0]["全称"] = "新的全称"
        rows[1]["别名"] += "，规建部，规划部/建设部"
        return [
            *rows,
            {**rows[0], "网址代号": "new", "简称": "新部室", "全称": "", "别名": "新室", "排序": "99", "在用": "否"},
        ]

    result = taken(Department, changed(Department, change, kind), kind)
    assert (problems(result), result.totals["new"], result.totals["update"]) == ([], 1, 2)
    made = Department.objects.get(slug="new")
    assert (made.name, made.is_active, made.order, made.aliases.get().name) == ("新部室", False, 99, "新室")
    second = Department.objects.order_by("order")[1]
    assert set(second.aliases.values_list("name", flat=True)) >= {"规建部", "规划部", "建设部"}
    assert not second.aliases.get(name="规建部").needs_confirmation


# ── 从严 ──────────────────────────────────────────────────


def one(model, **values):
    """只改第一行。"""
    return changed(model, lambda rows: [{**rows[0], **values}, *rows[1:]])


@pytest.mark.parametrize(
    ("model", "values", "column", "said"),
    [
        (Leader, {"所在部室": "生态环境分局"}, "所在部室", "“生态环境分局”不在部室名单中"),
        (Leader, {"所在部室": "审批中心、财务部"}, "所在部室", "不在部室名单中"),
        (Leader, {"领导小组": "大概"}, "领导小组", "请填组长、副组长、成员、名单未列之一"),
        (Leader, {"在任": "也许"}, "在任", "“也许”认不得，请填是、否之一"),
        (Leader, {"在任": ""}, "在任", "认不得"),
        (Leader, {"排序": "第一"}, "排序", "不是 0 到 9999 的整数"),
        (Leader, {"排序": "1e9"}, "排序", "不是 0 到 9999 的整数"),
        (Leader, {"排序": "-1"}, "排序", "不是 0 到 9999 的整数"),
        (Leader, {"职务": "长" * 81}, "职务", "80"),
        (Leader, {"姓名": ""}, "姓名", "请填写这一栏"),
        (Department, {"简称": "财务部"}, "简称", "部室"),
        (User, {"部室": "不存在部"}, "部室", "不在部室名单中"),
        (User, {"对应领导": "李四"}, "对应领导", "“李四”不在领导名单中"),
        (User, {"角色": "皇帝"}, "角色", "请填填报人、办公室、领导、管理员、审计员之一"),
        (User, {"办公电话": "转 8"}, "办公电话", "只写数字和短横线"),
        (User, {"登录名": "中文"}, "登录名", "登录名只能用字母"),
    ],
)
def test_one_wrong_cell_is_named_and_nothing_at_all_is_written(plan, people, model, values, column, said):
    assert people.reporter("财务部")
    before = tables()
    data = changed(
        model,
        lambda rows: [
            {**rows[0], **values},
            *[{**row, "来源说明": "改"} if "来源说明" in row else row for row in rows[1:]],
        ],
    )
    [problem] = problems(taken(model, data))
    assert problem[:2] == (2, column) and said in problem[2]
    assert tables() == before


def test_several_errors_are_told_at_once_with_the_rows_of_the_sheet(plan):
    def change(rows):
        rows[1]["所在部室"], rows[3]["在任"], rows[3]["排序"] = "甲局", "好", "x"
        return rows

    assert [(line, name) for line, name, _ in problems(taken(Leader, changed(Leader, change)))] == [
        (3, "所在部室"), (5, "排序"), (5, "在任"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: [{**row, "密码": "x"} for row in rows], "不认识的列：密码"),
        (lambda rows: [{k: v for k, v in row.items() if k != "登录名"} for row in rows], "缺少“登录名”列"),
        (lambda rows: [*rows, rows[0]], "第2行与第3行的“登录名”都是"),
    ],
)
def test_unknown_and_missing_columns_and_repeated_rows_are_refused(plan, people, change, said):
    assert people.reporter("财务部")
    before = tables()
    result = taken(User, changed(User, change))
    assert said in problems(result)[0][2] and result.has_errors()
    assert tables() == before


def test_an_absent_column_is_kept_and_a_blank_row_is_skipped(plan):
    def change(rows):
        rows = [{"姓名": row["姓名"], "职务": row["职务"]} for row in rows]
        rows[0]["职务"] = "新职务"
        return [*rows[:2], {"姓名": "", "职务": ""}, *rows[2:]]

    orders = dict(Leader.objects.values_list("name", "order"))
    result = taken(Leader, changed(Leader, change))
    assert problems(result) == [] and Leader.objects.filter(post="新职务").count() == 1
    assert dict(Leader.objects.values_list("name", "order")) == orders


# ── 别名 ──────────────────────────────────────────────────


def test_names_are_split_on_the_same_separators_as_in_a_plan():
    for text in ("甲、乙", "甲，乙", "甲,乙", "甲；乙", "甲;乙", "甲/乙", "甲／乙", "甲\n乙", " 甲 、 乙 、"):
        assert Names().clean(text) == ["甲", "乙"]
        matched, errors, _ = NameBook(NameList(leaders=("甲", "乙"))).leaders(
            text, line=1, column="牵头领导", unit="行"
        )
        assert (list(matched.names), errors) == (["甲", "乙"], [])
    assert NAME_SEPARATORS.split("甲、乙") == ["甲", "乙"]


def test_an_alias_left_out_is_an_error_not_a_removal(plan):
    department = Department.objects.get(name="审批中心")
    assert department.aliases.exists()

    def change(rows):
        return [{**row, "别名": ""} if row["简称"] == "审批中心" else row for row in rows]

    [(_, column, said)] = problems(taken(Department, changed(Department, change)))
    assert column == "别名" and "少了已有的别名" in said
    assert department.aliases.exists()


@pytest.mark.parametrize("name", ["党务办公室", "财务部"])
def test_an_alias_of_another_department_is_refused(plan, name):
    DepartmentAlias.objects.get_or_create(
        name="党务办公室", defaults={"department": Department.objects.get(name="党务办")}
    )
    before = tables()

    def change(rows):
        return [{**row, "别名": row["别名"] + "、" + name} if row["简称"] == "综合办" else row for row in rows]

    [(_, column, said)] = problems(taken(Department, changed(Department, change)))
    assert column == "别名" and name in said
    assert tables() == before


# ── 用户 ──────────────────────────────────────────────────


def test_the_user_list_has_no_passwords_and_no_staff_flags(plan, people):
    assert people.admin
    text = exported(User, "csv").decode()
    assert text.splitlines()[0] == "\ufeff登录名,姓名,角色,部室,对应领导,办公电话,邮箱,在用"
    assert "md5$" not in text and "pbkdf2" not in text


def test_a_new_account_cannot_sign_in_until_given_a_password(plan, people):
    assert people.reporter("财务部")

    def change(rows):
        return [*rows, {**rows[0], "登录名": "newcomer", "姓名": "新人", "部室": "综合办"}]

    assert problems(taken(User, changed(User, change))) == []
    made = User.objects.get(username="newcomer")
    assert not made.has_usable_password() and made.must_change_password
    assert (made.role, made.is_staff, made.is_superuser) == (Role.REPORTER, False, False)


@pytest.mark.parametrize(
    "values",
    [{"角色": "管理员"}, {"角色": "管理员", "登录名": "newadmin"}],
    ids=["升为管理员", "新建管理员"],
)
def test_nobody_becomes_an_administrator_through_a_table(plan, people, values):
    assert people.reporter("财务部")
    before = tables()
    [(_, column, said)] = problems(taken(User, one(User, **values)))
    assert (column, said) == ("角色", "管理员账户不能用表格建立或改动，请在后台逐个办理。")
    assert tables() == before


@pytest.mark.parametrize("values", [{"在用": "否"}, {"角色": "办公室"}, {"姓名": "别人"}])
def test_an_administrator_is_not_changed_through_a_table(plan, people, values):
    assert people.admin
    before = tables()
    assert "管理员账户不能用表格" in problems(taken(User, one(User, **values)))[0][2]
    assert tables() == before


def test_a_login_name_differing_only_in_case_is_refused(plan, people):
    assert people.reporter("财务部").username
    data = changed(User, lambda rows: [*rows, {**rows[0], "登录名": rows[0]["登录名"].upper()}])
    assert any("这个登录名已有人使用" in said for _, _, said in problems(taken(User, data)))


# ── 格式 ──────────────────────────────────────────────────


def test_xlsx_writes_every_cell_as_text():
    data = TextXLSX().export_data(
        tablib.Dataset(["=1+1", "#N/A", "0351-1", "_x0041_"], headers=["甲", "乙", "丙", "丁"])
    )
    sheet = load_workbook(io.BytesIO(data)).active
    assert [cell.data_type for cell in sheet[2]] == ["s"] * 4
    assert TextXLSX().create_dataset(data)[0] == ("=1+1", "#N/A", "0351-1", "_x0041_")


def test_csv_is_read_in_either_encoding_and_guards_are_symmetric():
    grid = tablib.Dataset(["=1", "'=2", "三"], headers=["甲", "乙", "丙"])
    assert GuardedCSV().export_data(grid).decode("utf-8-sig").splitlines()[1] == "'=1,''=2,三"
    assert GuardedCSV().create_dataset(GuardedCSV().export_data(grid))[0] == ("=1", "'=2", "三")
    assert GuardedCSV().create_dataset("甲,乙\r\n一,二\r\n".encode("gbk"))[0] == ("一", "二")


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_numbers_booleans_and_a_hidden_first_sheet_are_read_as_people_see_them(plan):
    data = workbook(["姓名", "排序", "在任"], ["陈向东", 3.0, True], [None, None, None], ["李华斌", 4, "否"])
    assert problems(taken(Leader, data)) == []
    assert list(Leader.objects.filter(name__in=["陈向东", "李华斌"]).order_by("order").values_list("order", "is_active")) == [
        (3, True), (4, False),
    ]  # fmt: skip


# ── 举措、进展：只导出 ────────────────────────────────────


def test_measures_export_the_ledger_columns_with_their_lights(plan, people, period, submitted):
    workflow.approve_progress(submitted("12", "审批中心", percent=40), by=people.office, at=period.opened_at)
    Measure.objects.filter(number="19").update(retired_in=plan.revision)
    table = MeasureResource(user=people.admin).export(Measure.objects.all())
    assert table.headers == ["方案", *(c.label for c in COLUMNS), "退出于"]
    rows = {row["序号"]: row for row in table.dict}
    assert rows["12"]["进度"] == "40%" and rows["12"]["本期报送"] == "已通过"
    assert (rows["19"]["退出于"], rows["12"]["退出于"]) == ("第 1 版", "")
    assert len(rows) == 21


def test_progress_exports_what_the_reader_may_see(plan, people, period, report, submitted, at):
    submitted("12", "审批中心", percent=75, text="=待审核")
    workflow.save_progress(
        report("18", "经济发展部"), by=people.reporter("经济发展部"), at=at("2023-09-20 10:00"), version=0,
        content={"text": "草稿", "stage": "in_progress"}, values={},
    )  # fmt: skip
    table = ProgressResource(user=people.admin).export(Progress.objects.all())
    assert [(row["序号"], row["部室"], row["本期进展"], row["完成进度"]) for row in table.dict] == [
        ("12", "审批中心", "=待审核", "75%")
    ]
    assert (
        ProgressResource(user=people.reporter("纪工委")).export(Progress.objects.all()).height
        == Progress.objects.filter(assignment__department__name="纪工委").count()
    )


@pytest.mark.parametrize("resource", [MeasureResource, ProgressResource])
def test_measures_and_progress_cannot_be_imported(plan, people, resource):
    with pytest.raises(NotImplementedError, match="只导出"):
        resource(user=people.admin).import_data(tablib.Dataset(headers=["序号"]))


# ── 后台的页面 ────────────────────────────────────────────

LISTS = ["departments_department", "departments_leader", "departments_user"]


@pytest.fixture
def admin(people, sign_in):
    return sign_in(people.admin)


def page(response):
    return response.content.decode()


def strict(html):
    """合于严格 CSP：没有行内样式、脚本、事件属性。"""
    return [name for name, pattern in STRICT.items() if name != "跳过转义" and re.search(pattern, html)]


def send(client, name, data, kind="xlsx"):
    fields = {
        "import_file": SimpleUploadedFile(f"名单.{kind}", data),
        "format": str(list(FORMATS).index(kind)),
        "resource": "0",
    }
    return client.post(reverse(f"admin:{name}_import"), fields)


def confirmation(html):
    return dict(re.findall(r'name="(import_file_name|original_file_name|format|resource)" value="([^"]*)"', html))


@pytest.mark.parametrize("name", [*LISTS, "tasks_measure", "tasks_progress"])
def test_lists_export_from_the_admin(plan, people, submitted, admin, name):
    submitted("12", "审批中心", percent=75)
    url = reverse(f"admin:{name}_export")
    assert url in page(admin.get(reverse(f"admin:{name}_changelist")))
    shown = admin.get(url)
    assert "将导出这些列" in page(shown) and strict(page(shown)) == []
    for index, kind in enumerate(FORMATS):
        response = admin.post(url, {"format": str(index), "resource": "0"})
        assert response.status_code == 200
        assert re.search(rf"_20230922\.{kind}", unquote(response["Content-Disposition"]))
        rows = FORMATS[kind]().create_dataset(response.content)
        assert rows.height >= 1


def test_importing_from_the_admin_previews_then_writes(plan, admin, drafts):
    data = one(Leader, 职务="<b>新职务</b>")
    shown = send(admin, "departments_leader", data)
    html = markup(shown)
    assert "新增 0 行，修改 1 行，没有变化 10 行" in html and strict(html) == []
    assert "<ins>&lt;b&gt;新职务&lt;/b&gt;</ins>" in html
    assert not Leader.objects.filter(post__contains="新职务").exists()
    assert len(list(drafts.iterdir())) == 1
    done = admin.post(reverse("admin:departments_leader_process_import"), confirmation(html), follow=True)
    assert Leader.objects.filter(post="<b>新职务</b>").count() == 1
    assert list(drafts.iterdir()) == [] and done.status_code == 200


def test_errors_are_shown_by_row_and_column_and_cannot_be_confirmed(plan, admin):
    html = markup(send(admin, "departments_leader", one(Leader, 所在部室="甲局", 排序="x")))
    assert "<td>2</td><td>所在部室</td><td>“甲局”不在部室名单中" in html
    assert "<td>2</td><td>排序</td>" in html and "什么也没有写入" in html
    assert "确认导入" not in html and "Traceback" not in html and strict(html) == []


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "xlsx", "旧格式"),
        (b"not a table", "xlsx", "文件内容不是 .xlsx"),
        (workbook(["姓名", "职务"], ["=1/0", "甲"]), "xlsx", "错误值或公式"),
        (workbook(["姓名"], ["陈向东", "多出来的"]), "xlsx", "没有列名"),
        (workbook(["标题"], ["姓名"]), "xlsx", "缺少“姓名”列"),
    ],
)
def test_a_wrong_file_is_refused_in_words(plan, admin, data, kind, said):
    response = send(admin, "departments_leader", data, kind)
    assert said in page(response) and "确认导入" not in page(response)


def test_a_failure_after_the_preview_never_says_success(plan, admin, people):
    """预览之后，别人把这个部室改了名：确认时照实说，什么也不写。"""
    html = page(send(admin, "departments_leader", one(Leader, 所在部室="综合办", 职务="新")))
    Department.objects.filter(name="综合办").update(name="综合办公室")
    before = tables()
    response = admin.post(reverse("admin:departments_leader_process_import"), confirmation(html))
    assert response.status_code == 422
    assert "没有导入" in page(response) and "“综合办”不在部室名单中" in page(response) and "成功" not in page(response)
    assert tables() == before


def test_the_confirmation_cannot_name_another_file(plan, admin, people, sign_in, drafts, tmp_path):
    html = page(send(admin, "departments_leader", one(Leader, 职务="新")))
    fields = confirmation(html)
    url = reverse("admin:departments_leader_process_import")
    (tmp_path / "secret").write_bytes(b"x")
    for name in ("../secret", next(drafts.iterdir()).name, fields["import_file_name"][:-1] + "x", "x:y:z"):
        response = admin.post(url, fields | {"import_file_name": name})
        assert "预览已经过时" in page(response) and not Leader.objects.filter(post="新").exists()
    other = factories.make_user("admin2", Role.ADMIN, is_staff=True, is_superuser=True)
    assert "预览已经过时" in page(sign_in(other).post(url, fields)), "别人的预览也不行"
    again = sign_in(people.admin)
    again.post(url, fields)
    assert Leader.objects.filter(post="新").count() == 1
    assert "已经导入过" in page(again.post(url, fields))


def test_abandoned_previews_are_swept_up(plan, admin, drafts):
    send(admin, "departments_leader", one(Leader, 职务="一"))
    [old] = drafts.iterdir()
    import os

    os.utime(old, (time.time() - 7200, time.time() - 7200))
    send(admin, "departments_leader", one(Leader, 职务="二"))
    assert old not in list(drafts.iterdir()) and len(list(drafts.iterdir())) == 1


def test_looking_is_not_importing(plan, client, people):
    """只有“查看”权限的人导不进；只有“修改”的也不行：导入还会新增。"""
    from django.contrib.auth.models import Permission

    user = factories.make_user("viewer", Role.ADMIN, is_staff=True)
    client.force_login(user)
    url = reverse("admin:departments_department_import")
    for codename in ("view_department", "change_department"):
        user.user_permissions.add(Permission.objects.get(codename=codename))
        assert client.get(url).status_code == 403
    assert client.get(reverse("admin:departments_department_export")).status_code == 200
    assert client.get(reverse("admin:departments_leader_export")).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="add_department"))
    assert client.get(url).status_code == 200


def test_both_permission_codes_are_set():
    assert django_settings.IMPORT_EXPORT_IMPORT_PERMISSION_CODE == "change"
    assert django_settings.IMPORT_EXPORT_EXPORT_PERMISSION_CODE == "view"


def test_the_measure_list_leads_to_the_plan_import_and_has_no_stock_one(plan, admin):
    html = page(admin.get(reverse("admin:tasks_measure_changelist")))
    assert f'<a href="{reverse("revision_upload")}" class="import_link">导入</a>' in html
    assert admin.get("/admin/tasks/measure/import/").status_code in (302, 404)
    assert admin.get("/admin/tasks/progress/import/").status_code in (302, 404)


def test_importing_is_recorded_in_the_admin_log(plan, admin):
    from django.contrib.admin.models import LogEntry

    html = page(send(admin, "departments_leader", one(Leader, 职务="新")))
    admin.post(reverse("admin:departments_leader_process_import"), confirmation(html))
    assert LogEntry.objects.filter(content_type__model="leader").count() == 1
