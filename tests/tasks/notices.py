"""造通报，用业务的话说：起草、改一节、印发、更正。"""

from tasks import workflow
from tasks.models import Circular
from tasks.pages import circular as circular_pages

NOON = "2023-09-22 12:00"


def draft(plan, people, at, period=None, *, kind="circular", first=None, when=NOON) -> Circular:
    """起草一份（默认九月的通报）。"""
    period = period or plan.periods.get(slug="2023-09")
    return circular_pages.start(
        plan, by=people.office, at=at(when), kind=kind, first_period=first or period, period=period
    )


def issue(circular, people, at, *, when=NOON, **extra) -> Circular:
    """印发。"""
    return workflow.issue_circular(circular, by=people.office, at=at(when), version=circular.version, **extra)


def issued(plan, people, at, period=None, *, when=NOON, **extra) -> Circular:
    """起草并印发。"""
    return issue(draft(plan, people, at, period, when=when, **extra), people, at, when=when)


def correction(circular, people, at, *, when=NOON, reason="第10项进度有误") -> Circular:
    """更正稿。"""
    return circular_pages.correct(circular, by=people.office, at=at(when), reason=reason)


def edited(circular, **texts) -> dict:
    """各节照旧，只换这几节的正文。"""
    return {s["key"]: {"heading": s["heading"], "text": texts.get(s["key"], s["text"])} for s in circular.sections}


def section(circular, key) -> dict:
    """某一节。"""
    return next(s for s in circular.sections if s["key"] == key)
