#!/usr/bin/env bash
# 与真的 clamd（Debian 的 clamav-daemon）查一遍毒：正式样子的一台，经填报的页面传；unix 套接字、TCP 各一遍。
#   bash deploy/tests/clamd.sh
# 机器上要有 clamd 与 curl（apt-get install clamav-daemon）；病毒库不用下载，这里自己写一条，认 EICAR 的测试串。
# 库、端口、套接字都是临时的，结束时都没有了；不用 root。哪一样与说的不同，退出码 1。
set -euo pipefail
tree=$(realpath "$(dirname "$0")/../..")
cd "$tree"
WORK=$(mktemp -d)
server='' daemon=''
stop() { if [ -n "$1" ]; then kill -TERM "$1" 2>/dev/null && wait "$1" 2>/dev/null || true; fi; }
close() { stop "$server"; stop "$daemon"; rm -rf "$WORK"; }
trap close EXIT
trap 'exit 1' INT TERM
# shellcheck source=deploy/tests/common.sh
. "$tree/deploy/tests/common.sh"
export DATA_DIR=$WORK/data DATABASE_URL=''
settle
step "造数据"
furnish "spzx"
collect
rows=$("$python" manage.py shell --no-imports -c "from deploy.tests import soaked; soaked.choose('$WORK/rows.json')" && cat "$WORK/rows.json")
row=$("$python" -c 'import json, sys; print(next(r["pk"] for r in json.loads(sys.argv[1])["rows"] if r["who"] == "spzx" and not r["sent"]))' "$rows")

mkdir "$WORK/signatures"
EICAR='X5O!P%@AP[4\PZX54(P^)7CC)7}$''EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*' # 公开的测试串，不是病毒；断开写，免得本文件被当成病毒
printf 'Eicar.Test:0:*:%s\n' "$(printf '%s' "$EICAR" | od -An -v -tx1 | tr -d ' \n')" >"$WORK/signatures/local.ndb"
export EICAR
tcp=$(free_port)
cat >"$WORK/clamd.conf" <<CONF
Foreground yes
DatabaseDirectory $WORK/signatures
LocalSocket $WORK/clamd.ctl
TCPSocket $tcp
TCPAddr 127.0.0.1
StreamMaxLength 1M
LogFile $WORK/clamd.log
CONF
start() {
  clamd --config-file="$WORK/clamd.conf" >/dev/null 2>&1 &
  daemon=$!
  for _ in $(seq 100); do [ -S "$WORK/clamd.ctl" ] && return; sleep 0.2; done
  cat "$WORK/clamd.log"
  return 1
}
checked() { CLAMD=$1 "$python" manage.py check --deploy 2>&1 || true; }

clamd --version
for where in "unix:$WORK/clamd.ctl" "127.0.0.1:$tcp"; do
  step "$where"
  start
  port=$(free_port)
  CLAMD=$where serve "$port" "$WORK/app.log"
  "$python" deploy/tests/clamd.py "$port" "$row" on
  [[ $(checked "$where") != *site.E2-clamd* ]] || { echo "!! 连得上，check 却说连不上"; exit 1; }
  stop "$daemon"
  daemon='' && rm -f "$WORK/clamd.ctl"
  "$python" deploy/tests/clamd.py "$port" "$row" off
  [[ $(checked "$where") == *site.E2-clamd* ]] || { echo "!! 停了，check 却没有说"; exit 1; }
  stop "$server"
  server=''
done
step "全都对"
