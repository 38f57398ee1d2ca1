"""格子：有哪几层、各答什么、有哪些名词。test_layout.py 照此核对，README 与 CONTRIBUTING 里的图照此印出。"""

# 由下到上。上面的可以用下面的，同一层之间不成圈。rules 最下：它什么也不查，模型也问它（谁看得到哪些行）。
FLOORS = ("rules", "models", "figures", "workflow", "imports", "papers", "forms", "pages", "views")
# 每一层答什么：引用不合的时候说给人听，图上也这样写。
ANSWERS = {
    "models": "存什么：一个名词一个模块，约束、QuerySet 的话、谁看得到",
    "rules": "什么是真的：纯函数，不查库、不读钟（权限、灯、材料收不收）",
    "figures": "数什么：一期的台账、报送情况、变化、考核、欠着的事",
    "workflow": "现在可以吗，可以就做，并记下来：状态只在这里变",
    "imports": "方案怎么进来：读 → 比 → 生效",
    "papers": "什么拿出去：公文、表格、催办语、日历",
    "forms": "可以填什么",
    "pages": "给人看什么：一页要的全部，模板只管摆",
    "views": "HTTP：取、调一个动词或排一页、答，不超过 15 行",
}
NOUNS = {
    "plan": "方案", "revision": "方案的一版", "measure": "举措（项）", "assignment": "责任分工（项次）", "period": "报送期",
    "succession": "换人与部室调整", "acting": "兼任与代理",
    "progress": "进展报送", "target": "量化目标", "problem": "问题", "inspection": "督查检查", "coordination": "需协调事项", "cooperation": "配合报送",
    "milestone": "节点", "extension": "延期", "completion": "办结与问效", "instruction": "批示", "reminder": "催办",
    "circular": "通报、汇报、简报、请示", "publicity": "对外宣传", "calendar": "日历订阅", "joint": "共同汇总", "event": "操作记录、办理过程",
    "attachment": "佐证材料", "board": "总览、项次、分析", "home": "我的任务", "month": "一次报完", "desk": "领导页、部室页", "review": "审核",
    "audit": "安全日志", "assessment": "考核材料", "help": "使用说明", "judgement": "判好的灯", "holiday": "放假与调休",
    "organisation": "名称与版头", "start": "第一天", "term": "叫法", "roster": "名单", "reading": "已阅", "phrase": "批示常用语", "digest": "每周一页", "bundle": "全部材料的压缩包", "following": "关注", "suggestion": "意见建议", "robot": "发到工作群", "signing": "核稿与签发", "petition": "请示",
}  # fmt: skip
# 不是名词的模块：这一层自己的几样工具，各是什么。
TOOLS = {
    "models": {"fields": "各模块共用的取值范围", "visibility": "谁看得到的共同规则"},
    "rules": {
        "permissions": "这个人可以吗",
        "lights": "红黄绿灯",
        "evidence": "这份材料收不收",
        "active": "材料里会自己动的东西",
        "timetable": "报送期怎么排",
    },
    "workflow": {"steps": "流程表的骨架"},
    "forms": {"filters": "筛选表单的底子", "reason": "只写一条理由"},
    "pages": {
        "chores": "今天要办的一件",
        "comparison": "两版的差异翻页",
        "navigation": "导航与徽标",
        "pasted": "表格填到各行的哪一栏",
        "refusals": "没做成的：原因与所写的话",
    },
    "views": {
        "addresses": "网址里写明的方案",
        "guards": "这一页谁可以进",
        "refusals": "被拒绝时放回所写的",
        "unchanged": "没有变的页面答 304",
    },
    "admin": {"recorded": "每次改动进操作记录", "department": "账户与名单"},
}
# 按名词分的层；figures、imports、papers 按“数什么、哪一步、哪张纸”分，名字就是答案。
BY_NOUN = ("models", "workflow", "forms", "pages", "views", "admin")
