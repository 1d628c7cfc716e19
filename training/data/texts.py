"""Labelled texts: read from a user's CSV or fetched, and audited. See data.py for what errors look like."""

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from service.artifacts.tokenizer import words
from training.data.tables import DataError, columns_of, fetch, file_sha256, named, read_csv, rows_of

REVIEWS_URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
REVIEWS_HASH = "md5:7c2ac02c03563afcf9b574c7e56c153a"  # as stated by the data set's mirrors
MAX_REVIEW_BYTES = 1 << 20
POSITIVE = frozenset({"1", "1.0", "pos", "positive", "good", "true", "yes"})
ENGLISH = frozenset("the a and of to is it in that was for with but be on i this not as are".split())  # noqa: SIM905
RARE = 0.2  # share of a class
FOREIGN = 0.05  # share of texts
ENOUGH_WORDS = 10
NEGATIVE = frozenset({"0", "0.0", "-1", "neg", "negative", "bad", "false", "no"})


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

    With `stars` (low, high) the labels are numbers: up to low is negative, from high on positive, and what is between is left
    out. Raises DataError for a file that cannot be read, empty texts or labels, and anything but two classes.
    Duplicates (but for case and white space) are dropped, and those with both labels altogether; `audit` says how
    many. A test part is read as it is, with `deduplicate=False`.
    """
    table = read_csv(path)
    label_column = named(table, label_column, path) or _label_column(table, path)
    text_column = named(table, text_column, path) or _text_column(table, label_column, path)
    if text_column == label_column:
        raise DataError(f"{path}: '{text_column}' cannot be both the text and the label")
    for column in (text_column, label_column):
        empty = table[column].isna() | (table[column].astype(str).str.strip() == "")
        if empty.any():
            raise DataError(f"{path}: column '{column}' is empty in {rows_of(empty)}; fill or cut those rows")
    remarks: list[str] = []
    if stars is not None:
        table, remarks = _by_stars(table, label_column, stars, path)
        positive = None
    labels, classes = _classes(table[label_column].astype(str).str.strip(), positive, path)
    columns = {"text": text_column, "label": label_column}
    found = table[text_column].astype(str).tolist()
    texts, kept, audit = _deduplicated(found, labels) if deduplicate else (found, labels, [])
    if len(set(kept.tolist())) < 2:
        raise DataError(f"{path}: after dropping duplicates one class is left; two are needed")
    audit = [*remarks, *audit, *_remarks(texts, kept)]
    return Texts(texts, kept, classes, columns, source or path.name, file_sha256(path), audit)


def _by_stars(
    table: pd.DataFrame, column: str, stars: tuple[float, float], path: Path
) -> tuple[pd.DataFrame, list[str]]:
    """The rows that are rated clearly, their ratings made positive or negative, and how many are left out."""
    low, high = stars
    if low >= high:
        raise DataError(
            f"the cut {low:g} {high:g} leaves nothing between negative and positive: low must be below high"
        )
    numbers = pd.to_numeric(table[column], errors="coerce")
    if numbers.isna().any():
        raise DataError(f"{path}: column '{column}' has ratings that are no numbers in {rows_of(numbers.isna())}")
    clear = (numbers <= low) | (numbers >= high)
    if not (numbers <= low).any() or not (numbers >= high).any():
        raise DataError(
            f"{path}: ratings go from {numbers.min():g} to {numbers.max():g}; up to {low:g} (negative) and from {high:g} on "
            "(positive) there must be some"
        )
    kept = table[clear].assign(**{column: np.where(numbers[clear] >= high, "positive", "negative")})
    remarks = [f"rated up to {low:g}: negative, from {high:g} on: positive"]
    if left := int((~clear).sum()):
        remarks.append(f"{left} texts rated between were left out")
    return kept, remarks


def _remarks(texts: list[str], labels: npt.NDArray[np.int64]) -> list[str]:
    """What may surprise whoever trains on these texts."""
    found = []
    share = float(np.mean(labels))
    if min(share, 1 - share) < RARE:
        found.append(f"one class is rare: {share:.1%} of the texts are positive; accuracy alone says little")
    foreign = sum(_foreign(text) for text in texts)
    if foreign > FOREIGN * len(texts):
        found.append(f"{foreign} of {len(texts)} texts do not look English; --start none keeps English words out of it")
    return found


def _foreign(text: str) -> bool:
    """Whether there are words enough to tell, and hardly one of the commonest English ones among them."""
    found = words(text)
    return len(found) >= ENOUGH_WORDS and sum(word in ENGLISH for word in found) < len(found) / ENOUGH_WORDS


def read_unlabelled(path: Path, text_column: str | None = None) -> list[str]:
    """The different texts of a CSV without labels; the column is named or detected. Raises DataError as read_texts."""
    table = read_csv(path, least_columns=1)
    column = named(table, text_column, path) if text_column in table.columns else _text_column(table, "", path)
    return [text for text in dict.fromkeys(table[column].dropna().astype(str)) if text.strip()]


def fetch_reviews() -> tuple[Texts, list[str], Texts]:
    """The default reviews: labelled to learn from, without labels, and the test part.

    The Large Movie Review Dataset (Maas et al., 2011).
    """
    path = fetch(
        REVIEWS_URL,
        REVIEWS_HASH,
        "aclImdb_v1.tar.gz",
        "--data my.csv, a CSV with a text and a label column",
    )
    source = "Large Movie Review Dataset v1.0"
    parts = []
    for part in ("train", "test"):
        rows = sorted(_archived_reviews(path, part))
        texts = [text for *_, text in rows]
        labels = np.array([folder == "pos" for folder, *_ in rows], dtype=np.int64)
        audit: list[str] = []
        if part == "train":
            texts, labels, audit = _deduplicated(texts, labels)
        columns = {"text": f"{part}/*/*.txt", "label": "directory"}
        parts.append(
            Texts(texts, labels, ("negative", "positive"), columns, f"{source}, {part}", file_sha256(path), audit)
        )
    more = [text for *_, text in sorted(_archived_reviews(path, "train", "unsup"))]
    return parts[0], list(dict.fromkeys(more)), parts[1]


def same(text: str) -> str:
    """What two texts have in common that differ in case and white space only."""
    return " ".join(text.casefold().split())


def without(texts: Texts, others: Texts) -> Texts:
    """`texts` less those that stand in `others` too, noted in the audit."""
    theirs = {same(text) for text in others.texts}
    rows = np.array([i for i, text in enumerate(texts.texts) if same(text) not in theirs], dtype=np.int64)
    dropped = len(texts) - len(rows)
    if not dropped:
        return texts
    kept, labels = texts.take(rows)
    audit = [*texts.audit, f"{dropped} training texts that also stand in the test part were dropped"]
    return replace(texts, texts=kept, labels=labels, audit=audit)


def _archived_reviews(path: Path, part: str, folders: str = "pos|neg") -> Iterator[tuple[str, int, str]]:
    """(folder, number, text) of every review of a part, read from the archive without unpacking it.

    Numbers are in the order of the films, which matters for parting them.
    """
    name = re.compile(rf"aclImdb/{part}/({folders})/(\d+)_\d+\.txt")
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            match = name.fullmatch(member.name)
            if match and member.isreg() and member.size <= MAX_REVIEW_BYTES:
                file = archive.extractfile(member)
                assert file is not None
                yield match[1], int(match[2]), file.read().decode("utf-8")


def _label_column(table: pd.DataFrame, path: Path) -> str:
    named = [n for n in table.columns if str(n).lower() in {"label", "sentiment", "class", "target", "polarity"}]
    two = [n for n in table.columns if table[n].nunique() == 2]
    for candidates in (named, two):
        if len(candidates) == 1:
            return str(candidates[0])
    raise DataError(f"{path}: cannot tell the label column among {columns_of(table)}; name it with --label-column")


def _text_column(table: pd.DataFrame, label_column: str, path: Path) -> str:
    others = [name for name in table.columns if name != label_column]
    spaces = {str(n): table[n].dropna().astype(str).head(200).str.count(" ").mean() for n in others}
    wordy = [name for name, count in spaces.items() if count >= 1]
    if not wordy:
        raise DataError(f"{path}: no column holds texts among {columns_of(table)}; name it with --text-column")
    return max(wordy, key=lambda name: spaces[name])


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
    first: dict[str, str] = {}
    for text, label in zip(texts, labels.tolist(), strict=True):
        key = same(text)
        first.setdefault(key, text)
        seen.setdefault(key, set()).add(label)
    kept = {first[key]: next(iter(both)) for key, both in seen.items() if len(both) == 1}
    audit = []
    if repeated := len(texts) - len(seen):
        audit.append(f"{repeated} duplicates were dropped")
    if contrary := len(seen) - len(kept):
        audit.append(f"{contrary} texts that stand under both labels were dropped")
    return list(kept), np.array(list(kept.values()), dtype=np.int64), audit
