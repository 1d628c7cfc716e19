"""The checklist of a sentiment model, on a fake network."""

import json

import pytest

from service.sentiment.classifier import SentimentClassifier
from tests import fakes
from training.evaluation import checklist
from training.evaluation.checklist import Case, Outcome


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
def test_each_kind_of_case_has_its_condition(kind, before, after, passed):
    assert checklist.passes(Case("x", kind, "a", "b"), before, after) is passed


def test_an_unknown_kind_of_case_is_an_error():
    with pytest.raises(ValueError, match="sideways"):
        checklist.passes(Case("x", "sideways", "a"), 0.5, 0.5)


def test_outcomes_count_by_capability_and_name_the_failures():
    """The fake model looks for the word 'good' alone, so it misses negation."""
    cases = [
        Case("plain", "positive", "a good film"),
        Case("negation", "negative", "not a good film"),
        Case("negation", "down", "a good film", "a good film, not"),
        Case("intensity", "up", "a film", "a good film"),
    ]
    classifier = SentimentClassifier(fakes.sentiment_bundle(fakes.sentiment_card()))
    plain, negation, intensity = checklist.run(classifier, cases)
    assert (plain.passed, plain.cases, plain.failures) == (1, 1, [])
    assert (negation.passed, negation.cases) == (0, 2)
    assert negation.failures[0].startswith("negative: not a good film (0.")
    assert "a good film → a good film, not (" in negation.failures[1]
    assert (intensity.passed, intensity.cases) == (1, 1)


def test_a_long_text_is_shortened_in_a_failure():
    classifier = SentimentClassifier(fakes.sentiment_bundle(fakes.sentiment_card()))
    (outcome,) = checklist.run(classifier, [Case("length", "negative", "a good film " * 20)])
    assert " … " in outcome.failures[0]
    assert len(outcome.failures[0]) < 100


def test_the_checklist_has_enough_cases_of_every_kind():
    """At least 60 cases, every kind, none twice; two texts exactly where a change is tested."""
    assert len(checklist.CASES) >= 60
    assert {case.kind for case in checklist.CASES} == {"positive", "negative", "same", "up", "down"}
    assert len(set(checklist.CASES)) == len(checklist.CASES)
    assert all(bool(case.changed) == (case.kind in ("same", "up", "down")) for case in checklist.CASES)


def test_outcomes_are_written_as_json(tmp_path):
    file = checklist.write(tmp_path / "checklist.json", [Outcome("plain", 1, 2, ["failed"])])
    assert json.loads(file.read_text("utf-8")) == [
        {"capability": "plain", "passed": 1, "cases": 2, "failures": ["failed"]}
    ]
