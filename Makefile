# Everything that a person or a machine does with this project, one word each.
.PHONY: help test check docs pictures infra demo e2e bench ready clean
.DEFAULT_GOAL := help

BIN := .venv/bin
SAY := @printf '· %s\n'

help:
	@echo "make test    install what is missing, then every check and every test"
	@echo "make demo    failed pushes mended before your eyes, on this machine; see demo-output/"
	@echo "make e2e     real push clients against the bot, on this machine"
	@echo "make bench   how long things take"
	@echo "make check   style, types and import contracts, without the tests"
	@echo "make infra   the templates, by the types of the compiler and by checkov"
	@echo "make docs    write the generated pages of docs/ anew, from the code itself"
	@echo "make pictures  write docs/card.png and docs/page.png anew; it takes Chromium"
	@echo "make ready   install what is missing"
	@echo "make clean   remove what the others made"

test: check
	$(SAY) "tests"
	@$(BIN)/python -m pytest

check: ready
	$(SAY) "style"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	$(SAY) "types"
	@$(BIN)/mypy
	$(SAY) "import contracts"
	@$(BIN)/lint-imports --no-logo

infra: ready
	$(SAY) "templates"
	@scripts/check-infra

demo: ready
	@$(BIN)/python -m demo

e2e: ready
	@$(BIN)/python -m tests.e2e

bench: ready
	@$(BIN)/python -m bench

docs: ready
	@$(BIN)/python -m scripts.causes
	@$(BIN)/python -m scripts.policy_page
	@$(BIN)/python -m scripts.costs

pictures: ready
	@$(BIN)/python -m scripts.pictures

ready:
	@scripts/bootstrap

clean:
	rm -rf .venv node_modules demo-output build push_medic.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
