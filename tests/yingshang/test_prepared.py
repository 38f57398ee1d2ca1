"""备好的查询：编一次，换上编号再问；备好的与现编的一字不差。"""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.db.models import Exists, F, Prefetch, Value
from django.test.utils import CaptureQueriesContext

from departments.models import Role, User
from tasks.models import Assignment, Measure, Plan, Progress, TargetValue
from yingshang import prepared

from ..examples import also

pytestmark = pytest.mark.django_db


def along(known):
    """连带取的各样，照名字与它的 SQL 说。"""
    return [
        (one.prefetch_to, one.queryset.query.sql_with_params()) if isinstance(one, Prefetch) else one
        for one in known.along
    ]


def name(key):
    """键里的头一个词：问的是什么。"""
    return name(key[0]) if isinstance(key, tuple) else key


@pytest.fixture(autouse=True)
def _nothing_known():
    prepared._KNOWN.clear()


def test_a_question_is_compiled_once_and_asked_with_each_number(plan, monkeypatch):
    built = []

    def build(pk):
        built.append(pk)
        return (
            Measure.objects.filter(pk=pk)
            .order_by()
            .values_list(F("number"), Exists(Assignment.objects.filter(measure=pk)))
        )

    for measure in Measure.objects.all():
        number, has = prepared.row("measure", build, measure.pk)
        assert (number, bool(has)) == (measure.number, True)
    assert built == [prepared.FIRST]


def test_a_number_that_is_not_there_answers_nothing(plan):
    assert prepared.row("none", lambda pk: Measure.objects.filter(pk=pk).values_list(F("number")), 0) is None


def test_numbers_keep_their_places(plan):
    """两个编号，次序与重复都不乱。"""
    first, last = Measure.objects.order_by("pk").first(), Measure.objects.order_by("pk").last()

    def build(one, other):
        rows = Measure.objects.filter(pk__in=[other, one]).exclude(pk=other).order_by()
        return rows.values_list(F("number"), F("pk"))

    assert prepared.row("two", build, first.pk, last.pk) == (first.number, first.pk)
    assert prepared.row("two", build, last.pk, first.pk) == (last.number, last.pk)


def test_rows_are_the_objects_django_would_make(demo):
    """对象、连带的关联、标注、次序、只取前几行、预取：与直接问的一样，换了编号也一样。"""

    def build(measure):
        events = Prefetch("values", TargetValue.objects.select_related("target"))
        rows = Progress.objects.filter(assignment__measure=measure).annotate(late=F("first_submitted_at"))
        rows = rows.select_related("assignment__department", "period", "reviewed_by").defer("text")
        return rows.prefetch_related(events).order_by("-period__starts_on", "pk")[:5]

    def shown(rows):
        with CaptureQueriesContext(connection) as asked:
            said = [
                (vars(row).get("text"), row.pk, row.status, row.late, row.assignment.department.name, row.period.name,
                 row.reviewed_by and row.reviewed_by.name, [(v.value, v.target.name) for v in row.values.all()])
                for row in rows
            ]  # fmt: skip
        assert len(asked) == 0
        return said

    prepared._KNOWN.clear()
    for measure in Measure.objects.all():
        found = prepared.rows("rows", build, measure.pk)
        assert shown(found) == shown(list(build(measure.pk)))
    assert len(prepared._KNOWN) == 1


def test_a_word_is_a_value_too(plan):
    build = lambda number: Measure.objects.filter(number=number)  # noqa: E731
    assert [prepared.row("by number", build, number).number for number in ("1", "2")] == ["1", "2"]


def test_what_can_never_be_there_is_not_asked(plan, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert prepared.rows("nobody", lambda *pks: Measure.objects.filter(pk__in=pks)) == []
        assert prepared.rows("none", lambda pk: Measure.objects.filter(pk=pk).none(), 1) == []


def test_a_few_numbers_more_or_less_are_one_question(plan):
    pks = list(Measure.objects.order_by("pk").values_list("pk", flat=True))
    build = lambda *pks: Measure.objects.filter(pk__in=pks).order_by("pk")  # noqa: E731
    for n in range(len(pks) + 1):
        assert [row.pk for row in prepared.rows("these", build, *prepared.padded(pks[:n]))] == pks[:n]
    assert len(prepared._KNOWN) <= len(pks).bit_length() + 2
    assert [len(prepared.padded(range(n))) for n in range(10)] == [0, 1, 2, 4, 4, 8, 8, 8, 8, 16]


def test_what_is_said_further_is_part_of_the_question(plan):
    asked = prepared.Asked("all", lambda: Measure.objects.order_by())
    up, down = asked.then("up", lambda rows: rows.order_by("pk")), asked.then("down", lambda rows: rows.order_by("-pk"))
    assert [row.pk for row in up.rows()] == [row.pk for row in down.rows()][::-1]


def test_what_is_known_holds_no_connection_and_is_not_changed_by_asking(plan):
    """几个线程共用记着的：问的时候谁也不改它，也不带着别人的连接。"""
    build = lambda pk: Measure.objects.select_related("plan").filter(pk=pk)  # noqa: E731
    pks = Measure.objects.values_list("pk", flat=True)
    prepared.row("kept", build, pks[0])
    [known] = prepared._KNOWN.values()
    before = (known.sql, known.params, dict(known.shape), known.along)
    assert prepared.row("kept", build, pks[1]).pk == pks[1]
    assert (known.sql, known.params, dict(known.shape), known.along) == before
    assert set(known.shape) == set(prepared.SHAPE) and prepared.FIRST in known.params


def asked_by(connection, ask):
    """问了的各句，和答的。"""
    with CaptureQueriesContext(connection) as captured:
        found = ask()
    return found, [one["sql"] for one in captured]


@pytest.mark.postgres
def test_the_second_time_only_the_name_and_the_numbers_go_to_the_server(plan):
    """整数列、文字、不变的参数、LIKE 里的百分号、取前几行：头一次照原样问，以后只交名字与各值，答的都一样。"""

    def build(number, *pks):
        rows = Measure.objects.filter(pk__in=pks, number=number, title__contains="环评")
        return rows.annotate(said=Value("5%")).select_related("plan").order_by("pk")[:3]

    values = ("12", *Measure.objects.values_list("pk", flat=True)[:16])
    ask = lambda: prepared.rows("named", build, *values)  # noqa: E731
    first, told = asked_by(connection, ask)
    assert [row.number for row in first] == ["12"] and first[0].said == "5%" and "SELECT" in told[0]
    for _ in range(8):  # 多问几次，服务器改用不看值的取法
        again, told = asked_by(connection, ask)
        assert again == first and [row.plan.title for row in again] == [first[0].plan.title]
        assert told[0].startswith("EXECUTE known_") and "SELECT" not in told[0]
    assert prepared.rows("named", build, "11", *values[1:]) == []


@pytest.mark.postgres
def test_what_the_server_keeps_is_bounded_and_gone_with_the_connection(plan, monkeypatch):
    monkeypatch.setattr(prepared, "MOST", 5)
    pk = Measure.objects.first().pk
    kept = lambda: asked_by(connection, lambda: _names(connection))[0]  # noqa: E731
    for n in range(12):
        build = lambda pk: Measure.objects.filter(pk=pk)  # noqa: E731
        assert [prepared.row(("bounded", n), build, pk).pk for _ in range(3)] == [pk] * 3
        assert len(kept()) <= 5


def _names(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE name LIKE 'known_%'")
        return cursor.fetchall()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_new_connection_starts_anew(plan):
    build = lambda pk: Measure.objects.filter(pk=pk)  # noqa: E731
    pk = Measure.objects.first().pk
    for _ in range(3):
        for _ in range(3):
            assert prepared.row("reconnected", build, pk).pk == pk
        connection.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_connection_the_server_has_dropped_is_opened_again(plan):
    """数据库重启过：一次请求头一句就是备好的，照样先问一声还通不通。"""
    build = lambda pk: Measure.objects.filter(pk=pk)  # noqa: E731
    pk = Measure.objects.first().pk
    for _ in range(3):
        prepared.row("dropped", build, pk)
    here, other = connections["default"], connections["default"].copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [here.connection.info.backend_pid])
    other.close()
    here.health_check_enabled, here.health_check_done = True, False  # 下一次请求开头就是这样
    assert prepared.row("dropped", build, pk).pk == pk


def test_how_values_are_turned_is_kept_with_the_connection_not_with_the_question(plan):
    """别的线程的连接不留在公用的记忆里：线程没了，它的连接也没了。"""
    build = lambda pk: Measure.objects.filter(pk=pk)  # noqa: E731
    prepared.row("turned", build, Measure.objects.first().pk)
    [known] = prepared._KNOWN.values()
    assert known.number in vars(connections["default"])["known_converters"]
    assert "converters" not in vars(known)


@pytest.mark.django_db(transaction=True)
def test_several_threads_ask_the_same_question_at_once(plan):
    build = lambda pk: Measure.objects.select_related("plan").filter(pk=pk)  # noqa: E731
    pks = list(Measure.objects.values_list("pk", flat=True)) * 10

    def ask(pk):
        try:
            return prepared.row("threads", build, pk).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, pks)) == pks


def test_a_number_no_database_can_hold_answers_nothing_and_is_not_asked(plan):
    """网址里写的编号，几百位也有人写。"""
    for number in (2**31, 2**63, 10**400):
        with CaptureQueriesContext(connection) as asked:
            assert prepared.rows("far", lambda pk: Measure.objects.filter(pk=pk), number) == []
        assert len(asked) == 0


def test_the_known_never_grow_without_end(plan, monkeypatch):
    monkeypatch.setattr(prepared, "MOST", 5)
    for n in range(20):
        assert prepared.row(n, lambda: Plan.objects.order_by().values_list(F("pk")))
    assert len(prepared._KNOWN) <= 5


@pytest.fixture
def asking(monkeypatch):
    """问过的键；每问一句，与现编的核对。"""
    asked, find = [], prepared.find

    def checked(key, build, values):
        known, now = find(key, build, values), prepared.compiled(build, values)
        assert (known, along(known)) == (now, along(now)), key
        asked.append(key)
        return known

    monkeypatch.setattr(prepared, "find", checked)
    return asked


def test_what_was_prepared_for_reporting_and_approving_is_what_would_be_built_now(demo, client, asking):
    """几个部室报、办公室通过：动词问的也一样。"""
    owing = Progress.objects.filter(status="missing", period__status="open", assignment__ended_in=None)
    rows = owing.filter(assignment__measure__kind="milestone").order_by("assignment__department", "pk")
    office = User.objects.get(username="office")
    for row in {row.assignment.department_id: row for row in rows}.values():
        client.force_login(User.objects.filter(role=Role.REPORTER, department=row.assignment.department).first())
        said = {"version": row.version, "stage": "in_progress", "percent": 90, "text": "完成了本月的工作。"}
        data = {f"p{row.pk}-{name}": value for name, value in said.items()}
        assert client.post(f"/progress/{row.pk}/", data | {"do": "submit"}).status_code == 302
        client.force_login(office)
        assert client.post(f"/review/{row.pk}/approve/").status_code == 302
        row.refresh_from_db()
        assert row.is_approved
    assert {name(key) for key in asking} >= {
        *("own report", "form", "left", "locked plan", "locked measure", "locked periods", "locked report"),
        *("asked along", "ticked", "rejudged", "opened", "stored", "stored parts", "judged", "first", "organisation"),
    }


@pytest.mark.parametrize("turns", [3, *also(1)])
def test_on_every_page_what_was_prepared_is_what_would_be_built_now(demo, client, settings, asking, turns):
    """换了人、部室、日子、方案的写法，问的仍是该问的：键里少写了一样，这里就不相符。

    平日头一天人人看每一页，换了日子一页由三分之一的人看（两天错开）；跑全部时天天人人都看。
    """
    people = [User.objects.filter(role=role).first() for role in Role.values]
    owing = Progress.objects.to_act_on().in_open_periods().values("assignment__department")
    people += list(User.objects.filter(role=Role.REPORTER, department__in=owing)[:2])
    reviews = [f"/review/{pk}/" for pk in Progress.objects.waiting().values_list("pk", flat=True)[:3]]
    pages = ["/", "/month/", "/help/", "/board/", "/measures/7/", "/2023/measures/12/", *reviews]
    own = Assignment.objects.in_force().filter(department=people[-1].department).first().measure
    pages += [
        own.url,
        "/lead/",
        "/measures/",
        "/board/2023-08/",
        "/instructions/",
        f"/departments/{people[-1].department.slug}/",
    ]
    seen = set()
    for n, day in enumerate((dt.date(2023, 9, 22), dt.date(2023, 9, 26), dt.date(2023, 9, 22))):
        settings.BUSINESS_DATE = day.isoformat()
        for m, user in enumerate(filter(None, people)):
            client.force_login(user)
            cache.clear()
            for url in pages[(m + n) % turns :: turns] if n else pages:
                if client.get(url).status_code == 200 and n:
                    seen.add(url)
    assert seen >= {"/", "/month/", "/lead/", "/measures/", "/board/2023-08/", own.url}, "换了日子也有人看"
    kinds = {name(key) for key in asking}
    assert kinds >= {
        *("badges", "home", "owed", "form", "measure", "review", "session", "user", "ledger", "leaders"),
        *(
            "one measure",
            "one report",
            "reports",
            "coordination_requests",
            "events",
            "leading",
            "mine",
            "on measure",
            "queue",
        ),
        *("to report", "earlier", "values", "done", "lit", "reporting by period", "unsigned", "owed rows", "urged"),
        *("led", "signed", "for leader", "last words", "of department", "these", "replies", "to rooms"),
    }, kinds
