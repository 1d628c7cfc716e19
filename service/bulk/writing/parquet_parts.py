"""Rows as Arrow's streams, and many of these as one Parquet file, whose types hold for all of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..arrow_tables import as_text, from_ipc, to_arrow, to_ipc
from ..tables import Table
from .columns import output_name

ROW_GROUP = 50_000  # rows that are held while the file is written; a group with long texts is smaller
GROUP_BYTES = 64 << 20


@dataclass(frozen=True)
class ParquetEncoder:
    """Keeps the types of the input's columns. The model's have the types of `kinds`, also where all values are missing."""

    kinds: Mapping[str, str]

    def __call__(self, kept: Table | None, results: Table) -> tuple[tuple[str, ...], bytes]:
        columns: dict[str, Any] = {}
        if kept is not None:
            table = to_arrow(kept)
            for name in table.column_names:
                columns[output_name(name, results.names)] = table.column(name)
        for name in results.names:
            columns[name] = _typed(results.values(name), self.kinds.get(name))
        return tuple(columns), to_ipc(pa.table(columns))


def _typed(values: list[Any], kind: str | None) -> Any:
    known = TYPES.get(kind or "")
    if kind == "timestamp_ntz":
        values = [value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in values]
    return pa.array(values, known() if known else None, from_pandas=True)


TYPES: Mapping[str, Any] = {
    "string": pa.string,
    "double": pa.float64,
    "bigint": pa.int64,
    "boolean": pa.bool_,
    "timestamp_ntz": lambda: pa.timestamp("us"),
    "array<double>": lambda: pa.list_(pa.float64()),
    "array<string>": lambda: pa.list_(pa.string()),
    "array<timestamp_ntz>": lambda: pa.list_(pa.timestamp("us")),
}


def parquet_schema(parts: Iterator[bytes]) -> Any:
    """The names and types that all parts fit into."""
    schema: Any = None
    for blob in parts:
        with pa.ipc.open_stream(blob) as reader:
            schema = reader.schema if schema is None else unified(schema, reader.schema)
    return pa.schema([]) if schema is None else schema


def unified(one: Any, other: Any) -> Any:
    """Return names and types for the rows of both. A column whose types do not go together becomes text."""
    if one.equals(other):
        return one
    fields = {field.name: field for field in one}
    new = []
    for field in other:
        if field.name in fields:
            fields[field.name] = _unified_field(fields[field.name], field)
        else:
            new.append(field)
    return pa.schema([*new, *fields.values()])


def _unified_field(one: Any, other: Any) -> Any:
    if one.type == other.type:
        return one
    is_nested = pa.types.is_nested(one.type) or pa.types.is_nested(other.type)
    if is_nested and not (pa.types.is_null(one.type) or pa.types.is_null(other.type)):
        return pa.field(one.name, pa.string())
    try:
        return pa.unify_schemas([pa.schema([one]), pa.schema([other])], promote_options="permissive").field(0)
    except pa.ArrowException:
        return pa.field(one.name, pa.string())


class Unfit(Exception):
    """A column has a value that its type cannot hold."""


def write_parquet(parts: Callable[[], Iterator[bytes]], out: IO[bytes]) -> None:
    """Write parts as one Parquet file, whose types all values fit into.

    A type that holds for numbers of two kinds may be too narrow for one of them, such as a whole number beyond 2^53 beside
    fractions. The column becomes text then, and the file is written again.
    """
    schema = parquet_schema(parts())
    while True:
        try:
            _write(parts(), schema, out)
            return
        except Unfit as unfit:
            place = schema.get_field_index(str(unfit))
            schema = schema.set(place, pa.field(str(unfit), pa.string()))
            out.seek(0)
            out.truncate()


def _write(parts: Iterator[bytes], schema: Any, out: IO[bytes]) -> None:
    """Raises Unfit."""
    with pq.ParquetWriter(out, schema) as writer:
        waiting: list[Any] = []
        for blob in parts:
            waiting.append(_cast(from_ipc(blob), schema))
            if sum(map(len, waiting)) >= ROW_GROUP or sum(table.nbytes for table in waiting) >= GROUP_BYTES:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting))


def _cast(table: Any, schema: Any) -> Any:
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table.column(field.name)
        columns.append(_fitted(column, field))
    return pa.table(columns, schema=schema)


def _fitted(column: Any, field: Any) -> Any:
    """Raises Unfit."""
    if pa.types.is_string(field.type) and not pa.types.is_string(column.type):
        return pa.array([as_text(value) for value in column.to_pylist()], field.type)
    try:
        return column.cast(field.type)
    except pa.ArrowException:
        raise Unfit(field.name) from None
