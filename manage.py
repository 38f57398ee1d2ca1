#!/usr/bin/env python
"""Django 的命令行入口。"""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yingshang.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"没有做成：{error}")
    except Exception as error:
        from yingshang import trouble

        # 装得不对、机器出了问题的，一句话就够；要看全的加 --traceback。
        why = trouble.said(error)
        if not why or "--traceback" in sys.argv:
            raise
        sys.exit(f"没有做成：{why}\n（{str(error).strip().splitlines()[0]}）")


if __name__ == "__main__":
    main()
