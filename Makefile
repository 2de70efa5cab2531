# Trivium's commands. `make serve` and `make test` make .venv on their first run; later runs start at once.

PYTHON      ?= $(firstword $(shell command -v python3 python3.14 python3.13 python3.12 python3.11))
MODEL       ?=
DATA        ?=
MIX         ?=
PORT        ?=
ARGS        ?=
TORCH_INDEX ?=
SOAK_MINUTES  ?= 15
FUZZ_EXAMPLES ?= 2000
WORKERS       ?= 2

VENV    := .venv
BIN     := $(VENV)/bin
COMPAT  := .venv-compat
RAY     := .venv-ray
TASKS   ?= quantization quality
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.DEFAULT_GOAL := help
.PHONY: help serve dev test test-slow check bench bench-engine bench-peers soak gpu-check fuzz eval compat matrix container-test ray-check lock clean

help:
	@echo 'make serve            install what is needed, fetch the model once, and serve it on http://127.0.0.1:8000'
	@echo 'make dev              set this checkout up for work: packages, tools and pre-commit hooks'
	@echo 'make test             install what is needed and run the tests; ARGS=--cov measures their coverage'
	@echo 'make test-slow        run the tests that take minutes: large models, whole benchmarks, further loads'
	@echo 'make check            formatting, lint and types'
	@echo 'make bench            measure the real server on this machine, under several loads'
	@echo 'make bench-engine     measure the parts of an engine step, and compare them with the limits of this machine'
	@echo 'make bench-peers      compare with other servers, in turns; they are installed once'
	@echo 'make soak             run mixed traffic and bad clients for 15 minutes, and check the state of the service after'
	@echo 'make gpu-check        check a machine with a GPU in four minutes: equality, attention, memory, speed, recovery'
	@echo 'make fuzz             make thousands of examples for each property, where make test makes dozens'
	@echo 'make eval             measure the cost of quantization and the quality of answers and translations, on the texts in DATA'
	@echo 'make compat           run agents, evaluation tools and other frameworks on the service, in an environment of their own'
	@echo 'make matrix           make hundreds of calls with the clients of every API, and print what works and what is refused'
	@echo 'make container-test   build the image, start it, use it, stop it'
	@echo 'make ray-check        serve on a Ray cluster of this machine: a kill under load, a drain, more replicas and fewer'
	@echo 'make lock             write the files of pinned packages again'
	@echo 'make clean            remove .venv and the files of tools'
	@echo
	@echo 'MODEL=name            the model: a catalogue name, a hub id or a directory'
	@echo 'DATA=directory        texts for make eval, described in benchmarks/README.md'
	@echo 'TASKS=tools           measure calls of tools in make eval; they need no DATA'
	@echo 'MIX=file              JSON Lines of tasks for make soak; SOAK_MINUTES=15 is its duration'
	@echo 'PORT=8000             the port of make serve'
	@echo 'ARGS="..."            more arguments for trivium serve, pytest or the benchmark'
	@echo 'PYTHON=python3        the Python to build .venv with, 3.11 or newer'
	@echo 'TORCH_INDEX=url       package index with other builds of PyTorch; without a GPU,'
	@echo '                      https://download.pytorch.org/whl/cpu saves gigabytes on Linux'
	@echo 'TRIVIUM_KERNELS=name  the build of the compiled kernels; trivium settings lists them'

serve: $(VENV)/installed
	@exec $(BIN)/trivium serve $(MODEL) $(if $(PORT),--port $(PORT)) $(ARGS)

dev: $(VENV)/installed-dev $(BIN)/promtool $(VENV)/helm
	@$(BIN)/pre-commit install
	@echo 'Ready. make test runs the tests, make check the linters, make serve the service.'

# The files are taken in the order of their names. By default those with the fewest tests come last, which are often the
# longest, and one worker would wait for the other.
test: $(VENV)/installed-dev $(BIN)/promtool $(VENV)/helm
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-slow: $(VENV)/installed-dev
	@$(BIN)/python -m pytest -m slow $(ARGS)

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/installed-dev
	@$(BIN)/python -m benchmarks serving $(if $(MODEL),--model $(MODEL)) $(ARGS)

bench-engine: $(VENV)/installed-dev
	@$(BIN)/python -m benchmarks engine $(MODEL) $(ARGS)

bench-peers: $(VENV)/installed-dev
	@$(if $(TORCH_INDEX),PIP_EXTRA_INDEX_URL=$(TORCH_INDEX)) \
	  $(BIN)/python -m benchmarks peers $(if $(MODEL),--model $(MODEL)) $(ARGS)

soak: $(VENV)/installed-dev
	@$(BIN)/python -m benchmarks soak --minutes $(SOAK_MINUTES) $(if $(MODEL),--model $(MODEL)) $(if $(MIX),--mix $(MIX)) $(ARGS)

gpu-check: $(VENV)/installed-dev
	@$(BIN)/python -m pytest -m cuda tests/engine
	@$(BIN)/python -m benchmarks gpu-check $(MODEL) $(ARGS)

fuzz: $(VENV)/installed-dev
	@FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest -m 'fuzz or hypothesis' --timeout 3600 $(ARGS)

eval: $(VENV)/installed-dev
	@for each in $(TASKS); do \
	  $(BIN)/python -m benchmarks $$each $(MODEL) $(if $(DATA),--data $(DATA)) $(ARGS) || exit; done

# The frameworks import nothing of the service: they talk to a process of its environment.
compat: $(VENV)/installed $(COMPAT)/installed
	@SERVICE_PYTHON=$(BIN)/python PYTHONPATH=. $(COMPAT)/bin/python -m pytest -c /dev/null --rootdir . tests/frameworks $(ARGS)

matrix: $(VENV)/installed-dev
	@$(BIN)/python -m tests.matrix $(ARGS)

container-test:
	@$(if $(PORT),PORT=$(PORT)) deploy/container_test.sh

# Ray's environment sees the packages of the service, so that PyTorch is not installed twice.
ray-check: $(VENV)/installed $(RAY)/installed
	@$(RAY)/bin/python deploy/ray/check.py $(MODEL)

lock:
	@PYTHON=$(PYTHON) deploy/lock.sh

clean:
	rm -rf $(VENV) $(COMPAT) $(RAY) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -prune -exec rm -rf {} +

$(COMPAT)/installed: tests/frameworks/requirements.lock
	$(PYTHON) -m venv $(COMPAT)
	$(COMPAT)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/frameworks/requirements.lock
	@touch $@

$(RAY)/installed: deploy/ray/requirements.txt | $(VENV)/installed
	$(PYTHON) -m venv $(RAY)
	$(RAY)/bin/python -m pip install --quiet --disable-pip-version-check -r deploy/ray/requirements.txt
	@packages=$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])'); \
	  own=$$($(RAY)/bin/python -c 'import site; print(site.getsitepackages()[0])'); \
	  echo "import site; site.addsitedir('$$packages')" > "$$own/trivium.pth"
	@touch $@

$(VENV)/installed: requirements.lock requirements-torch.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo 'Trivium needs Python 3.11 or newer; name it with PYTHON=/path/to/python3' >&2; exit 2; }
	@echo 'Installing into $(VENV); this happens once. PyTorch is most of the download.'
	@[ -n '$(TORCH_INDEX)' ] || [ "$$(uname)" != Linux ] || command -v nvidia-smi >/dev/null || echo 'No NVIDIA GPU' \
	  'was found: TORCH_INDEX=https://download.pytorch.org/whl/cpu makes the download gigabytes smaller.'
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --require-hashes --no-deps --requirement requirements.lock
	@$(INSTALL) --requirement requirements-torch.lock
	@$(INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	@$(INSTALL) --requirement requirements-dev.lock
	@touch $@

# Prometheus' linter for metrics. One test uses it where it can be installed without changing the system.
$(BIN)/promtool: | $(VENV)/installed-dev
	@deploy/promtool.sh $@

# Helm as a library, which is built for few platforms. The tests that render the chart use it where it can be installed.
$(VENV)/helm: | $(VENV)/installed-dev
	@$(INSTALL) --only-binary :all: --no-deps helm-python-sdk==0.2.2 \
	  || echo 'Helm (Python package helm-python-sdk) was not found: the tests that render the chart are skipped.'
	@touch $@
