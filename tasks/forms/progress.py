"""一条报送的表单。"""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.functional import lazy

from departments import organisation
from departments.models import Department
from yingshang import dates
from yingshang.forms import CheckList, PercentInput, SegRadioSelect, UnitInput

from ..models import CoordinationRequest, Measure, Milestone, Progress, Target
from .attachment import EvidenceField

PERCENT = "请填 0 到 100 之间的整数。"
# 完成值填错了怎么说；百分比另有上限。
NUMBER = {
    "invalid": "请填数字，如 12 或 0.5。",
    "min_value": "不能是负数。",
    "max_value": "数字太大了，请核对单位。",
    "max_digits": "数字太长了，请核对。",
    "max_whole_digits": "数字太大了，请核对单位。",
    "max_decimal_places": "最多三位小数。",
}
SHARE = NUMBER | {"min_value": "请填 0 到 100 之间的数。", "max_value": "这是百分比，请填 0 到 100 之间的数。"}


_office = lazy(lambda: organisation.current().office, str)


class ProgressForm(forms.ModelForm):
    """填报。`last` 是上一次报送，用来预填和比较；`final` 为真时按报送核对，否则按草稿。"""

    fields: dict[str, Any]

    # 这次已经收下的材料的名字（别处写错了，材料不用再选）。
    kept: Sequence[str] = ()
    # 点了“本期无变化”，而写着的这几样会被盖掉：先问。正文空着的，可以其余照报。
    over: Sequence[str] = ()
    can_go_along = False
    # 写了一半时办了旁边的一件事（移除材料、撤回同事那一份）：办了什么，写的还没有存。
    aside = ""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    evidence = EvidenceField()

    class Meta:
        model = Progress
        fields = Progress.CONTENT
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
            "percent": "",
        }

    def __init__(
        self,
        *args: Any,
        last: Progress | None = None,
        targets: Sequence[Target] = (),
        milestones: Sequence[Milestone] = (),
        rooms: Iterable[Department] = (),
        final: bool = True,
        **kwargs: Any,
    ) -> None:
        instance = kwargs["instance"]
        kwargs.setdefault("prefix", f"p{instance.pk}")
        self.last, self.final, self.targets, self.milestones = last, final, targets, milestones
        kwargs["initial"] = self._initial(instance, last) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.kind = instance.assignment.measure.kind
        self.fields["text"].label = f"{instance.period.short_name}进展"
        self.fields["stage"].choices = Progress.Stage.choices
        self._measured_by(targets)
        self.before = {v.target_id: v.value for v in last.values.all()} if last else {}
        for target in targets:
            self.fields[f"target_{target.pk}"] = self._target_field(target)
        self.rooms = {str(d.pk): d for d in rooms if d.pk != instance.assignment.department_id}
        self.fields["coordinate_with"] = self._coordination_field(instance, self.rooms)
        if milestones:
            self.fields["ticks"] = self._ticks_field(instance, milestones)
        self._require(final, instance.is_returned)

    def _measured_by(self, targets: Sequence[Target]) -> None:
        """填进度还是填完成值。"""
        if self.kind == Measure.Kind.MILESTONE:
            codes = ("invalid", "min_value", "max_value")
            self.fields["percent"].error_messages |= dict.fromkeys(codes, PERCENT)
            return
        del self.fields["percent"]
        self.fields["decline_reason"].label = "原因"  # 没有“进度”，是完成值比上次差或没有数
        if not targets:
            del self.fields["decline_reason"]

    def _require(self, final: bool, is_returned: bool) -> None:
        """报送的必填，草稿的都可以空；已退回的存草稿仍是“已退回”，正文不能空（库里有约束）。"""
        said = {"text": "请写本期进展；没有新进展也要写明原因。", "percent": "请填完成进度，0 到 100 之间的整数。"}
        for name in {"stage", *said} & self.fields.keys():
            self.fields[name].required = final or (is_returned and name == "text")
            if name in said:
                self.fields[name].error_messages["required"] = said[name]

    @staticmethod
    def _initial(instance: Progress, last: Progress | None) -> dict[str, Any]:
        initial: dict[str, Any] = {"version": instance.version}
        if instance.is_untouched and last:
            initial |= {"stage": last.stage, "percent": last.percent}
        source = last if instance.is_untouched else instance
        if source:
            initial |= {f"target_{v.target_id}": v.value.normalize() for v in source.values.all()}
        return {k: (f"{v:f}" if k.startswith("target_") else v) for k, v in initial.items()}

    @staticmethod
    def _target_field(target: Target) -> forms.DecimalField:
        is_share = target.unit == "%"
        return forms.DecimalField(
            label=target.name,
            required=False,
            min_value=0,
            max_value=100 if is_share else 999999999,
            max_digits=12,
            decimal_places=3,
            error_messages=SHARE if is_share else NUMBER,
            widget=UnitInput(target.unit, attrs={"min": 0} | ({"max": 100} if is_share else {})),
            help_text=f"目标 {target.get_operator_display()}{target.value.normalize():f}{target.unit}（{target.get_strength_display()}）",
        )

    @staticmethod
    def _coordination_field(instance: Progress, rooms: dict[str, Department]) -> forms.ChoiceField:
        chosen = (
            max(instance.coordination_requests.all(), key=lambda r: (r.created_at, r.pk), default=None)
            if instance.pk
            else None
        )
        field = forms.ChoiceField(
            label="请谁协调",
            required=False,
            choices=[
                ("", "请选择"),
                (CoordinationRequest.OFFICE, _office()),  # 排出来才问叫什么，交的时候不问
                *((key, room.name) for key, room in rooms.items()),
            ],
            initial=(str(chosen.to_department_id or CoordinationRequest.OFFICE)) if chosen else "",
            help_text="报送后会出现在对方的待办里，直到对方答复。",
            error_messages={"invalid_choice": "这个部室不能选，请另选一个。"},
        )
        field.optional_note = "有需协调事项时选"  # type: ignore[attr-defined]  # 只给字段模板看的
        return field

    @staticmethod
    def _ticks_field(instance: Progress, milestones: Sequence[Milestone]) -> forms.MultipleChoiceField:
        return forms.MultipleChoiceField(
            label="完成了的节点",
            required=False,
            choices=[(str(m.pk), f"{m.name}（{dates.full(m.due_on)}到期）") for m in milestones],
            initial=[str(tick.milestone_id) for tick in instance.ticks.all()],
            widget=CheckList,
            help_text="完成一个勾一个，审核通过后算完成。没有完成的不勾。",
            error_messages={"invalid_choice": "有的节点刚刚变了（已认定完成或已取消），请核对后再勾。"},
        )

    @property
    def ticked(self) -> list[Milestone] | None:
        """勾了的节点；没有可勾的为 None（不动）。"""
        if "ticks" not in self.fields:
            return None
        chosen = self.cleaned_data["ticks"]
        return [m for m in self.milestones if str(m.pk) in chosen]

    @property
    def target_fields(self) -> list[forms.BoundField]:
        """量化目标的输入框，模板里排在“完成值”一组。"""
        return [self[f"target_{t.pk}"] for t in self.targets]

    @property
    def needs_decline_reason(self) -> bool:
        """要显示原因一栏：已写过，或刚被要求写（没有数的也写在这里）。"""
        asking = ["decline_reason", *(f"target_{t.pk}" for t in self.targets)]
        return "decline_reason" in self.fields and bool(
            self["decline_reason"].value() or any(name in self.errors for name in asking)
        )

    @property
    def decline_note(self) -> str:
        """什么时候要写原因。"""
        return "比上次低时才要写" if "percent" in self.fields else "比上次差、或没有数时才要写"

    @property
    def decline_label(self) -> str:
        return "进度下降的原因" if "percent" in self.fields else "原因"

    @property
    def has_more(self) -> bool:
        """问题、协调、打算有写的、有错的，那一栏要展开。"""
        names = ("problems", "coordination", "next_steps", "coordinate_with")
        return any(self[name].value() or self[name].errors for name in names)

    @property
    def comparisons(self) -> str | None:
        """脚本据此判断是不是比上次差：每组“输入框,上次的数,变大还是变小算差”，各组用空格隔开。非写原因不可的为 None。"""
        if self.needs_decline_reason:
            return None
        found: list[tuple] = []
        if "percent" in self.fields and self.last and self.last.percent is not None:
            found.append((self["percent"].id_for_label, self.last.percent, "less"))
        for target in self.targets:
            worse = {"ge": "less", "le": "more"}.get(target.operator)
            if worse and target.pk in self.before:
                found.append((self[f"target_{target.pk}"].id_for_label, f"{self.before[target.pk]:f}", worse))
        return " ".join(",".join(str(item) for item in group) for group in found)

    def clean_text(self) -> str:
        return self.cleaned_data["text"].strip()

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        percent, before = data.get("percent"), self.last.percent if self.last else None
        has_declined = percent is not None and before is not None and percent < before
        if self.final and has_declined and not data.get("decline_reason", "").strip():
            self.add_error("decline_reason", f"进度比上次低（{before}%→{percent}%），请写明原因。")
        if self.final and data.get("stage") == Progress.Stage.NOT_STARTED and (percent or 0) > 0:
            self.add_error("stage", "选了“未启动”，完成进度却大于 0，请核对。")
        if self.final:
            self._check_targets(data)
            self._check_coordination(data)
        return data

    def _check_targets(self, data: dict[str, Any]) -> None:
        """指标类要有数，没有数的写明原因；比上次差的写明原因。"""
        reason = (data.get("decline_reason") or "").strip()
        for target in self.targets:
            value, before = data.get(f"target_{target.pk}"), self.before.get(target.pk)
            if reason or f"target_{target.pk}" in self.errors:
                continue
            if value is None and self._is_wanted(target):
                said = "没有变化请保留上次的数" if before is not None else "没有变化的填目前的数"
                self.add_error(f"target_{target.pk}", f"请填完成值；{said}，确实没有数的在下面写明原因。")
            elif value is not None and before is not None and target.is_worse(value, before):
                change = f"{before.normalize():f}→{value.normalize():f}{target.unit}"
                self.add_error("decline_reason", f"{target.name}比上次差（{change}），请写明原因。")

    def _is_wanted(self, target: Target) -> bool:
        """这个数该由本部室填：指标类，且写明由本部室报、只有本部室牵头，或本部室上次填过。"""
        if self.kind != Measure.Kind.INDICATOR:
            return False
        part = self.instance.assignment
        leads = [a for a in part.measure.assignments.all() if a.ended_in_id is None]
        return target.department_id == part.department_id or len(leads) == 1 or target.pk in self.before

    def _check_coordination(self, data: dict[str, Any]) -> None:
        said, asked = (data.get("coordination") or "").strip(), data.get("coordinate_with")
        if asked and not said:
            self.add_error("coordination", "请写明要请对方协调什么；不需要协调的，下面改回“请选择”。")
        elif said and not asked and not self.has_error("coordinate_with"):
            self.add_error("coordinate_with", "写了需协调事项，请选由谁协调，否则没有人会看到。")

    @property
    def asked(self) -> Department | str | None:
        """请哪个部室协调（或 OFFICE：领导小组办公室）；没有选的为 None。"""
        chosen = self.cleaned_data.get("coordinate_with", "")
        return chosen if chosen == CoordinationRequest.OFFICE else self.rooms.get(chosen)

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
