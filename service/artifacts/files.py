"""What lies on disk, read with suspicion: bounded, checked, and refused by name. A leaf."""

import hashlib
import json
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")
MAX_JSON_BYTES = 4 << 20
MAX_FILES = 1_000


class BundleError(Exception):
    """A model version that must not be served; the message names the file and the fault."""


def refuse(path: Path, fault: str) -> NoReturn:
    raise BundleError(f"{path} {fault}")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain_files(path: Path) -> dict[str, Path]:
    """Every file below `path` by its relative name; refuses links, devices and too many files."""
    found: dict[str, Path] = {}
    for entry in path.rglob("*"):
        if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
            refuse(entry, "is neither a plain file nor a directory")
        if entry.is_file():
            found[entry.relative_to(path).as_posix()] = entry
        if len(found) > MAX_FILES:
            refuse(path, f"holds more than {MAX_FILES} files")
    return found


def write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n", "utf-8")


def read_text(path: Path, limit: int = MAX_JSON_BYTES) -> str:
    try:
        if path.stat().st_size > limit:
            refuse(path, f"is larger than {limit} bytes")
        return path.read_bytes().decode("utf-8")  # as it is: no newline is translated
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path} cannot be read: {error}") from error


def read_json(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not JSON: {error}") from error


def parse(adapter: TypeAdapter[T], path: Path, content: Any) -> T:
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        refuse(path, f"is not valid at '{where}': {first['msg']}")
