"""可以有两位同名的领导：姓名不再唯一，另存称呼。现有的各位只有一个，称呼就是姓名。"""

from django.db import migrations, models


def call(apps, schema_editor):
    apps.get_model("departments", "Leader").objects.update(called=models.F("name"))


class Migration(migrations.Migration):
    dependencies = [("departments", "0009_auditor")]

    operations = [
        migrations.RemoveConstraint(model_name="leader", name="leader_name_unique"),
        migrations.AddField(
            model_name="leader",
            name="called",
            field=models.CharField(
                default="", editable=False, help_text="同名的连职务叫，好分得清", max_length=122, verbose_name="称呼"
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="former",
            name="name",
            field=models.CharField(max_length=122, verbose_name="原来的名字"),
        ),
        migrations.AlterField(
            model_name="leader",
            name="name",
            field=models.CharField(max_length=40, verbose_name="姓名"),
        ),
        migrations.RunPython(call, migrations.RunPython.noop),
    ]
