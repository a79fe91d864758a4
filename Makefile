# make demo: check, compile, train and run specs/digits.toml. make test: everything that CI tests.
# Both set up $(VENV) first, once; neither installs anything a second time.

SUPPORTED := python3 python3.11 python3.10 python
PYTHON ?= $(shell for p in $(SUPPORTED); do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 10), (3, 11)))' 2>/dev/null \
	&& { echo $$p; break; }; done)
VENV ?= .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin

.PHONY: ready demo test lint golden clean

ready: $(READY)

demo: $(READY)
	$(BIN)/snnc check specs/digits.toml
	$(BIN)/snnc compile specs/digits.toml
	$(BIN)/snnc train --baseline specs/digits.toml
	$(BIN)/snnc run specs/digits.toml

test: lint
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Writes the scripts of specs/ and the reports of tests/invalid/ anew: read the diff before you commit it.
golden: $(READY)
	$(BIN)/python -m tests.update

$(READY): pyproject.toml constraints/frozen.txt
	@[ -n "$(PYTHON)" ] || { echo "snnc trains and runs on Python 3.10 or 3.11, and neither is here: install one of them, or name it, as in: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@[ -x $(BIN)/pip ] || $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
		$(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install -q pip; }
	$(BIN)/pip install --disable-pip-version-check -q -c constraints/frozen.txt -e '.[run,dev]'
	@touch $(READY)

clean:
	rm -rf $(VENV)
