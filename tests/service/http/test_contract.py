"""The running service and its own OpenAPI schema: generated requests get only what the schema documents.

Schemathesis sends the schema's examples, every boundary of every field, and random requests, valid and invalid ones, to
every route; all its checks are on. What is valid by the schema must not be refused by surprise.
"""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import schemathesis
import uvicorn
from fastapi.routing import APIRoute
from schemathesis.config import SchemathesisConfig

from service.app import ADAPTERS, ROUTES, create_app
from service.http import access, openapi
from service.http.access import SCOPE_OF
from service.http.problems import PROBLEMS
from service.http.protocol import AdmissionProtocol
from service.http.token_buckets import Limit
from tests import fakes
from tests.patience import PATIENCE_S

KEY = "gc_correct-horse-battery-staple-0123456789"
CONFIG: dict[str, Any] = {
    "seed": 0,
    "suppress-health-check": ["too_slow"],
    "request-timeout": PATIENCE_S,
    "generation": {
        "deterministic": True,
        "database": "none",
        "max-examples": 25,
        "allow-extra-parameters": False,  # unknown headers and query parameters are nobody's business
    },
    "checks": {
        "not_a_server_error": {"expected-statuses": ["2xx", "4xx", 504]},  # a limit of a millisecond may well pass
        "negative_data_rejection": {"expected-statuses": ["4xx", 504]},
        "positive_data_acceptance": {"expected-statuses": ["2xx", 404, 422, 504]},  # `no_surprise` looks closer
    },
    "operations": [
        # the schema of tensors does not say that their shape fits their values, nor which model has which
        {
            "include-path": ["/v2/models/{name}/infer", "/v2/models/{name}/versions/{version}/infer"],
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 400, 404, 504]}},
        },
        {
            "include-path": ["/predict"],
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 404, 422, 424]}},
        },
        # an item that is not valid has an error of its own in a reply of 200; `bad_items_have_errors` looks closer
        {
            "include-path": ["/forecast/batch", "/anomalies/batch", "/sentiment/batch"],
            "checks": {"negative_data_rejection": {"expected-statuses": [200, "4xx", 504]}},
        },
    ],
}
# refusals of requests that are valid, by what the loaded models cannot do
BY_MODELS = {error.slug for status in (404, 422, 504) for error in PROBLEMS[status].examples} - {"invalid-request"}

BEYOND_A_SCHEMA = (
    "must be a date that the calendar has, such as 2016-11-01",
    "has readings and sizes that do not fit: ",
)


def problems(response) -> list[dict[str, Any]]:
    """The problem that a response is, or those of its items."""
    if response.headers["content-type"] == ["application/json"] and response.status_code >= 400:
        return []  # the form of another protocol
    body = response.json()
    return [body] if response.status_code >= 400 else [item["error"] for item in body["results"] if "error" in item]


@schemathesis.check
def no_surprise(context, response, case):
    """A valid request is refused only for what depends on the loaded models, which has a type of its own."""
    if case.meta.generation.mode.is_positive and (response.status_code in (404, 422) or is_batch(case, response)):
        assert [each for each in problems(response) if is_surprise(each)] == []


def is_surprise(problem: dict[str, Any]) -> bool:
    """Whether the schema did not say it. It cannot say which days a month has, nor that sizes add up."""
    details = [fault["detail"] for fault in problem["errors"]]
    is_beyond_it = bool(details) and all(each.startswith(BEYOND_A_SCHEMA) for each in details)
    return problem["type"].removeprefix("/problems/") not in BY_MODELS and not is_beyond_it


@schemathesis.check
def bad_items_have_errors(context, response, case):
    """A batch that is not valid is refused, or at least one of its items is."""
    if case.meta.generation.mode.is_negative and is_batch(case, response):
        assert problems(response) != []


def is_batch(case: schemathesis.Case[Any], response: schemathesis.Response) -> bool:
    """Whether the response may have problems of items."""
    return case.path.endswith("/batch") and response.status_code == 200


def contract(*, keys: bool) -> schemathesis.BaseSchema:
    """The schema of a service with or without keys."""
    file = Path("keys.json") if keys else None
    settings = fakes.settings(Path("nowhere"), api_keys_file=file)
    scheme = {"Bearer": {"bearer": KEY}} if keys else {"ApiKey": {"api_key": KEY}}
    config = SchemathesisConfig.from_dict(CONFIG | {"auth": {"openapi": scheme}})
    app = create_app(fakes.settings(Path("nowhere")))
    described = openapi.describe(app.api, settings, app.state.errors)
    return schemathesis.openapi.from_dict(described, config=config)


WITHOUT_KEYS = contract(keys=False)
WITH_KEYS = contract(keys=True)


@contextmanager
def serving(directory: Path, **settings: Any) -> Iterator[str]:
    """The URL of the service, on a free port."""
    models = directory / "models"
    models.mkdir()
    load = fakes.FakeLoad(models, [*fakes.default_bundles(), fakes.universal_bundle()])
    app = create_app(fakes.settings(models, **settings), load)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, http=AdmissionProtocol, proxy_headers=False))
    with socket.create_server(("127.0.0.1", 0)) as listening, pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "TRIES", Limit.of(1e6, 10))  # 401 is waited for, and not that wrong keys are throttled
        thread = Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def without_keys(tmp_path_factory) -> Iterator[str]:
    """A service that asks for no key, but for the admin routes."""
    with serving(tmp_path_factory.mktemp("open"), admin_key=KEY) as url:
        yield url


@pytest.fixture(scope="module")
def with_keys(tmp_path_factory) -> Iterator[str]:
    """A service that knows one key, for everything."""
    directory = tmp_path_factory.mktemp("keys")
    file = directory / "keys.json"
    key = {"name": "test", "sha256": sha256(KEY.encode()).hexdigest(), "scopes": sorted(set(SCOPE_OF.values()))}
    file.write_text(json.dumps({"keys": [key]}))
    with serving(directory, api_keys_file=file) as url:
        yield url


def test_every_route_is_in_the_schema():
    """A route that is not would not be tested. The pages for browsers are not, nor what adapters refuse in words."""
    described = {operation.ok().path for operation in WITHOUT_KEYS.get_all_operations()}
    browsers = {"/", "/playground/{file}", "/docs", "/redoc", "/static/{file}", "/openapi.json"}
    routes = [route for module in ROUTES for route in module.router.routes]
    adapted = [route for module in ADAPTERS for router in module.ROUTERS for route in router.routes]
    shown = {route.path for route in adapted if isinstance(route, APIRoute) and route.include_in_schema}
    assert {route.path for route in routes if isinstance(route, APIRoute)} | shown == described | browsers


# other tests run the same lines; counting them here again takes longer than the requests
@pytest.mark.no_cover
@WITHOUT_KEYS.parametrize()
def test_every_request_is_answered_within_the_schema_without_keys(case, without_keys):
    case.call_and_validate(base_url=without_keys)


@pytest.mark.no_cover
@WITH_KEYS.parametrize()
def test_every_request_is_answered_within_the_schema_with_keys(case, with_keys):
    case.call_and_validate(base_url=with_keys)
