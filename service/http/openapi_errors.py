"""The errors of the OpenAPI schema: problems, and what the clients of another protocol get in their place."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from ..errors import GatecastError
from .access import first_part
from .adapters.huggingface import TeiError
from .adapters.inference_v2.schemas import InferenceError
from .error_forms import ErrorForm, ErrorForms, as_problem
from .openapi_parts import ALWAYS, REQUEST_ID
from .problems import PROBLEMS
from .schemas import Problem

Json = dict[str, Any]
SCHEMAS: Mapping[str, type[BaseModel]] = {
    "v2": InferenceError,
    "predict": TeiError,
}  # of the errors, by the first part of the path


def error_components(errors: ErrorForms) -> Json:
    """Every error response, by name: those of problems, and those of each other form."""
    components = _components("", as_problem, "/forecast", Problem.__name__)
    for part, form in errors.forms.items():
        components |= _components(part, form, f"/{part}", SCHEMAS[part].__name__)
    return components


def own_statuses(statuses: Iterable[int], path: str, errors: ErrorForms) -> set[int]:
    """The statuses of a path's form for those of problems."""
    form = errors.forms.get(first_part(path))
    if form is None:
        return set(statuses)
    return {form(error, path, REQUEST_ID).status for status in statuses for error in PROBLEMS[status].examples}


def component_name(status: int, path: str, errors: ErrorForms) -> str:
    """The name of a response among the components: 404 → NotFound, or v2-404."""
    part = first_part(path)
    return f"{part}-{status}" if part in errors.forms else _name(status)


def _name(status: int) -> str:
    return type(PROBLEMS[status].examples[0]).__name__


def _components(part: str, form: ErrorForm, path: str, schema: str) -> Json:
    """The responses of one form. A status of the form may stand for several of problems."""
    found: dict[int, Json] = {}
    for documented in PROBLEMS.values():
        for error in documented.examples:
            status, content_type, body = form(error, path, REQUEST_ID)
            response = found.setdefault(status, _response(documented.description, schema, content_type.decode()))
            _add(response, error, documented.headers, body, documented.description)
    return {f"{part}-{status}" if part else _name(status): response for status, response in found.items()}


def _response(description: str, schema: str, content_type: str) -> Json:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "examples": {}}
    return {"description": description, "headers": header_references(ALWAYS), "content": {content_type: content}}


def _add(response: Json, error: GatecastError, headers: Iterable[str], body: bytes, description: str) -> None:
    if description not in response["description"]:
        response["description"] += f"; or {description}"
    response["headers"] |= header_references(headers)
    (content,) = response["content"].values()
    content["examples"][error.slug] = {"value": json.loads(body)}


def header_references(names: Iterable[str]) -> Mapping[str, Json]:
    """References to headers among the components."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
