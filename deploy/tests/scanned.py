"""scan.sh 用。网址 账户 文件：登录，把 cookie 写成扫描器认的样子。--sum 目录：各遍发现了什么、答了些什么，有没有说明的为 1。"""

import collections
import http.cookiejar
import json
import os
import re
import ssl
import sys
import urllib.parse
import urllib.request
from pathlib import Path

from applog import is_error


def sign_in(site, name, where):
    """照浏览器登录，cookie 存成 wapiti 的样子。"""
    jar = http.cookiejar.CookieJar()
    trust = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
    opener = urllib.request.build_opener(trust, urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"{site}/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    form = {"csrfmiddlewaretoken": token, "username": name, "password": os.environ["PASSWORD"]}
    request = urllib.request.Request(
        f"{site}/login/", urllib.parse.urlencode(form).encode(), {"Referer": f"{site}/login/"}
    )
    assert not opener.open(request).geturl().startswith(f"{site}/login/"), f"{name} 登录不了"
    kept = {c.name: {"version": 0, "expires": c.expires, "secure": True, "value": c.value, "port": None} for c in jar}
    Path(where).write_text(json.dumps({urllib.parse.urlsplit(site).hostname: {"/": kept}}), "utf-8")


def sum_up(reports):
    """印出各遍的发现与状态码，返回退出码。"""
    known = explained()
    seen = [line.split(" ", 3) for line in (reports / "access.log").read_text("utf-8", "replace").splitlines()]
    print("答了：", dict(sorted(collections.Counter(row[0] for row in seen).items())), f"共 {len(seen)} 次")
    print("打开过多少种网址：", len({re.sub(r"\d+", "N", row[2].partition("?")[0]) for row in seen if row[0] != "404"}))
    failed = [row for row in seen if row[0].startswith("5")]
    for row in failed[:20]:
        print("!! 5xx：", *row)
    wrong = [line for line in (reports / "app.log").read_text("utf-8", "replace").splitlines() if is_error(line)]
    for line in wrong[:10]:
        print("!! 日志：", line[:600])
    strange = 0
    for report in sorted(reports.glob("*.json")):
        found = json.loads(report.read_text("utf-8"))
        groups = {**found["vulnerabilities"], **found["anomalies"], **found.get("additionals", {})}
        for kind, rows in groups.items():
            if not rows:
                continue
            is_known = kind in known
            strange += not is_known
            print(
                f"{'  ' if is_known else '!!'} {report.stem}：{kind} {len(rows)} 处（{'已说明' if is_known else '没有说明'}）"
            )
            for row in rows[:5]:
                print(
                    "      ", row["method"], row["path"][:120], "|", row.get("parameter") or "", "|", row["info"][:160]
                )
    print(f"没有说明的发现 {strange} 种，5xx {len(failed)} 次，日志里出错 {len(wrong)} 条。")
    return int(bool(strange or failed or wrong))


def explained():
    """docs/安全.md“扫描”一节的表里说明过的几种（扫描器给的名称）。"""
    page = (Path(__file__).resolve().parents[2] / "docs/安全.md").read_text("utf-8")
    return set(re.findall(r"^\| `([^`]+)` \|", page.partition("## 扫描")[2].partition("\n## ")[0], re.M))


if sys.argv[1] == "--sum":
    sys.exit(sum_up(Path(sys.argv[2])))
sign_in(*sys.argv[1:])
