"""单位与产品的名称只在一处写，存在库里，改了马上换。"""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from departments import organisation
from departments.models import Organisation
from tasks.models import Measure
from tasks.papers.circular import phrases

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
# 不算的：这个模块自己（通称的默认值）；迁移（那时的名称）；演示的故事（编的人和事）与载入 fixtures/ 的命令。
ELSEWHERE = ("departments/organisation.py", "tasks/management/demo/", "tasks/management/commands/load_plan.py")
NAMES = ("领导小组办公室", "优化营商环境领导小组", "营商环境督办台账")
# 一个开发区、一个年份自己的东西，只许在 fixtures/ 与演示里。
OURS = re.compile(r"交城|交开|审批中心|王村|段村|jiaocheng|\bjckfq\b|20(?:19|2[0-9])(?!\d)")
# 举例的：网址、日期的写法；演示的密码。全国的文件连同它们的文号、日期（“减负”一页所据）。
SAID = re.compile("/2023/board/|Demo-2023|2024-02-10|国办函〔2026〕12号|2023年12月）。|国办，2024年8月）")


def code():
    """代码与模板：（相对路径，内容）。"""
    for app in ("yingshang", "departments", "tasks", "templates", "static"):
        for path in sorted((ROOT / app).rglob("*")):
            name = str(path.relative_to(ROOT))
            if path.suffix in (".py", ".html", ".js", ".css", ".txt") and "migrations" not in path.parts:
                yield name, path.read_text("utf-8")


def literals(source) -> list[tuple[int, str]]:
    """代码里的文字（行号，内容），说明文字（docstring）与 help_text 不算。"""
    tree = ast.parse(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    told |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "help_text"}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]


def test_names_are_put_together_from_their_parts(plan):
    now = organisation.current()
    assert now.office == "领导小组办公室"
    assert now.full_group == "优化营商环境领导小组"
    assert now.full_office == "优化营商环境领导小组办公室"
    assert now.seated_office == "领导小组办公室（行政审批中心）"
    assert now.backoffice == "营商环境督办台账 · 后台"


def test_the_letterhead_is_that_of_the_leading_groups_office(plan):
    now = organisation.letterhead()
    assert now["issuer"] == "交城经济开发区优化营商环境领导小组办公室"
    assert now["head"] == ["交城经济开发区", "优化营商环境领导小组办公室文件"]
    assert now["mast"] == "优化营商环境工作简报"
    assert now["codes"] == {
        "circular": "交开营商办通报",
        "report": "交开营商办报告",
        "petition": "交开营商办请示",
        "bulletin": "",
    }
    group = "交城经济开发区优化营商环境领导小组"
    assert now["to"] == {"circular": "各部室", "report": group, "petition": group, "bulletin": ""}
    assert now["copies"] == {
        "circular": "交城经济开发区优化营商环境领导小组组长、副组长",
        "report": "",
        "petition": "",
        "bulletin": "报：交城经济开发区优化营商环境领导小组组长、副组长。\n送：各部室。",
    }


def test_where_nothing_is_stored_the_names_are_common_ones():
    now = organisation.current()
    assert (now.zone, now.seated_office) == ("", "领导小组办公室")
    assert now.letterhead()["head"] == ["优化营商环境领导小组办公室文件"]


def test_a_field_of_the_letterhead_is_as_written_and_none_means_none():
    made = Organisation(zone="云岭高新区", unit="部门", issuer="云岭营商办", copies_circular="无")
    assert made.letterhead()["issuer"] == "云岭营商办"
    assert made.letterhead()["to"]["circular"] == "各部门"
    assert made.letterhead()["copies"]["circular"] == ""


def test_there_is_one_row_whatever_is_saved():
    Organisation(zone="甲").save()
    Organisation(zone="乙 开发区").save()
    assert [row.zone for row in Organisation.objects.all()] == ["乙开发区"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.bulk_create([Organisation(pk=2, zone="丙")])


def test_the_name_is_asked_once_a_request_and_not_again_while_nothing_changed(plan):
    def asked():
        request = RequestFactory().get("/")
        with organisation.asked_by(request), CaptureQueriesContext(connection) as queries:
            found = [organisation.current().zone for _ in range(3)]
        return set(found), len(queries)

    asked()
    assert asked() == ({"交城经济开发区"}, 1)  # 只有记号
    Organisation.objects.update(zone="云岭高新区")  # 不论谁、怎样改的
    assert asked()[0] == {"云岭高新区"}


def test_what_is_remembered_is_asked_again_only_after_something_changed(plan):
    """名单、各期这些页页都要的，看页面时记着；库里一变就另取，交表单时、命令行里每次都取。"""
    made = []

    def remembered(method="get"):
        request = getattr(RequestFactory(), method)("/")
        with organisation.asked_by(request):
            return organisation.remembered("made", lambda: made.append(1) or len(made))

    assert [remembered(), remembered()] == [1, 1]
    Measure.objects.filter(number="1").update(title="改了一个字")
    assert [remembered(), remembered()] == [2, 2]
    assert [remembered("post"), remembered("post")] == [3, 4]
    assert organisation.remembered("made", lambda: "命令行") == "命令行"


def test_names_are_written_in_one_place():
    written = [
        f"{name}:{line}"
        for name, source in code()
        if name.endswith(".py") and not name.startswith(ELSEWHERE)
        for line, text in literals(source)
        if any(each in text for each in NAMES)
    ]
    assert not written, "单位与产品的名称从 departments.organisation.current() 取"


def test_nothing_of_one_zone_or_year_is_in_the_code():
    """说明与注释里举例的日期不算，文字里的都算。"""
    found = []
    for name, source in code():
        if name.startswith(ELSEWHERE):
            continue
        lines = literals(source) if name.endswith(".py") else list(enumerate(source.splitlines(), 1))
        found += [f"{name}:{line} {text[:60]}" for line, text in lines if OURS.search(SAID.sub("", text))]
    assert found == []


@pytest.mark.parametrize("source", ['OFFICE = "领导小组办公室"', 'say(f"请联系领导小组办公室（{n}）")'])
def test_a_name_written_elsewhere_is_noticed(source):
    assert any(name in text for _, text in literals(source) for name in NAMES)


def test_what_explains_the_code_is_left_alone():
    assert literals('def f():\n    """领导小组办公室审核。"""\n') == []
    assert literals('Field(help_text="领导小组办公室")') == []


def test_our_words_follow_the_unit_and_the_words_of_the_plan_do_not(plan, people, client):
    """另一个区统称“部门”：导航、表头、说明都换；方案原文照录。"""
    Organisation.objects.update(unit="部门")
    Measure.objects.filter(number="1").update(text="全面放宽市场准入条件。各部室协同推进。")
    client.force_login(people.reporter("审批中心"))
    home = client.get("/measures/1/").content.decode()
    assert "本部门" in home and "本部室" not in home
    assert "各部室协同推进" in home
    Organisation.objects.update(unit="部室")
    assert "本部室" in client.get("/measures/1/").content.decode()


def test_a_circular_says_the_unit_and_quotes_as_written(plan):
    figures = {"plan": {"title": "各部室协同方案"}, "lines": [{"text": "三个部室已办。"}]}
    written = "各部室要抓紧。《各部室协同方案》；三个部室已办。"
    assert phrases.worded(written, figures) == written
    with organisation.asked_by(SimpleNamespace(organisation=Organisation(unit="部门"))):
        assert phrases.worded(written, figures) == "各部门要抓紧。《各部室协同方案》；三个部室已办。"


def test_a_quote_within_a_longer_quote_leaves_the_longer_one_whole(plan):
    """先换短的，长的就认不出来了，它自己的“部室”会被改掉。"""
    figures = {"plan": {"title": "各部室协同方案"}, "lines": [{"text": "三个部室照《各部室协同方案》办了。"}]}
    with organisation.asked_by(SimpleNamespace(organisation=Organisation(unit="部门"))):
        assert phrases.worded("各部室：三个部室照《各部室协同方案》办了。", figures) == (
            "各部门：三个部室照《各部室协同方案》办了。"
        )
