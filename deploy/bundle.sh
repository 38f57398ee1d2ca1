#!/usr/bin/env bash
# 装箱：程序、依赖（带校验值，x86_64 与 aarch64、Python 3.11 至 3.13）、静态文件、各篇说明的网页、校验和、版本，一个 tar.gz，给不联网的机器装。
#   bash deploy/bundle.sh [放到哪里]（make bundle 就是它）。要联网，或有放着各个 wheel 的目录（pip 的配置）。
# 只要一种：ARCHES=x86_64 PYTHONS=3.11 make bundle
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
out=$(realpath -m "${1:-dist}")
python=$PWD/.venv/bin/python
number=$(sed -n 's/^## \[\([0-9.]*\)\].*/\1/p' CHANGELOG.md | head -n 1)
version=$number+$(git log -1 --format=%cd --date=format:%Y%m%d).$(git rev-parse --short=7 HEAD)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
tree=$room/yingshang-$version
mkdir -p "$tree/wheels" "$out"

# 只装箱记在库里的：没有 .env、数据与虚拟环境。
git archive HEAD | tar -C "$tree" -xf -
printf '%s\n' "$version" >"$tree/VERSION"
for arch in ${ARCHES:-x86_64 aarch64}; do
  for minor in ${PYTHONS:-3.11 3.12 3.13}; do
    "$python" -m pip download --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
      --implementation cp --python-version "$minor" --platform "manylinux_2_28_$arch" --platform "manylinux_2_26_$arch" \
      --platform "manylinux_2_17_$arch" --platform "manylinux2014_$arch" -r requirements.txt -d "$tree/wheels"
  done
done
(cd "$tree" && DEBUG=0 SECRET_KEY=$(openssl rand -hex 40) DATA_DIR=$room/data "$python" manage.py collectstatic --noinput --verbosity 0)
# 各篇说明另排成网页，放在原文旁边：没有网的机器上双击就看得到。
"$python" tools/pages.py "$tree" >/dev/null
find "$tree" -name __pycache__ -prune -exec rm -rf {} +
(cd "$tree" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) >"$room/SHA256SUMS"
mv "$room/SHA256SUMS" "$tree/"
tar -C "$room" --owner=0 --group=0 --numeric-owner -czf "$out/yingshang-$version.tar.gz" "yingshang-$version"
(cd "$out" && sha256sum "yingshang-$version.tar.gz" >"yingshang-$version.tar.gz.sha256")
echo "装好箱了：$out/yingshang-$version.tar.gz（$(du -h "$out/yingshang-$version.tar.gz" | cut -f1)，$(find "$tree/wheels" -name '*.whl' | wc -l) 个依赖的包）"
