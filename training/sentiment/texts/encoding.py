"""Texts as numbers: a vocabulary, token numbers, spellings of unknown words, and the two ends of a long text."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from service.artifacts.standardization import SENTENCE_ENDS
from service.artifacts.tokenizer import PADDING, SPELLING_BYTES, UNKNOWN, UNKNOWN_WORD, spell, split_words
from service.interfaces import Tokens
from training.sentiment.texts.batches import Spellings

MAX_TOKENS = 600
HEAD_TOKENS = 200
MIN_COUNT = 2  # of a word in a vocabulary


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Return how often each word occurs."""
    return Counter(word for text in texts for word in split_words(text))


def vocabulary(counts: Counter[str], size: int) -> list[str]:
    """Return padding, the unknown word, the ends of sentences, and the most frequent words, up to `size` in all.

    Words of equal frequency are in alphabetical order.
    """
    first = [PADDING, UNKNOWN_WORD, *SENTENCE_ENDS]
    known = (word for word, count in counts.items() if count >= MIN_COUNT and word not in first)
    return [*first, *sorted(known, key=lambda word: (-counts[word], word))[: max(0, size - len(first))]]


@dataclass
class Encoder:
    """Texts → token numbers; a word that is not in the vocabulary gets the next number after it, the row of its spelling."""

    vocabulary: list[str]
    unknown: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = {word: number for number, word in enumerate(self.vocabulary)}

    def __call__(self, text: str) -> Tokens:
        """Return the numbers of the words of a text."""
        return np.fromiter(map(self._number, split_words(text)), np.int32)

    def _number(self, word: str) -> int:
        number = self._numbers.get(word)
        return self.unknown.setdefault(word, len(self.vocabulary) + len(self.unknown)) if number is None else number

    def truncated(self, text: str) -> Tokens:
        """Return the numbers of the words that the network reads."""
        return truncate_head_tail(self(text), MAX_TOKENS, HEAD_TOKENS)

    def spellings(self) -> Spellings:
        """Return the spellings (words, SPELLING_BYTES) of the vocabulary and of all unknown words so far."""
        words = [*self.vocabulary, *self.unknown]
        return np.frombuffer(spell(words), np.uint8).reshape(-1, SPELLING_BYTES)


def truncate_head_tail(tokens: Tokens, count: int, head: int) -> Tokens:
    """Return at most `count` tokens: the first `head`, and the last `count` − `head`."""
    return tokens if len(tokens) <= count else np.concatenate([tokens[:head], tokens[head - count :]])


def without_spellings(texts: Sequence[Tokens], vocabulary: int) -> list[Tokens]:
    """Return the texts with UNKNOWN for every word that is not in the vocabulary."""
    return [np.where(text >= vocabulary, UNKNOWN, text).astype(np.int32) for text in texts]
