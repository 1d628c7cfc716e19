"""Sets of series for zero-shot forecasts: many series with one season length and one horizon, read from files.

A file is JSON, `[{id, set, m, h, y[, lag]}, …]`, or a Monash `.tsf` file (tsf.py); both may be compressed. `m` is the
season length, the last `h` readings of `y` are the test part, and null is a missing reading. `lag` is that of the naive
forecast that MASE compares with, if it is not `m`.
"""

import gzip
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import NoneType
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np

from service.interfaces import Array
from training.data.tables import DataError

SUFFIXES = (".json", ".json.gz", ".tsf", ".tsf.gz", ".tsf.zip")
MAX_BYTES = 256 * 2**20  # of JSON, decompressed
MAX_READINGS = 10_000_000  # of one series
MAX_SEASON = 100_000
MAX_READING = 1e150  # as in serving: larger ones would overflow when squared


class SetSeries(NamedTuple):
    """One series: its readings, oldest first, NaN where one is missing. The last ones are the test part."""

    name: str
    readings: Array


@dataclass(frozen=True)
class SeriesSet:
    """Series with one season length; the last `horizon` readings of each are the test part.

    Forecasters are told the `season_length`. The naive forecast, and so the scale of MASE, has the `lag`: in some
    benchmarks it is 1 for days and weeks.
    """

    name: str
    season_length: int
    horizon: int
    lag: int
    series: Sequence[SetSeries]

    def first(self, limit: int | None) -> "SeriesSet":
        """Return the set with its first `limit` series only; all of them without a limit."""
        return replace(self, series=self.series[:limit])

    def sha256(self) -> str:
        """Return the SHA-256 of the readings and of what is asked, whatever file they came from."""
        digest = sha256(f"{self.season_length} {self.horizon} {self.lag}".encode())
        for series in self.series:
            digest.update(series.readings.tobytes())
        return digest.hexdigest()


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files of series sets: those named, and those in named directories. Raises DataError for a path without."""
    files: list[Path] = []
    for path in paths:
        found = sorted(path.iterdir()) if path.is_dir() else [path] if path.is_file() else []
        found = [file for file in found if file.name.lower().endswith(SUFFIXES)]
        if not found:
            raise DataError(f"{path} is no file, and no directory with a file, that ends in {', '.join(SUFFIXES)}")
        files += found
    return files


def read_json(path: Path) -> list[SeriesSet]:
    """Read the sets of a JSON file, in the order of their first series. Raises DataError with the item's number."""
    with opened(path) as stream:
        text = stream.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise DataError(f"{path} holds more than {MAX_BYTES // 2**20} MiB of JSON; split it into several files")
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {error.lineno}: not JSON: {error.msg}") from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise DataError(f"{path}: not JSON: {error}") from error
    if not isinstance(items, list) or not items:
        raise DataError(f"{path} must hold a list of series, [{{id, set, m, h, y}}, …]")
    return _grouped(path, items)


def _grouped(path: Path, items: list[Any]) -> list[SeriesSet]:
    sets: dict[str, SeriesSet] = {}
    series: dict[str, list[SetSeries]] = {}
    for number, item in enumerate(items):
        where = f"{path}, item {number}"
        found = _set(where, item)
        known = sets.setdefault(found.name, found)
        if known != found:
            raise DataError(
                f"{where}: its set '{found.name}' began with m {known.season_length}, h {known.horizon} and lag {known.lag}; "
                "one set has one of each"
            )
        readings = _readings(where, item.get("y"))
        check(where, readings, found.horizon)
        series.setdefault(found.name, []).append(SetSeries(str(item.get("id", number)), readings))
    return [replace(each, series=series[name]) for name, each in sets.items()]


def _set(where: str, item: Any) -> SeriesSet:
    """What an item says of its set."""
    if not isinstance(item, dict) or not isinstance(item.get("set"), str):
        raise DataError(f"{where}: must be an object with a string `set`, and id, m, h and y")
    season_length, horizon = _count(where, item, "m"), _count(where, item, "h")
    lag = _count(where, item, "lag") if "lag" in item else season_length
    return SeriesSet(item["set"], season_length, horizon, lag, ())


def _count(where: str, item: dict[str, Any], name: str) -> int:
    value = item.get(name)
    if type(value) is not int or not 1 <= value <= MAX_SEASON:
        raise DataError(f"{where}: `{name}` must be a whole number from 1 to {MAX_SEASON}")
    return value


def _readings(where: str, values: Any) -> Array:
    if not isinstance(values, list) or not set(map(type, values)) <= {int, float, NoneType}:
        raise DataError(f"{where}: `y` must be a list of numbers, null where one is missing")
    if len(values) > MAX_READINGS:
        raise DataError(f"{where}: has {len(values)} readings; at most {MAX_READINGS} are read")
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        raise DataError(f"{where}: a reading is too large") from None


def check(where: str, readings: Array, horizon: int) -> None:
    """Raise DataError for a series that cannot be scored: too short, too large, or without a reading in either part."""
    if len(readings) < horizon + 2:
        raise DataError(
            f"{where}: {len(readings)} readings are too few: {horizon} are the test part, and 2 come before"
        )
    if (np.abs(readings[~np.isnan(readings)]) >= MAX_READING).any():
        raise DataError(f"{where}: readings must lie within ±{MAX_READING:g}")
    if np.isnan(readings[:-horizon]).all() or np.isnan(readings[-horizon:]).all():
        raise DataError(f"{where}: every reading of one part is missing; the test part is the last {horizon}")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, decompressed by its suffix. Raises DataError where it cannot be read, also later while it is read."""
    try:
        with _stream(path) as stream:
            yield stream
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


@contextmanager
def _stream(path: Path) -> Iterator[BinaryIO]:
    if path.suffix.lower() == ".gz":
        with gzip.open(path) as file:
            yield cast(BinaryIO, file)
    elif path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".tsf")]
            if len(names) != 1:
                raise DataError(f"{path} must hold one .tsf file; it holds {len(names)}")
            with archive.open(names[0]) as member:
                yield cast(BinaryIO, member)
    else:
        with path.open("rb") as plain:
            yield plain
