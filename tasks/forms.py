"""表单：值是否写得对。谁可以、现在可不可以，不在这里。"""
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import cached_property

from yingshang.forms import DateInput, PercentInput, SegRadioSelect, UnitInput

from . import evidence
from .models import ManualLight, Measure, Progress, ReportingPeriod
from .models.fields import DATE_RANGE

MAX_FILES = 5


class EvidenceInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class EvidenceField(forms.FileField):
    """一次可选几份材料；每份都核对，问题一起说。"""

    def __init__(self, **kwargs):
        widget = EvidenceInput(attrs={"multiple": True, "accept": evidence.ACCEPT})
        super().__init__(required=False, widget=widget, label="佐证材料", **kwargs)
        self.help_text = "图片、PDF、Word、Excel，一次至多 5 个，单个不超过 20 MB。平时不必上传，办结时再附即可。"

    def clean(self, data, initial=None):
        uploads = [u for u in (data if isinstance(data, (list, tuple)) else [data]) if u]
        if len(uploads) > MAX_FILES:
            raise ValidationError(f"一次最多传 {MAX_FILES} 个文件，这次选了 {len(uploads)} 个。")
        checked, errors = [], []
        for upload in uploads:
            try:
                checked.append(evidence.check(upload))
            except ValidationError as error:
                errors.extend(error.messages)
        if errors:
            raise ValidationError(errors)
        return checked

    def clean_or_empty(self, data) -> list:
        """核对过的材料；有一份不合格就一份也不收（错误由表单照常说明）。"""
        try:
            return self.clean(data)
        except ValidationError:
            return []


class ProgressForm(forms.ModelForm):
    """填报。`last` 是上一次报送，用来预填和比较；`final` 为真时按报送核对，否则按草稿。"""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    evidence = EvidenceField()

    class Meta:
        model = Progress
        fields = ["stage", "percent", "decline_reason", "text", "problems", "coordination", "next_steps"]
        widgets = {
            "stage": SegRadioSelect,
            "percent": PercentInput,
            "decline_reason": forms.TextInput,
            "text": forms.Textarea(attrs={"rows": 4}),
            "problems": forms.Textarea(attrs={"rows": 2}),
            "coordination": forms.Textarea(attrs={"rows": 2}),
            "next_steps": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "text": "没有新进展也要报，写明原因即可。",
            "problems": "什么问题、卡在哪里。",
            "coordination": "需要谁解决、希望何时解决。",
            "decline_reason": "进度比上期低时须写。",
            "percent": "",
        }

    def __init__(self, *args, last=None, targets=(), final=True, **kwargs):
        instance = kwargs["instance"]
        kwargs.setdefault("prefix", f"p{instance.pk}")
        self.last, self.final, self.targets = last, final, targets
        kwargs["initial"] = self._initial(instance, last) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.kind = instance.assignment.measure.kind
        self.fields["text"].label = f"{instance.period.short_name}进展"
        self.fields["stage"].choices = Progress.Stage.choices
        if self.kind != Measure.Kind.MILESTONE:
            del self.fields["percent"], self.fields["decline_reason"]
        for target in targets:
            self.fields[f"target_{target.pk}"] = self._target_field(target)
        if not final:
            for name in ("stage", "text", "percent"):
                if name in self.fields:
                    self.fields[name].required = False
        else:
            self.fields["text"].required = True
            self.fields["text"].error_messages["required"] = "请写本期进展；没有新进展也要写明原因。"
            if "percent" in self.fields:
                self.fields["percent"].required = True
                self.fields["percent"].error_messages["required"] = "请填完成进度，0 到 100 之间的整数。"

    @staticmethod
    def _initial(instance, last):
        initial = {"version": instance.version}
        if instance.status == Progress.Status.MISSING and last:
            initial |= {"stage": last.stage, "percent": last.percent}
        source = instance if instance.status != Progress.Status.MISSING else last
        if source:
            initial |= {f"target_{v.target_id}": v.value.normalize() for v in source.values.all()}
        return {k: (f"{v:f}" if k.startswith("target_") else v) for k, v in initial.items()}

    @staticmethod
    def _target_field(target):
        return forms.DecimalField(
            label=target.name,
            required=False,
            min_value=0,
            max_value=999999999,
            max_digits=12,
            decimal_places=3,
            widget=UnitInput(target.unit, attrs={"min": 0}),
            help_text=f"目标 {target.get_operator_display()}{target.value.normalize():f}{target.unit}（{target.get_strength_display()}）",
        )

    @property
    def target_fields(self):
        """量化目标的输入框，模板里排在“完成值”一组。"""
        return [self[f"target_{t.pk}"] for t in self.targets]

    @property
    def needs_decline_reason(self) -> bool:
        """要显示“进度下降的原因”：已写过，或刚被要求写。"""
        return "decline_reason" in self.fields and bool(
            self["decline_reason"].value() or self.errors.get("decline_reason")
        )

    def clean_text(self):
        return self.cleaned_data["text"].strip()

    def clean(self):
        data = super().clean()
        percent, before = data.get("percent"), self.last.percent if self.last else None
        if self.final and percent is not None and before is not None and percent < before:
            if not data.get("decline_reason", "").strip():
                self.add_error("decline_reason", f"进度比上次低（{before}%→{percent}%），请写明原因。")
        if self.final and data.get("stage") == Progress.Stage.NOT_STARTED and (percent or 0) > 0:
            self.add_error("stage", "选了“未启动”，完成进度却大于 0，请核对。")
        return data

    @property
    def content(self) -> dict:
        """交给 workflow 的正文字段。"""
        content = {name: self.cleaned_data[name] for name in self.Meta.fields if name in self.cleaned_data}
        if not content.get("stage"):
            content.pop("stage", None)
        return content

    @property
    def values(self) -> dict:
        """目标 → 完成值；没填的为 None。"""
        return {t: self.cleaned_data.get(f"target_{t.pk}") for t in self.targets}


class ReasonForm(forms.Form):
    """只有一个理由的表单：退回、重新开放。"""

    reason = forms.CharField(
        label="理由",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "必须写明理由。"},
    )


class ManualLightForm(forms.ModelForm):
    class Meta:
        model = ManualLight
        fields = ["level", "reason"]
        widgets = {"level": SegRadioSelect, "reason": forms.TextInput}
        error_messages = {"reason": {"required": "定灯必须写明理由。"}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = ManualLight.Level.choices


class FilterForm(forms.Form):
    """GET 筛选。所有 GET 参数都经过它；写错的、不认识的按没填处理，不报错。"""

    @cached_property
    def chosen(self) -> dict:
        """有效的筛选条件。"""
        self.is_valid()
        return {k: v for k, v in self.cleaned_data.items() if v not in (None, "")}

    @property
    def is_filtered(self) -> bool:
        """排序、翻页之外还有条件。"""
        return bool(set(self.chosen) - {"sort", "page"})

    @property
    def words(self) -> str:
        """筛选条件用话说：红灯、审批中心。"""
        named = [(name, value) for name, value in self.chosen.items() if name not in ("sort", "page")]
        return "、".join(self._word(name, value) for name, value in named)

    def _word(self, name, value) -> str:
        field = self.fields[name]
        return str(dict(field.choices).get(value, value)) if type(field) is forms.ChoiceField else str(value)

    def query_without(self, *names) -> str:
        """去掉某几个参数后的查询串，给翻页、排序链接用。"""
        data = QueryDict(mutable=True)
        for name, value in self.data.items():
            if name in self.fields and name not in names and value:
                data[name] = value
        return data.urlencode()


class MeasureSettingsForm(forms.ModelForm):
    """办公室核定：文件没有规定、要由办公室定的几样。"""

    class Meta:
        model = Measure
        fields = ["kind", "start_on", "due_on", "summary_department"]
        widgets = {"kind": SegRadioSelect, "start_on": DateInput, "due_on": DateInput}
        help_texts = {
            "kind": "指标类看完成值，节点类看进度，常态类看是否按期报送。",
            "start_on": "空着表示随方案印发即启动。",
            "due_on": "空着表示文件未规定，判灯时按年底算序时进度，不判到期。",
            "summary_department": "共同牵头时由谁汇总；空着表示未指定。",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = Measure.Kind.choices
        leading = [a.department for a in self.instance.assignments.filter(ended_in=None).select_related("department")]
        self.fields["summary_department"].queryset = self.fields["summary_department"].queryset.filter(
            pk__in=[d.pk for d in leading]
        )
        self.fields["summary_department"].empty_label = "未指定"
        self.targets = list(self.instance.targets.all())
        for target in self.targets:
            field = forms.ModelChoiceField(
                label=f"“{target.name}”由谁填报",
                queryset=self.fields["summary_department"].queryset,
                required=False,
                initial=target.department_id,
                empty_label="各牵头部室都可以报",
            )
            self.fields[f"target_{target.pk}"] = field

    def clean(self):
        data = super().clean()
        start, due = data.get("start_on"), data.get("due_on")
        if start and due and due <= start:
            self.add_error("due_on", "完成时限须晚于计划启动日期。")
        return data

    @property
    def settled(self) -> dict:
        """交给 workflow 的核定内容。"""
        fields = {name: self.cleaned_data[name] for name in self.Meta.fields}
        owners = {t: self.cleaned_data[f"target_{t.pk}"] for t in self.targets}
        return {"fields": fields, "target_owners": owners}


class EventFilterForm(FilterForm):
    """操作记录的筛选。"""

    q = forms.CharField(label="搜索", required=False, max_length=50)
    measure = forms.CharField(label="举措序号", required=False, max_length=10)
    since = forms.DateField(label="从", required=False, widget=DateInput, validators=DATE_RANGE)
    until = forms.DateField(label="到", required=False, widget=DateInput, validators=DATE_RANGE)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)


class PlanUploadForm(forms.Form):
    """上传方案修订，或用一份文件建新方案。"""

    TARGETS = [("current", "修订现行方案"), ("new", "建立新方案")]

    target = forms.ChoiceField(label="导入为", choices=TARGETS, widget=SegRadioSelect, initial="current")
    file = forms.FileField(
        label="文件",
        help_text="台账表格（.xlsx、.csv）或印发的正文（.docx、.txt）。老式 .xls、WPS .et 请先另存为 .xlsx。",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.docx,.txt"}),
        error_messages={"required": "请选择文件。", "empty": "这是空文件，请核对后重新选择。"},
    )
    note = forms.CharField(label="修订说明", max_length=300, required=False, help_text="如：根据 9 月 12 日主任办公会调整")
    year = forms.IntegerField(label="新方案年度", required=False, min_value=2000, max_value=2099)
    title = forms.CharField(label="新方案名称", required=False, max_length=200, help_text="正文里有名称的可以不填")

    def __init__(self, *args, has_plan=True, **kwargs):
        super().__init__(*args, **kwargs)
        if not has_plan:
            self.fields["target"].choices = self.TARGETS[1:]
            self.fields["target"].initial = "new"

    def clean(self):
        data = super().clean()
        if data.get("target") == "new" and not data.get("year"):
            self.add_error("year", "请写新方案是哪一年的。")
        return data


class RevisionConfirmForm(forms.Form):
    """确认前的两个勾：已核对；有退出的另勾一个；退出过多的还要写出项数。"""

    checked = forms.BooleanField(error_messages={"required": "请先勾选“已与印发文件核对一致”。"})
    removals_checked = forms.BooleanField(required=False)
    removed_count = forms.IntegerField(required=False, min_value=0, max_value=100_000)

    def __init__(self, *args, removed=0, many=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.removed, self.many = removed, many

    def clean(self):
        data = super().clean()
        if self.removed and not data.get("removals_checked"):
            self.add_error("removals_checked", f"有 {self.removed} 项将退出现行方案，请单独勾选同意退出。")
        if self.many and data.get("removed_count") != self.removed:
            self.add_error("removed_count", f"退出的超过四分之一，请写出退出的项数（{self.removed}）再确认。")
        return data


class PeriodExtendForm(forms.ModelForm):
    reason = forms.CharField(label="理由", max_length=300, error_messages={"required": "延长截止日必须写明理由。"})

    class Meta:
        model = ReportingPeriod
        fields = ["due_on"]
        widgets = {"due_on": DateInput}


class PeriodYearForm(forms.Form):
    """一次建一年的月度报送期。"""

    first_month = forms.IntegerField(label="从几月", min_value=1, max_value=12, initial=1)
    last_month = forms.IntegerField(label="到几月", min_value=1, max_value=12, initial=12)
    due_day = forms.IntegerField(
        label="每月截止日", min_value=1, max_value=28, help_text="1 到 28 之间，2 月也有这一天"
    )

    def clean(self):
        data = super().clean()
        if data.get("first_month", 1) > data.get("last_month", 12):
            self.add_error("last_month", "“到几月”不能早于“从几月”。")
        return data


class MeasureFilterForm(FilterForm):
    """举措清单与总览的筛选。"""

    SORTS = [("number", "按序号"), ("light", "红黄在前"), ("leader", "按领导"), ("department", "按部室")]
    LIGHTS = [("", "全部灯"), ("red", "红灯"), ("yellow", "黄灯"), ("green", "绿灯"), ("done", "已完成"), ("not_started", "未启动")]
    REPORTS = [
        ("", "全部报送"),
        ("missing", "未报"),
        ("draft", "草稿"),
        ("returned", "已退回"),
        ("submitted", "待审核"),
        ("approved", "已通过"),
    ]

    q = forms.CharField(label="搜索", required=False, max_length=50)
    lead = forms.ModelChoiceField(label="牵头领导", queryset=None, required=False, empty_label="全部领导", to_field_name="name")
    dept = forms.ModelChoiceField(label="牵头部室", queryset=None, required=False, empty_label="全部部室", to_field_name="slug")
    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "全部类型"), *Measure.Kind.choices])
    light = forms.ChoiceField(label="灯", required=False, choices=LIGHTS)
    report = forms.ChoiceField(label="报送", required=False, choices=REPORTS)
    sort = forms.ChoiceField(label="排序", required=False, choices=SORTS)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        from departments.models import Department, Leader

        super().__init__(*args, **kwargs)
        self.fields["lead"].queryset = Leader.objects.filter(measure_links__isnull=False).distinct()
        self.fields["dept"].queryset = Department.objects.all()
