"""The input: a file or stdin, its form, and how far it has been read."""

import codecs
import gzip
import hashlib
import io
import os
import re
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
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
UNPACK = "is compressed with {0}, and gzip alone is read; unpack it into the command: {0} -dc FILE | gatecast … -"
OTHERS = {  # each has bytes that no text has: one may begin with BZh
    re.compile(rb"\x28\xb5\x2f\xfd"): UNPACK.format("zstd"),
    re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"): UNPACK.format("bzip2"),
    re.compile(rb"\xfd7zXZ\0"): UNPACK.format("xz"),
    re.compile(
        rb"PK\x03\x04"
    ): "is a ZIP archive, as workbooks of Excel are; save the sheet as CSV, or unpack the file",
}


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
    begun: os.stat_result | None = None  # its state when it was opened
    ends: str = ""  # a hash that tells whether its content was changed since then

    def text(self, encoding: str) -> IO[str]:
        """The input as text. Bytes that are not of this encoding stay in it, as lone surrogates."""
        return io.TextIOWrapper(self.stream, encoding, errors="surrogateescape", newline="")

    def growth(self) -> int:
        """How many bytes were added to the end of the file since it was opened. Raises UnreadableInput if it was changed otherwise."""
        try:
            now = None if self.path is None else self.path.stat()
        except FileNotFoundError:  # it was removed, and is read from where it was opened
            now = None
        if self.path is None or now is None or self.begun is None or not os.path.samestat(now, self.begun):
            return 0
        size = self.begun.st_size
        if now.st_size > size:
            is_other = self._is_rewritten(self.path, size)
        else:
            is_other = now.st_size < size or now.st_mtime_ns != self.begun.st_mtime_ns
        if is_other:
            raise UnreadableInput(f"{self.name}: was changed while it was read; begin again, with --restart")
        return now.st_size - size

    def _is_rewritten(self, path: Path, size: int) -> bool:
        """Whether a file that grew is another one now. What is added to a log leaves the `size` bytes before it as they were."""
        with undamaged(self.name), path.open("rb") as file:
            return _ends(file, size) != self.ends

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
    begun = None if path is None else os.fstat(file.fileno())
    ends = "" if begun is None else _ends(file, begun.st_size)
    counted = Counted(file)
    buffered = io.BufferedReader(counted, HEAD_BYTES)
    head = buffered.peek(16)[:16]
    packed = head.startswith(b"\x1f\x8b")
    _check_not_packed(name, head, buffered)
    stream = cast(BinaryIO, gzip.GzipFile(fileobj=buffered)) if packed else buffered
    if form is None:
        form = form_of_content(_peek(stream, name), given)
    if form.format == "parquet":  # its directory is at its end
        stream = cast(BinaryIO, _spooled(stream)) if path is None else path.open("rb")
    return Source(name, Form(form.format, packed), size, stream, counted, path, begun, ends)


def _ends(file: BinaryIO, size: int) -> str:
    """Return a hash of the first and the last bytes of the first `size` ones. The file is at its beginning then."""
    found = hashlib.sha256()
    for begin in (0, max(0, size - HEAD_BYTES)):
        file.seek(begin)
        found.update(file.read(min(HEAD_BYTES, size)))
    file.seek(0)
    return found.hexdigest()


def _check_not_packed(name: str, head: bytes, stream: IO[bytes]) -> None:
    """Raise UnreadableInput for what other programs have to unpack first, and close it."""
    for magic, hint in OTHERS.items():
        if magic.match(head):
            stream.close()
            raise UnreadableInput(f"{name}: {hint}")


def check_encoding(source: Source, encoding: str | None) -> None:
    """Raise UnreadableInput for UTF-16 that is to be read in another encoding; None is JSON, which is in UTF-8."""
    head = _peek(source.stream, source.name)[:2]
    if head in BYTE_ORDER_MARKS and (
        encoding is None or not codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    ):
        hint = (
            "--encoding utf-16 reads it"
            if encoding
            else f"JSON is read in UTF-8: iconv -f utf-16 -t utf-8 {source.name}"
        )
        raise UnreadableInput(f"{source.name}: is in UTF-16; {hint}")


def _peek(stream: Any, name: str) -> bytes:
    with undamaged(name):
        return bytes(stream.peek(4096))


def _spooled(stream: BinaryIO) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is read until the process ends
    while data := stream.read(1 << 20):
        file.write(data)
    file.seek(0)
    return file
