"""The columns of texts and labels are detected, or named in an error."""

import pandas as pd
import pytest

from training.data.tables import DataError
from training.data.texts.columns import detect_label_column, detect_text_column

TEXTS = ["the lamp is bright", "the lamp fell apart", "it came on time"]


def table(**columns):
    return pd.DataFrame({"text": TEXTS, **columns}).astype(str)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"id": [1, 2, 3], "label": [1, 0, 1]}, "label"),
        ({"topic": ["a", "b", "c"], "day": ["x", "y", "x"]}, "topic"),
        ({"airline_sentiment": ["a", "b", "c"], "airline_sentiment_confidence": [1, 0.5, 1]}, "airline_sentiment"),
        ({"reviewSentiment": ["a", "b", "c"], "seen": ["x", "y", "x"]}, "reviewSentiment"),
        ({"opinionated": [1, 0, 1], "id": [1, 2, 3]}, "opinionated"),
        ({"rating": [5, 1, 3], "verified_purchase": ["True", "False", "True"]}, "rating"),
        ({"mood": ["a", "b", "c"]}, "mood"),
    ],
)
def test_the_label_column_is_detected(columns, expected):
    """By its name, then by the end of its name, ratings, two values, or because no other is left."""
    assert detect_label_column(table(**columns), "my.csv").name == expected


@pytest.mark.parametrize("values", [["True", "False", "True"], [1, 0, 1], ["Y", "N", "Y"]])
def test_a_flag_is_no_label(values):
    """A column such as `verified_purchase` has two values and says nothing about the text."""
    with pytest.raises(DataError, match=r"cannot tell the label column .* name it with --label-column"):
        detect_label_column(table(verified_purchase=values, seller=["a", "b", "c"]), "my.csv")


def test_with_stars_ratings_come_before_labels():
    columns = {"label": ["a", "b", "c"], "stars": [1, 5, 3]}
    assert detect_label_column(table(**columns), "my.csv").name == "label"
    assert detect_label_column(table(**columns), "my.csv", wants_ratings=True).name == "stars"


def test_several_label_columns_are_an_error():
    with pytest.raises(DataError, match="--label-column"):
        detect_label_column(table(label=[1, 0, 1], sentiment=[0, 1, 1]), "my.csv")


def test_the_text_column_has_the_most_spaces():
    assert detect_text_column(table(title=["a lamp", "b lamp", "c lamp"]), None, "my.csv").name == "text"
    with pytest.raises(DataError, match="no column holds texts"):
        detect_text_column(table()[["text"]].replace(" ", "", regex=True), None, "my.csv")
