"""What reading a series and reading texts share: a CSV read as text, the download cache, and DataError.

Bad input is a DataError that says what was wrong, where, and what would be right; nothing is silently
dropped. Defaults are fetched from their public homes and cached under the user's cache directory
(`GATECAST_CACHE` moves it).
"""

import hashlib
import os
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pooch

MAX_CSV_BYTES = 1 << 30


class DataError(Exception):
    """The data cannot be used as it is; the message teaches what would be right."""


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_directory() -> Path:
    return Path(os.environ.get("GATECAST_CACHE") or pooch.os_cache("gatecast"))


def fetch(url: str, known_hash: str | None, name: str, instead: str) -> Path:
    """Download once, check, and keep; DataError says what to pass when there is no network."""
    downloader = pooch.HTTPDownloader(progressbar=False, timeout=60, headers={"User-Agent": "gatecast"})
    try:
        found = pooch.retrieve(url, known_hash, name, cache_directory(), downloader=downloader)
    except (OSError, ValueError) as error:
        raise DataError(f"{url} cannot be fetched ({type(error).__name__}); pass {instead} instead") from error
    return Path(found)


def read_csv(path: Path, least_columns: int = 2) -> pd.DataFrame:
    """A CSV (plain or .gz) as text, with row 1 as its header."""
    try:
        if path.stat().st_size > MAX_CSV_BYTES:
            raise DataError(f"{path}: larger than {MAX_CSV_BYTES} bytes")
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows of more fields than the header
            table = pd.read_csv(
                path,
                dtype=str,
                encoding="utf-8-sig",
                skipinitialspace=True,
                index_col=False,
                skip_blank_lines=False,
                keep_default_na=False,
                na_values=[""],
            )
    except pd.errors.ParserWarning:
        raise DataError(f"{path}: rows have more fields than the header; every column needs a name") from None
    except (OSError, ValueError, EOFError) as error:  # pandas' parser and encoding errors are ValueErrors
        raise DataError(f"{path}: cannot be read as a CSV in UTF-8: {error}") from error
    if len(table.columns) < least_columns:
        raise DataError(
            f"{path}: has {len(table.columns)} column; at least {least_columns}, separated by commas (not by ; or tabs), are needed"
        )
    while len(table) and table.iloc[-1].isna().all():  # blank lines at the end
        table = table.iloc[:-1]
    if table.empty:
        raise DataError(f"{path}: has a header and no rows")
    return table


def named(table: pd.DataFrame, name: str | None, path: Path) -> str | None:
    if name is not None and name not in table.columns:
        raise DataError(f"{path}: has no column '{name}'; its columns are {columns_of(table)}")
    return name


def columns_of(table: pd.DataFrame) -> str:
    return ", ".join(f"'{name}'" for name in table.columns[:20])


def rows_of(wrong: "pd.Series[bool] | npt.NDArray[np.bool_]") -> str:
    """'rows 3, 7': as numbered in the file, the header being row 1."""
    rows = [int(i) + 2 for i in np.flatnonzero(wrong)]
    return f"row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows[:5]))}{' …' if len(rows) > 5 else ''}"
