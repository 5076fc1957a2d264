# make demo   sets everything up and explains real predictions on real data
# make test   sets everything up and runs all the checks
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test bench screenshots clean

demo: $(STAMP)
	$(BIN)/lime demo

# The tests come last, so that what they say closes the output.
test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2

bench: $(STAMP)
	set -e; for script in benchmarks/tabular_*.py; do $(BIN)/python $$script; done

screenshots: $(STAMP)
	$(BIN)/python tools/screenshots.py

clean:
	rm -rf $(VENV) build dist lime-demo screenshots .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(STAMP): pyproject.toml
	@echo 'installing into $(VENV): this takes a minute or two'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@
