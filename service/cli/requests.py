"""JSON that is no table: a list of readings, or an object with `readings`, `start` and `frequency` as requests have them."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO, cast

import pandas as pd
from pydantic_core import from_json

from ..bulk.errors import UnreadableInput
from ..bulk.panels import joined
from ..bulk.reading.json_lines import ARRAY_BYTES, read_json_lines
from ..bulk.reading.source import Source
from ..bulk.tables import Table, table_of_objects
from ..bulk.values import to_numbers
from .inputs import CHUNK, MAX_ROWS, Read


@dataclass(frozen=True)
class Request:
    """One series, and how often its readings come, if that is known."""

    series: "pd.Series[Any]"
    frequency: str | None = None


def read_json(source: Source) -> Read | Request:
    """Return rows or one series, of JSON or JSON lines. Raises UnreadableInput."""
    raw = source.stream.read(ARRAY_BYTES + 1)
    if len(raw) > ARRAY_BYTES:
        raise UnreadableInput(f"{source.name}: has more than {ARRAY_BYTES >> 20} MB; `gatecast bulk` reads any size")
    try:
        value = from_json(raw.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        if source.form.format == "json":
            raise UnreadableInput(f"{source.name}: is no JSON: {error}; JSON lines end in .jsonl") from None
        return _lines(source.name, raw)
    if isinstance(value, dict) and "readings" in value:
        return _request(source.name, value)
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return Read(source.name, table_of_objects(value), {})
    if isinstance(value, list):
        return Request(_series(source.name, value))
    return _lines(source.name, raw)


def _lines(name: str, raw: bytes) -> Read:
    pieces: list[Table] = []
    faults: dict[int, str] = {}
    count = 0
    for batch in read_json_lines(cast(BinaryIO, BytesIO(raw)), CHUNK):
        faults |= {count + place: fault for place, fault in batch.faults.items()}
        pieces.append(batch.rows)
        count += len(batch.rows)
    if count > MAX_ROWS:
        raise UnreadableInput(f"{name}: has more than {MAX_ROWS:,} rows; `gatecast bulk` reads any number")
    return Read(name, joined(pieces), faults)


def _request(name: str, value: dict[str, Any]) -> Request:
    series = _series(name, value["readings"])
    start, frequency = value.get("start"), value.get("frequency")
    if not isinstance(start, str | None) or not isinstance(frequency, str | None):
        raise UnreadableInput(f"{name}: start and frequency are texts, such as 2016-11-01 and MS")
    if start is not None and frequency is not None:
        try:
            series.index = pd.date_range(start, periods=len(series), freq=frequency)
        except (ValueError, OverflowError) as error:
            raise UnreadableInput(f"{name}: start and frequency: {error}") from None
    return Request(series, frequency)


def _series(name: str, readings: Any) -> "pd.Series[Any]":
    try:
        return pd.Series(to_numbers(readings), dtype=float)
    except ValueError as error:
        raise UnreadableInput(f"{name}: the readings: {error}") from None
