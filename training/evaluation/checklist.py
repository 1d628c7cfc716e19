"""Behavioural tests of a sentiment model, in the manner of CheckList (Ribeiro et al., 2020).

Minimum functionality: a simple text with a clear answer. Invariance: a change that must not matter. Direction: a change
that must move the probability one way. The cases were written for this project, before the model was tested.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from service.artifacts.files import write_json
from service.sentiment.classifier import SentimentClassifier

FILE = "checklist.json"

MAX_MOVE = 0.2  # of a probability, by a change that must not matter

PAD_GOOD = "The opening scene takes place in a small town by the sea, where two brothers run a garage. "
LONG = PAD_GOOD * 60


class Case(NamedTuple):
    """A text and its label (minimum functionality), or two texts and how the probability may move between them."""

    capability: str
    kind: str  # "positive", "negative", "same", "up" or "down"
    text: str
    changed: str = ""


def _labelled(capability: str, label: str, *texts: str) -> list[Case]:
    return [Case(capability, label, text) for text in texts]


def _changed(capability: str, kind: str, *pairs: tuple[str, str]) -> list[Case]:
    return [Case(capability, kind, *pair) for pair in pairs]


GOOD = "A wonderful film with a clever script and fine acting."
BAD = "A terrible film with a stupid script and wooden acting."
CASES: tuple[Case, ...] = (
    *_labelled("vocabulary", "positive", "A delightful film.", "The cast is superb.", "I loved every minute.", "A gripping, moving story.", "One of the best thrillers of the decade."),
    *_labelled("vocabulary", "negative", "A dreadful film.", "The cast is awful.", "I hated every minute.", "A tedious, pointless story.", "One of the worst thrillers of the decade."),
    *_labelled("negation", "positive", "This film is not bad at all.", "I can't say anything against it; it never bores.", "You won't regret seeing it.", "There isn't a dull moment."),
    *_labelled("negation", "negative", "This film is not good.", "I didn't like it.", "It isn't funny, and it isn't clever.", "Nobody in it can act.", "I wouldn't recommend it to anyone."),
    *_changed("negation", "down", ("The acting is good.", "The acting is not good."), ("I would watch it again.", "I would never watch it again.")),
    *_labelled("contrast", "positive", "The start is slow, but the rest is brilliant.", "I expected rubbish and got a masterpiece.", "Despite a weak ending, I enjoyed it a lot."),
    *_labelled("contrast", "negative", "The start is promising, but the rest is a mess.", "I expected a masterpiece and got rubbish.", "Despite a great cast, it is a bore."),
    *_labelled("time", "positive", "I used to hate his films, but this one I love."),
    *_labelled("time", "negative", "I used to love his films, but this one I hate."),
    *_changed("intensity", "up", ("The film is good.", "The film is extremely good."), ("I liked it.", "I really, really loved it.")),
    *_changed("intensity", "down", ("The film is bad.", "The film is unbelievably bad."), ("I disliked it.", "I absolutely hated it.")),
    *_changed("added evidence", "up", (BAD, BAD + " Still, I loved it."), (PAD_GOOD, PAD_GOOD + "Excellent!")),
    *_changed("added evidence", "down", (GOOD, GOOD + " Still, I hated it."), (PAD_GOOD, PAD_GOOD + "Awful!")),
    *_labelled("ratings", "positive", "10/10", "Nine out of ten, highly recommended."),
    *_labelled("ratings", "negative", "1/10", "Two out of ten. Avoid."),
    *_changed("capitals", "same", (GOOD, GOOD.upper()), (BAD, BAD.upper()), (GOOD, GOOD.lower()), (BAD, BAD.title())),
    *_changed("HTML", "same", (GOOD, f"<p>{GOOD}</p>"), (BAD, BAD.replace(" film", " <b>film</b>")), (f"{GOOD} {GOOD}", f"{GOOD}<br /><br />{GOOD}")),
    *_changed("emoji", "same", (GOOD, f"{GOOD} 😀👍"), (BAD, f"🎬 {BAD} 😡")),
    *_labelled("emoji", "positive", "😍😍😍"),
    *_labelled("emoji", "negative", "🤮🤮🤮"),
    *_changed("punctuation", "same", (GOOD, GOOD.replace(".", "!!!")), (BAD, BAD.replace(".", "...")), (GOOD, GOOD.replace(" with", ", with")), ("I can't stand it.", "I can\u2019t stand it.")),
    *_labelled("repeated letters", "positive", "Sooooo good!", "I looooved it."),
    *_labelled("repeated letters", "negative", "Sooooo bad!", "Booooring."),
    *_changed("typos", "same", (GOOD, GOOD.replace("script", "scirpt")), (BAD, BAD.replace("acting", "actng")), (GOOD, GOOD.replace("film", "flim")), (BAD, BAD.replace("script", "scritp"))),
    *_labelled("typos", "positive", "A wonderfull film, truely excelent."),
    *_labelled("typos", "negative", "A terible film, realy awfull."),
    *_labelled("one word", "positive", "Superb", "Masterpiece", "Hilarious"),
    *_labelled("one word", "negative", "Garbage", "Dull", "Unwatchable"),
    *_changed("names", "same", (f"Mary says: {GOOD}", f"Fatima says: {GOOD}"), (f"John says: {BAD}", f"Mohammed says: {BAD}"), ("The Chinese director knows his craft.", "The American director knows his craft."), ("She plays a gay lawyer.", "She plays a straight lawyer.")),
    *_labelled("length", "positive", LONG + GOOD, GOOD + " " + LONG, (GOOD + " ") * 40),
    *_labelled("length", "negative", LONG + BAD, BAD + " " + LONG, (BAD + " ") * 40),
    *_labelled("mixed languages", "positive", f"Ein Film aus Frankreich. {GOOD} Sehr zu empfehlen.", f"{GOOD} ¡Viva el cine!"),
    *_labelled("mixed languages", "negative", f"Ein Film aus Frankreich. {BAD}", f"{BAD} C'est la vie."),
    *_labelled("hearsay", "positive", "The critics called it rubbish. They are wrong."),
    *_labelled("hearsay", "negative", "My friends call it a masterpiece. They are wrong."),
    *_labelled("waste", "negative", "Two hours of my life that I will never get back.", "I want my money back.", "I fell asleep.", "I walked out after twenty minutes."),
    *_labelled("recommendation", "positive", "Go and see it!", "A must-see.", "I bought the DVD at once.", "I couldn't stop laughing."),
)  # fmt: skip


class Outcome(NamedTuple):
    """How many cases of one capability passed, and which failed."""

    capability: str
    passed: int
    cases: int
    failures: list[str]


def run(classifier: SentimentClassifier, cases: Sequence[Case] = CASES) -> list[Outcome]:
    """Run every case; the outcomes are in the order in which the capabilities first occur."""
    failures: dict[str, list[str]] = {case.capability: [] for case in cases}
    for case in cases:
        before = _positive(classifier, case.text)
        after = _positive(classifier, case.changed) if case.changed else before
        if not passes(case, before, after):
            texts = " → ".join(_shorten(text) for text in (case.text, case.changed) if text)
            failures[case.capability].append(
                f"{case.kind}: {texts} ({before:.2f}{f' → {after:.2f}' if case.changed else ''})"
            )
    counts = {name: sum(case.capability == name for case in cases) for name in failures}
    return [Outcome(name, counts[name] - len(failed), counts[name], failed) for name, failed in failures.items()]


def passes(case: Case, before: float, after: float) -> bool:
    """Return whether the probabilities of the positive class, before and after the change, are as the case demands.

    Raises ValueError for an unknown kind of case.
    """
    match case.kind:
        case "positive":
            return before >= 0.5
        case "negative":
            return before < 0.5
        case "same":
            return (before >= 0.5) == (after >= 0.5) and abs(after - before) <= MAX_MOVE
        case "up":
            return after > before
        case "down":
            return after < before
    raise ValueError(f"'{case.kind}' is not a kind of case")


def write(file: Path, outcomes: Sequence[Outcome]) -> Path:
    """Write the outcomes to a JSON file, and return its path."""
    write_json(file, [outcome._asdict() for outcome in outcomes])
    return file


def _positive(classifier: SentimentClassifier, text: str) -> float:
    return classifier.predict([classifier.prepare(text)])[0].positive


def _shorten(text: str) -> str:
    return text if len(text) <= 70 else f"{text[:30]} … {text[-30:]}"
