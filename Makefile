# Everything a person or CI does here. `make demo` is the only set-up command.
PYTHON ?= python3
BIN := .venv/bin
# As many test workers as there are cores; each shares the one sandbox of the run.
WORKERS ?= auto
TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: help policies demo clean-demo sandbox-up sandbox-down venv toolchain toolchain-all test check format lint types layers docs bench lock distclean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | column -t -s '|'

demo: python-version ## from nothing to a running dev environment
	@$(PYTHON) -m sandbox.demo

clean-demo: ## stop the sandbox and remove it: no process and no file stays
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m sandbox.clean; elif [ -e .sandbox ]; then echo "error: .venv is gone: run make venv first, to stop the sandbox's processes" >&2; exit 1; fi

sandbox-up: venv toolchain ## start the local cloud
	@$(BIN)/transom sandbox up

sandbox-down: venv ## stop the local cloud; its state stays on disk
	@$(BIN)/transom sandbox down

venv: python-version ## the virtual environment, as requirements.lock says
	@$(PYTHON) -m sandbox.bootstrap

toolchain: python-version ## build the programs that are missing
	@$(PYTHON) -m sandbox.toolchain build

toolchain-all: python-version ## also those that few repositories need (helm)
	@$(PYTHON) -m sandbox.toolchain build --all

.PHONY: python-version
python-version:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is missing or older than 3.11: install a newer one, or name it: make PYTHON=python3.12 ..." >&2; exit 1; }

policies: policies/.venv/made ## the virtual environment that policy packs run in

policies/.venv/made: policies/requirements.txt
	@$(PYTHON) -m venv policies/.venv
	@policies/.venv/bin/python -m pip install --quiet --disable-pip-version-check -r policies/requirements.txt
	@touch $@

test: venv toolchain-all policies ## all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

check: lint types layers docs ## what needs no sandbox: format, lint, types, layers, generated files

format: venv ## put the code into the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: venv
	$(BIN)/mypy

layers: venv
	$(BIN)/lint-imports

docs: venv ## are generated files and the picture of the house up to date
	$(BIN)/python docs/check.py

bench: venv toolchain ## the table of benchmarks/README.md
	@$(PYTHON) -m sandbox.toolchain build kustomize-controller
	$(BIN)/python -m benchmarks

lock: venv ## resolve requirements.lock; pins stay where they can, unless UPGRADE=--upgrade
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .tools/uv uv
	.tools/uv/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 $(UPGRADE) \
	  --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock

distclean: clean-demo ## remove also the virtual environment and what was built
	rm -rf .venv policies/.venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
