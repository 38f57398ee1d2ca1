#!/usr/bin/env bash
# shellcheck disable=SC2015,SC2016
# 从头到尾真的走一遍，网是断的：在这台 Debian 12 的一份副本里（另起的挂载、网络、进程空间，盘上什么也不留下），
# 从箱子装起 → nginx（https）→ gunicorn 两份、不同端口 → PostgreSQL；登录、报送带 15 MB 的材料、杀掉一份 gunicorn、写着的时候备份、
# 毁掉、恢复、比；升级、退回、比；另装一台 SQLite 的，照说明里的几行换成 PostgreSQL，再升级。
#   bash deploy/tests/end_to_end.sh 箱子.tar.gz [更新的箱子.tar.gz]
# 要 root，机器上要有 nginx、PostgreSQL 15 的程序、openssl、curl。
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bundle=$(realpath "$1")
newer=$(realpath "${2:-$1}")

if [ "${INSIDE:-}" != yes ]; then
  room=$(mktemp -d)
  trap 'rmdir "$room"' EXIT
  # 挂载随这个命名空间一起消失。
  INSIDE=enter ROOM=$room unshare --mount --net --pid --fork --propagation private bash -c '
    set -e
    mount -t tmpfs -o size=6g tmpfs "$ROOM"
    mkdir -p "$ROOM"/up "$ROOM"/work "$ROOM"/root
    mount -t overlay overlay -o "lowerdir=/,upperdir=$ROOM/up,workdir=$ROOM/work" "$ROOM/root"
    mount -t proc proc "$ROOM/root/proc"
    mount --rbind /dev "$ROOM/root/dev"
    mount -t tmpfs tmpfs "$ROOM/root/tmp"
    mount -t tmpfs tmpfs "$ROOM/root/run"
    cp "$1" "$ROOM/root/tmp/bundle.tar.gz"
    cp "$2" "$ROOM/root/tmp/newer.tar.gz"
    cp -r "$3" "$ROOM/root/tmp/tests"
    ip link set lo up
    exec env -i INSIDE=yes PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
      chroot "$ROOM/root" bash /tmp/tests/end_to_end.sh /tmp/bundle.tar.gz /tmp/newer.tar.gz
  ' _ "$bundle" "$newer" "$here"
  exit
fi

# ── 以下在副本里 ──
host=ledger.example.internal
step() { printf '\n==== %s（第 %d 秒）\n' "$*" "$SECONDS"; }
fail() {
  printf '!!!! %s\n' "$*"
  tail -n 40 /var/log/yingshang/*.log 2>/dev/null || true
  exit 1
}
manage() { (cd /srv/yingshang/current && runuser -u yingshang -- .venv/bin/python manage.py "$@"); }
as_owner() { DATABASE_URL=$(sed -n 's/^DATABASE_URL=//p' /etc/yingshang/owner.env) manage "$@"; }
serve() { # 照服务单元里的那条，换端口
  local words
  words=$(sed -n 's/^ExecStart=\S*gunicorn //p' /etc/systemd/system/yingshang.service | sed "s/127.0.0.1:8001/127.0.0.1:$1/; s/--workers 4/--workers 2/")
  # shellcheck disable=SC2086
  (cd /srv/yingshang/current && exec runuser -u yingshang -- .venv/bin/gunicorn $words --pid "/tmp/gunicorn-$1.pid") >>/var/log/yingshang/app.log 2>&1 &
  for _ in $(seq 100); do curl -fsS -o /dev/null "http://127.0.0.1:$1/healthz" 2>/dev/null && return; sleep 0.3; done
  fail "端口 $1 的一份没有起来"
}
stop_serving() { for port in 8001 8002; do [ -f /tmp/gunicorn-$port.pid ] && kill "$(cat /tmp/gunicorn-$port.pid)" 2>/dev/null; done; sleep 2; }
digest() { as_owner shell -c "$(cat /tmp/tests/digest.py)" | tail -n 1; }
files() { (cd /var/lib/yingshang/files 2>/dev/null && find . -type f -print0 | sort -z | xargs -0 -r sha256sum); }

curl -sS -m 2 http://198.51.100.1/ >/dev/null 2>&1 && fail "网没有断"
rm -rf /srv/yingshang /etc/yingshang /var/lib/yingshang /var/backups/yingshang /var/log/yingshang

step "PostgreSQL（副本里自己的一套）"
mkdir -p /run/postgresql && chown postgres /run/postgresql
runuser -u postgres -- /usr/lib/postgresql/15/bin/initdb -D /tmp/pg -A scram-sha-256 --auth-local=peer -E UTF8 --no-sync >/dev/null
runuser -u postgres -- /usr/lib/postgresql/15/bin/pg_ctl -D /tmp/pg -w -l /tmp/pg.log -o "-k /run/postgresql -c fsync=off" start >/dev/null

step "从箱子装（网是断的）"
mkdir /root/one && tar -C /root/one -xzf /tmp/bundle.tar.gz
cd /root/one/yingshang-*/
bash deploy/install.sh --host $host --postgres | tee /tmp/install.out || fail "没有装上"
password=$(sed -n 's/.*登录名 admin1，密码 \(\S*\)（.*/\1/p' /tmp/install.out)
[ -n "$password" ] || fail "没有印出第一个管理员"

step "再运行一次：做好的不再做"
before=$(digest)
bash deploy/install.sh --host $host --postgres >/tmp/install2.out || fail "第二次没有成"
grep -q "已经装好" /tmp/install2.out && grep -q "已有管理员" /tmp/install2.out || fail "第二次又做了一遍"
[ "$before" = "$(digest)" ] || fail "第二次动了库"

step "改设置，句句回车：主人、组、权限照旧，服务读得到"
kept=$(cat /etc/yingshang/env)
printf '\n\n\n\n\n\n\n' | python3 /srv/yingshang/current/deploy/configure.py /etc/yingshang/env || fail "没有写成"
[ "$(stat -c '%U:%G %a' /etc/yingshang/env)" = "root:yingshang 640" ] || fail "换了主人：$(ls -l /etc/yingshang/env)"
[ "$kept" = "$(cat /etc/yingshang/env)" ] || fail "句句回车，设置却变了"
manage check || fail "改过设置，命令就不能用了"
chown root:root /etc/yingshang/env
if manage check 2>/tmp/refused; then fail "读不了设置却没有说"; fi
grep -q "/etc/yingshang/env 读不了" /tmp/refused || fail "读不了设置，说的是：$(cat /tmp/refused)"
chown root:yingshang /etc/yingshang/env

step "程序用的角色改不了操作记录"
url=$(sed -n 's/^DATABASE_URL=//p' /etc/yingshang/env)
for sql in "DELETE FROM tasks_event" "UPDATE tasks_event SET note = ''" "TRUNCATE tasks_event" "DROP TABLE tasks_event" "CREATE TABLE mine (n int)" "DELETE FROM django_migrations"; do
  psql -X -q "$url" -c "$sql" >/dev/null 2>/tmp/refused && fail "$sql 竟然可以"
  grep -qE "permission denied|must be owner" /tmp/refused || fail "$sql：$(cat /tmp/refused)"
done
psql -X -q -At "$url" -c "SELECT count(*) FROM pg_class WHERE relowner = 'yingshang_app'::regrole" | grep -qx 0 || fail "程序的角色拥有了什么"

step "nginx → gunicorn 两份 → PostgreSQL"
sed -i 's/server 127.0.0.1:8001 .*/&\n    server 127.0.0.1:8002 fail_timeout=5s;/' /etc/nginx/conf.d/yingshang.conf
nginx
serve 8001
serve 8002
web() { curl -sS -k --resolve "$host:443:127.0.0.1" --resolve "$host:80:127.0.0.1" -b /tmp/jar -c /tmp/jar "$@"; }
[ "$(web -o /dev/null -w '%{http_code} %{redirect_url}' http://$host/)" = "301 https://$host/" ] || fail "http 没有转到 https"
[ "$(web -o /dev/null -w '%{http_code}' https://$host/login/)" = 200 ] || fail "登录页打不开"
web -D - -o /dev/null https://$host/login/ | grep -qi "^strict-transport-security" || fail "没有 HSTS"
style=$(web https://$host/login/ | grep -o '/static/[^"]*\.css' | head -n 1)
web -D /tmp/head -o /dev/null -H 'Accept-Encoding: gzip' "https://$host$style"
grep -qi "^content-encoding: gzip" /tmp/head && grep -qi immutable /tmp/head || fail "静态文件没有压缩、没有缓存"

step "登录、改密、建账户、报送、15 MB 的材料"
python3 /tmp/tests/story.py https://$host "$password" || fail "第一个管理员没有走通"
printf 'Xin-De-Mi-Ma-2026!\n' >/tmp/password && cat /tmp/tests/people.py >/tmp/people.py
as_owner shell -c "exec(open('/tmp/people.py').read())" </tmp/password || fail "方案、账户没有建成"
python3 /tmp/tests/story.py https://$host --report || fail "没有报成"
find /var/lib/yingshang/files -size +14M | grep -q . || fail "材料没有落盘"

step "杀掉一份：另一份接着"
kill -9 -- "$(cat /tmp/gunicorn-8001.pid)"
pkill -9 -P "$(cat /tmp/gunicorn-8001.pid)" 2>/dev/null || true
for _ in $(seq 20); do [ "$(web -o /dev/null -w '%{http_code}' https://$host/login/)" = 200 ] || fail "死了一份，网站就打不开了"; done
sleep 1
serve 8001

step "写着的时候备份"
python3 /tmp/tests/story.py https://$host --load 12 &
loader=$!
sleep 2
manage backup || fail "没有备份成"
wait $loader || fail "备份的时候有请求出错"
manage restore --check /var/backups/yingshang/*.enc || fail "备份不好"

step "停下来再备份一次，毁掉，恢复，比"
cd /
stop_serving
manage backup
backup=$(find /var/backups/yingshang -name '*.enc' | sort | tail -n 1)
before=$(digest) && kept=$(files)
cp "$backup" /etc/yingshang/backup.key /root/
rm -rf /var/lib/yingshang/* /var/backups/yingshang/*
runuser -u postgres -- psql -X -q -c "DROP DATABASE yingshang WITH (FORCE)" -c "CREATE DATABASE yingshang OWNER yingshang_owner" -c "GRANT CONNECT, TEMPORARY ON DATABASE yingshang TO yingshang_app"
runuser -u postgres -- psql -X -q yingshang -c "ALTER SCHEMA public OWNER TO yingshang_owner" -c "GRANT USAGE ON SCHEMA public TO yingshang_app"
cp "/root/$(basename "$backup")" /var/backups/yingshang/ && chown -R yingshang: /var/backups/yingshang
if manage restore "$backup" 2>/tmp/refused; then fail "程序用的角色竟然恢复得了"; fi
grep -q "库的主人的地址" /tmp/refused || fail "恢复要主人，说的是：$(cat /tmp/refused)"
as_owner restore "$backup" || fail "没有恢复"
psql -X -q "$url" -c "DELETE FROM tasks_event WHERE false" 2>/dev/null && fail "恢复以后，操作记录删得掉了"
psql -X -q "$(sed -n 's/^DATABASE_URL=//p' /etc/yingshang/owner.env)" -f /srv/yingshang/current/deploy/postgres/grants.sql
[ "$before" = "$(digest)" ] || fail "恢复的库与原来的不同"
[ "$kept" = "$(files)" ] || fail "恢复的材料与原来的不同"
serve 8001
serve 8002
python3 /tmp/tests/story.py https://$host --look || fail "恢复以后打不开"
stop_serving

if ! cmp -s /tmp/bundle.tar.gz /tmp/newer.tar.gz; then
  mkdir /root/two && tar -C /root/two -xzf /tmp/newer.tar.gz
  cd /root/two/yingshang-*/
  old=$(readlink -f /srv/yingshang/current)
  before=$(digest) && kept=$(files)

  step "升级到一半核对没有通过：自己退回，一行不差"
  if UPGRADE_CHECK=false bash deploy/upgrade.sh; then fail "核对没有通过却升级了"; fi
  [ "$(readlink -f /srv/yingshang/current)" = "$old" ] || fail "没有退回原来的版本"
  [ "$before" = "$(digest)" ] && [ "$kept" = "$(files)" ] || fail "退回以后与原来的不同"

  step "升级"
  bash deploy/upgrade.sh || fail "没有升级成"
  [ "$(readlink -f /srv/yingshang/current)" != "$old" ] || fail "没有换上新版本"
  serve 8001
  python3 /tmp/tests/story.py https://$host --look || fail "升级以后打不开"
  stop_serving

  step "事后退回"
  bash deploy/upgrade.sh --back || fail "没有退回"
  [ "$(readlink -f /srv/yingshang/current)" = "$old" ] || fail "没有退回原来的版本"
  [ "$before" = "$(digest)" ] || fail "退回以后与升级以前的不同"

  step "再退一次：没有可退的，什么也不动"
  if bash deploy/upgrade.sh --back 2>/tmp/refused; then fail "退了两次"; fi
  grep -q "已经退过了" /tmp/refused || fail "说的是：$(cat /tmp/refused)"
  [ "$(readlink -f /srv/yingshang/current)" = "$old" ] && [ "$before" = "$(digest)" ] || fail "第二次退动了东西"
fi

step "另装一台 SQLite 的"
cd /
stop_serving
runuser -u postgres -- psql -X -q -c "DROP DATABASE yingshang WITH (FORCE)" -c "DROP ROLE yingshang_owner" -c "DROP ROLE yingshang_app"
rm -rf /srv/yingshang /etc/yingshang /var/lib/yingshang /var/backups/yingshang /var/log/yingshang
cd /root/one/yingshang-*/
bash deploy/install.sh --host $host >/tmp/install3.out || fail "没有装上"
grep -q "没有写 --postgres，不用做" /tmp/install3.out || fail "少了第四步的话"
if bash deploy/install.sh --host $host --postgres 2>/tmp/refused; then fail "把 SQLite 换成了空的 PostgreSQL"; fi
grep -q "现在用的是 SQLite" /tmp/refused && [ ! -e /etc/yingshang/owner.env ] || fail "说的是：$(cat /tmp/refused)"
as_owner() { manage "$@"; }
counts() { digest | python3 -c 'import json, sys; print(*(f"{name} {rows}" for name, (rows, _) in json.load(sys.stdin).items()), sep=chr(10))'; }
before=$(counts)

step "照 docs/部署.md“三”里的几行换成 PostgreSQL，一字不改"
sed -n '/^### SQLite 换 PostgreSQL/,/^## /p' /srv/yingshang/current/docs/部署.md | sed -n '/^ *```/,/^ *```/p' | grep -v '```' >/tmp/moving.sh
[ "$(grep -c . /tmp/moving.sh)" = 8 ] || fail "没有找到那几行"
bash -ex /tmp/moving.sh >/tmp/moving.out || fail "没有换成：$(cat /tmp/moving.out)"
grep -q "逐格核对相符" /tmp/moving.out && [ "$(tail -n 4 /tmp/moving.out | tr '\n' ' ')" = "GRANT GRANT REVOKE REVOKE " ] || fail "核对的话不对：$(cat /tmp/moving.out)"
[ "$(stat -c '%U:%G %a' /etc/yingshang/owner.env /etc/yingshang/env | tr '\n' ' ')" = "root:root 600 root:yingshang 640 " ] || fail "主人、权限不对"
as_owner() { DATABASE_URL=$(sed -n 's/^DATABASE_URL=//p' /etc/yingshang/owner.env) manage "$@"; }
diff <(echo "$before") <(counts) || fail "换过来的行数与原来的不同"
manage check --deploy --fail-level ERROR || fail "部署检查没有通过"
psql -X -q "$(sed -n 's/^DATABASE_URL=//p' /etc/yingshang/env)" -c "DELETE FROM tasks_event WHERE false" 2>/dev/null && fail "换库以后，操作记录删得掉"
serve 8001
stop_serving

if ! cmp -s /tmp/bundle.tar.gz /tmp/newer.tar.gz; then
  cd /root/two/yingshang-*/
  step "换库以后升级：没有 owner.env 的先说，什么也不动；有的升得上"
  old=$(readlink -f /srv/yingshang/current)
  mv /etc/yingshang/owner.env /root/
  if bash deploy/upgrade.sh 2>/tmp/refused; then fail "没有主人的地址却升级了"; fi
  grep -q "所以没有升级，也没有停服务" /tmp/refused || fail "说的是：$(cat /tmp/refused)"
  [ -z "$(find /var/backups/yingshang -name '*before-upgrade*')" ] && [ "$(readlink -f /srv/yingshang/current)" = "$old" ] || fail "动了东西"
  mv /root/owner.env /etc/yingshang/
  bash deploy/upgrade.sh || fail "没有升级成"
  serve 8001
  stop_serving
fi
step "全都走通了"
