# Everything is set up by what needs it: start with `make drill`.
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup machine drill test lint matrix acceptance bench lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup: machine ## make .venv, see that a Docker engine runs, build the lab's images
	@$(BIN)/python .ci/lab_images.py

machine:
	@.ci/python-environment
	@.ci/docker-engine

drill: machine ## lose a database's disk for real, recover it, and read how that went
	@$(BIN)/python .ci/lab_images.py drillmaster/postgres:15
	@$(BIN)/drillmaster keys init
	@$(BIN)/drillmaster run drills/postgres-volume-loss.yaml

# For two cores. What has labs waits a lot, so three of it share them; drills that keep a rate have one each.
# In the order given: what is short comes last, and leaves no lane idle.
IN_LANES := $(BIN)/pytest --no-loadscope-reorder

test: setup lint ## all checks and tests, on real containers too
	@.ci/browser
	$(IN_LANES) -n 3 -m "not (drill or alone or acceptance or matrix)" tests/real tests/unit
	$(IN_LANES) -n 2 -m "drill and not (acceptance or matrix)" tests/real
	$(BIN)/pytest -m "alone and not (acceptance or matrix)" tests/real

lint: setup ## style, types, architecture, docstrings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases tests/bench/*.py
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet orchestrator reports

matrix: setup ## run every drill on PostgreSQL 15, 17 and 18; RUNS=45 goes round until as many are done
	$(BIN)/pytest -s tests/real/test_matrix.py $(if $(RUNS),--runs $(RUNS))

acceptance: setup ## hold the measurements against independent ones, and see every fault caught (long)
	@$(BIN)/python .ci/lab_images.py drillmaster/postgres:13
	$(BIN)/pytest -m acceptance -s tests/real

bench: setup ## what the instruments reach and cost on this machine
	@for bench in tests/bench/[a-z]*.py; do $(BIN)/python -m tests.bench.$$(basename $$bench .py) || exit; done

lock: ## pin all dependencies anew
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra pdf --extra tsa --universal --python-version 3.11 --upgrade --quiet \
		--generate-hashes --no-header --output-file requirements.txt

clean: ## remove what can be made again; evidence stays
	rm -rf .venv build dist .*_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
