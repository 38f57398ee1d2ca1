"""公文转成 PDF 以后的每一页：22 行 28 字、标题不孤悬、不出版心、版记贴底、页码。

要用 LibreOffice（soffice）排版、poppler（pdftotext）量坐标，所以标了 office：两样没有装的机器上不收集
（不是跳过，见 tests/conftest.py）；.ci/run 会装上再跑。字体用什么都行：汉字都是一个字见方，行距是写死的。
"""

import datetime as dt
import html
import io
import re
import subprocess
import zipfile
from dataclasses import dataclass

import pytest
from django.utils import timezone

from departments.models import User
from tasks.models import Circular
from tasks.pages import circular as circular_pages
from tasks.papers import circular as papers
from tasks.papers.circular import layout, word
from tests.tasks import circulars

# 排版软件起来一次要几秒：同在一处，几份一起排，排过的留着。
pytestmark = [pytest.mark.office, pytest.mark.xdist_group("office")]
MM = 25.4 / 72
LEFT, RIGHT, TOP, BOTTOM = 28, 184, 37, 262  # 版心（毫米）
SLACK = 0.6
NO_HANGING = b'<w:overflowPunct w:val="0"/>'
KINDS = {"circular": ("2023-09", "2023-09"), "report": ("2023-04", "2023-09"), "bulletin": ("2023-09", "2023-09")}


@dataclass
class Row:
    """同一行上的字。坐标为毫米。"""

    top: float
    bottom: float
    left: float
    right: float
    text: str


@pytest.fixture(scope="session")
def profile(tmp_path_factory):
    """LibreOffice 自己的配置目录，不碰用这台机器的人的。"""
    return tmp_path_factory.mktemp("office")


def inverted(document: bytes) -> bytes:
    """LibreOffice 7.4 把“标点可以悬到版心外”读反了（0 当作可以，转成 odt 看得出来），Word、WPS 没有：给它看的一份反着写。"""
    made, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(document))
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/styles.xml":
                assert content.count(NO_HANGING) == 3, "正文与两级标题都写明标点不悬出去"
                content = content.replace(NO_HANGING, NO_HANGING.replace(b'"0"', b'"1"'))
            target.writestr(name, content)
    return made.getvalue()


@pytest.fixture(scope="session")
def printed(profile, tmp_path_factory):
    """几份公文（名字 → 公文）一起排出来的各页：名字 → 各页，每页是由上到下的各行。"""

    def convert(**papers) -> dict[str, list[list[Row]]]:
        folder = tmp_path_factory.mktemp("papers")
        for name, circular in papers.items():
            (folder / f"{name}.docx").write_bytes(inverted(word.build(circular)))
        command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", "pdf"]
        sources = [folder / f"{name}.docx" for name in papers]
        subprocess.run([*command, "--outdir", folder, *sources], check=True, capture_output=True, timeout=300)
        return {name: pages_of(folder / f"{name}.pdf") for name in papers}

    return convert


def pages_of(path) -> list[list[Row]]:
    command = ["pdftotext", "-bbox", path, "-"]
    found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return [rows_of(page) for page in found.split("<page ")[1:]]


WORD = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>')


def rows_of(page) -> list[Row]:
    """把字并成行：中线相差不到一毫米的算一行。"""
    found = []
    for left, top, right, bottom, text in WORD.findall(page):
        left, top, right, bottom = (float(n) * MM for n in (left, top, right, bottom))
        row = next((r for r in found if abs((r.top + r.bottom) - (top + bottom)) < 2), None)
        if row is None:
            found.append(Row(top, bottom, left, right, html.unescape(text)))
        else:
            row.text += html.unescape(text)
            row.top, row.bottom = min(row.top, top), max(row.bottom, bottom)
            row.left, row.right = min(row.left, left), max(row.right, right)
    return sorted(found, key=lambda r: r.top)


def is_page_number(row) -> bool:
    return row.top > BOTTOM and re.fullmatch(r"—\d+—", row.text) is not None


def body(page) -> list[Row]:
    """一页里页码以外的各行。"""
    return [row for row in page if not is_page_number(row)]


def bare(text) -> str:
    return re.sub(r"\s", "", text)


def drafted(demo, kind) -> Circular:
    """演示数据里起草的一份。"""
    first, last = (demo.periods.get(slug=slug) for slug in KINDS[kind])
    at = timezone.make_aware(dt.datetime(2023, 9, 22, 10))
    office = User.objects.get(username="office")
    return circular_pages.start(demo, by=office, at=at, kind=kind, first_period=first, period=last)


_MADE = {}  # 排过的：名字 → （公文，各页）
LONGEST, ORDINARY = dt.date(2023, 12, 31), dt.date(2023, 9, 26)


@pytest.fixture
def demos(request, printed):
    """演示数据里的三种公文，与印发在两天的通报：名字 → （公文，各页）。一起排，只排一次。"""
    if "circular" not in _MADE:
        demo = request.getfixturevalue("demo")
        papers = {kind: drafted(demo, kind) for kind in KINDS}
        papers |= {f"issued{day:%m%d}": issued(drafted(demo, "circular"), day) for day in (LONGEST, ORDINARY)}
        keep(papers, printed)
    return _MADE


def keep(papers, printed):
    pages = printed(**papers)
    _MADE.update((name, (paper, pages[name])) for name, paper in papers.items())


def issued(circular, day) -> Circular:
    circular.status, circular.year, circular.number = "issued", 2023, 12
    circular.issued_on, circular.issued_at = day, circular.created_at
    return circular


def wrong_with(printed, circular) -> list[str]:
    """这份公文的版面有哪些不对。"""
    headings = {bare(b.text) for b in layout.blocks(circular.sections, circular.figures) if b.kind in ("h1", "h2")}
    found = []
    for n, page in enumerate(printed, start=1):
        rows = body(page)
        found += [f"第{n}页出了版心：{r}" for r in rows if r.left < LEFT - SLACK or r.right > RIGHT + SLACK]
        found += [f"第{n}页出了版心：{r}" for r in rows if r.top < TOP - SLACK or r.bottom > BOTTOM + SLACK]
        if rows and bare(rows[-1].text) in headings:
            found.append(f"第{n}页末尾是标题：{rows[-1].text}")
        number = [r for r in page if is_page_number(r)]
        if [r.text for r in number] != [f"—{n}—"]:
            found.append(f"第{n}页的页码：{number}")
        elif (number[0].left > 105) is (n % 2 == 0):
            found.append(f"第{n}页的页码单页居右、双页居左：{number}")
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_every_page_of_the_demos_papers_is_in_order(demos, kind):
    circular, made = demos[kind]
    assert wrong_with(made, circular) == []
    assert "印发" in made[-1][-2].text  # 最后一行是页码，页码上面是版记
    assert BOTTOM - 6 < made[-1][-2].bottom <= BOTTOM + SLACK
    assert len(made) <= {"circular": 12, "report": 20, "bulletin": 4}[kind]  # 报告汇集各期的进展，每项至多三期


@pytest.mark.django_db
@pytest.mark.parametrize("day", [LONGEST, ORDINARY])
def test_the_longest_imprint_is_printed_whole(demos, day):
    """12 月 31 日最长；“印发”的“发”字曾被裁掉。"""
    last = demos[f"issued{day:%m%d}"][1][-1]
    imprint = [bare(row.text) for row in last if row.top > BOTTOM - 20 and not is_page_number(row)]
    assert imprint == [
        "抄送：交城经济开发区优化营商环境领导小组组长、副组长。",
        f"交城经济开发区优化营商环境领导小组办公室2023年{day.month}月{day.day}日印发",
    ]


def plain_paper(text, *, rows=0) -> Circular:
    """不存库的一份：只有一节，附件有几行。"""
    f = circulars.figures(0) | {"lines": [circulars.line(i, "green") for i in range(rows)]}
    return Circular(
        kind="circular", title="标题", sections=[{"key": "x", "heading": "", "text": text}], figures=f,
        created_at=timezone.now(),
    )  # fmt: skip


ANNEXES = (21, 28, 35)


def with_helpers() -> Circular:
    """附件多一列“配合单位”。"""
    circular = plain_paper("正文。", rows=21)
    for line in circular.figures["lines"]:
        line["cooperating"] = "、".join(f"第{n}分局" for n in range(1, 9))
    circular.figures["helped"] = True
    return circular


def with_headings(lines) -> Circular:
    """正文 `lines` 行，后面三节各有标题。"""
    circular = plain_paper("推进优化营商环境行动方案" * 2 * lines)
    circular.sections += [{"key": "y", "heading": "下步要求", "text": "（一）加快推进\n抓紧。"}] * 3
    return circular


def about_nothing() -> Circular:
    """没有在册的举措。"""
    f = circulars.figures(0)
    return Circular(
        kind="circular",
        title="标题",
        sections=papers.write("circular", f),
        figures=f,
        created_at=timezone.now(),
    )


@pytest.fixture
def plain(printed):
    """不存库的各份：名字 → （公文，各页）。一起排，只排一次。"""
    if "full" not in _MADE:
        papers = {"full": plain_paper("推进优化营商环境行动方案" * 100 + "。\n完。"), "helpers": with_helpers()}
        papers |= {f"annex{rows}": plain_paper("正文。", rows=rows) for rows in ANNEXES}
        papers |= {f"headings{lines}": with_headings(lines) for lines in range(8, 12)} | {"nothing": about_nothing()}
        keep(papers, printed)
    return _MADE


def test_a_full_page_has_22_lines_of_28_characters(plain):
    second = body(plain["full"][1][1])
    assert [len(row.text) for row in second] == [28] * 22
    assert (round(second[0].left), round(second[0].right)) == (LEFT, RIGHT)
    pitches = [b.top - a.top for a, b in zip(second, second[1:], strict=False)]
    assert {round(pitch / MM, 1) for pitch in pitches} <= {28.9, 29.0, 28.95}


@pytest.mark.parametrize("rows", ANNEXES)
def test_the_imprint_is_at_the_foot_however_long_the_annex_is(plain, rows):
    """附件有长有短，版记总在最后一面的最下面，不跟着表走，也不压住表。"""
    last = body(plain[f"annex{rows}"][1][-1])
    imprint = [row for row in last if "抄送" in row.text or "印发" in row.text]
    assert len(imprint) == 2
    assert BOTTOM - 6 < imprint[-1].bottom <= BOTTOM + SLACK
    assert all(row.bottom < imprint[0].top for row in last if row not in imprint)


def test_the_annex_with_helpers_stays_within_the_page(plain):
    """多了“配合单位”一列，表还在版心里，配合的单位一个字不丢，版记仍在最后一面的最下面。"""
    circular, made = plain["helpers"]
    assert wrong_with(made, circular) == []
    said = "".join(bare(row.text) for page in made for row in body(page))
    assert said.count("配合单位") >= 2 and said.count("第8分局") == 21
    for page in made:
        assert all(row.left >= LEFT - SLACK and row.right <= RIGHT + SLACK for row in body(page))


@pytest.mark.parametrize("lines", range(8, 12))
def test_a_heading_is_never_the_last_line_of_a_page(plain, lines):
    """正文一行一行加长，标题总与下面的一段同页。"""
    circular, made = plain[f"headings{lines}"]
    assert wrong_with(made, circular) == []


def test_a_paper_about_no_measures_ends_with_its_signature_and_imprint(plain):
    """没有在册的举措：没有附件页，署名与版记同在最后一面。"""
    circular, made = plain["nothing"]
    assert wrong_with(made, circular) == []
    last = [bare(row.text) for row in body(made[-1])]
    assert "印发" in last[-1]
    assert any("领导小组办公室" in text for text in last[:-2])
    assert not any("附件" in row.text for page in made for row in page)
