# make demo: check, compile, train and run specs/digits.toml. make quick: within a minute, after every change.
# make test: everything that CI tests. Each sets up $(VENV) first, once, and installs nothing a second time.

IS_SUPPORTED := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10 python; do \
	$$p -c '$(IS_SUPPORTED)' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
# The site is built by tools of its own: theirs and TensorFlow's versions needn't agree.
DOCS_READY := $(VENV)-docs/.ready
# Which versions are tested together on the Python that is in $(VENV).
LANE = $(shell $(BIN)/python -c 'import sys; print("frozen" if sys.version_info < (3, 12) else "today")')
PIP = $(BIN)/pip install --disable-pip-version-check -q -c constraints/$(LANE).txt
# It asks to be built by a setuptools that Python 3.12 can't run.
BUILD_NENGO_DL = $(PIP) setuptools && $(PIP) --no-build-isolation --no-deps nengo-dl

PYTEST = $(BIN)/python -m pytest -n 2 --dist loadscope

.PHONY: ready demo quick test lint golden docs notebook dist clean

ready: $(READY)

demo: $(READY)
	$(BIN)/snnc check specs/digits.toml
	$(BIN)/snnc compile specs/digits.toml
	$(BIN)/snnc train --baseline specs/digits.toml
	$(BIN)/snnc run specs/digits.toml

quick: lint
	$(PYTEST) -m 'not slow'

test: lint
	$(PYTEST)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/limits.py
	$(BIN)/mypy
	$(BIN)/lint-imports

# Writes the scripts of specs/ and the reports of tests/invalid/ anew: read the diff before you commit it.
golden: $(READY)
	$(BIN)/python -m tests.update

$(BIN)/pip:
	@$(or $(PYTHON),false) -c '$(IS_SUPPORTED)' 2>/dev/null || { echo "snnc needs Python 3.10 to 3.13 to train and run, and $(if $(PYTHON),$(PYTHON) is another,there is none): install one, then: make PYTHON=python3.13 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
		$(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install -q pip; }

$(READY): pyproject.toml constraints/frozen.txt constraints/today.txt | $(BIN)/pip
	$(if $(filter today,$(LANE)),$(BUILD_NENGO_DL))
	$(PIP) -e '.[run,import,study,plot,cluster,track,dev]'
	@$(BIN)/snnc doctor --compile
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

# The notebook, in JupyterLab of its own environment; its kernel is the one that trains and runs.
notebook: $(VENV)-notebook/.ready
	$(VENV)-notebook/bin/jupyter lab examples/digits.ipynb

$(VENV)-notebook/.ready: $(READY)
	@[ -x $(VENV)-notebook/bin/pip ] || $(PYTHON) -m venv $(VENV)-notebook
	$(VENV)-notebook/bin/pip install --disable-pip-version-check -q 'jupyterlab>=4,<5'
	@$(BIN)/python -m ipykernel install --prefix $(VENV)-notebook --name python3 --display-name snnc
	@touch $@

# The sdist and the wheel, in dist/. From an environment of its own, the wheel writes the scripts that are committed.
dist: $(READY)
	@rm -rf dist build/wheel
	$(BIN)/python -m hatchling build
	@$(BIN)/python -m venv build/wheel
	build/wheel/bin/pip install --disable-pip-version-check -q -c constraints/$(LANE).txt dist/*.whl
	build/wheel/bin/snnc --version
	build/wheel/bin/snnc compile --check specs/*.toml

clean:
	rm -rf $(VENV) $(VENV)-docs build dist
