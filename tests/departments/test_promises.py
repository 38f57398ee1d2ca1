"""docs/安全.md 的二十四条：编号齐全，写到的测试都在；人的信息只收这几样。"""

import re
from pathlib import Path

import pytest

from departments.models import User

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/安全.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+b?) \|(.+)\|$", PAGE, re.M)
# 说明了没有做的，没有测试；现在一条也没有。
NOT_DONE: set[str] = set()


def test_the_rows_are_all_there():
    assert [number for number, _ in ROWS] == ["1", "2", "2b", *(str(n) for n in range(3, 25))]


@pytest.mark.parametrize(("number", "row"), ROWS)
def test_every_row_names_tests_that_exist(number, row):
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", row)
    assert bool(named) is (number not in NOT_DONE)
    assert ("没有做" in row) is (number in NOT_DONE)
    for path, test in named:
        assert f"def {test}(" in (ROOT / path).read_text("utf-8"), f"第 {number} 条写的 {test} 不在 {path}"


def test_no_more_is_asked_of_a_person_than_this():
    asked = {field.name for field in User._meta.get_fields() if getattr(field, "editable", False) and field.concrete}
    technical = {"password", "is_staff", "is_superuser", "is_active", "last_login", "date_joined", "groups"}
    technical |= {"user_permissions", "must_change_password", "id"}
    assert asked - technical == {"username", "name", "role", "department", "leader", "office_phone", "email"}
