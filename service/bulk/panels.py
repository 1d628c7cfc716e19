"""Rows that are readings → batches of whole series.

The rows of a series must come together. An id that comes back later is refused, since its series was forecast already.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import UnreadableInput
from .known_ids import KnownIds
from .limits import READINGS, SERIES_READINGS
from .tables import Batch, ListTable, Table
from .values import is_no_id, shown

ABSENT_ID = object()  # before the first row


@dataclass
class _Open:
    """The batch that is being filled: pieces of the file, the rows in them, and what is wrong with some."""

    first: int
    pieces: list[Table] = field(default_factory=list)
    rows: int = 0
    faults: dict[int, str] = field(default_factory=dict)

    def add(self, piece: Table) -> None:
        self.pieces.append(piece)
        self.rows += len(piece)


class PanelBatches:
    """Groups the batches of a reader by series. `id_column` is None where the whole file is one series."""

    def __init__(self, name: str, id_column: str | None, readings: int = READINGS) -> None:
        self._name = name
        self._id = id_column
        self._readings = readings
        self._known = KnownIds()
        self._current: Any = ABSENT_ID
        self._length = 0  # readings of the current series so far
        self._open = _Open(1)
        self._number = 0

    def batches(self, chunks: Iterator[Batch]) -> Iterator[Batch]:
        """Yield batches in which every series is whole. Raises UnreadableInput for an id that comes back."""
        end = 0
        for chunk in chunks:
            for begin, stop, value in self._runs(chunk):
                if value != self._current or value is None:
                    if self._open.rows >= self._readings:
                        yield self._close(chunk.first + begin, end)
                    self._start(value, chunk.first + begin)
                self._add(chunk, begin, stop)
            end = chunk.end
        if self._open.pieces:
            yield self._close(0, end)

    def _runs(self, chunk: Batch) -> Iterator[tuple[int, int, Any]]:
        """Rows of one id that follow each other: begin, end, id."""
        if self._id is None or not len(chunk.rows):
            yield 0, len(chunk.rows), ""
            return
        values = chunk.rows.values(self._id) if self._id in chunk.rows.names else [None] * len(chunk.rows)
        begin = 0
        for place in range(1, len(values)):
            if values[place] != values[begin]:
                yield begin, place, _identity(values[begin])
                begin = place
        yield begin, len(values), _identity(values[begin])

    def _start(self, value: Any, row: int) -> None:
        if value is not None and not self._known.add(str(value)):
            raise UnreadableInput(
                f"{self._name}: row {row:,}: the id {shown(value)} comes back, after other ids; the rows of a series must "
                f"come together: sort the file by {self._id}, and by time"
            )
        self._current, self._length = value, 0

    def _add(self, chunk: Batch, begin: int, stop: int) -> None:
        """Keep the readings of a run, up to one more than a series may have."""
        left = SERIES_READINGS + 1 - self._length
        self._length += stop - begin
        stop = min(stop, begin + left)
        if stop > begin or not self._open.pieces:
            for row, fault in chunk.faults.items():
                if begin <= row < stop:
                    self._open.faults[self._open.rows + row - begin] = fault
            self._open.add(chunk.rows.slice(begin, stop))

    def _close(self, next_first: int, end: int) -> Batch:
        done, number = self._open, self._number
        self._open, self._number = _Open(next_first), number + 1
        return Batch(number, done.first, joined(done.pieces), done.faults, end)


def _identity(value: Any) -> Any:
    return None if is_no_id(value) else value


def joined(pieces: list[Table]) -> Table:
    """One table of several. Columns that a piece lacks are filled with nothing."""
    if len(pieces) == 1:
        return pieces[0]
    if isinstance(pieces[0], ListTable):
        names = list(dict.fromkeys(name for piece in pieces for name in piece.names))
        return ListTable({name: [value for piece in pieces for value in _values(piece, name)] for name in names})
    import pyarrow as pa

    from .arrow_tables import ArrowTable

    tables = [piece.table for piece in pieces if isinstance(piece, ArrowTable)]
    return ArrowTable(pa.concat_tables(tables).combine_chunks())


def _values(piece: Table, name: str) -> list[Any]:
    return piece.values(name) if name in piece.names else [...] * len(piece)
