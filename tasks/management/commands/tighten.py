"""收紧权限：库、材料、备份、设置只有服务的用户读得到。做几次都一样；不跟符号链接，不出数据目录与备份目录。"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from yingshang import modes


class Command(BaseCommand):
    help = "收紧数据目录、备份目录与 .env 的权限（文件 0600、目录 0700），退出码 1 表示有改不了的"

    def handle(self, *args: Any, **options: Any) -> None:
        done, failed = 0, []
        for path, mode in list(modes.wide()):
            is_ours = path != settings.ENV_FILE or not path.is_symlink()
            why = modes.tighten(path) if is_ours else f"它是链接，请以 root 运行 chmod 640 {path.resolve()}"
            if why:
                failed.append(f"{path}（{mode:04o}）：{why}")
            else:
                done += 1
        self.stdout.write(f"收紧了 {done} 个。" if done else "没有要收紧的。")
        if failed:
            self.stderr.write("没有改成：\n" + "\n".join(failed) + "\n请以它的主人或 root 的身份再运行一次。")
            raise SystemExit(1)
