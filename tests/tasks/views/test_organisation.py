"""名称与版头：管理员在一页上改，改了各页马上换。"""

import pytest
from django.urls import reverse

from departments.models import Organisation, SecurityEvent

pytestmark = pytest.mark.django_db
URL = "/settings/"
YUNLING = {
    "zone": "云岭高新区",
    "topic": "优化营商环境",
    "group": "工作专班",
    "seat": "行政审批局",
    "unit": "部门",
    "product": "督办台账",
}


def test_what_is_saved_is_on_every_page_at_once(plan, people, sign_in):
    page = sign_in(people.admin)
    shown = page.get(URL)
    assert 'placeholder="各部室"' in shown.content.decode()
    answer = page.post(URL, YUNLING | {"seen": shown.context["form"]["seen"].value()})
    assert (answer.status_code, answer.url) == (302, URL)
    html = page.get(reverse("help")).content.decode()
    assert "<b>云岭高新区</b>督办台账" in html
    assert "优化营商环境工作专班办公室（行政审批局）" in html
    event = SecurityEvent.objects.get(action="setting_changed")
    assert (event.what, event.data["changes"]["开发区名称"]) == ("名称与版头", ["交城经济开发区", "云岭高新区"])


def test_what_another_administrator_saved_meanwhile_is_not_written_over(plan, people, sign_in):
    page = sign_in(people.admin)
    seen = page.get(URL).context["form"]["seen"].value()
    Organisation.objects.update(zone="别人改的")
    answer = page.post(URL, YUNLING | {"seen": seen})
    assert answer.status_code == 422
    assert "另一位管理员改过这一条。下面是您填的，与现在不同的，现在是：开发区名称“别人改的”" in answer.content.decode()
    assert Organisation.objects.get().zone == "别人改的"


def test_the_first_save_makes_the_row_and_a_blank_zone_is_told_of(people, sign_in):
    page = sign_in(people.admin)
    answer = page.post(URL, YUNLING | {"zone": "　 "})
    assert answer.status_code == 422
    assert "请写开发区的名称。" in answer.content.decode()
    assert page.post(URL, YUNLING).status_code == 302
    assert Organisation.objects.get().letterhead()["head"] == ["云岭高新区", "优化营商环境工作专班办公室文件"]
