# `make` prints what can be typed here. Only python3 (3.11 or newer, with venv) and make are needed.
PYTHON ?= python3
PY := .venv/bin/python
CHECKING := DJANGO_SETTINGS_MODULE=eid_portal.settings.test
KEYWORDS := -k gettext_lazy -k gettext_noop -k ngettext_lazy:1,2 -k pgettext_lazy:1c,2 -k npgettext_lazy:1c,2,3
.DEFAULT_GOAL := help
.PHONY: help run test check bench chaos lock texts migrations install install-all

help: ## Print this
	@echo "Viet Nam e-ID account portal"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install ## Start everything on this machine and print the addresses and demonstration people; Ctrl-C stops it (EID_PORT=8000 EID_VAR=var)
	@$(PY) -m eid_portal.run --with-parent

test: install-all ## Run every test, browser included (only a part: .venv/bin/pytest tests/core)
	@$(PY) -m tests.chromium
	@$(PY) -m pytest -n 2

check: install-all ## Check format, lint, types, import directions, settings, migrations, templates and translations
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(CHECKING) $(PY) -m mypy .
	.venv/bin/lint-imports
	$(PY) -m eid_portal.run.texts
	$(CHECKING) $(PY) manage.py check
	$(CHECKING) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PY) -m djlint --quiet --lint templates
	$(PY) -m babel.messages.frontend --quiet extract -F locale/babel.cfg $(KEYWORDS) --no-location --omit-header -o locale/.new.pot .
	$(PY) -m eid_portal.run.texts --check locale/.new.pot

bench: install-all .venv/benchmark/installed ## Measure every figure as a ratio (one: make bench ONLY=name)
	@$(PY) -m benchmarks $(ONLY)

chaos: install-all ## Pay a thousand times, then file and decide, while everything is killed in turn (SEED=20261126)
	@$(PY) -m tests.chaos $(if $(SEED),--seed $(SEED))
	@$(PY) -m tests.chaos.procedures $(if $(SEED),--seed $(SEED))

lock: install-all ## Resolve requirements/*.in anew into the lock files
	$(PYTHON) -m venv .venv/lockers && .venv/lockers/bin/pip install --quiet uv
	cd requirements && for name in portal embedded development benchmark; do \
	  ../.venv/lockers/bin/uv pip compile $$name.in --upgrade --generate-hashes --universal --python-version 3.11 \
	    --no-emit-index-url --no-header --quiet -o $$name.lock || exit 1; done

texts: install-all ## Collect the texts into locale/ and compile the translations
	$(PY) -m babel.messages.frontend --quiet extract -F locale/babel.cfg $(KEYWORDS) --no-location --omit-header -o locale/django.pot .
	$(PY) -m babel.messages.frontend --quiet update -i locale/django.pot -d locale -D django -l vi --no-fuzzy-matching --no-wrap --init-missing --ignore-pot-creation-date
	rm locale/django.pot
	$(PY) -m eid_portal.run.texts

migrations: install-all ## Write the migrations that the models lack
	$(CHECKING) $(PY) -W ignore::RuntimeWarning manage.py makemigrations

install:
	@$(PYTHON) -m eid_portal.run.install portal embedded

install-all:
	@$(PYTHON) -m eid_portal.run.install portal embedded development

# A peer of the benchmarks is measured in the portal's own environment, and is no part of it.
.venv/benchmark/installed: requirements/benchmark.lock | install-all
	@$(PY) -m pip install --disable-pip-version-check --quiet --upgrade --no-deps --require-hashes --target .venv/benchmark -r $<
	@touch $@
