# `make demo` shows the whole way once; `make check` is the gate before a commit; `make test` runs everything.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CODE := packager function_host triggers infra tests examples

# Without files of bytecode, every process of a test would compile the project again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check bench clean

demo: $(VENV)/.installed-demo
	@$(BIN)/python examples/diabetes/demo.py

test: $(VENV)/.installed-dev
	$(MAKE) --no-print-directory static
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.installed-dev
	$(MAKE) --no-print-directory static
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --unit --durations=5 --durations-min=2

.PHONY: static
static:
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	$(BIN)/python -m tests.benchmarks.blobs
	$(BIN)/python -m tests.benchmarks.http
	$(BIN)/python -m tests.benchmarks.startup
	$(BIN)/python -m tests.benchmarks.processes
	$(BIN)/python -m tests.benchmarks.transactions
	$(BIN)/python -m tests.benchmarks.blob_delay
	$(BIN)/python -m tests.benchmarks.large_blob
	$(BIN)/python -m tests.benchmarks.service_bus
	$(BIN)/python -m tests.benchmarks.cold_builds
	$(BIN)/python -m tests.benchmarks.images
	$(BIN)/python -m tests.benchmarks.update_under_load

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp records which extras are in the environment; a change of pyproject.toml installs them again.
$(VENV)/.installed-demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[all,sample]"
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@ $(VENV)/.installed-demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
