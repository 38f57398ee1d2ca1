"""造公文用的数字：每一类恰好 n 条，供“零、一、多都读得通”的测试；以及读不通的写法的清单。"""

import re

KEYS = {
    "项": "measures shared joint red yellow green undue done not_started better worse finished started other newly_due",
    "项次": (
        "assignments exempt owed reported approved submitted unreported missing draft returned on_time late self_reviewed "
        "overdue_reports newly_reported newly_missed still_missed span_owed span_reported span_on_time span_late "
        "span_unreported span_returned span_self_reviewed extensions_approved extensions_refused extensions_waiting completed completions_new reopened"
    ),
    "件": (
        "problems_open problems_overdue problems_applied problems_group problems_new problems_settled problems_on_time "
        "instructions_new instructions_answered instructions_waiting coordination_open"
    ),
    "次": "reminders inspections",
}
ROOMS = ("审批中心", "财务部", "科技创新部")
LIGHTS = {"red": "红灯", "yellow": "黄灯", "green": "绿灯", "done": "已办结", "not_started": "未启动"}
TURNS = {
    "better": ("red", "yellow"),
    "worse": ("green", "yellow"),
    "finished": ("green", "done"),
    "started": ("not_started", "green"),
    "other": ("green", "not_started"),
}
SPAN = {
    "is_span": True,
    "first": {"slug": "2023-03", "name": "2023年3月", "short": "3月"},
    "since": {"on": "2023-02-28", "closed": "2月"},
}


def row(i, key="") -> dict:
    """一条：举措、项次、问题、批示都用得上的字段全写上。"""
    before, after = TURNS.get(key, ("green", "yellow"))
    room = ROOMS[i % 3]
    return {
        "number": str(i + 1), "title": f"事项{i + 1}", "department": room, "text": f"第{i + 1}项 事项{i + 1}（{room}）",
        "note": f"{LIGHTS[before]}转{LIGHTS[after]}" if key in TURNS else "原时限2023年9月1日，延至2023年12月1日",
        "reason": "等上级文件", "url": f"/measures/{i + 1}/", "said": "请加快。", "to": "综合办", "leader": "李华斌",
        "on": "2023-09-05", "is_urgent": not i, "owing": [room], "departments": [room], "category": "要素保障", "level": "领导小组",
        "measure": str(i + 1) if i % 2 else "", "due_on": "2023-09-10", "days_late": 12, "place": "大厅",
    }  # fmt: skip


def line(i, light, said=True) -> dict:
    """台账的一行。"""
    words = (
        {"text": "做了一件事。", "problems": "资金没有落实", "next_steps": "下月开工。", "coordination": ""}
        if said
        else dict.fromkeys(("text", "problems", "next_steps", "coordination"), "")
    )
    part = words | {
        "department": ROOMS[i % 3],
        "light": light,
        "reason": f"低于序时进度 {35 + i} 个百分点",
        "percent": 35,
        "from": "9月" if said else "",
        "is_current": said,
        "is_no_change": False,
        "told": [{"from": "9月", "text": "做了一件事。"}] if said else [],
    }
    return {
        "number": str(i + 1), "title": f"事项{i + 1}", "url": f"/measures/{i + 1}/", "leaders": ["李华斌"], "departments": [ROOMS[i % 3]],
        "kind": "milestone", "light": light, "label": LIGHTS[light], "reason": f"低于序时进度 {35 + i} 个百分点", "is_manual": False, "percent": 35,
        "pace": 70, "before": "green", "status": "已通过", "parts": [part],
    }  # fmt: skip


def department(i, n) -> dict:
    """一个部室：应报 n，已报 n − i。"""
    made = {
        "name": ROOMS[i],
        "url": "",
        "assignments": n,
        "shared": 0,
        "share": 50,
        "owed": n,
        "reported": max(0, n - i),
    }
    zeros = ("approved", "submitted", "unreported", "missing", "draft", "returned", "on_time", "late", *LIGHTS)
    return made | dict.fromkeys(zeros, 0)


def figures(n, *, said=True, base=True, as_of="2023-09-22", **extra) -> dict:
    """每个数字都恰好 n 条的一份数字。"""
    period = {
        "slug": "2023-09",
        "name": "2023年9月",
        "short": "9月",
        "due_on": "2023-09-25",
        "is_closed": False,
        "url": "/board/2023-09/",
    }
    counts = {
        key: {"label": key, "unit": unit, "n": n, "url": "", "rows": [row(i, key) for i in range(n)]}
        for unit, keys in KEYS.items()
        for key in keys.split()
    }
    spare = ("assignments", "shared", "share")
    once = {k: v for k, v in department(0, n).items() if k not in spare}
    span = [once | {"name": "2023年9月", "short": "9月", "url": ""}] * max(1, n)
    target = {"number": "8", "name": "承诺制率", "goal": "100%", "strength": "须", "value": "100%", "is_met": True}
    return {
        "revised": [revision(i, n - 1) for i in range(min(3, n))], "since": {"on": "2023-08-31", "closed": "8月"} if base else None, "helped": False, "schema": 1, "plan": {"title": "2023年方案", "document_number": "交开党工委发〔2023〕9号"}, "period": period, "first": period,
        "base": period | {"name": "2023年8月", "short": "8月"} if base else None, "is_span": False, "as_of": as_of,
        "taken_at": "2023-09-22T16:20+08:00", "pace": 70, "thresholds": {"yellow": 10, "red": 30}, "counts": counts,
        "lines": [line(i, light, said) for light in LIGHTS for i in range(n)],
        "departments": [department(i, n) for i in range(min(3, n))], "periods": span,
        "targets": [target | {"is_met": i % 2 == 0, "value": "" if i % 2 else "100%"} for i in range(n)],
        "stories": [{"number": "1", "title": "事项1", "department": "财务部", "category": "经验做法", "text": "做法。", "url": ""} for _ in range(n)],
    } | extra  # fmt: skip


def revision(i, n) -> dict:
    """一次修订，每一类各 n 项（零项的没有增减）；第二次起是撤销上一次。"""
    some = [str(k + 1) for k in range(n)]
    moved = [{"before": k, "after": f"{k}-1"} for k in some]
    kinds = {"added": some, "removed": some, "moved": moved, "changed": some}
    return {"on": "2023-09-12", "version": i + 2, "reverts": i and i + 1, **kinds}


def only(**wanted) -> dict:
    """除写明的以外都是零；写明几，就有几条。"""
    f = figures(0)
    for key, n in wanted.items():
        f["counts"][key] |= {"n": n, "rows": [row(i, key) for i in range(n)]}
    return f


def joint(*lights, **more) -> dict:
    """几个部室共同牵头的一项，各是什么灯。"""
    base = line(0, "yellow")
    names = ("甲部", "乙部", "丙部", "丁部")
    parts = [base["parts"][0] | {"department": n, "light": light} for n, light in zip(names, lights, strict=False)]
    return base | {"departments": list(names[: len(lights)]), "parts": parts, "reason": "甲部：慢了"} | more


# 读出来不通的：空括号、重标点、冒号后面没有话、“0件”（应写“无”“没有”）、漏了的值。
BROKEN = re.compile(
    r"None|nan|\{|\}|（）|“”|《》|、、|，，|。。|；；|：：|：[，。；、]|、[。，；]|，[。；、]|；[。，]|第项|第、|其中。|，其中，|(?<![0-9.])0(?:项|件|次|天|个部室)|到0个|\s{2}"
)
ENDS = ("。", "！", "？", "……")


def wrong_with(text) -> list[str]:
    """这一节里读不通的地方。"""
    found = [f"{m[0]}：{text[max(0, m.start() - 15) : m.end() + 15]}" for m in BROKEN.finditer(text)]
    for paragraph in text.split("\n"):
        is_heading = re.match(r"（[一二三四五六七八九十]+）[^。]+$", paragraph)
        is_ended = paragraph.endswith(ENDS) or re.search(r"[。！？]（[^（）]*）$", paragraph)
        if not paragraph.strip() or not (is_heading or is_ended):
            found.append(f"没有写完：{paragraph[-30:]!r}")
    return found
