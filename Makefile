.DEFAULT_GOAL := help
.PHONY: setup
setup:  ## make .venv with everything, tools for tests included
	@bin/setup dev
