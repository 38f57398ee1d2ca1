"""测试里手写的事实也有存下的灯：手写之后、读灯之前补判一次；动词漏判的不补，当场报错。

产品里改事实的只有动词、导入与后台，它们在同一个事务里重判。测试常直接改库（`.update()`、`objects.create()`）来造情形，
那样没有谁重判。这里看着事实的写入：测试写的记下，读灯前补判；产品代码写的而没有重判的，读灯前与从头判的比，不同就是漏了一次重判。
成批写入（update、bulk_create）认不出是哪一项：产品里的由 test_judgement 的状态机与 `rejudge --check` 守着。
"""

import sys
from pathlib import Path

from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasks import workflow
from tasks.figures.ledger import Ledger
from tasks.models import (
    Assignment,
    Completion,
    Extension,
    ManualLight,
    Measure,
    MeasureLeader,
    Milestone,
    PeriodBasis,
    Plan,
    Progress,
    ReportingPeriod,
    Target,
    TargetValue,
)
from tasks.workflow import judgement

# 事实 → 怎样走到举措（编号）；None 是整个方案的事。
FACTS = {
    Progress: lambda row: row.assignment.measure_id,
    TargetValue: lambda row: row.progress.assignment.measure_id,
    Completion: lambda row: row.assignment.measure_id,
    Extension: lambda row: row.assignment.measure_id,
    Milestone: lambda row: row.assignment.measure_id,
    Assignment: lambda row: row.measure_id,
    MeasureLeader: lambda row: row.measure_id,
    ManualLight: lambda row: row.measure_id,
    Target: lambda row: row.measure_id,
    Measure: lambda row: row.pk,
    ReportingPeriod: None,
    Plan: None,
    PeriodBasis: None,
}
PRODUCT = tuple(str(Path(workflow.__file__).parents[1] / name) for name in ("workflow", "imports", "admin"))


class Watch:
    """哪些举措的事实改了而还没有重判。"""

    def __init__(self):
        self.is_off = False
        self.clear()

    def clear(self):
        """都判过了。"""
        self.by_hand, self.by_verb, self.everything = set(), set(), False

    def written(self, sender, instance, **kwargs):
        """一行事实写下了（或删了）。"""
        if kwargs.get("raw") or sender not in FACTS:
            return
        way, is_product = FACTS[sender], _is_product()
        if way is None:
            self.everything = self.everything or not is_product
        else:
            (self.by_verb if is_product else self.by_hand).add(way(instance))

    def in_bulk(self, model):
        """成批写入：测试写的，整个重判。"""
        if model in FACTS and not _is_product():
            self.everything = True

    def judged(self, pks):
        """这几项重判过了；None 是全部。"""
        if pks is None:
            self.clear()
        else:
            self.by_hand -= pks
            self.by_verb -= pks

    def freshen(self):
        """读灯之前：手写的补判。"""
        if self.is_off:
            return
        by_verb, by_hand = self.by_verb, self.everything or self.by_hand
        self.clear()
        if by_hand:
            rejudge_all()
        elif by_verb and (missed := list(_differing(by_verb))):
            raise AssertionError(f"改了举措的事实而没有重判：{'、'.join(missed)}。动词里少了一次 rejudge。")


def _is_product() -> bool:
    """写这一行的是产品的动词、导入或后台。"""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith(PRODUCT):
            return True
        frame = frame.f_back
    return False


def _differing(pks):
    """这几项里，开放中的各期存下的与从头判的不同的。"""
    for plan in Plan.objects.filter(measures__in=pks).distinct():
        for period in plan.periods.still_open():
            for measure, is_same in judgement._compared(plan, period, sorted(pks)):
                if not is_same:
                    yield f"{period.name}第{measure.number}项"


def rejudge_all():
    """各方案各期（关闭了的也算：手写的事实可能在那里）照现在的事实重判。"""
    for plan in Plan.objects.all():
        judgement.rejudge_plan(plan, plan.periods.opened())


WATCH = Watch()


def install():
    """装上：整个测试进程装一次。"""
    post_save.connect(WATCH.written)
    post_delete.connect(WATCH.written)
    for name in ("update", "bulk_create", "bulk_update"):
        _around(QuerySet, name, lambda rows: WATCH.in_bulk(rows.model))
    keep = judgement._keep

    def kept(judge, pks, *rest):
        found = keep(judge, pks, *rest)
        WATCH.judged(None if pks is None else set(pks))
        return found

    judgement._keep = kept
    _around(Ledger, "__init__", _freshen)
    # 数查询、开页面之前先补判：数的、看有没有写库的，只是产品自己的。
    _around(CaptureQueriesContext, "__enter__", _freshen)
    _around(Client, "request", _freshen)


def _freshen(_: object) -> None:
    WATCH.freshen()


def _around(owner, name, told):
    plain = getattr(owner, name)

    def wrapped(self, *args, **kwargs):
        told(self)
        return plain(self, *args, **kwargs)

    setattr(owner, name, wrapped)
