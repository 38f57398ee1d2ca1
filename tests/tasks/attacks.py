"""上传攻击集（docs 的安全一节列的那些）：DANGEROUS 必须拒绝；HARMLESS 收不收都行，但只能作附件给出，绝不出错。"""

import io
import zipfile
import zlib

HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
EXE = b"MZ\x90\x00" + b"\x00" * 200
PHP = b"<?php system($_GET['c']); ?>"
PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 17 + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 20 + b"\xff\xd9"
MEBIBYTE = 1024 * 1024

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MACRO_TYPE = "application/vnd.ms-word.document.macroEnabled.main+xml"


def office(main="word/document.xml", body=b"<w:document/>", content_type=WORD_TYPE, encoding="utf-8", **more):
    """一份最小的 OOXML；`more` 是另外夹带的成员（名字里的 __ 代表 /，用 extra 传任意名字）。"""
    out = io.BytesIO()
    types = f'<Types><Override PartName="/{main}" ContentType="{content_type}"/></Types>'
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types.encode(encoding))
        archive.writestr(main, body)
        for name, content in more.pop("extra", {}).items():
            archive.writestr(name, content)
    return out.getvalue()


def word(**more):
    return office(**more)


def sheet(**more):
    return office("xl/workbook.xml", b"<workbook/>", **more)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504


def outside(kind, encoding="utf-8"):
    """一份关系表，里面有一条指到文件外面去。"""
    schema = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    said = f'<Relationship Id="r1" Type="{schema}/{kind}" Target="http://198.51.100.7/x" TargetMode="External"/>'
    return f'<?xml version="1.0" encoding="{encoding}"?><Relationships>{said}</Relationships>'.encode(encoding)


def ofd(**more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in {"OFD.xml": b"<ofd:OFD/>", "Doc_0/Document.xml": b"<x/>", **more}.items():
            archive.writestr(name, content)
    return out.getvalue()


def object_stream(content, packed=True, said=b"", gap=b"\n"):
    """一个对象流；`said` 是字典里另写的话，`gap` 是“endstream”与“endobj”之间的（各软件多是换行）。"""
    body, how = (zlib.compress(content), b" /Filter /FlateDecode") if packed else (content, b"")
    return b"4 0 obj <</Type /ObjStm /N 1 /First 4%b%b>> stream\n%b\nendstream%bendobj\n" % (said, how, body, gap)


def twisted(old, new):
    """藏着脚本的对象流，换一处写法，后面跟着一个平常的流：不能把后面的当成它，也不能只解一半。"""
    return PDF + object_stream(b"<</S /JavaScript>>").replace(old, new) + flat()


def flat():
    """平常的一个压缩流。"""
    return b"7 0 obj <</Length 9 /Filter /FlateDecode>> stream\n%b\nendstream endobj\n" % zlib.compress(b"BT ET")


def stored():
    """压缩时原样存着“endstream”几个字，后面接着压的才是脚本：照它截断，就看不到后半段。"""
    shown, hidden = b"(endstream)", b"<</S /JavaScript>>"
    packer = zlib.compressobj(wbits=-15)
    size = len(shown).to_bytes(2, "little") + (len(shown) ^ 0xFFFF).to_bytes(2, "little")
    body = b"\x78\x01\x00" + size + shown + packer.compress(hidden) + packer.flush()
    body += zlib.adler32(shown + hidden).to_bytes(4, "big")
    return PDF + b"4 0 obj <</Type /ObjStm /Filter /FlateDecode>> stream\n%b\nendstream endobj\n" % body + flat()


def predicted(content, columns=4):
    """照 PNG 的“上一行”预测写的：每一行存的是与上一行的差，不还原就看不出写着什么。"""
    rows = [content[i : i + columns].ljust(columns) for i in range(0, len(content), columns)]
    before = [bytes(columns), *rows]
    coded = b"".join(
        b"\x02" + bytes((x - y) % 256 for x, y in zip(row, last, strict=True))
        for row, last in zip(rows, before, strict=False)
    )
    return PDF + object_stream(coded, said=b" /DecodeParms <</Predictor 12 /Columns %d>>" % columns) + flat()


def photo():
    """PDF 里的一张照片：也是流，但不是对象流。"""
    return b"5 0 obj <</Subtype /Image /Filter /DCTDecode>>\nstream\r\n" + JPG + b"\nendstream\nendobj\n"


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><w:document>&b;</w:document>'
XXE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document>&e;</w:document>'
BOMB = {"word/media/zero.bin": b"\x00" * (150 * MEBIBYTE)}

DANGEROUS = [
    # 网页、脚本、程序：扩展名一望可知
    ("页面.html", HTML),
    ("页面.htm", HTML),
    ("页面.xhtml", HTML),
    ("图.svg", SVG),
    ("图.SVG", SVG),
    ("图.svgz", b"\x1f\x8b" + SVG),
    ("数据.xml", XXE),
    ("脚本.js", b"alert(1)"),
    ("程序.exe", EXE),
    ("批处理.bat", b"@echo off"),
    ("脚本.ps1", b"iex"),
    ("页.php", PHP),
    ("页.jsp", b"<% %>"),
    ("脚本.py", b"import os"),
    ("脚本.sh", b"#!/bin/sh"),
    (".htaccess", b"AddType"),
    ("快捷方式.lnk", b"L\x00\x00\x00"),
    ("程序.jar", b"PK\x03\x04"),
    ("压缩包.zip", word()),
    ("老式.doc", b"\xd0\xcf\x11\xe0"),
    # 宏
    ("宏.docm", word(extra={"word/vbaProject.bin": b"x"})),
    ("宏.xlsm", sheet(extra={"xl/vbaProject.bin": b"x"})),
    ("改名的宏.docx", word(extra={"word/vbaProject.bin": b"x"})),
    ("改名的宏.xlsx", sheet(extra={"xl/VBAPROJECT.BIN": b"x"})),
    ("换了部件名的宏.docx", word(content_type=MACRO_TYPE, extra={"word/other.bin": b"x"})),
    ("前面垫满的宏.docx", word(content_type=" " * MEBIBYTE + MACRO_TYPE, extra={"word/other.bin": b"x"})),
    ("实体宏.docx", word(content_type=MACRO_TYPE.replace("macro", "macr&#111;"), extra={"word/other.bin": b"x"})),
    ("宽字宏.docx", word(content_type=MACRO_TYPE, encoding="utf-16", extra={"word/other.bin": b"x"})),
    ("四代宏表.xlsx", sheet(extra={"xl/macrosheets/sheet1.xml": b"x"})),
    ("控件.docx", word(extra={"word/activeX/activeX1.bin": b"x"})),
    ("夹带程序.docx", word(extra={"word/embeddings/开我.exe": EXE})),
    ("夹带脚本.xlsx", sheet(extra={"xl/media/a.vbs": b"x"})),
    # 会自己动的
    ("嵌对象.docx", word(extra={"word/embeddings/oleObject1.bin": b"x"})),
    ("嵌宏簿.xlsx", sheet(extra={"xl/embeddings/book.xlsm": b"x"})),
    ("远程模板.docx", word(extra={"word/_rels/settings.xml.rels": outside("attachedTemplate")})),
    ("远程模板16.docx", word(extra={"word/_rels/settings.xml.rels": outside("attachedTemplate", "utf-16")})),
    ("远程对象.pptx", office("ppt/presentation.xml", extra={"ppt/_rels/x.rels": outside("oleObject")})),
    ("链接图.docx", word(extra={"word/_rels/document.xml.rels": outside("image")})),
    ("关系表坏了.docx", word(extra={"word/_rels/document.xml.rels": b"<Rel"})),
    ("关系表带实体.docx", word(extra={"word/_rels/document.xml.rels": LAUGHS})),
    ("链接簿.xlsx", sheet(extra={"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})),
    (
        "DDE.docx",
        word(body=b'<w:p><w:instrText xml:space="preserve">DD</w:instrText><w:instrText>EAUTO c</w:instrText></w:p>'),
    ),
    ("DDE简.docx", word(body=b'<w:fldSimple w:instr=" DDE excel x"/>')),
    ("DDE写成实体.docx", word(body=b"<w:p><w:instrText>DD&#69;AUTO c</w:instrText></w:p>")),
    ("DDE单引号.docx", word(body=b"<w:fldSimple w:instr='DDEAUTO excel x'/>")),
    ("DDE在CDATA里.docx", word(body=b"<w:p><w:instrText><![CDATA[DDEAUTO c]]></w:instrText></w:p>")),
    ("老宏.doc", OLE + "_VBA_PROJECT".encode("utf-16-le")),
    ("老宏.xls", OLE + "_VBA_PROJECT_CUR".encode("utf-16-le")),
    ("老对象.ppt", OLE + "\x01Ole10Native".encode("utf-16-le")),
    ("老DDE.wps", OLE + "DDEAUTO c:\\x".encode("utf-16-le")),
    ("有密码.doc", OLE + "EncryptedPackage".encode("utf-16-le")),
    ("网页.doc", HTML),
    ("程序.xls", EXE),
    ("网页.ofd", HTML),
    ("不是版式.ofd", word()),
    ("夹带.ofd", ofd(**{"Doc_0/a.js": b"x"})),
    ("电影.heic", b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 20),
    ("换写法.pdf", PDF + b"2 0 obj <</S /J#61vaScript /JS (x)>> endobj"),
    ("名录.pdf", PDF + b"2 0 obj <</Names <</JavaScript 3 0 R>>>> endobj"),
    ("交表.pdf", PDF + b"2 0 obj <</S /SubmitForm /F (http://x)>> endobj"),
    ("藏着.pdf", PDF + object_stream(b"<</S /JavaScript /JS (x)>>")),
    ("藏着换写法.pdf", PDF + object_stream(b"<</S /L#61unch>>")),
    ("藏在长字典后.pdf", PDF + object_stream(b"<</S /JavaScript /JS (x)>>", said=b" " * 2000)),
    ("字典里写着obj.pdf", PDF + object_stream(b"<</S /JavaScript /JS (x)>>", said=b" /X (obj)")),
    ("字典后隔一行注.pdf", PDF + object_stream(b"<</S /JavaScript>>").replace(b">> stream", b">> %x\nstream")),
    ("字典后隔一行注，后面还有流.pdf", twisted(b">> stream", b">> %x\nstream")),
    ("流后只有回车.pdf", twisted(b"stream\n", b"stream\r")),
    ("流后有空格.pdf", twisted(b"stream\n", b"stream \n")),
    ("字典后很多空白.pdf", twisted(b">> stream", b">>" + b" " * 200 + b"stream")),
    (
        "压了两道.pdf",
        PDF
        + object_stream(b"<</S /JavaScript>>".hex().encode()).replace(
            b"/FlateDecode", b"[/FlateDecode /ASCIIHexDecode]"
        )
        + flat(),
    ),
    ("另有预测.pdf", predicted(b"<</S /JavaScript>>")),
    ("流里写着流完了.pdf", stored()),
    ("藏在第二个.pdf", PDF + object_stream(b"<</Type /Page>>") + object_stream(b"<</S /JavaScript>>")),
    ("没压缩的藏着.pdf", PDF + object_stream(b"<</S /JavaScript>>", packed=False)),
    ("读不懂的藏着.pdf", PDF + b"4 0 obj <</Type /ObjStm /Filter /FlateDecode>> stream\nxxxx\nendstream endobj"),
    # 换了扩展名的
    *[
        (f"照片.{ext}", content)
        for ext in ("png", "jpg", "jpeg", "pdf", "docx", "xlsx", "pptx")
        for content in (HTML, SVG, EXE)
    ],
    # 双重扩展名
    ("方案.pdf.exe", PDF),
    ("方案.exe.pdf", EXE),
    ("图.html.png", HTML),
    ("图.php.jpg", PHP),
    ("图.jpg.svg", JPG),
    # 文件名里的花样：真正的扩展名不在名单上
    ("方案.pdf\x00.exe", PDF),
    ("方案.exe\x00.pdf", EXE),
    ("方案.exe%00.pdf", EXE),
    ("报告\u202efdp.exe", EXE),
    ("../../etc/passwd", b"root:x"),
    ("..\\..\\windows\\win.ini", b"[x]"),
    ("/var/www/shell.php", PHP),
    ("长" * 200 + ".exe", EXE),
    ("a" * 5000 + ".svg", SVG),
    ("CON", b"x"),
    ("", HTML),
    ("无扩展名", PDF),
    # 一身两用
    ("像图.png", b"\x89PNG\r\n\x1a\n=1;alert(document.domain)//"),
    ("带脚本.pdf", PDF + b"2 0 obj <</S /JavaScript /JS (app.alert(1))>> endobj"),
    ("带启动.pdf", PDF + b"2 0 obj <</S/Launch /F (cmd.exe)>> endobj"),
    ("跨块脚本.pdf", PDF + b"%" * (64 * 1024 - len(PDF) - 6) + b"<</S /JavaScript>>"),
    # 压缩包的花样
    ("炸弹.docx", word(extra=BOMB)),
    ("越界.docx", word(extra={"../../evil.sh": b"x"})),
    ("绝对路径.xlsx", sheet(extra={"/etc/x": b"x"})),
    ("缺主体.docx", sheet()),
    ("断了.xlsx", sheet()[:-30]),
    ("只有头.docx", b"PK\x03\x04"),
    ("空.pdf", b""),
    ("成员太多.xlsx", sheet(extra={f"xl/{i}": b"" for i in range(5001)})),
    # 表格与文本：佐证材料不收 csv
    ("表.csv", b"a\x00b"),
    ("表.csv", "序号,名称".encode("gbk")),
    ("表.csv", "序号".encode("utf-16")),
    ("表.csv", b"=cmd|'/C calc'!A0"),
    ("宽表.csv", b"," * 20_000),
    ("大格.csv", b"x" * (3 * MEBIBYTE)),
    ("大.pdf", PDF + b"\x00" * (60 * MEBIBYTE)),
]
HARMLESS = [
    ("老式.doc", OLE),
    ("老表.xls", OLE),
    ("老片.ppt", OLE),
    ("文字.wps", OLE),
    ("表格.et", OLE),
    ("演示.dps", OLE),
    ("公文.ofd", ofd()),
    ("手机照.heic", b"\x00\x00\x00\x18ftypheic" + b"\x00" * 20),
    ("带链接.docx", word(extra={"word/_rels/document.xml.rels": outside("hyperlink")})),
    ("带图表.pptx", office("ppt/presentation.xml", extra={"ppt/embeddings/book.xlsx": b"x"})),
    ("压缩对象.pdf", PDF + object_stream(b"<</Type /Page>>")),
    ("压缩对象后有流.pdf", PDF + object_stream(b"<</Type /Page>>") + flat()),
    ("压缩对象写在一行.pdf", PDF + object_stream(b"<</Type /Page>>", gap=b" ")),
    ("压缩对象后有照片.pdf", PDF + object_stream(b"<</Type /Page>>") + photo()),
    ("说到DDE.docx", word(body=b"<w:t>DDE</w:t>")),
    ("照片.png", PNG),
    ("照片.JPG", JPG),
    ("照片.jpeg", JPG),
    ("批复.pdf", PDF),
    ("纪要.docx", word()),
    ("统计.xlsx", sheet()),
    ("汇报.pptx", office("ppt/presentation.xml")),
    ("笑.docx", word(body=LAUGHS)),
    ("外部实体.docx", word(body=XXE)),
    ("图.html.png", PNG),
    ('引"号.pdf', PDF),
    ("换\r\n行: x.pdf", PDF),
    ("<img src=x onerror=alert(1)>.pdf", PDF),
    ("'; DROP TABLE tasks_attachment;--.pdf", PDF),
    ("../../照片.png", PNG),
    ("C:\\我的文档\\批复.pdf", PDF),
    ("长" * 200 + ".pdf", PDF),
    ("方案.pdf.", PDF),
    ("a." + "b" * 300 + ".pdf", PDF),
    ("PDF网页.pdf", PDF + HTML),
    ("图加脚本.png", PNG + b"<script>alert(1)</script>"),
    ("\u200b零宽\u2066.pdf", PDF),
    ("表情😀.pdf", PDF),
    ("=1+1.pdf", PDF),
]
