"""一张表建起部室、领导、账户：第一天用。读表、核对、提议代号与登录名，确认以后一次建好；有一处错就一样也不建。

已有的部室、领导、账户认得出，不重建、不改动，所以补几行再传一遍就行。
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher
from django.core.exceptions import ValidationError
from django.db import transaction

from yingshang.clock import real_now
from yingshang.tables.lists import read_table
from yingshang.tables.normalising import name_key, squeeze

from . import pinyin
from .models import Department, DepartmentAlias, Leader, Role, User

# 列 → 还认哪些叫法。
HEADERS = {
    "department": ("部门", "部室", "单位", "科室", "处室", "所在部门", "所在部室", "所在单位"),
    "aliases": ("简称、曾用名", "别名", "简称", "曾用名", "别称"),
    "name": ("姓名",),
    "post": ("职务",),
    "role": ("身份", "角色"),
    "username": ("登录名",),
}
LABELS = {name: labels[0] for name, labels in HEADERS.items()}
ROLES = {"填报人": Role.REPORTER, "填报员": Role.REPORTER, "办公室": Role.OFFICE, "领导": Role.LEADER}
# 抄在纸上不认错的字：没有 0 O 1 l I。
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass
class Entry:
    """表里的一行，已经核对过。`code`、`username` 是提议，人可以改。"""

    line: int
    department: str
    aliases: list[str]
    name: str
    post: str
    identity: str
    username: str = ""
    code: str = ""  # 这一行头一次说到的新部室的代号；别的为空
    is_known: bool = False  # 账户已经有了

    @property
    def identity_label(self) -> str:
        """身份怎么说；只建部门的没有。"""
        return str(dict(Role.choices).get(self.identity, ""))


@dataclass
class Sheet:
    """读到的一张表。有 `errors` 的不能用。"""

    entries: list[Entry] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def departments(self) -> list[Entry]:
        """要新建的部室，各是哪一行头一次说到。"""
        return [entry for entry in self.entries if entry.code]

    @property
    def accounts(self) -> list[Entry]:
        """要新建的账户。"""
        return [entry for entry in self.entries if entry.name and not entry.is_known]


def read(data: bytes, filename: str) -> Sheet:
    """读一张表。文件读不了的抛 `Unreadable`；行里的错逐条在 `errors`。"""
    dataset = read_table(data, "csv" if filename.lower().endswith(".csv") else "xlsx")
    places = {name: i for i, header in enumerate(dataset.headers or ()) if (name := _column(header))}
    if missing := [LABELS[name] for name in ("department", "name", "role") if name not in places]:
        seen = "、".join(header for header in dataset.headers or () if header) or "没有列名"
        return Sheet(errors=[f"第1行须是列名，缺“{'”“'.join(missing)}”（看到的是：{seen}）。请照空表填写后重新上传。"])
    sheet = Sheet()
    for line, row in enumerate(dataset, start=2):
        cells = {name: str(row[i]).strip() for name, i in places.items()}
        if any(cells.values()):
            _read_line(sheet, line, cells)
    if not sheet.entries and not sheet.errors:
        sheet.errors.append("表里没有一行内容。请照空表填写后重新上传。")
    _check(sheet)
    return sheet if sheet.errors else propose(sheet)


def _column(header: str) -> str:
    bare = squeeze(header)
    return next((name for name, labels in HEADERS.items() if bare in map(squeeze, labels)), "")


def _read_line(sheet: Sheet, line: int, cells: Mapping[str, str]) -> None:
    """一行：部门、姓名、身份写全了没有。只写部门的，只建部门。"""
    said = {name: squeeze(cells.get(name, "")) for name in ("department", "name", "role", "username")}
    aliases = [squeeze(each) for each in re.split(r"[、，,；;\n]", cells.get("aliases", "")) if each.strip()]
    role = ROLES.get(said["role"], "")
    wrong = ""
    if said["name"] and not role:
        known = "、".join(ROLES)
        wrong = f"“身份”写的是“{said['role'] or '（空）'}”，认得的是：{known}。管理员请在后台逐个建立。"
    elif said["role"] and not said["name"]:
        wrong = "写了身份而没有写姓名。请补上姓名。"
    elif not said["department"] and role in ("", Role.REPORTER):
        wrong = "没有写部门。填报人须写在哪个部门。"
    elif too_long := next((n for n, most in (("department", 40), ("name", 40)) if len(said[n]) > most), ""):
        wrong = f"“{LABELS[too_long]}”太长，最多 40 字。请核对有没有串列。"
    if wrong:
        sheet.errors.append(f"第{line}行：{wrong}")
        return
    post = " ".join(cells.get("post", "").split())
    sheet.entries.append(Entry(line, said["department"], aliases, said["name"], post, role, said["username"]))


def _check(sheet: Sheet) -> None:
    """各行之间：同名的领导、同一个登录名、重了的人、与部门同名的别名。"""
    people: dict[tuple[str, ...], int] = {}
    posts: dict[str, dict[str, int]] = {}
    names = {name_key(entry.department) for entry in sheet.entries}
    for entry in sheet.entries:
        if entry.name:
            key = (entry.name, entry.identity, entry.department, entry.post if entry.identity == Role.LEADER else "")
            if (first := people.setdefault(key, entry.line)) != entry.line:
                sheet.errors.append(f"第{entry.line}行：与第{first}行是同一个人、同一个身份，请删去一行。")
        if entry.identity == Role.LEADER:
            same = posts.setdefault(entry.name, {})
            same.setdefault(entry.post, entry.line)
            if len(same) > 1 and "" in same:
                sheet.errors.append(f"第{same['']}行：表里有两位同名的领导“{entry.name}”。请写明职务，好分得清。")
            if said := _another(entry):
                sheet.errors.append(f"第{entry.line}行：{said}")
        for alias in entry.aliases:
            if name_key(alias) in names and name_key(alias) != name_key(entry.department):
                sheet.errors.append(f"第{entry.line}行：“{alias}”是表里另一个部门的名称，不能作别名。")


def _another(entry: Entry) -> str:
    """名单里的同名领导，职务与这一行不同：是他还是另一位，不替人猜。没有这回事的为空。"""
    found = list(Leader.objects.filter(name__iexact=entry.name))
    if not found or _same(found, entry):
        return ""
    said = "”“".join(one.with_post for one in found)
    return (
        f"名单里已有“{said}”，这一行写的是“{entry.post or '没有写职务'}”。"
        "是同一位的，请照名单写职务；确是另一位的，请先在后台“领导”里新增。"
    )


def _same(found: Iterable[Leader], entry: Entry) -> Leader | None:
    """同名的几位里，这一行说的是哪一位；只有一位而有一边没有写职务的，就是他。"""
    found = list(found)
    exact = next((one for one in found if squeeze(one.post) == squeeze(entry.post)), None)
    alone = found[0] if len(found) == 1 and not (found[0].post and entry.post) else None
    return exact or alone


def propose(sheet: Sheet) -> Sheet:
    """提议部室代号（首字母）与登录名（填报人用部室的首字母，别人用全拼），与已有的、彼此都不重。"""
    rooms = _rooms()
    slugs = set(Department.objects.values_list("slug", flat=True))
    taken = {name.lower() for name in User.objects.values_list("username", flat=True)}
    accounts = set(User.objects.values_list("name", "role", "department__name"))
    new: set[str] = set()
    for entry in sheet.entries:
        if known := rooms.get(name_key(entry.department)):
            entry.department = known
        elif entry.department and entry.identity != Role.LEADER and name_key(entry.department) not in new:
            new.add(name_key(entry.department))
            entry.code = _free(pinyin.initials(entry.department) or "bm", slugs)
        reports = entry.identity == Role.REPORTER
        where = entry.department if reports else ""
        known_as = [a for a in accounts if a[:2] == (entry.name, entry.identity) and (not reports or a[2] == where)]
        entry.is_known = _has_account(entry) if entry.identity == Role.LEADER else bool(known_as)
        if entry.name and not entry.is_known:
            short = entry.username or (pinyin.initials(where) if reports else pinyin.spelled(entry.name))
            entry.username = _free(short or "user", taken)
    return sheet


def _has_account(entry: Entry) -> bool:
    """这位领导已经有账户。"""
    leader = _same(Leader.objects.filter(name__iexact=entry.name), entry)
    return leader is not None and leader.users.exists()


def _rooms() -> dict[str, str]:
    """认得的部室：简称、全称、别名 → 简称。"""
    found = {name_key(a.name): a.department.name for a in DepartmentAlias.objects.select_related("department")}
    for room in Department.objects.all():
        found |= {name_key(name): room.name for name in (room.full_name, room.name) if name}
    return found


def _free(wanted: str, taken: set[str]) -> str:
    """没有人用的：重了的在后面加数字。"""
    wanted = wanted[:36].lower()
    found = next(name for n in range(1, 10_000) if (name := f"{wanted}{n if n > 1 else ''}") not in taken)
    taken.add(found)
    return found


@dataclass
class Made:
    """建好了什么。"""

    departments: list[Department] = field(default_factory=list)
    leaders: list[Leader] = field(default_factory=list)
    users: list[User] = field(default_factory=list)

    @property
    def said(self) -> str:
        """一句话。"""
        counts = ((self.departments, "个部门"), (self.leaders, "位领导"), (self.users, "个账号"))
        return "、".join(f"{len(made)} {unit}" for made, unit in counts if made)


def build(entries: Iterable[Entry]) -> Made:
    """照看过、改过的各行一次建好。代号、登录名不合格或重了的，抛 ValidationError，一样也不建。"""
    made, rooms = Made(), {name_key(room.name): room for room in Department.objects.all()}
    with transaction.atomic():
        for entry in entries:
            if entry.code:
                rooms[name_key(entry.department)] = _department(entry, made)
            room = rooms.get(name_key(entry.department))
            if room is not None and entry.identity != Role.LEADER:
                _aliases(entry, room)
            leader = _leader(entry, room, made) if entry.identity == Role.LEADER else None
            if entry.name and not entry.is_known:
                _user(entry, room, leader, made)
    return made


def _department(entry: Entry, made: Made) -> Department:
    room = Department(name=entry.department, slug=entry.code, order=Department.objects.count() + 1)
    _clean(entry, room)
    room.save()
    made.departments.append(room)
    return room


def _aliases(entry: Entry, room: Department) -> None:
    have = {name_key(alias.name) for alias in room.aliases.all()} | {name_key(room.name)}
    for name in entry.aliases:
        if name_key(name) not in have:
            alias = DepartmentAlias(department=room, name=name, is_confirmed=True)
            _clean(entry, alias)
            alias.save()


def _leader(entry: Entry, room: Department | None, made: Made) -> Leader:
    """这位领导；名单里有的，没有写过职务的补上。"""
    found = _same(Leader.objects.filter(name__iexact=entry.name), entry)
    if found is None:
        found = Leader(name=entry.name, post=entry.post, department=room, order=Leader.objects.count() + 1)
        _clean(entry, found)
        found.save()
        made.leaders.append(found)
    elif entry.post and not found.post:
        found.post = entry.post
        found.save()
    return found


def _user(entry: Entry, room: Department | None, leader: Leader | None, made: Made) -> None:
    user = User(username=entry.username, name=entry.name, role=entry.identity, leader=leader)
    user.department = None if entry.identity == Role.LEADER else room
    user.set_unusable_password()
    _clean(entry, user)
    user.save()
    made.users.append(user)


def _clean(entry: Entry, row: Any) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        said = "".join(message for messages in error.message_dict.values() for message in messages)
        raise ValidationError(f"第{entry.line}行（{entry.department or entry.name}）：{said}") from error


# ── 首次密码 ──────────────────────────────────────────────


def new_users() -> Any:
    """还没有登录过、要发首次密码的账户：在用，不是管理员，不是演示的。"""
    return (
        User.objects.filter(is_active=True, last_login=None, must_change_password=True, is_demo=False)
        .exclude(role=Role.ADMIN)
        .select_related("department", "leader")
        .order_by("department__order", "pk")
    )


def hand_out(users: Iterable[User]) -> list[tuple[User, str]]:
    """给各账户一个新的首次密码，只在这里有明文；以前发的随即作废。"""
    given = []
    for user in users:
        password = first_password()
        user.password = _stored(password)
        user.password_changed_at = real_now()
        user.save(update_fields=["password", "password_changed_at"])
        given.append((user, password))
    return given


def first_password() -> str:
    """首次密码：十个字，抄得对（约 50 位随机）。"""
    picked = "".join(secrets.choice(ALPHABET) for _ in range(10))
    return f"{picked[:4]}-{picked[4:8]}-{picked[8:]}"


def _stored(password: str) -> str:
    """首次密码的散列。随机的、几天就作废的密码不怕逐个试，轮数少一些，几十个账户不用等半分钟；登录时照常升到足数。"""
    hasher = get_hasher()
    if isinstance(hasher, PBKDF2PasswordHasher):
        return hasher.encode(password, hasher.salt(), iterations=settings.FIRST_PASSWORD_ROUNDS)
    return hasher.encode(password, hasher.salt())


def is_expired(user: User, days: int) -> bool:
    """首次密码过了期：没有登录过，发了 `days` 天以上。"""
    if not user.must_change_password or user.last_login is not None or user.password_changed_at is None:
        return False
    return (real_now() - user.password_changed_at).days >= days
