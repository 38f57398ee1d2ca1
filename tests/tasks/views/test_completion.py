"""办结的页面：举措页上申请（附佐证），核实页，同意、退回、撤回，重新打开，跟踪问效与到期回看。"""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks import workflow
from tasks.models import Completion, CompletionRequest, EffectNote
from tests.markup import markup
from tests.tasks.parts import HALL, ask_completion, complete, part
from tests.world import finish, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def eleven(period):
    return part("11")


@pytest.fixture
def asked(eleven, people, at):
    return ask_completion(people, at, eleven)


@pytest.fixture
def done(eleven, people, at):
    complete(people, at, eleven)
    return part("11")


def text_of(response) -> str:
    return markup(response)


def url_of(row, what) -> str:
    return f"/measures/{row.measure.number}/parts/{row.pk}/{what}/"


def request_it(client, row, files=None, **fields):
    fields = {"note": "三项任务都做完了。"} | fields
    data = {f"c{row.pk}-{k}": v for k, v in fields.items()}
    data[f"c{row.pk}-evidence"] = [upload()] if files is None else files
    return client.post(url_of(row, "completion"), data, follow=True)


def test_the_department_asks_with_evidence_outside_the_monthly_report(eleven, sign_in, people):
    client = sign_in(people.reporter(HALL))
    assert "不等月报，现在申请办结" in text_of(client.get("/measures/11/"))
    html = text_of(request_it(client, eleven, [upload("一.pdf"), upload("二.pdf")]))
    assert "第 11 项已申请办结，等办公室核实。" in html
    assert "已申请办结，等办公室核实。" in html
    made = CompletionRequest.objects.get()
    assert [f.name for f in made.attachments.all()] == ["一.pdf", "二.pdf"]


@pytest.mark.parametrize(
    ("files", "fields", "said"),
    [
        ([], {}, "申请办结必须附佐证材料，请至少选一个文件。"),
        (None, {"note": " "}, "申请办结必须写明完成情况。"),
        ([SimpleUploadedFile("坏.exe", b"MZ")], {}, "不能上传“坏.exe”这种文件。"),
    ],
)
def test_mistakes_are_explained_and_what_was_written_is_kept(eleven, sign_in, people, files, fields, said):
    response = request_it(sign_in(people.reporter(HALL)), eleven, files, **fields)
    html = text_of(response)
    assert response.status_code == 422
    assert said in html
    assert fields.get("note", "三项任务都做完了。") in html
    assert not CompletionRequest.objects.exists()


def test_what_is_missing_is_printed_before_anything_is_asked(period, sign_in, people):
    client = sign_in(people.reporter(HALL))
    html = text_of(client.get("/measures/12/"))
    assert "还不能申请办结：" in html
    assert "还没有通过的进展报送，看不出完成进度；办结须为 100%。" in html
    assert "不等月报，现在申请办结" not in html
    assert "现在不能申请办结：还没有通过的进展报送" in text_of(request_it(client, part("12")))
    assert not CompletionRequest.objects.exists()


def test_the_evidence_is_for_the_department_and_the_board_only(asked, client, people):
    url = f"/attachments/{asked.attachments.get().pk}/"
    expected = {
        people.reporter(HALL): 200,
        people.office: 200,
        people.leader("李华斌"): 200,
        people.admin: 200,
        people.reporter("财务部"): 404,
    }
    for user, status in expected.items():
        client.force_login(user)
        response = client.get(url)
        assert response.status_code == status, user
        finish(response)


def test_evidence_of_a_request_cannot_be_removed(asked, sign_in, people):
    client = sign_in(people.reporter(HALL))
    assert client.post(f"/attachments/{asked.attachments.get().pk}/remove/").status_code == 404


def test_the_office_checks_and_grants(asked, sign_in, people, period):
    client = sign_in(people.office)
    assert "1 件办结待核实" in text_of(client.get("/board/"))
    assert f'href="/completions/{asked.pk}/"' in text_of(client.get("/completions/"))
    html = text_of(client.get(f"/completions/{asked.pk}/"))
    assert "已经做完。" in html
    assert "证明.pdf" in html
    response = client.post(f"/completions/{asked.pk}/grant/", follow=True)
    assert "第 11 项（审批中心）已办结，以后不再应报。" in text_of(response)
    assert Completion.objects.filter(assignment=asked.assignment, progress=None).exists()
    assert not period.progress.filter(assignment=asked.assignment).exists()
    assert "已办结" in text_of(client.get("/measures/11/"))


def test_a_self_review_is_announced_and_marked(asked, sign_in, people):
    client = sign_in(people.office_in_hall)
    assert "这次核实会标为“自审”" in text_of(client.get(f"/completions/{asked.pk}/"))


def test_a_return_needs_a_reason_and_the_department_reads_it(asked, sign_in, people):
    client = sign_in(people.office)
    response = client.post(f"/completions/{asked.pk}/return/", {"reason": " "})
    assert response.status_code == 422
    client.post(f"/completions/{asked.pk}/return/", {"reason": "请补充验收材料。"})
    html = text_of(sign_in(people.reporter(HALL)).get("/measures/11/"))
    assert "上次办结申请已退回：</b>请补充验收材料。" in html
    assert "不等月报，现在申请办结" in html


def test_the_department_withdraws_what_waits(asked, sign_in, people):
    response = sign_in(people.reporter(HALL)).post(f"/completions/{asked.pk}/withdraw/", follow=True)
    assert "已撤回办结申请。" in text_of(response)


def test_a_request_that_was_handled_offers_no_button(asked, sign_in, people, at):
    workflow.withdraw_completion(asked, by=people.reporter(HALL), at=at("2023-09-21 09:00"))
    client = sign_in(people.office)
    assert "这一份已处理：已撤回" in text_of(client.get(f"/completions/{asked.pk}/"))
    response = client.post(
        f"/completions/{asked.pk}/grant/", HTTP_REFERER="http://testserver/completions/", follow=True
    )
    assert "现在不能同意办结：这一条目前是“已撤回”" in text_of(response)
    assert not Completion.objects.exists()


def test_the_office_reopens_with_a_reason(done, sign_in, people, period):
    client = sign_in(people.office)
    assert "重新打开" in text_of(client.get("/measures/11/"))
    response = client.post(url_of(done, "reopen"), {f"o{done.pk}-reason": ""})
    assert response.status_code == 422
    html = text_of(client.post(url_of(done, "reopen"), {f"o{done.pk}-reason": "复查不合格。"}, follow=True))
    assert "已重新打开，开放中的各期恢复应报。" in html
    assert '<div class="say">复查不合格。</div>' in html
    assert period.progress.filter(assignment=done, status="missing").exists()
    home = sign_in(people.reporter(HALL)).get("/")
    assert "11" in {t.progress.assignment.measure.number for t in home.context["desk"].tasks}


@pytest.mark.parametrize("who", ["部室", "办公室"])
def test_the_effect_is_noted_by_the_department_or_the_office(done, sign_in, people, who):
    user = people.office if who == "办公室" else people.reporter(HALL)
    client = sign_in(user)
    data = {f"e{done.pk}-text": "企业反映好。", f"e{done.pk}-follow_up_on": "2023-12-01"}
    html = text_of(client.post(url_of(done, "effect"), data, follow=True))
    assert "第 11 项的实际效果已记下。" in html
    assert "约定 2023年12月1日回看" in html
    note = EffectNote.objects.get()
    assert (note.text, note.by, note.follow_up_on) == ("企业反映好。", user, dt.date(2023, 12, 1))


def test_mistakes_in_an_effect_are_explained(done, sign_in, people):
    data = {f"e{done.pk}-text": "企业反映好。", f"e{done.pk}-follow_up_on": "2023-09-22"}
    response = sign_in(people.reporter(HALL)).post(url_of(done, "effect"), data)
    assert response.status_code == 422
    assert "下次回看的日期须在今天之后。" in text_of(response)
    assert "企业反映好。" in text_of(response)


def test_a_follow_up_that_is_due_reaches_the_office_and_the_department(done, sign_in, people, at):
    workflow.note_effect(
        done, by=people.office, at=at("2023-09-20 11:00"), text="企业反映好。", follow_up_on=dt.date(2023, 9, 21)
    )
    office = sign_in(people.office)
    assert "1 项回看到期" in text_of(office.get("/board/"))
    assert "企业反映好。" in text_of(office.get("/completions/"))
    department = sign_in(people.reporter(HALL))
    assert "到期回看" in text_of(department.get("/"))
    assert "到期回看" not in text_of(sign_in(people.reporter("财务部")).get("/"))


def test_another_department_cannot_touch_it(asked, sign_in, people):
    client, row = sign_in(people.reporter("财务部")), asked.assignment
    for url in (url_of(row, "completion"), url_of(row, "effect"), f"/completions/{asked.pk}/withdraw/"):
        assert client.post(url).status_code == 404
    assert client.post(url_of(row, "reopen")).status_code == 403
    assert client.get(f"/completions/{asked.pk}/").status_code == 403


def test_other_departments_do_not_see_effects_before_they_are_shared(done, sign_in, people, at):
    workflow.note_effect(done, by=people.reporter(HALL), at=at("2023-09-20 11:00"), text="只给办公室看的效果。")
    assert "只给办公室看的效果。" not in text_of(sign_in(people.reporter("财务部")).get("/measures/11/"))
    assert "只给办公室看的效果。" in text_of(sign_in(people.reporter(HALL)).get("/measures/11/"))


def test_the_lists_cost_the_same_however_many_there_are(period, sign_in, people, at):
    client = sign_in(people.office)

    def cost(number, department):
        row = part(number, department)
        complete(people, at, row)
        workflow.note_effect(
            row, by=people.office, at=at("2023-09-20 11:00"), text="好。", follow_up_on=dt.date(2023, 9, 21)
        )
        with CaptureQueriesContext(connection) as found:
            client.get("/completions/")
            client.get("/measures/4/")
        return len(found)

    cost("4", HALL)
    assert cost("4", "财务部") >= cost("4", "综合办") >= cost("4", "党务办")
