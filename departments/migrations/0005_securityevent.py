"""安全日志：一条扣着一条，只增不改。两种数据库各建触发器，拒绝 UPDATE、DELETE 与清空（语句写死在这里）。"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "departments_securityevent"
MESSAGE = "安全日志只能新增，不能修改或删除"
POSTGRESQL = {"UPDATE": "ROW", "DELETE": "ROW", "TRUNCATE": "STATEMENT"}
SQLITE = {
    "update": f"UPDATE ON {TABLE}",
    "delete": f"DELETE ON {TABLE}",
    "replace": f"INSERT ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)",  # noqa: S608
}


def forwards(apps, schema_editor):
    backwards(apps, schema_editor)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE OR REPLACE FUNCTION {TABLE}_refuse() RETURNS trigger AS $$ "
            f"BEGIN RAISE EXCEPTION '{MESSAGE}'; END; $$ LANGUAGE plpgsql"
        )
        for verb, each in POSTGRESQL.items():
            schema_editor.execute(
                f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
                f"FOR EACH {each} EXECUTE FUNCTION {TABLE}_refuse()"
            )
    else:
        for verb, when in SQLITE.items():
            schema_editor.execute(
                f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )


def backwards(apps, schema_editor):
    on = f" ON {TABLE}" if schema_editor.connection.vendor == "postgresql" else ""
    for verb in POSTGRESQL if on else SQLITE:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_no_{verb.lower()}{on}")


class Migration(migrations.Migration):
    dependencies = [("departments", "0004_pastpassword")]
    operations = [
        migrations.CreateModel(
            name="SecurityEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("action", models.CharField(max_length=32, verbose_name="事项")),
                ("account", models.CharField(blank=True, max_length=40, verbose_name="账户")),
                ("address", models.CharField(max_length=64, verbose_name="来自")),
                ("what", models.CharField(blank=True, max_length=200, verbose_name="对象")),
                (
                    "result",
                    models.CharField(
                        choices=[("done", "成功"), ("refused", "拒绝")],
                        default="done",
                        max_length=10,
                        verbose_name="结果",
                    ),
                ),
                ("data", models.JSONField(blank=True, default=dict, verbose_name="前后值")),
                ("previous", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64, unique=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="谁",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="对哪个账户",
                    ),
                ),
            ],
            options={
                "verbose_name": "安全日志",
                "verbose_name_plural": "安全日志",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["-at"], name="security_event_at"),
                    models.Index(fields=["account", "action", "-at"], name="security_event_account"),
                ],
            },
        ),
        migrations.RunPython(forwards, backwards),
    ]
