"""What a sentiment model must be able to do, case by case, in the manner of CheckList (Ribeiro et al., 2020).

Minimum functionality: a plain text with a plain answer. Invariance: a change that must not matter. Direction: a change
that must move the probability one way. The cases were written for this project, before the model was looked at.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from service.artifacts.files import write_json
from service.sentiment.classifier import Sentiment, SentimentClassifier

FILE = "checklist.json"

MOVED = 0.2  # a probability may move so far where nothing should matter

PAD_GOOD = "The opening scene takes place in a small town by the sea, where two brothers run a garage. "
LONG = PAD_GOOD * 60


class Case(NamedTuple):
    """One text with a label (minimum functionality), or two texts and what may happen between them."""

    capability: str
    kind: str  # "positive", "negative", "same", "up" or "down"
    text: str
    changed: str = ""


def _is(capability: str, label: str, *texts: str) -> list[Case]:
    return [Case(capability, label, text) for text in texts]


def _from(capability: str, kind: str, *pairs: tuple[str, str]) -> list[Case]:
    return [Case(capability, kind, *pair) for pair in pairs]


GOOD = "A wonderful film with a clever script and fine acting."
BAD = "A terrible film with a stupid script and wooden acting."
CASES: tuple[Case, ...] = (
    *_is("vocabulary", "positive", "A delightful film.", "The cast is superb.", "I loved every minute.", "A gripping, moving story.", "One of the best thrillers of the decade."),
    *_is("vocabulary", "negative", "A dreadful film.", "The cast is awful.", "I hated every minute.", "A tedious, pointless story.", "One of the worst thrillers of the decade."),
    *_is("negation", "positive", "This film is not bad at all.", "I can't say anything against it; it never bores.", "You won't regret seeing it.", "There isn't a dull moment."),
    *_is("negation", "negative", "This film is not good.", "I didn't like it.", "It isn't funny, and it isn't clever.", "Nobody in it can act.", "I wouldn't recommend it to anyone."),
    *_from("negation", "down", ("The acting is good.", "The acting is not good."), ("I would watch it again.", "I would never watch it again.")),
    *_is("contrast", "positive", "The start is slow, but the rest is brilliant.", "I expected rubbish and got a masterpiece.", "Despite a weak ending, I enjoyed it a lot."),
    *_is("contrast", "negative", "The start is promising, but the rest is a mess.", "I expected a masterpiece and got rubbish.", "Despite a great cast, it is a bore."),
    *_is("time", "positive", "I used to hate his films, but this one I love."),
    *_is("time", "negative", "I used to love his films, but this one I hate."),
    *_from("intensity", "up", ("The film is good.", "The film is extremely good."), ("I liked it.", "I really, really loved it.")),
    *_from("intensity", "down", ("The film is bad.", "The film is unbelievably bad."), ("I disliked it.", "I absolutely hated it.")),
    *_from("added evidence", "up", (BAD, BAD + " Still, I loved it."), (PAD_GOOD, PAD_GOOD + "Excellent!")),
    *_from("added evidence", "down", (GOOD, GOOD + " Still, I hated it."), (PAD_GOOD, PAD_GOOD + "Awful!")),
    *_is("ratings", "positive", "10/10", "Nine out of ten, highly recommended."),
    *_is("ratings", "negative", "1/10", "Two out of ten. Avoid."),
    *_from("capitals", "same", (GOOD, GOOD.upper()), (BAD, BAD.upper()), (GOOD, GOOD.lower()), (BAD, BAD.title())),
    *_from("HTML", "same", (GOOD, f"<p>{GOOD}</p>"), (BAD, BAD.replace(" film", " <b>film</b>")), (f"{GOOD} {GOOD}", f"{GOOD}<br /><br />{GOOD}")),
    *_from("emoji", "same", (GOOD, f"{GOOD} 😀👍"), (BAD, f"🎬 {BAD} 😡")),
    *_is("emoji", "positive", "😍😍😍"),
    *_is("emoji", "negative", "🤮🤮🤮"),
    *_from("punctuation", "same", (GOOD, GOOD.replace(".", "!!!")), (BAD, BAD.replace(".", "...")), (GOOD, GOOD.replace(" with", ", with")), ("I can't stand it.", "I can\u2019t stand it.")),
    *_is("repeated letters", "positive", "Sooooo good!", "I looooved it."),
    *_is("repeated letters", "negative", "Sooooo bad!", "Booooring."),
    *_from("typos", "same", (GOOD, GOOD.replace("script", "scirpt")), (BAD, BAD.replace("acting", "actng")), (GOOD, GOOD.replace("film", "flim")), (BAD, BAD.replace("script", "scritp"))),
    *_is("typos", "positive", "A wonderfull film, truely excelent."),
    *_is("typos", "negative", "A terible film, realy awfull."),
    *_is("one word", "positive", "Superb", "Masterpiece", "Hilarious"),
    *_is("one word", "negative", "Garbage", "Dull", "Unwatchable"),
    *_from("names", "same", (f"Mary says: {GOOD}", f"Fatima says: {GOOD}"), (f"John says: {BAD}", f"Mohammed says: {BAD}"), ("The Chinese director knows his craft.", "The American director knows his craft."), ("She plays a gay lawyer.", "She plays a straight lawyer.")),
    *_is("length", "positive", LONG + GOOD, GOOD + " " + LONG, (GOOD + " ") * 40),
    *_is("length", "negative", LONG + BAD, BAD + " " + LONG, (BAD + " ") * 40),
    *_is("mixed languages", "positive", f"Ein Film aus Frankreich. {GOOD} Sehr zu empfehlen.", f"{GOOD} ¡Viva el cine!"),
    *_is("mixed languages", "negative", f"Ein Film aus Frankreich. {BAD}", f"{BAD} C'est la vie."),
    *_is("hearsay", "positive", "The critics called it rubbish. They are wrong."),
    *_is("hearsay", "negative", "My friends call it a masterpiece. They are wrong."),
    *_is("waste", "negative", "Two hours of my life that I will never get back.", "I want my money back.", "I fell asleep.", "I walked out after twenty minutes."),
    *_is("recommendation", "positive", "Go and see it!", "A must-see.", "I bought the DVD at once.", "I couldn't stop laughing."),
)  # fmt: skip


class Outcome(NamedTuple):
    """How one capability fared."""

    capability: str
    passed: int
    cases: int
    failures: list[str]


def run(classifier: SentimentClassifier, cases: Sequence[Case] = CASES) -> list[Outcome]:
    """Judge every case; capabilities in the order of the cases."""
    texts = [text for case in cases for text in (case.text, case.changed or case.text)]
    judged = [found.positive for found in _judged(classifier, texts)]
    failed: dict[str, list[str]] = {case.capability: [] for case in cases}
    for case, before, after in zip(cases, judged[::2], judged[1::2], strict=True):
        if not passes(case, before, after):
            shown = " → ".join(_short(text) for text in (case.text, case.changed) if text)
            failed[case.capability].append(
                f"{case.kind}: {shown} ({before:.2f}{f' → {after:.2f}' if case.changed else ''})"
            )
    counts = {name: sum(case.capability == name for case in cases) for name in failed}
    return [Outcome(name, counts[name] - len(found), counts[name], found) for name, found in failed.items()]


def passes(case: Case, before: float, after: float) -> bool:
    """Whether the probabilities of the positive class, before and after the change, are as they must be."""
    match case.kind:
        case "positive":
            return before >= 0.5
        case "negative":
            return before < 0.5
        case "same":
            return (before >= 0.5) == (after >= 0.5) and abs(after - before) <= MOVED
        case "up":
            return after > before
        case "down":
            return after < before
    raise ValueError(f"'{case.kind}' is no kind of case")


def write(file: Path, outcomes: Sequence[Outcome]) -> Path:
    """What passed and what failed, for whoever wants to know."""
    write_json(file, [outcome._asdict() for outcome in outcomes])
    return file


def _judged(classifier: SentimentClassifier, texts: Sequence[str]) -> list[Sentiment]:
    return [classifier.predict([classifier.prepare(text)])[0] for text in texts]


def _short(text: str) -> str:
    return text if len(text) <= 70 else f"{text[:30]} … {text[-30:]}"
