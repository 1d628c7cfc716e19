"""The Large Movie Review Dataset (Maas et al., 2011), fetched as an archive and read without unpacking it."""

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from training.data.tables import fetch, file_sha256
from training.data.texts.ratings import NEGATIVE, POSITIVE
from training.data.texts.reading import Texts, deduplicate

REVIEWS_URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
REVIEWS_HASH = "md5:7c2ac02c03563afcf9b574c7e56c153a"  # as stated by the data set's mirrors
MAX_REVIEW_BYTES = 1 << 20


def fetch_reviews() -> tuple[Texts, list[str], Texts]:
    """Fetch the reviews of films: labelled training texts, texts without labels, and the test set.

    Raises DataError if they cannot be fetched.
    """
    path = fetch(REVIEWS_URL, REVIEWS_HASH, "aclImdb_v1.tar.gz", "--data my.csv, a CSV with a text and a label column")
    unlabelled = [text for *_, text in sorted(_archived_reviews(path, "train", "unsup"))]
    train, test = (_labelled_reviews(path, part) for part in ("train", "test"))
    return train, list(dict.fromkeys(unlabelled)), test


def _labelled_reviews(path: Path, part: str) -> Texts:
    """The reviews of one part; those of the training part without duplicates."""
    rows = sorted(_archived_reviews(path, part))
    texts = [text for *_, text in rows]
    labels = np.array([folder == "pos" for folder, *_ in rows], dtype=np.int64)
    audit: list[str] = []
    if part == "train":
        texts, labels, audit = deduplicate(texts, labels)
    columns = {"text": f"{part}/*/*.txt", "label": "directory"}
    return Texts(
        texts,
        labels,
        (NEGATIVE, POSITIVE),
        columns,
        f"Large Movie Review Dataset v1.0, {part}",
        file_sha256(path),
        audit,
        (NEGATIVE, POSITIVE),
    )


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
