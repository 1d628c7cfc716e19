"""The running app and its own OpenAPI schema: generated requests get only what the schema documents."""

import asyncio
import socket
from collections.abc import Iterator
from threading import Thread

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.app import create_app
from tests import fakes


def no_defect(context, response, case):
    """No 500. A time limit of a millisecond may well be answered by a 504."""
    assert response.status_code != 500, response.text


CHECKS = [
    no_defect,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPERATIONS = [
    ("POST", "/forecast"),
    ("POST", "/forecast/batch"),
    ("POST", "/sentiment"),
    ("POST", "/sentiment/batch"),
    ("GET", "/models"),
    ("GET", "/models/{name}"),
    ("GET", "/models/{name}/versions/{version}"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/version"),
    ("GET", "/metrics"),
    ("POST", "/admin/reload"),
]
# nothing that is sent to these could be invalid
WITHOUT_INPUT = ("/models", "/livez", "/readyz", "/version", "/metrics", "/admin/reload")
GENERATED = [
    (method, path, mode)
    for method, path in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or path not in WITHOUT_INPUT
]


@pytest.fixture(scope="module")
def contract(tmp_path_factory) -> Iterator[schemathesis.BaseSchema]:
    """The schema of the app, served by uvicorn on a free port."""
    models = tmp_path_factory.mktemp("models")
    app = create_app(fakes.settings(models), fakes.FakeLoad(models, fakes.default_bundles()))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        port = listening.getsockname()[1]
        yield schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json", wait_for_schema=20)
        server.should_exit = True
        thread.join()


def test_every_operation_of_the_schema_is_listed(contract):
    """An operation that is not in OPERATIONS would not be tested."""
    operations = [(o.ok().method.upper(), o.ok().path) for o in contract.get_all_operations()]
    assert sorted(operations) == sorted(OPERATIONS)


@pytest.mark.parametrize(("method", "path", "mode"), GENERATED)
def test_every_generated_request_is_answered_within_the_schema(contract, method, path, mode):
    """No valid or invalid request gets a 500, or a status, content type or body that is not documented."""
    operation = contract[path][method]

    @settings(max_examples=30, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case):
        case.call_and_validate(checks=CHECKS)

    check()
