"""A series of readings: read from a user's CSV or fetched. See data.py for what errors look like, audit.py for remarks."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from service.forecast import seasonality
from service.interfaces import Array
from training.data.tables import DataError, columns_of, fetch, file_sha256, named, read_csv, rows_of

SERIES_URL = "https://fred.stlouisfed.org/graph/fredgraph.csv?id=IPG2211A2N&cosd=1985-01-01&coed=2018-01-01"
SERIES_ROWS = 397
MAX_FILLED_SHARE = 0.2
MIN_ROWS = 3


@dataclass(frozen=True)
class Series:
    """A regular, complete series, oldest first.

    `filled` is True where a reading was interpolated; `cut` missing ones stood before the first or after the last.
    """

    dates: pd.DatetimeIndex
    readings: Array
    frequency: str
    season: int
    columns: dict[str, str]
    source: str
    sha256: str
    filled: npt.NDArray[np.bool_]
    cut: int = 0

    def span(self, begin: int, end: int) -> tuple[str, str]:
        """ISO dates of the first and last of readings[begin:end]."""
        return (self.dates[begin].date().isoformat(), self.dates[end - 1].date().isoformat())


def read_series(
    path: Path,
    *,
    date_column: str | None = None,
    value_column: str | None = None,
    source: str | None = None,
    day_first: bool = False,
    season: int | None = None,
    fill: bool = False,
) -> Series:
    """Read a series from a CSV with a date and a value column, named or detected.

    Without a `season` the frequency's is taken. With `fill`, missing values and dates are interpolated, up to a
    fifth of them, and cut off at the ends. Raises DataError for a file that cannot be read, columns that cannot be told apart, dates or values
    that are not, missing values, unsorted or duplicate dates, and gaps.
    """
    table = read_csv(path)
    date_column = named(table, date_column, path) or _date_column(table, path, day_first)
    value_column = named(table, value_column, path) or _value_column(table, date_column, path)
    if date_column == value_column:
        raise DataError(f"{path}: '{date_column}' cannot be both the date and the value")
    values = _numbers(table[value_column], path, fill)
    dates = _ordered(_dates(table[date_column], day_first), path)
    frequency, missing = _frequency(dates, path, fill)
    whole, filled = _complete(dates, values, missing, path)
    return Series(
        pd.DatetimeIndex(whole.index),
        np.asarray(whole, dtype=np.float64),
        frequency,
        season or seasonality.season_of_frequency(frequency),
        {"date": date_column, "value": value_column},
        source or path.name,
        file_sha256(path),
        filled,
        len(dates) + len(missing) - len(whole),
    )


def fetch_series() -> Series:
    """The default series: US electric and gas utilities production, 1985-01 to 2018-01, from FRED.

    FRED revises and rebases it, so its bytes carry no fixed checksum: rows and dates are checked, and
    the card states the SHA-256 of what was read.
    """
    path = fetch(SERIES_URL, None, "IPG2211A2N.csv", "--data my.csv, a CSV with a date and a value column")
    try:
        series = read_series(path, source="FRED, IPG2211A2N")
    except DataError:
        path.unlink()  # a page and not the series: the next run must ask again
        raise
    if len(series.readings) != SERIES_ROWS or series.frequency != "MS":
        path.unlink()
        raise DataError(
            f"FRED answered {len(series.readings)} rows of frequency {series.frequency}, expected "
            f"{SERIES_ROWS} of MS; the file was dropped, pass --data my.csv instead"
        )
    return series


def _date_column(table: pd.DataFrame, path: Path, day_first: bool) -> str:
    for name in table.columns:
        sample = table[name].dropna().head(50)
        numeric = pd.to_numeric(sample, errors="coerce").notna().all()
        if len(sample) and not numeric and _dates(sample, day_first, strict=False).notna().mean() > 0.9:
            return str(name)
    raise DataError(
        f"{path}: no column looks like dates (2016-02-01) among {columns_of(table)}; name it with --date-column"
    )


def _value_column(table: pd.DataFrame, date_column: str, path: Path) -> str:
    others = [str(name) for name in table.columns if name != date_column]
    numeric = [n for n in others if pd.to_numeric(table[n], errors="coerce").notna().mean() > 0.5]
    if len(numeric) == 1:
        return numeric[0]
    found = "no column holds numbers" if not numeric else f"several columns hold numbers: {', '.join(numeric)}"
    raise DataError(f"{path}: {found}; name the one to learn with --value-column")


def _dates(column: "pd.Series[str]", day_first: bool, strict: bool = True) -> "pd.Series[pd.Timestamp]":
    """Dates as written; those with UTC offsets in UTC, so that a change of the clock leaves no gap."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what cannot be read is told below, by row
        offset = column.dropna().str.contains(r"\d(?:Z|[+-]\d{2}:?\d{2})$").any()
        dates = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=bool(offset))
        if dates.isna().any():
            dates = pd.to_datetime(column, errors="coerce", dayfirst=day_first, utc=bool(offset))
    if strict and dates.isna().any():
        raise DataError(
            f"column '{column.name}' is no date in {rows_of(dates.isna())}; dates look like 2016-02-01 "
            "(--day-first for 01/02/2016)"
        )
    return dates.dt.tz_localize(None) if offset else dates


def _numbers(column: "pd.Series[str]", path: Path, fill: bool) -> Array:
    """The values; with `fill`, NaN where a cell is empty."""
    empty = column.isna()
    if empty.any() and not fill:
        raise DataError(
            f"{path}: column '{column.name}' is empty in {rows_of(empty)}; fill or cut the missing values, "
            "a network cannot learn from them (--fill interpolates them)"
        )
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = ~np.isfinite(numbers.astype(float)) & ~empty
    if wrong.any():
        raise DataError(f"{path}: column '{column.name}' is not a finite number in {rows_of(wrong)}")
    return numbers.to_numpy(dtype=np.float64)


def _ordered(column: "pd.Series[pd.Timestamp]", path: Path) -> pd.DatetimeIndex:
    dates = pd.DatetimeIndex(column)
    if dates.duplicated().any():
        repeated = pd.Series(dates.duplicated(keep=False))
        raise DataError(f"{path}: the same date stands in {rows_of(repeated)}; a series has one reading a date")
    if not dates.is_monotonic_increasing:
        first = int(np.flatnonzero(np.diff(dates.asi8) < 0)[0]) + 3
        raise DataError(
            f"{path}: dates are not in order: row {first} is earlier than the row before; sort, oldest first"
        )
    return dates


def _complete(
    dates: pd.DatetimeIndex, values: Array, missing: pd.DatetimeIndex, path: Path
) -> tuple["pd.Series[float]", npt.NDArray[np.bool_]]:
    """Values by date with what is missing interpolated, or cut off at the ends; and where it was interpolated."""
    whole = pd.Series(values, dates)
    if len(missing):
        whole = whole.reindex(dates.union(missing))
    whole = whole.loc[whole.first_valid_index() : whole.last_valid_index()]
    filled = whole.isna().to_numpy()
    if len(whole) < MIN_ROWS or filled.mean() > MAX_FILLED_SHARE:
        raise DataError(
            f"{path}: {filled.sum()} of {len(whole)} readings are missing; up to {MAX_FILLED_SHARE:.0%} can be interpolated"
        )
    return whole.interpolate(), filled


def _frequency(dates: pd.DatetimeIndex, path: Path, fill: bool) -> tuple[str, pd.DatetimeIndex]:
    """The frequency that the dates keep and the dates it lacks; without `fill`, DataError naming the gaps."""
    if len(dates) < MIN_ROWS:
        raise DataError(f"{path}: {len(dates)} rows are too few to tell a frequency")
    whole = _inferred(dates)
    if whole is not None:
        return whole, dates[:0]
    pieces = [_inferred(dates[i : i + 8]) for i in range(max(1, len(dates) - 8))]
    votes = pd.Series([piece for piece in pieces if piece]).value_counts()
    if votes.empty:
        raise DataError(f"{path}: the dates keep no regular frequency; resample the series first")
    frequency = str(votes.index[0])
    expected = pd.date_range(dates[0], dates[-1], freq=frequency)
    absent, extra = expected.difference(dates), dates.difference(expected)
    if len(extra):
        raise DataError(
            f"{path}: most dates have frequency '{frequency}', but {len(extra)} do not, the first is {extra[0]:%Y-%m-%d}"
        )
    if fill:
        return frequency, absent
    shown = ", ".join(f"{moment:%Y-%m-%d}" for moment in absent[:5])
    raise DataError(
        f"{path}: {len(absent)} dates of frequency '{frequency}' are missing: {shown}"
        f"{' …' if len(absent) > 5 else ''}; add them, with interpolated values if need be (--fill does)"
        f"{'; were days and months mixed up? then --day-first' if len(absent) > len(dates) else ''}"
    )


def _inferred(dates: pd.DatetimeIndex) -> str | None:
    """The alias of dates without a gap; pandas is changing its answer from a string to an offset."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pd.infer_freq(dates)
    return None if found is None else str(getattr(found, "freqstr", found))
