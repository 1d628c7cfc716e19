"""The input: a file or stdin, its form, and how far it has been read."""

import gzip
import hashlib
import io
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from ..errors import UnreadableInput
from ..formats import Form, form_of, form_of_content

HEAD_BYTES = 1 << 16
STDIN = "-"


class Counted(io.RawIOBase):
    """Reads a stream, and counts the bytes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.position = 0

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        if self._stream is not getattr(sys.stdin, "buffer", None):
            self._stream.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


@dataclass
class Source:
    """An opened input. `size` is in bytes. `counted` says how much was read of it.

    `size` and `path` are None for what can be read only once: stdin, and a path of a pipe or a device.
    """

    name: str
    form: Form
    size: int | None
    stream: BinaryIO
    counted: Counted
    path: Path | None

    def text(self, encoding: str) -> IO[str]:
        """The input as text. Bytes that are not of this encoding stay in it, as lone surrogates."""
        return io.TextIOWrapper(self.stream, encoding, errors="surrogateescape", newline="")

    def close(self) -> None:
        """Let the file go."""
        self.stream.close()
        self.counted.close()

    def fingerprint(self) -> dict[str, Any] | None:
        """What tells this file from a changed one; None for what can be read only once."""
        if self.path is None:
            return None
        status = self.path.stat()
        with self.path.open("rb") as file:
            head = hashlib.sha256(file.read(HEAD_BYTES)).hexdigest()
        return {"size": status.st_size, "modified": status.st_mtime_ns, "head": head}


@contextmanager
def undamaged(name: str) -> Iterator[None]:
    """Raise UnreadableInput for what is wrong with bytes: gzip that is cut or damaged, text in another encoding."""
    try:
        yield
    except (EOFError, OSError, zlib.error) as error:
        raise UnreadableInput(f"{name}: cannot be read to its end: {error}") from None
    except UnicodeError as error:
        raise UnreadableInput(f"{name}: is not in the encoding that --encoding names: {error}") from None


def open_source(name: str, given: str | None = None) -> Source:
    """Open a file, or stdin for `-`. `given` is the format that an option names. Raises UnreadableInput or Refused."""
    if name == STDIN:
        return _opened("stdin", sys.stdin.buffer, None, None, None, given)
    path = Path(name)
    try:
        file = path.open("rb")
        status = os.fstat(file.fileno())
    except OSError as error:
        raise UnreadableInput(f"{name}: cannot be read: {error.strerror}") from None
    form = form_of(path, given)
    if not stat.S_ISREG(status.st_mode):  # to open a pipe a second time would take bytes out of it
        return _opened(name, file, None, None, form, given)
    return _opened(name, file, status.st_size, path, form, given)


def _opened(
    name: str, file: BinaryIO, size: int | None, path: Path | None, form: Form | None, given: str | None
) -> Source:
    counted = Counted(file)
    buffered = io.BufferedReader(counted, HEAD_BYTES)
    packed = buffered.peek(2)[:2] == b"\x1f\x8b"
    stream = cast(BinaryIO, gzip.GzipFile(fileobj=buffered)) if packed else buffered
    if form is None:
        form = form_of_content(_peek(stream, name), given)
    if form.format == "parquet":  # its directory is at its end
        stream = cast(BinaryIO, _spooled(stream)) if path is None else path.open("rb")
    return Source(name, Form(form.format, packed), size, stream, counted, path)


def _peek(stream: Any, name: str) -> bytes:
    with undamaged(name):
        return bytes(stream.peek(4096))


def _spooled(stream: BinaryIO) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is read until the process ends
    while data := stream.read(1 << 20):
        file.write(data)
    file.seek(0)
    return file
