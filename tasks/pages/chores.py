"""“今天要办”里的一件事。各名词的模块各列各的，总览拼在一起，一次查询问完。"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import CharField, QuerySet, Value, Window
from django.db.models.functions import RowNumber


@dataclass(frozen=True)
class Chore:
    """今天要办的一件事。"""

    title: str
    detail: str
    url: str
    action: str
    is_primary: bool = False
    list_url: str = ""  # 数到的每一条在哪张清单上；就是 url 的空着


# 数到的一行：哪一件（编号），两栏名字（没有的为空）。
Row = tuple[int, str, str]


@dataclass(frozen=True)
class Due:
    """等着办的一类：有哪些行（同一件可以占几行），按什么次序，说到哪一两栏名字，有的时候怎么说。"""

    rows: QuerySet
    order: Sequence[str]
    names: Sequence[str]
    tell: Callable[[list[Row]], Chore]

    def asked(self, kind: int) -> QuerySet:
        """几类拼在一次查询里：第几类，类里第几行，哪一件，两栏名字。"""
        blank = Value("", output_field=CharField())
        rows = self.rows.order_by().annotate(kind_=Value(kind), place_=Window(RowNumber(), order_by=self.order))
        return rows.values_list("kind_", "place_", "pk", *self.names, *[blank] * (2 - len(self.names)))


def told(wanted: Sequence[Due | Chore]) -> list[Chore]:
    """要办的各件，次序照给的；一件也没有的不说。已经数好的（Chore）照原样。"""
    dues = [due.asked(kind) for kind, due in enumerate(wanted) if isinstance(due, Due)]
    found: dict[int, list[Row]] = defaultdict(list)
    if dues:
        for kind, _, *row in sorted(dues[0].union(*dues[1:], all=True) if dues[1:] else dues[0]):
            found[kind].append(tuple(row))
    said = (
        each if isinstance(each, Chore) else found[kind] and each.tell(found[kind]) for kind, each in enumerate(wanted)
    )
    return [chore for chore in said if chore]


def names_of(rows: list[Row]) -> str:
    """第一栏的名字，各说一次，没有名字的不说。"""
    return "、".join(dict.fromkeys(name for _, name, _ in rows if name))
