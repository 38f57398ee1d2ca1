"""称呼唯一；同名的职务不能相同。与上一步分开：同一个事务里刚改过行的表，PostgreSQL 不让改表。"""

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("departments", "0010_namesakes")]

    operations = [
        migrations.AlterField(
            model_name="leader",
            name="called",
            field=models.CharField(
                editable=False,
                help_text="同名的连职务叫，好分得清",
                max_length=122,
                unique=True,
                verbose_name="称呼",
            ),
        ),
        migrations.AddConstraint(
            model_name="leader",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                models.F("post"),
                name="leader_apart",
                violation_error_message="已有同名、同职务的领导。",
            ),
        ),
        migrations.AddConstraint(
            model_name="leader",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("called"), name="leader_called_unique"
            ),
        ),
    ]
