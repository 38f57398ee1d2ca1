"""报送期不只按月：半月、季、旬、一次性；年度以外的另有简称。放假与调休存成表。"""

import datetime

import django.core.validators
from django.db import migrations, models

import tasks.models.fields


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0007_judgement_dates'),
    ]

    operations = [
        migrations.CreateModel(
            name='Holiday',
            fields=[
                ('day', tasks.models.fields.BoundedDateField(primary_key=True, serialize=False, validators=[django.core.validators.MinValueValidator(datetime.date(2000, 1, 1), '日期不能早于 2000年1月1日。'), django.core.validators.MaxValueValidator(datetime.date(2099, 12, 31), '日期不能晚于 2099年12月31日。')], verbose_name='日期')),
                ('name', models.CharField(max_length=20, verbose_name='节日')),
                ('is_workday', models.BooleanField(default=False, verbose_name='上班（调休）')),
            ],
            options={
                'verbose_name': '放假与调休',
                'verbose_name_plural': '放假与调休',
                'ordering': ['day'],
            },
        ),
        migrations.AddField(
            model_name='reportingperiod',
            name='kind',
            field=models.CharField(choices=[('month', '月'), ('half_month', '半月'), ('quarter', '季'), ('ten_days', '旬'), ('once', '一次性')], default='month', max_length=10, verbose_name='几时一期'),
        ),
        migrations.AddField(
            model_name='reportingperiod',
            name='short',
            field=models.CharField(blank=True, max_length=30, verbose_name='简称'),
        ),
        migrations.AddConstraint(
            model_name='reportingperiod',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['month', 'half_month', 'quarter', 'ten_days', 'once'])), name='period_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='holiday',
            constraint=models.CheckConstraint(condition=models.Q(('day__isnull', True), models.Q(('day__gte', datetime.date(2000, 1, 1)), ('day__lte', datetime.date(2099, 12, 31))), _connector='OR'), name='holiday_dates', violation_error_message='日期须在 2000 年至 2099 年之间。'),
        ),
    ]
