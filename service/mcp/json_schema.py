"""JSON Schemas of the wire, as an assistant's model reads them: short, and plain enough for every host."""

from typing import Any

from pydantic import BaseModel

MAX_EXAMPLE_CHARACTERS = 40
# Titles repeat the names of fields. Hosts that translate schemas into grammars refuse the lookahead in the pattern of dates,
# which the description says in words.
DROPPED = frozenset(["title", "pattern"])


def input_schema(model: type[BaseModel]) -> dict[str, Any]:
    """What a tool takes."""
    return _object(model.model_json_schema(mode="validation"))


def output_schema(model: type[BaseModel]) -> dict[str, Any]:
    """What a tool answers."""
    return _object(model.model_json_schema(mode="serialization"))


def _object(schema: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(schema)
    return plain


def _plain(schema: Any) -> Any:
    """A schema without what is long and says little."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items() if key not in DROPPED and key not in NAMED}
    for key in NAMED & schema.keys():  # these hold names, not keywords
        plain[key] = {name: _plain(each) for name, each in schema[key].items()}
    if len(repr(plain.get("examples", ""))) > MAX_EXAMPLE_CHARACTERS:
        del plain["examples"]
    return plain


NAMED = frozenset(["properties", "$defs"])
