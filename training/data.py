"""Read a CSV of a series or of labelled texts, audit it, split it. Bad input is a DataError that
says what was wrong, where, and what would be right; nothing is silently dropped.

Without a CSV the default data is fetched from its public home and cached under the user's cache
directory (`GATECAST_CACHE` moves it).
"""

import hashlib
import os
import re
import tarfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pooch

Array = npt.NDArray[np.float64]

SERIES_URL = "https://fred.stlouisfed.org/graph/fredgraph.csv?id=IPG2211A2N&cosd=1985-01-01&coed=2018-01-01"
SERIES_ROWS = 397
REVIEWS_URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
REVIEWS_HASH = "md5:7c2ac02c03563afcf9b574c7e56c153a"  # as stated by the data set's mirrors

MAX_CSV_BYTES = 1 << 30
MAX_REVIEW_BYTES = 1 << 20
SEASONS = {
    "MS": 12,
    "ME": 12,
    "QS": 4,
    "QE": 4,
    "W": 52,
    "D": 7,
    "B": 5,
    "h": 24,
    "min": 1440,
    "30min": 48,
    "15min": 96,
}
POSITIVE = frozenset({"1", "1.0", "pos", "positive", "good", "true", "yes"})
NEGATIVE = frozenset({"0", "0.0", "-1", "neg", "negative", "bad", "false", "no"})


class DataError(Exception):
    """The data cannot be used as it is; the message teaches what would be right."""


@dataclass(frozen=True)
class Series:
    """A regular, complete series, oldest first."""

    dates: pd.DatetimeIndex
    readings: Array
    frequency: str
    season: int
    columns: dict[str, str]
    source: str
    sha256: str

    def span(self, begin: int, end: int) -> tuple[str, str]:
        """ISO dates of the first and last of readings[begin:end]."""
        return (self.dates[begin].date().isoformat(), self.dates[end - 1].date().isoformat())


@dataclass(frozen=True)
class Texts:
    """Texts with labels, 1 for the positive class."""

    texts: list[str]
    labels: npt.NDArray[np.int64]
    classes: tuple[str, str]
    columns: dict[str, str]
    source: str
    sha256: str
    audit: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: npt.NDArray[np.int64]) -> tuple[list[str], npt.NDArray[np.int64]]:
        return [self.texts[i] for i in rows], self.labels[rows]


# --- series -----------------------------------------------------------------------------------


def read_series(
    path: Path,
    *,
    date_column: str | None = None,
    value_column: str | None = None,
    source: str | None = None,
    day_first: bool = False,
) -> Series:
    """Read a series from a CSV with a date and a value column, named or detected.

    Raises DataError for a file that cannot be read, columns that cannot be told apart, dates or values
    that are not, missing values, unsorted or duplicate dates, and gaps.
    """
    table = _read_csv(path)
    date_column = _named(table, date_column, path) or _date_column(table, path, day_first)
    value_column = _named(table, value_column, path) or _value_column(table, date_column, path)
    values = _numbers(table[value_column], path)
    dates = _ordered(_dates(table[date_column], day_first), path)
    frequency = _frequency(dates, path)
    return Series(
        dates,
        values,
        frequency,
        season_of(frequency),
        {"date": date_column, "value": value_column},
        source or path.name,
        file_sha256(path),
    )


def fetch_series() -> Series:
    """The default series: US electric and gas utilities production, 1985-01 to 2018-01, from FRED.

    FRED revises and rebases it, so its bytes carry no fixed checksum: rows and dates are checked, and
    the card states the SHA-256 of what was read.
    """
    path = _fetch(SERIES_URL, None, "IPG2211A2N.csv", "--data my.csv, a CSV with a date and a value column")
    series = read_series(path, source="FRED, IPG2211A2N")
    if len(series.readings) != SERIES_ROWS or series.frequency != "MS":
        path.unlink()
        raise DataError(
            f"FRED answered {len(series.readings)} rows of frequency {series.frequency}, expected "
            f"{SERIES_ROWS} of MS; the file was dropped, pass --data my.csv instead"
        )
    return series


def season_of(frequency: str) -> int:
    """Readings in one season: 12 for months, 4 for quarters, 7 for days…; 1 when there is none."""
    return SEASONS.get(frequency) or SEASONS.get(frequency.split("-")[0], 1)


def _date_column(table: pd.DataFrame, path: Path, day_first: bool) -> str:
    for name in table.columns:
        sample = table[name].dropna().head(50)
        numeric = pd.to_numeric(sample, errors="coerce").notna().all()
        if len(sample) and not numeric and _dates(sample, day_first, strict=False).notna().mean() > 0.9:
            return str(name)
    raise DataError(
        f"{path}: no column looks like dates (2016-02-01) among {_columns(table)}; name it with --date-column"
    )


def _value_column(table: pd.DataFrame, date_column: str, path: Path) -> str:
    others = [str(name) for name in table.columns if name != date_column]
    numeric = [n for n in others if pd.to_numeric(table[n], errors="coerce").notna().mean() > 0.5]
    if len(numeric) == 1:
        return numeric[0]
    found = "no column holds numbers" if not numeric else f"several columns hold numbers: {', '.join(numeric)}"
    raise DataError(f"{path}: {found}; name the one to learn with --value-column")


def _dates(column: "pd.Series[str]", day_first: bool, strict: bool = True) -> "pd.Series[pd.Timestamp]":
    dates = pd.to_datetime(column, errors="coerce", dayfirst=day_first, format="ISO8601")
    if dates.isna().any():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dates = pd.to_datetime(column, errors="coerce", dayfirst=day_first)
    if strict and dates.isna().any():
        raise DataError(
            f"column '{column.name}' is no date in {_rows(dates.isna())}; dates look like 2016-02-01 "
            "(--day-first for 01/02/2016)"
        )
    return dates


def _numbers(column: "pd.Series[str]", path: Path) -> Array:
    empty = column.isna()
    if empty.any():
        raise DataError(
            f"{path}: column '{column.name}' is empty in {_rows(empty)}; fill or cut the missing values, "
            "a network cannot learn from them"
        )
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = ~np.isfinite(numbers.astype(float))
    if wrong.any():
        raise DataError(f"{path}: column '{column.name}' is not a finite number in {_rows(wrong)}")
    return numbers.to_numpy(dtype=np.float64)


def _ordered(column: "pd.Series[pd.Timestamp]", path: Path) -> pd.DatetimeIndex:
    dates = pd.DatetimeIndex(column)
    if dates.duplicated().any():
        repeated = pd.Series(dates.duplicated(keep=False))
        raise DataError(f"{path}: the same date stands in {_rows(repeated)}; a series has one reading a date")
    if not dates.is_monotonic_increasing:
        first = int(np.flatnonzero(np.diff(dates.asi8) < 0)[0]) + 3
        raise DataError(
            f"{path}: dates are not in order: row {first} is earlier than the row before; sort, oldest first"
        )
    return dates


def _frequency(dates: pd.DatetimeIndex, path: Path) -> str:
    """The frequency that the dates keep, or DataError naming the gaps."""
    if len(dates) < 3:
        raise DataError(f"{path}: {len(dates)} rows are too few to tell a frequency")
    whole = _inferred(dates)
    if whole is not None:
        return whole
    pieces = [_inferred(dates[i : i + 8]) for i in range(max(1, len(dates) - 8))]
    votes = pd.Series([piece for piece in pieces if piece]).value_counts()
    if votes.empty:
        raise DataError(f"{path}: the dates keep no regular frequency; resample the series first")
    frequency = str(votes.index[0])
    expected = pd.date_range(dates[0], dates[-1], freq=frequency)
    absent, extra = expected.difference(dates), dates.difference(expected)
    if len(extra):
        raise DataError(
            f"{path}: most dates have frequency '{frequency}', but {len(extra)} do not, the first is {extra[0]:%Y-%m-%d}"
        )
    shown = ", ".join(f"{moment:%Y-%m-%d}" for moment in absent[:5])
    raise DataError(
        f"{path}: {len(absent)} dates of frequency '{frequency}' are missing: {shown}"
        f"{' …' if len(absent) > 5 else ''}; add them, with interpolated values if need be"
    )


def _inferred(dates: pd.DatetimeIndex) -> str | None:
    """The alias of dates without a gap; pandas is changing its answer from a string to an offset."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pd.infer_freq(dates)
    return None if found is None else str(getattr(found, "freqstr", found))


# --- texts ------------------------------------------------------------------------------------


def read_texts(
    path: Path,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    positive: str | None = None,
    source: str | None = None,
    deduplicate: bool = True,
) -> Texts:
    """Read labelled texts from a CSV with a text and a label column, named or detected.

    Raises DataError for a file that cannot be read, empty texts or labels, and anything but two classes.
    Exact duplicates are dropped, and those with both labels altogether; `audit` says how many. A test
    part is read as it is, with `deduplicate=False`.
    """
    table = _read_csv(path)
    label_column = _named(table, label_column, path) or _label_column(table, path)
    text_column = _named(table, text_column, path) or _text_column(table, label_column, path)
    for column in (text_column, label_column):
        empty = table[column].isna() | (table[column].astype(str).str.strip() == "")
        if empty.any():
            raise DataError(f"{path}: column '{column}' is empty in {_rows(empty)}; fill or cut those rows")
    labels, classes = _classes(table[label_column].astype(str).str.strip(), positive, path)
    columns = {"text": text_column, "label": label_column}
    found = table[text_column].astype(str).tolist()
    texts, kept, audit = _deduplicated(found, labels) if deduplicate else (found, labels, [])
    if len(set(kept.tolist())) < 2:
        raise DataError(f"{path}: after dropping duplicates one class is left; two are needed")
    return Texts(texts, kept, classes, columns, source or path.name, file_sha256(path), audit)


def fetch_reviews() -> tuple[Texts, Texts]:
    """The default reviews, training and test part: the Large Movie Review Dataset (Maas et al., 2011)."""
    path = _fetch(
        REVIEWS_URL,
        REVIEWS_HASH,
        "aclImdb_v1.tar.gz",
        "--data my.csv, a CSV with a text and a label column",
    )
    source = "Large Movie Review Dataset v1.0"
    parts = []
    for part in ("train", "test"):
        rows = sorted(_archived_reviews(path, part))
        texts = [text for _, text, _ in rows]
        labels = np.array([label for _, _, label in rows], dtype=np.int64)
        audit: list[str] = []
        if part == "train":
            texts, labels, audit = _deduplicated(texts, labels)
        columns = {"text": f"{part}/*/*.txt", "label": "directory"}
        parts.append(
            Texts(texts, labels, ("negative", "positive"), columns, f"{source}, {part}", file_sha256(path), audit)
        )
    return parts[0], parts[1]


def without(texts: Texts, others: Texts) -> Texts:
    """`texts` less those that stand in `others` word for word, noted in the audit."""
    theirs = set(others.texts)
    rows = np.array([i for i, text in enumerate(texts.texts) if text not in theirs], dtype=np.int64)
    dropped = len(texts) - len(rows)
    if not dropped:
        return texts
    kept, labels = texts.take(rows)
    audit = [*texts.audit, f"{dropped} training texts that also stand in the test part were dropped"]
    return Texts(kept, labels, texts.classes, texts.columns, texts.source, texts.sha256, audit)


def _archived_reviews(path: Path, part: str) -> Iterator[tuple[str, str, int]]:
    """(name, text, label) of every review of a part, read from the archive without unpacking it."""
    name = re.compile(rf"aclImdb/{part}/(pos|neg)/\d+_\d+\.txt")
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            match = name.fullmatch(member.name)
            if match and member.isreg() and member.size <= MAX_REVIEW_BYTES:
                file = archive.extractfile(member)
                assert file is not None
                yield member.name, file.read().decode("utf-8"), int(match[1] == "pos")


def _label_column(table: pd.DataFrame, path: Path) -> str:
    named = [n for n in table.columns if str(n).lower() in {"label", "sentiment", "class", "target", "polarity"}]
    two = [n for n in table.columns if table[n].nunique() == 2]
    for candidates in (named, two):
        if len(candidates) == 1:
            return str(candidates[0])
    raise DataError(f"{path}: cannot tell the label column among {_columns(table)}; name it with --label-column")


def _text_column(table: pd.DataFrame, label_column: str, path: Path) -> str:
    others = [name for name in table.columns if name != label_column]
    words = {str(n): table[n].dropna().astype(str).head(200).str.count(" ").mean() for n in others}
    wordy = [name for name, count in words.items() if count >= 1]
    if not wordy:
        raise DataError(f"{path}: no column holds texts among {_columns(table)}; name it with --text-column")
    return max(wordy, key=lambda name: words[name])


def _classes(
    column: "pd.Series[str]", positive: str | None, path: Path
) -> tuple[npt.NDArray[np.int64], tuple[str, str]]:
    found = sorted(column.unique())
    if len(found) == 1:
        raise DataError(f"{path}: every label is '{found[0]}'; two classes are needed to learn to tell them apart")
    if len(found) != 2:
        shown = ", ".join(f"'{name}'" for name in found[:6])
        raise DataError(f"{path}: {len(found)} different labels ({shown}…) in '{column.name}'; two are needed")
    if positive is None:
        known = [n for n in found if n.lower() in POSITIVE]
        opposite = [n for n in found if n.lower() in NEGATIVE]
        if len(known) != 1 or len(opposite) != 1:
            raise DataError(
                f"{path}: cannot tell which of the labels '{found[0]}' and '{found[1]}' is positive; "
                "say it with --positive"
            )
        positive = known[0]
        names = ("negative", "positive")
    elif positive not in found:
        raise DataError(f"{path}: no label is '{positive}'; they are '{found[0]}' and '{found[1]}'")
    else:
        names = (next(n for n in found if n != positive), positive)
    return (column == positive).to_numpy().astype(np.int64), names


def _deduplicated(
    texts: list[str], labels: npt.NDArray[np.int64]
) -> tuple[list[str], npt.NDArray[np.int64], list[str]]:
    seen: dict[str, set[int]] = {}
    for text, label in zip(texts, labels.tolist(), strict=True):
        seen.setdefault(text, set()).add(label)
    kept = {text: next(iter(both)) for text, both in seen.items() if len(both) == 1}
    audit = []
    if repeated := len(texts) - len(seen):
        audit.append(f"{repeated} exact duplicates were dropped")
    if contrary := len(seen) - len(kept):
        audit.append(f"{contrary} texts that stand under both labels were dropped")
    return list(kept), np.array(list(kept.values()), dtype=np.int64), audit


# --- files ------------------------------------------------------------------------------------


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_directory() -> Path:
    return Path(os.environ.get("GATECAST_CACHE") or pooch.os_cache("gatecast"))


def _fetch(url: str, known_hash: str | None, name: str, instead: str) -> Path:
    """Download once, check, and keep; DataError says what to pass when there is no network."""
    downloader = pooch.HTTPDownloader(progressbar=False, timeout=60, headers={"User-Agent": "gatecast"})
    try:
        found = pooch.retrieve(url, known_hash, name, cache_directory(), downloader=downloader)
    except (OSError, ValueError) as error:
        raise DataError(f"{url} cannot be fetched ({type(error).__name__}); pass {instead} instead") from error
    return Path(found)


def _read_csv(path: Path) -> pd.DataFrame:
    """A CSV (plain or .gz) as text, with row 1 as its header."""
    try:
        if path.stat().st_size > MAX_CSV_BYTES:
            raise DataError(f"{path}: larger than {MAX_CSV_BYTES} bytes")
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
    except (OSError, ValueError, EOFError) as error:  # pandas' parser and encoding errors are ValueErrors
        raise DataError(f"{path}: cannot be read as a CSV in UTF-8: {error}") from error
    if len(table.columns) < 2:
        raise DataError(f"{path}: has {len(table.columns)} column; at least two, separated by commas, are needed")
    if table.empty:
        raise DataError(f"{path}: has a header and no rows")
    return table


def _named(table: pd.DataFrame, name: str | None, path: Path) -> str | None:
    if name is not None and name not in table.columns:
        raise DataError(f"{path}: has no column '{name}'; its columns are {_columns(table)}")
    return name


def _columns(table: pd.DataFrame) -> str:
    return ", ".join(f"'{name}'" for name in table.columns[:20])


def _rows(wrong: "pd.Series[bool] | npt.NDArray[np.bool_]") -> str:
    """'rows 3, 7': as numbered in the file, the header being row 1."""
    rows = [int(i) + 2 for i in np.flatnonzero(wrong)]
    return f"row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows[:5]))}{' …' if len(rows) > 5 else ''}"
