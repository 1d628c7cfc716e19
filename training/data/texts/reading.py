"""Labelled texts of a user's file: read, freed of duplicates, and audited."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from service.interfaces import Inputs, Labels
from training.data.tables import FOUND_OUT, DataError, FileOptions, Table, file_sha256, read_table
from training.data.texts.choice import choose_columns, describe, without_gaps
from training.data.texts.columns import detect_text_column
from training.data.texts.labels import Classes, find_classes
from training.data.texts.language import is_foreign
from training.data.texts.ratings import NEUTRAL, rate

RARE = 0.4  # a class is rare with less than this share of an equal part of the texts
MAX_FOREIGN_SHARE = 0.05  # of the texts


@dataclass(frozen=True)
class Texts:
    """Texts with labels of shape (texts,), which are indices of `classes`.

    `poles` are the names of the negative and the positive class; topics and the like have none. `spellings` says which class
    each label of the file is, in lower case. `understood` says in plain sentences how the file was read.
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
    understood: dict[str, str] = field(default_factory=dict)

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
    options: FileOptions = FOUND_OUT,
) -> Texts:
    """Read labelled texts from a file with a text and a label column, named or detected.

    `find_classes` says what the labels mean, `rate` what ratings with `stars` (low, high) mean. Rows without a text or a label
    are left out if they are few. Texts that differ only in case and white space are duplicates: one is kept, or none if their
    labels differ; `audit` counts them. A test set is read with the `trained` texts: its labels are their classes, and
    duplicates stay. `understood` says what was found out. Raises DataError for a file that cannot be read, many empty
    texts or labels, and labels that are no classes.
    """
    table = read_table(path, options, min_columns=2)
    if trained is not None:
        text_column = text_column or _same(table, trained.columns["text"])
        label_column = label_column or _same(table, trained.columns["label"])
    text, label = choose_columns(table, text_column, label_column, stars is not None)
    frame, remarks = without_gaps(table, text, label)
    written = frame[label.name].astype(str).str.strip()
    if stars is not None:
        rated = rate(written, stars, None if trained is None else NEUTRAL in trained.classes, table)
        remarks, positive, negative = [*remarks, *_star_remarks(rated, stars)], None, None
        frame, written = frame[rated.notna()], rated.dropna()
    classes = find_classes(written, positive, negative, table) if trained is None else _classes_of(trained)
    texts, labels = frame[text.name].astype(str).tolist(), classes.encode(written, table)
    duplicates: list[str] = []
    if trained is None:
        texts, labels, duplicates = deduplicate(texts, labels)
        if len(set(labels.tolist())) < 2:
            raise DataError(f"{path}: after duplicates were dropped one class is left; two are needed")
    result = Texts(
        texts=texts,
        labels=labels,
        classes=classes.names,
        columns={"text": text.name, "label": label.name},
        source=source or path.name,
        sha256=file_sha256(path),
        audit=[*remarks, *duplicates],
        poles=classes.poles,
        spellings=classes.spellings,
    )
    foreign = sum(map(is_foreign, texts))
    understood = describe(table, text, label, written, classes, remarks + duplicates, len(texts), foreign)
    return replace(result, audit=[*result.audit, *_audit(result, foreign)], understood=understood)


def _classes_of(trained: Texts) -> Classes:
    return Classes(trained.classes, trained.poles, trained.spellings)


def _same(table: Table, column: str) -> str | None:
    """The column of the training file, if this file has it."""
    return column if column in table.frame.columns else None


def _star_remarks(labels: "pd.Series[str]", stars: tuple[float, float]) -> list[str]:
    """Say what the ratings became, and how many texts were left out."""
    between = int(labels.isna().sum())
    middle = ", between: neutral" if (labels == NEUTRAL).any() else ""
    remarks = [f"rated up to {stars[0]:g}: negative, from {stars[1]:g} on: positive{middle}"]
    return [*remarks, f"{between} texts rated between were left out"] if between else remarks


def _audit(texts: Texts, foreign: int) -> list[str]:
    """Remark on rare classes and on texts that are not English."""
    shares = {name: count / len(texts) for name, count in texts.counts.items()}
    rare = [f"'{name}' {share:.1%}" for name, share in shares.items() if share < RARE / len(shares)]
    remarks = []
    if rare:
        remarks.append(f"rare classes: {', '.join(rare)} of the texts; accuracy alone says little")
    if foreign > MAX_FOREIGN_SHARE * len(texts):
        remarks.append(
            f"{foreign} of {len(texts)} texts do not look English; --start none keeps English words out of the model"
        )
    return remarks


def read_unlabelled(path: Path, text_column: str | None = None, options: FileOptions = FOUND_OUT) -> list[str]:
    """Read the distinct texts of a file without labels; a file of one column holds nothing but texts.

    A text column that this file does not have is detected, since `text_column` names that of the labelled texts. Raises
    DataError for a file that cannot be read or that holds no texts.
    """
    frame = read_table(path, options).frame
    known = str(frame.columns[0]) if len(frame.columns) == 1 else text_column
    column = known if known in frame.columns else detect_text_column(frame, None, path).name
    return [text for text in dict.fromkeys(frame[column].dropna().astype(str)) if text.strip()]


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
