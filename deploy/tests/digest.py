"""end_to_end.sh 用：经 manage.py shell 印出库里各表的行数与摘要（谁登录着不算）。"""

import json

from django.db import connection

from yingshang.backups import databases

found = databases.current(connection)
for name in ("django_session", "departments_opensession"):
    found.pop(name, None)
print(json.dumps(found, sort_keys=True))
