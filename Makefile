# Everything a person or a machine does with this project has a line here. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
FLASK := $(BIN)/flask --app wsgi
SOURCES := eventapp tools tests wsgi.py gunicorn.conf.py

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run demo-reset test test-changed check lint types imports templates catalogues house format migrate lock bench pictures mutants mutants-js

help:  ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup:  ## Install what the product needs: Python packages, front-end packages, catalogues
	@$(PYTHON) tools/setup.py

setup-dev:
	@$(PYTHON) tools/setup.py --dev

run: setup  ## Start the product with the demo case (PORT=8000, DEMO_STAGE=registration|door|after|hearing|closed)
	@$(BIN)/python -m tools.run

demo-reset: setup  ## Put the demo back to its beginning
	@$(FLASK) demo reset

test: setup-dev  ## Run all tests, on SQLite and on a private PostgreSQL, in a real browser (ARGS="-k door" for some)
	@$(BIN)/python tools/debian.py
	@$(BIN)/python -m pytest $(ARGS)

test-changed: setup-dev  ## Run the tests that what changed on this branch can break (ARGS="--list" only names them)
	@$(BIN)/python -m tools.changed $(ARGS)

check: setup-dev lint types imports templates catalogues house  ## What must hold before a commit, tests apart

lint:  ## Style and common mistakes in Python
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

types:  ## Types
	$(BIN)/mypy

imports:  ## Which way imports run between slices, and inside one
	$(BIN)/lint-imports

templates:  ## HTML of the templates
	$(BIN)/djlint --lint --quiet templates

catalogues:  ## Danish and English: nothing missing, nothing left over
	$(BIN)/python tools/catalogues.py check

house:  ## Large files, private names, paths of one machine, marks of unfinished work
	$(BIN)/python tools/checks.py

format:  ## Let the formatter have its way
	$(BIN)/ruff check --fix-only $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

migrate: setup-dev  ## Write a migration for what the models have become: make migrate MESSAGE="seats of a quota"
	@$(BIN)/python -m tools.migrate "$(MESSAGE)"
	@$(BIN)/ruff check --fix-only --quiet eventapp/migrations
	@$(BIN)/ruff format --quiet eventapp/migrations

lock: setup-dev  ## Resolve requirements*.in anew and write the locks
	$(BIN)/python -m tools.lock

bench: setup-dev  ## Measure, and write docs/performance.md
	$(BIN)/python -m tools.bench

pictures: setup-dev  ## Take the pictures of staff pages in docs/images anew
	@$(BIN)/python -m tools.pictures

mutants: setup-dev  ## Break a slice's rules one by one and see whether its tests notice (SLICE=hearing ARGS="--only rules")
	@$(BIN)/python -m tools.mutants $(SLICE) $(ARGS)

mutants-js: setup-dev  ## The same for the scripts of door and answer (ARGS="--only answer")
	@$(BIN)/python -m tools.mutants_js $(ARGS)
