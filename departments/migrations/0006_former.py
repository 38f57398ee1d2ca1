"""改了名字、调了部室的，原来的记下来。以前改过的没有记，照现在的说。"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('departments', '0005_securityevent'),
    ]

    operations = [
        migrations.CreateModel(
            name='Former',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField(verbose_name='到')),
                ('name', models.CharField(max_length=40, verbose_name='原来的名字')),
                ('role', models.CharField(blank=True, max_length=10, verbose_name='原来的角色')),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='departments.department', verbose_name='部室')),
                ('leader', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='departments.leader', verbose_name='领导')),
                ('of_department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='departments.department', verbose_name='原来的部室')),
                ('of_leader', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='departments.leader', verbose_name='原来对应的领导')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='账户')),
            ],
            options={
                'verbose_name': '原来的名字',
                'verbose_name_plural': '原来的名字',
                'ordering': ['until', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('department__isnull', False), ('leader', None), ('user', None)), models.Q(('department', None), ('leader__isnull', False), ('user', None)), models.Q(('department', None), ('leader', None), ('user__isnull', False)), _connector='OR'), name='former_of_one')],
            },
        ),
    ]
