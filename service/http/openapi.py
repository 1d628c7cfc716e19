"""The OpenAPI schema: FastAPI's, with all that the middleware and the protocol do to every route.

FastAPI knows the paths, what the routes answer, and the path parameters. Added here: the bodies that the middleware
reads, the headers, the keys, and the problems. What many routes share stands once among the components.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from ..settings import Settings
from .access import SCOPE_OF, is_open
from .error_forms import ErrorForms
from .openapi_bodies import BODY_EXAMPLES, REQUESTS, RESPONSES, RULES
from .openapi_errors import component_name, error_components, header_references, own_statuses
from .openapi_parts import ALWAYS, CODING, DESCRIPTION, HEADERS, SECURITY_SCHEMES, TAGS
from .probes import is_operation
from .problems import LIMITS

Json = dict[str, Any]

EVERYWHERE = (400, 405, 417, 431, 500, 503)  # what any request may be answered with
WITH_KEY = (401, 403, 429)
WITH_BODY = (408, 413, 415, 422, 504)


def describe(api: FastAPI, settings: Settings, errors: ErrorForms) -> Json:
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
    schema["components"] = _components(schema.get("components", {}), settings, errors)
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            _complete(operation, path, settings, errors)
    return schema


def _components(known: Json, settings: Settings, errors: ErrorForms) -> Json:
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
        "responses": error_components(errors),
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
            "traceparent",
            "W3C trace context: the trace that the request belongs to, in logs, problems and spans",
            {"type": "string"},
        ),
    }


def _complete(operation: Json, path: str, settings: Settings, errors: ErrorForms) -> None:
    """Add to an operation what FastAPI does not know of it."""
    scope = SCOPE_OF.get(path.split("/")[1])
    body = operation.get("requestBody")
    statuses = {int(status) for status in operation["responses"] if int(status) >= 400}.union(EVERYWHERE)
    parameters = ["X-Request-ID", "traceparent"]
    has_key = scope is not None or not is_open(path)
    if has_key:
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
    success["headers"] = header_references([*ALWAYS, *(LIMITS if has_key else ()), *(CODING if body else ())])
    names = {status: component_name(status, path, errors) for status in sorted(own_statuses(statuses, path, errors))}
    refused = {str(status): {"$ref": f"#/components/responses/{name}"} for status, name in names.items()}
    operation["responses"] = {"200": success, **refused}


def _of_path(path: str) -> list[Json]:
    """The parameters of a path that the middleware reads."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _security(scope: str | None, settings: Settings) -> list[Json]:
    """The alternatives: a key, with this scope if one is named, or none where the service asks for none."""
    is_free = settings.api_keys_file is None and scope != "admin"
    scopes = [] if scope is None else [scope]
    return [*([{}] if is_free else []), *({scheme: scopes} for scheme in SECURITY_SCHEMES)]
