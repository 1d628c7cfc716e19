"""Which tokens are words of a language, and whether a text is of another language than the model's."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..artifacts.card import Language
from ..artifacts.tokenizer import UNKNOWN
from ..interfaces import Notice, Tokens

PLACEHOLDERS = frozenset(("url", "usermention"))  # what addresses and names of users become
DIGITS = frozenset("0123456789")
OTHER, WORD, COMMON = 0, 1, 2


def is_word(token: str) -> bool:
    """Whether a token says something of the language: it has a letter and no digit, and stands for nothing else.

    Punctuation, emoji, numbers, ratings, addresses and names of users are no words. So a text that is full of them is judged
    by its other tokens.
    """
    if token in PLACEHOLDERS:
        return False
    return token.isalpha() or (any(map(str.isalpha, token)) and DIGITS.isdisjoint(token))


def kinds_of(language: Language, vocabulary: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Return OTHER, WORD or COMMON for each number of a vocabulary: its first words are the language's commonest."""
    are_words = np.array([is_word(token) for token in vocabulary])
    are_words[: UNKNOWN + 1] = False  # padding, and what stands for unknown words
    return np.where(are_words, np.where(are_words.cumsum() <= language.common_words, COMMON, WORD), OTHER).astype(
        np.uint8
    )


def count_words(kinds: npt.NDArray[np.uint8], tokens: Tokens) -> tuple[int, int]:
    """Return how many of the tokens are words of the vocabulary, and how many are common ones."""
    _, words, common = np.bincount(kinds[tokens], minlength=3).tolist()
    return words + common, common


def foreign(language: Language, words: int, unknown: int, common: int) -> Notice | None:
    """Return the warning of a text of so many words, if they are of another language."""
    if (
        words < language.least_tokens
        or common >= language.least_common * words
        or unknown < language.most_unknown * words
    ):
        return None
    return Notice(
        "not_english",
        f"of {words} words {common} are common English words and {unknown} unknown; the model knows English only",
    )
