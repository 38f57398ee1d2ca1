"""一项举措、一期的压缩包：只有看得到的，目录与材料都在，名字在 Windows 上写得下，带走的记进安全日志。"""

import io
import zipfile

import pytest
from openpyxl import load_workbook

from departments.models import SecurityEvent, User
from tasks.models import Attachment, Cooperation, Progress
from tasks.papers import bundle
from tests.world import world  # noqa: F401

pytestmark = pytest.mark.django_db


def package(response) -> zipfile.ZipFile:
    assert response.status_code == 200
    assert response.streaming
    found = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    assert found.testzip() is None
    return found


def cells(found, sheet) -> str:
    book = load_workbook(io.BytesIO(found.read("目录.xlsx")))
    return "\n".join(str(cell.value or "") for row in book[sheet].iter_rows() for cell in row)


def got(client, user, url):
    client.force_login(user)
    return package(client.get(url))


def test_a_measure_comes_with_its_index_and_every_file(client, world):  # noqa: F811
    found = got(client, world.users["office"], "/measures/7/all.zip")
    book = load_workbook(io.BytesIO(found.read("目录.xlsx")))
    assert book.sheetnames == ["报送", "配合单位", "协调事项", "批示", "问题", "整改记录", "办理过程", "材料"]
    assert "李华斌批示" in cells(found, "批示") and "请抓紧。" in cells(found, "批示")
    assert "整改中的" in cells(found, "问题") and "办了一步。" in cells(found, "整改记录")
    files = [name for name in found.namelist() if name != "目录.xlsx"]
    assert files and all(name in cells(found, "材料") for name in files)


def test_a_file_inside_is_the_file_that_was_kept(client, world):  # noqa: F811
    found = got(client, world.users["office"], "/measures/7/all.zip")
    [name] = [name for name in found.namelist() if name.startswith("问题/")]
    kept = Attachment.objects.get(problem_note__problem__measure__number="7")
    with kept.file.open() as source:
        assert found.read(name) == source.read()


def test_another_department_gets_only_what_it_may_see(client, world):  # noqa: F811
    own = got(client, world.users["own"], "/measures/7/all.zip")
    other = got(client, world.users["other"], "/measures/7/all.zip")
    assert "请抓紧。" in cells(own, "批示") and "请抓紧。" not in cells(other, "批示")
    assert any(name.startswith("问题/") for name in own.namelist())
    assert not any(name.startswith("问题/") for name in other.namelist())


def test_what_the_office_said_when_sending_back_is_for_the_department_itself(client, world):  # noqa: F811
    Progress.objects.filter(assignment__measure__number="7").update(return_reason="数字与上月对不上。")
    shown = {
        role: cells(got(client, world.users[role], "/measures/7/all.zip"), "报送")
        for role in ("own", "office", "other")
    }
    assert "数字与上月对不上。" in shown["own"] and "数字与上月对不上。" in shown["office"]
    assert "数字与上月对不上。" not in shown["other"]


def test_people_are_called_by_their_part_not_by_name(client, world):  # noqa: F811
    found = got(client, world.users["other"], "/measures/7/all.zip")
    words = "".join(cells(found, sheet) for sheet in ("报送", "整改记录", "办理过程"))
    assert "审批中心" in words
    others = User.objects.exclude(leader__isnull=False).exclude(pk=world.users["other"].pk)  # 取的人写在题头
    assert not [user.name for user in others if user.name in words]


def test_what_the_cooperating_unit_reported_is_in_it_too(client, world):  # noqa: F811
    row = Cooperation.objects.select_related("measure").first()
    found = got(client, world.users["office"], f"/measures/{row.measure.number}/all.zip")
    assert row.text in cells(found, "配合单位")


def test_a_draft_is_in_nobodys_package_but_its_own_departments_only_after_it_was_sent(client, world):  # noqa: F811
    for role in ("own", "office", "other"):
        assert "写了一半" not in cells(got(client, world.users[role], "/measures/12/all.zip"), "报送")


def test_a_period_comes_with_its_reports_and_files(client, world):  # noqa: F811
    found = got(client, world.users["office"], "/board/2023-09/all.zip")
    assert "完成了本月安排的工作。" in cells(found, "报送")
    assert [n for n in found.namelist() if n.startswith("2023年9月/")]


def test_departments_do_not_take_a_whole_period(client, world):  # noqa: F811
    client.force_login(world.users["own"])
    assert client.get("/board/2023-09/all.zip").status_code == 403
    client.force_login(world.users["office"])
    assert client.get("/board/2023-12/all.zip").status_code == 404


def test_taking_it_away_is_on_the_security_log(client, world):  # noqa: F811
    got(client, world.users["office"], "/measures/7/all.zip")
    row = SecurityEvent.objects.filter(action="evidence_downloaded").first()
    assert (row.by, row.what) == (world.users["office"], "/measures/7/all.zip")


def test_a_file_that_is_gone_is_said_and_does_not_break_the_rest(client, world):  # noqa: F811
    kept = Attachment.objects.get(problem_note__problem__measure__number="7")
    kept.file.storage.delete(kept.file.name)
    found = got(client, world.users["office"], "/measures/7/all.zip")
    assert "（文件不在了）" in cells(found, "材料")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("合同.pdf", "合同.pdf"),
        ('a<b>:"/\\|?*.pdf', "a_b________.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("nul", "_nul"),
        ("末尾有点. ", "末尾有点"),
        ("...", "_"),
        ("长" * 100 + ".docx", "长" * 56 + ".docx"),
        ("反\u202efdp.exe", "反_fdp.exe"),
    ],
)
def test_names_are_safe_on_windows(name, kept):
    assert bundle.safe(name) == kept


def test_two_files_of_one_name_do_not_overwrite_each_other(client, world):  # noqa: F811
    found = got(client, world.users["office"], "/board/2023-09/all.zip")
    names = [name.lower() for name in found.namelist()]
    assert len(names) == len(set(names))
