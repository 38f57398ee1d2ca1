"""管理员的一次修订：下载台账、改好传回、看差异、确认、撤销；传错文件、五处错误都说得清。"""

import csv
import io

import openpyxl
import pytest

from .conftest import follow

pytestmark = pytest.mark.browser


def download(page, tmp_path):
    """在导入页下载现行台账。"""
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载台账").click()
    path = tmp_path / "台账.xlsx"
    waiting.value.save_as(path)
    return path


def upload(page, path):
    page.locator("input[type=file]").set_input_files(path)
    follow(page.get_by_role("button", name="上传并比较"))


def header_of(sheet):
    """表头所在行与各列的位置。"""
    for row in sheet.iter_rows(min_row=1, max_row=10):
        names = {str(cell.value): cell.column for cell in row if cell.value}
        if "序号" in names and "牵头领导" in names:
            return row[0].row, names
    raise AssertionError("没有找到表头")


def test_untouched_ledger_says_nothing_changed(visit, tmp_path):
    page = visit("admin").go("/plan/import/")
    upload(page, download(page, tmp_path))
    assert "全部无变化" in page.inner_text("main")


def test_revision_is_previewed_confirmed_and_undone(visit, tmp_path):
    page = visit("admin").go("/plan/import/")
    path = download(page, tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    top, columns = header_of(sheet)
    for row in range(top + 1, sheet.max_row + 1):
        if str(sheet.cell(row, columns["序号"]).value) == "10":
            cell = sheet.cell(row, columns["具体内容"])
            cell.value = cell.value.replace("保障开发区电力充足", "10月底前完成段村变电站送电，保障开发区电力充足")
        if str(sheet.cell(row, columns["序号"]).value) == "15":
            sheet.cell(row, columns["牵头部室"]).value = "财务管理运营部"
    book.save(path)
    upload(page, path)
    text = page.inner_text("main")
    assert "核对修订内容" in text
    assert "财务管理运营部" in text, "别名识别要人确认"
    assert "10月底前完成段村变电站送电，" in page.locator("table.diff ins").first.inner_text()
    confirm = page.get_by_role("button", name="确认，生成第 2 版")
    assert confirm.is_disabled(), "没勾“已核对”不能确认"
    page.get_by_label("已与印发文件核对一致").check()
    follow(confirm)
    assert "第 2 版已生效" in page.inner_text("main")
    follow(page.get_by_role("link", name="撤销这一版"))
    follow(page.locator("main form button"))  # 看清什么回来、什么退出，再确认
    assert "已撤销" in page.inner_text("main")
    assert "方案第 3 版" in page.inner_text("h1")


def test_the_department_sees_the_change_and_signs_in_one_click(visit):
    page = visit("ghjsb").page
    note = page.get_by_label("方案签收")
    assert "第 3 版待签收" in note.inner_text()
    assert "第 10 项" in note.inner_text()
    follow(note.get_by_role("button", name="签收"))
    assert "规划建设部已签收方案第 3 版" in page.inner_text("main")
    assert page.get_by_label("方案签收").count() == 0


def test_a_wrong_file_says_what_to_do(visit, tmp_path):
    page = visit("admin").go("/plan/import/")
    old = tmp_path / "老台账.xls"
    old.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 2000)
    upload(page, old)
    assert "另存为" in page.inner_text("main")
    assert "只能撤销" not in page.inner_text("main")


def test_five_errors_are_all_named_at_once_and_nothing_is_written(visit, tmp_path):
    admin = visit("admin")
    page = admin.go("/plan/import/")
    rows = [
        ["序号", "举措名称", "具体内容", "牵头领导", "牵头部室"],
        ["1", "营造优良营商氛围", "营造优良营商氛围。宣传。", "张某某", "党务办"],
        ["2", "全面放宽市场准入条件", "全面放宽市场准入条件。实行。", "李华斌", "生态环境分局"],
        ["其他", "第三项", "第三项。内容。", "陈向东", "经济发展部"],
        ["2", "重复的序号", "重复的序号。内容。", "陈向东", "经济发展部"],
        ["5", "没有领导", "没有领导。内容。", "", "审批中心"],
    ]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path = tmp_path / "五处错误.csv"
    path.write_text(out.getvalue(), "utf-8-sig")
    upload(page, path)
    errors = page.locator("section", has=page.get_by_role("heading", name="错误")).locator("tbody tr")
    assert errors.count() == 5
    text = page.inner_text("main")
    for value in ("张某某", "生态环境分局", "其他", "第 2 行", "第 6 行"):
        assert value in text
    assert "没有导入" in text
    assert "21 项" in admin.go("/plan/").inner_text(".titlebar")
