"""给监控程序的数：默认没有；打开了只答本机与带令牌的；标签里没有人与参数；两个 gunicorn 进程合起来的数不多不少。"""

import http.client
import re
import sys
from collections import Counter
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError, connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from departments import trail
from yingshang import clock, health, metrics, nightly
from yingshang import settings as written
from yingshang.backups import retention

from ..processes import ROOT, environment, free_address, migrated, serving

pytestmark = pytest.mark.django_db
TOKEN = "t0ken-" * 5


@pytest.fixture
def on(settings, tmp_path):
    settings.METRICS, settings.DATA_DIR, settings.BACKUP_DIR = True, tmp_path, tmp_path / "backups"
    settings.MIDDLEWARE = [settings.MIDDLEWARE[0], "yingshang.metrics.MetricsMiddleware", *settings.MIDDLEWARE[1:]]
    settings.BACKUP_DIR.mkdir()


def read(text) -> dict:
    """（名称，标签…）→ 数。"""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(client=None, **more):
    return read((client or Client()).get("/metrics", **more).content.decode())


class TestWho:
    def test_off_there_is_no_such_address_and_nothing_is_counted(self, client):
        assert (
            client.get("/metrics").status_code == 404 and client.get("/metrics", REMOTE_ADDR="::1").status_code == 404
        )
        assert "yingshang.metrics.MetricsMiddleware" not in written.MIDDLEWARE

    def test_the_machine_itself_is_answered_whatever_host_name_it_uses(self, on, settings):
        settings.SECURE_SSL_REDIRECT = True
        answer = Client().get("/metrics", HTTP_HOST="10.0.0.9:8001")
        assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain; version=0.0.4")

    @pytest.mark.parametrize(
        "asked", [{"REMOTE_ADDR": "10.0.0.7"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {"HTTP_AUTHORIZATION": "Bearer "}]
    )
    def test_from_elsewhere_it_is_not_there(self, on, asked):
        assert Client().get("/metrics", **{"REMOTE_ADDR": "10.0.0.7"} | asked).status_code == 404

    def test_with_the_token_and_with_nothing_else(self, on, settings):
        settings.METRICS_TOKEN = TOKEN
        for said, expected in ((f"Bearer {TOKEN}", 200), (TOKEN, 404), (f"Bearer {TOKEN}x", 404), ("", 404)):
            asked = {"REMOTE_ADDR": "10.0.0.7", "HTTP_AUTHORIZATION": said}
            assert Client().get("/metrics", **asked).status_code == expected, said

    def test_a_token_that_is_too_short_opens_nothing(self, on, settings):
        settings.METRICS_TOKEN = "short"
        asked = {"REMOTE_ADDR": "10.0.0.7", "HTTP_AUTHORIZATION": "Bearer short"}
        assert Client().get("/metrics", **asked).status_code == 404


class TestWhat:
    def test_requests_are_counted_by_the_name_of_the_address_and_the_first_figure_of_the_answer(self, on, client):
        before = Counter(scraped())
        for path in ("/login/", "/login/?next=/board/", "/board/", "/measures/7/", "/measures/8/", "/no-such/"):
            client.get(path)
        found = Counter(scraped()) - before
        assert found["yingshang_requests_total", "2xx", "login"] == 2
        assert found["yingshang_requests_total", "3xx", "board"] == 1
        assert found["yingshang_requests_total", "3xx", "measure_detail"] == 2, "同一个网址名，不问是哪一件"
        assert found["yingshang_requests_total", "4xx", "unmatched"] == 1
        assert found["yingshang_request_seconds_count", "login"] == 2

    def test_no_name_no_number_no_address_is_in_it(self, on, people, client, plan):
        client.force_login(people.office)
        client.get("/measures/7/?q=某某某")
        client.get("/秘密/")
        text = Client().get("/metrics").content.decode()
        labels = set(re.findall(r'(\w+)="', text))
        assert labels <= {"view", "status", "le", "chore", "folder", "log", "version"}
        assert "office" not in re.findall(r'="(.*?)"', text) and "某某某" not in text and "秘密" not in text

    def test_what_is_true_now(self, on, settings):
        now = clock.real_now()
        (settings.BACKUP_DIR / retention.name(now, is_sealed=True)).touch()
        nightly.record(nightly.Run("backup", now.isoformat(), True))
        nightly.record(nightly.Run("remind", now.isoformat(), False))
        row = trail.trace("logout")
        found = scraped()
        assert found["yingshang_database_up",] == 1 and found["yingshang_migrations_pending",] == 0
        assert 0 <= found["yingshang_backup_age_seconds",] < 60
        assert found["yingshang_chore_last_run_timestamp_seconds", "backup"] == pytest.approx(now.timestamp(), abs=1)
        assert (found["yingshang_chore_ok", "backup"], found["yingshang_chore_ok", "remind"]) == (1, 0)
        assert found["yingshang_log_head", "security"] == row.pk and ("yingshang_log_head", "events") in found
        assert found["yingshang_disk_free_bytes", "data"] > 0 and found["yingshang_info", settings.VERSION] == 1

    def test_migrations_that_wait(self, on, monkeypatch):
        monkeypatch.setattr(health, "_is_migrated", False)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        assert scraped()["yingshang_migrations_pending",] == 1

    def test_a_database_that_is_down_is_said_and_the_rest_still_comes(self, on, monkeypatch):
        def refuse(*args):
            raise OperationalError("connection refused")

        monkeypatch.setattr(connection, "cursor", refuse)
        found = scraped()
        assert found["yingshang_database_up",] == 0 and ("yingshang_disk_free_bytes", "data") in found
        assert ("yingshang_log_head", "security") not in found


def test_what_a_server_that_is_gone_left_behind_is_cleared(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "FOLDER", tmp_path)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "1"))
    for name in ("999999999", "1", "notes"):
        (tmp_path / name).mkdir()
    metrics.settle()
    assert {path.name for path in tmp_path.iterdir()} == {"1", "notes"}


def ask(url, path, **headers):
    connected = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)  # 每次另连：两个进程都轮得到
    connected.request("GET", path, headers=headers)
    answer = connected.getresponse()
    answer.text = answer.read().decode()
    connected.close()
    return answer


def asked_until(is_done, url, path):
    """一次次地问，至少四十次，到 `is_done()` 为止（第二个进程也许还在起）；答问了几次。"""
    for times in range(1, 2000):
        assert ask(url, path).status == 200
        if times >= 40 and is_done():
            return times
    raise AssertionError("问了两千次，只有一个进程答过")


@pytest.mark.process
def test_two_workers_count_together_exactly(tmp_path):
    data, address = migrated(tmp_path / "data"), free_address()
    words = ["yingshang.wsgi", "--bind", address, "--workers", "2", "--threads", "1", "--worker-class", "gthread"]
    env = environment(data, METRICS="1", METRICS_TOKEN=TOKEN)
    with serving([sys.executable, "-m", "gunicorn", *words], address, tmp_path / "log", cwd=ROOT, env=env) as url:
        logins = asked_until(lambda: len(list((data / "metrics").glob("*/counter_*.db"))) == 2, url, "/login/")
        assert [ask(url, "/board/").status for _ in range(10)] == [302] * 10
        seen = [read(ask(url, "/metrics").text) for _ in range(12)]
        counted = {(found["yingshang_requests_total", "2xx", "login"], found["yingshang_requests_total", "3xx", "board"],
                    found["yingshang_request_seconds_count", "login"]) for found in seen}  # fmt: skip
        assert counted == {(logins, 10, logins)}, "问哪一个进程都一样"
        through = {"X-Forwarded-For": "10.0.0.7", "Host": "127.0.0.1"}
        assert ask(url, "/metrics", **through).status == 404
        assert ask(url, "/metrics", Authorization=f"Bearer {TOKEN}", **through).status == 200
