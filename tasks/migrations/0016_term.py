"""叫法：管理员认列时登记的。"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0015_measure_aims'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Term',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.CharField(max_length=60, unique=True, verbose_name='叫法')),
                ('use', models.CharField(blank=True, choices=[('number', '序号'), ('title', '举措名称'), ('text', '具体内容'), ('leaders', '牵头领导'), ('departments', '牵头部室'), ('cooperating', '配合单位'), ('deadline', '完成时限'), ('targets', '量化目标'), ('kind', '类型')], max_length=12, verbose_name='当作')),
                ('at', models.DateTimeField(verbose_name='登记时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
            ],
            options={
                'verbose_name': '叫法',
                'verbose_name_plural': '叫法',
                'ordering': ['pk'],
            },
        ),
    ]
