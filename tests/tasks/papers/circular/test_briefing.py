"""简报：亮点先后有序，需要关注的最多五条。"""

import pytest

from tasks.papers.circular import briefing, facts
from tests.tasks import circulars
from tests.tasks.circulars import only


def highlights(lines, **more) -> list[str]:
    return [text.partition("“")[0] for text in briefing.highlights(only(better=3) | {"lines": lines} | more)]


def test_highlights_are_the_turned_better_then_the_finished_then_the_green():
    lines = [circulars.line(i, light) for i, light in ((5, "green"), (4, "done"), (1, "green"), (2, "red"))]
    assert highlights(lines) == ["财务部（第2项", "财务部（第5项", "科技创新部（第6项"]


def test_a_released_story_or_an_old_report_is_not_told_again():
    lines = [circulars.line(i, "green") for i in (3, 4)]
    lines[0]["parts"][0]["is_current"] = False
    story = {"number": "5", "department": "财务部", "category": "经验做法", "text": "做法。"}
    assert highlights(lines, stories=[story]) == ["经验做法：财务部（第5项）。做法。"]


@pytest.mark.parametrize(("n", "more"), [(5, False), (6, True)])
def test_five_are_listed_and_the_rest_are_counted(n, more):
    f = only(problems_overdue=n) | {"lines": [circulars.line(i, "red") for i in range(n)]}
    *red, problems = briefing.attention(f)
    assert [text for text in red if "从略" in text] == (["其余1项从略。"] if more else [])
    assert problems.endswith("等。") is more


def test_what_there_is_none_of_is_said_so():
    assert briefing.attention(only() | {"lines": [circulars.line(0, "green")]}) == [
        "红灯举措：无。",
        "逾期未销号的问题：无。",
    ]


def test_one_red_measure_is_told_with_who_leads_it():
    one = circulars.line(0, "red")
    assert facts.briefly(one) in briefing.attention(only() | {"lines": [one]})[0]
