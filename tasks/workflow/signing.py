"""拟稿 → 核稿 → 签发 → 印发：草稿上记谁核过、谁签的；印发以后存签发、盖章件的扫描。

核签都由办公室记：领导在打印的发文稿纸上签字，办公室照签的录入。没有核签不拦着印发（有的单位不用这一步），页面上说一声。
"""

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from departments.models import Leader, User
from departments.requests import Anyone
from yingshang.refusals import Refused

from ..models import Attachment, Circular, Signing
from ..rules import permissions
from ..rules.evidence import Checked
from .circular import locked_circular, record_circular, same_version
from .steps import Step, check, keep_file

C = Circular.Status
K = Signing.Kind


def _office(user: Anyone, circular: Circular) -> bool:
    """办公室"""
    return permissions.can_issue_circulars(user)


STEPS: dict[str, Step[Circular]] = {
    "check_circular": Step("核稿", (C.DRAFT,), C.DRAFT, _office, note="记下核的是哪一稿"),
    "sign_circular": Step("记下签发", (C.DRAFT,), C.DRAFT, _office, note="照稿纸上签的录入"),
    "scan_circular": Step("存签发件扫描", (C.ISSUED,), C.ISSUED, _office),
}


def check_circular(circular: Circular, *, by: User, at: dt.datetime, version: int) -> Signing:
    """核稿。同一稿自己核过的不再记。抛 PermissionDenied、Refused、Conflict。"""
    with locked_circular(circular) as current:
        check(STEPS["check_circular"], current, by, at)
        same_version(current, version)
        if Signing.objects.filter(circular=current, kind=K.CHECKED, by=by, version=current.version).exists():
            raise Refused("这一稿您已经核过，没有再改，不用再核。")
        made = Signing.objects.create(circular=current, kind=K.CHECKED, version=current.version, by=by, at=at)
        record_circular("circular_check", "核稿", current, by, at)
        return made


def sign_circular(
    circular: Circular,
    *,
    by: User,
    at: dt.datetime,
    version: int,
    leader: Leader,
    signed_on: dt.date,
    opinion: str = "",
) -> Signing:
    """记下哪位领导哪天签发、什么意见。抛 PermissionDenied、Refused、Conflict。"""
    with locked_circular(circular) as current:
        check(STEPS["sign_circular"], current, by, at)
        same_version(current, version)
        if signed_on > timezone.localdate(at):
            raise Refused("签发日期不能晚于今天。")
        if Signing.objects.filter(circular=current, kind=K.SIGNED, leader=leader, version=current.version).exists():
            raise Refused(f"这一稿{leader}签发过，已经记下，不用再记。")
        made = Signing.objects.create(
            circular=current, kind=K.SIGNED, version=current.version, leader=leader, signed_on=signed_on,
            opinion=opinion.strip(), by=by, at=at,
        )  # fmt: skip
        record_circular("circular_sign", f"{leader}签发"[:36], current, by, at, note=made.opinion)
        return made


def scan_circular(circular: Circular, *, by: User, at: dt.datetime, uploads: Sequence[Checked]) -> list[Attachment]:
    """存签发件、盖章件的扫描，随这一份留着。抛 PermissionDenied、Refused。"""
    if not uploads:
        raise Refused("请选签发件或盖章件的扫描、照片。")
    with locked_circular(circular) as current:
        check(STEPS["scan_circular"], current, by, at)
        kept = [keep_file(upload, by, at, circular=current) for upload in uploads]
        record_circular("circular_scan", "存签发件扫描", current, by, at, note="、".join(file.name for file in kept))
        return kept
