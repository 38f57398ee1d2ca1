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
        # PostgreSQL 上，去掉外键的索引会连带去掉同一列上的部分唯一索引：先取下约束，改完再加上。
        migrations.RemoveConstraint(model_name='progress', name='progress_one_live_correction'),
        migrations.AlterField(
            model_name='progress',
            name='corrects',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', related_query_name='correction', to='tasks.progress', verbose_name='更正的是'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'discarded'), _negated=True), fields=('corrects',), name='progress_one_live_correction', violation_error_message='这一条已经有一份更正。'),
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
