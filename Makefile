# Two commands are all a newcomer needs: `make demo` and `make test`. Both prepare the machine by themselves.

PYTHON ?= $(firstword $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$$p"; done) python3)
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
TEST_FLAGS ?=
BENCH ?=
# One worker more than there are cores: many tests wait for devices and timers.
WORKERS ?= $(shell echo $$(( $$(nproc) + 1 )))
# What a complete run must really have used; .ci/run fails when one of them was only skipped. What the machine cannot have is not asked for.
COMMA := ,
MUST_USE ?= pcscd,pseudo-terminal,http,chromium,compiled-core
MUST_USE_LONG ?= power-cut,axe$(if $(wildcard /dev/fuse),$(COMMA)forgetful-disk)
MUST_USE_INTEROP ?= judge$(if $(shell python3.13 --version 2>/dev/null),$(COMMA)emupos)

# Compiled modules are kept, whatever the machine is set to: the tests start the programs hundreds of times, and half of what
# a start takes is compiling.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help setup demo test plain postgresql lint format verify long mutate interop bench coverage-study pictures fresh lock clean soak simulate

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what is missing: Debian packages, .venv, packages of the pages
	@"$(PYTHON)" deploy/prepare.py

demo: setup ## run the whole shop on simulated hardware; Ctrl-C stops it
	@$(BIN)/firmware-sim demo

test: setup ## run the tests
	@$(PYTEST) -m "not slow and not interop" -n $(WORKERS) --dist loadgroup $(TEST_FLAGS)
	@$(if $(TEST_FLAGS),true,$(MAKE) --no-print-directory plain postgresql)

plain: setup ## the tests of the rule core once more, with the plain core where the compiled one was tested
	@if $(BIN)/python -c 'import pos_engine; raise SystemExit(pos_engine.CORE.core == "plain")' 2>/dev/null; then \
		POS_ENGINE_CORE=plain $(PYTEST) -m "not slow" -n $(WORKERS) --dist loadgroup tests/unit/pos_engine/core \
			tests/unit/pos_engine/wire tests/conformance; \
	else echo "The rule core is not compiled here: it was tested plain."; fi

postgresql: setup ## the tests of back-office and sync once more, on a PostgreSQL of their own
	@if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
		TEST_DATABASE=postgresql $(PYTEST) -m "not slow and not interop" -n $(WORKERS) --dist loadgroup $(MUST_USE_POSTGRESQL) \
			tests/unit/backoffice tests/integration/backoffice tests/integration/sync; \
	else echo "Debian package postgresql is not installed: the back-office was tried on SQLite only."; fi

lint: setup ## style, types, import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## let ruff put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

long: setup ## the tests that take minutes
	@$(PYTEST) -m slow -n $(WORKERS) --dist loadgroup $(TEST_FLAGS)

interop: setup ## programs that are not ours read, print and ring up against ours (makes their environments first)
	@$(BIN)/python -m deploy.interop; $(PYTEST) -m interop $(TEST_FLAGS)

mutate: setup ## break each law of the rule core on a copy, and show the test that sees it (one of the long tests)
	@$(BIN)/python -m tests.mutation

verify: lint ## lint, make test, and the long checks: what CI runs
	@$(MAKE) --no-print-directory test TEST_FLAGS="--must-use=$(MUST_USE) $(TEST_FLAGS)"
	@$(MAKE) --no-print-directory plain
	@$(MAKE) --no-print-directory postgresql MUST_USE_POSTGRESQL=--must-use=postgresql
	@$(MAKE) --no-print-directory long TEST_FLAGS="--must-use=$(MUST_USE_LONG) $(TEST_FLAGS)"
	@$(MAKE) --no-print-directory interop TEST_FLAGS="--must-use=$(MUST_USE_INTEROP) $(TEST_FLAGS)"

simulate: setup ## five stores, fifteen tills, every fault, from seeds (SEEDS=500; one with its trace: SEED=17)
	@$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),100))

soak: setup ## half an hour of sales while all devices fail at random (SOAK_SECONDS, SOAK_SEED)
	@SOAK_SECONDS=$${SOAK_SECONDS:-1800} $(PYTEST) -m slow -s tests/soak $(TEST_FLAGS)

bench: setup ## measure; figures are printed, nothing fails (BENCH="core --seconds 3": a part of it)
	@$(BIN)/python -m tests.benchmarks $(BENCH)

coverage-study: setup ## simulate campaigns whose effect is known: do the intervals hold? (docs/measurement.md)
	@$(BIN)/python -m tests.benchmarks.coverage
	@$(BIN)/python -m tests.benchmarks.without_hold_out

prediction-study: setup ## a simulated region: how well are needs of vehicles predicted? (docs/prediction.md)
	@$(BIN)/python -m tests.benchmarks.foresight

pictures: setup ## take the pictures of docs/pictures/ anew
	@$(BIN)/python -m tests.pictures

fresh: ## prove both commands in empty Debian 12 and 13 systems (root, 20 minutes)
	@deploy/fresh bookworm trixie

lock: setup ## write the lock files after a change of dependencies
	@deploy/lock

clean: ## remove what setup made
	rm -rf .venv pos_engine/compiled deploy/frontend/node_modules backoffice/static/vendor pos_engine/daemon/screen/static/vendor
