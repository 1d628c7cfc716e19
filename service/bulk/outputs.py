"""Where scored batches go: into a file that appears when it is whole, or straight to stdout."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol

from .errors import Refused
from .formats import Form
from .journal import Done, Journal
from .limits import COLUMNS
from .parts import ROWS, WHOLE
from .work import Encoder, Part
from .writing.csv_text import CsvEncoder

PARTS = ".parts"  # after the name of the output: the directory of its state


def parts_directory(path: Path) -> Path:
    """Where the state of a run is kept while it is not finished: beside the file itself, where the output is a link to one."""
    real = Path(os.path.realpath(path))
    return real.with_name(real.name + PARTS)


def free_target(path: Path, *, overwrite: bool) -> Path:
    """Return the file that an output means: what a link points to, and not the link. Raises Refused if it must not be made."""
    target = Path(os.path.realpath(path))
    if path.is_dir():
        raise Refused(f"{path} is a directory; name a file for the output")
    if path.exists() and not path.is_file():
        raise Refused(
            f"{path} is a pipe or a device, and not replaced with a file; write to standard output: --out - > {path}"
        )
    if path.exists() and not overwrite:
        raise Refused(f"{path} exists; --overwrite replaces it when the new one is whole")
    if not target.parent.is_dir():
        raise Refused(f"{target.parent} is no directory; make it first")
    return target


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
        self._path = Path(os.path.realpath(path))
        self._form = form
        self._encoder = encoder
        self._resumable = resumable
        self._names: set[str] = set()  # of all columns
        self.journal = Journal(parts_directory(path), job)

    def open(self, *, restart: bool = False) -> None:
        """Go on with what is there. Raises Refused."""
        self.journal.open(restart=restart)
        if self._form.format != "jsonl":
            self._names.update(name for columns in self.journal.columns() for name in columns)
        if not self._resumable and self.journal.done.batches:
            self.journal.close()
            raise Refused(f"{self.journal.directory} has the rows of a run that was stopped; --restart forgets them")

    @property
    def done(self) -> Done:
        return self.journal.done

    def write(self, part: Part) -> None:
        if (
            self._form.format != "jsonl"
        ):  # a line of JSON has its own keys; the others have a column for each key of the file
            self._names.update(part.columns)
            if len(self._names) > COLUMNS:
                raise Refused(
                    f"the objects have more than {COLUMNS:,} different keys; each key is a column of the output: name the "
                    "columns to write with --keep, or write JSON lines"
                )
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
    names = all_columns(journal.columns)
    file.write(encoder.header(names))
    for columns, blob in journal.pieces():
        file.write(encoder.widened(blob, columns, names))


def all_columns(lists: Callable[[], Iterator[tuple[str, ...]]]) -> tuple[str, ...]:
    """The columns of all pieces: as the longest list has them, and then those that it lacks.

    The model's come last in every list, in the same order, so that they do so here too.
    """
    longest = max(lists(), key=len, default=())
    held = set(longest)
    more = dict.fromkeys(name for some in lists() for name in some if name not in held)
    return (*more, *longest)


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
