"""The teacher: what it says of texts without labels, and of labelled ones. No TensorFlow."""

import numpy as np

from training.sentiment import teacher

THIRDS = [(np.flatnonzero(np.arange(300) % 3 != third), np.arange(third, 300, 3)) for third in range(3)]
GOOD, BAD, OTHERS = np.arange(2, 12), np.arange(12, 22), np.arange(22, 60)


def made_up(labels, rng):
    """Texts of 20 tokens, three of which tell their class."""
    return [
        rng.permutation([*rng.choice(GOOD if label else BAD, 3), *rng.choice(OTHERS, 17)]).astype(np.int32)
        for label in labels
    ]


def test_what_labels_teach_of_other_texts():
    """Most are told right, and about as many of the labelled ones, whose own labels it did not know."""
    rng = np.random.default_rng(0)
    labels, others = rng.integers(0, 2, 300), rng.integers(0, 2, 300)
    said = teacher.pseudo_label(made_up(labels, rng), labels, THIRDS, made_up(others, rng), 0)
    right = np.mean((said.more > 0) == (others == 1))
    assert right > 0.85
    assert abs(right - np.mean((said.labelled > 0) == (labels == 1))) < 0.1


def test_a_wrong_label_is_not_repeated():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 300)
    texts = made_up(labels, rng)
    wrong = np.arange(0, 300, 20)
    labels[wrong] = 1 - labels[wrong]
    said = teacher.pseudo_label(texts, labels, THIRDS, made_up(rng.integers(0, 2, 50), rng), 0)
    assert np.mean((said.labelled[wrong] > 0) == (labels[wrong] == 1)) < 0.3


def test_labels_that_say_nothing_teach_nothing():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 300)
    said = teacher.pseudo_label(made_up(rng.integers(0, 2, 300), rng), labels, THIRDS, made_up(labels, rng), 0)
    assert abs(np.mean((said.labelled > 0) == (labels == 1)) - 0.5) < 0.12
    assert np.abs(said.more).mean() < 1.0


def test_an_ngram_with_an_unknown_word_is_left_out():
    assert teacher._line(np.array([5, 1, 7, 8], np.int32)) == "5 7 8 7_8\n"
    assert teacher._line(np.array([1], np.int32)) == "-\n"
