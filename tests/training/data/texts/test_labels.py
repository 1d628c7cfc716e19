"""Labels of a file are classes, or refused with words that name what to do."""

import pandas as pd
import pytest

from tests.csv_files import as_table
from training.data.tables import DataError
from training.data.texts.labels import find_classes

NAMES = ("negative", "neutral", "positive")


def column(*values):
    return pd.Series(list(map(str, values)), name="label")


def classes(*values, positive=None, negative=None):
    return find_classes(column(*values), positive, negative, as_table())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 0, 1), [1, 0, 1]),
        ((1.0, 0.0), [1, 0]),
        (("Yes", "no"), [1, 0]),
        (("pos", "NEG", "positive", "Positive"), [1, 0, 1, 1]),
        ((-1, 1), [0, 1]),
    ],
)
def test_two_opinions_are_negative_and_positive(values, expected):
    found = classes(*values)
    assert (found.names, found.poles) == (("negative", "positive"), ("negative", "positive"))
    assert found.encode(column(*values), as_table()).tolist() == expected


@pytest.mark.parametrize("values", [("pos", "neu", "neg"), (1, 0, -1), ("Positive", "NEUTRAL", "negative")])
def test_three_opinions_have_neutral_between(values):
    found = classes(*values)
    assert (found.names, found.poles) == (NAMES, ("negative", "positive"))
    assert found.encode(column(*values), as_table()).tolist() == [2, 1, 0]


def test_names_of_any_kind_are_classes_without_poles():
    """Names that differ only in case are one class, in the spelling that is most frequent."""
    found = classes("billing", "Login", "login", "login", "returns")
    assert (found.names, found.poles) == (("billing", "login", "returns"), None)
    assert found.encode(column("LOGIN", "billing"), as_table()).tolist() == [1, 0]


def test_poles_of_any_names_may_be_given():
    """The negative class comes first, the positive one last. Of two classes one name is enough."""
    found = classes("joy", "anger", "surprise", positive="Joy", negative="anger")
    assert (found.names, found.poles) == (("anger", "surprise", "joy"), ("anger", "joy"))
    assert classes("spam", "ham", positive="spam").poles == ("ham", "spam")
    assert classes("spam", "ham", negative="spam").poles == ("spam", "ham")


def test_opinions_among_other_classes_are_poles():
    found = classes("positive", "mixed", "negative")
    assert (found.names, found.poles) == (("negative", "mixed", "positive"), ("negative", "positive"))


def test_numbers_get_names_if_their_poles_are_given():
    found = classes(0, 1, 2, negative="0", positive="2")
    assert (found.names, found.poles) == (NAMES, ("negative", "positive"))
    assert found.encode(column(2, 0, 1), as_table()).tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ((1, 1), "every label is '1'"),
        (range(1, 6), "the numbers 1, 2, 3, 4, 5, which may be ratings or classes. For ratings give --stars 2 4"),
        (range(1, 11), "--stars 4 7"),
        ((0, 1, 2), "--stars 0 2"),
        ((0, 4), "write their names in the file"),
        ([f"id{i}" for i in range(51)], "51 different values .* at most 50 .*--stars LOW HIGH .*--label-column"),
        (["x" * 65, "y"], "longer than 64 characters; .*--label-column"),
    ],
)
def test_labels_that_are_no_classes_are_refused(values, fault):
    with pytest.raises(DataError, match=fault):
        classes(*values)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"positive": "eggs"}, "no label is 'eggs'; they are 'a', 'b', 'c'"),
        ({"positive": "a"}, "has 3 classes; name both poles"),
        ({"positive": "a", "negative": "A"}, "the same class"),
    ],
)
def test_poles_that_cannot_be_are_refused(options, fault):
    with pytest.raises(DataError, match=fault):
        classes("a", "b", "c", **options)
