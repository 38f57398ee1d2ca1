"""名单：空表、读到的各行、建好的各样、密码条。"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import tablib
from django.conf import settings

from departments import roster
from departments.models import User
from yingshang.tables.limits import Unreadable

from ..forms import RosterForm, RosterUploadForm

MOST_ERRORS = 50


def blank() -> tablib.Dataset:
    """空表：只有列名。"""
    return tablib.Dataset(headers=list(roster.LABELS.values()), title="名单")


def read(form: RosterUploadForm) -> roster.Sheet | None:
    """读上传的表；读不了的、行里有错的，都说在表单上，返回 None。"""
    file = form.cleaned_data["file"]
    try:
        sheet = roster.read(file.read(), file.name)
    except Unreadable as error:
        form.add_error("file", str(error))
        return None
    for said in sheet.errors[:MOST_ERRORS]:
        form.add_error("file", said)
    return None if sheet.errors else sheet


def preview(form: RosterForm) -> dict[str, Any]:
    """要建的各样；认得的不再建。"""
    entries = [row.entry for row in form.entries]
    return {
        "form": form,
        "departments": sum(bool(entry.code) for entry in entries),
        "accounts": sum(bool(entry.name and not entry.is_known) for entry in entries),
        "known": sum(entry.is_known for entry in entries),
    }


def lines(made: roster.Made) -> list[str]:
    """记进安全日志的各行。"""
    return [f"新增 {each}" for each in (*made.departments, *made.leaders, *made.users)]


def _where(user: User) -> str:
    """在哪里：部室；领导写职务。"""
    return str(user.department or (user.leader and user.leader.post) or "")


def slips(given: Sequence[tuple[User, str]], host: str) -> dict[str, Any]:
    """密码条：谁、登录名、首次密码、网址。"""
    site = urlsplit(settings.SITE_URL).netloc if settings.SITE_URL_IS_SET else host
    rows = [(user, _where(user), password) for user, password in given]
    return {"slips": rows, "site": site, "days": settings.FIRST_PASSWORD_DAYS}
