"""The teacher's predictions for unlabelled and labelled texts. No TensorFlow."""

import numpy as np
import pytest
from rich.console import Console

from training.data.tables import DataError
from training.sentiment.recipe import teacher
from training.sentiment.texts.corpus import Pool

GOOD, BAD = ([f"{letter}{chr(97 + n)}" for n in range(10)] for letter in "gb")
OTHERS = [f"o{chr(97 + n)}" for n in range(26)]
QUIET = Console(quiet=True)


@pytest.fixture(autouse=True)
def few_texts_are_enough(monkeypatch):
    monkeypatch.setattr(teacher, "MIN_TEXTS", 200)
    monkeypatch.setattr(teacher, "MIN_WORDS", 15)


def made_up(labels, rng):
    """Texts of 20 words, three of which tell their class."""
    return [
        " ".join(rng.permutation([*rng.choice(GOOD if label else BAD, 3), *rng.choice(OTHERS, 17)])) for label in labels
    ]


def pool_of(name, texts, labels, classes=2):
    return Pool(name, texts, np.eye(classes, dtype=np.float32)[labels], labels, np.arange(len(labels)) // 5, 1.0)


def test_texts_get_softer_targets_and_most_are_right(tmp_path):
    """Labelled texts the mean of label and prediction, unlabelled ones the prediction; a pool of short texts stays as it is."""
    rng = np.random.default_rng(0)
    labels, others = rng.integers(0, 2, 300), rng.integers(0, 2, 200)
    long, short = pool_of("long", made_up(labels, rng), labels), pool_of("short", ["ga ba"] * 300, labels)
    pools, targets = teacher.teach([short, long], made_up(others, rng), 0, None, QUIET)
    assert pools[0] is short
    assert targets.shape == (200, 2)
    np.testing.assert_allclose(targets.sum(axis=1), 1.0, atol=1e-5)
    predicted = 2 * pools[1].targets - long.targets
    assert np.all(predicted > -1e-6)
    right = [np.mean(targets.argmax(axis=1) == others), np.mean(predicted.argmax(axis=1) == labels)]
    assert min(right) > 0.85
    assert abs(right[0] - right[1]) < 0.1  # a labelled text's own label is not used


def test_a_wrong_label_is_not_repeated():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 300)
    texts = made_up(labels, rng)
    wrong = np.arange(0, 300, 20)
    given = labels.copy()
    given[wrong] = 1 - labels[wrong]
    pool = pool_of("long", texts, given)
    (taught,), targets = teacher.teach([pool], [], 0, None, QUIET)
    predicted = (2 * taught.targets - pool.targets).argmax(axis=1)
    assert np.mean(predicted[wrong] == given[wrong]) < 0.3
    assert targets.shape == (0, 2)


def test_a_class_that_a_pool_lacks_gets_no_probability():
    """A set of two classes in a collection of three."""
    rng = np.random.default_rng(1)
    labels = 2 * rng.integers(0, 2, 300)
    (taught,), targets = teacher.teach(
        [pool_of("two", made_up(labels, rng), labels, 3)], made_up([0, 2], rng), 0, None, QUIET
    )
    assert not taught.targets[:, 1].any()
    assert not targets[:, 1].any()
    np.testing.assert_allclose(targets.sum(axis=1), 1.0, atol=1e-5)


def test_paragraph_vectors_are_kept_in_a_file_for_the_same_texts(tmp_path, monkeypatch):
    """Read again without being fitted; other texts and other files are errors."""
    rng = np.random.default_rng(0)
    texts = made_up([0, 1] * 20, rng)
    tokens = [rng.integers(2, 20, 20).astype(np.int32) for _ in texts]
    file = tmp_path / "vectors.npz"
    first = teacher.paragraph_vectors(texts, tokens, 0, file)
    assert first.shape == (40, teacher.SIZE)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1.0, rtol=1e-3)
    monkeypatch.setattr(teacher, "_vectors", None)
    again = teacher.paragraph_vectors(texts[::-1], tokens[::-1], 0, file)
    np.testing.assert_allclose(again[::-1], first, atol=1e-3)
    with pytest.raises(DataError, match="is not a file of these texts' vectors"):
        teacher.paragraph_vectors([*texts, "another"], tokens, 0, file)
    for content in (b"PK nothing", b"", b"\x93NUMPY\x01\x00"):
        file.write_bytes(content)
        with pytest.raises(DataError, match="is not a file of these texts' vectors"):
            teacher.paragraph_vectors(texts, tokens, 0, file)


def test_only_pools_of_many_long_texts_are_taught():
    labels = np.zeros(200, np.int64)
    assert teacher.is_long(pool_of("x", ["word " * 20] * 200, labels))
    assert not teacher.is_long(pool_of("x", ["word " * 5] * 200, labels))
    assert not teacher.is_long(pool_of("x", ["word " * 20] * 199, labels[1:]))


def test_ngrams_with_an_unknown_word_are_left_out():
    assert teacher._line(np.array([5, 1, 7, 8], np.int32)) == "5 7 8 7_8\n"
    assert teacher._line(np.array([1], np.int32)) == "-\n"
