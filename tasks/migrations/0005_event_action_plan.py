"""操作记录添一个索引（动作，方案）：“催过几次”只数催办，不再把一份方案的全部记录看一遍。

服务的查询：figures/owed._urged，WHERE action='remind' AND plan=…。只建索引，不改表，触发器不受影响。
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [('tasks', '0004_shell_indexes')]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["action", "plan"], name="event_action_plan"),
        ),
    ]
