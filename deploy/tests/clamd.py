"""clamd.sh 用：端口 报送编号 on|off。经填报的页面传：干净的、有毒的、比 clamd 的上限大的；停了的。只用标准库。"""

import os
import sys

from visitor import Visitor

TEXT = "查毒的一条：按计划推进，完成了本月安排的各项工作。"


def pdf(middle):
    return b"%PDF-1.4\n" + middle + b"\n%%EOF\n"


CLEAN, INFECTED = pdf(b"% clean"), pdf(os.environ["EICAR"].encode())
TOO_LARGE = pdf(b"0" * (2 * 1024 * 1024))


def tried(person, pk, content):
    """报送，附一份材料：（状态，页上的话）。"""
    page, fields = person.report_form(pk, TEXT)
    assert fields, "没有这张表单"
    status, _, said = person.submit(f"/progress/{pk}/", fields, page, [(f"p{pk}-evidence", "材料.pdf", content)])
    return status, said


def refused(person, pk, content, why):
    status, said = tried(person, pk, content)
    assert status == 422 and why in said and TEXT in said, (status, why, said[said.find("材料.pdf") - 200 :][:900])
    assert "/attachments/" not in person.open(f"/?open={pk}"), "没有收的却在页上"
    print(f"不收，说“{why}”，写的话还在")


def main(port, pk, state):
    person = Visitor(int(port), "spzx", "10.8.0.1")
    person.sign_in()
    if state == "off":
        refused(person, pk, CLEAN, "没有查成毒（查毒的服务现在连不上）")
        return
    refused(person, pk, INFECTED, "查出病毒（Eicar.Test.UNOFFICIAL）")
    refused(person, pk, TOO_LARGE, "没有查成毒（查毒的服务收不了这么大的）")
    status, said = tried(person, pk, CLEAN)
    assert status == 302, (status, said[-1500:])
    page = person.open("/")
    assert f'action="/progress/{pk}/withdraw/"' in page
    person.post(f"/progress/{pk}/withdraw/", {}, page)
    page = person.open(f"/?open={pk}")
    [kept] = {part.split('"')[0] for part in page.split('formaction="')[1:] if part.startswith("/attachments/")}
    print("干净的收下了")
    person.post(kept, {}, page)


if __name__ == "__main__":
    main(*sys.argv[1:])
