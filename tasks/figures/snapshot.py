"""一期（或连续几期）的全部数字，收成一份可以冻结的 JSON：通报、汇报、简报和它们的附表都由此写成。"""

import datetime as dt

from django.utils import timezone

from yingshang import dates

from ..models import Plan, ReportingPeriod
from . import counts, supervision
from .contract import Figures, PeriodName, Since
from .numbers import LIGHTS, figure, links, plain, told_counts
from .revised import revised
from .span import Span
from .whole import Whole

SCHEMA = 1


def collect(
    plan: Plan, period: ReportingPeriod, today: dt.date, *, first: ReportingPeriod | None = None, taken_at: dt.datetime
) -> Figures:
    """`first` 到 `period`（含）的全部数字。各数都算到 `period` 的基准时刻：已关闭的以关闭时为准。

    变化与这一段之前的一期比（没有更早的，跨几期的与起始期比）。查询数与行数无关。
    """
    span = Span(plan, first or period, period, today)
    scale, whole = span.ledger.scale, Whole(span)
    periods = counts.periods(whole)
    figured = {
        **counts.light_counts(whole),
        **counts.report_counts(whole),
        **counts.change_counts(whole),
        **counts.span_counts(whole, periods),
        **supervision.counts(whole),
    }
    return {
        "schema": SCHEMA,
        "plan": {"title": plain(plan.title), "document_number": plain(plan.document_number)},
        "period": _named(period),
        "first": _named(span.first),
        "base": _named(span.base) if span.base else None,
        "is_span": span.first != period,
        "since": _since(span),
        "revised": revised(span),
        "as_of": span.as_of.isoformat(),
        "taken_at": timezone.localtime(taken_at).isoformat(timespec="minutes"),
        "pace": span.ledger.pace,
        "thresholds": {"yellow": scale.yellow_gap, "red": scale.red_gap},
        "counts": figured,
        "helped": any(item.cooperating for item in whole.items.values()),
        "departments": counts.departments(whole),
        "periods": periods,
        "targets": counts.targets(whole),
        "stories": counts.stories(span),
        "lines": counts.lines(whole),  # 放在最后：写一行放一项
    }


def differences(old: Figures, new: Figures) -> list[str]:
    """取数之后哪些数变了，用话说；没有变为空。"""
    said = []
    for key, now in told_counts(new).items():
        before = old["counts"].get(key)
        if before and before["n"] != now["n"]:
            said.append(f"{now['label']} {before['n']}→{now['n']} {now['unit']}")
    known = {one["version"] for one in old.get("revised", ())}
    later = [one for one in new.get("revised", ()) if one["version"] not in known]
    said += [f"{dates.short(one['on'])}方案修订（第{one['version']}版）" for one in later]
    was = {line["number"]: line["light"] for line in old["lines"]}
    for line in new["lines"]:
        light = was.get(line["number"])
        if light and light != line["light"]:
            said.append(f"第 {line['number']} 项 {LIGHTS[light]}→{LIGHTS[line['light']]}")
    return said


def _since(span: Span) -> Since | None:
    """批示、问题、办结等从哪天数起：公文里写出日子，不写成“9月”——关得早晚，这一段与月份对不上。"""
    if span.since is None:
        return None
    closed = span.since_closing
    return {"on": timezone.localdate(span.since).isoformat(), "closed": plain(closed.short_name) if closed else ""}


def _named(period: ReportingPeriod) -> PeriodName:
    return {
        "slug": period.slug,
        "name": plain(period.name),
        "short": plain(period.short_name),
        "due_on": period.due_on.isoformat(),
        "is_closed": period.is_closed,
        "url": links.board(period),
    }


__all__ = ["SCHEMA", "collect", "differences", "figure", "plain"]
