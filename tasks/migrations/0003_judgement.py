"""判好的灯存成行；关闭时的依据分成三栏：页面只读阈值与问题，各举措的只有从头判时才读。"""

import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models


def split(apps, schema_editor):
    """0.1.0 把三样记在一个字典里。"""
    for row in apps.get_model("tasks", "PeriodBasis").objects.all():
        if "measures" in row.facts:
            row.settings, row.problems = row.facts["settings"], row.facts["problems"]
            row.facts = row.facts["measures"]
            row.save()


def join(apps, schema_editor):
    """退回 0.1.0：合成一个字典。"""
    for row in apps.get_model("tasks", "PeriodBasis").objects.all():
        row.facts = {"settings": row.settings, "problems": row.problems, "measures": row.facts}
        row.save()


class Migration(migrations.Migration):

    dependencies = [
        ('departments', '0001_initial'),
        ('tasks', '0002_event_append_only'),
    ]

    operations = [
        migrations.AddField(
            model_name='periodbasis',
            name='problems',
            field=models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='没有销号的问题'),
        ),
        migrations.AddField(
            model_name='periodbasis',
            name='settings',
            field=models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='阈值与序时起止'),
        ),
        migrations.AlterField(
            model_name='periodbasis',
            name='facts',
            field=models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='各举措的依据'),
        ),
        migrations.RunPython(split, join),
        migrations.CreateModel(
            name='EditionLeader',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.PositiveSmallIntegerField(default=0)),
                ('leader', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='departments.leader', verbose_name='牵头领导')),
            ],
            options={
                'verbose_name': '当时的牵头领导',
                'verbose_name_plural': '当时的牵头领导',
                'ordering': ['order', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='MeasureEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=10, verbose_name='序号')),
                ('position', models.PositiveIntegerField(verbose_name='排序')),
                ('title', models.CharField(max_length=200, verbose_name='举措名称')),
                ('text', models.TextField(verbose_name='原文')),
                ('kind', models.CharField(choices=[('indicator', '指标类'), ('milestone', '节点类'), ('routine', '常态类')], max_length=10, verbose_name='类型')),
                ('lead_label', models.CharField(max_length=10, verbose_name='原文称谓')),
                ('all_departments', models.BooleanField(verbose_name='各部室共担')),
                ('deadline', models.CharField(blank=True, max_length=100, verbose_name='完成时限（原文）')),
                ('due_on', models.DateField(null=True, verbose_name='完成时限')),
                ('start_on', models.DateField(null=True, verbose_name='计划启动')),
                ('leaders', models.ManyToManyField(related_name='+', through='tasks.EditionLeader', to='departments.leader', verbose_name='牵头领导')),
                ('measure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='editions', to='tasks.measure', verbose_name='举措')),
            ],
            options={
                'verbose_name': '举措当时的样子',
                'verbose_name_plural': '举措当时的样子',
            },
        ),
        migrations.AddField(
            model_name='editionleader',
            name='edition',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='leader_links', to='tasks.measureedition'),
        ),
        migrations.CreateModel(
            name='Judgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField(verbose_name='从')),
                ('until_on', models.DateField(verbose_name='到')),
                ('level', models.CharField(max_length=12, verbose_name='灯')),
                ('percent', models.SmallIntegerField(null=True, verbose_name='进度')),
                ('pace', models.SmallIntegerField(null=True, verbose_name='序时进度')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='部室的次序')),
                ('judged', models.CharField(max_length=12, verbose_name='系统判的灯')),
                ('findings', models.JSONField(default=list, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='依据')),
                ('good', models.CharField(blank=True, max_length=200, verbose_name='没有红黄的一句话')),
                ('due_on', models.DateField(null=True, verbose_name='当时的时限')),
                ('missed', models.JSONField(default=list, verbose_name='连续漏报的各期')),
                ('targets', models.JSONField(default=list, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='量化目标与完成值')),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='judgements', to='tasks.assignment', verbose_name='项次')),
                ('known', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tasks.reportingperiod', verbose_name='最近有数的一期')),
                ('measure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tasks.measure', verbose_name='举措')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tasks.reportingperiod', verbose_name='报送期')),
            ],
            options={
                'verbose_name': '项次的灯',
                'verbose_name_plural': '项次的灯',
                'indexes': [models.Index(fields=['measure', 'period'], name='judgement_of_measure')],
                'constraints': [models.UniqueConstraint(fields=('assignment', 'period', 'from_on'), name='judgement_span_unique'), models.CheckConstraint(condition=models.Q(('from_on__lte', models.F('until_on'))), name='judgement_span')],
            },
        ),
        migrations.CreateModel(
            name='MeasureJudgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField(verbose_name='从')),
                ('until_on', models.DateField(verbose_name='到')),
                ('level', models.CharField(max_length=12, verbose_name='灯')),
                ('percent', models.SmallIntegerField(null=True, verbose_name='进度')),
                ('pace', models.SmallIntegerField(null=True, verbose_name='序时进度')),
                ('severity', models.PositiveSmallIntegerField(help_text='由急到缓，见 lights.SEVERITY', verbose_name='缓急')),
                ('position', models.PositiveIntegerField(verbose_name='排序')),
                ('manual_reason', models.CharField(blank=True, max_length=300, verbose_name='定灯的理由')),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tasks.measureedition', verbose_name='当时的样子')),
                ('measure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='judgements', to='tasks.measure', verbose_name='举措')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tasks.reportingperiod', verbose_name='报送期')),
            ],
            options={
                'verbose_name': '举措的灯',
                'verbose_name_plural': '举措的灯',
                'indexes': [models.Index(fields=['period', 'severity', 'position', 'from_on', 'until_on'], name='measure_judgement_by_light'), models.Index(fields=['period', 'position'], name='measure_judgement_by_number')],
                'constraints': [models.UniqueConstraint(fields=('measure', 'period', 'from_on'), name='measure_judgement_span_unique'), models.CheckConstraint(condition=models.Q(('from_on__lte', models.F('until_on'))), name='measure_judgement_span')],
            },
        ),
    ]
