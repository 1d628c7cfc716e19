"""A series of readings, read from a user's CSV or fetched. See tables.py for errors, series_audit.py for remarks."""

import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from service.forecast.seasons import seasonality
from service.interfaces import Array
from training.data.options import DEFAULT, SeriesOptions
from training.data.series.types import Panel, Series
from training.data.tables import DataError, fetch, file_sha256, list_columns, list_rows, read_csv, require_column

SERIES_URL = "https://fred.stlouisfed.org/graph/fredgraph.csv?id=IPG2211A2N&cosd=1985-01-01&coed=2018-01-01"
SERIES_ROWS = 397
MAX_FILLED_SHARE = 0.2
MIN_ROWS = 3


def read_panel(path: Path, options: SeriesOptions) -> Panel:
    """Read the series of a file. Raises DataError."""
    series = read_series(path, options)
    return Panel({"": series}, series.understood, series.source, series.sha256, series.columns)


def read_series(path: Path, options: SeriesOptions = DEFAULT) -> Series:
    """Read a series from a CSV with a date and a value column, named or detected.

    Without a `season_length` the usual one of the frequency is taken. With `fill`, missing values and dates are
    interpolated, up to a fifth of the series; at both ends they are removed. Raises DataError for a file that cannot be
    read, columns that cannot be told apart, cells that are no dates or no numbers, missing values, unsorted or duplicate
    dates, and gaps.
    """
    day_first, fill = options.date_order == "day_first", options.fill
    date_column, value_column = next(iter(options.date_columns), None), options.value_column
    table = read_csv(path)
    date_column = require_column(table, date_column, path) or _detect_date_column(table, path, day_first)
    value_column = require_column(table, value_column, path) or _detect_value_column(table, date_column, path)
    if date_column == value_column:
        raise DataError(f"{path}: '{date_column}' cannot be both the date and the value")
    values = _parse_numbers(table[value_column], path, fill)
    dates = _check_order(_parse_dates(table[date_column], day_first), path)
    frequency, missing_dates = _detect_frequency(dates, path, fill)
    complete, filled = _interpolate(dates, values, missing_dates, path)
    return Series(
        dates=pd.DatetimeIndex(complete.index),
        readings=np.asarray(complete, dtype=np.float64),
        frequency=frequency,
        season_length=options.season_length or seasonality.season_of_frequency(frequency),
        columns={"date": date_column, "value": value_column},
        source=options.source or path.name,
        sha256=file_sha256(path),
        filled=filled,
        trimmed=len(dates) + len(missing_dates) - len(complete),
    )


def fetch_series() -> Series:
    """Fetch the default series: US electric and gas utilities production, 1985-01 to 2018-01, from FRED.

    FRED revises and rebases it, so its bytes have no fixed checksum: the number of rows and the frequency are checked
    instead, and the card states the SHA-256 of the file. Raises DataError if it cannot be fetched or is another series.
    """
    path = fetch(SERIES_URL, None, "IPG2211A2N.csv", "--data my.csv, a CSV with a date and a value column")
    try:
        series = read_series(path, SeriesOptions(source="FRED, IPG2211A2N"))
    except DataError:
        path.unlink()  # a web page, not the series: the next run must fetch again
        raise
    if len(series.readings) != SERIES_ROWS or series.frequency != "MS":
        path.unlink()
        raise DataError(
            f"FRED answered {len(series.readings)} rows of frequency {series.frequency}, expected "
            f"{SERIES_ROWS} of MS; the file was deleted, pass --data my.csv instead"
        )
    return series


def _detect_date_column(table: pd.DataFrame, path: Path, day_first: bool) -> str:
    for name in table.columns:
        sample = table[name].dropna().head(50)
        numeric = pd.to_numeric(sample, errors="coerce").notna().all()
        if len(sample) and not numeric and _parse_dates(sample, day_first, strict=False).notna().mean() > 0.9:
            return str(name)
    raise DataError(
        f"{path}: no column looks like dates (2016-02-01) among {list_columns(table)}; name it with --date-column"
    )


def _detect_value_column(table: pd.DataFrame, date_column: str, path: Path) -> str:
    others = [str(name) for name in table.columns if name != date_column]
    numeric = [n for n in others if pd.to_numeric(table[n], errors="coerce").notna().mean() > 0.5]
    if len(numeric) == 1:
        return numeric[0]
    reason = "no column holds numbers" if not numeric else f"several columns hold numbers: {', '.join(numeric)}"
    raise DataError(f"{path}: {reason}; name the column to forecast with --value-column")


def _parse_dates(column: "pd.Series[str]", day_first: bool, strict: bool = True) -> "pd.Series[pd.Timestamp]":
    """Parse dates; those with UTC offsets become UTC, so that a change of the clock leaves no gap."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the error below names the rows that cannot be read
        has_offsets = bool(column.dropna().str.contains(r"\d(?:Z|[+-]\d{2}:?\d{2})$").any())
        dates = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=has_offsets)
        if dates.isna().any():
            dates = pd.to_datetime(column, errors="coerce", dayfirst=day_first, utc=has_offsets)
    if strict and dates.isna().any():
        raise DataError(
            f"column '{column.name}' is no date in {list_rows(dates.isna())}; dates look like 2016-02-01 "
            "(--day-first for 01/02/2016)"
        )
    return dates.dt.tz_localize(None) if has_offsets else dates


def _parse_numbers(column: "pd.Series[str]", path: Path, fill: bool) -> Array:
    """Parse the values; with `fill`, an empty cell becomes NaN."""
    is_empty = column.isna()
    if is_empty.any() and not fill:
        raise DataError(
            f"{path}: column '{column.name}' is empty in {list_rows(is_empty)}; fill in the missing values or remove "
            "their rows, a network cannot learn from them (--fill interpolates them)"
        )
    numbers = pd.to_numeric(column, errors="coerce")
    is_wrong = ~np.isfinite(numbers.astype(float)) & ~is_empty
    if is_wrong.any():
        raise DataError(f"{path}: column '{column.name}' is not a finite number in {list_rows(is_wrong)}")
    return numbers.to_numpy(dtype=np.float64)


def _check_order(column: "pd.Series[pd.Timestamp]", path: Path) -> pd.DatetimeIndex:
    dates = pd.DatetimeIndex(column)
    if dates.duplicated().any():
        repeated = pd.Series(dates.duplicated(keep=False))
        raise DataError(f"{path}: the same date is in {list_rows(repeated)}; a series has one reading per date")
    if not dates.is_monotonic_increasing:
        first = int(np.flatnonzero(np.diff(dates.asi8) < 0)[0]) + 3
        raise DataError(
            f"{path}: dates are not in order: row {first} is earlier than the row before; sort the rows, oldest first"
        )
    return dates


def _interpolate(
    dates: pd.DatetimeIndex, values: Array, missing_dates: pd.DatetimeIndex, path: Path
) -> tuple["pd.Series[float]", npt.NDArray[np.bool_]]:
    """Interpolate missing values and remove those at both ends; also say which ones were interpolated."""
    readings = pd.Series(values, dates)
    if len(missing_dates):
        readings = readings.reindex(dates.union(missing_dates))
    readings = readings.loc[readings.first_valid_index() : readings.last_valid_index()]
    is_missing = readings.isna().to_numpy()
    if len(readings) < MIN_ROWS or is_missing.mean() > MAX_FILLED_SHARE:
        raise DataError(
            f"{path}: {is_missing.sum()} of {len(readings)} readings are missing; "
            f"up to {MAX_FILLED_SHARE:.0%} can be interpolated"
        )
    return readings.interpolate(), is_missing


def _detect_frequency(dates: pd.DatetimeIndex, path: Path, fill: bool) -> tuple[str, pd.DatetimeIndex]:
    """Return the frequency of the dates and the dates that are missing; without `fill`, a gap raises DataError."""
    if len(dates) < MIN_ROWS:
        raise DataError(f"{path}: {len(dates)} rows are too few to detect a frequency")
    frequency = _infer_frequency(dates)
    if frequency is not None:
        return frequency, dates[:0]
    frequency = _majority_frequency(dates, path)
    expected = pd.date_range(dates[0], dates[-1], freq=frequency)
    missing, extra = expected.difference(dates), dates.difference(expected)
    if len(extra):
        raise DataError(
            f"{path}: most dates have frequency '{frequency}', but {len(extra)} do not, "
            f"the first is {extra[0]:%Y-%m-%d}"
        )
    if fill:
        return frequency, missing
    examples = ", ".join(f"{date:%Y-%m-%d}" for date in missing[:5])
    raise DataError(
        f"{path}: {len(missing)} dates of frequency '{frequency}' are missing: {examples}"
        f"{' …' if len(missing) > 5 else ''}; add them, with interpolated values if need be (--fill does)"
        f"{'; are days and months mixed up? then pass --day-first' if len(missing) > len(dates) else ''}"
    )


def _majority_frequency(dates: pd.DatetimeIndex, path: Path) -> str:
    """Return the frequency that most stretches of eight dates have. Raises DataError if none has one."""
    frequencies = [_infer_frequency(dates[i : i + 8]) for i in range(max(1, len(dates) - 8))]
    votes = pd.Series([frequency for frequency in frequencies if frequency]).value_counts()
    if votes.empty:
        raise DataError(f"{path}: the dates have no regular frequency; resample the series first")
    return str(votes.index[0])


def _infer_frequency(dates: pd.DatetimeIndex) -> str | None:
    """Return the pandas alias of dates without a gap; newer versions of pandas answer with an offset, not a string."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frequency = pd.infer_freq(dates)
    return None if frequency is None else str(getattr(frequency, "freqstr", frequency))
