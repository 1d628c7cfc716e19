"""What the training texts are like, so that the service can tell texts that are unlike them.

Each word of the vocabulary gets a number: how much commoner it is in the training texts than in general. The vocabulary of
the version that a training starts from is ordered by frequency, so that a word's rank tells how common it is in general
(Zipf, 1935; Mandelbrot, 1953). A text has the mean over its different words. Texts below a low quantile of the training
texts' own means, of their length, are unlike them. Each training text is scored as if the others alone had been counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from service.artifacts.card import DomainLimits, DomainThreshold
from service.artifacts.domain import to_bytes
from service.artifacts.tokenizer import UNKNOWN
from service.interfaces import Array, Tokens
from training.sentiment.texts.encoding import MAX_TOKENS

GENERAL_UNKNOWN = 0.03  # share of words of general texts that are not in a vocabulary
MANDELBROT = 2.7  # added to the rank of a word
SMOOTHING = 3.0  # how many words are counted as general ones, for each word of the training texts
MOST = 4.0  # of a number: single words that are typical of the texts do not decide
LEAST_SHARE = 0.0075  # of texts like the training's that are called unlike
LENGTHS = (8, 16, 32, 64, 128, 256)  # bounds of the bands, in tokens
LEAST_TOKENS = 5
BAND_TEXTS = 300  # for each band; those that lack are parts of longer texts
MIN_TEXTS = 100  # fewer say too little of what is usual
LONGEST = 2.0  # a text so many times as long as nearly all training texts is unlike them
NEARLY_ALL = 0.999
SEED = 0


@dataclass(frozen=True)
class Domain:
    """The part of the card, and the numbers of the words in steps of `limits.scale`."""

    limits: DomainLimits
    steps: npt.NDArray[np.int8]

    def write(self, path: Path) -> Path:
        """Write the file that the version has beside its card (its name is `domain.FILE`), and return its path."""
        path.write_bytes(to_bytes(self.steps))
        return path


def fit(train: Sequence[Tokens], validation: Sequence[Tokens], words: Sequence[str]) -> Domain | None:
    """Return what the texts are like, or None if they are too few to tell.

    train, validation: numbers of the words read of each text; those from `len(words)` on count as unknown. words: the
    vocabulary, the commonest first.
    """
    learnt = [different for text in train if len(different := _known(text, len(words)))]
    held_out = [different for text in validation if len(different := _known(text, len(words)))]
    if len(learnt) + len(held_out) < MIN_TEXTS:
        return None
    scorer = _Scorer(learnt, _general(len(words)))
    scale = float(np.abs(scorer.numbers).max()) / 127 or 1.0
    limits = DomainLimits(
        scale=scale,
        least_tokens=LEAST_TOKENS,
        most_tokens=_most_tokens([*learnt, *held_out]),
        thresholds=_thresholds(learnt, held_out, scorer),
        measured_on=f"{len(learnt):,} training texts, each beside the others, and {len(held_out):,} validation texts; "
        "short lengths on parts of them",
        threshold_choice=f"{LEAST_SHARE:.2%} of the texts of each length are below it",
    )
    return Domain(limits, np.rint(scorer.numbers / scale).astype(np.int8))


def _known(text: Tokens, vocabulary: int) -> Tokens:
    """The numbers of a text's words, with UNKNOWN for those that the vocabulary lacks."""
    return np.where(text >= vocabulary, UNKNOWN, text)


def _general(vocabulary: int) -> Array:
    """How common each word is in general, by its rank."""
    shares = 1 / (np.arange(vocabulary) + MANDELBROT)
    shares[: UNKNOWN + 1] = 0.0
    shares *= (1 - GENERAL_UNKNOWN) / max(float(shares.sum()), 1e-300)
    shares[UNKNOWN] = GENERAL_UNKNOWN
    return shares


class _Scorer:
    """How typical texts are. A word counts once in each text."""

    def __init__(self, texts: Sequence[Tokens], general: Array) -> None:
        self._general = np.maximum(general, 1e-12)
        self._counts = np.zeros(len(general))
        for text in texts:
            self._counts[np.unique(text)] += 1
        self._total = max(1.0, float(self._counts.sum()))
        self._added = SMOOTHING * self._total
        self.numbers = self._number(self._counts, self._total, self._general)
        self.numbers[0] = 0.0  # padding

    def _number(self, counts: Array, total: float, general: Array) -> Array:
        ratio = (counts + self._added * general) / ((total + self._added) * general)
        return np.minimum(np.log(ratio), MOST)

    def __call__(self, text: Tokens, *, is_counted: bool) -> float:
        """The mean over the different words of a text. `is_counted`: it is one of the texts, or a part of one."""
        different = np.unique(text)
        if not is_counted:
            return float(self.numbers[different].mean())
        total = self._total - len(different)
        return float(self._number(self._counts[different] - 1, total, self._general[different]).mean())


def _most_tokens(texts: Sequence[Tokens]) -> int | None:
    """Beyond how many tokens a text is unlike; None if training texts are as long as any text that is read."""
    longest = float(np.quantile([len(text) for text in texts], NEARLY_ALL))
    return None if longest >= MAX_TOKENS else int(np.ceil(LONGEST * longest))


def _thresholds(learnt: Sequence[Tokens], held_out: Sequence[Tokens], scorer: _Scorer) -> list[DomainThreshold]:
    """The threshold of each band of lengths that has texts, the last of which holds for all longer ones."""
    bands: list[tuple[int, Array]] = []
    for least, most in zip((LEAST_TOKENS, *(bound + 1 for bound in LENGTHS)), (*LENGTHS, MAX_TOKENS), strict=True):
        scores = np.array(list(_scores(learnt, held_out, scorer, least, most)))
        if len(scores) >= MIN_TEXTS or not bands:
            bands.append((most, scores))
    *bounded, (_, last) = bands
    return [*(_threshold(scores, most) for most, scores in bounded), _threshold(last, None)]


def _threshold(scores: Array, max_tokens: int | None) -> DomainThreshold:
    least = float(np.quantile(scores, LEAST_SHARE)) if len(scores) else 0.0
    return DomainThreshold(
        max_tokens=max_tokens, least=least, share=float((scores < least).mean()) if len(scores) else 0.0
    )


def _scores(
    learnt: Sequence[Tokens], held_out: Sequence[Tokens], scorer: _Scorer, least: int, most: int
) -> Iterator[float]:
    """The scores of the texts of a band, and of parts of longer ones if they are few."""
    rng = np.random.default_rng(SEED)
    texts = [(text, True) for text in learnt] + [(text, False) for text in held_out]
    own = [(text, is_counted) for text, is_counted in texts if least <= len(text) <= most]
    yield from (scorer(text, is_counted=is_counted) for text, is_counted in own)
    longer = [(text, is_counted) for text, is_counted in texts if len(text) > most]
    if not longer:
        return
    for _ in range(BAND_TEXTS - len(own)):
        text, is_counted = longer[int(rng.integers(len(longer)))]
        length = int(rng.integers(least, most + 1))
        start = int(rng.integers(len(text) - length + 1))
        yield scorer(text[start : start + length], is_counted=is_counted)
