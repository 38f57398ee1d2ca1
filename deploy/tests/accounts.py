"""common.sh 用：经 manage.py shell，ACTED 里的演示账户改作一般账户，密码 PASSWORD：DEBUG=0 的时候演示账户登录不了。"""

import os

from django.contrib.auth.hashers import make_password

from departments.models import User

changed = {"is_demo": False, "password": make_password(os.environ["PASSWORD"])}
assert User.objects.filter(username__in=os.environ["ACTED"].split()).update(**changed) == len(
    os.environ["ACTED"].split()
)
