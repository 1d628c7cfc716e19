"""Parquet: some rows at a time, with their types. Needs pyarrow."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from ..errors import Refused, UnreadableInput
from ..limits import BATCH_BYTES
from ..tables import Batch

NEEDED = "Parquet needs the package pyarrow: pip install 'gatecast[parquet]'"


def check_parquet() -> None:
    """Raise Refused where pyarrow is not installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise Refused(NEEDED) from None


def open_parquet(stream: BinaryIO, name: str) -> Any:
    """Return pyarrow's reader. Raises Refused without pyarrow, UnreadableInput for another kind of file."""
    check_parquet()
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(stream)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableInput(f"{name}: is no Parquet file: {error}") from None


def read_parquet(file: Any, name: str, rows: int, columns: Sequence[str] | None) -> Iterator[Batch]:
    """Yield the rows of some columns, or of all. Raises UnreadableInput."""
    import pyarrow as pa

    from ..arrow_tables import ArrowTable

    number, first = 0, 1
    try:
        for chunk in file.iter_batches(batch_size=_at_once(file, rows), columns=columns, use_threads=False):
            for part in _parts(pa.Table.from_batches([chunk])):
                yield Batch(number, first, ArrowTable(part.replace_schema_metadata(None)))
                number, first = number + 1, first + part.num_rows
    except (pa.ArrowException, OSError) as error:
        raise UnreadableInput(f"{name}: cannot be read after row {first - 1:,}: {error}") from None
    if number == 0:
        schema = file.schema_arrow.remove_metadata()
        yield Batch(0, 1, ArrowTable(schema.empty_table().select(columns if columns is not None else schema.names)))


def _at_once(file: Any, rows: int) -> int:
    """How many rows are read at once: fewer where they are large."""
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    largest = max((group.total_byte_size // max(1, group.num_rows) for group in groups), default=0)
    return max(1, min(rows, 2 * BATCH_BYTES // max(1, largest)))


def _parts(table: Any) -> Iterator[Any]:
    """A table in pieces of about BATCH_BYTES at most."""
    pieces = min(table.num_rows, 1 + table.nbytes // BATCH_BYTES) or 1
    step = -(-table.num_rows // pieces) or 1
    for begin in range(0, table.num_rows, step):
        yield table.slice(begin, step)
