"""部署检查里与机器有关的：好的一句不说，每一样毛病各说一句。"""

import datetime as dt

import pytest

from yingshang import checks, clock
from yingshang.backups import retention

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _installed(settings, tmp_path):
    """照部署说明装好的一台。"""
    settings.HTTPS = settings.SITE_URL_IS_SET = True
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://ledger.example.internal", ["ledger.example.internal"]
    settings.TRUSTED_PROXY, settings.BUSINESS_DATE = ["127.0.0.1"], ""
    settings.DATA_DIR, settings.BACKUP_DIR = tmp_path, tmp_path / "backups"
    settings.BACKUP_KEY_FILE, settings.EMAIL_ENABLED = tmp_path / "key", True
    settings.STATIC_ROOT, settings.ENV_FILE = tmp_path / "static", tmp_path / "static" / "no.env"
    settings.STATIC_ROOT.mkdir(mode=0o700)
    (settings.STATIC_ROOT / "staticfiles.json").touch(0o600)
    backed_up(settings, hours=3)


def backed_up(settings, hours):
    settings.BACKUP_DIR.mkdir(mode=0o700, exist_ok=True)
    for old in settings.BACKUP_DIR.iterdir():
        old.unlink()
    (settings.BACKUP_DIR / retention.name(clock.real_now() - dt.timedelta(hours=hours), is_sealed=True)).touch(0o600)


def said() -> set:
    every = (
        checks.site_url,
        checks.proxy,
        checks.metrics_token,
        checks.static_files,
        checks.time_of_day,
        checks.mail_server,
    )
    return {found.id for check in (*every, checks.machine, checks.backups, checks.file_modes) for found in check(None)}


def test_nothing_is_said_of_a_machine_set_up_as_the_pages_say():
    assert said() == set()


WRONG = {
    "site.E001": lambda s: setattr(s, "SITE_URL_IS_SET", False),
    "site.E002": lambda s: setattr(s, "SITE_URL", "https://other.example.internal"),
    "site.E003": lambda s: setattr(s, "TRUSTED_PROXY", []),
    "site.E004": lambda s: (s.STATIC_ROOT / "staticfiles.json").unlink(),
    "site.W001": lambda s: setattr(s, "BUSINESS_DATE", "2023-09-22"),
    "site.I001": lambda s: setattr(s, "EMAIL_ENABLED", False),
    "site.W003": lambda s: setattr(s, "EMAIL_BACKEND", "no.such.Backend"),
    "site.W004": lambda s: setattr(s, "BACKUP_DIR", s.DATA_DIR / "nowhere"),
    "site.W005": lambda s: backed_up(s, hours=30),
    "site.W006": lambda s: s.BACKUP_DIR.chmod(0o755),
    "site.W008": lambda s: (setattr(s, "METRICS", True), setattr(s, "METRICS_TOKEN", "short")),
    "site.I002": lambda s: setattr(s, "BACKUP_KEY_FILE", None),
}


@pytest.mark.parametrize("found", WRONG)
def test_each_thing_wrong_is_said(settings, found):
    WRONG[found](settings)
    assert said() == {found}


def test_a_clock_that_runs_behind_the_program_is_said(monkeypatch):
    long_ago = clock.real_now() - dt.timedelta(days=4000)
    monkeypatch.setattr(clock, "real_now", lambda: long_ago)
    assert "site.W002" in said()
