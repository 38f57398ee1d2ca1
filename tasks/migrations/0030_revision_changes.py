"""一版的各处变化一项一行另放：看哪一页取哪几行。以前整份存在 `diff["changes"]` 里，照样搬出来。"""

import django.db.models.deletion
from django.db import migrations, models

BATCH = 500


def fenced(names):
    return "".join(f"|{name.replace('|', '/')}|" for name in names)


def shown(change):
    """变了哪几栏；新增的不存，是有字的各栏。"""
    if change["kind"] != "added":
        return [item["name"] for item in change["fields"]]
    new = change["new"]
    has = {
        "leaders": new.get("leaders"),
        "departments": new.get("departments") or new.get("all_departments"),
        "deadline": new.get("deadline") or new.get("due_on"),
        "cooperating": new.get("cooperating"),
        "targets": new.get("aims"),
    }
    names = ("number", "title", "text", "leaders", "departments", "deadline", "kind", "cooperating", "targets")
    return [name for name in names if has.get(name, True)]


def rooms(change):
    """变前变后有一边牵头的部室；各部室共担的是“*”。"""
    sides = [row for row in (change["old"], change["new"]) if row]
    names = [["*"] if row.get("all_departments") else row.get("departments", []) for row in sides]
    return list(dict.fromkeys(name for each in names for name in each))


def words(value):
    """里面一共几个字。"""
    if isinstance(value, str):
        return len(value)
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(words(each) for each in values)


def kept(RevisionChange, revision, position, change, said):
    news = [text for text in dict.fromkeys(change["confirm"]) if text not in said]
    said.update(news)
    sides = {side: (change[side] or {}).get("number", "") for side in ("old", "new")}
    if change["kind"] == "same":
        sides["old"] = sides["new"]
    names = shown(change)
    return RevisionChange(
        revision_id=revision,
        position=position,
        kind=change["kind"],
        before=sides["old"],
        after=sides["new"],
        fields=fenced(names),
        rooms=fenced(rooms(change)),
        weight=600 + 500 * len(names) + 3 * words(change),
        confirms=len(news),
        said=news,
        content=change,
    )


def forwards(apps, schema_editor):
    PlanRevision, RevisionChange = apps.get_model("tasks", "PlanRevision"), apps.get_model("tasks", "RevisionChange")
    using = schema_editor.connection.alias
    for pk in PlanRevision.objects.using(using).order_by("pk").values_list("pk", flat=True):
        revision = PlanRevision.objects.using(using).only("diff", "base").get(pk=pk)
        if "changes" not in revision.diff:
            continue
        changes = revision.diff.pop("changes")
        said = set(revision.diff.get("remarks", ()))
        rows = [kept(RevisionChange, pk, n, change, said) for n, change in enumerate(changes)]
        RevisionChange.objects.using(using).bulk_create(rows, batch_size=BATCH)
        sections = [line for c in changes for line in ((c["new"] or {}).get("section") or "").split("\n") if line]
        revision.diff["fields_changed"] = sum(len(shown(c)) or 1 for c in changes if c["kind"] != "same")
        revision.diff["headings"] = [] if revision.base_id else list(dict.fromkeys(sections))
        revision.save(update_fields=["diff"])


def backwards(apps, schema_editor):
    """退回去：各行并回 `diff` 里。"""
    PlanRevision = apps.get_model("tasks", "PlanRevision")
    for revision in PlanRevision.objects.using(schema_editor.connection.alias).only("diff"):
        if rows := list(revision.changes.order_by("position").values_list("content", flat=True)):
            revision.diff["changes"] = rows
            revision.save(update_fields=["diff"])


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0029_closed_counts'),
    ]

    operations = [
        migrations.CreateModel(
            name='RevisionChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField(verbose_name='次序')),
                ('kind', models.CharField(choices=[('added', '新增'), ('changed', '修改'), ('renumbered', '改序号'), ('revived', '恢复列入'), ('same', '无变化'), ('removed', '拟退出')], max_length=10, verbose_name='怎么变的')),
                ('before', models.CharField(blank=True, max_length=10, verbose_name='原序号')),
                ('after', models.CharField(blank=True, max_length=10, verbose_name='现序号')),
                ('fields', models.TextField(blank=True, verbose_name='变了哪几栏')),
                ('rooms', models.TextField(blank=True, help_text='变前变后都算', verbose_name='牵头的部室')),
                ('weight', models.PositiveIntegerField(verbose_name='在页面上约占几个字节')),
                ('confirms', models.PositiveSmallIntegerField(default=0, verbose_name='有几句须确认的话')),
                ('said', models.JSONField(default=list, help_text='前面各项没有说过的', verbose_name='须确认的话')),
                ('content', models.JSONField(default=dict, verbose_name='这一处')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='tasks.planrevision', verbose_name='版本')),
            ],
            options={
                'verbose_name': '一版的各处变化',
                'verbose_name_plural': '一版的各处变化',
                'constraints': [models.UniqueConstraint(fields=('revision', 'position'), name='revision_change_unique')],
            },
        ),
        migrations.RunPython(forwards, backwards),
    ]
