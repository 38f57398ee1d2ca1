"""全部设置，一个文件。可由环境变量（或项目根目录的 .env）改的都列在第一段。"""

import hashlib
import re
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

# ── 环境变量：名称、类型、默认值都在这一段，README 的配置表与此一致（有测试核对） ──
env = environ.Env(
    DEBUG=(bool, False),
    SECRET_KEY=(str, ""),
    ALLOWED_HOSTS=(list, ["127.0.0.1", "localhost"]),
    CSRF_TRUSTED_ORIGINS=(list, []),
    DATABASE_URL=(str, ""),
    DATABASE_REPLICA_URL=(str, ""),
    DATABASE_KEEP_SECONDS=(int, 600),
    SLOW_QUERY_SECONDS=(float, 1.0),
    DATA_DIR=(str, str(BASE_DIR / "var")),
    BACKUP_DIR=(str, ""),
    BACKUP_KEY_FILE=(str, ""),
    BUSINESS_DATE=(str, ""),
    EMAIL_URL=(str, ""),
    ROBOTS=(list, []),
    DEFAULT_FROM_EMAIL=(str, "yingshang@localhost"),
    SITE_URL=(str, "http://127.0.0.1:8000"),
    TRUSTED_PROXY=(list, []),
    CLIENT_ADDRESS_HEADER=(str, "X-Forwarded-For"),
    HTTPS=(bool, True),
    PASSWORD_COMPLEXITY=(bool, True),
    PASSWORD_MAX_AGE_DAYS=(int, 180),
    PASSWORD_HISTORY=(int, 5),
    PASSWORD_WORDS=(list, ["yshj", "yshjdb"]),
    TWO_PERSON_ACCOUNTS=(bool, False),
    ONE_SESSION=(bool, False),
    SECOND_FACTOR_ROLES=(list, []),
    SINGLE_SIGN_ON_ROLES=(list, []),
    OIDC_ISSUER=(str, ""),
    OIDC_CLIENT_ID=(str, ""),
    OIDC_CLIENT_SECRET=(str, ""),
    OIDC_AUTHORIZATION_URL=(str, ""),
    OIDC_TOKEN_URL=(str, ""),
    OIDC_USERINFO_URL=(str, ""),
    OIDC_KEYS_URL=(str, ""),
    OIDC_LOGOUT_URL=(str, ""),
    OIDC_CLAIM=(str, "preferred_username"),
    OIDC_SCOPES=(str, "openid profile"),
    OIDC_ALGORITHM=(str, "RS256"),
    OIDC_CA_FILE=(str, ""),
    OIDC_LABEL=(str, "用统一认证登录"),
    CLAMD=(str, ""),
    METRICS=(bool, False),
    METRICS_TOKEN=(str, ""),
    SESSION_IDLE_SECONDS=(int, 1800),
    SESSION_ABSOLUTE_SECONDS=(int, 8 * 3600),
    LOGIN_LIMIT=(int, 5),
    LOGIN_LIMIT_USER=(int, 20),
    LOGIN_LIMIT_ADDRESS=(int, 100),
    LOGIN_LIMIT_ALL=(int, 1000),
    LOGIN_WINDOW_SECONDS=(int, 900),
    EVIDENCE_MAX_BYTES=(int, 20 * 1024 * 1024),
    PLAN_MAX_BYTES=(int, 2 * 1024 * 1024),
    PLAN_MAX_UNPACKED_BYTES=(int, 5 * 1024 * 1024),
    PLAN_MAX_ROWS=(int, 2000),
    PLAN_CONVERT=(bool, False),
)
# 正式安装的 .env 是指向 /etc 里那一份的链接；备份连它一起带走。
ENV_FILE = BASE_DIR / ".env"
try:
    with ENV_FILE.open(encoding="utf-8") as written:
        environ.Env.read_env(written)
except FileNotFoundError:
    pass
except OSError as unreadable:
    # 不说，下面就会说“没有设置 SECRET_KEY”，而它明明写着。
    where = ENV_FILE.resolve()
    raise ImproperlyConfigured(
        f"设置的文件 {where} 读不了（{unreadable.strerror}）：正式安装的请 chown root:yingshang {where}，chmod 640 {where}。"
    ) from unreadable

DEBUG = env("DEBUG")
SECRET_KEY = env("SECRET_KEY")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("没有设置 SECRET_KEY：请在环境变量或 .env 里写一个 50 位以上的随机串。")
    SECRET_KEY = "insecure-only-for-development-" + "x" * 40
ALLOWED_HOSTS = env("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS")
DATA_DIR = Path(env("DATA_DIR"))
BACKUP_DIR = Path(env("BACKUP_DIR") or DATA_DIR / "backups")
BACKUP_KEY_FILE = Path(env("BACKUP_KEY_FILE")) if env("BACKUP_KEY_FILE") else None
# 业务日期：演示与测试把“今天”定在这一天（如 2023-09-22）；空着就用真实日期。
BUSINESS_DATE = env("BUSINESS_DATE")
SITE_URL = env("SITE_URL").rstrip("/")
# 没有设的，网页里的完整地址用来访者所用的主机名（邮件没有来访者，只能用默认值）。
SITE_URL_IS_SET = "SITE_URL" in env.ENVIRON
TRUSTED_PROXY = env("TRUSTED_PROXY")
CLIENT_ADDRESS_HEADER = env("CLIENT_ADDRESS_HEADER")
EVIDENCE_MAX_BYTES = env("EVIDENCE_MAX_BYTES")
PLAN_MAX_BYTES = env("PLAN_MAX_BYTES")
PLAN_MAX_UNPACKED_BYTES = env("PLAN_MAX_UNPACKED_BYTES")
PLAN_MAX_ROWS = env("PLAN_MAX_ROWS")
PLAN_CONVERT = env("PLAN_CONVERT")

# 上面各项现在的值，合成一个指纹：改了设置，浏览器留着的页面就不算数（tasks/views/unchanged.py）。
ENVIRONMENT = hashlib.sha256(repr([(name, env(name)) for name in sorted(env.scheme)]).encode()).hexdigest()

VERSION = re.findall(r"^## \[?(\d+\.\d+\.\d+)", (BASE_DIR / "CHANGELOG.md").read_text("utf-8"), re.M)[0]
# 装的是哪一箱（版本+日期.提交，装箱时写下）；从源代码直接运行的没有。恢复要同一箱，所以备份里记的是它。
BUNDLE = BASE_DIR / "VERSION"
BUNDLE_VERSION = BUNDLE.read_text("utf-8").strip() if BUNDLE.is_file() else VERSION

INSTALLED_APPS = [
    "departments",
    "tasks",
    "departments.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "import_export",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
]

MIDDLEWARE = [
    "yingshang.middleware.RequestNumberMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "yingshang.middleware.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "yingshang.middleware.PrivateCacheMiddleware",
    "departments.middleware.OrganisationMiddleware",
    "tasks.views.addresses.PlanAddressMiddleware",
    "yingshang.middleware.PublicMiddleware",
    "yingshang.middleware.HealthMiddleware",
    "yingshang.writing.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "yingshang.middleware.CleanTextMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "departments.middleware.SessionTimesMiddleware",
    "departments.middleware.TrailMiddleware",
    "tasks.views.refusals.LoginRequiredMiddleware",
    "tasks.views.guards.EnterMiddleware",
    "departments.middleware.PasswordChangeMiddleware",
    "departments.middleware.SecondFactorMiddleware",
    "tasks.views.acting.ActingMiddleware",
    "tasks.views.guards.ArchivedMiddleware",
    "yingshang.middleware.NotAllowedPageMiddleware",
    "tasks.views.refusals.RefusedMiddleware",
    "tasks.views.unchanged.UnchangedMiddleware",
    "tasks.views.refusals.OnceMiddleware",
]

# 给监控程序的数（yingshang/metrics.py）：默认没有，一样也不记。
METRICS = env("METRICS")
METRICS_TOKEN = env("METRICS_TOKEN")
if METRICS:
    MIDDLEWARE.insert(1, "yingshang.metrics.MetricsMiddleware")

ROOT_URLCONF = "yingshang.urls"
WSGI_APPLICATION = "yingshang.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            # “部室”照单位的统称排（departments/wording.py）；自带的缓存在它里面。
            "loaders": [
                (
                    "departments.wording.UnitLoader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tasks.pages.navigation.page",
            ],
        },
    },
]
FORM_RENDERER = "yingshang.forms.FormRenderer"

# ── 数据库 ──
# 为什么没有别的，见 docs/部署.md。
ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")
DATABASE_SAID = (
    "DATABASE_URL 写的“{scheme}”不能用：只支持 SQLite（空着就是）与 PostgreSQL 14 以上，"
    "写法是 postgres://用户:密码@主机:端口/库，密码里的特殊字符要百分号转义（@ 写 %40，# 写 %23）。"
    "openGauss、人大金仓、达梦没有验证过，为什么见 docs/部署.md。"
)
# 实测：默认选项下 8 个写者有八成写入因锁失败；IMMEDIATE + WAL + 20 秒为零（见 docs/decisions.md）。
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;",
}


def database(url: str) -> dict[str, Any]:
    """DATABASE_URL 的一串读成 Django 的样子；读不懂、不支持的抛 ImproperlyConfigured，说明该怎么写。"""
    try:
        found: dict[str, Any] = {"OPTIONS": {}} | env.db_url_config(url)
    except (KeyError, ValueError) as error:
        raise ImproperlyConfigured(DATABASE_SAID.format(scheme=url.partition(":")[0])) from error
    if found.get("ENGINE") not in ENGINES or not found["NAME"]:
        raise ImproperlyConfigured(DATABASE_SAID.format(scheme=url.partition(":")[0]))
    if found["ENGINE"] == ENGINES[0]:
        found["OPTIONS"] = SQLITE_OPTIONS
    else:
        # 即时编译关掉：数几万行的一句，编译要八十多毫秒，算它自己只要三十。库在内存里、固态盘上，按编号零星取几行不比
        # 挨着读贵多少：照默认的 4，只问一个部室的也会把全部报送读一遍。备好的（yingshang/prepared.py）怎样取只定一次：
        # 平常先照各次的值定五次再比，定一次比取还费事。网址里写了 options 的照写的。
        asked = "-c jit=off -c random_page_cost=1.1 -c plan_cache_mode=force_generic_plan"
        found["OPTIONS"] = {"options": asked} | found["OPTIONS"]
    return found


if env("DATABASE_URL"):
    DATABASES = {"default": database(env("DATABASE_URL"))}
else:
    # SQLite 自己不建文件夹：DATA_DIR 指向还没有的地方时，第一条命令就会出错。
    # 库、材料、草稿都在里面：只有自己进得去，不论 umask。
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    DATABASES = {"default": {"ENGINE": ENGINES[0], "NAME": DATA_DIR / "db.sqlite3", "OPTIONS": SQLITE_OPTIONS}}
# 导出这类读得久的从只读副本读（yingshang/replica.py）。
if env("DATABASE_REPLICA_URL"):
    DATABASES["replica"] = database(env("DATABASE_REPLICA_URL")) | {"TEST": {"MIRROR": "default"}}
    if {each["ENGINE"] for each in DATABASES.values()} != {ENGINES[1]}:
        raise ImproperlyConfigured("只读副本（DATABASE_REPLICA_URL）与主库（DATABASE_URL）都要是 PostgreSQL。")
    if len({each["NAME"] for each in DATABASES.values()}) > 1:
        raise ImproperlyConfigured(
            "只读副本（DATABASE_REPLICA_URL）的库名要与主库（DATABASE_URL）的相同：备机上的就是同一个库。"
        )
    DATABASE_ROUTERS = ["yingshang.replica.Router"]
# 连接留着下一次请求再用（新建一次比一页的外壳还贵）；先问一声还通不通，数据库重启过的自动重连。
# gunicorn 的每个线程各留一个：PostgreSQL 的 max_connections 要大于 workers × threads。
for each in DATABASES.values():
    each |= {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": env("DATABASE_KEEP_SECONDS"), "CONN_HEALTH_CHECKS": True}
# 一句查询用了这么多秒以上的，记进日志（yingshang/logs.py）。
SLOW_QUERY_SECONDS = env("SLOW_QUERY_SECONDS")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# 排好的、数好的凭库的记号（yingshang/stamp.py）存着：记号一变键就变，不会过时，所以各进程各存各的就够，
# 不必有共用的缓存，也不往库里、盘上写。
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 1000}},
}

# ── 人员与会话 ──
AUTH_USER_MODEL = "departments.User"
AUTHENTICATION_BACKENDS = ["departments.lockout.LockoutBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# 演示账户共用一个密码，只在 DEBUG 下造得出、登录得了（见 departments/lockout.py、checks.py）。
DEMO_PASSWORD = "Demo-2023"
# 首次密码（密码条）有效几天；随机生成，散列的轮数可以少（departments/roster.py）。
FIRST_PASSWORD_DAYS = 7
FIRST_PASSWORD_ROUNDS = 100_000
LOGIN_LIMIT = env("LOGIN_LIMIT")
LOGIN_LIMIT_USER = env("LOGIN_LIMIT_USER")
LOGIN_LIMIT_ADDRESS = env("LOGIN_LIMIT_ADDRESS")
LOGIN_LIMIT_ALL = env("LOGIN_LIMIT_ALL")
# 核对一次密码要占满一个处理器近一秒：一个进程里同时只核对一个，排队超过几秒的请他再试，别的页面照常。
LOGIN_WAIT_SECONDS = 2
LOGIN_WINDOW_SECONDS = env("LOGIN_WINDOW_SECONDS")
# 等保“身份鉴别”要求复杂度与定期更换；ASVS 6.2.5、6.2.10 不主张，故两项都可关。
PASSWORD_MAX_AGE_DAYS = env("PASSWORD_MAX_AGE_DAYS")
PASSWORD_HISTORY = env("PASSWORD_HISTORY")
PASSWORD_WORDS = env("PASSWORD_WORDS")
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "departments.passwords.SimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
    {"NAME": "departments.passwords.LengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "departments.passwords.CommonValidator"},
    {"NAME": "departments.passwords.NumericValidator"},
    {"NAME": "departments.passwords.GuessableValidator"},
    {"NAME": "departments.passwords.ReuseValidator"},
]
if env("PASSWORD_COMPLEXITY"):
    AUTH_PASSWORD_VALIDATORS.append({"NAME": "departments.passwords.CharacterClassValidator"})
TWO_PERSON_ACCOUNTS = env("TWO_PERSON_ACCOUNTS")
ONE_SESSION = env("ONE_SESSION")
# 要动态验证码的角色：office,leader,admin,auditor,reporter 之中的几个；空着的谁都不要。
SECOND_FACTOR_ROLES = env("SECOND_FACTOR_ROLES")
OTP_TOTP_SYNC = False  # 手机的时间走偏了不跟着偏，前后半分钟以内的都认
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0  # 猜的限次由登录的那几道管，两处各管会把说法弄乱
# 统一认证（OIDC，departments/single_sign_on.py）：哪些角色可以用；空着的没有这回事，缺了哪一项也当没有开（check 说缺什么）。
SINGLE_SIGN_ON_ROLES = env("SINGLE_SIGN_ON_ROLES")
OIDC_ISSUER = env("OIDC_ISSUER")
OIDC_RP_CLIENT_ID = env("OIDC_CLIENT_ID")
OIDC_RP_CLIENT_SECRET = env("OIDC_CLIENT_SECRET")
OIDC_OP_AUTHORIZATION_ENDPOINT = env("OIDC_AUTHORIZATION_URL")
OIDC_OP_TOKEN_ENDPOINT = env("OIDC_TOKEN_URL")
OIDC_OP_USER_ENDPOINT = env("OIDC_USERINFO_URL")
OIDC_OP_JWKS_ENDPOINT = env("OIDC_KEYS_URL")
OIDC_OP_LOGOUT_ENDPOINT = env("OIDC_LOGOUT_URL")
OIDC_RP_SIGN_ALGO = env("OIDC_ALGORITHM")
OIDC_RP_SCOPES = env("OIDC_SCOPES")
OIDC_CLAIM = env("OIDC_CLAIM")
OIDC_LABEL = env("OIDC_LABEL")
OIDC_VERIFY_SSL = env("OIDC_CA_FILE") or True
OIDC_USE_PKCE = True
OIDC_CREATE_USER = False
OIDC_TIMEOUT = 5
OIDC_AUTHENTICATION_CALLBACK_URL = "login_single_back"
if SINGLE_SIGN_ON_ROLES:
    AUTHENTICATION_BACKENDS.append("departments.single_sign_on.SingleSignOnBackend")
SESSION_ENGINE = "yingshang.sessions"  # 存在库里
SESSION_COOKIE_AGE = env("SESSION_IDLE_SECONDS")
# 会话不逐次写：至多一分钟记一次“还在用”（departments/middleware.py），三十分钟照样从最近一次算起，至多早一分钟。
SESSION_TOUCH_SECONDS = 60
SESSION_ABSOLUTE_SECONDS = env("SESSION_ABSOLUTE_SECONDS")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "tasks.views.refusals.csrf_failure"

# ── 传输与响应头 ──
HTTPS = env("HTTPS") and not DEBUG
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]  # 监控程序在本机用 http 来问
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# 键名与 Django 6 的 SECURE_CSP 相同，升级后可删自有中间件。
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
if SINGLE_SIGN_ON_ROLES:  # 登录、退出的按钮转去统一认证：浏览器把转到哪里也算作表单交到哪里
    for url in (OIDC_OP_AUTHORIZATION_ENDPOINT, OIDC_OP_LOGOUT_ENDPOINT):
        SECURE_CSP["form-action"] += re.findall(r"^https?://[\w.:-]+", url)
    SECURE_CSP["form-action"] = list(dict.fromkeys(SECURE_CSP["form-action"]))

# ── 语言与时间 ──
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# ── 静态文件与上传 ──
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# 开发与测试没有 collectstatic 出来的目录，直接从源目录取。
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "yingshang.writing.WholeFileStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
        # 材料只给服务的用户读（FILE_UPLOAD_PERMISSIONS）；静态文件谁都可以读，nginx 也直接发它。
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "yingshang.writing.TemporaryFileUploadHandler",
]

# ── 邮件：设了 EMAIL_URL 才发 ──
if env("EMAIL_URL"):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
# 群机器人：一个群一个网址，空着的不发（yingshang/robots.py）。
ROBOTS = env("ROBOTS")
EMAIL_ENABLED = bool(env("EMAIL_URL"))
EMAIL_TIMEOUT = 10

# 查毒的 clamd：unix:/run/clamav/clamd.ctl 或 主机:端口；空着的不查。20 MB 的一份查几秒。
CLAMD = env("CLAMD")
CLAMD_SECONDS = 20
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL")

# ── 电子表格：后台清单的导入导出 ──
IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
IMPORT_EXPORT_SKIP_ADMIN_LOG = False

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "yingshang.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"yingshang": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
if DEBUG:
    LOGGING["formatters"]["json"] = {"format": "%(levelname)s %(message)s"}
