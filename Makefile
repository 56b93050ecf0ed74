# The commands a person types. `make help` lists them; the work is done by scripts/ and xtask/.
.DEFAULT_GOAL := help
.PHONY: help

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: sqlx sqlx-check
sqlx: ## regenerate .sqlx (the checked queries) against a private Postgres
	@scripts/sqlx
sqlx-check: ## fail when .sqlx is not what the queries and migrations give
	@scripts/sqlx --check
