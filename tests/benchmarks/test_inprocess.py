"""The reviews of the batch benchmark."""

from benchmarks.inprocess import REVIEWS, reviews


def test_all_reviews_differ():
    assert len(set(reviews(mixed=False))) == REVIEWS
    assert len(set(reviews(mixed=True))) == REVIEWS


def test_lengths_are_equal_or_mixed():
    equal = {len(text.split()) for text in reviews(mixed=False)}
    mixed = [len(text.split()) for text in reviews(mixed=True)]
    assert equal == {206}
    assert (min(mixed), len(set(mixed))) == (20, REVIEWS)
