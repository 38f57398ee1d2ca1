"""房子的格子：层 × 名词。引用只向下、名词只有一个写法、状态与角色各在一处、页面与模板成对、测试照格子摆。

每一处不合，都有一句话说明它该在哪里；格子本身见 CONTRIBUTING.md。
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from .grid import ANSWERS, BY_NOUN, FLOORS, NOUNS, TOOLS

ROOT = Path(__file__).resolve().parent.parent
BANNED = {"utils", "helpers", "services", "selectors", "signals", "mixins", "core", "common"}


@cache
def modules() -> dict:
    """模块名 → 文件。迁移不在内。"""
    files = [p for app in ("tasks", "departments", "yingshang") for p in sorted((ROOT / app).rglob("*.py"))]
    named = {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in files}
    return {name: path for name, path in named.items() if ".migrations" not in name}


@cache
def tree_of(path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def home_of(name) -> str:
    """模块住在哪一层：tasks 里的是层名，其余是应用名。"""
    first, *rest = name.split(".")
    return rest[0] if first == "tasks" and rest else first


def imported(name, path) -> set:
    """一个模块引用的本项目模块。函数里的引用也算：躲进函数的箭头还是箭头。"""
    found = set()
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in modules() else base for alias in node.names}
    return (found & set(modules())) - {name}


@cache
def arrows() -> dict:
    """模块 → 它引用的模块。"""
    return {name: imported(name, path) for name, path in modules().items()}


def runs_up(start, end) -> str:
    """这个引用是不是向上的；是就说它该怎样。"""
    below, above = home_of(start), home_of(end)
    if start == "yingshang.urls":
        return ""
    if below == "yingshang" and above != "yingshang":
        return (
            f"{start} 引用了 {end}：yingshang 是地面，不认识任何应用。要用的东西搬下来，或把 {start} 里的这一段搬上去。"
        )
    if below == "departments" and end.startswith("tasks"):
        return f"{start} 引用了 {end}：departments 只管“谁”，不认识 tasks。"
    if below in FLOORS and above in FLOORS and FLOORS.index(above) > FLOORS.index(below):
        return (
            f"{start} 引用了 {end}：{below} 层答“{ANSWERS[below]}”，在 {above} 层（{ANSWERS[above]}）之下，"
            "箭头只能向下。两边都要的一段搬到下面，或把问题的那一半搬到上面。"
        )
    return ""


def test_no_import_runs_up():
    wrong = [said for start, ends in arrows().items() for end in sorted(ends) if (said := runs_up(start, end))]
    assert wrong == []


def circle_from(start) -> list:
    """从一个模块出发，绕得回来的一圈；没有为空。"""
    seen, path = set(), [(start, [start])]
    while path:
        name, trail = path.pop()
        for end in arrows()[name]:
            if end == start:
                return [*trail, start]
            if end not in seen:
                seen.add(end)
                path.append((end, [*trail, end]))
    return []


def test_no_modules_import_in_a_circle():
    """包与它自己的成员之间（`__init__` 汇总成员）也算。"""
    circles = [" → ".join(found) for name in sorted(modules()) if (found := circle_from(name))]
    assert circles == [], "两个模块互相要的那一样，单独成一个更下面的模块"


def test_only_the_app_itself_stands_at_the_root_of_tasks():
    found = {p.name for p in (ROOT / "tasks").glob("*.py")} - {"__init__.py", "apps.py", "urls.py"}
    assert found == set(), f"{sorted(found)} 没有层：先问它答哪一层的问题，再放进那一层（见 CONTRIBUTING.md）"


@pytest.mark.parametrize("floor", BY_NOUN)
def test_every_module_is_named_by_one_noun_in_its_only_spelling(floor):
    found = {p.stem for p in (ROOT / "tasks" / floor).glob("*.py")} - {"__init__"}
    strange = found - set(NOUNS) - set(TOOLS.get(floor, {}))
    assert strange == set(), f"tasks/{floor} 里的 {sorted(strange)} 不是名词表里的写法（单数）：{sorted(NOUNS)}"


def test_every_template_folder_is_a_noun():
    found = {p.name for p in (ROOT / "templates/tasks").iterdir()}
    assert found - set(NOUNS) == set(), "templates/tasks 里一个名词一个文件夹，不散放模板"


def test_no_module_hides_behind_a_name_that_says_nothing():
    found = {name for name in modules() if set(name.split(".")) & BANNED}
    assert found == set(), "名字要说出层和名词：这类名字什么都装得下，也就什么都找不到"


def test_modules_are_at_most_500_lines():
    long = {name: n for name, p in modules().items() if (n := len(p.read_text("utf-8").splitlines())) > 500}
    assert long == {}


# ── 状态与角色 ────────────────────────────────────────────


def sets_status(node) -> bool:
    """这个语句给某个对象或某批行写了状态。"""
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        inside = [part for target in targets for part in ast.walk(target)]
        return any(isinstance(p, ast.Attribute) and p.attr == "status" and isinstance(p.ctx, ast.Store) for p in inside)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        writes = node.func.attr in ("update", "create", "get_or_create", "update_or_create", "bulk_create")
        return writes and any(keyword.arg == "status" for keyword in node.keywords)
    return False


# 写状态而不在 workflow 里的：说明为什么。
SETS_STATUS = {
    "tasks.figures.supposed": "只在内存里假设这一条已通过，不写库",
    "tasks.imports.applying": "方案修订的生效与放弃：从 workflow.check 给出的那一步取状态",
}


def test_a_status_is_set_only_in_workflow():
    wrong = [
        f"{name} 第 {node.lineno} 行写了状态：状态只在 workflow/ 里变，请写成一个动词"
        for name, path in modules().items()
        if home_of(name) != "workflow" and name not in SETS_STATUS
        for node in ast.walk(tree_of(path))
        if sets_status(node)
    ]
    assert wrong == []


def test_the_status_setters_named_are_still_there():
    """名单里已经不写状态的，要从名单里去掉。"""
    stale = [n for n in SETS_STATUS if not any(sets_status(node) for node in ast.walk(tree_of(modules()[n])))]
    assert stale == []


def is_word(node) -> bool:
    """写死的一个词。"""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def compares_status(node) -> bool:
    """这个式子拿状态与写死的值比：`x.status == "…"`，或查询里的 `status="…"`。"""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        asked = any(isinstance(side, ast.Attribute) and side.attr == "status" for side in sides)
        return asked and any(is_word(part) for side in sides for part in ast.walk(side))
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        found = [k for k in node.keywords if k.arg and re.search(r"(^|__)status(__in)?$", k.arg)]
        written = [k for k in found if any(is_word(part) for part in ast.walk(k.value))]
        return name in ("filter", "exclude", "get", "Q") and bool(written)
    return False


def test_a_status_is_asked_by_its_name_not_compared_by_hand():
    wrong = [
        f"{name} 第 {node.lineno} 行拿状态与写死的值比：请问模型（is_open、applied()…），没有就在 models/ 里加一个"
        for name, path in modules().items()
        if home_of(name) not in ("models", "workflow", "management")
        for node in ast.walk(tree_of(path))
        if compares_status(node)
    ]
    assert wrong == []


# 可以提到角色的：定义角色的、造账户的、后台管账户的。
KNOWS_ROLES = {
    "departments.models": "角色在这里定义",
    "departments.admin": "后台改角色",
    "departments.confirming": "哪些角色的账户要两个人办（departments 不认识 tasks 的规则）",
    "departments.backoffice": "后台只给管理员（departments 不认识 tasks 的规则）",
    "departments.resources": "账户名单的一列",
    "departments.naming": "照那一天的角色称呼",
    "departments.second_factor": "哪些角色登录要动态验证码",
    "departments.single_sign_on": "哪些角色可以用统一认证登录",
    "tasks.management.demo.accounts": "造演示账户",
    "tasks.management.commands.first_admin": "建第一个管理员",
}
ROLE_WORDS = {"role", "is_reporter", "is_office", "is_leader", "is_administrator"}


def test_a_role_is_asked_only_through_permissions():
    wrong = [
        f"{name} 第 {node.lineno} 行问了角色（.{node.attr}）：请写成 rules/permissions.py 里的一条规则，这里只问那条规则"
        for name, path in modules().items()
        if name not in KNOWS_ROLES and name != "tasks.rules.permissions"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in ROLE_WORDS and not isinstance(node.value, ast.Constant)
    ]
    assert wrong == []


# ── 页面与模板 ────────────────────────────────────────────


def rendered() -> list:
    """（视图模块，模板）：视图里写明的每一个模板。"""
    found = []
    for path in sorted((ROOT / "tasks/views").glob("*.py")):
        found += [(path.stem, name) for name in re.findall(r'"((?:tasks/)?[\w/]+\.html)"', path.read_text("utf-8"))]
    return found


# 两个名词合看的一页：视图写在前一个里，模板属于后一个。
SHOWN_TOGETHER = {("progress", "home"): "没交成的报送放回“我的任务”"}


def test_every_view_renders_a_template_of_its_own_noun():
    wrong = []
    for view, template in rendered():
        assert (ROOT / "templates" / template).exists(), f"views/{view}.py 用的 {template} 不存在"
        noun = template.split("/")[1] if template.startswith("tasks/") else view
        if noun != view and (view, noun) not in SHOWN_TOGETHER:
            wrong.append(f"views/{view}.py 用了 {template}：应为 tasks/{view}/…")
    assert wrong == []


def test_every_page_template_is_used_by_something():
    text = "".join(p.read_text("utf-8") for p in [*(ROOT / "templates").rglob("*.html"), *modules().values()])
    unused = [
        str(p.relative_to(ROOT / "templates"))
        for p in sorted((ROOT / "templates/tasks").rglob("*.html"))
        if f'"{p.relative_to(ROOT / "templates")}"' not in text
    ]
    assert unused == [], "没有人用的模板删去"


def longest_view() -> list:
    """超过 15 行的视图（不算说明）。"""
    found = []
    for path in [*sorted((ROOT / "tasks/views").glob("*.py")), ROOT / "departments/views.py"]:
        for node in tree_of(path).body:
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                found += [f"{path.stem}.{node.name} 有 {lines} 行"] if lines > 15 else []
    return found


def test_views_are_at_most_15_lines():
    assert longest_view() == [], "视图只取、办、答：多出来的属于 pages（怎么排）或 workflow（能不能办）"


# ── 测试照格子摆 ──────────────────────────────────────────

# 一件事牵涉几个模块的测试：名字说那件事。
CROSSING = {
    "admin": {"resources"},
    "figures": {"agreement", "figures_agree"},
    "imports": {"cases", "fuzz", "kill", "nineteen_failures", "random_edits", "roundtrip", "shapes"},
    "management": {"commands"},
    "models": {"constraints"},
    "papers.circular": {"writing", "pages", "truth"},
    "views": {"review_all"},
    "workflow": {"circular_issue", "concurrency", "expectations", "races", "revoking"},
}


def what_of(path) -> str:
    return path.stem.removeprefix("test_")


def test_every_test_stands_where_its_module_stands():
    wrong = []
    for path in sorted((ROOT / "tests/tasks").rglob("test_*.py")):
        place = ".".join(path.parent.relative_to(ROOT / "tests/tasks").parts)
        target = f"tasks.{place}.{what_of(path)}"
        known = target in modules() or what_of(path) in CROSSING.get(place, ()) or f"{place}.commands" in target
        if place and not known and f"tasks.{place}.commands.{what_of(path)}" not in modules():
            wrong.append(f"{path.relative_to(ROOT)}：没有 {target} 这个模块")
    assert wrong == [], "测试与被测的同名同层；牵涉几个模块的写进 CROSSING"
