"""Texts unlike those that a model has learnt from."""

from array import array
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from service.artifacts.card import DomainLimits
from service.artifacts.tokenizer import Tokenizer
from service.sentiment.classifier import SentimentClassifier
from service.sentiment.domain import Domain, DomainRule
from tests import fakes
from tests.service.sentiment.test_classifier import VOCABULARY, NetworkOfNumbers

STEPS = np.array([0, -10, 0, 0, 10, 20, 20], np.int8)  # of VOCABULARY: films, good or bad
LIMITS: dict[str, Any] = {
    "scale": 0.1,
    "least_tokens": 2,
    "thresholds": [
        {"max_tokens": 4, "least": 0.2, "share": 0.01},
        {"max_tokens": None, "least": 0.5, "share": 0.01},
    ],
    "measured_on": "made-up texts",
    "threshold_choice": "made up",
}


def limits(**changes):
    return DomainLimits.model_validate(LIMITS | changes)


def classifier(**changes):
    """A compiled classifier that knows its domain."""
    card = fakes.sentiment_card(domain=limits(**changes), language=None, max_unknown_share=1)
    bundle = fakes.sentiment_bundle(card, NetworkOfNumbers())
    return SentimentClassifier(replace(bundle, tokenizer=Tokenizer(VOCABULARY), backend="onnx", domain=STEPS))


def codes(model, text):
    (prediction,) = model.predict([model.prepare(text)])
    return [warning.code for warning in prediction.warnings], prediction.uncertain


@pytest.mark.parametrize(("tokens", "typicality"), [([4], 1.0), ([4, 4, 4, 1], 0.0), ([4, 5, 5], 1.5), ([], 0.0)])
def test_a_text_has_the_mean_of_its_different_words(tokens, typicality):
    """A word that comes again counts once."""
    assert Domain(limits(), STEPS).typicality(array("i", tokens)) == pytest.approx(typicality)


@pytest.mark.parametrize(
    ("read", "typicality", "is_unlike"),
    [(4, 0.2, False), (4, 0.19, True), (5, 0.49, True), (5, 0.5, False), (600, 0.49, True), (1, -9.0, False)],
)
def test_the_threshold_is_that_of_the_length(read, typicality, is_unlike):
    """Too few words say nothing."""
    notice = DomainRule(limits()).unlike(read, read, typicality)
    assert (notice is not None) == is_unlike


def test_a_text_longer_than_any_that_was_learnt_is_unlike():
    """However typical its words are; the warning says which length is usual."""
    rule = DomainRule(limits(most_tokens=20))
    assert rule.unlike(20, 10, 1.0) is None
    notice = rule.unlike(21, 10, 1.0)
    assert notice is not None
    assert notice.code == "unlike_training_texts"
    assert notice.detail.startswith("the text has 21 tokens; ")


def test_an_unlike_text_is_uncertain_and_its_warning_says_why():
    """Of films it is sure; of something else it is not."""
    model = classifier()
    assert codes(model, "good " * 9 + "film") == ([], False)
    assert codes(model, "a the film a a a") == (["unlike_training_texts"], True)


def test_a_long_text_is_unlike_by_all_its_tokens():
    """Not by those that are read."""
    model = classifier(most_tokens=12)
    assert codes(model, "good film " * 6)[0] == ["truncated"]
    assert codes(model, "good film " * 7)[0] == ["truncated", "unlike_training_texts"]


def test_numbers_of_another_vocabulary_are_refused():
    """The version is then left out."""
    bundle = fakes.sentiment_bundle(fakes.sentiment_card(domain=limits()), NetworkOfNumbers())
    with pytest.raises(ValueError, match="not those of the vocabulary"):
        SentimentClassifier(replace(bundle, tokenizer=Tokenizer(VOCABULARY), backend="onnx", domain=STEPS[1:]))


def test_a_model_that_knows_no_domain_never_says_so():
    """Its card has no limits, or its tokens are counted by the network."""
    plain = fakes.sentiment_bundle(fakes.sentiment_card(language=None), NetworkOfNumbers())
    model = SentimentClassifier(replace(plain, tokenizer=Tokenizer(VOCABULARY), backend="onnx"))
    assert codes(model, "a the a the a the")[0] == []
    in_network = SentimentClassifier(fakes.sentiment_bundle(fakes.sentiment_card(domain=limits())))
    assert "unlike_training_texts" not in codes(in_network, "a the a the a the")[0]


@pytest.mark.parametrize("changes", [{"scale": 0}, {"thresholds": []}, {"thresholds": LIMITS["thresholds"][:1]}])
def test_limits_of_another_form_are_refused(changes):
    """The last threshold holds for any length."""
    with pytest.raises(ValidationError):
        limits(**changes)
