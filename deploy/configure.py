"""问几句，写好 .env：python3 deploy/configure.py [文件]。只用标准库，装依赖以前就能运行。

已有的 .env 里的值作默认，密钥不换，没有问到的各行原样留着。--set 名=值 直接给，--yes 其余都用默认，不问。
"""

import argparse
import os
import re
import secrets
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit


def host(value):
    if not re.fullmatch(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", value):
        return "只写主机名或 IP，如 ledger.example.internal：小写，不带 https://、端口与斜杠"


def database(value):
    if not value:
        return None
    try:
        found = urlsplit(value)
        ok = found.scheme in ("postgres", "postgresql") and found.hostname and len(found.path) > 1 and (found.port or 1)
    except ValueError:
        ok = False
    if not ok:
        return "空着用 SQLite；PostgreSQL 写 postgres://用户:密码@主机:端口/库，密码里的 @ 写 %40、# 写 %23、/ 写 %2F"


def folder(value):
    if not value.startswith("/"):
        return "写完整的路径，如 /var/lib/yingshang"


def key_file(value):
    if value and (said := folder(value)):
        return said
    if value and Path(value).exists() and len(Path(value).read_text("utf-8").split("\n")[0]) < 32:
        return f"{value} 的第一行须有 32 个字符以上"


def mail(value):
    if value and not re.match(r"smtp(\+tls|\+ssl)?://[^/]+", value):
        return "空着不发；写法是 smtp://用户:密码@主机:25，要 TLS 的写 smtp+tls:// 或 smtp+ssl://"


def address(value):
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        return "写一个邮箱地址"


# 名字 → （问的话，默认，核对）
QUESTIONS = {
    "HOST": ("大家用什么网址打开（主机名或 IP）", "ledger.example.internal", host),
    "DATABASE_URL": ("数据库（空着用 SQLite，一个办公室够用）", "", database),
    "DATA_DIR": ("数据放在哪里", "/var/lib/yingshang", folder),
    "BACKUP_DIR": ("备份放在哪里（最好是另一块盘）", "/var/backups/yingshang", folder),
    "BACKUP_KEY_FILE": ("备份的钥匙文件（没有的现在生成；空着不加密）", "/etc/yingshang/backup.key", key_file),
    "EMAIL_URL": ("发邮件的服务器（空着不发）", "", mail),
    "DEFAULT_FROM_EMAIL": ("发件人", "yingshang@localhost", address),
}


def read(path):
    """已有的各行：名 → 值。"""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))


def answer(name, default, given, is_quiet):
    """问一句，直到答得合用；直接给的、用默认的不合用就停下。"""
    question, _, check = QUESTIONS[name]
    while True:
        value = given.get(name)
        if value is None:
            value = default if is_quiet else input(f"{question} [{default or '空'}]：").strip() or default
            value = "" if value == "空" else value
        if "\n" not in value and not (said := check(value)):
            return value
        print(f"  {name} 写的“{value}”不行：{said}。", file=sys.stderr)
        if is_quiet or name in given:
            sys.exit(2)


def settled(answers, old):
    """各答成为 .env 的各行；SECRET_KEY 有了就不换（换了，登录着的都要重新登录）。"""
    named = answers.pop("HOST")
    kept = {k: v for k, v in old.items() if k not in answers}
    kept["SECRET_KEY"] = old.get("SECRET_KEY") or secrets.token_urlsafe(60)
    kept |= {"ALLOWED_HOSTS": named, "SITE_URL": f"https://{named}", "TRUSTED_PROXY": "127.0.0.1"}
    return kept | answers


def create(path, text, like):
    """写一个新文件，只有主人与服务的组读得到。`like` 已有的，主人、组、权限照它：服务不是 root，换了组它就读不到。"""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w", encoding="utf-8") as out:
        if like.exists():
            found = like.stat()
            os.chown(path, found.st_uid, found.st_gid)
            os.chmod(path, stat.S_IMODE(found.st_mode))
        out.write(text)


def write(path, values):
    """先写好、再换上。是链接的，换的是它指着的那一份。"""
    path = path.resolve()
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    head = "# 由 deploy/configure.py 写；各项的意思见 README 的配置表。\n"
    create(part, head + "".join(f"{name}={value}\n" for name, value in sorted(values.items())), path)
    part.rename(path)


def main():
    parser = argparse.ArgumentParser(description="问几句，写好 .env")
    parser.add_argument("file", nargs="?", type=Path, default=Path(__file__).resolve().parents[1] / ".env")
    parser.add_argument("--set", action="append", default=[], metavar="名=值", help="直接给，不问")
    parser.add_argument("--yes", action="store_true", help="其余都用默认（已有的值），不问")
    options = parser.parse_args()
    given = dict(pair.split("=", 1) for pair in options.set)
    if strange := set(given) - set(QUESTIONS):
        parser.error(f"没有 {'、'.join(strange)} 这几项，只有 {'、'.join(QUESTIONS)}")
    old = read(options.file)
    defaults = {name: default for name, (_, default, _) in QUESTIONS.items()} | old
    defaults |= {"HOST": old["ALLOWED_HOSTS"].split(",")[0]} if old.get("ALLOWED_HOSTS") else {}
    answers = {name: answer(name, defaults[name], given, options.yes) for name in QUESTIONS}
    key = answers["BACKUP_KEY_FILE"]
    if key and not Path(key).exists():
        Path(key).parent.mkdir(parents=True, exist_ok=True)
        create(key, secrets.token_urlsafe(48) + "\n", options.file)
        print(f"生成了备份的钥匙 {key}：请现在就另存一份到别处，丢了它，备份谁也打不开。")
    write(options.file, settled(answers, old))
    print(f"已写 {options.file}。")
    if not options.yes and any(old.get(name, answers[name]) != answers[name] for name in ("DATA_DIR", "BACKUP_DIR")):
        print("换了目录：再运行一次 bash /srv/yingshang/current/deploy/install.sh，服务才写得进去（见 docs/部署.md）。")


if __name__ == "__main__":
    main()
