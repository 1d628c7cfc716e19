"""The schema tells what the middleware and the protocol do: headers, keys, problems, bodies."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis

from service.app import ADAPTERS
from service.errors import GatecastError
from service.http.access import SCOPE_OF, first_part, is_open
from service.http.openapi_bodies import BODY_EXAMPLES
from service.http.openapi_errors import SCHEMAS
from service.http.problems import PROBLEMS
from service.http.schemas import Problem
from tests import fakes

Json = dict[str, Any]


@pytest.fixture
def schema(client) -> Json:
    described: Json = client.get("/openapi.json").json()
    return described


def operations(schema: Json) -> Iterator[tuple[str, Json]]:
    """The path and the description of every operation."""
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            yield path, operation


def resolved(schema: Json, value: Json) -> Json:
    """What a reference refers to."""
    if "$ref" not in value:
        return value
    found = schema
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def all_references(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from all_references(item)


def error_types(base: type[GatecastError] = GatecastError) -> Iterator[type[GatecastError]]:
    for error in base.__subclasses__():
        yield error
        yield from error_types(error)


def test_the_schema_is_valid_openapi(schema):
    """By the meta schema of its version; and no reference leads nowhere."""
    schemathesis.openapi.from_dict(schema).validate()
    for reference in all_references(schema):
        assert resolved(schema, reference), reference


def test_every_response_documents_its_headers(schema):
    """Those of all responses, and those that come with a status."""
    also = {"401": "WWW-Authenticate", "405": "Allow", "429": "Retry-After", "503": "Retry-After"}
    for path, operation in operations(schema):
        for status, response in operation["responses"].items():
            headers = resolved(schema, response)["headers"]
            required = {name for name, header in headers.items() if resolved(schema, header).get("required")}
            expected = {"X-Request-ID", "Server-Timing"} | ({also[status]} if status in also else set())
            assert required == expected, (path, status)


def test_every_problem_has_its_content_type_and_examples_of_its_status(schema):
    """Or the form that the clients of another protocol read."""
    for path, operation in operations(schema):
        error = SCHEMAS.get(first_part(path))
        for status, response in operation["responses"].items():
            if status == "200":
                continue
            (content,) = resolved(schema, response)["content"].items()
            assert content[0] == ("application/json" if error else "application/problem+json"), (path, status)
            for example in content[1]["examples"].values():
                if error is None:
                    assert Problem.model_validate(example["value"]).status == int(status)
                else:
                    assert example["value"].keys() == error.model_fields.keys()


def test_every_form_of_errors_is_in_the_schema():
    assert {part for adapter in ADAPTERS for part in adapter.ERROR_FORMS} == set(SCHEMAS)


def test_every_error_for_callers_has_an_example():
    """A new one must be documented. Nobody reads the answer of a caller who has left; those of service.local are no answers."""
    documented = {type(error) for problem in PROBLEMS.values() for error in problem.examples}
    answers = {error for error in error_types() if error.__module__ == GatecastError.__module__}
    assert {error for error in answers if error.status != 499} == documented
    assert all(error.status == status for status, problem in PROBLEMS.items() for error in problem.examples)


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/forecast", {400, 401, 403, 404, 405, 408, 413, 415, 417, 422, 429, 431, 500, 503, 504}),
        ("/models/{name}", {400, 401, 403, 404, 405, 417, 422, 429, 431, 500, 503}),
        ("/models", {400, 401, 403, 405, 417, 429, 431, 500, 503}),
        ("/v2/models/{name}/infer", {400, 401, 403, 404, 405, 408, 413, 415, 417, 429, 431, 500, 503, 504}),
        ("/predict", {400, 401, 403, 404, 405, 408, 413, 415, 417, 422, 424, 429, 431, 503}),
        ("/livez", {400, 405, 417, 431, 500, 503}),
    ],
)
def test_a_route_documents_every_status_that_it_may_answer(schema, path, statuses):
    (operation,) = schema["paths"][path].values()
    assert {int(status) for status in operation["responses"]} == {200} | statuses


@pytest.mark.parametrize("keys", [False, True], ids=["open", "keys"])
def test_every_route_names_the_scope_of_a_key(serve, tmp_path, keys):
    """Without keys configured a caller needs none, but for the admin routes."""
    settings: dict[str, Path] = {}
    if keys:
        settings["api_keys_file"] = tmp_path / "keys"
        settings["api_keys_file"].write_text('{"keys": []}')
    schema = serve(**settings).get("/openapi.json").json()
    for path, operation in operations(schema):
        scope = SCOPE_OF.get(path.split("/")[1])
        alternatives = operation.get("security")
        if is_open(path):
            assert alternatives is None, path
            continue
        if scope is None:  # any key, or one that suits the model
            assert alternatives == [*([] if keys else [{}]), {"Bearer": []}, {"ApiKey": []}]
            continue
        none: list[Json] = [] if keys or scope == "admin" else [{}]
        assert alternatives == [*none, {"Bearer": [scope]}, {"ApiKey": [scope]}]
    assert {path.split("/")[1] for path in schema["paths"]} >= set(SCOPE_OF)


def test_request_headers_are_documented_once_with_the_limits_of_the_settings(serve):
    schema = serve(max_timeout_ms=1234).get("/openapi.json").json()
    for _, operation in operations(schema):
        headers = [resolved(schema, each) for each in operation["parameters"]]
        names = [each["name"].lower() for each in headers if each["in"] == "header"]
        limit = ["x-request-timeout-ms"] if "requestBody" in operation else []
        assert names == [*limit, "x-request-id", "traceparent"]
    timeout = schema["components"]["parameters"]["X-Request-Timeout-Ms"]
    assert timeout["schema"] == {"type": "integer", "minimum": 1, "maximum": 1234}


@pytest.mark.parametrize(
    ("path", "body"), [(path, body) for path, examples in BODY_EXAMPLES.items() for body in examples.values()]
)
def test_every_example_of_a_body_is_answered(serve, path, body):
    client = serve([*fakes.default_bundles(), fakes.universal_bundle()])
    name = "sentiment" if "text" in str(body) else "any"
    url = path.format(name=name, version="1")
    if "parameters" in body and "horizon" in body["parameters"]:
        body = {**body, "parameters": {"horizon": 1, "levels": ""}}
    reply = client.post(url, json={**body, "horizon": 1} if "horizon" in body else body)
    assert reply.status_code == 200, reply.text
    assert '"error"' not in reply.text


def test_the_schema_of_a_service_without_a_proxy_is_that_of_the_host(schema):
    assert schema["servers"] == [{"url": "/"}]


def test_routes_on_a_port_of_their_own_say_so(serve):
    """On the other port they are unknown."""
    schema = serve(operations_port=9000).get("/openapi.json").json()
    apart = {path for path, operation in operations(schema) if "GATECAST_OPERATIONS_PORT" in operation["description"]}
    assert apart == {"/metrics", "/admin/reload"}
    assert all("404" in operation["responses"] for path, operation in operations(schema) if path in apart)


def test_a_problem_may_have_the_id_of_a_trace(client):
    problem = client.get("/openapi.json").json()["components"]["schemas"]["Problem"]
    assert problem["properties"]["trace_id"]["type"] == "string"
    assert "trace_id" not in problem["required"]
