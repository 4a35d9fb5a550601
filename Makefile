# Every command lives in tools/dev.py; this file only spares typing. Without make: `python tools/dev.py test`.
PYTHON ?= $(shell command -v python3 || command -v python)
COMMANDS := demo serve test test-floor test-slow test-live fuzz bench bench-gpu lock setup clean test-mutants

.PHONY: help $(COMMANDS)

help:
	@"$(PYTHON)" tools/dev.py --help

$(COMMANDS):
	@"$(PYTHON)" tools/dev.py $@ $(ARGS)
