"""Files on disk, read with limits and checks. A fault names the file. A leaf.

A version may have been copied half, changed while it is read, or put there by somebody who means harm. Nothing here waits
for a FIFO, follows a link within a version, or reads without a limit.
"""

import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

T = TypeVar("T")
MAX_JSON_BYTES = 16 << 20  # the card of a network of ten thousand series has about 6 MiB
MAX_FILES = 1_000  # of one version, directories too
MAX_BYTES = 4 << 30  # of one version
MAX_FAULT_CHARACTERS = 1_000
CHUNK_BYTES = 1 << 20
NON_BLOCKING = getattr(os, "O_NONBLOCK", 0)  # opening a FIFO would wait for a writer


class BundleError(Exception):
    """Model versions must not be served. `faults` has a line for each, which names the file and the fault."""

    def __init__(self, *faults: str) -> None:
        self.faults = tuple(one_line(fault) for fault in faults)
        super().__init__("\n".join(self.faults))


def one_line(text: str) -> str:
    """Return a text as one short line that any log or JSON can hold: file names and messages may have anything."""
    text = re.sub(r"\s+", " ", text.strip())
    if len(text) > MAX_FAULT_CHARACTERS:  # a path is at the beginning, and its fault at the end
        text = f"{text[: MAX_FAULT_CHARACTERS // 2]} … {text[-MAX_FAULT_CHARACTERS // 2 :]}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def refuse(path: Path, fault: str) -> NoReturn:
    """Raise BundleError with the file and the fault."""
    raise BundleError(f"{path} {fault}")


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Whatever the block raises becomes a BundleError that names the file, or `path`."""
    try:
        yield
    except BundleError:
        raise
    except OSError as error:
        name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else path
        raise BundleError(f"{name} cannot be read: {error.strerror or error}") from error
    except Exception as error:
        raise BundleError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a plain file for reading. Raises BundleError for anything else, without waiting for it."""
    with (
        refusing(path),
        open(path, "rb", opener=lambda name, flags: os.open(name, flags | NON_BLOCKING)) as file,
    ):
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            refuse(path, "is not a plain file")
        yield file


def exists(path: Path) -> bool:
    """Whether there is a file or a directory of this name. Raises BundleError if it may not be looked at."""
    with refusing(path):
        return path.exists()


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal. Raises BundleError."""
    digest, size = hashlib.sha256(), 0
    with opened(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            if size > MAX_BYTES:
                refuse(path, f"is larger than {MAX_BYTES} bytes")
    return digest.hexdigest()


def plain_files(path: Path) -> dict[str, Path]:
    """Return every file below `path` by its relative name.

    Raises BundleError for links, devices, too many files or bytes, and for what cannot be read.
    """
    files: dict[str, Path] = {}
    size = 0
    with refusing(path):
        for count, entry in enumerate(_entries(path)):
            if count >= MAX_FILES:
                refuse(path, f"holds more than {MAX_FILES} files")
            if not entry.is_dir(follow_symlinks=False):
                file = Path(entry)
                if not entry.is_file(follow_symlinks=False):
                    refuse(file, "is neither a plain file nor a directory")
                size += entry.stat(follow_symlinks=False).st_size
                if size > MAX_BYTES:
                    refuse(path, f"holds more than {MAX_BYTES} bytes")
                files[file.relative_to(path).as_posix()] = file
    return files


def _entries(path: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below a directory. Links are not followed."""
    directories = [os.fspath(path)]
    while directories:
        with os.scandir(directories.pop()) as entries:
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    directories.append(entry.path)


def write_json(path: Path, content: Any) -> None:
    """Write JSON in UTF-8. Raises ValueError for NaN and infinity."""
    path.write_text(json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n", "utf-8")


def replace_file(path: Path, content: bytes, beside: Path, prefix: str) -> None:
    """Write a file whole or not at all, for all to read: into a new one in the directory `beside`, on the disk, and renamed.

    Raises OSError.
    """
    number, temporary = tempfile.mkstemp(prefix=prefix, dir=beside)
    try:
        with open(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read_bytes(path: Path, limit: int, expected: str | None = None) -> bytes:
    """Read a file of at most `limit` bytes, and of the SHA-256 `expected`, if that is known. Raises BundleError.

    With it, the bytes that are used are those that were checked, whoever writes the file meanwhile.
    """
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        content = b"" if size > limit else file.read(limit + 1)
        if size > limit or len(content) > limit:  # it may grow while it is read
            refuse(path, f"is larger than {limit} bytes")
    if expected is not None and hashlib.sha256(content).hexdigest() != expected:
        refuse(path, "was changed: its SHA-256 is not the one that was checked")
    return content


def read_text(path: Path, limit: int = MAX_JSON_BYTES, expected: str | None = None) -> str:
    """Read a text in UTF-8 of at most `limit` bytes. Raises BundleError."""
    return decoded(path, read_bytes(path, limit, expected))


def decoded(path: Path, content: bytes) -> str:
    """Return the text of a file's bytes. Raises BundleError."""
    try:
        return content.decode("utf-8")  # as it is: no newline is translated
    except UnicodeDecodeError as error:
        raise BundleError(f"{path} cannot be read: it is not UTF-8, from byte {error.start}") from error


def read_json(path: Path, expected: str | None = None) -> Any:
    """Read JSON of at most MAX_JSON_BYTES. Raises BundleError, also for NaN, lone surrogates and deep nesting."""
    return json_of(path, read_bytes(path, MAX_JSON_BYTES, expected))


def json_of(path: Path, content: bytes) -> Any:
    """Return the JSON of a file's bytes. Raises BundleError."""
    try:
        return from_json(decoded(path, content), allow_inf_nan=False)
    except ValueError as error:
        raise BundleError(f"{path} is not JSON: {error}") from error


def parse(adapter: TypeAdapter[T], path: Path, content: Any) -> T:
    """Validate the content of `path`. Raises BundleError, which names the first fault."""
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        refuse(path, f"is not valid at '{where}': {first['msg']}")
