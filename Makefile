# 两条命令就够：make run（装好、建库、载入 21 项举措、造演示数据、启动），make test（装好、跑测试）。
# 除 python3（≥ 3.11）与 make 外不需要任何东西，也不需要先启动任何服务。
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ADDRESS ?= 127.0.0.1:8000
DEMO ?= 1
# 几个进程一起跑测试：机器有几个核就几个，各有自己的库；要一条条看时 make test WORKERS=
WORKERS ?= -n auto --dist worksteal

export DEBUG ?= 1
ifeq ($(DEMO),1)
export BUSINESS_DATE ?= 2023-09-22
endif

.DEFAULT_GOAL := help
.PHONY: help setup run test check demo browser screenshots bench clean

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

setup: $(VENV)/.installed ## 安装、建库、载入方案（不启动）
	@mkdir -p var
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py load_plan

run: setup ## 启动在 127.0.0.1:8000；make run DEMO=0 只载入方案并建第一个管理员
ifeq ($(DEMO),1)
	$(BIN)/python manage.py demo
else
	$(BIN)/python manage.py first_admin
endif
	@echo "打开 http://$(ADDRESS)/ ，按 Ctrl+C 停止。"
	$(BIN)/python manage.py runserver $(ADDRESS)

test: $(VENV)/.installed-tests ## 跑全部不需要浏览器的测试
	$(BIN)/python -m pytest -m "not browser" $(WORKERS)

browser: $(VENV)/.installed-tests ## 在真浏览器里跑测试（需要 chromium）
	$(BIN)/python -m pytest -m browser

check: $(VENV)/.installed-tests ## 格式、静态检查、缺失的迁移、部署检查
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python manage.py makemigrations --check --dry-run
	DEBUG=0 SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(60))') $(BIN)/python manage.py check --deploy --fail-level WARNING

screenshots: $(VENV)/.installed-tests ## 重拍 README 里的截图（需要 chromium）
	$(BIN)/python tools/screenshots.py

bench: $(VENV)/.installed ## 一万项方案修订与 import-export 原样导入比快慢（约十分钟；设了 DATABASE_URL 也在 PostgreSQL 上比）
	$(BIN)/python benchmarks/plan_import.py
