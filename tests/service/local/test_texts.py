"""Texts in, sentiment out, as a frame."""

import numpy as np
import pandas as pd
import pytest

import service
from service.errors import UnreadableText

TEXTS = ["A superb film.", "Dreadful and dull.", "Good acting. The plot is a mess."]


def test_each_text_has_a_row(sentiment):
    """Label, its probability, and those of all classes, which are 1 together."""
    frame = sentiment.sentiment(TEXTS)
    assert frame["label"].tolist()[:2] == ["positive", "negative"]
    probabilities = frame[[name for name in frame if name.startswith("p_")]]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(frame["confidence"], probabilities.max(axis=1))
    np.testing.assert_allclose(frame["score"], frame["p_positive"] - frame["p_negative"])
    assert frame["uncertain"].dtype == bool


def test_the_index_of_a_series_is_kept(sentiment):
    """The answer can be joined with what was given."""
    assert sentiment.sentiment(pd.Series(TEXTS, index=["x", "y", "z"])).index.tolist() == ["x", "y", "z"]
    assert len(sentiment.sentiment(TEXTS[0])) == 1


def test_no_texts_give_the_same_columns(sentiment):
    """An empty list is no error."""
    empty, full = sentiment.sentiment([]), sentiment.sentiment(TEXTS)
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_words_are_explained(sentiment):
    """Each word that was read, and what it speaks for the label."""
    (reasons,) = sentiment.sentiment("A superb film", explain=True)["explanation"]
    assert [word for word, _ in reasons] == ["A", "superb", "film"]
    assert max(reasons, key=lambda each: each[1])[0] == "superb"


def test_warnings_are_codes(sentiment):
    """A text of another language is uncertain, and says why."""
    frame = sentiment.sentiment(["Der Film war ganz wunderbar und ich habe jede Minute davon sehr genossen"])
    assert "not_english" in frame["warnings"][0]
    assert frame["uncertain"][0]


def test_a_bad_text_is_raised_with_its_row(sentiment):
    """Or has its error in a column, and no label."""
    with pytest.raises(UnreadableText, match=r"text 1 \(counted from 0\): the text is missing"):
        sentiment.sentiment(["fine", None])
    frame = sentiment.sentiment(["fine", None, " ", 3], errors="column")
    assert frame["error"].isna().tolist() == [True, False, False, False]
    assert frame["label"].isna().tolist() == [False, True, True, True]
    assert frame["uncertain"].isna().tolist() == [False, True, True, True]


def test_a_frame_is_no_column_of_texts(sentiment):
    """The message says how to take one."""
    with pytest.raises(service.DataError, match=r"such as frame\['text'\]; this one has 'body'"):
        sentiment.sentiment(pd.DataFrame({"body": TEXTS}))
