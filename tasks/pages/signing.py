"""发文稿纸：拟稿、核稿、签发各是谁、什么时候；公文页上的核稿、签发、扫描件。"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from departments.models import User
from yingshang import dates

from .. import workflow
from ..forms import ScanForm, SigningForm
from ..models import Circular, Signing
from ..models.plan import archived_at_hand


@dataclass(frozen=True)
class SigningRow:
    """核过、签过的一次。`is_current` 是核签的就是现在这一稿。"""

    signing: Signing
    is_current: bool
    is_own: bool

    @property
    def words(self) -> str:
        """同意印发（9月20日）；改过的说一声。"""
        said = self.signing
        when = dates.full(said.signed_on) if said.signed_on else dates.full_with_time(said.at)
        notes = ["与拟稿同一人"] if self.is_own else []
        notes += [] if self.is_current else ["之后又改过"]
        return f"{said.opinion}　{when}".strip() + (f"（{'，'.join(notes)}）" if notes else "")


@dataclass
class SigningDesk:
    """一份公文的核稿与签发。"""

    circular: Circular
    rows: list[SigningRow]
    scans: list
    can_check: bool
    form: SigningForm | None
    scan_form: ScanForm | None

    @property
    def checked(self) -> list[SigningRow]:
        return [row for row in self.rows if row.signing.kind == Signing.Kind.CHECKED]

    @property
    def signed(self) -> list[SigningRow]:
        return [row for row in self.rows if row.signing.kind == Signing.Kind.SIGNED]

    @property
    def lacking(self) -> str:
        """这一稿还差什么；都有了为空。"""
        lacks = [
            name
            for name, rows in (("核稿", self.checked), ("签发", self.signed))
            if not any(row.is_current for row in rows)
        ]
        return "、".join(lacks)


def desk_on(
    circular: Circular,
    user: User,
    today: dt.date,
    form: SigningForm | None = None,
    scan_form: ScanForm | None = None,
) -> SigningDesk:
    """公文页上的一段。印发以后稿子不再改，看的是印发以前的最后一稿。"""
    actions = () if archived_at_hand() else workflow.allowed_actions(user, circular)
    frozen = circular.version - circular.is_issued  # 印发自己也算一稿
    rows = [
        SigningRow(row, row.version == frozen, row.leader is None and row.by_id == circular.created_by_id)
        for row in Signing.objects.filter(circular=circular).select_related("leader", "by")
    ]
    blank = SigningForm(initial={"version": circular.version, "signed_on": today})
    return SigningDesk(
        circular,
        rows,
        list(circular.scans.filter(removed_at=None)),
        "check_circular" in actions,
        (form or blank) if "sign_circular" in actions else None,
        (scan_form or ScanForm()) if "scan_circular" in actions else None,
    )


def sheet(circular: Circular, user: User, today: dt.date) -> dict[str, Any]:
    """发文稿纸：一张 A4，打印出来签。"""
    head = circular.letterhead
    body = "".join(section["text"] for section in circular.sections)
    return {
        "circular": circular,
        "signing": desk_on(circular, user, today),
        "number": circular.document_number or circular.short_number,
        "to": head["to"][circular.kind],
        "copied": head["copies"][circular.kind],
        "issuer": head["issuer"],
        "drafted": f"{circular.created_by}　{dates.full_with_time(circular.created_at)}",
        "draft": circular.version + 1 - circular.is_issued,
        "length": len("".join(body.split())),
        "printed": dates.full(circular.issued_on) if circular.issued_on else "",
    }
