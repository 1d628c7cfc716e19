"""Labelled texts are read from a user's CSV as they are meant, or refused with an error that says what would be right."""

import io
import tarfile

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


def test_a_label_column_of_another_name_is_detected_by_its_two_values(tmp_path):
    table = reviews([1, 0, 1]).rename(columns={"label": "opinion"})
    assert texts.read_texts(write_table(tmp_path, table)).columns["label"] == "opinion"


def test_classes_may_have_any_names_if_the_positive_one_is_given(tmp_path):
    path = write_table(tmp_path, reviews(["spam", "ham", "ham"]))
    with pytest.raises(DataError, match="cannot tell which of the labels 'ham' and 'spam' is positive"):
        texts.read_texts(path)
    result = texts.read_texts(path, positive="spam")
    assert result.classes == ("ham", "spam")
    assert result.labels.tolist() == [1, 0, 0]
    with pytest.raises(DataError, match="no label is 'eggs'; they are 'ham' and 'spam'"):
        texts.read_texts(path, positive="eggs")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (reviews([1, 1, 1]), "every label is '1'"),
        (reviews([1, 0, 2]), "3 different labels"),
        (reviews([1, 0], ["good film", None]), "column 'review' is empty in row 3"),
        (reviews([1, 0], ["good film", "  "]), "column 'review' is empty in row 3"),
        (reviews([1, None, 0]), "column 'label' is empty in row 3"),
        (reviews([1, 0], ["one", "two"]), "no column holds texts"),
        (reviews([1, 0]).rename(columns={"label": "x"}).assign(y=[2, 3]), "cannot tell the label column"),
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
    """A text under both labels is dropped altogether."""
    path = write_table(tmp_path, reviews([1, 1, 0, 1, 0], ["so good", "So  good", "so bad", "so what", "so what"]))
    result = texts.read_texts(path)
    assert result.texts == ["so good", "so bad"]
    assert result.audit == [
        "2 duplicates were dropped",
        "1 texts that stand under both labels were dropped",
    ]
    assert len(texts.read_texts(path, deduplicate=False)) == 5


def test_training_texts_of_the_test_set_are_dropped(tmp_path):
    train = texts.read_texts(write_table(tmp_path, reviews([1, 0, 1])))
    test = texts.read_texts(write_table(tmp_path, reviews([1, 0]), "test.csv"))
    kept = texts.exclude(train, test)
    assert kept.texts == ["the film number 2 was something"]
    assert "2 training texts that also stand in the test part were dropped" in kept.audit
    assert texts.exclude(kept, test) is kept


def test_star_ratings_become_labels(tmp_path):
    """Clear ratings become classes; the texts rated between are left out and counted."""
    table = reviews([1, 3, 5, 4, 2]).rename(columns={"label": "stars"})
    result = texts.read_texts(write_table(tmp_path, table), label_column="stars", stars=(2, 4))
    assert result.labels.tolist() == [0, 1, 1, 0]
    assert result.classes == ("negative", "positive")
    assert result.audit[:2] == ["rated up to 2: negative, from 4 on: positive", "1 texts rated between were left out"]


@pytest.mark.parametrize(
    ("stars", "ratings", "fault"),
    [
        ((4, 4), [1, 5], "low must be below high"),
        ((0, 4), [1, 5], "ratings go from 1 to 5; there must be ratings up to 0"),
        ((2, 4), [1, "five"], "ratings that are no numbers in row 3"),
    ],
)
def test_stars_that_do_not_make_two_classes_are_refused(tmp_path, stars, ratings, fault):
    with pytest.raises(DataError, match=fault):
        texts.read_texts(write_table(tmp_path, reviews(ratings)), stars=stars)


def test_a_rare_class_and_another_language_are_remarked(tmp_path):
    german = [f"dieser Film Nummer {i} ist leider sehr schlecht und viel zu lang geworden" for i in range(10)]
    result = texts.read_texts(write_table(tmp_path, reviews([1, *[0] * 9], german)))
    assert any("one class is rare: 10.0%" in remark for remark in result.audit)
    assert any("10 of 10 texts do not look English" in remark for remark in result.audit)


def test_equal_texts_without_labels_are_read_once(tmp_path):
    path = write_table(tmp_path, pd.DataFrame({"review": ["a fine film", "a fine film", " ", None]}))
    assert texts.read_unlabelled(path) == ["a fine film"]
    assert texts.read_unlabelled(path, "another column") == ["a fine film"]


def test_without_a_network_the_default_reviews_are_an_error(serve_download):
    serve_download()
    with pytest.raises(DataError, match=r"cannot be fetched .* pass --data my\.csv"):
        texts.fetch_reviews()


def test_the_archive_of_reviews_is_read_without_unpacking(tmp_path, serve_download):
    """Only files with a review's name are read; anything else in the archive is ignored."""
    path = tmp_path / "aclImdb_v1.tar.gz"
    members = {
        "aclImdb/train/pos/0_9.txt": "a fine film",
        "aclImdb/train/neg/1_2.txt": "a poor film",
        "aclImdb/train/unsup/10_0.txt": "a later one without a label",
        "aclImdb/train/unsup/2_0.txt": "unlabelled",
        "aclImdb/test/pos/0_10.txt": "another fine film",
        "aclImdb/test/neg/0_1.txt": "a poor film",
        "../../etc/passwd": "no",
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    serve_download(path)
    train, unlabelled, test = texts.fetch_reviews()
    assert unlabelled == ["unlabelled", "a later one without a label"], "by number, which is the order of the films"
    assert sorted(train.texts) == ["a fine film", "a poor film"]
    assert train.source == "Large Movie Review Dataset v1.0, train"
    assert sorted(zip(test.texts, test.labels.tolist(), strict=True)) == [("a poor film", 0), ("another fine film", 1)]


def test_rows_are_taken_with_their_labels(tmp_path):
    result = texts.read_texts(write_table(tmp_path, reviews([1, 0, 1])))
    taken, labels = result.take(np.array([2, 1]))
    assert taken == ["the film number 2 was something", "the film number 1 was something"]
    assert labels.tolist() == [1, 0]
