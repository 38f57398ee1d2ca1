"""“刚通过的”几条照索引取：不把这一期通过的几千条都排一遍。只加索引，不改表。"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0031_measure_by_number'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='progress',
            index=models.Index(
                fields=['reviewed_at', 'id'], name='progress_approved', condition=models.Q(('status', 'approved'))
            ),
        ),
    ]
