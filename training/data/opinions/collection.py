"""All sets of a directory as one collection: what to train on, what to validate on, and the test parts, which are never mixed in.

`filters` says which texts are left out. A set is validated on its dev part, or on a tenth of its blocks of neighbouring texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from service.interfaces import Inputs, Labels, Mask
from training.data.blocks import blocks, split
from training.data.opinions.filters import Filter
from training.data.opinions.layout import CLASSES, POLES, Rows, find_file, read_rows, read_table
from training.data.opinions.sets import SETS, OpinionSet
from training.data.tables import DataError, file_sha256

VALIDATION_SHARE = 0.1
MAX_VALIDATION = 1_500  # texts of a set
TEST_NAMES = ("test", "test_half")
PHRASES = "train_phrases"


@dataclass(frozen=True)
class Part:
    """Texts with targets (texts, 3), class numbers, domains, and for each the number of its set and of its block.

    `is_phrase` marks parts of sentences that have labels of their own. Texts of one block belong together.
    """

    texts: list[str]
    targets: Inputs
    labels: Labels
    domains: list[str]
    sets: Labels
    blocks: Labels
    is_phrase: Mask

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Labels) -> "Part":
        """Return the given rows."""
        return Part(
            [self.texts[row] for row in rows],
            self.targets[rows],
            self.labels[rows],
            [self.domains[row] for row in rows],
            self.sets[rows],
            self.blocks[rows],
            self.is_phrase[rows],
        )

    def of_set(self, number: int) -> "Part":
        """Return the rows of one set."""
        return self.take(np.flatnonzero(self.sets == number))

    @property
    def counts(self) -> dict[str, int]:
        """The number of texts of each class."""
        return dict(zip(CLASSES, np.bincount(self.labels, minlength=len(CLASSES)).tolist(), strict=True))


@dataclass(frozen=True)
class Collection:
    """The sets that a directory holds, in the order of the numbers in `Part.sets`.

    `tests` has the test part of each set that has one, `unlabelled` more reviews of films, `sha256` the hash of every file that
    was read, by set and file name, and `audit` what was left out.
    """

    sets: tuple[OpinionSet, ...]
    train: Part
    validation: Part
    tests: Mapping[str, Part]
    unlabelled: list[str]
    sha256: Mapping[str, str]
    audit: list[str]
    classes: tuple[str, ...] = CLASSES
    poles: tuple[str, str] = POLES


def read_collection(directory: Path, sets: Sequence[OpinionSet] = SETS) -> Collection:
    """Read the sets that the directory holds. Raises DataError for files with errors, and if it holds no set.

    Of texts that several sets have, the set of the best labels keeps one, so sets are read in the order of their quality.
    """
    ordered = sorted(sets, key=lambda each: -each.quality)
    found = [each for each in ordered if find_file(directory / each.name, "train")]
    if not found:
        raise DataError(
            f"{directory}: holds no set; one is a directory such as {sets[0].name}/ with train.csv or train.csv.gz"
        )
    hashes: dict[str, str] = {}
    tests = {each.name: test for i, each in enumerate(found) if (test := _test_part(directory, each, i, hashes))}
    texts = Filter([text for part in tests.values() for text in part.texts])
    parts = [_read_set(directory, each, number, texts, hashes) for number, each in enumerate(found)]
    train, validation = (concatenate(same) for same in zip(*parts, strict=True))
    train = train.take(texts.without_copies(train.texts, validation.texts))
    unlabelled = _unlabelled(directory, texts, hashes)
    absent = [each.name for each in ordered if each not in found]
    audit = [*texts.audit(), *([f"sets that the directory does not hold: {', '.join(absent)}"] if absent else [])]
    return Collection(tuple(found), train, validation, tests, unlabelled, hashes, audit)


def concatenate(parts: Sequence[Part]) -> Part:
    """Return the rows of several parts as one; the blocks are numbered through."""
    starts = np.cumsum([0, *(part.blocks.max(initial=-1) + 1 for part in parts)])
    return Part(
        [text for part in parts for text in part.texts],
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.labels for part in parts]),
        [domain for part in parts for domain in part.domains],
        np.concatenate([part.sets for part in parts]),
        np.concatenate([part.blocks + start for part, start in zip(parts, starts, strict=False)]),
        np.concatenate([part.is_phrase for part in parts]),
    )


def _read_set(
    directory: Path, each: OpinionSet, number: int, texts: Filter, hashes: dict[str, str]
) -> tuple[Part, Part]:
    """The training and the validation part of a set, without the texts that are left out."""

    def read(name: str) -> Part | None:
        file = find_file(directory / each.name, name)
        if file is None:
            return None
        hashes[f"{each.name}/{file.name}"] = file_sha256(file)
        part = _part(read_rows(file, each), number, is_phrase=name == PHRASES)
        return part.take(texts.keep(part.texts, part.labels))

    dev, labelled, phrases = read("dev"), read("train"), read(PHRASES)
    assert labelled is not None
    train, validation = (
        _divide(labelled, each) if dev is None else (labelled, dev.take(np.arange(len(dev))[:MAX_VALIDATION]))
    )
    return (train if phrases is None else concatenate([train, phrases])), validation


def _divide(part: Part, each: OpinionSet) -> tuple[Part, Part]:
    """The training and the validation rows of a set without a dev part, by blocks."""
    if each.use == "validation":
        return part.take(np.arange(0)), part.take(np.arange(min(len(part), MAX_VALIDATION)))
    share = min(VALIDATION_SHARE, MAX_VALIDATION / max(len(part), 1))
    _, rows = split(part.labels, share, part.blocks)
    while len(rows) > MAX_VALIDATION:
        rows = rows[part.blocks[rows] != part.blocks[rows[-1]]]
    return part.take(np.setdiff1d(np.arange(len(part)), rows)), part.take(rows)


def _part(rows: Rows, number: int, is_phrase: bool = False) -> Part:
    count = len(rows.texts)
    return Part(
        rows.texts,
        rows.targets,
        rows.labels,
        rows.domains,
        np.full(count, number),
        blocks(rows.labels, VALIDATION_SHARE),
        np.full(count, is_phrase),
    )


def _test_part(directory: Path, each: OpinionSet, number: int, hashes: dict[str, str]) -> Part | None:
    """The test part of a set, if it has one: nothing is left out of it."""
    file = next((file for name in TEST_NAMES if (file := find_file(directory / each.name, name))), None)
    if file is None:
        return None
    hashes[f"{each.name}/{file.name}"] = file_sha256(file)
    return _part(read_rows(file, each), number)


def _unlabelled(directory: Path, texts: Filter, hashes: dict[str, str]) -> list[str]:
    """The reviews without labels that are not among the other texts."""
    file = find_file(directory / "imdb", "unsup")
    if file is None:
        return []
    hashes[f"imdb/{file.name}"] = file_sha256(file)
    found = read_table(file, ("text",))["text"].str.strip().tolist()
    return [found[row] for row in texts.keep(found)]
