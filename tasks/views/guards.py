"""视图的门：不合角色的一律 403。规则在 permissions，这里只把它接到视图上。"""

from functools import wraps

from django.core.exceptions import PermissionDenied

from ..rules import permissions


def allowed(rule):
    """只让 `rule(user)` 为真的人进。"""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not rule(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


class EnterMiddleware:
    """登录以后的各页只让进得来的人进；角色没有规则提到的，除了退出，一律 403。"""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, args, kwargs):
        """不用登录的页面（`login_not_required`）谁都一样，不在内。"""
        if not request.user.is_authenticated or not getattr(view_func, "login_required", True):
            return
        if request.resolver_match.url_name != "logout" and not permissions.can_enter(request.user):
            raise PermissionDenied("这个账户的角色还没有任何权限，请联系管理员。")


office_only = allowed(permissions.can_review)
board_only = allowed(permissions.can_see_board)
leaders_only = allowed(permissions.can_lead)
log_only = allowed(permissions.can_see_log)
import_only = allowed(permissions.can_import)
circulars_only = allowed(permissions.can_issue_circulars)
instructions_only = allowed(permissions.can_see_instructions)
instructing_only = allowed(permissions.can_write_instructions)
milestones_only = allowed(permissions.can_see_milestones)
assessment_only = allowed(permissions.can_see_assessment)
publishing_only = allowed(permissions.can_publish)
public_switch_only = allowed(permissions.can_switch_public)
