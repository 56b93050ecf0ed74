# The commands a person types. `make help` lists them; the work is done by scripts/ and xtask/.
.DEFAULT_GOAL := help
# One thing at a time: cargo itself uses all cores.
.NOTPARALLEL:

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build all, start the demo on http://127.0.0.1:3000 (Ctrl-C ends it)
	@scripts/run
dev: ## the same as a debug build, built again on every change
	@scripts/dev

test: ## everything that must pass
	@scripts/test
test-domain: ## the billing rules
	@scripts/test domain
test-backend: ## the commands, on a real Postgres
	@scripts/test backend
test-stripe: ## the charges through Stripe, against its stand-in
	@scripts/test stripe
test-server: ## the endpoints and pages, through the real router
	@scripts/test server
test-portal: ## the journeys in Chromium, on the release build
	@scripts/test portal
test-hydration: ## the journeys that compare texts, on the debug build
	@scripts/test hydration
test-contract: ## the published clients of the HTTP API, against the release build
	@scripts/test contract
test-fuzz: ## requests made up from the API's document, against the release build
	@scripts/test fuzz
lint: ## format, clippy, .sqlx, and what the wasm may depend on
	@scripts/test wasm-tree format sqlx clippy
bench: ## measure, and write docs/benchmarks.md
	@scripts/bench

fmt: ## format the code
	@cargo fmt --all
sqlx: ## regenerate .sqlx (the checked queries) against a private Postgres
	@scripts/sqlx
deny: ## licences, bans and advisories of the dependencies (needs cargo-deny)
	@cargo deny --version >/dev/null 2>&1 || { echo "install it first: cargo install --locked cargo-deny (minutes)"; exit 1; }
	cargo deny check

.PHONY: help run dev test test-domain test-backend test-stripe test-server test-portal test-hydration test-contract test-fuzz lint bench fmt sqlx deny
