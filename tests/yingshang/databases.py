"""真进程用的 PostgreSQL 库：名字随这次测试的库，用完即删。"""

from contextlib import contextmanager

from django.db import connection


@contextmanager
def databases(*names):
    """几个空库的地址。"""
    where = connection.settings_dict
    login = where["USER"] + (f":{where['PASSWORD']}" if where["PASSWORD"] else "")
    made = [f"{where['NAME']}_{name}" for name in names]
    with connection._nodb_cursor() as cursor:
        for name in made:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield [f"postgres://{login}@{where['HOST'] or '127.0.0.1'}:{where['PORT'] or 5432}/{name}" for name in made]
    finally:
        with connection._nodb_cursor() as cursor:
            for name in made:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
