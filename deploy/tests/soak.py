"""soak.sh 里的人、杀进程的、量的。只用标准库。

端口 主进程号 临时目录 "登录名 …" [postgres://… 库名]：跑 MINUTES 分钟；--log 临时目录：日志里有没有出错。

没有成的请求算“被杀的”，须：连接断了（不是超时、不是 5xx），断在某一次杀的前后一秒以内，而且杀的那一刻它正在路上。
断了的照浏览器的“重新发送”再交一遍一模一样的：已经办了的不会再办，没有办的这一次办成。

平稳：末一段与第二段（第一段是热身）比。主进程、一直活着的那个工作进程的内存，新起的工作进程活到 40 秒以上时的内存，都不超过 1.15 倍；
每个进程的描述符不多出 4 个；PostgreSQL 的连接不超过 进程 × 线程；SQLite 的 WAL 不超过 1.5 倍或 8 MB。不到 10 分钟的只印，不判。
"""

import collections
import hashlib
import json
import os
import queue
import re
import secrets
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

from applog import KILLED, is_error
from visitor import Visitor

SECONDS = float(os.environ.get("MINUTES", "30")) * 60
RATE = float(os.environ.get("RATE", "4"))
KILL_EVERY, LOOK_EVERY = 60, 10
NEAR = 1.0  # 断在杀的前后几秒以内
WORKERS, THREADS = 2, 2
PEOPLE = 10
REPORTERS = ("spzx", "kjcxb", "jjfzb")

PAGES = {
    "spzx": "/ /month/ /measures/ /measures/7/ /problems/ /me/ /coordination/ /cooperation/ /help/",
    "kjcxb": "/ /month/ /measures/ /measures/19/ /my-department/ /plan/ /measures/following/",
    "jjfzb": "/ /month/ /measures/ /measures/4/ /problems/ /suggestions/",
    "cwb": "/ /month/ /measures/ /measures/15/milestones/ /circulars/ /me/log/",
    "office": "/ /review/ /review/all/ /board/ /board/2023-09/items/ /board/2023-09/analysis/ /remind/ /log/ /problems/"
    " /instructions/ /assessment/ /measures/export/ /problems/export/ /circulars/ /publicity/ /board/2023-09/all.zip",
    "lihuabin": "/lead/ /week/ /measures/ /measures/8/ /board/ /instructions/ /problems/ /circulars/",
    "admin": "/ /plan/ /log/ /log/security/ /admin/ /admin/departments/user/ /settings/",
    "auditor": "/log/security/ /log/ /log/security/export/",
    "visitor": "/public/ /public/data.json /login/",
}


class Soak:
    """一台：记着每一次请求、每一次杀、每一件办成的事。"""

    def __init__(self, port, room):
        self.port, self.room, self.start = port, room, time.time()
        self.until = self.start + SECONDS
        self.lock, self.acts, self.files, self.kills, self.looks = threading.Lock(), [], [], [], []
        self.requests, self.faults, self.waited = [], [], 0
        self.posting = {}  # 谁正在交表单，从什么时候起
        self.rows = {
            row["pk"]: row | {"text": "", "status": ""} for row in json.loads((room / "rows.json").read_text())["rows"]
        }
        self.to_review = queue.Queue()
        self.to_report = {who: queue.Queue() for who in REPORTERS}
        for row in self.rows.values():
            (self.to_review if row["sent"] else self.to_report[row["who"]]).put(row["pk"])

    @property
    def is_over(self):
        return time.time() >= self.until

    def fault(self, said):
        with self.lock:
            self.faults.append(f"{time.time() - self.start:.1f} 秒 {said}")

    def did(self, what, pk, status, text=""):
        with self.lock:
            self.acts.append({"what": what, "pk": pk, "text": text})
            self.rows[pk]["status"] = status
            if what == "report":
                self.rows[pk]["text"] = text


class Person(Visitor):
    """长跑里的一个人：每一次请求、每一处不该这样的都记下。"""

    def __init__(self, soak, name, address):
        super().__init__(soak.port, name, address, PEOPLE / RATE)
        self.soak = soak

    def began(self, method):
        self.soak.posting[self] = time.time() if method == "POST" else None

    def ended(self, method, path, began, status):
        self.soak.posting[self] = None
        with self.soak.lock:
            self.soak.requests.append((self.name, method, path, began, time.time(), status))

    def asked_to_wait(self):
        with self.soak.lock:
            self.soak.waited += 1

    def fault(self, said):
        self.soak.fault(f"{self.name} {said}")

    def sign_out(self):
        self.post("/logout/", {}, self.open("/me/"))

    def look_around(self):
        self.open(self.random.choice(PAGES[self.name].split()), known=True)

    def report(self):
        """报一条，三成附一份材料；接着三成撤回，其余交给办公室审。"""
        mine = self.soak.to_report[self.name]
        if mine.empty():
            return self.look_around()
        pk = mine.get()
        text = f"长跑 {secrets.token_hex(8)}：按计划推进，完成了本月安排的各项工作。"
        page, fields = self.report_form(pk, text)
        if not fields:
            return self.fault(f"第 {pk} 条没有表单")
        files = []
        if self.random.random() < 0.3:
            content = b"%PDF-1.4\n%" + secrets.token_hex(40_000).encode() + b"\n%%EOF\n"
            files = [(f"p{pk}-evidence", f"soak-{secrets.token_hex(4)}.pdf", content)]
        if not self.post(f"/progress/{pk}/", fields, page, files):
            return None
        self.soak.did("report", pk, "submitted", text)
        with self.soak.lock:
            self.soak.files += [hashlib.sha256(content).hexdigest() for _, _, content in files]
        if self.random.random() < 0.3:
            page = self.open("/")
            if f'action="/progress/{pk}/withdraw/"' not in page:
                return self.fault(f"报了第 {pk} 条，首页上却没有“撤回”")
            if self.post(f"/progress/{pk}/withdraw/", {}, page):
                self.soak.did("withdraw", pk, "draft")
                mine.put(pk)
            return None
        self.soak.to_review.put(pk)
        return None

    def review(self):
        """审一条：看报的是不是那一句，下一份材料；通过的随后撤销，再退回，让部室重报。"""
        if self.soak.to_review.empty():
            return self.look_around()
        pk = self.soak.to_review.get()
        page = self.open(f"/review/{pk}/")
        if (text := self.soak.rows[pk]["text"]) and text not in page:
            self.fault(f"第 {pk} 条报成了，审核页上却没有那一句")
        if kept := re.findall(r'href="(/attachments/\d+/)"', page):
            status, _, content = self.send("GET", self.random.choice(kept))
            if status != 200 or hashlib.sha256(content).hexdigest() not in self.soak.files:
                self.fault(f"第 {pk} 条的材料下载下来不对：{status}")
        if self.random.random() < 0.5:
            if not self.post(f"/review/{pk}/approve/", {}, page):
                return None
            self.soak.did("approve", pk, "approved")
            page = self.open(f"/review/{pk}/")
            why = "长跑：通过错了，撤销。"
            if not self.post(f"/review/{pk}/revoke/", {"revoke-reason": why}, page):
                return None
            self.soak.did("revoke", pk, "submitted", why)
            page = self.open(f"/review/{pk}/")
        why = "长跑：请补充完成情况。"
        if self.post(f"/review/{pk}/return/", {"reason": why}, page):
            self.soak.did("return", pk, "returned", why)
            self.soak.to_report[self.soak.rows[pk]["who"]].put(pk)
        return None

    def wrong(self):
        """输错密码：换着地址、名字来，都不该进得去。"""
        self.cookies.clear()
        self.address = f"10.9.{self.random.randrange(256)}.{self.random.randrange(1, 255)}"
        page = self.open("/login/")
        name = self.random.choice(["nobody" + secrets.token_hex(2), "zhb", "zhb-head", "dwb"])
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        form = {"csrfmiddlewaretoken": token, "username": name, "password": "Bu-Dui-" + secrets.token_hex(4)}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _, _ = self.send("POST", "/login/", urllib.parse.urlencode(form).encode(), kind)
        if status not in (200, 422, 429):
            self.fault(f"输错密码答了 {status}")

    def live(self):
        """一直用到时候：登录，做事、看页；隔一阵退出再登录。"""
        try:
            if self.name != "visitor":
                self.sign_in()
            again = time.time() + 300 * (0.7 + self.random.random())
            while not self.soak.is_over:
                if self.name == "visitor":
                    self.wrong() if self.random.random() < 0.2 else self.look_around()
                elif time.time() > again:
                    self.sign_out()
                    self.sign_in()
                    again = time.time() + 300
                elif self.name in REPORTERS and self.random.random() < 0.35:
                    self.report()
                elif self.name == "office" and self.random.random() < 0.6:
                    self.review()
                else:
                    self.look_around()
        except SystemExit:
            pass
        except Exception as error:  # 测试自己的毛病也要说出来
            self.fault(f"{type(error).__name__} {error}")


# ── 杀、量 ──
def workers_of(master):
    """主进程的各个工作进程，先起的在前：（进程号，活了几秒）。"""
    now = float(Path("/proc/uptime").read_text().split()[0])
    found = []
    for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split():
        try:
            started = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf(
                "SC_CLK_TCK"
            )
        except OSError:
            continue
        found.append((int(pid), now - started))
    return sorted(found, key=lambda each: -each[1])


def kill_one_a_minute(soak, master):
    """每分钟杀最后起的那一个，挑有人正在交表单的时候（等十秒还没有的，不等了）；先起的一个一直活着，好看它的内存长不长。"""
    while not soak.is_over:
        time.sleep(min(KILL_EVERY, max(0, soak.until - time.time())))
        if soak.until - time.time() > 5:
            until = time.time() + 10
            while time.time() < until and not any(
                since and time.time() - since > 0.02 for since in list(soak.posting.values())
            ):
                time.sleep(0.005)
            pid = workers_of(master)[-1][0]
            soak.kills.append(time.time())
            os.kill(pid, signal.SIGKILL)


def size_of(pid):
    """一个进程的（常驻内存 MB，描述符数）；没有了为 None。"""
    try:
        rss = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024
        return rss, len(os.listdir(f"/proc/{pid}/fd"))
    except (OSError, TypeError):
        return None


def look(soak, master, postgres):
    """十秒量一次。"""
    while not soak.is_over:
        workers = [(age, *found) for pid, age in workers_of(master) if (found := size_of(pid))]
        wal = soak.room / "data/db.sqlite3-wal"
        links = 0
        if postgres:
            asked = ["psql", "-X", "-At", f"{postgres[0]}/postgres", "-c"]
            asked += [f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{postgres[1]}'"]
            links = int(subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout)
        size = wal.stat().st_size / 2**20 if wal.exists() else 0
        soak.looks.append(
            {"at": time.time() - soak.start, "master": size_of(master), "workers": workers, "links": links, "wal": size}
        )
        time.sleep(LOOK_EVERY)


# ── 判 ──
def unexplained(soak):
    """没有成的请求里，不是被杀的那些；连同被杀的有几次。"""
    killed, strange = 0, []
    for row in soak.requests:
        name, method, path, begun, ended, status = row
        if isinstance(status, int):
            if status >= 500:
                strange.append(row)
            continue
        # 杀的那一刻已经发出（钟与进程的先后差几十毫秒以内），断在那前后
        hit = any(begun <= at + 0.05 and abs(ended - at) <= NEAR for at in soak.kills)
        killed += hit
        if not hit or status.startswith("!"):
            strange.append(row)
    return killed, strange


def middle(numbers):
    return statistics.median(numbers) if numbers else None


def bins(soak):
    """分作六段（30 分钟的一段五分钟）：请求、用时、内存、描述符、连接、WAL。"""
    width, rows = SECONDS / 6, []
    for n in range(6):
        asked = [r for r in soak.requests if n * width <= r[3] - soak.start < (n + 1) * width]
        looks = [x for x in soak.looks if n * width <= x["at"] < (n + 1) * width]
        took = sorted(r[4] - r[3] for r in asked if isinstance(r[5], int))
        old = [x["workers"][0] for x in looks if x["workers"]]
        young = [w for x in looks for w in x["workers"][1:] if w[0] >= 40]
        rows.append({
            "requests": len(asked),
            "broken": sum(not isinstance(r[5], int) for r in asked),
            "p50": took[len(took) // 2] if took else 0,
            "p95": took[int(len(took) * 0.95)] if took else 0,
            "master": middle([x["master"][0] for x in looks]),
            "old": middle([w[1] for w in old]),
            "young": middle([w[1] for w in young]),
            "fds": max((w[2] for x in looks for w in x["workers"]), default=0),
            "master_fds": max((x["master"][1] for x in looks), default=0),
            "links": max((x["links"] for x in looks), default=0),
            "wal": max((x["wal"] for x in looks), default=0),
        })  # fmt: skip
    return rows


def uneven(rows):
    """不平稳的几样，规矩见开头。"""
    second, last, said = rows[1], rows[-1], []
    for name, label in (("master", "主进程内存"), ("old", "一直活着的进程内存"), ("young", "新起的进程内存")):
        if not second[name] or not last[name] or last[name] > 1.15 * second[name]:
            said.append(f"{label}：第二段 {second[name]}，末段 {last[name]} MB")
    for name, label in (("fds", "工作进程描述符"), ("master_fds", "主进程描述符")):
        if last[name] > second[name] + 4:
            said.append(f"{label}：{second[name]} → {last[name]}")
    if any(row["links"] > WORKERS * THREADS for row in rows):
        said.append(f"连接：{[row['links'] for row in rows]}")
    if last["wal"] > max(8, 1.5 * second["wal"]):
        said.append(f"WAL：{second['wal']:.1f} → {last['wal']:.1f} MB")
    return said


def show(soak, rows):
    print("段  请求  断  中位秒  95%秒  主进程MB  长活MB  新起MB  描述符  主描述符  连接  WAL_MB")
    for n, row in enumerate(rows, 1):
        words = [n, row["requests"], row["broken"], f"{row['p50']:.3f}", f"{row['p95']:.3f}"]
        words += ["—" if row[k] is None else f"{row[k]:.1f}" for k in ("master", "old", "young")]
        words += [row["fds"], row["master_fds"], row["links"], f"{row['wal']:.1f}"]
        print("  ".join(str(word) for word in words))
    statuses = collections.Counter(row[5] for row in soak.requests)
    print(
        f"请求 {len(soak.requests)} 次：{dict(sorted(statuses.items(), key=str))}；杀了 {len(soak.kills)} 次；登录的人多、请过一会儿再来的 {soak.waited} 次。"
    )


def run(port, master, room, people, *postgres):
    soak = Soak(int(port), Path(room))
    names = [*people.split(), "visitor", "visitor"]
    jobs = [Person(soak, name, f"10.8.0.{n + 1}").live for n, name in enumerate(names)]
    jobs += [lambda: kill_one_a_minute(soak, int(master)), lambda: look(soak, int(master), postgres)]
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 300)
        if thread.is_alive():
            soak.fault("有一个人没有停下来")
    last = json.loads((soak.room / "rows.json").read_text())["last"]
    done = {"acts": soak.acts, "files": soak.files, "rows": list(soak.rows.values()), "last": last}
    (soak.room / "done.json").write_text(json.dumps(done, ensure_ascii=False), "utf-8")
    (soak.room / "kills.json").write_text(json.dumps(soak.kills))
    with (soak.room / "requests.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in soak.requests)
    rows = bins(soak)
    show(soak, rows)
    killed, strange = unexplained(soak)
    said = uneven(rows) if SECONDS >= 600 else []
    posts = sum(row[1] == "POST" and not isinstance(row[5], int) for row in soak.requests)
    print(
        f"被杀断的 {killed} 次，其中交表单的 {posts} 次（随即一模一样再交）；说不清的 {len(strange)} 次；毛病 {len(soak.faults)} 处；不平稳 {len(said)} 样。"
    )
    for line in [*map(str, strange), *soak.faults, *said][:30]:
        print("!!", line)
    is_idle = not soak.kills and SECONDS > KILL_EVERY + 10
    return int(bool(strange or soak.faults or said or is_idle))


def look_in_log(room):
    """日志：gunicorn 说被杀的与杀的次数相同，别的出错一条没有。慢的查询只数。"""
    lines = (room / "app.log").read_text("utf-8", "replace").splitlines()
    kills = len(json.loads((room / "kills.json").read_text()))
    told = sum(KILLED in line for line in lines)
    wrong = [line for line in lines if is_error(line) and KILLED not in line]
    for line in wrong[:10]:
        print("!! 日志：", line[:600])
    slow = sum("yingshang.slow" in line for line in lines)
    print(f"日志 {len(lines)} 行：被杀 {told} 次（杀了 {kills} 次），出错 {len(wrong)} 条，慢的查询 {slow} 条。")
    return int(bool(wrong) or told != kills)


if __name__ == "__main__":
    sys.exit(look_in_log(Path(sys.argv[2])) if sys.argv[1] == "--log" else run(*sys.argv[1:]))
