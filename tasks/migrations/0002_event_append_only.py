"""办理过程只增不改：两种数据库各建触发器，拒绝 UPDATE 与 DELETE（等保“安全审计”、ASVS 16.4.2）。"""
from django.db import migrations

from tasks.models.event import protect, unprotect


def forwards(apps, schema_editor):
    protect(schema_editor.connection)


def backwards(apps, schema_editor):
    unprotect(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
