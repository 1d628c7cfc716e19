"""From the columns of a table to its series, regular and complete."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from service.interfaces import Array
from training.data.errors import DataError
from training.data.options import SeriesOptions
from training.data.series import gaps, grid
from training.data.series.candidates import Moments
from training.data.series.columns import Columns
from training.data.series.rows import Rows, put_in_order
from training.data.series.types import Series
from training.data.series.wording import in_words
from training.data.tables import Table

MAX_NAMED = 5
NO_ID = "(no id)"
MAX_SERIES = 100_000


@dataclass(frozen=True)
class Parsed:
    """A table with its dates and values read: `groups` numbers the series of each row, `names` has their ids."""

    table: Table
    columns: Columns
    dates: Moments
    values: dict[str, Array]
    groups: npt.NDArray[np.int64]
    names: list[str]


def groups_of(table: Table, ids: tuple[str, ...]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Number the series of the rows in the file's order, and name them; several ids are joined with /."""
    if not ids:
        return np.zeros(len(table.frame), dtype=np.int64), [""]
    text = table.frame[ids[0]].fillna(NO_ID).astype(str)
    for name in ids[1:]:
        text = text + "/" + table.frame[name].fillna(NO_ID).astype(str)
    codes, names = pd.factorize(text)
    if len(names) > MAX_SERIES:
        raise DataError(f"{table.path}: has {len(names):,} series; at most {MAX_SERIES:,} are read")
    return codes.astype(np.int64), [str(name) for name in names]


def raw_series(parsed: Parsed) -> Iterator[Rows]:
    """Yield the rows of every series: of every id, and of every column of values."""
    order = np.argsort(parsed.groups, kind="stable")
    bounds = np.searchsorted(parsed.groups[order], np.arange(len(parsed.names) + 1))
    is_wide = len(parsed.values) > 1
    for number, name in enumerate(parsed.names):
        rows = order[bounds[number] : bounds[number + 1]]
        for column, values in parsed.values.items():
            label = "/".join(part for part in (name, column if is_wide else "") if part)
            yield Rows(parsed.table, label, rows, parsed.dates[rows], values[rows])


def build(rows: Rows, alias: str, options: SeriesOptions, about: Series, trim: bool) -> Series:
    """Return a complete series; `about` has what all series of the file share. Raises DataError for gaps."""
    made = gaps.complete(rows, alias, options.fill, trim)
    season = options.season_length or grid.season_length(alias)
    return Series(
        dates=pd.DatetimeIndex(made.dates),
        readings=np.asarray(made.values, dtype=np.float64),
        frequency=alias,
        season_length=season,
        columns=about.columns,
        source=about.source,
        sha256=about.sha256,
        filled=made.is_filled,
        trimmed=made.trimmed,
        name=rows.name,
        understood=about.understood | _understood(rows, made, alias, season, options),
    )


def ordered(parsed: Parsed, raw: Rows) -> Rows:
    """Put the rows of a series in order."""
    candidates = [
        name for name in parsed.table.frame.columns if name not in (*parsed.columns.dates.names, *parsed.values)
    ]
    others = ", ".join(f"'{name}'" for name in candidates[:MAX_NAMED])
    hint = (
        f"if a column tells several series apart, name it with --id-column (there are {others}); else "
        if candidates
        else ""
    )
    return put_in_order(raw, f"{hint}sum or average the readings of a date first")


def common_alias(found: dict[str, str]) -> str:
    """Return the frequency that most series have."""
    return Counter(found.values()).most_common(1)[0][0]


def _understood(rows: Rows, made: gaps.Complete, alias: str, season: int, options: SeriesOptions) -> dict[str, str]:
    whose = "named by --season" if options.season_length else "the usual one of this frequency"
    stated = ", as --frequency says" if options.frequency else ""
    filled = int(made.is_filled.sum())
    counts = [f"{len(rows.numbers)} rows"]
    counts += [f"{filled} readings interpolated"] if filled else []
    counts += [f"{made.trimmed} missing readings at the ends cut off"] if made.trimmed else []
    ends = np.minimum(np.searchsorted(rows.dates, made.dates[[0, -1]]), len(rows.dates) - 1)
    first, last = rows.table.rows[rows.numbers[ends]]
    return rows.notes | {
        "frequency": f"{alias}: {in_words(alias, made.dates)}{stated}",
        "season": f"{season} readings, {whose}" if season > 1 else f"1 (none), {whose}",
        "rows": f"{len(made.values)} readings from {', '.join(counts)}",
        "first": f"{gaps.iso(made.dates[0])}: {made.values[0]:g} (row {first})",
        "last": f"{gaps.iso(made.dates[-1])}: {made.values[-1]:g} (row {last})",
    }
