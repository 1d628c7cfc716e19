"""What a run learns from and is measured on, whether it comes from one file or from many sets. Nothing is fitted here."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.artifacts.card import TrainingData, TrainingSet
from service.interfaces import Array, Inputs, Labels
from training.data.opinions.collection import Collection, Part, read_collection
from training.data.texts import Texts
from training.sentiment.options import DataOptions
from training.sentiment.texts.splits import Splits, load

SMOOTHED = 0.8  # of what smoothing takes from a label, this goes to the neutral class
VALIDATION, TEST = "validation", "test"
FULL_SET = 300  # validation texts


@dataclass(frozen=True)
class Labelled:
    """Texts with labels (texts,), and the name of the set of each; `name` is that of the split."""

    name: str
    texts: list[str]
    labels: Labels
    sets: list[str]

    @property
    def weights(self) -> Array:
        """Weights (texts,) under which every set of at least FULL_SET texts counts the same; smaller ones count less."""
        _, numbers, counts = np.unique(self.sets, return_inverse=True, return_counts=True)
        return np.asarray(np.minimum(counts, FULL_SET) / counts, np.float64)[numbers]

    def of_set(self, name: str) -> Labels:
        """Return the rows of one set."""
        return np.flatnonzero(np.array(self.sets) == name)


@dataclass(frozen=True)
class Pool:
    """Training texts of one kind with targets (texts, classes), and how many times each is drawn in an epoch.

    `labels` are the likeliest classes, and `blocks` number the neighbours that belong together.
    """

    name: str
    texts: list[str]
    targets: Inputs
    labels: Labels
    blocks: Labels
    share: float


@dataclass(frozen=True)
class Corpus:
    """Classes, training pools, the validation part, test parts by name, unlabelled texts, and where they are from.

    `poles` are the numbers of the negative and the positive class, if there are such.
    """

    classes: tuple[str, ...]
    poles: tuple[int, int] | None
    pools: list[Pool]
    validation: Labelled
    tests: Mapping[str, Labelled]
    unlabelled: list[str]
    data: TrainingData
    sets: list[TrainingSet]
    has_generated: bool = False  # whether texts of `generated` belong to it

    @property
    def train_count(self) -> int:
        """The number of labelled training texts."""
        return sum(len(pool.texts) for pool in self.pools)

    @property
    def counts(self) -> dict[str, int]:
        """The number of labelled texts of each class, in all parts."""
        labels = [pool.labels for pool in self.pools] + [
            part.labels for part in (self.validation, *self.tests.values())
        ]
        counts = np.bincount(np.concatenate(labels), minlength=len(self.classes))
        return dict(zip(self.classes, counts.tolist(), strict=True))


def read_corpus(options: DataOptions) -> Corpus:
    """Read the sets of opinions, or one labelled file. Raises DataError."""
    if options.opinions is None:
        return from_splits(load(options))
    return from_collection(read_collection(options.opinions), options.source or "sets of opinions")


def from_splits(splits: Splits) -> Corpus:
    """Return the corpus of one labelled file: one pool, one set."""
    labelled, test = splits.labelled, splits.test
    texts, labels = labelled.take(splits.train_rows)
    targets = np.eye(len(labelled.classes), dtype=np.float32)[labels]
    pool = Pool(labelled.source, texts, targets, labels, np.arange(len(labels)) // 50, 1.0)
    held, held_labels = labelled.take(splits.validation_rows)
    data = TrainingData(
        source=labelled.source,
        sha256=labelled.sha256,
        rows=len(labelled),
        columns=labelled.columns,
        audit=labelled.audit,
        reading=labelled.understood,
    )
    return Corpus(
        labelled.classes,
        _pole_numbers(labelled),
        [pool],
        Labelled(VALIDATION, held, held_labels, [labelled.source] * len(held)),
        {TEST: Labelled(TEST, test.texts, test.labels, [TEST] * len(test))},
        splits.unlabelled,
        data,
        [],
    )


def _pole_numbers(texts: Texts) -> tuple[int, int] | None:
    if texts.poles is None:
        return None
    negative, positive = (texts.classes.index(name) for name in texts.poles)
    return negative, positive


def from_collection(collection: Collection, source: str) -> Corpus:
    """Return the corpus of many sets: a pool for each set, and one for its phrases; labels are smoothed by quality."""
    classes = collection.classes
    negative, positive = (classes.index(name) for name in collection.poles)
    pools = [
        _pool(collection, number, is_phrase)
        for number in range(len(collection.sets))
        for is_phrase in (False, True)
        if _rows(collection.train, number, is_phrase).size
    ]
    names = [each.name for each in collection.sets]
    hashes = collection.sha256
    return Corpus(
        classes,
        (negative, positive),
        pools,
        _labelled(VALIDATION, collection.validation, names),
        {name: _labelled(f"{TEST}: {name}", part, names) for name, part in collection.tests.items()},
        collection.unlabelled,
        TrainingData(
            source=source,
            sha256=hashes[next(iter(hashes))],
            rows=len(collection.train) + len(collection.validation),
            columns={"text": "text", "label": "label"},
            audit=collection.audit,
        ),
        [_record(collection, number) for number in range(len(collection.sets))],
        has_generated=True,
    )


def _rows(part: Part, number: int, is_phrase: bool) -> Labels:
    return np.flatnonzero((part.sets == number) & (part.is_phrase == is_phrase))


def _pool(collection: Collection, number: int, is_phrase: bool) -> Pool:
    each = collection.sets[number]
    part = collection.train.take(_rows(collection.train, number, is_phrase))
    targets = smooth(part.targets, 1.0 if is_phrase else each.quality)
    share = each.phrase_weight if is_phrase else each.weight
    return Pool(
        f"{each.name} phrases" if is_phrase else each.name, part.texts, targets, part.labels, part.blocks, share
    )


def smooth(targets: Inputs, quality: float) -> Inputs:
    """Return targets (texts, classes) of which a share 1 − `quality` goes to the other classes.

    The targets are of a negative, a neutral and a positive class: the neutral one gets most of what a pole loses.
    """
    moved = np.array([[0, SMOOTHED, 1 - SMOOTHED], [0.5, 0, 0.5], [1 - SMOOTHED, SMOOTHED, 0]], np.float32)
    return np.asarray(targets * quality + (1 - quality) * (targets @ moved), np.float32)


def _labelled(split: str, part: Part, names: list[str]) -> Labelled:
    return Labelled(split, part.texts, part.labels, [names[number] for number in part.sets])


def _record(collection: Collection, number: int) -> TrainingSet:
    each = collection.sets[number]
    counts = collection.train.of_set(number).counts
    held = collection.validation.of_set(number).counts
    return TrainingSet(
        name=each.name,
        rows={name: counts[name] + held[name] for name in counts},
        domain=each.domain,
        licence=each.licence,
        home=each.home,
        label_quality=each.label_quality,
        sha256=next(value for key, value in collection.sha256.items() if key.startswith(f"{each.name}/train")),
    )
