"""Where the sentences of a text stand, told by the sentencex library (Wikimedia); offsets are code points."""

import re

from sentencex import get_sentence_boundaries

from service.artifacts.tokenizer import words

MAX_SENTENCES = 1000
BREAK_TAGS = re.compile(r"</?(?:br|p|div|li)\b[^<>]*>", re.IGNORECASE)


def split_sentences(text: str) -> list[tuple[int, int]]:
    """First code point, and the one after the last, of every sentence that holds a word, without white space around.

    A tag that breaks a line ends a sentence. What follows the MAX_SENTENCES-th belongs to it.
    """
    broken = BREAK_TAGS.sub(lambda tag: "\n" * len(tag[0]), text)
    found: list[tuple[int, int]] = []
    for part in get_sentence_boundaries("en", broken):
        whole = broken[part["start_index"] : part["end_index"]]
        bare = whole.strip()
        first = part["start_index"] + whole.index(bare) if bare else 0
        if words(bare):
            found.append((first, first + len(bare)))
    if len(found) > MAX_SENTENCES:
        found[MAX_SENTENCES - 1 :] = [(found[MAX_SENTENCES - 1][0], found[-1][1])]
    return found
