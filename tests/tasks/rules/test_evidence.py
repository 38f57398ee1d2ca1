"""佐证材料：攻击集一个危险的也不收；收下的只作附件给出；看得到报送才看得到材料。"""

import io
import re
import unicodedata
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tasks import workflow
from tasks.models import Attachment, Progress
from tasks.rules import active, evidence
from tests.examples import share
from tests.tasks.attacks import DANGEROUS, HARMLESS, PDF, PNG, object_stream, word
from tests.world import OWN, finish, form_data, form_on, upload, world  # noqa: F401

ACTIVE = re.compile(r"html|svg|script|xml(?!formats)|php|text")


def named(name, content):
    """名字原样不动的一份上传（Django 自己也会清洗，这里绕过它）。"""
    file = SimpleUploadedFile("x", content)
    file._name = name
    return file


def brief(case):
    return f"{case[0][:20]!r}"


# ── 核对 ──


@pytest.mark.parametrize("case", DANGEROUS, ids=brief)
def test_dangerous_files_are_refused_with_what_to_do(case):
    with pytest.raises(ValidationError) as refused:
        evidence.check(named(*case))
    [message] = refused.value.messages
    assert "“" in message
    assert "请" in message or "可以上传" in message


@pytest.mark.parametrize("case", HARMLESS, ids=brief)
def test_ordinary_files_are_taken_under_a_clean_name(case):
    checked = evidence.check(named(*case))
    assert checked.name == checked.name.strip(". ")
    assert len(checked.name) <= 100
    assert not set('/\\<>:"|?*') & set(checked.name)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in checked.name)
    assert not ACTIVE.search(checked.content_type.replace("openxml", ""))


@given(st.text(st.characters(), max_size=300))
def test_any_name_is_cleaned_without_an_error(name):
    cleaned = evidence.clean_name(name)
    assert 0 < len(cleaned) <= 111
    assert not set('/\\<>:"|?*\r\n\x00') & set(cleaned)
    cleaned.encode("utf-8")


def test_object_streams_without_end_or_number_are_not_looked_through_for_ever(monkeypatch):
    """成千个都说自己是对象流的，一共只看那么多。"""
    with pytest.raises(ValidationError, match="读不懂"):
        evidence.check(named("没有尾.pdf", PDF + b"4 0 obj <</Type /ObjStm>> stream\nxxxx"))
    many = PDF + object_stream(b"<</Type /Page>>" * 9) * 3
    assert evidence.check(named("几个.pdf", many)).name == "几个.pdf"
    monkeypatch.setattr(active, "MOST_STREAMS", 300)
    with pytest.raises(ValidationError, match="读不懂"):
        evidence.check(named("几个.pdf", many))


@pytest.mark.parametrize("mark", ["\x07", "\u202e", "\ud800", "\ue000", "\uffff"], ids=unicodedata.category)
def test_marks_that_cannot_be_seen_or_stored_are_left_out_of_a_name(mark):
    """控制符、双向控制符、半个字、自造的字、没有的字。"""
    assert evidence.clean_name(f"材{mark}料.pdf") == "材料.pdf"


@given(st.integers(0, 400), st.binary(min_size=1, max_size=40))
def test_a_damaged_office_file_is_taken_or_refused_but_never_breaks(at, junk):
    content = bytearray(word(extra={"word/media/a.png": PNG}))
    content[at : at + len(junk)] = junk
    try:
        evidence.check(named("坏.docx", bytes(content)))
    except ValidationError as refused:
        assert "坏.docx" in refused.messages[0]


def test_a_script_split_between_two_reads_is_still_found():
    for pad in range(0, 40):
        body = PDF + b"%" * (64 * 1024 - len(PDF) - pad) + b"<</S /JavaScript /JS (x)>>"
        with pytest.raises(ValidationError, match="脚本"):
            evidence.check(named("a.pdf", body))


def test_the_unpacked_size_is_judged_without_unpacking():
    """清单里声明的大小就够判断，所以炸弹不会真的炸开。"""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "")
        with archive.open("word/zero", "w", force_zip64=True) as member:
            for _ in range(evidence.MAX_UNPACKED // 2**20 + 1):
                member.write(b"\0" * 2**20)
    assert len(out.getvalue()) < 2**20
    with pytest.raises(ValidationError):
        evidence.check(named("炸弹.docx", out.getvalue()))


@pytest.mark.parametrize(
    "case", [("长.docx", word(body=b"<w:t>" + b"x" * 300)), ("长.pdf", PDF + object_stream(b"x" * 300))], ids=brief
)
def test_a_part_too_long_to_be_seen_whole_is_refused(case, monkeypatch):
    """只看得到开头的，后面藏着什么不知道。"""
    assert evidence.check(named(*case)).name == case[0]
    monkeypatch.setattr(active, "MOST", 299)
    with pytest.raises(ValidationError, match="看不全|读不懂"):
        evidence.check(named(*case))


@pytest.mark.parametrize(("entries", "is_taken"), [(4, True), (5, True), (6, False)])
def test_a_package_of_more_parts_than_the_limit_is_refused(monkeypatch, entries, is_taken):
    monkeypatch.setattr(evidence, "MAX_ENTRIES", 5)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
        for n in range(entries - 2):
            archive.writestr(f"word/part{n}.xml", "<w/>")
    if is_taken:
        assert evidence.check(named("一.docx", out.getvalue())).name == "一.docx"
    else:
        with pytest.raises(ValidationError, match="不能上传“一.docx”"):
            evidence.check(named("一.docx", out.getvalue()))


def test_the_limit_is_a_setting_and_the_message_says_both_sizes(settings):
    settings.EVIDENCE_MAX_BYTES = 1024 * 1024
    with pytest.raises(ValidationError) as refused:
        evidence.check(named("大.pdf", PDF + b" " * (2 * 1024 * 1024)))
    assert refused.value.messages == ["“大.pdf”有 2.0 MB，超过 1 MB，请压缩后再传。"]


# ── 交上来 ──


def send(client, row, *files, **fields):
    data = form_data(row, **fields) | {f"p{row.pk}-evidence": list(files)}
    return client.post(reverse("progress_report", args=[row.pk]), data)


def test_the_whole_attack_set_through_the_form_writes_nothing_and_never_breaks(client, world):  # noqa: F811
    """平日每四件走一件（核对本身上面逐件测），跑足时全走。"""
    row, have = world.rows.draft, Attachment.objects.count()
    client.force_login(world.own)
    sent = [case for case in DANGEROUS if case[0]]
    for name, content in sent[:: min(4, len(sent) // share(len(sent)))]:
        response = send(client, row, named(name, content), do="draft")
        assert response.status_code in (302, 400, 422), (name[:30], response.status_code)
        row = Progress.objects.get(pk=row.pk)
        # 名字在路上就坏掉的（空名、NUL），浏览器等于没有选文件；收下的一个也不许有。
        assert Attachment.objects.count() == have, name[:30]


def test_what_is_taken_is_given_back_only_as_an_attachment(client, world):  # noqa: F811
    row = world.rows.draft
    client.force_login(world.own)
    for name, content in HARMLESS:
        response = send(client, row, named(name, content), do="draft")
        assert response.status_code in (302, 400, 422), name
        row = Progress.objects.get(pk=row.pk)
    taken = Attachment.objects.filter(progress=row)
    assert len(taken) > 15
    for file in taken:
        response = client.get(reverse("attachment_download", args=[file.pk]))
        assert response.status_code == 200
        assert response["Content-Disposition"].startswith("attachment")
        assert "\n" not in response["Content-Disposition"]
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "no-store" in response["Cache-Control"]
        assert not ACTIVE.search(response["Content-Type"].replace("openxml", ""))
        finish(response)


def test_the_name_on_disk_is_random_and_the_permissions_are_narrow(client, world, settings):  # noqa: F811
    client.force_login(world.own)
    send(client, world.rows.missing, upload("../../市场准入清单.pdf"))
    file = Attachment.objects.latest("pk")
    assert re.fullmatch(r"evidence/[0-9a-f]{4}/[0-9a-f]{32}", file.file.name)
    path = settings.MEDIA_ROOT / file.file.name
    assert path.read_bytes() == upload().read()
    assert path.stat().st_mode & 0o077 == 0
    assert file.name == "市场准入清单.pdf"


def test_several_files_are_taken_together(client, world):  # noqa: F811
    client.force_login(world.own)
    response = send(client, world.rows.missing, upload("一.pdf"), upload("二.pdf"), upload("三.png", PNG))
    assert response.status_code == 302
    assert list(world.rows.missing.attachments.values_list("name", flat=True)) == ["一.pdf", "二.pdf", "三.png"]
    assert Progress.objects.get(pk=world.rows.missing.pk).status == "submitted"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_one_bad_file_among_good_ones_is_named_and_the_good_ones_are_kept(client, world, order):  # noqa: F811
    """不悄悄丢下一份：说清哪一份不行；好的收下并点名，不用再选；报送没有报出去。"""
    files = [upload("好.pdf"), upload("坏.exe", b"MZ")]
    client.force_login(world.own)
    response = send(client, world.rows.missing, *(files[i] for i in order))
    assert response.status_code == 422
    page = response.content.decode()
    assert "不能上传“坏.exe”这种文件" in page
    assert evidence.WHAT_TO_DO in page
    assert "完成了本月安排的工作。" in page
    assert "已收下 1 份材料，不用再选：好.pdf。" in page
    assert "有 1 处需要修改" in page
    assert [a.name for a in world.rows.missing.attachments.all()] == ["好.pdf"]
    assert Progress.objects.get(pk=world.rows.missing.pk).status == "missing"


def test_files_of_a_form_that_could_not_be_taken_are_named_to_be_chosen_again(client, world):  # noqa: F811
    """整改情况没有草稿可附：有一份不合格，另一份要重选，写明是哪一份；不收的只说不能传，不又叫人重新选它。"""
    client.force_login(world.own)
    url = reverse("problem_note", args=[world.troubles.open.pk])
    page = client.post(url, {"text": "换了设备。", "evidence": [upload("好.pdf"), upload("坏.exe", b"MZ")]})
    assert page.status_code == 422
    assert "不能上传“坏.exe”这种文件" in page.content.decode()
    assert "一同选的 1 个文件也没有传上，请重新选：“好.pdf”。" in page.content.decode()
    alone = client.post(
        reverse("problem_apply", args=[world.troubles.open.pk]),
        {"text": "换了设备。", "evidence": [upload("坏.exe", b"MZ")]},
    ).content.decode()
    assert "不能上传“坏.exe”这种文件" in alone and "请重新选" not in alone
    page = client.post(url, {"text": "", "evidence": [upload("好.pdf")]}).content.decode()
    assert "选的 1 个文件都没有传上，请重新选：“好.pdf”。" in page


def test_the_files_of_a_draft_stand_with_the_file_box_and_are_removed_from_there(client, world):  # noqa: F811
    client.force_login(world.own)
    page = client.get(reverse("home")).content.decode()
    file = world.files.draft
    box = page.index(f'formaction="{reverse("attachment_remove", args=[file.pk])}"')
    assert box < page.index('name="do" value="draft"', box)


def test_removing_a_file_without_a_script_keeps_what_was_typed(client, world):  # noqa: F811
    """移除的按钮就在表单里：写了一半的随它交上来，照样放回，说明还没有存；没有写什么的回首页。"""
    row, file = world.rows.draft, world.files.draft
    client.force_login(world.own)
    fields = form_on(client.get(f"/?open={row.pk}"), reverse("progress_report", args=[row.pk]))["fields"]
    typed = fields | {f"p{row.pk}-text": "又写了一大段。", f"p{row.pk}-evidence": upload("新的.pdf")}
    page = client.post(reverse("attachment_remove", args=[file.pk]), typed)
    form = form_on(page, reverse("progress_report", args=[row.pk]))
    assert form["fields"][f"p{row.pk}-text"] == "又写了一大段。"
    assert f"已移除“{file.name}”。下面写的还没有存。" in page.content.decode()
    assert "已收下 1 份材料，不用再选：新的.pdf。" in page.content.decode()
    assert Progress.objects.get(pk=row.pk).text == "写了一半"
    assert client.post(reverse("progress_report", args=[row.pk]), form["fields"] | {"do": "draft"}).status_code == 302
    again = row.attachments.get(removed_at=None)
    fields = form_on(client.get(f"/?open={row.pk}"), reverse("progress_report", args=[row.pk]))["fields"]
    assert client.post(reverse("attachment_remove", args=[again.pk]), fields).status_code == 302


def test_more_than_five_files_are_refused_with_the_count(client, world):  # noqa: F811
    client.force_login(world.own)
    response = send(client, world.rows.missing, *(upload(f"{i}.pdf") for i in range(6)))
    assert response.status_code == 422
    assert "一次最多传 5 个文件，这次选了 6 个" in response.content.decode()
    assert not world.rows.missing.attachments.exists()


def test_good_files_are_kept_when_another_field_is_wrong(client, world):  # noqa: F811
    client.force_login(world.own)
    response = send(client, world.rows.missing, upload("批复.pdf"), text="")
    page = response.content.decode()
    assert response.status_code == 422
    assert "已收下 1 份材料，不用再选" in page
    assert "批复.pdf" in page
    assert world.rows.missing.attachments.count() == 1


def test_the_clear_checkbox_of_a_file_field_does_not_break_the_form(client, world):  # noqa: F811
    row = world.rows.missing
    client.force_login(world.own)
    data = form_data(row) | {f"p{row.pk}-evidence": upload(), f"p{row.pk}-evidence-clear": "on"}
    assert client.post(reverse("progress_report", args=[row.pk]), data).status_code == 302
    assert row.attachments.count() == 1


def test_files_posted_with_no_change_are_kept(client, world, people, at):  # noqa: F811
    """选了材料又点“本期无变化”，材料不能悄悄丢了。"""
    earlier = world.plan.periods.get(slug="2023-08")
    earlier = workflow.reopen_period(earlier, by=world.office, at=at("2023-09-02 09:00"), reason="补报")
    row = Progress.objects.get(period=earlier, assignment=world.rows.missing.assignment)
    content = {"text": "八月的工作。", "stage": "in_progress"}
    workflow.submit_progress(row, by=world.own, at=at("2023-09-02 10:00"), version=row.version, content=content)
    client.force_login(world.own)
    assert send(client, world.rows.missing, upload("照旧.pdf"), do="no_change", text="", percent="").status_code == 302
    assert list(world.rows.missing.attachments.values_list("name", flat=True)) == ["照旧.pdf"]


# ── 谁看得到、怎么移除 ──


@pytest.mark.parametrize(
    ("status", "seen_by"),
    [
        ("draft", "own"),
        ("waiting", "own office leader admin"),
        ("returned", "own office leader admin"),
        ("approved", "own other office leader admin"),
    ],
)
def test_a_file_is_seen_by_those_who_see_its_report(client, world, status, seen_by):  # noqa: F811
    url = reverse("attachment_download", args=[getattr(world.files, status).pk])
    found = []
    for role in ("own", "other", "office", "leader", "admin"):
        client.force_login(world.users[role])
        response = client.get(url)
        finish(response)
        found += [role] if response.status_code == 200 else []
        assert response.status_code in (200, 404)
    assert " ".join(found) == seen_by


def test_a_removed_file_can_no_longer_be_opened_but_stays_on_record(client, world, settings):  # noqa: F811
    file = world.files.returned
    client.force_login(world.own)
    assert client.post(reverse("attachment_remove", args=[file.pk])).status_code == 302
    file.refresh_from_db()
    assert file.removed_at is not None
    assert (settings.MEDIA_ROOT / file.file.name).exists()
    assert client.get(reverse("attachment_download", args=[file.pk])).status_code == 404
    assert f"/attachments/{file.pk}/" not in client.get(reverse("home")).content.decode()
    assert client.post(reverse("attachment_remove", args=[file.pk])).status_code == 404


@pytest.mark.parametrize("status", ["waiting", "approved"])
def test_a_file_of_a_report_already_sent_cannot_be_removed(client, world, status):  # noqa: F811
    file = getattr(world.files, status)
    client.force_login(world.own)
    response = client.post(reverse("attachment_remove", args=[file.pk]), follow=True)
    assert "现在不能存草稿" in response.content.decode()
    file.refresh_from_db()
    assert file.removed_at is None


def test_a_file_missing_on_disk_is_not_a_server_error(client, world, settings):  # noqa: F811
    file = world.files.returned
    (settings.MEDIA_ROOT / file.file.name).unlink()
    client.force_login(world.own)
    assert client.get(reverse("attachment_download", args=[file.pk])).status_code == 404


def test_no_setting_serves_the_upload_folder_by_url(settings):
    """上传目录没有网址：只有 attachment_download 一个出口。"""
    assert settings.MEDIA_URL == "/"
    assert settings.STATIC_ROOT not in settings.MEDIA_ROOT.parents
    assert OWN
