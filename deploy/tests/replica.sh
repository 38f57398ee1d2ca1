#!/bin/bash
# 真的流复制：一主一备两个 PostgreSQL，同一个进程里看导出从哪里读——跟着、停住、又跟上、断了（连接还留着）、又起来、提成了主库。
# 用法：bash deploy/tests/replica.sh python（装好依赖的解释器）。要 PostgreSQL 14 以上的 initdb、pg_basebackup；以 root 运行时借 postgres 用户。
set -euo pipefail
python=${1:?要一个装好依赖的 python}
tools=$(dirname "$(readlink -f "$(command -v pg_basebackup)")")
[ -x "$tools/initdb" ] || tools=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
where=$(mktemp -d) user=$(id -un)
[ "$(id -u)" != 0 ] || user=postgres
chmod 755 "$where"
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid="$user" --regid="$user" --clear-groups "$@"; else "$@"; fi; }
stop() { as "$tools/pg_ctl" -D "$where/$1" -m fast stop >/dev/null 2>&1 || true; }
trap 'stop standby; stop primary; rm -rf "$where"' EXIT
for part in primary standby; do install -d -o "$user" -m 700 "$where/$part"; done
install -d -m 700 "$where/data"
as "$tools/initdb" -D "$where/primary" -U postgres -A trust >/dev/null
as "$tools/pg_ctl" -D "$where/primary" -o "-p 5561 -k /tmp" -l "$where/primary/log" -w start >/dev/null
as "$tools/pg_basebackup" -h 127.0.0.1 -p 5561 -U postgres -D "$where/standby" -R -X stream
as "$tools/pg_ctl" -D "$where/standby" -o "-p 5562 -k /tmp" -l "$where/standby/log" -w start >/dev/null
createdb -h 127.0.0.1 -p 5561 -U postgres ledger
export DEBUG=1 DATA_DIR="$where/data" BUSINESS_DATE=2023-09-22 SECRET_KEY= EMAIL_URL=
export DATABASE_URL=postgres://postgres@127.0.0.1:5561/ledger TOOLS=$tools STANDBY=$where/standby AS=$user
"$python" manage.py migrate --verbosity 0
"$python" manage.py load_plan
export DATABASE_REPLICA_URL=postgres://postgres@127.0.0.1:5562/ledger
{ "$python" manage.py check --deploy --tag site 2>&1 || true; } | { ! grep site.W009; }
"$python" manage.py shell --verbosity 0 -c "exec(open('deploy/tests/replica.py').read())"
echo "流复制：都对。"
