"""Rows as JSON lines."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from ..tables import ABSENT, Table
from .columns import joined_columns, rows_of
from .packing import packed


@dataclass(frozen=True)
class JsonEncoder:
    """Writes an object a line. Keys that an object of the input lacked are left out again; NaN is null."""

    gzip: bool = False

    def __call__(self, kept: Table | None, results: Table) -> tuple[tuple[str, ...], bytes]:
        table = joined_columns(kept, results)
        names = table.names
        lines = [line(dict(zip(names, row, strict=True))) for row in rows_of(table)]
        return tuple(names), packed(b"".join(lines), self.gzip)


def line(row: dict[str, Any]) -> bytes:
    """Return an object as a line."""
    if any(value is ABSENT for value in row.values()):
        row = {name: value for name, value in row.items() if value is not ABSENT}
    try:
        return to_json(row, inf_nan_mode="null", bytes_mode="base64", fallback=str) + b"\n"
    except PydanticSerializationError:  # half of a surrogate pair, which UTF-8 has not
        return json.dumps(row, ensure_ascii=False, default=str).encode(errors="replace") + b"\n"
