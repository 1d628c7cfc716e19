"""What the texts of a date column may mean."""

import itertools
import re
import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.data.errors import DataError
from training.data.options import SeriesOptions
from training.data.series import date_forms, number_dates, numeric_orders
from training.data.series.candidates import NOTHING, Candidate, nanoseconds
from training.data.series.clock_times import split
from training.data.series.vocabulary import DATE_NAMES, lacks_year, names_one_of

ISO = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"
SAMPLE = 200
MIN_SHARE = 0.5  # of the cells that a form must read to be reported as the column's, with the rows that it cannot read


def candidates(column: "pd.Series[str]", options: SeriesOptions) -> list[Candidate]:
    """Return the readings of a column's cells as dates; the first reads the most of them. NaT for missing cells.

    A whole column is read in the forms that a sample of it has. Raises DataError for a --date-format that is none.
    """
    present = column.dropna()
    codes, texts = pd.factorize(present)
    if not len(texts):
        return []
    found = (
        _formatted(texts, options.date_format) if options.date_format else _iso(texts) or _any(texts, column, options)
    )
    rows = np.flatnonzero(column.notna().to_numpy())
    return [_spread(replace(one, wall=nanoseconds(one.wall)), codes, rows, len(column)) for one in found]


def looks_like_dates(column: "pd.Series[str]", options: SeriesOptions) -> str:
    """Return "text" or "number" for a column whose cells are dates by the look of a sample, else ""."""
    present = column.dropna()
    sample = present.iloc[:: max(1, len(present) // SAMPLE)].head(2 * SAMPLE)
    found = candidates(sample, options)
    if not found or found[0].share <= 0.9:
        return ""
    return "number" if sample.str.fullmatch(r"\s*\d+(\.\d*)?\s*").all() else "text"


def _formatted(texts: pd.Index, date_format: str) -> list[Candidate]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = pd.to_datetime(texts, format=date_format, errors="coerce", utc="%z" in date_format)
    except (ValueError, TypeError) as error:
        raise DataError(f"--date-format {date_format}: {error}") from None
    naive = parsed.tz_localize(None) if parsed.tz is not None else parsed
    offsets = np.zeros(len(texts), dtype=np.int64) if parsed.tz is not None else None
    return [
        Candidate(naive.to_numpy().astype("datetime64[us]"), f"as --date-format {date_format} says", offsets=offsets)
    ]


def _iso(texts: pd.Index) -> list[Candidate]:
    """Read dates of ISO 8601 without offsets, fast; nothing if some are of another form."""
    written = pd.Series(texts, dtype=object).astype(str)
    if not written.head(SAMPLE).str.fullmatch(ISO).all() or not written.str.fullmatch(ISO).all():
        return []
    parsed = pd.to_datetime(written, format="ISO8601", errors="coerce")
    if parsed.isna().any():
        return []
    has_time = written.str.len().max() > len("2016-01-31")
    label = "year, month, day" + (" and time" if has_time else "") + ", as in ISO 8601"
    return [Candidate(parsed.to_numpy().astype("datetime64[us]"), label)]


def _any(texts: pd.Index, column: "pd.Series[str]", options: SeriesOptions) -> list[Candidate]:
    moments = [split(str(text)) for text in texts]
    firsts = [date_forms.first_of_range(moment.date) for moment in moments[:SAMPLE]]
    are_ranges = sum(first is not None for first in firsts) > 0.5 * len(firsts)
    if are_ranges:
        moments = [split(date_forms.first_of_range(moment.date) or moment.date) for moment in moments]
    codes, dates = pd.factorize(pd.Series([moment.date for moment in moments], dtype=object))
    plain = [str(date) for date in dates]
    found = [
        *date_forms.candidates(plain, plain[:: max(1, len(plain) // SAMPLE)]),
        *numeric_orders.candidates(plain, options.date_order),
        *number_dates.candidates(plain, names_one_of(str(column.name), DATE_NAMES)),
    ]
    time = np.array([moment.time for moment in moments], dtype=np.int64)
    offsets = np.array([_NO_OFFSET if moment.offset is None else moment.offset for moment in moments], dtype=np.int64)
    if all(lacks_year(text) for text in plain) and _are_days_of_months(plain):
        return []
    timed = [_with_times(one, codes, time, offsets, are_ranges) for one in found]
    return _best(timed)


def _are_days_of_months(texts: Sequence[str]) -> bool:
    """Whether the numbers beside months' names are days, as in 1-Jan, 2-Jan: the same name comes again before the next."""
    names = [re.sub(r"[^a-z]", "", text) for text in texts]
    alike = sum(first == second for first, second in itertools.pairwise(names))
    return len(names) > 1 and alike > 0.5 * (len(names) - 1)


_NO_OFFSET = 1_000_000


def _with_times(
    candidate: Candidate,
    codes: npt.NDArray[np.intp],
    time: npt.NDArray[np.int64],
    offsets: npt.NDArray[np.int64],
    are_ranges: bool,
) -> Candidate:
    """Add the times of the day and the offsets to the days of a candidate."""
    day = candidate.wall[codes]
    wall = np.where(time >= 0, day + np.maximum(time, 0), NOTHING)
    known = offsets != _NO_OFFSET
    if known.any():
        wall = np.where(known, wall, NOTHING)  # offsets here and none there: which time is meant is not known
    label = (
        candidate.label + (" and time" if (time > 0).any() else "") + (", the first of two dates" if are_ranges else "")
    )
    has_epoch = candidate.offsets is not None
    zone = offsets if known.any() else candidate.offsets[codes] if has_epoch and candidate.offsets is not None else None
    return replace(candidate, wall=wall, label=label, offsets=zone)


def _best(found: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates that read the most cells, and those that read as many."""
    most = max((one.share for one in found), default=0.0)
    return [one for one in found if one.share >= most and most >= MIN_SHARE]


def _spread(candidate: Candidate, codes: npt.NDArray[np.intp], rows: npt.NDArray[np.intp], count: int) -> Candidate:
    """Put the readings of distinct texts into the rows of the column."""
    wall = np.full(count, np.datetime64("NaT", "ns"))
    wall[rows] = candidate.wall[codes]
    offsets = None
    if candidate.offsets is not None:
        offsets = np.zeros(count, dtype=np.int64)
        offsets[rows] = candidate.offsets[codes]
    return replace(candidate, wall=wall, offsets=offsets)
