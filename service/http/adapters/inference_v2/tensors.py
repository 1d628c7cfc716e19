"""Tensors in: their shapes, and their values in JSON or binary form, row by row."""

import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from ....errors import GatecastError, InvalidRequest
from ....serving.reviews import MAX_CHARACTERS
from ....serving.turns import Turns
from ...schema_parts import MAX_ITEMS, MAX_READING, MAX_READINGS
from .requests import LENGTH, Input
from .schemas import MAX_VALUES

TYPE_CODES = {  # of Python's array
    "FP64": "d",
    "FP32": "f",
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
}
HALF, HALF_BYTES = "FP16", 2
NUMBERS = (HALF, *TYPE_CODES)
ROWS = (list, array)
MAX_TEXT_BYTES = 4 * MAX_CHARACTERS


async def read_texts(tensor: Input, turns: Turns) -> list[str | GatecastError]:
    """The texts of an input BYTES [n] or [n, 1]; one that is no UTF-8 is an error. Raises InvalidRequest."""
    if tensor.datatype != "BYTES":
        raise tensor.fault("/datatype", "must be BYTES: each element is a text in UTF-8")
    shape = tensor.shape
    if len(shape) > 2 or shape[1:] not in ([], [1]):
        raise tensor.fault("/shape", "must be [n] or [n, 1], for n texts")
    count = _check_rows(tensor)
    if tensor.binary is None:
        return await _texts_of_json(tensor, count, turns)
    texts: list[str | GatecastError] = []
    for element in _elements(tensor, tensor.binary, count):
        await turns.next()
        texts.append(_text(element))
    return texts


async def _texts_of_json(tensor: Input, count: int, turns: Turns) -> list[str | GatecastError]:
    values: list[str | GatecastError] = []
    for value in _flat(tensor, count):
        await turns.next()
        if not isinstance(value, str | GatecastError):
            raise tensor.fault(f"/data/{len(values)}", "must be a string")
        values.append(value)
    return values


def _elements(tensor: Input, binary: memoryview, count: int) -> Iterator[memoryview]:
    """The elements of BYTES: each has its length in four bytes, little-endian, before it."""
    position = 0
    for index in range(count):
        begin = position + LENGTH.size
        end = begin + LENGTH.unpack_from(binary, position)[0] if begin <= len(binary) else begin
        if end > len(binary):
            raise tensor.fault("", f"ends within element {index}; each one is its length in four bytes, and its bytes")
        yield binary[begin:end]
        position = end
    if position < len(binary):
        raise tensor.fault("", f"has {len(binary) - position} bytes after its {count} elements")


def _text(element: memoryview) -> str | GatecastError:
    if len(element) > MAX_TEXT_BYTES:
        return InvalidRequest(f"the text has more than {MAX_CHARACTERS} characters")
    try:
        return str(element, "utf-8")
    except UnicodeDecodeError as error:
        return InvalidRequest(f"the text is not UTF-8 at its byte {error.start}")


def read_series(tensor: Input) -> Iterator[list[float | None]]:
    """Yield the readings of each row of a tensor of numbers [n, t], one by one, as a row takes about a millisecond.

    None is a missing reading; those before the first are left out. Raises InvalidRequest.
    """
    count, length = check_series(tensor)
    rows = _rows_of_json(tensor, count, length) if tensor.binary is None else _rows(tensor, count, length)
    return (_readings(tensor, index, row) for index, row in enumerate(rows))


def check_series(tensor: Input) -> tuple[int, int]:
    """The rows and columns of a tensor of readings. Raises InvalidRequest."""
    if tensor.datatype not in NUMBERS:
        raise tensor.fault("/datatype", f"must be one of {', '.join(NUMBERS)}; FP64 loses nothing")
    shape = tensor.shape
    if len(shape) != 2 or not 0 < shape[1] <= MAX_READINGS:
        raise tensor.fault("/shape", f"must be [n, t]: n series of t readings each, t from 1 to {MAX_READINGS:,}")
    count = _check_rows(tensor)
    if count * shape[1] > MAX_VALUES:
        raise tensor.fault("/shape", f"has more than {MAX_VALUES:,} values; send fewer series at once")
    return count, shape[1]


def _check_rows(tensor: Input) -> int:
    count = tensor.shape[0]
    if not 0 < count <= MAX_ITEMS:
        raise tensor.fault("/shape", f"must begin with the number of rows, from 1 to {MAX_ITEMS:,}")
    return count


def _rows(tensor: Input, count: int, length: int) -> Iterator[list[Any]]:
    """The rows of a tensor in binary form: row-major, little-endian."""
    assert tensor.binary is not None
    code = TYPE_CODES.get(tensor.datatype)
    width = length * (HALF_BYTES if code is None else array(code).itemsize)
    if len(tensor.binary) != count * width:
        raise tensor.fault("", f"has {len(tensor.binary)} bytes of data; its shape needs {count * width}")
    for begin in range(0, count * width, width):
        yield _unpacked(tensor.binary[begin : begin + width], code, length)


def _unpacked(row: memoryview, code: str | None, length: int) -> list[Any]:
    if code is None:
        return list(struct.unpack(f"<{length}e", row))
    values: array[Any] = array(code, bytes(row))
    if sys.byteorder == "big":
        values.byteswap()
    return values.tolist()


def _rows_of_json(tensor: Input, count: int, length: int) -> Iterator[list[Any]]:
    if tensor.data:
        _check_readable(tensor, 0, tensor.data[0])
    values = _flat(tensor, count * length)
    return iter(lambda: [*islice(values, length)], [])


def _flat(tensor: Input, count: int) -> Iterator[Any]:
    """The values of `data`, flat or as a list of rows, which must be as the shape says. Raises InvalidRequest."""
    data: Sequence[Any] = tensor.data or []
    first = next((each for each in data if not isinstance(each, InvalidRequest)), None)
    if len(tensor.shape) > 1 and isinstance(first, ROWS):
        _check_nesting(tensor, data)
        return (value for row in data for value in row)
    if len(data) != count:
        raise tensor.fault("/data", f"has {len(data)} values; its shape has {count}")
    return iter(data)


def _check_readable(tensor: Input, index: int, value: Any) -> None:
    """Raise the reason why an element of `data` could not be read."""
    if isinstance(value, InvalidRequest):
        fault = value.faults[0]
        raise tensor.fault(f"/data/{index}{fault.pointer}", fault.detail)


def _check_nesting(tensor: Input, rows: Sequence[Any]) -> None:
    count, length = tensor.shape
    if len(rows) != count:
        raise tensor.fault("/data", f"has {len(rows)} rows; its shape has {count}")
    for index, row in enumerate(rows):
        _check_readable(tensor, index, row)
        if not isinstance(row, ROWS):
            raise tensor.fault(f"/data/{index}", f"must be a list of {length} values, as other rows are")
        if len(row) != length:
            raise tensor.fault(f"/data/{index}", f"has {len(row)} values; a row of its shape has {length}")


def _readings(tensor: Input, index: int, row: list[Any]) -> list[float | None]:
    """One series, without the padding before its first reading. Raises InvalidRequest."""
    readings: list[float | None] = []
    for position, value in enumerate(row):
        if value is None or value != value:
            if readings:
                readings.append(None)
        elif type(value) in (float, int) and -MAX_READING <= value <= MAX_READING:
            readings.append(value)
        else:
            _check_readable(tensor, index, value)
            raise tensor.fault(
                f"/data/{index}/{position}",
                f"must be a number within ±{MAX_READING:g}; NaN or null is a missing reading",
            )
    if not readings:
        raise tensor.fault(f"/data/{index}", "has no reading: all of the row is missing")
    return readings
