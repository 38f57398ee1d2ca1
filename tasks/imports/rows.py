"""导入方案修订时各步骤之间传递的数据：文件里的一行、一处问题、一次读取的结果。

读与比较不碰数据库、不看请求、不读时钟：名单、限额、年度一律由调用者给出。
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

# 字段 → 界面上的列名。顺序即预览里列出差异的顺序。
FIELD_LABELS = {
    "number": "序号",
    "title": "举措名称",
    "text": "具体内容",
    "leaders": "牵头领导",
    "departments": "牵头部室",
    "lead_label": "牵头栏写法",
    "deadline": "完成时限",
    "kind": "类型",
    "cooperating": "配合单位",
    "targets": "量化目标",
}
# 台账里只供看的列：导出时写，导入时列明不采用。
STATUS_LABELS = {
    "parts": "项次",
    "light": "灯",
    "reason": "判灯理由",
    "percent": "进度",
    "pace": "序时进度",
    "reports": "本期报送",
    "texts": "本期进展",
    "problems": "存在问题",
    "next_steps": "下步打算",
    "coordination": "需协调事项",
    "values": "量化目标与完成值",
    "due_on": "原定时限",
    "due_now": "现定时限",
}
KIND_LABELS = {"indicator": "指标类", "milestone": "节点类", "routine": "常态类"}
ALL_DEPARTMENTS = "各部室"
COMPOSED = "“具体内容”各行都不含举措名称，已按“名称。内容”合成原文，请核对。"


@dataclass(frozen=True)
class Names:
    """调用者所知道的名单：领导、部室的规范简称，以及别名（含全称）→ 简称。

    `namesakes`：有几位同名的领导，姓名 → 各怎么叫。只写姓名的说不清是哪一位。
    """

    leaders: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    namesakes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    proposing: bool = False  # 新方案：名单里没有的，提为拟新增，不算错


@dataclass(frozen=True)
class Aim:
    """一个量化目标：数值照原文，`quote` 是逐字的摘录。取值同 `models.Target`。从文件提出的待办公室核定。"""

    name: str
    operator: str  # ge / le / eq
    value: str
    unit: str
    strength: str  # must / strive / apply
    quote: str


@dataclass(frozen=True)
class Fault:
    """一处问题：在哪一行、哪一列、原值是什么，以及一句完整的话。"""

    line: int
    column: str
    value: str
    message: str
    unknown: str = ""  # 不在哪一份名单里（leaders / departments）：页面给出去后台新增的链接

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class MeasureRow:
    """文件所说的一项举措；字符串都已规整（不是 NFKC，标点保持原样）。"""

    number: str
    title: str
    text: str
    leaders: tuple[str, ...]
    departments: tuple[str, ...]
    all_departments: bool = False
    deadline: str = ""  # 完成时限原文；空 = 文件未规定
    due_on: date | None = field(default=None, compare=False)  # 由时限推得，只用于提醒
    kind: str | None = None  # indicator / milestone / routine；None = 文件没有说
    lead_label: str = "部室"  # 文件写的是“牵头部室”还是“牵头部门”
    line: int = field(default=0, compare=False)  # 表格行号或文本行号，只用于提示
    cooperating: tuple[str, ...] = ()  # 配合单位，照文件所写；名单里有的用规范简称
    section: str = field(default="", compare=False)  # 在哪一节、哪一组：文件里的各级标题，一级一行
    collective: str = field(default="", compare=False)  # 各部室共担的，文件怎么写（各部门、各有关单位）
    aims: tuple[Aim, ...] = field(default=(), compare=False)  # 文件里的量化目标，待办公室核定；现行的一项，是核定了的
    pending: tuple[Aim, ...] = field(default=(), compare=False)  # 现行的一项：提出了、还没有核定的


@dataclass(frozen=True)
class Live:
    """现行方案里的一项：数据库编号与内容。"""

    id: int
    row: MeasureRow


@dataclass
class Reading:
    """读一份文件的结果。`errors` 非空时不得导入；`warnings` 须逐条确认。"""

    kind: str  # xlsx / csv / docx / txt
    rows: list[MeasureRow] = field(default_factory=list)
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # 没有导入的东西，逐条列明
    notes: list[str] = field(default_factory=list)  # 照常读了、但应当让人知道的事
    columns_present: set[str] = field(default_factory=set)
    head: dict = field(default_factory=dict)  # 文号、日期、总体目标等，只有文件正文才有
    sheet: str = ""
    proposed: dict[str, list[str]] = field(default_factory=dict)  # 拟新增的领导、部室（新方案）
    composed: bool = False  # 原文是按“名称。内容”合成的

    @property
    def row_count(self) -> int:
        return len(self.rows)

    def to_json(self) -> dict:
        """预览页日后还要显示的事实，只含 JSON 基本类型；各行与差异另存在比较结果里。"""
        head = {
            name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
            for name, value in self.head.items()
        }
        for name in ("members", "safeguards"):
            if name in head:
                head[name] = [list(item) for item in head[name]]
        return {
            "kind": self.kind,
            "sheet": self.sheet,
            "row_count": self.row_count,
            "columns_present": sorted(self.columns_present),
            "errors": [vars(problem) for problem in self.errors],
            "warnings": [vars(problem) for problem in self.warnings],
            "ignored": list(self.ignored),
            "notes": list(self.notes),
            "head": head,
        }
