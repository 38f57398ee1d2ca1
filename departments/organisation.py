"""名称与版头：哪个开发区、哪个领导小组、办公室设在哪里，公文怎么抬头、抄送谁。存在库里，管理员在一页上改。

`current()` 各处都用：看页面时与库的记号（yingshang/stamp）同一次问来，不另费查询，改了的各进程马上看得到。
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import lazy

from yingshang import prepared, stamp
from yingshang.tables.normalising import squeeze

T = TypeVar("T")
ONLY = 1  # 只有一行
UNIT = "部室"  # 代码与模板里一律这样写
_LAST = {"unit": UNIT}
NONE = "无"  # 版头的一栏写“无”：不要；空着：照名称写
# 正在答的请求：同一次请求里各处说的是同一个名称。
ASKED: ContextVar[HttpRequest | None] = ContextVar("organisation_asked", default=None)


# 承担任务的怎样统称。
UNITS = [(word, word) for word in ("部室", "部门", "单位", "科室", "处室")]


def _line(label: str, length: int = 80, note: str = "", **kwargs: Any) -> Any:
    return models.CharField(label, max_length=length, blank=True, default="", help_text=note, **kwargs)


def _lines(label: str, note: str = "") -> Any:
    return models.TextField(label, max_length=300, blank=True, default="", help_text=note)


def one_organ(to: str) -> None:
    """请示只主送一个机关（党政机关公文处理工作条例第十五条）。"""
    if any(mark in to for mark in "、，,；;"):
        raise ValidationError("请示只主送一个机关，不能写几个。")


class Organisation(models.Model):
    """用这套台账的单位。模板里是 `organisation`。没有存过的，各栏是通称，开发区为空。"""

    zone = _line("开发区名称", 40, "页头、公文抬头都用它，如“某某经济开发区”")
    topic = models.CharField("这件工作", max_length=20, default="优化营商环境", help_text="接在领导小组、报告名称前面")
    group = models.CharField("领导小组", max_length=20, default="领导小组", help_text="如“领导小组”“工作专班”")
    seat = _line("办公室设在", 40, "如“行政审批局”；不写就不注明")
    product = models.CharField("系统名称", max_length=20, default="营商环境督办台账", help_text="页头与网页标题")
    unit = models.CharField(
        "承担任务的统称",
        max_length=6,
        default=UNIT,
        choices=UNITS,
        help_text="页面、表单、公文里怎样统称它们；方案原文照录",
    )
    banner = _line("页头的说明", 120, "页头下面一行，各页都有；不写就没有这一行")
    issuer = _line("发文单位", note="署名、版记、简报报头")
    head = _lines("红头", "一行一行写")
    mast = _line("简报名称", 40)
    code_circular = _line("通报的机关代字", 20, "文号“代字〔年份〕号”里年份前面的几个字；不写的文号只有年份与序号")
    code_report = _line("汇报的机关代字", 20)
    code_petition = _line("请示的机关代字", 20)
    to_circular = _line("通报主送")
    to_report = _line("汇报主送")
    to_petition = models.CharField(
        "请示主送",
        max_length=80,
        blank=True,
        default="",
        validators=[one_organ],
        help_text="只写一个机关；请示不抄送下级",
    )
    copies_circular = _lines("通报抄送", "写“无”的不印抄送")
    copies_report = _lines("汇报抄送")
    copies_bulletin = _lines("简报报送", "一行一行写，如“报：……。”“送：……。”")
    has_seal = models.BooleanField(
        "公文加盖印章", default=False, help_text="加盖印章的，署名与成文日期按加盖印章的位置排，留出盖章的地方"
    )

    class Meta:
        verbose_name = verbose_name_plural = "名称与版头"
        constraints = [
            models.CheckConstraint(
                condition=Q(pk=ONLY), name="organisation_only_one", violation_error_message="名称与版头只有一份。"
            )
        ]

    def __str__(self) -> str:
        return self.zone or self.product

    def save(self, *args: Any, **kwargs: Any) -> None:
        """只有一行：不论从哪里来，存在同一行上。"""
        self.pk = ONLY
        for name in ("zone", "topic", "group", "seat", "unit"):
            setattr(self, name, squeeze(getattr(self, name)))
        super().save(*args, **kwargs)

    @property
    def office(self) -> str:
        """领导小组办公室。"""
        return f"{self.group}办公室"

    @property
    def full_group(self) -> str:
        """优化营商环境领导小组。"""
        return f"{self.topic}{self.group}"

    @property
    def full_office(self) -> str:
        """优化营商环境领导小组办公室。"""
        return f"{self.full_group}办公室"

    @property
    def seated_office(self) -> str:
        """领导小组办公室（行政审批中心）；没有写设在哪里的不注。"""
        return f"{self.office}（{self.seat}）" if self.seat else self.office

    @property
    def backoffice(self) -> str:
        """后台的名称。"""
        return f"{self.product} · 后台"

    def worded(self, text: str) -> str:
        """我们写的话，“部室”换成这里的统称。"""
        return text.replace(UNIT, self.unit)

    def said(self) -> dict[str, str]:
        """版头各栏没有写的时候怎样写：照名称拼成。"""
        group = f"{self.zone}{self.full_group}"
        return {
            "issuer": f"{group}办公室",
            "head": "\n".join(line for line in (self.zone, f"{self.full_office}文件") if line),
            "mast": f"{self.topic}工作简报",
            "to_circular": f"各{self.unit}",
            "to_report": group,
            "to_petition": group,
            "copies_circular": f"{group}组长、副组长",
            "copies_bulletin": f"报：{group}组长、副组长。\n送：各{self.unit}。",
        }

    def letterhead(self) -> dict[str, Any]:
        """公文版头：发文单位、红头、机关代字、主送、抄送、盖不盖章，部室怎样统称。印发时随那一份公文冻结。"""
        said = self.said()

        def of(name: str) -> str:
            written = getattr(self, name).replace("\r\n", "\n").strip()
            return "" if written == NONE else written or said.get(name, "")

        return {
            "issuer": of("issuer"),
            "head": of("head").split("\n"),
            "mast": of("mast"),
            "codes": {kind: of(f"code_{kind}") for kind in ("circular", "report", "petition")} | {"bulletin": ""},
            "to": {kind: of(f"to_{kind}") for kind in ("circular", "report", "petition")} | {"bulletin": ""},
            "copies": {kind: of(f"copies_{kind}") for kind in ("circular", "report", "bulletin")} | {"petition": ""},
            "has_seal": self.has_seal,
            "unit": self.unit,
        }


def stored() -> Organisation | None:
    """存下的那一份；没有存过的为 None。"""
    return prepared.row("organisation", lambda: Organisation.objects.filter(pk=ONLY))


def current() -> Organisation:
    """现在的名称。"""
    request: Any = ASKED.get()
    if request is None:  # 命令行
        return stored() or Organisation()
    if not hasattr(request, "organisation"):
        request.organisation = _of(request)
    return request.organisation


def _of(request: Any) -> Organisation:
    """这一次请求的名称。看页面的连记号一起问（页头的待办数也用它）；交表单的记号随后就变，单问名称。"""
    if request.method not in ("GET", "HEAD"):
        return stored() or Organisation()
    stamped(request)
    return request.organisation


def stamped(request: Any) -> str:
    """库的记号（yingshang/stamp），连同名称，一次问完：名称不另费一次查询，也不会过时。两样都记在请求上，问过的不再问。"""
    if getattr(request, "stamp", ""):
        return str(request.stamp)
    fields = Organisation._meta.concrete_fields
    columns = ", ".join(f"o.{connection.ops.quote_name(str(field.column))}" for field in fields)
    table = connection.ops.quote_name(Organisation._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({stamp.ASKED}), {columns} FROM (SELECT 1 AS one) AS one LEFT JOIN {table} o ON o.id = {ONLY}"  # noqa: S608  # 都取自模型
        )
        state, *values = cursor.fetchone()
    found = zip(fields, values, strict=True)
    is_stored = values[0] is not None  # 头一列是编号
    request.organisation = (
        Organisation(**{f.attname: f.to_python(v) for f, v in found}) if is_stored else Organisation()
    )
    request.stamp = str(state)
    return request.stamp


def remembered(key: str, make: Callable[[], T]) -> T:
    """`make()` 从库里取的：看页面时同一个记号下取一次就够，记号不变就没有变。交表单的、命令行的每次都取。"""
    request = ASKED.get()
    if request is None or getattr(request, "method", "") not in ("GET", "HEAD"):
        return make()
    return stamp.once(key, stamped(request), make)


@contextmanager
def asked_by(request: HttpRequest) -> Iterator[None]:
    """答一次请求的时候。"""
    token = ASKED.set(request)
    try:
        yield
    finally:
        ASKED.reset(token)


def letterhead() -> dict[str, Any]:
    """现在的公文版头。"""
    return current().letterhead()


def unit() -> str:
    """承担任务的怎样统称。请求以外的（命令行排的邮件、库打不开的出错页）不问库，照这个进程最近知道的。"""
    if ASKED.get() is not None:
        with suppress(DatabaseError):
            _LAST["unit"] = current().unit
    return _LAST["unit"]


def worded(text: str) -> str:
    """代码里写的“部室”换成这里的统称。只用于我们写的话：方案原文、人写的话照录，不经过这里。"""
    return text.replace(UNIT, said) if UNIT in text and (said := unit()) != UNIT else text


# 载入时就写定的话（字段、模型的名称，选项，约束的话）：显示时才换。
later = lazy(worded, str)
