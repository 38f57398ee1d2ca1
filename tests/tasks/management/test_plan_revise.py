"""命令行上的方案修订：退出码 0 无差异或已生效，1 有差异而未生效，2 拒绝；说的话与网页一致。"""

import io
import json

import pytest
from django.core.management import call_command
from openpyxl import load_workbook

from departments.models import User
from tasks.imports import applying
from tasks.models import Event, Plan, PlanRevision
from tests.tasks.imports import shapes
from tests.tasks.imports.samples import SEED, SEED_TEXT, docx
from tests.tasks.ledgers import edited, exported

pytestmark = pytest.mark.django_db


@pytest.fixture
def revise(plan, people, tmp_path):
    """运行一次：revise(内容或路径, 名字, *选项) → (退出码, 说的话)。"""
    assert people.admin

    def run(data, name="修订.xlsx", *options):
        path = data
        if isinstance(data, bytes):
            path = tmp_path / name
            path.write_bytes(data)
        out = io.StringIO()
        with pytest.raises(SystemExit) as caught:
            call_command("plan_revise", str(path), *options, stdout=out, stderr=out)
        return caught.value.code, out.getvalue()

    return run


@pytest.fixture
def changed(plan, people):
    """改了第 3 项、退出第 21 项的台账。"""

    def change(rows):
        rows[2][2] += "每季度通报一次。"
        return rows[:-1]

    return edited(exported(plan, people.admin), "xlsx", change)


def test_the_seed_text_is_all_unchanged(revise):
    code, said = revise(SEED)
    assert (code, said.splitlines()[1]) == (0, "全部无变化。")
    assert "新增 0，修改 0，改序号 0，恢复列入 0，拟退出 0，无变化 21" in said


def test_a_word_file_built_from_the_seed_is_all_unchanged(revise):
    code, said = revise(docx(SEED_TEXT), "印发件.docx")
    assert code == 0 and "全部无变化。" in said and "无变化 21" in said


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_exported_ledger_is_all_unchanged(revise, plan, people, kind):
    code, said = revise(exported(plan, people.admin, kind), f"台账.{kind}")
    assert code == 0 and "全部无变化" in said and "未导入　状态列" in said


def test_differences_are_told_and_not_applied_without_being_asked(revise, changed, plan):
    code, said = revise(changed)
    assert code == 1
    assert "修改　第3项" in said and "具体内容：" in said and "拟退出　第21项" in said
    assert "修改 1，改序号 0，恢复列入 0，拟退出 1，无变化 19" in said
    assert (plan.revision.number, PlanRevision.objects.count()) == (1, 1)


def test_applying_needs_the_word_yes(revise, changed, plan):
    code, said = revise(changed, "修订.xlsx", "--apply")
    assert code == 2 and "核对无误后加 --yes" in said
    assert PlanRevision.objects.count() == 1


def test_applied_in_the_name_of_an_administrator(revise, changed, plan, people):
    code, said = revise(changed, "修订.xlsx", "--apply", "--yes", "--by", "ADMIN")
    assert code == 0 and said.rstrip().endswith("第 2 版已生效。")
    assert (plan.revision.number, plan.revision.applied_by) == (2, people.admin)
    assert len(applying.snapshot(plan)) == 20
    assert Event.objects.filter(action="plan_apply", by=people.admin).count() == 1
    assert revise(changed)[0] == 0, "同一份再来一次：全部无变化"


def test_errors_are_listed_and_nothing_is_written(revise, plan, people):
    def spoil(rows):
        rows[0][3], rows[1][4] = "李四", "生态环境分局"
        return rows

    code, said = revise(edited(exported(plan, people.admin), "xlsx", spoil), "错.xlsx", "--apply", "--yes")
    assert code == 2 and "文件里有 2 处错误，没有导入。" in said
    assert "第4行“牵头领导”“李四”不在名单中" in said and "第5行“牵头部室”“生态环境分局”不在名单中" in said
    assert PlanRevision.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "旧.xls", "不能读取 .xls 文件"),
        (b"abc", "别的.pdf", "不能读取 .pdf 文件"),
        ("没有这份文件.xlsx", "", "没有这个文件，请核对路径"),
        ("/", "", "这是文件夹"),
    ],
)
def test_an_unreadable_file_is_refused(revise, data, name, message):
    code, said = revise(data, name)
    assert code == 2 and message in said


def test_without_an_administrator_it_is_refused(revise, changed):
    assert "没有可用的管理员账户" in revise(changed, "修订.xlsx", "--apply", "--yes", "--by", "nobody")[1]
    User.objects.filter(role="admin").update(is_active=False)
    code, said = revise(changed, "修订.xlsx", "--apply", "--yes")
    assert code == 2 and "没有可用的管理员账户" in said


def test_the_plan_can_be_named_and_an_unknown_one_is_refused(revise, plan):
    Plan.objects.update(is_current=False)
    assert revise(SEED, "", "--plan", str(plan.pk))[0] == 0
    code, said = revise(SEED)
    assert code == 2 and "没有这份方案" in said
    assert revise(SEED, "", "--plan", "9999")[0] == 2


@pytest.fixture
def incomplete(plan, people):
    """漏了 16 项的台账。"""
    return edited(exported(plan, people.admin), "xlsx", lambda rows: rows[:5])


def test_many_removals_need_their_number_as_on_the_web(revise, incomplete, plan):
    for options in ((), ("--retire", "15")):
        code, said = revise(incomplete, "修订.xlsx", "--apply", "--yes", *options)
        assert code == 2 and "请加 --retire 16" in said
    assert (plan.revision.number, PlanRevision.objects.count()) == (1, 1)
    code, said = revise(incomplete, "修订.xlsx", "--apply", "--yes", "--retire", "16")
    assert code == 0 and plan.revision.number == 2


def test_the_whole_file_after_an_incomplete_one_revives_the_measures(revise, incomplete, plan):
    revise(incomplete, "修订.xlsx", "--apply", "--yes", "--retire", "16")
    code, said = revise(SEED)
    assert code == 1 and "新增 0，修改 0，改序号 0，恢复列入 16，拟退出 0，无变化 5" in said
    assert "恢复列入（第 2 版退出，已有 0 期进展）　第6项" in said


def test_differences_outside_the_measures_give_exit_code_one(revise):
    text = SEED_TEXT.replace("〔2023〕9号", "〔2023〕19号")
    code, said = revise(text.encode(), "plan.txt")
    assert code == 1 and "全部无变化" not in said
    assert "具体举措 21 项没有变化，其余部分有不同" in said and "未导入　文号与现行方案不同" in said


def test_long_texts_show_only_what_changed_and_against_which_revision(revise, changed):
    said = revise(changed)[1]
    assert said.splitlines()[0].endswith("第 1 版比较")
    assert "{+每季度通报一次。+}" in said


# ── 网页上说的都说；--json 印读到的全部 ──


@pytest.fixture
def untidy(changed):
    """有隐藏行、隐藏列、另一张工作表的修订。"""
    book = load_workbook(io.BytesIO(changed))
    book.active.row_dimensions[5].hidden = True
    book.active.column_dimensions["C"].hidden = True
    book.create_sheet("说明").append(["填表说明"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_what_the_page_says_of_the_file_is_said_here(revise, untidy, plan, people, at):
    said = revise(untidy)[1]
    assert "说明　　第5行是隐藏行，已照常读取。" in said and "是隐藏列，已照常读取。" in said
    assert "未导入　工作表“说明”" in said
    assert "各部室都要签收这一版，" in said and "的首页写明变了什么。" in said
    draft = applying.draft(plan, untidy, "修订.xlsx", by=people.admin, at=at("2023-09-22 09:00"))
    for text in [*draft.diff["ignored"], *draft.diff["notes"], *applying.comparison_of(draft).confirms]:
        assert text in said, "网页上有的，这里也有"


def test_a_faulty_file_tells_what_was_left_out_too(revise, untidy):
    book = load_workbook(io.BytesIO(untidy))
    book.active["D4"] = "李四"
    out = io.BytesIO()
    book.save(out)
    code, said = revise(out.getvalue())
    assert code == 2 and "“李四”不在名单中" in said and "未导入　工作表“说明”" in said


def test_json_tells_the_whole_reading_of_the_document(revise):
    code, said = revise(SEED, "", "--json")
    found = json.loads(said)
    assert code == 0 and found["counts"]["same"] == len(found["measures"]) == 21
    first = found["measures"][0]
    assert {"number", "title", "text", "leaders", "departments", "all_departments", "deadline", "due_on"} <= set(first)
    assert first["number"] == "1" and first["text"] in SEED_TEXT.replace("\n", "") and first["leaders"]
    assert found["head"]["document_number"] == "交开党工委发〔2023〕9号"
    assert found["errors"] == [] and found["differing"] == []


def test_json_tells_differences_and_what_was_applied(revise, untidy):
    code, said = revise(untidy, "修订.xlsx", "--json")
    found = json.loads(said)
    assert (code, found["counts"]["changed"], found["counts"]["removed"]) == (1, 1, 1)
    assert "工作表“说明”" in found["ignored"] and len(found["notes"]) == 2 and "applied" not in found
    assert [c["kind"] for c in found["changes"] if c["kind"] != "same"] == ["changed", "removed"]
    code, said = revise(untidy, "修订.xlsx", "--json", "--apply", "--yes")
    assert (code, json.loads(said)["applied"]) == (0, 2)


def test_json_of_a_refusal_has_the_reasons_and_what_was_read(revise, untidy):
    code, said = revise(untidy, "修订.xlsx", "--json", "--apply")
    found = json.loads(said)
    assert code == 2 and "--yes" in found["errors"][0]["message"] and len(found["measures"]) == 20
    code, said = revise("没有.xlsx", "", "--json")
    assert code == 2 and "没有这个文件" in json.loads(said)["errors"][0]["message"]


def test_help_tells_the_exit_codes(capsys):
    with pytest.raises(SystemExit):
        call_command("plan_revise", "--help")
    assert "退出码：0 没有差异" in capsys.readouterr().out


# ── 新方案 ──


def test_a_new_plan_is_printed_whole_and_nothing_is_written(revise):
    lines = shapes.paragraphs(shapes.with_more(), shapes.Shape(department="牵头单位"))
    before = Plan.objects.count(), PlanRevision.objects.count(), Event.objects.count()
    code, said = revise(shapes.word_file(lines), "方案.docx", "--new", "2024", "--json")
    found = json.loads(said)
    assert code == 0 and (Plan.objects.count(), PlanRevision.objects.count(), Event.objects.count()) == before
    first = found["measures"][0]
    assert (first["number"], first["title"], first["leaders"]) == ("1", "提升企业开办便利度", ["周明远"])
    assert (first["departments"], first["cooperating"]) == (["行政审批局"], ["公安分局", "人社局"])
    assert (first["deadline"], first["due_on"]) == ("2024年4月底前", "2024-04-30")
    assert [(t["operator"], t["value"], t["unit"]) for t in first["targets"]] == [("le", "0.5", "个工作日")]
    assert all(t["quote"] in m["text"] for m in found["measures"] for t in m["targets"])
    assert found["head"]["document_number"] == "云高管发〔2024〕7号" and found["head"]["year"] == 2024
    assert found["errors"] == [] and {"ignored", "warnings"} <= found.keys()


def test_a_new_plan_that_cannot_be_read_is_refused_with_the_place(revise):
    lines = shapes.paragraphs(shapes.ITEMS, shapes.Shape())
    lines[14] = lines[14].partition("（")[0]
    code, said = revise(shapes.word_file(lines), "方案.docx", "--new", "2024", "--json")
    assert code == 2 and "第4项" in json.loads(said)["errors"][0]["message"]


def test_a_plan_of_three_years_begins_with_the_first(revise):
    head = (*shapes.Shape().head[:6], "云岭高新区三年行动方案（2023—2025年）", *shapes.Shape().head[7:])
    lines = shapes.paragraphs(shapes.ITEMS, shapes.Shape(head=head))
    code, said = revise(shapes.word_file(lines), "方案.docx", "--new", "2025", "--json")
    assert (code, json.loads(said)["head"]["years"]) == (0, [2023, 2025])
