# Everything a person does with this repository, each by one word. `make` alone lists them.

VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-long coverage test-pythons check lint lint-api verify-webhooks bench chaos soak fuzz weeks homes mutants openapi lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.runtime ## make .venv and install what the service needs, hash by hash

run: $(VENV)/.runtime ## start the service on SQLite, worker included; ARGS="--port 8055" for another port
	@$(BIN)/property-alerts dev $(ARGS)

demo: $(VENV)/.runtime ## a year of real homes, saved searches and alerts through the running service; ARGS="--homes 50" for fewer
	@$(BIN)/property-alerts demo $(ARGS)

# What pytest compiles is kept, also where the environment says that nothing is: each worker would compile all tests anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(AGAIN) $(BIN)/pytest --numprocesses 4 --dist worksteal

test: $(VENV)/.dev ## every test but the long ones, on real PostgreSQL, RabbitMQ and Chromium; ARGS="-k smtp" for some
	@scripts/provide-services
	$(PYTEST) -m "not long" $(ARGS)

test-long: $(VENV)/.dev ## the long ones: small runs of benchmarks, chaos and scenarios, three minutes
	@scripts/provide-services
	$(PYTEST) -m long $(ARGS)

coverage: $(VENV)/.dev ## the same, and which lines no test reached; tracing takes a third more time
	@$(MAKE) --no-print-directory test ARGS="-m '' --cov --cov-report=term-missing:skip-covered $(ARGS)"

test-pythons: $(VENV)/.dev ## what needs no server, under Python 3.12 and 3.13 where they are; PYTHONS=3.13 for one
	@scripts/test-pythons $(PYTHONS)

check: $(VENV)/.dev ## what must hold before a commit: format, types, layers, migrations, generated files, locks
	@scripts/check

lint: $(VENV)/.dev ## the quick part of check: ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

lint-api: ## look over docs/openapi.json with two linters, which need Node
	@scripts/lint-api

verify-webhooks: $(VENV)/.dev ## verify our webhooks with a library of JavaScript, which needs Node
	@scripts/verify-webhooks

bench: $(VENV)/.dev ## requests per second, latency and drain rate, measured on this machine
	@scripts/provide-services
	$(BIN)/python -m benchmarks $(ARGS)

chaos: $(VENV)/.dev ## break one thing after the other and count every message; E=B3 for one experiment, ARGS="--minutes 60"
	@scripts/provide-services
	$(BIN)/python -m chaos $(E) $(ARGS)
	$(if $(E)$(ARGS),,$(BIN)/python -m chaos.postfix)

soak: $(VENV)/.dev ## eight minutes of work on each store while lines are cut: does anything grow? ARGS="--minutes 60"
	@scripts/provide-services
	$(BIN)/python -m chaos.soak $(ARGS)

fuzz: $(VENV)/.dev ## hostile input by the thousand, new in each run; EXAMPLES=20000 of each property for more
	@scripts/provide-services
	FUZZ_EXAMPLES=$(or $(EXAMPLES),2000) $(BIN)/pytest tests/fuzz tests/channels/test_mime.py tests/unit/base/test_breaker.py --timeout=0 $(ARGS)

weeks: $(VENV)/.dev ## two weeks of 1,000 people on each store, on a clock of their own, beside a model of what is right; USERS=200 SEED=7
	@scripts/provide-services
	WEEKS_USERS=$(or $(USERS),1000) WEEKS_SEED=$(SEED) $(BIN)/pytest tests/scenario --timeout=0 $(ARGS)

homes: $(VENV)/.dev ## all sales of King County against 100,000 searches on each store, beside a model of who must be told what; RECORDS=2000 SEARCHES=5000 SEED=7
	@scripts/provide-services
	HOMES_RECORDS=$(or $(RECORDS),21613) HOMES_SEARCHES=$(or $(SEARCHES),100000) HOMES_SEED=$(SEED) $(BIN)/pytest tests/homes_scenario --timeout=0 $(ARGS)

mutants: $(VENV)/.mutants ## do the unit tests notice when a decision is changed? a quarter of an hour; ARGS="'*.states*'" for one module
	@scripts/mutants $(ARGS)

openapi: $(VENV)/.runtime ## write docs/openapi.json anew
	$(BIN)/property-alerts openapi

lock: $(VENV)/.dev ## pin every package anew; ARGS=--upgrade takes the newest that fit
	scripts/lock $(ARGS)

clean: ## remove .venv and every cache; data stays
	rm -rf $(VENV) .venv-3.* .coverage mutants .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps say which lock was installed; an older one is installed over.
$(VENV)/.runtime: requirements.lock pyproject.toml
	@scripts/make-venv $(VENV)
	@scripts/install $(VENV) requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@scripts/install $(VENV) requirements-dev.lock
	@touch $@

$(VENV)/.mutants: requirements-mutants.lock $(VENV)/.dev
	@scripts/install $(VENV) requirements-mutants.lock
	@touch $@
