# Two commands set everything up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
RUN     = $(VENV)/bin

.PHONY: demo test test-slow lint bench clean

demo: $(VENV)/.installed          ## draw a cabinet of works, keep it, search it, generate beside it
	$(RUN)/latentarchive demo

test: $(VENV)/.installed lint     ## everything that must hold, in under ten minutes
	$(RUN)/python -m pytest -q

test-slow: $(VENV)/.installed     ## what takes longer
	$(RUN)/python -m pytest -q -m slow

lint: $(VENV)/.installed          ## formatting, lint rules, types, layers
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports

bench: $(VENV)/.installed         ## speed, memory, two workers, and the shipped encoder on what it has not seen
	$(RUN)/python -m benchmarks.cabinet
	$(RUN)/python -m benchmarks.encode
	$(RUN)/python -m benchmarks.growth
	$(RUN)/python -m benchmarks.cluster

$(VENV)/.installed: pyproject.toml
	test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
