"""方案修订的各页：上传 → 核对 → 确认 → 撤销；有错逐条说、什么也不写；别的角色进不来。"""

import datetime as dt
import io
import zipfile
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from departments.models import Department
from tasks import workflow
from tasks.imports import applying
from tasks.models import Assignment, Event, Measure, Plan, PlanRevision, Progress, Receipt
from tasks.pages import comparison, navigation
from tests import factories
from tests.conftest import TODAY
from tests.markup import markup
from tests.tasks.imports.samples import SEED_TEXT, docx, short
from tests.tasks.ledgers import edited, exported, place
from tests.world import form_on

pytestmark = pytest.mark.django_db
TEXT, LEADERS, DEPARTMENTS, DEADLINE, KIND = 2, 3, 4, 5, 6


def page(response) -> str:
    return markup(response)


@pytest.fixture
def admin(people, sign_in):
    return sign_in(people.admin)


@pytest.fixture
def upload(admin):
    """上传一份文件：upload(字节, 名字, 其他字段…)。"""

    def send(data, name="修订.xlsx", **more):
        fields = {"target": "current", "file": SimpleUploadedFile(name, data), **more}
        return admin.post(reverse("revision_upload"), fields)

    return send


@pytest.fixture
def revised(plan, people):
    """下载台账，照 `change` 改过：revised(change, "csv")。"""

    def make(change, kind="xlsx"):
        return edited(exported(plan, people.admin, kind), kind, change)

    return make


def reword(rows):
    """改第 3 项的文字、第 18 项的部室。"""
    rows[2][TEXT] += "每季度通报一次。"
    rows[17][DEPARTMENTS] = "招商引资部"
    return rows


def without(count):
    return lambda rows: rows[:-count]


def state():
    """库里与方案有关的一切，用来证明什么也没写。"""
    return (
        Plan.objects.count(), PlanRevision.objects.count(), Event.objects.count(), Receipt.objects.count(),
        list(Measure.objects.order_by("pk").values()), list(Assignment.objects.order_by("pk").values()),
    )  # fmt: skip


# ── 一路走通 ──────────────────────────────────────────────


def test_upload_check_confirm_and_undo(plan, admin, upload, revised, period, submitted):
    report = submitted("18", "经济发展部", percent=60)
    before = applying.snapshot(plan)

    sent = upload(revised(reword), note="九月调整")
    draft = PlanRevision.objects.get(status="draft")
    assert sent.url == reverse("revision_preview", args=[draft.pk])

    shown = page(admin.get(sent.url))
    assert "<ins>每季度通报一次。</ins>" in shown
    assert "<del>经济发展部</del>" in shown and "<ins>招商引资部</ins>" in shown
    assert "以上 2 处差异已与印发文件核对一致" in shown and "生成第 2 版" in shown
    assert "无变化的 19 项" in shown
    assert "各部室都要签收这一版，经济发展部、招商引资部的首页写明变了什么" in shown
    assert applying.snapshot(plan) == before

    done = admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"}, follow=True)
    second = plan.revision
    assert done.redirect_chain[-1][0] == reverse("revision_detail", args=[second.pk])
    assert "第 2 版已生效" in page(done) and second.number == 2
    assert "九月调整" in page(done) and "<ins>每季度通报一次。</ins>" in page(done)

    undone = admin.post(reverse("revision_revert", args=[second.pk]), follow=True)
    assert "已撤销，第 3 版与第 1 版内容相同" in page(undone)
    assert applying.snapshot(plan) == before
    report.refresh_from_db()
    assert (report.status, report.assignment.ended_in) == ("submitted", None)
    assert admin.get(reverse("revision_preview", args=[draft.pk])).url == reverse("revision_detail", args=[second.pk])


def test_the_targets_whose_words_are_gone_are_named_after_it_took_effect(admin, upload, revised):
    def raise_it(rows):
        rows[7][TEXT] = rows[7][TEXT].replace("不低于80%", "不低于85%").replace("不低于 80%", "不低于 85%")
        return rows

    upload(revised(raise_it))
    draft = PlanRevision.objects.get(status="draft")
    done = admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"}, follow=True)
    assert "第 8 项的量化目标引的原文在新文字里找不到，请办公室核定目标。" in page(done)
    undone = admin.post(reverse("revision_revert", args=[PlanRevision.objects.get(number=2).pk]), follow=True)
    assert "找不到" not in page(undone)


def test_the_upload_page_offers_the_ledger_and_sending_it_back_says_unchanged(plan, people, admin, upload):
    assert reverse("measure_export") in page(admin.get(reverse("revision_upload")))
    for kind in ("xlsx", "csv"):
        before = state()
        response = upload(exported(plan, people.admin, kind), f"督办台账.{kind}")
        assert response.status_code == 200
        assert "全部无变化" in page(response) and "状态列，不导入" in page(response)
        assert state() == before


def test_the_seed_document_itself_is_unchanged(upload):
    assert "全部无变化" in page(upload(docx(SEED_TEXT), "印发件.docx"))


# ── 有错 ──────────────────────────────────────────────────


def spoil(rows):
    """五处不同的错。"""
    rows[0][LEADERS] = "张富平、李四"
    rows[1][DEPARTMENTS] = "生态环境分局"
    rows[2][TEXT] = ""
    rows[4][KIND] = "大概"
    rows[6][0] = "3"
    return rows


def test_five_errors_are_all_shown_with_row_column_and_value_and_nothing_is_written(upload, revised):
    before = state()
    response = upload(revised(spoil))
    shown = page(response)
    assert response.status_code == 422
    assert state() == before
    assert "5 处" in shown and "什么也没有写入" in shown
    for row, column, value in (
        (4, "牵头领导", "李四"),
        (5, "牵头部室", "生态环境分局"),
        (6, "具体内容", "（空）"),
        (8, "类型", "大概"),
        (10, "序号", "3"),
    ):
        cells = f'<td data-l="行" class="nowrap">第 {row} 行</td><td data-l="列" class="nowrap">{column}</td><td data-l="写的是" class="break">{value}</td>'
        assert cells in shown, (row, column)
    assert "与第6行重复" in shown and "不在名单中" in shown


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("xl/workbook.xml", b" " * 40_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧版.xls", "不能读取 .xls 文件"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "改名.xlsx", "旧格式"),
        (bomb(), "炸弹.xlsx", "解压后有"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "照片.png", "只能导入 .xlsx、.csv、.docx、.txt"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "照片.xlsx", "文件内容不是 .xlsx"),
        (short(["1", "甲", "李华斌", "审批中心"], header=("序号", "名称", "领导", "部室")), "别的表.xlsx", "缺少列"),
        (b"", "空.xlsx", "这是空文件"),
        (b"x" * 3_000_000, "太大.csv", "超过 2.0"),
    ],
)
def test_a_wrong_file_is_refused_in_words_and_nothing_is_written(upload, data, name, said):
    before = state()
    response = upload(data, name)
    assert response.status_code == 422
    assert said in page(response)
    assert state() == before


def test_a_missing_file_or_year_is_asked_for(admin):
    response = admin.post(reverse("revision_upload"), {"target": "new"})
    assert response.status_code == 422
    assert "请选择文件" in page(response) and "请写新方案是哪一年的" in page(response)


# ── 确认 ──────────────────────────────────────────────────


def test_without_the_tick_the_page_stays_and_says_so(plan, admin, upload, revised):
    upload(revised(reword))
    draft = PlanRevision.objects.get(status="draft")
    before = state()
    response = admin.post(reverse("revision_apply", args=[draft.pk]), {})
    assert response.status_code == 422
    assert "请先勾选“已与印发文件核对一致”" in page(response)
    assert 'href="#id_checked"' in page(response) and 'id="id_checked"' in page(response)
    assert "每季度通报一次" in page(response)
    assert state() == before


def test_the_preview_says_who_starts_from_nothing_and_owes_a_report_now(plan, period, admin, upload, revised):
    """换了牵头部室的进展从头记、当期就要报；只改了文字的没有这些话；没有开放的期，不说从哪一期起。"""

    def preview(change):
        return page(admin.get(upload(revised(change))["Location"]))

    def add(rows):
        return [*rows, ["22", "新的一项", "新的一项。做好新的工作。", *rows[0][3:]]]

    told = "第 18 项换了牵头部室，新牵头的没有报过，进展从头记，新牵头的从9月起应报"
    assert told in preview(reword)
    assert "第 22 项新列入，新牵头的从9月起应报" in preview(add)
    period.status, period.closed_at = "closed", period.opened_at
    period.save()
    assert "进展从头记；" in preview(reword)


def test_a_removal_needs_its_own_tick(plan, admin, upload, revised):
    upload(revised(without(1)))
    draft = PlanRevision.objects.get(status="draft")
    url = reverse("revision_apply", args=[draft.pk])
    assert "同意 1 项退出现行方案" in page(admin.get(reverse("revision_preview", args=[draft.pk])))
    refused = admin.post(url, {"checked": "on"})
    assert refused.status_code == 422 and "请单独勾选同意退出" in page(refused)
    assert admin.post(url, {"checked": "on", "removals_checked": "on"}).status_code == 302
    assert plan.revision.number == 2 and Measure.objects.in_force().count() == 20


def test_ten_missing_measures_need_the_typed_count(plan, admin, upload, revised):
    upload(revised(without(10)))
    draft = PlanRevision.objects.get(status="draft")
    shown = page(admin.get(reverse("revision_preview", args=[draft.pk])))
    assert "超过四分之一" in shown and 'name="removed_count"' in shown
    url, ticks = reverse("revision_apply", args=[draft.pk]), {"checked": "on", "removals_checked": "on"}
    for count in ("", "9", "21", "十"):
        refused = admin.post(url, ticks | {"removed_count": count})
        assert refused.status_code == 422 and "请写出退出的项数（10）" in page(refused)
    assert Measure.objects.in_force().count() == 21
    assert admin.post(url, ticks | {"removed_count": "10"}).status_code == 302
    assert Measure.objects.in_force().count() == 11


def test_a_draft_whose_base_is_no_longer_current_must_be_compared_again(plan, admin, upload, revised, people, at):
    upload(revised(reword))
    first = PlanRevision.objects.get(status="draft")
    other = revised(lambda rows: [[*row[:3], "陈向东", *row[4:]] if row[0] == "9" else row for row in rows])
    second = applying.draft(plan, other, "另一份.xlsx", by=people.admin, at=at("2023-09-12 09:00"))
    applying.apply_revision(second, by=people.admin, at=at("2023-09-12 10:00"))

    shown = page(admin.get(reverse("revision_preview", args=[first.pk])))
    assert "这份比较已经过时" in shown and 'name="checked"' not in shown
    refused = admin.post(reverse("revision_apply", args=[first.pk]), {"checked": "on"}, follow=True)
    assert "请用同一份文件重新比较" in page(refused) and plan.revision.number == 2

    again = admin.post(reverse("revision_again", args=[first.pk]))
    fresh = PlanRevision.objects.get(status="draft")
    assert again.url == reverse("revision_preview", args=[fresh.pk]) and fresh.base.number == 2
    first.refresh_from_db()
    assert first.status == "discarded", "过时的草稿不再挂着"
    assert "<del>陈向东</del>" in page(admin.get(again.url)), "别人刚改的第 9 项，用旧文件会改回去，必须看得见"


def test_comparing_again_can_find_nothing_left_to_do(plan, admin, upload, revised, people, at):
    data = revised(reword)
    upload(data)
    first = PlanRevision.objects.get(status="draft")
    same = applying.draft(plan, data, "同一份.xlsx", by=people.admin, at=at("2023-09-12 09:00"))
    applying.apply_revision(same, by=people.admin, at=at("2023-09-12 10:00"))
    response = admin.post(reverse("revision_again", args=[first.pk]))
    assert response.status_code == 200 and "全部无变化" in page(response)
    assert not PlanRevision.objects.filter(status="draft").exists()


def test_a_draft_is_applied_or_discarded_only_once(plan, admin, upload, revised):
    upload(revised(reword))
    draft = PlanRevision.objects.get(status="draft")
    assert admin.post(reverse("revision_discard", args=[draft.pk]), follow=True).status_code == 200
    before = state()
    for name in ("revision_apply", "revision_discard", "revision_again"):
        refused = admin.post(reverse(name, args=[draft.pk]), {"checked": "on"}, follow=True)
        assert "已放弃" in page(refused)
    assert state() == before and plan.revision.number == 1


def test_only_the_latest_revision_can_be_undone_and_never_the_first(plan, admin, upload, revised):
    upload(revised(reword))
    admin.post(reverse("revision_apply", args=[PlanRevision.objects.get(status="draft").pk]), {"checked": "on"})
    first = plan.revisions.get(number=1)
    refused = admin.post(reverse("revision_revert", args=[first.pk]), follow=True)
    assert "只能撤销最新的一版" in page(refused)
    assert "撤销这一版" not in page(admin.get(reverse("revision_detail", args=[first.pk])))
    assert "撤销这一版" in page(admin.get(reverse("revision_detail", args=[plan.revision.pk])))


def test_every_two_revisions_can_be_compared(plan, admin, upload, revised):
    for change in (reword, without(1)):
        upload(revised(change))
        draft = PlanRevision.objects.get(status="draft")
        admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on", "removals_checked": "on"})
    third = plan.revision
    shown = page(admin.get(reverse("revision_detail", args=[third.pk]) + "?with=1"))
    assert "第 1 版 → 第 3 版" in shown and ">退出<" in shown
    for nonsense in ("99", "x", "-1", "9" * 30):
        assert admin.get(reverse("revision_detail", args=[third.pk]) + f"?with={nonsense}").status_code == 200


def test_a_revision_is_shown_as_it_was_confirmed_with_what_it_says_of_targets(admin, upload, revised):
    """目标不随版本，两版的内容比不出来；确认时看过的在这里照样看到。"""

    def retarget(rows):
        rows[7][place("targets")] = "新增高新技术企业不少于 12 家"
        return rows

    upload(revised(retarget))
    draft = PlanRevision.objects.get(status="draft")
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"})
    shown = page(admin.get(reverse("revision_detail", args=[draft.pk])))
    assert "第 1 版 → 第 2 版" in shown and "两版内容相同" not in shown
    assert "<ins>12 家</ins>" in shown and "<del>80 %</del>" in shown
    assert "生效前" in shown and "的量化目标与现行不同" not in shown, "确认过的不再问看的人"
    assert "现行的目标不由导入改动：文件所写的列为待核定，由办公室定。" in shown


def test_a_revision_has_no_pages_of_what_did_not_change(admin, upload, revised, monkeypatch):
    """这一页不列无变化的：几万项里改了几项，翻页到头就是那几项，不会翻出“两版内容相同”。"""
    monkeypatch.setattr(comparison, "BRIEF", 2)
    upload(revised(reword))
    draft = PlanRevision.objects.get(status="draft")
    preview = admin.get(reverse("revision_preview", args=[draft.pk])).content.decode()
    assert "page=2" in preview, "预览里无变化的另有几页"
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"})
    shown = page(admin.get(reverse("revision_detail", args=[draft.pk]) + "?page=3"))
    assert "每季度通报一次" in shown and "两版内容相同" not in shown


def test_a_revision_without_stored_changes_is_compared_with_the_one_before(admin, upload, revised):
    """很早的版本没有存差异：照旧两版相比，不说“两版内容相同”。"""
    upload(revised(reword))
    draft = PlanRevision.objects.get(status="draft")
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"})
    draft.changes.all().delete()
    shown = page(admin.get(reverse("revision_detail", args=[draft.pk])))
    assert "<ins>每季度通报一次。</ins>" in shown and "两版内容相同" not in shown and "生效前" not in shown


# ── 新方案、现行方案、签收 ────────────────────────────────


def test_a_new_plan_from_the_issued_document_takes_its_head(admin, upload, plan):
    sent = upload(docx(SEED_TEXT), "二〇二三年方案.docx", target="new", year=2023)
    draft = PlanRevision.objects.get(status="draft")
    made = draft.plan
    assert sent.status_code == 302 and made != plan and not made.is_current
    shown = page(admin.get(sent.url))
    assert "新方案" in shown and "生成第 1 版" in shown
    assert draft.diff["counts"]["added"] == 21
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"})
    made.refresh_from_db()
    for name in ("title", "document_number", "issuer", "issued_on", "notice", "preamble", "goal", "safeguards",
                 "starts_on", "ends_on"):  # fmt: skip
        assert getattr(made, name) == getattr(plan, name), name
    assert [(m["role"], m["name"], m["post"]) for m in made.group_members] == [
        (m["role"], m["name"], m["post"]) for m in plan.group_members
    ]

    def rows(of):
        return [(r["number"], r["title"], r["text"], r["leaders"], r["departments"]) for r in applying.snapshot(of)]

    assert rows(made) == rows(plan)
    assert Progress.objects.count() == 0


def test_a_new_plan_from_a_table_gets_the_name_that_was_typed(upload):
    upload(short(["1", "甲", "李华斌", "审批中心"]), "明年.xlsx", target="new", year=2024, title="2024年行动方案")
    made = Plan.objects.get(year=2024)
    assert (made.title, made.document_number, made.starts_on.isoformat()) == ("2024年行动方案", "", "2024-01-01")


def test_a_head_too_long_or_too_old_for_the_table_does_not_break(upload):
    text = SEED_TEXT.replace("2023年3月6日", "1999年12月31日").replace(
        "中共山西交城经济开发区工作委员会\n\n1999", "署名" * 300 + "\n\n1999"
    )
    assert upload(docx(text), "怪.docx", target="new", year=2023).status_code == 302
    made = PlanRevision.objects.get(status="draft").plan
    assert made.issued_on is None and len(made.issuer) <= 100


def test_an_unread_new_plan_leaves_no_plan_behind(upload):
    before = Plan.objects.count()
    assert upload(short(["1", "甲", "李四", ""]), "明年.xlsx", target="new", year=2024).status_code == 422, (
        "没有牵头部室"
    )
    assert Plan.objects.count() == before


def test_the_current_plan_is_chosen_by_the_administrator(admin, upload, plan):
    upload(short(["1", "甲", "李华斌", "审批中心"]), "明年.xlsx", target="new", year=2024, title="2024年行动方案")
    draft = PlanRevision.objects.get(status="draft")
    assert admin.post(reverse("plan_choose", args=[draft.plan_id])).status_code == 404, "还没有生效的版本"
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"})
    assert "2024年行动方案" in page(admin.post(reverse("plan_choose", args=[draft.plan_id]), follow=True))
    assert Plan.objects.get(is_current=True).year == 2024
    assert Plan.objects.filter(is_current=True).count() == 1


def test_departments_sign_for_a_revision(plan, people, sign_in):
    revision = plan.revision
    client = sign_in(people.reporter("财务部"))
    shown = page(client.post(reverse("revision_sign", args=[revision.pk]), follow=True))
    assert "财务部已签收方案第 1 版" in shown
    client.post(reverse("revision_sign", args=[revision.pk]))
    client = sign_in(people.reporter("财务部", 2))
    client.post(reverse("revision_sign", args=[revision.pk]))
    assert [r.department.name for r in revision.receipts.all()] == ["财务部"]
    listed = page(client.get(reverse("revision_detail", args=[revision.pk])))
    assert listed.count("未签收") == Department.objects.active().count() - 1
    for user in (people.office, people.admin, people.leader("李华斌")):
        assert sign_in(user).post(reverse("revision_sign", args=[revision.pk])).status_code == 403


# ── 谁可以 ────────────────────────────────────────────────


def test_only_the_administrator_may_download_the_file(plan, people, upload, revised, sign_in):
    data = revised(reword)
    upload(data, "九月的 修订.xlsx")
    draft = PlanRevision.objects.get(status="draft")
    url = reverse("revision_file", args=[draft.pk])
    response = sign_in(people.admin).get(url)
    assert response.content == data
    assert response["Content-Type"] == "application/octet-stream"
    assert "attachment" in response["Content-Disposition"] and "九月的 修订.xlsx" in unquote(
        response["Content-Disposition"]
    )
    for user in (people.office, people.leader("李华斌"), people.reporter("财务部")):
        assert sign_in(user).get(url).status_code == 403


def test_an_undo_has_no_file_to_download(plan, admin, upload, revised):
    upload(revised(reword))
    admin.post(reverse("revision_apply", args=[PlanRevision.objects.get(status="draft").pk]), {"checked": "on"})
    admin.post(reverse("revision_revert", args=[plan.revision.pk]))
    assert admin.get(reverse("revision_file", args=[plan.revision.pk])).status_code == 404


@pytest.mark.parametrize("role", ["office", "leader", "reporter"])
def test_other_roles_cannot_import(plan, people, upload, revised, sign_in, role):
    upload(revised(reword))
    draft = PlanRevision.objects.get(status="draft")
    user = {"office": people.office, "leader": people.leader("李华斌"), "reporter": people.reporter("财务部")}[role]
    client, before = sign_in(user), state()
    assert client.get(reverse("revision_upload")).status_code == 403
    assert client.post(reverse("revision_upload"), {}).status_code == 403
    assert client.get(reverse("revision_preview", args=[draft.pk])).status_code == 403
    for name in ("revision_apply", "revision_discard", "revision_again", "revision_revert", "revision_restore",
                 "revision_as_new"):  # fmt: skip
        assert client.post(reverse(name, args=[draft.pk]), {"checked": "on"}).status_code == 403
    assert client.post(reverse("plan_choose", args=[plan.pk])).status_code == 403
    assert client.get(reverse("revision_detail", args=[plan.revision.pk])).status_code == 200
    assert client.get(reverse("revision_detail", args=[draft.pk])).status_code == 404, "草稿不是一版"
    assert state() == before


def test_what_does_not_exist_is_not_found_and_writing_needs_a_post(plan, admin):
    for name in ("revision_preview", "revision_detail", "revision_file"):
        assert admin.get(reverse(name, args=[999_999])).status_code == 404
    for name in ("revision_apply", "revision_discard", "revision_again", "revision_restore", "revision_sign"):
        assert admin.get(reverse(name, args=[plan.revision.pk])).status_code == 405
    for name in ("revision_apply", "revision_discard", "revision_again", "revision_restore", "revision_sign",
                 "revision_revert", "revision_as_new", "plan_choose"):  # fmt: skip
        assert admin.post(reverse(name, args=[999_999])).status_code == 404


def test_strangers_are_sent_to_sign_in(plan, client):
    assert client.get(reverse("revision_upload")).status_code == 302
    assert client.get(reverse("revision_detail", args=[plan.revision.pk])).status_code == 302


def test_without_any_plan_the_first_is_made_from_the_document(db, sign_in):
    factories.make_user("admin", "admin", is_staff=True, is_superuser=True)
    client = sign_in(factories.People().admin)
    shown = page(client.get(reverse("revision_upload")))
    assert "还没有现行方案" in shown and "修订现行方案" not in shown


# ── 别的文件、举措以外的部分 ──────────────────────────────


def other_head(number="19", safeguard=True):
    text = SEED_TEXT.replace("〔2023〕9号", f"〔2023〕{number}号")
    return text.replace("建立督查检查机制", "建立健全督查检查机制，每月一督查") if safeguard else text


def test_differences_outside_the_measures_are_listed_and_never_called_unchanged(upload):
    before = state()
    response = upload(other_head().encode(), "plan.txt")
    shown = page(response)
    assert response.status_code == 200 and state() == before
    assert "全部无变化，无需" not in shown
    assert "具体举措 21 项没有变化" in shown and "其余部分有 2 处与现行方案不同（文号、保障措施第 3 节）" in shown
    assert "以下不同，本系统不导入" in shown and "每月一督查" in shown


def test_the_document_of_another_year_leads_the_confirmations_and_can_become_a_new_plan(plan, admin, upload):
    text = SEED_TEXT.replace("2023 年进一步", "2024 年进一步").replace("2023年进一步", "2024年进一步")
    text = text.replace("〔2023〕9号", "〔2024〕5号").replace("2023年3月6日", "2024年3月8日")
    text = text.replace("努力形成政府尊商亲商安商", "着力形成政府尊商亲商安商")
    sent = upload(text.encode(), "plan2024.txt")
    draft = PlanRevision.objects.get(status="draft")
    shown = page(admin.get(sent.url))
    confirms = applying.comparison_of(draft).confirms
    assert "年度是 2024 年，现行方案是 2023 年" in confirms[0] and "〔2024〕5号" in confirms[0]
    assert "改为建立新方案（2024 年）" in shown
    moved = admin.post(reverse("revision_as_new", args=[draft.pk]))
    fresh = PlanRevision.objects.get(status="draft")
    draft.refresh_from_db()
    assert moved.url == reverse("revision_preview", args=[fresh.pk]) and draft.status == "discarded"
    assert (fresh.plan.year, fresh.plan.document_number) == (2024, "交开党工委发〔2024〕5号")
    assert "交开党工委发〔2024〕5号" in page(admin.get(moved.url)), "预览写明从文件读到的文号"
    assert plan.revision.number == 1


def test_an_ordinary_revision_is_not_offered_as_a_new_plan(plan, admin, upload, revised):
    sent = upload(revised(reword))
    assert "改为建立新方案" not in page(admin.get(sent.url))
    draft = PlanRevision.objects.get(status="draft")
    refused = admin.post(reverse("revision_as_new", args=[draft.pk]), follow=True)
    assert "不用另建新方案" in page(refused) and Plan.objects.count() == 1


def test_the_year_of_a_new_plan_is_read_from_the_document(admin, upload):
    upload(SEED_TEXT.encode(), "plan.txt", target="new")
    made = PlanRevision.objects.get(status="draft").plan
    assert made.year == 2023 and "2023年" in made.title
    nameless = SEED_TEXT[SEED_TEXT.index("二、具体举措") :]
    response = upload(nameless.encode(), "plan.txt", target="new")
    assert response.status_code == 422 and "没有写明是哪一年的方案" in page(response)


def test_after_a_new_plan_the_page_says_it_is_not_current_and_offers_to_choose_it(admin, upload, plan):
    upload(SEED_TEXT.encode(), "plan.txt", target="new")
    draft = PlanRevision.objects.get(status="draft")
    shown = page(admin.get(reverse("revision_preview", args=[draft.pk])))
    assert "一键撤销" not in shown and "直到您把它设为现行方案" in shown
    read = [shown.count(f"<dt>{label}</dt>") for label in ("名称", "文号", "印发日期", "年度", "印发机关", "总体目标")]
    assert read == [1] * 6, "从文件读到的，一样写一遍"
    done = admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"}, follow=True)
    assert done.redirect_chain[-1][0] == reverse("plan_detail", args=[draft.plan_id])
    assert "尚不是现行方案" in page(done) and reverse("plan_choose", args=[draft.plan_id]) in page(done)


# ── 撤销、恢复、选定：先看清再确认 ────────────────────────


def add_one(rows):
    blank = [""] * len(rows[0][5:])
    return [*rows, ["8-1", "开展精准招商", "开展精准招商。围绕重点产业链招商。", "李华斌", "规划建设部", *blank]]


def test_undo_first_says_what_leaves_and_which_reports_were_filed(plan, admin, people, upload, revised, submitted):
    upload(revised(add_one))
    draft = PlanRevision.objects.get(status="draft")
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"})
    second = plan.revision
    submitted(
        "8-1", "规划建设部", when=f"{timezone.localtime(second.applied_at) + dt.timedelta(hours=1):%Y-%m-%d %H:%M}"
    )
    before = state()
    shown = page(admin.get(reverse("revision_revert", args=[second.pk])))
    assert state() == before
    assert "第 2 版生效以来报送了 1 条" in shown
    assert "第 8-1 项 规划建设部（9月，待审核）" in shown
    assert "退出 1 项" in shown
    made = admin.post(reverse("revision_revert", args=[second.pk]), follow=True)
    assert "已撤销，第 3 版" in page(made) and "恢复第 2 版" in page(made)


def test_an_older_revision_is_restored_through_the_same_preview(plan, admin, upload, revised):
    for change in (reword, without(1)):
        upload(revised(change))
        draft = PlanRevision.objects.get(status="draft")
        admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on", "removals_checked": "on"})
    first = plan.revisions.get(number=1)
    assert "恢复为这一版的内容" in page(admin.get(reverse("revision_detail", args=[first.pk])))
    assert "恢复为这一版的内容" not in page(admin.get(reverse("revision_detail", args=[plan.revision.pk])))
    sent = admin.post(reverse("revision_restore", args=[first.pk]))
    shown = page(admin.get(sent.url))
    assert "恢复为第 1 版的内容" in shown and "恢复列入" in shown and "<del>每季度通报一次。</del>" in shown
    draft = PlanRevision.objects.get(status="draft")
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"})
    assert plan.revision.number == 4
    assert "两版内容相同" in page(admin.get(reverse("revision_detail", args=[plan.revision.pk]) + "?with=1"))


def test_a_stale_restore_is_compared_again(plan, admin, upload, revised):
    upload(revised(reword))
    admin.post(reverse("revision_apply", args=[PlanRevision.objects.get(status="draft").pk]), {"checked": "on"})
    admin.post(reverse("revision_restore", args=[plan.revisions.get(number=1).pk]))
    stale = PlanRevision.objects.get(status="draft")
    upload(revised(lambda rows: [[*row[:3], "陈向东", *row[4:]] if row[0] == "9" else row for row in rows]))
    other = PlanRevision.objects.filter(status="draft").exclude(pk=stale.pk).get()
    admin.post(reverse("revision_apply", args=[other.pk]), {"checked": "on"})
    sent = admin.post(reverse("revision_again", args=[stale.pk]))
    assert "<del>陈向东</del>" in page(admin.get(sent.url))
    stale.refresh_from_db()
    assert stale.status == "discarded"


def test_choosing_a_plan_first_says_what_is_left_open(admin, upload, plan, period, submitted):
    submitted("12", "审批中心")
    upload(short(["1", "甲", "李华斌", "审批中心"]), "明年.xlsx", target="new", year=2024, title="2024年行动方案")
    draft = PlanRevision.objects.get(status="draft")
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"})
    shown = page(admin.get(reverse("plan_choose", args=[draft.plan_id])))
    assert "2024年行动方案" in shown and plan.title in shown
    assert "2023年9月还没有关闭报送，还有 1 条报送待审核。" in shown
    assert '<button class="btn btn-p">确认，设为现行方案' in shown, "没有办完的照旧在原来的方案里办，不挡着"
    assert Plan.objects.get(is_current=True) == plan, "打开确认页不换"


# ── 上传页 ────────────────────────────────────────────────


def test_drafts_are_listed_with_who_when_and_what_and_whether_they_are_stale(plan, admin, people, upload, revised):
    upload(revised(reword), "九月修订.xlsx")
    upload(revised(without(1)), "另一份.xlsx")
    shown = page(admin.get(reverse("revision_upload")))
    assert "九月修订.xlsx" in shown and "修改 2 项" in shown and people.admin.name in shown
    assert "已过时" not in shown
    other = PlanRevision.objects.get(status="draft", filename="另一份.xlsx")
    admin.post(reverse("revision_apply", args=[other.pk]), {"checked": "on", "removals_checked": "on"})
    for url in (reverse("revision_upload"), reverse("plan")):
        assert "已过时" in page(admin.get(url))


def test_an_unknown_name_links_to_where_it_is_added(upload, revised):
    shown = page(upload(revised(spoil)))
    assert f"{reverse('admin:departments_department_add')}?name=%E7%94%9F%E6%80%81" in shown
    assert reverse("admin:departments_leader_add") in shown


def test_the_default_kind_of_a_new_measure_is_shown_before_it_counts(admin, upload, revised):
    sent = upload(revised(add_one))
    assert "常态类（默认，待办公室核定）" in page(admin.get(sent.url))


# ── 已退出的举措 ──────────────────────────────────────────


def drop_and_reuse(rows):
    """退出第 19 项，把第 21 项改成 19。"""
    kept = [row for row in rows if row[0] != "19"]
    for row in kept:
        row[0] = "19" if row[0] == "21" else row[0]
    return kept


@pytest.fixture
def dropped(admin, upload, revised, submitted):
    """第 19 项报过之后退出，序号给了别的一项。"""
    report = submitted("19", "科技创新部", text="建成了两个平台。")
    upload(revised(drop_and_reuse))
    draft = PlanRevision.objects.get(status="draft")
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on", "removals_checked": "on"})
    return report


def test_a_retired_measure_is_reached_by_its_own_address_with_its_progress(dropped, admin, people, sign_in):
    old = dropped.assignment.measure
    url = reverse("measure_retired", args=[old.pk])
    shown = page(admin.get(url))
    assert "已退出（第 2 版）" in shown and "建成了两个平台。" in shown and "加快服务平台建设" in shown
    assert "加快服务平台建设" not in page(admin.get("/measures/19/"))
    assert url in page(admin.get("/plan/")), "方案页列出已退出的"
    assert sign_in(people.reporter("财务部")).get(url).status_code == 200


def apply_draft(admin):
    draft = PlanRevision.objects.get(status="draft")
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on", "removals_checked": "on"})


def retire(number, admin, upload, revised):
    """退出一项，看它的页面。"""
    one = Measure.objects.get(number=number, retired_in=None)
    upload(revised(lambda rows: [row for row in rows if row[0] != number]))
    apply_draft(admin)
    return page(admin.get(reverse("measure_retired", args=[one.pk])))


def test_a_retired_measure_says_one_period_and_one_number_of_what_was_approved(
    admin, upload, revised, submitted, people, at
):
    row = submitted("10", "规划建设部", percent=80)
    workflow.approve_progress(row, by=people.office, at=at("2023-09-21 10:00"))
    shown = retire("10", admin, upload, revised)
    assert "截至9月已通过的报送" in shown and "已通过的报送，截至9月为 80%。" in shown
    assert "还没有通过的报送" not in shown


def test_a_retired_measure_says_since_when_and_expects_nothing_more_of_anyone(
    admin, upload, revised, submitted, people, sign_in
):
    row = submitted("14", "党务办", percent=50, text="办了一期。")
    shown = retire("14", admin, upload, revised)
    assert "方案第 2 版（2023年9月22日生效）起不再列入" in shown and "起已退出方案，不再判灯、不再报送" in shown
    for live in ("首次报送还没有到截止日", "虚线为序时进度", "目标与完成", ">未报<", "整项的灯取较差的一份"):
        assert live not in shown, live
    assert "退出以前没有报送。" in shown and "办了一期。" in shown and row.is_waiting


def test_the_source_of_a_measure_added_later_is_never_said_to_be_in_the_first_edition(admin, upload, revised):
    upload(revised(add_one))
    apply_draft(admin)
    added = PlanRevision.objects.get(number=2)
    link = f'href="{reverse("revision_detail", args=[added.pk])}"'
    shown = page(admin.get("/measures/8-1/"))
    assert "列入）" in shown and "印发的原文见" not in shown and link in shown

    def reworded(rows):
        for row in rows:
            row[TEXT] += "每季度通报一次。" if row[0] in ("8-1", "3") else ""
        return rows

    upload(revised(reworded))
    apply_draft(admin)
    shown = page(admin.get("/measures/8-1/"))
    assert "修订）" in shown and "列入时的原文见<a" in shown and link in shown
    first = PlanRevision.objects.get(number=1)
    third = page(admin.get("/measures/3/"))
    assert "印发的原文见<a" in third and f'href="{reverse("revision_detail", args=[first.pk])}"' in third
    assert "列入时的原文见<a" in retire("8-1", admin, upload, revised)


def test_log_and_review_lead_to_the_measure_meant_and_not_to_its_successor(dropped, admin, people, sign_in):
    url = reverse("measure_retired", args=[dropped.assignment.measure_id])
    log = page(admin.get("/log/?q=退出方案"))
    assert url in log and "（已退出）" in log and 'href="/measures/19/"' not in log
    review = page(sign_in(people.office).get(reverse("review_detail", args=[dropped.pk])))
    assert url in review and "这一项已退出方案" in review and 'href="/measures/19/"' not in review


def test_what_was_sent_for_a_measure_that_left_is_set_aside_and_no_number_counts_it(
    plan, dropped, admin, people, sign_in, period, at
):
    """撤销、退出以后：总览说“待审核 0”，徽标、“今天要办”却说 1。都不数它，它另列在审核清单下面。"""
    office = sign_in(people.office)
    listed, board = office.get("/review/"), office.get("/board/")
    assert listed.context["page_obj"].paginator.count == 0 and listed.context["aside"] == [dropped]
    shown = page(listed)
    assert "不计在内的" in shown and reverse("review_detail", args=[dropped.pk]) in shown and "已退出现行方案" in shown
    assert "项次待审核" not in page(board)
    badges = {item.label: item.count for item in navigation.navigation(people.office, "/board/", TODAY)}
    assert badges["审核"] == 0
    detail = office.get(reverse("review_detail", args=[dropped.pk]))
    one = page(detail)
    assert detail.context["part"] is None, "不在方案里了，不说它是什么灯"
    assert "不计在待审核里" in one and "放着也可以" in one and "通过" in one
    assert "通过后：" not in one
    assert workflow.revision.unfinished(plan) == ["2023年9月还没有关闭报送"]
    workflow.close_period(period, by=people.office, at=at("2023-09-30 10:00"))
    assert [*Progress.objects.set_aside()] == [dropped], "关闭了也还在，没有丢"


def test_what_was_set_aside_waits_again_when_its_measure_comes_back(plan, dropped, admin, people, sign_in):
    admin.post(reverse("revision_revert", args=[plan.revision.pk]))
    listed = sign_in(people.office).get("/review/").context
    assert [*listed["page_obj"]] == [dropped] and listed["aside"] == []


def test_a_revived_measure_is_sent_on_to_its_number(plan, dropped, admin):
    admin.post(reverse("revision_revert", args=[plan.revision.pk]))
    sent = admin.get(reverse("measure_retired", args=[dropped.assignment.measure_id]))
    assert sent.status_code == 302 and sent.url == "/measures/19/"


def test_the_source_under_the_text_names_the_revision_it_comes_from(plan, admin, upload, revised):
    assert "交开党工委发〔2023〕9号，二、具体举措第 3 条" in page(admin.get("/measures/3/"))
    upload(revised(lambda rows: add_one(reword(rows))))
    draft = PlanRevision.objects.get(status="draft")
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"})
    for number in ("3", "8-1"):
        shown = page(admin.get(f"/measures/{number}/"))
        assert "方案<a href=" in shown and ">第 2 版</a>" in shown and "二、具体举措第" not in shown
    assert "二、具体举措第 18 条" in page(admin.get("/measures/18/")), "只换了部室，原文没有动"
    assert "现行第 2 版" in page(admin.get("/plan/"))


def test_uploads_that_never_took_effect_are_not_in_the_history_of_a_measure(admin, upload, revised):
    upload(revised(reword), "没有生效.xlsx")
    admin.post(reverse("revision_discard", args=[PlanRevision.objects.get(status="draft").pk]))
    assert "没有生效.xlsx" not in page(admin.get("/measures/1/"))
    assert "没有生效.xlsx" in page(admin.get("/log/"))


def test_the_notice_to_a_department_says_what_has_left_and_not_what_might(dropped, people, sign_in):
    shown = page(sign_in(people.reporter("科技创新部")).get("/"))
    assert "第 19 项（已退出）" in shown and "拟退出" not in shown


def test_a_target_whose_words_changed_is_settled_as_the_same_target_and_taken_back_too(
    plan, admin, upload, revised, people, period
):
    """试用时看到：照默认点一下，就多出一个八成像的目标，灯也红了；撤销以后目标还是新的，谁也不知道。"""
    eight = Measure.objects.get(number="8")
    Measure.objects.filter(pk=eight.pk).update(kind="indicator", kind_is_confirmed=True)
    before = list(eight.targets.values_list("pk", "name"))

    def raise_it(rows):
        rows[7][TEXT] = rows[7][TEXT].replace("不低于 80%", "不低于 85%")
        return rows

    def settle(note):
        client.force_login(people.office)
        assert "1 项举措改了原文，目标待核定" in client.get("/board/").content.decode()
        page = client.get("/targets/?measure=8")
        assert note in page.content.decode()
        assert client.post("/targets/", form_on(page, None)["fields"]).status_code == 302
        targets = list(eight.targets.order_by("pk"))
        assert [(t.pk, t.name) for t in targets] == sorted(before), "还是那几个"
        return targets[-1]

    client = Client()
    upload(revised(raise_it))
    draft = PlanRevision.objects.get(status="draft")
    admin.post(reverse("revision_apply", args=[draft.pk]), {"checked": "on"})
    raised = settle("原文改了：原来是“≥80%”，已照新的文字填好，请核对。")
    assert (raised.value, "85%" in raised.quote) == (85, True)
    undone = admin.post(reverse("revision_revert", args=[plan.revision.pk]), follow=True)
    assert "第 8 项的量化目标引的原文在新文字里找不到，请办公室核定目标。" in page(undone)
    back = settle("原文改了：原来是“≥85%”，已照新的文字填好，请核对。")
    assert (back.value, "80%" in back.quote) == (80, True)
