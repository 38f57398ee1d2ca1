"""soak.sh 用，经 manage.py shell：choose 选好长跑里报哪几条；compare 照记下的一件一件核对库里有没有、有没有多。"""

import collections
import hashlib
import json
import sys
from pathlib import Path

from django.conf import settings

from departments.models import User
from tasks import workflow
from tasks.models import Attachment, Event, Plan, Progress
from yingshang import clock

REPORTERS = ("spzx", "kjcxb", "jjfzb")
# 长跑里做的事 → 操作记录里叫什么。
ACTIONS = {
    "report": "progress_submit",
    "withdraw": "progress_withdraw",
    "approve": "progress_approve",
    "return": "progress_return",
    "revoke": "progress_revoke",
}


def choose(where):
    """打开对外公开页。每个部室在报的一期里没有量化目标、还没有通过的几条：一遍一遍地报、撤、通过、退回。连同现在最后一条操作记录的编号。"""
    admin = User.objects.get(username="admin")
    workflow.switch_public(Plan.objects.current(), by=admin, at=clock.now(), is_public=True)
    rows = Progress.objects.in_open_periods().filter(assignment__department__slug__in=REPORTERS, corrects=None)
    rows = rows.exclude(status="approved").filter(assignment__ended_in=None, assignment__measure__targets=None)
    found = [
        {"pk": row.pk, "who": row.assignment.department.slug, "sent": row.status == "submitted"}
        for row in rows.select_related("assignment__department").order_by("pk")
    ]
    assert {row["who"] for row in found} == set(REPORTERS), found
    Path(where).write_text(json.dumps({"rows": found, "last": Event.objects.last_number()}), "utf-8")


def compare(where):
    """办成了的每一件：操作记录里恰好一条，一字不差；现在的状态、正文是最后办成的；材料恰好一份，盘上的字节不差。"""
    done = json.loads(Path(where).read_text("utf-8"))
    wrong, since = [], Event.objects.filter(pk__gt=done["last"], action__in=ACTIONS.values())
    said = [(ACTIONS[a["what"]], a["pk"], a["text"]) for a in done["acts"]]
    kept = [(action, pk, note) for action, pk, note in since.values_list("action", "progress", "note")]
    ours, theirs = collections.Counter(said), collections.Counter(kept)
    wrong += [f"办成了，操作记录里却少：{key} {n}" for key, n in (ours - theirs).items()]
    wrong += [f"操作记录里多出：{key} {n}" for key, n in (theirs - ours).items()]
    for row in done["rows"]:
        now = Progress.objects.get(pk=row["pk"])
        if (now.status, now.text) != (row["status"], row["text"]) and row["text"]:
            wrong.append(
                f"第 {row['pk']} 条现在是 {now.status} {now.text[:40]}，应为 {row['status']} {row['text'][:40]}"
            )
    files = Attachment.objects.filter(name__startswith="soak-")
    held = collections.Counter(files.values_list("sha256", flat=True))
    sent = collections.Counter(done["files"])
    wrong += [f"传上的材料少了、多了：{key}" for key in (sent - held) + (held - sent)]
    wrong += [f"盘上的不同：{f.file.name}" for f in files if _digest(f.file.path) != f.sha256]
    on_disk = {str(p.relative_to(settings.MEDIA_ROOT)) for p in settings.MEDIA_ROOT.rglob("*") if p.is_file()}
    orphans = on_disk - set(Attachment.objects.values_list("file", flat=True))
    for line in wrong[:20]:
        print("!!", line)
    counted = collections.Counter(act["what"] for act in done["acts"])
    print(f"逐件核对：{dict(counted)}，材料 {sum(sent.values())} 份；不符 {len(wrong)} 处。")
    print(f"盘上没有主的材料（杀的时候传到一半，两天后由 sweep 扫走）：{len(orphans)} 份。")
    if wrong:
        sys.exit(1)


def _digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
