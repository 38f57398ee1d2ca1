"""别名不与别的部室的简称相同：不论从哪里写进来，库都不收；升级时已经相同的标出来，不替人作主。"""

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from departments.models import Department, DepartmentAlias

pytestmark = pytest.mark.django_db


@pytest.fixture
def rooms(db):
    one, other = (Department.objects.create(name=n, slug=s) for n, s in (("财务部", "cwb"), ("Office部", "office")))
    return one, other


def refused(act, said):
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        act()


def test_the_database_refuses_an_alias_that_is_another_departments_name(rooms):
    one, other = rooms
    taken = "这个别名已经是别的部室的简称"
    refused(lambda: one.aliases.create(name="office部"), taken)
    refused(lambda: DepartmentAlias.objects.bulk_create([DepartmentAlias(department=one, name="Office部")]), taken)
    mine = one.aliases.create(name="财务管理运营部")
    refused(lambda: DepartmentAlias.objects.filter(pk=mine.pk).update(name="OFFICE部"), taken)
    own = other.aliases.create(name="Office部")
    refused(lambda: DepartmentAlias.objects.filter(pk=own.pk).update(department=one), taken)


def test_the_database_refuses_a_name_that_is_another_departments_alias(rooms):
    one, other = rooms
    one.aliases.create(name="Caiwu")
    taken = "这个简称已经是别的部室的别名"
    refused(lambda: Department.objects.create(name="caiwu", slug="new"), taken)
    refused(lambda: Department.objects.filter(pk=other.pk).update(name="CAIWU"), taken)
    Department.objects.filter(pk=one.pk).update(name="Caiwu")  # 用自己的别名作简称
    other.save()  # 名字没有变的照存


def test_an_upgrade_marks_the_aliases_that_are_already_another_departments_name(rooms):
    one, other = rooms
    migration = importlib.import_module("departments.migrations.0007_names_across_tables")
    with connection.cursor() as cursor:
        migration.backwards(apps, SimpleNamespace(connection=connection, execute=cursor.execute))
    same = one.aliases.create(name="Office部")
    migration.tidy(apps, None)
    same.refresh_from_db()
    assert same.name == "Office部（重名2）"
    with connection.cursor() as cursor:
        migration.forwards(apps, SimpleNamespace(connection=connection, execute=cursor.execute))
    refused(lambda: DepartmentAlias.objects.filter(pk=same.pk).update(name="Office部"), "已经是别的部室的简称")
