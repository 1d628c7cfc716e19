"""One case of the checklist, and how lists of cases are written down."""

from typing import NamedTuple

LABELLED = ("positive", "negative", "neutral")
CHANGED = ("same", "up", "down")
KINDS = (*LABELLED, *CHANGED)


class Case(NamedTuple):
    """A text and its label, or two texts and how the probabilities may move from the first to the second.

    `kind` is "positive", "negative" or "neutral" for the label; "same" where the change must not matter; "up" or "down"
    where it must move P(positive) − P(negative) that way.
    """

    capability: str
    kind: str
    text: str
    changed: str = ""


def labelled(capability: str, kind: str, *texts: str) -> list[Case]:
    """Return a case for each of the `texts`, which all have the same label."""
    return [Case(capability, kind, text) for text in texts]


def changed(capability: str, kind: str, *pairs: tuple[str, str]) -> list[Case]:
    """Return a case for each of the `pairs`, which are a text and the same text changed."""
    return [Case(capability, kind, *pair) for pair in pairs]
