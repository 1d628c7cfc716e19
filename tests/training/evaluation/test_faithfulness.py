"""Faithfulness of word weights, on fake networks."""

import pytest

from service.sentiment.classifier import SentimentClassifier
from tests import fakes
from training.evaluation import faithfulness

TEXTS = ["a good film", *(f"a good film of {i} hours and the rest of it" for i in range(20))]


@pytest.mark.parametrize("bundle", [fakes.sentiment_bundle(), fakes.binary_bundle(), fakes.topic_bundle()])
def test_erasing_the_heaviest_words_moves_a_faithful_model_most(bundle):
    """The fakes depend on one word, and their weights say so; texts of five words or fewer do not count."""
    metrics = faithfulness.erasure(SentimentClassifier(bundle), TEXTS)
    assert metrics["heaviest"] > metrics["random"]
    assert 0 < metrics["moved_more"] <= 1
    assert metrics["incomplete"] < 1e-6


def test_weights_that_do_not_add_up_are_incomplete():
    """The same weights, with another baseline."""
    card = fakes.sentiment_card(explanation_baseline=fakes.logits(0.2, 0.2, 0.6))
    metrics = faithfulness.erasure(SentimentClassifier(fakes.sentiment_bundle(card)), TEXTS)
    assert metrics["incomplete"] > 0.1


def test_without_texts_of_more_than_five_words_nothing_is_measured():
    metrics = faithfulness.erasure(SentimentClassifier(fakes.sentiment_bundle()), ["a good film"])
    assert metrics == {"heaviest": 0.0, "random": 0.0, "moved_more": 0.0, "incomplete": 0.0}
