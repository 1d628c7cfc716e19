"""The OpenAPI schema: FastAPI's, with all that the middleware and the protocol do to every route.

FastAPI knows the paths, what the routes answer, and the path parameters. Added here: the bodies that the middleware
reads, the headers, the keys, and the problems. What many routes share stands once among the components.
"""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from ..settings import Settings
from .access import SCOPE_OF
from .adapters.nixtla.schemas import (
    NixtlaAnomaliesRequest,
    NixtlaCrossValidationRequest,
    NixtlaForecastRequest,
    NixtlaOnlineAnomaliesRequest,
)
from .middleware import is_operation
from .problems import LIMITS, PROBLEMS, Documented
from .schemas import (
    RECENT_MONTHS,
    BatchSeries,
    ForecastBatchRequest,
    ForecastBatchResponse,
    ForecastRequest,
    ModelList,
    Problem,
    ReloadReport,
)
from .schemas_anomalies import (
    AnomaliesBatchRequest,
    AnomaliesBatchResponse,
    AnomaliesRequest,
    AnomalySeries,
)
from .schemas_sentiment import SentimentBatchRequest, SentimentBatchResponse, SentimentRequest

Json = dict[str, Any]

REQUESTS = (
    BatchSeries,
    ForecastRequest,
    ForecastBatchRequest,
    AnomalySeries,
    AnomaliesRequest,
    AnomaliesBatchRequest,
    SentimentRequest,
    SentimentBatchRequest,
    NixtlaForecastRequest,
    NixtlaCrossValidationRequest,
    NixtlaAnomaliesRequest,
    NixtlaOnlineAnomaliesRequest,
)
RESPONSES = (ForecastBatchResponse, AnomaliesBatchResponse, SentimentBatchResponse, ModelList, ReloadReport, Problem)
DESCRIPTION = """\
Every `GET` route answers `HEAD` too. Bodies are JSON, plain or compressed (`Content-Encoding: gzip` or `zstd`); long
replies are compressed for a client that sends `Accept-Encoding`. Errors are problem details (RFC 9457): `type` names the
kind, `detail` says what would be right, `errors` lists every fault with a JSON Pointer. What depends on the loaded models
(how many readings they need, how far they forecast) cannot be told by a schema: it is refused with a type of its own.
"""
TAGS = {
    "forecast": "What the next readings of a series will be, and how sure that is.",
    "anomalies": "Which of the last readings of a series were not to be expected.",
    "sentiment": "Whether a text is positive, neutral or negative, how sure that is, and why.",
    "nixtla": "What the Nixtla client asks for: give it this address and `/nixtla` as its `base_url`.",
    "models": "What is loaded, and what is known of it.",
    "operations": "Probes, metrics and versions, for those who run the service.",
    "admin": "Changes to the running service.",
}
ALWAYS = ("X-Request-ID", "Server-Timing")
CODING = ("Content-Encoding", "Vary")
REQUEST_ID = "0f6c5d0b7f7a4f0c9a1d2e3f4a5b6c7d"


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
    AnomaliesRequest: [_needs("start", "frequency"), _needs("frequency", "start")],
    AnomalySeries: [_needs("start", "frequency"), _needs("frequency", "start")],
}
LAST_YEAR = {"readings": RECENT_MONTHS, "start": "2015-02-01", "frequency": "MS", "last": 12}
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
    "/anomalies": {
        "the last year of months": LAST_YEAR,
        "only what is far out": {"readings": RECENT_MONTHS, "last": 3, "level": 99.9},
    },
    "/anomalies/batch": {
        "two series": {"series": [{"id": name, "readings": RECENT_MONTHS} for name in ("a", "b")], "last": 3}
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
        content["examples"] = {name: {"value": value} for name, value in BODY_EXAMPLES.get(path, {}).items()}
    if settings.operations_port is not None and is_operation(path):
        statuses.add(404)
        operation["description"] += "\n\nAnswered on the port of `GATECAST_OPERATIONS_PORT` only."
    own = [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "path"] or _of_path(path)
    operation["parameters"] = own + [{"$ref": f"#/components/parameters/{name}"} for name in parameters]
    success = operation["responses"]["200"]
    success["headers"] = _header_references(
        [*ALWAYS, *(LIMITS if scope is not None else ()), *(CODING if body else ())]
    )
    problems = {str(status): {"$ref": f"#/components/responses/{_name(status)}"} for status in sorted(statuses)}
    operation["responses"] = {"200": success, **problems}


def _of_path(path: str) -> list[Json]:
    """The parameters of a path that the middleware reads."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


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
