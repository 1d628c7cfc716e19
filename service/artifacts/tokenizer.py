"""Text → words and their numbers outside of the network, equal to what a SavedModel computes; `standardization` has the rules.

A word that is not in the vocabulary has the number UNKNOWN, and the network reads its spelling: `spell`.
"""

import re
from array import array
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import NamedTuple

from .standardization import standardize, standardize_traced

UNKNOWN = 1
PADDING = ""
UNKNOWN_WORD = "[UNK]"
SPELLING_BYTES = 24  # of a word in UTF-8 that the network reads

WORD = re.compile("[^ ']++(?:'++[^ ']++)*+")  # apostrophes stay within words only


class Encoding(NamedTuple):
    """The words of a text, and their numbers as 32-bit integers."""

    numbers: "array[int]"
    words: list[str]


class Tokenizer:
    """Looks words up in a vocabulary; token 0 is padding and 1 an unknown word.

    Raises ValueError if `vocabulary` does not begin with those two, or has a word twice.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        if list(vocabulary[:2]) != [PADDING, UNKNOWN_WORD]:
            raise ValueError(f"a vocabulary begins with {PADDING!r} and {UNKNOWN_WORD!r}")
        self._numbers = {word: number for number, word in enumerate(vocabulary)}
        if len(self._numbers) != len(vocabulary):
            raise ValueError("a vocabulary has every word once")
        self.vocabulary = tuple(vocabulary)

    def __call__(self, text: str) -> Encoding:
        """Return the words of `text`, in order, and their numbers. Raises UnicodeEncodeError for lone surrogates."""
        words = split_words(text)
        return Encoding(array("i", map(self._numbers.get, words, repeat(UNKNOWN))), words)


def spell(words: Iterable[str]) -> bytes:
    """Return SPELLING_BYTES for each word: the first bytes of its UTF-8 form, and zeros after them."""
    return b"".join(word.encode()[:SPELLING_BYTES].ljust(SPELLING_BYTES, b"\0") for word in words)


def split_words(text: str) -> list[str]:
    """Split a text into words as the network's own tokenizer does; apostrophes at the ends of words are dropped."""
    text = standardize(text)
    words = text.split()
    if not _has_loose_apostrophe(text):
        return words
    return [word for word in (word.strip("'") for word in words) if word]


def _has_loose_apostrophe(text: str) -> bool:
    """Whether some word of a text without separators but spaces begins or ends with an apostrophe."""
    return "'" in text and (" '" in text or "' " in text or text[0] == "'" or text[-1] == "'")


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return the start and the end of every word of `split_words(text)`, in code points, without white space around it."""
    traced = standardize_traced(text)
    spans = [match.span() for match in WORD.finditer(traced.text)]
    return [_stripped(text, int(traced.starts[start]), int(traced.ends[end - 1])) for start, end in spans]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    return start, max(start, start + len(part.strip()))
