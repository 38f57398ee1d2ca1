"""关闭时数好的：各部室的报送、各灯几项。已关闭的各期由 post_migrate（tasks/apps.py）补数。"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('departments', '0013_petition'),
        ('tasks', '0028_circular_rows'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClosedLights',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.CharField(choices=[('red', '红灯'), ('yellow', '黄灯'), ('green', '绿灯'), ('not_started', '未启动'), ('done', '已完成')], max_length=12, verbose_name='灯')),
                ('n', models.PositiveIntegerField(verbose_name='几项')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tasks.reportingperiod', verbose_name='报送期')),
            ],
            options={
                'verbose_name': '关闭时的灯',
                'verbose_name_plural': '关闭时的灯',
                'constraints': [models.UniqueConstraint(fields=('period', 'level'), name='closed_lights_unique')],
            },
        ),
        migrations.CreateModel(
            name='ClosedReports',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owed', models.PositiveIntegerField(verbose_name='应报')),
                ('approved', models.PositiveIntegerField(verbose_name='已通过')),
                ('submitted', models.PositiveIntegerField(verbose_name='待审核')),
                ('missing', models.PositiveIntegerField(verbose_name='还没有动手')),
                ('draft', models.PositiveIntegerField(verbose_name='草稿')),
                ('returned', models.PositiveIntegerField(verbose_name='退回待改')),
                ('on_time', models.PositiveIntegerField(verbose_name='按时')),
                ('late', models.PositiveIntegerField(verbose_name='补报')),
                ('sent_back', models.PositiveIntegerField(verbose_name='退回过')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='departments.department', verbose_name='部室')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tasks.reportingperiod', verbose_name='报送期')),
            ],
            options={
                'verbose_name': '关闭时的报送',
                'verbose_name_plural': '关闭时的报送',
                'constraints': [models.UniqueConstraint(fields=('period', 'department'), name='closed_reports_unique')],
            },
        ),
    ]
