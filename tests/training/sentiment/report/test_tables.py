"""What the report shows as tables."""

import numpy as np
import pytest

from tests import fakes

pytestmark = pytest.mark.slow  # the texts of a run are known beside its networks, and with them TensorFlow
CLASSES = ["negative", "neutral", "positive"]


def texts():
    from training.sentiment.report.measured import Measured

    labels = np.array([0, 0, 2, 2, 1])
    shown = np.array([0, 2, 2, 2, 0])
    probabilities = np.eye(3)[shown] * [[0.4], [0.9], [0.6], [0.6], [0.7]] + 0.05
    return Measured("test texts", labels, probabilities, np.ones(5, int), [f"text {row}" for row in range(5)])


def test_errors_are_shown_by_confidence():
    from training.sentiment.report import tables

    _, rows = tables.error_rows(texts(), CLASSES)
    assert [row[:2] for row in rows] == [("negative", "positive"), ("neutral", "negative")]
    assert rows[0][3] == "text 1"


def test_confusions_and_classes_add_up():
    """A class that is never the answer has no precision."""
    from training.sentiment.report import tables

    assert tables.confusion(texts(), CLASSES) == [[1, 0, 1], [1, 0, 0], [0, 0, 2]]
    _, rows = tables.class_rows(texts(), CLASSES)
    assert rows[0] == ("negative", "2", "0.500", "0.500", "0.500")
    assert rows[1][2] == "–"


def test_long_texts_lose_their_middle():
    from training.sentiment.report import tables

    shown = tables.shortened("begin\n" + "x " * 500 + "end", 40)
    assert shown.startswith("begin x")
    assert shown.endswith("x end")
    assert len(shown) <= 43


def test_words_are_shown_with_the_class_that_they_speak_for():
    from service.sentiment.classifier import SentimentClassifier
    from training.sentiment.report import tables

    classifier = SentimentClassifier(fakes.sentiment_bundle())
    _, rows = tables.word_rows(classifier, ["a good film", "good", "a bad film", "Bad"] * 3, CLASSES)
    words = {row[0]: row[1] for row in rows}
    assert "good (+" in words["positive"]
    assert "bad (+" in words["negative"]
    assert "in 6)" in words["positive"]
