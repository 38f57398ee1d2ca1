"""各节的标题照文件存下。以前每份方案都印“一、总体目标”等：发文机关自己的那份本来就是这样写的，照旧；别的没有存过，空着。"""

from django.db import migrations, models

FOUNDING = "交开党工委发〔2023〕9号"


def founding(apps, schema_editor):
    plans = apps.get_model("tasks", "Plan").objects.filter(document_number=FOUNDING)
    apps.get_model("tasks", "Measure").objects.filter(plan__in=plans).update(section="二、具体举措")
    plans.update(goal_heading="一、总体目标", safeguards_heading="三、保障措施")


class Migration(migrations.Migration):

    dependencies = [
        ("tasks", "0016_term"),
    ]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="goal_heading",
            field=models.CharField(blank=True, max_length=100, verbose_name="总体目标的标题"),
        ),
        migrations.AddField(
            model_name="plan",
            name="safeguards_heading",
            field=models.CharField(blank=True, max_length=100, verbose_name="保障措施的标题"),
        ),
        migrations.AddField(
            model_name="measure",
            name="section",
            field=models.TextField(
                blank=True, editable=False, help_text="照文件所写，一级一行；空着的接着上一项", verbose_name="所在各级标题"
            ),
        ),
        migrations.RunPython(founding, migrations.RunPython.noop),
    ]
