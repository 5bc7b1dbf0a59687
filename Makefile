# Needs python3 (3.11 or newer) with venv, and make. Everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: footprint test suite long check lint types spark bench performance generated fuzz mutate coverage quality docs dist sbom licences changelog clean

## footprint: recompute the footprint of the Hundsun example, and write its report and workpapers
footprint: $(VENV)/core.stamp
	$(BIN)/hsesg-carbon footprint examples/hundsun-2024
	@$(BIN)/hsesg-carbon report examples/hundsun-2024 >/dev/null

## test: everything that CI runs; the types are checked beside the tests
test: lint
	$(MAKE) --no-print-directory --jobs 2 types suite

suite: $(VENV)/dev.stamp
	$(BIN)/python -m pytest --benchmark-disable --numprocesses auto --dist worksteal

check: test

## long: tests marked so (2,000 seeds, ten million rows, Spark), and laws that state no number with 20 times the examples
long: $(VENV)/spark.stamp
	$(BIN)/python -m pytest --benchmark-disable --numprocesses auto --dist worksteal -m long
	$(BIN)/python -m pytest --benchmark-disable --numprocesses auto --dist worksteal --hypothesis-profile long tests/properties

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

## docs: build the site into docs/_build/html; a warning is an error, and nothing is fetched
docs: $(VENV)/dev.stamp
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo docs/_build/html/index.html

## spark: a few sums asked of Spark, which needs Java and takes its time to start; all of them are in make long
spark: $(VENV)/spark.stamp
	$(BIN)/python -m pytest -q -m spark tests/unit/test_engine_edges.py

$(VENV)/spark.stamp: $(VENV)/dev.stamp
	$(PIP) --editable '.[dev,spark]'
	touch $@

## bench: the benchmarks, as ratios within one run
bench: $(VENV)/dev.stamp
	$(BIN)/python -m pytest tests/benchmarks -m '' -s --benchmark-disable-gc --benchmark-columns=min,median,rounds

## performance: measure 10,000 to 100 million rows for half an hour, where nothing else runs, and write the page
performance: $(VENV)/dev.stamp
	$(PIP) --editable '.[dev,bench]'
	$(BIN)/python -m tests.benchmarks.scale --out docs/reference/performance.md

## generated: write anew what is written by machine from the data
generated: $(VENV)/dev.stamp
	$(BIN)/python -m tests.generated

## dist: the wheel and the source distribution, the same bytes from the same commit
dist: $(VENV)/dev.stamp
	$(BIN)/python -m release.dist

## sbom, licences: what is installed with the library, as CycloneDX and as a table, in dist/; a licence not allowed fails
sbom licences: $(VENV)/dev.stamp
	$(BIN)/python -m release.dependencies $@

## changelog: move the fragments of changelog.d/ into CHANGELOG.md
changelog: $(BIN)/python
	$(BIN)/python -m release.changelog

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/core.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[report,provenance]'
	touch $@

$(VENV)/dev.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[dev]'
	touch $@ $(VENV)/core.stamp

## fuzz: a million damaged inputs to every reader, for a quarter of an hour or more; goes on where it was stopped
fuzz: $(VENV)/dev.stamp
	$(BIN)/python -m tests.fuzz --executions 1000000 --out tests/fuzz/results.json

## mutate: small faults in the source, does a test notice; goes on where it was stopped
mutate: $(VENV)/dev.stamp
	$(BIN)/python -m tests.mutation --mutants 1000 --out tests/mutation/results.json

## coverage: the lines and branches of src that the tests reach
coverage: $(VENV)/dev.stamp
	$(BIN)/python -m coverage erase
	echo "$$(date -u +%F) $$(git rev-parse --short HEAD)" > .measured
	$(BIN)/python -m coverage run -m pytest -q --benchmark-disable --numprocesses auto --dist worksteal --junit-xml .suite.xml
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage json --quiet -o .coverage.json
	$(BIN)/python -m coverage report --skip-covered --sort cover

## quality: write the page of what was measured
quality: $(VENV)/dev.stamp
	$(BIN)/python -m tests.quality --out docs/reference/quality.md

clean:
	rm -rf $(VENV) build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks docs/_build examples/*/out
