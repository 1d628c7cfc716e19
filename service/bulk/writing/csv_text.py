"""Rows as CSV. The header is written by whoever puts the pieces together."""

import csv
import gzip
import io
import json
import math
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic_core import to_json

from ..tables import ABSENT, Table
from .columns import joined_columns
from .packing import packed

FIELD_CHARACTERS = 1 << 30  # no piece is so long
REPEATED = {date, datetime, str, bool, type(None)}  # many values are the same; 1 and True would be taken for one


@dataclass(frozen=True)
class CsvEncoder:
    """Writes texts as they were read; lists and objects as JSON; nothing for what is missing."""

    delimiter: str = ","
    decimal: str = "."
    gzip: bool = False

    def __call__(self, kept: Table | None, results: Table) -> tuple[tuple[str, ...], bytes]:
        table = joined_columns(kept, results)
        return tuple(table.names), self._lines([self._texts(table.values(name)) for name in table.names])

    def header(self, names: Sequence[str]) -> bytes:
        """The first line."""
        return self._lines([[name] for name in names])

    def widened(self, blob: bytes, names: Sequence[str], wanted: Sequence[str]) -> bytes:
        """Return rows that have the columns `names`, with all of those wanted."""
        if tuple(names) == tuple(wanted):
            return blob
        places = {name: place for place, name in enumerate(names)}
        raw = gzip.decompress(blob) if self.gzip and blob else blob
        columns = list(zip(*self._read(raw.decode(errors="surrogateescape")), strict=True))
        count = len(columns[0]) if columns else 0
        return self._lines([list(columns[places[name]]) if name in places else [""] * count for name in wanted])

    def _read(self, text: str) -> list[list[str]]:
        """Rows that were written here, whose fields may be longer than those that are read of an input."""
        before = csv.field_size_limit(FIELD_CHARACTERS)
        try:
            return list(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter))
        finally:
            csv.field_size_limit(before)

    def _lines(self, columns: list[list[str]]) -> bytes:
        """Columns as lines. They are put together column by column, which takes a third of the time of `csv.writer`."""
        if len(columns) == 1:  # an empty line would be no row
            columns = [[text or '""' for text in self._quoted(columns[0])]]
        else:
            columns = [self._quoted(column) for column in columns]
        lines = list(map(self.delimiter.join, zip(*columns, strict=True)))
        text = "\n".join(lines) + ("\n" if lines else "")
        return packed(text.encode(errors="surrogateescape"), self.gzip)

    def _quoted(self, texts: list[str]) -> list[str]:
        """Texts in quotation marks where they need them."""
        special = (self.delimiter, '"', "\n", "\r")
        together = "\0".join(texts)
        if not any(sign in together for sign in special):
            return texts
        return [
            '"' + text.replace('"', '""') + '"' if any(sign in text for sign in special) else text for text in texts
        ]

    def _texts(self, values: list[Any]) -> list[str]:
        """A column as texts."""
        kinds = set(map(type, values))
        if kinds == {str}:
            return values
        if kinds <= {float, type(None)}:
            return self._numbers(values) if values else []
        if kinds <= REPEATED and (datetime not in kinds or not any(map(_has_zone, values))):
            texts = {value: self._text(value) for value in set(values)}
            return [texts[value] for value in values]
        return [self._text(value) for value in values]

    def _numbers(self, values: list[Any]) -> list[str]:
        """Numbers as texts. pydantic writes the same digits as `repr`, in a fraction of the time."""
        texts = to_json(values, inf_nan_mode="null")[1:-1].decode().replace("null", "").split(",")
        return texts if self.decimal == "." else [text.replace(".", self.decimal) for text in texts]

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if value is None or value is ABSENT:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return "" if math.isnan(value) else repr(value).replace(".", self.decimal)
        if isinstance(value, bytes):
            return urlsafe_b64encode(value).decode()  # as in JSON lines
        if isinstance(value, list | dict):
            return json.dumps(value, ensure_ascii=False, default=str)
        return value.isoformat() if isinstance(value, date) else str(value)


def _has_zone(value: Any) -> bool:
    """Whether a value is a date with a zone. Two of these are equal also in the hour that comes twice, and are written differently."""
    return isinstance(value, datetime) and value.tzinfo is not None
