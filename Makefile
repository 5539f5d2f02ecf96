# The two commands of the README are `make demo` and `make test`; each sets up what it needs.
.PHONY: demo test test-fast test-window lint extension setup bpy clean help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

help:
	@echo "make demo         fit the demo photo, build the rig, render it: out/demo"
	@echo "make test         everything that needs no window"
	@echo "make test-window  the extension in real Blender windows"
	@echo "make lint         ruff and pyright"
	@echo "make extension    dist/smplify-VERSION.zip, built and validated"

setup: $(READY)

$(READY): pyproject.toml constraints.txt tools/setup_environment.sh
	PYTHON=$(PYTHON) bash tools/setup_environment.sh $(VENV)
	touch $(READY)

bpy: setup
	$(PY) tools/setup_bpy.py 4.2
	$(PY) tools/setup_bpy.py 5.0

demo: setup
	$(PY) -m tools.demo --out out/demo

test: bpy
	$(PY) -m pytest -m "not slow and not blender" -n 2
	$(PY) -m pytest -m "slow or blender"

test-fast: setup
	$(PY) -m pytest -m "not slow and not blender" -n 2

test-window: setup
	$(PY) -m pytest tests/gui

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright

extension: setup
	$(PY) tools/build_extension.py

clean:
	rm -rf out dist build wheels
