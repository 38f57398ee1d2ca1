"""兼任与代理：谁从哪天到哪天可以替哪个部室办。"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('departments', '0011_leaders_apart'),
    ]

    operations = [
        migrations.CreateModel(
            name='Acting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField(verbose_name='从哪天起')),
                ('until_on', models.DateField(blank=True, help_text='含这一天；兼任的不写', null=True, verbose_name='到哪天')),
                ('reason', models.CharField(help_text='如“分工调整，兼任”“李某休假，临时代理”', max_length=200, verbose_name='根据')),
                ('is_withdrawn', models.BooleanField(default=False, help_text='撤回即时不能再替办，已经办的不变', verbose_name='已撤回')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actings', to='departments.department', verbose_name='替哪个部室')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actings', to=settings.AUTH_USER_MODEL, verbose_name='谁')),
            ],
            options={
                'verbose_name': '兼任与代理',
                'verbose_name_plural': '兼任与代理',
                'ordering': ['-from_on', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('until_on', None), ('until_on__gte', models.F('from_on')), _connector='OR'), name='acting_ends_after_it_begins', violation_error_message='“到哪天”不能早于“从哪天起”。'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='acting_has_reason', violation_error_message='请写明根据。')],
            },
        ),
    ]
