"""The texts of a run: which are labelled, unlabelled and for the test, and how the labelled ones are split. Nothing is fitted here."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from service.artifacts.tokenizer import Tokenizer
from service.interfaces import Labels
from training.data.tables import DataError
from training.data.texts import Texts, exclude, fetch_reviews, normalize, read_texts, read_unlabelled
from training.sentiment import encoding
from training.sentiment.encoding import EncodedSplit
from training.sentiment.options import DataOptions

VALIDATION_SHARE = 0.1
MAX_VALIDATION_SHARE = 0.3
TEST_SHARE = 0.1  # where no test file is given
SPLIT_SEED = 0
MIN_TEXTS = 200
MAX_BLOCK = 50  # texts in a block; the texts of a block stay together
MIN_BLOCKS = 10  # of the rarer class, in the smaller split


@dataclass(frozen=True)
class Splits:
    """Labelled texts with the rows of the training and the validation set, unlabelled texts, and the test set."""

    labelled: Texts
    unlabelled: list[str]
    test: Texts
    train_rows: Labels
    validation_rows: Labels

    @property
    def fingerprint(self) -> str:
        """Identifies the labelled texts and their validation rows."""
        rows = hashlib.sha256(self.validation_rows.astype("<i8").tobytes()).hexdigest()
        return f"{self.labelled.sha256[:16]} {len(self.labelled)} {rows[:16]}"

    @property
    def train_texts(self) -> list[str]:
        """The texts of the training set."""
        return self.labelled.take(self.train_rows)[0]

    @property
    def pretraining_texts(self) -> list[str]:
        """The training set and the unlabelled texts; never texts of the validation or test set."""
        return [*self.train_texts, *self.unlabelled]

    def folds(self, count: int) -> Iterator[tuple[Labels, Labels]]:
        """Yield row numbers within the training set to fit on and to predict, for each of `count` folds."""
        labels = self.labelled.labels[self.train_rows]
        groups = blocks(self.labelled.labels, 1 / count)[self.train_rows]
        return iter(StratifiedGroupKFold(count).split(labels, labels, groups))

    def encode(self, words: list[str]) -> tuple[EncodedSplit, EncodedSplit, EncodedSplit]:
        """Return the training, validation and test set as token numbers of a vocabulary."""
        tokenizer = Tokenizer(words)
        return (
            encoding.encode("train", *self.labelled.take(self.train_rows), tokenizer),
            encoding.encode("validation", *self.labelled.take(self.validation_rows), tokenizer),
            encoding.encode("test", self.test.texts, self.test.labels, tokenizer),
        )


def load(options: DataOptions) -> Splits:
    """Read the texts that the options name, and split them. Raises DataError for files with errors or too few texts."""
    labelled, unlabelled, test = _read(options)
    labelled = replace(labelled, audit=[*labelled.audit, f"test part: {len(test):,} texts of {test.source}"])
    classes = np.bincount(labelled.labels, minlength=2)
    if min(classes) < MIN_TEXTS // 4 or len(labelled) < MIN_TEXTS:
        raise DataError(
            f"{len(labelled)} training texts ({classes.tolist()} per class) are too few: "
            f"at least {MIN_TEXTS}, and {MIN_TEXTS // 4} of each class, are needed"
        )
    return Splits(labelled, unlabelled, test, *split(labelled.labels, validation_share(len(labelled))))


def _read(options: DataOptions) -> tuple[Texts, list[str], Texts]:
    """Labelled texts, unlabelled texts, and the test set: of a file of its own, or a stratified part of the labelled texts."""
    if options.data is None:
        labelled, unlabelled, test = fetch_reviews()
        return exclude(labelled, test), _exclude(unlabelled, test), test
    read = partial(
        read_texts,
        text_column=options.text_column,
        label_column=options.label_column,
        positive=options.positive,
        stars=options.stars,
    )
    labelled = read(options.data, source=options.source)
    if options.test_data is not None:
        test = read(options.test_data, deduplicate=False, source=options.test_source)
        labelled = exclude(labelled, test)
    else:
        if min(np.bincount(labelled.labels)) < 10:
            raise DataError(f"{options.data}: fewer than 10 texts of one class; at least 50 are needed")
        labelled, test = (_select(labelled, rows) for rows in split(labelled.labels, TEST_SHARE))
    unlabelled = read_unlabelled(options.unlabelled, options.text_column) if options.unlabelled else []
    return labelled, _exclude(unlabelled, labelled, test), test


def _exclude(texts: list[str], *others: Texts) -> list[str]:
    """The texts that are not among the others."""
    excluded = {normalize(text) for other in others for text in other.texts}
    return [text for text in texts if normalize(text) not in excluded]


def _select(texts: Texts, rows: Labels) -> Texts:
    selected, labels = texts.take(rows)
    return replace(texts, texts=selected, labels=labels)


def validation_share(count: int) -> float:
    """Return the share of `count` texts to validate on: a tenth, or more if there are few."""
    return min(MAX_VALIDATION_SHARE, max(VALIDATION_SHARE, MIN_TEXTS / count))


def split(labels: Labels, share: float) -> tuple[Labels, Labels]:
    """Return the row numbers of a larger and a smaller split, in order; the smaller has about `share` of the rows.

    Both have the classes in proportion. Neighbouring texts stay together: files are often ordered by subject, author or
    time, and a model that has read one review of a film recognises the names in the next.
    """
    folds = StratifiedGroupKFold(round(1 / share), shuffle=True, random_state=SPLIT_SEED)
    larger, smaller = next(folds.split(labels, labels, blocks(labels, share)))
    return larger, smaller


def blocks(labels: Labels, share: float) -> Labels:
    """Return the block number of each row; blocks are small enough for several of them in a split of that share."""
    size = int(np.clip(min(np.bincount(labels, minlength=2)) * share / MIN_BLOCKS, 1, MAX_BLOCK))
    return np.arange(len(labels)) // size
