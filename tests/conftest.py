"""各测试共用的准备：演示时点、账户、方案；测试里不许联网。"""

import datetime as dt
import shutil

import hypothesis
import pytest
from django.db import connection
from django.utils import timezone

from departments.models import User
from tasks import workflow
from tasks.models import Progress
from tasks.models.event import protect, unprotect

from . import factories
from .processes import data, demo_data, demonstrated, installed, tree  # noqa: F401

# 同样的代码总得同样的结果：随机例子由代码本身定出，不靠运气，也不靠上次留下的例子库。
hypothesis.settings.register_profile("fixed", derandomize=True, database=None, print_blob=True)
hypothesis.settings.load_profile("fixed")

TODAY = dt.date(2023, 9, 22)


def pytest_collection_modifyitems(items):
    """只对 PostgreSQL 有意义的测试，在 SQLite 上不收集（不是跳过：那里没有要测的东西）；

    要排版软件的测试，没有装 LibreOffice 与 poppler 的机器上不收集。
    """
    from django.conf import settings

    unfit = {"postgres"} if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") else set()
    if not (shutil.which("soffice") and shutil.which("pdftotext")):
        unfit.add("office")
    items[:] = [item for item in items if not unfit & set(item.keywords)]


@pytest.fixture(autouse=True)
def _settings(settings, tmp_path):
    """测试的环境与 .env 无关：今天是 2023-09-22，材料写到临时目录，密码用快的散列。"""
    settings.DEBUG = False
    settings.BUSINESS_DATE = TODAY.isoformat()
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECURE_SSL_REDIRECT = False
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def transactional_db(transactional_db):
    """真事务的测试结束时要清库，先卸下“只增不改”的触发器，下次用前再装上。"""
    protect(connection)
    yield
    unprotect(connection)


@pytest.fixture(autouse=True)
def _flushable(request):
    """用标记 `django_db(transaction=True)` 的与用 `transactional_db` 的一样：清库（PostgreSQL 用 TRUNCATE）之前卸下触发器。"""
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        request.getfixturevalue("transactional_db")


@pytest.fixture
def at():
    """“2023-09-21 16:20” → 带时区的时刻。"""

    def parse(text):
        return timezone.make_aware(dt.datetime.strptime(text, "%Y-%m-%d %H:%M"))

    return parse


@pytest.fixture
def plan(db):
    """真方案：21 项举措，没有任何报送。"""
    return factories.load_plan()


@pytest.fixture
def people(plan):
    """各角色的账户：people.office、people.reporter("审批中心")、people.leader("李华斌")、people.admin。"""
    return factories.People()


@pytest.fixture
def period(plan, people, at):
    """2023 年 9 月：已开放，31 项次全部未报。"""
    [made] = workflow.plan_periods(
        plan, by=people.office, at=at("2023-09-01 08:00"), first_month=9, last_month=9, due_day=25
    )
    return workflow.open_period(made, by=people.office, at=at("2023-09-01 08:30"))


@pytest.fixture
def report(period):
    """取某项某部室 9 月的报送：report("12", "审批中心")。"""

    def find(number, department):
        return Progress.objects.get(
            period=period,
            assignment__measure__number=number,
            assignment__department__name=department,
            corrects=None,
        )

    return find


@pytest.fixture
def submitted(report, people, at):
    """报送过的：submitted("12", "审批中心", percent=75)。"""

    def submit(number, department, when="2023-09-20 10:00", values=None, **content):
        row = report(number, department)
        content = {"text": "完成了本月安排的工作。", "stage": "in_progress"} | content
        return workflow.submit_progress(
            row, by=people.reporter(department), at=at(when), version=row.version, content=content, values=values
        )

    return submit


@pytest.fixture
def demo(db, settings):
    """整套演示：账户与 3–9 月的报送。

    演示账户在 DEBUG 关闭时不能登录（见 test_demo_accounts）；这里要的是演示的数据，账户改作一般账户。
    """
    settings.DEBUG = True
    plan = factories.load_demo()
    User.objects.update(is_demo=False)
    settings.DEBUG = False
    return plan


@pytest.fixture
def sign_in(client):
    """以某人登录并返回测试客户端。"""

    def sign(user):
        client.force_login(user)
        return client

    return sign
