"""Labelled texts of a user's CSV: read, freed of duplicates, and audited."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from service.interfaces import Inputs, Labels
from training.data.tables import DataError, file_sha256, list_rows, read_csv, require_column
from training.data.texts.columns import detect_label_column, detect_text_column
from training.data.texts.labels import Classes, find_classes
from training.data.texts.language import is_foreign
from training.data.texts.ratings import NEUTRAL, rate

RARE = 0.4  # a class is rare with less than this share of an equal part of the texts
MAX_FOREIGN_SHARE = 0.05  # of the texts


@dataclass(frozen=True)
class Texts:
    """Texts with labels of shape (texts,), which are indices of `classes`.

    `poles` are the names of the negative and the positive class; topics and the like have none. `spellings` says which class
    each label of the file is, in lower case.
    """

    texts: list[str]
    labels: Labels
    classes: tuple[str, ...]
    columns: dict[str, str]
    source: str
    sha256: str
    audit: list[str] = field(default_factory=list)
    poles: tuple[str, str] | None = None
    spellings: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def targets(self) -> Inputs:
        """The labels as probabilities (texts, classes): 1 for the class, 0 for the others."""
        return np.eye(len(self.classes), dtype=np.float32)[self.labels]

    @property
    def counts(self) -> dict[str, int]:
        """The number of texts of each class."""
        return dict(zip(self.classes, np.bincount(self.labels, minlength=len(self.classes)).tolist(), strict=True))

    def take(self, rows: Labels) -> tuple[list[str], Labels]:
        """Return the texts and labels of the given rows."""
        return [self.texts[i] for i in rows], self.labels[rows]


def read_texts(
    path: Path,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    positive: str | None = None,
    negative: str | None = None,
    stars: tuple[float, float] | None = None,
    source: str | None = None,
    trained: Texts | None = None,
) -> Texts:
    """Read labelled texts from a CSV with a text and a label column, named or detected.

    `find_classes` says what the labels mean, `rate` what ratings with `stars` (low, high) mean. Texts that differ only in
    case and white space are duplicates: one is kept, or none if their labels differ; `audit` counts them. A test set is read
    with the `trained` texts: its labels are their classes, and nothing is removed. Raises DataError for a file that cannot be
    read, empty texts or labels, and labels that are no classes.
    """
    table = read_csv(path)
    if trained is not None:
        text_column = text_column or _same(table, trained.columns["text"])
        label_column = label_column or _same(table, trained.columns["label"])
    text_column, label_column = _columns(table, text_column, label_column, stars is not None, path)
    written = table[label_column].astype(str).str.strip()
    remarks: list[str] = []
    if stars is not None:
        written = rate(written, stars, None if trained is None else NEUTRAL in trained.classes, path)
        remarks, positive, negative = _star_remarks(written, stars), None, None
        table, written = table[written.notna()], written.dropna()
    classes = find_classes(written, positive, negative, path) if trained is None else _classes_of(trained)
    texts, labels = table[text_column].astype(str).tolist(), classes.encode(written, path)
    if trained is None:
        texts, labels, duplicates = deduplicate(texts, labels)
        remarks = [*remarks, *duplicates]
        if len(set(labels.tolist())) < 2:
            raise DataError(f"{path}: after duplicates were dropped one class is left; two are needed")
    result = Texts(
        texts=texts,
        labels=labels,
        classes=classes.names,
        columns={"text": text_column, "label": label_column},
        source=source or path.name,
        sha256=file_sha256(path),
        poles=classes.poles,
        spellings=classes.spellings,
    )
    return replace(result, audit=[*remarks, *_audit(result)])


def _classes_of(trained: Texts) -> Classes:
    return Classes(trained.classes, trained.poles, trained.spellings)


def _same(table: pd.DataFrame, column: str) -> str | None:
    """The column of the training file, if this file has it."""
    return column if column in table.columns else None


def _columns(
    table: pd.DataFrame, text_column: str | None, label_column: str | None, has_stars: bool, path: Path
) -> tuple[str, str]:
    """The text and the label column. Raises DataError if they are one, or if one has empty cells."""
    label_column = require_column(table, label_column, path) or detect_label_column(table, path, has_stars)
    text_column = require_column(table, text_column, path) or detect_text_column(table, label_column, path)
    if text_column == label_column:
        raise DataError(f"{path}: '{text_column}' cannot be both the text and the label")
    for column in (text_column, label_column):
        is_empty = table[column].isna() | (table[column].astype(str).str.strip() == "")
        if is_empty.any():
            raise DataError(f"{path}: column '{column}' is empty in {list_rows(is_empty)}; fill or remove those rows")
    return text_column, label_column


def _star_remarks(labels: "pd.Series[str]", stars: tuple[float, float]) -> list[str]:
    """Say what the ratings became, and how many texts were left out."""
    between = int(labels.isna().sum())
    middle = ", between: neutral" if (labels == NEUTRAL).any() else ""
    remarks = [f"rated up to {stars[0]:g}: negative, from {stars[1]:g} on: positive{middle}"]
    return [*remarks, f"{between} texts rated between were left out"] if between else remarks


def _audit(texts: Texts) -> list[str]:
    """Remark on rare classes and on texts that are not English."""
    shares = {name: count / len(texts) for name, count in texts.counts.items()}
    rare = [f"'{name}' {share:.1%}" for name, share in shares.items() if share < RARE / len(shares)]
    remarks = []
    if rare:
        remarks.append(f"rare classes: {', '.join(rare)} of the texts; accuracy alone says little")
    foreign = sum(map(is_foreign, texts.texts))
    if foreign > MAX_FOREIGN_SHARE * len(texts):
        remarks.append(
            f"{foreign} of {len(texts)} texts do not look English; --start none keeps English words out of the model"
        )
    return remarks


def read_unlabelled(path: Path, text_column: str | None = None) -> list[str]:
    """Read the distinct texts of a CSV without labels.

    A text column that this file does not have is detected, since `text_column` names that of the labelled texts. Raises
    DataError for a file that cannot be read or that holds no texts.
    """
    table = read_csv(path, min_columns=1)
    column = text_column if text_column in table.columns else detect_text_column(table, None, path)
    return [text for text in dict.fromkeys(table[column].dropna().astype(str)) if text.strip()]


def normalize(text: str) -> str:
    """Remove differences of case and white space, so that duplicates become equal."""
    return " ".join(text.casefold().split())


def exclude(texts: Texts, test: Texts) -> Texts:
    """Drop the texts that are in the test set too, and note their number in the audit."""
    excluded = {normalize(text) for text in test.texts}
    rows = np.array([i for i, text in enumerate(texts.texts) if normalize(text) not in excluded], dtype=np.int64)
    dropped = len(texts) - len(rows)
    if not dropped:
        return texts
    kept, labels = texts.take(rows)
    audit = [*texts.audit, f"{dropped} training texts that also stand in the test part were dropped"]
    return replace(texts, texts=kept, labels=labels, audit=audit)


def deduplicate(texts: list[str], labels: Labels) -> tuple[list[str], npt.NDArray[np.int64], list[str]]:
    """Keep the first of equal texts, drop texts that have several labels, and remark on how many went."""
    labels_of: dict[str, set[int]] = {}
    first: dict[str, str] = {}
    for text, label in zip(texts, labels.tolist(), strict=True):
        key = normalize(text)
        first.setdefault(key, text)
        labels_of.setdefault(key, set()).add(label)
    kept = {first[key]: next(iter(found)) for key, found in labels_of.items() if len(found) == 1}
    remarks = []
    if repeated := len(texts) - len(labels_of):
        remarks.append(f"{repeated} duplicates were dropped")
    if contradictory := len(labels_of) - len(kept):
        remarks.append(f"{contradictory} texts that stand under several labels were dropped")
    return list(kept), np.array(list(kept.values()), dtype=np.int64), remarks
