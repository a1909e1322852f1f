# `make bench` measures and `make test` tests; both install first what they need. `make` alone lists the targets.
#
# The checkout may lie anywhere, also under a name with spaces: only relative paths are used here, and
# `.venv/bin/python -m` instead of console scripts, which hold the absolute path of .venv.

SHELL := /bin/bash
PYTHON ?= python3
DEVICE := $(shell nvidia-smi -L >/dev/null 2>&1 && echo cuda || echo cpu)
EXTRAS_cpu := torch,tensorflow-cpu,jax,pretrained,dev
EXTRAS_cuda := torch,tensorflow,jax-cuda,pretrained,dev
INSTALL := .venv/bin/python -m pip install --disable-pip-version-check --constraint constraints/$(DEVICE).txt
PRECOMPILE := yes
INSTALLED := .venv/installed-$(DEVICE)

.PHONY: help setup bench bench-harness bench-reports bench-gate bench-reconciliation ops bench-peers differences differences-check techniques-page golden sizes sizes-check test \
	test-long lint format clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*  ## /  make \1\t/p' Makefile | expand -t 24

setup: $(INSTALLED)  ## install into .venv; PYTHON=python3.12 chooses the Python, DEVICE=cpu goes without CUDA
	@.venv/bin/python -c 'import sys; print(".venv is ready: Python %d.%d.%d, $(DEVICE)" % sys.version_info[:3])'

bench: setup  ## prove the pairs of the quick suite, measure it, print the comparison, write the report
	.venv/bin/python -m harness.cli parity --suite quick
	.venv/bin/python -m harness.cli run quick

bench-harness: setup  ## measure what the harness itself costs
	.venv/bin/python -m benchmarks.harness_overhead

bench-reports: setup  ## measure what large runs cost to report, to check and to index
	.venv/bin/python -m benchmarks.report_sizes

bench-gate: setup  ## measure how often the gate cries wolf, and how often it sleeps, on resampled runs; minutes
	.venv/bin/python -m benchmarks.gate_power

bench-reconciliation: setup  ## measure what it costs that Keras' optimizers are reconciled
	.venv/bin/python -m benchmarks.reconciliation

ops: setup  ## time single operations in every arm, side by side; results/ops.json is for report and check
	.venv/bin/python -m benchmarks.ops results/ops.json

bench-peers: setup  ## race ours against public implementations; hours
	$(INSTALL) --editable ".[peers]"
	$(INSTALL) --no-deps keras-hub
	set -e; for suite in benchmarks/peers/*.yaml; do \
	  TWINBENCH_ARMS=benchmarks.peers .venv/bin/python -m harness.cli run $$suite --unverified; done

differences: setup  ## measure every default that differs and write docs/differences.md
	.venv/bin/python -m harness.differences

differences-check: setup  ## compare docs/differences.md with what is measured now
	.venv/bin/python -m harness.differences --check

techniques-page: setup  ## write docs/techniques.md from the records of results/reference/techniques
	.venv/bin/python -m harness.techniques_page results/reference/techniques

golden: setup  ## write the reports that tests compare with, tests/harness/report/golden, from recorded runs
	PYTHONPATH=tests .venv/bin/python -m golden_runs

sizes: setup  ## count parameters and FLOPs of every workload's model and write benchmarks/sizes.json
	.venv/bin/python -m harness.anatomy.sizes

sizes-check: setup  ## compare benchmarks/sizes.json with what is counted now
	.venv/bin/python -m harness.anatomy.sizes --check

test: setup  ## run the tests that a contributor needs
	.venv/bin/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder --max-worker-restart 0

test-long: setup  ## run what takes minutes: planted faults in the larger models, every gate of theirs
	.venv/bin/python -m pytest -m long

lint: setup  ## check style, types and the direction of imports
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check
	.venv/bin/python -m mypy
	.venv/bin/python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-logo

format: setup  ## put the code in shape
	.venv/bin/python -m ruff check --fix
	.venv/bin/python -m ruff format

clean:  ## remove .venv and caches; results stay
	rm -rf .venv build dist *.egg-info .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A .venv is made anew if it does not work, or if PYTHON is given and is of another version.
ifneq ($(shell .venv/bin/python -c 'import pip; print("works")' 2>/dev/null),works)
REPLACE := yes
else ifneq ($(origin PYTHON),file)
ifneq ($(shell "$(PYTHON)" -V 2>&1),$(shell .venv/bin/python -V 2>&1))
REPLACE := yes
endif
endif

ifdef REPLACE
.PHONY: $(INSTALLED)
endif

$(INSTALLED): pyproject.toml constraints/$(DEVICE).txt
	@test -d .venv -a -z "$(REPLACE)" || "$(PYTHON)" -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
	  "twinbench needs Python 3.11 or newer; $(PYTHON) is %d.%d. Name another: PYTHON=python3.12 make setup" \
	  % sys.version_info[:2])'
	@test -z "$(REPLACE)" || rm -rf .venv
	test -d .venv || "$(PYTHON)" -m venv .venv
	rm -f .venv/installed-*
	$(INSTALL) setuptools
	$(INSTALL) --no-build-isolation --no-compile --editable ".[$(EXTRAS_$(DEVICE))]"
	@test -z "$(PRECOMPILE)" || .venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null || true  # on all cores, where pip takes one; templates fail
	@touch $@
