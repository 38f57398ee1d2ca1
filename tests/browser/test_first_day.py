"""另一个开发区的第一天与头一个月：名称、名单、密码条、方案、核定、开放，到一条报送审核通过。编的是云岭高新区。"""

import re

import openpyxl
import pytest
from docx import Document

from .conftest import DESKTOP, Visitor, manage, serving

pytestmark = pytest.mark.browser
PASSWORD, NEW = "Seat-of-Zone-7", "Lamp&River-28"
ROSTER = (
    ("部门", "简称、曾用名", "姓名", "职务", "身份"),
    ("行政审批局", "营商办", "宋知遥", "科员", "填报人"),
    ("行政审批局", "", "何景行", "副科长", "办公室"),
    ("规划建设局", "规建局", "叶明川", "科员", "填报人"),
    ("", "", "林致和", "管委会副主任", "领导"),
    ("", "", "周明远", "管委会副主任", "领导"),
)
PLAN = """云岭高新区2024年优化营商环境行动方案
为持续优化营商环境，结合高新区实际，制定本方案。
一、总体目标
打造一流营商环境。
二、重点任务
1.提升企业开办便利度。推行企业开办“一窗通办”，首套印章免费刻制，全年新增市场主体不少于300家。（牵头领导：周明远 牵头单位：行政审批局）
2.优化施工许可办理。推行“拿地即开工”，2024年10月底前建成并联审批平台。（牵头领导：林致和 牵头单位：规划建设局、行政审批局）
3.常态化走访企业。每月走访企业，及时解决反映的问题。（牵头领导：林致和 牵头单位：规建局）
三、保障措施
（一）加强组织领导。各部门要高度重视。"""


@pytest.fixture(scope="module")
def yunling(tmp_path_factory):
    """刚装好的一台：空库，一个管理员；今天是 2024 年 4 月 10 日。"""
    data = tmp_path_factory.mktemp("yunling")
    manage(data, "migrate", "--verbosity", "0")
    made = (
        f"User.objects.create_superuser('admin1', password='{PASSWORD}', name='系统管理员', must_change_password=False)"
    )
    manage(data, "shell", "--command", f"from departments.models import User; {made}")
    with serving(data, BUSINESS_DATE="2024-04-10") as url:
        yield url


@pytest.fixture
def seat(browser, yunling):
    """seat()：坐下一个人，还没有登录。"""
    people = []

    def sit():
        people.append(Visitor(browser, yunling, DESKTOP))
        return people[-1]

    yield sit
    complaints = [said for person in people for said in person.complaints]
    for person in people:
        person.context.close()
    assert complaints == []


def enter(person, username, password):
    page = person.go("/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_load_state()
    return page


def first_time(person, username, slips):
    """用密码条登录，照规矩先改密码。"""
    page = enter(person, username, slips[username])
    page.fill("[name=old_password]", slips[username])
    page.fill("[name=new_password1]", NEW)
    page.fill("[name=new_password2]", NEW)
    page.locator("main form button.btn-p").first.click()
    page.wait_for_load_state()
    assert "密码已" in page.inner_text("main")
    return person.go("/")


def press(page, name, role="button"):
    page.get_by_role(role, name=name).first.click()
    page.wait_for_load_state()


def steps(page):
    """五步各是什么样子。"""
    return [re.search(r"is-(\w+)", each.get_attribute("class"))[1] for each in page.locator("li.fd").all()]


def test_another_zone_from_an_empty_machine_to_its_first_approved_report(seat, tmp_path):
    admin, office, reporter = seat(), seat(), seat()
    page = enter(admin, "admin1", PASSWORD)
    assert steps(page) == ["now", "wait", "wait", "wait", "wait"]
    slips = names_and_people(page, tmp_path)
    plan(page, tmp_path)
    assert steps(admin.go("/start/"))[:3] == ["ok", "ok", "ok"]
    settle_and_open(first_time(office, "hejingxing", slips), office)
    page = first_time(reporter, "xzspj", slips)
    assert "云岭高新区" in page.inner_text("header")
    report(page)
    page = office.go("/review/")
    press(page, "从第一条审起", "link")
    press(page, "通过")
    assert "没有" in page.inner_text("main") and "交城" not in page.content()
    assert steps(admin.go("/start/")) == ["ok"] * 5


def names_and_people(page, tmp_path):
    """第 1、2 步；返回登录名 → 首次密码。"""
    press(page, "去填写", "link")
    page.fill("[name=zone]", "云岭高新区")
    page.fill("[name=seat]", "行政审批局")
    page.select_option("[name=unit]", "部门")
    press(page, "保存")
    book = openpyxl.Workbook()
    for row in ROSTER:
        book.active.append(row)
    book.save(tmp_path / "名单.xlsx")
    page.goto(page.url.replace("/settings/", "/start/"))
    press(page, "去上传名单", "link")
    page.set_input_files("[type=file]", tmp_path / "名单.xlsx")
    press(page, "上传名单")
    press(page, "确认建立")
    assert steps(page)[:3] == ["ok", "ok", "now"]
    press(page, "密码条")
    names = [each.inner_text() for each in page.locator(".slip dl > div:nth-child(2) dd").all()]
    return dict(zip(names, [each.inner_text() for each in page.locator(".pw").all()], strict=True))


def plan(page, tmp_path):
    """第 3 步：上传、核对、生效。"""
    document = Document()
    for line in PLAN.split("\n"):
        document.add_paragraph(line)
    document.save(tmp_path / "方案.docx")
    press(page, "第一天", "link")
    press(page, "去上传方案", "link")
    page.set_input_files("[type=file]", tmp_path / "方案.docx")
    press(page, "上传并比较")
    assert "云岭高新区2024年优化营商环境行动方案" in page.inner_text("main")
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    page.locator("button.btn-p", has_text="确认").click()
    page.wait_for_load_state()
    assert "已建立" in page.inner_text("main")


def settle_and_open(page, office):
    """第 4、5 步：核定类型与目标，建好各期，开放四月。"""
    page = office.go("/start/")
    press(page, "去核定", "link")
    assert "全年新增市场主体不少于300家" in page.inner_text("main") + "".join(
        box.input_value() for box in page.locator("textarea").all()
    )
    press(page, "核定这 3 项")
    assert "3 项的类型与目标已核定" in page.inner_text("main")
    page = office.go("/periods/")
    form = page.locator("form[action$='/periods/year/']")
    form.locator("[name=first_month]").fill("4")
    form.locator("button").click()
    page.wait_for_load_state()
    press(page, re.compile("开放.*2024年4月"))


def report(page):
    """填报人报第 1 项：写进展、填完成值。"""
    row = page.locator("details.task", has_text="提升企业开办便利度")
    if row.get_attribute("open") is None:
        row.locator("summary").first.click()
    row.locator("textarea[name$='-text']").fill("本月开通一窗通办，新增市场主体 42 家。")
    row.locator("input[name*='-target_']").first.fill("42")
    row.get_by_role("button", name="报送", exact=True).click()
    page.wait_for_load_state()
    assert "第 1 项已报送，等待办公室审核" in page.inner_text("main")
