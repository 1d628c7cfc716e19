"""Sentences and their offsets, in code points of the text as sent."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentencex import get_sentence_boundaries

from service.artifacts.tokenizer import split_words
from service.sentiment import sentences
from service.sentiment.sentences import ENDS, MAX_SENTENCES, PIECE_CHARACTERS, split_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dull. I left early!", ["Dull.", "I left early!"]),
        ("Mr. Smith saw it at 8 p.m. with me. He hated it.", ["Mr. Smith saw it at 8 p.m. with me.", "He hated it."]),
        ("😀 Loved it!! It is 10/10.", ["😀 Loved it!!", "It is 10/10."]),
        ("No stop here<br /><br />but a new line", ["No stop here", "but a new line"]),
        ("It is <i>so</i> good", ["It is <i>so</i> good"]),
        ("  ...  ", []),
        ("", []),
    ],
)
def test_sentences(text, expected):
    assert [text[first:end] for first, end in split_sentences(text)] == expected


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*"aB .!?\n\u2019'\"😀é<>", "<br />", "Mr. ", "good ", ". "]), max_size=60).map("".join)
)
def test_sentences_are_in_order_and_do_not_overlap(text):
    spans = split_sentences(text)
    assert all(first < end <= len(text) for first, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert all(text[first:end] == text[first:end].strip() for first, end in spans)


def test_what_follows_the_last_allowed_sentence_belongs_to_it():
    text = "Hi! " * 4000
    spans = split_sentences(text)
    assert len(spans) == MAX_SENTENCES
    assert spans[-1][1] == len(text) - 1


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u2028", "\u3000", "\x85"])
def test_wide_spaces_are_spaces(space):
    """The library panics on a capital letter, a no-break space and a full stop; offsets stay those of the text."""
    text = f"Plan B{space}. It{space}works."
    spans = split_sentences(text)
    assert " ".join(text[start:end] for start, end in spans).replace(space, " ") == "Plan B . It works."


@settings(derandomize=True, max_examples=200)
@given(st.text(st.sampled_from("ABab1 .!?\n'\u00a0\u2003\u2028\u3000\u200b\x85é🙂"), max_size=30))
def test_every_text_is_split(text):
    """Sentences are in order, do not overlap, and begin and end without white space."""
    end_before = 0
    for start, end in split_sentences(text):
        assert end_before <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        end_before = end


ADVERSARIAL = st.lists(
    st.sampled_from(
        ["a", "B", " ", "\n", "\n\n", ". ", ".", '!" ', "\u201c", "\u201d", "(", ")", "Mr. ", "\u00a0", "\x85", "😀"]
    ),
    max_size=60,
).map("".join)


@pytest.fixture
def calls(monkeypatch):
    """The lengths of the texts that the library gets."""
    lengths = []

    def noting(language, text):
        lengths.append(len(text))
        return get_sentence_boundaries(language, text)

    monkeypatch.setattr(sentences, "get_sentence_boundaries", noting)
    return lengths


@pytest.mark.parametrize(
    "piece",
    [
        ".",
        "!",
        '"',
        "\u201c",
        "(",
        "Mr. ",
        "a. ",
        "A. ",
        "\n",
        "\n\n",
        "a\n\n",
        " ",
        "a",
        "\u2003",
        "😀",
        "<br>",
        "e.g. ",
    ],
)
def test_the_library_gets_short_pieces_and_not_many(calls, piece):
    """Its time grows with the square of the length. Every character is looked at twice at most."""
    text = (piece * 20_000)[:20_000]
    split_sentences(text)
    assert max(calls) <= PIECE_CHARACTERS
    assert sum(calls) <= 2 * len(text)


@settings(derandomize=True, max_examples=200)
@given(st.integers(1, 200), ADVERSARIAL)
def test_sentences_of_any_pieces_are_in_order_and_hold_all_words(size, text):
    """A piece may end anywhere; no word is lost but ends of sentences that stand alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sentences, "PIECE_CHARACTERS", size)
        spans = split_sentences(text)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    ends = [0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), len(text)]
    assert ENDS.issuperset(split_words(" ".join(text[end:start] for end, start in zip(ends, starts, strict=True))))


def test_pieces_make_no_difference_to_sentences_that_are_shorter():
    text = 'He saw it at 8 p.m. with Mr. Smith. He said "It is bad. Very bad." and left (at once. Really). ' * 100
    spans = split_sentences(text)
    assert len(spans) == 200
    assert {text[start:end] for start, end in spans} == {
        "He saw it at 8 p.m. with Mr. Smith.",
        'He said "It is bad. Very bad." and left (at once. Really).',
    }


def test_a_sentence_longer_than_a_piece_is_cut_between_words():
    text = "word " * 1000
    spans = split_sentences(text)
    assert spans[0] == (0, PIECE_CHARACTERS - 1)
    assert [text[start:end].strip("word ") for start, end in spans] == ["", "", ""]
