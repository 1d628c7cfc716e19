"""From texts to an opinion of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import jax
import numpy as np
from rich.console import Console

from service.tokeniser import TAGS, Tokeniser
from training import classification, reading
from training.data import DataError
from training.large import judges, language
from training.large.language import Size, Tokens
from training.material import Material
from training.opinion import Opinion
from training.reading import Labels

FOLDS = 3
MARKS = '.!?,"():*'  # are words here
SEED = 0


@dataclass(frozen=True)
class Texts:
    """Token numbers of all texts, and what is known of the labelled ones."""

    vocabulary: int
    train: list[Tokens]
    labels: Labels
    folds: Labels  # of the training texts
    more: list[Tokens]
    validation: list[Tokens]
    validation_labels: Labels


def read(material: Material, vocabulary: int) -> Texts:
    """All texts but those of the test part, marks among their words."""
    train, labels = material.learn.take(material.train_rows)
    validation, validation_labels = material.learn.take(material.validation_rows)
    words = reading.vocabulary(material.unlabelled, vocabulary)
    tokenise = Tokeniser([*words, *map(_name, MARKS)])
    folds = np.zeros(len(labels), np.int64)
    for fold, (_, judged) in enumerate(material.folds(FOLDS)):
        folds[judged] = fold

    def tokens(texts: Sequence[str]) -> list[Tokens]:
        return reading.tokens([_marked(text) for text in texts], tokenise)

    return Texts(
        len(words) + len(MARKS),
        tokens(train),
        labels,
        folds,
        tokens(material.more),
        tokens(validation),
        validation_labels,
    )


def ask(texts: Texts, learnt_from: str, size: Size, pretraining: int, epochs: int, console: Console) -> Opinion:
    """Teach language models, and judges that begin as these; progress goes to `console`. Raises DataError for few texts."""
    everything, began = [*texts.train, *texts.more], perf_counter()
    needed = language.STREAMS * language.SPAN
    if sum(map(len, everything)) < needed:
        raise DataError(f"a language model learns from {needed:,} words or more; give --unlabelled more.csv")
    console.print(f"{jax.devices()[0]}, {sum(map(len, everything)):,} words")

    def show_loss(epoch: int, loss: float) -> None:
        console.print(f"language models, epoch {epoch + 1}: loss {loss:.4f}")

    def show_right(epoch: int, loss: float, params: language.Params) -> None:
        right = classification.accuracy(texts.validation_labels, judges.say(params, texts.validation).mean(axis=0))
        console.print(f"judges, epoch {epoch + 1}: loss {loss:.4f}, validation accuracy {right:.4f}")

    known = language.learn(everything, texts.vocabulary, size, pretraining, SEED, show_loss)
    found = judges.fit(known, texts.train, texts.labels, texts.folds, epochs, SEED, show_right)
    labelled, more, validation = (
        judges.say(found, some).astype(np.float64) for some in (texts.train, texts.more, texts.validation)
    )
    parameters = sum(weights.size for weights in jax.tree.leaves(found)) // FOLDS
    held_out = labelled[texts.folds, np.arange(len(texts.labels))]
    seconds = perf_counter() - began
    return Opinion(held_out, more.mean(axis=0), validation.mean(axis=0), parameters, seconds, learnt_from)


def _marked(text: str) -> str:
    """Marks as words, tags away (which hold marks of their own)."""
    return TAGS.sub(" ", text.lower()).translate({ord(mark): f" {_name(mark)} " for mark in MARKS})


def _name(mark: str) -> str:
    """A word that no text is likely to have."""
    return f"mark'{ord(mark)}"
