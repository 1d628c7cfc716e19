"""A series, or several, read from a user's file or fetched. See tables.py for errors, series_audit.py for remarks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from training.data.errors import DataError
from training.data.options import DEFAULT, SeriesOptions
from training.data.series import assembly, date_columns, deciding, gaps, grid, matrix
from training.data.series.assembly import Parsed
from training.data.series.column_kinds import Kinds
from training.data.series.columns import Columns, choose
from training.data.series.rows import Rows
from training.data.series.types import Panel, Series, one_series
from training.data.tables import Table, fetch, file_sha256, read_table

SERIES_URL = "https://fred.stlouisfed.org/graph/fredgraph.csv?id=IPG2211A2N&cosd=1985-01-01&coed=2018-01-01"
SERIES_ROWS = 397
MAX_NAMED = 8
MAX_REMARKS = 20


def read_series(path: Path, options: SeriesOptions = DEFAULT) -> Series:
    """Read the one series of a file. Raises DataError for a file of several, which names them and what tells them apart.

    Columns, form of the dates, frequency and season are found, unless the options name them. With `fill`, missing values and
    dates are interpolated, up to a fifth of the series; missing values at both ends are removed. Raises DataError for what
    cannot be read, and for what has two readings that give different series.
    """
    panel = _read(path, options, several=False)
    return next(iter(panel.series.values()))


def read_panel(path: Path, options: SeriesOptions = DEFAULT) -> Panel:
    """Read the series of a file: one, those of an id column (long form), or each column of numbers (wide form).

    Series of another frequency than most have, and series that are too short, are left out, with a remark. Raises DataError
    as read_series does.
    """
    return _read(path, options, several=True)


def fetch_series() -> Series:
    """Fetch the default series: US electric and gas utilities production, 1985-01 to 2018-01, from FRED.

    FRED revises and rebases it, so its bytes have no fixed checksum: the number of rows and the frequency are checked
    instead, and the card states the SHA-256 of the file. Raises DataError if it cannot be fetched or is another series.
    """
    path = fetch(SERIES_URL, None, "IPG2211A2N.csv", "--data my.csv, a file with dates and readings")
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


def _read(path: Path, options: SeriesOptions, several: bool) -> Panel:
    stated = grid.alias_of(options.frequency) if options.frequency else None
    if options.season_length is not None and options.season_length < 1:
        raise DataError("--season is at least 1")
    table = matrix.unfold(read_table(path, options.file, min_columns=2))
    columns = choose(table, options, several)
    parsed, understood = _parse(table, columns, options)
    raw = list(assembly.raw_series(parsed))
    if options.series_id is not None:
        understood["series"] = f"'{options.series_id}' alone, of {len(raw)}, as --series-id says"
        raw = [replace(_named(raw, options.series_id, path), name="")]
    elif len(raw) > 1 and not several:
        raise DataError(_several(raw, columns, path))
    about = _about(path, options, columns, understood)
    if len(raw) == 1:
        rows = gaps.rounded(assembly.ordered(parsed, raw[0]), stated)
        series = assembly.build(rows, gaps.find_frequency(rows, stated), options, about, trim=False)
        return one_series(series)
    return _panel(parsed, raw, options, about, stated)


def _parse(table: Table, columns: Columns, options: SeriesOptions) -> tuple[Parsed, dict[str, str]]:
    """Read the cells of the chosen columns; also say how."""
    candidates = date_columns.read(Kinds(table, options), columns.dates)
    groups, names = assembly.groups_of(table, columns.ids)
    decision = deciding.decide(candidates, groups, ", ".join(columns.dates.names), table.path)
    values, style = {}, ""
    for name in columns.values:
        numbers = table.numbers(name, options.decimal)
        if numbers.ambiguous:
            raise DataError(f"{table.path}: column '{name}': {numbers.ambiguous}")
        if numbers.is_wrong.any():
            cell = table.frame[name].iloc[int(np.argmax(numbers.is_wrong))]
            raise DataError(
                f"{table.path}: column '{name}' is not a finite number in {table.where(numbers.is_wrong)}: '{cell}'"
            )
        values[name], style = numbers.values, numbers.style
    understood = table.understood | {
        "date column": f"{_quoted(columns.dates.names)}: {columns.why['date']}",
        "date form": f"{decision.candidate.label}{decision.why}",
        "value column": f"{_quoted(columns.values)}: {columns.why['value']}; {style}",
    }
    understood |= {"id column": f"{_quoted(columns.ids)}: {columns.why['id']}"} if columns.ids else {}
    understood |= {"one series": columns.why["constant"]} if "constant" in columns.why else {}
    understood |= {"time zone": decision.clock} if decision.clock else {}
    return Parsed(table, columns, decision.dates, values, groups, names), understood


def _about(path: Path, options: SeriesOptions, columns: Columns, understood: dict[str, str]) -> Series:
    """What all series of a file share, as a series without readings."""
    none = np.zeros(0)
    source, sha256 = options.source or path.name, file_sha256(path)
    return Series(
        pd.DatetimeIndex([]), none, "", 1, columns.by_role, source, sha256, none.astype(bool), understood=understood
    )


def _panel(parsed: Parsed, raw: list[Rows], options: SeriesOptions, about: Series, stated: str | None) -> Panel:
    """Build the series that have the frequency of most; the others are remarked on."""
    left_out: dict[str, str] = {}
    kept, aliases = {}, {}
    for each in raw:
        rows = gaps.rounded(assembly.ordered(parsed, each), stated)
        try:
            present = rows.select(~np.isnan(rows.values)) if len(parsed.values) > 1 else rows
            aliases[rows.name] = gaps.find_frequency(present, stated)
            kept[rows.name] = rows
        except gaps.Irregular as error:
            left_out[each.name] = str(error)
    if not kept:
        raise DataError(f"{next(iter(left_out.values()))} (none of {len(raw)} series can be read)")
    alias = assembly.common_alias(aliases)
    series = {}
    for name, rows in kept.items():
        try:
            series[name] = assembly.build(rows, alias, options, about, trim=True)
        except gaps.Irregular as error:
            left_out[name] = str(error)
    if not series:
        raise DataError(f"{next(iter(left_out.values()))} (none of {len(raw)} series can be read)")
    return Panel(
        series,
        _understood_of_panel(series, left_out, about.understood),
        about.source,
        about.sha256,
        about.columns,
        [
            f"left out: {reason.removeprefix(f'{parsed.table.path}: ')}"
            for reason in list(left_out.values())[:MAX_REMARKS]
        ],
    )


def _understood_of_panel(series: dict[str, Series], left_out: dict[str, str], shared: dict[str, str]) -> dict[str, str]:
    one = next(iter(series.values()))
    lengths = [len(each.readings) for each in series.values()]
    first = min(gaps.iso(each.dates[0].to_numpy()) for each in series.values())
    last = max(gaps.iso(each.dates[-1].to_numpy()) for each in series.values())
    filled = sum(int(each.filled.sum()) for each in series.values())
    notes = {label: text for label, text in one.understood.items() if label in ("frequency", "season")}
    names = ", ".join(list(series)[:MAX_NAMED]) + (" …" if len(series) > MAX_NAMED else "")
    return (
        shared
        | notes
        | {
            "series": f"{len(series)}: {names}" + (f"; {len(left_out)} left out" if left_out else ""),
            "rows": f"{sum(lengths)} readings, {min(lengths)} to {max(lengths)} of a series"
            + (f", {filled} of them interpolated" if filled else ""),
            "first": first,
            "last": last,
        }
    )


def _named(raw: list[Rows], name: str, path: Path) -> Rows:
    found = next((rows for rows in raw if rows.name == name), None)
    if found is None:
        raise DataError(f"{path}: has no series '{name}'; its series are {_names(raw)}")
    return found


def _several(raw: list[Rows], columns: Columns, path: Path) -> str:
    if not columns.ids:
        return (
            f"{path}: --value-column names several columns ({', '.join(columns.values)}); one series is read: name one"
        )
    which = "column" if len(columns.ids) == 1 else "columns"
    return (
        f"{path}: holds {len(raw)} series, which the id {which} {_quoted(columns.ids)} tells apart: {_names(raw)}; "
        f"--series-id reads one of them, such as --series-id '{raw[0].name}'"
    )


def _names(raw: list[Rows]) -> str:
    return ", ".join(rows.name for rows in raw[:MAX_NAMED]) + (" …" if len(raw) > MAX_NAMED else "")


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)
