"""What a sentiment run learns from: texts read, audited and parted."""

import argparse
from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import GroupShuffleSplit

from service.tokeniser import Tokeniser
from training import reading
from training.data import DataError
from training.reading import Labels, Part
from training.texts import Texts, fetch_reviews, read_texts, read_unlabelled, same, without

VALIDATION_SHARE = 0.1
MOST_VALIDATION = 0.3
TEST_SHARE = 0.1  # only where no test file is given
SPLIT_SEED = 0
LEAST_TEXTS = 200
BLOCK = 50  # texts of one class that stand together in the file go to the same part
LEAST_BLOCKS = 10  # of a class, in the smaller part, where there are as many texts


@dataclass(frozen=True)
class Material:
    """Labelled texts with the rows to fit on and to validate with, texts without labels, and those to test on."""

    learn: Texts
    more: list[str]
    test: Texts
    train_rows: Labels
    validation_rows: Labels

    @property
    def unlabelled(self) -> list[str]:
        """All texts that may be read without their labels: never the validation or the test part's."""
        return [*self.learn.take(self.train_rows)[0], *self.more]

    def parts(self, words: list[str]) -> tuple[Part, Part, Part]:
        """Training, validation and test part as token numbers."""
        tokenise = Tokeniser(words)
        return (
            reading.part("train", *self.learn.take(self.train_rows), tokenise),
            reading.part("validation", *self.learn.take(self.validation_rows), tokenise),
            reading.part("test", self.test.texts, self.test.labels, tokenise),
        )


def gather(options: argparse.Namespace) -> Material:
    """Read what the options name. Raises DataError for files that cannot be used and for too few texts."""
    learn, more, test = read(options)
    learn = replace(learn, audit=[*learn.audit, f"test part: {len(test):,} texts of {test.source}"])
    classes = np.bincount(learn.labels, minlength=2)
    if min(classes) < LEAST_TEXTS // 4 or len(learn) < LEAST_TEXTS:
        raise DataError(
            f"{len(learn)} training texts ({classes.tolist()} a class) are too few: "
            f"at least {LEAST_TEXTS}, and {LEAST_TEXTS // 4} of each class, are needed"
        )
    return Material(learn, more, test, *split(learn.labels, validation_share(len(learn))))


def read(options: argparse.Namespace) -> tuple[Texts, list[str], Texts]:
    """The texts to learn from, those without labels, and those to test on: of another file, or a stratified part."""
    if options.data is None:
        learn, more, test = fetch_reviews()
        return without(learn, test), unseen(more, test), test
    columns = {"text_column": options.text_column, "label_column": options.label_column, "positive": options.positive}
    columns |= {"stars": tuple(options.stars) if options.stars else None}
    learn = read_texts(options.data, **columns, source=options.source)
    if options.test_data is not None:
        test = read_texts(options.test_data, **columns, deduplicate=False, source=options.test_source)
        learn = without(learn, test)
    else:
        if min(np.bincount(learn.labels)) < 10:
            raise DataError(f"{options.data}: fewer than 10 texts of one class; at least 50 are needed")
        learn, test = (part(learn, rows) for rows in split(learn.labels, TEST_SHARE))
    more = read_unlabelled(options.unlabelled, options.text_column) if options.unlabelled else []
    return learn, unseen(more, test), test


def unseen(texts: list[str], test: Texts) -> list[str]:
    """Those that do not stand in the test part."""
    tested = {same(text) for text in test.texts}
    return [text for text in texts if same(text) not in tested]


def validation_share(count: int) -> float:
    """A tenth, but more of few texts."""
    return min(MOST_VALIDATION, max(VALIDATION_SHARE, LEAST_TEXTS / count))


def part(texts: Texts, rows: Labels) -> Texts:
    taken, labels = texts.take(rows)
    return replace(texts, texts=taken, labels=labels)


def split(labels: Labels, share: float) -> tuple[Labels, Labels]:
    """Row numbers of the larger and the smaller part, both with the classes in proportion.

    Texts that stand together stay together: files are often in some order (of subject, of author, of time), and a model
    that has read one review of a film knows the names in the next.
    """
    larger, smaller = [], []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        size = int(np.clip(len(rows) * share / LEAST_BLOCKS, 1, BLOCK))
        parting = GroupShuffleSplit(1, test_size=share, random_state=SPLIT_SEED)
        most, least = next(parting.split(rows, groups=np.arange(len(rows)) // size))
        larger.append(rows[most])
        smaller.append(rows[least])
    shuffle = np.random.default_rng(SPLIT_SEED).permutation
    return shuffle(np.concatenate(larger)), shuffle(np.concatenate(smaller))
