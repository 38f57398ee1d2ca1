"""密码复杂度（等保“身份鉴别”）。ASVS 6.2.5 不主张此类规则，故可由 PASSWORD_COMPLEXITY=False 关闭。"""

import re

from django.core.exceptions import ValidationError

CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")


class CharacterClassValidator:
    """小写、大写、数字、符号四类里至少有三类。"""

    def validate(self, password, user=None):
        """不满足时抛出 ValidationError，说明还缺什么。"""
        if sum(bool(re.search(pattern, password)) for pattern in CLASSES) < 3:
            raise ValidationError(self.get_help_text(), code="password_too_simple")

    def get_help_text(self):
        return "密码须含小写字母、大写字母、数字、符号四类中的三类。"
