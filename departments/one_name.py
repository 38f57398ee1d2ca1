"""名单里的名字：没有空白，不分大小写只有一个。部室、别名、领导都守这条规矩。"""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Replace

from yingshang.tables.normalising import squeeze

from .organisation import later


class OneName(models.Model):
    """名单里的一条：名字先规整（没有空白，全角字母、数字变半角）再核对、再存，所以“财务 部”就是“财务部”，不论从哪里来。

    不另做一种字段：库里的表达式会把它与一般的文字当成两种类型。
    """

    name: models.CharField

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name = squeeze(self.name or "")
        super().save(*args, **kwargs)

    def clean_fields(self, exclude: Any = None) -> None:
        self.name = squeeze(self.name or "")
        super().clean_fields(exclude)


def without_blanks(name: str, what: str) -> models.CheckConstraint:
    """名字里没有空白。"""
    bare: Any = F("name")
    for blank in (" ", "\u3000", "\u00a0", "\t", "\n"):
        bare = Replace(bare, models.Value(blank), models.Value(""))
    said: Any = later(f"{what}里不能有空白。")
    return models.CheckConstraint(condition=Q(name=bare), name=f"{name}_without_blanks", violation_error_message=said)


def one_name(name: str, what: str) -> list[Any]:
    """名字在库里的两条约束：没有空白；不分大小写也只有一个。"""
    return [
        without_blanks(name, what),
        models.UniqueConstraint(
            Lower("name"),
            name=f"{name}_unique",
            violation_error_message=later(f"已有同样的{what}（空白、全半角、大小写不论）。"),
        ),
    ]
