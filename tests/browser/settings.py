"""被测的服务器的设置：就是程序自己的，只有密码散列得轻。

照正式的散列，登录一次要算三分之一秒，这里要登录两百来次；密码怎样存、怎样核，别处的测试看着。
"""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from yingshang.settings import *  # noqa: F403


class Light(PBKDF2PasswordHasher):
    """同一种散列，只算一千遍。"""

    iterations = 1000


PASSWORD_HASHERS = ["tests.browser.settings.Light"]
