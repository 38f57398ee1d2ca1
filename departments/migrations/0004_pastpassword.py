"""用过的密码：最近几个不再用。现有账户现在的密码先记下，下次改密码时就不能又用回来。"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def remember(apps, schema_editor):
    User, PastPassword = apps.get_model("departments", "User"), apps.get_model("departments", "PastPassword")
    # “!”开头的是没有可用的密码。
    users = User.objects.exclude(password="").exclude(password__startswith="!").values_list("pk", "password")  # noqa: S106
    now = timezone.now()
    PastPassword.objects.bulk_create(PastPassword(user_id=pk, password=digest, at=now) for pk, digest in users)


class Migration(migrations.Migration):
    dependencies = [("departments", "0003_one_name")]

    operations = [
        migrations.CreateModel(
            name="PastPassword",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128)),
                ("at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="past_passwords",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "用过的密码",
                "verbose_name_plural": "用过的密码",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.RunPython(remember, migrations.RunPython.noop),
    ]
