# 两条命令就够：make run（装好、建库、载入 21 项举措、造演示数据、启动），make test（装好、跑测试）。
# 除 python3（≥ 3.11）与 make 外不需要任何东西，也不需要先启动任何服务。
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := $(VENV)/tools
ADDRESS ?= 127.0.0.1:8000
DEMO ?= 1
# 几个进程一起跑测试：机器有几个核就几个，各有自己的库；要一条条看时 make test WORKERS=
WORKERS ?= -n auto --dist loadgroup
# 跑哪些：平日不要浏览器，也不跑“同一条规则的又一遍”；.ci/run 在 SQLite 上跑 ONLY="not browser"，一条不少。
ONLY ?= not browser and not thorough
# 量覆盖（分支也算）：make test COVER="--cov --cov-report=term:skip-covered"，下限在 pyproject.toml；慢六成，平日不开，.ci/run 里开；两种库上合起来才量得全
COVER ?=

export DEBUG ?= 1
ifeq ($(DEMO),1)
export BUSINESS_DATE ?= 2023-09-22
endif

# 编译好的（测试里的断言要改写过再编译，七八秒）留给别的进程与下一次，外面说不留也留。
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test check lock audit browser screenshots bundle bench bench-import

help: ## 列出可用的命令
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新的版本：请先安装，或用 make PYTHON=python3.11 指定。"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "建不了虚拟环境。Debian/Ubuntu 请先运行：sudo apt install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-tests: tests/requirements.txt $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

# 演示自成一处：自己的目录、自己的 SQLite，不进 .env 所指的正式的库。
ifeq ($(DEMO),1)
run: export DATA_DIR ?= $(CURDIR)/var/demo
run: export DATABASE_URL ?=
endif

setup: $(VENV)/.installed ## 安装、建库（不启动）
	$(BIN)/python manage.py migrate --verbosity 0

run: setup ## 演示（数据在 var/demo）：启动在 127.0.0.1:8000；make run DEMO=0 是空的，只建第一个管理员，登录后从“第一天”做起
ifeq ($(DEMO),1)
	$(BIN)/python manage.py load_plan
	$(BIN)/python manage.py demo
else
	$(BIN)/python manage.py first_admin
endif
	@echo "打开 http://$(ADDRESS)/ ，按 Ctrl+C 停止。"
	$(BIN)/python manage.py runserver $(ADDRESS)

test: $(VENV)/.installed-tests ## 跑测试：不需要浏览器，每条规则至少一例（全部：make test ONLY="not browser"）
	$(BIN)/python -m pytest -m "$(ONLY)" $(WORKERS) $(COVER)

browser: $(VENV)/.installed-tests ## 在真浏览器里跑测试（需要 chromium）
	$(BIN)/python -m pytest tests/browser -m browser $(WORKERS)

# 与机器有关的（--tag site：网址、备份等）在装好的机器上才有意义，这里只看程序自己的。
CHECKS := admin async_support caches commands database files models security staticfiles templates translation urls

check: $(VENV)/.installed-tests ## 格式、静态检查、类型、缺失的迁移、部署检查
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/djangofmt --check templates
	$(BIN)/python manage.py makemigrations --check --dry-run
	DEBUG=0 SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(60))') $(BIN)/python manage.py check --deploy --fail-level WARNING $(addprefix --tag ,$(CHECKS))

# 锁定与查漏洞的两件工具只有开发者用，单独装：依赖由它们锁定，它们自己不进锁。
$(TOOLS)/.installed: Makefile
	@$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check uv==0.13.9 pip-audit==2.10.1
	@touch $@

lock: $(TOOLS)/.installed ## 按 *.in 重新锁定依赖，连带的也钉死并记校验值（全部升级：make lock UPGRADE=--upgrade）
	@for part in requirements tests/requirements; do \
	  $(TOOLS)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --custom-compile-command "make lock" $(UPGRADE) $$part.in -o $$part.txt || exit 1; \
	done

# 漏洞库答不上来时 pip-audit 默认只说“跳过”并算通过，所以要 --strict；有漏洞与没查成它都退出 1，只有查完才写报告，以此分清。
audit: $(TOOLS)/.installed ## 查锁定的依赖有没有已公布的漏洞（要联网）
	@rm -f $(TOOLS)/audit.txt
	@$(TOOLS)/bin/pip-audit --requirement tests/requirements.txt --require-hashes --disable-pip --strict \
	  --progress-spinner off --output $(TOOLS)/audit.txt 2>$(TOOLS)/audit.log \
	  && { echo "查过了：锁定的依赖没有已公布的漏洞。"; exit; }; \
	[ ! -s $(TOOLS)/audit.txt ] || { cat $(TOOLS)/audit.txt; echo "锁定的依赖有已公布的漏洞，见上表。"; exit 1; }; \
	tail -n 1 $(TOOLS)/audit.log; echo "没有查成：漏洞库连不上或答不上来（见 $(TOOLS)/audit.log）。这不等于没有漏洞。"; exit 3

screenshots: $(VENV)/.installed-tests ## 重拍 README 里的截图（需要 chromium）
	$(BIN)/python tools/screenshots.py

bundle: $(VENV)/.installed-tests ## 装箱（给不联网的机器）：程序、依赖、静态文件、说明的网页、校验和，一个 tar.gz，在 dist/
	bash deploy/bundle.sh

bench: $(VENV)/.installed ## 各页要多少查询、处理器、字节、内存，与原样的 Django 后台比：make bench SIZES="S M L zones"（设了 DATABASE_URL 的在 PostgreSQL 上）
	$(BIN)/python benchmarks/pages.py $(SIZES)

bench-import: $(VENV)/.installed ## 一万项方案修订与 import-export 原样导入比快慢（约十分钟；设了 DATABASE_URL 也在 PostgreSQL 上比）
	$(BIN)/python benchmarks/plan_import.py
