"""Faithfulness of word weights, on a fake network."""

import numpy as np

from service.sentiment.classifier import SentimentClassifier
from tests import fakes
from training.evaluation import faithfulness


def log_odds(batch):
    """The fake network with weights that add up to its log odds, less a baseline of 0.4."""
    outputs = fakes.good_words(batch)
    total = 0.4 + outputs["weights"].sum(axis=1, keepdims=True)
    return outputs | {"probability": 1 / (1 + np.exp(-total))}


def test_erasing_the_heaviest_words_moves_a_faithful_model_most():
    """The fake depends on one word, and its weights say so; texts of five words or fewer do not count."""
    texts = ["a good film", *(f"a good film of {i} hours and the rest of it" for i in range(20))]
    classifier = SentimentClassifier(fakes.sentiment_bundle(fakes.sentiment_card(max_tokens=20), log_odds))
    metrics = faithfulness.erasure(classifier, texts)
    assert metrics["heaviest"] > metrics["random"]
    assert 0 < metrics["moved_more"] <= 1
    assert metrics["incomplete"] < 1e-6


def test_weights_that_do_not_add_up_are_incomplete():
    """The same weights, with a probability that is off by one in the log odds."""

    def shifted(batch):
        outputs = log_odds(batch)
        odds = outputs["probability"] / (1 - outputs["probability"]) * np.e
        return outputs | {"probability": odds / (1 + odds)}

    classifier = SentimentClassifier(fakes.sentiment_bundle(fakes.sentiment_card(max_tokens=20), shifted))
    metrics = faithfulness.erasure(classifier, ["a good film of two hours and the rest of it"])
    assert metrics["incomplete"] > 0.1
