"""一次报完：手机上几下点完，键盘一路到底，关了脚本也成；写着的自动存下；错的留下、好的先走。"""

import re
import shutil

import pytest

from .conftest import follow, manage, problems

pytestmark = pytest.mark.browser
# 审批中心九月的七项都回到没有报的样子。
AGAIN = """
from tasks.models import Attachment, MilestoneTick, Progress, TargetValue
rows = Progress.objects.filter(assignment__department__slug="spzx", period__slug="2023-09", corrects=None)
for model in (TargetValue, MilestoneTick):
    model.objects.filter(progress__in=rows).delete()
rows.update(status="missing", text="", problems="", coordination="", next_steps="", percent=None, version=0,
    stage="in_progress", is_no_change=False, reviewed_by=None, reviewed_at=None, first_submitted_at=None,
    submitted_at=None, submitted_by=None, return_reason="", times_returned=0, decline_reason="", is_self_review=False)
"""


@pytest.fixture(scope="module")
def template_data(template_data, tmp_path_factory):
    """演示数据，审批中心九月的七项都还没有报。"""
    data = tmp_path_factory.mktemp("seven")
    shutil.copytree(template_data, data, dirs_exist_ok=True)
    manage(data, "shell", "-c", AGAIN)
    return data


def row(page, number):
    return page.locator(f"[data-number='{number}']")


def widest(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_what_is_written_is_kept_on_the_server_as_he_goes(visit):
    person = visit("spzx", phone=True)
    page = person.go("/month/")
    row(page, "4").locator("textarea").first.fill("代办团队服务在建项目9个。")
    row(page, "4").get_by_text("草稿已存").wait_for()
    elsewhere = visit("spzx").go("/month/")
    assert row(elsewhere, "4").locator("textarea").first.input_value() == "代办团队服务在建项目9个。"
    assert "已改" in row(elsewhere, "4").inner_text()
    home = person.go("/")
    assert "没有交上的还在这台设备上" not in home.inner_text("main"), "已存进草稿的，不再说没有交上"
    kept = "Object.keys(localStorage).filter(key => key.indexOf('kept:') === 0).length"
    assert person.page.evaluate(kept) == 0, "都在草稿里了，退出时也不问"
    page = person.go("/month/")
    row(page, "4").locator("textarea").first.fill("")
    page.locator("h1").click()
    row(page, "4").get_by_text("草稿已存").wait_for()


def test_accessible_and_never_wider_than_the_screen_in_every_state(visit):
    for phone in (False, True):
        person = visit("spzx", phone=phone)
        page = person.go("/month/")
        for details in page.locator("form details").all():
            details.evaluate("element => { element.open = true; }")
        assert (problems(page), widest(page)) == ([], 0)
        small = page.evaluate(
            "Array.from(document.querySelectorAll('main button, main a.btn, main a.chip, main select'))"
            ".filter(e => e.offsetParent && !e.classList.contains('vh') && e.getBoundingClientRect().height < 36)"
            ".map(e => e.outerHTML.slice(0, 90))"
        )
        assert small == [] or not phone
        follow(page.locator("form[action='/text-size/'] button"))
        for width in (360, 390, 768, 1024, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert widest(page) == 0, f"大字 {width}"
        follow(page.locator("form[action='/text-size/'] button"))
        page.set_viewport_size({"width": 360, "height": 740})
        assert widest(page) == 0


def test_the_first_item_is_above_the_fold_on_a_phone(visit):
    page = visit("spzx", phone=True).go("/month/")
    box = page.locator("[data-row]").first.locator("textarea").first.bounding_box()
    assert box["y"] + box["height"] < 844 - 66, "第一项的正文在底栏之上"


def test_the_keyboard_alone_goes_from_item_to_item(visit):
    page = visit("spzx").go("/month/")
    texts = [text.get_attribute("id") for text in page.locator("textarea[id$='-text']").all()]
    page.locator(f"#{texts[0]}").focus()
    focused = []
    for _ in texts:
        focused.append(page.evaluate("document.activeElement.id"))
        page.keyboard.press("Control+Enter")
    assert focused == texts
    assert page.evaluate("document.activeElement.name") == "rest"


def test_a_pasted_block_lands_in_its_rows_and_is_not_sent(visit):
    page = visit("spzx").go("/month/")
    follow(page.get_by_role("link", name="从 Excel 粘贴"))
    page.locator("#paste").evaluate("element => { element.open = true; }")
    page.fill("[name=block]", "序号\t本月进展\t完成进度\n2\t负面清单送审。\t75%\n6\t窗口受理228件。\t")
    follow(page.get_by_role("button", name="对列并填入"))
    assert "已填入第 2、6 项，还没有报送" in page.inner_text("main")
    assert row(page, "2").locator("input[type=number]").input_value() == "75"
    assert page.inner_text("[data-ready]") == "2"
    assert problems(page) == []


def test_without_script_it_is_filled_in_and_sent_just_the_same(visit):
    page = visit("spzx", javascript=False).go("/month/")
    row(page, "11").locator("textarea").first.fill("完成3个项目用能测算。")
    follow(page.get_by_role("button", name=re.compile("报送")).last)
    assert "已报送第 11 项。" in page.inner_text("main")
    assert "9月还有 6 项要报" in page.inner_text("h1")


def test_a_month_with_three_changes_takes_at_most_twelve_taps_on_a_phone_and_the_bad_one_stays(visit):
    """打开、三项各跳过去并加数、其余均无变化、报送；写字不算。错的一项留在原处，别的先走。"""
    page, taps = visit("spzx", phone=True).page, 0

    def tap(target):
        nonlocal taps
        target.click()
        taps += 1

    follow(page.get_by_role("link", name="一次报完"))
    taps += 1
    for number, words in (("2", "负面清单送审稿通过审查。"), ("7", "设备到货。"), ("12", "新增承诺制审批3个。")):
        tap(page.locator(f".ra-jump [data-go='{row(page, number).get_attribute('data-row')}']"))
        assert page.evaluate("document.activeElement.id") == row(page, number).locator("textarea").first.get_attribute(
            "id"
        )
        page.keyboard.type(words)
        tap(row(page, number).get_by_role("button", name="＋10"))
    tap(page.get_by_role("link", name="下一项"))
    tap(page.locator("input[name=rest]"))
    assert page.inner_text("[data-ready]") == str(page.locator("[data-row]").count())
    tap(page.get_by_role("button", name=re.compile("报送")).last)
    page.wait_for_url("**/month/")
    page.get_by_text("已报送第").first.wait_for()  # 网址没有变，等的是新的一页
    assert taps <= 12, taps
    said = page.inner_text("main")
    assert "已报送第 2、7、12 项。" in said and "按“本期无变化”报送第 4、6、8" in said
    assert "9月已全部报完" in page.inner_text("h1")
    assert page.locator(".note-g").bounding_box()["y"] < 844, "结果在眼前"
    assert "负面清单送审稿通过审查。" in page.inner_text("#done")
    assert problems(page) == []
