"""批示在真浏览器里走一遍：领导两下写成，部室就地回复，领导看到；不用脚本也办得成。"""

import pytest

from .conftest import follow

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("phone", [True, False])
def test_a_leader_writes_in_two_taps_and_reads_the_answer(visit, phone):
    text = "请抓紧补齐上市辅导材料。" if phone else "请每周调度一次。"
    leader = visit("lihuabin", phone=phone).page
    card = leader.locator("li.lc", has_text="全力助推企业上市融资")
    card.locator("summary").click()  # 第一下：展开
    card.locator("textarea").fill(text)
    card.get_by_label("急办").check()
    follow(card.get_by_role("button", name="批示"))  # 第二下：批示
    assert leader.url.endswith("/lead/#m16")
    top = leader.locator("#m16").bounding_box()["y"]
    assert 0 <= top < leader.viewport_size["height"] / 2  # 停在那张卡片上，不回到页顶
    assert "第 16 项的批示已交财务部办。" in leader.inner_text("main")

    room = visit("cwb", phone=phone).page
    first = room.locator("section", has=room.locator("h2", has_text="领导批示"))
    assert text in first.inner_text()
    item = first.locator("li", has_text=text)
    item.locator("summary").click()
    item.locator("textarea").fill("辅导材料本周报齐。")
    follow(item.get_by_role("button", name="回复批示"))
    assert "已回复第 16 项的批示。" in room.inner_text("main")

    leader.reload()
    assert "财务部回复：辅导材料本周报齐。" in leader.inner_text("main")


def test_without_scripts_it_works_all_the_same(visit):
    leader = visit("chenxiangdong", javascript=False).page
    leader.locator("summary", has_text="对其他举措批示").click()
    form = leader.locator("details[open] form")
    form.locator("select").select_option("17")
    form.locator("textarea").fill("请通报一次典型案例。")
    follow(form.get_by_role("button", name="批示"))
    assert "第 17 项的批示已交纪工委办。" in leader.inner_text("main")
    room = visit("jgw", javascript=False).page
    room.locator("summary", has_text="回复").first.click()
    room.locator("details[open] textarea").first.fill("本月通报。")
    follow(room.get_by_role("button", name="回复批示").first)
    assert "已回复第 17 项的批示。" in room.inner_text("main")


def test_what_was_typed_is_still_there_after_leaving(visit):
    """回复写了一半走开，再回来还在；交了就清掉。"""
    room = visit("ghjsb").page
    item = room.locator("li", has_text="段村变电站主体结构").first
    item.locator("summary").click()
    item.locator("textarea").fill("赶工计划正在编。")
    room.wait_for_timeout(800)
    room.goto(room.url)
    item = room.locator("li", has_text="段村变电站主体结构").first
    item.locator("summary").click()
    assert item.locator("textarea").input_value() == "赶工计划正在编。"
    follow(item.get_by_role("button", name="回复批示"))
    keys = room.evaluate("Object.keys(localStorage).filter((k) => k.indexOf('ins') >= 0)")
    assert keys == []


def test_a_milestone_is_proposed_agreed_and_ticked(visit):
    room = visit("spzx", phone=True).page
    room.goto(room.url.rstrip("/") + "/measures/12/milestones/")
    room.get_by_role("textbox", name="节点").fill("环评导则修订")
    room.get_by_label("时限").fill("2023-11-30")
    follow(room.get_by_role("button", name="提出"))
    assert "已提出，等办公室认可。" in room.inner_text("main")

    office = visit("office").page
    follow(office.locator(".todo li", has_text="个节点待认可").locator("a.btn"))
    row = office.locator("tr", has_text="环评导则修订")
    follow(row.get_by_role("button", name="认可 环评导则修订"))  # 节点名只读给读屏软件，排在“认可”之后
    assert "节点“环评导则修订”已认可。" in office.inner_text("main")

    room.goto(room.url.split("/measures")[0] + "/")
    task = room.locator("details.task", has_text="优化环评流程")
    task.locator("summary").first.click()
    task.get_by_label("环评导则修订").check()
    task.locator("textarea").first.fill("导则修订完成。")
    follow(task.get_by_role("button", name="报送", exact=True))
    assert "第 12 项已报送" in room.inner_text("main")
    office.goto(office.url.split("/milestones")[0] + "/measures/12/")
    assert "已报完成，待审核" in office.inner_text("main")
