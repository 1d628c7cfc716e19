"""The sets of a directory as one collection."""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from training.data.opinions import collection as collection_module
from training.data.opinions import read_collection
from training.data.opinions.collection import concatenate
from training.data.opinions.sets import BY_NAME
from training.data.tables import DataError

SUBJECTS = ("lamp", "film", "hotel", "phone", "pair of shoes", "song", "book", "train")


def texts(count, word, start=0):
    return [f"the {SUBJECTS[i % len(SUBJECTS)]} of number {i} was {word}" for i in range(start, start + count)]


def write(directory, name, part, rows, labels, **columns):
    (directory / name).mkdir(exist_ok=True)
    labels = [{0: "0", 1: "1", None: ""}[label] for label in labels]
    neutral = ["1" if label == "" else "0" for label in labels]
    file = directory / name / f"{part}.csv"
    pd.DataFrame({"text": rows, "label": labels, "domain": name, "neutral": neutral, **columns}).to_csv(
        file, index=False
    )
    return file


@pytest.fixture
def directory(tmp_path):
    """A set with a test part, and one with a dev part, phrases, and texts of the other's test part."""
    write(tmp_path, "opener_hotels", "train", texts(300, "fine"), [1, 0, None] * 100)
    write(tmp_path, "opener_hotels", "test", texts(20, "fine", 1_000), [1, 0] * 10)
    write(tmp_path, "sst", "train", [*texts(100, "long"), *texts(5, "fine", 1_000)], [1, 0, 1, 0, 0] * 21, fine=3)
    write(tmp_path, "sst", "dev", texts(20, "short"), [1, 0] * 10, fine=1)
    write(tmp_path, "sst", "train_phrases", ["so long", *texts(3, "short")], [1, 0, 1, 1], fine=4)
    return tmp_path


def test_sets_are_numbered_by_the_quality_of_their_labels(directory):
    collection = read_collection(directory)
    assert [each.name for each in collection.sets] == ["sst", "opener_hotels"]
    assert collection.classes == ("negative", "neutral", "positive")
    assert [each.quality for each in collection.sets] == pytest.approx([0.95, 0.84])
    assert len([each.weight for each in collection.sets]) == 2
    assert "the directory does not hold: imdb, vader_groundtruth" in collection.audit[-1]


def test_a_set_is_validated_on_its_dev_part_or_on_blocks(directory):
    """Neighbours stay together, and every class has its share."""
    collection = read_collection(directory)
    sst, hotels = (collection.validation.of_set(number) for number in (0, 1))
    assert sst.texts == texts(20, "short")
    assert len(hotels) == pytest.approx(30, abs=6)
    assert min(hotels.counts.values()) >= 8
    training = collection.train.of_set(1)
    assert len(training) + len(hotels) == 300
    assert len(collection.train.of_set(0)) == 100 + 1
    assert not set(collection.train.blocks.tolist()) & {-1}


def test_test_texts_and_texts_of_other_parts_are_not_trained_on(directory):
    """A phrase that is a sentence of the dev part is left out; phrases are marked."""
    collection = read_collection(directory)
    assert set(collection.tests) == {"opener_hotels"}
    assert len(collection.tests["opener_hotels"]) == 20
    used = {*collection.train.texts, *collection.validation.texts}
    assert not used & set(collection.tests["opener_hotels"].texts)
    phrases = [text for text, flag in zip(collection.train.texts, collection.train.is_phrase, strict=True) if flag]
    assert phrases == ["so long"]
    assert "5 texts left out, which equal a test text" in collection.audit
    assert "3 texts left out, which equal another text" in collection.audit


def test_hashes_of_all_files_are_kept(directory):
    hashes = read_collection(directory).sha256
    assert set(hashes) == {
        *(f"sst/{part}.csv" for part in ("train", "dev", "train_phrases")),
        "opener_hotels/train.csv",
        "opener_hotels/test.csv",
    }
    assert hashes["sst/dev.csv"] == hashlib.sha256((directory / "sst" / "dev.csv").read_bytes()).hexdigest()


def test_reviews_without_labels_are_read_without_copies(directory):
    write(directory, "imdb", "train", texts(60, "dull"), [1, 0] * 30)
    write(directory, "imdb", "test_half", texts(4, "odd"), [1, 0] * 2)
    rows = ["a new one", "a new one", *texts(1, "odd"), *texts(1, "dull")]
    pd.DataFrame({"id": range(4), "text": rows}).to_csv(directory / "imdb" / "unsup.csv", index=False)
    collection = read_collection(directory)
    assert collection.unlabelled == ["a new one"]
    assert len(collection.tests["imdb"]) == 4


def test_a_set_may_be_for_validation_only(directory):
    sets = [replace(BY_NAME["opener_hotels"], use="validation"), BY_NAME["sst"]]
    collection = read_collection(directory, sets)
    assert len(collection.train.of_set(1)) == 0
    assert len(collection.validation.of_set(1)) == 300


def test_no_more_than_a_number_of_texts_of_a_set_validate(directory, monkeypatch):
    monkeypatch.setattr(collection_module, "MAX_VALIDATION", 12)
    collection = read_collection(directory)
    assert max(len(collection.validation.of_set(number)) for number in (0, 1)) <= 12
    assert len(collection.validation.of_set(1)) + len(collection.train.of_set(1)) == 300


def test_a_directory_without_sets_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"holds no set; one is a directory such as imdb/ with train\.csv"):
        read_collection(tmp_path)


def test_blocks_of_parts_are_numbered_through(directory):
    part = read_collection(directory).validation.of_set(1)
    both = concatenate([part, part])
    half = len(part)
    assert not set(both.blocks[:half].tolist()) & set(both.blocks[half:].tolist())
    np.testing.assert_array_equal(both.targets[:half], both.targets[half:])
