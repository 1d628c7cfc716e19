"""What a sentiment run learns from: texts read, audited and parted."""

import argparse
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from service.artifacts.tokenizer import Tokenizer
from service.interfaces import Labels
from training.data.tables import DataError
from training.data.texts import Texts, exclude, fetch_reviews, normalize, read_texts, read_unlabelled
from training.sentiment import encoding
from training.sentiment.encoding import EncodedSplit

VALIDATION_SHARE = 0.1
MOST_VALIDATION = 0.3
TEST_SHARE = 0.1  # only where no test file is given
SPLIT_SEED = 0
LEAST_TEXTS = 200
BLOCK = 50  # at most so many texts that stand together in the file go to the same part
LEAST_BLOCKS = 10  # of the rarer class, in the smaller part


@dataclass(frozen=True)
class Splits:
    """Labelled texts with the rows to fit on and to validate with, texts without labels, and those to test on."""

    learn: Texts
    more: list[str]
    test: Texts
    train_rows: Labels
    validation_rows: Labels

    @property
    def fingerprint(self) -> str:
        """Of the labelled texts and of how they are parted."""
        rows = hashlib.sha256(self.validation_rows.astype("<i8").tobytes()).hexdigest()
        return f"{self.learn.sha256[:16]} {len(self.learn)} {rows[:16]}"

    def folds(self, count: int) -> Iterator[tuple[Labels, Labels]]:
        """Parts of the training part, to fit on and to judge on, as `split` makes them."""
        labels = self.learn.labels[self.train_rows]
        groups = blocks(self.learn.labels, 1 / count)[self.train_rows]
        return iter(StratifiedGroupKFold(count).split(labels, labels, groups))

    @property
    def unlabelled(self) -> list[str]:
        """All texts that may be read without their labels: never the validation or the test part's."""
        return [*self.learn.take(self.train_rows)[0], *self.more]

    def parts(self, words: list[str]) -> tuple[EncodedSplit, EncodedSplit, EncodedSplit]:
        """Training, validation and test part as token numbers."""
        tokenise = Tokenizer(words)
        return (
            encoding.encode("train", *self.learn.take(self.train_rows), tokenise),
            encoding.encode("validation", *self.learn.take(self.validation_rows), tokenise),
            encoding.encode("test", self.test.texts, self.test.labels, tokenise),
        )


def load(options: argparse.Namespace) -> Splits:
    """Read what the options name. Raises DataError for numbers and files that cannot be used and for too few texts."""
    if any(number is not None and number < 1 for number in (options.epochs, options.vocabulary)):
        raise DataError("--epochs and --vocabulary are at least 1")
    learn, more, test = read(options)
    learn = replace(learn, audit=[*learn.audit, f"test part: {len(test):,} texts of {test.source}"])
    classes = np.bincount(learn.labels, minlength=2)
    if min(classes) < LEAST_TEXTS // 4 or len(learn) < LEAST_TEXTS:
        raise DataError(
            f"{len(learn)} training texts ({classes.tolist()} a class) are too few: "
            f"at least {LEAST_TEXTS}, and {LEAST_TEXTS // 4} of each class, are needed"
        )
    return Splits(learn, more, test, *split(learn.labels, validation_share(len(learn))))


def read(options: argparse.Namespace) -> tuple[Texts, list[str], Texts]:
    """The texts to learn from, those without labels, and those to test on: of another file, or a stratified part."""
    if options.data is None:
        learn, more, test = fetch_reviews()
        return exclude(learn, test), unseen(more, test), test
    columns = {"text_column": options.text_column, "label_column": options.label_column, "positive": options.positive}
    columns |= {"stars": tuple(options.stars) if options.stars else None}
    learn = read_texts(options.data, **columns, source=options.source)
    if options.test_data is not None:
        test = read_texts(options.test_data, **columns, deduplicate=False, source=options.test_source)
        learn = exclude(learn, test)
    else:
        if min(np.bincount(learn.labels)) < 10:
            raise DataError(f"{options.data}: fewer than 10 texts of one class; at least 50 are needed")
        learn, test = (part(learn, rows) for rows in split(learn.labels, TEST_SHARE))
    more = read_unlabelled(options.unlabelled, options.text_column) if options.unlabelled else []
    return learn, unseen(more, learn, test), test


def unseen(texts: list[str], *others: Texts) -> list[str]:
    """Those that do not stand among the others, whose labels they would do without."""
    known = {normalize(text) for other in others for text in other.texts}
    return [text for text in texts if normalize(text) not in known]


def validation_share(count: int) -> float:
    """A tenth, but more of few texts."""
    return min(MOST_VALIDATION, max(VALIDATION_SHARE, LEAST_TEXTS / count))


def part(texts: Texts, rows: Labels) -> Texts:
    taken, labels = texts.take(rows)
    return replace(texts, texts=taken, labels=labels)


def split(labels: Labels, share: float) -> tuple[Labels, Labels]:
    """Row numbers, in order, of the larger and the smaller part, both with the classes in proportion.

    Texts that stand together stay together: files are often in some order (of subject, of author, of time), and a model
    that has read one review of a film knows the names in the next.
    """
    folds = StratifiedGroupKFold(round(1 / share), shuffle=True, random_state=SPLIT_SEED)
    larger, smaller = next(folds.split(labels, labels, blocks(labels, share)))
    return larger, smaller


def blocks(labels: Labels, share: float) -> Labels:
    """The number of the block that each text stands in, small enough for several in a part of that share."""
    size = int(np.clip(min(np.bincount(labels, minlength=2)) * share / LEAST_BLOCKS, 1, BLOCK))
    return np.arange(len(labels)) // size
