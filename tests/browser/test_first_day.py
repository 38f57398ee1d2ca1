"""另一个开发区的第一天与头一个月。编的是云岭高新区。

名称、名单、密码条、方案、核定、开放，各部门报送、退回、改好、通过、催办，关闭这一期，通报起草、印发、下载：处处是它自己的名字。
"""

import html
import io
import re
import zipfile

import openpyxl
import pytest
from docx import Document

from .conftest import DESKTOP, Visitor, follow, manage, serving

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


# 别的开发区、别的统称，哪一页、哪一份文件里都不许有。
FOREIGN = re.compile("交城|交开|审批中心|部室")
PAGES = ("/", "/board/", "/measures/", "/plan/", "/problems/", "/circulars/", "/help/", "/me/")
OFFICE_PAGES = (*PAGES, "/review/", "/remind/", "/periods/", "/targets/", "/log/", "/publicity/", "/extensions/")


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """刚装好的一台：空库，一个管理员。"""
    data = tmp_path_factory.mktemp("yunling")
    manage(data, "migrate", "--verbosity", "0")
    made = (
        f"User.objects.create_superuser('admin1', password='{PASSWORD}', name='系统管理员', must_change_password=False)"
    )
    manage(data, "shell", "--command", f"from departments.models import User; {made}")
    return data


@pytest.fixture(scope="module")
def yunling(machine):
    """今天是 2024 年 4 月 10 日。"""
    with serving(machine, BUSINESS_DATE="2024-04-10") as url:
        yield url


@pytest.fixture(scope="module")
def later(machine):
    """同一台，过了四月的截止日。"""
    with serving(machine, BUSINESS_DATE="2024-04-26") as url:
        yield url


@pytest.fixture
def seat(browser, yunling):
    """seat()：坐下一个人，还没有登录；seat(later)：过了截止日再来。"""
    people = []

    def sit(url=yunling):
        people.append(Visitor(browser, url, DESKTOP))
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
    follow(page.get_by_role("button", name="登录"))
    return page


def first_time(person, username, slips):
    """用密码条登录，照规矩先改密码。"""
    page = enter(person, username, slips[username])
    page.fill("[name=old_password]", slips[username])
    page.fill("[name=new_password1]", NEW)
    page.fill("[name=new_password2]", NEW)
    follow(page.locator("main form button.btn-p").first)
    assert "密码已" in page.inner_text("main")
    return person.go("/")


def press(page, name, role="button"):
    follow(page.get_by_role(role, name=name).first)


def steps(page):
    """五步各是什么样子。"""
    return [re.search(r"is-(\w+)", each.get_attribute("class"))[1] for each in page.locator("li.fd").all()]


def test_another_zone_from_an_empty_machine_through_its_first_month(seat, later, tmp_path):
    admin, office, reporter, builder = seat(), seat(), seat(), seat()
    page = enter(admin, "admin1", PASSWORD)
    assert steps(page) == ["now", "wait", "wait", "wait", "wait"]
    slips = names_and_people(page, tmp_path)
    plan(page, tmp_path)
    assert steps(admin.go("/start/"))[:3] == ["ok", "ok", "ok"]
    settle_and_open(first_time(office, "hejingxing", slips), office)
    page = first_time(reporter, "xzspj", slips)
    assert "云岭高新区" in page.inner_text("header")
    report(page, "提升企业开办便利度", "本月开通一窗通办，新增市场主体 42 家。", target="42")
    page = office.go("/review/")
    press(page, "从第一条审起", "link")
    press(page, "通过")
    assert "没有" in page.inner_text("main") and "交城" not in page.content()
    assert steps(admin.go("/start/")) == ["ok"] * 5
    remind(office)
    page = first_time(builder, "ghjsj", slips)
    assert "催办" in page.inner_text("main") and "优化施工许可办理" in page.inner_text("main")
    report(page, "优化施工许可办理", "并联审批平台完成招标。", percent=20)
    report(builder.go("/"), "常态化走访企业", "走访企业。")
    report(reporter.go("/"), "优化施工许可办理", "拿地即开工办成 2 件。", percent=25)
    send_back_then_approve(office, builder)
    leader = seat()
    assert "周明远牵头 1 项" in first_time(leader, "zhoumingyuan", slips).inner_text("h1")
    for person, paths in ((office, OFFICE_PAGES), (reporter, PAGES), (builder, PAGES), (leader, PAGES)):
        own_names(person, paths)
    close_and_issue(seat(later), tmp_path)


def own_names(person, paths):
    """各页都写着这个开发区，没有一处写着别处。"""
    for path in paths:
        page = person.go(path)
        assert "云岭高新区" in page.inner_text("header"), path
        assert FOREIGN.findall(page.content()) == [], path


def remind(office):
    """还有三项次没有报：催办的话里是它自己的名字，记下催办。"""
    page = office.go("/remind/")
    said = page.inner_text("main") + "".join(box.input_value() for box in page.locator("textarea").all())
    assert "规划建设局" in said and "常态化走访企业" in said and "各部门" in said
    assert FOREIGN.findall(said) == []
    press(page, re.compile("记录催办"))


def send_back_then_approve(office, builder):
    """退回走访的一条，改好再报；三条都通过。"""
    page = office.go("/review/")
    press(page, re.compile("常态化走访企业"), "link")
    page.get_by_text("退回修改").click()
    page.get_by_label("退回意见").fill("请写明走访了几家、解决了几件。")
    follow(page.get_by_role("button", name="退回", exact=True))
    page = builder.go("/")
    assert "请写明走访了几家、解决了几件。" in page.inner_text("main")
    report(page, "常态化走访企业", "走访企业 12 家，解决反映的问题 5 件。")
    for _ in range(3):
        page = office.go("/review/")
        press(page, "从第一条审起", "link")
        press(page, "通过")
    assert "4／4" in re.sub(r"\s", "", office.go("/board/").inner_text(".strip"))


def close_and_issue(office, tmp_path):
    """关闭四月，起草、印发通报，下载 Word 与附表、台账：文件里也都是它自己的名字。"""
    page = enter(office, "hejingxing", NEW)
    page = office.go("/periods/")
    press(page, re.compile("^关闭"), "link")
    follow(page.locator("button.btn-p", has_text="关闭"))
    page = office.go("/board/2024-04/")
    follow(page.locator("form[action$='/circulars/add/'] button"))
    page.goto(re.sub(r"edit/$", "", page.url))
    body = page.inner_text("main")
    assert "云岭高新区优化营商环境领导小组办公室" in body and "各部门：" in body
    assert FOREIGN.findall(page.content()) == []
    page.locator("[name=checked]").check()
    press(page, "印发")
    assert "已印发" in page.inner_text("main")
    word = text_in(downloaded(page, "/word/", tmp_path / "通报.docx"))
    for each in ("云岭高新区", "优化施工许可办理", "规划建设局", "周明远", "各部门", "〔2024〕1号"):
        assert each in word, each
    table = text_in(downloaded(page, "/table/", tmp_path / "附表.xlsx"))
    assert "常态化走访企业" in table
    page = office.go("/measures/")
    ledger = text_in(downloaded(page, "/measures/export/", tmp_path / "台账.xlsx"))
    assert "云岭高新区2024年优化营商环境行动方案督办台账" in ledger and "牵头部门" in ledger
    for found in (word, table, ledger):
        assert re.findall(f".{{0,20}}(?:{FOREIGN.pattern}).{{0,20}}", found) == []


def downloaded(page, url, path):
    with page.expect_download() as waiting:
        page.locator(f"main a[href*='{url}'], .titlebar a[href*='{url}']").first.click()
    waiting.value.save_as(path)
    return path.read_bytes()


def text_in(data):
    """Word、Excel 文件里的全部文字。"""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = [html.unescape(package.read(name).decode()) for name in package.namelist() if name.endswith(".xml")]
    return re.sub(r"<[^>]+>", "", re.sub(r"</w:p>|</c>|</si>", "\n", "\n".join(parts)))


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
    follow(page.locator("button.btn-p", has_text="确认"))
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
    follow(form.locator("button"))
    press(page, re.compile("开放.*2024年4月"))


def report(page, title, said, percent=None, target=None):
    """填报人报一项：写进展，填完成进度、完成值。"""
    row = page.locator("details.task", has_text=title)
    if row.get_attribute("open") is None:
        row.locator("summary").first.click()
    row.locator("textarea[name$='-text']").fill(said)
    if percent is not None:
        row.get_by_label("完成进度").fill(str(percent))
    if target is not None:
        row.locator("input[name*='-target_']").first.fill(target)
    follow(row.get_by_role("button", name=re.compile("^(重新)?报送")).last)
    assert re.search(r"第 \d 项已(重新)?报送", page.inner_text("main"))
