"""密码规则（等保“身份鉴别”），说的话都是中文的、称“您”的。

复杂度一条 ASVS 6.2.5 不主张，故可由 PASSWORD_COMPLEXITY=False 关闭。
"""

import re
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth import password_validation as django_rules
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError

from yingshang.clock import real_now

from . import organisation, pinyin
from .models import PastPassword, User

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


# 合乎四类字符而人人猜得到的，都是这几样拼起来的：常用的词（全是小写）、年份、连着的或重复的字符。
# 单位自己的取自开发区的名称（另有的写在设置 PASSWORD_WORDS 里），账户自己的登录名、邮箱、部室代号临时取。
COMMON_WORDS = """
    administrator admin root system manager master super user test guest demo temp default welcome hello login
    secret password passwd pass pwd mima changeme letmein iloveyou woaini woaizhongguo aini china zhongguo
    beijing shanxi taiyuan lvliang huawei tencent alibaba baidu xiaomi lenovo oracle mysql postgres server linux
    windows office kaifaqu jingkaiqu yingshang yingshanghuanjing duban taizhang bangongshi shenpi zhengfu
    zhengwu gongwuyuan renmin weihu guanliyuan yonghu
""".split()  # noqa: SIM905
KEYBOARD = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn",
)
# 用数字、符号代字母的写法（P@ssw0rd）照原词认。
DISGUISES = str.maketrans("@$!01345", "asioleas")
YEAR = re.compile(r"(?:19|20)\d\d")
REPEATED = re.compile(r"(.)\1{2,}")
LEAST_UNGUESSABLE = 4


class GuessableValidator:
    """不用一猜就中的拼法：“登录名+12345”“Admin@123”“单位首字母+年份”。

    把常用的词、账户自己的名字、年份、连着的字符都划掉，余下的不够 4 个字母的，不收（数字一个算半个）。
    """

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """含自己的登录名、或余下太少的抛出 ValidationError。"""
        own = _own_names(user) if isinstance(user, User) else []
        if any(len(name) > 2 and name in password.lower() for name in own):
            raise ValidationError(
                organisation.worded("密码里不要带您的登录名、邮箱、部室代号或电话，请换一个。"),
                code="password_has_own_name",
            )
        if _unguessable([*own, *_of_the_zone(), *COMMON_WORDS], password.lower()) < LEAST_UNGUESSABLE:
            said = "这个密码是常用的词、名字、年份、连着的数字拼起来的，容易被猜到，请换一个。"
            raise ValidationError(said, code="password_guessable")

    def get_help_text(self) -> str:
        return "不用名称、年份、连号拼成"


def _of_the_zone() -> set[str]:
    """单位自己的：开发区名称的拼音与首字母，加上设置里另写的。"""
    return pinyin.guessed(organisation.current().zone) | set(settings.PASSWORD_WORDS)


def _own_names(user: User) -> list[str]:
    """账户自己的：登录名（整个与各段）、邮箱的前半、部室代号、电话。长的在前。"""
    said = [user.username, user.name, (user.email or "").partition("@")[0], user.office_phone or ""]
    said += [user.department.slug] if user.department else []
    parts = [part.lower() for name in said for part in (name, *re.split(r"[\W_]+", name)) if len(part) > 1]
    return sorted(set(parts), key=len, reverse=True)


def _unguessable(words: Iterable[str], lowered: str) -> float:
    """划掉猜得到的以后，还余几个字母（汉字也算）；数字只有十样，一个算半个。"""
    for word in sorted({word.lower() for word in words}, key=len, reverse=True):
        for shown in (lowered, lowered.translate(DISGUISES)):
            if (start := shown.find(word)) >= 0:
                lowered = f"{lowered[:start]} {lowered[start + len(word) :]}"
                break
    lowered = REPEATED.sub(" ", YEAR.sub(" ", lowered))
    for row in KEYBOARD:
        for line in (row, row[::-1]):
            for size in range(len(line), 2, -1):
                for start in range(len(line) - size + 1):
                    lowered = lowered.replace(line[start : start + size], " ")
    return sum(0.5 if character.isdigit() else character.isalnum() for character in lowered)


class ReuseValidator:
    """最近用过的几个（PASSWORD_HISTORY，0 为不限）不再用。每次存新密码，Django 都来告诉这里一声。"""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """用过的抛出 ValidationError。"""
        if not settings.PASSWORD_HISTORY or user is None or user.pk is None:
            return
        used = PastPassword.objects.filter(user=user.pk).values_list("password", flat=True)[: settings.PASSWORD_HISTORY]
        if any(check_password(password, digest) for digest in used):
            raise ValidationError(f"这是您最近用过的密码，请换一个。{self.get_help_text()}。", code="password_reused")

    def password_changed(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """记下新密码的散列，只留最近几个。"""
        if user is None or not settings.PASSWORD_HISTORY:
            return
        PastPassword.objects.create(user_id=user.pk, password=user.password, at=real_now())
        kept = PastPassword.objects.filter(user=user.pk).values("pk")[: settings.PASSWORD_HISTORY]
        PastPassword.objects.filter(user=user.pk).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()

    def get_help_text(self) -> str:
        return f"不与最近 {settings.PASSWORD_HISTORY} 次用过的相同"


def rules() -> str:
    """全部规则，一句话：填密码的格子下面只写这一句。"""
    return "；".join(v.get_help_text() for v in django_rules.get_default_password_validators()) + "。"
