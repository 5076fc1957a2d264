# make demo   sets everything up and explains real predictions on real data
# make test   sets everything up and runs all the checks
# make docs   sets everything up and builds the documentation, docs/_build/html/index.html
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
IMAGES := docs/images
CHROMIUM ?= /usr/bin/chromium
STAMP := $(VENV)/.installed
DOCS_STAMP := $(VENV)/.installed-docs

.PHONY: demo test bench docs screenshots images clean

demo: $(STAMP)
	$(BIN)/lime demo

# The tests come last, so that what they say closes the output.
test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2

bench: $(STAMP)
	set -e; for script in benchmarks/tabular_*.py; do $(BIN)/python $$script; done

# Runs the code of the pages and the examples of the gallery; any warning, and any reference that leads nowhere, fails.
docs: $(DOCS_STAMP)
	$(BIN)/python docs/run_pages.py
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs docs/_build/html
	@echo 'docs/_build/html/index.html'

screenshots: $(STAMP)
	$(BIN)/python tools/screenshots.py

# The pictures in the README: what make demo writes, and its page as a browser shows it.
images: $(STAMP)
	$(BIN)/lime demo --output $(IMAGES)
	$(CHROMIUM) --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1000,820 \
		--screenshot=$(IMAGES)/wine-page.png file://$(CURDIR)/$(IMAGES)/wine.html
	rm $(IMAGES)/wine.html

clean:
	rm -rf $(VENV) build dist lime-demo screenshots docs/_build docs/auto_gallery .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(STAMP): pyproject.toml
	@echo 'installing into $(VENV): this takes a minute or two'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

$(DOCS_STAMP): $(STAMP)
	@echo 'installing what builds the documentation'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	touch $@
