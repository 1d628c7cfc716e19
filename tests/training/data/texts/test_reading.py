"""Labelled texts are read from a user's CSV as they are meant, or refused with an error that says what would be right."""

import numpy as np
import pandas as pd
import pytest

from tests.csv_files import reviews, write_table
from training.data import texts
from training.data.tables import DataError


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([1, 0, 1], [1, 0, 1]),
        (["pos", "neg", "neg"], [1, 0, 0]),
        (["Negative", "Positive", "Positive"], [0, 1, 1]),
    ],
)
def test_texts_and_labels_are_detected(tmp_path, labels, expected):
    result = texts.read_texts(write_table(tmp_path, reviews(labels)))
    assert result.columns == {"text": "review", "label": "label"}
    assert result.labels.tolist() == expected
    assert result.classes == ("negative", "positive")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (reviews([1, 1, 1]), "every label is '1'"),
        (reviews([1, 0], ["good film", None]), "column 'review' is empty in row 3"),
        (reviews([1, 0], ["good film", "  "]), "column 'review' is empty in row 3"),
        (reviews([1, None, 0]), "column 'label' is empty in row 3"),
        (reviews([1, 0], ["one", "two"]), "no column holds texts"),
        (reviews([1, 0]).rename(columns={"label": "x"}).assign(y=[2, 3]), "name it with --label-column"),
        (reviews([1, 0, 0], ["so good", "so bad", "so good"]), "one class is left"),
    ],
)
def test_texts_that_cannot_be_used_are_an_error_that_says_where_and_why(tmp_path, table, fault):
    with pytest.raises(DataError, match=fault):
        texts.read_texts(write_table(tmp_path, table))


def test_a_review_that_says_null_is_a_text(tmp_path):
    table = reviews([1, 0, 1], ["null", "None of it", "so very good"])
    assert texts.read_texts(write_table(tmp_path, table)).texts[0] == "null"


def test_one_column_cannot_be_both_text_and_label(tmp_path):
    with pytest.raises(DataError, match="cannot be both"):
        texts.read_texts(write_table(tmp_path, reviews([1, 0])), text_column="label")


def test_duplicates_are_dropped_and_counted(tmp_path):
    """A text under several labels is dropped altogether."""
    path = write_table(tmp_path, reviews([1, 1, 0, 1, 0], ["so good", "So  good", "so bad", "so what", "so what"]))
    result = texts.read_texts(path)
    assert result.texts == ["so good", "so bad"]
    assert result.audit == [
        "2 duplicates were dropped",
        "1 texts that stand under several labels were dropped",
    ]
    assert len(texts.read_texts(path, trained=result)) == 5, "a test set is read whole"


def test_training_texts_of_the_test_set_are_dropped(tmp_path):
    train = texts.read_texts(write_table(tmp_path, reviews([1, 0, 1])))
    test = texts.read_texts(write_table(tmp_path, reviews([1, 0]), "test.csv"))
    kept = texts.exclude(train, test)
    assert kept.texts == ["the film number 2 was something"]
    assert "2 training texts that also stand in the test part were dropped" in kept.audit
    assert texts.exclude(kept, test) is kept


def rated(ratings):
    return reviews(ratings).rename(columns={"label": "stars"})


def test_ratings_between_are_left_out_if_they_are_few(tmp_path):
    result = texts.read_texts(write_table(tmp_path, rated([1, 3, 5, 4, 2])), stars=(2, 4))
    assert result.labels.tolist() == [0, 1, 1, 0]
    assert result.classes == result.poles == ("negative", "positive")
    assert result.audit[:2] == ["rated up to 2: negative, from 4 on: positive", "1 texts rated between were left out"]


def test_ratings_between_are_neutral_if_they_are_enough(tmp_path):
    result = texts.read_texts(write_table(tmp_path, rated([1, 3, 3, 5] * 50)), stars=(2, 4))
    assert result.counts == {"negative": 50, "neutral": 100, "positive": 50}
    assert result.audit == ["rated up to 2: negative, from 4 on: positive, between: neutral"]


def test_the_labels_of_a_test_file_are_those_of_the_training_file(tmp_path):
    """-1, 0 and 1 keep their meaning in a file without -1; an unknown label is refused."""
    trained = texts.read_texts(write_table(tmp_path, reviews([-1, 0, 1])))
    test = texts.read_texts(write_table(tmp_path, reviews([1, 0]), "test.csv"), trained=trained)
    assert (test.classes, test.labels.tolist()) == (trained.classes, [2, 1])
    with pytest.raises(
        DataError, match="the label '2' in row 3 is none of the classes 'negative', 'neutral', 'positive'"
    ):
        texts.read_texts(write_table(tmp_path, reviews([1, 2]), "test.csv"), trained=trained)


def test_a_test_file_has_the_columns_of_the_training_file(tmp_path):
    """Where it has them, whatever its other columns would suggest."""
    trained = texts.read_texts(write_table(tmp_path, reviews([1, 0, 1]).rename(columns={"label": "opinionated"})))
    table = reviews([1, 0]).rename(columns={"label": "opinionated"}).assign(label=["x", "y"])
    test = texts.read_texts(write_table(tmp_path, table, "test.csv"), trained=trained)
    assert test.columns == trained.columns
    assert test.labels.tolist() == [1, 0]


def test_a_rare_class_and_another_language_are_remarked(tmp_path):
    german = [f"dieser Film Nummer {i} ist leider sehr schlecht und viel zu lang geworden" for i in range(10)]
    result = texts.read_texts(write_table(tmp_path, reviews([1, *[0] * 9], german)))
    assert any("rare classes: 'positive' 10.0% of the texts" in remark for remark in result.audit)
    assert any("10 of 10 texts do not look English" in remark for remark in result.audit)


def test_equal_texts_without_labels_are_read_once(tmp_path):
    path = write_table(tmp_path, pd.DataFrame({"review": ["a fine film", "a fine film", " ", None]}))
    assert texts.read_unlabelled(path) == ["a fine film"]
    assert texts.read_unlabelled(path, "another column") == ["a fine film"]


def test_rows_are_taken_with_their_labels(tmp_path):
    result = texts.read_texts(write_table(tmp_path, reviews([1, 0, 1])))
    taken, labels = result.take(np.array([2, 1]))
    assert taken == ["the film number 2 was something", "the film number 1 was something"]
    assert labels.tolist() == [1, 0]
    assert result.targets.tolist() == [[0, 1], [1, 0], [0, 1]]
