"""Sentences and their offsets, in code points of the text as sent."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.sentiment.sentences import MAX_SENTENCES, split_sentences


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
