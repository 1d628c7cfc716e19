"""Arrays of a body that may hold millions of elements, read in pieces: other requests have their turn between them.

A body's model names them by its attribute LONG: `LONG = {"series/y": LongArray(most=1_000_000)}`. The path leads through
objects by the names of their members, and through lists by `*`: "inputs/*/data".
"""

from array import array
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from math import isfinite, nan
from typing import Any, NamedTuple

from ..errors import InvalidRequest
from ..serving.turns import Turns
from .json_errors import pointer_to, unreadable
from .json_text import JsonText, Span
from .json_text import parse as parse_json

MAX_CHILDREN = 64  # of an object or a list that a long array lies in
KINDS = {bool: "a boolean", str: "a string", list: "a list", dict: "an object"}
NUMBERS = {int, float}
NUMBER = "must be a number or null"
Parsed = Callable[[JsonText, Span, Turns], Awaitable[Any]]


class LongArray(NamedTuple):
    """An array of at most `most` elements.

    numbers: it becomes an `array` of doubles, where null is NaN; otherwise a list as `json.loads` would give it, whose
    elements may be lists again.
    """

    most: int
    numbers: bool = True


def leads_to_one(path: str, arrays: Mapping[str, LongArray]) -> bool:
    """Whether a long array lies at a path or within it."""
    return any(each == path or each.startswith(f"{path}/") for each in arrays)


async def read(
    text: JsonText, arrays: Mapping[str, LongArray], path: str, pointer: str, parsed: Parsed, turns: Turns
) -> Any:
    """Read the next value, which lies at `path`. `parsed` reads a value that holds no long array.

    Raises InvalidRequest or MalformedBody, and what `turns` raises.
    """
    bracket = await text.peek()
    if path in arrays and bracket == b"[":
        return await _elements(text, arrays[path], pointer, parsed, turns)
    if not leads_to_one(path, arrays) or bracket not in (b"{", b"["):
        return await parsed(text, await text.value(), turns)
    await text.open(bracket)
    members: dict[str, Any] = {}
    children: list[Any] = []
    while True:
        name = await text.next_name() if bracket == b"{" else "*" if await text.next_element() else None
        if name is None:
            return members if bracket == b"{" else children
        step = pointer_to(len(children) if bracket == b"[" else name)
        if name in members:
            raise unreadable(pointer + step, "is given more than once")
        if len(members) + len(children) >= MAX_CHILDREN:
            raise unreadable(pointer, f"has more than {MAX_CHILDREN} members")
        value = await read(text, arrays, f"{path}/{name}", pointer + step, parsed, turns)
        if bracket == b"{":
            members[name] = value
        else:
            children.append(value)


async def _elements(text: JsonText, kind: LongArray, pointer: str, parsed: Parsed, turns: Turns) -> Any:
    """The elements of an array, a few thousand at a time."""
    values: array[float] | list[Any] = array("d") if kind.numbers else []
    await text.open(b"[")
    while await text.next_element():
        if span := text.flat_elements():
            piece = await _piece(text, span, f"{pointer}/{{}}", len(values), turns)
        else:
            piece = [await parsed(text, await text.value(), turns)]
        if len(values) + len(piece) > kind.most:
            raise unreadable(pointer, f"must be a list of at most {kind.most:,} items; it has more")
        values.extend(doubles(piece, pointer, len(values)) if kind.numbers else piece)
        await turns.next()
    return values


async def _piece(text: JsonText, span: Span, pointer: str, index: int, turns: Turns) -> list[Any]:
    """The elements that lie at `span`. `index`: of the first. Raises MalformedBody or InvalidRequest for one that is none."""
    try:
        piece: list[Any] = parse_json(b"[%b]" % text.at(span))
    except ValueError:
        await _refuse(text.again(span.start), span, pointer, index, turns)
        raise
    return piece


async def _refuse(text: JsonText, span: Span, pointer: str, index: int, turns: Turns) -> None:
    """Raise the reason why the parser refuses one of the elements that lie at `span`."""
    while True:
        element = await text.value()
        try:
            parse_json(text.at(element))
        except ValueError as error:
            refusal = await text.refusal(element, str(error))
            raise unreadable(pointer.format(index), refusal.faults[0].detail) from None
        await turns.next()
        if text.position >= span.end:
            return
        await text.next_element()  # a comma
        index += 1


def doubles(values: list[Any], pointer: str, index: int = 0) -> "array[float]":
    """Return numbers and nulls as doubles, null as NaN. Raises InvalidRequest for another value, with its pointer.

    index: of the first value in the array at `pointer`.
    """
    if set(map(type, values)) <= NUMBERS:
        with suppress(OverflowError):
            if isfinite(sum(values)):
                return array("d", values)
    return array("d", [_double(value, f"{pointer}/{index + position}") for position, value in enumerate(values)])


def _double(value: Any, pointer: str) -> float:
    if value is None:
        return nan
    if isinstance(value, InvalidRequest):
        raise unreadable(pointer, value.faults[0].detail)
    if type(value) not in NUMBERS:
        raise unreadable(pointer, f"{NUMBER}; it is {KINDS.get(type(value), 'another value')}")
    with suppress(OverflowError):
        if isfinite(number := float(value)):
            return number
    raise unreadable(pointer, "is larger than any number can be")
