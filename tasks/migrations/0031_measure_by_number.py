"""按序号找一项举措：两万项里不再一项项看。只加索引，不改表。"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0030_revision_changes'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='measure',
            index=models.Index(fields=['plan', 'number'], name='measure_by_number'),
        ),
    ]
