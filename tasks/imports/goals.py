"""量化目标在台账里怎么写：一行一个，写得出就读得回。

【须】一般项目承诺制率 = 100 %：“一般项目施行承诺制率达到 100%”
"""

import re
from collections.abc import Iterable
from decimal import Decimal

from .rows import Aim

OPERATORS = {"ge": "≥", "le": "≤", "eq": "="}
STRENGTHS = {"must": "须", "strive": "力争", "apply": "申请"}
_LINE = re.compile(
    r"【(?P<strength>须|力争|申请)】\s*(?P<name>.*\S)\s*(?P<operator>[≥≤=])\s*"
    r"(?P<value>\d{1,9}(?:\.\d{1,3})?)\s*(?P<unit>[^：:“]*?)\s*[：:]\s*“(?P<quote>.+)”"
)


def written(aims: Iterable[Aim]) -> str:
    """台账里的一格。"""
    return "\n".join(
        f"【{STRENGTHS[aim.strength]}】{aim.name} {OPERATORS[aim.operator]} {aim.value} {aim.unit}：“{aim.quote}”"
        for aim in aims
    )


def read(words: str) -> tuple[Aim, ...] | None:
    """照上面写法的一格；有一行不是的为 None（照一般的文字去认）。"""
    found = []
    for line in filter(None, (line.strip() for line in words.split("\n"))):
        if not (match := _LINE.fullmatch(line)):
            return None
        found.append(
            Aim(
                match["name"],
                _key(OPERATORS, match["operator"]),
                f"{Decimal(match['value']).normalize():f}",
                match["unit"],
                _key(STRENGTHS, match["strength"]),
                match["quote"],
            )
        )
    return tuple(found)


def _key(labels: dict[str, str], label: str) -> str:
    return next(key for key, shown in labels.items() if shown == label)
