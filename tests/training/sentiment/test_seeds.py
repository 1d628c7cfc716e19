"""What a sentiment model is tried with: the checklist, and taking its reasons away. Fake networks, no TensorFlow."""

import numpy as np
import pytest

from service.sentiment.classifier import SentimentClassifier
from tests import fakes
from training.evaluation import checklist, faithfulness
from training.evaluation.checklist import Case


@pytest.mark.parametrize(
    ("kind", "before", "after", "passed"),
    [
        ("positive", 0.5, 0.5, True),
        ("negative", 0.5, 0.5, False),
        ("same", 0.9, 0.75, True),
        ("same", 0.9, 0.6, False),
        ("same", 0.55, 0.45, False),
        ("up", 0.4, 0.41, True),
        ("up", 0.4, 0.4, False),
        ("down", 0.4, 0.3, True),
    ],
)
def test_what_a_case_asks_for(kind, before, after, passed):
    assert checklist.passes(Case("x", kind, "a", "b"), before, after) is passed


def test_an_unknown_kind_of_case_is_a_mistake():
    with pytest.raises(ValueError, match="sideways"):
        checklist.passes(Case("x", "sideways", "a"), 0.5, 0.5)


def test_the_checklist_counts_by_capability_and_names_what_fails():
    """A model that goes by the word 'good' alone does not see negation."""
    cases = [Case("plain", "positive", "a good film"), Case("negation", "negative", "not a good film")]
    classifier = SentimentClassifier(fakes.sentiment_bundle(fakes.sentiment_card()))
    plain, negation = checklist.run(classifier, cases)
    assert (plain.passed, plain.cases, plain.failures) == (1, 1, [])
    assert (negation.passed, negation.cases) == (0, 1)
    assert "not a good film" in negation.failures[0]


def test_the_checklist_asks_enough_of_every_capability():
    """At least 60 cases, every kind of them, none twice."""
    assert len(checklist.CASES) >= 60
    assert {case.kind for case in checklist.CASES} == {"positive", "negative", "same", "up", "down"}
    assert len(set(checklist.CASES)) == len(checklist.CASES)
    assert all(bool(case.changed) == (case.kind in ("same", "up", "down")) for case in checklist.CASES)


def test_taking_the_heaviest_words_away_moves_a_faithful_model_most():
    """The fake goes by one word, and says so."""

    def log_odds(batch):
        found = fakes.good_words(batch)
        total = 0.4 + found["weights"].sum(axis=1, keepdims=True)
        return found | {"probability": 1 / (1 + np.exp(-total))}

    texts = [f"a good film of {i} hours and the rest of it" for i in range(20)]
    classifier = SentimentClassifier(fakes.sentiment_bundle(fakes.sentiment_card(max_tokens=20), log_odds))
    found = faithfulness.erasure(classifier, texts)
    assert found["heaviest"] > found["random"]
    assert found["incomplete"] < 1e-6
