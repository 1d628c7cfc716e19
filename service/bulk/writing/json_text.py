"""Rows as JSON lines."""

import base64
import json
import math
from dataclasses import dataclass
from datetime import date
from typing import Any

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
        lines = [
            json.dumps(
                {name: plain(value) for name, value in zip(names, row, strict=True) if value is not ABSENT},
                ensure_ascii=False,
                default=as_json,
            )
            for row in rows_of(table)
        ]
        text = "".join(f"{line}\n" for line in lines)
        return tuple(names), packed(text.encode(errors="replace"), self.gzip)


def plain(value: Any) -> Any:
    """Return a value that JSON has: null for numbers that it lacks, also in lists."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    return value


def as_json(value: Any) -> Any:
    """Return what stands in JSON for a value of Parquet that it has no form for."""
    if isinstance(value, date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
