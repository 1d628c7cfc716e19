"""How the texts of a run are read and split. No TensorFlow."""

import numpy as np
import pandas as pd
import pytest

from training.data.tables import DataError
from training.sentiment import splits
from training.sentiment.options import DataOptions


def write(file, texts, **columns):
    pd.DataFrame({"text": texts, **columns}).to_csv(file, index=False)
    return file


def numbered(count):
    return [f"film number {i} was long" for i in range(count)]


def test_neighbouring_texts_stay_together():
    """Neighbours in a file often share a subject; in another split they would flatter the model, whatever their label."""
    labels = np.tile([0, 0, 1], 4_000)
    larger, smaller = splits.split(labels, 0.1)
    assert sorted([*larger, *smaller]) == list(range(len(labels)))
    assert labels[smaller].mean() == pytest.approx(1 / 3, abs=0.02)
    assert len(smaller) == pytest.approx(1_200, abs=100)
    assert np.sum(np.diff(smaller) > 1) < 3 * splits.MIN_BLOCKS
    repeated, _ = splits.split(labels, 0.1)
    np.testing.assert_array_equal(larger, repeated)


def test_a_few_texts_are_split_too():
    """Two hundred, sorted by their label, of which the rarer class has sixty."""
    labels = np.repeat([0, 1], [140, 60])
    larger, smaller = splits.split(labels, 0.3)
    assert len(larger) + len(smaller) == 200
    assert np.bincount(labels[smaller]).tolist() == pytest.approx([46, 20], abs=4)


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
    assert loaded.pretraining_texts == [*loaded.train_texts, "another film"]


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


def test_folds_cover_the_training_set(tmp_path):
    loaded = splits.load(DataOptions(data=write(tmp_path / "labelled.csv", numbered(300), label=[0, 1] * 150)))
    folds = list(loaded.folds(5))
    assert len(folds) == 5
    assert sorted(row for _, rows in folds for row in rows) == list(range(len(loaded.train_rows)))
    assert all(not set(fit_rows) & set(rows) for fit_rows, rows in folds)


def test_a_split_is_encoded_with_one_vocabulary(tmp_path):
    loaded = splits.load(DataOptions(data=write(tmp_path / "labelled.csv", numbered(300), label=[0, 1] * 150)))
    encoded = loaded.encode(["", "[UNK]", "film"])
    assert [split.name for split in encoded] == ["train", "validation", "test"]
    assert sum(len(split.texts) for split in encoded) == 300
    assert encoded[0].tokens[0].tolist() == [2, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("labels", "fault"),
    [([0, 1] * 60, "at least 200, and 50 of each class"), ([0] * 300 + [1] * 9, "fewer than 10 texts of one class")],
)
def test_too_few_texts_are_an_error(tmp_path, labels, fault):
    data = write(tmp_path / "few.csv", numbered(len(labels)), label=labels)
    with pytest.raises(DataError, match=fault):
        splits.load(DataOptions(data=data))
