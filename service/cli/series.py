"""What `forecast` and `anomalies` share: the series of an input, and what is said beside the answer."""

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..bulk.errors import UnreadableInput
from ..bulk.formats import Dialect
from .columns import roles_of
from .exits import end_with, warn
from .frames import frame_of
from .inputs import first_fault, open_input, read_all
from .outputs import write_frame
from .requests import Request, read_json

MAX_WARNINGS = 10


@dataclass(frozen=True)
class Asked:
    """Where the series are, as options say it."""

    source: str
    input_format: str | None
    dialect: Dialect
    id: str | None
    time: str | None
    value: str | None
    time_format: str | None


@dataclass(frozen=True)
class Data:
    """What a model is given, and the names of the columns of a long frame."""

    data: Any
    columns: dict[str, str | None]
    frequency: str | None
    many: bool

    def keywords(self, frequency: str | None) -> dict[str, Any]:
        """What every question about the data says: their columns, their frequency, and where errors go."""
        errors = "column" if self.many else "raise"
        return {"frequency": frequency or self.frequency, "errors": errors} | self.columns


def data_of(asked: Asked) -> Data:
    """Return the series of an input. Raises BulkError."""
    source = open_input(asked.source, asked.input_format)
    with closing(source):
        read = read_json(source) if source.form.format in ("json", "jsonl") else read_all(source, asked.dialect)
    if isinstance(read, Request):
        return Data(read.series, {}, read.frequency, many=False)
    if not len(read.rows):
        raise UnreadableInput(f"{read.name}: has no rows")
    if not read.rows.names:
        first_fault(read)  # such as of lines that are no JSON
        raise UnreadableInput(f"{read.name}: its rows have no columns")
    given = (asked.id, asked.time, asked.value)
    roles = roles_of(read.name, read.rows, given, asked.dialect.decimal, asked.time_format)
    frame = frame_of(read, roles, asked.dialect.decimal, asked.time_format)
    if len(roles.values) > 1:
        return Data(frame, {}, None, many=True)
    columns = {"id": roles.id, "time": roles.time, "value": roles.values[0]}
    return Data(frame, columns, None, many=roles.id is not None)


def tell_warnings(answer: pd.DataFrame) -> None:
    """Print the warnings of an answer."""
    lines = [
        f"{'' if name is None else f'{name}: '}{warning['detail']}"
        for name, warnings in answer.attrs.get("warnings", {}).items()
        for warning in warnings
    ]
    for line in lines[:MAX_WARNINGS]:
        warn(line)
    if len(lines) > MAX_WARNINGS:
        warn(f"… and {len(lines) - MAX_WARNINGS:,} more")


def is_error(answer: pd.DataFrame) -> "pd.Series[bool]":
    """Return which rows have an error."""
    return answer["error"].notna() if "error" in answer else pd.Series(False, answer.index)


def finish(answer: pd.DataFrame, out: str, output_format: str | None, *, overwrite: bool) -> None:
    """Tell the warnings of an answer, write its rows, and end with the status that its errors mean."""
    tell_warnings(answer)
    write_frame(answer, out, output_format, overwrite=overwrite)
    end_with(int(is_error(answer).sum()))
