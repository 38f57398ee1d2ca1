"""只增不改的表：数据库的触发器拒绝 UPDATE、DELETE 与清空（等保“安全审计”，ASVS 16.4.2）。

PostgreSQL 的 TRUNCATE 整表清空，不惊动行一级的 DELETE 触发器；SQLite 的 REPLACE INTO 先删后插，也不惊动：各另设一道。
"""

from django.db.backends.base.base import BaseDatabaseWrapper

VERBS = {"postgresql": ("UPDATE", "DELETE", "TRUNCATE"), "sqlite": ("UPDATE", "DELETE", "REPLACE")}


def protect(connection: BaseDatabaseWrapper, table: str, message: str) -> None:
    """装上触发器：此后对这张表的 UPDATE、DELETE、清空（TRUNCATE；SQLite 为 REPLACE）由数据库拒绝。

    凡改动表结构的迁移，最后都要再装一次：SQLite 改表是重建，触发器会随旧表消失。
    """
    unprotect(connection, table)
    with connection.cursor() as cursor:
        for verb in VERBS[connection.vendor]:
            cursor.execute(_create(connection.vendor, table, verb, message))


def unprotect(connection: BaseDatabaseWrapper, table: str) -> None:
    """卸下触发器（只供迁移回退、到期清理与测试清库）。"""
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for verb in VERBS[connection.vendor]:
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb.lower()}{on}")


def _create(vendor: str, table: str, verb: str, message: str) -> str:
    name = f"{table}_no_{verb.lower()}"
    if vendor == "postgresql":
        each = "STATEMENT" if verb == "TRUNCATE" else "ROW"
        return f"""
            CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger AS $$
            BEGIN RAISE EXCEPTION '{message}'; END; $$ LANGUAGE plpgsql;
            CREATE TRIGGER {name} BEFORE {verb} ON {table}
            FOR EACH {each} EXECUTE FUNCTION {table}_refuse();
        """
    when = f"{verb} ON {table}"
    if verb == "REPLACE":
        when = f"INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # noqa: S608  # 表名是代码里写的
    return f"""
        CREATE TRIGGER {name} BEFORE {when}
        BEGIN SELECT RAISE(ABORT, '{message}'); END
    """
