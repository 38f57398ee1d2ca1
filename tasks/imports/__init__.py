"""导入方案修订：读文件 → 与现行方案比较 → 生效。

    reading = read_plan(data, filename, names=names, limits=Limits(), plan_year=2023)
    comparison = compare(live, reading)      # reading.errors 非空时只显示错误

前两步（这里导出的全部）是纯函数：不查库（只借用模型里的几个名称）、没有请求、不读时钟，所以测试不需要数据库。
写数据库的只有 applying。
"""

from yingshang.tables.limits import Limits, Unreadable

from .comparing import Change, Comparison, compare, row_from_json, row_to_json
from .differing import FieldChange
from .documents import PlanMeasure, PlanText, parse_text, text_to_plan
from .marking import mark
from .numbers import normalise_number, number_key, position
from .reading import read_plan
from .rows import Fault, Live, MeasureRow, Names, Reading

__all__ = [
    "Change",
    "Comparison",
    "FieldChange",
    "Limits",
    "Live",
    "Names",
    "PlanMeasure",
    "PlanText",
    "Fault",
    "Reading",
    "MeasureRow",
    "Unreadable",
    "compare",
    "mark",
    "normalise_number",
    "number_key",
    "parse_text",
    "position",
    "read_plan",
    "row_from_json",
    "row_to_json",
    "text_to_plan",
]
