# Everything that a checkout needs, from nothing: `make serve`, `make test`.
# The first run makes .venv and installs what is pinned; later runs start at once.

PORT   ?= 8000
ARGS   ?=
# The Python to make .venv with; empty: the first of python3.12, python3.11, python3 that will do.
PYTHON ?=

VENV := .venv
BIN  := $(VENV)/bin
PINS := requirements-build.txt requirements.txt requirements-dev.txt
# Stamps carry the sum of all that decides what is installed, so that it is done once.
SUM  := $(shell cat $(PINS) pyproject.toml .ci/venv | cksum | cut -d ' ' -f 1)
CAN_SERVE := $(VENV)/.can-serve-$(SUM)
CAN_TEST  := $(VENV)/.can-test-$(SUM)

.DEFAULT_GOAL := help
.PHONY: help serve test lint types pins clean

help:  ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(CAN_SERVE)  ## Run the service on this machine: make serve PORT=8000
	@$(BIN)/unghost serve --port $(PORT)

test: $(CAN_TEST)  ## Run the tests: make test ARGS="-k gone_silent"
	@$(BIN)/python -m pytest $(ARGS)

lint: $(CAN_TEST)  ## Check style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(CAN_TEST)  ## Check types
	@$(BIN)/mypy

pins: $(CAN_SERVE)  ## Pin all packages anew from pyproject.toml: make pins ARGS=--upgrade
	@.ci/pins $(ARGS)

clean:  ## Remove .venv and all that was made
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What tests need holds all that serving needs.
$(CAN_TEST):
	@PYTHON='$(PYTHON)' .ci/venv requirements-dev.txt
	@touch $(CAN_SERVE) $@

$(CAN_SERVE):
	@PYTHON='$(PYTHON)' .ci/venv requirements.txt
	@touch $@

# One install at a time, also under `make -j`.
.NOTPARALLEL:
