"""Text → token numbers, outside of the network: equal, to the token, to the TextVectorization that a SavedModel holds.

What that one does (`standardise` in training/networks/text.py): lower ASCII letters, turn tags, punctuation and loose
apostrophes into spaces, split at spaces, look the words up. A property test holds the two together.
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
# What ends a word: in ASCII all but letters, digits and the apostrophe; beyond it some punctuation and space.
ASCII_BREAKS = bytes(b if b >= 0x80 or chr(b).isalnum() or b == ord("'") else ord(" ") for b in range(256))
WIDE_BREAKS = re.compile("[\x80-\xbf\u2000-\u206f\u3000-\u303f]")


class Tokenizer:
    """A vocabulary at work; token 0 is padding and 1 an unknown word.

    Raises ValueError when `vocabulary` does not begin with those two or says a word twice.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        if list(vocabulary[:2]) != [PADDING, UNKNOWN_WORD]:
            raise ValueError(f"a vocabulary begins with {PADDING!r} and {UNKNOWN_WORD!r}")
        self._numbers = {word: number for number, word in enumerate(vocabulary)}
        if len(self._numbers) != len(vocabulary):
            raise ValueError("a vocabulary has every word once")

    def __call__(self, text: str) -> "array[int]":
        """The number of every word of `text`, in order, as 32-bit integers; none for a text without words.

        Raises UnicodeEncodeError for lone surrogates.
        """
        return array("i", map(self._numbers.get, words(text), repeat(UNKNOWN)))


def words(text: str) -> list[str]:
    """Split a text into words as the network's own tokeniser does."""
    text = _spaced(text, " ")
    found = [word for word in text.split(" ") if word]
    loose = "'" in text and (" '" in text or "' " in text or text[0] == "'" or text[-1] == "'")
    return [bare for _, bare in _tightened(found)] if loose else found


def spans(text: str) -> list[tuple[int, int]]:
    """Where every word of `words(text)` stands: its first code point, and the one after its last."""
    spaced = _spaced(text, None)
    places = [match.span() for match in re.finditer("[^ ]+", spaced)]
    found = [spaced[first:end] for first, end in places]
    tight = []
    for place, bare in _tightened(found):
        first, end = places[place]
        begin = first + spaced[first:end].index(bare)
        tight.append((begin, begin + len(bare)))
    return tight


def _spaced(text: str, tag: str | None) -> str:
    """The text in lower ASCII letters, with a space for all that parts words; `tag` for tags, or as many as they are long."""
    text = text.encode().lower().decode()  # of bytes, lower() means ASCII letters alone
    text = text.replace("\u2019", "'")
    if "<" in text:
        text = TAGS.sub(tag if tag is not None else lambda match: " " * len(match[0]), text)
    text = text.encode().translate(ASCII_BREAKS).decode()
    return text if text.isascii() else WIDE_BREAKS.sub(" ", text)


def _tightened(found: list[str]) -> Iterator[tuple[int, str]]:
    """Place and form of the words without loose apostrophes, as one pass of `(^|\\s)'+|'+(\\s|$)` takes them off.

    A match takes a space with it: after a word that ended with apostrophes, the next keeps those it begins with.
    """
    space_taken = False
    for place, word in enumerate(found):
        if not space_taken:
            word = word.lstrip("'")
        bare = word.rstrip("'")
        space_taken = bare != word
        if bare:
            yield place, bare
