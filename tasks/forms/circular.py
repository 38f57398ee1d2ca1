"""通报的表单：新建、修改、重取数字、印发。"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from yingshang.forms import CheckList, SegRadioSelect
from yingshang.tables.normalising import clean_text

from ..figures.numbers import plain
from ..models import Circular, Plan, ReportingPeriod
from ..models.circular import section_name
from ..papers.circular import SECTION_MAX
from .filters import FilterForm, PageForm

# 由数字写成的几种；请示另有一页起草（petition）。
COUNTED = [(key, label) for key, label in Circular.Kind.choices if key != Circular.Kind.PETITION]


def too_long(name: str) -> str:
    """超过字数时的说法。"""
    return name + "最多 %(limit_value)d 字，现有 %(show_value)d 字。"


class CircularFilterForm(FilterForm):
    """通报清单的筛选。"""

    kind = forms.ChoiceField(label="种类", required=False, choices=[("", "全部"), *Circular.Kind.choices])
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)


class CircularFiguresForm(PageForm):
    """数字一览：只看哪一个数（键，见 `figures.contract.Figures`），第几页。"""

    of = forms.SlugField(required=False, max_length=40)


class CircularAddForm(forms.Form):
    """新建：哪一种、哪一期；汇报可以跨几期。"""

    fields: dict[str, Any]

    kind = forms.ChoiceField(label="种类", choices=COUNTED, widget=SegRadioSelect, initial="circular")
    period = forms.ModelChoiceField(
        label="截至哪一期", queryset=ReportingPeriod.objects.none(), to_field_name="slug", empty_label=None
    )
    first_period = forms.ModelChoiceField(
        label="从哪一期起",
        queryset=ReportingPeriod.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label="只写这一期",
        help_text="只有汇报可以跨几期，如半年汇报从 3 月起。",
    )

    def __init__(self, *args: Any, plan: Plan | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        opened = ReportingPeriod.objects.filter(plan=plan).opened().order_by("-starts_on")
        self.fields["period"].queryset = self.fields["first_period"].queryset = opened

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        period, first = data.get("period"), data.get("first_period") or data.get("period")
        if period is None or first is None:
            return data
        if first.starts_on > period.starts_on:
            self.add_error("first_period", "“从哪一期起”不能晚于“截至哪一期”。")
        elif first != period and data.get("kind") != Circular.Kind.REPORT:
            self.add_error("first_period", "只有汇报可以跨几期；通报、简报请选“只写这一期”。")
        return data | {"first_period": first}


@dataclass(frozen=True)
class CircularPart:
    """修改草稿的一节。`is_taken` 是他没有动过、换成了别人刚存的；`theirs` 是两个人都改过的：哪一样，别人刚存的是什么。"""

    key: str
    name: str
    heading: BoundField
    text: BoundField
    is_edited: bool
    is_taken: bool
    theirs: list[tuple[str, str]]

    @property
    def is_text_clashing(self) -> bool:
        """正文两个人都改了：输入框上写明是您写的。"""
        return any(what == "正文" for what, _ in self.theirs)

    @property
    def is_heading_open(self) -> bool:
        return bool(self.heading.errors) or any(what == "小标题" for what, _ in self.theirs)


class CircularEditForm(forms.Form):
    """修改草稿：标题，各节的标题与正文；`rewrite` 是重取数字时要重写的节。

    `opened` 是打开时各栏的记号：别人先存了的，一比就知道哪几栏是他改的，哪几栏只是原样交回来（`merge`）。
    """

    fields: dict[str, Any]

    title = forms.CharField(
        label="标题", max_length=200, error_messages={"required": "请写标题。", "max_length": too_long("标题")}
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    opened = forms.CharField(required=False, widget=forms.HiddenInput)
    rewrite = forms.MultipleChoiceField(label="按新数字重写", required=False, widget=CheckList)

    def __init__(self, *args: Any, circular: Circular, **kwargs: Any) -> None:
        self.circular = circular
        self.taken: list[str] = []
        self.theirs: dict[str, str] = {}
        initial = {"title": circular.title, "version": circular.version, "rewrite": untouched(circular)}
        kwargs.setdefault("initial", initial | {"opened": marks(stored_in(circular))})
        super().__init__(*args, **kwargs)
        self.fields["rewrite"].choices = [
            (s["key"], section_name(s)) for s in circular.sections if s["key"] != "correction"
        ]
        for section in circular.sections:
            key, name = section["key"], section_name(section)
            self.fields[f"heading_{key}"] = forms.CharField(
                label=f"“{name}”的小标题",
                max_length=60,
                required=False,
                initial=section["heading"],
                error_messages={"max_length": too_long(f"“{name}”的小标题")},
            )
            self.fields[f"text_{key}"] = forms.CharField(
                label=f"“{name}”的正文",
                max_length=SECTION_MAX,
                initial=section["text"],
                widget=forms.Textarea(attrs={"rows": rows_for(section["text"])}),
                error_messages={
                    "required": f"“{name}”没有内容，没有的请写“无”。",
                    "max_length": too_long(f"“{name}”的正文"),
                },
            )

    def clean_title(self) -> str:
        """标题是一行：能把文字倒排的控制符不留，免得下载的文件名被冒充成别的扩展名。"""
        title = " ".join(plain(self.cleaned_data["title"]).split())
        if not title:
            raise forms.ValidationError("请写标题。")
        return title

    @property
    def parts(self) -> list[CircularPart]:
        """各节：称呼、两个输入框、有没有改过；别人刚存过的，另有换成了什么、要他看什么。"""
        return [self._part(section) for section in self.circular.sections]

    def _part(self, section: dict[str, Any]) -> CircularPart:
        names = {"小标题": f"heading_{section['key']}", "正文": f"text_{section['key']}"}
        return CircularPart(
            section["key"],
            section_name(section),
            self[names["小标题"]],
            self[names["正文"]],
            is_edited(section),
            any(name in self.taken for name in names.values()),
            [(what, self.theirs[name]) for what, name in names.items() if name in self.theirs],
        )

    def merge(self, current: Circular) -> None:
        """别人先存了（`current`）：他没有动过的各栏换成别人刚存的，两个人改得不同的留着他写的，记下别人的给他看。

        没有动过，是交来的与打开时的记号相同；没有记号、记号不对的，算动过。换掉的只是打开时的原文，所写的一字不丢。
        """
        data: Any = self.data
        opened = dict(one.rpartition(":")[::2] for one in data.get("opened", "").split())
        now = stored_in(current)
        for name, stored in now.items():
            typed = mark(data.get(name, ""))
            if typed == mark(stored):
                continue
            if typed == opened.get(name):
                data[name] = stored
                self.taken.append(name)
                if "rows" in self.fields[name].widget.attrs:
                    self.fields[name].widget.attrs["rows"] = rows_for(stored)
            elif mark(stored) != opened.get(name):
                self.theirs[name] = stored
        # “重写”的勾是打开时替他打上的：别人刚改过的节，不能凭它盖掉
        moved = {name for name, stored in now.items() if mark(stored) != opened.get(name)}
        written = {
            s["key"] for s in current.sections if is_edited(s) and moved & {f"heading_{s['key']}", f"text_{s['key']}"}
        }
        data["opened"] = marks(now)
        data.setlist("rewrite", [key for key in data.getlist("rewrite") if key not in written])
        self.circular = current

    @property
    def content(self) -> dict:
        """交给 workflow 的各节。"""
        data = self.cleaned_data
        return {
            s["key"]: {
                "heading": plain(data[f"heading_{s['key']}"]).strip(),
                "text": plain(data[f"text_{s['key']}"]).strip(),
            }
            for s in self.circular.sections
        }


class CircularIssueForm(forms.Form):
    """印发前的勾：已核对；取数之后数字又变了的、签发以后又改过的，各另勾一个。"""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    checked = forms.BooleanField(
        label="正文、附表与数字已经核对一致", error_messages={"required": "请先勾选“正文、附表与数字已经核对一致”。"}
    )
    accept_stale = forms.BooleanField(label="仍按取数时的数字印发，之后的变化不计入", required=False)
    accept_changed = forms.BooleanField(label="签发以后的改动不再送签，仍照现在这一稿印发", required=False)

    def __init__(self, *args: Any, circular: Circular, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if circular.is_petition:
            said = "正文、主送、联系人已经核对"
            self.fields["checked"].label = said
            self.fields["checked"].error_messages["required"] = f"请先勾选“{said}”。"


def stored_in(circular: Circular) -> dict[str, str]:
    """存着的标题、各节，照表单的栏名。"""
    found = {"title": circular.title}
    for section in circular.sections:
        found |= {f"heading_{section['key']}": section["heading"], f"text_{section['key']}": section["text"]}
    return found


def marks(texts: Mapping[str, str]) -> str:
    """各栏的记号，放在一个隐藏的栏里交回来。"""
    return " ".join(f"{name}:{mark(text)}" for name, text in texts.items())


def mark(text: str) -> str:
    """一段文字的记号。空白、全半角怎么写不论，与存的时候看改过没有一样（`workflow.circular.unsaved`）。"""
    return hashlib.sha256(clean_text(text).encode()).hexdigest()[:16]


class CircularDiscardForm(forms.Form):
    """作废前的勾：作废了就回不来。"""

    prefix = "discard"  # 与印发的表单在同一页上

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    sure = forms.BooleanField(label="确定作废，不再恢复", error_messages={"required": "请先勾选“确定作废，不再恢复”。"})


def edited(circular: Circular) -> list[str]:
    """改过的各节的称呼。"""
    return [section_name(s) for s in circular.sections if is_edited(s)]


def is_edited(section: dict[str, Any]) -> bool:
    """这一节与系统按数字写的不同。"""
    return section.get("auto", [section["heading"], section["text"]]) != [section["heading"], section["text"]]


def untouched(circular: Circular) -> list[str]:
    """没有改过的节：重取数字时默认重写。"""
    return [s["key"] for s in circular.sections if not is_edited(s)]


def rows_for(text: str) -> int:
    """输入框的行数：按一行约 48 字估，2 到 24 行。"""
    lines = sum(len(line) // 48 + 1 for line in text.split("\n"))
    return max(2, min(24, lines))
