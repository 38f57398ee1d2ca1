# shellcheck shell=bash
# scan.sh、soak.sh、clamd.sh 公用：在临时目录 $WORK 里造一台正式样子（DEBUG=0，https）的，演示的数据，gunicorn 照服务单元的参数。
# 用以前先设 tree（源代码）、WORK、DATA_DIR、DATABASE_URL。

step() { printf '\n==== %s（第 %d 秒）\n' "$*" "$SECONDS"; }

settle() { # 设置：网址、密钥、密码，都只在这一次用；别处的 .env、环境变量不算
  python=$tree/.venv/bin/python
  export DEBUG=0 EMAIL_URL='' BUSINESS_DATE=2023-09-22 SITE_URL=https://127.0.0.1 TRUSTED_PROXY=127.0.0.1
  export ALLOWED_HOSTS=127.0.0.1 DJANGO_SETTINGS_MODULE=yingshang.settings WORK
  SECRET_KEY=$("$python" -c 'import secrets; print(secrets.token_urlsafe(60))')
  PASSWORD=$("$python" -c 'import secrets; print("Sm9-" + secrets.token_urlsafe(9))')
  export SECRET_KEY PASSWORD
}

furnish() { # 库里：演示的内容；$1 是几个登录名（空格隔开），改作一般账户，密码 $PASSWORD
  DEBUG=1 "$python" manage.py migrate --verbosity 0
  DEBUG=1 "$python" manage.py load_plan >/dev/null
  DEBUG=1 "$python" manage.py demo >/dev/null
  ACTED=$1 "$python" manage.py shell --no-imports -c "exec(open('deploy/tests/accounts.py').read())"
}

collect() { # 静态文件收在 $WORK/static，源代码里不留；$WORK/wsgi.py 照 yingshang.wsgi，只是静态文件在那里
  cat >"$WORK/wsgi.py" <<'PY'
"""照 yingshang.wsgi，静态文件在临时的地方。"""
import os

from django.conf import settings

settings.STATIC_ROOT = os.environ["WORK"] + "/static"
from yingshang.wsgi import application  # noqa: E402, F401
PY
  "$python" - <<'PY'
import os, django
from django.conf import settings
django.setup()
settings.STATIC_ROOT = os.environ["WORK"] + "/static"
from django.core.management import call_command
call_command("collectstatic", "--noinput", verbosity=0)
PY
}

serve() { # 端口 日志：照服务单元里的那条（两个进程）起来，$server 是主进程
  local words
  words=$(sed -n 's/^ExecStart=\S*gunicorn yingshang.wsgi //p' "$tree/deploy/systemd/yingshang.service" | sed "s/127.0.0.1:8001/127.0.0.1:$1/; s/--workers 4/--workers 2/")
  # shellcheck disable=SC2086
  PYTHONPATH=$WORK:$tree "$tree/.venv/bin/gunicorn" wsgi $words >"$2" 2>&1 &
  server=$!
  for _ in $(seq 200); do curl -sS -o /dev/null "http://127.0.0.1:$1/healthz" 2>/dev/null && return; sleep 0.3; done
  tail -n 30 "$2"
  return 1
}

free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
