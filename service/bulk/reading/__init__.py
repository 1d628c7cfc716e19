"""From a file of any format to batches of rows, in constant memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..errors import UnreadableInput
from ..formats import Dialect
from ..tables import Batch
from .csv_rows import read_csv
from .json_lines import read_array, read_json_lines, read_text_lines
from .parquet_rows import open_parquet, read_parquet
from .source import Source, check_encoding, undamaged

MAX_NAMED = 20  # columns that a message lists


@dataclass(frozen=True)
class Rows:
    """The rows of an input. `total` is what `Batch.end` reaches in the end: bytes, or rows of Parquet; None if not known."""

    batches: Iterator[Batch]
    total: int | None


@dataclass(frozen=True)
class Reading:
    """How an input is read: so many rows at once; these columns alone where the format allows it; how CSV is written."""

    rows: int
    columns: Sequence[str] | None = None
    dialect: Dialect = field(default_factory=Dialect)


def read(source: Source, reading: Reading) -> Rows:
    """Return the rows of an input. Raises BulkError, also while they are read."""
    if source.form.format == "parquet":
        file = open_parquet(source.stream, source.name)
        if reading.columns is not None:
            check_columns(source.name, reading.columns, file.schema_arrow.names)
        batches = read_parquet(file, source.name, reading.rows, reading.columns)
        return Rows(_counted(batches, lambda batch: batch.first - 1 + len(batch.rows)), file.metadata.num_rows)
    batches = _undamaged(_text_batches(source, reading), source.name)
    return Rows(_counted(batches, lambda _: source.counted.position), source.size)


def _text_batches(source: Source, reading: Reading) -> Iterator[Batch]:
    dialect = reading.dialect
    check_encoding(source, None if source.form.format in ("json", "jsonl") else dialect.encoding)
    match source.form.format:
        case "jsonl":
            return read_json_lines(source.stream, reading.rows, source.name)
        case "json":
            return read_array(source.stream, source.name, reading.rows)
        case "txt":
            return read_text_lines(source.text(dialect.encoding), source.name, reading.rows)
        case "tsv":
            dialect = replace(dialect, delimiter=dialect.delimiter or "\t")
    return read_csv(source.text(dialect.encoding), source.name, dialect, reading.rows)


def check_columns(name: str, wanted: Sequence[str], present: Sequence[str]) -> None:
    """Raise UnreadableInput if a column is not there; the message lists those that are."""
    for column in wanted:
        if column not in present:
            raise UnreadableInput(f"{name}: has no column '{column}'; its columns are {listed(present)}")


def listed(names: Sequence[str]) -> str:
    """Return the names of columns for a message."""
    return (", ".join(names[:MAX_NAMED]) or "none") + (", …" if len(names) > MAX_NAMED else "")


def _counted(batches: Iterator[Batch], end: Callable[[Batch], int]) -> Iterator[Batch]:
    for batch in batches:
        yield replace(batch, end=end(batch))


def _undamaged(batches: Iterator[Batch], name: str) -> Iterator[Batch]:
    with undamaged(name):
        yield from batches
