"""名单的导入导出：部室（带别名）、领导、用户。认不得的一律报错，只增改、不删除。"""

from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db import models
from tablib import Dataset

from yingshang.tables.lists import Choice, Name, Named, Names, Row, StrictMeta, StrictResource, Whole, YesNo, column
from yingshang.tables.normalising import name_key, squeeze

from . import organisation
from .models import Department, DepartmentAlias, Leader, Role, User


class SaidResource(StrictResource):
    """名单：列名照单位的统称写；写着“部室”的表照样认得。"""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for field in self.fields.values():
            field.column_name = organisation.worded(field.column_name)

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        dataset.headers = [organisation.worded(header) for header in dataset.headers or []]
        super().before_import(dataset, **kwargs)


class DepartmentResource(SaidResource):
    """部室与别名。别名只增不删：表里少写了已有的别名是错误。"""

    slug = column("slug", "网址代号")
    name = column("name", "简称", Name())
    full_name = column("full_name", "全称")
    alias_names = column("alias_names", "别名", Names())
    order = column("order", "排序", Whole())
    is_active = column("is_active", "在用", YesNo())
    source_note = column("source_note", "来源说明")

    class Meta(StrictMeta):
        model = Department
        name = "部室"
        import_id_fields = ["slug"]
        fields = ["slug", "name", "full_name", "alias_names", "order", "is_active", "source_note"]

    def get_queryset(self) -> models.QuerySet[Department]:
        return super().get_queryset().prefetch_related("aliases")

    def after_init_instance(self, instance: Any, new: bool, row: Row, **kwargs: Any) -> None:
        instance.alias_names = [] if new else _aliases(instance)

    def dehydrate_alias_names(self, department: Department) -> str:
        return "、".join(_aliases(department))

    def import_instance(self, instance: Any, row: Row, **kwargs: Any) -> None:
        """少写了已有的别名的抛出 ValidationError。"""
        before = list(instance.alias_names)
        super().import_instance(instance, row, **kwargs)
        if dropped := [name for name in before if name not in instance.alias_names]:
            raise ValidationError({"别名": f"少了已有的别名“{'、'.join(dropped)}”。导入只增不删，请补上。"})
        instance.alias_names = [*before, *(name for name in instance.alias_names if name not in before)]

    def after_save_instance(self, instance: Any, row: Row, **kwargs: Any) -> None:
        """新写的别名建起来；与别的部室重名的抛出 ValidationError。"""
        have = set(instance.aliases.values_list("name", flat=True))
        for name in instance.alias_names:
            if name not in have:
                alias = DepartmentAlias(department=instance, name=name, is_confirmed=True)
                self._check(alias)
                alias.save()

    @staticmethod
    def _check(alias: DepartmentAlias) -> None:
        try:
            alias.full_clean()
        except ValidationError as error:
            raise ValidationError({"别名": f"“{alias.name}”：" + "".join(error.messages)}) from error


def _aliases(department: Department) -> list[str]:
    return [alias.name for alias in department.aliases.all()]


class LeaderResource(SaidResource):
    """领导。职务只照文件写，没有就空着。表里、名单里有同名的，连职务认。"""

    name = column("name", "姓名", Name())
    post = column("post", "职务")
    group_role = column("group_role", "领导小组", Choice(Leader.GroupRole.choices))
    department = column("department", "所在部室", Named(Department))
    order = column("order", "排序", Whole())
    is_active = column("is_active", "在任", YesNo())
    source_note = column("source_note", "来源说明")

    class Meta(StrictMeta):
        model = Leader
        name = "领导"
        import_id_fields = ["name"]
        fields = ["name", "post", "group_role", "department", "order", "is_active", "source_note"]

    def row_keys(self, dataset: tablib.Dataset) -> list[str]:
        """表里同名的几行，连职务才是一个。"""
        names = [name_key(name) for name in dataset["姓名"]]
        posts = dataset["职务"] if "职务" in dataset.headers else [""] * len(names)
        self.repeated = {name for name in names if names.count(name) > 1}
        return [f"{n}（{name_key(post)}）" if n in self.repeated else n for n, post in zip(names, posts, strict=True)]

    def get_instance(self, instance_loader: Any, row: Row) -> Any:
        """按姓名找；有同名的按姓名与职务找。说不清的抛出 ValidationError。"""
        name = squeeze(str(row.get("姓名") or ""))
        found = list(Leader.objects.filter(name__iexact=name)) if name else []
        if len(found) < 2 and name_key(name) not in self.repeated:
            return found[0] if found else None
        post = squeeze(str(row.get("职务") or ""))
        same = next((one for one in found if squeeze(one.post) == post), None)
        if same is None and len(found) > 1:
            said = "”“".join(one.called for one in found)
            raise ValidationError(
                {"职务": f"名单里有几位“{name}”，职务对不上：“{said}”。请照名单写职务；另一位新的请逐个新增。"}
            )
        return same


class NamedLeader(Named):
    """指一位领导：有同名的，连职务写。"""

    def __init__(self) -> None:
        super().__init__(Leader)

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> Any:
        """说不清是哪一位的抛出 ValueError。"""
        name = squeeze(str(value or ""))
        found = list(Leader.objects.filter(models.Q(called__iexact=name) | models.Q(name__iexact=name)))
        if len(found) > 1:
            said = "”“".join(one.called for one in found)
            raise ValueError(f"“{name}”说不清是哪一位：名单里有“{said}”。请连职务写。")
        return found[0] if found else super().clean(value, row, **kwargs)


class UserResource(SaidResource):
    """用户。没有密码列；能改的只有列出的几样，是否进得了后台不在其中；管理员账户不能用表格建立或改动。"""

    username = column("username", "登录名")
    name = column("name", "姓名")
    role = column("role", "角色", Choice(Role.choices))
    department = column("department", "部室", Named(Department))
    leader = column("leader", "对应领导", NamedLeader())
    office_phone = column("office_phone", "办公电话")
    email = column("email", "邮箱")
    is_active = column("is_active", "在用", YesNo())

    class Meta(StrictMeta):
        model = User
        name = "用户"
        import_id_fields = ["username"]
        fields = ["username", "name", "role", "department", "leader", "office_phone", "email", "is_active"]

    def init_instance(self, row: Row | None = None) -> User:
        """新账户没有可用的密码：管理员在后台设了初始密码才能登录。"""
        user = super().init_instance(row)
        user.set_unusable_password()
        return user

    def after_init_instance(self, instance: Any, new: bool, row: Row, **kwargs: Any) -> None:
        instance.was_administrator = not new and instance.is_administrator

    def before_save_instance(self, instance: Any, row: Row, **kwargs: Any) -> None:
        """管理员账户的抛出 ValidationError。"""
        if instance.is_administrator or instance.was_administrator:
            raise ValidationError({"角色": "管理员账户不能用表格建立或改动，请在后台逐个办理。"})
