"""Which column holds the dates, which the readings, which the names of the series: as named, or as they look."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..bulk.errors import UnreadableInput
from ..bulk.reading import check_columns, listed
from ..bulk.tables import Table
from ..bulk.values import DECIMAL_COMMA, is_missing, to_number
from ..bulk.work.dates import parse_dates

LOOKED_AT = 1000  # rows
TIMES = ("ds", "date", "time", "timestamp", "datetime", "month", "day", "year", "step", "period", "index")
IDS = ("unique_id", "id", "series", "series_id", "name", "key", "item", "store")
VALUES = ("y", "value", "reading", "values", "readings")
Kind = Literal["number", "date", "text"]


@dataclass(frozen=True)
class Roles:
    """What the columns are. Several values without an id are a series each."""

    id: str | None
    time: str | None
    values: tuple[str, ...]


def roles_of(
    name: str,
    rows: Table,
    given: tuple[str | None, str | None, str | None],
    decimal: str,
    time_format: str | None,
) -> Roles:
    """Return the roles of columns: those `given` (id, time, value), and those that they seem to have. Raises UnreadableInput."""
    check_columns(name, [column for column in given if column is not None], rows.names)
    identifier, time, value = given
    kinds = {column: _kind(rows.values(column)[:LOOKED_AT], decimal, time_format) for column in rows.names}
    free = [column for column in rows.names if column not in given]
    if time is None:
        time = _named(free, TIMES, kinds, ("date", "number")) or _first(free, kinds, "date")
        free = [column for column in free if column != time]
    if identifier is None:
        identifier = _named(free, IDS, kinds, ("text", "number")) or _first(free, kinds, "text")
        free = [column for column in free if column != identifier]
    if value is not None:
        return Roles(identifier, time, (value,))
    numbers = tuple(column for column in free if kinds[column] == "number")
    if not numbers:
        hint = "; --decimal , reads decimal commas" if decimal == "." and _has_decimal_commas(rows) else ""
        raise UnreadableInput(
            f"{name}: no column holds numbers alone; name one of {listed(rows.names)} with --value{hint}"
        )
    return Roles(identifier, time, _values(name, numbers, identifier))


def _has_decimal_commas(rows: Table) -> bool:
    columns = (rows.values(column)[:LOOKED_AT] for column in rows.names)
    return any(isinstance(value, str) and DECIMAL_COMMA.fullmatch(value) for values in columns for value in values)


def _values(name: str, numbers: tuple[str, ...], identifier: str | None) -> tuple[str, ...]:
    named = tuple(column for column in numbers if column.lower() in VALUES)
    if len(named) == 1:
        return named
    if identifier is not None and len(numbers) > 1:
        raise UnreadableInput(f"{name}: which column has the readings? name it with --value: {listed(numbers)}")
    return numbers


def _named(free: list[str], known: Sequence[str], kinds: dict[str, Kind], allowed: Sequence[Kind]) -> str | None:
    fitting = [column for column in free if column.lower() in known and kinds[column] in allowed]
    return fitting[0] if fitting and len(free) > 1 else None


def _first(free: list[str], kinds: dict[str, Kind], kind: Kind) -> str | None:
    return next((column for column in free if kinds[column] == kind), None)


def _kind(values: list[Any], decimal: str, time_format: str | None) -> Kind:
    present = [value for value in values if not is_missing(value)]
    try:
        for value in present:
            to_number(value, decimal)
    except ValueError:
        try:
            is_date = not parse_dates(present, time_format).isna().any()
        except (ValueError, TypeError):
            is_date = False
        return "date" if is_date else "text"
    return "number"
