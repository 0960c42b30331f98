# Two commands set everything up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
RUN     = $(VENV)/bin

.PHONY: demo test test-slow lint bench clean

demo: $(VENV)/.installed          ## draw some swatches, build an archive of them, search it
	$(RUN)/python -m latentarchive.demo --out archives/swatches

test: $(VENV)/.installed lint     ## everything that must hold, in under ten minutes
	$(RUN)/python -m pytest -q

test-slow: $(VENV)/.installed     ## what takes longer
	$(RUN)/python -m pytest -q -m slow

lint: $(VENV)/.installed          ## formatting, lint rules, types, layers
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports

bench: $(VENV)/.installed         ## pipeline speed against the bare model; memory and start-up by size; two workers
	$(RUN)/python -m benchmarks.encode
	$(RUN)/python -m benchmarks.growth
	$(RUN)/python -m benchmarks.cluster

$(VENV)/.installed: pyproject.toml
	test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
