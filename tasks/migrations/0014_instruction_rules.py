"""各条批示都填好了方案（见上一个迁移），才定下不得为空与各条约束：同一个事务里改了行再改表，PostgreSQL 不许。"""

import datetime

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0013_instruction_matters'),
    ]

    operations = [
        migrations.AlterField(
            model_name='instruction',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='instructions', to='tasks.plan', verbose_name='方案'),
        ),
        migrations.AlterField(
            model_name='instruction',
            name='measure',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='instructions', to='tasks.measure', verbose_name='举措'),
        ),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('completion_request__isnull', True), ('instruction__isnull', True), ('problem_note__isnull', True), ('progress__isnull', False)), models.Q(('completion_request__isnull', True), ('instruction__isnull', True), ('problem_note__isnull', False), ('progress__isnull', True)), models.Q(('completion_request__isnull', False), ('instruction__isnull', True), ('problem_note__isnull', True), ('progress__isnull', True)), models.Q(('completion_request__isnull', True), ('instruction__isnull', False), ('problem_note__isnull', True), ('progress__isnull', True)), _connector='OR'), name='attachment_has_one_parent'),
        ),
        migrations.AddConstraint(
            model_name='instruction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('matter', ''), ('measure__isnull', False)), models.Q(('measure__isnull', True), models.Q(('matter', ''), _negated=True)), _connector='OR'), name='instruction_measure_or_matter', violation_error_message='批示或在一项举措上，或写明是什么事，两样有且只有一样。'),
        ),
        migrations.AddConstraint(
            model_name='instruction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('settled_by__isnull', True)), models.Q(('answered_at__isnull', False), ('settled_at__isnull', False), ('settled_by__isnull', False)), _connector='OR'), name='instruction_settled_was_answered', violation_error_message='各承办部室都回复了才能了结。'),
        ),
        migrations.AddConstraint(
            model_name='instruction',
            constraint=models.CheckConstraint(condition=models.Q(('due_on__isnull', True), ('said_on__isnull', True), ('due_on__gte', models.F('said_on')), _connector='OR'), name='instruction_due_after_said', violation_error_message='办理期限不能早于批示日期。'),
        ),
        migrations.AddConstraint(
            model_name='instruction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('said_on__isnull', True), models.Q(('said_on__gte', datetime.date(2000, 1, 1)), ('said_on__lte', datetime.date(2099, 12, 31))), _connector='OR'), models.Q(('due_on__isnull', True), models.Q(('due_on__gte', datetime.date(2000, 1, 1)), ('due_on__lte', datetime.date(2099, 12, 31))), _connector='OR')), name='instruction_dates', violation_error_message='日期须在 2000 年至 2099 年之间。'),
        ),
    ]
