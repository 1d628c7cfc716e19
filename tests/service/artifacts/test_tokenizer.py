"""The service's tokenizer: texts of all kinds as words, and where the words stand. The network's own gives the same words."""

from time import process_time

import pytest
from hypothesis import HealthCheck, example, given, settings

from service.artifacts.tokenizer import SPELLING_BYTES, Tokenizer, spell, split_words, word_spans
from tests.texts import CASES, PIECES, TEXTS

VOCABULARY = ["", "[UNK]", "the", "don't", "film"]


@pytest.mark.parametrize(("text", "expected"), CASES.items())
def test_words_and_where_they_stand(text, expected):
    """A word may be written in another way than it stands in the text, of which its span holds a piece."""
    words, pieces = expected
    assert split_words(text) == words
    assert [text[start:end] for start, end in word_spans(text)] == pieces


def test_numbers_are_places_in_the_vocabulary_and_unknown_words_are_kept():
    encoding = Tokenizer(VOCABULARY)("The zebra: don't!")
    assert encoding.numbers.tolist() == [2, 1, 3, 1]
    assert encoding.numbers.typecode == "i"
    assert encoding.words == ["the", "zebra", "don't", "！"]


@pytest.mark.parametrize("vocabulary", [[], ["the"], ["", "the"], ["", "[UNK]", "the", "the"]])
def test_a_list_that_is_not_a_vocabulary_is_refused(vocabulary):
    with pytest.raises(ValueError, match="vocabulary"):
        Tokenizer(vocabulary)


def test_a_text_with_half_a_surrogate_pair_is_refused():
    for read in (split_words, word_spans, Tokenizer(VOCABULARY)):
        with pytest.raises(UnicodeEncodeError):
            read("odd \ud83d")


def test_a_spelling_is_the_first_bytes_of_a_word():
    long = "é" * SPELLING_BYTES
    spelt = spell(["ab", "", long])
    assert len(spelt) == 3 * SPELLING_BYTES
    assert spelt[:SPELLING_BYTES] == b"ab".ljust(SPELLING_BYTES, b"\0")
    assert spelt[SPELLING_BYTES:] == b"\0" * SPELLING_BYTES + long.encode()[:SPELLING_BYTES]
    assert spell([]) == b""


@settings(derandomize=True, max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("A <b>'good'</b> film\u2019s 🙂 <br/> don't''")
@example("'A' 'b 'B' a'a 'a'a'")
@example("aaa10/10:)&amp;lt;3")
@given(TEXTS)
def test_every_word_has_a_span_of_its_own(text):
    """Spans are in order, apart, without white space around them, and one for each word."""
    spans = word_spans(text)
    assert len(spans) == len(split_words(text))
    places = [place for span in spans for place in span]
    assert places == sorted(places)
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)


HOSTILE = [
    "< ",
    "<",
    "</",
    "<b ",
    "<b>",
    "<!",
    "&",
    "&#",
    "&amp;",
    "a&lt;",
    "'",
    "a'",
    "''a",
    "!",
    "?",
    ".",
    ". ",
    "a.",
    "a",
    "aab",
    "tt",
]
HOSTILE += [
    "1",
    "1 out of",
    "10/",
    "1/10",
    "1.5/100 ",
    ":",
    ":'",
    "(",
    ":)",
    ";_",
    "_",
    "^_",
    "-_",
    "-",
    "@",
    "@a",
    "http://",
    "www.",
]
HOSTILE += [
    "â€",
    "Ã",
    "Â",
    "é",
    "e\u0301",
    "\u0301",
    "\u200b",
    "\u00ad",
    "😂",
    "字",
    "\xa0",
    "\u2028",
    " \t",
    "<a href='x' ",
    ":d",
    " :d",
]


@pytest.mark.parametrize("read", [split_words, word_spans], ids=["words", "spans"])
def test_the_time_is_linear_in_the_text(read):
    """Four times the text takes about four times the time, and not sixteen times. Beginnings of matches that come to no end."""
    for piece in HOSTILE:
        texts = ["x" + piece * (size // len(piece)) + "x" for size in (5_000, 20_000)]
        short, long = (min(_time(read, text) for _ in range(3)) for text in texts)
        assert long < 10 * short, piece


def _time(read, text):
    start = process_time()
    read(text)
    return process_time() - start


def test_every_rule_is_met_by_a_piece_of_the_random_texts():
    """Otherwise the random texts would prove little."""
    import re

    from service.artifacts.standardization import LETTER_RULES, RULES, lower

    rules = [rule for rule in RULES if rule not in LETTER_RULES]
    texts = [lower("".join(parts)) for parts in [(*CASES,), PIECES]]
    unmet = [rule.pattern for rule in rules if not any(re.search(rule.pattern, text) for text in texts)]
    assert unmet == []
