"""The rule for mixed texts, chosen on pairs of validation texts. No TensorFlow."""

import numpy as np

from service.artifacts.card import MixedRule
from service.sentiment.classifier import SentimentClassifier
from tests import fakes
from training.sentiment.measuring import mixing
from training.sentiment.texts.corpus import Labelled

TEXTS = {0: "a bad film", 1: "a film", 2: "a good film"}


def part_of(labels):
    labels = np.array(labels)
    return Labelled(
        "validation", [f"{TEXTS[label]} {row}" for row, label in enumerate(labels)], labels, ["a"] * len(labels)
    )


def test_the_rule_tells_pairs_of_both_signs_from_others():
    """The fake network's words have evidence of one sign each."""
    classifier = SentimentClassifier(fakes.sentiment_bundle())
    rule = mixing.choose(classifier, part_of([0, 1, 2] * 60), (0, 2))
    assert rule.positive > 0 > rule.negative
    assert "finds 100% of those of both signs, and 0% of the others" in rule.choice
    found = MixedRule(positive=rule.positive, negative=rule.negative, threshold_choice=rule.choice)
    card = fakes.sentiment_card(mixed=found)
    judged = SentimentClassifier(fakes.sentiment_bundle(card))
    mixed, one_sided = judged.predict(
        [judged.prepare(text) for text in ("good film. bad film", "good film. good film")]
    )
    assert mixed.mixed
    assert not one_sided.mixed


def test_neutral_texts_are_not_needed():
    rule = mixing.choose(SentimentClassifier(fakes.sentiment_bundle()), part_of([0, 2] * 60), (0, 2))
    assert rule is not None


def test_there_is_no_rule_without_poles_or_with_few_texts():
    """Long texts do not count: they are no sentences."""
    classifier = SentimentClassifier(fakes.sentiment_bundle())
    assert mixing.choose(classifier, part_of([0, 1, 2] * 60), None) is None
    assert mixing.choose(classifier, part_of([0, 2] * 49), (0, 2)) is None
    part = part_of([0, 2] * 60)
    long = Labelled(part.name, [f"{text} {'word ' * 50}" for text in part.texts], part.labels, part.sets)
    assert mixing.choose(classifier, long, (0, 2)) is None
