"""Labelled texts of a CSV, as rows of text and class name: held out, drawn, and written down again."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from training.data.tables import DataError
from training.data.texts import Texts, exclude, read_texts

HELD_OUT_SEED = 0  # the held-out rows are the same for all draws


class Rows(NamedTuple):
    """Texts and the names of their classes."""

    texts: list[str]
    labels: list[str]

    def take(self, indices: Sequence[int]) -> "Rows":
        """Return the rows of these indices."""
        return Rows([self.texts[i] for i in indices], [self.labels[i] for i in indices])


@dataclass(frozen=True)
class Columns:
    """How a CSV is read: the options of the same names of `python -m training.sentiment`."""

    text_column: str | None = None
    label_column: str | None = None
    positive: str | None = None
    stars: tuple[float, float] | None = None


def read(path: Path, test: Path | None, columns: Columns, held_out: int) -> tuple[Rows, Rows]:
    """Return the rows to draw from and the held-out ones: those of the `test` file, or `held_out` of the same file.

    Equal texts stand once, and no text is on both sides. Raises DataError for a file that cannot be used.
    """
    read_file = partial(
        read_texts,
        text_column=columns.text_column,
        label_column=columns.label_column,
        positive=columns.positive,
        stars=columns.stars,
    )
    texts = read_file(path)
    if test is not None:
        others = read_file(test, trained=texts)
        return _rows(exclude(texts, others)), _rows(others)
    rows = _rows(texts)
    if len(rows.texts) <= held_out:
        raise DataError(f"{path}: {len(rows.texts)} texts, of which {held_out} cannot be held out; lower --held-out")
    kept, held = _split(rows, held_out, HELD_OUT_SEED)
    return rows.take(kept), rows.take(held)


def draw(rows: Rows, size: int, seed: int) -> Rows:
    """Return so many of the rows, with the classes in proportion, in the order of the file."""
    if size >= len(rows.texts):
        return rows
    return rows.take(_split(rows, size, seed)[1])


def write(path: Path, rows: Rows) -> Path:
    """Write the rows to a CSV with the columns text and label, and return its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows(zip(rows.texts, rows.labels, strict=True))
    return path


def _rows(texts: Texts) -> Rows:
    return Rows(texts.texts, [texts.classes[index] for index in texts.labels.tolist()])


def _split(rows: Rows, size: int, seed: int) -> tuple[list[int], list[int]]:
    """Indices of the other rows and of `size` random ones, stratified by class, both ascending."""
    indices = np.arange(len(rows.texts))
    others, chosen = train_test_split(indices, test_size=size, random_state=seed, stratify=rows.labels)
    return sorted(others.tolist()), sorted(chosen.tolist())
