"""A second round: networks learn what those of the first round say, of the training texts and of sentences without labels.

The teacher is the best of the first round, network and n-grams together, and the students begin with its weights (Hinton,
Vinyals and Dean, 2015; a student of the same size: Furlanello et al., 2018). Sentences of long texts have no labels of their
own: their texts' label may not be theirs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from service.interfaces import Inputs, Tokens
from service.sentiment.sentences import split_sentences
from training.evaluation import classification
from training.sentiment.linear import ngrams
from training.sentiment.network import fitting
from training.sentiment.network.fitting import Words
from training.sentiment.network.seeds import SeedRun
from training.sentiment.texts.batches import Pool
from training.sentiment.texts.encoding import Encoder

TAUGHT_SHARE = 0.35  # of the teacher in the new targets; the rest is the old target
SENTENCES = 120_000
SENTENCE_SHARE = 0.6  # of the sentences, an epoch
SENTENCE_WORDS = (4, 40)
SENTENCES_PER_TEXT = 3


def sentences(texts: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """Return at most `count` sentences of 4 to 40 words, no more than three of a text, from texts in random order."""
    found: list[str] = []
    for row in rng.permutation(len(texts)):
        if len(found) >= count:
            break
        found += list(_some(texts[row], rng))
    return found[:count]


def _some(text: str, rng: np.random.Generator) -> Iterator[str]:
    least, most = SENTENCE_WORDS
    spans = [text[start:end] for start, end in split_sentences(text)]
    fitting_ones = [span for span in spans if least <= span.count(" ") + 1 <= most]
    for row in rng.permutation(len(fitting_ones))[:SENTENCES_PER_TEXT]:
        yield fitting_ones[row]


def taught(
    pools: Sequence[Pool], texts: Sequence[str], encoder: Encoder, teacher: SeedRun, linear: ngrams.Linear
) -> list[Pool]:
    """Return the pools with softer targets, and, if there are `texts`, one more pool of them with the teacher's targets.

    The encoder learns the spellings of unknown words in `texts`.
    """
    more = [encoder.truncated(text) for text in texts]
    words = Words(encoder.spellings(), len(encoder.vocabulary))

    def predict(tokens: Sequence[Tokens]) -> Inputs:
        return _predict(tokens, words, teacher, linear)

    softer = [
        replace(
            pool,
            targets=np.asarray((1 - TAUGHT_SHARE) * pool.targets + TAUGHT_SHARE * predict(pool.texts), np.float32),
        )
        for pool in pools
    ]
    return [*softer, Pool(more, predict(more), SENTENCE_SHARE)] if more else softer


def _predict(tokens: Sequence[Tokens], words: Words, teacher: SeedRun, linear: ngrams.Linear) -> Inputs:
    """The teacher's probabilities (texts, classes)."""
    of_ngrams = linear.predict(tokens, words.vocabulary)
    blended = teacher.blend(fitting.logits(teacher.network, tokens, words), of_ngrams)
    return np.asarray(classification.softmax(blended), np.float32)
