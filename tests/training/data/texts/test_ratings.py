"""Ratings become negative, neutral and positive."""

import pandas as pd
import pytest

from tests.csv_files import as_table
from training.data.tables import DataError
from training.data.texts.ratings import rate, suggest


def stars(*values):
    return pd.Series(list(map(str, values)), name="stars")


def test_ratings_between_are_neutral_if_asked():
    assert rate(stars(1, 3, 5), (2, 4), True, as_table()).tolist() == ["negative", "neutral", "positive"]
    assert rate(stars(1, 3, 5), (2, 4), False, as_table()).fillna("").tolist() == ["negative", "", "positive"]


@pytest.mark.parametrize(("between", "has_neutral"), [(99, False), (100, True)])
def test_enough_ratings_between_are_neutral(between, has_neutral):
    rated = rate(stars(*[1, 5] * 100, *[3] * between), (2, 4), None, as_table())
    assert (rated == "neutral").any() == has_neutral


def test_a_hundred_among_thousands_are_left_out():
    assert rate(stars(*[1, 5] * 2_000, *[3] * 100), (2, 4), None, as_table()).isna().sum() == 100


@pytest.mark.parametrize(
    ("limits", "ratings", "fault"),
    [
        ((4, 4), (1, 5), "the first number must be below the second"),
        ((0, 4), (1, 5), "ratings go from 1 to 5; there must be ratings up to 0"),
        ((2, 4), (1, "five"), "ratings that are no numbers in row 3"),
    ],
)
def test_stars_that_do_not_make_two_poles_are_refused(limits, ratings, fault):
    with pytest.raises(DataError, match=fault):
        rate(stars(*ratings), limits, None, as_table())


@pytest.mark.parametrize(("values", "option"), [([1, 2, 3, 4, 5], "2 4"), ([0, 10], "3 7"), ([0, 50, 100], "33 67")])
def test_a_third_of_the_scale_is_suggested(values, option):
    assert suggest(values) == f"--stars {option}"
