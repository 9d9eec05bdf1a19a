# Mami: `make run` opens the shop, `make test` proves it. `make` alone lists everything.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
# Every command here starts many processes of the same code: let the first keep what it compiled.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
QUICK := $(foreach name,services views pages admin viewer api,'*/tests/test_$(name).py')
RACES := ops/tests/test_closure_races.py orders/tests/test_hold_races.py orders/tests/test_refund_races.py \
	orders/tests/test_asking.py orders/tests/test_problem_races.py ops/tests/test_dispute_races.py \
	checkout/tests/test_changing_races.py payments/tests/test_races.py
BY_TURNS := git grep -lE '^from tests\..* import .*(EVERY|in_turn|one_of)' -- '*/test_*.py'
MANAGE := MAMI_DEMO=$${MAMI_DEMO:-1} MAMI_EMBEDDED=$${MAMI_EMBEDDED:-1} $(PYTHON) manage.py

.PHONY: sbom test-every test-scale test-deploy test-two-nodes drill-upgrade platforms search-quality test-opensearch smoke drill help run dev seed test quick check lint format setup requirements messages migrations docs \
        db-start db-stop db-status db-psql backup restore

help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  PORT=8001 and MAMI_VAR=folder choose another address and another place for the data."

run:  ## open the shop as in production, on http://127.0.0.1:8000
	@bin/setup run
	@$(PYTHON) -m runtime.run

dev:  ## open the shop with a server that reloads on changes
	@bin/setup run
	@$(PYTHON) -m runtime.run --dev

seed:  ## add the demo shop where it is missing (changes nothing that is there)
	@bin/setup run
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) seed

test:  ## everything that is checked before a change is accepted
	@bin/setup dev
	@# Beside the tests, not before them: mypy takes a minute or two, of one processor.
	@# The first time one process compiles the tests for all three: each would else do it anew, at the same time.
	@make lint > .venv/.lint 2>&1 & lint=$$!; \
	[ -e .venv/.compiled ] || $(PYTHON) -m pytest -q --collect-only -m "not deploy" > .venv/.compiled 2>&1; \
	$(PYTHON) -m pytest -q -n 3 --dist loadgroup -m "not deploy and not scale" $(ARGS); tests=$$?; \
	wait $$lint; linted=$$?; cat .venv/.lint; exit $$((tests + linted))

test-scale:  ## no list reads a large table whole: 100,000 products, 200,000 orders, the plan of each statement
	@bin/setup dev
	@$(PYTHON) -m pytest -q -m scale tests/scale $(ARGS)

test-deploy:  ## what is shipped in deploy/, with the real programs (nginx, Patroni, …; those missing are skipped)
	@bin/setup dev
	@$(PYTHON) -m pytest -q -m deploy tests/deploy $(ARGS)

test-two-nodes:  ## the journeys in a browser, on two nodes behind nginx (ARGS=files; needs nginx)
	@bin/setup dev
	@MAMI_TWO_NODES=1 $(PYTHON) -m pytest -q $(or $(ARGS),tests/journeys)

test-every:  ## what `make test` tries a part of, by turns, as a whole: calls, forms and pages in every state, with every odd value
	@bin/setup dev
	@MAMI_EVERY_CALL=1 $(PYTHON) -m pytest -q -n 3 --dist loadgroup $(or $(ARGS),$$($(BY_TURNS)))

quick:  ## lint, and the services and faces of every app: about two minutes on two quiet cores
	@bin/setup dev
	@$(MAKE) lint
	@$(PYTHON) -m pytest -q -n 2 --dist loadgroup -m "not slow and not browser and not deploy and not scale" tests/architecture \
		$$(git ls-files --cached --others --exclude-standard $(QUICK)) $(ARGS)

lint:  ## ruff, djade, mypy, the import contracts
	@bin/setup dev
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check --quiet .
	@git ls-files -z --cached --others --exclude-standard -- 'templates/*.html' | xargs -0 -r .venv/bin/djade --check --target-version 5.2
	@$(PYTHON) -m mypy . --no-error-summary
	@PYTHONPATH=. .venv/bin/lint-imports --no-logo > .venv/.contracts 2>&1 || { cat .venv/.contracts; exit 1; }

check:  ## the house plan only: rooms, contracts, rights, migrations, settings of production
	@bin/setup dev
	@$(PYTHON) -m pytest -q -n 2 --dist loadgroup tests/architecture $(ARGS)

format:  ## put code and templates into shape
	@bin/setup dev
	@$(PYTHON) -m ruff check --fix --quiet . || true
	@$(PYTHON) -m ruff format .
	@git ls-files -z --cached --others --exclude-standard -- 'templates/*.html' | xargs -0 -r .venv/bin/djade --target-version 5.2

smoke:  ## walk through a running shop: make smoke URL=http://127.0.0.1:8000
	@bin/setup run
	@$(PYTHON) -m devtools.smoke $${URL:-http://127.0.0.1:$${PORT:-8000}}

drill:  ## harm the shop in every way while people shop, and judge (an hour; docs/drills.md)
	@bin/setup dev
	@$(PYTHON) -m tests.drills $(ARGS)
	@MAMI_PAIRS_EVERY=1 $(PYTHON) -m pytest -q tests/drills/test_pairs.py checkout/tests/test_faults.py checkout/tests/test_races.py
	@MAMI_ROUNDS=50 $(PYTHON) -m pytest -q $(RACES)
	@MAMI_STORIES=2000 $(PYTHON) -m pytest -q -s checkout/tests/test_machine.py
	@$(MAKE) test-every

drill-upgrade:  ## the release FROM=<ref> serves while this one's migrations run, then a rolling restart (needs nginx)
	@bin/setup dev
	@test -n "$(FROM)" || { echo "Say which release serves: make drill-upgrade FROM=v1.0"; exit 2; }
	@$(PYTHON) -m tests.deploy.upgrade $(FROM)

migrations:  ## write the migrations that changed models need
	@bin/setup run
	@$(MANAGE) makemigrations $(ARGS)

docs:  ## write anew what is made from the code: data model, status machine, Postman, API samples
	@bin/setup dev
	@$(MANAGE) datamodel
	@$(MANAGE) apidocs
	@MAMI_WRITE_SAMPLES=1 $(PYTHON) -m pytest -q tests/api/test_samples.py

search-quality:  ## ask the demo shop six lists of queries and say how good the answers are
	@bin/setup run
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) seed >/dev/null
	@$(MANAGE) search_quality

test-opensearch:  ## the contract of search on a real OpenSearch too (needs a JDK, 17 or newer, and Maven)
	@bin/setup dev
	@MAMI_TEST_OPENSEARCH=1 $(PYTHON) -m pytest -q search/tests/test_contract.py search/tests/opensearch $(ARGS)

messages:  ## list messages that have no Hebrew yet
	@bin/setup run
	@$(PYTHON) -m devtools.translations missing

setup:  ## make .venv with everything, tools for tests included
	@bin/setup dev

requirements:  ## pin the packages of requirements*.in anew (needs uv)
	@uv pip compile --quiet --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make requirements" requirements.in -o requirements.txt
	@uv pip compile --quiet --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make requirements" requirements-reporting.in -o requirements-reporting.txt
	@uv pip compile --quiet --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make requirements" requirements-s3.in -o requirements-s3.txt
	@uv pip compile --quiet --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make requirements" requirements-dev.in -o requirements-dev.txt

sbom:  ## write down what the shop is made of: sbom.cdx.json and docs/licences.md
	@bin/setup dev
	@$(PYTHON) -m devtools.sbom

platforms:  ## does every pinned package exist for each Python and platform of README (asks the index)
	@bin/setup dev
	@$(PYTHON) -m devtools.platforms

db-start:  ## start the embedded database and leave it running
	@bin/setup run
	@$(MANAGE) db start

db-stop:  ## stop the embedded database
	@bin/setup run
	@$(MANAGE) db stop

db-status:  ## say whether the embedded database runs
	@bin/setup run
	@$(MANAGE) db status

db-psql:  ## open PostgreSQL's shell on the shop's database
	@bin/setup run
	@$(MANAGE) db psql

backup:  ## copy database and uploads to MAMI_VAR/backups (or FILE=…)
	@bin/setup run
	@$(MANAGE) backup $(FILE)

restore:  ## bring a copy back: make restore FILE=copy.tar (YES=1 replaces a shop)
	@bin/setup run
	@test -n "$(FILE)" || { echo "Say which copy: make restore FILE=var/backups/….tar"; exit 2; }
	@$(MANAGE) db restore $(FILE) $(if $(YES),--yes)
