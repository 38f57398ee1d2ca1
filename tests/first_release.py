"""0.1.0 的库：那一版的程序造的演示，两种库各存着一份（deploy/tests/data）。"""

import gzip
import sqlite3
import subprocess
from contextlib import closing

from .processes import ROOT

OLD = ROOT / "deploy/tests/data"


def on_sqlite(path):
    """把 0.1.0 的 SQLite 库放到 `path`。"""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(gzip.decompress((OLD / "0.1.0-sqlite.sql.gz").read_bytes()).decode())


def on_postgresql(url):
    """把 0.1.0 的 PostgreSQL 库放进 `url`。"""
    old = gzip.decompress((OLD / "0.1.0-postgresql.sql.gz").read_bytes())
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", url], input=old, check=True)
