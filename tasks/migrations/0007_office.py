"""重新打开的理由与别处一样长；催办连同发到工作群的话一起留底。"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks", "0002_event_append_only")]

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
    ]
