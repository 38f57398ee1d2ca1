"""后台清单的导入导出：格式、从严的控件与资源、两个后台混入。

django-import-export 原样用会不出声地丢数据（docs/decisions.md 有十九条实测），这里逐条补上：
不认识的名字、列、选项一律是错误；有一处错就整份不写；文字不成公式；预览页合于 CSP。
"""

import io
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import tablib
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from import_export import fields, resources, widgets
from import_export.admin import ExportMixin, ImportMixin
from import_export.formats.base_formats import CSV, XLSX, Format
from import_export.forms import ConfirmImportForm, ExportForm, ImportForm
from import_export.results import Result
from import_export.tmp_storages import BaseStorage
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from .. import clock
from . import cells
from .guards import file_kind
from .limits import Limits, Unreadable
from .normalising import clean_line, name_key, squeeze
from .sheets import Faulty, Value, column_letter, read_csv, read_xlsx

DRAFT_SECONDS = 3600
Row: TypeAlias = dict[str, Any]  # 名单的一行：列名 → 一格


# ── 格式 ──────────────────────────────────────────────────


def read_table(data: bytes, extension: str) -> tablib.Dataset:
    """一张名单：列名在第一行，各行原样（含空行，行号才对得上）。读不了抛 `Unreadable`。"""
    limits = Limits(settings.PLAN_MAX_BYTES, settings.PLAN_MAX_UNPACKED_BYTES, settings.PLAN_MAX_ROWS)
    kind = file_kind(data, f"名单.{extension}", limits)
    sheets = read_csv(data, limits) if kind == "csv" else read_xlsx(data, limits).sheets
    sheet = max((s for s in sheets if s.rows), key=lambda s: len(s.rows.get(1, ())), default=None)
    if sheet is None or 1 not in sheet.rows:
        raise Unreadable("第1行须是列名。请参照导出的表格调整后重新上传。")
    if sheet.too_large:
        raise sheet.too_large
    headers = {column: clean_line(_text(1, column, value)) for column, value in sorted(sheet.rows[1].items())}
    dataset = tablib.Dataset(headers=list(headers.values()))
    for line in range(2, max(sheet.rows) + 1):
        found = sheet.rows.get(line, {})
        stray = next((column for column in found if column not in headers), None)
        if stray:
            raise Unreadable(f"第{line}行{column_letter(stray)}列没有列名。请补上列名或删去这一格后重新上传。")
        dataset.append([_text(line, column, found.get(column, "")) for column in headers])
    return dataset


def _text(line: int, column: int, value: Value | Faulty) -> str:
    if isinstance(value, Faulty):
        raise Unreadable(f"第{line}行{column_letter(column)}列是错误值或公式（{value.shown}）。请改成文字后重新上传。")
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)


class TextXLSX(XLSX):
    """xlsx：写出的每一格都是文字；读入经过与方案修订同样的核对。"""

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        return read_table(in_stream, "xlsx")

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        book = Workbook()
        sheet = book.active
        sheet.title = cells.writable(dataset.title or "清单")[:31]
        for number, row in enumerate([dataset.headers, *dataset], start=1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(number, column)
                cells.put(cell, str(value))
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                if number == 1:
                    cell.font = Font(bold=True)
        for column, header in enumerate(dataset.headers, start=1):
            longest = max((cells.width(str(v).split("\n")[0]) for v in dataset[header]), default=0)
            sheet.column_dimensions[get_column_letter(column)].width = min(60, max(longest, cells.width(header)) + 3)
        sheet.freeze_panes = "A2"
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()


class GuardedCSV(CSV):
    """csv：UTF-8（带 BOM，Excel 才认得）；像公式的文字前加撇号，读入时去掉；GBK 也读。"""

    def is_binary(self) -> bool:
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> tablib.Dataset:
        return read_table(in_stream, "csv")

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        plain = tablib.Dataset(*([cells.to_csv(v) for v in row] for row in dataset), headers=dataset.headers)
        return plain.export("csv").encode("utf-8-sig")


# ── 控件：认不得就报错 ────────────────────────────────────


class Text(widgets.CharWidget):
    """一行文字：去掉首尾空白与看不见的字符；空着就是空串，不是空值。"""

    def __init__(self) -> None:
        super().__init__(coerce_to_string=True, allow_blank=True)

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> Any:
        return clean_line(super().clean(value, row, **kwargs) or "")


class Name(Text):
    """名字：里面的空白也不要。"""

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> Any:
        return squeeze(super().clean(value, row, **kwargs))


class Whole(Text):
    """0 到 9999 的整数；空着为 0。"""

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> Any:
        text = super().clean(value, row, **kwargs)
        if text and not (text.isascii() and text.isdigit() and len(text) < 5):
            raise ValueError(f"“{text}”不是 0 到 9999 的整数。")
        return int(text or 0)


class Choice(Text):
    """几个选项之一，表里写中文；别的写法是错误（自带的布尔控件会把它当成空）。"""

    def __init__(self, choices: Iterable[tuple[Any, str]]) -> None:
        super().__init__()
        self.labels = dict(choices)
        self.values = {label: value for value, label in self.labels.items()}

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> Any:
        text = super().clean(value, row, **kwargs)
        if text not in self.values:
            raise ValueError(f"“{text}”认不得，请填{'、'.join(self.values)}之一。")
        return self.values[text]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(self.labels.get(value, value if value is not None else ""))


def YesNo() -> Choice:
    return Choice([(True, "是"), (False, "否")])


class Named(widgets.ForeignKeyWidget):
    """按名字指一个人或一个部室；不在名单里的是错误，绝不丢掉。"""

    def __init__(self, model: type[models.Model], **kwargs: Any) -> None:
        super().__init__(model, field="name", **kwargs)

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> Any:
        name = squeeze(str(value or ""))
        if not name:
            return None
        found = self.model.objects.filter(name__iexact=name).first()
        if found is None:
            raise ValueError(f"“{name}”不在{self.model._meta.verbose_name}名单中。请先添加，或核对写法。")
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(value) if value else ""


class Names(Text):
    """一格里的几个名字，分隔与方案导入相同；得到去重、保序的一列名字。"""

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> Any:
        parts = (squeeze(part) for part in cells.NAME_SEPARATORS.split(str(value or "")))
        return list(dict.fromkeys(part for part in parts if part))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "、".join(map(str, value or ()))


def column(attribute: str, label: str, widget: widgets.Widget | None = None, **kwargs: Any) -> fields.Field:
    """一列：每一列都明写控件，默认是文字。"""
    return fields.Field(attribute=attribute, column_name=label, widget=widget or Text(), **kwargs)


class PlainDiff(resources.Diff):
    """预览里的前后：不写行内样式（严格 CSP 不认），文字一律转义。"""

    def as_html(self) -> list[str]:
        return [
            format_html("{}", after)
            if before == after or self.new
            else format_html("<del>{}</del> <ins>{}</ins>", before, after)
            for before, after in zip(self.left, self.right, strict=True)
        ]


class StrictResource(resources.ModelResource):
    """从严的资源。子类在 Meta 里写 `import_id_fields`（一个），其余列都可缺：缺的列不动。"""

    @classmethod
    def get_diff_class(cls) -> type[PlainDiff]:
        return PlainDiff

    def import_data(self, dataset: tablib.Dataset, **kwargs: Any) -> Any:
        """只要有一行不合格，就一行也不写。"""
        return super().import_data(dataset, **{**kwargs, "rollback_on_validation_errors": True})

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """列名不对、同一个名字写了两行的抛出 Unreadable。"""
        known = [field.column_name for field in self.get_import_fields()]
        key = self.fields[self.get_import_id_fields()[0]].column_name
        headers = dataset.headers or []
        if key not in headers:
            raise Unreadable(f"缺少“{key}”列；找到的列：{'、'.join(headers) or '无'}。")
        if unknown := [h for h in headers if h not in known]:
            raise Unreadable(f"不认识的列：{'、'.join(unknown)}。请删去，或参照导出的表格改正列名。")
        if len(set(headers)) != len(headers):
            raise Unreadable("有重复的列名。请只保留一列。")
        lines: dict[str, int] = {}
        for line, (value, same) in enumerate(zip(dataset[key], self.row_keys(dataset), strict=True), start=2):
            if same and same in lines:
                raise Unreadable(f"第{lines[same]}行与第{line}行的“{key}”都是“{clean_line(value)}”。请只保留一行。")
            lines[same] = line

    def row_keys(self, dataset: tablib.Dataset) -> list[str]:
        """各行凭什么认：两行一样的是同一个。"""
        return [name_key(value) for value in dataset[self.fields[self.get_import_id_fields()[0]].column_name]]

    def skip_row(
        self, instance: Any, original: Any, row: Row, import_validation_errors: dict[str, Any] | None = None
    ) -> bool:
        """空行跳过；没有变化的跳过。"""
        if not any(str(value).strip() for value in row.values()):
            return True
        return super().skip_row(instance, original, row, import_validation_errors)

    def validate_instance(
        self, instance: Any, import_validation_errors: dict[str, Any] | None = None, validate_unique: bool = True
    ) -> None:
        """不合格的抛出 ValidationError，错误按列名说，不按字段名。"""
        try:
            super().validate_instance(instance, import_validation_errors, validate_unique)
        except ValidationError as error:
            labels = {field.attribute: field.column_name for field in self.fields.values()}
            named = {labels.get(name, name): found for name, found in error.error_dict.items()}
            raise ValidationError(named) from error


class StrictMeta:
    """各资源的 Meta 都继承它。"""

    skip_unchanged = True
    report_skipped = True
    clean_model_instances = True
    use_transactions = True
    store_instance = True  # 记安全日志要知道各行由什么改成什么


class ExportResource(resources.ModelResource):
    """只导出的资源：`columns` 里一个列名一个函数，取出一格。导入一律拒绝。"""

    columns: dict[str, Callable[[Any], object]] = {}

    def __init__(self, user: AbstractBaseUser | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.user = user
        self.fields = {label: fields.Field(column_name=label, widget=Text(), readonly=True) for label in self.columns}

    def export_field(self, field: fields.Field, instance: Any, **kwargs: Any) -> str:
        value = self.columns[field.column_name](instance)
        return "" if value is None else str(value)

    def import_data(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("这份清单只导出，不导入。")


# ── 后台 ──────────────────────────────────────────────────


class DraftStorage(BaseStorage):
    """预览与确认之间暂存的文件：在数据目录里，名字随机，过时的随手清掉。"""

    @property
    def path(self) -> Path:
        folder = settings.DATA_DIR / "import-drafts"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / self.name

    def save(self, data: bytes) -> None:
        self.name = secrets.token_hex(16)
        oldest = clock.real_now().timestamp() - DRAFT_SECONDS
        for old in self.path.parent.iterdir():
            if old.stat().st_mtime < oldest:
                old.unlink(missing_ok=True)
        self.path.write_bytes(data)

    def read(self) -> bytes:
        return self.path.read_bytes()

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


class SignedConfirmForm(ConfirmImportForm):
    """确认单上的暂存文件名是签了名的：改不了，也指不到别人的文件。"""

    user: AbstractBaseUser

    def clean_import_file_name(self) -> str:
        """改过的、过时的抛出 ValidationError。"""
        signed = self.cleaned_data["import_file_name"]
        try:
            name = signing.loads(signed, salt=f"import-{self.user.pk}", max_age=DRAFT_SECONDS)
        except signing.BadSignature:
            name = ""
        if not name or not DraftStorage(name=name).path.exists():
            raise ValidationError("预览已经过时或已经导入过，请重新上传文件。")
        return name


class SafeExportMixin(ExportMixin):
    """导出：只有 xlsx 与 csv，文件名是中文。"""

    export_formats = [TextXLSX, GuardedCSV]
    export_form_class = ExportForm

    def export_action(self, request: HttpRequest) -> HttpResponseBase:
        """网址里有看不懂的筛选条件时，回到没有条件的导出页。"""
        try:
            return super().export_action(request)
        except IncorrectLookupParameters:
            return redirect(request.path)

    def get_export_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"user": request.user}

    def get_export_filename(self, request: HttpRequest, queryset: models.QuerySet, file_format: Format) -> str:
        return f"{self.opts.verbose_name}_{clock.today():%Y%m%d}.{file_format.get_extension()}"

    def _do_file_export(
        self,
        file_format: Format,
        request: HttpRequest,
        queryset: models.QuerySet,
        export_form: ExportForm | None = None,
    ) -> HttpResponse:
        data = self.get_export_data(file_format, request, queryset, export_form=export_form)
        response = HttpResponse(data, content_type=file_format.get_content_type())
        name = self.get_export_filename(request, queryset, file_format)
        response["Content-Disposition"] = content_disposition_header(True, name)
        return response


class StrictImportMixin(ImportMixin):
    """导入名单：要有新增与修改两样权限；有错就不写，也不说“成功”。"""

    import_formats = [TextXLSX, GuardedCSV]
    tmp_storage_class = DraftStorage
    confirm_form_class = SignedConfirmForm

    def has_import_permission(self, request: HttpRequest) -> bool:
        return (
            super().has_import_permission(request)
            and self.has_add_permission(request)
            and self.has_change_permission(request)
        )

    def create_confirm_form(self, request: HttpRequest, import_form: ImportForm | None = None) -> SignedConfirmForm:
        form = super().create_confirm_form(request, import_form)
        form.user = request.user
        return form

    def get_confirm_form_initial(self, request: HttpRequest, import_form: ImportForm | None) -> dict[str, Any]:
        initial = super().get_confirm_form_initial(request, import_form)
        if initial:
            initial["import_file_name"] = signing.dumps(initial["import_file_name"], salt=f"import-{request.user.pk}")
        return initial

    def add_data_read_fail_error_to_form(self, form: ImportForm, e: Exception) -> None:
        message = str(e) if isinstance(e, Unreadable) else "文件读不了。请另存为 .xlsx 或 UTF-8 的 .csv 后重新上传。"
        form.add_error("import_file", message)

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """预览之后库里又变了，确认时也可能出错：照实说，什么也没写。"""
        if not (result.has_errors() or result.has_validation_errors()):
            return super().process_result(result, request)
        messages.error(request, "没有导入：名单在预览之后有变化，或有不合格的行。什么也没有写入，请改好后重新上传。")
        context = self.admin_site.each_context(request) | {
            "title": "导入",
            "opts": self.opts,
            "result": result,
            "form": None,
            "fields_list": [],
        }
        return TemplateResponse(request, [self.import_template_name], context, status=422)


class StrictImportExportMixin(StrictImportMixin, SafeExportMixin):
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
