"""照片先缩小再传：手机上选一张几兆的，写明缩前缩后，传上去的是小的；要原图的点一下；太大的当场说；没有脚本的照原样传。"""

import random
import struct
import zlib

import pytest

pytestmark = pytest.mark.browser


def png(side) -> bytes:
    """一张压不小的 PNG：每个点颜色随机。"""
    noise = random.Random(1).randbytes(side * side * 3)
    rows = b"".join(b"\0" + noise[y * side * 3 : (y + 1) * side * 3] for y in range(side))

    def chunk(kind, data):
        return struct.pack("!L", len(data)) + kind + data + struct.pack("!L", zlib.crc32(kind + data))

    head = struct.pack("!LLBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


CHOSEN = "e => [...e.files].map((f) => [f.name, f.type, f.size])"


@pytest.fixture
def task(visit):
    """填报人手机上打开的一项：（页面，表单，选文件的一格）。"""

    def opened(**more):
        page = visit("spzx", phone=True, **more).go("/")
        form = page.locator("details.task", has_text="优化环评流程").locator("form").first
        if more.get("javascript", True):
            form.evaluate(
                "e => { for (let d = e; d; d = d.parentElement) if (d.tagName === 'DETAILS') d.open = true; }"
            )
            form.evaluate("e => e.querySelectorAll('details').forEach((d) => { d.open = true; })")
        return page, form, form.locator("input[type=file]")

    return opened


def test_a_photo_of_some_megabytes_travels_small(task):
    page, form, chooser = task()
    photo = png(1300)
    chooser.set_input_files([{"name": "开工现场.png", "mimeType": "image/png", "buffer": photo}])
    page.get_by_text("→").wait_for()
    [[name, kind, size]] = chooser.evaluate(CHOSEN)
    assert (name, kind) == ("开工现场.jpg", "image/jpeg") and size < len(photo) / 2
    assert f"开工现场.png：{len(photo) / 1024 / 1024:.1f} MB → " in form.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    form.locator("textarea").first.fill("承诺制项目开工。")
    form.get_by_role("button", name="存草稿").click()
    page.get_by_text("开工现场.jpg").first.wait_for(state="attached")


def test_the_original_goes_when_it_is_asked_for(task):
    page, form, chooser = task()
    photo = png(900)
    chooser.set_input_files([{"name": "公章.png", "mimeType": "image/png", "buffer": photo}])
    form.get_by_role("button", name="用原图").click()
    assert chooser.evaluate(CHOSEN) == [["公章.png", "image/png", len(photo)]]
    assert "→" not in form.inner_text()


def test_what_is_no_photo_or_already_small_is_left_as_it_is(task):
    page, form, chooser = task()
    files = [
        {"name": "纪要.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n" + bytes(900_000)},
        {"name": "小图.png", "mimeType": "image/png", "buffer": png(100)},
        {"name": "坏图.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(700_000)},
    ]
    chooser.set_input_files(files)
    form.get_by_text("坏图.png：").wait_for()
    assert chooser.evaluate(CHOSEN) == [[f["name"], f["mimeType"], len(f["buffer"])] for f in files]


def test_a_file_that_is_too_big_is_told_before_it_travels(task):
    page, form, chooser = task()
    chooser.set_input_files([{"name": "录像.pdf", "mimeType": "application/pdf", "buffer": bytes(21 << 20)}])
    form.get_by_text("录像.pdf：21.0 MB，超过 20.0 MB，传不上").wait_for()


def test_without_a_script_it_travels_as_it_is(task):
    page, form, chooser = task(javascript=False)
    assert chooser.get_attribute("data-photos").startswith("/static/js/photos")
