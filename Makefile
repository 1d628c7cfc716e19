# The verbs. CI calls only these.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE := $(VENV)/.serve
DEV := $(VENV)/.dev
BACKTEST := $(VENV)/backtest
DEPLOY := $(VENV)/deploy
SBOM := $(VENV)/sbom
CLIENTS := nixtla triton kserve engines browser
PYTHON_IMAGE ?= docker.io/library/python:3.12-slim
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: help setup serve test coverage test-fast test-clients test-deploy check format train-forecast train-sentiment compile backtest zero-shot dashboard bench hostile image sbom lock clean

help:  ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

setup: $(DEV)  ## everything for serving, training and testing, into .venv

serve: $(SERVE)  ## serve models/ on 127.0.0.1:8000 (GATECAST_PORT, GATECAST_HOST, … change it)
	$(BIN)/python -m service

test: $(DEV)  ## all tests, about six minutes on two cores
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

coverage: $(DEV)  ## all tests, and which lines they run, about eight minutes on two cores
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --cov

test-fast: $(DEV)  ## the tests that do not load TensorFlow
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m "not slow"

test-clients: $(DEV) $(CLIENTS:%=$(VENV)/clients/%/.ready)  ## clients of others against the service: Nixtla's, Triton's, KServe's, Spark, Ray, a browser
	@set -e; for client in $(CLIENTS); do echo "== $$client"; \
	  $(VENV)/clients/$$client/bin/python -m pytest -c tests/clients/pytest.ini tests/clients/$$client; done

test-deploy: $(DEV) $(DEPLOY)/.ready $(SBOM)/.ready  ## deploy/: the chart, the dashboard, the alerts, by Helm, Prometheus, checkov (needs npm, apt-get)
	PATH="$(CURDIR)/$(DEPLOY)/bin:$$PATH" $(DEPLOY)/bin/python -m pytest -c tests/deploy/pytest.ini tests/deploy

dashboard: $(DEPLOY)/.ready  ## Grafana's JSON from deploy/observability/dashboard/*.yml
	$(DEPLOY)/bin/python deploy/observability/build_dashboard.py

check: $(DEV)  ## formatting, lint, types, and who imports whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV)  ## put the code into its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

train-forecast: $(BACKTEST)/.ready  ## fit, rank and export forecasters: make train-forecast ARGS="--data my.csv --name mine"
	$(BACKTEST)/bin/python -m training.forecast $(ARGS)

backtest: $(BACKTEST)/.ready  ## baselines and served models on your CSV: make backtest ARGS="--data my.csv --models gru"
	$(BACKTEST)/bin/python -m training.backtest $(ARGS)

zero-shot: $(DEV)  ## models on series that they never saw: make zero-shot ARGS="--data m3_monthly_dataset.tsf"
	$(BIN)/python -m training.zero_shot $(ARGS)

compile: $(DEV)  ## put a compiled form beside every SavedModel of models/ that has none
	$(BIN)/python -m training.compile $(ARGS)

train-sentiment: $(DEV)  ## train the sentiment model: make train-sentiment ARGS="--data my.csv"
	$(BIN)/python -m training.sentiment $(ARGS)

bench: $(DEV)  ## the service beside others: make bench ARGS="--only onnx,echo" (needs wrk and two cores)
	$(BIN)/python -m benchmarks.bench $(ARGS)

hostile: $(DEV)  ## hostile requests beside a caller whom they must not harm: make hostile ARGS="--only texts,gzip-*"
	$(BIN)/python -m benchmarks.hostile $(ARGS)

image:  ## build the container images gatecast:latest and gatecast:slim, from the newest base image by its digest
	-docker pull --quiet $(PYTHON_IMAGE)
	@digest=$$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' $(PYTHON_IMAGE) | sed -n '1s/.*@//p'); \
	if [ -n "$$digest" ]; then pin="--build-arg PYTHON_DIGEST=$$digest --label org.opencontainers.image.base.digest=$$digest"; \
	else echo "$(PYTHON_IMAGE) has no digest here, so the images are built from its tag" >&2; fi; \
	set -ex; \
	docker build --build-arg PYTHON_IMAGE=$(PYTHON_IMAGE) $$pin --tag gatecast:latest .; \
	docker build --build-arg PYTHON_IMAGE=$(PYTHON_IMAGE) $$pin --tag gatecast:slim --target slim .

# with BuildKit, what the images say of their time is that of the last commit
image: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)

sbom: $(SBOM)/.ready  ## bills of materials (CycloneDX 1.6) of gatecast:latest and gatecast:slim, into reports/sbom/
	$(SBOM)/bin/python -m deploy.sbom gatecast:latest --lock requirements/serve.txt --out reports/sbom/gatecast-latest.cdx.json
	$(SBOM)/bin/python -m deploy.sbom gatecast:slim --lock requirements/slim.txt --out reports/sbom/gatecast-slim.cdx.json

lock: $(DEV)  ## pin and hash the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile pyproject.toml --extra tensorflow --extra tracing --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements/serve.txt
	$(BIN)/uv pip compile pyproject.toml --extra tracing --constraint requirements/serve.txt --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements/slim.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --constraint requirements/serve.txt --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet \
	  --output-file requirements/dev.txt
	$(BIN)/uv pip compile pyproject.toml --extra backtest --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements/backtest.txt

	for group in deploy sbom; do $(BIN)/uv pip compile --group $$group --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements/$$group.txt; done
	for client in $(filter-out engines,$(CLIENTS)); do $(BIN)/uv pip compile --group $$client --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements/clients/$$client.txt; done
	$(BIN)/uv pip compile pyproject.toml --group engines --extra parquet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements/clients/engines.txt

clean:  ## remove what setup and the checks made
	rm -rf $(VENV) .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), f"Gatecast needs Python 3.11 to 3.13, this is {sys.version}; choose another with make PYTHON=python3.12"'
	$(PYTHON) -m venv $(VENV)

$(SERVE): requirements/serve.txt | $(BIN)/python
	$(PIP) --requirement requirements/serve.txt
	@touch $@

# apart, as statsforecast needs pandas 2: for the commands that rank networks beside statistics
$(BACKTEST)/.ready: requirements/backtest.txt | $(BIN)/python
	$(BIN)/python -m venv $(BACKTEST)
	$(BACKTEST)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/backtest.txt
	@touch $@

$(DEPLOY)/.ready: requirements/deploy.txt deploy/install-tools.sh | $(BIN)/python
	$(BIN)/python -m venv $(DEPLOY)
	$(DEPLOY)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/deploy.txt
	deploy/install-tools.sh $(DEPLOY)/bin
	@touch $@

# apart, as it would bring packages of its own into a bill of the environment that it reads
$(SBOM)/.ready: requirements/sbom.txt | $(BIN)/python
	$(BIN)/python -m venv $(SBOM)
	$(SBOM)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/sbom.txt
	@touch $@

$(VENV)/clients/%/.ready: requirements/clients/%.txt | $(BIN)/python
	$(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

$(DEV): requirements/dev.txt | $(BIN)/python
	$(PIP) --requirement requirements/dev.txt
	@touch $@ $(SERVE)
