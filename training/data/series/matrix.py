"""Tables of a row for each year and a column for each month, or the other way round, unfolded to a row for each month."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from training.data.series.vocabulary import month_number, plain
from training.data.tables import Table

YEAR = re.compile(r"(1[5-9]|2[01])\d\d")
MONTHS = 12
MIN_YEARS = 2


def unfold(table: Table) -> Table:
    """Return a table of dates and values, if this one has the months of years; else the table itself."""
    names = [str(name) for name in table.frame.columns]
    if len(names) < MIN_YEARS + 1:
        return table
    by_month = [name for name in names[1:] if _month(name)]
    first = table.frame.iloc[:, 0].fillna("").astype(str)
    if [_month(name) for name in by_month] == list(range(1, MONTHS + 1)) and first.map(_is_year).all():
        return _unfolded(
            table, by_month, [[f"{int(float(year))}-{month:02d}" for month in range(1, 13)] for year in first]
        )
    by_year = [name for name in names[1:] if _is_year(name)]
    months = [_month(text) for text in first]
    if len(by_year) >= MIN_YEARS and len(by_year) == len(names) - 1 and months == list(range(1, MONTHS + 1)):
        return _unfolded(table, by_year, [[f"{year}-{month:02d}" for year in by_year] for month in months])
    return table


def _unfolded(table: Table, columns: list[str], dates: list[list[str]]) -> Table:
    cells = table.frame[columns].to_numpy(dtype=object)
    count = len(columns)
    frame = pd.DataFrame({"date": np.array(dates, dtype=object).reshape(-1), "value": cells.reshape(-1)})
    rows = np.repeat(table.rows, count)
    order = np.argsort(frame["date"].to_numpy(dtype=str), kind="stable")
    frame, rows = frame.iloc[order].reset_index(drop=True), rows[order]
    present = np.flatnonzero(frame["value"].notna().to_numpy())
    if not len(present):
        return table
    kept = slice(
        int(present[0]), int(present[-1]) + 1
    )  # not the months before the first reading and after the last one
    note = "a table of years and months, unfolded to a row for each month"
    frame = frame.iloc[kept].reset_index(drop=True).astype({"date": "str"})
    return replace(table, frame=frame, rows=rows[kept], understood=table.understood | {"layout": note})


def _month(name: str) -> int | None:
    text = plain(name).strip(".")
    if text.isdigit():
        return int(text) if 1 <= int(text) <= MONTHS else None
    return month_number(text)


def _is_year(text: str) -> bool:
    return YEAR.fullmatch(text.strip().removesuffix(".0")) is not None
