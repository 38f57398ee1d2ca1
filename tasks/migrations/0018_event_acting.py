"""替别的部室办的，记下凭哪一条。只加一栏空的，不重建表，触发器不受影响。"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('departments', '0012_acting'),
        ('tasks', '0017_headings'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='acting',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='departments.acting', verbose_name='代'),
        ),
    ]
