"""JSON that is no table: a list of readings, or an object with `readings`, `start` and `frequency` as requests have them."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO, cast

import pandas as pd

from ..bulk.errors import UnreadableInput
from ..bulk.reading.json_lines import parsed_json, read_json_lines, whole_json
from ..bulk.reading.source import Source, check_encoding, undamaged
from ..bulk.tables import table_of_objects
from ..bulk.values import short, to_numbers
from ..errors import GatecastError
from ..local.series.grids import grid_of
from ..local.series.text_dates import dates_of
from .inputs import CHUNK, Read, gathered


@dataclass(frozen=True)
class Request:
    """One series, and how often its readings come, if that is known."""

    series: "pd.Series[Any]"
    frequency: str | None = None


def read_json(source: Source) -> Read | Request:
    """Return rows or one series, of JSON or JSON lines. Raises UnreadableInput."""
    check_encoding(source, None)
    with undamaged(source.name):
        raw = whole_json(source.stream, source.name)
    try:
        value = parsed_json(raw)
    except ValueError as error:
        if source.form.format == "json":
            raise UnreadableInput(f"{source.name}: is no JSON: {error}; JSON lines end in .jsonl") from None
        return _lines(source.name, raw)
    if isinstance(value, dict) and "readings" in value:
        return _request(source.name, value)
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return Read(source.name, table_of_objects(value, source.name), {})
    if isinstance(value, list):
        return Request(_series(source.name, value))
    return _lines(source.name, raw)


def _lines(name: str, raw: bytes) -> Read:
    return gathered(name, read_json_lines(cast(BinaryIO, BytesIO(raw)), CHUNK, name))


def _request(name: str, value: dict[str, Any]) -> Request:
    series = _series(name, value["readings"])
    start, frequency = value.get("start"), value.get("frequency")
    if not isinstance(start, str | None) or not isinstance(frequency, str | None):
        raise UnreadableInput(f"{name}: start and frequency are texts, such as 2016-11-01 and MS")
    if start is not None and frequency is not None:
        series.index = _dates(name, start, frequency, len(series))
    return Request(series, frequency)


def _dates(name: str, start: str, frequency: str, count: int) -> pd.DatetimeIndex:
    """The dates of readings, as `POST /forecast` counts them: from the start itself, by any frequency that it knows."""
    (first,) = dates_of(pd.Index([start], dtype=object))
    if pd.isna(first):
        raise UnreadableInput(f"{name}: start: {short(start)} is no date such as 2016-11-01")
    try:
        grid = grid_of(frequency, first.tz_localize(None).to_numpy().astype("datetime64[us]"))
        return pd.DatetimeIndex(grid.dates(0, count)).tz_localize(first.tz)
    except GatecastError as error:
        raise UnreadableInput(f"{name}: start and frequency: {error.detail}") from None
    except (ValueError, OverflowError) as error:
        raise UnreadableInput(f"{name}: start and frequency: {error}") from None


def _series(name: str, readings: Any) -> "pd.Series[Any]":
    try:
        return pd.Series(to_numbers(readings), dtype=float)
    except ValueError as error:
        raise UnreadableInput(f"{name}: the readings: {error}") from None
