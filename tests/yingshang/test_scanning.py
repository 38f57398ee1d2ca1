"""查毒：与一个照协议答话的替身说话（真的 clamd 也是这样答）；有毒的不收，没有查成的不收，写的话都在；没有接的说明没有接。"""

import socketserver
import struct
import threading

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tasks.models import Attachment
from yingshang import checks, scanning

from ..world import form_data

pytestmark = pytest.mark.django_db
# 反病毒软件都认的试验串（EICAR），拆开写，免得本文件自己被当成病毒。
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CLEAN = b"%PDF-1.4\n%%EOF\n"


class Clamd(socketserver.BaseRequestHandler):
    """替身：收完一份再答；超过上限的照真的 clamd（1.4.6，deploy/tests/clamd.sh）那样，不等收完就答、就断。"""

    limit = 25 << 20

    def handle(self):
        command = b""
        while not command.endswith(b"\0"):
            command += self.request.recv(1)
        if command == b"zPING\0":
            return self.request.sendall(b"PONG\0")
        assert command == b"zINSTREAM\0", command
        data = b""
        while size := struct.unpack("!L", self._read(4))[0]:
            data += self._read(size)
            if len(data) > self.limit:
                return self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
        self.server.seen.append(data)
        answer = b"stream: Win.Test.EICAR_HDB-1 FOUND" if EICAR in data else b"stream: OK"
        return self.request.sendall(answer + b"\0")

    def _read(self, size):
        found = b""
        while len(found) < size:
            found += self.request.recv(size - len(found))
        return found


def serving(server, where, settings):
    server.seen = []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()  # 停它时不必等半秒
    settings.CLAMD, settings.CLAMD_SECONDS = where, 5
    return server


@pytest.fixture(params=["tcp", "unix"])
def clamd(request, settings, tmp_path):
    if request.param == "unix":
        path = str(tmp_path / "clamd.ctl")
        server = serving(socketserver.ThreadingUnixStreamServer(path, Clamd), f"unix:{path}", settings)
    else:
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd)
        serving(server, f"127.0.0.1:{server.server_address[1]}", settings)
    yield server
    server.shutdown()
    server.server_close()


def test_the_file_is_sent_whole_and_can_be_read_again(clamd):
    content = bytes(range(256)) * 1000
    file = ContentFile(content)
    assert scanning.virus_in(file) == "" and file.read() == content and clamd.seen == [content]


def test_a_virus_is_named(clamd):
    assert scanning.virus_in(ContentFile(b"head" + EICAR)) == "Win.Test.EICAR_HDB-1"


def test_one_that_is_too_large_for_the_scanner_is_known_as_such_and_can_be_read_again(clamd, monkeypatch):
    monkeypatch.setattr(Clamd, "limit", 100_000)
    file = ContentFile(bytes(8 << 20))
    with pytest.raises(scanning.TooLarge, match="size limit exceeded"):
        scanning.virus_in(file)
    assert file.tell() == 0


def test_an_answer_that_is_neither_is_no_answer(clamd, monkeypatch):
    monkeypatch.setattr(Clamd, "handle", lambda self: self.request.sendall(b"COMMAND READ TIMED OUT\0"))
    file = ContentFile(bytes(100))
    with pytest.raises(scanning.Unavailable):
        scanning.virus_in(file)
    assert file.tell() == 0


@pytest.mark.parametrize("where", ["127.0.0.1:1", "unix:/nonexistent/clamd.ctl", "127.0.0.1", "127.0.0.1:x"])
def test_nobody_there_is_no_answer_and_check_says_so(where, settings):
    settings.CLAMD = where
    with pytest.raises(scanning.Unavailable):
        scanning.virus_in(ContentFile(b"x"))
    assert [found.id for found in checks.virus_scanner(None)] == ["site.E2-clamd"]


def test_check_is_content_with_a_scanner_that_answers(clamd):
    assert checks.virus_scanner(None) == []


class TestReporting:
    @pytest.fixture
    def send(self, sign_in, people, report):
        """填报人带一份材料报送，返回答复。"""
        row = report("12", "审批中心")
        client = sign_in(people.reporter("审批中心"))

        def act(content):
            data = form_data(row, text="环评承诺制又办了三件。")
            file = SimpleUploadedFile("样本.pdf", content, "application/pdf")
            return client.post(reverse("progress_report", args=[row.pk]), data | {f"p{row.pk}-evidence": file})

        return act

    def test_a_clean_file_is_taken(self, send, clamd):
        assert send(CLEAN).status_code == 302 and Attachment.objects.count() == 1
        assert clamd.seen == [CLEAN], "只查一次"

    def test_one_with_a_virus_is_not_and_the_words_are_all_there(self, send, clamd):
        answer = send(CLEAN + EICAR)
        page = answer.content.decode()
        assert answer.status_code in (200, 422) and Attachment.objects.count() == 0
        assert "“样本.pdf”里查出病毒（Win.Test.EICAR_HDB-1），没有收下" in page and "环评承诺制又办了三件。" in page

    def test_one_that_could_not_be_scanned_is_not_taken_either(self, send, settings):
        settings.CLAMD = "127.0.0.1:1"
        page = send(CLEAN).content.decode()
        assert "没有查成毒" in page and "环评承诺制又办了三件。" in page and Attachment.objects.count() == 0

    def test_one_that_is_too_large_for_the_scanner_is_told_so(self, send, clamd, monkeypatch):
        monkeypatch.setattr(Clamd, "limit", 10)
        answer = send(CLEAN + bytes(3 << 20))
        page = answer.content.decode()
        assert answer.status_code == 422 and "查毒的服务收不了这么大的" in page and "内容与扩展名不符" not in page
        assert "环评承诺制又办了三件。" in page and Attachment.objects.count() == 0


def test_without_a_scanner_the_page_says_so(sign_in, people, report, settings):
    row = report("12", "审批中心")
    client = sign_in(people.reporter("审批中心"))
    url = reverse("progress_report", args=[row.pk])
    assert "本站没有接查毒" in client.get(url, follow=True).content.decode()
    settings.CLAMD = "127.0.0.1:1"
    assert "本站没有接查毒" not in client.get(url, follow=True).content.decode()
