"""部署检查（manage.py check --deploy）里与机器有关的：网址、静态文件、时钟、邮件、磁盘、备份、代理。"""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks, mail
from django.core.checks import CheckMessage, Error, Info, Warning
from django.db import Error as DatabaseError
from django.db import connection, connections

from . import clock, health, metrics, modes, replica, robots, scanning
from .backups import retention

TAG = "site"
SLOW_CLOCK = dt.timedelta(minutes=1)
OLD_BACKUP = dt.timedelta(days=1, hours=2)


@checks.register(TAG, deploy=True)
def site_url(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """邮件与日历里的链接点得开：SITE_URL 是 https，主机名在 ALLOWED_HOSTS 里。"""
    found = urlsplit(settings.SITE_URL)
    if not settings.SITE_URL_IS_SET or (found.scheme != "https" and settings.HTTPS):
        return [
            Error(
                f"SITE_URL 现在是 {settings.SITE_URL}：邮件里的链接打不开。",
                hint="写成大家打开的网址，如 https://ledger.example.internal",
                id="site.E001",
            )
        ]
    if found.hostname not in settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS:
        return [
            Error(
                f"SITE_URL 的主机名 {found.hostname} 不在 ALLOWED_HOSTS 里：打开是 400。",
                hint="把它写进 ALLOWED_HOSTS。",
                id="site.E002",
            )
        ]
    return []


@checks.register(TAG, deploy=True)
def group_robots(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """群机器人的网址写得对：写错的一个也不发。"""
    try:
        robots.robots()
    except ValueError as error:
        return [Error(str(error), hint="写法见 yingshang/robots.py；不发的空着。", id="site.E020")]
    return []


@checks.register(TAG, deploy=True)
def proxy(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """前面有 nginx 而没有写 TRUSTED_PROXY：程序以为来的都不是 https，一直转向自己。"""
    if settings.HTTPS and not settings.TRUSTED_PROXY:
        return [
            Error(
                "没有写 TRUSTED_PROXY：nginx 转来的 https 标记与客户端地址都不会信，网页一直转向自己。",
                hint="nginx 在同一台机器上的写 127.0.0.1。",
                id="site.E003",
            )
        ]
    return []


@checks.register(TAG, deploy=True)
def metrics_token(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """给监控的令牌够长：太短的不认，别处来取数的一律 404，看不出为什么。"""
    if settings.METRICS and 0 < len(settings.METRICS_TOKEN) < metrics.LEAST_TOKEN:
        said = f"METRICS_TOKEN 只有 {len(settings.METRICS_TOKEN)} 位，不到 {metrics.LEAST_TOKEN} 位的不认。"
        return [Warning(said, hint="换成随机的一串：openssl rand -hex 20。", id="site.W008")]
    return []


@checks.register(TAG, deploy=True)
def static_files(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """收过静态文件。没有收，每一页都出错。"""
    if not (settings.STATIC_ROOT / "staticfiles.json").is_file():
        return [
            Error("静态文件没有收好，每一页都会出错。", hint="运行 manage.py collectstatic --noinput。", id="site.E004")
        ]
    return []


@checks.register(TAG, deploy=True)
def time_of_day(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """今天真是今天：没有固定业务日期，时钟与数据库的差不到一分钟，不早于程序发布的那天。"""
    if settings.BUSINESS_DATE:
        return [
            Warning(
                f"“今天”固定在 {settings.BUSINESS_DATE}：只有演示才这样。", hint="去掉 BUSINESS_DATE。", id="site.W001"
            )
        ]
    now, said = clock.real_now(), ""
    if now.timestamp() < (settings.BASE_DIR / "CHANGELOG.md").stat().st_mtime - 86400:
        said = f"机器的时间是 {now:%Y-%m-%d %H:%M}，比程序还早。"
    if connection.vendor == "postgresql":
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT now()")
                apart = abs(cursor.fetchone()[0] - clock.real_now())
            if apart > SLOW_CLOCK:
                said = f"机器的时间与数据库的差 {int(apart.total_seconds())} 秒。"
        except DatabaseError:
            pass  # 连不上的，另一条会说
    return [Warning(said, hint="请校准时间（timedatectl）。", id="site.W002")] if said else []


@checks.register(TAG, deploy=True)
def mail_server(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """设了邮件的，服务器连得上。不发信。"""
    if not settings.EMAIL_ENABLED:
        return [Info("没有设 EMAIL_URL，不发邮件；催办语可从催办页复制。", id="site.I001")]
    try:
        server = mail.get_connection()
        server.open()
        server.close()
    except Exception as error:
        return [
            Warning(f"邮件服务器连不上：{type(error).__name__}：{error}", hint="请核对 EMAIL_URL。", id="site.W003")
        ]
    return []


@checks.register(TAG, deploy=True)
def virus_scanner(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """设了查毒的，连得上；连不上的时候一份材料也收不了。"""
    if not scanning.is_on():
        return [Info("没有设 CLAMD，上传的材料不查毒。", id="site.I003")]
    try:
        scanning.ping()
    except scanning.Unavailable as error:
        said = f"查毒的服务连不上，材料都收不了：{error}"
        return [Error(said, hint="请核对 CLAMD，启动 clamav-daemon。", id="site.E2-clamd")]
    return []


@checks.register(TAG, deploy=True)
def machine(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """探活看的那几样：库、写、盘、改库、每天的几件事。最后一样是以前的事，只提醒：升级、安装不为它停下、退回。"""
    return [
        Warning(f"{said}。", hint="看 nightly.log，改好了再运行一次 manage.py nightly。", id="site.W1-nightly")
        if name == "nightly"
        else Error(f"{said}。", id=f"site.E1-{name}")
        for name, said in health.problems().items()
    ]


@checks.register(TAG, deploy=True)
def event_logs(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """PostgreSQL 上，程序用的角色改不了、删不掉操作记录与安全日志（恢复之后忘了再设权限，看不出来）。"""
    if connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user, bool_or(pg_has_role(tableowner, 'USAGE')) FROM pg_tables WHERE schemaname = 'public' "
                "AND tablename IN ('tasks_event', 'departments_securityevent') "
                "AND has_table_privilege(format('%I.%I', schemaname, tablename), 'UPDATE, DELETE, TRUNCATE')"
            )
            role, is_owner = cursor.fetchone()
    except DatabaseError:
        return []  # 连不上的，另一条会说
    if is_owner is None:
        return []
    if is_owner:
        return [
            Warning(
                f"程序用的数据库角色 {role} 就是库的主人：操作记录的保护它自己卸得下。",
                hint="照 docs/部署.md 分两个角色（deploy/postgres/roles.sql、grants.sql）。",
                id="site.W007",
            )
        ]
    return [
        Error(
            f"程序用的数据库角色 {role} 有改、删操作记录的权限，只剩触发器一道拦着。",
            hint="以库的主人运行 deploy/postgres/grants.sql（见 docs/部署.md）。",
            id="site.E021",
        )
    ]


@checks.register(TAG, deploy=True)
def read_replica(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """只读副本用得：答得出，真是这个主库的备机，跟得上。"""
    if replica.REPLICA not in connections.settings or not (said := replica.trouble()):
        return []
    return [Warning(f"{said}。导出照旧读主库。", hint="请核对 DATABASE_REPLICA_URL 与备机的复制。", id="site.W009")]


@checks.register(TAG, deploy=True)
def backups(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """一天之内备份过，而且加密。"""
    found: list[CheckMessage] = []
    last = retention.newest(settings.BACKUP_DIR)
    if last is None:
        found.append(
            Warning(
                f"{settings.BACKUP_DIR} 里还没有备份。",
                hint="运行 manage.py backup，并启用 yingshang-backup.timer。",
                id="site.W004",
            )
        )
    elif clock.real_now().replace(tzinfo=None) - last[0] > OLD_BACKUP:
        found.append(
            Warning(
                f"最近的备份是 {last[0]:%Y-%m-%d %H:%M} 的，超过一天。",
                hint="看 systemctl list-timers 与备份的日志。",
                id="site.W005",
            )
        )
    if not settings.BACKUP_KEY_FILE:
        found.append(Info("备份没有加密（没有设 BACKUP_KEY_FILE）。", id="site.I002"))
    return found


@checks.register(TAG, deploy=True)
def file_modes(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """库、材料、备份、.env 只有服务的用户读得到；从前造的、拷来的可能放宽了。"""
    found = list(modes.wide())
    if not found:
        return []
    named = "、".join(f"{path}（{mode:04o}）" for path, mode in found[:5])
    rest = f"等 {len(found)} 个" if len(found) > 5 else ""
    said = f"别的用户读得到、改得了：{named}{rest}。应是文件 0600、目录 0700。"
    return [Warning(said, hint="运行 manage.py tighten。", id="site.W006")]
