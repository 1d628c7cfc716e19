"""Sentence boundaries of a text, found by the sentencex library (Wikimedia). Offsets are code points.

The library's time grows with the square of a paragraph's length for some texts, such as quotation marks that are never
closed: 20,000 characters may take a quarter of a second. So it gets no more than PIECE_CHARACTERS at once.
"""

import re
from collections.abc import Iterator

from sentencex import get_sentence_boundaries

from ..artifacts.standardization import ELLIPSIS, SENTENCE_ENDS
from ..artifacts.tokenizer import split_words

Span = tuple[int, int]
MAX_SENTENCES = 1000
PIECE_CHARACTERS = 2000
PARAGRAPH_BREAK = "\n\n"  # sentencex looks at each paragraph alone
ENDS = frozenset((*SENTENCE_ENDS, ELLIPSIS))  # alone they are no sentence
# sentencex 1.0 panics on some of these, such as a no-break space before a full stop.
WIDE_SPACES = re.compile(r"[^\S\x00-\x7f]")
BREAK_TAGS = re.compile(r"</?(?:br|p|div|li)\b[^<>]*+>", re.IGNORECASE)


def split_sentences(text: str) -> list[Span]:
    """Return the start and the end of every sentence that holds a word, without white space around it.

    A tag that breaks a line ends a sentence. A sentence of more than PIECE_CHARACTERS may be cut; so may one in which a
    quotation is as long. All text after sentence number MAX_SENTENCES belongs to that sentence.
    """
    return join_pieces(split_pieces(text))


def split_pieces(text: str) -> Iterator[list[Span]]:
    """Yield the spans of sentences with a word, a piece of the text at a time, so that each step is short."""
    text = WIDE_SPACES.sub(" ", BREAK_TAGS.sub(lambda tag: "\n" * len(tag[0]), text))
    start = 0
    while start < len(text):
        sentences, start = _next_sentences(text, start)
        yield [span for sentence in sentences if (span := _stripped(text, *sentence)) is not None]


def join_pieces(pieces: Iterator[list[Span]] | list[list[Span]]) -> list[Span]:
    """Join what `split_pieces` yields, at most MAX_SENTENCES."""
    spans = [span for piece in pieces for span in piece]
    if len(spans) > MAX_SENTENCES:
        spans[MAX_SENTENCES - 1 :] = [(spans[MAX_SENTENCES - 1][0], spans[-1][1])]
    return spans


def _next_sentences(text: str, start: int) -> tuple[list[Span], int]:
    """The first sentences of `text[start:]`, and where those that follow begin.

    The last sentence of a piece may go on after it, unless a paragraph ends there; then it begins the next piece.
    """
    end = min(start + PIECE_CHARACTERS, len(text))
    is_cut = end < len(text)
    if is_cut and (paragraph_break := text.rfind(PARAGRAPH_BREAK, start, end)) >= 0:
        end, is_cut = paragraph_break + len(PARAGRAPH_BREAK), False
    found = get_sentence_boundaries("en", text[start:end])
    sentences = [(start + each["start_index"], start + each["end_index"]) for each in found]
    if not is_cut:
        return sentences, end
    if sentences and sentences[-1][0] > start:
        return sentences[:-1], sentences[-1][0]
    end = text.rfind(" ", start, end) + 1 or end
    return [(start, end)], end


def _stripped(text: str, start: int, end: int) -> Span | None:
    """The span of a sentence without white space around it, or None if it has no word."""
    sentence = text[start:end]
    stripped = sentence.strip()
    if ENDS.issuperset(split_words(stripped)):
        return None
    start += len(sentence) - len(sentence.lstrip())
    return start, start + len(stripped)
