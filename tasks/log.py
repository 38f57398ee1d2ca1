"""操作记录：动作归成几类，按类、部室、人、时间查。只看不改，不导出。"""

from django.core.paginator import Paginator
from django.db.models import Q

from .models import Event

PAGE_SIZE = 50
# 类别 → 叫什么、动作名的开头。新的动作不归进某一类，测试就失败。
CATEGORIES = {
    "report": ("报送与审核", ("progress_", "attachment_")),
    "period": ("报送期", ("period_",)),
    "remind": ("催办", ("remind",)),
    "instruction": ("批示", ("instruction_",)),
    "problem": ("问题与督查", ("problem_", "inspection_")),
    "coordination": ("协调", ("coordination_",)),
    "extension": ("延期", ("extension_",)),
    "completion": ("办结与问效", ("completion_", "effect_")),
    "breakdown": ("任务分解与汇总", ("milestone_", "joint_")),
    "measure": ("核定与定灯", ("measure_", "light_")),
    "circular": ("通报与宣传", ("circular_", "public_", "calendar_")),
    "plan": ("方案", ("plan_",)),
    "admin": ("账户与设置", ("admin_",)),
}


def page(user, filters) -> dict:
    """操作记录的一页。"""
    chosen = filters.chosen
    rows = Event.objects.visible_to(user).select_related("by", "measure", "period", "department", "problem")
    if q := chosen.get("q"):
        rows = rows.filter(Q(label__icontains=q) | Q(note__icontains=q) | Q(by__name__icontains=q))
    if kind := chosen.get("kind"):
        starts = CATEGORIES[kind][1]
        rows = rows.filter(Q(*[("action__startswith", start) for start in starts], _connector=Q.OR))
    if dept := chosen.get("dept"):
        rows = rows.filter(department=dept)
    if who := chosen.get("who"):
        rows = rows.filter(by=who)
    if number := chosen.get("measure"):
        rows = rows.filter(measure__number=number)
    if since := chosen.get("since"):
        rows = rows.filter(at__date__gte=since)
    if until := chosen.get("until"):
        rows = rows.filter(at__date__lte=until)
    found = Paginator(rows, PAGE_SIZE).get_page(chosen.get("page", 1))
    return {"page_obj": found, "query": filters.query_without("page")}
