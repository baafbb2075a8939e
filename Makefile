# Everything a person or a build machine does here. Each target first sets up what it needs (tools/setup); nothing
# needs root except missing Debian packages for `make test-all`. Works with GNU make 3.81, which is what macOS has.

PYTHON = .venv/bin/python
ARGS =
NAME =
WORKERS = 2

.DEFAULT_GOAL = help
.PHONY: help demo test test-all test-services check bench format lock reference clean

help:
	@echo 'make demo       play a whole business day and show its results    ARGS=--exit ends after the summary'
	@echo 'make test       every test that needs no outside service          ARGS="-k refund -x" is handed to pytest'
	@echo 'make test-all   those, and the ones that need MariaDB or a browser'
	@echo 'make check      format, lints, types, import order, docs'
	@echo 'make bench      measure                                           NAME=payments ARGS="..."; no NAME lists them'
	@echo 'make format     put the code into its one format'
	@echo 'make lock       resolve dependencies anew                         ARGS=--upgrade takes newer versions'
	@echo 'make reference  write the generated pages of docs/reference'
	@echo 'make clean      remove what make set up: .venv, .tools, var'

demo:
	@tools/setup demo
	@.venv/bin/tallystick demo $(ARGS)

test:
	@tools/setup dev
	$(PYTHON) -m pytest -n $(WORKERS) -m "not services" $(ARGS)

# The browser's driver keeps an event loop in its process, so its tests have a process of their own. 5: none was chosen.
test-services:
	@tools/setup dev
	tools/services run $(PYTHON) -m pytest -n $(WORKERS) -m services --ignore=tests/browser $(ARGS) || [ $$? -eq 5 ]
	tools/services run $(PYTHON) -m pytest -m services tests/browser $(ARGS) || [ $$? -eq 5 ]

test-all: test test-services

check:
	@tools/setup dev
	@$(PYTHON) -m tools.check

bench:
	@tools/setup dev
	@$(PYTHON) -m tools.bench $(NAME) $(ARGS)

format:
	@tools/setup dev
	@.venv/bin/ruff check --quiet --select I --fix .
	@.venv/bin/ruff format .

lock:
	@tools/setup dev
	@tools/relock $(ARGS)

reference:
	@tools/setup dev
	@$(PYTHON) -m tools.reference

clean:
	@[ ! -x .venv/bin/python ] || .venv/bin/python -m tools.throwaway.outside down
	rm -rf .venv .tools var
