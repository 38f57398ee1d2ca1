# shellcheck shell=bash disable=SC2034
# install.sh 与 upgrade.sh 共用的几步。装在哪里都写在这里。

HOME_DIR=/srv/yingshang        # 程序：releases/版本/，current 指着现用的一版
CONFIG_DIR=/etc/yingshang      # env、owner.env（库的主人的地址）、tls.crt、tls.key、backup.key
DATA=/var/lib/yingshang
BACKUPS=/var/backups/yingshang
LOGS=/var/log/yingshang
UNITS=/etc/systemd/system
WEB_PORTS="80 443"
SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export LC_ALL=C.UTF-8
umask 022 # 程序与静态文件谁都可以读；要保密的几样各自写明

say() { printf '%s\n' "── $*"; }
die() {
  printf '%s\n' "没有做成：$*" >&2
  exit 1
}

# 有没有 systemd 在管服务：在 chroot、容器里没有，那就只摆好文件，由人启动。
has_systemd() { [ -d /run/systemd/system ]; }

# 这一份程序的版本：装箱时写在 VERSION 里；从源代码直接装的，取 CHANGELOG 的版本。
version_of() {
  if [ -f "$1/VERSION" ]; then cat "$1/VERSION"; else
    sed -n 's/^## \[\([0-9.]*\)\].*/\1-src/p' "$1/CHANGELOG.md" | head -n 1
  fi
}

# 装箱的那一份一个字节也没有变。
verify_bundle() {
  # 已经装在 /srv 里的一版没有箱里的 wheels，只有 root 改得了，不再核对：改了设置以后可以就地再运行 install.sh。
  if [ ! -f "$SOURCE/SHA256SUMS" ] || [ -f "$SOURCE/.complete" ]; then return 0; fi
  (cd "$SOURCE" && sha256sum --quiet --strict -c SHA256SUMS) || die "这一份程序与 SHA256SUMS 不符：没有拷完整，或被改动过。请重新拷来。"
}

find_python() {
  for name in python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      command -v "$name"
      return
    fi
  done
  die "要 Python 3.11 以上（python3 --version 看现在的）。Debian 12 自带；别的系统见 docs/部署.md。"
}

# 要给 nginx 的端口，哪几个被别的程序占着。nginx 自己占着的不算：它只占着 80，443 照样可能是别人的。
ports_taken() {
  local port
  for port in $WEB_PORTS; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && ! held_by_nginx "$port"; then printf '%s ' "$port"; fi
  done
}

held_by_nginx() { ss -ltnpH "sport = :$1" 2>/dev/null | grep -q '"nginx"'; } # 端口

# 把这一份程序放成一个版本，建虚拟环境，装依赖（带校验值；箱里有 wheels 的不联网）。装好的不再装。
place_release() {
  local where=$1 python
  if [ -f "$where/.complete" ]; then
    say "$where 已经装好"
    return
  fi
  python=$(find_python)
  rm -rf "$where"
  mkdir -p "$where"
  tar -C "$SOURCE" --exclude=./.git --exclude=./.venv --exclude=./.env --exclude=./var --exclude=./wheels --exclude='*/__pycache__' -cf - . | tar -C "$where" -xf -
  "$python" -m venv "$where/.venv" || die "建不了虚拟环境：请先装 python3-venv。"
  local from=()
  [ -d "$SOURCE/wheels" ] && from=(--no-index --find-links "$SOURCE/wheels")
  "$where/.venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes "${from[@]}" -r "$where/requirements.txt" \
    || die "依赖没有装上（见上面 pip 说的）。不联网的机器请用 make bundle 做的那一份，Python 的版本须在它支持的之列。"
  ln -sfn "$CONFIG_DIR/env" "$where/.env"
  "$where/.venv/bin/python" -m compileall -q "$where/yingshang" "$where/departments" "$where/tasks"
  chown -R root:root "$where"
  chmod -R go-w "$where"
  touch "$where/.complete"
}

# 以服务的用户、用某一版的程序运行一条管理命令：manage 版本目录 命令 …
manage() {
  local where=$1
  shift
  (cd "$where" && runuser -u yingshang -- .venv/bin/python manage.py "$@")
}

# 要改库的（migrate、恢复）：以库的主人的身份。没有分角色的（SQLite 等）与平常一样。
manage_as_owner() {
  local url=
  [ -f "$CONFIG_DIR/owner.env" ] && url=$(sed -n 's/^DATABASE_URL=//p' "$CONFIG_DIR/owner.env")
  if [ -n "$url" ]; then DATABASE_URL=$url manage "$@"; else manage "$@"; fi
}

# 改库的角色改得了库没有：换到 PostgreSQL 而没有写 owner.env 的改不了。
can_alter() { # 版本目录
  manage_as_owner "$1" shell --verbosity 0 -c \
    'import sys; from django.db import connection; from yingshang.backups import databases; sys.exit(databases.why_not_alter(connection) or 0)'
}

# 改过库之后，程序用的角色照旧只有那几样权限。
grant() {
  local url
  [ -f "$CONFIG_DIR/owner.env" ] || return 0
  url=$(sed -n 's/^DATABASE_URL=//p' "$CONFIG_DIR/owner.env")
  psql -X -q "$url" -f "$1/deploy/postgres/grants.sql" || die "数据库的权限没有设好。"
}

# 没有 systemd 的机器上，服务由人启动、由人停下。
by_hand() { echo "  这里没有 systemd：$*请自己启动 nginx，并以 yingshang 的身份在 $HOME_DIR/current 里运行 yingshang.service 里的那条 gunicorn。"; }

# 有没有人答：答有毛病（503）的也是在运行。
is_answering() { curl -sS -m 5 -o /dev/null http://127.0.0.1:8001/healthz 2>/dev/null; }

# 好不好。每天的几件事没有做成的（nightly）照说，但不算：那是以前的事，不是这一次弄坏的，退回去也不会好。
is_healthy() {
  local said
  said=$(curl -sS -m 5 http://127.0.0.1:8001/healthz 2>/dev/null) || return 1
  [ -n "$said" ] || return 1
  if grep -qv -e '^ok$' -e '^nightly: ' <<<"$said"; then return 1; fi
  [ "$said" = ok ] || printf '  %s\n' "服务起来了；另外：$said（可以现在就做：systemctl start yingshang-nightly）"
}

# 没有 systemd 的，停不下别人启动的服务：还在答，就不能接着做。
must_be_stopped() {
  if ! has_systemd && is_answering; then die "这里没有 systemd，而 127.0.0.1:8001 上的服务还在答：请先自己停下它，再运行一次。什么也没有动。"; fi
}

stop_service() { if has_systemd; then systemctl stop yingshang.service yingshang.socket; fi; }
start_service() { if has_systemd; then systemctl start yingshang.socket yingshang.service; fi; }

# 服务起来了没有：最多等半分钟。没有 systemd 的看不了，由人启动后再看。
wait_healthy() {
  has_systemd || return 0
  for _ in $(seq 30); do
    is_healthy && return 0
    sleep 1
  done
  return 1
}

# 设置里的一项；没有写的用给的默认。
setting() { # 名 默认
  local found=
  [ ! -f "$CONFIG_DIR/env" ] || found=$(sed -n "s/^$1=//p" "$CONFIG_DIR/env" | tail -n 1)
  case $found in \"*\" | \'*\') found=${found:1:-1} ;; esac # 加了引号的，程序也认
  printf '%s\n' "${found:-$2}"
}

# 数据、备份放在哪里，一行一处。
folders() {
  setting DATA_DIR "$DATA"
  backup_folder
}

# 没有写的，程序放在数据目录里（settings.py）。
backup_folder() { setting BACKUP_DIR "$(setting DATA_DIR "$DATA")/backups"; }

# 数据、备份的目录都有，服务写得进。
prepare_folders() {
  local folder
  while read -r folder; do
    [ -d "$folder" ] || install -d -m 0700 -o yingshang -g yingshang "$folder" || die "建不了目录 $folder。"
    runuser -u yingshang -- test -w "$folder" || die "$folder 服务写不进去：chown yingshang: $folder，再运行一次。"
  done < <(folders)
}

# 摆好服务的单元。单元里只放行默认的几处；数据、备份放在别处的，另加一段，否则服务、每天的备份写不进去。
place_units() { # 版本目录
  local folder unit extra=
  [ -d "$UNITS" ] && [ -d "$1/deploy/systemd" ] || return 0
  install -m 0644 "$1"/deploy/systemd/* "$UNITS/" || return 1
  while read -r folder; do
    case $folder in "$DATA" | "$BACKUPS") ;; *) extra+=" \"-${folder//%/%%}\"" ;; esac
  done < <(folders)
  for unit in "$1"/deploy/systemd/*.service; do
    unit=$UNITS/$(basename "$unit").d
    if [ -z "$extra" ]; then
      rm -f "$unit/folders.conf"
    else
      mkdir -p "$unit" || return 1
      printf '# 由 install.sh、upgrade.sh 照 env 里的 DATA_DIR、BACKUP_DIR 写。\n[Service]\nReadWritePaths=%s\n' "${extra# }" >"$unit/folders.conf" || return 1
    fi
  done
}

# 换到一版：程序与服务的单元一起换，起来时用的就是那一版的；退回也一样。
# 一步不成就是没有换成：升级在 if 里叫它，set -e 不管用，要自己说。
switch_to() { # 版本目录
  ln -sfn "$1" "$HOME_DIR/current.new" &&
    mv -T "$HOME_DIR/current.new" "$HOME_DIR/current" &&
    place_units "$1" &&
    { ! has_systemd || systemctl daemon-reload; }
}
