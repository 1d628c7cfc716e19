"""Batches of encoded texts for training: pools of texts in given shares, with words spelt out, misspelt or cropped at random.

In an encoded text a number from the size of the vocabulary on stands for an unknown word: it is the row of its spelling.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from service.artifacts.tokenizer import SPELLING_BYTES, UNKNOWN
from service.interfaces import Inputs, Tokens

MAX_ROWS = 128  # of a batch
MIN_ROWS = 32
BATCH_TOKENS = 10_000  # about so many tokens are in a batch of long texts
WIDTH_STEP = 16  # batches are padded to a multiple of it
CROP_WORDS = (12, 64)  # smallest and largest crop; only longer texts are cropped
MISSPELT_SHARE = 0.3  # of the words that are spelt out
MIN_SPELT_WORD = 2  # bytes; shorter words are not spelt out

Spellings = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Pool:
    """Encoded texts with targets (texts, classes), and how many times each is drawn in an epoch, such as 0.5 or 2."""

    texts: Sequence[Tokens]
    targets: Inputs
    share: float = 1.0


@dataclass(frozen=True)
class Noise:
    """What training changes at random: shares of words that are spelt out, and of long texts that are cropped in addition."""

    spelt: float = 0.06
    crops: float = 0.25


class Batches:
    """Batches of texts of similar length, each padded to its longest text: ((tokens, spellings), targets).

    With an `rng` they are for training: drawn by share, shuffled in every epoch, and with `noise`. Without it every text
    occurs once, in order of length; `unsort` puts predictions into the order of the texts.
    """

    def __init__(
        self,
        pools: Sequence[Pool],
        spellings: Spellings,
        vocabulary: int,
        rng: np.random.Generator | None = None,
        noise: Noise | None = None,
    ) -> None:
        self._pools, self._spellings, self._vocabulary = pools, spellings, vocabulary
        self._rng, self._noise = rng, noise or Noise(0.0, 0.0)
        self._can_be_spelt = (spellings > 0).sum(axis=1) >= MIN_SPELT_WORD
        self._can_be_spelt[: UNKNOWN + 1] = False
        self._left: dict[int, list[int]] = {}
        self.order = np.argsort([len(text) for pool in pools for text in pool.texts], kind="stable")

    @property
    def count(self) -> int:
        """About how many batches an epoch has."""
        tokens = [(pool.share, len(text)) for pool in self._pools for text in pool.texts]
        rows = sum(share / np.clip(BATCH_TOKENS // max(1, length), MIN_ROWS, MAX_ROWS) for share, length in tokens)
        return int(rows * (1 + self._noise.crops / 4)) + 1

    def __iter__(self) -> Iterator[tuple[tuple[Tokens, Spellings], Inputs]]:
        if self._rng is None:
            texts = [text for pool in self._pools for text in pool.texts]
            targets = np.concatenate([pool.targets for pool in self._pools])
            order = self.order
        else:
            texts, targets = self._drawn(self._rng)
            lengths = np.array([len(text) for text in texts]) * self._rng.uniform(0.9, 1.1, len(texts))
            order = np.argsort(lengths, kind="stable")
        batches = _cut(order, [len(texts[row]) for row in order])
        if self._rng is not None:
            self._rng.shuffle(batches)
        for batch in batches:
            yield self._assemble([texts[row] for row in batch]), targets[batch]

    def _drawn(self, rng: np.random.Generator) -> tuple[list[Tokens], Inputs]:
        """The texts of one epoch: each pool by its share, and crops of long texts."""
        texts: list[Tokens] = []
        targets: list[Inputs] = []
        for number, pool in enumerate(self._pools):
            rows = self._next_rows(number, pool, rng)
            crops = [row for row in rows if len(pool.texts[row]) > CROP_WORDS[1] and rng.random() < self._noise.crops]
            texts += [pool.texts[row] for row in rows]
            texts += [random_crop(pool.texts[row], rng) for row in crops]
            targets += [pool.targets[rows], pool.targets[crops]]
        return texts, np.concatenate(targets)

    def _next_rows(self, number: int, pool: Pool, rng: np.random.Generator) -> list[int]:
        """The next rows of a pool: every text once, in random order, before any is drawn again."""
        left = self._left.setdefault(number, [])
        count = round(pool.share * len(pool.texts))
        while len(left) < count:
            left += rng.permutation(len(pool.texts)).tolist()
        rows, self._left[number] = left[:count], left[count:]
        return rows

    def _assemble(self, texts: Sequence[Tokens]) -> tuple[Tokens, Spellings]:
        width = max(1, max(map(len, texts)))
        tokens = np.zeros((len(texts), -(-width // WIDTH_STEP) * WIDTH_STEP), np.int32)
        for row, text in enumerate(texts):
            tokens[row, : len(text)] = text
        is_spelt = tokens >= self._vocabulary
        if self._rng is not None and self._noise.spelt:
            chosen = self._rng.random(tokens.shape, np.float32) < self._noise.spelt
            is_spelt |= chosen & self._can_be_spelt[tokens]
        spellings = self._spellings[tokens[is_spelt]]
        if self._rng is not None and self._noise.spelt:
            spellings = misspell(spellings, self._rng)
        tokens[is_spelt] = UNKNOWN
        return tokens, spellings

    def unsort(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Put values that are in the order of the batches into the order of the texts."""
        result = np.empty_like(values)
        result[self.order] = values
        return result


def _cut(order: npt.NDArray[np.int64], lengths: Sequence[int]) -> list[npt.NDArray[np.int64]]:
    """Consecutive rows as batches of about BATCH_TOKENS tokens, within MIN_ROWS and MAX_ROWS."""
    batches, begin = [], 0
    while begin < len(order):
        rows = int(np.clip(BATCH_TOKENS // max(1, lengths[begin]), MIN_ROWS, MAX_ROWS))
        batches.append(order[begin : begin + rows])
        begin += rows
    return batches


def random_crop(text: Tokens, rng: np.random.Generator) -> Tokens:
    """Return consecutive words from anywhere in the text; the logarithm of their number is uniformly distributed."""
    low, high = np.log(CROP_WORDS)
    count = min(round(np.exp(rng.uniform(low, high))), len(text))
    begin = rng.integers(len(text) - count + 1)
    return text[begin : begin + count]


def misspell(spellings: Spellings, rng: np.random.Generator) -> Spellings:
    """Return spellings (words, SPELLING_BYTES) of which some have two bytes swapped, one left out, or one doubled.

    Words of fewer than four bytes and words with bytes beyond ASCII stay as they are.
    """
    result = spellings.copy()
    lengths = (spellings > 0).sum(axis=1)
    fits = (lengths >= 4) & (lengths < SPELLING_BYTES) & (spellings.max(axis=1, initial=0) < 0x80)
    rows = np.flatnonzero(fits & (rng.random(len(spellings)) < MISSPELT_SHARE))
    positions = 1 + (rng.random(len(rows)) * (lengths[rows] - 2)).astype(np.int64)
    kinds = rng.integers(3, size=len(rows))
    for kind, change in enumerate((_swap, _leave_out, _double)):
        chosen = kinds == kind
        result[rows[chosen]] = change(spellings[rows[chosen]], positions[chosen])
    return result


def _swap(words: Spellings, positions: npt.NDArray[np.int64]) -> Spellings:
    columns = np.tile(np.arange(SPELLING_BYTES), (len(words), 1))
    rows = np.arange(len(words))
    columns[rows, positions], columns[rows, positions + 1] = positions + 1, positions
    return np.take_along_axis(words, columns, axis=1)


def _leave_out(words: Spellings, positions: npt.NDArray[np.int64]) -> Spellings:
    columns = np.arange(SPELLING_BYTES)[None] + (np.arange(SPELLING_BYTES)[None] >= positions[:, None])
    return np.take_along_axis(np.pad(words, ((0, 0), (0, 1))), columns, axis=1)


def _double(words: Spellings, positions: npt.NDArray[np.int64]) -> Spellings:
    columns = np.arange(SPELLING_BYTES)[None] - (np.arange(SPELLING_BYTES)[None] > positions[:, None])
    return np.take_along_axis(words, columns, axis=1)
