"""日志：一行一个 JSON，不写报送正文与个人信息。"""

import json
import logging


class JsonFormatter(logging.Formatter):
    """把一条日志写成一行 JSON：时间、级别、来源、内容，有异常时带堆栈。"""

    def format(self, record: logging.LogRecord) -> str:
        row = {
            "at": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        row |= getattr(record, "event", {})  # 安全日志的各栏（departments/trail.py）
        if record.exc_info:
            row["trace"] = self.formatException(record.exc_info)
        return json.dumps(row, ensure_ascii=False)
