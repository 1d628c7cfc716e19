"""Sentence boundaries of a text, found by the sentencex library (Wikimedia). Offsets are code points."""

import re

from sentencex import get_sentence_boundaries

from service.artifacts.tokenizer import split_words

MAX_SENTENCES = 1000
# sentencex 1.0 panics on some of these, such as a no-break space before a full stop.
WIDE_SPACES = re.compile(r"[^\S\x00-\x7f]")
BREAK_TAGS = re.compile(r"</?(?:br|p|div|li)\b[^<>]*>", re.IGNORECASE)


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Return the start and the end of every sentence that holds a word, without white space around it.

    A tag that breaks a line ends a sentence. All text after sentence number MAX_SENTENCES belongs to that sentence.
    """
    without_tags = WIDE_SPACES.sub(" ", BREAK_TAGS.sub(lambda tag: "\n" * len(tag[0]), text))
    spans: list[tuple[int, int]] = []
    for boundary in get_sentence_boundaries("en", without_tags):
        sentence = without_tags[boundary["start_index"] : boundary["end_index"]]
        stripped = sentence.strip()
        start = boundary["start_index"] + sentence.index(stripped) if stripped else 0
        if split_words(stripped):
            spans.append((start, start + len(stripped)))
    if len(spans) > MAX_SENTENCES:
        spans[MAX_SENTENCES - 1 :] = [(spans[MAX_SENTENCES - 1][0], spans[-1][1])]
    return spans
