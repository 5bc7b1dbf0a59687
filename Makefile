# Needs python3 (3.11 or newer) with venv, and make. Everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: footprint test check lint types spark bench performance generated clean

## footprint: recompute the footprint of the Hundsun example, and write its report and workpapers
footprint: $(VENV)/core.stamp
	$(BIN)/hsesg-carbon footprint examples/hundsun-2024
	@$(BIN)/hsesg-carbon report examples/hundsun-2024 >/dev/null

## test: everything that CI runs
test: lint types
	$(BIN)/python -m pytest --benchmark-disable --numprocesses auto --dist worksteal

check: test

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

## spark: what the tests on Spark need besides Java; without it they are skipped
spark: $(VENV)/dev.stamp
	$(PIP) --editable '.[dev,spark]'

## bench: the benchmarks, as ratios within one run
bench: $(VENV)/dev.stamp
	$(BIN)/python -m pytest tests/benchmarks -s --benchmark-disable-gc --benchmark-columns=min,median,rounds

## performance: measure 10,000 to 100 million rows for half an hour, where nothing else runs, and write the page
performance: $(VENV)/dev.stamp
	$(PIP) --editable '.[dev,bench]'
	$(BIN)/python -m tests.benchmarks.scale --out docs/reference/performance.md

## generated: write anew what is written by machine from the data
generated: $(VENV)/dev.stamp
	$(BIN)/python -m tests.generated

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/core.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[report]'
	touch $@

$(VENV)/dev.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[dev]'
	touch $@ $(VENV)/core.stamp

clean:
	rm -rf $(VENV) build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks examples/*/out
