"""How the texts of a run are read and split. No TensorFlow."""

import numpy as np
import pandas as pd
import pytest

from training.data.tables import DataError
from training.sentiment.options import DataOptions
from training.sentiment.texts import splits


def write(file, texts, **columns):
    pd.DataFrame({"text": texts, **columns}).to_csv(file, index=False)
    return file


def numbered(count):
    return [f"film number {i} was long" for i in range(count)]


def test_splits_of_one_file_keep_blocks_whole(tmp_path):
    """Training, validation and test set of one file have few boundaries; labelled texts are not unlabelled ones too."""
    data = write(tmp_path / "labelled.csv", numbered(4_000), label=np.tile([0, 1], 2_000))
    unlabelled = write(tmp_path / "unlabelled.csv", ["film number 7 was LONG", "another film", "another film"])
    loaded = splits.load(DataOptions(data=data, unlabelled=unlabelled))
    labelled, test = (
        np.array([int(text.split()[2]) for text in texts.texts]) for texts in (loaded.labelled, loaded.test)
    )
    validation = np.sort(labelled[loaded.validation_rows])
    assert len(test) + len(labelled) == 4_000
    for numbers in (validation, test):
        assert np.sum(np.diff(numbers) > 1) < len(numbers) / 10
    assert loaded.unlabelled == ["another film"]


def test_texts_of_the_test_file_are_not_trained_on(tmp_path):
    """The test file is used whole; its texts are dropped from the labelled and from the unlabelled texts."""
    data = write(tmp_path / "labelled.csv", numbered(300), label=[0, 1] * 150)
    test = write(tmp_path / "test.csv", numbered(20), label=[0, 1] * 10)
    unlabelled = write(tmp_path / "unlabelled.csv", ["film number 3 was long", "new"])
    options = DataOptions(data=data, test_data=test, unlabelled=unlabelled, source="films", test_source="others")
    loaded = splits.load(options)
    assert (len(loaded.labelled), len(loaded.test)) == (280, 20)
    assert loaded.unlabelled == ["new"]
    assert (loaded.labelled.source, loaded.test.source) == ("films", "others")
    assert loaded.labelled.audit[-1] == "test part: 20 texts of others"


def test_the_fingerprint_is_of_the_texts_and_of_their_validation_rows(tmp_path):
    data = write(tmp_path / "labelled.csv", numbered(300), label=[0, 1] * 150)
    first, second = (splits.load(DataOptions(data=data)) for _ in range(2))
    assert first.fingerprint == second.fingerprint
    other = splits.Splits(first.labelled, [], first.test, first.train_rows, first.validation_rows[1:])
    assert other.fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        ([0, 1] * 60, "108 training texts are too few: at least 200 are needed"),
        ([0] * 300 + [1] * 9, "classes of too few texts: 'positive' 9; at least 200, and 50 of each class"),
        (["a", "b", "c", "d"] * 51 + ["e"] * 49, "'e' 44"),
        ([f"t{i % 40}" for i in range(300)], "and 30 more; .* name the label column with --label-column"),
    ],
)
def test_too_few_texts_are_an_error(tmp_path, labels, fault):
    data = write(tmp_path / "few.csv", numbered(len(labels)), label=labels)
    with pytest.raises(DataError, match=fault):
        splits.load(DataOptions(data=data))


def test_topics_are_split_in_proportion(tmp_path):
    """Five classes of names; each has its share in every split."""
    labels = np.array(["billing", "delivery", "login", "praise", "returns"])[np.arange(1_000) % 5]
    loaded = splits.load(DataOptions(data=write(tmp_path / "topics.csv", numbered(1_000), topic=labels)))
    assert loaded.labelled.poles is None
    assert loaded.labelled.targets.shape == (len(loaded.labelled), 5)
    for rows in (loaded.train_rows, loaded.validation_rows):
        counts = np.bincount(loaded.labelled.labels[rows])
        assert counts.min() > 0.9 * counts.max()


def test_a_test_file_has_the_classes_of_the_training_file(tmp_path):
    """It may lack a class; ratings between are neutral in both files or in none."""
    data = write(tmp_path / "labelled.csv", numbered(600), stars=[1, 3, 5] * 200)
    test = write(tmp_path / "test.csv", [f"other {text}" for text in numbered(20)], stars=[3, 5] * 10)
    loaded = splits.load(DataOptions(data=data, test_data=test, stars=(2, 4)))
    assert loaded.test.classes == loaded.labelled.classes == ("negative", "neutral", "positive")
    assert loaded.test.counts == {"negative": 0, "neutral": 10, "positive": 10}
