"""新库一步建成 0001–0013 的样子：从头走那十三步要把模型的历史一遍遍重排。升级来的库照旧一步步走，走到这里两样相同。

空库里没有要整理的数据，只有触发器要建；语句仍在原来的两步里，不写第二遍。
"""

from importlib import import_module

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import departments.models
import departments.organisation

SECURITYEVENT = import_module("departments.migrations.0005_securityevent")
NAMES = import_module("departments.migrations.0007_names_across_tables")


class Migration(migrations.Migration):

    replaces = [('departments', '0001_initial'), ('departments', '0002_form_taken'), ('departments', '0003_one_name'), ('departments', '0004_pastpassword'), ('departments', '0005_securityevent'), ('departments', '0006_former'), ('departments', '0007_names_across_tables'), ('departments', '0008_organisation'), ('departments', '0009_auditor'), ('departments', '0010_namesakes'), ('departments', '0011_leaders_apart'), ('departments', '0012_acting'), ('departments', '0013_petition')]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Department',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True, verbose_name='简称')),
                ('full_name', models.CharField(blank=True, help_text='文件没有写明的留空', max_length=80, verbose_name='全称')),
                ('slug', models.SlugField(max_length=40, unique=True, verbose_name='网址代号')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='排序')),
                ('is_active', models.BooleanField(default=True, verbose_name='在用')),
                ('source_note', models.CharField(blank=True, max_length=200, verbose_name='来源说明')),
            ],
            options={
                'verbose_name': '部室',
                'verbose_name_plural': '部室',
                'ordering': ['order', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(models.F('name'), models.Value(' '), models.Value('')), models.Value('\u3000'), models.Value('')), models.Value('\xa0'), models.Value('')), models.Value('\t'), models.Value('')), models.Value('\n'), models.Value('')))), name='department_name_without_blanks', violation_error_message='部室简称里不能有空白。'), models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='department_name_unique', violation_error_message='已有同样的部室简称（空白、全半角、大小写不论）。')],
            },
        ),
        migrations.CreateModel(
            name='LoginAttempt',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('name', models.CharField(db_index=True, default='', max_length=64)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('window_started_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': '登录失败计数',
                'verbose_name_plural': '登录失败计数',
            },
        ),
        migrations.CreateModel(
            name='DepartmentAlias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='别名')),
                ('is_inferred', models.BooleanField(default=False, verbose_name='推断得来')),
                ('is_confirmed', models.BooleanField(default=False, verbose_name='办公室已确认')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='aliases', to='departments.department', verbose_name='部室')),
            ],
            options={
                'verbose_name': '部室别名',
                'verbose_name_plural': '部室别名',
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(models.F('name'), models.Value(' '), models.Value('')), models.Value('\u3000'), models.Value('')), models.Value('\xa0'), models.Value('')), models.Value('\t'), models.Value('')), models.Value('\n'), models.Value('')))), name='alias_name_without_blanks', violation_error_message='别名里不能有空白。'), models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='alias_name_unique', violation_error_message='已有同样的别名（空白、全半角、大小写不论）。')],
            },
        ),
        migrations.CreateModel(
            name='Leader',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, verbose_name='姓名')),
                ('post', models.CharField(blank=True, help_text='文件没有写明的留空，不推测', max_length=80, verbose_name='职务')),
                ('group_role', models.CharField(choices=[('head', '组长'), ('deputy', '副组长'), ('member', '成员'), ('none', '名单未列')], default='none', max_length=10, verbose_name='领导小组')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='排序')),
                ('is_active', models.BooleanField(default=True, verbose_name='在任')),
                ('source_note', models.CharField(blank=True, max_length=200, verbose_name='来源说明')),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='heads', to='departments.department', verbose_name='所在部室')),
                ('called', models.CharField(editable=False, help_text='同名的连职务叫，好分得清', max_length=122, unique=True, verbose_name='称呼')),
            ],
            options={
                'verbose_name': '领导',
                'verbose_name_plural': '领导',
                'ordering': ['order', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(models.F('name'), models.Value(' '), models.Value('')), models.Value('\u3000'), models.Value('')), models.Value('\xa0'), models.Value('')), models.Value('\t'), models.Value('')), models.Value('\n'), models.Value('')))), name='leader_name_without_blanks', violation_error_message='领导姓名里不能有空白。'), models.UniqueConstraint(django.db.models.functions.text.Lower('name'), models.F('post'), name='leader_apart', violation_error_message='已有同名、同职务的领导。'), models.UniqueConstraint(django.db.models.functions.text.Lower('called'), name='leader_called_unique')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('username', models.CharField(error_messages={'unique': '这个登录名已有人使用，请换一个。'}, max_length=40, unique=True, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9][A-Za-z0-9._-]*\\Z', '登录名只能用字母、数字和 . _ -，以字母或数字开头。')], verbose_name='登录名')),
                ('name', models.CharField(max_length=40, verbose_name='姓名')),
                ('role', models.CharField(choices=[('reporter', '填报人'), ('office', '办公室'), ('leader', '领导'), ('admin', '管理员'), ('auditor', '审计员')], default='reporter', max_length=10, verbose_name='角色')),
                ('office_phone', models.CharField(blank=True, max_length=20, validators=[django.core.validators.RegexValidator('^[0-9\\-]{3,20}\\Z', '办公电话只写数字和短横线。')], verbose_name='办公电话')),
                ('must_change_password', models.BooleanField(default=True, verbose_name='下次登录须改密码')),
                ('password_changed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='上次改密码')),
                ('is_demo', models.BooleanField(default=False, editable=False, verbose_name='演示账户')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='users', to='departments.department', verbose_name='部室')),
                ('leader', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='users', to='departments.leader', verbose_name='对应领导')),
                ('awaiting_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='待另一人确认，由谁办的')),
            ],
            options={
                'verbose_name': '用户',
                'verbose_name_plural': '用户',
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('username'), name='user_username_ci_unique', violation_error_message='这个登录名已有人使用（不分大小写），请换一个。'), models.CheckConstraint(condition=models.Q(models.Q(('role', 'reporter'), _negated=True), ('department__isnull', False), _connector='OR'), name='user_reporter_has_department', violation_error_message='填报人必须属于一个部室。'), models.CheckConstraint(condition=models.Q(models.Q(('role', 'leader'), _negated=True), ('leader__isnull', False), _connector='OR'), name='user_leader_has_leader', violation_error_message='领导账户必须对应一位领导。')],
            },
            managers=[
                ('objects', departments.models.CaseInsensitiveUserManager()),
            ],
        ),
        migrations.CreateModel(
            name='FormTaken',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('content', models.CharField(max_length=64)),
                ('at', models.DateTimeField(db_index=True)),
                ('result', models.TextField(default='')),
                ('kept', models.CharField(default='', max_length=200)),
            ],
            options={
                'verbose_name': '交过的表单',
                'verbose_name_plural': '交过的表单',
            },
        ),
        migrations.CreateModel(
            name='PastPassword',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128)),
                ('at', models.DateTimeField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='past_passwords', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '用过的密码',
                'verbose_name_plural': '用过的密码',
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='SecurityEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('action', models.CharField(max_length=32, verbose_name='事项')),
                ('account', models.CharField(blank=True, max_length=40, verbose_name='账户')),
                ('address', models.CharField(max_length=64, verbose_name='来自')),
                ('what', models.CharField(blank=True, max_length=200, verbose_name='对象')),
                ('result', models.CharField(choices=[('done', '成功'), ('refused', '拒绝')], default='done', max_length=10, verbose_name='结果')),
                ('data', models.JSONField(blank=True, default=dict, verbose_name='前后值')),
                ('previous', models.CharField(max_length=64)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='谁')),
                ('target', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='对哪个账户')),
            ],
            options={
                'verbose_name': '安全日志',
                'verbose_name_plural': '安全日志',
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['-at'], name='security_event_at'), models.Index(fields=['account', 'action', '-at'], name='security_event_account')],
            },
        ),
        migrations.CreateModel(
            name='Former',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField(verbose_name='到')),
                ('name', models.CharField(max_length=122, verbose_name='原来的名字')),
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
                ('code_petition', models.CharField(blank=True, default='', max_length=20, verbose_name='请示的机关代字')),
                ('to_petition', models.CharField(blank=True, default='', help_text='只写一个机关；请示不抄送下级', max_length=80, validators=[departments.organisation.one_organ], verbose_name='请示主送')),
            ],
            options={
                'verbose_name': '名称与版头',
                'verbose_name_plural': '名称与版头',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='organisation_only_one', violation_error_message='名称与版头只有一份。')],
            },
        ),
        migrations.CreateModel(
            name='OpenSession',
            fields=[
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='sessions.session')),
                ('at', models.DateTimeField()),
                ('address', models.CharField(max_length=64)),
                ('device', models.CharField(max_length=40)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '登录着的各处',
                'verbose_name_plural': '登录着的各处',
            },
        ),
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
        migrations.RunPython(SECURITYEVENT.forwards, SECURITYEVENT.backwards),
        migrations.RunPython(NAMES.forwards, NAMES.backwards),
    ]
