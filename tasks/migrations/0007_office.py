"""重新打开的理由与别处的理由一样长：撤销通过、重新打开都写在这里。"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks", "0002_event_append_only")]

    operations = [
        migrations.AlterField(
            model_name="completion",
            name="reopen_reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="重新打开的理由"),
        ),
    ]
