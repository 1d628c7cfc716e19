"""Texts that are left out of training."""

import numpy as np

from training.data.opinions.filters import BEGINNING, Filter

LONG = "a review that goes on and on about the same film for far more than a line"


def test_texts_of_a_test_set_and_their_edited_copies_are_left_out():
    """Case and white space do not matter. A short text has no beginning that would tell it."""
    texts = Filter(["So good", f"{LONG} and is good"])
    assert texts.keep(["so  GOOD", "so good indeed", f"{LONG} and is bad", "new"]).tolist() == [1, 3]
    assert texts.audit() == [
        "1 texts left out, which equal a test text",
        "1 texts left out, which begin like a test text",
    ]
    assert len(LONG) > BEGINNING


def test_a_text_is_kept_once():
    """Also if another set had it, and not at all if a set gives it two labels."""
    texts = Filter([])
    assert texts.keep(["a", "b", "A", "c", "c"], np.array([0, 1, 0, 1, 2])).tolist() == [0, 1]
    assert texts.keep(["b", "c", "d"], np.array([0, 0, 0])).tolist() == [2]
    assert texts.audit() == [
        "4 texts left out, which equal another text",
        "1 texts left out, which stand under several labels",
    ]


def test_training_texts_that_begin_like_a_validation_text_are_left_out():
    texts = Filter([])
    assert texts.without_copies(["new", f"{LONG} and is bad"], [f"{LONG} and is good", "new one"]).tolist() == [0]
    assert texts.audit() == ["1 texts left out, which begin like a validation text"]
