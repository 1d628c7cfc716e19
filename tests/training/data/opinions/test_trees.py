"""Trees of phrases, and words as a text again."""

import pytest

from training.data.opinions.trees import detokenize, subtrees


def test_every_phrase_of_a_tree_is_found():
    """The whole sentence comes last."""
    found = list(subtrees("(3 (2 It) (4 (3 (2 really) (3 works)) (2 .)))\n"))
    assert found[-1] == (3, ["It", "really", "works", "."])
    assert (3, ["really", "works"]) in found
    assert len(found) == 7


@pytest.mark.parametrize("line", ["", "It works", "(3 (2 It)", "(3 (2 It)) (2 so)", "(3 It))", "(x It)"])
def test_lines_that_are_no_trees_are_refused(line):
    with pytest.raises(ValueError, match="no tree"):
        list(subtrees(line))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("It does n't work , and it 's `` late '' .", "It doesn't work, and it's \" late \"."),
        ("We haven 't -LRB- yet -RRB- seen it !", "We haven't (yet) seen it!"),
        ("a 4 \u00b7 star hotel", "a 4-star hotel"),
        ("and\\/or", "and/or"),
    ],
)
def test_words_are_joined_as_they_would_be_written(words, text):
    assert detokenize(words.split()) == text
