# make demo   installs what the demo needs, and explains real predictions on real data
# make test   sets everything up and runs all the checks
# make lowest runs the tests of what users call with the oldest versions that pyproject.toml allows
# make docs   sets everything up and builds the documentation, docs/_build/html/index.html
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DOCS_STAMP := $(VENV)/.installed-docs

# What a user installs, and nothing more. Without bytecode, most of which would never be read.
DEMO := .venv-demo
DEMO_STAMP := $(DEMO)/.installed

LOWEST := .venv-lowest
LOWEST_TOOLS := .venv-lowest-tools
LOWEST_STAMP := $(LOWEST)/.installed
# What users call. Left out is what no old package changes (tests of sources and pages) or what takes far longer to
# install than to test (clusters, a browser); and the trust room, which is arithmetic over what these rooms return.
LOWEST_TESTS := tests/engine tests/domains tests/results tests/classic tests/extending \
	$(filter-out tests/scale/test_cluster_%.py,$(wildcard tests/scale/test_*.py)) tests/test_config.py \
	tests/test_models_and_answers.py tests/test_testing.py

.PHONY: demo test lowest bench docs screenshots images clean

demo: $(DEMO_STAMP)
	$(DEMO)/bin/lime demo

# The tests come last, so that what they say closes the output.
test: $(STAMP)
	$(BIN)/python tools/missing_programs.py
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2

# Old packages use what newer ones call deprecated, which is not ours to mend. Every other warning is an error.
lowest: $(LOWEST_STAMP)
	$(LOWEST)/bin/python -m pytest -n 2 -W default::DeprecationWarning -W default::PendingDeprecationWarning \
		$(LOWEST_TESTS)

bench: $(STAMP)
	set -e; for script in benchmarks/tabular_*.py; do $(BIN)/python $$script; done

# Runs the code of the pages and the examples of the gallery; any warning, and any reference that leads nowhere, fails.
docs: $(DOCS_STAMP)
	$(BIN)/python docs/run_pages.py
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs docs/_build/html
	@echo 'docs/_build/html/index.html'

screenshots: $(STAMP)
	$(BIN)/python tools/screenshots.py

# The pictures in README and docs. A test fails where their numbers are not today's.
images: $(STAMP)
	$(BIN)/python tools/pictures.py

clean:
	rm -rf $(VENV) $(DEMO) $(LOWEST) $(LOWEST_TOOLS) build dist lime-demo screenshots docs/_build docs/auto_gallery .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(DEMO_STAMP): pyproject.toml
	@echo 'installing into $(DEMO): this takes half a minute, longer where the packages must be downloaded'
	test -x $(DEMO)/bin/python || $(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -e .
	touch $@

$(STAMP): pyproject.toml
	@echo 'installing into $(VENV): this takes a minute or two'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

# pip takes the newest versions; uv can take the oldest. It has an environment of its own.
$(LOWEST_STAMP): pyproject.toml
	@echo 'installing the oldest versions into $(LOWEST)'
	test -x $(LOWEST_TOOLS)/bin/python || $(PYTHON) -m venv $(LOWEST_TOOLS)
	$(LOWEST_TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv
	rm -rf $(LOWEST)
	$(LOWEST_TOOLS)/bin/uv venv --quiet --python $(LOWEST_TOOLS)/bin/python $(LOWEST)
	$(LOWEST_TOOLS)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct -e '.[lowest]'
	touch $@

$(DOCS_STAMP): $(STAMP)
	@echo 'installing what builds the documentation'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	touch $@
