"""不顺的时候：没有脚本、两个人同时填、登录过期、进度下降、文件不对——写的东西都不丢。"""

import pytest

pytestmark = pytest.mark.browser


def open_row(page, title):
    row = page.locator("details.task", has_text=title)
    if row.get_attribute("open") is None:
        row.locator("summary").first.click()
    return row


def test_reporting_works_without_javascript(visit):
    page = visit("spzx", javascript=False).page
    row = open_row(page, "科学统筹排污能耗")
    row.get_by_label("9月进展").fill("完成两个新上项目的用能测算。")
    row.get_by_role("button", name="报送", exact=True).click()
    page.wait_for_load_state()
    assert "第 11 项已报送" in page.inner_text("main")


def test_the_second_of_two_people_is_told_and_loses_nothing(visit):
    one, two = visit("spzx").page, visit("spzx-head").page
    mine, theirs = open_row(one, "推行线上线下联动服务"), open_row(two, "推行线上线下联动服务")
    mine.get_by_label("9月进展").fill("甲写的：设备已到货。")
    theirs.get_by_label("9月进展").fill("乙写的：设备已安装。")
    mine.get_by_role("button", name="存草稿").click()
    one.wait_for_load_state()
    theirs.get_by_role("button", name="报送", exact=True).click()
    two.wait_for_load_state()
    text = two.inner_text("main")
    assert "刚才已有人更新过这一项" in text
    assert "甲写的：设备已到货。" in text
    assert two.locator("details.task[open] textarea").first.input_value() == "乙写的：设备已安装。"


def test_what_was_refused_and_left_behind_is_still_there(visit):
    """没交成的页面上走开，再回来，写的都在，并说明是恢复的。"""
    page = visit("kjcxb").page
    row = open_row(page, "制定“柔性引进人才计划”")
    row.get_by_label("9月进展").fill("完成需求摸底，走访六家企业。")
    row.get_by_text("存在问题").first.click()
    row.get_by_label("需协调事项", exact=False).first.fill("请提供人才公寓房源。")
    row.get_by_role("button", name="报送", exact=True).click()
    page.wait_for_load_state()
    assert "请选由谁协调" in page.inner_text("main")
    page.goto(page.url.split("/progress")[0] + "/measures/")  # 走开，没有再动过
    page.goto(page.url.split("/measures")[0] + "/")
    row = page.locator("details.task", has_text="制定“柔性引进人才计划”")
    row.locator("summary").first.click()
    assert "已恢复您上次未提交的内容" in row.inner_text()
    assert row.get_by_label("9月进展").input_value() == "完成需求摸底，走访六家企业。"


def test_a_lost_session_keeps_what_was_typed_as_a_draft(visit):
    person = visit("spzx", javascript=False)
    page = person.page
    row = open_row(page, "优化环评流程")
    row.get_by_label("9月进展").fill("登录过期前写的一大段话。")
    person.context.clear_cookies(name="sessionid")
    row.get_by_role("button", name="报送", exact=True).click()
    page.wait_for_load_state()
    assert "您刚才写的内容没有丢" in page.inner_text("main")
    page.fill("input[name=username]", "spzx")
    page.fill("input[name=password]", "Demo-2023")
    page.click("main form button.btn-p")
    page.wait_for_load_state()
    assert "登录过期前写的一大段话。" in page.inner_text("main")
    page.get_by_role("button", name="存为草稿").click()
    page.wait_for_load_state()
    row = page.locator("details.task", has_text="优化环评流程")
    assert "草稿" in row.inner_text()
    assert row.locator("textarea").first.input_value() == "登录过期前写的一大段话。"


def test_percent_going_down_asks_for_the_reason_and_keeps_the_text(visit):
    page = visit("spzx", javascript=False).page
    row = open_row(page, "优化环评流程")
    row.get_by_label("完成进度").fill("40")
    row.get_by_label("9月进展").fill("口径调整。")
    row.get_by_role("button", name="报送", exact=True).click()
    page.wait_for_load_state()
    assert "进度比上次低（72%→40%），请写明原因。" in page.inner_text("main")
    row = page.locator("details.task[open]")
    assert row.locator("textarea").first.input_value() == "口径调整。"
    row.get_by_label("进度下降的原因").fill("统计口径改为已办结项目。")
    row.get_by_role("button", name="报送", exact=True).click()
    page.wait_for_load_state()
    assert "第 12 项已报送" in page.inner_text("main")


def test_a_wrong_file_is_refused_in_words_and_the_text_stays(visit, tmp_path):
    page = visit("kjcxb").page
    bad = tmp_path / "说明.svg"
    bad.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    row = open_row(page, "制定“柔性引进人才计划”")
    row.get_by_label("9月进展").fill("正在起草计划。")
    row.get_by_text("佐证材料（选填）").click()
    row.locator("input[type=file]").set_input_files(bad)
    row.get_by_role("button", name="报送", exact=True).click()
    page.wait_for_load_state()
    text = page.inner_text("main")
    assert "不能上传“说明.svg”这种文件" in text
    assert page.locator("details.task[open] textarea").first.input_value() == "正在起草计划。"
