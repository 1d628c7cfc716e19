"""The checklist of a sentiment model, on a fake classifier."""

import json
from types import SimpleNamespace

import pytest

from training.evaluation import checklist
from training.evaluation.checklist import Outcome
from training.evaluation.checklist_cases.case import Case

THREE = ("negative", "neutral", "positive")
POLES = SimpleNamespace(negative="negative", positive="positive")


class WordClassifier:
    """Looks for 'good', then for 'bad', and finds all other texts neutral, or positive if it knows two classes only."""

    def __init__(self, classes=THREE, poles=POLES):
        self.card = SimpleNamespace(classes=list(classes), poles=poles)

    def prepare(self, text):
        return text

    def predict(self, batch):
        return [SimpleNamespace(probabilities=self._probabilities(text.split())) for text in batch]

    def _probabilities(self, words):
        row = [0.1, 0.2, 0.7] if "good" in words else [0.7, 0.2, 0.1] if "bad" in words else [0.2, 0.5, 0.3]
        return row if len(self.card.classes) == 3 else [row[0], 1 - row[0]]


def answer(*probabilities):
    return checklist.read(WordClassifier().card, probabilities)


@pytest.mark.parametrize(
    ("kind", "before", "after", "passed"),
    [
        ("positive", (0.2, 0.3, 0.5), None, True),
        ("positive", (0.2, 0.4, 0.4), None, False),
        ("negative", (0.4, 0.4, 0.2), None, True),
        ("negative", (0.1, 0.2, 0.7), None, False),
        ("neutral", (0.1, 0.8, 0.1), None, True),
        ("neutral", (0.5, 0.4, 0.1), None, False),
        ("same", (0.1, 0.1, 0.8), (0.15, 0.2, 0.65), True),
        ("same", (0.1, 0.1, 0.8), (0.1, 0.35, 0.55), False),
        ("same", (0.1, 0.43, 0.47), (0.1, 0.47, 0.43), False),
        ("up", (0.5, 0.4, 0.1), (0.4, 0.5, 0.1), True),
        ("up", (0.4, 0.2, 0.4), (0.3, 0.4, 0.3), False),
        ("down", (0.1, 0.5, 0.4), (0.1, 0.6, 0.3), True),
        ("down", (0.4, 0.5, 0.1), (0.1, 0.5, 0.4), False),
    ],
)
def test_each_kind_of_case_has_its_condition(kind, before, after, passed):
    """The condition of a label is the largest probability; that of a direction is P(positive) − P(negative)."""
    case = Case("x", kind, "a", "b" if after else "")
    assert checklist.passes(case, answer(*before), answer(*(after or before))) is passed


def test_an_unknown_kind_of_case_is_an_error():
    """The message names the kind."""
    with pytest.raises(ValueError, match="sideways"):
        checklist.passes(Case("x", "sideways", "a"), answer(0.2, 0.3, 0.5), answer(0.2, 0.3, 0.5))


def test_poles_are_found_by_their_names():
    """The order of the classes does not matter, nor what they are called."""
    card = WordClassifier(("great", "so-so", "awful", "odd"), SimpleNamespace(negative="awful", positive="great")).card
    assert checklist.read(card, [0.6, 0.1, 0.2, 0.1])[:2] == ("great", "positive")
    assert checklist.read(card, [0.1, 0.1, 0.2, 0.6])[:2] == ("odd", "neutral")
    assert checklist.read(card, [0.1, 0.1, 0.6, 0.2]).score == pytest.approx(-0.5)


def test_outcomes_count_by_capability_and_name_the_failures():
    """The fake looks for the word 'good' alone, so it misses negation."""
    cases = [
        Case("plain", "positive", "a good film"),
        Case("negation", "negative", "not a good film"),
        Case("negation", "down", "a good film", "a good film, not"),
        Case("intensity", "up", "a film", "a good film"),
        Case("plain", "neutral", "a film"),
    ]
    plain, negation, intensity = checklist.run(WordClassifier(), cases)
    assert plain == Outcome("plain", 2, 2, [])
    assert (negation.passed, negation.cases) == (0, 2)
    assert negation.failures == [
        "negative: not a good film (positive +0.60)",
        "down: a good film → a good film, not (positive +0.60 → positive +0.60)",
    ]
    assert intensity == Outcome("intensity", 1, 1, [])


def test_a_model_of_two_classes_has_no_neutral_cases():
    """Capabilities that have only such cases are left out as well."""
    cases = [Case("facts", "neutral", "a film"), Case("plain", "neutral", "a film"), Case("plain", "negative", "bad")]
    assert checklist.run(WordClassifier(("negative", "positive")), cases) == [Outcome("plain", 1, 1, [])]


def test_a_model_without_poles_has_no_outcomes():
    """Topics are neither positive nor negative."""
    assert checklist.run(WordClassifier(("sports", "politics"), poles=None)) == []


def test_a_long_text_is_shortened_in_a_failure():
    """Its beginning and its end are shown."""
    (outcome,) = checklist.run(WordClassifier(), [Case("length", "negative", "a good film " * 20)])
    assert " … " in outcome.failures[0]
    assert len(outcome.failures[0]) < 100


def test_outcomes_are_written_as_json(tmp_path):
    """Every outcome is an object."""
    file = checklist.write(tmp_path / "checklist.json", [Outcome("plain", 1, 2, ["failed"])])
    assert json.loads(file.read_text("utf-8")) == [
        {"capability": "plain", "passed": 1, "cases": 2, "failures": ["failed"]}
    ]
