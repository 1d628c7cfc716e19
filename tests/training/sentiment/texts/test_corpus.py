"""One file or many sets as one corpus. No TensorFlow."""

import numpy as np
import pandas as pd
import pytest

from training.data.opinions import read_collection
from training.sentiment.options import DataOptions
from training.sentiment.texts import corpus, splits
from training.sentiment.texts.corpus import Labelled


def numbered(count, word="long"):
    return [f"film number {i} was {word}" for i in range(count)]


def write(file, texts, labels, **columns):
    file.parent.mkdir(exist_ok=True)
    pd.DataFrame({"text": texts, "label": labels, **columns}).to_csv(file, index=False)
    return file


def of_file(tmp_path, labels, **options):
    return corpus.from_splits(
        splits.load(DataOptions(data=write(tmp_path / "mine.csv", numbered(len(labels)), labels), **options))
    )


def test_a_labelled_file_is_one_pool_and_one_set(tmp_path):
    made = of_file(tmp_path, ["bad", "good"] * 200)
    assert (made.classes, made.poles) == (("negative", "positive"), (0, 1))
    (pool,) = made.pools
    assert (pool.name, pool.share) == ("mine.csv", 1.0)
    np.testing.assert_array_equal(pool.targets, np.eye(2)[pool.labels])
    assert made.train_count + len(made.validation.texts) + len(made.tests["test"].texts) == 400
    assert set(made.validation.sets) == {"mine.csv"}
    assert (made.data.source, made.data.rows) == ("mine.csv", 360)
    assert not made.has_generated


def test_poles_are_numbers_of_classes_and_topics_have_none(tmp_path):
    named = of_file(tmp_path, ["cross", "calm", "glad"] * 100, negative="cross", positive="glad")
    assert [named.classes[pole] for pole in named.poles] == ["cross", "glad"]
    assert of_file(tmp_path, ["sport", "music", "film"] * 100).poles is None


@pytest.fixture
def collection(tmp_path):
    """A set with phrases, and one of neutral texts too, with a test part."""
    write(tmp_path / "sst" / "train.csv", numbered(200, "odd"), ["1", "0"] * 100, fine=["4", "0"] * 100)
    write(tmp_path / "sst" / "train_phrases.csv", numbered(10, "so"), ["1", "0"] * 5, fine=["3", "1"] * 5)
    neutral = {"neutral": ["0", "0", "1"] * 100, "domain": "hotels"}
    write(tmp_path / "opener_hotels" / "train.csv", numbered(300, "fine"), ["1", "0", ""] * 100, **neutral)
    write(tmp_path / "opener_hotels" / "test.csv", [f"test {text}" for text in numbered(20)], ["1", "0"] * 10)
    return read_collection(tmp_path)


def test_sets_are_pools_and_their_phrases_are_others(collection):
    made = corpus.from_collection(collection, "two sets")
    assert (made.classes, made.poles) == (("negative", "neutral", "positive"), (0, 2))
    assert [pool.name for pool in made.pools] == ["sst", "sst phrases", "opener_hotels"]
    assert [pool.share for pool in made.pools] == pytest.approx(
        [collection.sets[0].weight, collection.sets[0].phrase_weight, collection.sets[1].weight]
    )
    assert sum(len(pool.texts) for pool in made.pools) == len(collection.train)
    assert list(made.tests) == ["opener_hotels"]
    assert made.tests["opener_hotels"].name == "test: opener_hotels"
    assert set(made.validation.sets) == {"sst", "opener_hotels"}
    assert made.has_generated


def test_the_record_of_a_set_says_what_was_used_of_it(collection):
    """Training and validation texts, by class, and the hash of its file."""
    sst, hotels = corpus.from_collection(collection, "two sets").sets
    assert (sst.name, hotels.name) == ("sst", "opener_hotels")
    assert sum(hotels.rows.values()) == 300
    assert hotels.rows["neutral"] == 100
    assert hotels.sha256 == collection.sha256["opener_hotels/train.csv"]
    assert sst.sha256 == collection.sha256["sst/train.csv"]


def test_targets_are_smoothed_by_the_quality_of_the_labels():
    """What a pole loses goes mostly to neutral; what neutral loses, to both poles; a sure label stays."""
    smoothed = corpus.smooth(np.eye(3, dtype=np.float32), 0.8)
    np.testing.assert_allclose(smoothed, [[0.8, 0.16, 0.04], [0.1, 0.8, 0.1], [0.04, 0.16, 0.8]], atol=1e-6)
    graded = np.array([[0.5, 0.5, 0.0]], np.float32)
    assert corpus.smooth(graded, 0.9).sum() == pytest.approx(1.0)
    np.testing.assert_array_equal(corpus.smooth(graded, 1.0), graded)


def test_large_sets_weigh_the_same_and_small_ones_less():
    """A set of 300 texts or more has the weight of 300."""
    sets = ["large"] * 900 + ["full"] * 300 + ["small"] * 30
    part = Labelled("validation", ["x"] * 1_230, np.zeros(1_230, np.int64), sets)
    totals = [part.weights[part.of_set(name)].sum() for name in ("large", "full", "small")]
    assert totals == pytest.approx([300, 300, 30])
    assert part.of_set("small").tolist() == list(range(1_200, 1_230))
