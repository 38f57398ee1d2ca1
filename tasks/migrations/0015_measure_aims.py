"""提出了、还没有核定的量化目标，存在举措上。"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0014_instruction_rules'),
    ]

    operations = [
        migrations.AddField(
            model_name='measure',
            name='aims',
            field=models.JSONField(blank=True, default=list, editable=False, verbose_name='待核定的目标'),
        ),
    ]
