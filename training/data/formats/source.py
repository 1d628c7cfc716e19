"""The bytes of a file, unpacked if it is compressed, and what kind of file they are."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from training.data.errors import DataError

MAX_BYTES = 1 << 30  # of a file, decompressed
MAX_WORKBOOK_BYTES = 1 << 28  # of a workbook, decompressed: XML takes ten times its size in memory
FileKind = Literal["text", "workbook", "parquet"]


def _gunzip(file: io.BytesIO) -> io.BufferedIOBase:
    return gzip.GzipFile(fileobj=file)


UNPACKERS: dict[bytes, tuple[str, Callable[[io.BytesIO], io.BufferedIOBase]]] = {
    b"\x1f\x8b": ("gzip", _gunzip),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
}
WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
REFUSED = {
    b"%PDF": "a PDF document; export the table as CSV",
    b"SQLite format 3": "an SQLite database; export one table as CSV",
    b"\x89HDF": "an HDF5 file; write the table as CSV or Parquet",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"ARROW1": "an Arrow or Feather file; write it as Parquet or CSV",
    b"\x93NUMPY": "a NumPy array; write it as CSV",
    b"7z\xbc\xaf": "a 7-Zip archive; unpack it first",
    b"Rar!": "a RAR archive; unpack it first",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard; unpack it first",
    b"\x80\x04\x95": "a Python pickle, which is never opened since it may run code; write the table as CSV or Parquet",
    b"\x80\x05\x95": "a Python pickle, which is never opened since it may run code; write the table as CSV or Parquet",
    b"ORC": "an ORC file; write it as Parquet or CSV",
    b"Obj\x01": "an Avro file; write it as Parquet or CSV",
}


@dataclass(frozen=True)
class Content:
    """The bytes of a table, and how they were packed: "" or "compressed with gzip"."""

    kind: FileKind
    data: bytes
    packed: str = ""


def read_content(path: Path) -> Content:
    """Read and unpack a file. Raises DataError for a file that is missing, too large, damaged or of a kind without a table."""
    try:
        if path.is_dir():
            raise DataError(f"{path}: is a directory; name a file")
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path}: larger than {MAX_BYTES} bytes")
        return _identify(path.read_bytes(), path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _identify(data: bytes, path: Path, packed: str = "") -> Content:
    for magic, (name, unpack) in UNPACKERS.items():
        if data.startswith(magic) and not packed:
            try:
                with unpack(io.BytesIO(data)) as file:
                    return _identify(_read_bounded(file, path), path, f"compressed with {name}")
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
                raise DataError(f"{path}: is damaged; it cannot be unpacked with {name}: {error}") from error
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _from_zip(data, path, packed)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return Content("workbook", data, packed)
    if data.startswith(b"PAR1"):
        return Content("parquet", data, packed)
    for magic, what in REFUSED.items():
        if data.startswith(magic):
            raise DataError(f"{path}: is no table but {what}")
    return Content("text", data, packed)


def _from_zip(data: bytes, path: Path, packed: str) -> Content:
    """A workbook, or the one file in an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [info for info in archive.infolist() if not info.is_dir() and not _is_litter(info.filename)]
            if any(info.filename in WORKBOOK_PARTS for info in names):
                if sum(info.file_size for info in names) > MAX_WORKBOOK_BYTES:
                    raise DataError(f"{path}: its workbook is larger than {MAX_WORKBOOK_BYTES} bytes; export it as CSV")
                return Content("workbook", data, packed)
            if len(names) != 1 or packed:
                listed = ", ".join(f"'{info.filename}'" for info in names[:5])
                raise DataError(f"{path}: the archive holds {len(names)} files ({listed}); unpack it and name one")
            with archive.open(names[0]) as file:
                return _identify(_read_bounded(file, path), path, f"'{names[0].filename}' in a zip archive")
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise DataError(f"{path}: is a damaged or locked zip archive or workbook: {error}") from error


def _is_litter(name: str) -> bool:
    """What macOS adds to archives."""
    return name.startswith("__MACOSX/") or name.endswith(".DS_Store")


def _read_bounded(file: "io.BufferedIOBase | IO[bytes]", path: Path) -> bytes:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DataError(f"{path}: larger than {MAX_BYTES} bytes when unpacked")
    return data
