#!/usr/bin/env bash
# 长跑：正式样子（DEBUG=0）的一台，gunicorn 两个进程，十个人不停地用，每分钟杀掉一个进程；SQLite 一台，给了库的 PostgreSQL 一台，同时跑。
#   bash deploy/tests/soak.sh [报告放到哪里] [postgres://postgres@127.0.0.1:5432]
# 第二个是建得了库的 PostgreSQL 地址（不带库名），不给的只跑 SQLite。MINUTES 跑几分钟（默认 30），RATE 每台每秒约几次请求（默认 4，想的时间照它算，忙的机器上少些）。
# 只用本机回环；数据、库都是临时的，结束时都没有了。不用 root；机器上要有 curl，PostgreSQL 的另要 psql。源代码里有 .venv（make setup）。
# 没有成的请求只能是被杀的那个进程手上的；另有没有成的、少了报送、日志有出错、日志的链接不上、灯与从头判的不同、
# 内存、描述符、连接不平稳的，退出码 1。规矩写在 soak.py 开头。
set -euo pipefail
tree=$(realpath "$(dirname "$0")/../..")
reports=$(realpath -m "${1:-/tmp/yingshang-soak}")
postgres=${2:-}
cd "$tree"

if [ -z "${ENGINE:-}" ]; then
  rm -rf "$reports" && mkdir -p "$reports"
  runs=()
  for engine in sqlite ${postgres:+postgresql}; do
    ENGINE=$engine bash "$0" "$reports" "$postgres" >"$reports/$engine.txt" 2>&1 &
    runs+=($!)
  done
  trap 'kill "${runs[@]}" 2>/dev/null || true' INT TERM
  failed=0
  for run in "${runs[@]}"; do
    code=0 && wait "$run" || code=$?
    while [ $code -gt 128 ] && kill -0 "$run" 2>/dev/null; do code=0 && wait "$run" || code=$?; done # 叫停的信号打断的，接着等它收拾好
    [ $code = 0 ] || failed=1
  done
  cat "$reports"/*.txt
  exit $failed
fi

# ── 以下一种库一份 ──
WORK=$(mktemp -d)
server='' people_at='' name=yingshang_soak_$$
close() {
  for each in $people_at $server; do kill -TERM "$each" 2>/dev/null && wait "$each" 2>/dev/null || true; done
  if [ "$ENGINE" = postgresql ]; then psql -X -q "$postgres/postgres" -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" || true; fi
  rm -rf "$WORK"
}
trap close EXIT
trap 'exit 1' INT TERM
# shellcheck source=deploy/tests/common.sh
. "$tree/deploy/tests/common.sh"
export DATA_DIR=$WORK/data DATABASE_URL=''
if [ "$ENGINE" = postgresql ]; then
  psql -X -q "$postgres/postgres" -c "CREATE DATABASE $name ENCODING 'UTF8' TEMPLATE template0"
  DATABASE_URL=$postgres/$name
fi
settle
people="spzx kjcxb jjfzb cwb office lihuabin admin auditor"
step "$ENGINE：造数据"
furnish "$people"
collect
manage() { "$python" manage.py "$@"; }
manage shell --no-imports -c "from deploy.tests import soaked; soaked.choose('$WORK/rows.json')"
port=$(free_port)
serve "$port" "$WORK/app.log"
step "$ENGINE：跑 ${MINUTES:-30} 分钟"
failed=0
# 放在后面等：前面跑着的，叫停的信号要等它跑完才理会。
"$python" deploy/tests/soak.py "$port" "$server" "$WORK" "$people" ${DATABASE_URL:+"$postgres" "$name"} &
people_at=$!
wait "$people_at" || failed=1
people_at=''
step "$ENGINE：核对"
manage shell --no-imports -c "from deploy.tests import soaked; soaked.compare('$WORK/done.json')" || failed=1
manage verify_log || failed=1
manage rejudge --check || failed=1
kill -TERM "$server" && wait "$server" || true
server=''
"$python" deploy/tests/soak.py --log "$WORK" || failed=1
cp "$WORK/app.log" "$reports/$ENGINE-app.log"
cp "$WORK/requests.jsonl" "$reports/$ENGINE-requests.jsonl"
if [ $failed = 0 ]; then echo "$ENGINE：全都对"; else echo "!! $ENGINE：有不对的"; fi
exit $failed
