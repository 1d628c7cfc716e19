"""Rows with the types of Parquet, or texts of plain CSV. pyarrow is an optional package: nothing imports this module before it is needed."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .tables import ABSENT, Table

NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)


class ArrowTable:
    """Columns of Arrow."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __getstate__(self) -> bytes:
        return to_ipc(self.table)  # pickled as it is, a slice would take the whole column with it

    def __setstate__(self, state: bytes) -> None:
        self.table = from_ipc(state)

    @property
    def names(self) -> list[str]:
        return list(self.table.column_names)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def values(self, name: str) -> list[Any]:
        values: list[Any] = self.table.column(name).to_pylist()
        return values

    def numbers(self, name: str, decimal: str) -> npt.NDArray[np.float64] | None:
        column = self.table.column(name)
        if _is_text(column.type):
            return _numbers_of_texts(column, decimal)
        if any(is_kind(column.type) for is_kind in NUMBERS):
            return _floats(column.cast(pa.float64(), safe=False))  # to the nearest one
        return None

    def dates(self, name: str) -> pd.DatetimeIndex | None:
        column = self.table.column(name)
        if not pa.types.is_timestamp(column.type) and not pa.types.is_date(column.type):
            return None
        kind = pa.timestamp("us", getattr(column.type, "tz", None))
        return pd.DatetimeIndex(column.cast(kind, safe=False).to_pandas())

    def different(self, name: str) -> tuple[list[Any], npt.NDArray[np.intp]] | None:
        column = self.table.column(name)
        if not _is_text(column.type):
            return None
        encoded = column.combine_chunks().dictionary_encode("encode")
        return encoded.dictionary.to_pylist(), encoded.indices.to_numpy()

    def runs(self, name: str) -> Iterator[tuple[int, int, Any]]:
        column = self.table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        encoded = pc.run_end_encode(column.combine_chunks() if len(column) else pa.array([], column.type), pa.int64())
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        begin = 0
        for end, value in zip(encoded.run_ends.to_pylist(), encoded.values.to_pylist(), strict=True):
            yield begin, end, value
            begin = end

    def select(self, names: Sequence[str]) -> "ArrowTable":
        return ArrowTable(self.table.select(list(names)))

    def slice(self, begin: int, end: int) -> "ArrowTable":
        return ArrowTable(self.table.slice(begin, end - begin))

    def take(self, rows: Sequence[int]) -> "ArrowTable":
        return ArrowTable(self.table.take(pa.array(rows, pa.int64())))


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _numbers_of_texts(column: Any, decimal: str) -> npt.NDArray[np.float64] | None:
    """Texts as numbers; None if one is neither a number nor empty."""
    if decimal != ".":
        column = pc.replace_substring(column, decimal, ".")
    with suppress(pa.ArrowInvalid):
        return _floats(column.cast(pa.float64()))
    with suppress(pa.ArrowInvalid):
        return _floats(pc.if_else(pc.equal(column, ""), None, column).cast(pa.float64()))
    return None


def _floats(column: Any) -> npt.NDArray[np.float64]:
    """Numbers with NaN where there is none. They can be changed."""
    return np.array(column.to_numpy(), np.float64)


def to_ipc(table: Any) -> bytes:
    """Return a table in Arrow's own form for streams."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def from_ipc(blob: bytes) -> Any:
    """Return the table of `to_ipc`."""
    with pa.ipc.open_stream(blob) as reader:
        return reader.read_all()


def to_arrow(table: Table) -> Any:
    """Return a table as Arrow's. Columns whose values have no common type become JSON text."""
    if isinstance(table, ArrowTable):
        return table.table
    return pa.table({name: _array(table.values(name)) for name in table.names})


def _array(values: list[Any]) -> Any:
    plain = [None if value is ABSENT else value for value in values]
    try:
        return pa.array(plain)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError):
        return pa.array([as_text(value) for value in plain], pa.string())


def as_text(value: Any) -> str | None:
    """Return a value as text that UTF-8 can hold: text as it is, everything else as JSON."""
    if value is None:
        return None
    is_json = isinstance(value, bool | int | float | list | dict)
    text = json.dumps(value, ensure_ascii=False, default=str) if is_json else str(value)
    return text.encode(errors="replace").decode()
