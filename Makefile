# Everything is set up by what needs it: start with `make drill`.
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup drill test lint acceptance bench lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## make .venv, see that a Docker engine runs, build the lab's images
	@.ci/python-environment
	@.ci/docker-engine
	@$(BIN)/python .ci/lab_images.py

drill: setup ## lose a database's disk for real, recover it, and read how that went
	@$(BIN)/drillmaster run drills/postgres-volume-loss.yaml

test: setup lint ## all checks and tests, on real containers too
	$(BIN)/pytest -m "not acceptance" tests/unit tests/real

lint: setup ## style, types, architecture, docstrings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet orchestrator reports

acceptance: setup ## hold the measurements against independent ones (long)
	$(BIN)/pytest -m acceptance -s tests/real

bench: setup ## what the instruments reach and cost on this machine
	@for bench in tests/bench/[a-z]*.py; do $(BIN)/python -m tests.bench.$$(basename $$bench .py) || exit; done

lock: ## pin all dependencies anew
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --quiet \
		--generate-hashes --no-header --output-file requirements.txt

clean: ## remove what can be made again; evidence stays
	rm -rf .venv build dist .*_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
