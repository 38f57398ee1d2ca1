"""随机例子的多少：平日（quick）跑十分之一，`.ci/run`（HYPOTHESIS_PROFILE=full）跑足。

同样的代码总得同样的结果：随机例子由代码本身定出，不靠运气，也不靠上次留下的例子库；也不计时，忙的机器上造得慢、走得慢都不算错。
"""

import os

import hypothesis
import pytest

FULL = 100
_FIXED = {
    "derandomize": True,
    "database": None,
    "print_blob": True,
    "deadline": None,
    "suppress_health_check": [hypothesis.HealthCheck.too_slow],
}


def load():
    """定下这一次跑多少；conftest 一开头就叫它，早于各测试取 share。"""
    hypothesis.settings.register_profile("full", max_examples=FULL, **_FIXED)
    # 平日错了先报出来：一份经过要走几秒，缩小它要几分钟；跑足时才缩小。
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("quick", max_examples=FULL // 10, phases=phases, **_FIXED)
    hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def also(*values) -> list:
    """参数里平日不跑的几个（标上 thorough）：同一条规则，平日由前面的几个看着。"""
    return [pytest.param(*(v if isinstance(v, tuple) else (v,)), marks=pytest.mark.thorough) for v in values]


# 一遍扫过几十张表单、上百个网址的：分成四份，平日扫一份，`.ci/run` 四份都扫。用法：parametrize("part", QUARTERS)。
QUARTERS = [0, *also(1, 2, 3)]


def quarter(items, part) -> list:
    """第 `part` 份（0 至 3）：隔三个取一个，挨着的、同一类的分在各份里。"""
    return list(items)[part::4]


def share(n, least=4, quick=None) -> int:
    """跑足时是 n 个例子（或 n 次、n 个字）的，这一次该有多少；少于 least 个就什么也碰不到了。

    一个例子要走好几秒的，平日走几个写在 `quick`。
    """
    size = hypothesis.settings.default.max_examples
    return quick if quick and size < FULL else max(n * size // FULL, least)
