"""Sets of series in the `.tsf` format of the Monash Time Series Forecasting Repository (Godahewa et al., 2021).

A header of `@` lines, then `@data`, and one series a line: its attributes, and its readings with commas between. `?` is a
missing reading. The header's frequency gives the season length that forecasters are told, and the lag of MASE.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from service.interfaces import Array
from training.data.sets import MAX_SEASON, SeriesSet, SetSeries, check, opened
from training.data.tables import DataError

MAX_LINE = 64 * 2**20  # bytes; the longest series of the repository has seven million readings
MAX_BYTES = 2**30  # of all lines
MAX_READINGS = 50_000_000  # of all series
SEASONS = {  # frequency → season length, lag of MASE: GluonTS compares days and weeks with the reading before
    "yearly": (1, 1),
    "quarterly": (4, 4),
    "monthly": (12, 12),
    "weekly": (52, 1),
    "daily": (7, 1),
    "hourly": (24, 24),
    "half_hourly": (48, 48),
    "15_minutes": (96, 96),
    "10_minutes": (144, 144),
    "minutely": (1440, 1440),
    "4_seconds": (21600, 21600),
}
TYPES = ("string", "numeric", "date")


@dataclass
class _Header:
    """What the `@` lines say."""

    name: str
    attributes: list[str] = field(default_factory=list)
    frequency: str | None = None
    horizon: int | None = None
    may_miss: bool = True
    equal_length: bool = False


def read_tsf(path: Path, horizon: int | None = None) -> SeriesSet:
    """Read a set. A `horizon` replaces that of the header. Raises DataError with the number of the line."""
    name = path.name.split(".")[0].removesuffix("_dataset")
    with opened(path) as stream:
        lines = _lines(path, iter(lambda: stream.readline(MAX_LINE + 1), b""))
        header = _header(path, name, lines)
        horizon = horizon or header.horizon
        if horizon is None:
            raise DataError(f"{path} has no @horizon; pass --horizon with the length of the test part")
        series = list(_data(path, header, lines, horizon))
    if not series:
        raise DataError(f"{path} has no series after @data")
    season_length, lag = SEASONS.get(header.frequency or "", (1, 1))
    return SeriesSet(header.name, season_length, horizon, lag, series)


def _lines(path: Path, raw: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    """Yield where a line is, and its text; comments and empty lines are left out."""
    total = 0
    for number, line in enumerate(raw, start=1):
        where = f"{path}, line {number}"
        total += len(line)
        if total > MAX_BYTES:
            raise DataError(f"{where}: the file is longer than {MAX_BYTES // 2**20} MiB")
        if len(line) > MAX_LINE:
            raise DataError(f"{where}: is longer than {MAX_LINE // 2**20} MiB")
        text = line.decode("utf-8", errors="replace").strip()
        if text and not text.startswith("#"):
            yield where, text


def _header(path: Path, name: str, lines: Iterator[tuple[str, str]]) -> _Header:
    header = _Header(name)
    for where, text in lines:
        tag, *words = text.split() if text.startswith("@") else ["", text]
        if tag.lower() == "@data":
            return header
        _read_tag(where, header, tag.lower(), words)
    raise DataError(f"{path} has no line @data")


def _read_tag(where: str, header: _Header, tag: str, words: list[str]) -> None:
    value = words[0].lower() if words else ""
    if tag == "@relation" and words:
        return  # the file's name says more: relations are called alike
    if tag == "@attribute" and len(words) == 2 and words[1].lower() in TYPES:
        header.attributes.append(value)
    elif tag == "@frequency" and value in SEASONS:
        header.frequency = value
    elif tag == "@horizon" and value.isdecimal() and 1 <= int(value[:9]) <= MAX_SEASON:
        header.horizon = int(value)
    elif tag == "@missing" and value in ("true", "false"):
        header.may_miss = value == "true"
    elif tag == "@equallength" and value in ("true", "false"):
        header.equal_length = value == "true"
    else:
        raise DataError(
            f"{where}: '{' '.join([tag, *words]).strip()[:80]}' is no header line: @relation, @attribute with a name and one of "
            f"{', '.join(TYPES)}, @frequency with one of {', '.join(SEASONS)}, @horizon, @missing, @equallength or @data"
        )


def _data(path: Path, header: _Header, lines: Iterator[tuple[str, str]], horizon: int) -> Iterator[SetSeries]:
    total, first = 0, None
    for where, text in lines:
        *attributes, values = text.split(":")
        if len(attributes) != len(header.attributes):
            raise DataError(
                f"{where}: has {len(attributes)} attributes before its readings, the header {len(header.attributes)}"
            )
        readings = _readings(where, values, header.may_miss)
        check(where, readings, horizon)
        first = first or len(readings)
        if header.equal_length and len(readings) != first:
            raise DataError(
                f"{where}: has {len(readings)} readings, the first series {first}, though @equallength is true"
            )
        total += len(readings)
        if total > MAX_READINGS:
            raise DataError(f"{path} has more than {MAX_READINGS} readings")
        named = dict(zip(header.attributes, attributes, strict=True))
        yield SetSeries(named.get("series_name", where.rpartition(" ")[2]), readings)


def _readings(where: str, text: str, may_miss: bool) -> Array:
    words = text.split(",")
    missing = words.count("?")
    if missing and not may_miss:
        raise DataError(f"{where}: a reading is missing (?), though @missing is false")
    try:
        readings = np.array([np.nan if word == "?" else word for word in words], dtype=np.float64)
    except ValueError:
        readings = np.full(1, np.nan)
    if np.isnan(readings).sum() != missing or np.isinf(readings).any():
        wrong = next((word for word in words if word != "?" and not _is_number(word)), "")
        raise DataError(f"{where}: '{wrong[:40]}' is no finite number; a missing reading is ?")
    return readings


def _is_number(word: str) -> bool:
    try:
        return bool(np.isfinite(float(word)))
    except ValueError:
        return False
