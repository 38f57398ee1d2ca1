"""名称与版头存进库里。以前写在代码里：库里已有部室的（升级来的），照那时代码里的存下，页面与公文不变。"""

from django.db import migrations, models

ZONE, GROUP = "交城经济开发区", "优化营商环境领导小组"
# 到 0007 为止的代码里写着的。
WRITTEN = {
    "zone": ZONE,
    "seat": "行政审批中心",
    "issuer": f"{ZONE}{GROUP}办公室",
    "head": f"{ZONE}\n{GROUP}办公室文件",
    "mast": "优化营商环境工作简报",
    "code_circular": "交开营商办通报",
    "code_report": "交开营商办报告",
    "to_circular": "各部室",
    "to_report": f"{ZONE}{GROUP}",
    "copies_circular": f"{ZONE}{GROUP}组长、副组长",
    "copies_bulletin": f"报：{ZONE}{GROUP}组长、副组长。\n送：各部室。",
}


def keep(apps, schema_editor):
    using = schema_editor.connection.alias
    if apps.get_model("departments", "Department").objects.using(using).exists():
        apps.get_model("departments", "Organisation").objects.using(using).create(pk=1, **WRITTEN)


class Migration(migrations.Migration):

    dependencies = [
        ('departments', '0007_names_across_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('zone', models.CharField(blank=True, default='', help_text='页头、公文抬头都用它，如“某某经济开发区”', max_length=40, verbose_name='开发区名称')),
                ('topic', models.CharField(default='优化营商环境', help_text='接在领导小组、报告名称前面', max_length=20, verbose_name='这件工作')),
                ('group', models.CharField(default='领导小组', help_text='如“领导小组”“工作专班”', max_length=20, verbose_name='领导小组')),
                ('seat', models.CharField(blank=True, default='', help_text='如“行政审批局”；不写就不注明', max_length=40, verbose_name='办公室设在')),
                ('product', models.CharField(default='营商环境督办台账', help_text='页头与网页标题', max_length=20, verbose_name='系统名称')),
                ('unit', models.CharField(choices=[('部室', '部室'), ('部门', '部门'), ('单位', '单位'), ('科室', '科室'), ('处室', '处室')], default='部室', help_text='页面、表单、公文里怎样统称它们；方案原文照录', max_length=6, verbose_name='承担任务的统称')),
                ('banner', models.CharField(blank=True, default='', help_text='页头下面一行，各页都有；不写就没有这一行', max_length=120, verbose_name='页头的说明')),
                ('issuer', models.CharField(blank=True, default='', help_text='署名、版记、简报报头', max_length=80, verbose_name='发文单位')),
                ('head', models.TextField(blank=True, default='', help_text='一行一行写', max_length=300, verbose_name='红头')),
                ('mast', models.CharField(blank=True, default='', max_length=40, verbose_name='简报名称')),
                ('code_circular', models.CharField(blank=True, default='', help_text='文号“代字〔年份〕号”里年份前面的几个字；不写的文号只有年份与序号', max_length=20, verbose_name='通报的机关代字')),
                ('code_report', models.CharField(blank=True, default='', max_length=20, verbose_name='汇报的机关代字')),
                ('to_circular', models.CharField(blank=True, default='', max_length=80, verbose_name='通报主送')),
                ('to_report', models.CharField(blank=True, default='', max_length=80, verbose_name='汇报主送')),
                ('copies_circular', models.TextField(blank=True, default='', help_text='写“无”的不印抄送', max_length=300, verbose_name='通报抄送')),
                ('copies_report', models.TextField(blank=True, default='', max_length=300, verbose_name='汇报抄送')),
                ('copies_bulletin', models.TextField(blank=True, default='', help_text='一行一行写，如“报：……。”“送：……。”', max_length=300, verbose_name='简报报送')),
                ('has_seal', models.BooleanField(default=False, help_text='加盖印章的，署名与成文日期按加盖印章的位置排，留出盖章的地方', verbose_name='公文加盖印章')),
            ],
            options={
                'verbose_name': '名称与版头',
                'verbose_name_plural': '名称与版头',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='organisation_only_one', violation_error_message='名称与版头只有一份。')],
            },
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
