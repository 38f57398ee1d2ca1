"""流程图：docs/workflow.md 与流程表一致；过时就失败；每个状态都走得到。"""

import io
from dataclasses import replace

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tasks import workflow
from tasks.management import diagram

PATH = settings.BASE_DIR / "docs" / "workflow.md"


def test_the_printed_diagram_is_fresh():
    """改了流程表，就运行 manage.py workflow_diagram 重印。"""
    assert PATH.read_text("utf-8") == diagram.text()
    call_command("workflow_diagram", "--check")


@pytest.fixture
def elsewhere(tmp_path, settings):
    """印到别处，不动真的那一份。"""
    settings.BASE_DIR = tmp_path
    return tmp_path / "docs" / "workflow.md"


def test_the_command_writes_it_and_the_check_finds_what_is_stale(elsewhere):
    with pytest.raises(CommandError, match="重新生成") as stale:
        call_command("workflow_diagram", "--check")
    assert stale.value.returncode == 1
    call_command("workflow_diagram", stdout=io.StringIO())
    call_command("workflow_diagram", "--check")
    elsewhere.write_text(elsewhere.read_text("utf-8").replace("办公室", "别人"), "utf-8")
    with pytest.raises(CommandError):
        call_command("workflow_diagram", "--check")


@pytest.mark.parametrize("change", ["label", "target", "note"])
def test_any_change_of_the_table_makes_it_stale(monkeypatch, change):
    step = workflow.STEPS["progress"]["withdraw_progress"]
    values = {"label": "收回", "target": "returned", "note": "另有说明"}
    monkeypatch.setitem(workflow.STEPS["progress"], "withdraw_progress", replace(step, **{change: values[change]}))
    assert PATH.read_text("utf-8") != diagram.text()


@pytest.mark.parametrize(("model", "kind"), workflow.KINDS.items())
def test_every_status_can_be_reached(model, kind):
    moves = diagram.moves(workflow.STEPS[kind].values(), diagram.ARRIVALS.get(kind, []))
    reached, grown = {"[*]"}, True
    while grown:
        more = {target for source, target, _ in moves if source in reached} - reached
        reached, grown = reached | more, bool(more)
    assert reached - {"[*]"} == set(model.Status.values)


def test_every_noun_has_a_chart_and_a_row_for_each_step():
    text = diagram.text()
    assert text.count("```mermaid") == len(workflow.STEPS)
    for kind, steps in workflow.STEPS.items():
        model = {k: m for m, k in workflow.KINDS.items()}[kind]
        part = text.split(f"\n## {model._meta.verbose_name}\n")[1].split("\n## ")[0]
        rows = [line for line in part.splitlines() if line.startswith("| ")]
        assert len(rows) == 2 + len(steps) + len(diagram.ARRIVALS.get(kind, []))
        for step in steps.values():
            assert any(row.startswith(f"| {step.label} |") and f"| {step.who} |" in row for row in rows)
