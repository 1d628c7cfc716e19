"""JSON lines: an object a line. Also plain lines of text, and one JSON array of objects, which is read whole."""

from collections.abc import Iterator
from typing import IO, Any, BinaryIO

from pydantic_core import from_json

from ..errors import UnreadableInput
from ..limits import BATCH_BYTES, ROW_BYTES
from ..tables import Batch, ListTable, table_of_objects

ARRAY_BYTES = 256 << 20  # of one JSON array; JSON lines may be of any size


def read_json_lines(stream: BinaryIO, rows: int, name: str = "the input") -> Iterator[Batch]:
    """Yield the objects, batch by batch. A line that is no object is a row of its own, with a fault."""
    objects: list[dict[str, Any]] = []
    faults: dict[int, str] = {}
    first, number, size = 1, 0, 0
    for line in _lines(stream):
        parsed = _object(line)
        if isinstance(parsed, str):
            faults[len(objects)] = parsed
            parsed = {}
        objects.append(parsed)
        size += 0 if line is None else len(line)
        if len(objects) == rows or size > BATCH_BYTES:
            yield Batch(number, first, table_of_objects(objects, name), faults)
            first, number, size = first + len(objects), number + 1, 0
            objects, faults = [], {}
    if objects or number == 0:
        yield Batch(number, first, table_of_objects(objects, name), faults)


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """The lines that are not empty; None for one that is too long."""
    first = True
    while line := stream.readline(ROW_BYTES + 1):
        too_long = len(line) > ROW_BYTES
        while too_long and not line.endswith(b"\n") and (more := stream.readline(ROW_BYTES)):
            line = more
        if first:
            line, first = line.removeprefix(b"\xef\xbb\xbf"), False
        if too_long:
            yield None
        elif line.strip():
            yield line


def _object(line: bytes | None) -> dict[str, Any] | str:
    """The object of a line, or what is wrong with it."""
    if line is None:
        return f"the line has more than {ROW_BYTES:,} bytes"
    try:
        parsed = from_json(line)
    except ValueError as error:
        return f"the line is no JSON: {error}"
    return parsed if isinstance(parsed, dict) else "the line is JSON, but no object"


def read_text_lines(text: IO[str], name: str, rows: int) -> Iterator[Batch]:
    """Yield plain lines as the column `text`. Empty lines are left out."""
    lines: list[str] = []
    faults: dict[int, str] = {}
    first, number, size = 1, 0, 0
    while line := text.readline(ROW_BYTES):
        if not line.endswith("\n") and len(line) == ROW_BYTES:
            raise UnreadableInput(f"{name}: line {first + len(lines):,} has more than {ROW_BYTES:,} characters")
        if not line.strip():
            continue
        lines.append(line.rstrip("\r\n"))
        size += len(line)
        if len(lines) == rows or size > BATCH_BYTES:
            yield Batch(number, first, ListTable({"text": lines}), faults)
            first, number, size = first + len(lines), number + 1, 0
            lines = []
    if lines or number == 0:
        yield Batch(number, first, ListTable({"text": lines}), faults)


def read_array(stream: BinaryIO, name: str, rows: int) -> Iterator[Batch]:
    """Yield the objects of one JSON array. Raises UnreadableInput."""
    objects = load_json(stream, name)
    if not isinstance(objects, list) or not all(isinstance(one, dict) for one in objects):
        raise UnreadableInput(f"{name}: a .json file of rows is one array of objects; JSON lines have an object a line")
    for number, begin in enumerate(range(0, max(1, len(objects)), rows)):
        yield Batch(number, begin + 1, table_of_objects(objects[begin : begin + rows], name))


def load_json(stream: BinaryIO, name: str) -> Any:
    """Read a whole JSON file of at most ARRAY_BYTES. Raises UnreadableInput."""
    try:
        return parsed_json(whole_json(stream, name))
    except ValueError as error:
        raise UnreadableInput(f"{name}: is no JSON: {error}; JSON lines end in .jsonl") from None


def whole_json(stream: BinaryIO, name: str) -> bytes:
    """Return an input of at most ARRAY_BYTES. Raises UnreadableInput."""
    raw = stream.read(ARRAY_BYTES + 1)
    if len(raw) > ARRAY_BYTES:
        raise UnreadableInput(
            f"{name}: one JSON value of more than {ARRAY_BYTES >> 20} MB; `gatecast bulk` reads JSON lines of any size"
        )
    return raw


def parsed_json(raw: bytes) -> Any:
    """Return the value of JSON, also with a byte order mark. Raises ValueError."""
    return from_json(raw.removeprefix(b"\xef\xbb\xbf"))
