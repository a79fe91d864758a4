# make demo: check, compile, train and run specs/digits.toml. make test: everything that CI tests.
# Both set up $(VENV) first, once; neither installs anything a second time.

IS_SUPPORTED := import sys; sys.exit(sys.version_info[:2] not in ((3, 10), (3, 11)))
PYTHON ?= $(shell for p in python3 python3.11 python3.10 python; do \
	$$p -c '$(IS_SUPPORTED)' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
# The site is built by tools of its own: theirs and TensorFlow's versions needn't agree.
DOCS_READY := $(VENV)-docs/.ready

.PHONY: ready demo test lint golden docs clean

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
	@$(or $(PYTHON),false) -c '$(IS_SUPPORTED)' 2>/dev/null || { echo "snnc needs Python 3.10 or 3.11 to train and run, and $(if $(PYTHON),$(PYTHON) is another,there is none): install one, then: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@[ -x $(BIN)/pip ] || $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
		$(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install -q pip; }
	$(BIN)/pip install --disable-pip-version-check -q -c constraints/frozen.txt -e '.[run,dev]'
	@touch $(READY)

# The site, in build/docs: nothing that it needs may be missing, and no link inside of it broken.
docs: $(DOCS_READY)
	@rm -rf build/docs
	$(VENV)-docs/bin/python -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "wrote build/docs/index.html"

$(DOCS_READY): pyproject.toml constraints/docs.txt
	@[ -x $(VENV)-docs/bin/pip ] || $(PYTHON) -m venv $(VENV)-docs
	$(VENV)-docs/bin/pip install --disable-pip-version-check -q -c constraints/docs.txt -e '.[docs]'
	@touch $(DOCS_READY)

clean:
	rm -rf $(VENV) $(VENV)-docs build
