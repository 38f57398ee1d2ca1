"""上传的表格多大能读，读不了怎么说。"""

from __future__ import annotations

from dataclasses import dataclass


class Unreadable(Exception):
    """整份文件不能读：`message` 说明原因，并告诉上传的人怎么办。"""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Limits:
    """上传文件的限额；默认值够 21 项的方案用上百倍。"""

    file_bytes: int = 2 * 1024 * 1024
    unpacked_bytes: int = 5 * 1024 * 1024
    rows: int = 2000
    title_length: int = 200
    text_length: int = 10_000
    deadline_length: int = 100
    converts: bool = False  # 旧格式用 LibreOffice 转换后再读
