"""The plain layout of a set: `DIR/SET/train.csv.gz` and other parts, with the columns text, label and domain, and perhaps more.

`label` is 1 for positive, 0 for negative, and empty where `neutral` is 1. `score` is a mean rating from -4 to 4 (in the set
vader_groundtruth only; elsewhere it is ignored), `fine` a level from 0 to 4, `stars` 1 to 5 stars: they give graded targets.
"""

import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from service.interfaces import Array, Inputs, Labels, Mask
from training.data.opinions import targets
from training.data.opinions.sets import OpinionSet
from training.data.tables import DataError

SUFFIXES = (".csv.gz", ".csv")
CLASSES = ("negative", "neutral", "positive")
POLES = ("negative", "positive")
MAX_BYTES = 1 << 29  # of a part, decompressed
MAX_ROWS = 500_000
MAX_CHARACTERS = 1 << 17  # of a text
RATED = "vader_groundtruth"


@dataclass(frozen=True)
class Rows:
    """The rows of one file: texts, class numbers (rows,), targets (rows, 3), and the domain of each text."""

    texts: list[str]
    labels: Labels
    targets: Inputs
    domains: list[str]


def find_file(directory: Path, part: str) -> Path | None:
    """Return the file of a part, compressed or not, if the directory has it."""
    return next((file for suffix in SUFFIXES if (file := directory / f"{part}{suffix}").is_file()), None)


def read_rows(path: Path, each: OpinionSet) -> Rows:
    """Read one part of a set. Raises DataError with the file and the rows for anything that is not as it should be."""
    table = read_table(path, ("text", "label"))
    texts = table["text"].str.strip().tolist()
    _refuse(path, np.array([not text for text in texts]), "has no text")
    _refuse(path, np.array([len(text) > MAX_CHARACTERS for text in texts]), f"has over {MAX_CHARACTERS} characters")
    labels = _labels(table, path)
    domains = table["domain"].tolist() if "domain" in table.columns else [each.name] * len(texts)
    graded = _graded(table, labels, each, path)
    if each.only is None:
        return Rows(texts, labels, graded, domains)
    rows = np.flatnonzero(labels == CLASSES.index(each.only))
    return Rows([texts[row] for row in rows], labels[rows], graded[rows], [domains[row] for row in rows])


def read_table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a CSV as text, with empty cells as "". Raises DataError if it is too large, no CSV, or lacks one of `columns`."""
    try:
        content = _content(path)
        table = pd.read_csv(
            io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig", nrows=MAX_ROWS + 1
        )
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read as a CSV in UTF-8: {error}") from error
    if len(content) > MAX_BYTES or len(table) > MAX_ROWS:
        raise DataError(f"{path}: larger than {MAX_BYTES} bytes or {MAX_ROWS} rows; split it")
    missing = [column for column in columns if column not in table.columns]
    if missing or table.empty:
        raise DataError(f"{path}: has no rows" if table.empty else f"{path}: has no column '{missing[0]}'")
    return table


def _content(path: Path) -> bytes:
    """The bytes of a file, decompressed, or one more than is allowed."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _refuse(path: Path, is_wrong: Mask, fault: str) -> None:
    if is_wrong.any():
        rows = [str(row + 2) for row in np.flatnonzero(is_wrong)]  # the header is row 1
        listed = ", ".join(rows[:5]) + (" …" if len(rows) > 5 else "")
        raise DataError(f"{path}: row{'s' if len(rows) > 1 else ''} {listed}: {fault}")


def _labels(table: pd.DataFrame, path: Path) -> Labels:
    """0 for negative, 1 for neutral, 2 for positive."""
    written = table["label"].str.strip().str.removesuffix(".0").to_numpy(str)
    neutral = table["neutral"].str.strip().to_numpy(str) if "neutral" in table.columns else np.full(len(table), "")
    is_neutral = (neutral == "1") & (written == "")
    is_wrong = ~is_neutral & ~(np.isin(written, ("0", "1")) & np.isin(neutral, ("", "0")))
    _refuse(path, is_wrong, "label must be 1 (positive) or 0 (negative), or empty where neutral is 1")
    return np.where(is_neutral, 1, np.where(written == "1", 2, 0)).astype(np.int64)


def _graded(table: pd.DataFrame, labels: Labels, each: OpinionSet, path: Path) -> Inputs:
    """The targets of the grades that the set has, otherwise of the labels."""
    if each.name == RATED and "score" in table.columns:
        return targets.from_ratings(_numbers(table, "score", (-4.0, 4.0), path))
    if "fine" in table.columns:
        return targets.from_levels(_numbers(table, "fine", (0.0, 4.0), path))
    if "stars" in table.columns:
        return targets.from_stars(_numbers(table, "stars", (1.0, 5.0), path))
    return targets.from_labels(labels)


def _numbers(table: pd.DataFrame, column: str, bounds: tuple[float, float], path: Path) -> Array:
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64)
    _refuse(path, ~((values >= bounds[0]) & (values <= bounds[1])), f"{column} must be {bounds[0]:g} to {bounds[1]:g}")
    return values
