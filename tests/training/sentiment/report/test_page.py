"""The report of a run, from made-up logits."""

from types import SimpleNamespace

import numpy as np
import pytest

from service.artifacts.card import ConfidenceThreshold, Score
from tests import fakes
from training.evaluation.checklist import Outcome

pytestmark = pytest.mark.slow  # the page knows the results of a run, and with them TensorFlow
POLES = {3: (0, 2), 2: (0, 1), 4: None}


def run_of(classes, splits, strength=3.0, baseline=None):
    """The result of a run whose network is right more often than the n-grams, the larger `strength` is."""
    from training.sentiment.network.seeds import Encoded
    from training.sentiment.texts.corpus import Labelled

    rng = np.random.default_rng(0)
    held_out, logits = [], {}
    for name in splits:
        labels = rng.integers(classes, size=400)
        part = Labelled(name, [f"text {row}" for row in range(400)], labels, ["a"] * 200 + ["b"] * 200)
        noise = rng.normal(size=(2, 400, classes))
        logits[name] = strength * np.eye(classes)[labels] + noise[0]
        tokens = [np.zeros(row % 40, np.int32) for row in range(400)]
        held_out.append(Encoded(part, tokens, np.eye(classes)[labels] + noise[1]))
    history = {"loss": [1.0, 0.8], "val_loss": [0.9, 0.95]}
    shipped = SimpleNamespace(seeds=(0, 1), history=history, best_epoch=1, logits=logits)
    corpus = SimpleNamespace(poles=POLES[classes], pools=[SimpleNamespace(labels=np.arange(90) % classes)])
    initialization = SimpleNamespace(version="sentiment v5")
    return SimpleNamespace(
        corpus=corpus, held_out=held_out, shipped=shipped, initialization=initialization, baseline=baseline
    )


def baseline_of(classes, splits):
    """A baseline that is right about as often as the n-grams."""
    from training.sentiment.linear.baseline import Baseline

    rng = np.random.default_rng(1)
    logits = {name: rng.normal(size=(400, classes)) for name in splits}
    return Baseline(logits, 3.0, {100: 0.6, 200: 0.7, 400: 0.72})


def card_of(classes):
    card = {3: fakes.sentiment_card(), 2: fakes.binary_bundle().card, 4: fakes.topic_bundle().card}[classes]
    thresholds = [
        ConfidenceThreshold(max_tokens=bound, confidence=0.8, coverage=0.5, accuracy_covered=0.95)
        for bound in (8, 32, None)
    ]
    calibration = card.calibration.model_copy(update={"confidence_thresholds": thresholds})
    scores = [Score(split="test", subject="model", count=400, metrics={"accuracy": 0.9})]
    return card.model_copy(update={"calibration": calibration, "scores": scores})


def classifier_of(classes):
    from service.sentiment.classifier import SentimentClassifier

    bundles = {3: fakes.sentiment_bundle(), 2: fakes.binary_bundle(), 4: fakes.topic_bundle()}
    return SentimentClassifier(bundles[classes])


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("splits", [["validation"], ["validation", "test: a", "test: b"]])
def test_the_page_holds_its_pictures_tables_and_failures(tmp_path, classes, splits):
    """Of any number of classes, with and without poles and test parts."""
    from training.sentiment.report import page

    result, card = run_of(classes, splits), card_of(classes)
    failing = [Outcome("negation", 1, 2, ["negative: not good (positive +0.90)"])]
    file = page.write(tmp_path / "report", result, card, classifier_of(classes), failing)
    text = file.read_text("utf-8")
    assert text.count("<svg") == 3
    assert "Use the network" in text
    assert "up to 32" in text
    assert "<details>" in text
    assert "negation: negative: not good" in text
    assert f"&quot;model&quot;: &quot;{card.name}&quot;" in text
    assert "The most confident errors" in text
    assert (tmp_path / "report" / "curves.png").exists()


def test_a_page_with_a_baseline_says_which_is_better_and_whether_more_texts_would_help(tmp_path):
    from training.sentiment.report import page

    splits = ["validation", "test"]
    result = run_of(2, splits, baseline=baseline_of(2, splits))
    text = page.write(tmp_path, result, card_of(2), classifier_of(2), []).read_text("utf-8")
    assert text.count("<svg") == 4
    assert "95 % interval" in text
    assert "more texts are likely to help" in text
    assert "<details>" not in text


def test_the_baseline_is_recommended_where_the_network_is_not_better():
    from training.sentiment.report import wording

    result = run_of(3, ["validation"], strength=0.0, baseline=baseline_of(3, ["validation"]))
    assert wording.recommendation(result).startswith("TF-IDF with logistic regression is the better choice here")


def test_n_grams_are_recommended_where_the_network_is_not_better():
    from training.sentiment.report import wording

    assert wording.recommendation(run_of(3, ["validation"], strength=0.5)).startswith("A linear model of n-grams alone")


def test_answers_are_grouped_by_predicted_class_and_by_length():
    """Test texts if there are any; a band without texts is left out."""
    from training.sentiment.report import measured

    texts = measured.measured(run_of(3, ["validation", "test: a", "test: b"]))
    assert (texts.name, len(texts.labels)) == ("test texts", 800)
    groups = measured.by_class(texts, ["negative", "neutral", "positive"])
    assert list(groups) == ["all", "negative", "neutral", "positive"]
    assert sum(len(groups[name][0]) for name in groups) == 2 * len(groups["all"][0])
    bands = measured.by_length(texts, card_of(3))
    assert list(bands) == ["up to 8 tokens", "9 to 32 tokens", "33 tokens or more"]
    assert len(bands["up to 8 tokens"][0][0]) == 2 * 90
    short = texts._replace(tokens=np.zeros(800, np.int64))
    assert list(measured.by_length(short, card_of(3))) == ["up to 8 tokens"]


def test_only_the_commonest_of_many_classes_are_in_the_picture():
    from training.sentiment.report import measured

    rng = np.random.default_rng(0)
    texts = measured.Measured(
        "test texts", rng.integers(50, size=900), rng.dirichlet(np.ones(50), 900), np.ones(900, int), []
    )
    assert len(measured.by_class(texts, [f"class {number}" for number in range(50)])) == 1 + measured.MAX_LINES
