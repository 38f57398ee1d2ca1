"""scanned.py、soak.py 用：程序的日志里哪一行是出了错。"""

KILLED = "was sent SIGKILL!"  # gunicorn 说自己的一个进程被杀了


def is_error(line):
    """出了错的一行（不收、没有权限是照章答的，不算）。"""
    if line.startswith("{"):  # 程序自己的，一行一个 JSON
        return '"level": "ERROR"' in line or '"level": "CRITICAL"' in line
    return "Traceback" in line or "[CRITICAL]" in line or "[ERROR]" in line
