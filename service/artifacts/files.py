"""Files on disk, read with limits and checks. A fault names the file. A leaf."""

import hashlib
import json
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")
MAX_JSON_BYTES = 4 << 20
MAX_FILES = 1_000


class BundleError(Exception):
    """A model version must not be served. The message names the file and the fault."""


def refuse(path: Path, fault: str) -> NoReturn:
    """Raise BundleError with the file and the fault."""
    raise BundleError(f"{path} {fault}")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain_files(path: Path) -> dict[str, Path]:
    """Return every file below `path` by its relative name. Raises BundleError for links, devices and too many files."""
    files: dict[str, Path] = {}
    for entry in path.rglob("*"):
        if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
            refuse(entry, "is neither a plain file nor a directory")
        if entry.is_file():
            files[entry.relative_to(path).as_posix()] = entry
        if len(files) > MAX_FILES:
            refuse(path, f"holds more than {MAX_FILES} files")
    return files


def write_json(path: Path, content: Any) -> None:
    """Write JSON in UTF-8. Raises ValueError for NaN and infinity."""
    path.write_text(json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n", "utf-8")


def read_text(path: Path, limit: int = MAX_JSON_BYTES) -> str:
    """Read a text in UTF-8 of at most `limit` bytes. Raises BundleError."""
    try:
        if path.stat().st_size > limit:
            refuse(path, f"is larger than {limit} bytes")
        return path.read_bytes().decode("utf-8")  # as it is: no newline is translated
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path} cannot be read: {error}") from error


def read_json(path: Path) -> Any:
    """Read JSON of at most MAX_JSON_BYTES. Raises BundleError."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not JSON: {error}") from error


def parse(adapter: TypeAdapter[T], path: Path, content: Any) -> T:
    """Validate the content of `path`. Raises BundleError, which names the first fault."""
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        refuse(path, f"is not valid at '{where}': {first['msg']}")
