"""部室、别名、领导的名字：没有空白，不分大小写只有一个。0.1.0 里“财务 部”“财务部”可以并存，先规整，再加约束。"""

import django.db.models.functions.text
from django.db import migrations, models


def bare(text):
    """全角的字母、数字、符号变半角，空白与零宽字符去掉。"""
    made = "".join(chr(ord(c) - 0xFEE0) if "０" <= c <= "９" or "Ａ" <= c <= "Ｚ" or "ａ" <= c <= "ｚ" else c for c in text)
    return "".join(c for c in made if not c.isspace() and c not in "\u200b\u200c\u200d\u2060\ufeff\u00ad")


def tidy(apps, schema_editor):
    """重了的，有空白的一个标上“（重名2）”，请管理员在后台合并或改名：指着它的记录不能替人作主。"""
    for model in ("Department", "DepartmentAlias", "Leader"):
        seen = set()
        rows = apps.get_model("departments", model).objects.order_by("pk")
        for row in sorted(rows, key=lambda row: (row.name != bare(row.name), row.pk)):  # 本来就规整的先占
            name, n = bare(row.name) or "未命名", 1
            while (name if n == 1 else f"{name}（重名{n}）").lower() in seen:
                n += 1
            name = name if n == 1 else f"{name}（重名{n}）"
            seen.add(name.lower())
            if name != row.name:
                row.name = name
                row.save(update_fields=["name"])


class Migration(migrations.Migration):

    dependencies = [
        ('departments', '0002_form_taken'),
    ]

    operations = [
        migrations.RunPython(tidy, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='department',
            constraint=models.CheckConstraint(condition=models.Q(('name', django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(models.F('name'), models.Value(' '), models.Value('')), models.Value('\u3000'), models.Value('')), models.Value('\xa0'), models.Value('')), models.Value('\t'), models.Value('')), models.Value('\n'), models.Value('')))), name='department_name_without_blanks', violation_error_message='部室简称里不能有空白。'),
        ),
        migrations.AddConstraint(
            model_name='department',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='department_name_unique', violation_error_message='已有同样的部室简称（空白、全半角、大小写不论）。'),
        ),
        migrations.AddConstraint(
            model_name='departmentalias',
            constraint=models.CheckConstraint(condition=models.Q(('name', django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(models.F('name'), models.Value(' '), models.Value('')), models.Value('\u3000'), models.Value('')), models.Value('\xa0'), models.Value('')), models.Value('\t'), models.Value('')), models.Value('\n'), models.Value('')))), name='alias_name_without_blanks', violation_error_message='别名里不能有空白。'),
        ),
        migrations.AddConstraint(
            model_name='departmentalias',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='alias_name_unique', violation_error_message='已有同样的别名（空白、全半角、大小写不论）。'),
        ),
        migrations.AddConstraint(
            model_name='leader',
            constraint=models.CheckConstraint(condition=models.Q(('name', django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(models.F('name'), models.Value(' '), models.Value('')), models.Value('\u3000'), models.Value('')), models.Value('\xa0'), models.Value('')), models.Value('\t'), models.Value('')), models.Value('\n'), models.Value('')))), name='leader_name_without_blanks', violation_error_message='领导姓名里不能有空白。'),
        ),
        migrations.AddConstraint(
            model_name='leader',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='leader_name_unique', violation_error_message='已有同样的领导姓名（空白、全半角、大小写不论）。'),
        ),
    ]
