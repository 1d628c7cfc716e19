"""What is wrong with the values of a request, in the words of its own schema. Values are never repeated."""

import difflib
import functools
import itertools
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.json_schema import models_json_schema

from ..errors import MAX_FAULTS, Fault, InvalidRequest
from .json_errors import pointer_to

MAX_UNKNOWN = 10  # names that are listed
MAX_SIMILAR_CHARACTERS = 40  # of a name for which a similar one is looked up
MAX_DETAIL_CHARACTERS = 300
KINDS = {
    type(None): "null",
    bool: "a boolean",
    int: "a whole number",
    float: "a decimal number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


def refusal(model: type[BaseModel], value: Any) -> InvalidRequest:
    """Return the refusal of a JSON value that the model does not take, with a JSON Pointer to each fault.

    A field that could not be read is an InvalidRequest in the place of its value.
    """
    if not isinstance(value, dict):
        return _listed([Fault("", f"must be an object{_hint(model, value)}")], 1)
    fields = model.model_fields
    unknown = [name for name in value if name not in fields]
    faults = [Fault(pointer_to(name), _unknown(model, name)) for name in unknown[:MAX_UNKNOWN]]
    known = {name: value[name] for name in fields if name in value}
    of_fields, total = _of_fields(model, known)
    return _listed(faults + of_fields, total + len(unknown))


def _listed(faults: list[Fault], total: int) -> InvalidRequest:
    where, what = faults[0]
    detail = f"the request is not valid: {where or 'it'} {what}"
    listed = faults[:MAX_FAULTS]
    if total > 1:
        count = f"{total} faults" if total <= MAX_FAULTS else f"more than {MAX_FAULTS} faults"
        detail += f" ({count} in all" + (f", of which {len(listed)} are listed)" if len(listed) < total else ")")
    return InvalidRequest(detail, faults=listed)


def _of_fields(model: type[BaseModel], known: dict[str, Any]) -> tuple[list[Fault], int]:
    """The first faults of the fields that the model has, and how many there are: more than MAX_FAULTS are not counted."""
    faults: list[Fault] = []
    total = 0
    errors = _errors(model, known)
    for error in itertools.islice(errors, MAX_FAULTS + 1):
        name = error["loc"][0]
        value, expected = known.get(name), _expected(model, error["loc"])
        if isinstance(value, InvalidRequest):
            of_field = [_within(pointer_to(name), fault, expected) for fault in value.faults]
        elif isinstance(value, list) and len(error["loc"]) > 1 and _stops_early(model, name):
            of_field = _of_items(model, name, value)
        else:
            detail = (
                _unknown_within(model, error["loc"]) if error["type"] == "extra_forbidden" else _detail(error, expected)
            )
            of_field = [Fault("".join(map(pointer_to, error["loc"])), detail)]
        total += len(of_field)
        faults += of_field[:MAX_FAULTS]
    return faults, max(total, len(errors))


def _of_items(model: type[BaseModel], name: str, values: list[Any]) -> list[Fault]:
    """The first faults of a list's items, up to one more than are listed."""
    most = next(each.max_length for each in model.model_fields[name].metadata if hasattr(each, "max_length"))
    if len(values) > most:
        return [Fault(pointer_to(name), f"must be {_expected(model, (name,))}; it has {len(values):,}")]
    is_valid, expected = _item_type(model, name).validator.isinstance_python, _expected(model, (name, 0))
    bad = ((index, value) for index, value in enumerate(values) if not is_valid(value))
    first = itertools.islice(bad, MAX_FAULTS + 1)
    return [Fault(f"{pointer_to(name)}/{index}", _mismatch(expected, value)) for index, value in first]


def _errors(model: type[BaseModel], value: Any) -> list[Any]:
    try:
        model.__pydantic_validator__.validate_python(value)
    except ValidationError as error:
        return error.errors(include_url=False, include_context=False)
    return []


def _within(pointer: str, fault: Fault, expected: str) -> Fault:
    """A fault of a field that could not be read."""
    return Fault(pointer + fault.pointer, fault.detail if fault.pointer else f"{fault.detail}; it must be {expected}")


def _stops_early(model: type[BaseModel], name: Any) -> bool:
    """Whether validation of a list ends at the first bad item."""
    return any(getattr(each, "fail_fast", False) for each in model.model_fields[name].metadata)


@functools.cache
def _item_type(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    (item,) = get_args(model.model_fields[name].annotation)
    return TypeAdapter(item)


def _detail(error: Mapping[str, Any], expected: str) -> str:
    """Our words for an error of pydantic."""
    kind, value = error["type"], error["input"]
    if kind == "missing":
        return "is required"
    if kind == "value_error":  # the schema's own words
        return str(error["msg"]).removeprefix("Value error, ")[:MAX_DETAIL_CHARACTERS]
    if kind.endswith(("too_long", "too_short")):
        return f"must be {expected}; it has {len(value):,}"
    return _mismatch(expected, value)


def _mismatch(expected: str, value: Any) -> str:
    """What must be, and what kind of value is there instead."""
    kind = KINDS.get(type(value), "another value")
    is_number = type(value) in (int, float) and expected.startswith("a number")
    return f"must be {expected}" if is_number or expected.startswith(kind) else f"must be {expected}; it is {kind}"


def _unknown(model: type[BaseModel], name: str) -> str:
    return _no_field(sorted(model.model_fields), name)


def _unknown_within(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """What is said of a name that an object within the body does not have."""
    schema = whole = _schema(model)
    for part in location[:-1]:
        schema = _resolved(whole, schema)
        schema = schema.get("items", {}) if isinstance(part, int) else schema.get("properties", {}).get(part, {})
    return _no_field(sorted(_resolved(whole, schema).get("properties", {})), str(location[-1]))


def _no_field(fields: list[str], name: str) -> str:
    if len(name) <= MAX_SIMILAR_CHARACTERS:
        for similar in difflib.get_close_matches(name.lower(), fields, 1):
            return f"is not a field here; did you mean `{similar}`?"
    return f"is not a field here; {'the fields are ' + ', '.join(fields) if fields else 'there are none'}"


def _hint(model: type[BaseModel], value: Any) -> str:
    """How what was sent becomes an object, if that can be told."""
    required = next((name for name, field in model.model_fields.items() if field.is_required()), None)
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return ", not a string that holds JSON: it was encoded twice"
    found = KINDS.get(type(value), "another value")
    return f", not {found}" + (f'; send {{"{required}": …}}' if required else "")


def _expected(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """What a valid value is, as a noun phrase."""
    return _phrase(model, tuple("" if isinstance(part, int) else part for part in location))


@functools.lru_cache(256)
def _phrase(model: type[BaseModel], location: tuple[str, ...]) -> str:
    """`location`: names of properties; an empty one for the items of a list."""
    whole = _schema(model)
    schema = whole
    for name in location:
        schema = _resolved(whole, schema)
        schema = schema.get("items", {}) if name == "" else schema.get("properties", {}).get(name, {})
    return _described(whole, schema)


@functools.cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    item: type[BaseModel] | None = getattr(model, "ITEM", None)
    models = [model] if item is None else [model, item]
    _, schema = models_json_schema(
        [(each, "validation") for each in models], ref_template="#/components/schemas/{model}"
    )
    definitions: dict[str, Any] = schema["$defs"]
    return {**definitions[model.__name__], "$defs": definitions}


def _resolved(whole: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself: what a reference refers to, and what is optional without its null."""
    if "$ref" in schema:
        return _resolved(whole, whole["$defs"][schema["$ref"].rpartition("/")[2]])
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            return _resolved(whole, option)
    return schema


def _described(whole: dict[str, Any], schema: dict[str, Any]) -> str:
    is_nullable = "default" not in schema and any(each.get("type") == "null" for each in schema.get("anyOf", ()))
    schema = _resolved(whole, schema)
    kind = schema.get("type")
    if kind == "array":
        size = _range(schema.get("minItems"), schema.get("maxItems"))
        phrase = f"a list of {size} items, each {_described(whole, schema.get('items', {}))}"
    elif kind == "string":
        phrase = f"a string of {_range(schema.get('minLength'), schema.get('maxLength'))} characters"
    elif kind in ("number", "integer"):
        phrase = ("a number" if kind == "number" else "a whole number") + _limits(schema)
    else:
        phrase = {"boolean": "true or false", "object": "an object"}.get(str(kind), "another value")
    return f"{phrase} or null" if is_nullable else phrase


def _range(least: int | None, most: int | None) -> str:
    if most is None:
        return f"at least {least or 0:,}"
    return f"{least:,} to {most:,}" if least else f"at most {most:,}"


def _limits(schema: Mapping[str, Any]) -> str:
    """' from 1 to 1,000', ' over 0 and under 100'."""
    least, most = schema.get("minimum"), schema.get("maximum")
    over, under = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if least is not None and most is not None:
        return f" from {_number(least)} to {_number(most)}"
    parts = [(" of at least ", least), (" of at most ", most), (" over ", over), (" under ", under)]
    return " and".join(words + _number(value) for words, value in parts if value is not None)


def _number(value: float) -> str:
    return f"{value:,}" if abs(value) < 1e9 else f"{value:g}".replace("e+", "e")
