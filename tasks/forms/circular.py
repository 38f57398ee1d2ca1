"""通报的表单：新建、修改、重取数字、印发。"""

from typing import Any

from django import forms

from yingshang.forms import CheckList, SegRadioSelect

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


class CircularEditForm(forms.Form):
    """修改草稿：标题，各节的标题与正文；`rewrite` 是重取数字时要重写的节。"""

    fields: dict[str, Any]

    title = forms.CharField(
        label="标题", max_length=200, error_messages={"required": "请写标题。", "max_length": too_long("标题")}
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    rewrite = forms.MultipleChoiceField(label="按新数字重写", required=False, widget=CheckList)

    def __init__(self, *args: Any, circular: Circular, **kwargs: Any) -> None:
        self.circular = circular
        kwargs.setdefault(
            "initial", {"title": circular.title, "version": circular.version, "rewrite": untouched(circular)}
        )
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
    def parts(self) -> list:
        """各节：键、称呼、两个输入框、有没有改过。"""
        return [
            (s["key"], section_name(s), self[f"heading_{s['key']}"], self[f"text_{s['key']}"], is_edited(s))
            for s in self.circular.sections
        ]

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
    """印发前的勾：已核对；取数之后数字又变了的另勾一个。"""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    checked = forms.BooleanField(
        label="正文、附表与数字已经核对一致", error_messages={"required": "请先勾选“正文、附表与数字已经核对一致”。"}
    )
    accept_stale = forms.BooleanField(label="仍按取数时的数字印发，之后的变化不计入", required=False)

    def __init__(self, *args: Any, circular: Circular, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if circular.is_petition:
            said = "正文、主送、联系人已经核对"
            self.fields["checked"].label = said
            self.fields["checked"].error_messages["required"] = f"请先勾选“{said}”。"


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
