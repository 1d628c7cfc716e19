"""A row is an item of its own: a text, or a series in a list. Every row of the input is a row of the output."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..limits import SERIES_READINGS
from ..tables import ABSENT, Batch, ListTable
from ..values import is_missing, to_numbers
from ..writing.columns import output_name
from . import ERROR, Encoder, Part, Scoring, kept_columns, plain_columns, values_of


def read_text(value: Any) -> Any:
    """Return a text for the model, which says itself what is wrong with most. Raises ValueError for one in another encoding."""
    if isinstance(value, str) and not value.isascii() and any("\udc80" <= sign <= "\udcff" for sign in value):
        raise ValueError("the text is not in UTF-8; --encoding says what it is in, such as cp1252")
    return None if value is ABSENT else value


@dataclass(frozen=True)
class ReadReadings:
    """Reads a list of readings, with decimal points or commas."""

    decimal: str = "."

    def __call__(self, value: Any) -> list[float]:
        """Return the readings; NaN is a missing one. Raises ValueError."""
        readings = to_numbers(value, self.decimal)
        if len(readings) > SERIES_READINGS:
            raise ValueError(f"the series has {len(readings):,} readings; at most {SERIES_READINGS:,} are read")
        return readings


def read_any(value: Any) -> Any:
    """Return a value as it is, or None."""
    return None if is_missing(value) else value


@dataclass(frozen=True)
class RowWork:
    """Scores every row. `inputs` are the columns that the model reads: by its name of one, that of the input, and its reader."""

    scoring: Scoring
    inputs: tuple[tuple[str, str, Callable[[Any], Any]], ...]
    encoder: Encoder
    keep: tuple[str, ...] | None = None
    results: tuple[str, ...] = ()  # the model's columns

    def clashes(self, names: list[str]) -> list[str]:
        return [name for name in (names if self.keep is None else self.keep) if output_name(name, self.results) != name]

    def check(self) -> None:
        self.scoring(pd.DataFrame({name: [] for name, _, _ in self.inputs}, dtype=object))

    def __call__(self, batch: Batch) -> Part:
        frame, faults = self._frame(batch)
        scored = self.scoring(frame).drop(columns=[name for name, _, _ in self.inputs])
        results = _scattered(plain_columns(scored), frame.index.tolist(), len(batch.rows), faults)
        names, blob = self.encoder(kept_columns(batch.rows, self.keep), results)
        rows, errors = len(batch.rows), sum(error is not None for error in results.values(ERROR))
        return Part(batch.number, rows, rows, errors, names, blob, batch.end)

    def _frame(self, batch: Batch) -> tuple[pd.DataFrame, dict[int, str]]:
        """The rows that the model can read, by their place in the batch, and what is wrong with the others."""
        faults = dict(batch.faults)
        columns: dict[str, dict[int, Any]] = {}
        for name, column, reader in self.inputs:
            read = columns[name] = {}
            for place, value in enumerate(values_of(batch.rows, column)):
                try:
                    read[place] = reader(value)
                except ValueError as error:
                    faults.setdefault(place, str(error))
        good = [place for place in range(len(batch.rows)) if place not in faults]
        frame = pd.DataFrame(
            {name: pd.Series([read[place] for place in good], good, dtype=object) for name, read in columns.items()}
        )
        return frame, faults


def _scattered(columns: dict[str, list[Any]], places: list[int], rows: int, faults: dict[int, str]) -> ListTable:
    """The model's columns for all rows: nothing but the error for those with a fault."""
    if not faults:
        columns.setdefault(ERROR, [None] * rows)
        return ListTable(columns)
    results: dict[str, list[Any]] = {}
    for name, values in columns.items():
        column = results[name] = [None] * rows
        for place, value in zip(places, values, strict=True):
            column[place] = value
    errors = results.setdefault(ERROR, [None] * rows)
    for place, fault in faults.items():
        errors[place] = fault
    return ListTable(results)
