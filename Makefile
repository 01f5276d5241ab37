# A fresh machine needs Python 3.11 (or 3.12, 3.13), make and gcc; everything else goes into .venv.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup spark demo test check fix bench benchreview million docs train lock clean

PY ?= $(firstword $(shell command -v python3.11) $(shell command -v python3))
BIN := .venv/bin
STAMP := .venv/.installed
COMPILE := --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
  --no-emit-trusted-host
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

help:  ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(STAMP)  ## install OncoSpan and its tools into .venv

# Each file is checked against its hash, those that build the source packages too. The lock is for Python 3.11; on a
# later one pip picks within the limits of pyproject.toml.
$(STAMP): requirements.lock build.lock pyproject.toml
	@$(PY) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	  || { echo 'OncoSpan needs Python 3.11, 3.12 or 3.13: make setup PY=/path/to/python3.11' >&2; exit 1; }
	@test -x $(BIN)/python || $(PY) -m venv .venv
	@echo 'Installing into .venv (one to two minutes the first time) ...'
	@$(PIP) install --quiet --require-hashes -r build.lock
	@if $(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then \
	  $(PIP) install --quiet --no-build-isolation --no-deps --require-hashes -r requirements.lock; \
	  $(PIP) install --quiet --no-build-isolation --no-deps -e .; \
	else \
	  $(PIP) install --quiet -e '.[dev,formats,oidc,postgresql,review]'; \
	fi
	@$(PIP) check
	@touch $@

spark: $(STAMP)  ## install PySpark and pandas too (1 GB on the disk; it needs Java 17)
	@$(PIP) install --quiet --no-build-isolation --no-deps --require-hashes -r spark.lock

demo: $(STAMP)  ## read the sample notes: a summary here, the findings as a web page
	@$(BIN)/oncospan demo

test: check  ## linters and every test
	$(BIN)/python -m pytest

check: $(STAMP)  ## linters only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

fix: $(STAMP)  ## mend what the linters can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)  ## notes per second, beside stock medspaCy and negspaCy, and what a note costs
	@$(PIP) install --quiet --no-build-isolation --no-deps --require-hashes -r bench.lock || echo 'negspaCy is left out.' >&2
	$(BIN)/python tests/bench/bench.py

benchreview: $(STAMP)  ## the workbench with 200,000 encounters (8 GB of /tmp)
	$(BIN)/python tests/bench/workbench.py

million: $(STAMP)  ## a million notes with two workers: every record right, the memory flat (an hour, 4 GB of /tmp)
	$(BIN)/python tests/bench/million.py

docs: $(STAMP)  ## the rules by example as a web page (out/docs/rules.html), and docs/data-dictionary.md
	$(BIN)/python tests/spec/page.py
	$(BIN)/python -m oncospan.export.dictionary > docs/data-dictionary.md

train: $(STAMP)  ## train the confidence of codes again on corpora/: the pack's learned/ folder
	$(BIN)/python models/train_confidence.py

lock:  ## write the lock files again from pyproject.toml (Python 3.11, several minutes)
	@rm -rf out/lock && $(PY) -m venv out/lock
	@out/lock/bin/pip install --quiet pip-tools
	out/lock/bin/pip-compile --quiet --upgrade $(COMPILE) --extra dev --extra formats --extra oidc --extra postgresql --extra review --output-file requirements.lock pyproject.toml
	grep -E '^setuptools==' requirements.lock | sed 's/ .*//; $$a wheel' \
	  | out/lock/bin/pip-compile --quiet --upgrade $(COMPILE) --no-annotate --output-file build.lock -
	printf 'pandas>=2.2,<3\npyspark>=4,<5\n' \
	  | out/lock/bin/pip-compile --quiet --upgrade $(COMPILE) --no-annotate -c requirements.lock --output-file spark.lock -
	echo 'negspacy>=1.0.4,<1.1' \
	  | out/lock/bin/pip-compile --quiet --upgrade $(COMPILE) --no-annotate -c requirements.lock --output-file out/lock/bench.lock -
	awk '/^[^ ]/ { ours = /^negspacy==/ } ours' out/lock/bench.lock > bench.lock

clean:  ## remove what can be made again
	rm -rf .venv build dist out *.egg-info nlp/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
