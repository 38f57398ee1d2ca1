"""各人在手机上、在 1440 宽的屏上走一个月：每一张表单都在写好、还没有交的时候会话没了，写的话一字不少，照原样再交就办成。

会话是在库里删掉的，与过期、被踢出一样：浏览器里的 cookie 还在，页面还开着。
"""

import re
import shutil
import sqlite3
from contextlib import closing
from functools import partial

import pytest

from .conftest import PASSWORD, follow, serving

pytestmark = pytest.mark.browser
# 一个角色会写东西的各页；同样的表单只试一次。
PAGES = {
    "spzx": ("/", "/month/", "/problems/", "/measures/12/", "/measures/7/", "/measures/7/milestones/", "/measures/4/"),
    "office": (
        *("/periods/", "/remind/", "/review/", "/review/all/", "/problems/", "/problems/add/", "/inspections/add/"),
        *("/extensions/", "/completions/", "/coordination/", "/milestones/", "/publicity/", "/circulars/"),
        *("/measures/10/", "/measures/12/settings/", "/measures/7/milestones/", "/measures/4/", "/instructions/add/"),
    ),
    "lihuabin": ("/lead/", "/measures/12/", "/instructions/"),
    "admin": (
        "/plan/import/",
        "/admin/departments/department/add/",
        "/admin/departments/leader/add/",
        "/admin/departments/user/add/",
        "/admin/tasks/plan/1/change/",
    ),
}
# 清单上的头一件打开来，里面也有要写的。
DEEPER = r"^/(problems|review|publicity|circulars|completions)/\d+/(edit/)?$"
WRITABLE = """() => [...document.forms].map((form, index) => ({
  index, method: form.method,
  action: new URL(form.getAttribute('action') || '', location.href).pathname,
  names: [...form.elements].filter((e) => e.name && !e.readOnly && !e.name.startsWith('initial-') && !e.name.includes('__prefix__')
    && (e.tagName === 'TEXTAREA' || ['text', 'date', 'number'].includes(e.type))).map((e) => e.name),
})).filter((form) => form.method === 'post' && form.names.length)"""
WRITE = """([index, word]) => {
  const form = document.forms[index], said = [];
  [...form.elements].forEach((e) => {
    if (!e.name || e.readOnly || e.name.startsWith('initial-') || e.name.includes('__prefix__')) return;
    const isText = e.tagName === 'TEXTAREA' || e.type === 'text';
    if (!isText && e.type !== 'date' && e.type !== 'number') return;
    e.value = isText ? word + said.length : e.type === 'date' ? '2023-10-09' : '7';
    e.dispatchEvent(new Event('input', {bubbles: true}));
    if (isText) said.push(e.value);
  });
  return said;
}"""
SUBMIT = """(form) => {
  form.noValidate = true;
  form.requestSubmit([...form.querySelectorAll('button:not([type=button]), input[type=submit]')].filter((b) => b.form === form)[0]);
}"""


@pytest.fixture
def data(template_data, tmp_path):
    """一条一份：走过一个月的，报过、起草过，不能再走一遍。"""
    shutil.copytree(template_data, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def server(data):
    with serving(data) as url:
        yield url


@pytest.fixture
def lose(data):
    """lose(visitor, form, words)：会话没了才交；说没有丢，登录以后每一段话都在。返回取回的那一页。"""

    def act(visitor, username, form, words):
        page = visitor.page
        with closing(sqlite3.connect(data / "db.sqlite3", timeout=20)) as db, db:
            db.execute("DELETE FROM django_session")
        with page.expect_navigation():
            form.evaluate(SUBMIT)
        assert "您刚才写的内容没有丢" in page.inner_text("main"), (page.url, words)
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        with page.expect_navigation():
            page.click("main form button.btn-p")
        shown = page.inner_text("main")
        assert [word for word in words if word not in shown] == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
        return page

    return act


UNFOLD = """(form) => {
  for (let e = form; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true;
  form.querySelectorAll('details').forEach((e) => { e.open = true; });
}"""


def again(page, said):
    """照原样再交，办成了。"""
    with page.expect_navigation():
        page.click("main form button.btn-p")
    assert said in page.inner_text("body"), page.inner_text("main")[:400]


@pytest.mark.parametrize("username", PAGES)
def test_no_form_of_any_role_loses_a_word_on_a_phone(visit, lose, username):
    visitor = visit(username, phone=True)
    wanted, tried, deeper = list(PAGES[username]), set(), set()
    while wanted:
        path = wanted.pop(0)
        page = visitor.go(path)
        for link in page.locator("main a[href]").all():
            found = link.get_attribute("href").split("?")[0]
            kind = re.sub(r"\d+", "N", found)
            if re.match(DEEPER, found) and kind not in deeper:
                deeper.add(kind)
                wanted.append(found)
        for form in page.evaluate(WRITABLE):
            kind = re.sub(r"\d+", "N", " ".join([form["action"], *form["names"][:3]]))
            if kind in tried:
                continue
            tried.add(kind)
            visitor.go(path)
            words = page.evaluate(WRITE, [form["index"], f"没交上的话{len(tried)}之"])
            if words:
                lose(visitor, username, page.locator("form").nth(form["index"]), words)
    assert len(tried) >= {"spzx": 7, "office": 25, "lihuabin": 1, "admin": 5}[username], sorted(tried)


def step(visitor, lose, username, path, action, said, **fields):
    """一张表单：写好、会话没了、交、登录、写的都在、照原样再交，办成了。字段名可以有前缀。"""
    page = visitor.go(path)
    form = page.locator(f"form[action$='{action}']" if action else "main form[method=post]").last
    form.evaluate(UNFOLD)
    for name, value in fields.items():
        field = form.locator(f"[name$='{name}']").last
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    words = [value for name, value in fields.items() if name not in ("department", "due_on", "percent")]
    again(lose(visitor, username, form, words), said)
    return visitor.page


@pytest.mark.parametrize("phone", [False, True])
def test_a_month_is_walked_by_every_role_and_every_form_is_sent_again_as_it_was(visit, lose, phone):
    """填报、退回、批示、回复、挂账、整改、起草通报、改部室：四个人在 1440 宽的屏上、在手机上各走一遍。"""
    visit = partial(visit, phone=phone)
    clerk = visit("spzx")
    action = (
        clerk.go("/").locator("details.task", has_text="优化环评流程").locator("form").first.get_attribute("action")
    )
    step(clerk, lose, "spzx", "/", action, "草稿", percent="80", text="环评承诺制又办了三件。")
    row = clerk.go("/").locator(f"form[action='{action}']")
    row.evaluate("form => { form.closest('details.task').open = true; }")
    assert row.locator("textarea").first.input_value() == "环评承诺制又办了三件。"
    follow(row.locator("button.btn-p"))
    office = visit("office")  # 会话都在库里删掉了，各人重新登录
    follow(office.go("/review/").get_by_role("link", name="优化环评流程"))
    path = office.page.url.removeprefix(office.url)
    step(office, lose, "office", path, "/return/", "已退回", reason="请写明是哪三件。")
    leader = visit("lihuabin")
    step(leader, lose, "lihuabin", "/measures/12/", "/instructions/add/", "批示", text="请十月底前扩到全部备案项目。")
    clerk = visit("spzx")
    path = clerk.go("/").locator("form[action$='/reply/']").first.get_attribute("action")
    step(clerk, lose, "spzx", "/", path, "回复", text="已列入十月计划。")
    office = visit("office")
    listed = {"title": "样本没有更新", "text": "告知书样本还是旧的。", "department": "审批中心", "due_on": "2023-10-10"}
    step(office, lose, "office", "/problems/add/", "", "已列入问题台账", **listed)
    problem = office.page.url.removeprefix(office.url)
    clerk = visit("spzx")
    step(clerk, lose, "spzx", problem, "/note/", "已记入整改过程", text="样本已换。")
    office = visit("office")
    follow(office.go("/board/2023-09/").locator("form[action$='/circulars/add/'] button"))
    path = office.page.url.removeprefix(office.url)
    step(office, lose, "office", path, "", "已保存", text_next="请各部室抓紧。")
    assert office.page.locator("[name=text_next]").input_value() == "请各部室抓紧。"
    admin = visit("admin")
    href = admin.go("/admin/departments/department/").locator("#result_list a", has_text="财务部").get_attribute("href")
    step(admin, lose, "admin", href, "", "成功", full_name="财务管理运营总部")
