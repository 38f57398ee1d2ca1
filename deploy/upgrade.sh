#!/usr/bin/env bash
# 升级：在新的一份程序里运行（sudo bash deploy/upgrade.sh）。先备份，再改库、核对、换上；有一步不对，就退回原来的版本与原来的库。
#   --back：升级之后又想退回去。升级以后写的东西会没有（退以前另存一份）。
set -euo pipefail
# shellcheck source=deploy/common.sh
. "$(dirname "$0")/common.sh"

[ "$(id -u)" = 0 ] || die "要以 root 运行（sudo bash deploy/upgrade.sh）。"
[ -e "$HOME_DIR/current" ] || die "这台机器还没有装过：请用 deploy/install.sh。"

# 最近的一份升级以前的备份：在设置里写的那个目录找，BACKUP_DIR 可以在别的盘。
newest_backup() {
  { find -H "$(backup_folder)" -maxdepth 1 -name 'yingshang-*-before-upgrade.tar.gz*' 2>/dev/null || true; } | sort | tail -n 1
}

# 上一次升级是从哪一版来的、升级以前的备份是哪一份：退只能退到那里，而且只能退一次。
remember() { # 旧版本目录 备份
  printf '%s\n' "$2" >"$HOME_DIR/previous.backup"
  ln -sfn "$1" "$HOME_DIR/previous"
}

# 退回：用新版本的程序（它懂备份）把库放回升级以前，再换回旧版本。
go_back() { # 新版本目录 旧版本目录 备份
  say "退回 $(basename "$2")"
  stop_service
  manage_as_owner "$1" restore "$3" --replace --no-backup || die "库没有放回去！备份在 $3，请不要再动，联系懂的人。"
  grant "$1"
  switch_to "$2" || die "库放回去了，程序没有换回 $(basename "$2")：看上面说的（盘满了？），改好以后 ln -sfn $2 $HOME_DIR/current，再启动服务。"
  start_service
  has_systemd || by_hand
  wait_healthy || die "退回了，但服务没有起来：看 $LOGS/app.log。"
}

if [ "${1:-}" = --back ]; then
  # 要退的一样样先看好，才动第一样。
  new=$(readlink -f "$HOME_DIR/current")
  [ -L "$HOME_DIR/previous" ] || die "没有可退的版本（没有升级过，或已经退过了）。什么也没有动。"
  old=$(readlink -f "$HOME_DIR/previous")
  [ -x "$old/.venv/bin/python" ] || die "没有可退的版本：$old 已经不在了。什么也没有动。"
  [ "$old" != "$new" ] || die "没有可退的版本：现在用的就是 $(basename "$old")。什么也没有动。"
  backup=$(cat "$HOME_DIR/previous.backup" 2>/dev/null || newest_backup)
  [ -n "$backup" ] && [ -f "$backup" ] || die "升级以前的备份不在了（${backup:-一份也没有}）。什么也没有动。"
  must_be_stopped
  can_alter "$new" || die "库退不回去（见上面）。什么也没有动。"
  if [ -t 0 ]; then
    echo "退回 $(basename "$old")，库换成 $(basename "$backup")：升级以后写的全都没有了（另存一份）。只能退一次。"
    read -r -p "确要退回，打 yes 再回车：" typed
    [ "$typed" = yes ] || die "没有打 yes。什么也没有动。"
  fi
  stop_service
  if ! manage "$new" backup --why before-going-back; then
    start_service
    die "没有备份成，所以没有退。服务照现在的版本起来了。"
  fi
  go_back "$new" "$old" "$backup"
  rm -f "$HOME_DIR/previous" "$HOME_DIR/previous.backup"
  say "退回了：现在是 $(basename "$old")，库是升级以前的。"
  exit 0
fi

say "一、核对这一份程序"
verify_bundle
old=$(readlink -f "$HOME_DIR/current")
new=$HOME_DIR/releases/$(version_of "$SOURCE")
[ "$old" != "$new" ] || die "现在用的就是 $(basename "$new")，不用升级。"

say "二、装 $(basename "$new")（服务照常）"
place_release "$new"
(cd "$new" && .venv/bin/python manage.py collectstatic --noinput --verbosity 0)
manage "$new" showmigrations --plan >/dev/null || die "新版本读不了现在的库，没有动它。"
can_alter "$new" || die "改不了库（见上面），所以没有升级，也没有停服务。$CONFIG_DIR/owner.env 里要有库的主人的地址，怎么写见 docs/部署.md“三”。"
must_be_stopped

say "三、停下服务，备份"
before=$(newest_backup)
stop_service
if ! manage "$new" backup --why before-upgrade; then
  start_service
  die "没有备份成，所以没有升级。服务照旧版本起来了。"
fi
backup=$(newest_backup)
if [ -z "$backup" ] || [ "$backup" = "$before" ]; then
  start_service
  die "刚做的备份找不到，所以没有升级。服务照旧版本起来了。"
fi
if ! manage "$new" restore --check "$backup"; then
  start_service
  die "备份核对没有通过，所以没有升级。服务照旧版本起来了。"
fi

say "四、改库、核对、换上"
step=
upgrade() {
  step=改库 && manage_as_owner "$new" migrate --verbosity 0 &&
    step=权限 && grant "$new" &&
    step=核对改库 && manage "$new" migrate --check >/dev/null &&
    step=收紧权限 && { manage "$new" tighten || true; } && # 收不紧的 check 会点名，不为它退回
    step=核对判好的灯 && manage "$new" rejudge --check &&
    step=部署检查 && manage "$new" check --deploy --fail-level ERROR &&
    { [ -z "${UPGRADE_CHECK:-}" ] || { step=另加的核对 && bash -c "$UPGRADE_CHECK"; }; } &&
    step=换上 && switch_to "$new" && start_service &&
    step=探活 && wait_healthy
}
if ! upgrade; then
  go_back "$new" "$old" "$backup"
  die "没有通过的一步：$step（见上面）。已退回 $(basename "$old")，库是升级以前的，一行不差。"
fi
remember "$old" "$backup"
host=$(sed -n 's/^ALLOWED_HOSTS=\([^,]*\).*/\1/p' "$CONFIG_DIR/env")
sed "s/@HOST@/$host/g" "$new/deploy/nginx/yingshang.conf" >/etc/nginx/conf.d/yingshang.conf
if has_systemd; then
  nginx -t -q && systemctl reload nginx
fi
if ! has_systemd; then by_hand "现在换上了新的一版，"; fi
say "升级好了：$(basename "$old") → $(basename "$new")。想退回去：bash $HOME_DIR/current/deploy/upgrade.sh --back"
