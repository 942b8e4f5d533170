# The commands of the project. Each step of the set-up is a file rule, so a step whose inputs did not change is not run again.
PYTHON ?= python3
BIN    := .venv/bin
STAMPS := .venv/stamps
DIST   ?= dist

RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name Cargo.toml)
JS_SOURCES   := $(shell find js/src -type f) js/build.mjs
AS_ROOT      := $(if $(filter 0,$(shell id -u)),--allow-root)

export VIRTUAL_ENV := $(CURDIR)/.venv
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/js/node_modules/.bin:$(PATH)
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python

.DELETE_ON_ERROR:
.PHONY: help install tour lab test bench check format soak wheel lock ready

help:     ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install:  ## set up .venv: engine (release), front end, package; nothing to do when nothing changed
	@$(MAKE) --no-print-directory -j3 ready

tour: install  ## run the tour notebook on real input and write tour.html
	@tailgana tour

lab: install build/jupyter/kernels/python3/kernel.json  ## JupyterLab at the tour notebook, with the lab loaded
	JUPYTER_PATH=$(CURDIR)/build/jupyter jupyter lab $(AS_ROOT) notebooks/00-tour.ipynb

test: install  ## every test: Rust, TypeScript, Python, browser
	@.ci/chromium
	@.ci/postgresql
	cargo test --quiet --locked --workspace
	cd js && vitest run
	python -m pytest -n 2

check: install  ## formatters, linters, types, import direction, sizes, contracts
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-logo
	python -m mypy.stubtest tailgana_lab._engine --mypy-config-file pyproject.toml
	cargo fmt --check
	cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
	cd js && biome ci . && tsc --noEmit
	python -m pytest -q -n 0 tests/architecture

format:   ## let the formatters rewrite the sources
	ruff check --fix-only --quiet .
	ruff format --quiet .
	cargo fmt
	cd js && biome check --write .

bench: install $(STAMPS)/bench  ## the benchmarks against peers, as tables of ratios, and bench.json
	@tailgana bench

soak: install  ## 10 million stacks under garbage collection, thread churn and deep recursion (long; not in CI)
	python tests/engine/soak.py

wheel: install  ## the wheel, in dist/
	maturin build --release --locked --quiet --out $(DIST)

lock:     ## resolve the pinned requirement sets and the JavaScript lock anew
	@for set in setup run test bench; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate \
	    $$(test $$set != run || echo pyproject.toml --extra memory) requirements/$$set.in -o requirements/$$set.txt; \
	done
	cd js && npm install --package-lock-only --no-audit --no-fund

build/jupyter/kernels/python3/kernel.json: Makefile
	@mkdir -p $(@D)
	@echo '{"display_name": "Python 3 (tailgana_lab loaded)", "language": "python", "argv": ["$(CURDIR)/$(BIN)/python", "-m", "ipykernel_launcher", "-f", "{connection_file}", "--ext=tailgana_lab"]}' >$@

# The set-up. Three chains (engine, Python packages, front end) run side by side.

ready: $(STAMPS)/package tailgana_lab/static/.built
	@:

build/prerequisites: .ci/prerequisites
	@PYTHON="$(PYTHON)" .ci/prerequisites
	@mkdir -p $(@D) && touch $@

$(STAMPS)/venv: requirements/setup.txt | build/prerequisites
	@echo "creating .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@python -m pip install --quiet --disable-pip-version-check -r $<
	@mkdir -p $(@D) && touch $@

$(STAMPS)/python: requirements/run.txt requirements/test.txt $(STAMPS)/venv
	@echo "installing the Python packages"
	@uv pip install --quiet -r requirements/run.txt -r requirements/test.txt
	@touch $@

$(STAMPS)/engine: $(RUST_SOURCES) $(STAMPS)/venv
	@echo "building the engine (release)"
	@maturin develop --release --locked --quiet --uv --skip-install
	@touch $@

js/node_modules/.installed: js/package-lock.json js/.npmrc | build/prerequisites
	@echo "installing the JavaScript packages"
	@cd js && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

tailgana_lab/static/.built: $(JS_SOURCES) js/node_modules/.installed
	@echo "bundling the front end"
	@cd js && node build.mjs
	@touch $@

$(STAMPS)/package: pyproject.toml $(STAMPS)/python $(STAMPS)/engine
	@echo "installing the package"
	@maturin develop --release --locked --quiet --uv
	@touch $@

$(STAMPS)/bench: requirements/bench.txt requirements/bench-alone.txt $(STAMPS)/package
	@echo "installing the benchmarks' peers"
	@uv pip install --quiet -r requirements/run.txt -r requirements/test.txt -r requirements/bench.txt
	@uv pip install --quiet --no-deps -r requirements/bench-alone.txt
	@touch $@
