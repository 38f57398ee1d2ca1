"""随箱子带去的网页：每一篇说明都有，链接与锚点都走得到，不取外面的东西，表在手机上、纸上不出边。"""

import shutil
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest
from django.conf import settings

from tools import pages

ROOT = settings.BASE_DIR
ALLOWED = {"https", "http", "mailto"}


class Reader(HTMLParser):
    """一页里的锚点、链接、取来的东西、标题、表。"""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.taken, self.tags, self.open = set(), [], [], [], []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.anchors |= {found["id"]} if "id" in found else set()
        self.links += [found["href"]] if tag == "a" else []
        self.taken += [found[name] for name in ("src", "srcset", "poster", "data") if name in found]
        self.taken += [found.get("href", "")] if tag == "link" else []


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """排好的一套：（目录，网页 → 读出来的）。"""
    root = tmp_path_factory.mktemp("pages")
    for path in ROOT.glob("*.md"):
        shutil.copy(path, root)
    shutil.copytree(ROOT / "docs", root / "docs")
    return root, {path: Reader(path) for path in pages.write(root)}


def test_every_page_of_the_documentation_is_there(site):
    root, read = site
    assert {p.relative_to(root).as_posix() for p in read} >= {
        "README.html",
        "docs/部署.html",
        "docs/安全.html",
        "SECURITY.html",
    }
    assert len(read) == len(list(ROOT.glob("*.md"))) + len(list((ROOT / "docs").glob("*.md")))


def test_every_link_and_anchor_leads_somewhere(site):
    _, read = site
    wrong, inside = [], 0
    for path, page in read.items():
        for href in page.links:
            parts = urlsplit(href)
            if parts.scheme:
                assert parts.scheme in ALLOWED, href
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            inside += 1
            if not target.exists() or (parts.fragment and unquote(parts.fragment) not in read[target].anchors):
                wrong.append(f"{path.name}：{href}")
    assert wrong == [] and inside > 100


def test_links_between_the_pages_lead_to_the_pages_not_to_the_sources(site):
    root, read = site
    assert not [href for page in read.values() for href in page.links if href.partition("#")[0].endswith(".md")]
    assert (
        "docs/%E9%83%A8%E7%BD%B2.html" in read[root / "README.html"].links
        or "docs/部署.html" in read[root / "README.html"].links
    )
    assert "../SECURITY.html" in read[root / "docs/安全.html"].links, "写着文件名的也是链接"


def test_nothing_is_fetched_from_outside_and_nothing_runs(site):
    for path, page in site[1].items():
        assert not [src for src in page.taken if urlsplit(src).scheme or urlsplit(src).netloc], path
        assert not {"script", "iframe", "object", "embed", "link"} & set(page.tags), path
        for src in page.taken:
            assert (path.parent / unquote(src)).exists(), src
        assert "url(" not in path.read_text("utf-8").partition("</style>")[0]


def test_headings_have_anchors_and_tables_stay_within_the_page(site):
    root, read = site
    text = (root / "docs/部署.html").read_text("utf-8")
    assert 'id="一装"' in text and text.count("<table>") == text.count('<div class="wide"><table>') > 3
    assert "mermaid" not in (root / "docs/workflow.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("一、装", "一装"), ("What is `x`?", "what-is-x"), ("A  b-c_d", "a--b-c_d"), ("[未发布]", "未发布")],
)
def test_anchors_are_those_of_the_usual_sites(text, expected):
    assert pages.slug(text, set()) == expected
    assert pages.slug(text, {expected}) == f"{expected}-1"


def test_a_link_with_an_anchor_keeps_it():
    every = [PurePosixPath("docs/a.md"), PurePosixPath("docs/b.md")]
    made = pages.page("# 甲\n\n[乙](b.md#x) [外](https://example.com/b.md)", every[0], every)
    assert 'href="b.html#x"' in made and 'href="https://example.com/b.md"' in made


def test_a_line_broken_in_the_source_is_joined_without_a_space():
    made = pages.page("# 甲\n\n前一行。\n后一行\nand more\nwords", PurePosixPath("a.md"), [])
    assert "<p>前一行。后一行and more\nwords</p>" in made


def test_the_bundle_makes_them_before_the_checksums():
    script = (ROOT / "deploy/bundle.sh").read_text("utf-8")
    assert script.index("tools/pages.py") < script.index("sha256sum")
