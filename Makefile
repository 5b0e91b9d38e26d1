# Each target works on a fresh clone that has Python 3.11 and nothing else of ours.
PORT ?= 8000
DATA ?= $(or $(STAGELIGHT_DATA_DIR),var)
UV := .venv/bin/uv
# A distribution's Python is built with profile-guided optimisation: a tenth less CPU than one that a version manager compiled.
PYTHON ?= $(or $(wildcard /usr/bin/python3.11),python3)
RUN := .venv/bin/python

.PHONY: install speedups up demo test clients check bench chaos screenshots docs

install: .venv/installed

# Debian's Python has no pip for an environment unless python3-venv is there: then the pip that `python3` has serves.
.venv/installed: pyproject.toml uv.lock client/pyproject.toml $(wildcard speedups/*.[ch]) speedups/pyproject.toml
	@test -x .venv/bin/python || $(PYTHON) -m venv --without-pip .venv
	@test -x $(UV) || .venv/bin/python -m ensurepip >/dev/null 2>&1 || true
	@test -x $(UV) || .venv/bin/python -m pip install -q 'uv>=0.9' 2>/dev/null \
		|| python3 -m pip --python .venv/bin/python install -q 'uv>=0.9' \
		|| { echo "pip is needed once, to install uv: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@rm -rf speedups/build # else what does not compile would be replaced by what did
	@$(UV) sync --frozen --inexact --quiet
	@touch $@

# Once a compiler is there: what was built without one is remembered.
speedups: install
	@rm -rf speedups/build
	$(UV) sync --frozen --inexact --reinstall-package stagelight-speedups

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
