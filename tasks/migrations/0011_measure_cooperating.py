"""举措的配合单位：照文件所写，只供看。"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks", "0010_plan_address")]

    operations = [
        migrations.AddField(
            model_name="measure",
            name="cooperating",
            field=models.TextField(
                "配合单位", blank=True, help_text="照文件所写，用顿号隔开；配合单位不报送，需要时由办公室另行安排"
            ),
        ),
        migrations.AddField(
            model_name="measureedition", name="cooperating", field=models.TextField("配合单位", blank=True)
        ),
    ]
