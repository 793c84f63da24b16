# The project's commands; `make help` lists them. Needs Python 3.11 or newer, and make; paths are relative, so that
# the project may lie in any folder.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PYTHONUNBUFFERED = 1

python := .venv/bin/python
in_frontend := cd frontend && ../scripts/with-node
pages := frontend/dist/index.html
# Folders too: they change when a file in them goes.
pages_sources := $(shell find frontend -name node_modules -prune -o -name dist -prune -o -print 2>/dev/null)

# A virtual environment does not survive a move, or the end of its Python: then it is made anew.
ifneq ($(shell test -x $(python) && cat .venv/.place 2>/dev/null),$(shell pwd -P))
.PHONY: .venv/.place
endif

.PHONY: help run test check bench build format lock openapi clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: .venv/.package $(pages) ## serve on http://127.0.0.1:3000, with a database and a demo world if DATABASE_URL is unset
	@exec .venv/bin/portal run

test: .venv/.dev $(pages) ## every test: front end, Python, Postman collection, end to end
	$(in_frontend) npm run --silent test
	$(python) -m tests.browser
	$(python) -m pytest --numprocesses=2 --dist=loadfile --ignore=tests/e2e
	$(python) -m pytest --numprocesses=2 --dist=loadfile tests/e2e

check: .venv/.dev frontend/node_modules/.installed ## format, lint, types, import contract
	$(python) -m ruff format --check --quiet .
	$(python) -m ruff check --quiet .
	$(python) -m mypy
	.venv/bin/lint-imports
	$(in_frontend) npm run --silent check

bench: .venv/.dev $(pages) ## the measurements, as a table; ROWS=n for another size
	@$(python) -m bench

build: .venv/.package $(pages) ## all that `portal run` needs

format: .venv/.dev frontend/node_modules/.installed ## rewrite the sources in the project's format
	$(python) -m ruff check --fix-only --quiet .
	$(python) -m ruff format --quiet .
	$(in_frontend) npm run --silent format

lock: ## renew the lock files (needs uv)
	scripts/lock.sh
	$(in_frontend) npm install --package-lock-only

openapi: .venv/.package ## write docs/openapi.json
	@$(python) scripts/openapi.py

clean: ## remove what the other targets made; the data in .data stays
	rm -rf .venv frontend/node_modules frontend/dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache test-results
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/.place:
	@scripts/make-venv

.venv/.runtime: .venv/.place requirements.lock
	@echo "Installing Python packages"
	@$(python) -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

# After the packages, because its build uses them.
.venv/.package: .venv/.runtime pyproject.toml
	@$(python) -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.place requirements-dev.lock | .venv/.package
	@echo "Installing Python packages for development"
	@$(python) -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json requirements-node.lock | .venv/.place
	@echo "Installing front-end packages"
	@$(in_frontend) npm ci --loglevel=error
	@touch $@

$(pages): frontend/node_modules/.installed $(pages_sources)
	@echo "Building the pages"
	@$(in_frontend) npm run --silent build
