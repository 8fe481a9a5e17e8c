# `make help` lists the targets. Variables: PYTHON=python3.12 chooses the Python that makes the
# virtual environment, VENV=.venv-3.12 its folder, ARGS="-k rules" goes on to pytest.
PYTHON ?= python3
VENV ?= .venv
ARGS ?=
FUZZ_SECONDS ?= 30
BIN := $(VENV)/bin
UV := $(or $(shell uv --version >/dev/null 2>&1 && command -v uv),$(BIN)/uv)
# uv trusts only its own certificates unless told to trust the machine's, as pip does.
UV_SYSTEM_CERTS ?= 1
export UV_SYSTEM_CERTS

# uv is quick; pip is tried after it because it knows mirrors that only pip is configured for.
pip = $(BIN)/python -m pip --disable-pip-version-check
install = $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python $(1) || $(pip) install --quiet $(1)
compile = $(UV) pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --custom-compile-command "make lock" $(LOCK_ARGS)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-test run test test-deep test-faults test-fuzz test-airflow coverage check docs lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/.run-is-set-up ## install what a run needs into .venv, as locked

setup-test: $(VENV)/.test-is-set-up ## install what tests and checks need too

run: setup ## run the main job on data/sample
	$(BIN)/basket run configs/sample.yaml

test: setup-test ## fast tests: everything a change needs
	$(BIN)/pytest -n auto --dist loadfile -m "not deep and not faults" $(ARGS)

test-deep: setup-test ## slow tests: whole data sets, many more drawn examples
	$(BIN)/pytest -n auto --dist loadfile -m "deep or hypothesis" --hypothesis-profile deep $(ARGS)

test-faults: setup-test ## break runs: injected faults, full disks, signals, races, 60 nights
	@scripts/need_strace.sh
	$(BIN)/pytest -n auto --dist worksteal -m faults $(ARGS)

test-fuzz: setup-test ## fuzz the loader of configurations and the readers, each FUZZ_SECONDS
	@for target in yaml config rules csv json blanks source; do \
		echo "fuzzing $$target" && \
		$(BIN)/python -m scripts.fuzz $$target $(FUZZ_SECONDS) -verbosity=0 || exit 1; done

test-airflow: setup .venv-airflow/.is-set-up ## the example for Airflow, run by Airflow
	cd examples/airflow && BASKET_PROGRAM=$(abspath $(BIN)/basket) \
		$(CURDIR)/.venv-airflow/bin/python -m pytest -q -p no:cacheprovider -c /dev/null --rootdir=. $(ARGS) .

coverage: setup-test ## fast tests again, listing lines and branches they miss
	$(BIN)/pytest -n auto --dist loadfile -m "not deep and not faults" --cov $(ARGS)

check: setup-test ## lint, format, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup-test ## write what follows from the code: reference, tables, README rows, checksums
	$(BIN)/python -m pipeline.config.reference > configs/reference.yaml
	$(BIN)/python scripts/write_docs.py

lock: $(UV) ## compile the lock files again (LOCK_ARGS=--upgrade for newer versions)
	$(compile) requirements/uv.in -o requirements/uv.txt
	$(compile) pyproject.toml requirements/run.in -o requirements/run.txt
	$(compile) pyproject.toml requirements/run.in requirements/test.in -o requirements/test.txt
	$(compile) requirements/airflow.in -o requirements/airflow.txt

clean: ## remove the virtual environment and all caches; outputs stay
	rm -rf $(VENV) build dist htmlcov .coverage* .*_cache .hypothesis
	find pipeline tests bench scripts -name __pycache__ -prune -exec rm -rf {} +

# An environment that exists is filled, never made anew; a lock file that changed fills it again.
$(VENV)/.%-is-set-up: requirements/%.txt pyproject.toml | $(BIN)/pip $(UV)
	@echo "installing $< into $(VENV)"
	@$(call install,--require-hashes -r $<)
	@$(call install,--no-deps --no-build-isolation -e .)
	@$(BIN)/python -m pipeline.mining.kernels
	@touch $@

.venv-airflow/.is-set-up: requirements/airflow.txt | $(UV)
	@echo "installing $< into .venv-airflow"
	@test -d .venv-airflow || $(PYTHON) -m venv .venv-airflow
	@$(UV) pip install --quiet --python .venv-airflow/bin/python --require-hashes -r $< || \
		.venv-airflow/bin/pip install --quiet --require-hashes -r $<
	@touch $@

$(BIN)/uv: requirements/uv.txt | $(BIN)/pip
	@echo "installing uv into $(VENV)"
	@$(pip) install --quiet --require-hashes -r $<
	@touch $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'This needs Python 3.11 or newer: make PYTHON=python3.12 ...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
