# `make` lists what can be done. Everything runs in .venv, which is made on
# first use and refreshed when requirements.txt or pyproject.toml changes.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
unexport PYTHONSAFEPATH # the tools import one another
.PHONY: help book test outputs reproduce format url clean

# The interpreter that .venv is made with: make PYTHON=/path/to/python3.11 …
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
PY := .venv/bin/python
READY := .venv/.ready
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore
# Several processes, see conftest.py: the cells of a chapter stay together and in order.
PARALLEL := -n auto --no-loadscope-reorder --max-worker-restart 0

# What a variable holds, whatever it holds but line breaks, which end a command, as one word of the
# shell; and as an option of a command, where the variable is given at all: one that is given and
# empty was meant to hold something.
define break


endef
one_line = $(if $(findstring $(break),$(value $1)),$(error $1 holds a line break: no name has one))
quoted = $(one_line)'$(subst ','\'',$(value $1))'
option = $(if $(filter undefined,$(origin $1)),,$2=$(call quoted,$1))

help: ## list the commands
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

book: $(READY) ## build the site and print its address
	@$(PY) tools/build.py

test: $(READY) ## lint, build the site, run every test and every chapter
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check . || { echo "Run: make format"; exit 1; }
	@.venv/bin/oxlint --deny-warnings mislabel_utils book/_scripts
	@.venv/bin/lint-imports --no-cache --no-logo
	@$(PY) -m deptry --no-ansi mislabel_utils
	@$(PY) -m pytest --nbval -q $(PARALLEL)

outputs: $(READY) ## re-execute the chapters and store their outputs [CHAPTER=name or evidence/name]
	@$(PY) tools/execute.py $(if $(CHAPTER),book/$(call quoted,CHAPTER).ipynb)

reproduce: $(READY) ## train at the paper's scale: CHAPTER=name [SEEDS=0-9] [JOBS=2] [CLUSTER=tcp://…] [DATA=folder [NO_FLIPS=1]]
	@test -n $(call quoted,CHAPTER) || { echo "Which chapter? make reproduce CHAPTER=mnist_to_fashion"; exit 2; }
	@$(PY) -m mislabel_utils reproduce $(call quoted,CHAPTER) $(call option,SEEDS,--seeds) \
	  $(call option,JOBS,--jobs) $(call option,CLUSTER,--cluster) $(call option,DATA,--data) \
	  $(if $(filter-out 0 1 no yes false true,$(NO_FLIPS))$(word 2,$(NO_FLIPS)),$(error NO_FLIPS is 1 or 0, not "$(NO_FLIPS)"))$(if $(filter 1 yes true,$(NO_FLIPS)),--no-flips)

format: $(READY) ## format the code and the notebooks
	@$(PY) -m ruff check --quiet --fix-only . ; $(PY) -m ruff format .

url: $(READY) ## move the book to another repository: URL=https://github.com/…
	@$(PY) tools/set_url.py $(call quoted,URL)

clean: ## delete the built site (the environment stays)
	rm -rf _build

# The compiled steps run in this order so that an interrupted installation is
# simply taken up again: the marker is written last.
$(READY): requirements.txt pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || \
	  { echo "No Python found: install Python 3.11, or name one with make PYTHON=…"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is too old: the book needs Python 3.11 (make PYTHON=/path/to/python3.11)"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make environments: install its venv package (Debian: python3-venv)"; exit 1; }
	@test -x $(PY) || { echo "Making .venv (a few minutes, about 6 GB on Linux: torch)…"; "$(PYTHON)" -m venv .venv; }
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@
