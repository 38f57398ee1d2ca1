"""重拍 README 的截图：另起一台带演示数据的服务器，用 Chromium 逐页拍，存到 docs/screenshots/。

用法：make screenshots（需要本机有 chromium）。不动 var/ 里的数据。
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "screenshots"
PASSWORD = "Demo-2023"
DESKTOP, PHONE = (1440, 900), (390, 844)
# 文件名：（账户，地址，屏幕，要展开的一行）
SHOTS = {
    "board": ("office", "/board/", DESKTOP, ""),
    "home": ("spzx", "/", DESKTOP, "优化环评流程"),
    "home-phone": ("spzx", "/", PHONE, "优化环评流程"),
    "review": ("office", "first-review", DESKTOP, ""),
    "lead": ("lihuabin", "/lead/", DESKTOP, ""),
}


def main():
    with tempfile.TemporaryDirectory() as data, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        env = os.environ | {"DEBUG": "1", "BUSINESS_DATE": "2023-09-22", "DATA_DIR": data, "DATABASE_URL": ""}
        for args in (["migrate", "--verbosity", "0"], ["load_plan"], ["demo"]):
            subprocess.run([sys.executable, "manage.py", *args], cwd=ROOT, env=env, check=True, capture_output=True)
        command = [sys.executable, "manage.py", "runserver", f"127.0.0.1:{port}", "--noreload"]
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            take_all(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait()


def wait_for(url):
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("服务器没有起来。")


def take_all(url):
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name, (user, where, (width, height), row) in SHOTS.items():
            page = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN").new_page()
            page.goto(f"{url}/login/")
            page.fill("input[name=username]", user)
            page.fill("input[name=password]", PASSWORD)
            page.click("main form button")
            if where == "first-review":
                page.goto(f"{url}/review/")
                page.get_by_role("link", name="从第一条审起").click()
            elif page.goto(url + where).status >= 400:
                raise SystemExit(f"{where} 打不开。")
            if row:
                page.locator("details.task", has_text=row).locator("summary").first.click()
            page.screenshot(path=TARGET / f"{name}.png", full_page=width > 400 and not row)
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
