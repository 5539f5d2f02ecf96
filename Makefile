# The two commands of the README are `make demo` and `make test`; each sets up what it needs.
.PHONY: demo test test-fast test-blenders test-window test-data fuzz lint extension setup bpy clean help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
MADE := $(VENV)/.made
READY := $(VENV)/.ready
SMPLIFY_SHARED ?= ../shared
WINDOW_SETUP := $(SMPLIFY_SHARED)/tools/blender-gui-setup.sh
ROOT_STARTER := $(SMPLIFY_SHARED)/tools/blender-gui
# Every process of the tests compiles them and the core anew where this is set, as containers often have it.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make demo         fit the demo photo, build the rig, render it: out/demo"
	@echo "make test         everything that needs no window, all of it in one Blender"
	@echo "make test-blenders  the tests in Blender once more under 4.2, 5.0 and the newest, which needs Python 3.13"
	@echo "make test-window  the extension in real Blender windows"
	@echo "make fuzz         every file reader against CASES=2000 faulty files each, numbered from FIRST=0"
	@echo "make test-data    rebuild the shipped data and compare (installs more)"
	@echo "make lint         ruff and pyright"
	@echo "make extension    dist/smplify-VERSION.zip, built and validated"

setup: $(READY)

$(MADE): tools/setup_environment.sh
	PYTHON=$(PYTHON) bash tools/setup_environment.sh $(VENV)
	touch $(MADE)

# Whatever is never imported is never compiled. An older environment has the types of Blender 4.5, whose files lie in the same folders.
$(READY): $(MADE) pyproject.toml constraints.txt
	$(PIP) uninstall -q -y fake-bpy-module-4.5 2>/dev/null || true
	$(PIP) install -q --no-compile -c constraints.txt -e ".[dev,blender,torch]"
	touch $(READY)

bpy:  # three environments side by side
	@$(MAKE) --no-print-directory -j3 setup bpy-4.2 bpy-5.0

bpy-%: $(MADE)
	$(PY) tools/setup_bpy.py $*

demo: setup
	$(PY) -m tools.demo --out out/demo

# A file stays in one process, which makes what its tests share once; the files that take longest begin (see the conftest.py files).
BY_FILE := -n 2 --dist loadfile --no-loadscope-reorder
BLENDERS_BY_FILE := -n 2 --dist loadgroup --no-loadscope-reorder

test: bpy
	$(PY) -m pytest $(BY_FILE) --ignore=tests/gui --ignore=tests/blender
	$(PY) -m pytest tests/blender $(BLENDERS_BY_FILE) --ignore=tests/blender/test_every_blender.py

test-fast: setup
	$(PY) -m pytest -m "not slow" $(BY_FILE) --ignore=tests/gui --ignore=tests/blender

# Blender 5.3's wheel needs Python 3.13, which comes in a Debian root made by the folder of test tools, as root;
# without them the tests skip and say so.
test-blenders: bpy
	if [ -f "$(WINDOW_SETUP)" ] && [ "$$(id -u)" = 0 ]; then \
		bash "$(WINDOW_SETUP)" trixie && $(PY) tools/setup_bpy.py 5.3 --starter "$(ROOT_STARTER)"; fi
	$(PY) -m pytest tests/blender/test_every_blender.py $(BLENDERS_BY_FILE)

# A real Blender with a window comes from the folder of test tools; without it the tests skip and say so.
test-window: setup
	if [ -f "$(WINDOW_SETUP)" ]; then bash "$(WINDOW_SETUP)" trixie sid; fi
	$(PY) -m pytest tests/gui

# Whether tools/ still makes what lies in fitting_core/data: installs the packages that only this needs.
test-data: setup
	$(PIP) install -q -c constraints.txt -e ".[build]"
	$(PY) -m pytest tests/tools

# Fixed seeds: a case that fails is named, kept and found again. The tests run 12 cases a reader, with every type checked;
# CI runs 1,500 a reader and 375 a sample without those checks, 100,000 in all.
CASES ?= 2000
FIRST ?= 0
fuzz: setup
	SMPLIFY_TYPE_CHECKS=off FUZZ_CASES=$(CASES) FUZZ_FIRST=$(FIRST) $(PY) -m pytest tests/fuzz -n 2 -rP

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff check --isolated --select F821 smplify_blender tools tests/blender tests/gui  # without jaxtyping's names
	$(PY) -m ruff format --check .
	$(PY) -m pyright

extension: setup
	$(PY) tools/build_extension.py

clean:
	rm -rf out dist build wheels
