"""两个人同时动手：每件事一个线程、一条数据库连接，一起开始。只在 PostgreSQL 上有意义。"""

import threading

from django.db import connection

from tasks import workflow


def at_the_same_time(calls) -> list:
    """同时做几件事，按次序返回各自的结果；被拒绝的返回那个 Refused，别的错误照常抛出。"""
    calls = list(calls)
    start, results, broken = threading.Barrier(len(calls)), [None] * len(calls), []

    def run(place, call):
        try:
            start.wait()
            results[place] = call()
        except workflow.Refused as refused:
            results[place] = refused
        except Exception as error:
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    return results
