"""批示的常用语：一位领导自己的几句，两下就发得出。"""

from django.db import models

from departments import organisation
from departments.models import Leader

# 一句至多几个字，一共至多几句：再多就不是两下点得到的了。
LONGEST, MOST = 100, 12
# 没有改过的先用这几句。
DEFAULTS = (
    "请按期推进，月底前报结果。",
    "请写明滞后原因和赶工措施，逐项定人定时。",
    "同意所提意见，请抓紧办理。",
    "请牵头部室召集会商，三日内报方案。",
)


class Phrases(models.Model):
    """一位领导的常用语，一行一句。"""

    leader = models.OneToOneField(Leader, models.PROTECT, related_name="+", verbose_name="领导")
    text = models.TextField("常用语", max_length=LONGEST * MOST + MOST)

    class Meta:
        verbose_name = verbose_name_plural = "批示常用语"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.leader}的常用语"


def default_phrases() -> list[str]:
    """开头的几句，照单位的统称说。"""
    return [organisation.worded(phrase) for phrase in DEFAULTS]


def phrases_of(leader: Leader) -> list[str]:
    """他的常用语；没有改过、全删了的是开头的几句。"""
    kept = Phrases.objects.filter(leader=leader).values_list("text", flat=True).first()
    return kept.splitlines() if kept else default_phrases()
