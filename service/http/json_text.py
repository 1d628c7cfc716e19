"""A JSON text that may be large or hostile, read in pieces: the members of an object, the elements of an array.

What a piece holds is parsed by jiter. This module finds where pieces begin and end, in windows of a few kilobytes, and
other requests have their turn between them. Every pattern is possessive: it looks at each byte a fixed number of times.
"""

import functools
import re
from collections.abc import Callable
from typing import NamedTuple

import jiter

from ..errors import InvalidRequest
from ..serving.turns import Turns
from .json_errors import malformed, offset_of, pointer_to, unreadable, unreadable_reason

WINDOW = 1 << 14  # bytes that a pattern sees at once
MAX_STEPS = 50_000  # brackets that the patterns do not pass over, of a whole text; a batch of 1,000 series has 4,000
MAX_NAME_BYTES = 1_000
MAX_POINTER_STEPS = 2  # /readings/1 of one series
MAX_POINTER_CHILDREN = 100  # that are passed over before a pointer names their parent only

STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
# what lies between brackets, strings, and containers that hold no other one
CONTENT = re.compile(
    rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+"|[{\[](?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+[}\]])*+', re.DOTALL
)
# elements of an array that hold no brackets, each with the comma after it
ELEMENTS = re.compile(rb'(?:[^"{}\[\],]*+(?:"(?:[^"\\]++|\\.)*+"[^"{}\[\],]*+)?+,)*+', re.DOTALL)
MARK = re.compile(rb'["{}\[\]]')
SCALAR = re.compile(rb'[^ \t\n\r,:"{}\[\]]*+')
SPACE = re.compile(rb"[ \t\n\r]*+")
WHITE = (b" ", b"\n", b"\r", b"\t")


# Parses a JSON value as `json.loads` does, but refuses NaN, infinity and names that are given twice: a ValueError, whose
# message ends with a line and a column.
parse = functools.partial(jiter.from_json, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")


MatchAt = Callable[[bytes, int, int], re.Match[bytes] | None]


class Span(NamedTuple):
    """Where a value lies: raw[start:end]."""

    start: int
    end: int


class JsonText:
    """Reads forward from `position`.

    Methods raise MalformedBody where the text is not JSON, InvalidRequest where it is more intricate than any request,
    and what `turns` raises.
    """

    def __init__(self, raw: bytes, turns: Turns, position: int = 0) -> None:
        self.position = position
        self._raw = raw
        self._turns = turns
        self._steps = 0
        self._is_first = False  # whether the next member or element is the first

    async def peek(self) -> bytes:
        """The next byte that is not white space; empty at the end."""
        if self._raw[self.position : self.position + 1] in WHITE:
            await self._pass(SPACE.match)
        return self._raw[self.position : self.position + 1]

    async def open(self, bracket: bytes) -> None:
        """Enter an object or an array."""
        await self._expect(bracket)
        self._is_first = True

    async def next_name(self) -> str | None:
        """The name of an object's next member, whose value is next; None after the last. Long names are cut."""
        if await self._is_over(b"}"):
            return None
        name = await self._name()
        await self._expect(b":")
        return name

    async def next_element(self) -> bool:
        """Whether an array has another element, which is next."""
        return not await self._is_over(b"]")

    def flat_elements(self) -> Span | None:
        """Pass over as many elements of an array as hold no brackets and lie in one window, but not over its last one.

        The comma after them is next. None if there is no such element. What they hold is not checked.
        """
        start, window = self.position, min(self.position + WINDOW, len(self._raw))
        mark = MARK.search(self._raw, start, window)
        if mark is None or mark[0] == b"]":  # numbers alone: their last comma is found without a look at each
            end = self._raw.rfind(b",", start, window if mark is None else mark.start())
        else:
            match = ELEMENTS.match(self._raw, start, window)
            assert match is not None, "every pattern matches nothing too"
            end = match.end() - 1
        if end < start:
            return None
        self.position = end
        return Span(start, end)

    def again(self, position: int) -> "JsonText":
        """The same text, read from another position."""
        return JsonText(self._raw, self._turns, position)

    async def value(self) -> Span:
        """Pass over the next value. What it holds is not checked."""
        first, start = await self.peek(), self.position
        if first == b'"':
            await self._pass_string()
        elif first in (b"{", b"["):
            await self._pass_container()
        else:
            await self._pass(SCALAR.match)
            if self.position == start:
                raise malformed(self._raw, start, "expected value" if first else "EOF")
        return Span(start, self.position)

    def at(self, span: Span) -> bytes:
        """What lies at `span`."""
        return self._raw[span.start : span.end]

    async def end(self) -> None:
        """Check that nothing follows."""
        if await self.peek():
            raise malformed(self._raw, self.position, "trailing characters")

    async def refusal(self, span: Span, message: str) -> InvalidRequest:
        """Why the parser refuses the value at `span`, with a pointer within it. Raises MalformedBody if it is not JSON.

        message: the parser's.
        """
        piece = self.at(span)
        offset = span.start + offset_of(piece, message)
        if message.startswith("EOF"):  # of the piece, not of the body
            message = "invalid escape" if piece.startswith(b'"') else "expected ident"
        reason = unreadable_reason(message, self._raw, offset)
        if reason is None:
            raise malformed(self._raw, offset, message)
        return unreadable(await JsonText(self._raw, self._turns, span.start)._pointer(offset), reason)

    async def _pointer(self, offset: int) -> str:
        """JSON Pointer of a value around an offset, within the next value: the innermost, or one that is near."""
        pointer = ""
        for _ in range(MAX_POINTER_STEPS):
            first, start = await self.peek(), self.position
            if first == b"[" and not any(self._raw.find(part, start + 1, offset) >= 0 for part in (b'"', b"{", b"[")):
                return f"{pointer}/{self._raw.count(b',', start, offset)}"
            child = await self._child(first, offset) if first in (b"{", b"[") else None
            if child is None:
                return pointer
            pointer += child
        return pointer

    async def _child(self, bracket: bytes, offset: int) -> str | None:
        """The step of a pointer to the child around an offset, which is next then."""
        await self.open(bracket)
        for index in range(MAX_POINTER_CHILDREN):
            name = await self.next_name() if bracket == b"{" else index
            if name is None or (bracket == b"[" and not await self.next_element()):
                return None
            span = await self.value()
            if span.end >= offset:
                self.position = span.start
                return pointer_to(name)
        return None

    async def _name(self) -> str:
        if await self.peek() != b'"':
            raise malformed(self._raw, self.position, "key must be a string")
        start = self.position
        await self._pass_string()
        span = Span(start, self.position)
        quoted = self.at(span)
        if len(quoted) > MAX_NAME_BYTES:
            return quoted[1:MAX_NAME_BYTES].decode(errors="replace")
        try:
            return str(parse(quoted))
        except ValueError as error:
            raise await self.refusal(span, str(error)) from None

    async def _is_over(self, bracket: bytes) -> bool:
        """Pass over the bracket that ends an object or an array, or the comma before the next of its children."""
        is_first, self._is_first = self._is_first, False
        if await self.peek() == bracket:
            self.position += 1
            return True
        if not is_first:
            await self._expect(b",", f"`,` or `{bracket.decode()}`")
            if await self.peek() == bracket:
                raise malformed(self._raw, self.position, "trailing comma")
        return False

    async def _expect(self, byte: bytes, what: str = "") -> None:
        found = await self.peek()
        if found != byte:
            raise malformed(self._raw, self.position, f"expected {what or f'`{byte.decode()}`'}" if found else "EOF")
        self.position += 1

    async def _pass(self, match_at: MatchAt) -> None:
        """Pass over what a pattern matches, from window to window. `match_at` is its `match`."""
        while True:
            window = min(self.position + WINDOW, len(self._raw))
            match = match_at(self._raw, self.position, window)
            assert match is not None, "every pattern matches nothing too"
            self.position = match.end()
            if self.position < window or window == len(self._raw):
                return
            await self._turns.next()

    async def _pass_string(self) -> None:
        self.position += 1
        while True:
            await self._pass(STRING.match)
            if self._raw[self.position : self.position + 1] == b'"':
                self.position += 1
                return
            if self.position >= len(self._raw) - 1:  # a last backslash escapes nothing
                raise malformed(self._raw, len(self._raw), "EOF")
            await self._turns.next()  # two windows share an escape

    async def _pass_container(self) -> None:
        """Pass over everything up to the bracket that closes this one, whichever bracket that is."""
        depth = 0
        while True:
            byte = self._raw[self.position : self.position + 1]
            if not byte:
                raise malformed(self._raw, len(self._raw), "EOF")
            if byte == b'"':  # a string that reaches beyond the window
                await self._pass_string()
            else:
                self.position += 1
                self._steps += 1
                depth += 1 if byte in b"{[" else -1
            if depth == 0:
                return
            if self._steps > MAX_STEPS:
                raise unreadable("", "has more lists and objects within each other than any valid request")
            await self._turns.next()
            await self._pass(CONTENT.match)
