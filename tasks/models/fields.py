"""各模块共用的取值范围：库里绝不容许的日期与数值，表单与约束都用这里的。"""

import datetime as dt
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

FIRST_DAY = dt.date(2000, 1, 1)
LAST_DAY = dt.date(2099, 12, 31)
DATE_RANGE = [
    MinValueValidator(FIRST_DAY, "日期不能早于 2000年1月1日。"),
    MaxValueValidator(LAST_DAY, "日期不能晚于 2099年12月31日。"),
]
# 报送正文的上限：约两页公文；更长的应作附件。
TEXT_MAX = 2000


class BoundedDateField(models.DateField):
    """限于 2000–2099 年的日期。0001 年之类的值曾使 PostgreSQL 上整页读不出来。"""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("validators", DATE_RANGE)
        super().__init__(*args, **kwargs)


def date_constraint(name: str, *fields: str) -> models.CheckConstraint:
    """库一级的日期范围约束；空值不受限。"""
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": FIRST_DAY, f"{field}__lte": LAST_DAY})
    return models.CheckConstraint(
        condition=condition, name=name, violation_error_message="日期须在 2000 年至 2099 年之间。"
    )


def person(label: str, **kwargs: Any) -> "models.ForeignKey[Any, Any]":
    """指向用户的外键；不给用户加反向名字。"""
    return models.ForeignKey("departments.User", models.PROTECT, related_name="+", verbose_name=label, **kwargs)
