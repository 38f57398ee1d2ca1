"""举措页上的各部室部分与共同汇总：写、改、没写好的放回、别人先改了的看得见。"""

import pytest

from departments.models import Department
from tasks import workflow
from tasks.models import JointSummary, Measure
from tests.markup import markup

pytestmark = pytest.mark.django_db
URL = "/measures/14/summary/2023-09/"


@pytest.fixture
def fourteen(plan):
    Measure.objects.filter(plan=plan, number="14").update(summary_department=Department.objects.get(name="党务办"))
    return Measure.objects.get(plan=plan, number="14")


def page(response) -> str:
    return markup(response)


def test_the_nominated_department_writes_it_on_the_measure_page(sign_in, people, period, fourteen):
    client = sign_in(people.reporter("党务办"))
    assert f'action="{URL}"' in page(client.get("/measures/14/"))
    response = client.post(URL, {"version": 0, "text": "两个部室合力推进。"}, follow=True)
    assert response.redirect_chain == [("/measures/14/?joint_period=2023-09#h-parts", 302)]
    html = page(response)
    assert html.index("两个部室合力推进。") < html.index('class="parts"')
    assert JointSummary.objects.get().version == 1
    assert "修改汇总" in html


def test_an_empty_one_comes_back(sign_in, people, period, fourteen):
    response = sign_in(people.reporter("党务办")).post(URL, {"version": 0, "text": " "})
    assert response.status_code == 422
    assert "请写汇总内容。" in page(response)


def test_a_conflict_shows_both_texts_and_the_next_try_goes_through(sign_in, people, period, fourteen, at):
    workflow.write_joint_summary(
        fourteen, period, by=people.reporter("党务办", 2), at=at("2023-09-21 09:00"), version=0, text="同事写的。"
    )
    client = sign_in(people.reporter("党务办"))
    response = client.post(URL, {"version": 0, "text": "我写的。"})
    html = page(response)
    assert response.status_code == 409
    assert "刚才已有人更新过这一项" in html
    assert "同事写的。" in html
    assert "我写的。" in html
    assert 'name="version" value="1"' in html
    assert client.post(URL, {"version": 1, "text": "合起来。"}).status_code == 302
    assert JointSummary.objects.get().text == "合起来。"


def test_a_closed_period_keeps_what_was_typed_and_says_why(sign_in, people, period, fourteen, at):
    workflow.close_period(period, by=people.office, at=at("2023-09-30 17:00"))
    response = sign_in(people.reporter("党务办")).post(URL, {"version": 0, "text": "晚了一步。"})
    assert response.status_code == 409
    assert "没有在报送中" in page(response)
    assert "晚了一步。" in page(response)


@pytest.mark.parametrize("who", ["另一牵头部室", "别部室", "办公室", "领导", "管理员"])
def test_nobody_else_writes_it(sign_in, people, period, fourteen, who):
    user = {
        "另一牵头部室": people.reporter("经济发展部"),
        "别部室": people.reporter("财务部"),
        "办公室": people.office,
        "领导": people.leader("张富平"),
        "管理员": people.admin,
    }[who]
    client = sign_in(user)
    assert f'action="{URL}"' not in page(client.get("/measures/14/"))
    assert client.post(URL, {"version": 0, "text": "不该写。"}).status_code == 403
    assert not JointSummary.objects.exists()


def test_without_a_nomination_the_office_writes_it(sign_in, people, period):
    client = sign_in(people.office)
    assert client.post(URL, {"version": 0, "text": "办公室汇总。"}).status_code == 302
    assert "办公室汇总。" in page(client.get("/measures/14/"))


@pytest.mark.parametrize("url", ["/measures/14/summary/2022-01/", "/measures/99/summary/2023-09/"])
def test_a_period_or_measure_that_is_not_there_is_not_found(sign_in, people, period, url):
    assert sign_in(people.office).post(url, {"version": 0, "text": "x"}).status_code == 404


def test_it_is_only_posted(sign_in, people, period):
    assert sign_in(people.office).get(URL).status_code == 405


@pytest.mark.parametrize(
    "query", ["?joint_period=2022-01", "?joint_period=%00", "?joint_period=" + "9" * 99, "?events=nothing"]
)
def test_strange_addresses_show_the_current_period(sign_in, people, period, query):
    response = sign_in(people.office).get(f"/measures/14/{query}")
    assert response.status_code == 200
    assert "9月各部室部分" in page(response)


def test_texts_not_yet_approved_stay_with_those_who_may_read_them(sign_in, people, period, submitted, fourteen):
    submitted("14", "经济发展部", text="还没有审核的内容。")
    assert "还没有审核的内容。" not in page(sign_in(people.reporter("党务办")).get("/measures/14/"))
    assert "已报送，审核通过后可见。" in page(sign_in(people.reporter("党务办")).get("/measures/14/"))
    assert "还没有审核的内容。" in page(sign_in(people.office).get("/measures/14/"))
