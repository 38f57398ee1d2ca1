"""重新打开的理由与别处一样长；催办连同发到工作群的话一起留底；问题可以撤账。"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

DROPPED = Q(status="dropped", dropped_by__isnull=False, dropped_at__isnull=False) & ~Q(drop_reason="")
KEPT = ~Q(status="dropped") & Q(dropped_by__isnull=True, dropped_at__isnull=True, drop_reason="")


class Migration(migrations.Migration):
    dependencies = [("tasks", "0006_desk"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AlterField(
            model_name="completion",
            name="reopen_reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="重新打开的理由"),
        ),
        migrations.AddField(
            model_name="reminder",
            name="group_text",
            field=models.TextField(blank=True, default="", verbose_name="发到工作群的话"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="problem",
            name="drop_reason",
            field=models.CharField(blank=True, editable=False, max_length=500, verbose_name="撤账理由"),
        ),
        migrations.AddField(
            model_name="problem",
            name="dropped_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="撤账时间"),
        ),
        migrations.AddField(
            model_name="problem",
            name="dropped_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="撤账人",
            ),
        ),
        migrations.AlterField(
            model_name="problem",
            name="status",
            field=models.CharField(
                choices=[("open", "整改中"), ("applied", "申请销号"), ("settled", "已销号"), ("dropped", "已撤账")],
                default="open",
                editable=False,
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.AddConstraint(
            model_name="problem",
            constraint=models.CheckConstraint(
                condition=DROPPED | KEPT,
                name="problem_dropped_has_reason",
                violation_error_message="撤账必须有撤账人、时间和理由。",
            ),
        ),
    ]
