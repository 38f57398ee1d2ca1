"""随库携带的第三方文件：清单与文件一致，许可文本在库，模板用到的图标都有。"""

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
VENDOR = json.loads((STATIC / "vendor.json").read_text("utf-8"))


@pytest.mark.parametrize("part", VENDOR, ids=lambda part: part["name"])
class TestVendor:
    def test_entry_is_complete(self, part):
        assert set(part) == {"name", "version", "license", "license_file", "source", "sha256", "files"}
        assert all(part.values())
        assert re.fullmatch(r"[0-9a-f]{64}", part["sha256"])
        assert "/" not in part["source"] and ":" not in part["source"]

    def test_files_match_their_checksums(self, part):
        for path, expected in part["files"].items():
            assert hashlib.sha256((STATIC / path).read_bytes()).hexdigest() == expected, path

    def test_license_text_is_present(self, part):
        assert part["license_file"] in part["files"]
        assert "Permission" in (STATIC / part["license_file"]).read_text("utf-8")


def test_nothing_under_vendor_is_missing_from_the_list():
    listed = {path for part in VENDOR for path in part["files"]}
    found = {str(p.relative_to(STATIC)) for p in (STATIC / "vendor").rglob("*") if p.is_file()}
    assert found <= listed


def test_every_icon_used_is_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text("utf-8")))
    used = {
        name
        for folder in ("templates", "tasks", "departments")
        for page in (ROOT / folder).rglob("*.html")
        for name in re.findall(r'{% icon ["\']([\w-]+)["\']', page.read_text("utf-8"))
    }
    assert used <= sprite
