"""库的记号：库里的东西一变，记号就变；记号没有变，页面上的就都没有变（视图的 304、对外公开页都凭它）。

由数据库的触发器来记，不靠写的人记得：动词、后台、命令、直接写的 SQL 都一样，与所写的在同一个事务里，提交了才看得到。
不用“最后一条操作记录的编号”：编号在提交以前就发了，先发的后提交，最大的编号不变；而且存草稿等不是每一样都有记录。
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

from django.core.cache import cache
from django.db.backends.base.base import BaseDatabaseWrapper

from . import replica

T = TypeVar("T")

# 每写一句各留下一个随机数，记号是看得到的各数之和。旧的由后来的事务顺手收走（一个事务收一次，stamp.mine 记着），
# 正被别人收的（SKIP LOCKED）跳过：谁也不等谁，所以不添等锁，也不会死锁。刚提交的数一定在内、以前一定不在，
# 所以提交一次，和就变一次。数是随机的，不是次数：从备份恢复过的库也不会又数到以前用过的记号。
POSTGRESQL = """
CREATE TABLE IF NOT EXISTS stamp (token bigint NOT NULL);
CREATE OR REPLACE FUNCTION stamp_changed() RETURNS trigger AS $$
BEGIN
  IF current_setting('stamp.mine', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
    DELETE FROM stamp WHERE ctid IN (SELECT ctid FROM stamp FOR UPDATE SKIP LOCKED);
    PERFORM set_config('stamp.mine', pg_current_xact_id()::text, true);
  END IF;
  INSERT INTO stamp VALUES (hashtextextended(gen_random_uuid()::text, 0));
  RETURN NULL;
END $$ LANGUAGE plpgsql;
"""
# 一句 SQL 记一次，不论几行；清空（TRUNCATE）也算。
POSTGRESQL_DO = "FOR EACH STATEMENT EXECUTE FUNCTION stamp_changed()"
# SQLite 同时只有一个写的，改一行就够；它只有一行一次的触发器，一样动作一个。
SQLITE_DO = "BEGIN UPDATE stamp SET token = random(); END"
SQLITE = (
    "CREATE TABLE IF NOT EXISTS stamp (token integer NOT NULL)",
    "INSERT INTO stamp SELECT random() WHERE NOT EXISTS (SELECT 1 FROM stamp)",
)
# 触发器名字的开头；名字的末尾由写法算出，写法一变（如表多了一列）就是另一个，migrate 时旧的拆掉、新的装上。
PREFIX = "stamp_"


ASKED = "SELECT sum(token) FROM stamp"


def read(connection: BaseDatabaseWrapper) -> str:
    """现在的记号。先读它、后读页面要的东西：页面上的只会更新，不会更旧。"""
    with connection.cursor() as cursor:
        cursor.execute(ASKED)
        return str(cursor.fetchone()[0])


def once(key: str, state: str, make: Callable[[], T]) -> T:
    """`make()` 做的，同一个记号下做一次就够：这个进程里做过的直接给。同时来的各做各的，至多和线程一样多。

    记号是主库的：从副本读的慢一步，不能记在它名下。
    """
    if replica.is_reading():
        return make()
    found = cache.get(full := f"{key}:{state}")
    if found is None:
        cache.set(full, found := make())
    return found


def watch(connection: BaseDatabaseWrapper, tables: Iterable[str], unseen: Mapping[str, Sequence[str]]) -> None:
    """给各表装上触发器（装好的不动）。`unseen` 说一张表的哪几列页面上不显示，只改它们的不算。

    SQLite 改表是重建，触发器随旧表消失，所以每次 migrate 之后都要再来一遍。
    """
    is_postgresql = connection.vendor == "postgresql"
    wanted: dict[str, str] = {}
    for table in tables:
        of = _seen(connection, table, unseen[table]) if table in unseen else ""
        for event in (
            (f"INSERT OR DELETE OR TRUNCATE OR UPDATE{of}",) if is_postgresql else ("INSERT", "DELETE", f"UPDATE{of}")
        ):
            wanted |= _trigger(table, event, POSTGRESQL_DO if is_postgresql else SQLITE_DO)
    with connection.cursor() as cursor:
        for statement in (POSTGRESQL,) if is_postgresql else SQLITE:
            cursor.execute(statement)
        there = installed(connection)
        for name in there.keys() - wanted.keys():
            cursor.execute(f"DROP TRIGGER {name}" + (f' ON "{there[name]}"' if is_postgresql else ""))
        for name in wanted.keys() - there.keys():
            cursor.execute(wanted[name])


def _seen(connection: BaseDatabaseWrapper, table: str, unseen: Sequence[str]) -> str:
    """UPDATE 触发器的列：除了看不到的，都在内。"""
    with connection.cursor() as cursor:
        columns = [c.name for c in connection.introspection.get_table_description(cursor, table)]
    return " OF " + ", ".join(f'"{column}"' for column in columns if column not in unseen)


def installed(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """装着的：触发器的名字 → 它的表。"""
    asked = (
        "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        if connection.vendor == "postgresql"
        else "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return {name: table for name, table in cursor.fetchall() if name.startswith(PREFIX)}


def _trigger(table: str, event: str, do: str) -> dict[str, str]:
    """名字 → 建它的语句。"""
    rest = f'AFTER {event} ON "{table}" {do}'
    name = f"{PREFIX}{table}_{sha256(rest.encode()).hexdigest()[:8]}"
    return {name: f"CREATE TRIGGER {name} {rest}"}
