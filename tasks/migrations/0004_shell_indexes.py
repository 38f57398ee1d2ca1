"""每一页都要数的徽标用得上的索引：部室的、审核的、更正稿的。各为哪一句查询，写在 models/progress.py。"""
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0003_judgement'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='progress',
            name='corrects',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', related_query_name='correction', to='tasks.progress', verbose_name='更正的是'),
        ),
        migrations.AddIndex(
            model_name='progress',
            index=models.Index(fields=['assignment', 'status'], name='progress_to_act_on'),
        ),
        migrations.AddIndex(
            model_name='progress',
            index=models.Index(fields=['status', 'submitted_at'], name='progress_waiting'),
        ),
        migrations.AddIndex(
            model_name='progress',
            index=models.Index(condition=models.Q(('corrects__isnull', False)), fields=['corrects'], name='progress_corrections'),
        ),
    ]
