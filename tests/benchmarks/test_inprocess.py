"""The texts of the sentiment benchmark, and how a text alone is timed, with a fake predictor."""

import pytest

from benchmarks import inprocess
from benchmarks.inprocess import REVIEWS, parse_options, reviews, texts_of


class CountingClassifier:
    """Remembers the texts that it is given."""

    def __init__(self):
        self.texts = []

    def prepare(self, text):
        return text

    def predict(self, batch):
        self.texts.append(batch)


def test_all_reviews_differ():
    assert len(set(reviews(mixed=False))) == REVIEWS
    assert len(set(reviews(mixed=True))) == REVIEWS


def test_lengths_are_equal_or_mixed():
    equal = {len(text.split()) for text in reviews(mixed=False)}
    mixed = [len(text.split()) for text in reviews(mixed=True)]
    assert equal == {206}
    assert (min(mixed), len(set(mixed))) == (20, REVIEWS)


@pytest.mark.parametrize("words", inprocess.ALONE_WORDS)
def test_texts_alone_differ_and_have_the_length(words):
    """With or without misspelt words."""
    for misspelt in (False, True):
        texts = texts_of(words, misspelt)
        assert len(set(texts)) == REVIEWS
        assert {len(text.split()) for text in texts} == {words}


def test_a_tenth_of_the_words_is_misspelt():
    """The others are the same."""
    plain, misspelt = (text.split() for text in (texts_of(20, False)[0], texts_of(20, True)[0]))
    assert [n for n, (one, other) in enumerate(zip(plain, misspelt, strict=True)) if one != other] == [0, 10]
    assert misspelt[10].replace("xq", "") == plain[10]


def test_a_text_alone_is_timed_call_by_call():
    """Each call has one text, and the first calls do not count."""
    classifier = CountingClassifier()
    results = inprocess.measure_alone(classifier, 0)
    assert [(result["words"], result["misspelt"]) for result in results] == [
        (words, misspelt) for words in inprocess.ALONE_WORDS for misspelt in (False, True)
    ]
    assert {result["calls"] for result in results} == {inprocess.MIN_CALLS}
    assert all(0 <= result["median_ms"] <= result["p95_ms"] for result in results)
    assert all(len(batch) == 1 for batch in classifier.texts)
    assert len(classifier.texts) == 4 * (inprocess.MIN_CALLS + inprocess.WARM_UP)


def test_options_have_defaults():
    """Everything is measured unless only a text alone is wanted."""
    assert (parse_options([]).engine, parse_options([]).alone) == ("onnx", False)
    assert parse_options(["--alone"]).alone
