# Hatoba: `make demo` shows it, `make test` proves it, `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
SEED ?= 1
OPS ?=
ONLY ?=
RECORDED ?=

.PHONY: help setup demo up down psql shell lint test test-pure test-addons test-scenarios test-prices test-sorting test-kits test-b2b test-isolation test-faults test-pos test-chaos test-last-units test-oversell test-conformance test-replay \
	test-browser test-odoo test-upgrade bench shop clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: ## install everything a bare Debian 12 machine needs (cached outside the checkout)
	@bash dev/setup.sh

demo: setup ## Odoo with Hatoba and a living test shop: orders in, shipments out, and a summary
	@bash dev/demo.sh

up: setup ## start Odoo (and the test shop) on the demo database and leave them running
	@bash dev/up.sh start

down: ## stop what `make up` or `make demo` left running
	@bash dev/up.sh stop

psql: ## a prompt in the demo database
	@. dev/env.sh; use_cluster live; psql -d hatoba_demo

shell: ## Odoo's shell on the demo database
	@. dev/env.sh; use_cluster live; odoo shell -c $$ODOO_RC -d hatoba_demo

shop: setup ## the test shop alone, with its small page
	@. dev/env.sh; python -m shopify_simulator --port 8470 --control-port 8471

lint: setup ## ruff, pylint-odoo, mypy, GraphQL documents
	@. dev/env.sh; bash dev/lint.sh

test: setup ## every test
	@SEED=$(SEED) bash dev/test.sh all

test-pure: setup ## tests that need no database
	@bash dev/test.sh pure

test-addons: setup ## the addons' own tests, in Odoo (ONLY=ec_order_hold for one)
	@ONLY=$(ONLY) bash dev/test.sh addons

test-scenarios: setup ## the scenario book: orders, stock and rules, and what comes of them
	@bash dev/test.sh scenarios

test-prices: setup ## the golden book of prices: every case by every way in which a price is asked for
	@bash dev/test.sh prices

test-sorting: setup ## several workers sort the same orders while people change them and workers are killed (SEED=n)
	@SEED=$(SEED) bash dev/test.sh sorting

test-kits: setup ## kits, in Odoo with manufacturing installed
	@bash dev/test.sh kits

test-b2b: setup ## the trade portal, in Odoo with its web shop installed
	@bash dev/test.sh b2b

test-isolation: setup ## every route and remote call of the trade portal with other customers' ids
	@bash dev/test.sh isolation

test-faults: setup ## twenty faults of other connectors, one test each
	@bash dev/test.sh faults

test-pos: setup ## a cashier at a point of sale, while shops show the same units
	@bash dev/test.sh pos

test-chaos: setup ## 2,000 orders, lost and doubled deliveries, killed workers (SEED=n)
	@SEED=$(SEED) CHAOS_ORDERS=$${CHAOS_ORDERS:-2000} CHAOS_KILLS=$${CHAOS_KILLS:-20} bash dev/test.sh chaos

test-last-units: setup ## two buyers of the trade portal and a shop fight for the last units (SEED=n)
	@SEED=$(SEED) bash dev/test.sh last_units

test-oversell: setup ## no unit promised or sold twice, and plain Odoo caught at it (SEED=n OPS=200000)
	@SEED=$(SEED) OVERSELL_OPS=$(OPS) bash dev/test.sh oversell

test-conformance: setup ## the connector contract, for every connector
	@bash dev/test.sh conformance

test-replay: setup ## the simulator against recorded answers (RECORDED=file.jsonl.gz)
	@. dev/env.sh; test -n "$(RECORDED)" || die "which recording?" "make test-replay RECORDED=file.jsonl.gz"; \
	python -m shopify_simulator.replay "$(RECORDED)"

test-browser: setup ## connect, order, ship in a real browser; pictures in docs/pictures
	@bash dev/test.sh browser

test-odoo: setup ## Odoo's own tests of the modules we extend, with and without us (long)
	@bash dev/test_odoo.sh

test-upgrade: setup ## -u all on a database of the previous main
	@bash dev/test.sh upgrade

bench: setup ## measure (ONLY=orders|webhooks|backfill|memory|stock|routing|b2b); writes benchmarks/latest.json
	@. dev/env.sh; python benchmarks/run.py $(ONLY)

clean: down ## stop everything and drop this checkout's databases
	@bash dev/up.sh clean
