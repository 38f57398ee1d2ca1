"""搜索只有这一处：几个词都要有；序号、件号、领导、部室（全称、别名也算）找得到；全半角、大小写、引号的样子不论。

都是 SQL：没有大小写之分的字（汉字、数字）直接找。PostgreSQL 不论大小写时先把每一行变成大写再比，两万项要多用两三倍的时间；
二字词多，三字组的索引帮不上，所以是逐行看。词数有限，一次搜索的查询就有限。
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from django.db.models import Q, QuerySet

from departments.models import Department, DepartmentAlias, Leader
from yingshang.tables.normalising import clean

from ..models import EditionLeader, MeasureLeader

MOST = 8  # 再多的词不看：网址是人敲的，也可能是机器造的
APART = re.compile("[\\s“”‘’\"'「」『』＂＇，、；;]+")
NUMBERED = re.compile(r"第?(\d{1,4}(?:-\d{1,3})?|[一二三四五六七八九十百零]{1,7})(项|条|号)?\Z")
DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")}
TENS = {"十": 10, "百": 100}
# 早先存的可能是全角：半角的词，全角的写法也找。
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@dataclass(frozen=True)
class Word:
    """一个词。`number` 是它说的序号或件号（“第八项”“8”→ 8），不是的为空；`unit` 是“项”“号”，没有写的为空。"""

    text: str
    number: str = ""
    unit: str = ""

    def within(self, *columns: str) -> Q:
        """这几栏里有一栏有这个词。"""
        how = "contains" if self.text.lower() == self.text.upper() else "icontains"
        wide = (text.translate(WIDE) for text in (self.text.lower(), self.text.upper()))  # SQLite 只认半角的大小写
        forms = dict.fromkeys((self.text, *wide))
        return reduce(or_, (Q(**{f"{column}__{how}": form}) for column in columns for form in forms))

    def measure(self, column: str) -> Q:
        """就是这一项。"""
        return Q(**{column: self.number}) if self.number and self.unit in ("", "项", "条") else Q(pk__in=[])

    def problem(self, column: str) -> Q:
        """就是这一件问题。"""
        is_one = self.number.isdigit() and self.unit in ("", "号")
        return Q(**{column: int(self.number)}) if is_one else Q(pk__in=[])

    @property
    def rooms(self) -> QuerySet[Department]:
        """叫这个名字的部室：简称、全称、别名。"""
        aliases = DepartmentAlias.objects.filter(self.within("name")).values("department")
        return Department.objects.filter(self.within("name", "full_name") | Q(pk__in=aliases))

    @property
    def leaders(self) -> QuerySet[Leader]:
        """叫这个名字的领导。"""
        return Leader.objects.filter(self.within("called"))

    @property
    def led(self) -> QuerySet[MeasureLeader]:
        """他现在牵头的各项。"""
        return MeasureLeader.objects.filter(leader__in=self.leaders)

    @property
    def led_then(self) -> QuerySet[EditionLeader]:
        """他当时牵头的各项。"""
        return EditionLeader.objects.filter(leader__in=self.leaders)


def every(q: str, one: Callable[[Word], Q]) -> Q:
    """每一个词都要合：`one` 说一个词怎样算合。"""
    return reduce(and_, (one(word) for word in words(q)), Q())


def words(q: str) -> Iterator[Word]:
    """拆成词：空白、引号、顿号隔开；全角的字母、数字、％ 变半角。"""
    found = [part for part in APART.split(clean(q)) if part]
    for text in dict.fromkeys(found[:MOST]):
        match = NUMBERED.match(text.removeprefix("问题"))
        number = _arabic(match[1]) if match and (match[1][0].isdigit() or match[2]) else ""
        yield Word(text, number, (match[2] or "") if match and number else "")


def _arabic(written: str) -> str:
    """八 → 8，二十一 → 21；阿拉伯数字去掉前面的零。"""
    if written[0] in "0123456789":
        main, _, sub = written.partition("-")
        return f"{int(main)}-{int(sub)}" if sub else str(int(main))
    total, digit = 0, 0
    for character in written:
        if character in TENS:
            total, digit = total + (digit or 1) * TENS[character], 0
        else:
            digit = DIGITS[character]
    return str(total + digit)
