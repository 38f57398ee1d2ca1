#!/usr/bin/env bash
# 从空的 Debian 12 装到能用 https 登录。可以反复运行：做好的不再做，改了的照新的来。
#   bash deploy/install.sh --host ledger.example.internal [--postgres] [--set 名=值 …]
# --postgres：在本机建 PostgreSQL 的角色与库；不写用 SQLite。--set：给 configure.py 的，如 --set EMAIL_URL=smtp://…
set -euo pipefail
# shellcheck source=deploy/common.sh
. "$(dirname "$0")/common.sh"

host=
postgres=
settings=()
while [ $# -gt 0 ]; do
  case $1 in
  --host | --set) [ $# -ge 2 ] || die "$1 后面少了一样。用法：bash deploy/install.sh --host 主机名 [--postgres] [--set 名=值 …]" ;;&
  --host) host=$2 && shift 2 ;;
  --postgres) postgres=1 && shift ;;
  --set) settings+=(--set "$2") && shift 2 ;;
  *) die "不认得 $1。用法：bash deploy/install.sh --host 主机名 [--postgres] [--set 名=值 …]" ;;
  esac
done
[ "$(id -u)" = 0 ] || die "要以 root 运行（sudo bash deploy/install.sh …）。"
if [ -z "$host" ] && [ -f "$CONFIG_DIR/env" ]; then host=$(sed -n 's/^ALLOWED_HOSTS=\([^,]*\).*/\1/p' "$CONFIG_DIR/env"); fi
[ -n "$host" ] || die "要写主机名：--host ledger.example.internal"

# 现用的是别的库，就不照 --postgres 换成一个空的。
if [ -n "$postgres" ] && [ -f "$CONFIG_DIR/env" ]; then
  using=$(sed -n 's/^DATABASE_URL=//p' "$CONFIG_DIR/env")
  at=$(sed -n 's/^DATA_DIR=//p' "$CONFIG_DIR/env")
  case $using in
  postgres*://yingshang_app:*@127.0.0.1:5432/yingshang) ;;
  "") [ ! -s "${at:-$DATA}/db.sqlite3" ] || die "现在用的是 SQLite（${at:-$DATA}/db.sqlite3），里面有账户；要换成 PostgreSQL，照 docs/部署.md“三”做。什么也没有动。" ;;
  *) die "现在用的是别的库（$CONFIG_DIR/env 里的 DATABASE_URL）：--postgres 会换成一个空的。不写 --postgres 再运行。什么也没有动。" ;;
  esac
fi

check_host() {
  local wrong
  wrong=$("$python" -B -c 'import sys; sys.path.insert(0, sys.argv[1]); import configure; print(configure.host(sys.argv[2]) or "")' "$SOURCE/deploy" "$host")
  [ -z "$wrong" ] || die "--host 写的“$host”不行：$wrong。什么也没有动。"
}

say "一、核对这一份程序与这台机器"
verify_bundle
# 端口、网址不对的，什么都没有装的时候就说。
taken=$(ports_taken)
[ -z "$taken" ] || die "${taken% } 端口被别的程序占着，nginx 起不来：用 ss -ltnp 看是哪一个（多半是 apache2），停下它，再运行一次。什么也没有动。"
python=$(find_python 2>/dev/null) || python=
[ -z "$python" ] || check_host
wanted=()
command -v nginx >/dev/null || wanted+=(nginx)
command -v openssl >/dev/null || wanted+=(openssl)
command -v curl >/dev/null || wanted+=(curl)
python3 -c 'import ensurepip' 2>/dev/null || wanted+=(python3 python3-venv)
if [ -n "$postgres" ] && ! command -v psql >/dev/null; then wanted+=(postgresql); fi
if [ ${#wanted[@]} -gt 0 ]; then
  apt-get install -y -q --no-install-recommends "${wanted[@]}" || die "装不了 ${wanted[*]}：不联网的机器请先从系统的安装盘装好它们。"
fi
if [ -z "$python" ]; then
  python=$(find_python)
  check_host
fi
[ "$(df --output=avail -k /srv | tail -n 1)" -gt 1048576 ] || die "/srv 所在的盘剩下不到 1 GB。"

say "二、服务的用户与目录"
id yingshang >/dev/null 2>&1 || useradd --system --home-dir "$DATA" --no-create-home --shell /usr/sbin/nologin yingshang
install -d -m 0755 "$HOME_DIR" "$HOME_DIR/releases"
install -d -m 0750 -o root -g yingshang "$CONFIG_DIR"
install -d -m 0700 -o yingshang -g yingshang "$DATA" "$BACKUPS" "$LOGS"

say "三、程序 $(version_of "$SOURCE")"
release=$HOME_DIR/releases/$(version_of "$SOURCE")
place_release "$release"

if [ -f "$CONFIG_DIR/owner.env" ]; then
  say "四、PostgreSQL 的角色与库已经有了"
elif [ -z "$postgres" ]; then
  say "四、PostgreSQL：没有写 --postgres，不用做"
else
  say "四、PostgreSQL 的角色与库"
  owner=$(openssl rand -hex 24)
  app=$(openssl rand -hex 24)
  (cd / && runuser -u postgres -- psql -X -q -v owner_password="$owner" -v app_password="$app" -f - <"$SOURCE/deploy/postgres/roles.sql") \
    || die "角色与库没有建成：PostgreSQL 启动了吗（systemctl start postgresql）？"
  (umask 077 && echo "DATABASE_URL=postgres://yingshang_owner:$owner@127.0.0.1:5432/yingshang" >"$CONFIG_DIR/owner.env")
  settings+=(--set "DATABASE_URL=postgres://yingshang_app:$app@127.0.0.1:5432/yingshang")
fi

say "五、设置 $CONFIG_DIR/env"
"$python" "$SOURCE/deploy/configure.py" "$CONFIG_DIR/env" --yes --set "HOST=$host" "${settings[@]}"
chown root:yingshang "$CONFIG_DIR/env"
chmod 0640 "$CONFIG_DIR/env"
if [ -f "$CONFIG_DIR/backup.key" ]; then
  chown root:yingshang "$CONFIG_DIR/backup.key"
  chmod 0640 "$CONFIG_DIR/backup.key"
fi

prepare_folders

say "六、建库、静态文件、第一个管理员"
manage_as_owner "$release" migrate --verbosity 0
grant "$release"
(cd "$release" && .venv/bin/python manage.py collectstatic --noinput --verbosity 0)
admin=$(manage "$release" first_admin)
printf '%s\n' "$admin"
switch_to "$release" || die "没有换上 $(basename "$release")：看上面说的（盘满了？），改好再运行一次。"

say "七、nginx 与证书"
if [ ! -f "$CONFIG_DIR/tls.key" ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 825 -subj "/CN=$host" -addext "subjectAltName=DNS:$host" \
    -keyout "$CONFIG_DIR/tls.key" -out "$CONFIG_DIR/tls.crt" 2>/dev/null
  chmod 0600 "$CONFIG_DIR/tls.key"
  echo "  用的是自己签的证书，浏览器会提醒。有了正式的证书，换掉 $CONFIG_DIR/tls.crt 与 tls.key，再 systemctl reload nginx。"
fi
sed "s/@HOST@/$host/g" "$release/deploy/nginx/yingshang.conf" >/etc/nginx/conf.d/yingshang.conf
if [ -e /etc/nginx/sites-enabled/default ]; then
  rm -f /etc/nginx/sites-enabled/default
  echo "  nginx 自带的欢迎页停用了（/etc/nginx/sites-enabled/default 是个链接，删了；原文件还在 sites-available）。"
fi
nginx -t -q || die "nginx 的配置没有通过，见上面它说的。"

say "八、服务、每天的几件事、日志"
if [ -d /etc/logrotate.d ]; then install -m 0644 "$release/deploy/logrotate.conf" /etc/logrotate.d/yingshang; fi
if has_systemd; then
  systemctl enable --quiet yingshang.socket yingshang.service
  for timer in "$release"/deploy/systemd/*.timer; do systemctl enable --quiet --now "$(basename "$timer")"; done
  systemctl restart yingshang.socket yingshang.service \
    || die "服务没有起来：systemctl status yingshang.socket yingshang 看为什么（8001 端口被占着？），改好再运行一次。"
  systemctl reload-or-restart nginx || die "nginx 没有起来：systemctl status nginx 看为什么（80、443 端口被占着？），改好再运行一次。"
  wait_healthy || die "服务没有起来：看 $LOGS/app.log 的最后几行。"
else
  by_hand
fi

say "九、核对"
manage "$release" check --deploy --fail-level ERROR
case $admin in
*"只显示这一次"*) say "装好了：打开 https://$host/ ，用上面印出的登录名与密码登录（第一次登录须改密码）。" ;;
*) say "装好了：打开 https://$host/ ，用原来的账户登录。" ;;
esac
