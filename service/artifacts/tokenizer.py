"""Text → token numbers outside of the network, equal to the TextVectorization layer that a SavedModel holds.

That layer (`standardize` in training/networks/text.py) lowers ASCII letters, replaces tags, punctuation and loose
apostrophes by spaces, splits at spaces, and looks the words up. A property test compares the two.
"""

import re
from array import array
from collections.abc import Iterator, Sequence
from itertools import repeat

UNKNOWN = 1
PADDING = ""
UNKNOWN_WORD = "[UNK]"

# Possessive repeats: no match is tried in more than one way, so the time is linear in the text.
TAGS = re.compile(r"<[\t\n\f\r ]*+(?:/[\t\n\f\r ]*+)?[a-z][^<>]*+>")
# ASCII characters that separate words: all but letters, digits and the apostrophe. Beyond ASCII: some punctuation and spaces.
ASCII_SEPARATORS = bytes(b if b >= 0x80 or chr(b).isalnum() or b == ord("'") else ord(" ") for b in range(256))
WIDE_SEPARATORS = re.compile("[\x80-\xbf\u2000-\u206f\u3000-\u303f]")
WORD = re.compile("[^ ]++")


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

    def __call__(self, text: str) -> "array[int]":
        """Return the number of every word of `text`, in order, as 32-bit integers.

        Raises UnicodeEncodeError for lone surrogates.
        """
        return array("i", map(self._numbers.get, split_words(text), repeat(UNKNOWN)))


def split_words(text: str) -> list[str]:
    """Split a text into words as the network's own tokenizer does."""
    text = _separate(text, " ")
    words = [word for word in text.split(" ") if word]
    return [word for _, _, word in _strip_apostrophes(words)] if _has_loose_apostrophe(text) else words


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return the start and the end of every word of `split_words(text)`, in code points."""
    separated = _separate(text, None)
    spans = [match.span() for match in WORD.finditer(separated)]
    if not _has_loose_apostrophe(separated):
        return spans
    words = [separated[start:end] for start, end in spans]
    starts = ((spans[index][0] + lost, word) for index, lost, word in _strip_apostrophes(words))
    return [(start, start + len(word)) for start, word in starts]


def _has_loose_apostrophe(text: str) -> bool:
    """Whether some word of a text without separators but spaces begins or ends with an apostrophe."""
    return "'" in text and (" '" in text or "' " in text or text[0] == "'" or text[-1] == "'")


def _separate(text: str, tag_replacement: str | None) -> str:
    """Lower ASCII letters and replace separators by spaces; without `tag_replacement` a tag becomes as many spaces."""
    text = text.encode().lower().decode()  # of bytes, lower() changes ASCII letters only
    text = text.replace("\u2019", "'")
    if "<" in text:
        text = TAGS.sub(tag_replacement if tag_replacement is not None else lambda match: " " * len(match[0]), text)
    text = text.encode().translate(ASCII_SEPARATORS).decode()
    return text if text.isascii() else WIDE_SEPARATORS.sub(" ", text)


def _strip_apostrophes(words: list[str]) -> Iterator[tuple[int, int, str]]:
    """The words without loose apostrophes, as one pass of `(^|\\s)'+|'+(\\s|$)` removes them.

    Each with its index in `words`, and how many characters its beginning has lost. A match includes a space: after a word
    that ended with apostrophes, the next word keeps those at its start.
    """
    is_space_consumed = False
    for index, word in enumerate(words):
        lost = 0 if is_space_consumed else len(word) - len(word.lstrip("'"))
        stripped = word[lost:].rstrip("'")
        is_space_consumed = lost + len(stripped) < len(word)
        if stripped:
            yield index, lost, stripped
