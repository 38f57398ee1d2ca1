"""解除某个登录名的锁定。"""

from django.core.management.base import BaseCommand

from departments.lockout import unlock


class Command(BaseCommand):
    help = "解除某个登录名因连续输错密码而来的锁定"

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *args, username, **options):
        done = unlock(username)
        self.stdout.write("已解除。" if done else "这个登录名没有被锁定。")
