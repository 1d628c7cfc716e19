"""The OpenAPI schema: FastAPI's, with all that the middleware and the protocol do to every route.

FastAPI knows the paths, what the routes answer, and the path parameters. Added here: the bodies that the middleware
reads, the headers, the keys, and the problems. What many routes share stands once among the components.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from service import errors
from service.errors import Fault, GatecastError
from service.http.access import SCOPE_OF
from service.http.schemas import (
    RECENT_MONTHS,
    BatchSeries,
    ForecastBatchRequest,
    ForecastBatchResponse,
    ForecastRequest,
    ModelList,
    Problem,
    ReloadReport,
    SentimentBatchRequest,
    SentimentBatchResponse,
    SentimentRequest,
)
from service.settings import Settings

Json = dict[str, Any]

REQUESTS = (BatchSeries, ForecastRequest, ForecastBatchRequest, SentimentRequest, SentimentBatchRequest)
RESPONSES = (ForecastBatchResponse, SentimentBatchResponse, ModelList, ReloadReport, Problem)
DESCRIPTION = """\
Every `GET` route answers `HEAD` too. Bodies are JSON, plain or compressed (`Content-Encoding: gzip` or `zstd`); long
replies are compressed for a client that sends `Accept-Encoding`. Errors are problem details (RFC 9457): `type` names the
kind, `detail` says what would be right, `errors` lists every fault with a JSON Pointer. What depends on the loaded models
(how many readings they need, how far they forecast) cannot be told by a schema: it is refused with a type of its own.
"""
TAGS = {
    "forecast": "What the next readings of a series will be, and how sure that is.",
    "sentiment": "Whether a review is positive or negative, and why.",
    "models": "What is loaded, and what is known of it.",
    "operations": "Probes, metrics and versions, for those who run the service.",
    "admin": "Changes to the running service.",
}
ALWAYS = ("X-Request-ID", "Server-Timing")
CODING = ("Content-Encoding", "Vary")
LIMITS = ("RateLimit", "RateLimit-Policy")
REQUEST_ID = "0f6c5d0b7f7a4f0c9a1d2e3f4a5b6c7d"


class Documented(NamedTuple):
    """A status: what it means, errors that are answered with it, and the headers that come with it."""

    description: str
    examples: tuple[GatecastError, ...]
    headers: tuple[str, ...] = ()


PROBLEMS = {
    400: Documented(
        "the request is not HTTP, asks for a host that is not served here, or its body is not JSON",
        (
            errors.MalformedBody("the body is not JSON: expected value at line 1 column 1"),
            errors.MalformedRequest("a header line has no colon"),
            errors.UnknownHost("the header Host names a host that is not served here"),
        ),
    ),
    401: Documented(
        "no key was sent, or one that is not known",
        (errors.Unauthorised("send a key as 'Authorization: Bearer …' or as X-API-Key"),),
        ("WWW-Authenticate",),
    ),
    403: Documented("the key is not allowed to do this", (errors.Forbidden("this key is not for the admin routes"),)),
    404: Documented(
        "unknown path, model or version; `detail` lists those there are",
        (
            errors.NotFound("no such path; /docs lists those there are"),
            errors.UnknownModel("there is no model 'gur'; loaded are gru, lstm, sentiment"),
        ),
    ),
    405: Documented(
        "another method than the path answers",
        (errors.MethodNotAllowed("this path does not answer GET; it answers POST"),),
        ("Allow",),
    ),
    408: Documented(
        "the body did not arrive in time", (errors.BodyTimeout("the body did not arrive within 10000 ms"),)
    ),
    413: Documented(
        "the body is over the limit, as sent or inflated",
        (errors.BodyTooLarge("the body is larger than 1048576 bytes; send less at once"),),
    ),
    415: Documented(
        "the body is not JSON by its type, or compressed in another way than gzip or zstd",
        (errors.UnsupportedMedia("send the body as JSON, with 'Content-Type: application/json'"),),
        ("Accept-Encoding",),
    ),
    417: Documented(
        "the header Expect asks for another thing than 100-continue",
        (errors.UnmetExpectation("Expect may only be 100-continue"),),
    ),
    422: Documented(
        "JSON, but not a valid request; or valid, but more than a loaded model can do, which has a type of its own",
        (
            errors.InvalidRequest(
                "the request is not valid: /readings/0: must be a number or null",
                faults=[Fault("/readings/0", "must be a number or null")],
            ),
            errors.TooFewReadings("model 'gru' reads a window of 15 readings; 9 were sent", pointer="/readings"),
            errors.MissingReadings("4 of the 15 readings used are missing; at most 3 may be", pointer="/readings"),
            errors.ReadingsTooLarge(
                "readings must lie within ±1e+30; send them in larger units", pointer="/readings/3"
            ),
            errors.HorizonTooLong("model 'gru' forecasts up to 36 steps", pointer="/horizon"),
            errors.UnsupportedLevel("model 'gru' supports levels up to 99", pointer="/levels/0"),
            errors.UnusableFrequency("frequency must be a pandas offset alias, such as MS", pointer="/frequency"),
            errors.UnreadableText("the text has no character that can be read", pointer="/text"),
            errors.NotOffered("no loaded model forecasts", pointer="/model"),
        ),
    ),
    429: Documented(
        "more requests, series or texts than this caller may send, or more wrong keys",
        (errors.TooManyRequests("over the limit (requests: 10 a second on average, 100 at once); try again in 1 s"),),
        ("Retry-After", *LIMITS),
    ),
    431: Documented(
        "request line and headers are too large",
        (errors.HeadersTooLarge("request line and headers may have 32768 bytes and 100 fields together; send less"),),
    ),
    500: Documented("a defect", (errors.ModelFault("a defect; the log has it under the request id"),)),
    503: Documented(
        "too much to do, starting, or about to stop",
        (
            errors.Overloaded("the model's queue is full; try again in 1 s"),
            errors.NotReady("the models are not loaded and proven yet"),
        ),
        ("Retry-After",),
    ),
    504: Documented(
        "the time limit passed",
        (errors.DeadlineExceeded("the request's time limit passed before all of it was done"),),
    ),
}
EVERYWHERE = (400, 405, 417, 431, 500, 503)  # what any request may be answered with
WITH_KEY = (401, 403, 429)
WITH_BODY = (408, 413, 415, 422, 504)

SECURITY_SCHEMES: Json = {
    "Bearer": {"type": "http", "scheme": "bearer", "description": "a key, as `Authorization: Bearer …`"},
    "ApiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "the same key, in a header of its own",
    },
}
HEADERS: Json = {
    "X-Request-ID": {
        "description": "names this request in the log: the caller's own id if that is sane, otherwise a new one",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:\\-]{1,128}$"},
        "example": REQUEST_ID,
    },
    "Server-Timing": {
        "description": "milliseconds in the queue, in the model, and in all",
        "required": True,
        "schema": {"type": "string"},
        "example": "queue;dur=0.21, model;dur=1.37, total;dur=2.04",
    },
    "Retry-After": {
        "description": "seconds after which another try may succeed",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
    "WWW-Authenticate": {
        "description": "how to send a key",
        "required": True,
        "schema": {"type": "string"},
        "example": 'Bearer realm="gatecast"',
    },
    "Allow": {
        "description": "the methods that the path answers",
        "required": True,
        "schema": {"type": "string"},
        "example": "POST",
    },
    "Accept-Encoding": {
        "description": "how a body may be compressed, if that was at fault",
        "schema": {"type": "string"},
        "example": "gzip, zstd",
    },
    "Content-Encoding": {
        "description": "how a long reply is compressed, if the client's Accept-Encoding allows it",
        "schema": {"enum": ["gzip", "zstd"]},
    },
    "Vary": {
        "description": "of a long reply: it depends on this header of the request",
        "schema": {"type": "string"},
        "example": "Accept-Encoding",
    },
    "RateLimit": {
        "description": "where limits are set: what is left of each, and the seconds until it is whole",
        "schema": {"type": "string"},
        "example": '"requests";r=97;t=1',
    },
    "RateLimit-Policy": {
        "description": "where limits are set: how much each allows, and in how many seconds",
        "schema": {"type": "string"},
        "example": '"requests";q=100;w=10',
    },
}


def _needs(field: str, other: str) -> Json:
    """A field that must not come without another. Null is as good as nothing."""
    without = {field: {"type": "string"}, other: {"type": "null"}}
    return {"not": {"properties": without, "required": [field]}}


# what holds between the fields of a body
RULES = {
    ForecastRequest: [_needs("start", "frequency"), _needs("frequency", "start"), _needs("version", "model")],
    ForecastBatchRequest: [_needs("version", "model")],
    BatchSeries: [_needs("start", "frequency"), _needs("frequency", "start")],
}
NEXT_YEAR = {"readings": RECENT_MONTHS, "start": "2015-02-01", "frequency": "MS", "horizon": 12}
REVIEW = "A warm, funny and beautifully acted film."
BODY_EXAMPLES: dict[str, dict[str, Json]] = {
    "/forecast": {
        "a year of months": NEXT_YEAR,
        "as short as can be": {"readings": RECENT_MONTHS},
        "no intervals": NEXT_YEAR | {"levels": []},
    },
    "/forecast/batch": {
        "two series": {"series": [{"id": name, "readings": RECENT_MONTHS} for name in ("a", "b")], "horizon": 3}
    },
    "/sentiment": {"a review": {"text": REVIEW}, "with reasons": {"text": REVIEW, "explain": True, "sentences": True}},
    "/sentiment/batch": {"two reviews": {"texts": [REVIEW, "Two hours that I shall not get back."]}},
}


def describe(api: FastAPI, settings: Settings) -> Json:
    """Return the whole schema of the app. The first time takes tenths of a second."""
    schema = get_openapi(
        title=api.title,
        version=api.version,
        summary=api.summary,
        description=DESCRIPTION,
        routes=api.routes,
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
    )
    schema["components"] = _components(schema.get("components", {}), settings)
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            _complete(operation, path, settings)
    return schema


def _components(known: Json, settings: Settings) -> Json:
    _, definitions = models_json_schema(
        [
            *((model, "validation") for model in REQUESTS),
            *((model, "serialization") for model in RESPONSES),
        ],
        ref_template="#/components/schemas/{model}",
    )
    schemas = known.get("schemas", {}) | definitions["$defs"]
    for model, rules in RULES.items():
        schemas[model.__name__]["allOf"] = rules
    return {
        "schemas": schemas,
        "headers": HEADERS,
        "parameters": _parameters(settings),
        "responses": {_name(status): _problem(PROBLEMS[status]) for status in PROBLEMS},
        "securitySchemes": SECURITY_SCHEMES,
    }


def _parameters(settings: Settings) -> Json:
    """Request headers. An id or a trace that is not sane is not refused, so their schemas say nothing of the form."""

    def header(name: str, description: str, schema: Json) -> Json:
        return {"name": name, "in": "header", "description": description, "schema": schema}

    return {
        "X-Request-Timeout-Ms": header(
            "X-Request-Timeout-Ms",
            f"time limit of the whole request in milliseconds; default: {settings.timeout_ms}",
            {"type": "integer", "minimum": 1, "maximum": settings.max_timeout_ms},
        ),
        "X-Request-ID": header(
            "X-Request-ID", "comes back, if it has 1 to 128 letters, digits and `._:-`", {"type": "string"}
        ),
        "traceparent": header(
            "traceparent", "W3C trace context: its trace id is logged with the request", {"type": "string"}
        ),
    }


def _complete(operation: Json, path: str, settings: Settings) -> None:
    """Add to an operation what FastAPI does not know of it."""
    scope = SCOPE_OF.get(path.split("/")[1])
    body = operation.get("requestBody")
    statuses = {int(status) for status in operation["responses"] if int(status) >= 400}.union(EVERYWHERE)
    parameters = ["X-Request-ID", "traceparent"]
    if scope is not None:
        statuses.update(WITH_KEY)
        operation["security"] = _security(scope, settings)
    if body is not None:
        statuses.update(WITH_BODY)
        parameters.insert(0, "X-Request-Timeout-Ms")
        content = body["content"]["application/json"]
        content["examples"] = {name: {"value": value} for name, value in BODY_EXAMPLES[path].items()}
    own = [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "path"]
    operation["parameters"] = own + [{"$ref": f"#/components/parameters/{name}"} for name in parameters]
    success = operation["responses"]["200"]
    success["headers"] = _header_references(
        [*ALWAYS, *(LIMITS if scope is not None else ()), *(CODING if body else ())]
    )
    problems = {str(status): {"$ref": f"#/components/responses/{_name(status)}"} for status in sorted(statuses)}
    operation["responses"] = {"200": success, **problems}


def _security(scope: str, settings: Settings) -> list[Json]:
    """The alternatives: a key with this scope, or none where the service asks for none."""
    is_open = settings.api_keys_file is None and scope != "admin"
    return [*([{}] if is_open else []), *({scheme: [scope]} for scheme in SECURITY_SCHEMES)]


def _problem(documented: Documented) -> Json:
    """The response of a status, with an example of each type."""
    examples = {error.slug: {"value": error.problem("/forecast", REQUEST_ID)} for error in documented.examples}
    content = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}, "examples": examples}
    return {
        "description": documented.description,
        "headers": _header_references([*ALWAYS, *documented.headers]),
        "content": {"application/problem+json": content},
    }


def _header_references(names: Iterable[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _name(status: int) -> str:
    """The name of a problem among the components: 404 → NotFound."""
    return type(PROBLEMS[status].examples[0]).__name__
