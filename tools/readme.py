"""更新 README、CONTRIBUTING 里的图与表：格子（取自代码树）、权限表（取自 tests/access_table.py）、配置表（取自 settings.py 第一段）。

用法：python tools/readme.py。测试 tests/test_readme.py 核对它们没有过时。
"""

import ast
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.access_table import readme_table  # noqa: E402
from tests.grid import ANSWERS, FLOORS, NOUNS  # noqa: E402

# 每个环境变量的中文说明；settings.py 里有而这里没有的，表就生成不出来。
MEANING = {
    "DEBUG": "调试模式。只用于本机演示；正式环境必须关闭",
    "SECRET_KEY": "签名密钥，正式环境必填，50 位以上的随机串",
    "ALLOWED_HOSTS": "允许的主机名，逗号分隔",
    "CSRF_TRUSTED_ORIGINS": "可信来源，如 https://ledger.example.internal",
    "DATABASE_URL": "空着用 SQLite；PostgreSQL 写 postgres://用户:密码@主机:端口/库",
    "DATABASE_REPLICA_URL": "PostgreSQL 的只读副本，写法同上；写了，导出与全部材料从它读",
    "DATABASE_KEEP_SECONDS": "数据库连接留着下次再用的秒数，0 为每次新建",
    "SLOW_QUERY_SECONDS": "一句查询用了这么多秒以上的记进日志",
    "DATA_DIR": "SQLite 库与佐证材料存放的目录",
    "BACKUP_DIR": "备份存放的目录，空着为 DATA_DIR 里的 backups；最好是另一块盘、另一台机器的挂载",
    "BACKUP_KEY_FILE": "备份的钥匙文件（第一行 32 个字符以上），写了就加密；另处也要存一份，丢了谁也打不开备份",
    "BUSINESS_DATE": "把“今天”固定在某一天（演示用），空着为真实日期",
    "EMAIL_URL": "发催办邮件的服务器，如 smtp://用户:密码@主机:25；空着不发",
    "DEFAULT_FROM_EMAIL": "发件人",
    "SITE_URL": "邮件与日历里链接的前缀",
    "TRUSTED_PROXY": "前面 nginx 的地址，可写几个、写网段，从 unix 套接字来的写 unix，逗号分隔；写了才信它转来的客户端地址与 https 标记",
    "CLIENT_ADDRESS_HEADER": "代理在哪个头里写客户端地址，取最右一个不是代理的；代理必须自己写它，不能照转来访者的",
    "HTTPS": "是否要求 https（DEBUG 时不要求）",
    "PASSWORD_COMPLEXITY": "密码须含四类字符中的三类（等保要求，可关）",
    "TWO_PERSON_ACCOUNTS": "办公室、领导、管理员、审计员的账户由一位管理员建立、重设、重新启用，另一位确认后才能登录（等保三级用；只有一位管理员时不起作用）",
    "ONE_SESSION": "一个账户只许登录一处：后登录的使先登录的退出",
    "SECOND_FACTOR_ROLES": "哪些角色登录要动态验证码（手机上的六位数），逗号分隔：office、leader、admin、auditor、reporter；空着的谁都不要",
    "SINGLE_SIGN_ON_ROLES": "哪些角色可以用统一认证（OIDC）登录，写法同上；空着的没有开。密码仍然可以用，要动态验证码的照样要",
    "OIDC_ISSUER": "统一认证的签发者（令牌里的 iss），如 https://sso.example.internal/realms/zone；下面几个网址照它的 .well-known/openid-configuration 填",
    "OIDC_CLIENT_ID": "本系统在统一认证登记的客户端",
    "OIDC_CLIENT_SECRET": "那个客户端的密钥",
    "OIDC_AUTHORIZATION_URL": "authorization_endpoint",
    "OIDC_TOKEN_URL": "token_endpoint",
    "OIDC_USERINFO_URL": "userinfo_endpoint",
    "OIDC_KEYS_URL": "jwks_uri",
    "OIDC_CLAIM": "凭哪一个声明对到账户：它的值就是登录名",
    "OIDC_SCOPES": "向统一认证要什么",
    "OIDC_ALGORITHM": "令牌用什么签名：RS256、RS384、RS512、ES256、ES384、ES512",
    "OIDC_LOGOUT_URL": "认证系统的退出网址（end_session_endpoint）：写了的，用它登录的人在这里退出，认证系统里也退出；空着的不",
    "OIDC_CA_FILE": "统一认证的证书由单位自己的机构签发的，写那个机构的证书文件；空着用系统的",
    "OIDC_LABEL": "登录页那个按钮上的字",
    "ROBOTS": "群机器人，一个群一个网址，逗号隔开，前面写 `wecom+`（企业微信）或 `dingtalk+`（钉钉），钉钉加签的密钥写在 `#` 后面；空着的不发。网址就是凭证，只放在这里",
    "CLAMD": "查毒的 clamd 在哪里：`unix:/run/clamav/clamd.ctl` 或 `127.0.0.1:3310`；空着的不查。连不上时材料收不了，别的照常",
    "METRICS": "打开给监控程序的数（/metrics，Prometheus 的格式）：本机来问的答，别处要带 METRICS_TOKEN",
    "METRICS_TOKEN": "别处来取数时带的令牌（Authorization: Bearer），20 位以上的随机串；空着只答本机",
    "PASSWORD_MAX_AGE_DAYS": "密码最长使用天数，0 为不限（等保要求，可关）",
    "PASSWORD_HISTORY": "最近几次用过的密码不再用，0 为不限",
    "PASSWORD_WORDS": "单位自己的拼音与首字母，逗号分隔：拼在密码里不作数（“Jckfq@2026”不收）",
    "SESSION_IDLE_SECONDS": "多少秒不动自动退出",
    "SESSION_ABSOLUTE_SECONDS": "登录多少秒后必须重新登录",
    "LOGIN_LIMIT": "同一登录名从同一地址最多连续错几次",
    "LOGIN_LIMIT_USER": "同一登录名从各处合计最多错几次",
    "LOGIN_LIMIT_ADDRESS": "同一地址不论什么登录名最多错几次",
    "LOGIN_LIMIT_ALL": "全站合计最多错几次，超过的暂停登录（防耗尽处理器）",
    "LOGIN_WINDOW_SECONDS": "错误次数的计数窗口（秒）",
    "EVIDENCE_MAX_BYTES": "单个佐证材料的上限（字节）",
    "PLAN_MAX_BYTES": "方案文件的上限（字节）",
    "PLAN_MAX_UNPACKED_BYTES": "方案文件解压后的上限（字节）",
    "PLAN_MAX_ROWS": "方案最多多少项",
    "PLAN_CONVERT": "装了 LibreOffice 时，.doc、.wps、.xls、.et 转换后再读",
}


def settings_table() -> str:
    """配置表（Markdown）。默认值取自 settings.py 的 environ.Env(...)。"""
    source = (ROOT / "yingshang/settings.py").read_text("utf-8")
    block = source[source.index("environ.Env(") : source.index("environ.Env.read_env")]
    rows = re.findall(r"^    ([A-Z_]+)=\(\w+, (.+)\),$", block, re.M)
    lines = ["| 环境变量 | 默认值 | 说明 |", "|---|---|---|"]
    for name, default in rows:
        shown = {'str(BASE_DIR / "var")': "var/", '""': "（空）"}.get(default, default.strip('"'))
        lines.append(f"| `{name}` | {shown} | {MEANING[name]} |")
    return "\n".join(lines)


def members(folder) -> str:
    """一个文件夹里的模块与包，按名字排。"""
    found = [p.stem for p in (ROOT / folder).iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()]
    return " ".join(sorted(name for name in found if name not in ("__init__", "migrations")))


def wrapped(text, width=96) -> list[str]:
    """名字排成几行，行首对齐。"""
    return [f"          │   {line}" for line in textwrap.wrap(text, width)]


def house() -> str:
    """代码的格子（文字图）：由上到下，箭头只向下。内容取自代码树。"""
    lines = ["```", "tasks/urls.py  目录"]
    for floor in reversed(FLOORS):
        lines += ["          │", f"{floor:<9} │ {ANSWERS[floor]}", *wrapped(members(f"tasks/{floor}"))]
    lines += ["          │", "departments/  谁：部室、领导、用户、登录", *wrapped(members("departments"))]
    lines += ["          │", "yingshang/  地面：设置、时钟、中间件、读表格", *wrapped(members("yingshang"))]
    beside = {"admin": "后台", "templatetags": "模板标签", "management": "命令与演示"}
    lines += ["", "旁边："] + [f"tasks/{name}  {what}：{members(f'tasks/{name}')}" for name, what in beside.items()]
    return "\n".join([*lines, "```"])


def said(path) -> str:
    """一个模块是什么：说明的第一句。"""
    return (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0].split("。")[0]


def contents() -> str:
    """不按名词分的各层，每个模块一句话（取自它的说明）。"""
    lines = []
    for folder in ("figures", "imports", "papers", "papers/circular", "rules"):
        found = sorted(p for p in (ROOT / "tasks" / folder).glob("*.py") if p.stem != "__init__")
        lines += [f"- **{folder}/**", *(f"  - `{p.stem}` {said(p)}" for p in found)]
    for folder in (
        "departments",
        "yingshang",
        "yingshang/backups",
        "yingshang/moving",
        "yingshang/tables",
        "tasks/management/demo",
    ):
        found = sorted(p for p in (ROOT / folder).glob("*.py") if p.stem not in ("__init__", "apps", "wsgi"))
        lines += [f"- **{folder}/**", *(f"  - `{p.stem}` {said(p)}" for p in found)]
    return "\n".join(lines)


def _is_in(floor, noun) -> bool:
    """这一层有没有这个名词：一个模块、一个包，或包里的一个模块（公文里的请示）。"""
    here = ROOT / "tasks" / floor
    return any(here.glob(f"{noun}.py")) or (here / noun / "__init__.py").exists() or any(here.glob(f"*/{noun}.py"))


def glossary() -> str:
    """名词表：代码里的词、界面上的话、在哪几层有它。"""
    lines = ["| 词 | 界面 | 在哪几层 |", "|---|---|---|"]
    for noun, words in sorted(NOUNS.items()):
        floors = [f for f in reversed(FLOORS) if _is_in(f, noun)]
        lines.append(f"| `{noun}` | {words} | {' '.join(floors)} |")
    return "\n".join(lines)


def renew(text) -> str:
    """把图与表放进标记之间。"""
    made = {"格子": house, "名词表": glossary, "目录": contents, "权限表": readme_table, "配置表": settings_table}
    for mark, table in ((mark, make()) for mark, make in made.items() if f"<!-- {mark} -->" in text):
        pattern = re.compile(rf"(<!-- {mark} -->\n).*?(\n<!-- /{mark} -->)", re.S)
        text = pattern.sub(lambda found, table=table: found[1] + table + found[2], text)
    return text


if __name__ == "__main__":
    for name in ("README.md", "CONTRIBUTING.md"):
        path = ROOT / name
        path.write_text(renew(path.read_text("utf-8")), "utf-8")
