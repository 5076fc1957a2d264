# make demo   sets everything up and explains real predictions on real data
# make test   sets everything up and runs all the checks
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
IMAGES := docs/images
CHROMIUM ?= /usr/bin/chromium
STAMP := $(VENV)/.installed

.PHONY: demo test bench screenshots images clean

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

# The pictures in the README: what make demo writes, and its page as a browser shows it.
images: $(STAMP)
	$(BIN)/lime demo --output $(IMAGES)
	$(CHROMIUM) --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1000,820 \
		--screenshot=$(IMAGES)/wine-page.png file://$(CURDIR)/$(IMAGES)/wine.html
	rm $(IMAGES)/wine.html

clean:
	rm -rf $(VENV) build dist lime-demo screenshots .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(STAMP): pyproject.toml
	@echo 'installing into $(VENV): this takes a minute or two'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@
