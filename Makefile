# make help says what there is. Everything runs in .venv, which is made on first use.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# A worker takes over tests of one that has many left; eight of them need some 12 GB.
PARALLEL := -n logical --maxprocesses 8 --dist worksteal
SUBPACKAGES := $(filter-out failscape benchmarks examples tests zoo,$(patsubst %/__init__.py,%,$(wildcard */__init__.py)))
BENCHMARKS := street pinned recorded throughput edits fidelity discovery resume micro planted intervals plan cost feedback mitigation \
	transport summaries text_modes text_walks text_mitigation encoders world pairs pair_search pair_repair geneval bias drawn

.DEFAULT_GOAL := help
.PHONY: help demo check lint type test test-slow format bench clean

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1	\2/p' Makefile | expand -t 18

demo: $(STAMP) ## set up, then explore the embedded classifier: no network, no data of your own
	@$(BIN)/python train.py --env failscape/Classifier-v0

check: lint type test ## what a change must pass

lint: $(STAMP) ## ruff and codespell
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell

# mypy runs no import hooks, so it gets the installed shape as a farm of links.
type: $(STAMP) ## mypy, strict
	@rm -rf .typecheck && mkdir -p .typecheck/failscape
	@ln -s $(addprefix ../../,$(filter-out %/__pycache__,$(wildcard failscape/*)) $(SUBPACKAGES)) .typecheck/failscape/
	@MYPYPATH=.typecheck $(BIN)/mypy -p failscape

test: $(STAMP) ## the default tests: some minutes
	@$(BIN)/python -m pytest $(PARALLEL)

test-slow: $(STAMP) ## the tests that take minutes
	@$(BIN)/python -m pytest $(PARALLEL) -m slow

format: $(STAMP) ## mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP) ## every benchmark; one of them: make bench BENCHMARKS=NAME
	@for name in $(BENCHMARKS); do echo "$$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

clean: ## remove what was built, but not runs/ and .venv/
	@rm -rf build dist *.egg-info .typecheck .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -path ./.venv -prune -o -path ./runs -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): setup.py pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "failscape needs Python 3.10 or newer: make PYTHON=python3.12")'
	@echo "setting up .venv (PyTorch is large: some minutes and gigabytes the first time) ..."
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]" -c constraints.txt
	@touch $@
