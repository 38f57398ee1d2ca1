"""印出来的没有一句不真：随机的经过，三种公文，逐句读回来与从头数的真相相比。"""

import os
from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tasks.figures.snapshot import collect
from tasks.papers import circular as circular_papers
from tests.examples import share
from tests.tasks.papers.circular.histories import History, cast
from tests.tasks.papers.circular.readers import READERS, Sheet
from tests.tasks.papers.circular.truths import Truth

# 跑足时分成几份，几个进程一起读；平日只读几份。错了不去缩小：一份经过要半秒，缩小要很久。
# 一共两千份要跑一刻钟，改了公文的写法以后跑一次：HYPOTHESIS_PROFILE=full HISTORIES=2000 pytest 本文件 -n auto。
PARTS, ENOUGH = 8, int(os.environ.get("HISTORIES", "160")) // 8
IS_FULL = share(100) == 100
RANDOM = settings(
    max_examples=ENOUGH if IS_FULL else 6,
    deadline=None,
    derandomize=False,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def papers(told, draw):
    """这份经过里的一期（三种公文）或几期（报告），连同真相。"""
    period = draw(st.sampled_from(told.periods[::-1]))
    first = draw(st.sampled_from([period, *(p for p in told.periods if p.starts_on <= period.starts_on)]))
    figures = collect(told.plan, period, told.today, first=first, taken_at=told.now)
    truth = Truth(told.plan, first, period, told.today)
    for kind in circular_papers.KINDS if first == period else ("report",):
        yield kind, circular_papers.write(kind, figures), truth


@pytest.mark.parametrize("part", range(PARTS if IS_FULL else 1))
def test_no_sentence_of_any_paper_is_untrue(db, part):
    """每个例子在自己的事务里，看完退回。跑足时每一种句子都真的读到过，免得空转。"""
    office, writer = cast()
    seen = Counter()

    @seed(part)
    @RANDOM
    @given(data=st.data())
    def agree(data):
        with transaction.atomic():
            told = History(data.draw, office, writer)
            for kind, sections, truth in papers(told, data.draw):
                Sheet(kind, truth, seen=seen).read(sections)
            transaction.set_rollback(True)

    agree()
    unread = [pattern.pattern for pattern, _ in READERS if not seen[pattern.pattern]]
    assert ENOUGH < 100 or not IS_FULL or len(unread) <= RARE, unread


# 一份里碰不到也不奇怪的几种句子（一样也没有应报的、谁都没有动的）。
RARE = 8
