"""Rows that are readings → batches of whole series.

The rows of a series must come together. An id that comes back later is refused, since its series was forecast already.
A row without an id, or one that cannot be read, does not end a series: it is put after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from .errors import UnreadableInput
from .known_ids import KnownIds, key_of
from .limits import READINGS, SERIES_READINGS
from .tables import Batch, ListTable, Table
from .values import is_no_id, short

MAX_ASIDE = 1000
ABSENT_ID = object()  # before the first row


@dataclass
class _Piece:
    """Rows of a chunk that follow each other."""

    chunk: Batch
    begin: int
    end: int

    def rows(self) -> Table:
        whole = self.end - self.begin == len(self.chunk.rows)
        return self.chunk.rows if whole else self.chunk.rows.slice(self.begin, self.end)


@dataclass
class _Open:
    """The batch that is being filled: pieces of the file, the rows in them, and what is wrong with some."""

    first: int
    pieces: list[_Piece] = field(default_factory=list)
    rows: int = 0
    faults: dict[int, str] = field(default_factory=dict)
    left_out: int = 0

    def add(self, chunk: Batch, begin: int, end: int) -> None:
        """Take rows of a chunk."""
        for row, fault in chunk.faults.items():
            if begin <= row < end:
                self.faults[self.rows + row - begin] = fault
        last = self.pieces[-1] if self.pieces else None
        if last is not None and last.chunk is chunk and last.end == begin:
            last.end = end
        else:
            self.pieces.append(_Piece(chunk, begin, end))
        self.rows += end - begin


class PanelBatches:
    """Groups the batches of a reader by series. `id_column` is None where the whole file is one series."""

    def __init__(self, name: str, id_column: str | None, readings: int = READINGS) -> None:
        self._name = name
        self._id = id_column
        self._readings = readings
        self._known = KnownIds()
        self._current: Any = ABSENT_ID
        self._length = 0  # readings of the current series so far
        self._aside: list[_Piece] = []  # rows without an id amid the current series
        self._open = _Open(1)
        self._number = 0

    def batches(self, chunks: Iterator[Batch]) -> Iterator[Batch]:
        """Yield batches in which every series is whole. Raises UnreadableInput for an id that comes back."""
        end = 0
        for chunk in chunks:
            for begin, stop, value in self._runs(chunk):
                if value is None and self._can_wait(stop - begin):
                    self._aside.append(_Piece(chunk, begin, stop))
                    continue
                if value != self._current or value is None:
                    self._end_series()
                    if self._open.rows >= self._readings:
                        yield self._close(chunk.first + begin, end)
                    self._start(value, chunk.first + begin)
                self._add(chunk, begin, stop)
            end = chunk.end
        self._end_series()
        if self._open.pieces:
            yield self._close(0, end)

    def _can_wait(self, rows: int) -> bool:
        """Whether rows without an id can be kept until the current series ends. Of many of them, it ends there."""
        held = sum(piece.end - piece.begin for piece in self._aside)
        return self._current is not ABSENT_ID and self._current is not None and held + rows <= MAX_ASIDE

    def _end_series(self) -> None:
        for piece in self._aside:
            self._open.add(piece.chunk, piece.begin, piece.end)
        self._aside = []

    def _runs(self, chunk: Batch) -> Iterator[tuple[int, int, Any]]:
        """Rows of one id that follow each other: begin, end, id."""
        if self._id is None or not len(chunk.rows):
            yield 0, len(chunk.rows), ""
        elif self._id not in chunk.rows.names:
            yield 0, len(chunk.rows), None
        else:
            for begin, end, value in chunk.rows.runs(self._id):
                yield begin, end, None if is_no_id(value) else value

    def _start(self, value: Any, row: int) -> None:
        if value is not None and not self._known.add(key_of(value)):
            raise UnreadableInput(
                f"{self._name}: row {row:,}: the id {short(value)} comes back, after other ids; the rows of a series must "
                f"come together: sort the file by {self._id}, and by time"
            )
        self._current, self._length = value, 0

    def _add(self, chunk: Batch, begin: int, stop: int) -> None:
        """Keep the readings of a run, up to one more than a series may have."""
        left = max(0, SERIES_READINGS + 1 - self._length)
        rows = stop - begin
        self._length += rows
        kept = rows if self._current is None else min(rows, left)
        self._open.left_out += rows - kept
        if kept or not self._open.pieces:
            self._open.add(chunk, begin, begin + kept)

    def _close(self, next_first: int, end: int) -> Batch:
        done, number = self._open, self._number
        self._open, self._number = _Open(next_first), number + 1
        return Batch(
            number, done.first, joined([piece.rows() for piece in done.pieces]), done.faults, end, done.left_out
        )


def joined(pieces: list[Table]) -> Table:
    """One table of several. Columns that a piece lacks are filled with nothing."""
    if len(pieces) == 1:
        return pieces[0]
    if any(isinstance(piece, ListTable) for piece in pieces):  # CSV has both where only some of its blocks are plain
        names = list(dict.fromkeys(name for piece in pieces for name in piece.names))
        columns = {name: list(chain.from_iterable(_values(piece, name) for piece in pieces)) for name in names}
        return ListTable(columns, sum(map(len, pieces)))
    import pyarrow as pa

    from .arrow_tables import ArrowTable

    tables = [piece.table for piece in pieces if isinstance(piece, ArrowTable)]
    return ArrowTable(pa.concat_tables(tables).combine_chunks())


def _values(piece: Table, name: str) -> list[Any]:
    return piece.values(name) if name in piece.names else [...] * len(piece)
