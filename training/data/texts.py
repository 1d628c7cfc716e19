"""Labelled texts: read from a user's CSV or fetched, and audited. See tables.py for errors."""

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from service.artifacts.tokenizer import split_words
from training.data.tables import DataError, fetch, file_sha256, list_columns, list_rows, read_csv, require_column

REVIEWS_URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
REVIEWS_HASH = "md5:7c2ac02c03563afcf9b574c7e56c153a"  # as stated by the data set's mirrors
MAX_REVIEW_BYTES = 1 << 20
POSITIVE = frozenset({"1", "1.0", "pos", "positive", "good", "true", "yes"})
NEGATIVE = frozenset({"0", "0.0", "-1", "neg", "negative", "bad", "false", "no"})
LABEL_NAMES = frozenset({"label", "sentiment", "class", "target", "polarity"})
ENGLISH = frozenset("the a and of to is it in that was for with but be on i this not as are".split())  # noqa: SIM905
MIN_CLASS_SHARE = 0.2  # below it a class is rare
MAX_FOREIGN_SHARE = 0.05  # of the texts
MIN_WORDS = 10  # fewer do not show a text's language


@dataclass(frozen=True)
class Texts:
    """Texts with labels of shape (texts,), 1 for the positive class; `classes` names the negative one first."""

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
        """Return the texts and labels of the given rows."""
        return [self.texts[i] for i in rows], self.labels[rows]


def read_texts(
    path: Path,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    positive: str | None = None,
    stars: tuple[float, float] | None = None,
    source: str | None = None,
    deduplicate: bool = True,
) -> Texts:
    """Read labelled texts from a CSV with a text and a label column, named or detected.

    With `stars` (low, high) the labels are ratings: up to low is negative, from high on is positive, and those between
    are left out. Texts that differ only in case and white space are duplicates: one is kept, or none if their labels
    differ; `audit` counts them. A test set is read with `deduplicate=False`, so that nothing is removed. Raises
    DataError for a file that cannot be read, empty texts or labels, and anything but two classes.
    """
    table = read_csv(path)
    label_column = require_column(table, label_column, path) or _detect_label_column(table, path)
    text_column = require_column(table, text_column, path) or _detect_text_column(table, label_column, path)
    if text_column == label_column:
        raise DataError(f"{path}: '{text_column}' cannot be both the text and the label")
    for column in (text_column, label_column):
        is_empty = table[column].isna() | (table[column].astype(str).str.strip() == "")
        if is_empty.any():
            raise DataError(f"{path}: column '{column}' is empty in {list_rows(is_empty)}; fill or remove those rows")
    remarks: list[str] = []
    if stars is not None:
        table, remarks = _label_by_stars(table, label_column, stars, path)
        positive = None
    labels, classes = _binary_labels(table[label_column].astype(str).str.strip(), positive, path)
    texts = table[text_column].astype(str).tolist()
    if deduplicate:
        texts, labels, duplicates = _deduplicate(texts, labels)
        remarks = [*remarks, *duplicates]
    if len(set(labels.tolist())) < 2:
        raise DataError(f"{path}: after duplicates were dropped one class is left; two are needed")
    audit = [*remarks, *_audit(texts, labels)]
    columns = {"text": text_column, "label": label_column}
    return Texts(texts, labels, classes, columns, source or path.name, file_sha256(path), audit)


def _label_by_stars(
    table: pd.DataFrame, column: str, stars: tuple[float, float], path: Path
) -> tuple[pd.DataFrame, list[str]]:
    """Keep the rows with a clear rating, label them by it, and count the rows that are left out."""
    low, high = stars
    if low >= high:
        raise DataError(
            f"--stars {low:g} {high:g} leaves nothing between negative and positive: low must be below high"
        )
    ratings = pd.to_numeric(table[column], errors="coerce")
    if ratings.isna().any():
        raise DataError(f"{path}: column '{column}' has ratings that are no numbers in {list_rows(ratings.isna())}")
    is_negative, is_positive = ratings <= low, ratings >= high
    if not is_negative.any() or not is_positive.any():
        raise DataError(
            f"{path}: ratings go from {ratings.min():g} to {ratings.max():g}; there must be ratings up to {low:g} "
            f"(negative) and from {high:g} on (positive)"
        )
    is_clear = is_negative | is_positive
    labelled = table[is_clear].assign(**{column: np.where(is_positive[is_clear], "positive", "negative")})
    remarks = [f"rated up to {low:g}: negative, from {high:g} on: positive"]
    if omitted := int((~is_clear).sum()):
        remarks.append(f"{omitted} texts rated between were left out")
    return labelled, remarks


def _audit(texts: list[str], labels: npt.NDArray[np.int64]) -> list[str]:
    """Remark on a rare class and on texts that are not English."""
    remarks = []
    share = float(np.mean(labels))
    if min(share, 1 - share) < MIN_CLASS_SHARE:
        remarks.append(f"one class is rare: {share:.1%} of the texts are positive; accuracy alone says little")
    foreign = sum(_is_foreign(text) for text in texts)
    if foreign > MAX_FOREIGN_SHARE * len(texts):
        remarks.append(
            f"{foreign} of {len(texts)} texts do not look English; --start none keeps English words out of it"
        )
    return remarks


def _is_foreign(text: str) -> bool:
    """Whether a text is long enough to tell its language and has few of the commonest English words."""
    tokens = split_words(text)
    return len(tokens) >= MIN_WORDS and sum(token in ENGLISH for token in tokens) < len(tokens) / MIN_WORDS


def read_unlabelled(path: Path, text_column: str | None = None) -> list[str]:
    """Read the distinct texts of a CSV without labels.

    A text column that this file does not have is detected, since `text_column` names that of the labelled texts. Raises
    DataError for a file that cannot be read or that holds no texts.
    """
    table = read_csv(path, min_columns=1)
    column = text_column if text_column in table.columns else _detect_text_column(table, None, path)
    return [text for text in dict.fromkeys(table[column].dropna().astype(str)) if text.strip()]


def fetch_reviews() -> tuple[Texts, list[str], Texts]:
    """Fetch the default reviews: labelled training texts, texts without labels, and the test set.

    They are the Large Movie Review Dataset (Maas et al., 2011). Raises DataError if it cannot be fetched.
    """
    path = fetch(REVIEWS_URL, REVIEWS_HASH, "aclImdb_v1.tar.gz", "--data my.csv, a CSV with a text and a label column")
    unlabelled = [text for *_, text in sorted(_archived_reviews(path, "train", "unsup"))]
    train, test = (_labelled_reviews(path, part, deduplicate=part == "train") for part in ("train", "test"))
    return train, list(dict.fromkeys(unlabelled)), test


def _labelled_reviews(path: Path, part: str, deduplicate: bool) -> Texts:
    rows = sorted(_archived_reviews(path, part))
    texts = [text for *_, text in rows]
    labels = np.array([folder == "pos" for folder, *_ in rows], dtype=np.int64)
    audit: list[str] = []
    if deduplicate:
        texts, labels, audit = _deduplicate(texts, labels)
    columns = {"text": f"{part}/*/*.txt", "label": "directory"}
    source = f"Large Movie Review Dataset v1.0, {part}"
    return Texts(texts, labels, ("negative", "positive"), columns, source, file_sha256(path), audit)


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


def _archived_reviews(path: Path, part: str, folders: str = "pos|neg") -> Iterator[tuple[str, int, str]]:
    """Yield (folder, number, text) of every review of a part, read from the archive without unpacking it.

    The numbers follow the order of the films; the split into training and validation set relies on that order.
    """
    name = re.compile(rf"aclImdb/{part}/({folders})/(\d+)_\d+\.txt")
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            match = name.fullmatch(member.name)
            if match and member.isreg() and member.size <= MAX_REVIEW_BYTES:
                file = archive.extractfile(member)
                assert file is not None
                yield match[1], int(match[2]), file.read().decode("utf-8")


def _detect_label_column(table: pd.DataFrame, path: Path) -> str:
    by_name = [name for name in table.columns if str(name).lower() in LABEL_NAMES]
    by_values = [name for name in table.columns if table[name].nunique() == 2]
    for candidates in (by_name, by_values):
        if len(candidates) == 1:
            return str(candidates[0])
    raise DataError(f"{path}: cannot tell the label column among {list_columns(table)}; name it with --label-column")


def _detect_text_column(table: pd.DataFrame, label_column: str | None, path: Path) -> str:
    """Return the column whose cells have the most spaces, at least one each on average."""
    others = [name for name in table.columns if name != label_column]
    spaces = {str(n): table[n].dropna().astype(str).head(200).str.count(" ").mean() for n in others}
    wordy = [name for name, count in spaces.items() if count >= 1]
    if not wordy:
        raise DataError(f"{path}: no column holds texts among {list_columns(table)}; name it with --text-column")
    return max(wordy, key=lambda name: spaces[name])


def _binary_labels(
    column: "pd.Series[str]", positive: str | None, path: Path
) -> tuple[npt.NDArray[np.int64], tuple[str, str]]:
    """Return labels of 0 and 1, and the names of the two classes, the negative one first."""
    names = sorted(column.unique())
    if len(names) == 1:
        raise DataError(f"{path}: every label is '{names[0]}'; two classes are needed")
    if len(names) != 2:
        examples = ", ".join(f"'{name}'" for name in names[:6])
        raise DataError(f"{path}: {len(names)} different labels ({examples}…) in '{column.name}'; two are needed")
    if positive is None:
        positive_names = [name for name in names if name.lower() in POSITIVE]
        negative_names = [name for name in names if name.lower() in NEGATIVE]
        if len(positive_names) != 1 or len(negative_names) != 1:
            raise DataError(
                f"{path}: cannot tell which of the labels '{names[0]}' and '{names[1]}' is positive; "
                "name it with --positive"
            )
        return _is_label(column, positive_names[0]), ("negative", "positive")
    if positive not in names:
        raise DataError(f"{path}: no label is '{positive}'; they are '{names[0]}' and '{names[1]}'")
    negative = next(name for name in names if name != positive)
    return _is_label(column, positive), (negative, positive)


def _is_label(column: "pd.Series[str]", label: str) -> npt.NDArray[np.int64]:
    return (column == label).to_numpy().astype(np.int64)


def _deduplicate(texts: list[str], labels: npt.NDArray[np.int64]) -> tuple[list[str], npt.NDArray[np.int64], list[str]]:
    """Keep the first of equal texts, drop texts that have both labels, and remark on how many went."""
    labels_of: dict[str, set[int]] = {}
    first: dict[str, str] = {}
    for text, label in zip(texts, labels.tolist(), strict=True):
        key = normalize(text)
        first.setdefault(key, text)
        labels_of.setdefault(key, set()).add(label)
    kept = {first[key]: next(iter(both)) for key, both in labels_of.items() if len(both) == 1}
    remarks = []
    if repeated := len(texts) - len(labels_of):
        remarks.append(f"{repeated} duplicates were dropped")
    if contradictory := len(labels_of) - len(kept):
        remarks.append(f"{contradictory} texts that stand under both labels were dropped")
    return list(kept), np.array(list(kept.values()), dtype=np.int64), remarks
