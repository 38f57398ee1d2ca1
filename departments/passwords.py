"""密码规则（等保“身份鉴别”），说的话都是中文的、称“您”的。

复杂度一条 ASVS 6.2.5 不主张，故可由 PASSWORD_COMPLEXITY=False 关闭。
"""

import re

from django.contrib.auth import password_validation as django_rules
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError

CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")


class LengthValidator(django_rules.MinimumLengthValidator):
    def get_error_message(self) -> str:
        return f"密码太短，至少要 {self.min_length} 位。"

    def get_help_text(self) -> str:
        return f"至少 {self.min_length} 位"


class SimilarityValidator(django_rules.UserAttributeSimilarityValidator):
    def get_error_message(self) -> str:
        return "密码与您的%(verbose_name)s太相近，请换一个。"

    def get_help_text(self) -> str:
        return "不与登录名、姓名、邮箱相近"


class CommonValidator(django_rules.CommonPasswordValidator):
    def get_error_message(self) -> str:
        return "这个密码太常见，容易被猜到，请换一个。"

    def get_help_text(self) -> str:
        return "不用常见的密码"


class NumericValidator(django_rules.NumericPasswordValidator):
    def get_error_message(self) -> str:
        return "密码不能全是数字。"

    def get_help_text(self) -> str:
        return "不全是数字"


class CharacterClassValidator:
    """小写、大写、数字、符号四类里至少有三类。"""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """不满足时抛出 ValidationError，说明还缺什么。"""
        if sum(bool(re.search(pattern, password)) for pattern in CLASSES) < 3:
            raise ValidationError("密码" + self.get_help_text() + "。", code="password_too_simple")

    def get_help_text(self) -> str:
        return "须含小写字母、大写字母、数字、符号四类中的三类"


def rules() -> str:
    """全部规则，一句话：填密码的格子下面只写这一句。"""
    return "；".join(v.get_help_text() for v in django_rules.get_default_password_validators()) + "。"
