"""What is to be done with a file, and how: from options to work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from .errors import Refused
from .formats import Dialect, Form
from .reading.parquet_rows import check_parquet
from .tables import Batch
from .work import Encoder, Scoring, Work
from .work.dates import DateForm, form_of_dates
from .work.panel import ID, TIME, PanelColumns, PanelWork
from .work.readings import Times, times_of
from .work.rows import ReadReadings, RowWork, read_any, read_text
from .writing.csv_text import CsvEncoder
from .writing.json_text import JsonEncoder


class ScoringWithSchema(Scoring, Protocol):
    """A scoring function that says which columns it gives."""

    def schema(self) -> Sequence[tuple[str, Any]]: ...


@dataclass(frozen=True)
class Written:
    """How the output is written."""

    path: Path | None  # None is stdout
    form: Form
    dialect: Dialect = field(default_factory=Dialect)

    def encoder(self, schema: Sequence[tuple[str, Any]]) -> Encoder:
        """Return what turns rows into bytes. Raises Refused without pyarrow for Parquet."""
        match self.form.format:
            case "parquet":
                check_parquet()
                from .writing.parquet_parts import ParquetEncoder

                return ParquetEncoder(dict(schema))
            case "jsonl":
                return JsonEncoder(self.form.gzip)
            case "csv" | "tsv":
                delimiter = "\t" if self.form.format == "tsv" else self.dialect.delimiter or ","
                return CsvEncoder(delimiter, self.dialect.decimal, self.form.gzip)
        raise Refused(f"rows are written as csv, tsv, jsonl or parquet, not as {self.form.format}")


class Task(Protocol):
    """What the model reads of a row. It makes the work when the first rows are known."""

    @property
    def columns(self) -> list[str]:
        """The columns of the input that the task needs."""

    @property
    def keep(self) -> tuple[str, ...] | None:
        """The columns of the input that are written; None for all of them."""

    @property
    def options(self) -> Mapping[str, Any]:
        """All that changes the result, for the comparison with an earlier run."""

    def work(self, first: Batch, written: Written) -> Work:
        """Return the work for a file that begins with these rows."""


@dataclass(frozen=True)
class TextTask:
    """A text in each row. `keep` are the columns to write beside the model's; None: all of them."""

    scoring: ScoringWithSchema
    text: str
    keep: tuple[str, ...] | None = None

    @property
    def columns(self) -> list[str]:
        return [self.text, *(self.keep or ())]

    @property
    def options(self) -> Mapping[str, Any]:
        return {"task": "texts", "scoring": repr(self.scoring), "text": self.text, "keep": self.keep}

    def work(self, first: Batch, written: Written) -> RowWork:  # noqa: ARG002
        schema = self.scoring.schema()
        inputs = (("text", self.text, read_text),)
        return RowWork(self.scoring, inputs, written.encoder(schema), self.keep, names_of(schema))


@dataclass(frozen=True)
class SeriesTask:
    """A series in each row, as a list of readings. `start` and `frequency` are columns too, if the rows have dates."""

    scoring: ScoringWithSchema
    readings: str
    start: str | None = None
    frequency: str | None = None
    keep: tuple[str, ...] | None = None
    decimal: str = "."

    @property
    def columns(self) -> list[str]:
        return [name for name in (self.readings, self.start, self.frequency, *(self.keep or ())) if name is not None]

    @property
    def options(self) -> Mapping[str, Any]:
        return {"task": "series", "scoring": repr(self.scoring), "columns": self.columns, "keep": self.keep}

    def work(self, first: Batch, written: Written) -> RowWork:  # noqa: ARG002
        inputs: list[tuple[str, str, Any]] = [("readings", self.readings, ReadReadings(self.decimal))]
        if self.start is not None:
            inputs.append(("start", self.start, read_any))
        if self.frequency is not None:
            inputs.append(("frequency", self.frequency, read_any))
        schema = self.scoring.schema()
        return RowWork(self.scoring, tuple(inputs), written.encoder(schema), self.keep, names_of(schema))


@dataclass(frozen=True)
class PanelTask:
    """A reading in each row. `scoring` gives the function for times that are dates ('timestamp') or whole numbers."""

    scoring: Mapping[str, ScoringWithSchema]
    columns_of: PanelColumns
    keep: tuple[str, ...] = ()
    decimal: str = "."
    time_format: str | None = None

    @property
    def columns(self) -> list[str]:
        of = self.columns_of
        return [name for name in (of.id, of.time, of.value, *self.keep) if name is not None]

    @property
    def options(self) -> Mapping[str, Any]:
        return {
            "task": "panel",
            "scoring": repr(self.scoring),
            "columns": self.columns,
            "keep": self.keep,
            "time_format": self.time_format,
        }

    def work(self, first: Batch, written: Written) -> PanelWork:
        time = self.columns_of.time
        times: Times = "timestamp"
        form = DateForm(self.time_format)
        if time is not None and len(first.rows):
            values = first.rows.values(time)
            times = "timestamp" if self.time_format is not None else times_of(values)
            form = form_of_dates(values, self.time_format) if times == "timestamp" else form
        scoring = self.scoring[times]
        if time is not None and time in names_of(scoring.schema()) and time != TIME:
            raise Refused(f"the time column has the name of one of the model's, {time}; give it another one")
        schema = [(time if time and name == TIME else name, kind) for name, kind in scoring.schema() if name != ID]
        return PanelWork(
            scoring,
            self.columns_of,
            written.encoder(schema),
            self.keep,
            self.decimal,
            times,
            form,
            written.form.format == "parquet",
            names_of(schema),
        )


def names_of(schema: Sequence[tuple[str, Any]]) -> tuple[str, ...]:
    """The names of columns."""
    return tuple(name for name, _ in schema)
