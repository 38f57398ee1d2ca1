#!/usr/bin/env bash
# 用别人写的网站扫描器（Debian 的 wapiti）扫一遍：DEBUG=0，nginx（照 deploy/nginx 的那一份，https）→ gunicorn 两个进程 → 演示数据。
# 没有登录的、填报人、办公室各一遍，连同攻击不到十分钟；网是断的（另起的网络空间，只有本机回环），什么也不留在盘上。
#   bash deploy/tests/scan.sh [报告放到哪里]
# 要 root，机器上要有 nginx、openssl 与 wapiti（apt-get install nginx openssl wapiti），源代码里有 .venv（make setup）。
# 有 docs/安全.md“扫描”一节没有说明的发现、有 5xx、日志里有出错、安全日志接不上的，退出码 1。
set -euo pipefail
tree=$(realpath "$(dirname "$0")/../..")
reports=$(realpath -m "${1:-/tmp/yingshang-scan}")

if [ "${INSIDE:-}" != yes ]; then
  room=$(mktemp -d)
  trap 'rm -rf "$room"' EXIT
  INSIDE=yes ROOM=$room unshare --net --pid --fork --kill-child --mount-proc bash "$0" "$reports"
  exit
fi

# ── 以下在只有回环的网络里 ──
ip link set lo up
site=https://127.0.0.1
# 爬几秒、每种攻击几秒、一遍至多几秒（到了就出报告）
crawl=${CRAWL_SECONDS:-45} attack=${ATTACK_SECONDS:-8} most=${PASS_SECONDS:-170}
export DATABASE_URL='' DATA_DIR=$ROOM/data HOME=$ROOM WORK=$ROOM
# shellcheck source=deploy/tests/common.sh
. "$tree/deploy/tests/common.sh"
settle
rm -rf "$reports" && mkdir -p "$reports"
cd "$tree"

step "造数据：演示的内容，账户改作一般账户"
furnish "spzx office"
collect
STATIC=$ROOM/static

step "nginx → gunicorn"
serve 8001 "$reports/app.log"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout "$ROOM/tls.key" -out "$ROOM/tls.crt" 2>/dev/null
sed "s|@HOST@|127.0.0.1|; s|/etc/yingshang/|$ROOM/|; s|/srv/yingshang/current/staticfiles/|$STATIC/|; s|/srv/yingshang/current/|$tree/|; /listen \[::\]/d" \
  deploy/nginx/yingshang.conf >"$ROOM/site.conf"
# 扫描器自己会点“退出”，那以后就都是没有登录的了；它的排除（-x）在 Python 3.11 上用不了，在这里挡住。
sed -i 's|^    location / {|    location ~ ^/(logout\|me/elsewhere\|admin/logout)/$ { return 204; }\n&|' "$ROOM/site.conf"
cat >"$ROOM/nginx.conf" <<CONF
user root;
pid $ROOM/nginx.pid;
error_log $reports/nginx-error.log;
events { worker_connections 512; }
http {
    include /etc/nginx/mime.types;
    log_format seen '\$status \$request_method \$request_uri \$upstream_response_time';
    access_log $reports/access.log seen;
    client_body_temp_path $ROOM/body; proxy_temp_path $ROOM/proxy; fastcgi_temp_path $ROOM/fastcgi;
    uwsgi_temp_path $ROOM/uwsgi; scgi_temp_path $ROOM/scgi;
    include $ROOM/site.conf;
}
CONF
nginx -c "$ROOM/nginx.conf" 2>"$reports/nginx-start.log" || { cat "$reports/nginx-start.log"; exit 1; }
curl -fsSk -o /dev/null $site/login/ || { tail -n 30 "$reports/app.log"; exit 1; }

step "扫：没有登录的、填报人、办公室，各一份 JSON"
modules=backup,blindsql,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,methods,permanentxss,redirect,shellshock,sql,ssrf,xss,xxe
# 先登录好：登录的限次照正式的，没有登录的那一遍一猜密码，这个地址就锁了。
for who in spzx office; do "$python" deploy/tests/scanned.py $site $who "$ROOM/$who.json"; done
# 从这些页开始，只往下一层：时间花在主要的几张表单上，不花在一样的几百页上。
pages_of() {
  case $1 in
    spzx) echo month problems coordination measures/7 measures/7/milestones me me/password me/log ;;
    office) echo review review/all periods targets instructions/add problems/add inspections/add remind extensions completions circulars/add publicity milestones assessment log board ;;
    *) echo login help public login/code login/single ;;
  esac
}
for who in nobody spzx office; do
  starts=()
  for path in $(pages_of $who); do starts+=(-s "$site/$path/"); done
  jar=()
  if [ $who != nobody ]; then jar=(-c "$ROOM/$who.json"); fi
  timeout --signal INT --kill-after 90 "$most" env --default-signal=INT wapiti -u $site/ "${starts[@]}" "${jar[@]}" --scope domain -d 1 --max-files-per-dir 6 --max-links-per-page 12 --verify-ssl 0 -t 10 -m $modules -S normal \
    --max-scan-time "$crawl" --max-attack-time "$attack" --max-parameters 40 --store-session "$ROOM/session-$who" \
    --store-config "$ROOM/config" \
    --flush-session --no-bugreport -f json -o "$reports/$who.json" >"$reports/$who.log" 2>&1 < <(yes r) || true
  [ -s "$reports/$who.json" ] || { tail -n 20 "$reports/$who.log"; exit 1; }
  step "$who 扫完：$(wc -l <"$reports/access.log") 次请求"
done

step "结果"
"$python" manage.py verify_log
curl -fsSk -o /dev/null $site/login/
"$python" deploy/tests/scanned.py --sum "$reports"
kill "$(cat "$ROOM/nginx.pid")"
