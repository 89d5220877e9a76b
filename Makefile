# The doors: make demo, make test, make bench. Everything they need is fetched by themselves, into .venv and the user's cache.

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo demo-kubernetes test lint bench bench-short clean
.DELETE_ON_ERROR:

# Further settings as for `trimtab demo`, by TRIMTAB_… or FLAGS="--containers 500".
demo: $(INSTALLED)
	$(BIN)/trimtab demo $(if $(TRACE),--trace "$(TRACE)") $(if $(BROKER),--broker "$(BROKER)") $(if $(OUT),--out "$(OUT)") $(FLAGS)

# The same on a real API server, which is built when the cache has none. FLAGS="--minutes 10" for more.
demo-kubernetes: $(INSTALLED)
	$(BIN)/trimtab demo-kubernetes $(if $(BROKER),--broker "$(BROKER)") $(if $(OUT),--out "$(OUT)") $(FLAGS)

# Kubernetes is built in the background when the cache has none; the second call waits for the first one's lock.
test: $(INSTALLED)
	@mkdir -p out
	@nice -n 19 $(BIN)/trimtab kubernetes build >out/kubernetes-build.log 2>&1 &
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -m "not broker and not kubernetes" -n 2
	$(BIN)/python -m pytest -m "broker and not kubernetes" -n 3 --dist loadfile
	$(BIN)/trimtab kubernetes build
	$(BIN)/python -m pytest -m kubernetes -n 2 --dist loadfile

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Under two hours; tables, figures and the picture are in out/bench. FLAGS="--only scale --containers 10000" for less.
bench: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	mkdir -p out/bench
	$(BIN)/python -m benchmarks.speed.core --json out/bench/core.json --markdown out/bench/core.md
	$(BIN)/python -m benchmarks.speed.scale --json out/bench/scale.json --markdown out/bench/scale.md \
		--picture out/bench/scale.png $(FLAGS)

# Half a minute: the core beside what was recorded last.
bench-short: $(INSTALLED)
	$(BIN)/python -m benchmarks.speed.short

$(INSTALLED): pyproject.toml
	@test -n "$(PYTHON)" || { echo "trimtab needs Python 3.11 or newer, and finds none on the PATH" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,test]'
	@touch $@

clean:
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
