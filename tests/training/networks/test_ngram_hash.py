"""Hashed n-grams."""

import numpy as np

from training.networks.ngram_hash import MAX_BUCKETS, buckets_of, ngram_buckets


def test_the_bucket_depends_on_every_word_its_place_and_the_number_of_words():
    first, second = np.array([5, 6, 5]), np.array([6, 5, 5])
    buckets = buckets_of([first, second], MAX_BUCKETS)
    assert len({*buckets.tolist(), *buckets_of([first], MAX_BUCKETS).tolist()}) == 5
    assert (buckets < MAX_BUCKETS).all()
    assert buckets_of([first, second], 7).max() < 7


def test_networks_of_many_classes_have_fewer_buckets():
    """Each bucket has a weight a class, but one; all together are never many more than those of three classes."""
    assert [ngram_buckets(classes) for classes in (2, 3, 4, 50)] == [1 << 20, 1 << 20, 1 << 19, 1 << 15]
    for classes in range(2, 51):
        assert ngram_buckets(classes) * (classes - 1) <= 2 * MAX_BUCKETS
