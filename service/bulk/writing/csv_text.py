"""Rows as CSV. The header is written by whoever puts the pieces together."""

import csv
import gzip
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic_core import to_json

from ..tables import ABSENT, Table
from .columns import joined_columns
from .packing import packed


@dataclass(frozen=True)
class CsvEncoder:
    """Writes texts as they were read; lists and objects as JSON; nothing for what is missing."""

    delimiter: str = ","
    decimal: str = "."
    gzip: bool = False

    def __call__(self, kept: Table | None, results: Table) -> tuple[tuple[str, ...], bytes]:
        table = joined_columns(kept, results)
        columns = [self._fields(table.values(name)) for name in table.names]
        return tuple(table.names), self._lines(zip(*columns, strict=True))

    def header(self, names: Sequence[str]) -> bytes:
        """The first line."""
        return self._lines([names])

    def widened(self, blob: bytes, names: Sequence[str], wanted: Sequence[str]) -> bytes:
        """Return rows that have the columns `names`, with all of those wanted."""
        if tuple(names) == tuple(wanted):
            return blob
        places = {name: place for place, name in enumerate(names)}
        raw = gzip.decompress(blob) if self.gzip and blob else blob
        rows = csv.reader(io.StringIO(raw.decode(errors="surrogateescape"), newline=""), delimiter=self.delimiter)
        return self._lines([row[places[name]] if name in places else "" for name in wanted] for row in rows)

    def _lines(self, rows: Any) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator="\n").writerows(rows)
        return packed(text.getvalue().encode(errors="surrogateescape"), self.gzip)

    def _fields(self, values: list[Any]) -> list[Any]:
        """A column as the writer takes it: it writes texts and whole numbers as they are, and nothing for None."""
        kinds = set(map(type, values))
        if kinds <= {str, int, type(None)}:
            return values
        return self._numbers(values) if kinds <= {float, type(None)} else [self._field(value) for value in values]

    def _numbers(self, values: list[Any]) -> list[str]:
        """Numbers as texts. pydantic writes the same digits as `repr`, in a fraction of the time."""
        texts = to_json(values, inf_nan_mode="null")[1:-1].decode().replace("null", "").split(",")
        return texts if self.decimal == "." else [text.replace(".", self.decimal) for text in texts]

    def _field(self, value: Any) -> Any:
        if isinstance(value, str):
            return value
        if value is None or value is ABSENT:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return "" if math.isnan(value) else repr(value).replace(".", self.decimal)
        if isinstance(value, list | dict):
            return json.dumps(value, ensure_ascii=False, default=str)
        return value.isoformat() if isinstance(value, date) else str(value)
