"""把各篇说明（*.md）排成网页，放在原文旁边，随箱子带去：没有网、没有装软件的机器上，双击就看得到，也印得出来。

用法：python tools/pages.py [目录]（目录里要有 README.md 与 docs/）。不取任何外面的东西；图表用不了的（mermaid）省去，旁边的表说的是同样的事。
"""

import html
import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

FIRST = ("README.md", "docs/部署.md", "docs/安全.md", "SECURITY.md", "CHANGELOG.md")
STYLE = """
:root { color-scheme: light }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem 1.2rem 4rem; max-width: 60rem; color: #1c2430; background: #fff;
  font: 16px/1.75 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif; overflow-wrap: break-word }
nav { font-size: .9em; border-bottom: 1px solid #cfd6e0; padding-bottom: .6rem }
nav a { margin-right: 1em; white-space: nowrap }
a { color: #1d4f91 }
h1, h2, h3 { line-height: 1.35; margin: 1.8em 0 .6em; break-after: avoid }
h1 { font-size: 1.6em; margin-top: 1em } h2 { font-size: 1.3em } h3 { font-size: 1.1em }
h2 { border-bottom: 1px solid #cfd6e0; padding-bottom: .2em }
:is(h1, h2, h3) > a { color: inherit; text-decoration: none }
code { font-family: "Noto Sans Mono CJK SC", Consolas, monospace; font-size: .92em; background: #f0f3f7; padding: .1em .3em; overflow-wrap: anywhere }
pre { background: #f0f3f7; padding: .8em 1em; overflow-x: auto; line-height: 1.5; break-inside: avoid }
pre code { padding: 0; background: none }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .95em }
th, td { border: 1px solid #cfd6e0; padding: .35em .6em; text-align: left; vertical-align: top; min-width: 4em }
th { background: #f0f3f7 }
tr { break-inside: avoid }
img { max-width: 100%; height: auto }
blockquote { margin: 1em 0; padding: 0 1em; border-left: 4px solid #cfd6e0 }
@media (max-width: 40rem) { body { padding: .6rem .8rem 3rem; font-size: 15px } th, td { padding: .25em .4em } }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt } nav { display: none } a { color: inherit; text-decoration: none }
  .wide, pre { overflow: visible } pre { white-space: pre-wrap } thead { display: table-header-group }
}
@page { margin: 2cm }
"""
PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<nav>{nav}</nav>
<main>
{body}
</main>
</body>
</html>
"""


def pages(root: Path) -> list[PurePosixPath]:
    """要排的各篇（相对 `root`），常看的在前。"""
    found = {path.relative_to(root).as_posix() for path in [*root.glob("*.md"), *(root / "docs").glob("*.md")]}
    return [PurePosixPath(name) for name in [*(n for n in FIRST if n in found), *sorted(found - set(FIRST))]]


def slug(text: str, used: set[str]) -> str:
    """标题的锚点，与代码托管网站上的同一个写法：小写，去掉标点，空格换成短横线，重的加 -1、-2。"""
    kept = (c for c in text.strip().lower() if c in " -_" or unicodedata.category(c)[0] in "LNM")
    base = "".join(kept).replace(" ", "-")
    made = next(s for n in range(len(used) + 1) if (s := f"{base}-{n}" if n else base) not in used)
    used.add(made)
    return made


def page(source: str, name: PurePosixPath, every: Sequence[PurePosixPath]) -> str:
    """一篇排成网页。`name` 是它自己，`every` 是一起排的各篇：互相的链接改指网页。"""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = [t for t in reader.parse(source) if not (t.type == "fence" and t.info.strip() == "mermaid")]
    used: set[str] = set()
    for token, inside in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and inside:
            anchor = slug("".join(t.content for t in inside.children or [] if t.type in ("text", "code_inline")), used)
            token.attrSet("id", anchor)
            link = Token("link_open", "a", 1, attrs={"href": f"#{anchor}"})
            inside.children = [link, *without_links(inside.children or []), Token("link_close", "a", -1)]
        elif token.type == "inline":
            whole = joined(token.children or [])
            token.children = [made for t in whole for made in pointed(t, name, every)]
    body = reader.renderer.render(tokens, reader.options, {})
    body = re.sub(r"<table>.*?</table>", r'<div class="wide">\g<0></div>', body, flags=re.S)
    title = re.search(r"^# (.+)$", source, re.M)
    nav = " ".join(f'<a href="{html.escape(relative(other, name))}">{other.stem}</a>' for other in every)
    return PAGE.format(title=html.escape(title[1] if title else name.stem), style=STYLE, nav=nav, body=body)


def joined(tokens: Sequence[Token]) -> list[Token]:
    """原文里为了一行不太长而断的行接回去：两头有一头是汉字、全角标点的，中间不留空格。"""
    around = zip([None, *tokens], tokens, [*tokens[1:], None], strict=False)
    return [
        t for before, t, after in around if t.type != "softbreak" or not (_is_wide(before, -1) or _is_wide(after, 0))
    ]


def _is_wide(token: Token | None, at: int) -> bool:
    text = token.content if token else ""
    return bool(text) and unicodedata.east_asian_width(text[at]) in "WF"


def without_links(tokens: Sequence[Token]) -> list[Token]:
    """标题本身就是链接，里面的不再是。"""
    return [t for t in tokens if t.type not in ("link_open", "link_close")]


def pointed(token: Token, name: PurePosixPath, every: Sequence[PurePosixPath]) -> list[Token]:
    """指着别的一篇的链接改指它的网页；写着别的一篇的文件名的（`docs/部署.md`），做成链接。"""
    if token.type == "link_open" and not urlsplit(href := str(token.attrGet("href"))).scheme:
        path, _, anchor = href.partition("#")
        target = PurePosixPath(os.path.normpath(name.parent / unquote(path)))
        if path and target in every:
            token.attrSet("href", relative(target, name) + (f"#{anchor}" if anchor else ""))
    if token.type == "code_inline" and (target := PurePosixPath(token.content)) in every and target != name:
        return [Token("link_open", "a", 1, attrs={"href": relative(target, name)}), token, Token("link_close", "a", -1)]
    return [token]


def relative(target: PurePosixPath, name: PurePosixPath) -> str:
    """从一篇的网页到另一篇的网页。"""
    return PurePosixPath(os.path.relpath(target.with_suffix(".html"), name.parent)).as_posix()


def write(root: Path) -> list[Path]:
    """排好各篇，返回写了哪些。"""
    every = pages(root)
    for name in every:
        made = page((root / name).read_text("utf-8"), name, every)
        (root / name).with_suffix(".html").write_text(made, "utf-8")
    return [(root / name).with_suffix(".html") for name in every]


if __name__ == "__main__":
    for written in write(Path(sys.argv[1] if len(sys.argv) > 1 else ".")):
        print(written)
