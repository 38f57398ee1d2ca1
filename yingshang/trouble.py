"""装得不对、机器出了问题时的一句话：哪里、怎么了、怎么办。网页（500 那一页）与命令行（manage.py）都用。"""

import errno

from django.db import InterfaceError, NotSupportedError, OperationalError, ProgrammingError

FULL = ("disk is full", "No space left", "could not extend file")
UNREACHABLE = (
    "could not connect",
    "connection to server",
    "Connection refused",
    "could not translate host",
    "timeout expired",
)
# 程序平时用的角色去改库：migrate、装进全部数据都要库的主人。
NOT_OWNER = ("permission denied for schema", "permission denied for sequence", "must be owner of")
REFUSED = ("password authentication failed", "does not exist", "no pg_hba.conf entry", "permission denied for database")


def said(error: BaseException | None) -> str:
    """这个错误对管理员是什么意思；看不出来的为空，照程序出错处理。"""
    while error is not None:
        if found := _said(error):
            return found
        error = error.__cause__ or error.__context__
    return ""


def _said(error: BaseException) -> str:
    text = str(error)
    if (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)) or any(
        mark in text for mark in FULL
    ):
        return "服务器的磁盘满了，写不进去。请管理员腾出地方（df -h 看哪块盘满了）。"
    if isinstance(error, ValueError) and "Missing staticfiles manifest entry" in text:
        return "静态文件没有收好。请管理员运行 manage.py collectstatic，再重新启动服务。"
    if isinstance(error, NotSupportedError):
        return f"数据库的版本不支持（{text}）：要 PostgreSQL 14 以上。openGauss、人大金仓、达梦没有验证过，为什么见 docs/部署.md。"
    if isinstance(error, ProgrammingError) and any(mark in text for mark in NOT_OWNER):
        return "现在用的数据库角色改不了库：要用库的主人的地址（/etc/yingshang/owner.env 里的 DATABASE_URL），怎么打见 docs/部署.md。"
    if not isinstance(error, (OperationalError, InterfaceError)):
        return ""
    if any(mark in text for mark in REFUSED):
        return "数据库不让进：用户、密码或库名不对。请管理员核对 .env 里的 DATABASE_URL。"
    if any(mark in text for mark in UNREACHABLE):
        return "数据库连不上：没有启动，或地址、端口不对。请管理员看 systemctl status postgresql 与 .env 里的 DATABASE_URL。"
    if "unable to open database file" in text or "readonly database" in text:
        return "数据库的文件打不开、写不进。请管理员核对 .env 里的 DATA_DIR，和它的主人是不是运行服务的用户。"
    if "database is locked" in text:
        return "数据库正忙，等了二十秒也没有轮到。请过几分钟再试。"
    return ""
