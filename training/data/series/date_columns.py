"""The column of the dates, or the two to four columns that make a date together."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.data.errors import DataError
from training.data.series import dates as readings
from training.data.series.candidates import Candidate
from training.data.series.clock_times import time_of_day
from training.data.series.column_kinds import Kinds
from training.data.series.vocabulary import lacks_year, plain
from training.data.tables import list_columns

EARLY = re.compile(r"1[0-6]\d\d\b")


@dataclass(frozen=True)
class DateColumns:
    """The columns of the dates, their texts in one column, and why they were chosen."""

    names: tuple[str, ...]
    texts: "pd.Series[str]"
    why: str


def find_dates(kinds: Kinds, taken: tuple[str, ...]) -> DateColumns:
    """Return the columns of the dates, named or found. Raises DataError if there are none, or if several are as good."""
    path, frame = kinds.table.path, kinds.table.frame
    named = _split_names(kinds)
    for name in named:
        if name not in frame.columns:
            raise DataError(f"{path}: has no column '{name}'; its columns are {list_columns(frame)}")
    if len(named) == 1:
        return DateColumns(named, frame[named[0]], "named by --date-column")
    if named:
        return DateColumns(named, _joined(kinds, named), "named by --date-column")
    texts = [name for name, kind in kinds.dates.items() if kind == "text" and name not in taken]
    if texts:
        return _with_time(kinds, _best(kinds, texts), taken)
    if parts := _parts(kinds, taken):
        return DateColumns(parts, _joined(kinds, parts), "parts of a date by their names and cells")
    numbers = [name for name, kind in kinds.dates.items() if kind == "number" and name not in taken]
    numbers = [name for name in numbers if kinds.is_named_date(name)] or [
        name for name in numbers[:1] if _rises(kinds, name)
    ]
    if numbers:
        return _with_time(kinds, numbers[0], taken)
    called = [name for name in kinds.names if name not in taken and kinds.is_named_date(name)]
    partly = [name for name in called if readings.candidates(kinds.sample(name), kinds.options)]
    if partly:
        return DateColumns((partly[0],), frame[partly[0]], "named as dates are")  # whose faults the reading names
    raise DataError(_no_dates(kinds, taken))


def _no_dates(kinds: Kinds, taken: tuple[str, ...]) -> str:
    """Say that no column holds dates, and what the one holds that is named so."""
    path, frame = kinds.table.path, kinds.table.frame
    for name in kinds.names:
        sample = kinds.sample(name)
        if name in taken or not len(sample) or not kinds.is_named_date(name):
            continue
        if sample.map(lacks_year).all():
            return f"{path}: column '{name}' has no year ('{sample.iloc[0]}'); dates need one: add it to the cells, or a column of years"
        return (
            f"{path}: no column looks like dates: '{name}' is named so, but '{sample.iloc[0]}' is no date in a known form (2016-02-01, 1/2/2016, "
            "Feb 2016, 2016Q1, …); --date-format says which form it is, --date-column names another column"
        )
    return (
        f"{path}: no column looks like dates (2016-02-01) among {list_columns(frame)}; name it with --date-column, and its "
        "form with --date-format if it is an unusual one"
    )


def read(kinds: Kinds, dates: DateColumns) -> list[Candidate]:
    """Return the readings of the dates. Raises DataError for cells that are no dates, with their rows."""
    found = readings.candidates(dates.texts, kinds.options)
    is_wrong = np.ones(len(dates.texts), dtype=bool) if not found else np.isnat(found[0].wall)
    if not is_wrong.any():
        return found
    if not found and kinds.sample(dates.names[0]).map(lacks_year).all():
        raise DataError(_no_dates(kinds, ()))
    first = int(np.argmax(is_wrong))
    cell = dates.texts.iloc[first]
    shown = "the cell is empty" if pd.isna(cell) else f"'{cell}' is no date"
    form = (
        f"the others are read as: {found[0].label}"
        if found
        else "dates look like 2016-02-01; --date-format names another form"
    )
    form += "; years before 1678 cannot be read" if EARLY.match(str(cell)) else ""
    several = f" ({int(is_wrong.sum())} cells in all)" if is_wrong.sum() > 1 else ""
    raise DataError(
        f"{kinds.table.path}: column '{', '.join(dates.names)}' is no date in {kinds.table.where(is_wrong)}{several}: {shown}; {form}"
    )


def _split_names(kinds: Kinds) -> tuple[str, ...]:
    names: list[str] = []
    for text in kinds.options.date_columns:
        names += [text] if text in kinds.names else [part.strip() for part in text.split(",")]
    return tuple(names)


def _best(kinds: Kinds, texts: list[str]) -> str:
    """The column that is named as dates are; of several, the first whose dates differ the most from row to row."""
    named = [name for name in texts if kinds.is_named_date(name)] or texts
    return max(named, key=lambda name: kinds.column(name).nunique())


def _with_time(kinds: Kinds, name: str, taken: tuple[str, ...]) -> DateColumns:
    """Add the column of the time of day, if the dates alone repeat."""
    column = kinds.column(name)
    others = len([text for text in kinds.dates if kinds.dates[text] == "text"]) > 1
    why = ("named as dates are" if kinds.is_named_date(name) else "holds dates") + (
        ", and its dates differ most" if others else ""
    )
    if not column.duplicated().any() or column.str.contains(r"\d:\d\d", na=False).any():
        return DateColumns((name,), column, why)
    times = [other for other in kinds.names if other not in (name, *taken) and kinds.is_times(other)]
    if not times:
        return DateColumns((name,), column, why)
    return DateColumns((name, times[0]), _joined(kinds, (name, times[0])), "a date and its time of day")


def _parts(kinds: Kinds, taken: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of a year and of a month, a quarter or a week, with a day and an hour if there are some."""
    parts = {part: name for part, name in kinds.parts.items() if name not in taken}
    if "year" not in parts:
        return ()
    for smaller in ("month", "quarter", "week"):
        if smaller in parts:
            more = [parts[part] for part in ("day", "hour") if part in parts and smaller == "month"]
            return tuple(dict.fromkeys((parts["year"], parts[smaller], *more)))
    return ()


def _rises(kinds: Kinds, name: str) -> bool:
    numbers = pd.to_numeric(kinds.column(name), errors="coerce")
    is_whole = bool((numbers % 1 == 0).all())
    return is_whole and bool(numbers.is_unique and (numbers.is_monotonic_increasing or numbers.is_monotonic_decreasing))


def _joined(kinds: Kinds, names: tuple[str, ...]) -> "pd.Series[str]":
    """The texts of several columns as one date: 2016-1-5 14:00, 2016-W05, 2016Q1. Missing where one is."""
    roles = {name: part for part, name in kinds.parts.items()}
    text: pd.Series[str] | None = None
    for name in names:
        part = _cells(kinds, name, roles.get(name, ""))
        joint = "-" if roles.get(name) in ("month", "day") else " "
        text = part if text is None else text + joint + part
    assert text is not None
    return text.rename(" ".join(names))


def _cells(kinds: Kinds, name: str, role: str) -> "pd.Series[str]":
    column = kinds.column(name).str.strip().str.replace(r"^(\d+)\.0+$", r"\1", regex=True)
    if role in ("quarter", "week"):
        return {"quarter": "Q", "week": "W"}[role] + column.str.replace(r"^\D+", "", regex=True)
    if kinds.is_times(name) or role == "hour":
        times = {text: _time_text(text) for text in column.dropna().unique()}
        return column.map(times)
    return column


def _time_text(text: str) -> str:
    if text.isdigit() and len(text) <= 2:
        return f"{text}:00"
    time = time_of_day(text)
    if time < 0:
        return plain(text)
    seconds = time // 1_000_000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
