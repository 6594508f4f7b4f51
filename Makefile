# `make demo` starts a site with demonstration data; `make test` checks the checkout. Both make .venv by themselves.
#   make demo PORT=8081            another port
#   make test PYTHON=python3.13 VENV=.venv-3.13
#   make test TESTS=tests/variants

VENV ?= .venv
PORT ?= 8080
TESTS ?=
python := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help demo test test-rest test-all attack bench lint reference environment test-environment clean

help:
	@echo 'make demo      start a site with demonstration data on http://127.0.0.1:$(PORT) (Ctrl-C stops it)'
	@echo 'make test      lint, types, floors and every quick test'
	@echo 'make test-all  the slow tests and those that need services as well'
	@echo 'make bench     the benchmarks, as tables'
	@echo 'make attack    attacks on membership against disclosure control, as a table and a picture (40 minutes)'
	@echo 'make lint      lint, types and floors only'
	@echo 'make reference docs/settings.md, commands.md and operations.md from the code'
	@echo 'make clean     remove the environment (the demonstration site in .insitu/ stays)'

environment:
	@bin/environment '$(VENV)' run

test-environment:
	@bin/environment '$(VENV)' test

demo: environment
	@exec '$(python)' -m insitu demo --data-dir .insitu/demo --port '$(PORT)'

lint: test-environment
	'$(python)' -m ruff check .
	'$(python)' -m mypy
	'$(VENV)/bin/lint-imports' --no-cache

test: lint
	'$(python)' -m pytest -m 'not slow and not services' $(TESTS)

test-rest: test-environment
	'$(python)' -m pytest -m 'slow or services' --timeout=900 $(TESTS)

test-all: test
	$(MAKE) test-rest

reference: test-environment
	'$(python)' -m insitu.reference docs

attack: test-environment
	'$(python)' -m benchmarks.attack

bench: test-environment
	'$(python)' -m benchmarks

clean:
	@[ ! -e '$(VENV)' ] || [ -f '$(VENV)/pyvenv.cfg' ] || \
	    { echo 'insitu: $(VENV) is no virtual environment: nothing was removed' >&2; exit 1; }
	rm -rf '$(VENV)' .mypy_cache .ruff_cache .pytest_cache .hypothesis
