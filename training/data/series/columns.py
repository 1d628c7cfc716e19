"""Which columns of a table hold the dates, the values and the ids, and why."""

from dataclasses import dataclass

from training.data.errors import DataError
from training.data.options import SeriesOptions
from training.data.series.column_kinds import Kinds
from training.data.series.date_columns import DateColumns, find_dates
from training.data.series.ids import find_ids
from training.data.tables import Table, list_columns


@dataclass(frozen=True)
class Columns:
    """The columns chosen, and `why`: role → sentence."""

    dates: DateColumns
    values: tuple[str, ...]
    ids: tuple[str, ...]
    why: dict[str, str]

    @property
    def by_role(self) -> dict[str, str]:
        """Role → names, as a card has them."""
        found = {"date": ", ".join(self.dates.names), "value": ", ".join(self.values)}
        return found | ({"id": ", ".join(self.ids)} if self.ids else {})


def choose(table: Table, options: SeriesOptions, several: bool) -> Columns:
    """Choose the columns. Raises DataError with the option that decides where several are as good.

    several: columns of values may be several series.
    """
    kinds = Kinds(table, options)
    named_values = _named(table, options.value_column)
    named_ids = _named(table, options.id_column)
    dates = find_dates(kinds, taken=(*named_values, *named_ids))
    if both := set(dates.names) & set(named_values):
        raise DataError(f"{table.path}: '{both.pop()}' cannot be both the date and the value")
    ids = named_ids or find_ids(kinds, dates, named_values)
    values, why = _find_values(kinds, dates, ids, named_values, several)
    return Columns(
        dates, values, tuple(ids), {"date": dates.why, "value": why} | _why_ids(kinds, ids, named_ids, dates, values)
    )


def _named(table: Table, text: str | None) -> tuple[str, ...]:
    """Return the columns of an option: one, or several with commas. Raises DataError for a name that is none."""
    if text is None:
        return ()
    names = (text,) if text in table.frame.columns else tuple(part.strip() for part in text.split(","))
    for name in names:
        if name not in table.frame.columns:
            raise DataError(f"{table.path}: has no column '{name}'; its columns are {list_columns(table.frame)}")
    return names


def _find_values(
    kinds: Kinds, dates: DateColumns, ids: tuple[str, ...], named: tuple[str, ...], several: bool
) -> tuple[tuple[str, ...], str]:
    if named and (several or len(named) == 1):
        return named, "named by --value-column"
    others = [name for name in kinds.names if name not in (*dates.names, *ids)]
    numbers = [name for name in others if name in kinds.numbers and not kinds.is_index(name)]
    kept = [name for name in numbers if not kinds.is_named_part(name) and not _is_constant_id(kinds, name)] or numbers
    for is_other in (kinds.is_moment, kinds.is_id_number, kinds.is_sequence):
        kept = [name for name in kept if not is_other(name)] or kept
    if len(kept) == 1:
        only = (
            "the only column of numbers"
            if len(numbers) == 1
            else "the only column of numbers that is no part of the date and no id"
        )
        return (kept[0],), only
    path = kinds.table.path
    if not kept:
        raise DataError(
            f"{path}: no column holds numbers beside the dates ({_quoted(dates.names)}); name the column to forecast with --value-column"
        )
    if several and not ids and len(kept) == len([name for name in others if not kinds.is_index(name)]):
        return tuple(kept), f"each of the {len(kept)} columns beside the dates holds numbers, so each is a series"
    raise DataError(
        f"{path}: several columns hold numbers: {', '.join(kept)}; name the column to forecast with --value-column"
    )


def _is_constant_id(kinds: Kinds, name: str) -> bool:
    return kinds.is_named_id(name) and kinds.column(name).nunique() <= 1


def _why_ids(
    kinds: Kinds, ids: tuple[str, ...], named: tuple[str, ...], dates: DateColumns, values: tuple[str, ...]
) -> dict[str, str]:
    if ids:
        return {"id": "named by --id-column" if named else "every date stands once under each of its values"}
    constant = [
        name
        for name in kinds.names
        if name not in (*dates.names, *values) and kinds.is_named_id(name) and kinds.column(name).nunique() == 1
    ]
    if constant:
        return {
            "constant": f"'{constant[0]}' has one value alone ({kinds.column(constant[0]).iloc[0]}), so the file holds one series"
        }
    return {}


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)
