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


office_only = allowed(permissions.can_review)
board_only = allowed(permissions.can_see_board)
log_only = allowed(permissions.can_see_log)
import_only = allowed(permissions.can_import)
circulars_only = allowed(permissions.can_issue_circulars)
instructions_only = allowed(permissions.can_see_instructions)
instructing_only = allowed(permissions.can_write_instructions)
milestones_only = allowed(permissions.can_see_milestones)
assessment_only = allowed(permissions.can_see_assessment)
publishing_only = allowed(permissions.can_publish)
public_switch_only = allowed(permissions.can_switch_public)
