"""Where scored batches go: into a file that appears when it is whole, or straight to stdout."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol

from .errors import Refused
from .formats import Form
from .journal import Done, Journal
from .parts import ROWS, WHOLE
from .work import Encoder, Part
from .writing.csv_text import CsvEncoder

PARTS = ".parts"  # after the name of the output: the directory of its state


def parts_directory(path: Path) -> Path:
    """Where the state of a run is kept while it is not finished."""
    return path.with_name(path.name + PARTS)


class Output(Protocol):
    """Takes the parts of a run in order."""

    @property
    def done(self) -> Done:
        """What an earlier run has left."""

    def write(self, part: Part) -> None: ...

    def finish(self) -> None:
        """Everything is written."""

    def close(self) -> None:
        """The run ends, finished or not."""


class FileOutput:
    """Writes beside the file, and gives it its name in the end. What was done is kept if the run is stopped."""

    def __init__(self, path: Path, form: Form, encoder: Encoder, job: Mapping[str, Any], *, resumable: bool) -> None:
        self._path = path
        self._form = form
        self._encoder = encoder
        self._resumable = resumable
        self.journal = Journal(parts_directory(path), job)

    def open(self, *, restart: bool = False) -> None:
        """Go on with what is there. Raises Refused."""
        self.journal.open(restart=restart)
        if not self._resumable and self.journal.done.batches:
            self.journal.close()
            raise Refused(f"{self.journal.directory} has the rows of a run that was stopped; --restart forgets them")

    @property
    def done(self) -> Done:
        return self.journal.done

    def write(self, part: Part) -> None:
        self.journal.append(part)

    def finish(self) -> None:
        if self._form.format == "jsonl":
            name = ROWS
            _sync(self.journal.rows)
        else:
            name = WHOLE
            with self.journal.create(WHOLE) as file:
                write_whole(file, self._encoder, self.journal)
                _sync(file)
        os.replace(self.journal.directory / name, self._path)
        self.journal.remove()

    def close(self) -> None:
        if self._resumable:
            self.journal.close()
        else:
            self.journal.remove()


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def write_whole(file: IO[bytes], encoder: Encoder, journal: Journal) -> None:
    """Write the pieces of a journal as one file."""
    if not isinstance(encoder, CsvEncoder):
        from .writing.parquet_parts import write_parquet

        write_parquet(journal.blobs, file)
        return
    names = all_columns(list(journal.columns))
    file.write(encoder.header(names))
    for columns, blob in journal.pieces():
        file.write(encoder.widened(blob, columns, names))


def all_columns(names: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The columns of all pieces: as the longest list has them, and then those that it lacks.

    The model's come last in every list, in the same order, so that they do so here too.
    """
    longest = max(names, key=len, default=())
    more = [name for some in names for name in some if name not in longest]
    return tuple(dict.fromkeys([*more, *longest]))


class StreamOutput:
    """Writes CSV or JSON lines as they are scored. Nothing is kept for another run."""

    done = Done()

    def __init__(self, stream: BinaryIO, encoder: Encoder) -> None:
        self._stream = stream
        self._encoder = encoder
        self._columns: tuple[str, ...] | None = None
        self._read = 0

    def write(self, part: Part) -> None:
        blob = part.blob
        if isinstance(self._encoder, CsvEncoder):
            if self._columns is None:
                self._columns = part.columns
                self._stream.write(self._encoder.header(part.columns))
            new = [name for name in part.columns if name not in self._columns]
            if new:
                raise Refused(
                    f"the key '{new[0]}' comes first after row {self._read:,}, when the header of CSV is written already; "
                    "name the columns to write with --keep, or write JSON lines or a file"
                )
            blob = self._encoder.widened(blob, part.columns, self._columns)
        self._stream.write(blob)
        self._stream.flush()
        self._read += part.read

    def finish(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        """Nothing is left to do."""


class SpooledParquet:
    """Writes Parquet to stdout in the end: its directory can be written only then."""

    done = Done()

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        self._sizes: list[int] = []

    def write(self, part: Part) -> None:
        self._spool.write(part.blob)
        self._sizes.append(len(part.blob))

    def finish(self) -> None:
        from .writing.parquet_parts import write_parquet

        with tempfile.TemporaryFile() as whole:
            write_parquet(self._blobs, whole)
            whole.seek(0)
            while block := whole.read(1 << 20):
                self._stream.write(block)
        self._stream.flush()

    def _blobs(self) -> Iterator[bytes]:
        self._spool.seek(0)
        for size in self._sizes:
            yield self._spool.read(size)

    def close(self) -> None:
        self._spool.close()
