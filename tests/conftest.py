"""各测试共用的准备：演示时点、账户、方案；测试里不许联网。"""

import datetime as dt
import gc
import importlib
import itertools
import os
import re
import shutil
import sys
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path

import pytest
from coverage import Coverage
from django.conf import settings
from django.db import connection
from django.template import Template
from django.test import override_settings
from django.test.signals import template_rendered

from departments import trail
from tasks.models.event import protect, unprotect
from yingshang import append_only

from . import examples, factories, images, judging, schema, world
from .processes import data, demo_data, demonstrated, installed, loaded, tree  # noqa: F401

if "django_coverage_plugin" in sys.modules:  # 量覆盖，模板也量：排版时记下走到模板的哪一行
    settings.TEMPLATES[0]["OPTIONS"]["debug"] = True
examples.load()
judging.install()

TODAY = dt.date(2023, 9, 22)
FOLDERS = itertools.count()
PAUSED: list[Coverage] = []  # 停下了的覆盖记录


@pytest.hookimpl(tryfirst=True)  # 在 xdist 读分组之前
def pytest_collection_modifyitems(items):
    """只对 PostgreSQL 有意义的测试，在 SQLite 上不收集（不是跳过：那里没有要测的东西）；

    要排版软件的测试，没有装 LibreOffice 与 poppler 的机器上不收集。与 DATABASE_URL 无关的只在 SQLite 那一遍跑：不碰库的，
    自带 SQLite 库的真进程；真进程的都在同一个进程里：装好的那一份只做一次。
    量覆盖（.ci/run）时，碰库的只在 PostgreSQL 那一遍量，hypothesis 的例子与又一遍的不量。
    """
    on_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    unfit = {"postgres"} if on_sqlite else {"process", "anywhere"}
    if not (shutil.which("soffice") and shutil.which("pdftotext")):
        unfit.add("office")
    for item in items:
        is_random = getattr(item.obj, "is_hypothesis_test", False)
        if "share" in vars(item.module) or is_random:
            item.add_marker("random")
        if "tree" in item.fixturenames:
            item.add_marker("process")
            item.add_marker(pytest.mark.xdist_group("processes"))
        marks = {"django_db", "browser", "postgres"} & set(item.keywords)
        if not (marks or {"db", "transactional_db"} & set(item.fixturenames)):
            item.add_marker("anywhere")
        is_again = is_random or "thorough" in item.keywords
        if is_again or (on_sqlite and not {"anywhere", "process"} & set(item.keywords)):
            item.add_marker("unweighed")
    items[:] = [item for item in items if not unfit & set(item.keywords)]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    """不量的测试连准备、收尾都不量：记录的停下，到下一条要量的再起。"""
    if "unweighed" not in item.keywords:
        while PAUSED:
            PAUSED.pop().start()
    elif running := Coverage.current():
        running.stop()
        PAUSED.append(running)


def pytest_sessionstart(session):
    """头一次跑要把各测试改写、编译（七八秒）：单数号的进程从后往前先引入，与从前往后收集的各编译一半，不各编译全部。

    引入不了的不在这里说，收集时照旧报出来。量覆盖时分出来的进程里已经有别的在记（进程一起就记的，pytest-cov 早早起的），
    一个压着一个，不量的代码也慢六倍：都先停下，只留 pytest-cov 接着要起的那一个。
    """
    while hasattr(session.config, "workerinput") and (running := Coverage.current()):
        running.stop()
    if int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 2:
        here = Path(__file__).parent
        for path in sorted(here.rglob("test_*.py"), reverse=True):
            with suppress(Exception, pytest.skip.Exception):
                importlib.import_module(".".join(path.with_suffix("").relative_to(here.parent).parts))


def pytest_make_parametrize_id(val, argname):
    """一大段内容不写进测试的名字：压缩包里有造它的时刻，几个进程各造各的，名字差一秒就对不上，整套不跑。"""
    return argname if isinstance(val, bytes) and len(val) > 40 else None


def pytest_collection_finish(session):
    """五千多条测试与全部代码从此一直在：不再让垃圾回收一遍遍数它们，也少回收几次。"""
    _check_grouping(session)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _check_grouping(session):
    """写明归在一处的（`xdist_group`）真的归在一处；xdist 与 pytest 配不上时它一声不响地不分组，底子便一遍遍地造。"""
    if not session.config.getoption("loadgroup", default=False):
        return
    apart = [i.nodeid for i in session.items if i.get_closest_marker("xdist_group") and not re.search(r"@\w", i.nodeid)]
    if apart:
        raise pytest.UsageError(f"xdist 没有照 xdist_group 分组（{apart[0]} 等 {len(apart)} 条），请核对两者的版本。")


@pytest.fixture(scope="session", autouse=True)
def _shared(tmp_path_factory, worker_id):
    """几个进程一起跑时，它们的目录在同一处：底子放在那里，一份只造一遍。"""
    base = tmp_path_factory.getbasetemp()
    images.SHARED[:] = [base if worker_id == "master" else base.parent]


@pytest.fixture(scope="session")
def django_db_setup(request, django_test_environment, django_db_modify_db_settings, django_db_blocker):
    """建测试库；内存里的 SQLite 装回上次走完迁移留的底（见 schema.py）。"""
    with schema.remembered(connection.creation) if schema.is_wanted() else nullcontext() as held:
        request.getfixturevalue("django_db_setup")
    if connection.vendor == "postgresql":
        connection.ops.sql_flush = _delete_all
    yield
    with django_db_blocker.unblock():
        images.drop()
    for one in held or ():
        one.close()


def _delete_all(style, tables, *, reset_sequences=False, allow_cascade=False):
    """清库也一行行删：几十张表没有几行，PostgreSQL 的 TRUNCATE 每张表换一个文件、落一次盘，比删慢几十倍。"""
    assert not reset_sequences, "序列不从头编"
    return [f'DELETE FROM "{table}"' for table in tables]


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """各测试放材料的地方；各自的目录写了材料才有，大半的测试不写。"""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="session", autouse=True)
def _environment(django_test_environment):
    """测试的环境与 .env 无关：今天是 2023-09-22，密码用快的散列。DEBUG 由 pytest-django 关着。

    一次定下，不在每条测试里设：Django 每见到有人设 DEBUG 就把编译好的模板全丢掉，哪怕设的还是原来的值。
    """
    fixed = {
        "BUSINESS_DATE": TODAY.isoformat(),
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "SECURE_SSL_REDIRECT": False,
        "SESSION_COOKIE_SECURE": False,
        "CSRF_COOKIE_SECURE": False,
        "ALLOWED_HOSTS": ["testserver", "127.0.0.1", "localhost"],
        "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
        "STORAGES": settings.STORAGES
        | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
    }
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # PostgreSQL 上没有别人建它，探活要看
    Template._render = _render
    with override_settings(**fixed):
        yield


def _render(template, context):
    """整页才报给测试客户端；引进页里的各块不报，省得一块一块地抄：`response.context` 要的都在整页那一层。"""
    if context.template is template:
        template_rendered.send(sender=template, template=template, context=context)
    return template.nodelist.render(context)


@pytest.fixture(autouse=True)
def _files(settings, folders):
    """材料写到临时目录，各测试一处。"""
    judging.WATCH.clear()
    settings.MEDIA_ROOT = folders / str(next(FOLDERS))


@pytest.fixture
def _laid(request, django_db_setup, django_db_blocker):
    """测试开事务以前，底子先铺在库里（见 images.lay）。"""
    with django_db_blocker.unblock():
        images.lay(_base_of(request), _is_transactional(request))


@pytest.fixture
def _django_db_helper(_laid, _django_db_helper):
    """pytest-django 由它开事务：先铺底子。"""


@pytest.fixture
def transactional_db(transactional_db):
    """真事务的测试结束时要清库，先卸下“只增不改”的触发器，下次用前再装上。"""
    protect(connection)
    append_only.protect(connection, trail.TABLE, trail.MESSAGE)
    yield
    images.forget()
    unprotect(connection)
    append_only.unprotect(connection, trail.TABLE)


@pytest.fixture(autouse=True)
def _flushable(request):
    """用标记 `django_db(transaction=True)` 的与用 `transactional_db` 的一样：清库之前卸下触发器。"""
    if _is_transactional(request):
        request.getfixturevalue("transactional_db")


def _is_transactional(request):
    """真事务的测试，不论是用夹具还是用标记说的。"""
    marker = request.node.get_closest_marker("django_db")
    return "transactional_db" in request.fixturenames or bool(marker and marker.kwargs.get("transaction"))


@pytest.fixture
def at():
    """“2023-09-21 16:20” → 带时区的时刻。"""
    return factories.at


@pytest.fixture
def everything():
    """用了它（world 就用它），底子就是整个小世界。"""


def _ground_of(request):
    """`ground` 叫什么、怎样造。"""
    asked, own = request.fixturenames, getattr(request.module, "GROUNDS", {})
    for name in own.keys() & set(asked):
        return f"{request.module.__name__}.{name}", own[name]
    name = next((name for name in ("everything", "period") if name in asked), "plan")
    return name, {"plan": factories.ground, "period": factories.september, "everything": world.build}[name]


def _base_of(request):
    """测试用到的底子叫什么；都不用的没有。"""
    if "ground" in request.fixturenames:
        return _ground_of(request)[0]
    return next((name for name in ("demo", "months") if name in request.fixturenames), None)


@pytest.fixture
def ground(request, db):
    """这个测试的底子：真方案，或连同九月，或整个小世界，取用得着的最全的一份（各只造一次，见 images.py）。

    一个文件自己的一段经过也可以作底子：写在它的 `GROUNDS` 里（夹具名 → 怎样造），用到那个夹具的测试都从它装回。
    """
    return images.once(*_ground_of(request))


@pytest.fixture
def plan(ground):
    """真方案：21 项举措，没有任何报送。"""
    return ground.plan


@pytest.fixture
def people(ground):
    """各角色的账户：people.office、people.reporter("审批中心")、people.leader("李华斌")、people.admin。"""
    return factories.People()


@pytest.fixture
def period(ground):
    """2023 年 9 月：已开放，31 项次全部未报。"""
    if not hasattr(ground, "period"):  # 临时要的（request.getfixturevalue），底子里还没有
        ground.period = factories.open_september(ground.plan)
    return ground.period


@pytest.fixture
def report(period):
    """取某项某部室 9 月的报送：report("12", "审批中心")。"""
    return partial(factories.report, period)


@pytest.fixture
def submitted(period):
    """报送过的：submitted("12", "审批中心", percent=75)。"""
    return partial(factories.submitted, period)


@pytest.fixture
def demo(db):
    """整套演示：账户与 3–9 月的报送。

    演示账户在 DEBUG 关闭时不能登录（见 test_demo_accounts）；这里要的是演示的数据，账户改作一般账户。
    """
    return images.once("demo", factories.load_demo)


@pytest.fixture
def sign_in(client):
    """以某人登录并返回测试客户端。"""

    def sign(user):
        client.force_login(user)
        return client

    return sign
