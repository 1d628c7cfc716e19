"""The golden answers of a sentiment model, and the service's classifier around a network that is no version yet."""

from collections.abc import Sequence
from pathlib import Path

import keras

from service.artifacts import bundle, golden, onnx
from service.artifacts.card import SentimentCard
from service.artifacts.tokenizer import Tokenizer
from service.sentiment.classifier import SentimentClassifier
from training.export.onnx_review import compile_classifier

TOLERANCE = 1e-4

# Written for this project; no text of a data set is shipped.
GOLDEN_TEXTS = (
    "A warm, funny and beautifully acted film. I left the cinema smiling and would gladly watch it again.",
    "Two hours of wooden dialogue and a plot that goes nowhere. I wanted my money back.",
    "It isn't bad, exactly, but it never decides what it wants to be.<br /><br />The score is lovely, though.",
    "Superb!",
    "zxqv blorf wibblefrotz",
    "The parcel arrived on Tuesday.",
    "Don\u00b4t buy it :( the batery dies after 2 hrs... 1/5 \U0001f621",
)


def in_memory(card: SentimentCard, words: Sequence[str], network: keras.Model) -> SentimentClassifier:
    """Return the service's classifier around the compiled network, as it will answer once it is a version."""
    run = onnx.session(Path("network"), compile_classifier(network), threads=1)
    return SentimentClassifier(
        bundle.Bundle(card, None, _golden([[0.0]] * len(GOLDEN_TEXTS)), run, Tokenizer(words), "onnx")
    )


def golden_answers(classifier: SentimentClassifier) -> golden.Golden:
    """Return the answers of the compiled network to GOLDEN_TEXTS; the SavedModel must give the same."""
    return _golden([classifier.replay({"text": text}) for text in GOLDEN_TEXTS])


def _golden(answers: list[list[float]]) -> golden.Golden:
    return golden.Golden(
        relative_tolerance=TOLERANCE,
        absolute_tolerance=TOLERANCE,
        cases=[
            golden.GoldenCase(request={"text": text}, answer=answer)
            for text, answer in zip(GOLDEN_TEXTS, answers, strict=True)
        ],
    )
