# The two commands a newcomer needs: make fetch URL=https://…   and   make test
# Everything is installed into .venv the first time and again when the requirements change.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
FAST   := not slow and not browser and not pywb and not soak
LOCK   := pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url \
          --no-emit-find-links --no-emit-trusted-host --build-deps-for=wheel --build-deps-for=editable

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help fetch test check bench bench-check bench-cluster bench-crawl bench-fetch bench-frontier bench-export bench-text bench-memory \
        bench-replay bench-scale bench-startup bench-verify bench-viewer soak fuzz audit lock clean

help: ## say what there is
	@echo "make fetch URL=https://…   keep an article: snapshot, text and proof"
	@sed -n 's/^\([a-z-]*\):.* ## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
	  printf 'make %-22s %s\n' "$$name" "$$text"; done

fetch: $(VENV)/run.stamp
	@if [ -z "$$URL" ]; then echo 'which address? make fetch URL=https://…' >&2; exit 2; fi
	@set -f; $(BIN)/tearsheet fetch $$URL
export URL

test: $(VENV)/dev.stamp ## run all tests but the soak tests
	@$(BIN)/python -m tests.axe
	@$(BIN)/python -m tests.replaywebpage
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: $(VENV)/dev.stamp ## ruff, strict mypy and the fast tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "$(FAST)" $(ARGS)

soak: $(VENV)/dev.stamp ## what takes longer than tests may, under 20 minutes; writes the table of docs/reliability.md
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "soak or promise" --hypothesis-profile soak --timeout 900 \
	  --reliability=docs/reliability.md $(ARGS)

fuzz: $(VENV)/dev.stamp ## hostile bytes for the parsers, a minute for each (pip install -e .[fuzz]: led by coverage)
	$(BIN)/python -m fuzz $(ARGS)

bench: bench-startup bench-check bench-fetch bench-crawl bench-cluster bench-frontier bench-export bench-memory bench-replay bench-text bench-verify bench-viewer ## all measurements

bench-check: $(VENV)/dev.stamp ## links of a web that ages for months: what tearsheet check finds, against the truth
	$(BIN)/python -m bench.check $(ARGS)

bench-fetch: $(VENV)/dev.stamp ## one page with 30 requisites, against wget and trafilatura
	$(BIN)/python -m bench.fetch $(ARGS)

bench-crawl: $(VENV)/dev.stamp ## 500 articles of 20 hosts, against wget, trafilatura and both
	$(BIN)/python -m bench.crawl $(ARGS)

bench-cluster: $(VENV)/dev.stamp ## that web with two Dask workers against one
	$(BIN)/python -m bench.cluster $(ARGS)

bench-frontier: $(VENV)/dev.stamp ## claims and answers with 100,000 links in the queue; memory of a crawl of 20,000
	$(BIN)/python -m bench.frontier $(ARGS)

bench-export: $(VENV)/dev.stamp ## a collection of 1 GB as one WACZ file, against wacz create
	$(BIN)/python -m bench.export $(ARGS)

bench-memory: $(VENV)/dev.stamp ## peak memory of a 1 GB download
	$(BIN)/python -m bench.memory $(ARGS)

bench-replay: $(VENV)/dev.stamp ## pywb's look-up among a million captures and among a thousand
	$(BIN)/python -m bench.replay $(ARGS)

bench-scale: $(VENV)/dev.stamp ## what grows, from a thousand to a million captures; takes an hour (ARGS="--folder F" keeps them)
	$(BIN)/python -m bench.scale $(ARGS)

bench-startup: $(VENV)/dev.stamp ## what starting the command costs
	$(BIN)/python -m bench.startup $(ARGS)

bench-text: $(VENV)/dev.stamp ## how good the text is, over a corpus of pages
	$(BIN)/python -m bench.text $(ARGS)

bench-verify: $(VENV)/dev.stamp ## a check of a collection, against decompressing and digesting its records
	$(BIN)/python -m bench.verify $(ARGS)

bench-viewer: $(VENV)/dev.stamp ## the library on 100,000 articles; raw records against pywb
	$(BIN)/python -m bench.viewer $(ARGS)

audit: ## what is known to be vulnerable among the requirements (needs the network)
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/python -m pip install --quiet pip-audit
	$(VENV)-audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/run.txt -r requirements/dev.txt

lock: ## resolve the requirements afresh, with hashes (needs the network)
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet pip-tools
	$(VENV)-lock/bin/$(LOCK) --upgrade --extra dev --output-file requirements/dev.txt pyproject.toml
	$(VENV)-lock/bin/$(LOCK) --upgrade --constraint requirements/dev.txt --output-file requirements/run.txt pyproject.toml

clean: ## remove what was installed and made, but nothing that was kept
	rm -rf $(VENV) $(VENV)-audit $(VENV)-lock build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz
	find archive scraper tests bench fuzz -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'tearsheet needs Python 3.11 or newer; name one with make PYTHON=…' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.txt pyproject.toml scraper/__init__.py | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements/run.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	@touch $@
