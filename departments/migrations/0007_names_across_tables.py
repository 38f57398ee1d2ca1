"""别名不与别的部室的简称相同：两张表之间，唯一约束管不到，由触发器管。先把已经相同的别名标上“（重名2）”，请管理员改。

PostgreSQL 先取一把锁再看另一张表，同时来的两个也只成一个；SQLite 写的本来就一个一个来。语句写死在这里。
"""

from django.db import migrations

DEPARTMENT, ALIAS = "departments_department", "departments_departmentalias"
MESSAGES = {DEPARTMENT: "这个简称已经是别的部室的别名", ALIAS: "这个别名已经是别的部室的简称"}
# 表 → （已有同名的，改了哪几栏才看）
SAME = {
    DEPARTMENT: (
        f"SELECT 1 FROM {ALIAS} o WHERE lower(o.name) = lower(NEW.name) AND o.department_id <> NEW.id",  # noqa: S608
        ("name",),
    ),
    ALIAS: (
        f"SELECT 1 FROM {DEPARTMENT} o WHERE lower(o.name) = lower(NEW.name) AND o.id <> NEW.department_id",  # noqa: S608
        ("name", "department_id"),
    ),
}


def tidy(apps, schema_editor):
    rooms, aliases = (apps.get_model("departments", name).objects for name in ("Department", "DepartmentAlias"))
    named = {name.lower(): pk for pk, name in rooms.values_list("pk", "name")}
    taken = {*named, *(name.lower() for name in aliases.values_list("name", flat=True))}
    for alias in aliases.order_by("pk"):
        if named.get(alias.name.lower(), alias.department_id) == alias.department_id:
            continue
        n = 2
        while f"{alias.name}（重名{n}）".lower() in taken:
            n += 1
        alias.name = f"{alias.name}（重名{n}）"
        taken.add(alias.name.lower())
        alias.save(update_fields=["name"])


def forwards(apps, schema_editor):
    backwards(apps, schema_editor)
    for table, (same, columns) in SAME.items():
        if schema_editor.connection.vendor == "postgresql":
            unchanged = " AND ".join(f"OLD.{column} = NEW.{column}" for column in columns)
            schema_editor.execute(
                f"CREATE OR REPLACE FUNCTION {table}_one_name() RETURNS trigger AS $$ BEGIN "
                f"IF TG_OP = 'UPDATE' AND {unchanged} THEN RETURN NEW; END IF; "
                "PERFORM pg_advisory_xact_lock(hashtext('departments.one_name')); "
                f"IF EXISTS ({same}) THEN RAISE unique_violation USING MESSAGE = '{MESSAGES[table]}'; END IF; "
                "RETURN NEW; END; $$ LANGUAGE plpgsql"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {table}_one_name BEFORE INSERT OR UPDATE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {table}_one_name()"
            )
            continue
        for verb, when in (("insert", "INSERT"), ("update", f"UPDATE OF {', '.join(columns)}")):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_one_name_{verb} BEFORE {when} ON {table} WHEN EXISTS ({same}) "
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGES[table]}'); END"
            )


def backwards(apps, schema_editor):
    for table in SAME:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_one_name ON {table}")
        else:
            for verb in ("insert", "update"):
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_one_name_{verb}")


class Migration(migrations.Migration):
    dependencies = [("departments", "0006_former")]
    operations = [
        migrations.RunPython(tidy, migrations.RunPython.noop),
        migrations.RunPython(forwards, backwards),
    ]
