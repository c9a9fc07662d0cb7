# Everything runs in a virtual environment of this folder; nothing outside it is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The tests begin hundreds of processes; Python is to compile the bot for the first one alone.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check browser pictures bench bench-alerts clean prism

demo: $(VENV)/usable
	$(BIN)/keeprate demo $(ARGS)

# What it takes to run; the tests need more.
$(VENV)/usable: pyproject.toml constraints.txt
	@test -w . || { echo "This folder can't be written; copy it to one that can, for its .venv."; exit 1; }
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Keeprate needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fast]'
	touch $@

$(VENV)/installed: $(VENV)/usable
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	# Only for the axe-core inside; what it needs for itself is a browser of its own.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps axe-playwright-python
	touch $@

# The page is tested in a real Chromium. Where it can't be installed, those tests say so and are skipped.
browser:
	@command -v chromium >/dev/null || if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    chromium fonts-dejavu-core fonts-noto-color-emoji >/dev/null; \
	else echo "Chromium is not installed: the tests of the page will be skipped."; fi

# Prism answers as vendors' own descriptions of their APIs say. It is asked whether they allow our requests.
PRISM := $(VENV)/prism/node_modules/.bin/prism
prism: $(VENV)/installed
	@test -x $(PRISM) || { command -v npm >/dev/null || if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null; fi; \
	  npm install --silent --no-audit --no-fund --prefix $(VENV)/prism @stoplight/prism-cli@5.14.2; } \
	|| echo "Prism is not installed: the tests against vendors' descriptions will be skipped."

check: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Three at once, also on two cores: many tests wait for something half of their time.
test: check browser prism
	$(BIN)/pytest -n 3

# Those in docs/pictures; look at them before they are committed.
pictures: $(VENV)/installed browser
	KEEPRATE_PICTURES=keep $(BIN)/pytest tests/sandbox/page/test_pictures.py tests/sandbox/page/test_sheets.py

bench: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[rivals]'
	$(BIN)/python -m tests.benchmarks $(ARGS)

# How often alerts cry wolf and how soon they find a drop, on simulated companies; ARGS=--quick for few.
bench-alerts: $(VENV)/installed
	$(BIN)/python -m tests.benchmarks.alerts $(ARGS)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
