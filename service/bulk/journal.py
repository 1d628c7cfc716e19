"""The state of a run that can go on after it was stopped: a directory beside the output.

`job.json` says which job it is. `rows` has what was written so far, and the journal a line for each batch in it: how long
its piece is, and its checksum. A piece that was not written whole, or lost with the power, is cut off and made again.
"""

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from .errors import Refused
from .parts import JOB, JOURNAL, NEW_JOB, ROWS, check_own, locked, opened, remove_own
from .work import Part

BLOCK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A batch in the journal."""

    number: int
    read: int
    rows: int
    errors: int
    size: int
    checksum: int
    columns: tuple[str, ...]

    @classmethod
    def parse(cls, line: bytes) -> "Entry":
        """Return the entry of a line. Raises ValueError for one that was not written whole."""
        fields = json.loads(line)
        return cls(**fields | {"columns": tuple(fields["columns"])})


@dataclass(frozen=True)
class Done:
    """What is written: so many batches, rows of the input, rows of the output, and rows with errors."""

    batches: int = 0
    read: int = 0
    rows: int = 0
    errors: int = 0


class Journal:
    """The directory of a job, for one process at a time."""

    def __init__(self, directory: Path, job: Mapping[str, Any]) -> None:
        self.directory = directory
        self.done = Done()
        self._job = json.loads(json.dumps(job))
        self._rows: IO[bytes] | None = None
        self._lines: IO[bytes] | None = None
        self._lock: IO[bytes] | None = None

    def open(self, *, restart: bool = False) -> None:
        """Go on with the job that the directory has, or begin it. Raises Refused if it is another one, or is at work.

        `restart`: forget what the directory has.
        """
        try:
            self._open(restart=restart)
        except OSError as error:
            self.close()
            raise Refused(f"{self.directory}: cannot be written: {error.strerror}") from None
        except BaseException:
            self.close()
            raise

    def _open(self, *, restart: bool) -> None:
        self.directory.mkdir(exist_ok=True)
        check_own(self.directory)
        self._lock = locked(self.directory)
        self._rows = opened(self.directory / ROWS)
        self._lines = opened(self.directory / JOURNAL)
        known = _job_at(self.directory / JOB)
        if known is None or restart:
            self._begin()
        elif known != self._job:
            raise Refused(
                f"{self.directory} has the rows of another run, which was stopped: {_difference(known, self._job)}. "
                "Run that one again to finish it; --restart forgets it and begins anew"
            )
        self._cut()

    def _begin(self) -> None:
        """Forget all rows, and then say whose the next ones are: in this order, so that no rows change their job."""
        self.lines.truncate(0)
        self.rows.truncate(0)
        new = self.directory / NEW_JOB
        with opened(new) as file:
            file.truncate(0)
            file.write(json.dumps(self._job, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self.directory / JOB)

    def _cut(self) -> None:
        """Keep the batches that are whole in both files, and cut off what follows them."""
        self.rows.seek(0)
        self.lines.seek(0)
        kept = size = 0
        for line in self.lines:
            entry = _entry(line, self.done.batches)
            if entry is None or not _is_whole(self.rows, entry):
                break
            self._count(entry)
            kept, size = kept + len(line), size + entry.size
        self.lines.truncate(kept)
        self.rows.truncate(size)
        self.lines.seek(0, os.SEEK_END)
        self.rows.seek(0, os.SEEK_END)

    def append(self, part: Part) -> None:
        """Note a batch that is done. It is there also if the process is killed after this."""
        entry = Entry(
            part.number, part.read, part.rows, part.errors, len(part.blob), zlib.crc32(part.blob), part.columns
        )
        self.rows.write(part.blob)
        self.rows.flush()
        self.lines.write(json.dumps(asdict(entry)).encode() + b"\n")
        self.lines.flush()
        self._count(entry)

    def _count(self, entry: Entry) -> None:
        done = self.done
        self.done = Done(done.batches + 1, done.read + entry.read, done.rows + entry.rows, done.errors + entry.errors)

    def pieces(self) -> Iterator[tuple[tuple[str, ...], bytes]]:
        """The pieces of the output, in order, each with its columns."""
        self.rows.seek(0)
        for entry in self._entries():
            yield entry.columns, self.rows.read(entry.size)
        self.rows.seek(0, os.SEEK_END)

    def columns(self) -> Iterator[tuple[str, ...]]:
        """The columns of each piece."""
        return (entry.columns for entry in self._entries())

    def _entries(self) -> Iterator[Entry]:
        with (self.directory / JOURNAL).open("rb") as lines:
            yield from map(Entry.parse, lines)

    def blobs(self) -> Iterator[bytes]:
        """The pieces alone."""
        return (blob for _, blob in self.pieces())

    @property
    def rows(self) -> IO[bytes]:
        """The pieces of the output."""
        assert self._rows is not None
        return self._rows

    @property
    def lines(self) -> IO[bytes]:
        """The entries."""
        assert self._lines is not None
        return self._lines

    def create(self, name: str) -> IO[bytes]:
        """Open another of the directory's files, empty."""
        file = opened(self.directory / name)
        file.truncate(0)
        return file

    def close(self) -> None:
        """Let the files go; the state stays."""
        for file in (self._lines, self._rows, self._lock):
            if file is not None:
                file.close()

    def remove(self) -> None:
        """Forget the state. It is locked until nothing of it is left, and is left alone if it is another process's by now."""
        if self._lock is not None and not self._lock.closed:
            remove_own(self.directory)
        self.close()


def _entry(line: bytes, number: int) -> Entry | None:
    try:
        entry = Entry.parse(line)
    except (ValueError, TypeError, KeyError):
        return None
    return entry if line.endswith(b"\n") and entry.number == number else None


def _is_whole(rows: IO[bytes], entry: Entry) -> bool:
    checksum, left = 0, entry.size
    while left and (block := rows.read(min(left, BLOCK))):
        checksum = zlib.crc32(block, checksum)
        left -= len(block)
    return left == 0 and checksum == entry.checksum


def _job_at(path: Path) -> Any:
    """The job that a directory is of; None if it is not there, or cannot be read."""
    try:
        with opened(path, create=False) as file:
            file.seek(0)
            return json.loads(file.read())
    except (FileNotFoundError, ValueError):
        return None


def _difference(known: Any, asked: Mapping[str, Any]) -> str:
    """The first thing in which two jobs differ, in words."""
    if not isinstance(known, dict):
        return "its job is unreadable"
    for name, value in asked.items():
        if known.get(name) != value:
            if name == "input":
                return "its input was another file, or the file was changed since"
            return f"its {name} was {json.dumps(known.get(name))}, and is {json.dumps(value)} now"
    return "it was made by another version"
