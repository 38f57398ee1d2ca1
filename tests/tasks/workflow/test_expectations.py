"""流程表里的每个状态 × 动作 × 角色、每个动词，都有人写下了预期（写在各名词自己的测试里）。"""

import inspect
import itertools

from tasks import workflow
from tests.tasks.expectations import CELLS, gathered

ROLES = ["本部室", "别部室", "办公室", "领导", "管理员", "未登录"]


def test_every_status_and_action_and_role_has_a_written_expectation():
    models = {kind: model for model, kind in workflow.KINDS.items()}
    wanted = {
        (kind, action, status)
        for kind, steps in workflow.STEPS.items()
        for action, status in itertools.product(steps, models[kind].Status.values)
    }
    table = gathered("TABLE")
    assert set(table) == wanted
    assert {cell for cells in table.values() for cell in cells.values()} == CELLS
    assert all(set(cells) >= set(ROLES) for cells in table.values())


def test_every_verb_has_the_events_it_writes_written_down():
    """动词就是 workflow 里须说明“谁做的”（by 只能按名字传）的函数。"""
    functions = {name: getattr(workflow, name) for name in workflow.__all__}
    functions = {name: inspect.signature(f).parameters for name, f in functions.items() if inspect.isfunction(f)}
    keyword_only = inspect.Parameter.KEYWORD_ONLY
    verbs = {name for name, p in functions.items() if "by" in p and p["by"].kind is keyword_only}
    assert set(gathered("EVENTS")) == verbs


def test_every_step_goes_to_a_status_that_exists_and_says_who():
    models = {kind: model for model, kind in workflow.KINDS.items()}
    for kind, steps in workflow.STEPS.items():
        for name, step in steps.items():
            assert set(step.sources) | {step.target} <= set(models[kind].Status.values), name
            assert step.who, name
            assert step.blocked_by, name
