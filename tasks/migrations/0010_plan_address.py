"""方案各有网址代号：年度；同一年度的另一份是 2024-2。"""

from django.db import migrations, models


def name(apps, schema_editor):
    """照先后给：2023、2024、2024-2。"""
    taken = set()
    for plan in apps.get_model("tasks", "Plan").objects.order_by("pk"):
        n = 1
        while (slug := f"{plan.year}-{n}" if n > 1 else str(plan.year)) in taken:
            n += 1
        taken.add(slug)
        plan.slug = slug
        plan.save(update_fields=["slug"])


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0009_inspection_withdrawn'),
    ]

    operations = [
        migrations.AddField(
            model_name='plan',
            name='slug',
            field=models.SlugField(blank=True, editable=False, max_length=10, verbose_name='网址代号'),
        ),
        migrations.RunPython(name, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.UniqueConstraint(condition=models.Q(('slug', ''), _negated=True), fields=('slug',), name='plan_slug_unique', violation_error_message='网址代号已经用了。'),
        ),
    ]
