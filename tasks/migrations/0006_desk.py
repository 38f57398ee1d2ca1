# 更正稿可以放弃；需协调事项可以请领导小组办公室（部室留空）；批示回复后可以补充。

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('departments', '0001_initial'),
        ('tasks', '0003_period_basis'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='instructionreply',
            name='instruction_reply_unique',
        ),
        migrations.RemoveConstraint(
            model_name='progress',
            name='progress_decided_has_reviewer',
        ),
        migrations.RemoveConstraint(
            model_name='progress',
            name='progress_submitted_is_complete',
        ),
        migrations.AddField(
            model_name='instructionreply',
            name='is_supplement',
            field=models.BooleanField(default=False, editable=False, verbose_name='补充'),
        ),
        migrations.AlterField(
            model_name='coordinationrequest',
            name='to_department',
            field=models.ForeignKey(blank=True, help_text='空着是请领导小组办公室协调', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='coordination_requests', to='departments.department', verbose_name='请哪个部室协调'),
        ),
        migrations.AlterField(
            model_name='progress',
            name='corrects',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', related_query_name='correction', to='tasks.progress', verbose_name='更正的是'),
        ),
        migrations.AlterField(
            model_name='progress',
            name='status',
            field=models.CharField(choices=[('missing', '未报'), ('draft', '草稿'), ('submitted', '待审核'), ('approved', '已通过'), ('returned', '已退回'), ('discarded', '已放弃')], default='missing', editable=False, max_length=10, verbose_name='报送状态'),
        ),
        migrations.AddConstraint(
            model_name='coordinationrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('to_department__isnull', True)), fields=('progress',), name='coordination_one_to_office'),
        ),
        migrations.AddConstraint(
            model_name='instructionreply',
            constraint=models.UniqueConstraint(condition=models.Q(('is_supplement', False)), fields=('instruction', 'department'), name='instruction_reply_unique', violation_error_message='本部室已经回复过这条批示。'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False), ('status__in', ['approved', 'returned'])), models.Q(('reviewed_at__isnull', True), ('reviewed_by__isnull', True), ('status__in', ['missing', 'draft', 'submitted'])), ('status', 'discarded'), _connector='OR'), name='progress_decided_has_reviewer', violation_error_message='审核过的报送必须有审核人和时间，没审核的不能有。'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['missing', 'draft', 'discarded']), models.Q(('first_submitted_at__isnull', False), ('submitted_at__isnull', False), models.Q(('text', ''), _negated=True)), _connector='OR'), name='progress_submitted_is_complete', violation_error_message='报送必须有本期进展和报送时间。'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'discarded'), _negated=True), fields=('corrects',), name='progress_one_live_correction', violation_error_message='这一条已经有一份更正。'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'discarded'), _negated=True), models.Q(('corrects__isnull', False), ('superseded_at__isnull', True)), _connector='OR'), name='progress_only_corrections_discarded', violation_error_message='只有更正稿可以放弃。'),
        ),
    ]
