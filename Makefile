# Each target works on a fresh clone that has Python 3.11 and nothing else of ours.
PORT ?= 8000
DATA ?= $(or $(STAGELIGHT_DATA_DIR),var)
UV := .venv/bin/uv
RUN := .venv/bin/python

.PHONY: install up demo test clients check bench chaos screenshots docs

install: .venv/installed

# An environment that uv made has no pip.
.venv/installed: pyproject.toml uv.lock client/pyproject.toml
	@test -x .venv/bin/python || python3 -m venv .venv
	@test -x $(UV) || .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
	@test -x $(UV) || .venv/bin/python -m pip install -q 'uv>=0.9'
	@$(UV) sync --frozen --inexact --quiet
	@touch $@

up: install
	$(RUN) manage.py serve --port $(PORT)

demo: install
	$(RUN) -m demo.start --port $(PORT)

test: install
	.ci/test

clients: .venv-clients/installed docs/snippets/node_modules
	$(RUN) -m pytest tests/clients

# The SDKs that people send with, apart from our own packages, as in a user's application.
.venv-clients/installed: .venv/installed
	@UV_PROJECT_ENVIRONMENT=.venv-clients $(UV) sync --frozen --quiet --only-group clients --python .venv/bin/python
	@touch $@

docs/snippets/node_modules: docs/snippets/package-lock.json
	@npm ci --prefix docs/snippets --silent --no-audit --no-fund && touch $@ || echo "no npm here: nothing is run on Node"

check: install
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/djade --check --target-version 5.2 $$(git ls-files 'templates/*.html')
	$(RUN) manage.py makemigrations --check --dry-run

bench: install
	$(RUN) -m bench.ingest
	$(RUN) -m bench.reads

chaos: install
	$(RUN) -m bench.kill
	LOG_LEVEL=CRITICAL FUZZ_CASES=20000 $(RUN) -m pytest -s tests/tracing/test_fuzz.py

screenshots: install
	$(RUN) -m tests.e2e.screenshots

docs: install
	$(RUN) manage.py write_docs
