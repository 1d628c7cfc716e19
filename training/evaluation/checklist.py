"""Behavioural tests of a sentiment model, in the manner of CheckList (Ribeiro et al., 2020).

Minimum functionality: a simple text with a clear answer. Invariance: a change that must not matter. Direction: a change
that must move the prediction one way. The cases are in `checklist_cases`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from service.artifacts.card import SentimentCard
from service.artifacts.files import write_json
from service.sentiment.classifier import SentimentClassifier
from training.evaluation.checklist_cases import CASES
from training.evaluation.checklist_cases.case import Case

FILE = "checklist.json"

MAX_MOVE = 0.2  # of a probability, by a change that must not matter


class Outcome(NamedTuple):
    """How many cases of one capability passed, and which failed."""

    capability: str
    passed: int
    cases: int
    failures: list[str]


class Answer(NamedTuple):
    """A prediction, read as the cases do: `kind` is "positive" or "negative" if the label is that pole, else "neutral"."""

    label: str
    kind: str
    score: float
    probabilities: Sequence[float]


def run(classifier: SentimentClassifier, cases: Sequence[Case] = CASES) -> list[Outcome]:
    """Run the cases; the outcomes are in the order in which the capabilities first occur.

    The neutral ones are left out for a model of two classes. A model without poles has no outcomes.
    """
    if classifier.card.poles is None:
        return []
    if len(classifier.card.classes) == 2:
        cases = [case for case in cases if case.kind != "neutral"]
    failures: dict[str, list[str]] = {case.capability: [] for case in cases}
    for case in cases:
        before = _answer(classifier, case.text)
        after = _answer(classifier, case.changed) if case.changed else before
        if not passes(case, before, after):
            failures[case.capability].append(_describe(case, before, after))
    counts = {name: sum(case.capability == name for case in cases) for name in failures}
    return [Outcome(name, counts[name] - len(failed), counts[name], failed) for name, failed in failures.items()]


def passes(case: Case, before: Answer, after: Answer) -> bool:
    """Return whether the answers before and after the change are as the case demands.

    Raises ValueError for an unknown kind of case.
    """
    match case.kind:
        case "positive" | "negative" | "neutral":
            return before.kind == case.kind
        case "same":
            moves = (abs(p - q) for p, q in zip(before.probabilities, after.probabilities, strict=True))
            return before.label == after.label and max(moves) <= MAX_MOVE
        case "up":
            return after.score > before.score
        case "down":
            return after.score < before.score
    raise ValueError(f"'{case.kind}' is not a kind of case")


def read(card: SentimentCard, probabilities: Sequence[float]) -> Answer:
    """Return the answer of a model with poles: its label is the class of the largest probability, the first of equals."""
    poles = card.poles
    assert poles is not None
    label = card.classes[max(range(len(probabilities)), key=probabilities.__getitem__)]
    kind = {poles.positive: "positive", poles.negative: "negative"}.get(label, "neutral")
    positive, negative = (probabilities[card.classes.index(pole)] for pole in (poles.positive, poles.negative))
    return Answer(label, kind, positive - negative, probabilities)


def write(file: Path, outcomes: Sequence[Outcome]) -> Path:
    """Write the outcomes to a JSON file, and return its path."""
    write_json(file, [outcome._asdict() for outcome in outcomes])
    return file


def _answer(classifier: SentimentClassifier, text: str) -> Answer:
    return read(classifier.card, classifier.predict([classifier.prepare(text)])[0].probabilities)


def _describe(case: Case, before: Answer, after: Answer) -> str:
    """Return what a case demands, its texts, and the answers with P(positive) − P(negative)."""
    texts = " → ".join(_shorten(text) for text in (case.text, case.changed) if text)
    answers = " → ".join(f"{each.label} {each.score:+.2f}" for each in ((before, after) if case.changed else (before,)))
    return f"{case.kind}: {texts} ({answers})"


def _shorten(text: str) -> str:
    return text if len(text) <= 70 else f"{text[:30]} … {text[-30:]}"
