"""办理过程只增不改：两种数据库各建触发器，拒绝 UPDATE 与 DELETE（等保“安全审计”、ASVS 16.4.2）。

语句写死在这里，不引用 models/event：迁移说的是当时的库，不随后来的代码变。
"""
from django.db import migrations

TABLE = "tasks_event"
MESSAGE = "操作记录只能新增，不能修改或删除"
POSTGRESQL = {"UPDATE": "ROW", "DELETE": "ROW", "TRUNCATE": "STATEMENT"}
SQLITE = {
    "update": f"UPDATE ON {TABLE}",
    "delete": f"DELETE ON {TABLE}",
    "replace": "INSERT ON tasks_event WHEN EXISTS (SELECT 1 FROM tasks_event WHERE id = NEW.id)",
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
    dependencies = [("tasks", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
