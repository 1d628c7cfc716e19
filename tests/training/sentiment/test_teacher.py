"""The teacher's predictions for unlabelled and labelled texts. No TensorFlow."""

import numpy as np
from rich.console import Console

from training.sentiment import ngrams, teacher
from training.sentiment.encoding import EncodedSplit

THIRDS = [(np.flatnonzero(np.arange(300) % 3 != third), np.arange(third, 300, 3)) for third in range(3)]
GOOD, BAD, OTHERS = np.arange(2, 12), np.arange(12, 22), np.arange(22, 60)


def made_up(labels, rng):
    """Texts of 20 tokens, three of which tell their class."""
    return [
        rng.permutation([*rng.choice(GOOD if label else BAD, 3), *rng.choice(OTHERS, 17)]).astype(np.int32)
        for label in labels
    ]


def test_most_texts_are_predicted_correctly():
    """About as many labelled as unlabelled ones, because a labelled text's own label is not used."""
    rng = np.random.default_rng(0)
    labels, others = rng.integers(0, 2, 300), rng.integers(0, 2, 300)
    predictions = teacher.pseudo_label(made_up(labels, rng), labels, THIRDS, made_up(others, rng), 0)
    accuracy = np.mean((predictions.unlabelled > 0) == (others == 1))
    assert accuracy > 0.85
    assert abs(accuracy - np.mean((predictions.labelled > 0) == (labels == 1))) < 0.1


def test_a_wrong_label_is_not_repeated():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 300)
    texts = made_up(labels, rng)
    wrong = np.arange(0, 300, 20)
    labels[wrong] = 1 - labels[wrong]
    predictions = teacher.pseudo_label(texts, labels, THIRDS, made_up(rng.integers(0, 2, 50), rng), 0)
    assert np.mean((predictions.labelled[wrong] > 0) == (labels[wrong] == 1)) < 0.3


def test_random_labels_teach_nothing():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 300)
    predictions = teacher.pseudo_label(made_up(rng.integers(0, 2, 300), rng), labels, THIRDS, made_up(labels, rng), 0)
    assert abs(np.mean((predictions.labelled > 0) == (labels == 1)) - 0.5) < 0.12
    assert np.abs(predictions.unlabelled).mean() < 1.0


def test_all_texts_get_targets_to_learn():
    """Labelled texts the mean of label and prediction, unlabelled ones the prediction; the n-grams learn from both."""
    rng = np.random.default_rng(0)
    labels, others = rng.integers(0, 2, 300), rng.integers(0, 2, 100)
    train, unlabelled = (
        EncodedSplit(name, [], split_labels, texts, texts)
        for name, split_labels, texts in (
            ("train", labels, made_up(labels, rng)),
            ("unlabelled", np.zeros(100, np.int64), made_up(others, rng)),
        )
    )
    counts = ngrams.count(train.truncated)
    (texts, targets), linear = teacher.distill(train, counts, unlabelled, THIRDS, None, 0, Console(quiet=True))
    assert len(texts) == len(targets) == 400
    assert np.all(np.abs(targets[:300] - labels) < 0.5)
    assert np.mean((targets[300:] > 0.5) == (others == 1)) > 0.85
    assert np.mean((linear.logits(ngrams.count(unlabelled.truncated)) > 0) == (others == 1)) > 0.85


def test_ngrams_with_an_unknown_word_are_left_out():
    assert teacher._line(np.array([5, 1, 7, 8], np.int32)) == "5 7 8 7_8\n"
    assert teacher._line(np.array([1], np.int32)) == "-\n"
