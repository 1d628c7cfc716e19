"""Arrays of a body that may hold millions of elements, read in pieces: other requests have their turn between them.

A body's model names them by its attribute LONG: `LONG = {"series/y": LongArray(most=1_000_000)}`. The path leads through
objects by the names of their members, and through lists by `*`: "inputs/*/data".
"""

from array import array
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
NUMBERS_AND_NULL = {int, float, type(None)}
NUMBER = "must be a number or null"
Parsed = Callable[[JsonText, Span, Turns], Awaitable[Any]]


class LongArray(NamedTuple):
    """An array of at most `most` elements.

    numbers: it becomes an `array` of doubles, where null is NaN; otherwise a list as `json.loads` would give it, whose
    elements may be lists again.
    most_others: it becomes an `array` if it has numbers and nulls alone, and so does each list within it. Of other elements
    there may be so many, while `most` counts the numbers, also those of the lists within.
    """

    most: int
    numbers: bool = True
    most_others: int | None = None


def leads_to_one(path: str, arrays: Mapping[str, LongArray]) -> bool:
    """Whether a long array lies at a path or within it."""
    return any(each == path or each.startswith(f"{path}/") for each in arrays)


class ArrayReader:
    """Reads the values of one body's long arrays. `parsed` reads a value that holds none.

    What the arrays of one path hold is counted together: a list has no more room than a single array.
    """

    def __init__(self, text: JsonText, arrays: Mapping[str, LongArray], parsed: Parsed, turns: Turns) -> None:
        self._text, self._arrays, self._parsed, self._turns = text, arrays, parsed, turns
        self._numbers = dict.fromkeys(arrays, 0)
        self._others = dict.fromkeys(arrays, 0)

    async def read(self, path: str, pointer: str) -> Any:
        """Read the next value, which lies at `path`. Raises InvalidRequest or MalformedBody, and what `turns` raises."""
        bracket = await self._text.peek()
        if path in self._arrays and bracket == b"[":
            return await self._elements(path, pointer)
        if leads_to_one(path, self._arrays) and bracket in (b"{", b"["):
            return await self._children(path, pointer, bracket)
        return await self._parsed(self._text, await self._text.value(), self._turns)

    async def _children(self, path: str, pointer: str, bracket: bytes) -> dict[str, Any] | list[Any]:
        """The members of an object, or the elements of a list, with long arrays within."""
        await self._text.open(bracket)
        members: dict[str, Any] = {}
        children: list[Any] = []
        while True:
            name = await self._text.next_name() if bracket == b"{" else await self._next_element()
            if name is None:
                return members if bracket == b"{" else children
            step = pointer_to(len(children) if bracket == b"[" else name)
            if name in members:
                raise unreadable(pointer + step, "is given more than once")
            if len(members) + len(children) >= MAX_CHILDREN:
                raise unreadable(pointer, f"has more than {MAX_CHILDREN} members")
            value = await self.read(f"{path}/{name}", pointer + step)
            if bracket == b"{":
                members[name] = value
            else:
                children.append(value)

    async def _next_element(self) -> str | None:
        return "*" if await self._text.next_element() else None

    async def _elements(self, path: str, pointer: str) -> Any:
        """The elements of an array, a few thousand at a time."""
        kind, text = self._arrays[path], self._text
        is_compact = kind.most_others is not None
        values: array[float] | list[Any] = array("d") if kind.numbers or is_compact else []
        await text.open(b"[")
        while await text.next_element():
            if span := text.flat_elements():
                piece: Any = await _piece(text, span, f"{pointer}/{{}}", len(values), self._turns)
            else:
                value = await self._parsed(text, await text.value(), self._turns)
                piece = [compact(value) if is_compact else value]
            if kind.numbers:
                piece = doubles(piece, pointer, len(values))
            elif isinstance(values, array) and not isinstance(piece := compact(piece), array):
                self._count(path, pointer, 0, len(values))  # the numbers before are others now: there are not many
                values = values.tolist()
            self._count(path, pointer, *_sizes(piece, isinstance(values, array) or not is_compact))
            values.extend(piece)
            await self._turns.next()
        return values

    def _count(self, path: str, pointer: str, numbers: int, others: int) -> None:
        """Count elements. Raises InvalidRequest for more than there may be."""
        kind = self._arrays[path]
        self._numbers[path] += numbers
        self._others[path] += others
        if self._numbers[path] > kind.most or self._others[path] > (kind.most_others or 0):
            most = (
                f"{kind.most:,} items"
                if kind.most_others is None
                else f"{kind.most:,} numbers or {kind.most_others:,} others"
            )
            together = ", with all such lists of the request" if "*" in path else ""
            raise unreadable(pointer, f"must be a list of at most {most}{together}; it has more")


def _sizes(piece: Sequence[Any], is_plain: bool) -> tuple[int, int]:
    """How many numbers and how many other elements a piece has. The elements of lists within are counted as numbers."""
    if is_plain:
        return len(piece), 0
    return sum(len(each) for each in piece if isinstance(each, list | array)), len(piece)


def compact(value: Any) -> Any:
    """A list of numbers and nulls as an array of doubles, where null is NaN, which needs a fifth of the memory."""
    if not isinstance(value, list) or not value or not set(map(type, value)) <= NUMBERS_AND_NULL:
        return value
    try:
        return doubles(value, "")
    except InvalidRequest:  # a whole number that is too large for a double
        return value


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
