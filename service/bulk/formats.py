"""Which format a file has: by what it is said to be, by its name, or by its first bytes."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from .errors import Refused

Format = Literal["csv", "tsv", "jsonl", "json", "parquet", "txt"]
FORMATS: tuple[Format, ...] = get_args(Format)
SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": "txt",
}
GZIP = b"\x1f\x8b"
PARQUET = re.compile(rb"PAR1[^\t\r\n -\xff]")  # and a byte that no text has: one may begin with PAR1


@dataclass(frozen=True)
class Dialect:
    """How a file writes its fields. Without a delimiter, it is found in the first lines."""

    delimiter: str | None = None
    decimal: str = "."
    encoding: str = "utf-8-sig"


@dataclass(frozen=True)
class Form:
    """A format, and whether it is compressed with gzip."""

    format: Format
    gzip: bool = False


def format_named(name: str) -> Format:
    """Return the format that an option names. Raises Refused."""
    for known in FORMATS:
        if name.lower() == known:
            return known
    raise Refused(f"there is no format '{name}'; known are {', '.join(FORMATS)}")


def form_of(path: Path, given: str | None = None) -> Form | None:
    """Return the form of a file by its name; None if the name does not say it. `given` is the format that an option names."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    gzip = suffixes[-1:] == [".gz"]
    if gzip:
        suffixes.pop()
    known = format_named(given) if given else SUFFIXES.get(suffixes[-1]) if suffixes else None
    if known == "parquet" and gzip:
        raise Refused(f"{path}: Parquet is compressed inside; leave .gz away")
    return None if known is None else Form(known, gzip)


def form_of_content(head: bytes, given: str | None = None) -> Form:
    """Return the form of a file by its first bytes. What is nothing else is CSV."""
    if given:
        return Form(format_named(given), head.startswith(GZIP))
    if PARQUET.match(head):
        return Form("parquet")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"[":
        return Form("json")
    return Form("jsonl" if text[:1] == b"{" else "csv")


def output_form(path: Path | None, given: str | None, default: Format) -> Form:
    """Return the form to write: the one an option names, or that of the file's name; `default` to a pipe. Raises Refused."""
    if path is None:
        return Form(format_named(given) if given else default)
    form = form_of(path, given)
    if form is None:
        raise Refused(
            f"{path}: the name does not say its format; end it with .csv, .jsonl or .parquet, or give --format"
        )
    return form
