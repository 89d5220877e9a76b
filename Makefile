# The doors: make demo, make test. Everything they need is fetched by themselves, into .venv and the user's cache.

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test lint clean
.DELETE_ON_ERROR:

# Further settings as for `trimtab demo`, by TRIMTAB_… or FLAGS="--containers 500".
demo: $(INSTALLED)
	$(BIN)/trimtab demo $(if $(TRACE),--trace "$(TRACE)") $(if $(BROKER),--broker "$(BROKER)") $(if $(OUT),--out "$(OUT)") $(FLAGS)

test: lint
	$(BIN)/python -m pytest -m "not broker" -n 2
	$(BIN)/python -m pytest -m broker -n 2 --dist loadfile

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(INSTALLED): pyproject.toml
	@test -n "$(PYTHON)" || { echo "trimtab needs Python 3.11 or newer, and finds none on the PATH" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,test]'
	@touch $@

clean:
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
