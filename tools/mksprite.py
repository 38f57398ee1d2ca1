"""生成图标集 static/icons.svg，并更新许可文件与 static/vendor.json。

只在增减图标或升级图标库时运行，产物入库，平时与部署都不需要它：

    1. 在临时目录里取图标包：npm pack lucide-static@1.62.0
    2. 在项目根目录运行：python tools/mksprite.py 临时目录/lucide-static-1.62.0.tgz
    3. 跑 tests/test_vendor.py，连同产物一起提交。

只取 NAMES 里的图标；每个成为一个 <symbol>，页面用 {% icon "名称" %} 引用。
"""

import hashlib
import json
import re
import sys
import tarfile
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
NAMES = [
    "alert-triangle",
    "bell",
    "calendar",
    "check",
    "chevron-left",
    "chevron-right",
    "circle-help",
    "clock",
    "copy",
    "corner-up-left",
    "download",
    "eye",
    "file-text",
    "filter",
    "flag",
    "history",
    "link",
    "list",
    "lock",
    "message-square",
    "paperclip",
    "pencil",
    "plus",
    "printer",
    "rotate-ccw",
    "search",
    "send",
    "stamp",
    "undo-2",
    "unlock",
    "upload",
    "user",
    "users",
    "x",
]
LICENSE = "vendor/lucide/LICENSE"


def symbol(name: str, svg: str) -> str:
    """一个图标文件换成一个 symbol：去掉注释与外层属性，线条样式由样式表给。"""
    body = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.S)[1]
    body = re.sub(r"\s+", " ", body).replace(" />", "/>").replace("> <", "><").strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>'


def sprite(archive: tarfile.TarFile) -> str:
    symbols = [symbol(name, read(archive, f"icons/{name}.svg")) for name in NAMES]
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""])


def read(archive: tarfile.TarFile, path: str) -> str:
    return archive.extractfile(f"package/{path}").read().decode()


def main(package: str) -> None:
    with tarfile.open(package) as archive:
        about = json.loads(read(archive, "package.json"))
        (STATIC / "icons.svg").write_text(sprite(archive), "utf-8")
        (STATIC / LICENSE).parent.mkdir(parents=True, exist_ok=True)
        (STATIC / LICENSE).write_text(read(archive, "LICENSE"), "utf-8")
    files = {path: hashlib.sha256((STATIC / path).read_bytes()).hexdigest() for path in ("icons.svg", LICENSE)}
    entry = {
        "name": "lucide",
        "version": about["version"],
        "license": "ISC AND MIT",
        "license_file": LICENSE,
        "source": about["name"],
        "sha256": hashlib.sha256(Path(package).read_bytes()).hexdigest(),
        "files": files,
    }
    (STATIC / "vendor.json").write_text(json.dumps([entry], indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
