"""What a body may be, and JSON in, a validated request out; every fault with a JSON Pointer. The input is never repeated.

A body that a parser has done with in a few milliseconds is parsed at once. Any other, and one that holds what cannot be
read, is taken apart: its values are parsed one by one, and other requests have their turn between them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import BodyTooLarge, Fault, InvalidRequest, UnsupportedMedia
from ..serving.turns import Turns
from . import long_arrays
from .faults import refusal
from .json_errors import malformed, offset_of, pointer_to, unreadable, unreadable_reason
from .json_text import JsonText, Span
from .json_text import parse as parse_json
from .long_arrays import LongArray

Body = TypeVar("Body", bound=BaseModel)
MAX_SINGLE_BYTES = 1 << 20  # of a request of one series or text; the largest needs about half
MAX_VALUE_BYTES = 1 << 19  # of one value: 10,000 readings of 50 bytes, or a text of 20,000 characters written as \uXXXX
SMALL_VALUE_BYTES = 1 << 14
MAX_PARTS = 10_000  # brackets and colons of a value that is not small: parsing it takes some milliseconds
TOO_HEAVY = "is larger than any valid value: a series has at most 10,000 readings, and a text 20,000 characters"
MAX_MEMBERS = 64  # of an object; more than any request has
READING_BYTES = 20  # a reading with all its digits, a comma and a space
MAX_REQUESTS = 1_000  # that a body which is too large might be sent in
CHARSETS = (b"", b"utf-8", b"utf8", b"us-ascii")


class BodyLimits(NamedTuple):
    """How large a body may be, as sent and inflated, and the milliseconds that it and the whole request may take."""

    max_bytes: int
    body_timeout_ms: int
    timeout_ms: int


def check_type(sent: bytes) -> None:
    """Check the header Content-Type. Raises UnsupportedMedia unless it is JSON in UTF-8."""
    if sent == b"application/json":
        return
    kind, *parameters = sent.lower().split(b";")
    kind = kind.strip()
    if kind != b"application/json" and not (kind.startswith(b"application/") and kind.endswith(b"+json")):
        raise _unsupported("send the body as JSON, with 'Content-Type: application/json'")
    for name, _, value in (parameter.partition(b"=") for parameter in parameters):
        if name.strip() == b"charset" and value.strip().strip(b'"') not in CHARSETS:
            raise _unsupported("JSON is sent in UTF-8; encode the body so, and leave the charset out")


def _unsupported(detail: str) -> UnsupportedMedia:
    return UnsupportedMedia(detail, faults=[Fault("/headers/content-type", detail)])


def too_large(max_bytes: int, size: int) -> BodyTooLarge:
    """The refusal of a body of `size` bytes, 0 if that is not known. It says how much fits."""
    parts = (
        f"in {-(-size // max_bytes)} requests or more"
        if max_bytes < size < MAX_REQUESTS * max_bytes
        else "in several ones"
    )
    return BodyTooLarge(
        f"the body is larger than {max_bytes} bytes; send less at once: a batch can go {parts}. About "
        f"{max(1, max_bytes // READING_BYTES):,} readings of 17 digits fit in one body"
    )


def parse_small(raw: bytes, model: type[Body]) -> Body | None:
    """Parse and validate a body at once, if it is small and is JSON. Raises InvalidRequest."""
    if len(raw) > SMALL_VALUE_BYTES:
        return None
    try:
        value = parse_json(raw)
    except ValueError:
        return None
    return validate(model, value)


async def parse(raw: bytes, model: type[Body], turns: Turns) -> Body:
    """Parse and validate a whole body.

    A model whose ITEMS names a list of its own gets the items as `json.loads` would give them; one that cannot be read is
    the InvalidRequest that says why. Arrays that its LONG names are read in pieces; see long_arrays.py. Raises MalformedBody, InvalidRequest or BodyTooLarge, and what `turns` raises.
    """
    await turns.next()
    if is_light(raw) and not (hasattr(model, "LONG") and len(raw) > SMALL_VALUE_BYTES):
        try:
            value = parse_json(raw)
        except ValueError as error:
            offset = offset_of(raw, str(error))
            if unreadable_reason(str(error), raw, offset) is None:
                raise malformed(raw, offset, str(error)) from None
            value = await _read(raw, model, turns)
    else:
        value = await _read(raw, model, turns)
    return validate(model, value)


def validate(model: type[Body], value: Any) -> Body:
    """Validate a JSON value: a body, or one item of a batch. Raises InvalidRequest."""
    if isinstance(value, InvalidRequest):
        raise value
    if not isinstance(value, dict) or len(value) > MAX_MEMBERS:
        raise refusal(model, value)
    try:
        return model.__pydantic_validator__.validate_python(value)  # type: ignore[no-any-return]
    except ValidationError:
        raise refusal(model, value) from None


def is_light(raw: bytes) -> bool:
    """Whether parsing takes a few milliseconds at most, whatever the value is."""
    if len(raw) <= SMALL_VALUE_BYTES:
        return True
    if len(raw) > MAX_VALUE_BYTES:
        return False
    return raw.startswith(b'"') or raw.count(b"[") + raw.count(b"{") + raw.count(b":") <= MAX_PARTS


async def _read(raw: bytes, model: type[BaseModel], turns: Turns) -> Any:
    """The JSON value of a body, in pieces. What cannot be read is an InvalidRequest in its place."""
    text = JsonText(raw, turns)
    batch: str | None = getattr(model, "ITEMS", None)
    arrays: Mapping[str, LongArray] = getattr(model, "LONG", {})
    if batch is None and not arrays and len(raw) > MAX_SINGLE_BYTES:
        raise BodyTooLarge(f"the body has {len(raw)} bytes; a request of this kind has at most {MAX_SINGLE_BYTES}")
    if await text.peek() != b"{":
        value = await _parsed(text, await text.value(), turns)
        await text.end()
        return value
    long = long_arrays.ArrayReader(text, arrays, _parsed, turns)
    await text.open(b"{")
    members: dict[str, Any] = {}
    while (name := await text.next_name()) is not None:
        if name in members:
            raise unreadable(pointer_to(name), "is given more than once")
        if len(members) > MAX_MEMBERS:
            raise refusal(model, members)
        if name == batch and await text.peek() == b"[":
            members[name] = await _items(text, model, name, turns)
        elif long_arrays.leads_to_one(name, arrays):
            members[name] = await long.read(name, pointer_to(name))
        else:
            members[name] = await _parsed(text, await text.value(), turns)
    await text.end()
    return members


async def _items(text: JsonText, model: type[BaseModel], name: str, turns: Turns) -> list[Any]:
    """The items of a batch, up to one more than a batch may have."""
    most = next(each.max_length for each in model.model_fields[name].metadata if hasattr(each, "max_length"))
    await text.open(b"[")
    items: list[Any] = []
    while await text.next_element():
        if len(items) == most:
            raise unreadable(f"/{name}", f"must be a list of at most {most:,} items; it has more")
        items.append(await _parsed(text, await text.value(), turns))
    return items


async def _parsed(text: JsonText, span: Span, turns: Turns) -> Any:
    """The value that lies at `span`, or an InvalidRequest that says why it cannot be read, with pointers within."""
    piece = text.at(span)
    if not is_light(piece):
        return unreadable("", TOO_HEAVY)
    try:
        value = parse_json(piece)
    except ValueError as error:
        value = await text.refusal(span, str(error))
    await turns.next()
    return value
