# Every target works on a fresh machine with GNU make and Python 3.11 or newer.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first interpreter that is new enough; `make PYTHON=... target` names another.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
CPUS := $(shell n=$$(nproc 2>/dev/null || echo 2); [ $$n -lt 2 ] && n=2; [ $$n -gt 4 ] && n=4; echo $$n)
WORKERS ?= $(CPUS)
HOME_FOLDER := $(or $(DENTALOGIC_HOME),.dentalogic)
BIN := .venv/bin
BOOTSTRAP = $(require-python)$(PYTHON) -m scripts.bootstrap
BROWSER = DENTALOGIC_BROWSER="$${DENTALOGIC_BROWSER:-$$(cat "$(HOME_FOLDER)/tools/browser" 2>/dev/null || echo none)}"
require-python = $(if $(PYTHON),,$(error Python 3.11 or newer is needed and was not found; install it or say `make PYTHON=/path/to/python3.11 ...`))

# Arguments of targets: make test ARGS="tests/agenda -k hold"
ARGS ?=
SCENARIOS ?=
TRIAGE ?=
JSON ?=

.PHONY: help setup setup-dev run test check format bench eval lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: ## Install what running needs
	@$(BOOTSTRAP)

setup-dev: ## Install what testing and checking need too
	@$(BOOTSTRAP) --dev

run: ## Run everything with a demo clinic until Ctrl-C (PORT, SANDBOX_PORT, DENTALOGIC_HOME)
	@$(BOOTSTRAP) && exec $(BIN)/python -m dentalogic.embedded.run --watch-parent

test: setup-dev ## Run the whole test suite (ARGS="tests/agenda -k hold", WORKERS=4)
	@export $(BROWSER) DENTALOGIC_TEST_HOME="$(CURDIR)/build/test"; \
	export DENTALOGIC_TOOLS="$${DENTALOGIC_TOOLS:-$(abspath $(HOME_FOLDER))/tools}"; \
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS); code=$$?; \
	$(BIN)/python -m dentalogic.embedded stop --home "$$DENTALOGIC_TEST_HOME" >/dev/null; exit $$code

check: setup-dev ## Formatting, lint, types, layers, schema and OpenAPI drift, dependency audit
	@exec $(BIN)/python -m scripts.check $(ARGS)

format: setup-dev ## Format the code and fix what lint can fix
	@$(BIN)/ruff check --fix-only --quiet . ; $(BIN)/ruff format .

bench: ## Run the benchmarks; writes benchmarks/results.json
	@$(BOOTSTRAP) --dev --bench && exec $(BIN)/python -m benchmarks $(ARGS)

eval: setup-dev ## Run the agent's scenarios and the triage set (SCENARIOS=dir TRIAGE=file JSON=file)
	@exec $(BIN)/python -m agent.evals $(if $(SCENARIOS),--scenarios "$(SCENARIOS)") \
		$(if $(TRIAGE),--triage "$(TRIAGE)") $(if $(JSON),--json "$(JSON)") $(ARGS)

lock: setup ## Resolve requirements*.in into pinned, hashed requirements*.txt (UPGRADE=1 for newer)
	@$(PYTHON) -m scripts.lock $(if $(UPGRADE),--upgrade)

clean: ## Remove what can be made again; data and .venv stay
	@rm -rf build node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
