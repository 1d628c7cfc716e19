"""Why a body is not JSON, or holds what no request may hold: in words that teach, with the place. Nothing is repeated."""

import re

from ..errors import Fault, InvalidRequest, MalformedBody

MAX_NAME_CHARACTERS = 100  # of a name in a pointer
MAX_LINE_CHARACTERS = 10_000  # of a line in which columns are counted in characters; else in bytes
BLOCK = 4096
PLACE = re.compile(r" at line (\d+) column (\d+)$")
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
FORM = re.compile(rb"[A-Za-z_][\w.%+-]{0,99}=")
ENCODINGS = (
    (b"\xef\xbb\xbf", "it begins with a byte order mark; send UTF-8 without one"),
    (b"\xff\xfe", "it looks like UTF-16 or UTF-32; send UTF-8"),
    (b"\xfe\xff", "it looks like UTF-16; send UTF-8"),
)
REASONS = {  # how the parser's messages begin, and our words
    "EOF": "it ends too early",
    "trailing comma": "a comma must not be the last in a list or an object",
    "key must be a string": "a name in double quotes must stand here",
    "control character": "a string holds a line break or another control character; write it as \\n or \\u00XX",
    "invalid unicode code point": "it is not UTF-8; encode the body in UTF-8",
    "invalid escape": 'a backslash must be followed by one of " \\ / b f n r t u; write \\\\ for the character itself',
    "invalid number": "a number must look like 12, -0.5 or 1e6",
    "trailing characters": "one JSON value must be all; something follows it",
    "recursion limit": "it is nested too deep",
    "expected value": "a value must stand here",
    "expected ident": "a word must be true, false or null",
}
HINTED = ("expected", "key must be a string", "invalid number", "trailing characters")  # where a hint may help
LITERALS = (  # what stands where a value should, and the remedy
    (re.compile(rb"-?(nan|inf(inity)?)\b", re.IGNORECASE), "JSON has no NaN or infinity; null marks a missing reading"),
    (re.compile(rb"(true|false|null|none|undefined)\b", re.IGNORECASE), "JSON writes true, false and null"),
    (re.compile(rb"'"), "strings are written in double quotes"),
    (re.compile(rb"/[/*]|#"), "JSON has no comments"),
    (re.compile(rb"[+.]\d"), REASONS["invalid number"]),
    (re.compile(rb"<"), "this looks like HTML or XML"),
    (re.compile(rb"\{"), "one request is one object; send many in a batch"),
    (re.compile(rb"[A-Za-z_$]"), "names and strings are written in double quotes"),
)


def malformed(raw: bytes, offset: int, reason: str) -> MalformedBody:
    """The refusal of a body that is not JSON. `reason`: a message of the parser."""
    hint = _hint_at_start(raw)
    if hint is not None:
        return MalformedBody(f"the body is not JSON: {hint}")
    reason = PLACE.sub("", reason)
    offset = len(raw) if reason.startswith("EOF") else offset
    words = next(
        (words for begin, words in REASONS.items() if reason.startswith(begin)), f"{reason[:80]} must stand here"
    )
    words = words.removeprefix("expected ")
    hint = _hint_at(raw, offset) if reason.startswith(HINTED) else None
    if hint is not None and hint != words:
        words += f" ({hint})"
    line, column = _place(raw, offset)
    return MalformedBody(f"the body is not JSON: line {line}, column {column}: {words}")


def _hint_at_start(raw: bytes) -> str | None:
    """What is wrong with the whole body."""
    for begin, words in ENCODINGS:
        if raw.startswith(begin):
            return words
    if b"\0" in raw[:4]:
        return "it has NUL bytes, as UTF-16 and UTF-32 do; send UTF-8"
    begin = raw[:256].lstrip(b" \t\r\n")
    if not begin and len(raw) <= 256:
        return 'it is empty; send an object, such as {"readings": [97.3, 93.6, 114.7]} or {"text": "A fine film."}'
    if FORM.match(begin):
        return "it looks form-encoded; send a JSON object, with the names in double quotes"
    return None


def _hint_at(raw: bytes, offset: int) -> str | None:
    """What is wrong with what stands at the offset, or one byte before (the sign of a number)."""
    for start in (offset, offset - 1) if raw[max(0, offset - 1) : offset] == b"-" else (offset,):
        for pattern, words in LITERALS:
            if pattern.match(raw, start, start + 16):
                return words
    return None


def _place(raw: bytes, offset: int) -> tuple[int, int]:
    """Line and column, from 1."""
    begin = raw.rfind(b"\n", 0, offset) + 1
    column = offset - begin
    if column <= MAX_LINE_CHARACTERS:
        column = len(raw[begin:offset].decode(errors="replace"))
    return raw.count(b"\n", 0, offset) + 1, column + 1


def offset_of(raw: bytes, message: str) -> int:
    """Return the offset of the line and column (in bytes) that end a message of the parser."""
    place = PLACE.search(message)
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    begin, left = 0, line - 1
    while left > (newlines := raw.count(b"\n", begin, begin + BLOCK)):
        begin, left = begin + BLOCK, left - newlines
    for _ in range(left):
        begin = raw.find(b"\n", begin) + 1
    return min(max(begin + column - 1, 0), len(raw))


def unreadable_reason(message: str, raw: bytes, offset: int) -> str | None:
    """Why a value that is JSON cannot be read; None if it is not JSON. `message`: of the parser, at `offset`."""
    if message.startswith("number out of range"):
        return "has more digits than any number can need"
    if message.startswith("recursion limit"):
        return "is nested too deep"
    if message.startswith("Detected duplicate key"):
        return "is given more than once in its object"
    if "hex escape" in message and SURROGATE.search(raw, max(0, offset - 12), offset):
        return "holds half of a surrogate pair (\\ud800 to \\udfff); pairs and other characters can be read"
    return None


def unreadable(pointer: str, reason: str) -> InvalidRequest:
    """The refusal of one value."""
    where = pointer or "a value"
    return InvalidRequest(f"the request is not valid: {where} {reason}", faults=[Fault(pointer, reason)])


def pointer_to(part: int | str) -> str:
    """One step of a JSON Pointer. Long names are cut."""
    name = str(part)
    if len(name) > MAX_NAME_CHARACTERS:
        name = name[:MAX_NAME_CHARACTERS] + "…"
    return "/" + name.replace("~", "~0").replace("/", "~1")
