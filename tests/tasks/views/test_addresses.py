"""网址里写明的方案：换了现行方案，去年的各页人人照旧看得到，也照旧办得成；原来的网址转过去。"""

import re

import pytest
from django.test import Client
from django.urls import reverse

from departments.models import Department
from tasks.imports import applying
from tasks.models import Plan, Progress
from tests.examples import also
from tests.factories import make_plan
from tests.markup import markup
from tests.world import OWN, arguments, finish, form_data, form_on, forms_on, world  # noqa: F401

pytestmark = pytest.mark.django_db
READERS = ["own", "office", *also("other", "leader", "admin")]
# 看的各页（网址名）：总览、清单、举措、问题、公文、方案……
READ = """
    home board board_period board_items board_analysis assessment lead department_detail
    my_department measure_list measure_detail measure_retired measure_milestones milestone_list instruction_list problem_list
    problem_detail inspection_list inspection_detail coordination_list reminder_list extension_list completion_list completion_detail
    circular_list circular_detail circular_figures circular_word plan plan_detail review_list review_detail
    revision_detail event_list period_list progress_report attachment_download measure_export
""".split()  # noqa: SIM905


@pytest.fixture
def turned(world, at):  # noqa: F811
    """去年的方案样样都有；今年的已经是现行方案，一月已开放。"""
    fresh = make_plan(measures=1, departments=1, year=2024)
    applying.choose_plan(fresh, by=world.admin, at=at("2023-09-22 09:00"))
    return fresh


def signed(world, role):  # noqa: F811
    client = Client()
    client.force_login(world.users[role])
    return client


def seen(client, url) -> tuple:
    """看到的：状态码与正文。转走的跟着走；网址里的方案、令牌、页头的方案与只此一次的东西不比。"""
    response = finish(client.get(url, follow=True))
    if response.streaming or not response["Content-Type"].startswith("text/html"):
        return response.status_code, response["Content-Type"]
    main = response.content.decode().split("<main", 1)[-1].split("</main>")[0]
    main = re.sub(r'<nav class="tabs no-print" aria-label="在看哪一份方案">.*?</nav>', "", main, flags=re.DOTALL)
    main = re.sub(r'value="[0-9A-Za-z]{64}"', "", main.replace("/2023/", "/"))
    main = main.replace("不是现行方案", "").replace("设为现行方案", "")
    return response.status_code, re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", main))


@pytest.mark.parametrize("role", READERS)
def test_everything_of_last_year_reads_as_it_did(role, world, at):  # noqa: F811
    """同一个人，换方案之前与之后（写明方案的网址），每一页的字都相同；看不到的照旧看不到。"""
    known = arguments(world)
    pages = [reverse(name, kwargs=known.get(name, {})) for name in READ]
    fresh = make_plan(measures=1, departments=1, year=2024)
    client = signed(world, role)
    before = {url: seen(client, url) for url in pages}
    applying.choose_plan(fresh, by=world.admin, at=at("2023-09-22 09:00"))
    client = signed(world, role)
    after = {url: seen(client, f"/2023{url}") for url in pages}
    differ = {url for url in pages if before[url] != after[url]}
    # 催办语写明是哪一份方案：不是现行的，部室分不清说的是哪一份。
    told = {"/", reverse("event_list"), reverse("reminder_list")}
    assert differ <= told | {reverse("plan"), reverse("plan_detail", args=[world.plan.pk])}
    assert {url for url in differ if before[url][0] != after[url][0]} == set()


def test_an_old_address_leads_to_the_same_page(world, turned):  # noqa: F811
    client = signed(world, "office")
    for name in ("board_period", "board_items", "board_analysis", "review_detail"):
        url = reverse(name, kwargs=arguments(world)[name])
        assert client.get(url)["Location"] == f"/2023{url}", name
    assert client.get("/board/2023-08/?light=red")["Location"] == "/2023/board/2023-08/?light=red"
    assert client.get("/2023/board/2023-08/").status_code == 200


def test_a_page_of_no_plan_is_still_not_found(world, turned):  # noqa: F811
    client = signed(world, "office")
    for url in (
        "/board/1999-01/",
        "/problems/999999/",
        "/2031/board/",
        "/2023/board/1999-01/",
        "/nowhere/",
        "/2023-9/",
    ):
        assert client.get(url).status_code == 404, url


def test_what_was_out_of_sight_stays_out_of_sight(world, turned):  # noqa: F811
    own = signed(world, "own")
    assert own.get("/2023/board/2023-08/").status_code == 403
    assert own.get("/board/2023-08/").status_code == 403
    assert Client().get("/2023/board/2023-08/")["Location"].startswith("/2023/login/")
    theirs = reverse("progress_report", args=[world.rows.missing.pk])
    assert signed(world, "other").get(f"/2023{theirs}").status_code == 404


def test_every_link_of_a_page_of_last_year_stays_in_last_year(world, turned):  # noqa: F811
    for role, page in (("office", "/2023/board/2023-09/"), ("own", "/2023/"), ("leader", "/2023/measures/7/"),
                       ("office", f"/2023/circulars/{world.notices.issued.pk}/figures/")):  # fmt: skip
        response = signed(world, role).get(page)
        main = response.content.decode().split("</nav>", 2)[-1]
        main = re.sub(r'<section [^>]*"h-others".*?</section>', "", main, flags=re.DOTALL)  # 本来就是去别的方案的
        urls = re.findall(r'(?:href|action|formaction)="(/[^"]*)"', main)
        assert urls
        strays = {url for url in urls if not url.startswith(("/2023/", "/static/"))}
        assert strays == set(), (page, strays)


def test_last_years_report_is_filed_at_its_own_address(world, turned):  # noqa: F811
    """九月还开放着：部室从首页的表单报上去，办公室在那里审，回到的还是去年的页面；今年的一样也不动。"""
    own = signed(world, "own")
    row = world.rows.missing
    action = f"/2023{reverse('progress_report', args=[row.pk])}"
    assert form_on(own.get("/2023/"), action)
    sent = own.post(action, form_data(row))
    assert sent["Location"].startswith("/2023/")
    office = signed(world, "office")
    approve = f"/2023{reverse('progress_approve', args=[row.pk])}"
    assert approve in [form["action"] for form in forms_on(office.get(f"/2023/review/{row.pk}/"))]
    assert office.post(approve, {})["Location"].startswith("/2023/review/")
    assert Progress.objects.get(pk=row.pk).is_approved
    assert not Progress.objects.filter(period__plan=turned).exists()


def test_a_refused_form_of_last_year_comes_back_to_last_year(world, turned):  # noqa: F811
    """现在不能做的，说明原因，回到去年的那一页。"""
    office = signed(world, "office")
    url = "/2023" + reverse("period_open", args=["2023-09"])
    assert office.post(url)["Location"] == "/2023/periods/"
    back = office.post(f"/2023{reverse('progress_approve', args=[world.rows.approved.pk])}", headers={"referer": "x"})
    assert back.status_code in (302, 409)


def test_both_plans_are_in_the_head_with_what_is_owed_there(world, turned, settings):  # noqa: F811
    own = signed(world, "own")
    for page, here in (("/2023/", world.plan.title), ("/", turned.title)):
        head = markup(own.get(page)).split('aria-label="在看哪一份方案">')[1].split("</nav>")[0]
        assert re.search(rf'href="[^"]*" aria-current="true" ?>{re.escape(here)}', head), page
        assert "9月" in head
        assert "9月25日截止" in head


def test_with_a_single_plan_the_head_is_silent(world):  # noqa: F811
    assert "在看哪一份方案" not in signed(world, "own").get("/").content.decode()


def test_badges_kept_for_one_plan_are_not_shown_for_another(world, turned):  # noqa: F811
    office = signed(world, "office")
    counts = {
        url: {i.label: i.count for i in office.get(url).context["nav"]} for url in ("/measures/", "/2023/measures/")
    }
    assert counts["/measures/"]["审核"] == 0
    assert counts["/2023/measures/"]["审核"] == Progress.objects.of_plan(world.plan).waiting().count() > 0


def test_two_plans_of_one_year_have_two_addresses(plan):
    second, third = make_plan(year=2023), make_plan(year=2023)
    assert [p.slug for p in (plan, second, third)] == ["2023", "2023-2", "2023-3"]


def test_looking_at_a_plan_ends_with_the_request(world, turned):  # noqa: F811
    """看完去年的一页，下一个请求没有写明方案的，是现行方案。"""
    client = signed(world, "office")
    client.get("/2023/board/")
    client.get("/2023/board/1999-01/")
    assert Plan.objects.current() == turned
    assert reverse("board") == "/board/"
    assert client.get("/measures/").context["page"].total == 1
    assert Department.objects.filter(name=OWN).exists()
