"""监督的一条龙，全在浏览器里：未报 → 催办 → 带问题的报送 → 退回 → 挂账 → 延期 → 批示 → 销号 → 办结 → 督查 → 重新打开。

六个人各做各的：办公室、审批中心填报员、规划建设部填报员、分管领导、审批中心负责人、管理员。
最后看第 12 项的办理过程，次序与经过一致。
"""

import pytest

from .conftest import follow

pytestmark = pytest.mark.browser

MEASURE = "/measures/12/"


def said(page, words):
    assert words in page.inner_text("main"), page.inner_text("main")[:600]


def remind(office):
    page = office.go("/remind/")
    assert "第12项" in page.inner_text("main")
    follow(page.get_by_role("button", name="记录催办"))


def report(reporter, percent, text, problem=""):
    page = reporter.go("/")
    row = page.locator("details.task", has_text="优化环评流程")
    if row.get_attribute("open") is None:
        row.locator("summary").first.click()
    row.get_by_label("完成进度").fill(str(percent))
    row.get_by_label("9月进展").fill(text)
    if problem:
        row.get_by_text("存在问题、需协调事项").click()
        row.get_by_label("存在问题").fill(problem)
    follow(row.get_by_role("button", name="报送").last)
    said(page, "第 12 项已报送")


def open_review(office):
    page = office.go("/review/")
    follow(page.get_by_role("link", name="优化环评流程"))
    return page


def list_problem(office):
    page = open_review(office)
    follow(page.get_by_role("link", name="列入问题台账"))
    page.get_by_label("问题", exact=True).fill("环评承诺制告知书样本没有更新")
    page.get_by_label("责任部室").select_option(label="规划建设部")
    page.get_by_label("整改期限").fill("2023-10-10")
    follow(page.get_by_role("button", name="挂账"))
    said(page, "环评承诺制告知书样本没有更新")


def send_back(office, reason):
    page = open_review(office)
    page.get_by_text("退回修改").click()
    page.get_by_label("退回意见").fill(reason)
    follow(page.get_by_role("button", name="退回", exact=True))
    said(page, "已退回")


def approve(office):
    page = open_review(office)
    follow(page.get_by_role("button", name="通过"))
    said(page, "已通过")


def set_deadline(office):
    page = office.go(f"{MEASURE}settings/")
    page.get_by_label("完成时限").fill("2023-10-20")
    follow(page.get_by_role("button", name="核定"))
    said(page, "已核定")


def extend(head, office):
    page = head.go(MEASURE)
    page.get_by_text("申请延期").first.click()
    page.get_by_label("申请延至").fill("2023-11-30")
    page.get_by_label("延期理由").fill("省级平台十月底才开放接口。")
    follow(page.get_by_role("button", name="提交延期申请"))
    page = office.go("/extensions/")
    granting = page.locator("details", has=page.locator("button", has_text="批准延至 11月30日，第 12 项"))
    granting.locator("summary").click()
    follow(granting.locator("button", has_text="批准延至"))
    text = office.go(MEASURE).inner_text("main")
    assert "2023年11月30日" in text


def instruct(leader, reporter):
    page = leader.go(MEASURE)
    page.locator("summary", has_text="批示").first.click()
    page.get_by_label("自己写").fill("请十月底前把承诺制试点扩到全部备案项目。")
    follow(page.get_by_role("button", name="批示", exact=True))
    page = reporter.go("/")
    assert "请十月底前把承诺制试点扩到全部备案项目。" in page.inner_text("main")
    page.locator("summary", has_text="回复").first.click()
    page.get_by_label("办理情况").fill("已列入十月计划。")
    follow(page.get_by_role("button", name="回复批示"))


def settle_problem(builder, office):
    page = builder.go("/problems/")
    page.get_by_role("link", name="环评承诺制告知书样本没有更新").first.click()
    page.get_by_label("整改情况").fill("样本已按新口径更新并公开。")
    follow(page.get_by_role("button", name="记入整改过程"))
    # 申请销号须写整改结果：以前记的可能只是打算。
    page.get_by_label("整改情况").fill("企业窗口已换用新样本。")
    follow(page.get_by_role("button", name="申请销号"))
    page = office.go("/problems/")
    page.get_by_role("link", name="环评承诺制告知书样本没有更新").first.click()
    follow(page.get_by_role("button", name="同意销号"))
    said(page, "已销号")


def complete(reporter, office, tmp_path):
    evidence = tmp_path / "验收单.pdf"
    evidence.write_bytes(b"%PDF-1.4\n%%EOF\n")
    page = reporter.go(MEASURE)
    page.get_by_text("不等月报，现在申请办结").click()
    page.get_by_label("完成情况").fill("试点扩面全部完成，材料附后。")
    page.locator("#completion input[type=file]").set_input_files(evidence)
    follow(page.get_by_role("button", name="申请办结"))
    page = office.go("/completions/")
    follow(page.get_by_role("link", name="优化环评流程").first)
    follow(page.get_by_role("button", name="同意办结"))
    assert "已办结" in office.go(MEASURE).inner_text("main")


def inspect(office):
    page = office.go("/inspections/add/")
    page.get_by_label("检查日期").fill("2023-09-22")
    page.get_by_label("检查人员").fill("领导小组办公室、纪工委")
    page.get_by_label("地点").fill("政务服务大厅")
    page.get_by_label("检查情况").fill("抽查三个项目，有一个没有按承诺制办理。")
    page.locator("details", has=page.locator("label.check", has_text="优化环评流程")).locator("summary").first.click()
    page.locator("label.check", has_text="优化环评流程").click()
    follow(page.get_by_role("button", name="登记"))
    said(page, "抽查三个项目")


def reopen(office):
    page = office.go(MEASURE)
    page.locator("summary", has_text="重新打开").first.click()
    page.locator("form[action*=reopen] textarea, form[action*=reopen] input[type=text]").first.fill(
        "督查发现仍有项目没有按承诺制办理。"
    )
    follow(page.locator("form[action*=reopen] button"))
    assert "已办结" not in office.go(MEASURE).inner_text(".titlebar")


def test_from_a_missed_report_to_a_settled_problem_and_back(visit, tmp_path):
    office, reporter, head = visit("office"), visit("spzx"), visit("spzx-head")
    builder, leader, admin = visit("ghjsb"), visit("lihuabin"), visit("admin")
    remind(office)
    assert "第" in reporter.go("/").inner_text("main")
    report(reporter, 74, "承诺制试点扩到五个项目。", "告知书样本沿用旧口径，企业反复补正。")
    list_problem(office)
    send_back(office, "请写明试点项目的数量和用时。")
    report(reporter, 100, "承诺制试点扩到五个项目，平均用时三个工作日。")
    approve(office)
    set_deadline(office)
    extend(head, office)
    instruct(leader, reporter)
    settle_problem(builder, office)
    complete(reporter, office, tmp_path)
    inspect(office)
    reopen(office)
    follow(admin.go(MEASURE).get_by_role("link", name="更早的"))  # 先列最近十条
    titles = admin.page.locator("ol.tl > li .hd b").all_inner_texts()
    told = [
        "重新打开", "督查检查", "办结", "申请办结", "销号", "申请销号", "批示", "批准延期", "申请延期", "办公室核定",
        "审核通过", "9月进展", "退回修改", "列入问题台账", "9月进展", "催办",
    ]  # fmt: skip
    found = iter(titles)
    for word in told:
        assert any(word in title for title in found), f"时间线里少了“{word}”，或次序不对：{titles}"
    assert "优化环评流程" in admin.go("/log/?measure=12").inner_text("main") or "第 12 项" in admin.page.inner_text(
        "main"
    )
