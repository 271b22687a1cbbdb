# aidnet's commands. `make demo` and `make run` install what they need into .venv, prepare the database and serve it.
# PORT (8000) and AIDNET_INSTANCE (the folder with the database and the keys) choose where.

PORT ?= 8000
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard aidnet/translations/*/LC_MESSAGES/messages.po))

.PHONY: demo run test lint bench lock translations messages
.DEFAULT_GOAL := demo

# An invented network, in an instance of its own.
demo: .venv/installed translations
	@AIDNET_INSTANCE="$${AIDNET_INSTANCE:-instance/demo}" $(BIN)/flask --app app serve --demo --port $(PORT)

# A real one.
run: .venv/installed translations
	@AIDNET_INSTANCE="$${AIDNET_INSTANCE:-instance}" $(BIN)/flask --app app serve --port $(PORT)

# The whole suite, on SQLite and PostgreSQL, browser tests too. ONLY=tests/places narrows it.
test: .venv/installed-dev translations
	$(BIN)/pytest -n 2 --dist worksteal -q $(ONLY)

lint: .venv/installed-dev translations
	$(BIN)/ruff check .
	$(BIN)/mypy

# Of the demo (`make demo` builds it), then of money and of deliveries at up to a million rows: a quarter of an hour on an idle machine.
bench: .venv/installed-dev translations
	$(BIN)/python -m bench
	$(BIN)/python -m bench.money
	$(BIN)/python -m bench.deliveries

# Exactly which packages, with hashes. Edit requirements.in, then run this.
lock: .venv/installed-dev
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --output-file requirements.txt requirements.in
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --output-file requirements-dev.txt requirements-dev.in

translations: $(CATALOGUES)

%.mo: %.po .venv/installed
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

# The catalogue's English side, brought up to date from the code and the templates.
messages: .venv/installed
	$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --keywords _l --sort-by-file --no-location \
		--project aidnet --output-file aidnet/translations/messages.pot .
	$(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-pot-creation-date --input-file aidnet/translations/messages.pot \
		--output-dir aidnet/translations

.venv/installed: requirements.txt
	@test -n "$(PYTHON)" || { echo "aidnet needs Python 3.11: install it, or name it with PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv …"
	@$(INSTALL) --requirement requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	@echo "Installing what the tests need into .venv …"
	@$(INSTALL) --requirement requirements-dev.txt
	@touch $@
