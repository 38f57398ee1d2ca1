"""多数举措没有的几样判灯的事实：有没有，连着举措一次问清，没有的不再去查。"""

from django.db.models import Exists, OuterRef, QuerySet

from ..models import Completion, Extension, ManualLight, Measure, Milestone, Target

# 多数举措没有的几样事实（`Judge` 里的名字）→ 有没有，连着举措一次问。
RARE: dict[str, QuerySet] = {
    "_targets": Target.objects.filter(measure=OuterRef("pk")),
    "_completions": Completion.objects.filter(assignment__measure=OuterRef("pk")),
    "_extensions": Extension.objects.approved().filter(assignment__measure=OuterRef("pk")),
    "_milestones": Milestone.objects.filter(assignment__measure=OuterRef("pk"), agreed_at__isnull=False),
    "_manuals": ManualLight.objects.filter(measure=OuterRef("pk"), lifted_at__isnull=True),
}


def with_rare(measures: QuerySet[Measure]) -> QuerySet[Measure]:
    """举措，标着那几样事实有没有（has_…）。"""
    return measures.annotate(**{f"has{name}": Exists(rows) for name, rows in RARE.items()})


def has(measures: list[Measure], name: str) -> bool:
    """有哪一项要看这样事实：节点只有节点类的才看。"""
    looked = (m for m in measures if name != "_milestones" or m.kind == Measure.Kind.MILESTONE)
    return any(getattr(m, f"has{name}") for m in looked)
