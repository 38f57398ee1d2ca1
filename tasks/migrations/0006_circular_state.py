"""公文记下取数时方案的状态：没有变，草稿就不必再把全部数字收一遍。"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [('tasks', '0005_event_action_plan')]
    operations = [
        migrations.AddField(
            "circular",
            "state",
            models.CharField(blank=True, default="", editable=False, max_length=80, verbose_name="取数时方案的状态"),
            preserve_default=False,
        ),
    ]
