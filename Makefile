# CityVitals 城市体征. `make run` shows the city, `make test` proves it, `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
export PYTHONUNBUFFERED := 1
unexport PYTHONDONTWRITEBYTECODE  # without it each of our processes compiles what it imports anew

help:  ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(VENV)/run  ## Start the whole city: make run [CITY=茂名] [REDIS_URL=… MQTT_URL=…] [BASE_PATH=/cityvitals/].
	@exec $(PY) app.py run

test: $(VENV)/dev  ## Install what the proofs need and run all of them.
	@bash .ci/prerequisites.sh
	@$(PY) -m pytest -m "not long" -n 4

test-long: $(VENV)/dev  ## The long proofs: chaos, fuzz, soak.
	@bash .ci/prerequisites.sh
	@$(PY) -m pytest -m long

check: $(VENV)/dev  ## Style, types, import contracts, printed documents.
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check -q .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-logo
	@$(PY) -m pytest tests/structure

claims: $(VENV)/dev  ## Every promise, the test or benchmark that proves it, its figure, pass or not.
	@$(PY) -m benchmarks.claims

docs: $(VENV)/dev  ## Print docs/settings.md and docs/rights.md anew from their tables.
	@$(PY) app.py settings > docs/settings.md
	@$(PY) app.py rights > docs/rights.md

$(VENV)/bin/python:
	@bash .ci/find_python.sh $(VENV)

$(VENV)/run: requirements.txt constraints.txt | $(VENV)/bin/python
	@echo "Installing what CityVitals runs on (once) …"
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements.txt -c constraints.txt
	@$(PY) -m compileall -q app.py $(dir $(wildcard */__init__.py))  # or nine processes do, at the first start
	@touch $@

$(VENV)/dev: requirements-dev.txt requirements.txt constraints.txt | $(VENV)/bin/python
	@echo "Installing what the proofs need (once) …"
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@$(PY) -m compileall -q app.py $(dir $(wildcard */__init__.py))  # or four processes do, all at once
	@touch $@ $(VENV)/run

.PHONY: help run test test-long check claims docs
