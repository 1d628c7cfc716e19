"""The state of a run that can go on after it was stopped: a directory beside the output.

`job.json` says which job it is. `rows` has what was written so far, and the journal a line for each batch in it: how long
its piece is, and its checksum. A piece that was not written whole, or lost with the power, is cut off and made again.
"""

import json
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from .errors import Refused
from .work import Part

JOB, ROWS, JOURNAL = "job.json", "rows", "journal"
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
        self.columns: dict[tuple[str, ...], None] = {}  # every list of columns that a piece has
        self._job = json.loads(json.dumps(job))
        self._rows: IO[bytes] | None = None
        self._lines: IO[bytes] | None = None

    def open(self, *, restart: bool = False) -> None:
        """Go on with the job that the directory has, or begin it. Raises Refused if it is another one, or is at work.

        `restart`: forget what the directory has.
        """
        try:
            self.directory.mkdir(exist_ok=True)
            self._rows = (self.directory / ROWS).open("a+b")
        except OSError as error:
            raise Refused(f"{self.directory}: cannot be written: {error.strerror}") from None
        try:
            self._lock(self._rows)
            if restart:
                (self.directory / JOB).unlink(missing_ok=True)
                (self.directory / JOURNAL).unlink(missing_ok=True)
            self._check_job()
            self._lines = (self.directory / JOURNAL).open("a+b")
            self._cut()
        except BaseException:
            self.close()
            raise

    def _lock(self, file: IO[bytes]) -> None:
        with suppress(ImportError):
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Refused(f"{self.directory}: another process is at work on this output") from None

    def _check_job(self) -> None:
        path = self.directory / JOB
        with suppress(FileNotFoundError, ValueError):
            known = json.loads(path.read_bytes())
            if known != self._job:
                raise Refused(
                    f"{self.directory} has the rows of another run, which was stopped: {_difference(known, self._job)}. "
                    "Run that one again to finish it; --restart forgets it and begins anew"
                )
            return
        path.write_text(json.dumps(self._job, indent=1), encoding="utf-8")

    def _cut(self) -> None:
        """Keep the batches that are whole in both files, and cut off what follows them."""
        assert self._rows is not None
        assert self._lines is not None
        self._rows.seek(0)
        self._lines.seek(0)
        kept = size = 0
        for line in self._lines:
            entry = _entry(line, self.done.batches)
            if entry is None or not _is_whole(self._rows, entry):
                break
            self._count(entry)
            kept, size = kept + len(line), size + entry.size
        self._lines.truncate(kept)
        self._rows.truncate(size)
        self._lines.seek(0, os.SEEK_END)
        self._rows.seek(0, os.SEEK_END)

    def append(self, part: Part) -> None:
        """Note a batch that is done. It is there also if the process is killed after this."""
        assert self._rows is not None
        assert self._lines is not None
        entry = Entry(
            part.number, part.read, part.rows, part.errors, len(part.blob), zlib.crc32(part.blob), part.columns
        )
        self._rows.write(part.blob)
        self._rows.flush()
        self._lines.write(json.dumps(asdict(entry)).encode() + b"\n")
        self._lines.flush()
        self._count(entry)

    def _count(self, entry: Entry) -> None:
        done = self.done
        self.done = Done(done.batches + 1, done.read + entry.read, done.rows + entry.rows, done.errors + entry.errors)
        self.columns[entry.columns] = None

    def pieces(self) -> Iterator[tuple[tuple[str, ...], bytes]]:
        """The pieces of the output, in order, each with its columns."""
        assert self._rows is not None
        self._rows.seek(0)
        with (self.directory / JOURNAL).open("rb") as lines:
            for line in lines:
                entry = Entry.parse(line)
                yield entry.columns, self._rows.read(entry.size)
        self._rows.seek(0, os.SEEK_END)

    def blobs(self) -> Iterator[bytes]:
        """The pieces alone."""
        return (blob for _, blob in self.pieces())

    @property
    def rows(self) -> IO[bytes]:
        assert self._rows is not None
        return self._rows

    def close(self) -> None:
        """Let the files go; the state stays."""
        for file in (self._lines, self._rows):
            if file is not None:
                file.close()

    def remove(self) -> None:
        """Forget the state."""
        self.close()
        shutil.rmtree(self.directory, ignore_errors=True)


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
