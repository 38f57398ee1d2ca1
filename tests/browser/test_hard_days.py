"""不顺的时候：没有脚本、两个人同时填、登录过期、进度下降、文件不对——写的东西都不丢。"""

import pytest

from .conftest import follow

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
    follow(row.get_by_role("button", name="报送", exact=True))
    assert "第 11 项已报送" in page.inner_text("main")


def test_the_second_of_two_people_is_told_and_loses_nothing(visit):
    one, two = visit("spzx").page, visit("spzx-head").page
    mine, theirs = open_row(one, "推行线上线下联动服务"), open_row(two, "推行线上线下联动服务")
    mine.get_by_label("9月进展").fill("甲写的：设备已到货。")
    theirs.get_by_label("9月进展").fill("乙写的：设备已安装。")
    follow(mine.get_by_role("button", name="存草稿"))
    follow(theirs.get_by_role("button", name="报送", exact=True))
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
    follow(row.get_by_role("button", name="报送", exact=True))
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
    follow(row.get_by_role("button", name="报送", exact=True))
    assert "您刚才写的内容没有丢" in page.inner_text("main")
    page.fill("input[name=username]", "spzx")
    page.fill("input[name=password]", "Demo-2023")
    follow(page.locator("main form button.btn-p"))
    assert "登录过期前写的一大段话。" in page.inner_text("main")
    follow(page.get_by_role("button", name="存为草稿"))
    row = page.locator("details.task", has_text="优化环评流程")
    assert "草稿" in row.inner_text()
    assert row.locator("textarea").first.input_value() == "登录过期前写的一大段话。"


def test_percent_going_down_asks_for_the_reason_and_keeps_the_text(visit):
    page = visit("spzx", javascript=False).page
    row = open_row(page, "优化环评流程")
    row.get_by_label("完成进度").fill("40")
    row.get_by_label("9月进展").fill("口径调整。")
    follow(row.get_by_role("button", name="报送", exact=True))
    assert "进度比上次低（72%→40%），请写明原因。" in page.inner_text("main")
    row = page.locator("details.task[open]")
    assert row.locator("textarea").first.input_value() == "口径调整。"
    row.get_by_label("进度下降的原因").fill("统计口径改为已办结项目。")
    follow(row.get_by_role("button", name="报送", exact=True))
    assert "第 12 项已报送" in page.inner_text("main")


def test_a_wrong_file_is_refused_in_words_and_the_text_stays(visit, tmp_path):
    page = visit("kjcxb").page
    bad = tmp_path / "说明.svg"
    bad.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    row = open_row(page, "制定“柔性引进人才计划”")
    row.get_by_label("9月进展").fill("正在起草计划。")
    row.get_by_text("佐证材料（选填）").click()
    row.locator("input[type=file]").set_input_files(bad)
    follow(row.get_by_role("button", name="报送", exact=True))
    text = page.inner_text("main")
    assert "不能上传“说明.svg”这种文件" in text
    assert page.locator("details.task[open] textarea").first.input_value() == "正在起草计划。"


def typed_away(page, title, words):
    """填了几个字就走开：只留在本机。"""
    open_row(page, title).get_by_label("9月进展").fill(words)
    page.goto(page.url.split("/?")[0].split("#")[0].rstrip("/") + "/measures/")


def test_a_copy_that_no_longer_fits_is_offered_beside_the_new_one_until_its_owner_drops_it(visit):
    """半途走开，同事存了草稿：自己写的不盖上去，也不丢，摆在旁边；换上去、换回来都行，说不要了才没有。"""
    title = "推行线上线下联动服务"
    mine, colleague = visit("spzx").page, visit("spzx-head").page
    typed_away(mine, title, "甲写了一半的话。")
    theirs = open_row(colleague, title)
    theirs.get_by_label("9月进展").fill("乙存的草稿。")
    follow(theirs.get_by_role("button", name="存草稿"))
    for _ in range(2):  # 看过一眼、再打开，都还在
        mine.goto(mine.url.split("/measures")[0] + "/")
        row = open_row(mine, title)
        assert "没有盖掉它" in row.inner_text()
        assert row.get_by_label("9月进展", exact=False).last.input_value() == "乙存的草稿。"
        assert row.locator(".note-y textarea").input_value() == "甲写了一半的话。"
    row.get_by_role("button", name="换上去").click()
    assert row.locator("textarea[name$=-text]").input_value() == "甲写了一半的话。"
    assert row.locator(".note-y textarea").input_value() == "乙存的草稿。"
    row.get_by_role("button", name="不要了").click()
    follow(row.get_by_role("button", name="存草稿"))
    mine.goto(mine.url.split("/?")[0] + "/")
    row = open_row(mine, title)
    assert "没有盖掉它" not in row.inner_text()
    assert row.locator("textarea[name$=-text]").input_value() == "甲写了一半的话。"


def test_a_kept_copy_is_not_shown_to_the_next_person_on_the_same_computer(visit):
    """会话过期（没有点退出），同部室的另一个人在这台电脑上登录：看不到；本人再登录，还在。"""
    person = visit("spzx")
    page, title = person.page, "推行线上线下联动服务"
    typed_away(page, title, "只给自己看的半句话。")
    for name, is_shown in (("spzx-head", False), ("spzx", True)):
        person.context.clear_cookies(name="sessionid")
        person.sign_in(name)
        page.goto(person.url + "/")
        row = open_row(page, title)
        assert ("已恢复您上次未提交的内容" in row.inner_text()) is is_shown, name
        assert ("只给自己看" in row.locator("textarea[name$=-text]").input_value()) is is_shown, name


@pytest.mark.parametrize("javascript", [True, False])
def test_a_reply_typed_when_the_session_ended_is_there_after_logging_in(visit, javascript):
    """不只是填报：办公室写到一半的退回意见，登录后一字不少，点一下就交。"""
    person = visit("office", javascript=javascript)
    page = person.page
    person.go("/instructions/add/")
    page.select_option("select[name=measure]", index=1)
    page.select_option("select[name=leader]", index=1)
    page.fill("textarea[name=text]", f"过期前写的批示{javascript}。")
    person.context.clear_cookies(name="sessionid")
    follow(page.locator("main form button.btn-p").first)
    assert "您刚才写的内容没有丢" in page.inner_text("main")
    page.fill("input[name=username]", "office")
    page.fill("input[name=password]", "Demo-2023")
    follow(page.locator("main form button.btn-p"))
    assert "您写的还在" in page.inner_text("h1")
    assert f"过期前写的批示{javascript}。" in page.inner_text("main")
    follow(page.get_by_role("button", name="照原样再交"))
    assert "您写的还在" not in page.inner_text("main")
    person.go("/instructions/")
    assert f"过期前写的批示{javascript}。" in page.inner_text("main")


def test_removing_a_file_keeps_what_was_typed_without_javascript(visit, tmp_path):
    page = visit("kjcxb", javascript=False).page
    title, file = "制定“柔性引进人才计划”", tmp_path / "附件.pdf"
    file.write_bytes(b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n")
    row = open_row(page, title)
    row.get_by_label("9月进展").fill("起草完毕。")
    row.get_by_text("佐证材料（选填）").click()
    row.locator("input[type=file]").set_input_files(file)
    follow(row.get_by_role("button", name="存草稿"))
    row = open_row(page, title)
    row.locator("textarea[name$=-text]").fill("起草完毕，又写了一段。")
    follow(row.get_by_role("button", name="移除"))
    assert "已移除“附件.pdf”。下面写的还没有存。" in page.inner_text("main")
    assert open_row(page, title).locator("textarea[name$=-text]").input_value() == "起草完毕，又写了一段。"


def test_what_was_written_for_a_form_that_is_gone_is_offered_to_its_owner_until_he_says_so(visit):
    """写了一半，同事报走了那一项：表单不在首页了，写的还摆出来；别人看不到，他说不要才去掉。"""
    mine, colleague = visit("kjcxb", phone=True), visit("kjcxb")
    row = open_row(mine.page, "科技创新")
    title = row.locator("summary b").inner_text()
    row.locator("textarea").first.fill("表单没了以前写的话。")
    mine.go("/measures/")
    theirs = open_row(colleague.page, title)
    theirs.locator("textarea").first.fill("同事报的。")
    follow(theirs.get_by_role("button", name="报送", exact=True))
    for _ in range(2):  # 再开一次也还在
        page = mine.go("/")
        left = page.locator("#leftovers .note")
        assert f"“{title}”写过、没有交上的还在这台设备上" in left.inner_text()
        assert left.locator("textarea").first.input_value() == "表单没了以前写的话。"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    left.get_by_role("button", name="不要了").click()
    assert mine.go("/").locator("#leftovers .note").count() == 0


def test_what_was_sent_is_not_offered_as_unsent(visit):
    """交上、办成了的（这里是退回意见，没有另外说要去掉哪一份），暂存随即去掉，不再当作没有交上的。"""
    person = visit("office")
    page = person.go("/review/all/")
    form = page.locator("form.rv-back").first
    page.locator("details:has(form.rv-back) summary").first.click()
    form.locator("textarea").fill("请写明办了几件。")
    follow(form.get_by_role("button", name="退回"))
    assert "已退回" in page.inner_text("main")
    assert page.locator("#main > .note-y").count() == 0
    assert person.go("/board/").locator("#leftovers .note").count() == 0
