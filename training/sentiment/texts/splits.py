"""The texts of a run: which are labelled, unlabelled and for the test, and how the labelled ones are split. Nothing is fitted here."""

import hashlib
from dataclasses import dataclass, replace
from functools import partial

from service.interfaces import Labels
from training.data.blocks import split
from training.data.tables import DataError
from training.data.texts import Texts, exclude, fetch_reviews, normalize, read_texts, read_unlabelled
from training.sentiment.options import DataOptions

VALIDATION_SHARE = 0.1
MAX_VALIDATION_SHARE = 0.3
TEST_SHARE = 0.1  # where no test file is given
MIN_TEXTS = 200
MIN_CLASS_TEXTS = 50
MIN_SPLIT_TEXTS = 10  # of each class, to take a test set from


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


def load(options: DataOptions) -> Splits:
    """Read the texts that the options name, and split them. Raises DataError for files with errors or too few texts."""
    labelled, unlabelled, test = _read(options)
    labelled = replace(labelled, audit=[*labelled.audit, f"test part: {len(test):,} texts of {test.source}"])
    check_counts(labelled, MIN_CLASS_TEXTS)
    if len(labelled) < MIN_TEXTS:
        raise DataError(f"{len(labelled)} training texts are too few: at least {MIN_TEXTS} are needed")
    return Splits(labelled, unlabelled, test, *split(labelled.labels, validation_share(len(labelled))))


def check_counts(texts: Texts, least: int) -> None:
    """Raise DataError if a class has fewer than `least` texts."""
    rare = [f"'{name}' {count}" for name, count in texts.counts.items() if count < least]
    if rare:
        listed = ", ".join(rare[:10]) + (f" and {len(rare) - 10} more" if len(rare) > 10 else "")
        raise DataError(
            f"{texts.source}: classes of too few texts: {listed}; at least {MIN_TEXTS}, and {MIN_CLASS_TEXTS} of each class, "
            f"are needed. Leave rare classes out or join them. If '{texts.columns['label']}' does not hold classes, name "
            "the label column with --label-column"
        )


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
        negative=options.negative,
        stars=options.stars,
        options=options.file,
    )
    labelled = read(options.data, source=options.source)
    if options.test_data is not None:
        test = read(options.test_data, source=options.test_source, trained=labelled)
        labelled = exclude(labelled, test)
    else:
        check_counts(labelled, MIN_SPLIT_TEXTS)
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
