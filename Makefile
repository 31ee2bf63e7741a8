# Everything that a checkout needs, from nothing: `make serve`, `make test`.
# The first run makes .venv and installs what is pinned; later runs start at once.

PORT   ?= 8000
ARGS   ?=
# `make fuzz`: how many evaluations, and the seed of an earlier run; empty: a new one.
N      ?= 10000
SEED   ?=
# `make bench`: a file that the results are appended to; anything, to be quick; anything, to
# write the tables into tests/benchmarks/README.md. `make profile`: whose decision is looked at.
OUT      ?=
QUICK    ?=
README   ?=
PLAYBOOK ?= house
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
.PHONY: help serve test proof fuzz fuzz-time fuzz-guards fuzz-http sanitize endurance experiment-simulation crash load lint types bench profile pins clean

help:  ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-21s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(CAN_SERVE)  ## Run the service on this machine: make serve PORT=8000
	@$(BIN)/unghost serve --port $(PORT)

test: $(CAN_TEST)  ## Run the tests: make test ARGS="-k gone_silent"
	@$(BIN)/python -m pytest -n auto --dist loadscope -m "not proof" $(ARGS)

proof: $(CAN_TEST)  ## Run the tests that start the whole service, load it, kill it, cut it off
	@$(BIN)/python -m pytest -n auto --dist loadscope -m proof $(ARGS)

fuzz: $(CAN_TEST)  ## Hold the rules against three oracles: make fuzz N=100000 SEED=2026
	@$(BIN)/python -m tests.oracle.fuzz --evaluations $(N) --seed "$(SEED)"

fuzz-time: $(CAN_TEST)  ## Hold windows against the clock: every zone, every hour of two years
	@$(BIN)/python -m tests.oracle.time_sweep

fuzz-guards: $(CAN_TEST)  ## Hold the contact policy against the clock, minute by minute: make fuzz-guards N=10000
	@GUARD_CASES=$(N) $(BIN)/python -m pytest tests/decision/test_guards.py

fuzz-http: $(CAN_TEST)  ## Hold the service against openapi.yaml: make fuzz-http SECONDS=600 SEED=2026
	@$(BIN)/python -m tests.endurance.http_fuzz $(or $(SECONDS),600) $(SEED)

sanitize: $(CAN_TEST)  ## Run the engine under AddressSanitizer and UBSan; it needs gcc
	@PYTHON=$(BIN)/python tests/endurance/sanitize.sh

endurance: $(CAN_TEST)  ## A million decisions, 2,000 playbooks, 16 threads: memory and answers
	@$(BIN)/python -m tests.endurance.replacing
	@$(BIN)/python -m tests.endurance.memory

experiment-simulation: $(CAN_TEST)  ## Read thousands of made-up experiments: false verdicts, power
	@$(BIN)/python -m tests.experiment.simulation $(if $(SEED),--seed $(SEED))

crash: N = 50
crash: $(CAN_TEST)  ## Kill the service under load, on both databases: make crash N=50
	@UNGHOST_KILLS=$(N) $(BIN)/python -m pytest -s tests/store/test_crash.py \
		tests/endurance/test_crashing.py

load: $(CAN_TEST)  ## Publish under load, and take PostgreSQL away: make load SECONDS=60
	@UNGHOST_SECONDS=$(or $(SECONDS),60) $(BIN)/python -m pytest -s \
		tests/endurance/test_publishing.py tests/endurance/test_away.py

lint: $(CAN_TEST)  ## Check style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(CAN_TEST)  ## Check types
	@$(BIN)/mypy

bench: $(CAN_TEST)  ## Measure everything: make bench OUT=results.jsonl QUICK=1 README=1
	@$(BIN)/python -m tests.benchmarks.run $(if $(QUICK),--quick) $(if $(README),--readme) \
		$(if $(OUT),--out '$(OUT)')

profile: $(CAN_TEST)  ## Say where the time of a decision goes: make profile PLAYBOOK=house
	@$(BIN)/python -m tests.benchmarks.where '$(PLAYBOOK)'

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
