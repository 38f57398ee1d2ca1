"""对外公开的数（JSON）：只有公开页上有的，没有打开就没有，没有变的答 304。"""

import json

import pytest

from tasks import workflow
from tests.world import world  # noqa: F401

pytestmark = pytest.mark.django_db
URL = "/public/data.json"


@pytest.fixture
def opened(world, at):  # noqa: F811
    workflow.switch_public(world.plan, by=world.users["admin"], at=at("2023-09-21 09:00"), is_public=True)
    return world


def test_it_is_off_when_the_public_page_is_off(client, world):  # noqa: F811
    assert client.get(URL).status_code == 404


def test_it_says_what_the_page_says_and_nothing_more(client, opened):
    found = client.get(URL).json()
    assert set(found) == {"plan", "period", "lights", "measures", "items", "totals", "next"}
    page = client.get("/public/").content.decode()
    assert found["plan"]["title"] in page
    assert len(found["measures"]) == found["totals"]["measures"]
    assert all(each["title"] in page for each in found["measures"])
    assert [each["wording"] for each in found["items"]] == ["服务更快了。"]
    assert sum(each["measures"] for each in found["lights"]) == (21 if found["period"] else 0)
    text = json.dumps(found, ensure_ascii=False)
    for hidden in ("李华斌", "请抓紧", "完成了本月安排的工作", "整改中的"):
        assert hidden not in text


def test_it_answers_304_when_nothing_changed(client, opened):
    first = client.get(URL)
    again = client.get(URL, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert "max-age=300" in first["Cache-Control"]


def test_it_is_read_only_and_a_page_that_is_not_there_is_not_found(client, opened):
    assert client.post(URL).status_code == 405
    assert client.get(f"{URL}?page=99").status_code == 404
