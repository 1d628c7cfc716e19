"""The scores of a run: by split, by set, by seed; and those of texts of the poles."""

from types import SimpleNamespace

import numpy as np
import pytest

from training.evaluation.thresholds import Threshold

pytestmark = pytest.mark.slow  # scores know the networks of the seeds, and with them TensorFlow
ANY = [Threshold(None, 0.6, 1.0, 1.0)]


def probabilities(labels, classes, sure=0.8, wrong=()):
    """The label's class has the probability `sure`, or in the rows `wrong` the next class."""
    shown = np.array([(label + (row in wrong)) % classes for row, label in enumerate(labels)])
    rest = (1 - sure) / (classes - 1)
    return np.eye(classes)[shown] * (sure - rest) + rest


def test_texts_of_the_poles_are_scored_by_the_larger_pole():
    """A neutral answer to a text of a pole is not right, but may be on the right side."""
    from training.sentiment.measuring.scores import metrics

    labels = np.array([0, 2, 2, 1, 1])
    found = metrics(labels, probabilities(labels, 3, wrong=(0,)), np.ones(5, int), (0, 2), ANY)
    assert found["accuracy"] == pytest.approx(0.8)
    assert found["polar_balanced_accuracy"] == pytest.approx(1.0)
    assert found["polar_answered"] == 1.0
    assert found["polar_right"] == pytest.approx(2 / 3)
    assert "macro_f1" in found


def test_a_split_of_the_poles_alone_has_no_macro_f1_of_three_classes():
    """The neutral class would count as nought, as none of its texts can be found."""
    from training.sentiment.measuring.scores import metrics

    labels = np.array([0, 2, 2, 0])
    assert "macro_f1" not in metrics(labels, probabilities(labels, 3), np.ones(4, int), (0, 2), ANY)
    two = np.array([0, 1, 1, 0])
    assert "macro_f1" in metrics(two, probabilities(two, 2), np.ones(4, int), (0, 1), ANY)


def test_topics_have_no_scores_of_poles():
    from training.sentiment.measuring.scores import metrics, polar_rows

    labels = np.array([0, 1, 2, 3])
    found = metrics(labels, probabilities(labels, 4), np.ones(4, int), None, ANY)
    assert not [name for name in found if name.startswith("polar")]
    assert found["accuracy"] == 1.0
    assert polar_rows(labels, None).tolist() == [0, 1, 2, 3]
    assert polar_rows(labels, (0, 3)).tolist() == [0, 3]


def test_each_length_has_a_confidence_of_its_own():
    """Short texts need more of it here; what is not a number is left out."""
    from training.sentiment.measuring.scores import metrics

    labels = np.array([0, 0, 2, 2])
    chosen = [Threshold(8, 0.9, 1.0, 1.0), Threshold(None, 0.5, 1.0, 1.0)]
    found = metrics(labels, probabilities(labels, 3), np.array([8, 9, 3, 500]), (0, 2), chosen)
    assert found["polar_answered"] == 0.5
    none = metrics(labels, probabilities(labels, 3), np.ones(4, int), (0, 2), [Threshold(None, 1.0, 0.0, 0.0)])
    assert none["polar_answered"] == 0.0
    assert "polar_right" not in none


@pytest.fixture
def result():
    """A run of two seeds, with a validation part of two sets and a test part."""
    from training.sentiment.network.seeds import Encoded
    from training.sentiment.texts.corpus import Labelled

    rng = np.random.default_rng(0)
    held_out = []
    for name, sets in (("validation", ["a"] * 60 + ["b"] * 60), ("test: a", ["a"] * 120)):
        part = Labelled(name, ["x"] * 120, np.arange(120) % 3, sets)
        held_out.append(Encoded(part, [np.zeros(5, np.int32)] * 120, rng.normal(size=(120, 3))))
    logits = {each.part.name: 4 * np.eye(3)[each.part.labels] for each in held_out}
    runs = [SimpleNamespace(logits={name: scale * values for name, values in logits.items()}) for scale in (1, 2)]
    pools = [SimpleNamespace(labels=np.array([2, 2, 0]))]
    corpus = SimpleNamespace(poles=(0, 2), pools=pools)
    return SimpleNamespace(baseline=None, corpus=corpus, held_out=held_out, runs=runs, shipped=runs[1])


def test_model_n_grams_and_majority_are_scored_by_split_and_set(result):
    from training.sentiment.measuring import scores

    found = {(score.split, score.subject): score for score in scores.of_result(result, ANY)}
    assert set(found) == {
        *((split, name) for split in ("validation", "validation: a", "validation: b") for name in ("model", "n-grams")),
        *(("test: a", name) for name in ("model", "n-grams", "majority class")),
    }
    assert found["validation: a", "model"].count == 60
    assert found["test: a", "model"].metrics["accuracy"] == 1.0
    assert found["test: a", "n-grams"].metrics["accuracy"] < 0.6
    assert found["test: a", "majority class"].metrics == {"accuracy": pytest.approx(1 / 3)}


def test_every_seed_has_a_value_of_each_metric(result):
    from training.sentiment.measuring import scores

    table = scores.by_seed(result, ANY)
    assert set(table) == {"validation", "test: a"}
    assert table["test: a"]["accuracy"] == [1.0, 1.0]
    first, second = table["validation"]["nll"]
    assert first > second
