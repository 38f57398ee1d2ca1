"""方案页：各版、签收、目标与保障措施。"""

from django.db.models import Count, Q

from departments.models import Department

from ..models import Measure, Plan, Receipt
from ..rules import permissions
from . import revision as revision_pages


def plan_page(plan, user) -> dict:
    """方案原文、版本、其他年度的方案；填报人还有待签收的提示。"""
    if plan is None:
        return {"plan": None, "can_import": permissions.can_import(user)}
    measures = Measure.objects.in_force().filter(plan=plan)
    revisions = plan.revisions.applied().select_related("applied_by").defer("content", "rows", "diff")
    return {
        "plan": plan,
        "measures": measures.prefetch_related("leader_links__leader", "assignments__department"),
        "retired": Measure.objects.filter(plan=plan, retired_in__isnull=False).select_related("retired_in"),
        "revisions": revisions.annotate(signed=Count("receipts")).order_by("-number"),
        "departments": Department.objects.active().count(),
        "others": Plan.objects.in_force().exclude(pk=plan.pk),
        "drafts": revision_pages.drafts(plan) if permissions.can_import(user) else (),
        "can_import": permissions.can_import(user),
        "can_switch_public": permissions.can_switch_public(user),
        "signed": set(Receipt.objects.filter(department=user.department_id).values_list("revision_id", flat=True)),
        "unsigned": revision_pages.waiting_receipt(user.department) if permissions.can_sign(user) else None,
        "counts": measures.aggregate(
            measures=Count("pk", distinct=True),
            assignments=Count("assignments", filter=Q(assignments__ended_in=None), distinct=True),
        ),
    }
