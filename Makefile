# Two commands set everything up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
RUN     = $(VENV)/bin

.PHONY: demo test test-slow lint bench clean

demo: $(VENV)/.installed          ## draw a cabinet of works, keep it, search it, generate beside it
	$(RUN)/latentarchive demo
	@echo && echo "The command is in $(VENV): first  source $(RUN)/activate"

test: $(VENV)/.installed lint     ## everything that must hold, in under ten minutes
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  echo "There is no Chromium: tests in a browser are skipped." \
	  "To run them: apt-get install chromium (Debian), dnf install chromium (Fedora), brew install --cask chromium (macOS)."
	OMP_WAIT_POLICY=PASSIVE $(RUN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

test-slow: $(VENV)/.installed     ## what takes longer
	$(RUN)/python -m pytest -q -m slow

lint: $(VENV)/.installed          ## formatting, lint rules, types, layers
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports

bench: $(VENV)/.installed         ## the figures of README and docs/scale.md: hours on a quiet machine, 25 GB of disk
	$(RUN)/python -m benchmarks.cabinet
	$(RUN)/python -m benchmarks.encode
	for rows in 10000 50000 100000 300000 1000000 10000000; do $(RUN)/python -m benchmarks.index --rows $$rows || exit 1; done
	$(RUN)/python -m benchmarks.filter
	$(RUN)/python -m benchmarks.duplicates
	$(RUN)/python -m benchmarks.structure
	$(RUN)/python -m benchmarks.bias
	$(RUN)/python -m benchmarks.metadata
	$(RUN)/python -m benchmarks.facets
	$(RUN)/python -m benchmarks.growth
	$(RUN)/python -m benchmarks.startup
	$(RUN)/python -m benchmarks.app
	$(RUN)/python -m benchmarks.generation
	$(RUN)/latentarchive demo --out build/bench
	$(RUN)/python -m benchmarks.contrast build/bench/cabinet
	$(RUN)/python -m benchmarks.memorisation build/bench/cabinet
	$(RUN)/python -m benchmarks.ray
	$(RUN)/python -m benchmarks.training_set
	$(RUN)/latentarchive demo --out models/demo
	for what in member rights "cabinet models/demo/cabinet"; do $(RUN)/python -m benchmarks.audits $$what || exit 1; done
	$(RUN)/python -m benchmarks.scale
	$(RUN)/python -m benchmarks.visitors build/bench/cabinet

$(VENV)/.installed: pyproject.toml
	test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
